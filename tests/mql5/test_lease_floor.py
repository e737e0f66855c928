"""
A position without a stop gets its floor, also while heartbeats flow (R27).
"""

from pathlib import Path

import pytest
from tests.mql5.leases import acts, fall_silent, lease, leased, pass_time, plan
from tests.mql5.support import Harness
from tests.mql5.test_trade_volumes import open_one

from dtms.names import LogoutWhy, OnSilence, Outcome, Side
from dtms.wire.messages import HandsOff, Logout

ALL_PLANS = [OnSilence.HOLD, OnSilence.TIGHTEN, OnSilence.CLOSE]


def bare(life: Harness, *, ours: bool) -> int:
    if not ours:
        return life.hold(sl=0.0)
    report = life.report(open_one(life, volume=0.3, side=Side.BUY))
    assert report.outcome is Outcome.DONE
    life.settle()
    return report.ticket


@pytest.mark.parametrize("on_silence", ALL_PLANS)
@pytest.mark.parametrize(("ours", "require_stop"), [(True, False), (False, True), (True, True)])
def test_a_bare_position_gets_its_floor_while_heartbeats_flow(
    tmp_path: Path, on_silence: OnSilence, ours: bool, require_stop: bool
) -> None:
    with leased(tmp_path) as life:
        ticket = bare(life, ours=ours)
        lease(life, plan(ticket, on_silence, floor_stop=1.08, require_stop=require_stop))
        pass_time(life, 25)
        assert life.held(ticket).sl == 0.0

        pass_time(life, 10)
        assert life.held(ticket).sl == pytest.approx(1.08)
        assert any("modify" in text for text in acts(life))


def test_a_bare_position_of_a_human_gets_none_unless_the_user_wants_it(tmp_path: Path) -> None:
    with leased(tmp_path) as life:
        ticket = bare(life, ours=False)
        lease(life, plan(ticket, floor_stop=1.08))
        pass_time(life, 40)

        assert life.held(ticket).sl == 0.0
        assert life.sent == []


@pytest.mark.parametrize("restarted", [False, True])
def test_a_stop_that_a_human_removed_stays_removed_and_is_said(tmp_path: Path, restarted: bool) -> None:
    with leased(tmp_path) as life:
        ticket = life.hold(sl=1.09)
        lease(life, plan(ticket, floor_stop=1.08, require_stop=True))
        life.advance(2_000)
        life.broker.human_modify(ticket, sl=0.0, tp=0.0)
        if restarted:
            life.kill()
            life.start()
        pass_time(life, 40)

        assert life.held(ticket).sl == 0.0
        assert any("removed by hand" in text for text in acts(life))


def test_restarts_do_not_begin_the_time_anew(tmp_path: Path) -> None:
    with leased(tmp_path) as life:
        ticket = bare(life, ours=False)
        lease(life, plan(ticket, floor_stop=1.08, require_stop=True))
        for _ in range(4):
            pass_time(life, 8)
            life.kill()
            life.start()
        pass_time(life, 2)

        assert life.held(ticket).sl == pytest.approx(1.08)


def test_a_floor_that_the_market_has_passed_is_set_as_near_as_the_broker_allows(tmp_path: Path) -> None:
    with leased(tmp_path) as life:
        ticket = bare(life, ours=False)
        lease(life, plan(ticket, floor_stop=1.105, require_stop=True))
        pass_time(life, 35)

        assert 1.0998 <= life.held(ticket).sl < 1.1


def test_without_the_input_the_user_is_told_that_there_is_none(tmp_path: Path) -> None:
    with leased(tmp_path, inputs={"AllowAutonomousModify": False}) as life:
        ticket = bare(life, ours=True)
        lease(life, plan(ticket, floor_stop=1.08))
        pass_time(life, 40)

        assert life.held(ticket).sl == 0.0
        assert any("AllowAutonomousModify" in text for text in acts(life))


def test_with_hands_off_there_is_none(tmp_path: Path) -> None:
    with leased(tmp_path) as life:
        ticket = bare(life, ours=False)
        lease(life, plan(ticket, floor_stop=1.08, require_stop=True))
        life.router.send(HandsOff(on=True, by="a test"))
        pass_time(life, 40)

        assert life.held(ticket).sl == 0.0


def test_after_a_leave_that_says_hold_there_is_none(tmp_path: Path) -> None:
    with leased(tmp_path) as life:
        ticket = bare(life, ours=False)
        lease(life, plan(ticket, floor_stop=1.08, require_stop=True))
        fall_silent(life)
        life.router.send(Logout(why=LogoutWhy.SHUTDOWN, plan=OnSilence.HOLD))
        pass_time(life, 60)

        assert life.held(ticket).sl == 0.0
