"""From what the terminal holds to the book: position events, snapshots, adoption."""

from dtms.engine import close
from dtms.engine.decide import CloseAsked, Look
from dtms.engine.defence.events import Gone
from dtms.engine.generation import same_trade
from dtms.engine.recovery import Verdict
from dtms.engine.trade import Trade, TradeKey
from dtms.names import Changed
from dtms.runtime.book import Book
from dtms.runtime.counters import Counters
from dtms.runtime.family import Family
from dtms.runtime.log import Log
from dtms.runtime.markets import Markets
from dtms.runtime.recovery import Recovery
from dtms.runtime.risk import Risk
from dtms.runtime.trader import Trader
from dtms.session.events import SnapshotArrived
from dtms.wire.messages import Deal, Position, PositionChanged, PositionClosed, PositionOpened


class Positions:
    """Keeps the book in step with the terminal."""

    __slots__ = ("_book", "_counters", "_family", "_log", "_markets", "_recovery", "_risk", "_trader", "_turned", "_whys")

    def __init__(
        self, book: Book, trader: Trader, *, recovery: Recovery, markets: Markets, risk: Risk, counters: Counters, log: Log
    ) -> None:
        self._book = book
        self._trader = trader
        self._family = trader.family
        self._markets = markets
        self._risk = risk
        self._recovery = recovery
        self._counters = counters
        self._log = log
        self._whys: dict[TradeKey, str] = {}  # why positions went whose family lives on
        self._turned: dict[int, int] = {}  # last ticket of the generation before, where its end was seen before it was told

    def present(self, event: PositionOpened | PositionChanged, now: int, utc: int) -> None:
        """Take a position that is there: a known trade changes, one that turned round ends and its next begins, else adopted."""
        if self._recovery.waiting:
            return  # the first complete snapshot holds it, and the records are held against that
        self._risk.alive(event.position.position_id)
        if self._of_family(event, now, utc):
            return
        trade = self._book.of_position(event.position.position_id)
        if trade is not None and same_trade(trade.position, event.position):
            self._recovery.seen(trade)
            if trade.position.symbol != event.position.symbol:
                self._rename(trade, event.position.symbol)
            self._trader.consider(trade.key, event, now, utc)
            return
        if trade is not None:
            self._turn(trade, now, utc)
        self._adopt(event.position, now, utc, recovered=False)

    def _of_family(self, event: PositionOpened | PositionChanged, now: int, utc: int) -> bool:
        """Take a position that DTMS opened: it is its trade's, or nobody's and to be closed (D-51)."""
        position = event.position
        if position.position_id not in self._family and not Family.is_ours(position):
            return False
        owner = self._family.claim(position)
        if owner is not None and owner.key.position_id != position.position_id:
            self._trader.consider(owner.key, event, now, utc)
            return True
        known = self._book.of_position(position.position_id)
        if known is not None:  # an orphan that is being closed
            if not close.wanted(known):
                self._trader.consider(known.key, CloseAsked("orphan"), now, utc)
            return False
        self._log.error("orphan", position=position.position_id, symbol=position.symbol, volume=position.volume)
        orphan = self._book.open(position, managed=False)
        self._trader.keep(orphan)
        self._trader.consider(orphan.key, CloseAsked("orphan"), now, utc)
        return True

    def closed(self, event: PositionClosed, now: int, utc: int) -> None:
        """Take that a position is gone; this overtakes whatever is under way for it. That a former generation ended is no news."""
        if self._recovery.waiting:
            self._recovery.early(event)
            return
        owner = self._family.owner(event.position_id)
        trade = owner or self._book.of_position(event.position_id)
        if trade is None:
            return
        if owner is not None:
            self._count(owner, event)
            self._log.add("<", "leg_closed", position=event.position_id, of=owner.key.position_id, profit=event.profit)
            self._gone(owner, event, now, utc)
            return
        if self._turned.get(event.position_id) == event.ticket != trade.position.ticket:
            self._log.add("<", "ended_before", position=event.position_id, ticket=event.ticket, profit=event.profit)
            return
        self._count(trade, event)
        self._close(trade, event, event.reason.name.lower(), now, utc)

    def deal(self, event: Deal, now: int, utc: int) -> bool:
        """Take a deal; return whether it is the end of a position that is missing, whose legs have to be looked for then."""
        trade = self._recovery.deal(event)
        if trade is None:
            return False
        self._end_told(trade, now, utc)
        return bool(trade.legs)

    def _end_told(self, trade: Trade, now: int, utc: int) -> None:
        end = self._recovery.end_of(trade)
        self._recovery.settled(trade.key)
        if end is not None:
            self._count(trade, end)
            self._close(trade, end, end.reason.name.lower(), now, utc)

    def _count(self, trade: Trade, event: PositionClosed) -> None:
        if trade.managed:
            self._risk.ended(event)

    def reconcile(self, snapshot: SnapshotArrived, now: int, utc: int) -> None:
        """
        Take a complete snapshot: what is missing from it is closed, what is fresh is adopted; positions of ours come last.

        The first one is held against what the process before left.
        """
        self._recovery.take_up(snapshot.positions, now, utc)
        ours = [p for p in snapshot.positions if p.position_id in self._family or Family.is_ours(p)]
        own = {position.position_id for position in ours}
        differences = self._book.reconcile(p for p in snapshot.positions if p.position_id not in own)
        fresh = {position.position_id for position in differences.fresh}
        for trade in differences.missing:
            if trade.key.position_id in own:
                continue  # an orphan that is being closed
            if trade.key.position_id in fresh:
                self._turn(trade, now, utc)
            else:
                self._missing(trade, now, utc)
        self._legs_missing(own, now, utc)
        for position in differences.fresh:
            self._adopt(position, now, utc, recovered=True)
        for position in (*differences.present, *ours):
            event = PositionChanged(ts_event=snapshot.ts_event, position=position, changed=Changed(0), by_command=0)
            self.present(event, now, utc)

    def _missing(self, trade: Trade, now: int, utc: int) -> None:
        row = self._recovery.missing(trade)
        if row is not None and row.verdict is Verdict.DOUBT:
            return
        if row is not None and row.verdict is Verdict.END:
            self._end_told(trade, now, utc)
            return
        self._recovery.settled(trade.key)
        self._missed(trade, trade.key.position_id)
        why = "missing from a complete snapshot" if row is None else row.why
        self._close(trade, Gone(trade.key.position_id), why, now, utc)

    def _legs_missing(self, own: set[int], now: int, utc: int) -> None:
        for key, number in self._family.absent(own):
            owner = self._book.get(key)
            if owner is not None and not self._recovery.doubts(key):  # first it is to be known what became of the position
                self._missed(owner, number)
                self._gone(owner, Gone(number), now, utc)

    def _missed(self, trade: Trade, position_id: int) -> None:
        """Nobody told how the position ended."""
        main = position_id == trade.key.position_id
        if trade.managed and not (main and trade.defence is not None and trade.defence.gone):
            self._risk.ended_unseen(position_id)

    def _turn(self, trade: Trade, now: int, utc: int) -> None:
        self._close(trade, Gone(trade.key.position_id), "turned round", now, utc)
        left = self._book.get(trade.key)
        if left is not None:
            self._drop(left, utc)  # its legs, if there were any, are nobody's from here on
        self._turned[trade.key.position_id] = trade.position.ticket

    def _rename(self, trade: Trade, symbol: str) -> None:
        if trade.managed:
            self._markets.watch(symbol)
        self._book.rename(trade, symbol)
        self._log.add("!", "symbol_renamed", position=trade.key.position_id, before=trade.position.symbol, after=symbol)

    def _adopt(self, position: Position, now: int, utc: int, *, recovered: bool) -> None:
        managed = self._recovery.wants(position)
        if managed:
            self._markets.watch(position.symbol)
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
        if managed and self._markets.on:
            trade = self._trader.enrol(trade, utc, recovered=recovered)
        self._trader.keep(trade)
        self._trader.consider(trade.key, Look(), now, utc)

    def _close(self, trade: Trade, event: PositionClosed | Gone, why: str, now: int, utc: int) -> None:
        known = trade.defence is not None and trade.defence.gone
        if not known:
            self._counters.trades.closed += 1
            price, profit = (event.price_close, event.profit) if isinstance(event, PositionClosed) else (None, None)
            self._log.add(
                "<", "closed", position=trade.key.position_id, symbol=trade.position.symbol, why=why, price=price, profit=profit
            )
        self._whys[trade.key] = why
        if trade.defence is None:
            self._drop(trade, utc)
        else:
            self._gone(trade, event, now, utc)

    def _gone(self, trade: Trade, event: PositionClosed | Gone, now: int, utc: int) -> None:
        """Have it decided what follows for the rest of the family; where nothing is left, the trade is over."""
        key, main = trade.key, event.position_id == trade.key.position_id
        over = self._trader.fact(trade, event, now, utc)
        after = self._book.get(key)
        if after is None:
            return
        gone = after.defence is not None and after.defence.gone
        if over and (main or gone):
            self._drop(after, utc)

    def _drop(self, trade: Trade, utc: int) -> None:
        self._trader.forget(trade.key, self._whys.pop(trade.key, ""), utc)
        self._turned.pop(trade.key.position_id, None)
        self._book.close(trade)

    def sweep(self, utc: int) -> None:
        """Drop trades whose position was gone and of whose family nothing is left now."""
        over, self._trader.over = self._trader.over, []
        for key in over:
            trade = self._book.get(key)
            if trade is not None:
                self._drop(trade, utc)
