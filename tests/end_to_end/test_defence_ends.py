"""
How defended trades end: a change of character, timers, a lost hedge, a weekend before them; as the broker sees it.
"""

from dataclasses import replace
from pathlib import Path

import pytest
from tests.end_to_end.defended import ENTRY, FULL, Defended, Kind, acting, defended
from tests.end_to_end.experts import OFFSET_MS
from tests.runtime.market_side import legs

from dtms.defence_names import State
from dtms.names import OpenKind
from dtms.settings_defence import LevelSettings, TimerSettings
from dtms.sim.mt5 import Reason
from dtms.sim.spec import DAY_S, weekly

pytestmark = pytest.mark.timeout(120)

_HOUR_MS = 3_600_000
# Up in steps, then below the last step's foot, and on.
_UP = [*[(6, 20), (6, -20)] * 150, *[(9, 60), (6, -30)] * 12, (9, 60), (3, -10)]
_TURNED = [(3, -15), (3, -15), (3, -40), (3, -40), (3, -40), (3, 10), (3, -40)]
TURNING = Kind(script=tuple(legs(ENTRY - 0.0166, *_UP, *_TURNED, swing=4)), begun=sum(count for count, _ in _UP))
# The first warning's levels only: the script's score stays between them for as long as the test lasts.
WARNED = LevelSettings(first_warning=-2, second_warning=-15, hedge=-20)
FLAT = FULL.model_copy(update={"timers": TimerSettings(flat_bars=5)})


def shut(on: Defended) -> bool:
    """Whether everything was closed by us, nothing by a stop, and the deals add up."""
    return not on.broker.positions and not on.broker.witness.closed[Reason.SL] and on.sound()


@pytest.mark.parametrize("sell", [False, True])
def test_a_confirmed_change_of_character_ends_a_trade_whose_score_is_bad(tmp_path: Path, sell: bool) -> None:
    with defended(tmp_path, replace(TURNING, sell=sell)) as on:
        ticket = on.buy()
        on.until_state(State.WARNING_L1)  # the change is confirmed on this bar, the score is not bad enough
        held = on.held(ticket)
        assert held is not None
        on.step()
        assert on.stands(State.WARNING_L1)

        on.until_flat(bars=4)
        assert on.states[-1] is State.CLOSING
        assert on.reason == "CHOCH"
        assert shut(on)


def test_a_hedged_trade_that_nothing_resumes_ends_with_the_flat_timer_both_legs(tmp_path: Path) -> None:
    with defended(tmp_path, settings=acting(FLAT)) as on:
        ticket = on.buy()
        on.until_state(State.HEDGED)
        (hedge,) = on.legs(OpenKind.HEDGE)
        for _ in range(4):
            on.step()
        assert on.stands(State.HEDGED)
        assert {p.ticket for p in on.broker.positions} == {ticket, hedge.ticket}

        on.step()
        on.until_flat(bars=0)
        assert on.states[-2:] == [State.HEDGED, State.CLOSING]
        assert on.reason == "FLAT_TIMER"
        assert shut(on)


def test_a_first_warning_that_lasts_becomes_the_second_with_the_flat_timer(tmp_path: Path) -> None:
    with defended(tmp_path, settings=acting(FLAT.model_copy(update={"levels": WARNED}))) as on:
        ticket = on.buy()
        on.until_state(State.WARNING_L1, bars=2)
        for _ in range(4):
            on.step()
        assert on.stands(State.WARNING_L1)

        on.step()
        assert on.stands(State.WARNING_L2)
        held = on.held(ticket)
        assert held is not None
        assert held.volume == 0.03
        assert on.sound()


def test_a_recovery_that_is_not_confirmed_ends_the_trade(tmp_path: Path) -> None:
    levels = LevelSettings(recovered=15)  # the break of structure comes, no score confirms it
    with defended(tmp_path, settings=acting(FULL.model_copy(update={"levels": levels}))) as on:
        on.buy()
        on.until_state(State.HEDGED)
        on.until_state(State.RECOVERING)
        assert on.legs(OpenKind.HEDGE) == []

        on.step()
        assert on.stands(State.RECOVERING)
        on.step()
        on.until_flat(bars=0)
        assert on.reason == "RECOVERY_FAILED"
        assert shut(on)


@pytest.mark.parametrize("by", ["stop", "human"])
def test_a_hedge_that_is_lost_takes_its_trade_with_it(tmp_path: Path, by: str) -> None:
    with defended(tmp_path) as on:
        on.buy()
        on.until_state(State.HEDGED)
        (hedge,) = on.legs(OpenKind.HEDGE)
        if by == "stop":
            on.quote(hedge.sl)
        else:
            on.broker.human_close(hedge.ticket)
        assert len(on.broker.positions) == 1

        on.until(lambda: not on.trades)
        assert on.flat()
        assert on.states[-2:] == [State.HEDGED, State.CLOSING]
        assert on.sound()


def test_a_trade_that_is_closed_by_hand_leaves_no_hedge_behind(tmp_path: Path) -> None:
    with defended(tmp_path) as on:
        ticket = on.buy()
        on.until_state(State.HEDGED)
        on.broker.human_close(ticket)
        assert len(on.broker.positions) == 1

        on.until(lambda: not on.trades)
        assert on.flat()
        assert on.sound()


def test_the_flat_timer_stands_still_over_a_weekend(tmp_path: Path) -> None:
    """The market closes on Friday at 09:00, two bars after the warning; the timer's other three bars come from Sunday on."""
    friday = Kind().begin + 3 * DAY_S * 1_000
    monday = friday + 62 * _HOUR_MS - 900_000  # Sunday 22:00 UTC
    sessions = weekly(22 * 3_600, 5 * DAY_S + 9 * 3_600, OFFSET_MS // 1_000)
    with defended(tmp_path, Kind(begin=friday, sessions=sessions), acting(FLAT.model_copy(update={"levels": WARNED}))) as on:
        ticket = on.buy()
        on.until_state(State.WARNING_L1, bars=2)
        on.step()
        before = on.held(ticket)

        on.close_market()
        assert on.record.bars_left == 4  # the terminal tells a bar when the next one begins
        on.open_market(monday)
        assert on.stands(State.WARNING_L1)
        assert on.record.bars_left == 3
        held = on.held(ticket)
        assert held is not None
        assert before is not None
        assert (held.sl, held.volume) == (before.sl, before.volume)

        on.step()
        on.step()
        assert on.stands(State.WARNING_L1)
        assert on.record.bars_left == 1
        on.step()
        assert on.stands(State.WARNING_L2)
        assert on.sound()
