"""
Positions, orders, deals, and what can be asked of them: the part of the books that broker and terminal share.

`SymbolBook` answers two questions of every quote in constant time: what are the positions of this symbol worth,
and can one of their stops or targets be hit?
"""

import bisect
import math
from collections.abc import Iterator

from dtms.sim.spec import clean_volume
from dtms.sim.state import Deal, Order, Position


class SymbolBook:
    """The positions of one symbol, with their sums and nearest trigger prices kept up to date."""

    def __init__(self) -> None:
        self.positions: dict[int, Position] = {}
        self.lots = [0.0, 0.0]  # buys, sells
        self.margin = [0.0, 0.0]
        self._value = [0.0, 0.0]  # sum of volume x opening price
        self.swap = 0.0
        self._nearest: tuple[float, float, float, float] | None = None

    def put(self, position: Position) -> None:
        old = self.positions.get(position.ticket)
        if old is not None:
            self._add(old, -1)
        self.positions[position.ticket] = position
        self._add(position, 1)

    def drop(self, ticket: int) -> None:
        self._add(self.positions.pop(ticket), -1)
        if not self.positions:  # no dust of binary fractions stays behind
            self.lots, self.margin, self._value, self.swap = [0.0, 0.0], [0.0, 0.0], [0.0, 0.0], 0.0

    def _add(self, position: Position, sign: int) -> None:
        side = position.side
        self.lots[side] = clean_volume(self.lots[side] + sign * position.volume)
        self.margin[side] += sign * position.margin
        self._value[side] += sign * position.volume * position.price_open
        self.swap += sign * position.swap
        self._nearest = None

    def profit_units(self, bid: float, ask: float) -> float:
        """Floating result in lots x price; times contract size and rate it is money."""
        return bid * self.lots[0] - self._value[0] + self._value[1] - ask * self.lots[1]

    def margin_charged(self, hedged_share: float) -> float:
        """Margin of the uncovered volume, plus `hedged_share` of one leg for the covered volume."""
        buys, sells = self.lots
        if not buys and not sells:
            return 0.0
        larger = 0 if buys >= sells else 1
        covered = min(buys, sells)
        free = self.margin[larger] / self.lots[larger] * (self.lots[larger] - covered)
        return free + sum(self.margin) / (buys + sells) * covered * hedged_share

    def can_trigger(self, bid: float, ask: float) -> bool:
        """Whether a stop or target of some position is reached at these prices."""
        nearest = self._nearest
        if nearest is None:
            nearest = self._nearest = self._find_nearest()
        return bid <= nearest[0] or bid >= nearest[1] or ask >= nearest[2] or ask <= nearest[3]

    def _find_nearest(self) -> tuple[float, float, float, float]:
        """(highest stop, lowest target) of the buys, (lowest stop, highest target) of the sells."""
        buy_sl, buy_tp, sell_sl, sell_tp = -math.inf, math.inf, math.inf, -math.inf
        for p in self.positions.values():
            if p.side == 0:
                buy_sl = max(buy_sl, p.sl or -math.inf)
                buy_tp = min(buy_tp, p.tp or math.inf)
            else:
                sell_sl = min(sell_sl, p.sl or math.inf)
                sell_tp = max(sell_tp, p.tp or -math.inf)
        return buy_sl, buy_tp, sell_sl, sell_tp


class TimeIndex:
    """Tickets by time; times may step back (the server's clock may), so a running maximum is searched."""

    def __init__(self) -> None:
        self._rows: list[tuple[int, int]] = []
        self._peaks: list[int] = []

    def add(self, time_s: int, ticket: int) -> None:
        self._rows.append((time_s, ticket))
        self._peaks.append(max(time_s, self._peaks[-1]) if self._peaks else time_s)

    def between(self, from_s: int, to_s: int) -> list[int]:
        """Tickets of the range, both ends included, in the order of their arrival."""
        first = bisect.bisect_left(self._peaks, from_s)
        return [ticket for time_s, ticket in self._rows[first:] if from_s <= time_s <= to_s]


class Holdings:
    """Open positions, live orders, and the history of orders and deals."""

    def __init__(self) -> None:
        self.positions: dict[int, Position] = {}
        self.books: dict[str, SymbolBook] = {}
        self.orders: dict[int, Order] = {}
        self.history: dict[int, Order] = {}
        self.deals: dict[int, Deal] = {}
        self._history_times = TimeIndex()
        self._deal_times = TimeIndex()
        self._tickets: set[int] = set()
        self._orders_of: dict[int, list[int]] = {}
        self._deals_of: dict[int, list[int]] = {}

    def put_position(self, position: Position) -> None:
        old = self.positions.get(position.ticket)
        if old is not None and old.symbol != position.symbol:  # its symbol was renamed
            self.books[old.symbol].drop(position.ticket)
        self._tickets.add(position.ticket)
        self.positions[position.ticket] = position
        self.books.setdefault(position.symbol, SymbolBook()).put(position)

    def drop_position(self, ticket: int) -> Position | None:
        position = self.positions.pop(ticket, None)
        if position is not None:
            self.books[position.symbol].drop(ticket)
        return position

    def add_history(self, order: Order) -> None:
        if order.ticket not in self.history:
            self._history_times.add(order.time_done_msc // 1_000, order.ticket)
            for identifier in {order.position_id, order.position_by_id} - {0}:
                self._orders_of.setdefault(identifier, []).append(order.ticket)
        self.history[order.ticket] = order

    def add_deal(self, deal: Deal) -> None:
        if deal.ticket not in self.deals:
            self._deal_times.add(deal.time_msc // 1_000, deal.ticket)
            if deal.position_id:
                self._deals_of.setdefault(deal.position_id, []).append(deal.ticket)
        self.deals[deal.ticket] = deal

    def history_between(self, from_s: int, to_s: int) -> list[int]:
        return self._history_times.between(from_s, to_s)

    def deals_between(self, from_s: int, to_s: int) -> list[int]:
        return self._deal_times.between(from_s, to_s)

    def of_position(self, identifier: int) -> tuple[list[int], list[int]]:
        """Tickets of the orders and of the deals that made one position."""
        return list(self._orders_of.get(identifier, ())), list(self._deals_of.get(identifier, ()))

    def was_position(self, ticket: int) -> bool:
        """Whether a position with this ticket or identifier ever was."""
        return ticket in self._deals_of or ticket in self._tickets

    def of_symbol(self, symbol: str) -> Iterator[Position]:
        book = self.books.get(symbol)
        return iter(book.positions.values() if book is not None else ())

    def only_of(self, symbol: str) -> Position | None:
        """A symbol's position where it has one at most."""
        return next(self.of_symbol(symbol), None)
