"""What the defence sees of evidence and score: the figures it reads, in the frame of the trade."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from dtms.engine.defence.judging import judged
from dtms.engine.signals.chart import Bar, Bars, Charts
from dtms.engine.signals.evidence import Evidence, advance, aged
from dtms.engine.signals.flow import FlowFigures
from dtms.engine.signals.memory import MarketMemory
from dtms.engine.signals.score import score
from dtms.names import Side
from dtms.settings_score import SignalSettings

RULES = SignalSettings()
M5, M15 = 300_000, 900_000
START = 1_700_006_400_000


def evidence(bars: int = 400, *, shape: Callable[[float], float] = np.sin) -> Evidence:
    """A market that swings, on M5 and M15."""
    fast, slow = Bars(M5, 2_000, 2.0), Bars(M15, 2_000, 2.0)
    for i in range(bars * 3):
        mid = 1.1 + 0.004 * float(shape(i / 25)) + 0.0002 * float(np.sin(i * 1.7))
        fast.add(Bar(START + i * M5, mid, mid + 0.0003, mid - 0.0003, mid + 0.0001 * (-1) ** i, 10.0))
    for i in range(bars):
        mid = 1.1 + 0.004 * float(shape(3 * i / 25)) + 0.0002 * float(np.sin(i * 5.1))
        slow.add(Bar(START + i * M15, mid, mid + 0.0005, mid - 0.0005, mid + 0.0002 * (-1) ** i, 30.0))
    now = START + bars * M15
    charts = Charts(fast.chart, slow.chart)
    return advance(MarketMemory(), charts, FlowFigures(None, None), 0.0, symbol="EURUSD", now=now, rules=RULES)[1]


@pytest.mark.parametrize("side", list(Side))
def test_the_figures_are_those_of_evidence_and_score(side: Side) -> None:
    found = evidence()
    scored = score(found, side, RULES)
    judgement = judged(found, scored, RULES)

    assert judgement is not None
    assert found.slow is not None
    assert found.fast is not None
    assert (judgement.at, judgement.fast_at) == (found.slow.time, found.fast.time)
    assert (judgement.total, judgement.valid, judgement.coverage) == (scored.total, scored.valid, scored.coverage)
    assert (judgement.atr5, judgement.atr15) == (found.fast.atr, found.slow.atr)
    assert sum(group.contribution for group in judgement.groups) == pytest.approx(scored.total or 0.0)
    assert [(swing.at, swing.price, swing.high) for swing in judgement.swings] == [
        (swing.time, swing.price, swing.high) for swing in found.slow.swings
    ]


def test_an_event_is_seen_from_the_side_of_the_trade() -> None:
    found = evidence(bars=397)
    event = found.slow.event if found.slow is not None else None
    for bars in range(380, 420):
        found = evidence(bars=bars)
        event = found.slow.event if found.slow is not None else None
        if event is not None:
            break
    assert event is not None
    seen = {side: judged(found, score(found, side, RULES), RULES) for side in Side}

    for side, judgement in seen.items():
        assert judgement is not None
        assert judgement.event is not None
        assert judgement.event.against is (event.direction != side.direction)
        assert (judgement.event.at, judgement.event.age) == (event.time, event.age)


def test_it_is_stale_from_the_instant_at_which_the_score_would_be() -> None:
    found = evidence()
    judgement = judged(found, score(found, Side.BUY, RULES), RULES)
    assert judgement is not None
    assert judgement.stale_at is not None

    assert not aged(found, judgement.stale_at - 1, RULES).faults
    assert aged(found, judgement.stale_at, RULES).faults


def test_before_the_first_bars_there_is_none() -> None:
    found = replace(evidence(), slow=None)

    assert judged(found, score(found, Side.BUY, RULES), RULES) is None
