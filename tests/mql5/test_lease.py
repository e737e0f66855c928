"""
What the Expert Advisor does with positions while the bridge is silent (R27).
"""

from pathlib import Path
from typing import Any

import pytest
from tests.mql5.leases import (
    AUTONOMOUS,
    GRACE_S,
    acts,
    come_back,
    fall_silent,
    kinds_of_deals,
    lease,
    leased,
    pass_time,
    plan,
)
from tests.mql5.support import CHARTEVENT_OBJECT_CLICK, Harness

from dtms.names import LogoutWhy, OnSilence, Outcome, Role, Side
from dtms.sim.mt5 import Retcode
from dtms.wire.messages import Deal, HandsOff, Logout, RoleChanged

ALL_PLANS = [OnSilence.HOLD, OnSilence.TIGHTEN, OnSilence.CLOSE]
TO_OPENING_MS = (5 * 24 + 10) * 3_600_000  # from noon of the Tuesday on which tests begin to Sunday, 22:00, of the server


def test_a_position_is_closed_after_its_grace_and_not_before(tmp_path: Path) -> None:
    with leased(tmp_path) as life:
        ticket = life.hold()
        lease(life, plan(ticket, OnSilence.CLOSE))
        fall_silent(life)
        pass_time(life, GRACE_S - 3)
        assert life.broker.positions

        pass_time(life, 5)
        assert not life.broker.positions
        assert kinds_of_deals(life) == [AUTONOMOUS]
        come_back(life)
        life.settle()
        assert [deal.magic >> 44 & 0xF for deal in life.router.of(Deal) if deal.magic] == [AUTONOMOUS]


def test_a_stop_is_trailed_and_never_moved_back(tmp_path: Path) -> None:
    with leased(tmp_path) as life:
        ticket = life.hold(sl=1.09)
        lease(life, plan(ticket, trail_distance=0.002))
        fall_silent(life)
        pass_time(life, GRACE_S + 3, bid=1.1)
        assert life.held(ticket).sl == pytest.approx(1.098)

        stops = []
        for bid in (1.101, 1.104, 1.103, 1.1045, 1.1031, 1.1027):
            pass_time(life, 3, bid=bid)
            stops.append(life.held(ticket).sl)
        assert stops == pytest.approx([1.099, 1.102, 1.102, 1.1025, 1.1025, 1.1025])


def test_the_stop_of_a_short_position_is_trailed_from_the_ask(tmp_path: Path) -> None:
    with leased(tmp_path) as life:
        ticket = life.hold(side=1, sl=1.11)
        lease(life, plan(ticket, side=Side.SELL, trail_distance=0.002))
        fall_silent(life)
        pass_time(life, GRACE_S + 3, bid=1.1)
        assert life.held(ticket).sl == pytest.approx(1.1021)

        pass_time(life, 3, bid=1.099)
        pass_time(life, 3, bid=1.1005)
        assert life.held(ticket).sl == pytest.approx(1.1011)


def test_break_even_is_kept_when_its_price_is_reached(tmp_path: Path) -> None:
    with leased(tmp_path) as life:
        ticket = life.hold(sl=1.09, tp=1.2)
        lease(life, plan(ticket, breakeven_at=1.102, breakeven_stop=1.1003))
        fall_silent(life)
        pass_time(life, GRACE_S + 3, bid=1.1015)
        assert life.held(ticket).sl == pytest.approx(1.09)

        pass_time(life, 3, bid=1.102)
        assert (life.held(ticket).sl, life.held(ticket).tp) == pytest.approx((1.1003, 1.2))


def test_a_break_even_stop_that_would_be_wider_is_not_set(tmp_path: Path) -> None:
    with leased(tmp_path) as life:
        ticket = life.hold(sl=1.0995)
        lease(life, plan(ticket, breakeven_at=1.05, breakeven_stop=1.06, trail_distance=0.01))
        fall_silent(life)
        pass_time(life, GRACE_S + 5)

        assert life.held(ticket).sl == pytest.approx(1.0995)
        assert life.sent == []


def test_hold_leaves_everything_and_says_so(tmp_path: Path) -> None:
    with leased(tmp_path) as life:
        ticket = life.hold(sl=1.09)
        lease(life, plan(ticket, OnSilence.HOLD, breakeven_at=1.0, breakeven_stop=1.095, trail_distance=0.001, max_hold_s=40))
        fall_silent(life)
        pass_time(life, 60)

        assert life.sent == []
        life.router.beats, life.router.accept = True, {"resume": True}
        life.until(lambda: acts(life), limit_ms=60_000)
        assert any("keeps the stop" in text for text in acts(life))


@pytest.mark.parametrize("on_silence", [OnSilence.TIGHTEN, OnSilence.CLOSE])
@pytest.mark.parametrize(
    "inputs",
    [
        {"AllowAutonomousModify": False, "AllowAutonomousClose": False},
        {"AllowModify": False, "AllowReduce": False},
    ],
)
def test_without_the_inputs_nothing_is_done(tmp_path: Path, on_silence: OnSilence, inputs: dict[str, object]) -> None:
    with leased(tmp_path, inputs=inputs) as life:
        ticket = life.hold(sl=1.09)
        lease(life, plan(ticket, on_silence, trail_distance=0.001))
        fall_silent(life)
        pass_time(life, 45)

        assert life.sent == []


def observe(life: Harness) -> None:
    life.router.reopen()
    come_back(life, mode_act=False)


def be_a_feed(life: Harness) -> None:
    life.router.send(RoleChanged(role=Role.FEED))


def press_hands_off(life: Harness) -> None:
    life.advance(1_000)
    (button,) = [name for name in life.program.objects() if name.endswith("handsoff")]
    life.program.chart_event(CHARTEVENT_OBJECT_CLICK, sparam=button)


def hands_off_by_the_bridge(life: Harness) -> None:
    life.router.send(HandsOff(on=True, by="a test"))


def take_leave(life: Harness) -> None:
    life.router.accept = None
    life.router.send(Logout(why=LogoutWhy.SHUTDOWN, plan=OnSilence.HOLD))


def adopt_nothing(life: Harness) -> None:
    lease(life)


@pytest.mark.parametrize("restarted", [False, True])
@pytest.mark.parametrize("reason", [observe, be_a_feed, press_hands_off, hands_off_by_the_bridge, take_leave, adopt_nothing])
def test_no_plan_is_carried_out_when_the_user_wants_none(tmp_path: Path, reason: Any, restarted: bool) -> None:
    with leased(tmp_path) as life:
        first, second = life.hold(sl=1.09), life.hold(sl=1.09)
        lease(life, plan(first, OnSilence.CLOSE), plan(second, trail_distance=0.001))
        reason(life)
        life.advance(1_500)
        fall_silent(life)
        if restarted:
            life.kill()
            assert life.program.init() == 0
        pass_time(life, 45)

        assert life.sent == []


def test_a_bridge_that_observes_gives_no_plans(tmp_path: Path) -> None:
    with leased(tmp_path, accept={"mode_act": False}) as life:
        ticket = life.hold()
        lease(life, plan(ticket, OnSilence.CLOSE))
        fall_silent(life)
        pass_time(life, 45)

        assert life.sent == []


def test_many_plans_that_hold_are_no_flood_of_sentences(tmp_path: Path) -> None:
    with leased(tmp_path) as life:
        tickets = [life.broker.human_open("EURUSD", 0, 0.01, sl=1.09) for _ in range(200)]
        life.advance(2_000)
        lease(life, *(plan(ticket, OnSilence.HOLD, volume=0.01) for ticket in tickets))
        fall_silent(life)
        pass_time(life, 45)
        life.router.beats, life.router.accept = True, {"resume": True}
        life.until(lambda: acts(life), limit_ms=60_000)
        life.settle()

        assert len(acts(life)) < 20


def test_a_leave_may_say_that_plans_go_no_further_than_tightening(tmp_path: Path) -> None:
    with leased(tmp_path) as life:
        ticket = life.hold(sl=1.09)
        lease(life, plan(ticket, OnSilence.CLOSE, trail_distance=0.002))
        fall_silent(life)
        life.router.send(Logout(why=LogoutWhy.SHUTDOWN, plan=OnSilence.TIGHTEN))
        pass_time(life, GRACE_S + 5)

        assert life.held(ticket).sl == pytest.approx(1.098)


def test_a_tightened_position_is_closed_when_the_silence_lasts(tmp_path: Path) -> None:
    with leased(tmp_path) as life:
        ticket = life.hold(sl=1.09)
        lease(life, plan(ticket, trail_distance=0.002, max_hold_s=60))
        fall_silent(life)
        pass_time(life, 50)
        assert life.held(ticket).sl == pytest.approx(1.098)

        pass_time(life, 20)
        assert not life.broker.positions


def test_while_the_market_is_closed_silence_is_no_fault(tmp_path: Path) -> None:
    with leased(tmp_path) as life:
        ticket = life.hold()
        lease(life, plan(ticket, OnSilence.CLOSE))
        fall_silent(life)
        life.advance(4_000)
        life.now += TO_OPENING_MS - 60_000
        life.advance(60_000, step=200)
        assert life.sent == []

        pass_time(life, GRACE_S - 5)
        assert life.sent == []
        pass_time(life, 10)
        assert not life.broker.positions


def test_a_pause_of_its_own_is_no_silence_of_the_bridge(tmp_path: Path) -> None:
    with leased(tmp_path) as life:
        ticket = life.hold()
        lease(life, plan(ticket, OnSilence.CLOSE))
        for _ in range(3):
            life.step(40_000)
            life.settle()
        life.step(8 * 3_600_000)
        life.quote()
        life.settle()

        assert [position.ticket for position in life.broker.positions] == [ticket]


def test_a_terminal_that_restarts_while_the_bridge_is_away_still_protects(tmp_path: Path) -> None:
    with leased(tmp_path) as life:
        closing, trailing = life.hold(sl=1.09), life.hold(sl=1.09)
        lease(life, plan(closing, OnSilence.CLOSE), plan(trailing, trail_distance=0.002))
        life.advance(1_500)
        fall_silent(life)
        life.kill()
        assert life.program.init() == 0
        pass_time(life, GRACE_S - 5)
        assert len(life.broker.positions) == 2

        pass_time(life, 10)
        assert [position.ticket for position in life.broker.positions] == [trailing]
        assert life.held(trailing).sl == pytest.approx(1.098)


def test_it_goes_on_by_itself_until_a_logon_and_then_only_as_commanded(tmp_path: Path) -> None:
    with leased(tmp_path) as life:
        ticket = life.hold(sl=1.09)
        lease(life, plan(ticket, trail_distance=0.002))
        fall_silent(life)
        pass_time(life, GRACE_S + 3)
        life.step(40_000)  # a pause of its own does not end it
        pass_time(life, 3, bid=1.101)
        assert life.held(ticket).sl == pytest.approx(1.099)

        come_back(life)
        pass_time(life, 10, bid=1.105)
        assert life.held(ticket).sl == pytest.approx(1.099)
        report = life.report(life.modify(ticket, expect=(1.099, None), to=(1.1, None)))
        assert report.outcome is Outcome.DONE


def test_a_close_that_the_broker_refuses_is_tried_again_slowly(tmp_path: Path) -> None:
    with leased(tmp_path) as life:
        ticket = life.hold()
        lease(life, plan(ticket, OnSilence.CLOSE))
        fall_silent(life)
        life.rule(times=3, retcode=Retcode.REJECT)
        pass_time(life, GRACE_S + 20)

        assert not life.broker.positions
        assert 4 <= len(life.sent) <= 6


def test_a_position_that_is_not_the_one_of_the_plan_is_not_closed(tmp_path: Path) -> None:
    with leased(tmp_path) as life:
        ticket = life.hold(0.3)
        lease(life, plan(ticket, OnSilence.CLOSE, volume=0.2))
        fall_silent(life)
        pass_time(life, 45)

        assert [position.ticket for position in life.broker.positions] == [ticket]


def test_a_plan_that_may_not_close_goes_on_tightening(tmp_path: Path) -> None:
    with leased(tmp_path, inputs={"AllowAutonomousClose": False}) as life:
        ticket = life.hold(sl=1.09)
        lease(life, plan(ticket, trail_distance=0.002, max_hold_s=40))
        fall_silent(life)
        pass_time(life, 50)
        pass_time(life, 5, bid=1.102)

        assert life.held(ticket).sl == pytest.approx(1.1)
