"""A desk on a real loopback socket, stepped by hand with a clock moved by hand, and terminals that dial it with plain ZeroMQ DEALERs."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import monotonic

import zmq

from dtms.runtime.account import Account
from dtms.runtime.desk import Desk, Item
from dtms.runtime.inbox import Inbox
from dtms.runtime.log import Log
from dtms.runtime.transport import Router
from dtms.settings import AdoptSettings, BreakEvenSettings, DeskSettings, LinkSettings, Mode, Scope, Settings
from dtms.store.journal import Journal, MemoryJournal
from tests.session.terminal_side import TerminalSide

UTC = 1_800_000_000_000
ANY_PORT = "tcp://127.0.0.1:*"
REAL_LIMIT_S = 5.0  # of real time, for frames to cross the loopback
QUIET_POLLS = 4


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


class Wire:
    """A terminal and its socket."""

    def __init__(self, context: "zmq.Context[zmq.Socket[bytes]]", terminal: TerminalSide) -> None:
        self._context = context
        self.terminal = terminal
        self.socket: zmq.Socket[bytes] | None = None

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

    def exchange(self, now: int) -> bool:
        """Send what the terminal has to send, hand it what came; return whether anything moved."""
        if self.socket is None:
            self.terminal.out.clear()
            return False
        moved = False
        while self.terminal.out:
            self.socket.send(self.terminal.out.popleft())
            moved = True
        while self.socket.poll(0):
            self.terminal.receive(self.socket.recv(), now)
            moved = True
        return moved


class Bench:
    """The desk, its clock, its terminals."""

    def __init__(self, settings: Settings, journal: Journal) -> None:
        self.context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
        self.router = Router(self.context)
        self.router.bind(ANY_PORT)
        self.inbox: Inbox[Item] = Inbox(self.context)
        self.inbox.belongs_to_this_thread()
        journal.attach(self.inbox.put)
        self.journal = journal
        self.lines: list[str] = []
        self.desk = Desk(self.router, self.inbox, journal, settings, log=Log(lambda level, text: None), elapsed=lambda: self.now)
        self.wires: list[Wire] = []
        self.now = 100_000

    def dial(self, terminal: TerminalSide) -> Wire:
        """Connect a terminal and let everything arrive."""
        wire = Wire(self.context, terminal)
        self.wires.append(wire)
        self.redial(wire)
        return wire

    def redial(self, wire: Wire) -> None:
        wire.dial(self.router.address, self.now)
        self.pump(lambda: wire.terminal.accepted is not None or wire.terminal.refused is not None)
        self.pump()

    def pump(self, until: Callable[[], object] | None = None) -> None:
        """Let frames cross until the condition holds; without one, until nothing has moved for some polls."""
        limit, quiet = monotonic() + REAL_LIMIT_S, 0
        while monotonic() < limit:
            moved = self.router.socket.poll(2) != 0
            self.desk.step(self.now, UTC + self.now)
            for wire in self.wires:
                moved = wire.exchange(self.now) or moved
            quiet = 0 if moved else quiet + 1
            if until() if until is not None else quiet >= QUIET_POLLS:
                return
        assert until is None, "it did not happen"
        raise AssertionError("the link does not come to rest")

    def pass_time(self, ms: int, step: int = 250, *, beating: bool = True) -> None:
        """Let time pass in steps; terminals beat, or else neither speak nor listen."""
        end = self.now + ms
        while self.now < end:
            self.now = min(self.now + step, end)
            for wire in self.wires:
                if beating and wire.socket is not None and wire.terminal.up:
                    wire.terminal.beat(self.now)
            self.desk.step(self.now, UTC + self.now)
            for wire in self.wires if beating else ():
                wire.exchange(self.now)
        if beating:
            self.pump()

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
def bench(settings: Settings | None = None, journal: Journal | None = None) -> Iterator[Bench]:
    """A bench that is cleaned up."""
    made = Bench(settings or acting(), journal or MemoryJournal())
    try:
        yield made
    finally:
        made.close()
