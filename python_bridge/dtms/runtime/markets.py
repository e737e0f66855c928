"""
The markets of one account as the defence sees them: which symbols are watched, where their bars come from, when they are judged.

Bars are the manager's: it is asked for M5 and M15 of every symbol in which a managed trade is open, and for the history at the
start, after a gap, and whenever its session or the terminal itself is another one. Without the server's offset from UTC nothing is
taken: times would be hours off.
"""

from collections.abc import Callable, Iterator
from typing import Final

from dtms.defence_names import Trigger
from dtms.engine.signals.regime import Zone
from dtms.runtime.backfill import Backfill, Line
from dtms.runtime.book import Book
from dtms.runtime.charts import FAST_MIN, TIMEFRAMES, SymbolCharts
from dtms.runtime.links import Link, Links
from dtms.runtime.log import Log
from dtms.settings import Settings
from dtms.settings_defence import Preset
from dtms.wire.messages import BarClosed, Bars, Message

_LOOK_MS: Final = 200  # what is to be asked is looked at this often

Tell = Callable[[Link, Message, int], None]


class Markets:
    """All of them; nothing is kept while the defence is off."""

    def __init__(self, book: Book, links: Links, settings: Settings, zone: Zone, *, tell: Tell, log: Log) -> None:
        self.on = settings.defence.preset is not Preset.OFF
        self._book = book
        self._links = links
        self._settings = settings
        self._zone = zone
        self._tell = tell
        self._log = log
        self._charts: dict[str, SymbolCharts] = {}
        self._backfill = Backfill()
        self._asked_of: int | None = None  # session that the history was asked of
        self._looked_at = 0
        self._pending: dict[str, None] = {}  # symbols with bars to be taken, in the order in which they came up

    def of(self, symbol: str) -> SymbolCharts | None:
        """Return what is known of a symbol's market."""
        return self._charts.get(symbol)

    def watch(self, symbol: str) -> None:
        """A managed trade is about to be open in the symbol: from here on its market is watched."""
        if not self.on:
            return
        charts = self._charts.get(symbol)
        if charts is None:
            charts = SymbolCharts(symbol, self._settings.signals, self._zone, self._settings.cadence.confirm_ms)
            self._charts[symbol] = charts
            self._fill(symbol)
        elif not self._is_open(symbol):
            self._fill(symbol)  # nobody brought its bars meanwhile
        self._book.symbol(symbol).flow = charts.flow

    def _is_open(self, symbol: str) -> bool:
        return any(trade.managed for trade in self._book.of_symbol(symbol))

    def watched(self) -> Iterator[str]:
        """Yield the symbols whose bars are wanted now."""
        return (name for name in self._charts if self._is_open(name))

    def bar(self, link: Link, event: BarClosed, now: int, utc: int) -> None:
        """Take a bar that closed."""
        charts = self._charts.get(event.symbol)
        if charts is None or event.timeframe not in TIMEFRAMES or not self._believes(link):
            return
        if event.timeframe == FAST_MIN:
            self._sample(charts, event.bar.ts_open + FAST_MIN * 60_000, now)
        if not charts.closed(event.timeframe, event.bar, now, utc):
            self._log.add("!", "bad_bar", symbol=event.symbol, timeframe=event.timeframe, ts_open=event.bar.ts_open)
        self._pending[event.symbol] = None
        for minutes in charts.gapped:
            self._want(Line(event.symbol, minutes))

    def bars(self, link: Link, event: Bars, now: int, utc: int) -> None:
        """Take a part of the history."""
        del utc
        charts = self._charts.get(event.symbol)
        if charts is None or not self._believes(link):
            return
        filled = self._backfill.take(event, now)
        if filled is None:
            return
        spec = self._book.symbol(event.symbol).spec
        bad = charts.filled(event.timeframe, filled.rows, now, None if spec is None else spec.point)
        self._pending[event.symbol] = None
        mark = "!" if bad else "="
        self._log.add(mark, "history", symbol=event.symbol, timeframe=event.timeframe, bars=len(filled.rows), bad=bad)

    def advance(self, now: int) -> None:
        """Ask the manager for what is wanted of it."""
        if not self._charts or now - self._looked_at < _LOOK_MS:
            return
        self._looked_at = now
        link = self._links.manager()
        if link is None or not link.up or link.session.offset_s is None:
            return
        if self._asked_of != link.session.nonce:
            self._asked_of = link.session.nonce
            self._backfill.asked_in_vain()
        for request in self._backfill.due(now):
            self._tell(link, request, now)

    def connected(self) -> None:
        """The manager's connection, session or terminal is another one: bars may have been missed."""
        self._asked_of = None
        for symbol in self._charts:
            self._fill(symbol)

    def turned(self) -> None:
        """The server's clock is another one: what is here and what will come does not fit together."""
        for symbol in tuple(self._charts):
            del self._charts[symbol]
            self.watch(symbol)
        self.connected()

    def step(self, now: int, utc: int) -> tuple[str, Trigger | None] | None:
        """
        Take the next few bars of a symbol that is due; None: nothing is due.

        Returns:
            The symbol and the deep check that its trades are to have: at a close of M15, and when it is judged for the first time.
        """
        for name in tuple(self._pending):
            charts = self._charts[name]
            if charts.due is None:
                del self._pending[name]
            if charts.due is None or now < charts.due:
                continue
            before = charts.closes
            if not charts.step(self._book.symbol(name).spec, now, utc) or charts.closes == before:
                return name, None
            return name, Trigger.SCHEDULED if before else Trigger.START
        return None

    def _believes(self, link: Link) -> bool:
        return link is self._links.manager() and link.session.offset_s is not None

    def _fill(self, symbol: str) -> None:
        for minutes in TIMEFRAMES:
            self._want(Line(symbol, minutes))

    def _want(self, line: Line) -> None:
        charts = self._settings.signals.charts
        self._backfill.want(line, charts.fast_bars if line.minutes == FAST_MIN else charts.slow_bars)

    def _sample(self, charts: SymbolCharts, closed: int, now: int) -> None:
        """Take the spread at the close (R-5)."""
        state = self._book.symbols.get(charts.name)
        if state is None or state.tick is None or now - state.heard_at > self._settings.desk.quote_age_ms:
            return
        charts.spreads.add(closed, state.tick.ask - state.tick.bid)
