"""Every group, both totals and every class at every close are those of a second reading of the rules (T-40, T-50 to T-59)."""

import numpy as np
import pytest
from tests.engine.signals.crafted import DAY, MONDAY, RULES, charts, walk
from tests.engine.signals.reference import Flow, Reference, Row

from dtms.engine.signals.chart import Chart, Charts
from dtms.engine.signals.evidence import Evidence, advance
from dtms.engine.signals.flow import NO_FLOW, FlowFigures
from dtms.engine.signals.memory import MarketMemory
from dtms.engine.signals.score import score
from dtms.names import Side

_BASE = 0.0005  # of GBPUSD
_LATER = 3 * DAY  # begins on a Thursday, so that a weekend is met


def rows(chart: Chart) -> list[Row]:
    columns = (chart.time, chart.open, chart.high, chart.low, chart.close, chart.volume)
    return list(zip(*(column.tolist() for column in columns), strict=True))


def market(seed: int, step: float) -> Charts:
    """A walk of nearly four days in which some stretches have no volume."""
    fast = walk(seed, 1_080, begin=MONDAY + _LATER, step=step)
    fast.volume[300:330] = 0.0
    fast.volume[576:600] = 0.0
    return charts(fast)


def agrees(evidence: Evidence, reference: Reference, flow: Flow | None) -> None:
    slow, fast = evidence.slow, evidence.fast
    assert slow is not None
    assert fast is not None
    assert (slow.volatility, slow.bands, slow.session) == (reference.volatility, reference.bands, reference.session)
    event = None if slow.event is None else (slow.event.kind, slow.event.direction > 0, slow.event.level, slow.event.age)
    assert event == (None if reference.event is None else tuple(reference.event))
    assert fast.vwap == (None if reference.vwap is None else pytest.approx(reference.vwap, abs=1e-12))
    assert fast.slope == (None if reference.slope is None else pytest.approx(reference.slope, abs=1e-9))
    for side in Side:
        ours, theirs = score(evidence, side, RULES), reference.score(side.direction, flow)
        figures = {g.group.value: g.figure for g in ours.groups if g.figure is not None}
        assert figures == pytest.approx(theirs.figures, abs=1e-9)
        assert ours.total == (None if theirs.total is None else pytest.approx(theirs.total, abs=1e-9))


@pytest.mark.parametrize(("seed", "step"), [(34, 30.0), (35, 30.0), (36, 2.0), (37, 80.0)])
def test_the_score_is_that_of_a_second_reading_of_the_rules(seed: int, step: float) -> None:
    random = np.random.default_rng(seed)
    there = market(seed, step)
    fast_rows, slow_rows = rows(there.fast), rows(there.slow)
    reference, memory = Reference(_BASE), MarketMemory()
    for at in range(len(slow_rows)):
        spread = 1e-5 * float(random.integers(0, 60))
        for fast in fast_rows[3 * at : 3 * at + 2]:
            reference.fast_closed(fast)
        reference.slow_closed(slow_rows[at], spread)
        reference.fast_closed(fast_rows[3 * at + 2])
        buys, sells, z = float(random.integers(1, 30)), float(random.integers(0, 30)), float(random.normal())
        told = at % 5 != 0
        memory, evidence = advance(
            memory,
            Charts(there.fast.upto(3 * at + 3), there.slow.upto(at + 1)),
            FlowFigures(buys, sells, z) if told else NO_FLOW,
            spread,
            symbol="GBPUSD",
            now=there.slow.closed_at(at),
            rules=RULES,
        )
        agrees(evidence, reference, Flow(sells / (buys + sells), z) if told else None)
