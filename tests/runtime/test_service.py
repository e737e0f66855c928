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

from dtms.errors import PortTaken, StartError, StoreTaken
from dtms.names import OnSilence
from dtms.runtime.asks import Denial
from dtms.runtime.clock import SystemClock
from dtms.runtime.log import Line
from dtms.runtime.restarts import Restarts
from dtms.runtime.service import Service
from dtms.settings import DeskSettings, LinkSettings, Settings
from dtms.store.journal import Deposed, MemoryJournal
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

    def redial(self, address: str) -> None:
        self._wire.dial(address, now())

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


class FailingRunner(Runner):
    """A terminal beside a desk that fails when it is told to."""

    def __init__(self, context: "zmq.Context[zmq.Socket[bytes]]", service: Service, clock: StoppingClock) -> None:
        super().__init__(context, TerminalSide(positions={1: position()}), service.address)
        self._service = service
        self._clock = clock

    def let_fail(self, errors: int) -> None:
        """Let the desk fail until it has done so this often, and dial again where it lives on."""
        self._clock.broken = True
        self.until(lambda: self._service.wait_ended(0.0) or self._service.snapshot().beat.errors == errors)
        self.redial(self._service.address)


def failing(lines: list[Line], **desk: int) -> tuple[Service, StoppingClock]:
    clock = StoppingClock()
    return Service(acting(desk=DeskSettings(**desk)), MemoryJournal(), lines.append, clock), clock


def test_a_desk_that_raises_is_followed_by_another_at_the_same_address(context: "zmq.Context[zmq.Socket[bytes]]") -> None:
    lines: list[Line] = []
    service, clock = failing(lines)
    service.start()
    address = service.address
    runner = FailingRunner(context, service, clock)
    runner.until(lambda: service.wait_ready(0.0))
    epoch = service.snapshot().accounts[0].epoch
    runner.let_fail(1)
    runner.until(lambda: [a.epoch for a in service.snapshot().accounts if a.view_known] == [epoch + 1])
    view = service.snapshot()
    assert [t.key.position_id for t in view.accounts[0].trades] == [1]
    runner.terminal.quotes(now(), tick(1.1011))
    runner.until(lambda: runner.terminal.executed)
    runner.close()

    assert (service.address, service.failure, view.state, view.beat.errors) == (address, None, "running", 1)
    assert service.stop()
    assert ("CRITICAL", "desk_begun_anew") in [(line.level, line.name) for line in lines]


def test_22_a_desk_that_fails_a_fourth_time_in_an_hour_stays_down_and_the_store_is_let_go(
    context: "zmq.Context[zmq.Socket[bytes]]",
) -> None:
    lines: list[Line] = []
    service, clock = failing(lines)
    service.start()
    runner = FailingRunner(context, service, clock)
    for errors in (1, 2, 3):
        runner.let_fail(errors)
        runner.until(lambda: any(a.view_known for a in service.snapshot().accounts))
    assert not service.degraded
    runner.let_fail(4)
    runner.close()

    assert service.wait_ended(LIMIT_S)
    assert service.degraded
    assert service.snapshot().state == "degraded"
    assert isinstance(service.failure, ZeroDivisionError)
    assert service.beat is None
    assert [line.name for line in lines if line.level == "CRITICAL"] == ["desk_begun_anew"] * 3 + ["desk_given_up"]
    again = Service(acting(link=LinkSettings(bind=service.address)), MemoryJournal(), nowhere)
    again.start()
    assert again.stop()
    assert service.stop()


class ShortClock(StoppingClock):
    """A clock whose process has no memory left, once."""

    def utc_ms(self) -> int:
        if self.broken:
            self.broken = False
            bytearray(1 << 60)
        return SystemClock.utc_ms(self)


def test_21_a_desk_that_ran_out_of_memory_is_followed_by_another(context: "zmq.Context[zmq.Socket[bytes]]") -> None:
    lines: list[Line] = []
    clock = ShortClock()
    service = Service(acting(), MemoryJournal(), lines.append, clock)
    service.start()
    runner = FailingRunner(context, service, clock)
    runner.until(lambda: service.wait_ready(0.0))
    runner.let_fail(1)
    runner.until(lambda: any(a.view_known for a in service.snapshot().accounts))
    runner.close()

    assert service.stop()
    assert [type(line.cause) for line in lines if line.name == "desk_failed"] == [MemoryError]


def test_restarts_that_are_older_than_the_window_count_no_more() -> None:
    restarts = Restarts(DeskSettings(restarts=2, restart_window_s=10))

    assert [restarts.take(now) for now in (0, 5_000, 9_999, 10_000, 10_001, 15_000)] == [True, True, False, True, False, True]


def test_what_was_asked_of_a_desk_that_failed_is_asked_of_the_next() -> None:
    service, clock = failing([])
    service.start()
    clock.broken = True

    assert service.stop()
    assert service.snapshot().beat.errors <= 1


class TakenJournal(MemoryJournal):
    """A store that another process takes over."""

    def take_over(self, holder: int) -> None:
        self._acknowledge(Deposed(holder))


def test_18_a_service_whose_store_was_taken_over_takes_leave_and_is_not_begun_anew(
    context: "zmq.Context[zmq.Socket[bytes]]",
) -> None:
    journal = TakenJournal()
    service = Service(acting(), journal, nowhere)
    service.start()
    side = TerminalSide(positions={1: position()})
    runner = Runner(context, side, service.address)
    runner.until(lambda: service.wait_ready(0.0))
    journal.take_over(77)
    runner.until(lambda: any(isinstance(m, Logout) for m in side.received))
    runner.close()

    assert service.wait_ended(LIMIT_S)
    assert isinstance(service.failure, StoreTaken)
    assert service.failure.holder == 77
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
