"""The server's own record of prices: the last raw quote of each symbol, recent quotes, and bars."""

import math
from collections.abc import Sequence

from dtms.sim.errors import BadQuote, UnknownSymbol
from dtms.sim.feed import FAST_TICKS, Bar, SymbolFeed, pack_bars
from dtms.sim.market import Market, executable
from dtms.sim.messages import Quoted, SymbolHistory
from dtms.sim.mt5 import TickFlag


class Tape:
    """Takes quotes in: refuses impossible ones, sets the price to trade at, keeps what a terminal may ask for."""

    def __init__(self, market: Market) -> None:
        self._market = market
        self._feeds: dict[str, SymbolFeed] = {}
        self._raw: dict[str, tuple[float, float]] = {}

    def open(self, symbol: str) -> None:
        """Begin a record."""
        self._feeds[symbol] = SymbolFeed(FAST_TICKS, self._market.specs[symbol].point)

    def rescale(self, symbol: str) -> None:
        """The symbol's point may have changed."""
        self._feeds[symbol].rescale(self._market.specs[symbol].point)

    def rename(self, old: str, new: str) -> None:
        """The record goes on under another name; the raw quote too, so that flags say what changed."""
        self._feeds[new] = self._feeds.pop(old)
        if old in self._raw:
            self._raw[new] = self._raw.pop(old)

    def quote(self, symbol: str, time_msc: int, bid: float, ask: float) -> Quoted:
        """
        Record a quote as it came; a crossed one is flattened for execution only.

        Raises:
            UnknownSymbol, BadQuote
        """
        market = self._market
        spec = market.specs.get(symbol)
        if spec is None:
            raise UnknownSymbol(symbol)
        if not (math.isfinite(bid) and math.isfinite(ask) and bid > 0 and ask > 0):
            raise BadQuote(symbol, time_msc, bid, ask, "not finite and positive")
        if time_msc < market.time_msc:
            raise BadQuote(symbol, time_msc, bid, ask, f"older than the market's clock ({market.time_msc} ms)")
        market.move_to(time_msc)
        server_msc = market.server_msc
        market.quotes[symbol] = executable(bid, ask, server_msc, spec.digits)
        flags = self._flags(symbol, bid, ask)
        self._feeds[symbol].quote(server_msc, bid, ask, flags)
        return Quoted(symbol, server_msc, bid, ask, flags, time_msc)

    def _flags(self, symbol: str, bid: float, ask: float) -> int:
        """What changed since the quote before; everything does with the first."""
        last = self._raw.get(symbol, (0.0, 0.0))
        self._raw[symbol] = (bid, ask)
        return (TickFlag.BID.value if bid != last[0] else 0) | (TickFlag.ASK.value if ask != last[1] else 0)

    def preload(self, symbol: str, timeframe_s: int, bars: Sequence[Bar]) -> None:
        """Bars from before the run; later quotes go on from the last one."""
        if symbol not in self._feeds:
            raise UnknownSymbol(symbol)
        self._feeds[symbol].load_bars(timeframe_s, pack_bars(bars))

    def history(self, symbol: str) -> SymbolHistory:
        feed = self._feeds[symbol]
        return SymbolHistory(symbol=symbol, ticks=feed.ticks.dump(), bars=feed.dump_bars())
