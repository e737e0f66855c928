"""Facts and answers that overtake each other: an end that is told before what was queued, and before the answer to its close."""

from concurrent.futures import Future

from tests.runtime.defended import Defended, defended
from tests.runtime.test_kin import closes, hedged

from dtms.names import Outcome, Why
from dtms.runtime.asks import Answer, AskClose
from dtms.wire.messages import ReducePosition


def ask_close(on: Defended, position_id: int) -> None:
    on.desk.inbox.put(AskClose(position_id, None, "test", Future[Answer]()))
    on.desk.pump()


def test_a_position_that_is_gone_is_not_brought_back_by_what_was_queued_before_its_end() -> None:
    with defended() as on:
        hedged(on)
        on.side.answering = False
        ask_close(on, 1)
        assert closes(on) == [1]
        unanswered = on.side.commands[-1]
        main = on.side.positions[1]
        on.side.changed(main.model_copy(update={"take_profit": 1.2}), on.desk.now)
        on.desk.pump()
        on.side.answering = True
        on.side.closed(1, on.desk.now)
        on.desk.pump()
        on.side.say(on.side.report(unanswered, Outcome.DONE, Why.ALREADY, None), on.desk.now)
        on.desk.pump()
        on.pass_time(20_000)

        assert closes(on).count(1) == 1
        assert on.side.positions == {}
        assert len(on.desk.account.book) == 0


def test_the_answer_to_a_legs_close_is_believed_when_its_end_was_told_first() -> None:
    with defended() as on:
        hedge = hedged(on)
        on.side.answering = False
        on.side.closed(1, on.desk.now)
        on.desk.pump()
        assert closes(on) == [hedge.ticket]
        command = on.side.commands[-1]
        assert isinstance(command, ReducePosition)
        on.side.closed(hedge.position_id, on.desk.now)
        on.side.say(on.side.report(command, Outcome.DONE, Why.NONE, hedge), on.desk.now)
        on.desk.pump()

        assert on.desk.counter("commands.stray") == on.desk.counter("commands.unknown") == 0
        assert len(on.desk.account.book) == len(on.desk.account.trader.commands) == 0
