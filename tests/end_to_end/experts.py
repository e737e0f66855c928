"""
One account, its broker model, terminals with Expert Advisors on their charts, and the desk, in one thread under one clock.

The programs are native, their sockets real; only time is the test's. Each step lets the programs work, then the desk, and waits
for the frames that are on their way, so that a run takes the time that it needs and not the time that passes in it.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from time import monotonic
from typing import Any

import zmq
from tests.end_to_end.tap import TappedRouter, Told
from tests.end_to_end.wires import Wires

from dtms.names import OnSilence, Role
from dtms.runtime.account import Account
from dtms.runtime.asks import Answer, AskClose
from dtms.runtime.desk import Desk, Item, Stop
from dtms.runtime.inbox import Inbox
from dtms.runtime.log import Line, Log
from dtms.settings import AdoptSettings, BreakEvenSettings, CloseSettings, DeskSettings, LinkSettings, Mode, Scope, Settings
from dtms.sim.behaviour import Behaviour
from dtms.sim.broker import Broker
from dtms.sim.derive import derive_spec
from dtms.sim.messages import Request
from dtms.sim.terminal import SimTerminal
from dtms.sim.witness import Origin, Requested
from dtms.store.journal import MemoryJournal
from dtms.wire.messages import LogonAccepted, RoleChanged, Subscribe
from mql5host import api
from mql5host.build import Built, build, sources_root
from mql5host.charts import Charts
from mql5host.globals import GlobalVariables
from mql5host.native import CHART_ID
from mql5host.sockets import SocketModel

T0 = 1_709_632_800_000  # Tuesday, 5 March 2024, 10:00 UTC: every market is open
START_MS = 1_000_000
_CLICK = api.load().enums["ENUM_CHART_EVENT"]["CHARTEVENT_OBJECT_CLICK"]
STEP_MS = 20
WAIT_S = 0.05  # for frames on their way; those that are still missing then went down with a connection
REAL_LIMIT_S = 60.0
OFFSET_MS = 7_200_000
GRACE_MS, EXTRA_MS = 2_000, 1_000

INPUTS: Mapping[str, str] = {
    "TimerMs": str(STEP_MS),
    "ShowPanel": "false",
    "ResultTimeoutMs": "800",
    "CatchUpMs": "1000",
    "ScanMs": "100",
    "DebounceMs": "300",
    "ReconnectMinMs": "100",
    "ReconnectMaxMs": "400",
    "LogonTimeoutMs": "1000",
}
"""Every wait of the Expert Advisor, shrunk."""


def shrunk(**link: object) -> Settings:
    """Act mode with every wait shrunk."""
    waits: dict[str, object] = {
        "heartbeat_ms": 300,
        "test_after_ms": 700,
        "down_after_ms": 1_500,
        "grace_s": GRACE_MS // 1_000,
        "successor_extra_s": EXTRA_MS // 1_000,
        "other_terminal_s": 1,
        "chart_change_ms": 1_000,
        "ttl_modify_ms": 2_000,
        "ttl_reduce_ms": 2_500,
        "unknown_after_ms": 1_000,
        "claim_ms": 600,
    }
    return Settings(
        mode=Mode.ACT,
        link=LinkSettings.model_validate(waits | link),
        desk=DeskSettings(check_ms=100),
        adopt=AdoptSettings(scope=Scope.ALL, confirmed=True),
        break_even=BreakEvenSettings(retry_ms=200, retry_max_ms=800, max_attempts=100),
        close=CloseSettings(retry_ms=200, retry_max_ms=800, gone_after_ms=1_000),
    )


@cache
def expert() -> Built:
    """The Expert Advisor, built once a run."""
    return build(sources_root() / "Experts/DTMS/DtmsBridge.mq5", include=sources_root() / "Include")


@dataclass(frozen=True, slots=True)
class Seat:
    """Where an Expert Advisor sits."""

    name: str
    terminal: int
    number: int
    symbol: str = "EURUSD"
    symbols: str = ""  # its input Symbols


class House:
    """A terminal that can be started, closed and killed; its files and global variables last, everything else does not."""

    def __init__(self, scene: "Scene", port: int, files: Path) -> None:
        self._scene = scene
        self._port = port
        self._files = files
        self._variables = GlobalVariables()
        self.charts: Charts | None = None
        self.sent: list[Request] = []
        self.profile: list[Seat] = []  # the charts that it opens with

    def start(self) -> None:
        scene = self._scene
        terminal = SimTerminal(port=self._port, call=lambda request: scene.broker.call(request, scene.now))
        terminal.apply_all(scene.broker.full_state(self._port))
        terminal.take_events()
        terminal.step(scene.now)
        self.charts = Charts(terminal, self._files, clock_ms=scene.now, variables=self._variables)
        for seat in self.profile:
            self.open(seat)

    def open(self, seat: Seat) -> None:
        """Attach the Expert Advisor to its chart."""
        assert self.charts is not None
        wires = self._scene.wires[seat.name] = Wires()
        self.charts.attach(
            seat.name,
            expert(),
            symbol=seat.symbol,
            number=seat.number,
            inputs={
                "Servers": self._scene.router.address.removeprefix("tcp://"),
                "Symbols": seat.symbols,
                **INPUTS,
                **self._scene.inputs,
            },
            sockets=SocketModel(layer=wires),
        )
        assert self.charts.init(seat.name) == 0

    def close(self, *, killed: bool) -> None:
        assert self.charts is not None
        charts, self.charts = self.charts, None
        if killed:
            charts.kill()
        else:
            charts.close()

    def exchange(self) -> None:
        """News of the broker to the terminal, events to the programs, requests to the broker."""
        now, broker = self._scene.now, self._scene.broker
        updates = broker.take_updates(self._port)
        if self.charts is None:
            return
        self.charts.terminal.apply_all(updates)
        self.charts.terminal.step(now)
        self.charts.deliver()
        requests = self.charts.terminal.take_requests()
        self.sent += requests
        broker.receive(requests, now)


@dataclass
class Asked:
    """A close that was asked for."""

    ticket: int
    answer: Future[Answer] = field(default_factory=Future)

    @property
    def accepted(self) -> bool:
        return self.answer.done() and self.answer.result().accepted


class Scene:
    """Everything, stepped by hand."""

    def __init__(
        self,
        folder: Path,
        seats: Sequence[Seat],
        *,
        settings: Settings | None = None,
        behaviour: Behaviour | None = None,
        symbols: Sequence[str] = ("EURUSD",),
        inputs: Mapping[str, str] | None = None,
        broker: Broker | None = None,
    ) -> None:
        self.now = START_MS
        self.ahead_ms = 0  # so much of the market's time has passed at once, beside the programs' own
        self.inputs = dict(inputs or {})
        self.seats = {seat.name: seat for seat in seats}
        self.wires: dict[str, Wires] = {}
        self.lines: list[Line] = []
        self._lost = (0, 0)
        specs = [derive_spec(symbol) for symbol in symbols]
        self.broker = broker or Broker(specs, deposit=1_000_000, time_msc=T0, offset_ms=OFFSET_MS, behaviour=behaviour)
        self._names = {f"DtmsBridge-{CHART_ID + seat.number}": seat.name for seat in seats}
        self._settings = settings or shrunk()
        self._log = Log(self.lines.append)
        self._log.start()
        self._open_desk("tcp://127.0.0.1:*")
        count = 1 + max(seat.terminal for seat in seats)
        self.houses = [House(self, 0 if n == 0 else self.broker.attach(), folder / f"terminal{n}") for n in range(count)]
        for seat in seats:
            self.houses[seat.terminal].profile.append(seat)

    def _open_desk(self, address: str) -> None:
        self.context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
        self.router = TappedRouter(self.context, self._names, lambda: self.now)
        self.router.bind(address)
        self.inbox: Inbox[Item] = Inbox(self.context)
        self.inbox.belongs_to_this_thread()
        journal = MemoryJournal()
        journal.attach(self.inbox.put)
        self.desk = Desk(self.router, self.inbox, journal, self._settings, log=self._log, elapsed=lambda: self.now)

    def restart_desk(self, meanwhile: Callable[[], object] = lambda: None) -> None:
        """Take leave of the terminals and begin anew at the same address, knowing nothing; something may happen meanwhile."""
        self.inbox.put(Stop(OnSilence.HOLD))
        self.step()
        before = self.router
        before.close()
        self.inbox.close()
        self.context.term()  # the address is free from here on
        meanwhile()
        self._open_desk(before.address)
        self.router.received, self.router.sent = before.received, before.sent

    # ---- time

    @property
    def utc(self) -> int:
        return T0 + self.ahead_ms + self.now - START_MS

    def step(self) -> None:
        """Let a step of time pass."""
        self.now += STEP_MS
        self.broker.advance_market(self.utc)
        for house in self.houses:
            if house.charts is not None:
                house.charts.set_clock_ms(self.now)
        self._exchange()
        for house in self.houses:
            if house.charts is not None:
                house.charts.timers(self.now)
        self._exchange()
        self._carry()

    def _exchange(self) -> None:
        self.broker.step(self.now)
        for house in self.houses:
            house.exchange()
        self.broker.step(self.now)

    def _carry(self) -> None:
        """Frames to the desk, its work, and frames back; waits for those on their way."""
        limit = monotonic() + WAIT_S
        while True:
            for wires in self.wires.values():
                wires.work()
            self.desk.step(self.now, self.utc)
            missing = self._missing()
            shaking = sum(wires.shakes_hands for wires in self.wires.values())  # all are looked at
            if missing == self._lost and not shaking:
                return
            if monotonic() > limit:
                self._lost = missing
                return
            if missing[0] != self._lost[0] and not shaking:
                self.router.socket.poll(1)
            else:
                for wires in self.wires.values():
                    wires.wait()

    def _missing(self) -> tuple[int, int]:
        counts = [wires.counts for wires in self.wires.values()]
        return sum(sent for sent, _ in counts) - self.router.received, self.router.sent - sum(got for _, got in counts)

    def pass_time(self, ms: int) -> None:
        end = self.now + ms
        while self.now < end:
            self.step()

    def until(self, reached: Callable[[], object], *, limit_ms: int = 30_000) -> None:
        """Let time pass until something is so."""
        end, real_end = self.now + limit_ms, monotonic() + REAL_LIMIT_S
        while not reached():
            assert self.now < end, f"it did not happen: {self.lines[-8:]}"
            assert monotonic() < real_end, "it did not happen in real time"
            self.step()

    def close(self) -> None:
        """End everything; the programs are killed, whatever they are about."""
        for house in self.houses:
            if house.charts is not None:
                house.close(killed=True)
        for wires in self.wires.values():
            wires.close_all()
        self._log.stop(1)
        self.router.close()
        self.inbox.close()
        self.context.destroy(linger=0)

    # ---- what happens to the Expert Advisors

    def charts_of(self, name: str) -> Charts:
        charts = self.houses[self.seats[name].terminal].charts
        assert charts is not None
        return charts

    def attached(self, name: str) -> bool:
        charts = self.houses[self.seats[name].terminal].charts
        return charts is not None and name in charts

    def attach(self, name: str) -> None:
        self.houses[self.seats[name].terminal].open(self.seats[name])

    def detach(self, name: str) -> None:
        self.charts_of(name).detach(name)

    def timeframe(self, name: str, period_s: int = 300) -> None:
        """The user chooses another time frame."""
        assert self.charts_of(name).restart(name, period_s=period_s) == 0

    def stall(self, name: str, *, on: bool) -> None:
        """The program gets no turn, as a stopped process; its clock goes on."""
        self.charts_of(name)[name].stalled = on

    def click(self, name: str, button: str) -> None:
        """Press a button of the panel on its chart."""
        program = self.charts_of(name)[name].program
        (found,) = [x for x in program.objects() if x.endswith(button)]
        program.chart_event(_CLICK, sparam=found)

    # ---- what happens on the account

    def quote(self, bid: float, symbol: str = "EURUSD") -> None:
        self.broker.quote(symbol, self.utc, round(bid, 5), round(bid + 0.0001, 5))

    def ask_close(self, ticket: int) -> Asked:
        asked = Asked(ticket)
        self.inbox.put(AskClose(ticket, None, "test", asked.answer))
        return asked

    # ---- what was seen, at the broker and on the wire

    @property
    def account(self) -> Account:
        return next(iter(self.desk.accounts.values()))

    def requests(self) -> list[Requested]:
        """What Expert Advisors asked of the broker, in the order of sending."""
        history = (x for x in self.broker.witness.history if isinstance(x, Requested) and x.origin is Origin.EXPERT)
        return sorted(history, key=lambda x: x.sent_ms)

    def roles(self) -> list[tuple[Told, Role]]:
        """Roles as the Expert Advisors were told them; what is sent again is older than the answer to the logon before it."""
        told = (x for x in self.router.told if not x.again)
        return [(x, x.body.role) for x in told if isinstance(x.body, (LogonAccepted, RoleChanged))]

    def reigns(self) -> list[Told]:
        """When who was told that it is the manager."""
        return [told for told, role in self.roles() if role is Role.MANAGER]

    def role_of(self, name: str) -> Role | None:
        return next((role for told, role in reversed(self.roles()) if told.name == name), None)

    def subscribed(self, name: str) -> list[str]:
        """What it was asked for last."""
        return next((x.body.symbols for x in reversed(self.router.told) if x.name == name and isinstance(x.body, Subscribe)), [])

    def managed(self, name: str) -> bool:
        """Whether it manages the account and can act."""
        link = self.account.links.manager() if self.desk.accounts else None
        number = CHART_ID + self.seats[name].number
        return link is not None and link.logon.instance_id == f"DtmsBridge-{number}" and self.account.reign.hands() is not None


@contextmanager
def scene(folder: Path, seats: Sequence[Seat], **options: Any) -> Iterator[Scene]:
    """A scene that is cleaned up; its terminals are started."""
    made = Scene(folder, seats, **options)
    try:
        for house in made.houses:
            house.start()
        yield made
    finally:
        made.close()
