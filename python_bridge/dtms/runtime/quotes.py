"""The tick's journey: one assignment, two comparisons, almost always nothing more. No log, no model, no lock here."""

from collections.abc import Callable

from dtms.engine.decide import Look
from dtms.engine.trade import TradeKey
from dtms.names import Role
from dtms.runtime.book import Book, SymbolState
from dtms.runtime.links import Link
from dtms.session.counts import LinkCounts
from dtms.wire.messages import Tick, Ticks

Consider = Callable[[TradeKey, Look, int, int], None]


class Quotes:
    """
    Quotes of one account's symbols, each taken from one terminal only (R09).

    The manager has the symbols of the open positions as soon as it quotes them; any other symbol belongs to whoever quoted it
    first. A terminal that stops bringing a symbol loses it to one that goes on. An observer may speak another version: none of it.
    """

    __slots__ = ("_book", "_claim_ms", "_consider", "_counts")

    def __init__(self, book: Book, counts: LinkCounts, consider: Consider, claim_ms: int) -> None:
        self._book = book
        self._claim_ms = claim_ms
        self._counts = counts
        self._consider = consider

    def take(self, link: Link, ticks: Ticks, now: int, utc: int) -> None:
        """Take a frame of quotes."""
        if link.role is Role.OBSERVER:
            return
        symbols, counts = self._book.symbols, self._counts
        covered = 0
        for tick in ticks.ticks:
            covered += tick[6]
            state = symbols.get(tick[0])
            if state is None or (state.source is not link and not self._claim(state, link, tick, now)):
                counts.unspecified += state is None
                continue
            state.tick = tick
            state.heard_at = now
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
                state.release()

    def _claim(self, state: SymbolState, link: Link, tick: Tick, now: int) -> bool:
        free = state.source is None or state.tick is None or (link.role is Role.MANAGER and state.trades)
        if free or (now - state.heard_at >= self._claim_ms and state.tick is not None and tick.ts_event > state.tick.ts_event):
            state.source = link
        return state.source is link
