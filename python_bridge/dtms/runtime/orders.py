"""
From a command to its outcome; one account.

A command is sent when the store has it, and ended by the terminal's report or by evidence.
"""

from collections.abc import Callable

from dtms.engine import close
from dtms.engine.decide import Decision, Event, Expired, Vanished
from dtms.engine.trade import Trade, TradeKey
from dtms.errors import LinkLost
from dtms.names import Outcome
from dtms.runtime.book import Book
from dtms.runtime.counters import Counters
from dtms.runtime.family import speaks_of
from dtms.runtime.locks import Locks
from dtms.runtime.log import Log
from dtms.runtime.outbox import Outbox, Release
from dtms.runtime.record import Record, what
from dtms.session.commands import Commands, Outstanding, Stage
from dtms.session.peer import Peer
from dtms.store.rows import Answered, OutboxRow, Row, Sent
from dtms.wire.messages import Command, ExecutionReport, ReducePosition

Consider = Callable[[TradeKey, Event, int, int], None]


class Orders:
    """The commands under way, whose they are, and the locks that they hold."""

    def __init__(
        self,
        book: Book,
        *,
        commands: Commands,
        outbox: Outbox,
        consider: Consider,
        hands: Callable[[], Peer | None],
        record: Record,
        counters: Counters,
        log: Log,
    ) -> None:
        self.commands = commands
        self.locks = Locks()
        self._book = book
        self._outbox = outbox
        self._consider = consider
        self._hands = hands
        self._record = record
        self._counters = counters
        self._log = log
        self._owners: dict[int, TradeKey] = {}

    def place(self, decision: Decision, command: Command, now: int, utc: int, rows: tuple[Row, ...] = ()) -> None:
        """Take a command that was decided on: it holds its trade's lock from here on, and waits for the store."""
        key, closing = decision.trade.key, isinstance(command, ReducePosition)
        self.locks.take(key, command.command_id, now, what(command), overtakes=closing)
        self._owners[command.command_id] = key
        outstanding = self.commands.decide(command, now, utc)
        self._record.ordered(decision, command)
        self._outbox.put(decision, command, outstanding, now, rows)

    def recall(self, row: OutboxRow, now: int, utc: int) -> None:
        """Take up a command of the process before: its trade waits for what became of it."""
        command = row.command
        self.locks.take(row.key, command.command_id, now, what(command), overtakes=True)
        self.locks.became_unknown(row.key, command.command_id)
        self._owners[command.command_id] = row.key
        self.commands.recall(command, row.decided_utc, row.ttl_ms, now, utc)

    def send_again(self, now: int, utc: int) -> int:
        """
        Send what the process before decided and is still in time, under its old id; return how many went (R21).

        The terminal's ledger answers what it carried out. What does not go stays unknown until the terminal or its positions tell.
        """
        return sum(self._send(outstanding, now, utc) for outstanding in self.commands.recalled())

    def restate(self) -> None:
        """Have the store given every command that left and has no final answer."""
        for outstanding in self.commands:
            key = self._owners.get(outstanding.command.command_id)
            trade = None if key is None else self._book.get(key)
            if trade is not None and outstanding.stage is not Stage.WAITING:
                self._outbox.restate(trade, outstanding)
                self._outbox.keep(rows=(Sent(self._book.account, outstanding.command.command_id),))

    def deny_waiting_closes(self, now: int, utc: int) -> None:
        """The user wants nothing done: closes that were taken on and are not sent yet end."""
        for outstanding in self.commands:
            if outstanding.stage is Stage.WAITING and isinstance(outstanding.command, ReducePosition):
                command_id = outstanding.command.command_id
                self.commands.close(command_id)
                self._counters.commands.denied += 1
                self._answered(command_id, Outcome.DENIED, utc)
                self._conclude(command_id, Expired(command_id), now, utc)

    def forget(self, key: TradeKey, utc: int) -> None:
        """The trade is closed: nothing waits for it any more; a report that still comes is only counted."""
        for command_id in [command_id for command_id, owner in self._owners.items() if owner == key]:
            del self._owners[command_id]
            held = self.commands.get(command_id)
            if held is None or held.stage is Stage.SENT:
                continue
            self.commands.close(command_id)
            if held.stage is Stage.UNKNOWN and isinstance(held.command, ReducePosition):
                self._confirmed(key, command_id, utc)
            else:
                self._answered(command_id, Outcome.EXPIRED, utc)
        self.locks.forget(key)

    def became(self, trade: Trade, utc: int) -> None:
        """Take the next value of a trade: it may show what became of an unknown command."""
        lock = self.locks.get(trade.key)
        if lock is not None and lock.unknown and not trade.awaits(lock.holder):
            self._learned(trade, lock.holder, utc)

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
        self._outbox.keep(rows=(Sent(self._book.account, command.command_id),))
        self._log.add(">", "command", command=command.command_id, type=type(command).__name__)
        return True

    def _end_unsent(self, outstanding: Outstanding, now: int, utc: int) -> None:
        command_id = outstanding.command.command_id
        self.commands.close(command_id)
        self._counters.commands.expired += 1
        self._answered(command_id, Outcome.EXPIRED, utc)
        self._conclude(command_id, Expired(command_id), now, utc)

    def report(self, report: ExecutionReport, now: int, utc: int) -> None:
        """Take the terminal's answer."""
        key = self._owners.get(report.command_id)
        trade = None if key is None else self._book.get(key)
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
        self._book.fifo = self._book.fifo or report.retcode == close.FIFO  # whatever the account said at the logon
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
            self._answered(report.command_id, report.outcome, utc, report)
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
            self._answered(command_id, Outcome.EXPIRED, utc)
            self._conclude(command_id, Expired(command_id), now, utc)

    def _answered(self, command_id: int, outcome: Outcome, utc: int, report: ExecutionReport | None = None) -> None:
        """Have written what became of a command."""
        success = outcome in {Outcome.DONE, Outcome.PARTIAL}
        self._outbox.keep(rows=(Answered(self._book.account, command_id, outcome.name.lower(), success, utc, report),))

    def _conclude(self, command_id: int, event: Event, now: int, utc: int) -> None:
        key = self._owners.pop(command_id, None)
        if key is None:
            return
        # What was queued came before the outcome.
        for following in (*self.locks.free(key, command_id), event):
            self._consider(key, following, now, utc)

    def _vanished(self, command_id: int, now: int, utc: int) -> None:
        self._counters.commands.unknown += 1
        self._log.add("!", "unknown", command=command_id)
        self._became_unknown(command_id, Vanished(command_id), now, utc)

    def _became_unknown(self, command_id: int, event: Event, now: int, utc: int) -> None:
        key = self._owners.get(command_id)
        if key is None:
            return
        for following in (*self.locks.became_unknown(key, command_id), event):
            self._consider(key, following, now, utc)

    def _learned(self, trade: Trade, command_id: int, utc: int) -> None:
        """The position shows what became of an unknown command."""
        if self.commands.get(command_id) is not None:
            self.commands.close(command_id)
            self._confirmed(trade.key, command_id, utc)
        self._owners.pop(command_id, None)
        self.locks.free(trade.key, command_id)

    def _confirmed(self, key: TradeKey, command_id: int, utc: int) -> None:
        self._counters.commands.done += 1
        self._answered(command_id, Outcome.DONE, utc)
        self._log.add("=", "confirmed_by_position", command=command_id, position=key.position_id)
