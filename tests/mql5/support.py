"""
The whole Expert Advisor in one thread: DtmsBridge.mq5 built natively, the broker model behind it, a bare ROUTER in front.

Monotonic time and market time are virtual and move together, ten milliseconds a timer event; only the loopback takes real time.
"""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

import zmq
from tests.mql5.inputs import as_texts

from dtms.names import Role
from dtms.sim.behaviour import Behaviour
from dtms.sim.broker import Broker
from dtms.sim.derive import derive_spec
from dtms.sim.messages import TradeFields
from dtms.sim.spec import SymbolSpec
from dtms.sim.terminal import SimTerminal
from dtms.wire.codec import Frame, decode, encode
from dtms.wire.market_messages import Tick, Ticks
from dtms.wire.messages import (
    Body,
    Credit,
    ExecutionReport,
    Heartbeat,
    Logon,
    LogonAccepted,
    Message,
    ModifyPosition,
    ReducePosition,
    Snapshot,
    TestRequest,
)
from mql5host.build import Built, build, sources_root
from mql5host.native import Program
from mql5host.sockets import SocketModel

EXPERT = "DTMS/DtmsBridge.mq5"
T0 = 1_709_632_800_000  # Tuesday, 5 March 2024, 10:00 UTC: every market is open
OFFSET_MS = 7_200_000  # the server's clock is two hours ahead
START_MS = 1_000_000
EPOCH = 3
TIMER_MS = 10
PATIENCE_S = 10.0
CHARTEVENT_OBJECT_CLICK = 1
M = TypeVar("M", bound=Message)


@cache
def expert() -> Built:
    """The Expert Advisor, built once a run."""
    return build(sources_root() / "Experts" / EXPERT, include=sources_root() / "Include")


class Router:
    """
    The bridge's end of the link. It answers logons, heartbeats and quotes by itself until a test tells it not to.

    Attributes:
        frames: what came, oldest first; quotes are in `ticks` as (number, quote) instead.
        accept: fields of the LogonAccepted, or None to leave logons unanswered.
        credit: whether quotes are acknowledged.
        beats: whether heartbeats are sent.
    """

    def __init__(self, context: "zmq.Context[Any]") -> None:
        self._context = context
        self.socket = context.socket(zmq.ROUTER)
        self.socket.setsockopt(zmq.LINGER, 0)
        self.port = int(self.socket.bind_to_random_port("tcp://127.0.0.1"))
        self.accept: dict[str, Any] | None = {}
        self.credit = True
        self.beats = True
        self.epoch = EPOCH
        self.frames: list[Frame] = []
        self.ticks: list[tuple[int, Tick]] = []
        self.identity = b""
        self.nonce = 0
        self.seq = 0
        self.ack = 0
        self.tick_seq = 0
        self._counter = 0

    def drain(self, wait_ms: int = 0) -> None:
        """Read and answer what has come."""
        before = self.tick_seq
        while self.socket.poll(wait_ms):
            wait_ms = 0
            identity, data = self.socket.recv_multipart()
            frame = decode(data)
            if isinstance(frame.body, Logon):
                self.identity, self.nonce = identity, frame.session
            elif identity != self.identity:
                continue  # the rest of a connection that is over
            self._take(frame)
        if self.credit and self.tick_seq > before:
            self.send(Credit(tick_seq=self.tick_seq))

    def _take(self, frame: Frame) -> None:
        if isinstance(frame.body, Ticks):
            first = frame.body.tick_seq - len(frame.body.ticks) + 1
            self.ticks.extend((first + i, tick) for i, tick in enumerate(frame.body.ticks))
            self.tick_seq = frame.body.tick_seq
            return
        self.frames.append(frame)
        if frame.seq:
            assert frame.seq == self.ack + 1 or frame.dup, "a hole in the numbering"
            self.ack = max(self.ack, frame.seq)
        if isinstance(frame.body, Logon) and self.accept is not None:
            self.log_on()

    def log_on(self, **changes: Any) -> None:
        """Accept the last logon."""
        fields = accepted() | {"epoch": self.epoch} | (self.accept or {}) | changes
        if fields["resume"]:
            fields |= {"highest_seq_seen": self.ack, "highest_tick_seq_seen": self.tick_seq} | changes
        else:
            self.seq = self.ack = self.tick_seq = 0
        self.send(LogonAccepted(**fields))

    def send(self, body: Body, **changes: int) -> None:
        numbers = {"session": self.nonce, "seq": 0, "ack": self.ack, "epoch": self.epoch, "mono_ms": 1, "flags": 0} | changes
        if isinstance(body, Message) and body.DURABLE and "seq" not in changes:
            self.seq += 1
            numbers["seq"] = self.seq
        self.socket.send_multipart([self.identity, encode(Frame(body=body, **numbers))])

    def beat(self) -> None:
        if self.beats and self.identity:
            fields: dict[str, Any] = dict.fromkeys(Heartbeat.FIELDS, 0)
            fields |= {"highest_seq_sent": self.seq, "tick_seq": self.tick_seq if self.credit else 0}
            self.send(Heartbeat(**(fields | {"utc_offset_s": None, "test_id": None, "hands_off": False, "digest": None})))

    def reopen(self) -> None:
        """Cut the connection, as by a broken network; the program dials the same port again."""
        self.socket.close()
        self.identity = b""
        self.socket = self._context.socket(zmq.ROUTER)
        self.socket.setsockopt(zmq.LINGER, 0)
        end = time.monotonic() + PATIENCE_S
        while True:
            try:
                self.socket.bind(f"tcp://127.0.0.1:{self.port}")
            except zmq.ZMQError as error:  # the old socket's thread has not let the port go
                if error.errno != zmq.EADDRINUSE or time.monotonic() > end:
                    raise
            else:
                return

    def next_id(self) -> int:
        """A command_id that was not used before."""
        self._counter += 1
        return self.epoch << 24 | self._counter

    def of(self, kind: type[M]) -> list[M]:
        """All messages of a type that came, oldest first."""
        return [frame.body for frame in self.frames if isinstance(frame.body, kind)]

    def quotes(self, symbol: str) -> list[Tick]:
        return [tick for _, tick in self.ticks if tick.symbol == symbol]


def accepted() -> dict[str, Any]:
    """The fields of a LogonAccepted that lets everything happen."""
    return {
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
        "credit_window": 4_096,
        "grace_s": 30,
        "mode_act": True,
    }


class Harness:
    """
    Broker, terminal, program and router, pumped by hand.

    Args:
        folder: for the program's files.
        specs: symbols of the broker; the first is the chart's.
        inputs: the Expert Advisor's.
        behaviour: how the broker treats requests.
        immediate: answers may come before OrderSendAsync returns.
        quote_first: give each symbol a quote before the program starts.
        accept: fields of the LogonAccepted that differ from the usual.
        account: fields of the account.

    Attributes:
        now: the program's GetTickCount64.
        sent: requests that left the terminal, unless they were answered at once.
    """

    def __init__(
        self,
        folder: Path,
        *,
        specs: Sequence[SymbolSpec] | None = None,
        inputs: Mapping[str, object] | None = None,
        behaviour: Behaviour | None = None,
        immediate: bool = False,
        deposit: float = 1_000_000.0,
        quote_first: bool = True,
        sockets: SocketModel | None = None,
        allowed: Sequence[str] = ("127.0.0.1",),
        terminal_type: type[SimTerminal] = SimTerminal,
        terminal_options: Mapping[str, Any] | None = None,
        accept: Mapping[str, Any] | None = None,
        **account: Any,
    ) -> None:
        self.context: zmq.Context[Any] = zmq.Context()
        self.router = Router(self.context)
        self.router.accept = dict(accept or {})
        self.now = START_MS
        self._beat_ms = 0
        self._asked = 0
        self.sent: list[TradeFields] = []
        self.specs = list(specs) if specs is not None else [derive_spec("EURUSD")]
        self.chart = self.specs[0].name
        self.broker = Broker(self.specs, deposit=deposit, time_msc=T0, offset_ms=OFFSET_MS, behaviour=behaviour)
        if account:
            self.broker.change_account(**account)
        if quote_first:
            for spec in self.specs:
                self.quote(spec.name)
        self.terminal = terminal_type(
            call=lambda request: self.broker.call(request, self.now),
            immediate=immediate,
            **(terminal_options or {}),
        )
        self.terminal.apply_all(self.broker.full_state())
        self.terminal.take_events()
        texts = {"Servers": f"127.0.0.1:{self.router.port}"} | dict(inputs or {})
        self.program = Program(
            expert(),
            self.terminal,
            files=folder / "Files",
            symbol=self.chart,
            inputs=as_texts(texts),
            virtual_clock_ms=self.now,
            sockets=sockets or SocketModel(),
            allowed=allowed,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        try:
            if kind is None and not self.program.stopped:
                self.program.deinit(1)
            self.program.close()
            if kind is None:
                assert self.program.undeleted == 0
        finally:
            self.context.destroy(linger=0)

    # ---- time

    @property
    def market_ms(self) -> int:
        """UTC of the market."""
        return T0 + self.now - START_MS

    @property
    def server_ms(self) -> int:
        return self.market_ms + OFFSET_MS

    def step(self, ms: int = TIMER_MS, *, wait_ms: int = 0) -> None:
        """Let time pass, the broker work, events arrive, and the timer fire once."""
        self.now += ms
        self.program.set_clock_ms(self.now)
        if self.market_ms > self.broker.standing.market.time_msc:
            self.broker.advance_market(self.market_ms)
        self.exchange()
        self.program.timer()
        self.exchange()
        if self.now - self._beat_ms >= 500:
            self._beat_ms = self.now
            self.router.beat()
        self.router.drain(wait_ms)

    def exchange(self) -> None:
        """Requests to the broker, its news to the terminal, events to the program."""
        taken = self.terminal.take_requests()
        self.sent += [request.trade for request in taken]
        self.broker.receive(taken, self.now)
        self.broker.step(self.now)
        self.terminal.apply_all(self.broker.take_updates())
        self.terminal.step(self.now)
        ticked = False
        for event in self.terminal.take_events():
            if event[0] == "transaction":
                self.program.trade_transaction(*event[1:])
            elif event[0] == "trade":
                self.program.trade()
            elif event[1] == self.chart and not ticked:
                ticked = True
                self.program.tick()

    def advance(self, ms: int, step: int = TIMER_MS) -> None:
        """Let time pass; the network gets a moment at each heartbeat."""
        end = self.now + ms
        while self.now < end:
            self.step(min(step, end - self.now), wait_ms=int(self.now - self._beat_ms >= 490))

    def until(self, done: Callable[[], object], *, limit_ms: int = 30_000) -> None:
        """Let time pass until something is so, at the pace of the network."""
        end, real_end = self.now + limit_ms, time.monotonic() + PATIENCE_S
        while not done():
            assert self.now < end and time.monotonic() < real_end, "it did not happen"
            self.step(wait_ms=1)

    def settle(self) -> None:
        """Until nothing more is on the way: the program has read what was sent, and what it had to say has come."""
        self._round_trip()
        self.advance(300)
        self._round_trip()

    def _round_trip(self) -> None:
        self._asked += 1
        self.router.send(TestRequest(test_id=self._asked))
        self.until(lambda: any(beat.test_id == self._asked for beat in self.router.of(Heartbeat)))

    # ---- what tests do

    def start(self) -> Logon:
        """OnInit, logon and first snapshot."""
        assert self.program.init() == 0
        self.until(lambda: self.router.of(Snapshot))
        return self.router.of(Logon)[-1]

    def quote(self, symbol: str | None = None, bid: float | None = None, ask: float | None = None) -> tuple[float, float]:
        """A quote at the present market time; defaults to a usual price of the symbol."""
        name = symbol or self.chart
        spec = next(spec for spec in self.specs if spec.name == name)
        at = usual_price(name) if bid is None else bid
        prices = (at, ask if ask is not None else round(at + 10 * spec.point, spec.digits))
        self.broker.quote(name, self.market_ms, *prices)
        return prices

    def wait_for(self, kind: type[M], suits: Callable[[M], object] = lambda _: True, *, limit_ms: int = 30_000) -> M:
        """The first message of that type that suits, also if it has come already."""

        def found() -> list[M]:
            return [message for message in self.router.of(kind) if suits(message)]

        self.until(found, limit_ms=limit_ms)
        return found()[0]

    def report(self, command_id: int, *, nth: int = 0, limit_ms: int = 30_000) -> ExecutionReport:
        """The n-th report of a command."""

        def reports() -> list[ExecutionReport]:
            return [r for r in self.router.of(ExecutionReport) if r.command_id == command_id]

        self.until(lambda: len(reports()) > nth, limit_ms=limit_ms)
        return reports()[nth]

    def modify(self, ticket: int, *, expect: tuple[float | None, float | None], to: tuple[float | None, float | None], **fields: Any) -> int:
        """Send a ModifyPosition; its id. Pairs are (stop, target)."""
        values = {"command_id": self.router.next_id(), "deadline_ms": self.now + 3_000, "risk_class": 1} | fields
        self.router.send(
            ModifyPosition(
                ticket=ticket,
                expect_stop=expect[0],
                expect_target=expect[1],
                stop_loss=to[0],
                take_profit=to[1],
                **values,
            ),
        )
        return int(values["command_id"])

    def reduce(self, ticket: int, leave: float = 0.0, *, expect: float | None = None, **fields: Any) -> int:
        """Send a ReducePosition; its id."""
        values = {"command_id": self.router.next_id(), "deadline_ms": self.now + 15_000, "risk_class": 1, "deviation": 20} | fields
        self.router.send(ReducePosition(ticket=ticket, expect_volume=expect, leave_volume=leave, **values))
        return int(values["command_id"])

    def panel(self) -> list[str]:
        """The texts of the panel, line by line."""
        objects = self.program.objects()
        return [o.strings.get("OBJPROP_TEXT", "") for name, o in sorted(objects.items()) if ".line" in name]

    @property
    def printed(self) -> list[str]:
        return list(self.terminal.logs)


def usual_price(symbol: str) -> float:
    """A price of the right size for the symbol."""
    return {"EURUSD": 1.1, "USDJPY": 150.0, "XAUUSD": 2_000.0}.get(symbol, 1.25)


@contextmanager
def running(folder: Path, **options: Any) -> Iterator[Harness]:
    """A program that is logged on."""
    with Harness(folder, **options) as harness:
        harness.start()
        yield harness


def opened(harness: Harness, count: int, **options: Any) -> Iterable[int]:
    """Positions that a human opened, and that the program has seen."""
    return [harness.broker.human_open(harness.chart, 0, 0.10, **options) for _ in range(count)]
