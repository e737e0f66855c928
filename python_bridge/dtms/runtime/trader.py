"""
From an event of a trade to its decision; one account, one order of events.

A decision is taken under the ticket's lock; what becomes of its command is the business of ``orders``.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from dtms.defence_names import State, Trigger
from dtms.engine import close
from dtms.engine.decide import CloseAsked, Decision, Event, Look, Moment, Rules, decide, shown, withdrawn
from dtms.engine.defence.enrol import enrolled
from dtms.engine.defence.events import DeepCheck, Gone
from dtms.engine.defence.rules import DefenceRules
from dtms.engine.defence.view import Judgement
from dtms.engine.market import Market
from dtms.engine.trade import Trade, TradeKey, quarantined
from dtms.runtime import keeping
from dtms.runtime.alarms import Alarms
from dtms.runtime.arming import Arming
from dtms.runtime.book import Book
from dtms.runtime.counters import Counters
from dtms.runtime.deep import DeepAsked, DeepChecks, distance
from dtms.runtime.family import Family
from dtms.runtime.log import Log
from dtms.runtime.orders import Orders
from dtms.runtime.outbox import Outbox
from dtms.runtime.record import Record
from dtms.session.commands import CommandIds, Commands
from dtms.session.peer import Peer
from dtms.settings import Mode, Settings
from dtms.store.evidence import Fate
from dtms.store.rows import Closed, Row
from dtms.wire.messages import Command, PositionClosed, ReducePosition, SymbolSpec

_KEPT_AT_ONCE: Final = 256  # trades of one transaction
_LOOKS: Final = (Look, DeepCheck, SymbolSpec)  # nothing happened to the trade itself


class Trader:
    """Decides and commands for one account."""

    def __init__(
        self,
        book: Book,
        settings: Settings,
        *,
        ids: CommandIds,
        commands: Commands,
        family: Family,
        outbox: Outbox,
        counters: Counters,
        log: Log,
        record: Record,
        digest: str,
        hands: Callable[[], Peer | None],
        sees: Callable[[Trade, int, int], Market],
        judgement: Callable[[Trade], Judgement | None],
        commanded: Callable[[int], None],
    ) -> None:
        self.book = book
        self.outbox = outbox
        self.orders = Orders(
            book,
            commands=commands,
            outbox=outbox,
            consider=self.consider,
            hands=hands,
            record=record,
            counters=counters,
            log=log,
        )
        self.commands = commands
        self.locks = self.orders.locks
        self._ids = ids
        self._settings = settings
        defence = DefenceRules(settings.defence, settings.rails, settings.cadence, digest, settings.signals.warnings)
        self._plain = Rules(settings.break_even, settings.close)  # where the defence itself fails
        self._rules = self._plain._replace(defence=defence)
        self._counters = counters
        self._log = log
        self.family = family
        self.deep = DeepChecks()
        self.suspects: set[TradeKey] = set()  # records whose position is missing and may still be there: nothing is commanded
        self.over: list[TradeKey] = []  # trades whose position is gone and of whose family nothing is left
        self._record = record
        self._sees = sees  # the market as a decision is given it
        self._judgement = judgement
        self._commanded = commanded  # told when a command is on its way that counts against the budget
        self._hands = hands  # the connection that may carry out commands now, None: nobody may
        self._alarms = Alarms(settings, counters.trades, log)
        self._arming = Arming(book, settings, defence)
        self._hands_off = False

    # Events of trades

    def consider(self, key: TradeKey, event: Event, now: int, utc: int) -> None:
        """Take an event of a trade: queued while a change is under way, except for a close that is due (R17); else decided on."""
        trade = self.book.get(key)
        if trade is None or (key in self.suspects and isinstance(event, _LOOKS)):
            return
        if isinstance(event, CloseAsked) or close.due(trade, now, self._turn(trade)) or not self.locks.queue(key, event):
            self._decide(trade, event, now, utc)

    def _turn(self, trade: Trade) -> close.Turn:
        return close.turn(trade, self.book.of_symbol(trade.position.symbol)) if self.book.fifo else close.Turn.NOW

    def _decide(self, trade: Trade, event: Event, now: int, utc: int, rules: Rules | None = None) -> None:
        moment = Moment(now, self._ids.peek(), self._turn(trade), utc)
        try:
            market = self._sees(trade, now, utc) if rules is None else self._bare(trade, now)
            decision = decide(trade, event, market, moment, rules or self._rules)
        except Exception as error:  # noqa: BLE001 - R26: a rule that fails costs its ticket, the others go on
            self._quarantine(trade, event, error, now, utc, plain=rules is not None)
            return
        self._follow(decision, event, market, now, utc)
        if decision.deep is not None:
            self.consider(trade.key, DeepCheck(decision.deep), now, utc)

    def _bare(self, trade: Trade, now: int) -> Market:
        """Return the market without the defence's view."""
        return self.book.symbol(trade.position.symbol).market(now - self._settings.desk.quote_age_ms)

    def _follow(self, decision: Decision, event: Event, market: Market, now: int, utc: int) -> None:
        """Take the decision, and what becomes of its command."""
        fate = Fate.NONE
        self._record.says(decision)
        if decision.command is None:
            self._take_and_keep(decision, market, now, utc)
        elif self._settings.mode is Mode.OBSERVE:
            fate = Fate.OBSERVED
            self._show(decision, decision.command, market, now, utc)
        elif self._hands() is None or decision.trade.key in self.suspects:
            fate = Fate.WITHDRAWN
            self._take_and_keep(withdrawn(decision), market, now, utc)
            self._arming.soon(decision.trade.key, now)
        else:
            fate = Fate.ORDERED
            self._order(decision, decision.command, market, now, utc)
        self._record.decided(decision, event, fate, utc)

    def keep(self, *trades: Trade) -> None:
        """Have trades written as they are."""
        for at in range(0, len(trades), _KEPT_AT_ONCE):
            self.outbox.keep(trades[at : at + _KEPT_AT_ONCE])

    def restate(self) -> None:
        """Have the store given what is under way, and which hedges are open: it was replaced by one that does not know."""
        self.orders.restate()
        self.outbox.keep(rows=tuple(row for trade in self.book for row in keeping.open_hedges(trade)))

    def _take_and_keep(self, decision: Decision, market: Market, now: int, utc: int) -> None:
        key = decision.trade.key
        before = self.book.get(key)
        rows = self._take(decision, market, now, utc)
        after = self.book.get(key)
        if before is not None and after is not None and keeping.differs(before, after):
            self.outbox.keep((after,), rows)

    def _take(self, decision: Decision, market: Market, now: int, utc: int) -> tuple[Row, ...]:
        """Take the next value of a trade; return what the store is told beside it."""
        if self._hands_off:
            decision = replace(decision, trade=self._called_off(decision.trade, now))
        trade = decision.trade
        before = self.book.get(trade.key)
        self.book.put(trade)
        self.family.became(before, trade)
        if trade.defence is not None and trade.defence.gone and trade.ended:
            self.over.append(trade.key)
        self._arm(decision, market, now, utc)
        if before is not None:
            self._alarms.compare(before, trade)
        self.orders.became(trade, utc)
        return keeping.rows(before, decision, market, utc)

    def _arm(self, decision: Decision, market: Market, now: int, utc: int) -> None:
        try:
            self._arming.after(decision, market, now, utc)
        except Exception as error:  # noqa: BLE001 - R26, as above; what was decided stands
            why = f"{type(error).__name__}: {error}"
            self._log.error("quarantined", cause=error, position=decision.trade.key.position_id, why=why)
            self._counters.trades.quarantined += decision.trade.quarantine is None
            self.book.put(quarantined(decision.trade, why))
            self._arming.unwatched(decision.trade, now)

    def enrol(self, trade: Trade, utc: int, *, recovered: bool) -> Trade:
        """A managed position was met: its defence begins; what was open before this process is watched at once (2.2)."""
        trade = enrolled(trade, recovered=recovered, utc=utc)
        self.book.put(trade)
        return trade

    def judged(self, symbol: str, trigger: Trigger) -> None:
        """A symbol's market was judged anew: its trades are to be checked, those nearest to a threshold first."""
        levels = self._settings.defence.levels
        for trade in self.book.of_symbol(symbol):
            if trade.defence is not None:
                self.deep.ask(DeepAsked(trade.key, trigger), distance(trade, self._judgement(trade), levels))

    def fact(self, trade: Trade, event: PositionClosed | Gone, now: int, utc: int) -> bool:
        """Take that a position is gone, which overtakes whatever is under way; return whether the trade is over by it."""
        self.locks.overtaken(trade.key, event.position_id)
        self._decide(trade, event, now, utc)
        after = self.book.get(trade.key)
        return after is None or after.defence is None or not after.defence.gone or after.ended

    def hold(self, now: int, utc: int, *, hands_off: bool) -> None:
        """
        Take whether hands off is pressed: the user wants nothing done, so closes that were taken on and are not sent yet end.

        Whoever still wants them asks again. A link that is lost ends none: nobody has taken them back.
        """
        if hands_off is self._hands_off:
            return
        self._hands_off = hands_off
        self._log.add("!", "account_hands_off", on=hands_off)
        if not hands_off:
            return
        self.orders.deny_waiting_closes(now, utc)
        for trade in tuple(self.book):
            after = self._called_off(trade, now)
            if after is not trade:
                self.book.put(after)
                self.keep(after)

    def _called_off(self, trade: Trade, now: int) -> Trade:
        if trade.defence is not None and trade.defence.state is State.CLOSING:
            return trade  # the defence goes on wanting it; nobody carries it out meanwhile
        after = close.called_off(trade)
        if after is not trade:
            self._counters.trades.closes_denied += 1
            self._log.add("!", "close_denied", position=trade.key.position_id, why="hands off")
            self._arming.soon(trade.key, now)  # its rules have something to do again
        return after

    def _show(self, decision: Decision, command: Command, market: Market, now: int, utc: int) -> None:
        self._record.would(decision, command)
        decision = shown(decision)
        rows = self._take(decision, market, now, utc)
        self._counters.commands.observed += 1
        self.outbox.note(decision, utc, rows)

    def _order(self, decision: Decision, command: Command, market: Market, now: int, utc: int) -> None:
        self._ids.take()
        rows = self._take(decision, market, now, utc)
        self.family.ordered(decision.trade.key, command)
        if not isinstance(command, ReducePosition):
            self._commanded(now)
        self.orders.place(decision, command, now, utc, rows)

    def _quarantine(self, trade: Trade, event: Event, error: Exception, now: int, utc: int, *, plain: bool) -> None:
        """The event itself is a fact: it is worked in without a rule that looks at it, or where that fails without the defence."""
        why = f"{type(error).__name__}: {error}"
        if plain:
            self._log.error("event_lost", cause=error, position=trade.key.position_id, why=why)
        elif trade.quarantine is not None:
            if why != trade.quarantine:
                self._log.error("quarantined", cause=error, position=trade.key.position_id, why=why)
            self._decide(trade, event, now, utc, self._plain)
        else:
            self._counters.trades.quarantined += 1
            self._log.error("quarantined", cause=error, position=trade.key.position_id, why=why)
            trade = quarantined(trade, why)
            self.book.put(trade)
            self._decide(trade, event, now, utc)

    def forget(self, key: TradeKey, why: str, utc: int) -> None:
        """The trade is closed: nothing waits for it any more, and its end is written."""
        self.orders.forget(key, utc)
        self.suspects.discard(key)
        self.outbox.keep(rows=(Closed(key, utc, why),))
        if (trade := self.book.get(key)) is not None:
            self._arming.forget(trade)
            self.family.ended(trade)

    def next_check(self, now: int, utc: int) -> bool:
        """Make one check that is due; false when there is none."""
        deep = self.deep.take()
        if deep is not None:
            self.consider(deep.key, DeepCheck(deep.trigger), now, utc)
            return True
        key = self._arming.take(now)
        if key is None:
            return False
        self.consider(key, Look(), now, utc)
        return True
