"""
Everything a demo consists of, and one step of it.

The broker model lives in this process, the service's desk in a thread of it, the Expert Advisor and its terminal in a process of
their own.
Two clocks: market time comes from the prices and is scaled; everything else, heartbeats and deadlines included, is real.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from dtms.cli import keyfiles
from dtms.cli.demo.clock import Clock, Turn
from dtms.cli.demo.scenario import Scenario
from dtms.errors import StartError
from dtms.names import OnSilence
from dtms.runtime import keys
from dtms.runtime.log import Sink
from dtms.runtime.service import Service
from dtms.runtime.snapshots import ServiceView
from dtms.settings import AdoptSettings, BreakEvenSettings, DeskSettings, LinkSettings, Mode, Scope, Settings
from dtms.sim.broker import Broker
from dtms.sim.errors import Refused
from dtms.sim.trades import PlannedTrade
from dtms.store.opening import open_store
from mql5host.build import Built
from mql5host.child import Boot
from mql5host.process import TerminalProcess

_DEPOSIT = 10_000.0
_READY_S = 20.0
_NOTICE_S = 15.0  # the Expert Advisor believes three samples, one a second
_STEP_S = 0.002  # how long a step may wait for the terminal to say something
_MAGIC = 20_240_108  # what a bot of the user's would put on its trades


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What the command line asked for, as far as the stage cares."""

    folder: Path
    offset_s: int
    break_even: bool
    curve: bool = False
    turn: Turn | None = None


class Stage:
    """Broker, service and terminal, wired."""

    def __init__(self, scenario: Scenario, built: Built, wanted: Wanted, log: Sink) -> None:
        self.scenario = scenario
        self.fed = 0
        self.refused = 0
        first = scenario.points[0]
        self.broker = Broker([scenario.spec], deposit=_DEPOSIT, time_msc=first.time_msc, offset_ms=wanted.offset_s * 1_000)
        self.clock = Clock(scenario.points, wanted.offset_s, wanted.turn)
        if self.clock.turns:
            self.broker.plan_offset(scenario.points[self.clock.turn_index].time_msc, self.clock.after_s * 1_000)
        self._turned_at: float | None = None  # while the turn has not been noticed
        self._built = built
        self._folder = wanted.folder
        self._files = wanted.folder / "MQL5" / "Files"
        self._inputs = _secured(wanted.folder, self._files) if wanted.curve else {}
        settings = _settings(wanted)
        link_keys = keys.load(settings.link.curve_server_key_file, settings.link.curve_clients_folder, wanted.folder)
        self._store = open_store(wanted.folder, settings.store)
        self.service = Service(settings, self._store, log, keys=link_keys)
        self._trades: Sequence[PlannedTrade] = scenario.trades
        self._next_trade = 0
        self.terminal: TerminalProcess | None = None

    def open(self) -> None:
        """
        Start the service, then the terminal, and wait until they know each other.

        Raises:
            StartError: They did not, in time.
        """
        self.service.start()
        self._files.mkdir(parents=True, exist_ok=True)
        boot = Boot(
            built=self._built,
            files=self._files,
            symbol=self.scenario.spec.name,
            inputs={"Servers": self.service.address.removeprefix("tcp://")} | self._inputs,
        )
        terminal = self.terminal = TerminalProcess(boot)
        terminal.start()
        terminal.send(self.broker.full_state())
        self._await(lambda: self.service.wait_ready(0), "the Expert Advisor did not log on")
        self._await(lambda: self.clock.known(self.view()), "the Expert Advisor did not tell the offset of the server's clock")
        # A feed begins with the quote that is there when it is asked for; what came before is history. So the first one waits.
        self.feed(1)
        self._await(lambda: self.view().counters["bridge.quotes_covered"] > 0, "the first quote did not arrive")

    def _await(self, reached: Callable[[], bool], what: str) -> None:
        limit = time.monotonic() + _READY_S
        while not reached():
            self.step()
            self.check()
            if time.monotonic() > limit:
                said = [] if self.terminal is None else list(self.terminal.lines)[-5:]
                raise StartError(f"{what} within {_READY_S:g} s; the Expert Advisor said: {said}")

    def feed(self, count: int) -> None:
        """Let the next quotes happen at the broker, each trade planted at its own; none while the market stands still."""
        points, broker, symbol = self.scenario.points, self.broker, self.scenario.spec.name
        for index in range(self.fed, min(self.fed + count, len(points))):
            if self._stands_still():
                return
            point = points[index]
            broker.quote(symbol, point.time_msc, point.bid, point.ask)
            self.fed = index + 1
            if self.clock.turns and index == self.clock.turn_index:
                self._turned_at = time.monotonic()
                return  # what is planted here comes with the next quote, when the times of positions are sure again
            while self._next_trade < len(self._trades) and self._trades[self._next_trade].index <= index:
                self._plant(self._trades[self._next_trade])
                self._next_trade += 1

    def _stands_still(self) -> bool:
        """Whether no quote may happen now: the last turn of the clock has not been noticed."""
        if self._turned_at is not None and self.clock.noticed(self.view()):
            self._turned_at = None
        return self._turned_at is not None

    def _plant(self, trade: PlannedTrade) -> None:
        symbol = self.scenario.spec.name
        try:
            opened = self.broker.human_open(
                symbol, trade.side, trade.volume, sl=trade.sl, tp=trade.tp, magic=_MAGIC, comment="demo"
            )
        except Refused:
            self.refused += 1  # the market moved between plan and quote, or there is no money left; counted in the summary
        else:
            self.clock.opened(opened, self.scenario.points[self.fed - 1].time_msc)

    def step(self) -> None:
        """Carry messages between broker and terminal once."""
        terminal = self.terminal
        if terminal is None:
            return
        now = time.monotonic_ns() // 1_000_000
        self.broker.receive(terminal.take_requests(), now)
        self.broker.step(now)
        if updates := self.broker.take_updates():
            terminal.send(updates)
        terminal.wait(_STEP_S)
        self.clock.look(self.view())

    def check(self) -> None:
        """
        See whether everybody is still there.

        Raises:
            StartError: The service, the terminal or the Expert Advisor has ended, or does not notice a turn of the clock.
        """
        if self._turned_at is not None and time.monotonic() - self._turned_at > _NOTICE_S:
            raise StartError(f"the Expert Advisor did not notice within {_NOTICE_S:g} s that the server's clock was turned")
        if self.service.failure is not None:
            raise StartError(f"the service failed: {self.service.failure}") from self.service.failure
        terminal = self.terminal
        if terminal is not None and (terminal.ended or not terminal.alive):
            raise StartError(f"the terminal ended: {terminal.ended or 'its process is gone'}; it said: {list(terminal.lines)[-5:]}")

    @property
    def at_end(self) -> bool:
        """Whether every quote has been fed."""
        return self.fed == len(self.scenario.points)

    def view(self) -> ServiceView:
        """Return the service's picture of itself."""
        return self.service.snapshot()

    def settled(self) -> bool:
        """Whether the bridge has every quote, the Expert Advisor has said how many it sent, and no command is unanswered."""
        view = self.view()
        told = max((t.quotes_sent for a in view.accounts for t in a.terminals), default=0)
        return (
            view.counters["bridge.quotes_covered"] >= self.fed
            and told >= view.counters["bridge.quotes_received"]
            and not any(a.commands_under_way for a in view.accounts)
        )

    def close(self) -> None:
        """Take leave: the Expert Advisor is removed, then the service ends."""
        if self.terminal is not None:
            self.terminal.stop()
            self.terminal.take_requests()
        self.service.stop(5.0, OnSilence.HOLD)
        self._store.close()


def _secured(folder: Path, files: Path) -> dict[str, str]:
    """Make keys; return the inputs that name them."""
    made = keyfiles.make("demo", folder, files, replace=True)
    return {"KeyFile": made.key_file.name}


def _settings(wanted: Wanted) -> Settings:
    return Settings(
        mode=Mode.ACT,
        link=LinkSettings(bind="tcp://127.0.0.1:*", curve_server_key_file=keyfiles.SERVER_FILE if wanted.curve else ""),
        desk=DeskSettings(snapshot_ms=2),  # the feeder reads its progress there
        adopt=AdoptSettings(scope=Scope.ALL, confirmed=True),
        break_even=BreakEvenSettings(enabled=wanted.break_even),
    )
