"""
What a terminal knows: the broker's updates applied, however late or often they come.

State is keyed and carries revisions, so an update that comes twice changes nothing and one that was overtaken is
dropped. Quotes of symbols outside the Market Watch are not followed.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Final

from dtms.sim.calendar import CalendarBook
from dtms.sim.events import EventQueue
from dtms.sim.feed import TICK, SymbolFeed
from dtms.sim.market import executable
from dtms.sim.messages import (
    AccountSet,
    CalendarTold,
    Clock,
    Connection,
    DealAdded,
    FullState,
    HistorySet,
    OrderGone,
    OrderSet,
    PositionGone,
    PositionSet,
    Quoted,
    SymbolGone,
    SymbolHistory,
    SymbolSet,
    Traded,
    Transaction,
    Update,
)
from dtms.sim.spec import SymbolSpec
from dtms.sim.standing import Standing
from dtms.sim.state import Account

KEPT_TICKS: Final = 65_536  # per symbol; what is older than the fast cache stands for the terminal's disk


class Cache:
    """
    A terminal's view of one account.

    Attributes:
        version: grows whenever money or positions may have changed.
        current_msc: server time of the last quote of a watched symbol (TimeCurrent).
    """

    def __init__(self, watched: Iterable[str] | None = None) -> None:
        self.standing = Standing(Account(login=0))
        self.events = EventQueue()
        self.connected = False
        self.version = 0
        self.current_msc = 0
        self.feeds: dict[str, SymbolFeed] = {}
        self.raw: dict[str, tuple[float, float]] = {}
        self.watched: set[str] = set(watched or ())
        self._watch_all = watched is None
        self._unseen: dict[str, Quoted] = {}  # the last quote of symbols that are not watched
        self._positions_seen: dict[int, int] = {}
        self._orders_seen: dict[int, int] = {}
        self._floor = 0
        self.calendar = CalendarBook()
        self._appliers: dict[type, Callable[..., None]] = {
            Quoted: self._quoted,
            Clock: self._clock,
            SymbolSet: lambda u: self._symbol(u.spec),
            SymbolGone: lambda u: self._symbol_gone(u.name),
            CalendarTold: lambda u: self.calendar.put(u.items),
            AccountSet: lambda u: self._account(u.account),
            PositionSet: self._position_set,
            PositionGone: self._position_gone,
            OrderSet: self._order_set,
            OrderGone: self._order_gone,
            HistorySet: lambda u: self.standing.holdings.add_history(u.order),
            DealAdded: lambda u: self.standing.holdings.add_deal(u.deal),
            Transaction: self.events.transaction,
            Traded: lambda _: self.events.trade(),
            Connection: self._connection,
            FullState: self._full,
            SymbolHistory: self._prices,
        }

    def apply(self, update: Update) -> None:
        self._appliers[type(update)](update)

    # Prices and time

    def _quoted(self, quoted: Quoted) -> None:
        symbol, server_msc, bid, ask, flags = quoted.symbol, quoted.server_msc, quoted.bid, quoted.ask, quoted.flags
        market = self.standing.market
        market.time_msc = max(quoted.market_msc, market.time_msc)
        if symbol not in self.watched or symbol not in market.specs:
            self._unseen[symbol] = quoted
            return
        market.quotes[symbol] = executable(bid, ask, server_msc, market.specs[symbol].digits)
        self.raw[symbol] = (bid, ask)
        self.current_msc = server_msc
        self.feeds[symbol].quote(server_msc, bid, ask, flags)
        self.version += 1
        self.events.tick(symbol)

    def _clock(self, clock: Clock) -> None:
        market = self.standing.market
        market.time_msc = max(clock.market_msc, market.time_msc)
        if self.connected:  # the offset is the server's word, and that needs a connection
            market.offset_ms = clock.offset_ms

    # Symbols

    def _symbol(self, spec: SymbolSpec) -> None:
        old = self.standing.market.specs.get(spec.name)
        self.standing.market.specs[spec.name] = spec
        self.version += 1
        if spec.name not in self.feeds:
            self.feeds[spec.name] = SymbolFeed(KEPT_TICKS, spec.point)
        self.feeds[spec.name].rescale(spec.point)
        if self._watch_all and old is None:
            self.watch(spec.name)

    def _symbol_gone(self, name: str) -> None:
        """Out of every list; what was copied before the news is with the program."""
        market = self.standing.market
        market.specs.pop(name, None)
        market.quotes.pop(name, None)
        for known in (self.feeds, self.raw, self._unseen):
            known.pop(name, None)
        self.watched.discard(name)
        self.version += 1

    def watch(self, symbol: str) -> None:
        """Into the Market Watch; the last quote that passed unseen, or that the server kept, is there at once."""
        self.watched.add(symbol)
        unseen = self._unseen.pop(symbol, None)
        if unseen is not None:
            self._quoted(unseen)
        elif symbol in self.feeds and symbol not in self.standing.market.quotes:
            self._show_last(symbol)

    # Account, positions, orders

    def _account(self, account: Account) -> None:
        if account.revision >= self.standing.account.revision:
            self.standing.account = account
            self.version += 1

    def _position_set(self, update: PositionSet) -> None:
        position = update.position
        if self._stale(self._positions_seen, position.ticket, position.revision):
            return
        self.standing.holdings.put_position(position)
        self.version += 1
        if position.symbol not in self.watched:
            self.watch(position.symbol)

    def _position_gone(self, update: PositionGone) -> None:
        if not self._stale(self._positions_seen, update.ticket, update.revision):
            self.standing.holdings.drop_position(update.ticket)
            self.version += 1

    def _order_set(self, update: OrderSet) -> None:
        if not self._stale(self._orders_seen, update.order.ticket, update.order.revision):
            self.standing.holdings.orders[update.order.ticket] = update.order

    def _order_gone(self, update: OrderGone) -> None:
        if not self._stale(self._orders_seen, update.ticket, update.revision):
            self.standing.holdings.orders.pop(update.ticket, None)

    def _stale(self, seen: dict[int, int], ticket: int, revision: int) -> bool:
        """Whether something later is known; otherwise this is now the latest."""
        if revision <= max(seen.get(ticket, 0), self._floor):
            return True
        seen[ticket] = revision
        return False

    # The connection

    def _connection(self, update: Connection) -> None:
        self.connected = update.up

    def _full(self, full: FullState) -> None:
        """Replaces everything but the Market Watch and the events that wait."""
        old, self.standing = self.standing, Standing(full.account)
        holdings, market = self.standing.holdings, self.standing.market
        self.calendar = CalendarBook()
        self.calendar.put(full.calendar)
        market.time_msc = max(full.clock.market_msc, old.market.time_msc)
        market.offset_ms = full.clock.offset_ms
        self._floor = full.revision
        self._all_symbols(full.symbols, old.market.specs)
        for order in full.orders:
            holdings.orders[order.ticket] = order
        for order in full.history:
            holdings.add_history(order)
        for deal in full.deals:
            holdings.add_deal(deal)
        for history in full.prices:
            self._prices(history)
        for position in full.positions:
            holdings.put_position(position)
            self.watch(position.symbol)
        self.version += 1

    def _all_symbols(self, specs: Iterable[SymbolSpec], old: Mapping[str, SymbolSpec]) -> None:
        market = self.standing.market
        for spec in specs:
            if spec.name in old:
                market.specs[spec.name] = old[spec.name]
            self._symbol(spec)
        for name in old.keys() - market.specs.keys():
            self._symbol_gone(name)

    def _prices(self, history: SymbolHistory) -> None:
        """Quotes and bars of one symbol as the server has them; the last quote is the present one."""
        symbol, feed = history.symbol, self.feeds.get(history.symbol)
        if feed is None:  # overtaken by the news that there is no such symbol
            return
        feed.ticks.load(history.ticks)
        for timeframe_s, packed in history.bars:
            feed.load_bars(timeframe_s, packed)
        self._unseen.pop(symbol, None)
        if symbol in self.watched:
            self._show_last(symbol)

    def _show_last(self, symbol: str) -> None:
        """The present quote is the last one of the record."""
        last, market = self.feeds[symbol].ticks.last, self.standing.market
        if last is None:
            return
        _, bid, ask, _, _, server_msc, _, _ = TICK.unpack(last)
        market.quotes[symbol] = executable(bid, ask, server_msc, market.specs[symbol].digits)
        self.raw[symbol] = (bid, ask)
        self.current_msc = max(self.current_msc, server_msc)
        self.version += 1
