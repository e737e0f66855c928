"""
Many commands at once: eight in flight, one a ticket, reductions first (R18).
"""

import time
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from pathlib import Path

import pytest
from tests.mql5.router import PATIENCE_S
from tests.mql5.support import Harness, running

from dtms.names import Outcome, Why
from dtms.sim.behaviour import Behaviour, Effect, Rule
from dtms.sim.messages import TradeAnswer
from dtms.sim.mt5 import Action
from dtms.sim.terminal import SimTerminal
from dtms.sim.trading import TradeRequestLike
from dtms.wire.messages import (
    ExecutionReport,
    HandsOff,
    Heartbeat,
)

PREFIX = 0x2D7D


@pytest.fixture
def life(tmp_path: Path) -> Iterator[Harness]:
    with running(tmp_path) as harness:
        yield harness


@pytest.mark.parametrize("serial", [False, True])
def test_fifty_positions_are_closed_while_heartbeats_stay_on_time(tmp_path: Path, serial: bool) -> None:
    behaviour = Behaviour(serial=serial, rules=[Rule(Effect(processing_ms=300))])
    with Harness(tmp_path, behaviour=behaviour) as life:
        tickets = [life.broker.human_open("EURUSD", 0, 0.1) for _ in range(50)]
        life.start()
        life.settle()
        begin = life.now

        commands = {life.reduce(ticket): life.now + 15_000 for ticket in tickets}
        life.until(lambda: len(life.router.of(ExecutionReport)) == 50, limit_ms=20_000)
        life.settle()

        reports = life.router.of(ExecutionReport)
        assert {report.command_id for report in reports} == set(commands)
        assert {report.outcome for report in reports} <= {Outcome.DONE, Outcome.EXPIRED}
        done = [report for report in reports if report.outcome is Outcome.DONE]
        assert len(done) >= (48 if serial else 50)
        assert all(report.elapsed_ms <= 15_000 + 8 * 300 * serial + 10 for report in reports)
        beats = [f.mono_ms for f in life.router.frames if isinstance(f.body, Heartbeat) and f.body.test_id is None]
        beats = [at for at in beats if at >= begin]
        assert all(later - earlier <= 1_020 for earlier, later in pairwise(beats))
        assert len(life.broker.positions) == 50 - len(done)


def test_at_most_eight_requests_are_with_the_broker_and_reductions_go_first(life: Harness) -> None:
    tickets = [life.hold() for _ in range(20)]
    life.rule(processing_ms=200)
    for ticket in tickets[:14]:
        life.modify(ticket, expect=(1.09, None), to=(1.095, None))
    for ticket in tickets[14:]:
        life.reduce(ticket)
    life.settle()
    life.until(lambda: len(life.router.of(ExecutionReport)) == 20)

    actions = [Action(sent.action) for sent in life.sent]
    assert actions == [Action.SLTP] * 8 + [Action.DEAL] * 6 + [Action.SLTP] * 6
    assert all(report.outcome is Outcome.DONE for report in life.router.of(ExecutionReport))


def test_one_request_a_ticket_at_a_time_in_the_order_of_arrival(life: Harness) -> None:
    ticket = life.hold()
    life.rule(processing_ms=200)
    first = life.modify(ticket, expect=(1.09, None), to=(1.095, None))
    second = life.modify(ticket, expect=(1.095, None), to=(1.097, None))

    reports = [life.report(first), life.report(second)]

    assert [report.outcome for report in reports] == [Outcome.DONE, Outcome.DONE]
    assert reports[1].elapsed_ms >= 390
    assert life.held(ticket).sl == 1.097


def test_a_command_that_waited_is_checked_again(life: Harness) -> None:
    ticket = life.hold()
    life.rule(processing_ms=200)
    close = life.reduce(ticket)
    modify = life.modify(ticket, expect=(1.09, None), to=(1.095, None))

    assert life.report(close).outcome is Outcome.DONE
    assert (life.report(modify).outcome, life.report(modify).retcode) == (Outcome.REJECTED, 10036)


def test_what_waits_when_hands_off_is_pressed_is_denied(life: Harness) -> None:
    ticket = life.hold()
    life.rule(processing_ms=500)
    under_way = life.modify(ticket, expect=(1.09, None), to=(1.095, None))
    waits = life.modify(ticket, expect=(1.095, None), to=(1.097, None))
    life.router.send(HandsOff(on=True, by="a test"))

    assert life.report(waits).why is Why.HANDS_OFF
    assert life.report(under_way).outcome is Outcome.DONE


def test_a_position_in_neither_list_for_an_instant_is_not_taken_for_closed(life: Harness) -> None:
    ticket = life.hold()
    life.settle()
    positions = life.terminal._cache.standing.holdings.positions  # what no broker does at will
    hidden = positions.pop(ticket)
    command_id = life.reduce(ticket)
    life.advance(300)
    assert life.router.of(ExecutionReport) == []

    positions[ticket] = hidden

    assert (life.report(command_id).outcome, life.report(command_id).attempts) == (Outcome.DONE, 1)


def test_too_many_waiting_commands_are_sent_away(life: Harness) -> None:
    ticket = life.hold(sl=1.0)
    life.rule(processing_ms=3_000)
    for number in range(300):
        life.modify(ticket, expect=(1.0, None), to=(1.0 + (number + 1) * 1e-4, None))
    life.until(lambda: len(life.router.of(ExecutionReport)) >= 40)

    assert {report.why for report in life.router.of(ExecutionReport)} == {Why.TICKET_BUSY}


class Slow(SimTerminal):
    """A terminal whose clock goes on while a handler is at work: each request and each look at the history takes a while."""

    pass_ms: Callable[[int], None]

    def order_send(self, request: TradeRequestLike, asynchronous: bool) -> TradeAnswer:
        self.pass_ms(20)
        return super().order_send(request, asynchronous)

    def deals(self, from_s: int, to_s: int) -> Sequence[int]:
        self.pass_ms(5)
        return super().deals(from_s, to_s)


def test_handlers_that_take_time_confuse_no_clock(tmp_path: Path) -> None:
    with Harness(tmp_path, terminal_type=Slow) as life:

        def pass_ms(ms: int) -> None:
            life.now += ms
            life.program.set_clock_ms(life.now)

        life.terminal.pass_ms = pass_ms  # type: ignore[attr-defined]
        life.start()
        tickets = [life.hold(0.1) for _ in range(12)]
        life.rule(processing_ms=100)
        commands = [life.reduce(ticket) for ticket in tickets]
        reports = [life.report(command_id) for command_id in commands]

        assert {report.outcome for report in reports} == {Outcome.DONE}
        assert all(report.elapsed_ms < 2_000 for report in reports)


def test_a_quote_of_the_chart_is_enough_for_a_command_to_be_read_and_executed(life: Harness) -> None:
    ticket = life.hold()
    life.settle()
    life.reduce(ticket)
    end = time.monotonic() + PATIENCE_S
    while not life.sent:
        assert time.monotonic() < end
        life.program.tick()
        life.exchange()

    assert life.sent[0].position == ticket
