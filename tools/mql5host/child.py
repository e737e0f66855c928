"""
The terminal's own process: one Expert Advisor, one simulated terminal, the broker at the other end of a pipe.

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
from mql5host.native import Program

_IDLE_S = 0.05  # without a timer: how long to wait for the pipe
_SHOWN_EVERY_S = 0.25  # chart objects are reported at most this often


@dataclass(frozen=True, slots=True, kw_only=True)
class Boot:
    """Everything that a terminal process is started with."""

    built: Built
    files: Path
    symbol: str
    period_s: int = 60
    allowed: tuple[str, ...] = ("127.0.0.1",)
    inputs: Mapping[str, str] = field(default_factory=dict)
    port: int = 0


@dataclass(frozen=True, slots=True)
class Said:
    """What the Expert Advisor printed since the last time."""

    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Shown:
    """The texts on the chart, by object name."""

    texts: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Ended:
    """The Expert Advisor is no more: result of OnInit when it failed, or what stopped it."""

    reason: str


@dataclass(frozen=True, slots=True)
class Quit:
    """Up the pipe: remove the Expert Advisor from its chart and end."""

    reason: int = 1  # REASON_REMOVE


def main(pipe: Connection, boot: Boot) -> None:
    """Run until told to quit, until the pipe breaks, or until the Expert Advisor stops."""
    # Ctrl-C at a console reaches every process of the group; it is the parent who decides when the terminal ends.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    terminal = SimTerminal(port=boot.port)
    with Program(
        boot.built,
        terminal,
        files=boot.files,
        symbol=boot.symbol,
        period_s=boot.period_s,
        allowed=boot.allowed,
        inputs=boot.inputs,
    ) as program:
        _Loop(pipe, terminal, program, boot.symbol).run()


class _Loop:
    """Events in the terminal's order: updates, ticks and transactions, then the timer when it is due."""

    def __init__(self, pipe: Connection, terminal: SimTerminal, program: Program, chart: str) -> None:
        self._pipe = pipe
        self._terminal = terminal
        self._program = program
        self._chart = chart
        self._timer_due = 0.0
        self._shown_due = 0.0
        self._shown: Mapping[str, str] = {}

    def run(self) -> None:
        try:
            self._await_logon()
            if (code := self._program.init()) != 0:
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
        wait = self._timer_due - time.monotonic() if self._program.timer_ms else _IDLE_S
        quit_asked = self._take(max(0.0, wait))
        self._terminal.step(time.monotonic_ns() // 1_000_000)
        self._deliver()
        if quit_asked is not None:
            self._program.deinit(quit_asked.reason)
        elif self._program.timer_ms and time.monotonic() >= self._timer_due:
            # No catching up: a timer event that is late counts once.
            self._timer_due = time.monotonic() + self._program.timer_ms / 1000
            self._program.timer()
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

    def _deliver(self) -> None:
        chart_ticked = False
        for event in self._terminal.take_events():
            if event[0] == "tick":
                # A NewTick that is queued already is not queued again.
                chart_ticked = chart_ticked or event[1] == self._chart
            elif event[0] == "trade":
                self._program.trade()
            else:
                self._program.trade_transaction(event[1], event[2], event[3])
        if chart_ticked:
            self._program.tick()

    def _report(self) -> None:
        if requests := self._terminal.take_requests():
            self._pipe.send(list(requests))
        if self._terminal.logs:
            self._pipe.send(Said(tuple(self._terminal.logs)))
            self._terminal.logs.clear()
        if time.monotonic() >= self._shown_due:
            self._shown_due = time.monotonic() + _SHOWN_EVERY_S
            texts = {name: shown.strings.get("OBJPROP_TEXT", "") for name, shown in self._program.objects().items()}
            if texts != self._shown:
                self._shown = texts
                self._pipe.send(Shown(texts))

    def _ended(self) -> bool:
        if self._program.critical is not None:
            self._pipe.send(Ended(str(self._program.critical)))
        elif self._program.removed:
            self._pipe.send(Ended("the Expert Advisor removed itself"))
        else:
            return False
        return True
