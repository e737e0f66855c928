"""
The step from one close to the next.

D-15, D-16, D-21, D-22, D-24; T-48, T-52. Nothing looks ahead, and nothing depends on how the bars came in.
"""

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from pydantic import TypeAdapter
from tests.engine.signals.crafted import M5, M15, MONDAY, RULES, charts, seen, walk

from dtms.engine.signals.chart import Bar, Bars, Charts, empty_chart
from dtms.engine.signals.evidence import Evidence, advance, aged
from dtms.engine.signals.flow import NO_FLOW, FlowFigures
from dtms.engine.signals.memory import MarketMemory
from dtms.engine.signals.score import Score, score
from dtms.names import Side
from dtms.signal_names import Fault, Session

MARKET = charts(walk(11, 1_200))


def step(memory: MarketMemory, market: Charts, now: int | None = None) -> tuple[MarketMemory, Evidence]:
    now = max(len(c) and c.closed_at() for c in market) if now is None else now
    return advance(memory, market, NO_FLOW, 0.0, symbol="GBPUSD", now=now, rules=RULES)


def upto(market: Charts, fast: int) -> Charts:
    """The market when so many fast bars had closed."""
    return Charts(market.fast.upto(fast), market.slow.upto(fast // 3))


def played(market: Charts, begin: int, end: int) -> list[Evidence]:
    memory = MarketMemory()
    found = []
    for fast in range(begin, end + 1):
        memory, evidence = step(memory, upto(market, fast))
        found.append(evidence)
    return found


def test_truncating_the_future_changes_no_past_evidence() -> None:
    """Another future, too, is not felt before it comes."""
    other = walk(11, 1_200)
    for column in (other.open, other.high, other.low, other.close):
        column[900:] *= 1.07
    whole = played(MARKET, 600, 1_000)
    truncated = played(upto(MARKET, 900), 600, 900)
    changed = played(charts(other), 600, 910)

    assert truncated == whole[:301]
    assert changed[:301] == whole[:301]
    assert changed[301] != whole[301]


@hypothesis_settings(max_examples=20)
@given(st.lists(st.integers(1, 20), min_size=1, max_size=8))
def test_bars_taken_at_once_leave_the_same_facts_as_one_by_one(batches: list[int]) -> None:
    one_by_one = played(MARKET, 700, 700 + sum(batches))[-1]
    memory, evidence = step(MarketMemory(), upto(MARKET, 700))
    fast = 700
    for batch in batches:
        fast += batch
        memory, evidence = step(memory, upto(MARKET, fast))

    assert evidence == one_by_one


def test_d_24_another_look_at_the_same_bars_changes_nothing() -> None:
    """However many trades of a symbol are registered, its market is one."""
    memory, evidence = step(MarketMemory(), MARKET)
    again, same = step(memory, MARKET)

    assert again is memory
    assert same == evidence


@pytest.mark.parametrize("fast", [898, 899, 900])
def test_what_is_known_is_what_is_remembered(fast: int) -> None:
    before, _ = step(MarketMemory(), upto(MARKET, fast))
    memory, evidence = step(before, upto(MARKET, fast + 1))

    assert memory == MarketMemory(evidence.slow, evidence.fast)
    assert memory.fast != before.fast


def test_a_slow_bar_comes_before_the_fast_one_of_the_same_instant() -> None:
    """The flip's threshold is that of the slow bar that closes together with the fast one."""
    memory, _ = step(MarketMemory(), upto(MARKET, 899))
    together, _ = step(memory, upto(MARKET, 900))
    slow_alone, _ = step(memory, Charts(MARKET.fast.upto(899), MARKET.slow.upto(300)))
    apart, _ = step(slow_alone, upto(MARKET, 900))

    assert together == apart


def test_after_a_restart_the_market_goes_on_from_what_was_written() -> None:
    adapter = TypeAdapter(MarketMemory)
    memory, _ = step(MarketMemory(), upto(MARKET, 900))
    restored = adapter.validate_json(adapter.dump_json(memory))

    assert restored == memory
    assert step(restored, MARKET) == step(memory, MARKET)


def test_evidence_and_score_can_be_written_and_read_back() -> None:
    evidence = seen(MARKET, FlowFigures(3.0, 5.0, 0.7), 1e-4)
    adapter, scores = TypeAdapter(Evidence), TypeAdapter(Score)
    found = score(evidence, Side.SELL, RULES)

    assert adapter.validate_json(adapter.dump_json(evidence)) == evidence
    assert scores.validate_json(scores.dump_json(found)) == found


def test_a_market_without_a_memory_is_played_through_its_last_two_days() -> None:
    _, fresh = step(MarketMemory(), MARKET)
    long_known = played(MARKET, 3, 1_200)[-1]

    assert fresh.slow is not None
    assert long_known.slow is not None
    assert fresh.slow.structure.event == long_known.slow.structure.event
    assert fresh.slow.regime == long_known.slow.regime
    assert fresh.fast == long_known.fast


def test_when_bars_between_memory_and_charts_are_lost_the_memory_is_not_believed() -> None:
    memory, _ = step(MarketMemory(), upto(MARKET, 300))
    later = Charts(MARKET.fast.last(200), MARKET.slow.last(60))

    assert step(memory, later) == step(MarketMemory(), later)


@pytest.mark.parametrize(
    ("market", "fault"),
    [
        pytest.param(Charts(empty_chart(M5), empty_chart(M15)), Fault.NO_BARS, id="nothing at all"),
        pytest.param(Charts(MARKET.fast, empty_chart(M15)), Fault.NO_BARS, id="no slow bars"),
        pytest.param(Charts(empty_chart(M5), MARKET.slow), Fault.NO_BARS, id="no fast bars"),
        pytest.param(Charts(replace(MARKET.fast, gapped=True), MARKET.slow), Fault.GAP, id="a gap among the fast bars"),
        pytest.param(Charts(MARKET.fast, replace(MARKET.slow, gapped=True)), Fault.GAP, id="a gap among the slow bars"),
        pytest.param(Charts(MARKET.fast.upto(1_196), MARKET.slow), Fault.STALE, id="fast bars overdue"),
        pytest.param(Charts(MARKET.fast, MARKET.slow.upto(398)), Fault.STALE, id="slow bars overdue"),
    ],
)
def test_d_21_with_bars_at_fault_there_is_no_total_and_nothing_looks_like_recovery(market: Charts, fault: Fault) -> None:
    """T-48."""
    _, evidence = step(MarketMemory(), market, now=MARKET.slow.closed_at())

    assert fault in evidence.faults
    for side in Side:
        found = score(evidence, side, RULES)
        assert found.total is None
        assert not found.valid
        assert not found.hedge_confluence
        assert fault in found.faults


@pytest.mark.parametrize("column", ["open", "high", "low", "close", "volume"])
@pytest.mark.parametrize("which", ["fast", "slow"])
def test_d_21_a_nan_among_the_bars_makes_the_score_invalid(which: str, column: str) -> None:
    market = charts(walk(11, 1_200))
    getattr(getattr(market, which), column)[-50] = math.nan
    evidence = seen(market)

    assert evidence.faults == {Fault.NO_NUMBER}
    assert score(evidence, Side.BUY, RULES).total is None
    assert score(seen(MARKET), Side.BUY, RULES).total is not None


@pytest.mark.parametrize(
    ("late_ms", "stale"),
    [
        pytest.param(M5 + 300_000, False, id="a fast bar at the end of its grace"),
        pytest.param(M5 + 300_001, True, id="a fast bar overdue"),
    ],
)
def test_d_22_bars_are_stale_three_hundred_seconds_after_the_next_was_due(late_ms: int, stale: bool) -> None:
    evidence = seen(MARKET)

    assert (Fault.STALE in aged(evidence, evidence.time + late_ms, RULES).faults) is stale


def test_d_22_a_slow_bar_is_overdue_by_its_own_period() -> None:
    evidence = seen(MARKET)
    assert evidence.fast is not None
    fresh = replace(evidence, fast=replace(evidence.fast, time=evidence.time + M15))

    assert not aged(fresh, evidence.time + M15 + 300_000, RULES).faults
    assert aged(fresh, evidence.time + M15 + 300_001, RULES).faults == {Fault.STALE}


def test_zero_volume_takes_vwap_away_and_with_it_the_groups_that_need_it() -> None:
    market = charts(walk(11, 1_200))
    market.fast.volume[:] = 0.0
    found = score(seen(market), Side.BUY, RULES)

    assert {g.group.value for g in found.groups if g.figure is None} == {"vwap_volume", "delta_pressure", "candle_conviction"}
    assert not found.valid
    assert found.total is None


def test_a_market_that_never_moved_has_no_figures_in_atr() -> None:
    fast = walk(11, 1_200)
    for column in (fast.open, fast.high, fast.low, fast.close):
        column[:] = 1.5
    evidence = seen(charts(fast))

    assert evidence.slow is not None
    assert evidence.slow.atr is None
    assert not score(evidence, Side.BUY, RULES).valid


def test_the_session_is_that_of_the_close() -> None:
    eight = upto(MARKET, 8 * 12)

    assert eight.fast.closed_at() == MONDAY + 8 * 3_600_000
    assert seen(eight).session is Session.LONDON
    assert seen(upto(MARKET, 8 * 12 - 1)).session is Session.ASIAN


def test_with_bars_of_one_timeframe_they_stand_for_the_fast_ones_too() -> None:
    market = charts(walk(11, 1_200))
    evidence = seen(Charts(market.slow, market.slow))

    assert evidence.fast is not None
    assert evidence.fast.own
    assert evidence.slow is not None
    assert evidence.fast.atr == evidence.slow.atr
    assert score(evidence, Side.BUY, RULES).valid


def test_exactly_the_last_thousand_slow_and_six_hundred_fast_bars_count() -> None:
    market = charts(walk(12, 3_300))
    shorter = Charts(market.fast.last(600), market.slow.last(1_000))
    changed = charts(walk(12, 3_300))
    for column in (changed.slow.open, changed.slow.high, changed.slow.low, changed.slow.close):
        column[:100] *= 2.0

    assert len(market.slow) == 1_100
    assert seen(shorter) == seen(market) == seen(changed)
    changed.slow.close[100] *= 1.5
    changed.slow.high[100] *= 1.5
    assert seen(changed) != seen(market)


def test_d_15_bars_that_come_through_the_buffer_again_change_nothing() -> None:
    fast, slow = Bars(M5, 600, 2.0), Bars(M15, 1_000, 2.0)
    memory, direct = MarketMemory(), MarketMemory()
    for source, buffer in ((MARKET.fast, fast), (MARKET.slow, slow)):
        for row in zip(source.time.tolist(), source.open, source.high, source.low, source.close, source.volume, strict=True):
            buffer.add(Bar(*row))
            buffer.add(Bar(*row))
    memory, evidence = step(memory, Charts(fast.chart, slow.chart))
    fast.backfill([])
    again, same = step(memory, Charts(fast.chart, slow.chart))

    assert evidence == step(direct, MARKET)[1]
    assert again is memory
    assert same == evidence
    assert not np.isnan(fast.chart.close).any()
