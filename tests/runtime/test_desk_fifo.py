"""Closes on an account that closes first in, first out, at a terminal whose broker holds to it."""

from collections.abc import Iterator
from concurrent.futures import Future
from dataclasses import dataclass

import pytest
from tests.runtime.bench import Bench, acting, bench
from tests.session.made import SERVER_MS, position
from tests.session.terminal_side import TerminalSide

from dtms.engine.obligation import Stage
from dtms.names import Outcome, Why
from dtms.runtime.asks import Answer, AskClose
from dtms.settings import DeskSettings
from dtms.wire.messages import Command, ExecutionReport, Logon, Position


@dataclass
class FifoSide(TerminalSide):
    """Closes a position only when it is the oldest of its symbol; ``says``: whether the logon tells so."""

    says: bool = True

    def logon(self, **values: object) -> Logon:
        return super().logon(fifo_close=self.says, **values)

    def execute(self, command: Command, now: int, outcome: Outcome | None = None, why: Why = Why.NONE) -> None:
        held = next((p for p in self.positions.values() if p.ticket == command.ticket), None)  # type: ignore[attr-defined]
        barred = held is not None and any(p.symbol == held.symbol and p.ts_open < held.ts_open for p in self.positions.values())
        super().execute(command, now, Outcome.REJECTED if barred else outcome, why)

    def report(self, command: Command, outcome: Outcome, why: Why, held: Position | None) -> ExecutionReport:
        made = super().report(command, outcome, why, held)
        return made.model_copy(update={"retcode": 10045}) if outcome is Outcome.REJECTED else made


@pytest.fixture
def desk() -> Iterator[Bench]:
    with bench(acting(desk=DeskSettings(check_ms=100))) as made:
        yield made


def logged_on(desk: Bench, *, says: bool = True, count: int = 3) -> FifoSide:
    held = {n: position(n, ts_open=SERVER_MS + 1_000 * n) for n in range(1, count + 1)}
    side = FifoSide(positions=held, says=says)
    desk.dial(side)
    return side


def ask(desk: Bench, *numbers: int) -> None:
    answers: list[Future[Answer]] = [Future() for _ in numbers]
    for number, answer in zip(numbers, answers, strict=True):
        desk.inbox.put(AskClose(number, None, "test", answer))
    desk.pump(lambda: all(answer.done() for answer in answers))
    desk.pump()
    assert all(answer.result().accepted for answer in answers)


def test_closes_go_by_age_one_when_the_one_before_is_gone_and_the_broker_never_has_to_say_no(desk: Bench) -> None:
    side = logged_on(desk)
    ask(desk, 1, 2, 3)
    desk.pass_time(2_000, step=100)

    assert [c.ticket for c in side.commands] == [1, 2, 3]  # type: ignore[attr-defined]
    assert side.positions == {}
    assert desk.counter("commands.rejected") == 0


@pytest.mark.parametrize("says", [True, False], ids=["told-at-the-logon", "learned-from-the-answer"])
def test_asked_for_the_youngest_first_all_are_closed(desk: Bench, *, says: bool) -> None:
    side = logged_on(desk, says=says)
    ask(desk, 3, 2, 1)
    desk.pass_time(4_000, step=100)

    assert side.positions == {}
    assert desk.counter("trades.given_up") == 0
    assert desk.counter("commands.rejected") <= 2


@pytest.mark.parametrize("says", [True, False], ids=["told-at-the-logon", "learned-from-the-answer"])
def test_what_stands_behind_a_position_that_nobody_wants_closed_is_given_up_with_one_alarm(desk: Bench, *, says: bool) -> None:
    side = logged_on(desk, says=says)
    ask(desk, 2)
    desk.pass_time(60_000, step=1_000)

    assert len(side.commands) == 1
    assert sorted(side.positions) == [1, 2, 3]
    assert desk.counter("trades.given_up") == 1
    assert [t.close.stage for t in desk.account.book if t.close is not None] == [Stage.GIVEN_UP]
    ask(desk, 1, 2)
    desk.pass_time(2_000, step=100)
    assert sorted(side.positions) == [3]


def test_an_older_position_that_goes_by_itself_lets_the_next_pass_at_once() -> None:
    with bench(acting(desk=DeskSettings(check_ms=3_600_000))) as desk:
        side = logged_on(desk)
        side.answering = False
        ask(desk, 1, 2)
        assert [c.ticket for c in side.commands] == [1]  # type: ignore[attr-defined]
        side.answering = True
        side.closed(1, desk.now)
        desk.pump()

        assert sorted(side.positions) == [3]


def test_an_older_close_that_is_given_up_leaves_nobody_waiting_in_silence(desk: Bench) -> None:
    side = logged_on(desk)
    side.answering = False
    ask(desk, 1, 2)
    (first,) = side.commands
    side.answering = True
    side.execute(first, desk.now, Outcome.DENIED, Why.BAD_COMMAND)
    desk.pass_time(1_000, step=100)

    assert sorted(side.positions) == [1, 2, 3]
    assert desk.counter("trades.given_up") == 2


def test_another_symbol_waits_for_nobody(desk: Bench) -> None:
    side = logged_on(desk)
    side.opened(position(7, symbol="GBPUSD", ts_open=SERVER_MS + 9_000), desk.now)
    desk.pump()
    ask(desk, 7)

    assert sorted(side.positions) == [1, 2, 3]
