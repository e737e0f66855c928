"""
The terminal's own process: a simulated terminal, one Expert Advisor or several, the broker at the other end of a pipe.

What comes up the pipe is taken between two events of the Expert Advisor, as a terminal does; what goes down is order
requests and, for whoever watches, what the Expert Advisor printed and shows on its chart.
"""

import signal
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path

from dtms.sim.terminal import SimTerminal
from mql5host.build import Built
from mql5host.charts import REASON_REMOVE, Chart, Charts

_IDLE_S = 0.05  # without a timer: how long to wait for the pipe
_SHOWN_EVERY_S = 0.25  # chart objects are reported at most this often
_FIRST = ""  # the first chart's name: what it says is not marked


@dataclass(frozen=True, slots=True, kw_only=True)
class Beside:
    """A further chart of the terminal; `name` marks what its Expert Advisor says and sends."""

    name: str
    built: Built
    symbol: str
    period_s: int = 60
    inputs: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Boot:
    """Everything that a terminal process is started with: the first chart, and those beside it."""

    built: Built
    files: Path
    symbol: str
    period_s: int = 60
    allowed: tuple[str, ...] = ("127.0.0.1",)
    inputs: Mapping[str, str] = field(default_factory=dict)
    port: int = 0
    beside: tuple[Beside, ...] = ()


@dataclass(frozen=True, slots=True)
class Said:
    """What the Expert Advisor printed since the last time."""

    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Shown:
    """The texts on the charts, by object name; on a chart beside the first one NAME/object."""

    texts: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Ended:
    """The first chart's Expert Advisor is no more: result of OnInit when it failed, or what stopped it."""

    reason: str


@dataclass(frozen=True, slots=True)
class Quit:
    """Up the pipe: remove every Expert Advisor from its chart and end."""

    reason: int = REASON_REMOVE


def main(pipe: Connection, boot: Boot) -> None:
    """Run until told to quit, until the pipe breaks, or until the Expert Advisor stops."""
    # Ctrl-C at a console reaches every process of the group; it is the parent who decides when the terminal ends.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    terminal = SimTerminal(port=boot.port)
    charts = Charts(terminal, boot.files)
    try:
        _attach(charts, boot)
        _Loop(pipe, terminal, charts).run()
    finally:
        charts.kill()  # those that were removed in order are gone by now


def _attach(charts: Charts, boot: Boot) -> None:
    first = Beside(name=_FIRST, built=boot.built, symbol=boot.symbol, period_s=boot.period_s, inputs=boot.inputs)
    for one in (first, *boot.beside):
        charts.attach(
            one.name, one.built, symbol=one.symbol, period_s=one.period_s, inputs=one.inputs, allowed=boot.allowed
        )  # fmt: skip


class _Loop:
    """Events in the terminal's order: updates, ticks and transactions, then the timers that are due."""

    def __init__(self, pipe: Connection, terminal: SimTerminal, charts: Charts) -> None:
        self._pipe = pipe
        self._terminal = terminal
        self._charts = charts
        self._shown_due = 0.0
        self._shown: Mapping[str, str] = {}

    def run(self) -> None:
        try:
            self._await_logon()
            for chart in self._charts:
                if (code := self._charts.init(chart.name)) != 0:
                    self._pipe.send(Ended(f"OnInit returned {code}"))
                    return
            while self._step():
                pass
        except (EOFError, BrokenPipeError, ConnectionResetError):
            return

    def _await_logon(self) -> None:
        """MetaTrader waits for the trade environment before OnInit, up to 5 s."""
        if self._pipe.poll(5.0):
            self._terminal.apply_all(self._pipe.recv())

    def _step(self) -> bool:
        due = self._charts.next_timer()
        quit_asked = self._take(_IDLE_S if due is None else max(0.0, due / 1_000 - time.monotonic()))
        self._terminal.step(_now_ms())
        self._charts.deliver()
        if quit_asked is None:
            self._charts.timers(_now_ms())
        else:
            for chart in self._charts:
                self._charts.detach(chart.name, quit_asked.reason)
        self._report()
        return quit_asked is None and not self._ended()

    def _take(self, wait: float) -> Quit | None:
        while self._pipe.poll(wait):
            message = self._pipe.recv()
            if isinstance(message, Quit):
                return message
            self._terminal.apply_all(message)
            wait = 0.0
        return None

    def _report(self) -> None:
        if requests := self._terminal.take_requests():
            self._pipe.send(list(requests))
        if self._terminal.logs:
            self._pipe.send(Said(tuple(self._terminal.logs)))
            self._terminal.logs.clear()
        if time.monotonic() >= self._shown_due:
            self._shown_due = time.monotonic() + _SHOWN_EVERY_S
            texts = {name: text for chart in self._charts for name, text in _texts(chart).items()}
            if texts != self._shown:
                self._shown = texts
                self._pipe.send(Shown(texts))

    def _ended(self) -> bool:
        """Whether the first chart's program has ended; another one that has is taken off its chart."""
        for chart in self._charts:
            why = _end_of(chart)
            if why is None:
                continue
            if chart.name == _FIRST:
                self._pipe.send(Ended(why))
                return True
            self._terminal.log(f"{chart.name}: {why}")
            self._charts.detach(chart.name)
        return False


def _texts(chart: Chart) -> Mapping[str, str]:
    before = f"{chart.name}/" if chart.name else ""
    return {before + name: shown.strings.get("OBJPROP_TEXT", "") for name, shown in chart.program.objects().items()}


def _end_of(chart: Chart) -> str | None:
    if chart.program.critical is not None:
        return str(chart.program.critical)
    return "the Expert Advisor removed itself" if chart.program.removed else None


def _now_ms() -> int:
    return time.monotonic_ns() // 1_000_000
