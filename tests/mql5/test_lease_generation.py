"""
A plan is for one life of a position: one that has turned, or was closed and opened again, waits for a plan of its own (R27, R09).
"""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.mql5.account_models import on_account
from tests.mql5.leases import GRACE_S, INPUTS, fall_silent, lease, pass_time, plan
from tests.mql5.support import Harness

from dtms.names import OnSilence, Side
from dtms.wire.messages import PositionClosed, PositionOpened


@pytest.fixture
def netting(tmp_path: Path) -> Iterator[Harness]:
    with on_account(tmp_path, "netting", inputs=INPUTS) as life:
        yield life


def turn(life: Harness, side: Side, volume: float, *, sl: float = 0.0) -> int:
    """A human's deal that goes through zero; the ticket afterwards."""
    before = len(life.router.of(PositionOpened))
    ticket = life.broker.human_open("EURUSD", int(side) - 1, volume, sl=sl)
    life.until(lambda: len(life.router.of(PositionOpened)) > before)
    assert life.router.of(PositionClosed)
    return ticket


@pytest.mark.parametrize("restarted", [False, True])
def test_a_position_that_has_turned_is_not_touched_by_the_plan_of_before(netting: Harness, restarted: bool) -> None:
    first = netting.hold(0.3)
    lease(netting, plan(first, OnSilence.CLOSE, require_stop=True, floor_stop=1.08))
    netting.advance(1_500)
    second = turn(netting, Side.SELL, 0.5)
    fall_silent(netting)
    if restarted:
        netting.kill()
        assert netting.program.init() == 0
    pass_time(netting, GRACE_S + 10)

    assert [position.ticket for position in netting.broker.positions] == [second]
    assert netting.held(second).sl == 0.0
    assert netting.sent == []


def test_nor_one_that_turned_a_quarter_of_an_hour_after_it_was_opened(netting: Harness) -> None:
    first = netting.hold(0.3)
    opened_ms = netting.held(first).time_msc
    lease(netting, plan(first, OnSilence.CLOSE))
    netting.advance(1_500)
    netting.step(opened_ms + 900_000 - netting.server_ms)
    second = turn(netting, Side.SELL, 0.5)
    assert netting.held(second).time_msc // 1_000 == opened_ms // 1_000 + 900
    fall_silent(netting)
    pass_time(netting, GRACE_S + 10)

    assert [position.ticket for position in netting.broker.positions] == [second]


def test_a_plan_for_the_side_that_began_is_carried_out(netting: Harness) -> None:
    first = netting.hold(0.3)
    lease(netting, plan(first, OnSilence.CLOSE))
    netting.advance(1_500)
    second = turn(netting, Side.SELL, 0.5)
    lease(netting, plan(first, OnSilence.CLOSE, ticket=second, side=Side.SELL, volume=0.2))
    fall_silent(netting)
    pass_time(netting, GRACE_S + 5)

    assert not netting.broker.positions


def test_that_a_stop_was_removed_from_the_life_before_says_nothing_about_this_one(netting: Harness) -> None:
    first = netting.hold(0.3)
    lease(netting, plan(first))
    netting.advance(1_500)
    turn(netting, Side.SELL, 0.5)
    netting.advance(5_000)
    third = turn(netting, Side.BUY, 0.5)
    assert netting.held(third).sl == 0.0
    lease(netting, plan(first, ticket=third, floor_stop=1.08, require_stop=True))
    pass_time(netting, GRACE_S + 5)

    assert netting.held(third).sl == pytest.approx(1.08)


def test_a_plan_of_two_turns_ago_is_not_for_the_same_side_again(netting: Harness) -> None:
    first = netting.hold(0.3)
    lease(netting, plan(first, OnSilence.CLOSE))
    netting.advance(1_500)
    turn(netting, Side.SELL, 0.5)
    netting.advance(5_000)
    third = turn(netting, Side.BUY, 0.5)
    fall_silent(netting)
    pass_time(netting, GRACE_S + 5)

    assert [position.ticket for position in netting.broker.positions] == [third]
