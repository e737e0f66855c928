"""What commands lead to: every outcome and none, seen from the terminal's end of a real socket."""

from collections.abc import Iterator

import pytest
from tests.runtime.bench import Bench, bench
from tests.runtime.test_desk_trades import AT_ONE_R, FAST, quote, terminal
from tests.session.made import position

from dtms.engine.obligation import Stage
from dtms.names import Outcome, Why
from dtms.wire.messages import ModifyPosition, SnapshotRequest


@pytest.fixture
def desk() -> Iterator[Bench]:
    with bench(FAST) as made:
        yield made


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


@pytest.mark.parametrize(("outcome", "counter"), [(Outcome.DENIED, "denied"), (Outcome.REJECTED, "rejected")])
def test_after_five_failures_it_is_given_up_each_attempt_being_another_command(desk: Bench, outcome: Outcome, counter: str) -> None:
    side = terminal(failing=outcome)
    desk.dial(side)
    quote(desk, side, AT_ONE_R)
    desk.pass_time(40_000, step=500)

    assert desk.counter(f"commands.{counter}") == 5
    assert len({c.command_id for c in side.commands}) == len(side.commands) == 5
    assert desk.counter("trades.given_up") == 1


def test_a_broker_that_is_not_ready_for_long_is_asked_again_until_it_is(desk: Bench) -> None:
    side = terminal(failing=Outcome.RETRYABLE)
    desk.dial(side)
    for _ in range(60):
        quote(desk, side, AT_ONE_R)
        desk.pass_time(1_000, step=500)
    assert len(side.commands) >= 8
    side.failing = None
    desk.pass_time(9_000, step=500)

    assert side.positions[1].stop_loss == 1.10001
    assert desk.counter("trades.given_up") == 0


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


def test_a_report_that_speaks_of_another_position_is_not_believed_and_leaves_the_command_unknown(desk: Bench) -> None:
    side = terminal(position(1), position(2, price_open=1.2, stop_loss=1.10001), answering=False)
    desk.dial(side)
    quote(desk, side, AT_ONE_R)
    side.say(side.report(side.commands[0], Outcome.DONE, Why.NONE, side.positions[2]), desk.now)
    desk.pump()
    trade = desk.account.book.of_position(1)
    assert trade is not None
    assert (trade.break_even.stage, trade.position.stop_loss) == (Stage.UNKNOWN, 1.099)
    assert desk.counter("commands.stray") == 1
    side.answering = True
    quote(desk, side, AT_ONE_R)
    desk.pass_time(12_000)

    assert side.positions[1].stop_loss == 1.10001
    assert len(desk.account.trader.commands) == len(desk.account.trader.locks) == 0


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
