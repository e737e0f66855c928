"""The tick's journey: one assignment, four comparisons, almost always nothing more. No log, no model, no lock here."""

from collections.abc import Callable
from typing import Final, NamedTuple

from dtms.engine.decide import Look
from dtms.engine.signals.flow import Flow
from dtms.engine.trade import TradeKey
from dtms.names import QuoteFlag, Role
from dtms.runtime.book import Book, SymbolState
from dtms.runtime.links import Link
from dtms.session.counts import LinkCounts
from dtms.wire.messages import Tick, Ticks

Consider = Callable[[TradeKey, Look, int, int], None]

_SAME_CLOCK_MS: Final = 60_000  # quotes that are older by more than this come from a server whose clock was put back
_MOVES_KEPT: Final = 1_000


class Move(NamedTuple):
    """A symbol's quotes come from another terminal; quotes of ``gap_ms`` of market time before its first may be missing."""

    symbol: str
    terminal: str
    gap_ms: int


class Quotes:
    """
    Quotes of one account's symbols, each taken from one terminal only (R09).

    The manager has the symbols of the open positions as soon as it quotes them; any other symbol belongs to whoever quoted it
    first, or was asked for it. A terminal that stops bringing a symbol loses it to one that goes on. An observer may speak another
    version: none of it. ``moves`` are the changes of terminal that nobody has taken note of yet.
    """

    __slots__ = ("_book", "_claim_ms", "_consider", "_counts", "moves")

    def __init__(self, book: Book, counts: LinkCounts, consider: Consider, claim_ms: int) -> None:
        self._book = book
        self._claim_ms = claim_ms
        self._counts = counts
        self._consider = consider
        self.moves: list[Move] = []

    def take(self, link: Link, ticks: Ticks, now: int, utc: int) -> None:
        """Take a frame of quotes."""
        symbols, counts = self._book.symbols, self._counts
        covered = 0
        for tick in ticks.ticks:
            covered += tick[6]
            state = symbols.get(tick[0])
            if state is None:
                counts.unspecified += 1
                continue
            if state.source is link:
                state.tick = tick
            elif not self._claim(state, link, tick, now):
                continue
            self._moved(state, tick, now, utc)
        counts.quotes_received += len(ticks.ticks)
        counts.quotes_covered += covered

    def _moved(self, state: SymbolState, tick: Tick, now: int, utc: int) -> None:
        """A symbol has another quote: whoever waited for it is looked at."""
        state.heard_at = now
        if state.flow is not None:
            _count(state.flow, state.tick)
        bid, ask = tick[2], tick[3]
        if ask < bid:
            self._counts.crossed += 1
            bid = ask = (bid + ask) / 2
        triggers = state.triggers
        if bid >= triggers.rising or ask <= triggers.falling or bid <= triggers.sinking or ask >= triggers.soaring:
            for key in triggers.due(bid, ask):
                self._consider(key, Look(), now, utc)

    def release(self, link: Link) -> list[str]:
        """The terminal is silent or gone: another may bring the symbols it brought, whose names are returned."""
        freed = [state for state in self._book.symbols.values() if link in {state.source, state.owner}]
        for state in freed:
            state.release()
        return [state.name for state in freed]

    def turned(self, link: Link, seconds: int) -> None:
        """
        The server's clock was put forward by so many seconds, and quotes that came since then were taken by the offset before.

        Their times may be ahead; left so, no other terminal's quote would look newer for as long.
        """
        for state in self._book.symbols.values():
            if state.source is link and state.tick is not None:
                state.tick = state.tick._replace(ts_event=state.tick.ts_event - max(seconds, 0) * 1_000)

    def _claim(self, state: SymbolState, link: Link, tick: Tick, now: int) -> bool:
        if link.role is Role.OBSERVER:
            return False
        held = state.tick is not None and state.source is not None
        managed = link.role is Role.MANAGER and bool(state.trades)
        free = managed or (not held and (state.owner is None or state.owner is link))
        known = state.fed_until if state.tick is None else state.tick.ts_event
        if not free and not (now - state.heard_at >= self._claim_ms and tick.ts_event > known):
            return False
        before, nonce = state.fed_by, link.session.nonce
        moved = before not in {0, nonce}
        if moved and state.tick is not None and link.session.offset_s is None:
            return False  # its times are not UTC yet
        if moved and 0 < known - tick.ts_event <= _SAME_CLOCK_MS:
            return False  # the terminal before has brought it
        if moved and len(self.moves) < _MOVES_KEPT:
            self.moves.append(Move(state.name, link.logon.instance_id, max(0, tick.ts_event - known)))
        state.source, state.owner, state.fed_by = link, None, nonce
        state.tick = tick._replace(flags=tick.flags | QuoteFlag.RESYNC) if moved else tick
        return True


def _count(flow: Flow, tick: Tick | None) -> None:
    """Count the order flow of a quote; one behind a hole begins a fresh sample."""
    if tick is None:
        return
    if tick[9] & QuoteFlag.RESYNC:
        flow.restart()
    flow.add(tick[1], tick[7], tick[8])
