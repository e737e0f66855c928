"""The plans that the manager gets for the time in which nobody commands it, and what a stop of the service leaves it with (R27)."""

from pathlib import Path

import pytest
from tests.runtime.bench import Bench, acting, bench
from tests.runtime.defended import ALWAYS, BEGIN, FULL, Defended, bought
from tests.runtime.lives import QUICK, back, defended_life, life
from tests.runtime.market_side import MarketSide, Tape
from tests.session.made import position, spec, tick
from tests.session.terminal_side import TerminalSide
from tests.store.made import rows

from dtms.defence_names import State
from dtms.names import OnSilence, Role, Side
from dtms.runtime.desk import Stop
from dtms.settings import Mode, Settings
from dtms.settings_lease import LeaseSettings
from dtms.wire.messages import HandsOff, Lease, LeasePlan, LogonAccepted, Logout

TIGHTEN = LeaseSettings.model_validate({"on_silence": "tighten"})


def settings(**values: object) -> Settings:
    return acting(**({"desk": QUICK, "lease": TIGHTEN} | values))


def told(side: TerminalSide) -> list[list[LeasePlan]]:
    """The lists that it got, in order."""
    return [message.plans for message in side.received if isinstance(message, Lease)]


def held(side: TerminalSide) -> dict[int, LeasePlan]:
    """What it holds now."""
    return {plan.position_id: plan for plan in told(side)[-1]}


def connected(desk: Bench, **values: object) -> TerminalSide:
    side = TerminalSide(positions={1: position(1), 2: position(2)}, **values)  # type: ignore[arg-type]
    desk.dial(side)
    desk.pass_time(500)
    return side


def test_the_manager_holds_a_plan_for_each_managed_position_by_its_ticket_and_side() -> None:
    with bench(settings()) as desk:
        side = connected(desk)
        plans = held(side)

        assert [(p.position_id, p.ticket, p.side, p.on_silence) for p in plans.values()] == [
            (1, 1, Side.BUY, OnSilence.TIGHTEN),
            (2, 2, Side.BUY, OnSilence.TIGHTEN),
        ]
        assert plans[1].breakeven_stop == pytest.approx(1.10001)


def test_the_list_is_told_again_when_it_differs_and_not_otherwise() -> None:
    with bench(settings()) as desk:
        side = connected(desk)
        count = len(told(side))
        desk.pass_time(5_000)
        side.changed(position(2, profit=3.0), desk.now)
        desk.pass_time(1_000)
        assert len(told(side)) == count
        side.changed(position(2, stop_loss=1.0995), desk.now)
        desk.pass_time(500)
        assert len(told(side)) == count + 1
        assert held(side)[2].floor_stop == 1.0995
        side.closed(1, desk.now)
        desk.pass_time(500)
        assert list(held(side)) == [2]


def test_a_list_that_changes_all_the_time_is_told_four_times_a_second_at_most() -> None:
    with bench(settings()) as desk:
        side = connected(desk)
        count = len(told(side))
        for number in range(50):
            side.changed(position(2, stop_loss=round(1.099 + number * 1e-5, 5)), desk.now)
            desk.pass_time(20, step=20)
        desk.pass_time(500)
        assert len(told(side)) - count <= 6
        assert held(side)[2].floor_stop == 1.09949


def test_after_every_logon_it_is_told_resumed_or_not_and_never_before_the_positions_are_known() -> None:
    with bench(settings()) as desk:
        side = connected(desk)
        count = len(told(side))
        desk.redial(desk.wires[0])
        assert side.accepted is not None
        assert side.accepted.resume
        desk.pass_time(500)
        assert len(told(side)) == count + 1

        side.nonce, side.boot, side.seq_in, side.seq_out = 78, 2, 0, 0
        side.received.clear()
        desk.redial(desk.wires[0])
        desk.pass_time(500)
        assert not side.accepted.resume
        assert all(plans for plans in told(side))  # none is empty: an empty list would take its protection away
        assert list(held(side)) == [1, 2]


def test_while_the_positions_are_not_known_the_terminal_keeps_the_plans_that_it_has() -> None:
    class Failing(TerminalSide):
        def snapshot(self, now: int, *, ok: bool = True, part_size: int = 500, count: int | None = None) -> None:
            del ok
            super().snapshot(now, ok=False, part_size=part_size, count=count)

    with bench(settings()) as desk:
        side = Failing(positions={1: position(1)})
        desk.dial(side)
        desk.pass_time(10_000)
        assert told(side) == []


def test_a_feed_gets_none_until_it_manages() -> None:
    with bench(settings()) as desk:
        connected(desk)
        feed = TerminalSide(nonce=5, instance_id="chart-5", positions={1: position(1), 2: position(2)})
        desk.dial(feed)
        desk.pass_time(1_000)
        assert told(feed) == []
        desk.wires[0].terminal.out.clear()
        desk.wires[0].cut()
        desk.pass_time(41_000, step=1_000)
        assert desk.account.links.manager() is not None
        assert list(held(feed)) == [1, 2]


def test_in_observe_mode_there_are_no_plans() -> None:
    with bench(settings(mode=Mode.OBSERVE)) as desk:
        side = connected(desk)
        side.quotes(desk.now, tick(1.1011))
        desk.pass_time(1_000)
        assert told(side) == []


def test_a_position_that_is_not_managed_has_none() -> None:
    with bench(settings(adopt={"scope": "filter", "magic": [7]})) as desk:
        side = connected(desk)
        side.opened(position(3, magic=7), desk.now)
        desk.pass_time(500)
        assert list(held(side)) == [3]


def test_a_hedged_pair_shares_one_plan_also_after_a_restart_and_the_store_has_it(tmp_path: Path) -> None:
    lease = {"defence": FULL, "lease": LeaseSettings.model_validate({"on_silence": "close"})}
    with life(tmp_path, acting(**lease)) as desk:
        on = Defended(desk, MarketSide(specs={"EURUSD": spec(sessions=ALWAYS)}), Tape(BEGIN))
        on.begin(bought(volume=0.10))
        while on.record.state is not State.HEDGED:
            on.step()
        on.pass_time(1_000)
        pair = held(on.side)
        (leg,) = on.trade.legs
        assert {p.position_id: p.pair_ticket for p in pair.values()} == {1: leg.held.position.ticket, leg.held.key.position_id: 1}
    kept = "SELECT position_id, pair_ticket, on_silence, ticket FROM leases ORDER BY 1"
    assert rows(tmp_path, kept) == [(1, leg.held.position.ticket, 3, 1), (leg.held.key.position_id, 1, 3, leg.held.position.ticket)]

    on.side.received.clear()
    with defended_life(tmp_path, on, acting(**lease)) as after:
        back(after)
        assert [len(plans) for plans in told(after.side)][-1] == 2
        assert {p.position_id: p.pair_ticket for p in held(after.side).values()} == {
            1: leg.held.position.ticket,
            leg.held.key.position_id: 1,
        }
        after.side.closed(1, after.desk.now)
        after.desk.pump()
        after.pass_time(3_000)
        assert held(after.side) == {}
    assert rows(tmp_path, kept) == []


@pytest.mark.parametrize(
    ("lease", "mode", "plan"),
    [
        ({}, Mode.ACT, OnSilence.HOLD),
        ({"on_silence": "close"}, Mode.ACT, OnSilence.CLOSE),
        ({"account": [{"name": "1001@Demo-Server", "on_silence": "tighten"}]}, Mode.ACT, OnSilence.TIGHTEN),
        ({"on_silence": "close"}, Mode.OBSERVE, OnSilence.HOLD),
    ],
)
def test_a_stop_leaves_the_terminals_with_what_is_chosen_for_the_account(
    lease: dict[str, object], mode: Mode, plan: OnSilence
) -> None:
    with bench(settings(lease=LeaseSettings.model_validate(lease), mode=mode)) as desk:
        side = connected(desk)
        desk.inbox.put(Stop())
        desk.pump()
        assert [message.plan for message in side.received if isinstance(message, Logout)] == [plan]


def test_whoever_stops_may_say_otherwise() -> None:
    with bench(settings()) as desk:
        side = connected(desk)
        desk.inbox.put(Stop(OnSilence.CLOSE))
        desk.pump()
        assert [message.plan for message in side.received if isinstance(message, Logout)] == [OnSilence.CLOSE]


def test_hands_off_that_a_bridge_before_has_left_on_is_taken_back_once_after_the_logon() -> None:
    with bench(settings()) as desk:
        side = connected(desk, hands_off=True)
        assert [message.on for message in side.received if isinstance(message, HandsOff)] == [False]
        desk.pass_time(3_000)
        assert len([message for message in side.received if isinstance(message, HandsOff)]) == 1


def test_a_process_that_another_one_has_replaced_sends_no_plans() -> None:
    with bench(settings()) as desk:
        side = connected(desk)
        count = len(told(side))
        desk.account.reign.supersede(99)
        side.changed(position(2, stop_loss=1.0995), desk.now)
        desk.pass_time(1_000)
        assert len(told(side)) == count


def test_the_manager_is_told_in_its_role() -> None:
    with bench(settings()) as desk:
        side = connected(desk)
        assert isinstance(side.accepted, LogonAccepted)
        assert (side.accepted.role, side.accepted.mode_act) == (Role.MANAGER, True)
