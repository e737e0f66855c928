"""The table of what is to be done once: reachability and finality as laws."""

import pytest

from dtms.engine.obligation import TRANSITIONS, Obligation, Signal, Stage, step
from dtms.errors import IllegalSignal


def test_every_stage_can_come_to_an_end() -> None:
    for start in Stage:
        reached: set[Stage] = set()
        frontier = {start}
        while frontier:
            reached |= frontier
            frontier = {stage for s in frontier for stage in TRANSITIONS[s].values()} - reached

        assert any(not TRANSITIONS[stage] for stage in reached)


def test_only_a_confirmed_effect_makes_it_done() -> None:
    ways = {(start, signal) for start, row in TRANSITIONS.items() for signal, end in row.items() if end is Stage.DONE}

    assert {signal for _, signal in ways} == {Signal.CONFIRMED}


@pytest.mark.parametrize("start", [s for s in Stage if not TRANSITIONS[s]])
@pytest.mark.parametrize("signal", list(Signal))
def test_what_is_over_stays_over(start: Stage, signal: Signal) -> None:
    with pytest.raises(IllegalSignal, match=f"{signal.value} while {start.value}"):
        step(Obligation(start), signal)


def test_a_lost_order_is_still_under_way() -> None:
    lost = step(step(Obligation(), Signal.ORDERED), Signal.LOST)

    assert lost.under_way
    assert not lost.over
