"""Several terminals of one account: who manages it, whose quotes count, what a change of manager leads to (R09)."""

from collections.abc import Iterator

import pytest
from tests.runtime.bench import Bench, Wire, acting, bench
from tests.session.made import SERVER_MS, position, spec, tick
from tests.session.terminal_side import TerminalSide

from dtms.names import LogoutWhy, OnSilence, Outcome, Permission, QuoteFlag, Role
from dtms.settings import DeskSettings, LinkSettings
from dtms.wire.messages import HandsOff, Logout, RoleChanged, SnapshotRequest, Subscribe

AT_ONE_R = tick(1.10101)


@pytest.fixture
def desk() -> Iterator[Bench]:
    with bench(acting(desk=DeskSettings(check_ms=100))) as made:
        yield made


def terminal(**values: object) -> TerminalSide:
    return TerminalSide(positions={1: position(1)}, **values)  # type: ignore[arg-type]


def two_terminals(desk: Bench, **first: object) -> tuple[TerminalSide, TerminalSide, Wire, Wire]:
    one, two = terminal(**first), terminal(nonce=2, instance_id="chart-2")
    return one, two, desk.dial(one), desk.dial(two)


def test_the_first_terminal_is_the_manager_and_the_next_a_feed_whose_positions_do_not_count(desk: Bench) -> None:
    one, two = terminal(), TerminalSide(nonce=2, instance_id="chart-2", positions={9: position(9)})
    desk.dial(one)
    desk.dial(two)

    assert one.accepted is not None
    assert two.accepted is not None
    assert (one.accepted.role, two.accepted.role) == (Role.MANAGER, Role.FEED)
    two.opened(position(8), desk.now)
    two.closed(9, desk.now)
    desk.pump()
    assert [t.key.position_id for t in desk.account.book] == [1]


def test_a_symbol_is_taken_from_one_terminal_until_that_one_is_gone(desk: Bench) -> None:
    one, two = terminal(), TerminalSide(nonce=2, instance_id="chart-2")
    first = desk.dial(one)
    desk.dial(two)
    one.quotes(desk.now, tick(1.1001))
    desk.pump()
    two.quotes(desk.now, tick(1.2))
    desk.pump()
    state = desk.account.book.symbols["EURUSD"]
    assert state.tick is not None
    assert state.tick.bid == 1.1001
    first.cut()
    desk.pass_time(2_500)
    two.quotes(desk.now, tick(1.1002))
    desk.pump()

    assert state.tick.bid == 1.1002


def bid_of(desk: Bench, symbol: str) -> float | None:
    held = desk.account.book.symbols[symbol].tick
    return None if held is None else held.bid


def test_r09_the_manager_has_the_symbols_of_open_positions_though_a_feed_quoted_them_first(desk: Bench) -> None:
    one, two, _, _ = two_terminals(desk)
    two.quotes(desk.now, tick(1.1001))
    desk.pump()
    one.quotes(desk.now, AT_ONE_R)
    desk.pump()
    two.quotes(desk.now, tick(1.1002, ts_event=SERVER_MS + 9))
    desk.pump()

    assert len(one.commands) == 1
    assert bid_of(desk, "EURUSD") == AT_ONE_R.bid


def test_r09_a_terminal_that_stops_quoting_a_symbol_loses_it_to_one_whose_quotes_are_newer(desk: Bench) -> None:
    one, two, _, _ = two_terminals(desk)
    one.say(spec("GBPUSD"), desk.now)
    one.quotes(desk.now, tick(1.3, symbol="GBPUSD"))
    desk.pump()
    desk.pass_time(2_500)
    two.quotes(desk.now, tick(1.31, symbol="GBPUSD", ts_event=SERVER_MS + 1))
    desk.pump()
    assert bid_of(desk, "GBPUSD") == 1.3
    desk.pass_time(1_000)
    two.quotes(desk.now, tick(1.32, symbol="GBPUSD"))
    desk.pump()
    assert bid_of(desk, "GBPUSD") == 1.3  # no newer than what is known
    two.quotes(desk.now, tick(1.33, symbol="GBPUSD", ts_event=SERVER_MS + 1))
    desk.pump()

    assert bid_of(desk, "GBPUSD") == 1.33


def test_r05_the_quotes_of_an_observer_decide_nothing(desk: Bench) -> None:
    side, other = terminal(), terminal(nonce=2, instance_id="chart-2")
    desk.dial(side)
    desk.dial_only(other)
    other.connect(desk.now, protocol_min=2, protocol_max=3)
    desk.pump()
    other.quotes(desk.now, AT_ONE_R)
    desk.pump()

    assert other.accepted is not None
    assert other.accepted.role is Role.OBSERVER
    assert bid_of(desk, "EURUSD") is None
    assert side.commands == []


def test_after_a_logout_a_feed_becomes_the_manager_at_once_and_begins_with_a_snapshot(desk: Bench) -> None:
    one, two = terminal(), TerminalSide(nonce=2, instance_id="chart-2", positions={1: position(1), 2: position(2)})
    desk.dial(one)
    desk.dial(two)
    one.say(Logout(why=LogoutWhy.REMOVED, plan=OnSilence.HOLD), desk.now)
    desk.pump()

    assert [m.role for m in two.received if isinstance(m, RoleChanged)] == [Role.MANAGER]
    assert [m for m in two.received if isinstance(m, SnapshotRequest)]
    assert sorted(t.key.position_id for t in desk.account.book) == [1, 2]
    assert "another terminal took over a moment ago" in desk.account.reign.risk_off(desk.now)


def test_after_a_vanished_manager_a_feed_waits_until_its_lease_has_run_out(desk: Bench) -> None:
    one, two = terminal(), TerminalSide(nonce=2, instance_id="chart-2")
    first = desk.dial(one)
    desk.dial(two)
    first.cut()
    desk.pass_time(34_000, step=1_000)
    assert not [m for m in two.received if isinstance(m, RoleChanged)]
    desk.pass_time(3_000, step=1_000)

    assert [m.role for m in two.received if isinstance(m, RoleChanged)] == [Role.MANAGER]


def test_r09_a_feed_that_comes_back_after_the_manager_is_gone_begins_with_a_snapshot(desk: Bench) -> None:
    _, two, first, second = two_terminals(desk)
    first.cut()
    desk.pass_time(1_000)
    two.closed(1, desk.now)
    two.opened(position(2, price_open=1.2, stop_loss=1.199), desk.now)
    desk.pump()
    desk.pass_time(20_000, step=1_000)
    second.cut()
    two.up = False
    desk.pass_time(16_000, step=1_000)
    desk.redial(second)

    assert two.accepted is not None
    assert (two.accepted.role, two.accepted.resume) == (Role.MANAGER, True)
    assert [m for m in two.received if isinstance(m, SnapshotRequest)]
    assert [t.key.position_id for t in desk.account.book] == [2]
    assert desk.account.view_known
    assert "another terminal took over a moment ago" in desk.account.reign.risk_off(desk.now)


def test_r09_until_the_snapshot_of_the_next_manager_has_come_the_view_is_unknown(desk: Bench) -> None:
    _, two, first, second = two_terminals(desk)
    first.cut()
    desk.pass_time(20_000, step=1_000)
    second.cut()
    two.up = False
    desk.pass_time(16_000, step=1_000)
    desk.dial_again(second)
    second.exchange(desk.now)
    desk.pump_desk_until(lambda: desk.account.links.by_nonce[2].up)

    assert not desk.account.view_known


def test_a_command_that_the_manager_called_unknown_before_it_died_is_settled_by_the_next_one(desk: Bench) -> None:
    one, two, first, _ = two_terminals(desk, failing=Outcome.UNKNOWN)
    one.quotes(desk.now, AT_ONE_R)
    desk.pump()
    assert len(one.commands) == 1
    first.cut()
    one.up = False
    desk.pass_time(60_000, step=1_000)
    two.quotes(desk.now, AT_ONE_R)
    desk.pump()
    desk.pass_time(2_000)

    assert len(two.executed) == 1
    assert len(desk.account.trader.commands) == len(desk.account.trader.locks) == 0


def test_a_manager_that_was_silent_and_returns_is_told_that_it_is_a_feed(desk: Bench) -> None:
    one, two, first, _ = two_terminals(desk)
    desk.wires.remove(first)  # its connection lives, it neither speaks nor listens
    desk.pass_time(42_000, step=500)
    desk.wires.append(first)
    desk.pass_time(2_000)

    assert [m.role for m in one.received if isinstance(m, RoleChanged)] == [Role.FEED]
    assert [m.role for m in two.received if isinstance(m, RoleChanged)] == [Role.MANAGER]
    assert {link.logon.instance_id: link.role for link in desk.account.links.by_nonce.values()} == {
        "chart-1": Role.FEED,
        "chart-2": Role.MANAGER,
    }


def test_r15_when_the_managers_next_life_can_only_observe_the_view_is_unknown(desk: Bench) -> None:
    desk.dial(terminal())
    later = terminal(nonce=2, boot=2)
    desk.dial_only(later)
    later.connect(desk.now, protocol_min=2, protocol_max=3)
    desk.pump()

    assert later.accepted is not None
    assert later.accepted.role is Role.OBSERVER
    assert not desk.account.view_known
    assert "the view is unknown" in desk.account.reign.risk_off(desk.now)


def roles_told(side: TerminalSide) -> list[Role]:
    return [m.role for m in side.received if isinstance(m, RoleChanged)]


def test_r09_a_manager_that_said_that_it_is_busy_is_not_replaced_meanwhile(desk: Bench) -> None:
    one, two, first, _ = two_terminals(desk)
    one.beat(desk.now, busy_ms=50_000)
    desk.pump()
    desk.wires.remove(first)  # it is in a call that blocks
    desk.pass_time(45_000, step=500)
    desk.wires.append(first)
    desk.pump()

    assert roles_told(one) == roles_told(two) == []


def test_r09_nobody_follows_a_manager_before_what_it_was_asked_last_is_out_of_time() -> None:
    with bench(acting(link=LinkSettings(grace_s=2, successor_extra_s=1, ttl_modify_ms=20_000))) as desk:
        one, two, first, _ = two_terminals(desk, answering=False)
        one.quotes(desk.now, AT_ONE_R)
        desk.pump()
        assert len(one.commands) == 1
        first.cut()
        one.up = False
        desk.pass_time(19_000, step=500)
        assert roles_told(two) == []
        desk.pass_time(2_000, step=500)

        assert roles_told(two) == [Role.MANAGER]


def test_r09_a_manager_whose_chart_changes_its_timeframe_keeps_its_place_for_a_while(desk: Bench) -> None:
    one, two, _, _ = two_terminals(desk)
    one.say(Logout(why=LogoutWhy.CHART_CHANGED, plan=OnSilence.HOLD), desk.now)
    desk.pass_time(4_000)
    back = terminal(nonce=3)
    desk.dial(back)

    assert back.accepted is not None
    assert back.accepted.role is Role.MANAGER
    assert roles_told(two) == []
    back.say(Logout(why=LogoutWhy.CHART_CHANGED, plan=OnSilence.HOLD), desk.now)
    desk.pass_time(5_500)
    assert roles_told(two) == [Role.MANAGER]


def test_r09_a_feed_that_may_trade_follows_before_one_that_may_not(desk: Bench) -> None:
    one, two, _, _ = two_terminals(desk)
    two.permissions = Permission.CONNECTED
    three = terminal(nonce=3, instance_id="chart-3")
    desk.dial(three)
    desk.pass_time(1_500)
    one.say(Logout(why=LogoutWhy.REMOVED, plan=OnSilence.HOLD), desk.now)
    desk.pump()

    assert (roles_told(two), roles_told(three)) == ([], [Role.MANAGER])


def hands_told(side: TerminalSide) -> list[tuple[bool, str]]:
    return [(m.on, m.by) for m in side.received if isinstance(m, HandsOff)]


def test_hands_off_at_a_feed_is_passed_on_to_the_manager_and_taken_back(desk: Bench) -> None:
    one, two, _, _ = two_terminals(desk)
    two.hands(desk.now, off=True)
    desk.pass_time(2_000)
    assert hands_told(one) == [(True, "chart of chart-2")]
    one.hands_off = True  # it tells what is in force there, whoever pressed it
    desk.pass_time(2_000)
    two.hands(desk.now, off=False)
    desk.pump()
    assert hands_told(one) == [(True, "chart of chart-2"), (False, "bridge")]
    one.hands_off = False
    desk.pass_time(1_500)

    assert not desk.account.links.hands_off
    assert hands_told(two) == []


def test_hands_off_that_a_terminal_brings_from_an_earlier_process_is_taken_back_unless_its_own_button_is_on(desk: Bench) -> None:
    one = terminal(hands_off=True)
    desk.dial(one)
    assert hands_told(one) == [(False, "bridge")]
    assert desk.account.links.hands_off, "its own button may be on"
    one.hands_off = False
    desk.pass_time(1_500)

    assert not desk.account.links.hands_off


def test_r09_when_hands_off_is_on_at_a_feed_its_next_manager_is_told(desk: Bench) -> None:
    one, two, _, _ = two_terminals(desk)
    three = terminal(nonce=3, instance_id="chart-3")
    desk.dial(three)
    three.hands(desk.now, off=True)
    desk.pump()
    one.say(Logout(why=LogoutWhy.REMOVED, plan=OnSilence.HOLD), desk.now)
    desk.pump()

    assert roles_told(two) == [Role.MANAGER]
    assert hands_told(two) == [(True, "chart of chart-3")]


def asked(side: TerminalSide) -> list[list[str]]:
    return [m.symbols for m in side.received if isinstance(m, Subscribe)]


def test_r09_a_symbol_of_the_settings_is_asked_of_one_terminal_only() -> None:
    with bench(acting(link=LinkSettings(symbols=("EURUSD", "GBPUSD", "USDJPY")))) as desk:
        one = TerminalSide()
        desk.dial(one)
        assert asked(one) == [["EURUSD", "GBPUSD", "USDJPY"]]
        two = TerminalSide(nonce=2, instance_id="chart-2", specs={"GBPUSD": spec("GBPUSD")})
        desk.dial(two)
        desk.pass_time(500)

        assert asked(one)[-1] == ["EURUSD", "USDJPY"]
        assert asked(two)[-1] == ["GBPUSD"]


def test_r09_what_a_feed_brought_is_asked_of_the_manager_when_it_leaves_and_a_quote_that_is_older_is_not_taken(desk: Bench) -> None:
    one = TerminalSide()
    two = TerminalSide(nonce=2, instance_id="chart-2", specs={"GBPUSD": spec("GBPUSD")})
    desk.dial(one)
    desk.dial(two)
    two.quotes(desk.now, tick(1.3, symbol="GBPUSD", ts_event=SERVER_MS + 50))
    desk.pump()
    two.say(Logout(why=LogoutWhy.REMOVED, plan=OnSilence.HOLD), desk.now)
    desk.pump()
    assert asked(one) == [[], ["GBPUSD"]]
    one.quotes(desk.now, tick(1.29, symbol="GBPUSD", ts_event=SERVER_MS + 40))
    desk.pump()
    assert bid_of(desk, "GBPUSD") is None
    one.quotes(desk.now, tick(1.31, symbol="GBPUSD", ts_event=SERVER_MS + 90))
    desk.pump()

    state = desk.account.book.symbols["GBPUSD"]
    assert state.tick is not None
    assert state.tick.bid == 1.31
    assert state.tick.flags & QuoteFlag.RESYNC, "quotes between the two may be missing"


def test_r09_a_feed_that_is_gone_for_a_moment_keeps_its_symbol(desk: Bench) -> None:
    one = TerminalSide()
    two = TerminalSide(nonce=2, instance_id="chart-2", specs={"GBPUSD": spec("GBPUSD")})
    desk.dial(one)
    wire = desk.dial(two)
    two.quotes(desk.now, tick(1.3, symbol="GBPUSD"))
    desk.pump()
    desk.redial(wire)
    two.quotes(desk.now, tick(1.31, symbol="GBPUSD", ts_event=SERVER_MS + 1))
    desk.pump()
    desk.pass_time(4_000)

    assert asked(one) == [[]]
    state = desk.account.book.symbols["GBPUSD"]
    assert state.tick is not None
    assert (state.tick.bid, state.tick.flags & QuoteFlag.RESYNC) == (1.31, 0)


def test_r09_quotes_of_a_feed_whose_servers_clock_is_not_known_yet_do_not_follow_those_of_another() -> None:
    with bench(acting(link=LinkSettings(symbols=("EURUSD",)))) as desk:
        one, two = TerminalSide(), TerminalSide(nonce=2, instance_id="chart-2", utc_offset_s=None)
        desk.dial(one)
        desk.dial(two)
        one.quotes(desk.now, tick(1.1001))
        desk.pump()
        desk.pass_time(4_000)
        two.quotes(desk.now, tick(1.2, ts_event=SERVER_MS + 7_200_000))
        desk.pump()
        assert (asked(one), asked(two)) == ([["EURUSD"]], [[]])
        assert bid_of(desk, "EURUSD") == 1.1001
        two.utc_offset_s = one.utc_offset_s
        desk.pass_time(1_500)

        assert (asked(one)[-1], asked(two)[-1]) == ([], ["EURUSD"])
