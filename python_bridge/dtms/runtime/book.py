"""
The trades of one account and the markets they live in.

Indexed by key, position id and symbol; every symbol has its last quote, its specification and its trigger heaps. Knows nothing of
commands.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Final, NamedTuple

from dtms.engine.generation import same_trade
from dtms.engine.market import Market, Quote, flatten
from dtms.engine.signals.flow import Flow
from dtms.engine.trade import Trade, TradeKey, first_seen
from dtms.engine.triggers import Triggers
from dtms.wire.messages import Position, SymbolSpec, Tick

_GENERATIONS_KEPT: Final = 100_000  # ids of positions that are gone do not come back; only a reversal makes a second generation


class SymbolState:
    """
    One symbol: ``source`` is the connection whose quotes count (R09), ``heard_at`` when its last one came (monotonic ms).

    ``owner`` is the connection that was asked for it and is to be the source, ``fed_by`` the session (nonce) that was it last, and
    ``fed_until`` the time of its last quote.
    """

    __slots__ = ("fed_by", "fed_until", "flow", "heard_at", "name", "owner", "source", "spec", "tick", "trades", "triggers")

    def __init__(self, name: str) -> None:
        self.name = name
        self.spec: SymbolSpec | None = None
        self.tick: Tick | None = None
        self.source: object = None
        self.owner: object = None
        self.fed_by = 0
        self.fed_until = 0
        self.heard_at = 0
        self.trades: set[TradeKey] = set()
        self.flow: Flow | None = None  # where the symbol's market is watched
        self.triggers: Triggers[TradeKey] = Triggers()

    def market(self, since: int) -> Market:
        """Return what a decision needs; a quote that came before ``since`` (monotonic ms) tells nothing about the market now."""
        return Market(self.spec, self.quote() if self.heard_at >= since else None)

    def release(self) -> None:
        """Nobody brings quotes now: what the market did meanwhile is not known, so the last one is none to decide by."""
        if self.tick is not None:
            self.fed_until = self.tick.ts_event
        self.source = self.owner = self.tick = None

    def hand_to(self, owner: object) -> None:
        """Another connection is asked for the symbol: its next quote counts, and none of the one before any more."""
        if self.tick is not None:
            self.fed_until = self.tick.ts_event
        self.source, self.owner = None, owner

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
        self.account = account
        self._max_symbols = max_symbols
        self._trades: dict[TradeKey, Trade] = {}
        self._by_position: dict[int, TradeKey] = {}
        self._generations: dict[int, int] = {}
        self.symbols: dict[str, SymbolState] = {}
        self.touched: dict[TradeKey, None] = {}  # trades that came, changed or went since somebody took them from here
        self.fifo = False  # positions of a symbol may only be closed in the order of their age

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

    def of_symbol(self, name: str) -> Iterator[Trade]:
        """Return the open trades of a symbol."""
        state = self.symbols.get(name)
        return iter(()) if state is None else (self._trades[key] for key in state.trades)

    def open(self, position: Position, *, managed: bool) -> Trade:
        """Take a position into the book; one whose id was there before is its next generation."""
        generation = self._generations.get(position.position_id, 0) + 1
        trade = first_seen(TradeKey(self.account, position.position_id, generation), position, managed=managed)
        self.restore(trade)
        return trade

    def restore(self, trade: Trade) -> None:
        """Take a trade into the book as it is."""
        self.counted(trade.key.position_id, trade.key.generation)
        self._by_position[trade.key.position_id] = trade.key
        self.symbol(trade.position.symbol).trades.add(trade.key)
        self._trades[trade.key] = trade
        self.touched[trade.key] = None

    def counted(self, position_id: int, generation: int) -> None:
        """Take that a position has had so many generations: the next one gets the next number."""
        self._generations[position_id] = max(self._generations.get(position_id, 0), generation)
        if len(self._generations) > _GENERATIONS_KEPT:
            del self._generations[next(iter(self._generations))]

    def put(self, trade: Trade) -> None:
        """Take the next value of an open trade; one that is gone stays gone."""
        if trade.key in self._trades:
            self._trades[trade.key] = trade
            self.touched[trade.key] = None

    def close(self, trade: Trade) -> None:
        """Take a trade out of the book."""
        if self._trades.pop(trade.key, None) is None:
            return
        self.touched[trade.key] = None
        if self._by_position.get(trade.key.position_id) == trade.key:
            del self._by_position[trade.key.position_id]
        self._leave(trade)

    def rename(self, trade: Trade, symbol: str) -> None:
        """The broker gave the trade's symbol another name: it waits for specification and quotes of that."""
        self._leave(trade)
        self.symbol(symbol).trades.add(trade.key)
        self.put(replace(trade, position=trade.position.model_copy(update={"symbol": symbol})))

    def _leave(self, trade: Trade) -> None:
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
            if trade is not None and same_trade(trade.position, position):
                seen.add(trade.key)
                differences.present.append(position)
            else:
                differences.fresh.append(position)
        differences.missing.extend(trade for key, trade in self._trades.items() if key not in seen)
        return differences
