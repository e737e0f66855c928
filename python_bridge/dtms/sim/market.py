"""
Specifications, quotes and the market's clock, as broker and terminal both keep them.

Quotes here are those that orders are executed and positions are valued at: an ask below its bid is flattened to
the middle. The quote as it came lives in the feed.
"""

from typing import NamedTuple

from dtms.sim.spec import SymbolSpec


class Quote(NamedTuple):
    """Prices to trade at; ask >= bid. `server_msc` is the server's wall clock."""

    bid: float
    ask: float
    server_msc: int


def executable(bid: float, ask: float, server_msc: int, digits: int) -> Quote:
    """The quote that orders meet; a crossed one becomes its middle, on the grid of its decimals."""
    if ask >= bid:
        return Quote(bid, ask, server_msc)
    middle = round((bid + ask) / 2, digits)
    return Quote(middle, middle, server_msc)


class Market:
    """Symbols with their quotes, and market time (UTC ms) with the server's offset from it."""

    def __init__(self) -> None:
        self.specs: dict[str, SymbolSpec] = {}
        self.quotes: dict[str, Quote] = {}
        self.time_msc = 0
        self.offset_ms = 0
        self._turns: list[tuple[int, int]] = []

    @property
    def server_msc(self) -> int:
        return self.time_msc + self.offset_ms

    def plan_offset(self, time_msc: int, offset_ms: int) -> None:
        """The server's clock will be turned at a market time."""
        self._turns = sorted([*self._turns, (time_msc, offset_ms)])

    def move_to(self, time_msc: int) -> None:
        """Market time passes; a turn of the server's clock that was planned for it happens."""
        self.time_msc = time_msc
        while self._turns and self._turns[0][0] <= time_msc:
            self.offset_ms = self._turns.pop(0)[1]

    def session_open(self, symbol: str) -> bool:
        return self.specs[symbol].session_open(self.server_msc // 1_000)

    def rate(self, currency: str, deposit: str, fixed: tuple[tuple[str, float], ...] = ()) -> float:
        """
        Deposit currency for one unit of a currency: from a quoted pair, else from `fixed`, else 1.

        The bid of the pair serves both ways; the spread of a conversion is below what the model claims.
        """
        if currency == deposit:
            return 1.0
        for name, quote in self.quotes.items():
            spec = self.specs[name]
            if spec.currency_base == spec.currency_profit:
                continue
            if spec.currency_base == currency and spec.currency_profit == deposit:
                return quote.bid
            if spec.currency_base == deposit and spec.currency_profit == currency:
                return 1.0 / quote.bid
        return dict(fixed).get(currency, 1.0)
