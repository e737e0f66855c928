"""
One terminal with several charts, a program on each: they share account, files and global variables, and nothing else.

Events are MetaTrader's: a tick goes to the charts of its symbol, transactions and trades go to all, every program has a timer and
a queue of its own. The caller has the clock and says when events are delivered. All programs run in the caller's thread, one event
after another; MetaTrader has a thread for each, so a call that blocks holds up the others here and not there.
"""

from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from dtms.sim.terminal import SimTerminal
from mql5host.build import Built
from mql5host.globals import GlobalVariables
from mql5host.native import CHART_ID, Program
from mql5host.sockets import SocketModel

REASON_REMOVE, REASON_CHARTCHANGE, REASON_PARAMETERS, REASON_CLOSE = 1, 3, 5, 9
_EVENTS_KEPT = 1_024  # of the queue of transactions; the oldest are overwritten without a word
T = TypeVar("T")


@dataclass(slots=True, eq=False)
class Chart:
    """
    A chart and its program.

    Attributes:
        name: What its requests and lines are marked with.
        stalled: It gets no turn; its events wait.
        lost: Events that its queue had no room for.
    """

    name: str
    symbol: str
    program: Program
    stalled: bool = False
    lost: int = 0
    timer_due: int = 0
    ticked: bool = False
    events: deque[Callable[[], None]] = field(default_factory=deque)

    def put(self, event: Callable[[], None]) -> None:
        """Queue an event that is no tick."""
        if len(self.events) >= _EVENTS_KEPT:
            self.events.popleft()
            self.lost += 1
        self.events.append(event)


class Charts:
    """
    The charts of one terminal.

    Args:
        terminal: The terminal; a restarted one is another object, with another `Charts`.
        files: Folder that is MQL5/Files to all programs.
        clock_ms: Start of the virtual clock of all programs; None for the real one.
        variables: Global variables of the terminal, which outlast a restart.
    """

    def __init__(
        self, terminal: SimTerminal, files: Path, *, clock_ms: int | None = None, variables: GlobalVariables | None = None
    ) -> None:
        self.terminal = terminal
        self.variables = GlobalVariables() if variables is None else variables
        self._files = files
        self._clock_ms = clock_ms
        self._charts: dict[str, Chart] = {}

    def __getitem__(self, name: str) -> Chart:
        return self._charts[name]

    def __iter__(self) -> Iterator[Chart]:
        return iter(tuple(self._charts.values()))

    def __contains__(self, name: object) -> bool:
        return name in self._charts

    def __len__(self) -> int:
        return len(self._charts)

    # ---- life

    def attach(
        self,
        name: str,
        built: Built,
        *,
        symbol: str,
        period_s: int = 60,
        number: int | None = None,
        inputs: Mapping[str, str] | None = None,
        allowed: Sequence[str] = ("127.0.0.1",),
        sockets: SocketModel = SocketModel(),  # noqa: B008 - frozen
    ) -> Chart:
        """Load a program on a chart of its own; `number` tells charts apart also after a restart, None is the next free one."""
        program = Program(
            built,
            self.terminal,
            files=self._files,
            symbol=symbol,
            period_s=period_s,
            allowed=allowed,
            inputs=inputs,
            virtual_clock_ms=self._clock_ms,
            sockets=sockets,
            chart_id=CHART_ID + (len(self._charts) if number is None else number),
            variables=self.variables,
        )
        chart = self._charts[name] = Chart(name, symbol, program)
        return chart

    def init(self, name: str) -> int:
        """OnInit; the result is 0 when it succeeded."""
        chart = self._charts[name]
        chart.timer_due = 0
        return self._turn(chart, chart.program.init)

    def detach(self, name: str, reason: int = REASON_REMOVE) -> None:
        """Take the program off its chart, in order."""
        chart = self._charts.pop(name)
        if not chart.program.stopped:
            self._turn(chart, lambda: chart.program.deinit(reason))
        chart.program.close()

    def restart(self, name: str, *, period_s: int | None = None) -> int:
        """OnDeinit and OnInit of the same program, globals kept: another time frame, or inputs confirmed anew when it is None."""
        chart = self._charts[name]
        reason = REASON_PARAMETERS if period_s is None else REASON_CHARTCHANGE
        self._turn(chart, lambda: chart.program.deinit(reason))
        if period_s is not None:
            chart.program.set_period(period_s)
        chart.events.clear()
        chart.ticked = False
        return self.init(name)

    def close(self) -> None:
        """The user closes the terminal."""
        for chart in self:
            self.detach(chart.name, REASON_CLOSE)

    def kill(self) -> None:
        """The process ends at once: no OnDeinit, what was not flushed is lost."""
        for chart in self:
            del self._charts[chart.name]
            chart.program.close()

    # ---- time and events

    def set_clock_ms(self, clock_ms: int) -> None:
        """Set the virtual clock of all programs."""
        self._clock_ms = clock_ms
        for chart in self:
            chart.program.set_clock_ms(clock_ms)

    def deliver(self) -> None:
        """Hand out what has happened in the terminal."""
        for event in self.terminal.take_events():
            for chart in self:
                self._queue(chart, event)
        for chart in self:
            self._drain(chart)

    def _queue(self, chart: Chart, event: "Sequence[object]") -> None:
        program = chart.program
        if event[0] == "tick":
            # A NewTick that is queued already is not queued again.
            chart.ticked = chart.ticked or event[1] == chart.symbol
        elif event[0] == "trade":
            chart.put(program.trade)
        else:
            chart.put(lambda: program.trade_transaction(*event[1:]))

    def _drain(self, chart: Chart) -> None:
        while chart.events and not chart.stalled and not chart.program.stopped:
            self._turn(chart, chart.events.popleft())
        if chart.ticked and not chart.stalled and not chart.program.stopped:
            chart.ticked = False
            self._turn(chart, chart.program.tick)

    def timers(self, now_ms: int) -> None:
        """Fire the timers that are due; one that is late counts once."""
        for chart in self:
            interval = 0 if chart.stalled or chart.program.stopped else chart.program.timer_ms
            if interval and now_ms >= chart.timer_due:
                chart.timer_due = now_ms + interval
                self._turn(chart, chart.program.timer)

    def next_timer(self) -> int | None:
        """When the next timer is due; None when no program has one."""
        due = [chart.timer_due for chart in self if not chart.stalled and not chart.program.stopped and chart.program.timer_ms]
        return min(due, default=None)

    def _turn(self, chart: Chart, event: Callable[[], T]) -> T:
        self.terminal.caller = chart.name
        try:
            return event()
        finally:
            self.terminal.caller = ""
