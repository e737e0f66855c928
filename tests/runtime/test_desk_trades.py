"""What the desk does with trades, seen from the terminal's end of a real socket."""

from collections.abc import Iterator
from typing import Any

import pytest
from tests.runtime.bench import ANY_PORT, Bench, acting, bench
from tests.session.made import position, spec, tick
from tests.session.terminal_side import TerminalSide

from dtms.engine.obligation import Stage
from dtms.names import LogoutWhy, OnSilence, Permission, Side
from dtms.settings import AdoptSettings, BreakEvenSettings, DeskSettings, LinkSettings, Mode, Scope, Settings
from dtms.wire.messages import HandsOff, Logout, ModifyPosition, Position, Tick

AT_ONE_R = tick(1.10101)
FAST = acting(break_even=BreakEvenSettings(retry_ms=1_000), desk=DeskSettings(check_ms=100))


@pytest.fixture
def desk() -> Iterator[Bench]:
    with bench(FAST) as made:
        yield made


def terminal(*held: Position, **values: Any) -> TerminalSide:
    positions = held or (position(1, take_profit=1.105),)
    return TerminalSide(positions={p.position_id: p for p in positions}, **values)


def quote(desk: Bench, side: TerminalSide, *ticks: Tick) -> None:
    side.quotes(desk.now, *ticks)
    desk.pump()


def moved(side: TerminalSide) -> list[int]:
    return [c.ticket for c in side.commands if isinstance(c, ModifyPosition)]


def test_at_one_r_the_stop_goes_to_break_even_once(desk: Bench) -> None:
    side = terminal()
    desk.dial(side)
    for bid in (1.1005, 1.10099, 1.10101, 1.10150, 1.10050, 1.10200):
        quote(desk, side, tick(bid))

    assert [(c.stop_loss, c.take_profit) for c in side.commands if isinstance(c, ModifyPosition)] == [(1.10001, 1.105)]
    assert side.executed == [side.commands[0].command_id]
    assert side.positions[1].stop_loss == 1.10001
    assert desk.counter("commands.sent") == desk.counter("commands.done") == 1
    assert len(desk.account.trader.locks) == 0


@pytest.mark.parametrize(("entry", "stop", "at_one_r"), [(1.1, 1.099, 1.101), (1.00007, 0.99957, 1.00057), (1.10007, 1.1, 1.10014)])
def test_exactly_at_one_r_it_is_moved(desk: Bench, entry: float, stop: float, at_one_r: float) -> None:
    side = terminal(position(1, price_open=entry, stop_loss=stop))
    desk.dial(side)
    quote(desk, side, tick(at_one_r - 0.00001))
    assert side.commands == []
    quote(desk, side, tick(at_one_r))

    assert len(side.commands) == 1


def test_a_sell_is_moved_when_the_ask_has_fallen(desk: Bench) -> None:
    side = terminal(position(1, side=Side.SELL))
    desk.dial(side)
    quote(desk, side, tick(1.09895, 1.09901))
    assert side.commands == []
    quote(desk, side, tick(1.09890, 1.09899))

    assert side.positions[1].stop_loss == 1.09999


def test_of_a_frame_of_quotes_every_one_is_looked_at(desk: Bench) -> None:
    side = terminal()
    desk.dial(side)
    quote(desk, side, tick(1.1001), tick(1.1012), tick(1.1001))

    assert len(side.commands) == 1


def test_a_crossed_quote_is_counted_and_decides_by_its_mid(desk: Bench) -> None:
    side = terminal()
    desk.dial(side)
    quote(desk, side, tick(1.10103, 1.10090))
    assert side.commands == []
    quote(desk, side, tick(1.10113, 1.10093))

    assert len(side.commands) == 1
    assert desk.counter("bridge.crossed") == 2


def test_in_observe_mode_it_is_decided_once_and_nothing_is_sent() -> None:
    with bench(Settings(mode=Mode.OBSERVE, link=acting().link)) as desk:
        side = terminal()
        desk.dial(side)
        for bid in (1.1011, 1.1005, 1.1011):
            quote(desk, side, tick(bid))

        assert side.commands == []
        assert side.positions[1].stop_loss == 1.099
        assert desk.counter("commands.observed") == 1
        assert [t.break_even.stage for t in desk.account.book] == [Stage.OBSERVED]


@pytest.mark.parametrize(
    "adopt",
    [
        AdoptSettings(),
        AdoptSettings(scope=Scope.ALL),
        AdoptSettings(scope=Scope.REGISTERED, confirmed=True),
        AdoptSettings(scope=Scope.FILTER, confirmed=True),
        AdoptSettings(scope=Scope.FILTER, magic=(7,), symbol=("GBPUSD",)),
        AdoptSettings(scope=Scope.FILTER, comment=("bot-",)),
    ],
)
def test_in_act_mode_what_the_user_has_not_named_is_only_watched(adopt: AdoptSettings) -> None:
    with bench(acting(adopt=adopt)) as desk:
        side = terminal(position(1, magic=7, comment="mine"))
        desk.dial(side)
        quote(desk, side, AT_ONE_R)

        assert side.commands == []
        assert [t.managed for t in desk.account.book] == [False]


def test_a_filter_that_matches_adopts_without_a_further_yes() -> None:
    with bench(acting(adopt=AdoptSettings(scope=Scope.FILTER, magic=(7,), comment=("bot-",)))) as desk:
        side = terminal(position(1, magic=7, comment="bot-1"), position(2, magic=7, comment="mine"))
        desk.dial(side)
        quote(desk, side, AT_ONE_R)

        assert {t.position.position_id: t.managed for t in desk.account.book} == {1: True, 2: False}
        assert [c.ticket for c in side.commands if isinstance(c, ModifyPosition)] == [1]


def test_a_position_opened_later_is_managed_and_one_closed_is_forgotten(desk: Bench) -> None:
    side = terminal()
    desk.dial(side)
    side.opened(position(2, price_open=1.2, stop_loss=1.199), desk.now)
    side.closed(1, desk.now)
    desk.pump()
    quote(desk, side, tick(1.2011))

    assert [c.ticket for c in side.commands if isinstance(c, ModifyPosition)] == [2]
    assert [t.key.position_id for t in desk.account.book] == [2]


def test_a_netting_reversal_ends_one_trade_and_begins_the_next_generation(desk: Bench) -> None:
    side = terminal()
    desk.dial(side)
    side.changed(position(1, side=Side.SELL, price_open=1.2), desk.now)
    desk.pump()
    trades = list(desk.account.book)

    assert [(t.key.generation, t.side) for t in trades] == [(2, Side.SELL)]
    assert desk.counter("trades.closed") == 1


def test_a_stop_that_comes_later_gives_the_trade_its_risk(desk: Bench) -> None:
    side = terminal(position(1, stop_loss=None))
    desk.dial(side)
    quote(desk, side, tick(1.105))
    assert side.commands == []
    side.changed(position(1), desk.now)
    desk.pump()

    assert len(side.commands) == 1


def test_a_specification_that_comes_late_arms_the_trade(desk: Bench) -> None:
    side = terminal(specs={})
    desk.dial(side)
    side.say(spec(), desk.now)
    quote(desk, side, AT_ONE_R)

    assert len(side.commands) == 1


def test_quotes_of_a_symbol_without_specification_are_counted_and_left(desk: Bench) -> None:
    side = terminal()
    desk.dial(side)
    quote(desk, side, tick(1.2, symbol="NOBODY"))

    assert desk.counter("bridge.unspecified") == 1
    assert "NOBODY" not in desk.account.book.symbols


# Old quotes


def test_a_quote_from_before_the_link_was_lost_does_not_decide_for_the_next_life_of_the_terminal(desk: Bench) -> None:
    side = terminal(position(1, stop_loss=1.09))
    wire = desk.dial(side)
    quote(desk, side, tick(1.109))
    wire.cut()
    desk.pass_time(3_600_000, step=600_000, beating=False)
    later = terminal(position(2, price_open=1.1002, stop_loss=1.0992), nonce=78, boot=2, highest_epoch=side.highest_epoch)
    desk.dial(later)
    desk.pass_time(1_500)
    assert later.commands == []
    quote(desk, later, tick(1.1013))

    assert moved(later) == [2]


def test_a_quote_from_before_a_cut_does_not_decide_when_the_session_is_resumed(desk: Bench) -> None:
    side = terminal(position(1, stop_loss=1.09))
    wire = desk.dial(side)
    quote(desk, side, tick(1.109))
    wire.cut()
    side.up = False
    desk.pass_time(300_000, step=100_000, beating=False)
    side.opened(position(2, price_open=1.1002, stop_loss=1.0992), desk.now)
    side.kept_ticks.clear()
    desk.redial(wire)

    assert side.accepted is not None
    assert side.accepted.resume
    assert sorted(t.key.position_id for t in desk.account.book) == [1, 2]
    assert side.commands == []


def test_a_quote_that_came_too_long_ago_does_not_decide_though_the_link_lives(desk: Bench) -> None:
    side = terminal()
    desk.dial(side)
    quote(desk, side, tick(1.109))
    desk.pass_time(61_000, step=1_000)
    side.opened(position(2, price_open=1.1002, stop_loss=1.0992), desk.now)
    desk.pump()
    assert set(moved(side)) == {1}
    quote(desk, side, tick(1.109))

    assert set(moved(side)) == {1, 2}


# Unknown


def test_silence_makes_the_view_unknown_and_closes_nothing(desk: Bench) -> None:
    side = terminal()
    desk.dial(side)
    desk.pass_time(6_000, beating=False)

    assert not desk.account.view_known
    assert len(desk.account.book) == 1
    assert desk.counter("trades.closed") == 0


def test_a_snapshot_that_is_not_ok_closes_nothing_and_until_a_good_one_nothing_is_commanded(desk: Bench) -> None:
    side = terminal()
    desk.dial(side)
    held = dict(side.positions)
    side.positions.clear()
    side.snapshot(desk.now, ok=False)
    quote(desk, side, AT_ONE_R)
    assert len(desk.account.book) == 1
    assert side.commands == []
    side.positions.update(held)
    side.snapshot(desk.now)
    desk.pump()
    desk.pass_time(500)

    assert len(side.commands) == 1


def test_what_is_missing_from_a_complete_snapshot_is_closed(desk: Bench) -> None:
    side = terminal(position(1), position(2))
    desk.dial(side)
    del side.positions[1]
    side.snapshot(desk.now)
    desk.pump()

    assert [t.key.position_id for t in desk.account.book] == [2]
    assert desk.counter("trades.closed") == 1


# Who may not


@pytest.mark.parametrize("lost", list(Permission))
def test_without_every_permission_nothing_is_commanded_and_with_them_again_it_is(desk: Bench, lost: Permission) -> None:
    side = terminal()
    desk.dial(side)
    allowed = side.permissions
    side.permissions = allowed & ~lost
    desk.pass_time(250)
    quote(desk, side, AT_ONE_R)
    desk.pass_time(500)
    assert side.commands == []
    side.permissions = allowed
    desk.pass_time(500)

    assert len(side.commands) == 1
    assert [t.break_even.attempts for t in desk.account.book] == [1]


def test_hands_off_holds_every_command_back(desk: Bench) -> None:
    side = terminal()
    desk.dial(side)
    side.say(HandsOff(on=True, by="user"), desk.now)
    quote(desk, side, AT_ONE_R)
    assert side.commands == []
    side.say(HandsOff(on=False, by="user"), desk.now)
    desk.pump()
    desk.pass_time(500)

    assert len(side.commands) == 1


def test_hands_off_at_another_chart_of_the_account_holds_every_command_back(desk: Bench) -> None:
    side, feed = terminal(), TerminalSide(nonce=2, instance_id="chart-2", hands_off=True)
    desk.dial(side)
    wire = desk.dial(feed)
    quote(desk, side, AT_ONE_R)
    desk.pass_time(500)
    assert side.commands == []
    feed.hands_off = False
    desk.redial(wire)
    desk.pass_time(500)

    assert len(side.commands) == 1


def test_a_chart_that_vanishes_has_not_taken_its_hands_off_back_and_one_that_takes_leave_has() -> None:
    with bench(acting(link=LinkSettings(bind=ANY_PORT, keep_session_s=1), desk=DeskSettings(check_ms=100))) as desk:
        side, feed = terminal(), TerminalSide(nonce=2, instance_id="chart-2", hands_off=True)
        desk.dial(side)
        wire = desk.dial(feed)
        wire.cut()
        desk.pass_time(5_000, step=500)
        quote(desk, side, AT_ONE_R)
        assert side.commands == []
        desk.redial(wire)
        feed.say(Logout(why=LogoutWhy.REMOVED, plan=OnSilence.HOLD), desk.now)
        desk.pass_time(500)

        assert len(side.commands) == 1


def test_a_trade_whose_evaluation_raises_is_quarantined_and_the_others_go_on(desk: Bench) -> None:
    tiny = spec("BROKEN", tick_size=5e-324)
    side = terminal(position(1, symbol="BROKEN"), position(2), specs={"EURUSD": spec(), "BROKEN": tiny})
    desk.dial(side)
    quote(desk, side, AT_ONE_R)
    side.changed(position(1, symbol="BROKEN", volume=0.05), desk.now)
    desk.pump()

    assert [c.ticket for c in side.commands if isinstance(c, ModifyPosition)] == [2]
    broken = desk.account.book.of_position(1)
    assert broken is not None
    assert broken.quarantine is not None
    assert broken.position.volume == 0.05
    assert desk.counter("trades.quarantined") == 1
