"""A close that somebody asks the desk for, seen from the terminal's end of a real socket."""

from collections.abc import Iterator
from concurrent.futures import Future

import pytest
from tests.runtime.bench import Bench, acting, bench
from tests.runtime.test_desk_store import HeldJournal
from tests.session.made import position, spec, tick
from tests.session.terminal_side import TerminalSide

from dtms.engine.obligation import Stage
from dtms.names import Outcome, Permission, Why
from dtms.runtime.asks import Answer, AskClose, Denial
from dtms.settings import DeskSettings, Mode, Settings
from dtms.store.journal import CommitFailed, Committed, EpochTaken
from dtms.wire.messages import HandsOff, ModifyPosition, ReducePosition

FAST = acting(desk=DeskSettings(check_ms=100))
AT_ONE_R = tick(1.10101)


@pytest.fixture
def desk() -> Iterator[Bench]:
    with bench(FAST) as made:
        yield made


def logged_on(desk: Bench, **values: object) -> TerminalSide:
    side = TerminalSide(positions={1: position(1), 2: position(2)}, **values)  # type: ignore[arg-type]
    desk.dial(side)
    return side


def ask(desk: Bench, position_id: int = 1, account: str | None = None) -> Answer:
    answer: Future[Answer] = Future()
    desk.inbox.put(AskClose(position_id, account, "test", answer))
    desk.pump(answer.done)
    desk.pump()
    return answer.result()


def stages(desk: Bench) -> dict[int, Stage | None]:
    return {t.key.position_id: None if t.close is None else t.close.stage for t in desk.account.book}


def test_a_close_is_carried_out_and_the_trade_ends_with_its_position(desk: Bench) -> None:
    side = logged_on(desk)
    answer = ask(desk)

    assert answer.accepted
    assert [c.leave_volume for c in side.commands if isinstance(c, ReducePosition)] == [0.0]
    assert list(side.positions) == [2]
    assert stages(desk) == {2: None}
    assert desk.counter("commands.sent") == desk.counter("commands.done") == 1
    assert len(desk.account.trader.commands) == len(desk.account.trader.locks) == 0


def test_a_close_has_15_s(desk: Bench) -> None:
    side = logged_on(desk, answering=False)
    ask(desk)
    left = side.commands[0].deadline_ms - (desk.now + side.clock_ahead)

    assert 14_000 < left <= 15_000


@pytest.mark.parametrize("account", ["1001@Demo-Server", None])
def test_the_account_may_be_named(desk: Bench, account: str | None) -> None:
    logged_on(desk)

    assert ask(desk, account=account).accepted


def test_what_cannot_be_done_is_denied_with_the_reason_and_leaves_nothing_behind(desk: Bench) -> None:
    assert ask(desk).denied is Denial.NO_ACCOUNT
    side = logged_on(desk)
    assert ask(desk, 9).denied is Denial.UNKNOWN_POSITION
    assert ask(desk, account="2@Demo-Server").denied is Denial.NO_ACCOUNT
    side.say(HandsOff(on=True, by="user"), desk.now)
    desk.pump()
    assert ask(desk).reason == "nobody can carry it out now: hands off"
    side.say(HandsOff(on=False, by="user"), desk.now)
    side.permissions &= ~Permission.TERMINAL_TRADE
    desk.pass_time(250)
    assert ask(desk).denied is Denial.CANNOT
    desk.pass_time(6_000, beating=False)
    assert ask(desk).denied is Denial.CANNOT

    assert side.commands == []
    assert stages(desk) == {1: None, 2: None}


def test_in_observe_mode_nothing_is_closed() -> None:
    with bench(Settings(mode=Mode.OBSERVE, link=acting().link)) as desk:
        side = logged_on(desk)

        assert ask(desk).denied is Denial.OBSERVE
        assert side.commands == []


def test_of_two_accounts_one_has_to_be_named() -> None:
    journal = HeldJournal()
    with bench(FAST, journal) as desk:
        logged_on(desk)
        journal.acknowledge(EpochTaken("2@Demo-Server", 1, store_older=False))
        desk.pump()

        assert ask(desk).denied is Denial.WHICH_ACCOUNT
        assert ask(desk, account="1001@Demo-Server").accepted


def test_what_was_taken_back_before_the_desk_came_to_it_is_not_done(desk: Bench) -> None:
    side = logged_on(desk)
    answer: Future[Answer] = Future()
    desk.inbox.put(AskClose(1, None, "test", answer))
    answer.cancel()
    desk.pump()

    assert side.commands == []


def test_r17_it_overtakes_a_move_without_answer_and_the_answer_that_comes_then_changes_nothing(desk: Bench) -> None:
    side = logged_on(desk, answering=False)
    side.quotes(desk.now, AT_ONE_R)
    desk.pump()
    ask(desk)
    move, _, close = side.commands  # the second moves the stop of the other position
    assert isinstance(move, ModifyPosition)
    assert isinstance(close, ReducePosition)
    assert move.ticket == close.ticket == 1
    side.execute(move, desk.now)
    desk.pump()
    assert stages(desk)[1] is Stage.PENDING
    side.execute(close, desk.now)
    desk.pump()

    assert list(side.positions) == [2]
    assert stages(desk) == {2: None}
    assert desk.counter("commands.done") == 2


def test_r17_the_answer_to_a_move_that_was_overtaken_is_worked_in_after_the_closes_own(desk: Bench) -> None:
    side = logged_on(desk, answering=False)
    side.quotes(desk.now, AT_ONE_R)
    desk.pump()
    ask(desk)
    move, _, close = side.commands
    side.execute(move, desk.now)
    desk.pump()
    trade = desk.account.book.of_position(1)
    assert trade is not None
    assert (trade.break_even.stage, trade.position.stop_loss) == (Stage.PENDING, 1.099)
    side.execute(close, desk.now, Outcome.RETRYABLE)
    desk.pump()
    trade = desk.account.book.of_position(1)
    assert trade is not None

    assert (trade.break_even.stage, trade.position.stop_loss) == (Stage.DONE, 1.10001)
    assert stages(desk)[1] is Stage.ARMED


def test_r17_nothing_overtakes_it(desk: Bench) -> None:
    side = logged_on(desk, answering=False)
    ask(desk)
    side.quotes(desk.now, AT_ONE_R)
    desk.pump()
    again = ask(desk)

    assert again.accepted
    close, move = side.commands
    assert isinstance(close, ReducePosition)
    assert isinstance(move, ModifyPosition)
    assert (close.ticket, move.ticket) == (1, 2)


@pytest.mark.parametrize("outcome", [Outcome.EXPIRED, Outcome.RETRYABLE, Outcome.REJECTED, Outcome.STALE_VIEW, Outcome.DENIED])
def test_a_close_that_fails_is_decided_anew_with_other_ids_raises_one_alarm_and_goes_on(desk: Bench, outcome: Outcome) -> None:
    side = logged_on(desk, failing=outcome)
    ask(desk)
    desk.pass_time(40_000, step=500)
    tried = len(side.commands)
    side.failing = None
    desk.pass_time(10_000, step=500)

    assert tried >= 8
    assert len({c.command_id for c in side.commands}) == len(side.commands) == tried + 1
    assert desk.counter("trades.close_alarms") == 1
    assert desk.counter("trades.given_up") == 0
    assert list(side.positions) == [2]


def test_what_can_never_be_done_is_given_up_once(desk: Bench) -> None:
    side = logged_on(desk, answering=False)
    ask(desk)
    side.execute(side.commands[0], desk.now, Outcome.REJECTED, Why.BAD_COMMAND)
    desk.pass_time(20_000, step=500)

    assert len(side.commands) == 1
    assert desk.counter("trades.given_up") == 1
    assert stages(desk)[1] is Stage.GIVEN_UP


def test_a_position_that_closes_in_parts_is_closed_to_the_last(desk: Bench) -> None:
    side = logged_on(desk, filled=0.04)
    ask(desk)
    desk.pass_time(500)

    assert len(side.executed) == 3
    assert list(side.positions) == [2]
    assert stages(desk) == {2: None}


def test_r19_it_is_not_unknown_while_it_may_be_waiting_in_the_terminal(desk: Bench) -> None:
    side = logged_on(desk, answering=False)
    ask(desk)
    desk.pass_time(14_000, step=500)
    assert desk.counter("commands.unknown") == 0
    desk.pass_time(8_000, step=500)

    assert desk.counter("commands.unknown") == 1
    assert len(side.commands) == 2  # a snapshot that was asked for then still shows the position


def test_r19_an_unknown_close_whose_position_goes_was_done(desk: Bench) -> None:
    side = logged_on(desk, answering=False)
    ask(desk)
    side.execute(side.commands[0], desk.now, Outcome.UNKNOWN)
    desk.pass_time(30_000, step=500)
    assert len(side.commands) == 1
    side.closed(1, desk.now)
    desk.pump()

    assert stages(desk) == {2: None}
    assert desk.counter("commands.done") == 1
    assert len(desk.account.trader.commands) == len(desk.account.trader.locks) == 0


def test_hands_off_at_any_terminal_ends_what_was_taken_on_and_is_not_sent(desk: Bench) -> None:
    side = logged_on(desk, failing=Outcome.RETRYABLE)
    feed = TerminalSide(nonce=2, instance_id="chart-2")
    desk.dial(feed)
    ask(desk)
    side.failing = None
    feed.hands(desk.now, off=True)
    desk.pump()
    assert stages(desk) == {1: None, 2: None}
    assert desk.counter("trades.closes_denied") == 1
    assert ask(desk).reason == "nobody can carry it out now: hands off"
    feed.hands(desk.now, off=False)
    desk.pass_time(20_000, step=500)
    assert len(side.commands) == 1
    side.quotes(desk.now, AT_ONE_R)
    desk.pump()

    assert {c.ticket for c in side.commands[1:] if isinstance(c, ModifyPosition)} == {1, 2}


def test_hands_off_ends_a_close_that_waits_for_the_store() -> None:
    journal = HeldJournal()
    with bench(FAST, journal) as desk:
        side = logged_on(desk)
        ask(desk)
        side.hands(desk.now, off=True)
        desk.pump()
        assert stages(desk) == {1: None, 2: None}
        side.hands(desk.now, off=False)
        desk.pump()
        journal.acknowledge(Committed(journal.entries[0].token))
        desk.pass_time(5_000, step=500)

        assert side.commands == []
        assert desk.counter("commands.denied") == desk.counter("trades.closes_denied") == 1
        assert len(desk.account.trader.commands) == len(desk.account.trader.locks) == 0


def test_hands_off_lets_a_close_that_was_sent_finish_but_not_be_ordered_again(desk: Bench) -> None:
    side = logged_on(desk, answering=False)
    ask(desk)
    side.hands(desk.now, off=True)
    desk.pump()
    assert stages(desk)[1] is Stage.PENDING
    side.execute(side.commands[0], desk.now, Outcome.DENIED, Why.HANDS_OFF)
    desk.pump()

    assert stages(desk) == {1: None, 2: None}
    assert desk.counter("trades.closes_denied") == 1


def test_what_was_taken_on_outlives_a_lost_link(desk: Bench) -> None:
    side = logged_on(desk, failing=Outcome.RETRYABLE)
    ask(desk)
    desk.pass_time(4_000)  # the pause has grown beyond the time in which a cut is noticed
    side.failing = None
    wire = desk.wires[0]
    wire.cut()
    side.up = False
    desk.pass_time(20_000, step=500)
    assert stages(desk)[1] is Stage.ARMED
    desk.redial(wire)
    desk.pass_time(9_000, step=500)

    assert list(side.positions) == [2]


def next_life(desk: Bench, side: TerminalSide) -> TerminalSide:
    later = TerminalSide(nonce=78, boot=2, positions=dict(side.positions), highest_epoch=side.highest_epoch)
    desk.wires[0].cut()
    desk.dial(later)
    return later


def test_a_close_without_answer_does_not_go_again_to_another_life_of_the_terminal(desk: Bench) -> None:
    side = logged_on(desk, answering=False)
    ask(desk)
    later = next_life(desk, side)
    assert stages(desk)[1] is Stage.UNKNOWN
    desk.pass_time(4_000)
    assert later.commands == []
    later.closed(1, desk.now)  # the request of the life before, which the broker took its time for
    desk.pump()
    desk.pass_time(20_000, step=500)

    assert later.commands == []
    assert stages(desk) == {2: None}
    assert desk.counter("commands.done") == 1


def test_a_close_that_another_life_of_the_terminal_shows_not_done_is_ordered_anew(desk: Bench) -> None:
    side = logged_on(desk, answering=False)
    ask(desk)
    later = next_life(desk, side)
    desk.pass_time(7_000)

    assert list(later.positions) == [2]
    assert len(later.commands) == 1
    assert later.commands[0].command_id != side.commands[0].command_id


def test_a_close_that_was_never_sent_goes_to_the_next_life_of_the_terminal() -> None:
    journal = HeldJournal()
    with bench(FAST, journal) as desk:
        side = logged_on(desk)
        ask(desk)
        later = next_life(desk, side)
        journal.acknowledge(Committed(journal.entries[0].token))
        desk.pump()

        assert (side.commands, len(later.commands)) == ([], 1)
        assert list(later.positions) == [2]


def test_r17_a_store_that_fails_does_not_hold_a_close_back() -> None:
    journal = HeldJournal()
    with bench(FAST, journal) as desk:
        side = logged_on(desk)
        ask(desk)
        assert side.commands == []
        journal.acknowledge(CommitFailed(journal.entries[0].token, "disk full"))
        desk.pump()

        assert list(side.positions) == [2]
        assert desk.desk.outbox.owed > 1  # the intent, and what became of it


def test_a_trade_whose_rules_are_off_for_a_defect_can_be_closed(desk: Bench) -> None:
    broken = spec("BROKEN", tick_size=5e-324)
    side = TerminalSide(positions={1: position(symbol="BROKEN"), 2: position(2)}, specs={"EURUSD": spec(), "BROKEN": broken})
    desk.dial(side)
    assert desk.counter("trades.quarantined") == 1
    side.filled = 0.06
    ask(desk)
    side.filled = None
    desk.pass_time(500)

    assert list(side.positions) == [2]
    assert len(side.executed) == 2
