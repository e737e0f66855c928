"""
The ledger on disk: the terminal is killed between each pair of steps of a command, which is executed once (R18, R19, R21).

A killed program loses what it has not flushed, so a copy of its files at a moment is what a kill at that moment leaves.
"""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.mql5.support import Harness
from tests.mql5.test_trade_volumes import close_by, open_one

from dtms.names import Outcome, Why
from dtms.sim.messages import TradeAnswer
from dtms.sim.terminal import SimTerminal
from dtms.sim.trading import TradeRequestLike
from dtms.wire.messages import ExecutionReport, Snapshot

INPUTS = {"CatchUpMs": 2_000, "MaxOpenLots": 5}


class Observed(SimTerminal):
    """A terminal that copies the program's files when a request leaves."""

    files: Path
    before: Path | None = None
    after: Path | None = None
    lost = False
    happened = False

    def order_send(self, request: TradeRequestLike, asynchronous: bool) -> TradeAnswer:
        if self.before is not None:
            self._copy(self.before)
        answer = super().order_send(request, asynchronous)
        if self.lost:
            self.take_requests()
        if self.after is not None:
            self._copy(self.after)
        return answer

    def _copy(self, target: Path) -> None:
        if not target.exists():
            shutil.copytree(self.files, target)
            self.happened = True


def life_of(tmp_path: Path) -> Harness:
    return Harness(tmp_path, inputs=INPUTS, terminal_type=Observed)


def observed(life: Harness) -> Observed:
    assert isinstance(life.terminal, Observed)
    life.terminal.files = life.files
    return life.terminal


def killed_before_the_request(life: Harness, copy: Path, give: Callable[[], int]) -> int:
    """STARTED | OrderSendAsync"""
    terminal = observed(life)
    terminal.before, terminal.lost = copy, True
    command = give()
    life.until(lambda: terminal.happened)
    life.kill(copy)
    return command


def killed_before_sent(life: Harness, copy: Path, give: Callable[[], int]) -> int:
    """OrderSendAsync | SENT"""
    terminal = observed(life)
    terminal.after = copy
    command = give()
    life.until(lambda: terminal.happened)
    life.kill(copy)
    return command


def killed_before_the_outcome(life: Harness, copy: Path, give: Callable[[], int]) -> int:
    """SENT | outcome"""
    life.rule(times=1, late_ms=400)
    command = give()
    life.until(lambda: life.sent)
    life.kill()
    life.advance(1_000)
    return command


def killed_before_the_answer(life: Harness, copy: Path, give: Callable[[], int]) -> int:
    """outcome | answer"""
    command = give()
    life.report(command)
    life.kill()
    return command


Kill = Callable[[Harness, Path, Callable[[], int]], int]
KILLS: list[Kill] = [killed_before_the_request, killed_before_sent, killed_before_the_outcome, killed_before_the_answer]


def go_on(life: Harness, command: int) -> ExecutionReport:
    """The next life, until it has said what became of the command; quotes go on."""
    life.start()
    for _ in range(40):
        found = [report for report in life.router.of(ExecutionReport) if report.command_id == command]
        if found and found[-1].outcome is not Outcome.UNKNOWN:
            return found[-1]
        life.quote(bid=1.1)
        life.advance(500, step=20)
    raise AssertionError("the command was never heard of again")


def tagged(life: Harness, command: int) -> list[float]:
    """Lots of the deals that the command made."""
    return [deal.volume for deal in life.broker.standing.holdings.deals.values() if deal.magic & 0xFFFFFFFFFFF == command]


@pytest.mark.parametrize("kill", KILLS)
def test_a_close_is_made_once_wherever_the_terminal_is_killed(tmp_path: Path, kill: Kill) -> None:
    with life_of(tmp_path) as life:
        life.start()
        ticket = life.hold(0.3)
        command = kill(life, tmp_path / "copy", lambda: life.reduce(ticket, 0.1))

        report = go_on(life, command)
        life.reduce(ticket, 0.1, command_id=command)
        again = life.report(command, nth=1)

        executed = kill is not killed_before_the_request
        assert (report.outcome, report.why) == ((Outcome.DONE, Why.NONE) if executed else (Outcome.EXPIRED, Why.NOT_EXECUTED))
        assert (again.outcome, again.why, again.deal) == (report.outcome, report.why, report.deal)
        assert tagged(life, command) == pytest.approx([0.2] if executed else [])
        assert report.volume == pytest.approx(0.2 if executed else 0.0)


@pytest.mark.parametrize("kill", KILLS)
def test_an_opening_is_made_once_wherever_the_terminal_is_killed(tmp_path: Path, kill: Kill) -> None:
    with life_of(tmp_path) as life:
        life.start()
        command = kill(life, tmp_path / "copy", lambda: open_one(life, volume=0.2))

        report = go_on(life, command)
        open_one(life, volume=0.2, command_id=command)
        life.settle()

        executed = kill is not killed_before_the_request
        assert report.outcome is (Outcome.DONE if executed else Outcome.EXPIRED)
        assert [position.volume for position in life.broker.positions] == pytest.approx([0.2] if executed else [])


@pytest.mark.parametrize("kill", KILLS)
def test_a_stop_is_moved_once_wherever_the_terminal_is_killed(tmp_path: Path, kill: Kill) -> None:
    with life_of(tmp_path) as life:
        life.start()
        ticket = life.hold(sl=1.09)
        command = kill(life, tmp_path / "copy", lambda: life.modify(ticket, expect=(1.09, None), to=(1.095, None)))

        report = go_on(life, command)
        life.broker.human_modify(ticket, sl=1.096, tp=0.0)
        life.modify(ticket, expect=(1.096, None), to=(1.097, None), command_id=command)
        life.settle()

        assert report.outcome is (Outcome.EXPIRED if kill is killed_before_the_request else Outcome.DONE)
        assert life.held(ticket).sl == pytest.approx(1.096), "what was answered is not done again"


@pytest.mark.parametrize("kill", KILLS)
def test_a_close_by_is_made_once_wherever_the_terminal_is_killed(tmp_path: Path, kill: Kill) -> None:
    with life_of(tmp_path) as life:
        life.start()
        long, short = life.hold(0.3), life.hold(0.2, side=1, sl=1.2)
        command = kill(life, tmp_path / "copy", lambda: close_by(life, long, short))

        report = go_on(life, command)
        close_by(life, long, short, command_id=command)
        life.settle()

        executed = kill is not killed_before_the_request
        assert report.outcome is (Outcome.DONE if executed else Outcome.EXPIRED)
        assert sorted(p.volume for p in life.broker.positions) == pytest.approx([0.1] if executed else [0.2, 0.3])


def test_a_command_of_the_life_before_is_not_tried_again_though_it_is_in_time(tmp_path: Path) -> None:
    with life_of(tmp_path) as life:
        life.start()
        ticket = life.hold()
        command = killed_before_the_request(life, tmp_path / "copy", lambda: life.reduce(ticket, deadline_ms=life.now + 3_600_000))

        assert go_on(life, command).outcome is Outcome.EXPIRED
        life.advance(20_000, step=20)
        assert [position.ticket for position in life.broker.positions] == [ticket]


def test_while_a_request_of_the_life_before_is_searched_for_its_ticket_is_left_alone(tmp_path: Path) -> None:
    with life_of(tmp_path) as life:
        life.start()
        ticket = life.hold(0.3)
        killed_before_the_request(life, tmp_path / "copy", lambda: life.reduce(ticket, 0.1))
        sent = len(life.sent)

        life.start()
        second = life.reduce(ticket, 0.2)
        life.settle()

        assert len(life.sent) == sent
        go_on_until_searched(life)
        assert life.report(second).outcome is Outcome.DONE
        assert life.held(ticket).volume == pytest.approx(0.2)


def go_on_until_searched(life: Harness) -> None:
    for _ in range(8):
        life.quote(bid=1.1)
        life.advance(500, step=20)


class Slow(Observed):
    """A terminal that takes its time to tell a symbol's figures, once."""

    life: Harness | None = None

    def symbol(self, name: str) -> Any:
        life, self.life = self.life, None
        if life is not None:
            life.now += 20_000
            life.program.set_clock_ms(life.now)
        return super().symbol(name)


def test_a_command_that_became_late_while_it_was_made_ready_does_not_leave(tmp_path: Path) -> None:
    with Harness(tmp_path, inputs=INPUTS, terminal_type=Slow) as life:
        life.start()
        ticket = life.hold(0.3)
        command = life.reduce(ticket, 0.1)
        life.router.drain(1)
        assert isinstance(life.terminal, Slow)
        life.terminal.life = life
        report = life.report(command)

        assert (report.outcome, report.why, report.attempts) == (Outcome.EXPIRED, Why.DEADLINE, 0)
        assert not life.sent


def test_an_outcome_found_while_the_bridge_is_away_is_told_when_it_is_back(tmp_path: Path) -> None:
    with life_of(tmp_path) as life:
        life.start()
        ticket = life.hold(0.3)
        command = killed_before_the_outcome(life, tmp_path / "copy", lambda: life.reduce(ticket, 0.1))
        life.router.accept = None
        assert life.program.init() == 0
        for _ in range(10):
            life.quote(bid=1.1)
            life.advance(500, step=20)

        life.router.accept = {}
        life.until(lambda: life.router.of(Snapshot), limit_ms=60_000)
        assert life.report(command).outcome is Outcome.DONE
