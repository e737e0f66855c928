"""
The trades of one account and the markets they live in.

Indexed by key, position id and symbol; every symbol has its last quote, its specification and its trigger heaps. Knows nothing of
commands.
"""

from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from dtms.engine.market import Market, Quote, flatten
from dtms.engine.trade import Trade, TradeKey, first_seen
from dtms.engine.triggers import Triggers
from dtms.wire.messages import Position, SymbolSpec, Tick

_GENERATIONS_KEPT: Final = 100_000  # ids of positions that are gone do not come back; only a reversal makes a second generation


class SymbolState:
    """One symbol: ``source`` is the session whose quotes count (R09), ``heard_at`` when its last one came (monotonic ms)."""

    __slots__ = ("heard_at", "name", "source", "spec", "tick", "trades", "triggers")

    def __init__(self, name: str) -> None:
        self.name = name
        self.spec: SymbolSpec | None = None
        self.tick: Tick | None = None
        self.source: object = None
        self.heard_at = 0
        self.trades: set[TradeKey] = set()
        self.triggers: Triggers[TradeKey] = Triggers()

    def market(self, since: int) -> Market:
        """Return what a decision needs; a quote that came before ``since`` (monotonic ms) tells nothing about the market now."""
        return Market(self.spec, self.quote() if self.heard_at >= since else None)

    def release(self) -> None:
        """Nobody brings quotes now: what the market did meanwhile is not known, so the last one is none to decide by."""
        self.source = self.tick = None

    def quote(self) -> Quote | None:
        """Return the last quote."""
        return None if self.tick is None else flatten(self.tick)


class Differences(NamedTuple):
    """What a complete snapshot says against the book."""

    missing: list[Trade]
    fresh: list[Position]
    present: list[Position]


class Book:
    """Trades by key, position and symbol."""

    def __init__(self, account: str, max_symbols: int) -> None:
        self._account = account
        self._max_symbols = max_symbols
        self._trades: dict[TradeKey, Trade] = {}
        self._by_position: dict[int, TradeKey] = {}
        self._generations: dict[int, int] = {}
        self.symbols: dict[str, SymbolState] = {}

    def __len__(self) -> int:
        return len(self._trades)

    def __iter__(self) -> Iterator[Trade]:
        return iter(self._trades.values())

    def get(self, key: TradeKey) -> Trade | None:
        """Return the open trade."""
        return self._trades.get(key)

    def of_position(self, position_id: int) -> Trade | None:
        """Return the open trade of a position."""
        key = self._by_position.get(position_id)
        return None if key is None else self._trades[key]

    def symbol(self, name: str) -> SymbolState:
        """Return the symbol's state, made when it is first named."""
        state = self.symbols.get(name)
        if state is None:
            state = self.symbols[name] = SymbolState(name)
        return state

    def open(self, position: Position, *, managed: bool) -> Trade:
        """Take a position into the book; one whose id was there before is its next generation."""
        generation = self._generations.get(position.position_id, 0) + 1
        self._generations[position.position_id] = generation
        if len(self._generations) > _GENERATIONS_KEPT:
            del self._generations[next(iter(self._generations))]
        trade = first_seen(TradeKey(self._account, position.position_id, generation), position, managed=managed)
        self._by_position[position.position_id] = trade.key
        self.symbol(position.symbol).trades.add(trade.key)
        self._trades[trade.key] = trade
        return trade

    def put(self, trade: Trade) -> None:
        """Take the next value of an open trade; one that is gone stays gone."""
        if trade.key in self._trades:
            self._trades[trade.key] = trade

    def close(self, trade: Trade) -> None:
        """Take a trade out of the book."""
        if self._trades.pop(trade.key, None) is None:
            return
        if self._by_position.get(trade.key.position_id) == trade.key:
            del self._by_position[trade.key.position_id]
        state = self.symbol(trade.position.symbol)
        state.trades.discard(trade.key)
        state.triggers.disarm(trade.key)
        # A position may bring a symbol without a specification, or one more than there is room for; it goes with its last trade.
        if not state.trades and (state.spec is None or len(self.symbols) > self._max_symbols):
            del self.symbols[state.name]

    def reconcile(self, positions: Iterable[Position]) -> Differences:
        """Compare a complete snapshot with the book; a position that turned round is missing as one trade and fresh as the next."""
        differences = Differences([], [], [])
        seen: set[TradeKey] = set()
        for position in positions:
            trade = self.of_position(position.position_id)
            if trade is not None and same_trade(trade, position):
                seen.add(trade.key)
                differences.present.append(position)
            else:
                differences.fresh.append(position)
        differences.missing.extend(trade for key, trade in self._trades.items() if key not in seen)
        return differences


def same_trade(trade: Trade, position: Position) -> bool:
    """Return whether the position is still the trade's: a netting reversal or another symbol under the id is another trade."""
    return trade.side is position.side and trade.position.symbol == position.symbol
