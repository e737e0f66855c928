"""
The whole Expert Advisor in one thread: DtmsBridge.mq5 built natively, the broker model behind it, a bare ROUTER in front.

Monotonic time and market time are virtual and move together, ten milliseconds a timer event; only the loopback takes real time.
"""

import shutil
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import Any, ClassVar, Self

from tests.mql5.curve import Security
from tests.mql5.router import PATIENCE_S, M, Router

from dtms.sim.behaviour import Behaviour, Effect, Rule
from dtms.sim.broker import Broker
from dtms.sim.derive import derive_spec
from dtms.sim.messages import TradeFields
from dtms.sim.spec import SymbolSpec
from dtms.sim.state import Position
from dtms.sim.terminal import SimTerminal
from dtms.wire.messages import (
    ExecutionReport,
    Heartbeat,
    Logon,
    ModifyPosition,
    PositionOpened,
    ReducePosition,
    Snapshot,
    TestRequest,
)
from mql5host import api
from mql5host.build import Built, build, sources_root
from mql5host.native import Program
from mql5host.sockets import SocketModel

EXPERT = "DTMS/DtmsBridge.mq5"
T0 = 1_709_632_800_000  # Tuesday, 5 March 2024, 10:00 UTC: every market is open
OFFSET_MS = 7_200_000  # the server's clock is two hours ahead
START_MS = 1_000_000
TIMER_MS = 10
BEAT_MS = 500
PACE_S = 0.2
PANEL_TO_DO = 7  # line of the panel
INIT_FAILED, INIT_PARAMETERS_INCORRECT = (
    api.load().enums["ENUM_INIT_RETCODE"][name] for name in ("INIT_FAILED", "INIT_PARAMETERS_INCORRECT")
)
CHARTEVENT_OBJECT_CLICK = api.load().enums["ENUM_CHART_EVENT"]["CHARTEVENT_OBJECT_CLICK"]


@cache
def expert(sanitize: tuple[str, ...], defines: tuple[str, ...] = ()) -> Built:
    """The Expert Advisor, built once a run."""
    return build(sources_root() / "Experts" / EXPERT, include=sources_root() / "Include", sanitize=sanitize, defines=defines)


class Harness:
    """
    Broker, terminal, program and router, pumped by hand.

    Args:
        folder: for the program's files.
        specs: symbols of the broker; the first is the chart's.
        inputs: the Expert Advisor's.
        behaviour: how the broker treats requests.
        immediate: answers may come before OrderSendAsync returns.
        security: of the link; None: NULL.
        quote_first: give each symbol a quote before the program starts.
        accept: fields of the LogonAccepted that differ from the usual.
        defines: names that the program is built with.
        account: fields of the account.

    Attributes:
        now: the program's GetTickCount64.
        sent: requests that left the terminal, unless they were answered at once.
    """

    SANITIZE: ClassVar[tuple[str, ...]] = ()
    """What programs are built with, from pytest's --sanitize."""

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
        security: Security | None = None,
        allowed: Sequence[str] = ("127.0.0.1",),
        terminal_type: type[SimTerminal] = SimTerminal,
        terminal_options: Mapping[str, Any] | None = None,
        accept: Mapping[str, Any] | None = None,
        defines: tuple[str, ...] = (),
        **account: Any,
    ) -> None:
        secured = security or Security("NULL", folder)
        self.context = secured.context()
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
        self.files = folder / "Files"

        def make_terminal() -> SimTerminal:
            return terminal_type(
                call=lambda request: self.broker.call(request, self.now),
                immediate=immediate,
                **(terminal_options or {}),
            )

        texts = {"Servers": f"127.0.0.1:{self.router.port}"} | secured.inputs() | dict(inputs or {})

        def make_program() -> Program:
            return Program(
                expert(self.SANITIZE, defines),
                self.terminal,
                files=self.files,
                symbol=self.chart,
                inputs=as_texts(texts),
                virtual_clock_ms=self.now,
                sockets=sockets or SocketModel(),
                allowed=allowed,
            )

        self._make_terminal, self._make_program = make_terminal, make_program
        self._load()

    def _load(self) -> None:
        self.terminal = self._make_terminal()
        self.terminal.apply_all(self.broker.full_state())
        self.terminal.take_events()
        self.program = self._make_program()

    def kill(self, files: Path | None = None) -> None:
        """
        End the terminal as kill -9 does, and load another life of it, which `start` starts.

        Args:
            files: the program's files as they were at that moment; None: as they are now.
        """
        self.program.close()
        if files is not None:
            shutil.rmtree(self.files)
            shutil.copytree(files, self.files)
        self.broker.take_updates()
        self.router.frames.clear()
        self.router.identity = b""
        self._load()

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
        self.router.drain(wait_ms)
        if self.now - self._beat_ms >= BEAT_MS:
            self._beat_ms = self.now
            self.router.beat()
            self._keep_pace()

    def _keep_pace(self) -> None:
        """
        Hold the virtual clock until the program has heard of the bridge, for the network is not faster on a busy machine.

        Gives up soon where there is no link: then it is not held.
        """
        if not (self.router.beats and self.router.identity and self.router.accept is not None):
            return
        asked = self._ask()
        end = time.monotonic() + PACE_S
        while not self._answered(asked) and time.monotonic() < end:
            self.program.timer()
            self.router.drain(1)

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
        """Let time pass, a timer event every few ms."""
        end = self.now + ms
        while self.now < end:
            self.step(min(step, end - self.now))

    def until(self, done: Callable[[], object], *, limit_ms: int = 30_000) -> None:
        """Let time pass until something is so, at the pace of the network."""
        end, real_end = self.now + limit_ms, time.monotonic() + PATIENCE_S
        while not done():
            assert self.now < end, "it did not happen"
            assert time.monotonic() < real_end, "it did not happen in real time"
            self.step(wait_ms=1)

    def settle(self) -> None:
        """Until nothing more is on the way: the program has read what was sent, and what it had to say has come."""
        self._round_trip()
        self.advance(300)
        self._round_trip()

    def _round_trip(self) -> None:
        asked = self._ask()
        self.until(lambda: self._answered(asked))

    def _ask(self) -> int:
        self._asked += 1
        self.router.send(TestRequest(test_id=self._asked))
        return self._asked

    def _answered(self, test_id: int) -> bool:
        return any(isinstance(f.body, Heartbeat) and f.body.test_id == test_id for f in reversed(self.router.frames))

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

    def hold(self, volume: float = 0.30, *, side: int = 0, sl: float = 1.09, tp: float = 0.0, symbol: str = "") -> int:
        """A position that a human opens and the program has told; its ticket."""
        ticket = self.broker.human_open(symbol or self.chart, side, volume, sl=sl, tp=tp)
        self.wait_for(PositionOpened, lambda opened: opened.position.ticket == ticket)
        return ticket

    def held(self, ticket: int) -> Position:
        """The position at the server."""
        return next(position for position in self.broker.positions if position.ticket == ticket)

    def rule(self, times: int | None = None, **effect: Any) -> None:
        """What happens to every request from now on, or to so many."""
        self.broker.behaviour.rules.append(Rule(Effect(**effect), times=times))

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

    def modify(
        self, ticket: int, *, expect: tuple[float | None, float | None], to: tuple[float | None, float | None], **fields: Any
    ) -> int:
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

    def to_do(self) -> str:
        """What the panel says about what is missing; it may take more than one line."""
        return " ".join(line for line in self.panel()[PANEL_TO_DO:] if line)

    @property
    def printed(self) -> list[str]:
        return list(self.terminal.logs)


def as_texts(values: Mapping[str, object]) -> dict[str, str]:
    """Inputs as a .set file has them."""
    return {name: str(value).lower() if isinstance(value, bool) else str(value) for name, value in values.items()}


def usual_price(symbol: str) -> float:
    """A price of the right size for the symbol."""
    return {"EURUSD": 1.1, "USDJPY": 150.0, "XAUUSD": 2_000.0}.get(symbol, 1.25)


@contextmanager
def running(folder: Path, **options: Any) -> Iterator[Harness]:
    """A program that is logged on."""
    with Harness(folder, **options) as harness:
        harness.start()
        yield harness
