"""The service with its own thread and clock: start, ready, stop, and what a failure leads to."""

import gc
import sys
import threading
from collections.abc import Iterator
from time import monotonic, monotonic_ns

import pytest
import zmq
from tests.runtime.bench import ANY_PORT, Wire, acting
from tests.session.made import position, tick
from tests.session.terminal_side import TerminalSide

from dtms.errors import PortTaken, StartError
from dtms.names import OnSilence
from dtms.runtime.asks import Denial
from dtms.runtime.clock import SystemClock
from dtms.runtime.log import Line
from dtms.runtime.service import Service
from dtms.settings import LinkSettings, Settings
from dtms.store.journal import MemoryJournal
from dtms.wire.messages import Logout

LIMIT_S = 10.0


def nowhere(line: Line) -> None:
    """A sink for lines that nobody reads."""


def now() -> int:
    return monotonic_ns() // 1_000_000


@pytest.fixture
def context() -> Iterator["zmq.Context[zmq.Socket[bytes]]"]:
    made: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
    yield made
    made.destroy(linger=0)


@pytest.fixture
def service() -> Iterator[Service]:
    made = Service(acting(), MemoryJournal(), nowhere)
    made.start()
    yield made
    made.stop()


class Runner:
    """A terminal that is kept going in a thread of its own, as a terminal is."""

    def __init__(self, context: "zmq.Context[zmq.Socket[bytes]]", terminal: TerminalSide, address: str) -> None:
        self.terminal = terminal
        self._wire = Wire(context, terminal)
        self._wire.dial(address, now())

    def until(self, holds: object) -> None:
        assert callable(holds)
        limit = monotonic() + LIMIT_S
        while not holds():
            assert monotonic() < limit, "it did not happen"
            self._wire.exchange(now())
            assert self._wire.socket is not None
            self._wire.socket.poll(2)

    def close(self) -> None:
        self._wire.cut()


def test_it_is_ready_when_a_terminals_positions_are_known_and_moves_a_stop(
    service: Service, context: "zmq.Context[zmq.Socket[bytes]]"
) -> None:
    assert not service.wait_ready(0.0)
    side = TerminalSide(positions={1: position()})
    runner = Runner(context, side, service.address)
    runner.until(lambda: service.wait_ready(0.0))
    assert [t.key.position_id for t in service.snapshot().accounts[0].trades] == [1]
    side.quotes(now(), tick(1.1011))
    runner.until(lambda: side.executed)
    runner.until(lambda: service.snapshot().counters["commands.done"] == 1)
    runner.close()

    assert service.snapshot().pinned == "1001@Demo-Server"
    assert service.snapshot().state == "running"


def test_stopping_takes_leave_of_the_terminals_and_frees_the_port(context: "zmq.Context[zmq.Socket[bytes]]") -> None:
    service = Service(acting(), MemoryJournal(), nowhere)
    service.start()
    address = service.address
    side = TerminalSide()
    runner = Runner(context, side, address)
    runner.until(lambda: service.wait_ready(0.0))
    interval = sys.getswitchinterval()
    assert service.stop(plan=OnSilence.TIGHTEN)
    runner.until(lambda: any(isinstance(m, Logout) for m in side.received))
    runner.close()

    assert [m.plan for m in side.received if isinstance(m, Logout)] == [OnSilence.TIGHTEN]
    assert service.failure is None
    assert service.snapshot().state == "stopped"
    assert interval == pytest.approx(50e-6)
    assert sys.getswitchinterval() > interval
    assert gc.get_freeze_count() == 0
    again = Service(acting(link=LinkSettings(bind=address)), MemoryJournal(), nowhere)
    again.start()
    assert again.address == address
    assert again.stop()


def test_a_taken_port_is_said_with_its_holder_and_leaves_nothing_behind(service: Service) -> None:
    threads = threading.active_count()
    second = Service(acting(link=LinkSettings(bind=service.address)), MemoryJournal(), nowhere)
    with pytest.raises(PortTaken, match="is taken by"):
        second.start()

    assert threading.active_count() == threads
    assert second.stop()


class StoppingClock(SystemClock):
    """A clock that raises once it is told to."""

    broken = False

    def utc_ms(self) -> int:
        if self.broken:
            self.broken = False
            raise ZeroDivisionError("no time")
        return super().utc_ms()


class UnclosableJournal(MemoryJournal):
    """A store that raises when it is to let go."""

    def close(self) -> None:
        raise OSError("disk full")


def test_a_store_that_cannot_be_closed_does_not_keep_the_port_or_those_who_wait() -> None:
    lines: list[Line] = []
    service = Service(acting(), UnclosableJournal(), lines.append)
    service.start()
    address = service.address
    assert service.stop()

    assert service.wait_ended(0.0)
    assert isinstance(service.failure, OSError)
    assert service.snapshot().state == "failed"
    assert any("disk full" in str(line.fields.get("why")) for line in lines)
    again = Service(acting(link=LinkSettings(bind=address)), MemoryJournal(), nowhere)
    again.start()
    assert again.stop()


def test_a_desk_that_raises_ends_the_service_with_the_error_and_its_trace(context: "zmq.Context[zmq.Socket[bytes]]") -> None:
    lines: list[Line] = []
    clock = StoppingClock()
    service = Service(acting(), MemoryJournal(), lines.append, clock)
    service.start()
    side = TerminalSide(positions={1: position()})
    runner = Runner(context, side, service.address)
    runner.until(lambda: service.wait_ready(0.0))
    clock.broken = True
    runner.until(lambda: service.wait_ended(0.0))
    runner.close()

    assert isinstance(service.failure, ZeroDivisionError)
    assert service.snapshot().state == "failed"
    causes = [line.cause for line in lines if line.name == "desk_failed"]
    assert causes == [service.failure]
    assert service.failure.__traceback__ is not None
    assert service.stop()


def test_waiting_for_a_service_that_has_ended_is_an_error() -> None:
    service = Service(Settings(link=LinkSettings(bind=ANY_PORT)), MemoryJournal(), nowhere)
    service.start()
    service.stop()

    with pytest.raises(StartError, match="ended before it was ready"):
        service.wait_ready(1.0)


def test_a_service_that_was_never_started_can_be_stopped() -> None:
    assert Service(acting(), MemoryJournal(), nowhere).stop()


def test_a_close_is_asked_from_another_thread_answered_and_done(
    service: Service, context: "zmq.Context[zmq.Socket[bytes]]"
) -> None:
    side = TerminalSide(positions={1: position(), 2: position(2)})
    runner = Runner(context, side, service.address)
    runner.until(lambda: service.wait_ready(0.0))
    answers = [service.ask_close(number, by="test") for number in (1, 9)]
    runner.until(lambda: side.executed)
    runner.until(lambda: [t.key.position_id for t in service.snapshot().accounts[0].trades] == [2])
    runner.close()

    assert [answer.denied for answer in answers] == [None, Denial.UNKNOWN_POSITION]
    assert service.snapshot().counters["commands.done"] == 1


def test_before_it_runs_and_after_nothing_is_asked_of_it() -> None:
    service = Service(acting(), MemoryJournal(), nowhere)
    before = service.ask_close(1)
    service.start()
    running = service.ask_close(1)
    service.stop()

    assert before.denied is Denial.ENDED
    assert running.denied is Denial.NO_ACCOUNT
    assert service.ask_close(1).denied is Denial.ENDED


def test_the_rhythm_of_heartbeats_is_seen_for_both_directions(service: Service, context: "zmq.Context[zmq.Socket[bytes]]") -> None:
    side = TerminalSide()
    runner = Runner(context, side, service.address)
    runner.until(lambda: service.wait_ready(0.0))
    began = now()
    runner.until(lambda: now() - began > 1_500)
    runner.until(lambda: service.snapshot().accounts[0].terminals[0].longest_beat_gap_ms > 1_500)
    (terminal,) = service.snapshot().accounts[0].terminals
    runner.close()

    assert 900 < terminal.longest_own_beat_gap_ms < 1_500
