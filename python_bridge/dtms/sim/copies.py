"""
CopyTicks and CopyRates of a terminal, with the wait that the first copy of a symbol may bring.

The real terminal blocks its program up to 45 s while it synchronises a symbol's quotes, or gives up with 4403.
Here a blocked time is reported for the host to let pass.
"""

import enum
from typing import Final

from dtms.sim.cache import Cache
from dtms.sim.feed import SymbolFeed
from dtms.sim.mt5 import ERR_HISTORY_NOT_FOUND, ERR_HISTORY_TIMEOUT, ERR_MARKET_NOT_SELECTED, ERR_MARKET_UNKNOWN_SYMBOL

SYNC_MS: Final = 45_000  # the reference: the longest wait for the first copy


class FirstCopy(enum.Enum):
    """What the first CopyTicks of a symbol is like."""

    READY = "ready"  # the quotes are there
    TIMEOUT = "timeout"  # error 4403 until the symbol is synchronised
    BLOCKING = "blocking"  # the call lasts until then


class Copies:
    """
    Attributes:
        first_copy: may be changed while running; counts for symbols not yet synchronised.
        sync_ms: how long synchronising takes.
    """

    def __init__(self, cache: Cache, first_copy: FirstCopy, sync_ms: int) -> None:
        self._cache = cache
        self.first_copy = first_copy
        self.sync_ms = sync_ms
        self._blocked_ms = 0
        self._synchronised_at: dict[str, int] = {}

    def take_blocked_ms(self) -> int:
        """Monotonic time that copies have blocked their program since the last call."""
        taken, self._blocked_ms = self._blocked_ms, 0
        return taken

    def ticks(self, symbol: str, flags: int, from_msc: int, count: int, now_ms: int) -> bytes | int:
        """Packed quotes, or an error as a negative number."""
        feed = self._feed(symbol)
        if isinstance(feed, int):
            return feed
        if not self._synchronised(symbol, now_ms):
            return -ERR_HISTORY_TIMEOUT
        return feed.ticks.copy(flags, from_msc, count)

    def rates(self, symbol: str, timeframe_s: int, start_pos: int, count: int) -> bytes | int:
        feed = self._feed(symbol)
        if isinstance(feed, int):
            return feed
        return feed.bars(timeframe_s).copy(start_pos, count) or -ERR_HISTORY_NOT_FOUND

    def rates_range(self, symbol: str, timeframe_s: int, from_s: int, to_s: int) -> bytes | int:
        feed = self._feed(symbol)
        if isinstance(feed, int):
            return feed
        return feed.bars(timeframe_s).copy_range(from_s, to_s)

    def _feed(self, symbol: str) -> SymbolFeed | int:
        feed = self._cache.feeds.get(symbol)
        if feed is None:
            return -ERR_MARKET_UNKNOWN_SYMBOL
        return feed if symbol in self._cache.watched else -ERR_MARKET_NOT_SELECTED

    def _synchronised(self, symbol: str, now_ms: int) -> bool:
        ready_at = self._synchronised_at.get(symbol)
        if ready_at is None:
            waits = {FirstCopy.READY: 0, FirstCopy.TIMEOUT: self.sync_ms, FirstCopy.BLOCKING: 0}
            ready_at = self._synchronised_at[symbol] = now_ms + waits[self.first_copy]
            if self.first_copy is FirstCopy.BLOCKING:
                self._blocked_ms += self.sync_ms
        return now_ms >= ready_at
