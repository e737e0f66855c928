"""What the desk does with trades, seen from the terminal's end of a real socket."""

from collections.abc import Iterator
from typing import Any

import pytest
from tests.runtime.bench import Bench, acting, bench
from tests.session.made import position, spec, tick
from tests.session.terminal_side import TerminalSide

from dtms.engine.obligation import Stage
from dtms.names import Outcome, Permission, Side, Why
from dtms.settings import AdoptSettings, BreakEvenSettings, DeskSettings, Mode, Scope, Settings
from dtms.wire.messages import HandsOff, ModifyPosition, Position, SnapshotRequest, Tick

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


# Outcomes


def test_a_stale_view_is_taken_over_and_the_next_order_expects_what_is_there(desk: Bench) -> None:
    side = terminal()
    desk.dial(side)
    side.positions[1] = position(1, stop_loss=1.0995)  # by the user, a moment ago
    quote(desk, side, AT_ONE_R)
    assert [c.expect_stop for c in side.commands if isinstance(c, ModifyPosition)] == [1.099]
    desk.pass_time(1_500)

    assert [c.expect_stop for c in side.commands if isinstance(c, ModifyPosition)] == [1.099, 1.0995]
    assert side.positions[1].stop_loss == 1.10001
    assert desk.counter("commands.stale") == 1


@pytest.mark.parametrize(
    ("outcome", "counter"), [(Outcome.DENIED, "denied"), (Outcome.REJECTED, "rejected"), (Outcome.RETRYABLE, "retryable")]
)
def test_after_five_failures_it_is_given_up_each_attempt_being_another_command(desk: Bench, outcome: Outcome, counter: str) -> None:
    side = terminal(failing=outcome)
    desk.dial(side)
    quote(desk, side, AT_ONE_R)
    desk.pass_time(40_000, step=500)

    assert desk.counter(f"commands.{counter}") == 5
    assert len({c.command_id for c in side.commands}) == len(side.commands) == 5
    assert desk.counter("trades.given_up") == 1


def test_no_answer_is_unknown_and_blocks_until_a_snapshot_shows_that_nothing_was_done(desk: Bench) -> None:
    side = terminal(answering=False)
    desk.dial(side)
    quote(desk, side, AT_ONE_R)
    desk.pass_time(8_000)
    assert desk.counter("commands.unknown") == 1
    assert [t.break_even.stage for t in desk.account.book] == [Stage.UNKNOWN]
    assert len(side.commands) == 1
    desk.pass_time(5_000)

    assert len([m for m in side.received if isinstance(m, SnapshotRequest)]) == 1
    assert desk.counter("commands.expired") == 1
    assert len(side.commands) == 2


def test_an_unknown_command_whose_effect_is_seen_is_done(desk: Bench) -> None:
    side = terminal(answering=False)
    desk.dial(side)
    quote(desk, side, AT_ONE_R)
    desk.pass_time(8_000)
    side.changed(position(1, stop_loss=1.10001, take_profit=1.105), desk.now)
    desk.pump()

    assert [t.break_even.stage for t in desk.account.book] == [Stage.DONE]
    assert len(desk.account.trader.commands) == len(desk.account.trader.locks) == 0


def test_a_report_that_says_unknown_waits_for_the_second_one(desk: Bench) -> None:
    side = terminal(answering=False)
    desk.dial(side)
    quote(desk, side, AT_ONE_R)
    side.execute(side.commands[0], desk.now, Outcome.UNKNOWN)
    desk.pass_time(20_000, step=500)
    assert len(side.commands) == 1
    side.execute(side.commands[0], desk.now, Outcome.EXPIRED, Why.NOT_EXECUTED)
    desk.pass_time(2_000)

    assert len(side.commands) == 2


def test_an_effect_that_is_told_before_its_report_waits_for_it(desk: Bench) -> None:
    side = terminal(answering=False)
    desk.dial(side)
    quote(desk, side, AT_ONE_R)
    command = side.commands[0]
    side.changed(position(1, stop_loss=1.10001, take_profit=1.105), desk.now)
    desk.pump()
    assert [t.break_even.stage for t in desk.account.book] == [Stage.PENDING]
    side.say(side.report(command, Outcome.DONE, Why.NONE, side.positions[1]), desk.now)
    desk.pump()

    assert [t.break_even.stage for t in desk.account.book] == [Stage.DONE]


def test_what_happens_to_a_trade_while_a_change_is_under_way_is_worked_in_after_its_outcome(desk: Bench) -> None:
    side = terminal(answering=False)
    desk.dial(side)
    quote(desk, side, AT_ONE_R)
    side.changed(position(1, volume=0.05, take_profit=1.105), desk.now)
    desk.pump()
    assert [t.position.volume for t in desk.account.book] == [0.1]
    side.execute(side.commands[0], desk.now, Outcome.REJECTED)
    desk.pump()

    assert [t.position.volume for t in desk.account.book] == [0.05]


def test_a_close_overtakes_a_command_under_way_and_its_report_is_only_counted(desk: Bench) -> None:
    side = terminal(answering=False)
    desk.dial(side)
    quote(desk, side, AT_ONE_R)
    side.closed(1, desk.now)
    desk.pump()
    assert len(desk.account.book) == len(desk.account.trader.locks) == 0
    side.execute(side.commands[0], desk.now, Outcome.REJECTED, Why.NO_POSITION)
    desk.pump()

    assert desk.counter("commands.rejected") == 1
    assert len(desk.account.trader.commands) == 0


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
