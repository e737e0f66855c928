"""
Native runs of the small MQL5 programs under programs/: a terminal that has nothing to say, programs by name, and for
programs/Session.mq5 a bridge that does what a test says.

The session's clock stands still unless a test moves it, so that nothing waits for time.
"""
# ruff: noqa: ARG002 - most of what a terminal can be asked has no answer here

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

import pytest
import zmq
from tests.mql5.curve import Security
from tests.mql5.support import Harness, as_texts

from dtms.names import Role
from dtms.wire.codec import Frame, decode, encode
from dtms.wire.messages import Body, HandsOff, Heartbeat, Logon, LogonAccepted, Message
from mql5host.build import Built, build, sources_root
from mql5host.native import Program
from mql5host.sockets import SocketModel
from mql5host.terminal import Record, TradeAnswer

PROGRAMS = Path(__file__).parent / "programs"
NO_CALENDAR = -5402  # ERR_CALENDAR_NO_DATA


class BareTerminal:
    """A terminal with an account and nothing else; it remembers what a program prints."""

    def __init__(self) -> None:
        self.printed: list[str] = []
        self.commented = ""
        self.folder = "C:\\Terminal"

    def account(self) -> Record:
        return {"ACCOUNT_LOGIN": 7, "ACCOUNT_SERVER": "Demo-1"}

    def terminal_info(self) -> Record:
        return {"TERMINAL_DATA_PATH": self.folder}

    def program_info(self) -> Record:
        return {}

    def symbol(self, name: str) -> Record | None:
        return None

    def symbol_names(self, selected_only: bool) -> list[str]:
        return []

    def symbol_select(self, name: str, on: bool) -> bool:
        return False

    def positions(self) -> list[int]:
        return []

    def position(self, ticket: int) -> Record | None:
        return None

    def orders(self) -> list[int]:
        return []

    def order(self, ticket: int) -> Record | None:
        return None

    def history_orders(self, from_s: int, to_s: int) -> list[int]:
        return []

    def history_order(self, ticket: int) -> Record | None:
        return None

    def deals(self, from_s: int, to_s: int) -> list[int]:
        return []

    def deal(self, ticket: int) -> Record | None:
        return None

    def history_of_position(self, position_id: int) -> tuple[list[int], list[int]]:
        return [], []

    def last_tick(self, symbol: str) -> bytes | None:
        return None

    def copy_ticks(self, symbol: str, flags: int, from_msc: int, count: int) -> bytes | int:
        return b""

    def copy_rates(self, symbol: str, timeframe_s: int, start_pos: int, count: int) -> bytes | int:
        return b""

    def copy_rates_range(self, symbol: str, timeframe_s: int, from_s: int, to_s: int) -> bytes | int:
        return b""

    def session(self, symbol: str, day: int, index: int, trade: bool) -> tuple[int, int] | None:
        return None

    def order_send(self, request: object, asynchronous: bool) -> TradeAnswer:
        return TradeAnswer(ok=False)

    def order_check(self, request: object) -> TradeAnswer:
        return TradeAnswer(ok=False)

    def server_time(self) -> int:
        return 1_700_000_000

    def current_time(self) -> int:
        return 1_700_000_000

    def gmt(self) -> int:
        return 1_700_000_000

    def calendar_countries(self) -> Sequence[Record] | int:
        return NO_CALENDAR

    def calendar_country(self, country_id: int) -> Record | int:
        return NO_CALENDAR

    def calendar_events(self, country_code: str, currency: str) -> Sequence[Record] | int:
        return NO_CALENDAR

    def calendar_event(self, event_id: int) -> Record | int:
        return NO_CALENDAR

    def calendar_value(self, value_id: int) -> Record | int:
        return NO_CALENDAR

    def calendar_history(self, from_s: int, to_s: int, country_code: str, currency: str, event_id: int) -> Sequence[Record] | int:
        return NO_CALENDAR

    def calendar_last(self, change_id: int, country_code: str, currency: str, event_id: int) -> tuple[int, Sequence[Record]] | int:
        return NO_CALENDAR

    def log(self, text: str) -> None:
        self.printed.append(text)

    def alert(self, text: str) -> None:
        self.printed.append(text)

    def comment(self, text: str) -> None:
        self.commented = text

    def fields(self) -> dict[str, str]:
        """The comment as a table: name=value;name=value."""
        return dict(pair.split("=", 1) for pair in self.commented.split(";"))


Starter = Callable[..., tuple[Program, BareTerminal]]


def pytest_configure(config: pytest.Config) -> None:
    Harness.SANITIZE = tuple(name for name in config.getoption("--sanitize").split(",") if name)


@cache
def built(name: str, sanitize: tuple[str, ...]) -> Built:
    """A program of this folder, built once a run."""
    return build(PROGRAMS / f"{name}.mq5", include=sources_root() / "Include", sanitize=sanitize)


@pytest.fixture
def security(request: pytest.FixtureRequest, tmp_path: Path) -> Security:
    """NULL, unless the test is marked as SECURED."""
    return Security(getattr(request, "param", "NULL"), tmp_path)


@pytest.fixture
def start(tmp_path: Path, security: Security) -> Iterator[Starter]:
    """Start programs/NAME.mq5 with inputs; gives the program and its terminal, and unloads at the end of the test."""
    with ExitStack() as stack:

        def _start(
            name: str,
            inputs: Mapping[str, object] | None = None,
            *,
            sockets: SocketModel | None = None,
            clock_ms: int | None = None,
        ) -> tuple[Program, BareTerminal]:
            terminal = BareTerminal()
            program = Program(
                built(name, Harness.SANITIZE),
                terminal,
                files=tmp_path / "Files",
                symbol="EURUSD",
                inputs=as_texts(security.inputs() | dict(inputs or {})),
                virtual_clock_ms=clock_ms,
                sockets=sockets or SocketModel(),
            )
            return stack.enter_context(program), terminal

        yield _start


DURABLE, STATUS, LOGOUT, BUSY, CONFIRM, READY, VOLATILE = range(1001, 1008)
START_MS = 1_000_000
EPOCH = 5
PATIENCE_S = 5.0
M = TypeVar("M", bound=Message)


class Life:
    """The program, its clock and what it printed."""

    def __init__(self, program: Program, host: Any) -> None:
        self.program = program
        self.host = host
        self.now = START_MS
        self.servers: list[Server] = []
        self.taken = 0

    def pump(self) -> None:
        self.program.timer()

    def advance(self, ms: int, step: int = 10) -> None:
        """Let time pass as on a terminal: a timer event every few ms."""
        end = self.now + ms
        while self.now < end:
            self.now = min(end, self.now + step)
            self.program.set_clock_ms(self.now)
            self.pump()
            for server in self.servers:
                server.drain()

    def status(self) -> dict[str, str]:
        self.program.chart_event(STATUS)
        fields: dict[str, str] = self.host.fields()
        return fields

    def say(self, text: str) -> None:
        self.program.chart_event(DURABLE, sparam=text)

    @property
    def printed(self) -> list[str]:
        lines: list[str] = self.host.printed
        return lines

    def until(self, done: Callable[[], bool]) -> None:
        end = time.monotonic() + PATIENCE_S
        while not done():
            assert time.monotonic() < end, (self.status(), self.printed)
            self.pump()
            for server in self.servers:
                server.drain(1)


class Server:
    """A bridge that does what the test says."""

    def __init__(self, context: zmq.Context[Any], terminal: Life | None = None, port: int = 0) -> None:
        self.socket = context.socket(zmq.ROUTER)
        self.socket.setsockopt(zmq.LINGER, 0)
        if port:
            self.socket.bind(f"tcp://127.0.0.1:{port}")
        self.port = port or int(self.socket.bind_to_random_port("tcp://127.0.0.1"))
        self.identity = b""
        self.frames: list[Frame] = []
        self.nonce = 0
        self.seq = 0
        self.ack = 0
        self.epoch = EPOCH
        if terminal is not None:
            self.attach(terminal)

    def attach(self, terminal: Life) -> None:
        self.terminal = terminal
        terminal.servers.append(self)

    def drain(self, wait_ms: int = 0) -> None:
        while self.socket.poll(wait_ms):
            self.identity, data = self.socket.recv_multipart()
            frame = decode(data)
            self.nonce = frame.session
            self.ack = max(self.ack, frame.seq)
            self.frames.append(frame)
            wait_ms = 0

    def next(self, kind: type[M]) -> tuple[Frame, M]:
        """The next frame of that type; those before it are forgotten."""

        def there() -> bool:
            return any(isinstance(frame.body, kind) for frame in self.frames)

        self.terminal.until(there)
        while not isinstance(self.frames[0].body, kind):
            del self.frames[0]
        frame = self.frames.pop(0)
        assert isinstance(frame.body, kind)
        return frame, frame.body

    def send(self, body: Body, **changes: int) -> None:
        numbers = {"session": self.nonce, "seq": 0, "ack": self.ack, "epoch": self.epoch, "mono_ms": 1, "flags": 0} | changes
        if isinstance(body, Message) and body.DURABLE and "seq" not in changes:
            self.seq += 1
            numbers["seq"] = self.seq
        self.raw(encode(Frame(body=body, **numbers)))

    def raw(self, *parts: bytes) -> None:
        self.socket.send_multipart([self.identity, *parts])

    def accept(self, *, resume: bool = False, seen: int = 0, **changes: Any) -> None:
        if not resume:
            self.seq = self.ack = 0
        self.send(accepted(epoch=self.epoch, resume=resume, highest_seq_seen=seen, **changes), ack=self.ack)

    def dialed_again(self) -> None:
        """Let time pass, no faster than the network, until the program says Logon once more."""
        self.frames.clear()
        end = time.monotonic() + PATIENCE_S
        while not any(isinstance(frame.body, Logon) for frame in self.frames):
            assert time.monotonic() < end, self.terminal.status()
            self.terminal.advance(20)
            self.socket.poll(1)

    def log_on(self, **changes: Any) -> Logon:
        """Answer the next Logon; the first durable message of the program is then on its way."""
        _, logon = self.next(Logon)
        self.accept(**changes)
        self.terminal.until(lambda: self.terminal.status()["up"] == "1")
        return logon

    def close(self) -> None:
        self.socket.close()


def accepted(**changes: Any) -> LogonAccepted:
    values: dict[str, Any] = {
        "protocol": 1,
        "epoch": EPOCH,
        "role": Role.MANAGER,
        "resume": False,
        "highest_seq_seen": 0,
        "highest_tick_seq_seen": 0,
        "config_digest": "",
        "heartbeat_ms": 1_000,
        "test_after_ms": 2_500,
        "down_after_ms": 5_000,
        "credit_window": 256,
        "grace_s": 30,
        "mode_act": False,
        "entropy": "",
    }
    return LogonAccepted(**(values | changes))


def beat(**changes: Any) -> Heartbeat:
    values: dict[str, Any] = dict.fromkeys(Heartbeat.FIELDS, 0)
    values |= {"utc_offset_s": None, "test_id": None, "hands_off": False, "digest": None}
    return Heartbeat(**(values | changes))


def hands_off(by: str) -> HandsOff:
    return HandsOff(on=True, by=by)


@pytest.fixture
def context(security: Security) -> Iterator[zmq.Context[Any]]:
    made = security.context()
    yield made
    made.destroy(linger=0)


@pytest.fixture
def dial(start: Callable[..., Any]) -> Callable[..., Life]:
    def _dial(*servers: Server | int, **inputs: object) -> Life:
        ports = [s if isinstance(s, int) else s.port for s in servers]
        listed = ", ".join(f"127.0.0.1:{port}" for port in ports)
        program, host = start("Session", {"Servers": listed} | inputs, clock_ms=START_MS)
        terminal = Life(program, host)
        for server in servers:
            if isinstance(server, Server):
                server.attach(terminal)
        assert program.init() == 0
        return terminal

    return _dial


@pytest.fixture
def link(context: zmq.Context[Any], dial: Callable[..., Life]) -> tuple[Life, Server]:
    """A session that is logged on; its first durable message, "snapshot", has arrived."""
    server = Server(context)
    terminal = dial(server)
    server.log_on()
    server.next(HandsOff)
    return terminal, server


def keep_alive(terminal: Life, server: Server, ms: int, step: int = 10) -> None:
    """Let time pass while the bridge sends its heartbeats."""
    for _ in range(ms // 500):
        server.send(beat())
        terminal.until(lambda: server.socket.poll(0) == 0)
        server.socket.poll(2)
        terminal.advance(500, step)
