"""The tick's journey: one assignment, two comparisons, almost always nothing more. No log, no model, no lock here."""

from collections.abc import Callable

from dtms.engine.decide import Look
from dtms.engine.trade import TradeKey
from dtms.runtime.book import Book, SymbolState
from dtms.runtime.links import Link
from dtms.session.counts import LinkCounts
from dtms.wire.messages import Ticks

Consider = Callable[[TradeKey, Look, int, int], None]


class Quotes:
    """Quotes of one account's symbols, each taken from one terminal only (R09)."""

    __slots__ = ("_book", "_consider", "_counts")

    def __init__(self, book: Book, counts: LinkCounts, consider: Consider) -> None:
        self._book = book
        self._counts = counts
        self._consider = consider

    def take(self, link: Link, ticks: Ticks, now: int, utc: int) -> None:
        """Take a frame of quotes."""
        symbols, counts = self._book.symbols, self._counts
        covered = 0
        for tick in ticks.ticks:
            covered += tick[6]
            state = symbols.get(tick[0])
            if state is None or (state.source is not link and not self._claim(state, link)):
                counts.unspecified += state is None
                continue
            state.tick = tick
            bid, ask = tick[2], tick[3]
            if ask < bid:
                counts.crossed += 1
                bid = ask = (bid + ask) / 2
            triggers = state.triggers
            if bid >= triggers.rising or ask <= triggers.falling:
                for key in triggers.due(bid, ask):
                    self._consider(key, Look(), now, utc)
        counts.quotes_received += len(ticks.ticks)
        counts.quotes_covered += covered

    def release(self, link: Link) -> None:
        """The terminal is silent or gone: another may bring the symbols it brought."""
        for state in self._book.symbols.values():
            if state.source is link:
                state.source = None

    def _claim(self, state: SymbolState, link: Link) -> bool:
        if state.source is None:
            state.source = link
        return state.source is link
