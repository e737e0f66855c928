"""A desk on a real loopback socket, stepped by hand with a clock moved by hand; terminals dial it with plain ZeroMQ DEALERs."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import monotonic

import zmq
from tests.session.terminal_side import TerminalSide

from dtms.runtime.account import Account
from dtms.runtime.desk import Desk, Item
from dtms.runtime.inbox import Inbox
from dtms.runtime.log import Line, Log
from dtms.runtime.transport import Arrival, Router
from dtms.settings import AdoptSettings, BreakEvenSettings, DeskSettings, LinkSettings, Mode, Scope, Settings
from dtms.store.journal import Journal, MemoryJournal
from dtms.witness.client import Witness

UTC = 1_800_000_000_000
ANY_PORT = "tcp://127.0.0.1:*"
REAL_LIMIT_S = 5.0  # of real time, for frames to cross the loopback
QUIET_POLLS = 2
LOST_POLLS = (
    40  # after so many, frames that are still missing are taken for lost: with a connection that was cut, or refused by ZeroMQ
)


def acting(**values: object) -> Settings:
    """Act mode, everything adopted."""
    fields: dict[str, object] = {
        "mode": Mode.ACT,
        "link": LinkSettings(bind=ANY_PORT),
        "adopt": AdoptSettings(scope=Scope.ALL, confirmed=True),
        "break_even": BreakEvenSettings(),
        "desk": DeskSettings(),
    }
    return Settings.model_validate(fields | values)


class CountingRouter(Router):
    """The real one, which knows how many frames went through it."""

    received = 0
    sent = 0

    def receive(self) -> Arrival | None:
        arrival = super().receive()
        self.received += arrival is not None
        return arrival

    def send(self, identity: bytes, data: bytes) -> None:
        super().send(identity, data)
        self.sent += 1


class Wire:
    """A terminal and its socket."""

    def __init__(self, context: "zmq.Context[zmq.Socket[bytes]]", terminal: TerminalSide) -> None:
        self._context = context
        self.terminal = terminal
        self.socket: zmq.Socket[bytes] | None = None
        self.sent = 0
        self.received = 0

    def dial(self, address: str, now: int) -> None:
        """Begin a connection under a fresh identity; the one before is closed without a word."""
        self.cut()
        self.socket = self._context.socket(zmq.DEALER)
        self.socket.set(zmq.LINGER, 0)
        self.socket.set(zmq.IDENTITY, b"\x01" + os.urandom(15))
        self.socket.connect(address)
        self.terminal.connect(now)

    def cut(self) -> None:
        if self.socket is not None:
            self.socket.close(linger=0)
            self.socket = None

    def send_raw(self, *parts: bytes) -> None:
        assert self.socket is not None
        self.socket.send_multipart(parts)
        self.sent += 1

    def exchange(self, now: int) -> bool:
        """Send what the terminal has to send, hand it what came; return whether anything moved."""
        if self.socket is None:
            self.terminal.out.clear()
            return False
        moved = False
        while self.terminal.out:
            self.send_raw(self.terminal.out.popleft())
            moved = True
        while self.socket.poll(0):
            self.terminal.receive(self.socket.recv(), now)
            self.received += 1
            moved = True
        return moved


class Bench:
    """The desk, its clock, its terminals."""

    def __init__(self, settings: Settings, journal: Journal, witness: Witness | None = None) -> None:
        self.context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
        self.router = CountingRouter(self.context)
        self.router.bind(ANY_PORT)
        self.inbox: Inbox[Item] = Inbox(self.context)
        self.inbox.belongs_to_this_thread()
        journal.attach(self.inbox.put)
        self.journal = journal
        self.desk = Desk(
            self.router, self.inbox, journal, settings, log=Log(self.written), elapsed=lambda: self.now, witness=witness
        )
        self.wires: list[Wire] = []
        self._lost = (0, 0)
        self.now = 100_000

    def dial(self, terminal: TerminalSide) -> Wire:
        """Connect a terminal and let everything arrive."""
        wire = Wire(self.context, terminal)
        self.wires.append(wire)
        self.redial(wire)
        return wire

    def dial_only(self, terminal: TerminalSide) -> Wire:
        """Connect a terminal without waiting for an answer."""
        wire = Wire(self.context, terminal)
        self.wires.append(wire)
        wire.dial(self.router.address, self.now)
        return wire

    def dial_again(self, wire: Wire) -> None:
        wire.dial(self.router.address, self.now)

    def redial(self, wire: Wire) -> None:
        wire.dial(self.router.address, self.now)
        self.pump(lambda: wire.terminal.accepted is not None or wire.terminal.refused is not None)
        self.pump()

    def pump(self, until: Callable[[], object] | None = None, *, polls: int = QUIET_POLLS) -> None:
        """Let frames cross until the condition holds; without one, until all that was sent has arrived and nothing moves."""
        limit, quiet = monotonic() + REAL_LIMIT_S, 0
        while monotonic() < limit:
            moved = self.router.socket.poll(2) != 0
            self.desk.step(self.now, UTC + self.now)
            for wire in self.wires:
                moved = wire.exchange(self.now) or moved
            quiet = 0 if moved else quiet + 1
            if until() if until is not None else quiet >= polls and (self._all_arrived() or quiet >= LOST_POLLS):
                if until is None:
                    self._lost = self._missing()
                return
        assert until is None, "it did not happen"
        raise AssertionError("the link does not come to rest")

    def _missing(self) -> tuple[int, int]:
        sent, received = sum(wire.sent for wire in self.wires), sum(wire.received for wire in self.wires)
        return sent - self.router.received, self.router.sent - received

    def _all_arrived(self) -> bool:
        """Whether no frame is on its way; what was lost earlier is not waited for again."""
        return all(missing <= lost for missing, lost in zip(self._missing(), self._lost, strict=True))

    def pump_desk_until(self, until: Callable[[], object]) -> None:
        """Let frames arrive at the desk only, until the condition holds."""
        limit = monotonic() + REAL_LIMIT_S
        while not until():
            assert monotonic() < limit, "it did not happen"
            self.router.socket.poll(2)
            self.desk.step(self.now, UTC + self.now)

    def pass_time(self, ms: int, step: int = 250, *, beating: bool = True) -> None:
        """Let time pass in steps; terminals beat, or else neither speak nor listen."""
        end = self.now + ms
        while self.now < end:
            self.now = min(self.now + step, end)
            if not beating:
                self.desk.step(self.now, UTC + self.now)
                continue
            for wire in self.wires:
                if wire.socket is not None and wire.terminal.up:
                    wire.terminal.beat(self.now)
            self.pump(polls=2)

    def written(self, line: Line) -> None:
        """Take a line of the log, which nobody reads here."""

    @property
    def account(self) -> Account:
        return next(iter(self.desk.accounts.values()))

    def counter(self, name: str) -> int:
        return self.desk.counters.values()[name]

    def close(self) -> None:
        for wire in self.wires:
            wire.cut()
        self.router.close()
        self.inbox.close()
        self.context.destroy(linger=0)


@contextmanager
def bench(settings: Settings | None = None, journal: Journal | None = None, witness: Witness | None = None) -> Iterator[Bench]:
    """A bench that is cleaned up."""
    made = Bench(settings or acting(), journal or MemoryJournal(), witness)
    try:
        yield made
    finally:
        made.close()
