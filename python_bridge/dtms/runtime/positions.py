"""From what the terminal holds to the book: position events, snapshots, adoption."""

from dtms.engine.decide import Look
from dtms.engine.generation import same_trade
from dtms.engine.trade import Trade
from dtms.names import Changed
from dtms.runtime.adopt import admits
from dtms.runtime.book import Book
from dtms.runtime.counters import Counters
from dtms.runtime.log import Log
from dtms.runtime.trader import Trader
from dtms.session.events import SnapshotArrived
from dtms.settings import Settings
from dtms.wire.messages import Position, PositionChanged, PositionClosed, PositionOpened


class Positions:
    """Keeps the book in step with the terminal."""

    __slots__ = ("_book", "_counters", "_log", "_settings", "_trader", "_turned")

    def __init__(self, book: Book, trader: Trader, settings: Settings, counters: Counters, log: Log) -> None:
        self._book = book
        self._trader = trader
        self._settings = settings
        self._counters = counters
        self._log = log
        self._turned: dict[int, int] = {}  # last ticket of the generation before, where its end was seen before it was told

    def present(self, event: PositionOpened | PositionChanged, now: int, utc: int) -> None:
        """Take a position that is there: a known trade changes, one that turned round ends and its next begins, else adopted."""
        trade = self._book.of_position(event.position.position_id)
        if trade is not None and same_trade(trade.position, event.position):
            if trade.position.symbol != event.position.symbol:
                self._rename(trade, event.position.symbol)
            self._trader.consider(trade.key, event, now, utc)
            return
        if trade is not None:
            self._turn(trade)
        self._adopt(event.position, now, utc)

    def closed(self, event: PositionClosed) -> None:
        """Take that a position is gone; this overtakes whatever is under way for it. That a former generation ended is no news."""
        trade = self._book.of_position(event.position_id)
        if trade is None:
            return
        if self._turned.get(event.position_id) == event.ticket != trade.position.ticket:
            self._log.add("<", "ended_before", position=event.position_id, ticket=event.ticket, profit=event.profit)
            return
        self._close(trade, event.reason.name.lower(), price=event.price_close, profit=event.profit)

    def reconcile(self, snapshot: SnapshotArrived, now: int, utc: int) -> None:
        """Take a complete snapshot: what is missing from it is closed, what is fresh is adopted."""
        differences = self._book.reconcile(snapshot.positions)
        fresh = {position.position_id for position in differences.fresh}
        for trade in differences.missing:
            if trade.key.position_id in fresh:
                self._turn(trade)
            else:
                self._close(trade, "missing from a complete snapshot")
        for position in differences.fresh:
            self._adopt(position, now, utc)
        for position in differences.present:
            event = PositionChanged(ts_event=snapshot.ts_event, position=position, changed=Changed(0), by_command=0)
            self.present(event, now, utc)

    def _turn(self, trade: Trade) -> None:
        self._close(trade, "turned round")
        self._turned[trade.key.position_id] = trade.position.ticket

    def _rename(self, trade: Trade, symbol: str) -> None:
        self._book.rename(trade, symbol)
        self._log.add("!", "symbol_renamed", position=trade.key.position_id, before=trade.position.symbol, after=symbol)

    def _adopt(self, position: Position, now: int, utc: int) -> None:
        managed = admits(self._settings.adopt, self._settings.mode, position)
        trade = self._book.open(position, managed=managed)
        self._counters.trades.adopted += managed
        self._log.add(
            "<",
            "position",
            position=position.position_id,
            generation=trade.key.generation,
            symbol=position.symbol,
            side=position.side.name.lower(),
            volume=position.volume,
            stop=position.stop_loss,
            managed=managed,
            risk=trade.risk,
        )
        self._trader.consider(trade.key, Look(), now, utc)

    def _close(self, trade: Trade, why: str, *, price: float | None = None, profit: float | None = None) -> None:
        self._trader.forget(trade.key)
        self._turned.pop(trade.key.position_id, None)
        self._book.close(trade)
        self._counters.trades.closed += 1
        self._log.add(
            "<", "closed", position=trade.key.position_id, symbol=trade.position.symbol, why=why, price=price, profit=profit
        )
