"""
From an event of a trade to its decision, and from a command to its outcome; one account, one order of events.

A decision is taken under the ticket's lock, written, sent when the store has it, and ended by the terminal's report or by evidence.
"""

from collections.abc import Callable
from dataclasses import replace

from dtms.defence_names import State, Trigger
from dtms.engine import close
from dtms.engine.decide import CloseAsked, Decision, Event, Expired, Look, Moment, Rules, Vanished, decide, shown, withdrawn
from dtms.engine.defence.enrol import enrolled
from dtms.engine.defence.events import DeepCheck
from dtms.engine.defence.rules import DefenceRules
from dtms.engine.defence.view import Judgement
from dtms.engine.market import Market
from dtms.engine.trade import Trade, TradeKey, quarantined
from dtms.errors import LinkLost
from dtms.names import Outcome
from dtms.runtime.alarms import Alarms
from dtms.runtime.arming import Arming
from dtms.runtime.book import Book
from dtms.runtime.counters import Counters
from dtms.runtime.decisions import Fate
from dtms.runtime.deep import DeepAsked, DeepChecks, distance
from dtms.runtime.family import Family, speaks_of
from dtms.runtime.locks import Locks
from dtms.runtime.log import Log
from dtms.runtime.outbox import Outbox, Release
from dtms.runtime.record import Record, what
from dtms.session.commands import CommandIds, Commands, Outstanding, Stage
from dtms.session.peer import Peer
from dtms.settings import Mode, Settings
from dtms.wire.messages import Command, ExecutionReport, ReducePosition


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
        self.commands = commands
        self.locks = Locks()
        self.outbox = outbox
        self._ids = ids
        self._settings = settings
        defence = DefenceRules(settings.defence, settings.rails, settings.cadence, digest, settings.signals.warnings)
        self._plain = Rules(settings.break_even, settings.close)  # where the defence itself fails
        self._rules = self._plain._replace(defence=defence)
        self._counters = counters
        self._log = log
        self.family = family
        self.deep = DeepChecks()
        self.over: list[TradeKey] = []  # trades whose position is gone and of whose family nothing is left
        self._record = record
        self._sees = sees  # the market as a decision is given it
        self._judgement = judgement
        self._commanded = commanded  # told when a command is on its way that counts against the budget
        self._hands = hands  # the connection that may carry out commands now, None: nobody may
        self._alarms = Alarms(settings, counters.trades, log)
        self._arming = Arming(book, settings, defence)
        self._owners: dict[int, TradeKey] = {}
        self._hands_off = False

    # Events of trades

    def consider(self, key: TradeKey, event: Event, now: int, utc: int) -> None:
        """Take an event of a trade: queued while a change is under way, except for a close that is due (R17); else decided on."""
        trade = self.book.get(key)
        if trade is None:
            return
        if isinstance(event, CloseAsked) or close.due(trade, now, self._turn(trade)) or not self.locks.queue(key, event):
            self._decide(trade, event, now, utc)

    def _turn(self, trade: Trade) -> close.Turn:
        return close.turn(trade, self.book.of_symbol(trade.position.symbol)) if self.book.fifo else close.Turn.NOW

    def _decide(self, trade: Trade, event: Event, now: int, utc: int, rules: Rules | None = None) -> None:
        market = self._sees(trade, now, utc)
        moment = Moment(now, self._ids.peek(), self._turn(trade), utc)
        try:
            decision = decide(trade, event, market, moment, rules or self._rules)
        except Exception as error:  # noqa: BLE001 - R26: a rule that fails costs its ticket, the others go on
            self._quarantine(trade, event, error, now, utc, plain=rules is not None)
            return
        self._follow(decision, event, market, now, utc)
        if decision.deep is not None:
            self.consider(trade.key, DeepCheck(decision.deep), now, utc)

    def _follow(self, decision: Decision, event: Event, market: Market, now: int, utc: int) -> None:
        """Take the decision, and what becomes of its command."""
        fate = Fate.NONE
        self._record.says(decision)
        if decision.command is None:
            self._take(decision, market, now, utc)
        elif self._settings.mode is Mode.OBSERVE:
            fate = Fate.OBSERVED
            self._show(decision, decision.command, market, now, utc)
        elif self._hands() is None:
            fate = Fate.WITHDRAWN
            self._take(withdrawn(decision), market, now, utc)
            self._arming.soon(decision.trade.key, now)
        else:
            fate = Fate.ORDERED
            self._order(decision, decision.command, market, now, utc)
        self._record.decided(decision, event, fate, utc)

    def _take(self, decision: Decision, market: Market, now: int, utc: int) -> None:
        if self._hands_off:
            decision = replace(decision, trade=self._called_off(decision.trade, now))
        trade = decision.trade
        before = self.book.get(trade.key)
        self.book.put(trade)
        self.family.became(before, trade)
        if trade.defence is not None and trade.defence.gone and trade.ended:
            self.over.append(trade.key)
        self._arming.after(decision, market, now, utc)
        if before is not None:
            self._alarms.compare(before, trade)
        lock = self.locks.get(trade.key)
        if lock is not None and lock.unknown and not trade.awaits(lock.holder):
            self._learned(trade, lock.holder)

    def enrol(self, trade: Trade, utc: int, *, recovered: bool) -> None:
        """A managed position was met: its defence begins; what was open before this process is watched at once (2.2)."""
        self.book.put(enrolled(trade, recovered=recovered, utc=utc))

    def judged(self, symbol: str, trigger: Trigger) -> None:
        """A symbol's market was judged anew: its trades are to be checked, those nearest to a threshold first."""
        levels = self._settings.defence.levels
        for trade in self.book.of_symbol(symbol):
            if trade.defence is not None:
                self.deep.ask(DeepAsked(trade.key, trigger), distance(trade, self._judgement(trade), levels))

    def fact(self, trade: Trade, event: Event, now: int, utc: int) -> bool:
        """Take a fact that overtakes whatever is under way for the trade; return whether the trade is over by it."""
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
        for outstanding in self.commands:
            if outstanding.stage is Stage.WAITING and isinstance(outstanding.command, ReducePosition):
                command_id = outstanding.command.command_id
                self.commands.close(command_id)
                self._counters.commands.denied += 1
                self._conclude(command_id, Expired(command_id), now, utc)
        for trade in tuple(self.book):
            self.book.put(self._called_off(trade, now))

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
        self._take(decision, market, now, utc)
        self._counters.commands.observed += 1
        self.outbox.note(decision, utc)

    def _order(self, decision: Decision, command: Command, market: Market, now: int, utc: int) -> None:
        key = decision.trade.key
        self._ids.take()
        self._take(decision, market, now, utc)
        closing = isinstance(command, ReducePosition)
        self.locks.take(key, command.command_id, now, what(command), overtakes=closing)
        self._owners[command.command_id] = key
        self.family.ordered(key, command)
        if not closing:
            self._commanded(now)
        outstanding = self.commands.decide(command, now, utc)
        self._record.ordered(decision, command)
        self.outbox.put(decision, command, outstanding, now)

    def _quarantine(self, trade: Trade, event: Event, error: Exception, now: int, utc: int, *, plain: bool) -> None:
        """The event itself is a fact: it is worked in without a rule that looks at it, or where that fails without the defence."""
        why = f"{type(error).__name__}: {error}"
        if plain:
            self._log.error("event_lost", position=trade.key.position_id, why=why)
        elif trade.quarantine is not None:
            self._decide(trade, event, now, utc, self._plain)
        else:
            self._counters.trades.quarantined += 1
            self._log.error("quarantined", position=trade.key.position_id, why=why)
            self._decide(quarantined(trade, why), event, now, utc)

    def forget(self, key: TradeKey) -> None:
        """The trade is closed: nothing waits for it any more; a report that still comes is only counted."""
        for command_id in [command_id for command_id, owner in self._owners.items() if owner == key]:
            del self._owners[command_id]
            held = self.commands.get(command_id)
            if held is None or held.stage is Stage.SENT:
                continue
            self.commands.close(command_id)
            if held.stage is Stage.UNKNOWN and isinstance(held.command, ReducePosition):
                self._confirmed(key, command_id)
        self.locks.forget(key)
        if (trade := self.book.get(key)) is not None:
            self._arming.forget(trade)
            self.family.ended(trade)

    # Commands under way

    def release(self, release: Release, now: int, utc: int) -> None:
        """Send a command whose intent is written; its time may be up, or the terminal gone."""
        outstanding = release.outstanding
        if self.commands.get(outstanding.command.command_id) is None:
            return  # its trade is closed
        if release.denied:
            self._counters.commands.denied += 1
        elif self._send(outstanding, now, utc):
            return
        self._end_unsent(outstanding, now, utc)

    def _send(self, outstanding: Outstanding, now: int, utc: int) -> bool:
        peer = self._hands()
        if peer is None or peer.session is None:
            return False
        command = self.commands.stamp(outstanding, peer.session, now, utc)
        if command is None:
            return False
        try:
            peer.send(command, now)
        except LinkLost:
            return False
        self._counters.commands.sent += 1
        self._log.add(">", "command", command=command.command_id, type=type(command).__name__)
        return True

    def _end_unsent(self, outstanding: Outstanding, now: int, utc: int) -> None:
        command_id = outstanding.command.command_id
        self.commands.close(command_id)
        self._counters.commands.expired += 1
        self._conclude(command_id, Expired(command_id), now, utc)

    def report(self, report: ExecutionReport, now: int, utc: int) -> None:
        """Take the terminal's answer."""
        key = self._owners.get(report.command_id)
        trade = None if key is None else self.book.get(key)
        outstanding = self.commands.get(report.command_id)
        command = None if outstanding is None else outstanding.command
        if key is not None and trade is not None and not speaks_of(trade, command, report):
            self._foreign(key, report, now, utc)
            return
        known = self.commands.answer(report)
        if known is None:
            self._counters.commands.stray += 1
            return
        self._counters.outcome(report.outcome)
        self.book.fifo = self.book.fifo or report.retcode == close.FIFO  # whatever the account said at the logon
        mark = "<" if report.outcome in {Outcome.DONE, Outcome.PARTIAL} else "!"
        self._log.add(
            mark,
            "report",
            command=report.command_id,
            outcome=report.outcome.name.lower(),
            retcode=report.retcode,
            why=report.why.name.lower(),
            detail=report.detail,
        )
        if key is not None:
            self._record.reported(key, report, utc)
        if report.outcome.final:
            self._conclude(report.command_id, report, now, utc)
        elif key is None:
            self.commands.close(report.command_id)  # its trade has ended: what became of it is nobody's question any more
        else:
            self._became_unknown(report.command_id, report, now, utc)

    def _foreign(self, key: TradeKey, report: ExecutionReport, now: int, utc: int) -> None:
        """The answer speaks of another position: nothing in it is believed, and what became of the command is unknown."""
        self._counters.commands.stray += 1
        self._log.error("foreign_report", command=report.command_id, position=key.position_id, told=report.position_id)
        self.commands.doubt(report.command_id)
        self._vanished(report.command_id, now, utc)

    def advance(self, now: int, utc: int) -> None:
        """Look at the clock: outcomes that did not come are unknown."""
        for outstanding in self.commands.overdue(now):
            self._vanished(outstanding.command.command_id, now, utc)

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

    def renew(self, nonce: int, now: int, utc: int) -> None:
        """A fresh session began: what its life has and is in time goes again with its id, the rest is closed or unknown (R21)."""
        renewed = self.commands.renew(nonce, now, utc)
        for outstanding in renewed.unknown:
            self._vanished(outstanding.command.command_id, now, utc)
        unsent = [outstanding for outstanding in renewed.again if not self._send(outstanding, now, utc)]
        for outstanding in (*renewed.expired, *unsent):
            self._end_unsent(outstanding, now, utc)

    def settle(self, command_ids: list[int], now: int, utc: int) -> None:
        """A complete snapshot was asked for after these commands' time had passed: what it does not show was not done (R19)."""
        for command_id in command_ids:
            if self.commands.get(command_id) is None:
                continue
            self.commands.close(command_id)
            self._counters.commands.expired += 1
            self._conclude(command_id, Expired(command_id), now, utc)

    def _conclude(self, command_id: int, event: Event, now: int, utc: int) -> None:
        key = self._owners.pop(command_id, None)
        if key is None:
            return
        # What was queued came before the outcome.
        for following in (*self.locks.free(key, command_id), event):
            self.consider(key, following, now, utc)

    def _vanished(self, command_id: int, now: int, utc: int) -> None:
        self._counters.commands.unknown += 1
        self._log.add("!", "unknown", command=command_id)
        self._became_unknown(command_id, Vanished(command_id), now, utc)

    def _became_unknown(self, command_id: int, event: Event, now: int, utc: int) -> None:
        key = self._owners.get(command_id)
        if key is None:
            return
        for following in (*self.locks.became_unknown(key, command_id), event):
            self.consider(key, following, now, utc)

    def _learned(self, trade: Trade, command_id: int) -> None:
        """The position shows what became of an unknown command."""
        if self.commands.get(command_id) is not None:
            self.commands.close(command_id)
            self._confirmed(trade.key, command_id)
        self._owners.pop(command_id, None)
        self.locks.free(trade.key, command_id)

    def _confirmed(self, key: TradeKey, command_id: int) -> None:
        self._counters.commands.done += 1
        self._log.add("=", "confirmed_by_position", command=command_id, position=key.position_id)
