"""A netting position turned through zero keeps its identifier: one trade ends, the next begins, and nothing crosses over."""

from collections.abc import Callable, Iterator
from concurrent.futures import Future
from dataclasses import replace

import pytest
from tests.runtime.bench import Bench, acting, bench
from tests.runtime.test_desk_store import HeldJournal
from tests.session.made import SERVER_MS, position, spec, tick
from tests.session.terminal_side import TerminalSide

from dtms.engine.obligation import Obligation, Stage
from dtms.engine.trade import Trade
from dtms.names import Outcome, Side, Why
from dtms.runtime.asks import Answer, AskClose
from dtms.settings import DeskSettings
from dtms.store.journal import Committed
from dtms.wire.messages import Command, ModifyPosition, Position, PositionClosed, ReducePosition

FAST = acting(desk=DeskSettings(check_ms=100))
BOUGHT = position(1, take_profit=1.2)
SOLD = position(1, ticket=2, side=Side.SELL, volume=0.2, price_open=1.1015, stop_loss=1.1035, ts_open=SERVER_MS + 60_123)
BOUGHT_AGAIN = position(1, ticket=3, volume=0.3, price_open=1.1012, stop_loss=1.1007, ts_open=SERVER_MS + 90_456)

Way = Callable[[Bench, TerminalSide, Position], None]


@pytest.fixture
def desk() -> Iterator[Bench]:
    with bench(FAST) as made:
        yield made


def logged_on(desk: Bench, held: Position = BOUGHT, **values: object) -> TerminalSide:
    side = TerminalSide(positions={1: held}, **values)  # type: ignore[arg-type]
    desk.dial(side)
    return side


def quote(desk: Bench, side: TerminalSide, bid: float) -> None:
    side.quotes(desk.now, tick(bid))
    desk.pump()


def ask_close(desk: Bench) -> None:
    answer: Future[Answer] = Future()
    desk.inbox.put(AskClose(1, None, "test", answer))
    desk.pump(answer.done)
    desk.pump()
    assert answer.result().accepted


def trade(desk: Bench) -> Trade:
    (only,) = desk.account.book
    return only


def gone(side: TerminalSide, held: Position, now: int) -> None:
    """Say that a generation has ended, whatever is held now."""
    fields = {"ts_event": SERVER_MS, "position_id": 1, "ticket": held.ticket, "symbol": "EURUSD", "side": held.side, "volume": 0.1}
    figures = {"price_close": 1.1, "profit": 0.0, "swap": 0.0, "commission": 0.0, "reason": 1, "deal": 9, "by_command": 0}
    side.say(PositionClosed.model_validate(fields | figures), now)


# How a turn can be told


def closed_and_opened(desk: Bench, side: TerminalSide, turned: Position) -> None:
    gone(side, side.positions[1], desk.now)
    side.opened(turned, desk.now)
    desk.pump()


def changed(desk: Bench, side: TerminalSide, turned: Position) -> None:
    side.changed(turned, desk.now)
    desk.pump()


def opened_only(desk: Bench, side: TerminalSide, turned: Position) -> None:
    side.opened(turned, desk.now)
    desk.pump()


def opened_and_closed(desk: Bench, side: TerminalSide, turned: Position) -> None:
    before = side.positions[1]
    side.opened(turned, desk.now)
    gone(side, before, desk.now)
    desk.pump()


def changed_and_closed(desk: Bench, side: TerminalSide, turned: Position) -> None:
    before = side.positions[1]
    side.changed(turned, desk.now)
    desk.pump()
    gone(side, before, desk.now)
    desk.pump()


def by_snapshot(desk: Bench, side: TerminalSide, turned: Position) -> None:
    side.positions[1] = turned
    side.snapshot(desk.now)
    desk.pump()


def by_snapshot_and_then_closed(desk: Bench, side: TerminalSide, turned: Position) -> None:
    before = side.positions[1]
    by_snapshot(desk, side, turned)
    gone(side, before, desk.now)
    desk.pump()


def while_the_link_was_down(desk: Bench, side: TerminalSide, turned: Position) -> None:
    wire = desk.wires[0]
    wire.cut()
    side.up = False
    desk.pass_time(10_000, step=1_000, beating=False)
    closed_and_opened(desk, side, turned)
    desk.redial(wire)
    assert side.accepted is not None
    assert side.accepted.resume


def before_another_life_of_the_terminal(desk: Bench, side: TerminalSide, turned: Position) -> None:
    wire = desk.wires[0]
    wire.cut()
    desk.pass_time(3_000, step=1_000, beating=False)
    side.positions[1] = turned
    side.nonce, side.boot, side.seq_in, side.up = 78, 2, 0, False
    desk.redial(wire)


WAYS: list[Way] = [
    closed_and_opened,
    changed,
    opened_only,
    opened_and_closed,
    changed_and_closed,
    by_snapshot,
    by_snapshot_and_then_closed,
    while_the_link_was_down,
    before_another_life_of_the_terminal,
]


@pytest.mark.parametrize("turned", [SOLD, BOUGHT_AGAIN], ids=["once", "twice-unseen"])
@pytest.mark.parametrize("tell", WAYS, ids=lambda way: way.__name__)
def test_however_a_turn_is_told_one_trade_ends_and_the_next_begins_with_everything_its_own(
    desk: Bench, tell: Way, turned: Position
) -> None:
    side = logged_on(desk)
    quote(desk, side, 1.1012)
    assert trade(desk).break_even.stage is Stage.DONE
    side.commands.clear()
    tell(desk, side, turned)

    after = trade(desk)
    assert (after.key.position_id, after.key.generation, after.position.ticket) == (1, 2, turned.ticket)
    assert after.break_even == Obligation()
    assert turned.stop_loss is not None
    assert after.risk == pytest.approx(abs(turned.price_open - turned.stop_loss))
    assert (after.initial_stop, after.initial_volume) == (turned.stop_loss, turned.volume)
    assert desk.counter("trades.closed") == 1
    assert desk.account.view_known

    at_one_r = after.position.price_open + after.side.direction * 0.00215 if turned is SOLD else 1.1018
    quote(desk, side, at_one_r)
    moves = [c for c in side.commands if isinstance(c, ModifyPosition)]
    assert [c.ticket for c in moves] == [turned.ticket]
    assert trade(desk).break_even.stage is Stage.DONE


@pytest.mark.parametrize("tell", WAYS, ids=lambda way: way.__name__)
def test_after_a_turn_the_bridge_believes_what_the_terminal_holds(desk: Bench, tell: Way) -> None:
    side = logged_on(desk)
    tell(desk, side, SOLD)
    asked = side.snapshots
    desk.pass_time(4_000, step=500)

    assert side.snapshots == asked
    assert trade(desk).key.generation == 2


def test_each_turn_is_a_generation_and_a_position_opened_later_begins_with_the_first(desk: Bench) -> None:
    side = logged_on(desk)
    closed_and_opened(desk, side, SOLD)
    closed_and_opened(desk, side, BOUGHT_AGAIN)
    assert trade(desk).key.generation == 3
    side.closed(1, desk.now)
    side.opened(position(4), desk.now)
    desk.pump()

    assert (trade(desk).key.position_id, trade(desk).key.generation) == (4, 1)
    assert desk.counter("trades.closed") == 3


def test_a_ticket_that_the_server_changed_ends_nothing_and_the_next_command_names_the_new_one(desk: Bench) -> None:
    side = logged_on(desk)
    side.changed(position(1, ticket=50, take_profit=1.2), desk.now, 8)
    desk.pump()
    quote(desk, side, 1.1012)

    assert trade(desk).key.generation == 1
    assert [c.ticket for c in side.commands if isinstance(c, ModifyPosition)] == [50]
    assert trade(desk).break_even.stage is Stage.DONE
    side.closed(1, desk.now)
    desk.pump()
    assert len(desk.account.book) == 0


# Commands of the generation before


def close_under_way(desk: Bench) -> tuple[TerminalSide, Command]:
    side = logged_on(desk, answering=False)
    ask_close(desk)
    (command,) = side.commands
    assert isinstance(command, ReducePosition)
    return side, command


@pytest.mark.parametrize("outcome", list(Outcome))
@pytest.mark.parametrize("told", [SOLD, BOUGHT], ids=["of-the-next", "of-the-one-before"])
def test_an_answer_that_comes_after_the_turn_changes_nothing_of_the_next(desk: Bench, outcome: Outcome, told: Position) -> None:
    side, command = close_under_way(desk)
    closed_and_opened(desk, side, SOLD)
    before = trade(desk)
    side.say(side.report(command, outcome, Why.NONE, told), desk.now)
    desk.pump()
    desk.pass_time(40_000, step=1_000)

    assert replace(trade(desk), defence=before.defence) == before  # the fast checks of these 40 s are its defence's own
    assert trade(desk).close is None
    assert [c.command_id for c in side.commands] == [command.command_id]
    assert len(desk.account.trader.commands) == len(desk.account.trader.locks) == 0


def test_an_answer_that_reads_back_the_next_generation_before_the_turn_is_told_is_not_believed(desk: Bench) -> None:
    side, command = close_under_way(desk)
    partial = side.report(command, Outcome.PARTIAL, Why.NONE, SOLD)
    side.say(partial.model_copy(update={"position_volume": 0.05}), desk.now)
    desk.pump()
    assert trade(desk).position.volume == 0.1
    closed_and_opened(desk, side, SOLD)

    assert (trade(desk).position.volume, trade(desk).close) == (0.2, None)


def test_a_close_that_was_asked_for_ends_with_its_generation_also_when_it_would_be_tried_again(desk: Bench) -> None:
    side = logged_on(desk, failing=Outcome.RETRYABLE)
    ask_close(desk)
    closed_and_opened(desk, side, SOLD)
    side.failing = None
    desk.pass_time(20_000, step=500)

    assert len(side.commands) == 1
    assert side.positions[1] == SOLD


def test_a_command_whose_intent_is_not_written_yet_is_never_sent_to_the_next() -> None:
    journal = HeldJournal()
    with bench(FAST, journal) as desk:
        side = logged_on(desk)
        ask_close(desk)
        closed_and_opened(desk, side, SOLD)
        journal.acknowledge(Committed(journal.entries[0].token))
        desk.pass_time(5_000, step=500)

        assert side.commands == []
        assert side.positions[1] == SOLD


def test_what_waited_for_the_outcome_of_the_one_before_is_not_worked_into_the_next(desk: Bench) -> None:
    side = logged_on(desk, answering=False)
    quote(desk, side, 1.1012)
    (move,) = side.commands
    side.changed(position(1, take_profit=1.15), desk.now)
    closed_and_opened(desk, side, SOLD)
    side.positions[1] = BOUGHT
    side.execute(move, desk.now)
    side.positions[1] = SOLD
    side.changed(SOLD, desk.now)
    desk.pump()

    assert trade(desk).position.take_profit is None
    assert (trade(desk).position.stop_loss, trade(desk).break_even) == (SOLD.stop_loss, Obligation())


# The symbol


def test_a_renamed_symbol_goes_on_as_the_same_trade_once_its_specification_and_quotes_come(desk: Bench) -> None:
    side = logged_on(desk)
    side.changed(position(1, symbol="EURUSD.x", take_profit=1.2), desk.now, 8)
    desk.pump()
    quote(desk, side, 1.1012)
    assert side.commands == []
    assert trade(desk).key.generation == 1
    assert trade(desk).risk == pytest.approx(0.001)
    side.say(spec("EURUSD.x"), desk.now)
    side.quotes(desk.now, tick(1.1012, symbol="EURUSD.x"))
    desk.pump()

    assert [c.ticket for c in side.commands if isinstance(c, ModifyPosition)] == [1]
    assert trade(desk).break_even.stage is Stage.DONE
    assert desk.counter("trades.closed") == 0


def test_a_symbol_renamed_while_a_close_is_asked_for_is_closed_under_its_ticket(desk: Bench) -> None:
    side = logged_on(desk, failing=Outcome.RETRYABLE)
    ask_close(desk)
    side.positions[1] = position(1, symbol="EURUSD.x")
    side.snapshot(desk.now)
    desk.pump()
    side.failing = None
    desk.pass_time(5_000, step=500)

    assert side.positions == {}
    assert len(desk.account.book) == 0


def test_the_old_name_goes_from_the_book_when_nothing_is_known_of_it(desk: Bench) -> None:
    side = TerminalSide(positions={1: position(symbol="OLD")}, specs={})
    desk.dial(side)
    side.changed(position(1, symbol="NEW"), desk.now, 8)
    desk.pump()

    assert list(desk.account.book.symbols) == ["NEW"]


def test_other_digits_move_the_trigger_and_the_stop_to_the_new_grid(desk: Bench) -> None:
    side = logged_on(desk)
    side.say(spec(digits=4, point=0.0001, tick_size=0.0001), desk.now)
    quote(desk, side, 1.1012)

    assert [c.stop_loss for c in side.commands if isinstance(c, ModifyPosition)] == [1.1001]


# Lots added, and a split


def test_lots_added_move_the_trigger_with_the_mean_price(desk: Bench) -> None:
    side = logged_on(desk)
    side.changed(position(1, volume=0.2, price_open=1.1007, stop_loss=1.0999), desk.now, 17)
    desk.pump()
    quote(desk, side, 1.10165)
    assert side.commands == []
    quote(desk, side, 1.10175)

    assert [c.stop_loss for c in side.commands if isinstance(c, ModifyPosition)] == [1.10071]


def test_lots_added_after_break_even_are_brought_to_break_even_as_well(desk: Bench) -> None:
    side = logged_on(desk)
    quote(desk, side, 1.1012)
    side.changed(position(1, volume=0.2, price_open=1.1007, stop_loss=1.10001), desk.now, 17)
    desk.pump()
    quote(desk, side, 1.10175)

    assert [c.stop_loss for c in side.commands if isinstance(c, ModifyPosition)] == [1.10001, 1.10071]
    assert trade(desk).key.generation == 1


def test_a_split_keeps_the_trade_and_its_risk_in_proportion(desk: Bench) -> None:
    side = logged_on(desk, position(1, price_open=100.0, stop_loss=98.0))
    side.changed(position(1, volume=0.4, price_open=25.0, stop_loss=24.5), desk.now, 19)
    desk.pump()
    quote(desk, side, 25.49)
    assert side.commands == []
    quote(desk, side, 25.51)

    assert [c.stop_loss for c in side.commands if isinstance(c, ModifyPosition)] == [25.00001]
