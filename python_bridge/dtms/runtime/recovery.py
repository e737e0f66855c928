"""
What the process before left of one account, taken up with the first complete snapshot and not before (AC-10, R21, R23).

What becomes of each record is looked up in ``engine.recovery``. Until the snapshot is there nothing of it is in the book, so that
nothing can be decided on it; where none comes, nothing is touched.
"""

from collections.abc import Iterable
from typing import Final

from dtms.engine.decide import Expired
from dtms.engine.defence.family import kin
from dtms.engine.defence.outcomes import OPENS
from dtms.engine.defence.saved import resumed
from dtms.engine.recovery import Case, Row, Verdict, admitted, believed, differences, doubted, ending, look_up
from dtms.engine.trade import Trade, TradeKey, quarantined
from dtms.names import DealEntry, Outcome
from dtms.runtime.adopt import admits
from dtms.runtime.book import Book
from dtms.runtime.counters import Counters
from dtms.runtime.links import Link
from dtms.runtime.log import Log
from dtms.runtime.markets import Markets
from dtms.runtime.trader import Trader
from dtms.session.commands import COUNTER_BITS
from dtms.settings import Mode, Settings
from dtms.store.journal import EpochTaken
from dtms.store.rows import Answered, Closed, Progress, Recovered, Transition
from dtms.wire.messages import Deal, Position, PositionClosed

_AGAIN_MS: Final = 2_000  # the Expert Advisor reads the history once a second: by then a deal that is there has been told
_ENDS_KEPT: Final = 10_000  # positions whose closing deals are kept until the records are settled


class Recovery:
    """``waiting``: nothing was taken up yet."""

    def __init__(
        self, taken: EpochTaken, book: Book, trader: Trader, settings: Settings, *, markets: Markets, counters: Counters, log: Log
    ) -> None:
        found = taken.recovered or Recovered()
        self._epoch = taken.epoch
        self._behind = taken.behind
        self._book = book
        self._trader = trader
        self._settings = settings
        self._markets = markets
        self._counters = counters
        self._log = log
        self._records = self._newest(found.trades)
        self._older = [trade for trade in found.trades if self._records[trade.key.position_id] is not trade]
        self._outbox = found.outbox
        self._released = {row.position_id for row in found.registry if row.released}
        self._registered = {row.position_id for row in found.registry if row.owner and not row.released}
        self._doubts: dict[TradeKey, int] = {}  # from how many complete snapshots each was missing
        self._ends: dict[int, dict[int, Deal]] = {}  # closing deals by position and ticket
        self._closed: dict[int, PositionClosed] = {}  # ends that were told before the first snapshot
        self._adrift: list[tuple[TradeKey, int]] = []  # what is owed by a command that nothing is known of
        self._asked_at = 0
        self.waiting = bool(found.trades or found.outbox)
        self._seed(found)

    @staticmethod
    def _newest(trades: Iterable[Trade]) -> dict[int, Trade]:
        newest: dict[int, Trade] = {}
        for trade in sorted(trades, key=lambda trade: trade.key.generation):
            newest[trade.key.position_id] = trade
        return newest

    def _seed(self, found: Recovered) -> None:
        """Have numbers that were given not given again, and legs found by the commands that opened them."""
        for position_id, generation in found.generations.items():
            self._book.counted(position_id, generation)
        for trade in found.trades:
            self._book.counted(trade.key.position_id, trade.key.generation)
            duties = () if trade.defence is None else trade.defence.duties
            opened = [duty.work.command_id for duty in duties if duty.action in OPENS]
            said = [kin(leg.held.position) for leg in trade.legs]
            for command_id in (*opened, *(one.command_id for one in said if one is not None)):
                if command_id:
                    self._trader.family.opened(trade.key, command_id)
        for row in found.outbox:
            self._trader.family.ordered(row.key, row.command)
        for sentence in found.unreadable:
            self._log.error("not_recovered", why=sentence)

    def wants(self, position: Position) -> bool:
        """Return whether a position is managed: the user's choice, a registration, never one that the user has released."""
        position_id = position.position_id
        if position_id in self._released:
            return False
        return position_id in self._registered or admits(self._settings.adopt, self._settings.mode, position)

    # The first complete snapshot

    def take_up(self, positions: Iterable[Position], now: int, utc: int) -> None:
        """Hold every record against what the terminal holds; those that go on are in the book afterwards."""
        if not self.waiting:
            return
        self.waiting, self._asked_at = False, now
        there = {position.position_id: position for position in positions}
        for trade in self._older:
            self._put_away(trade, "a later record of the position is there", utc)
        records, self._records, self._older = self._records, {}, []
        for record in records.values():
            if self._behind:
                self._put_away(record, "the terminal has seen a later epoch than the store: rebuilt from the snapshot", utc)
            else:
                self._meet(record, there.get(record.key.position_id), utc)
        self._recall(now, utc)
        self._log.add("=", "recovered", records=len(records), in_doubt=len(self._doubts), rebuilt=self._behind)

    def _meet(self, record: Trade, seen: Position | None, utc: int) -> None:
        case = self._case(record, seen, 1)
        row = look_up(case)
        if row.verdict is Verdict.REPLACE and seen is not None:
            self._replace(record, seen, row, utc)
            return
        trade = resumed(admitted(believed(record), wanted=self.wants(seen or record.position)))
        if trade.managed:
            self._markets.watch(trade.position.symbol)
        self._book.restore(trade)
        self._trader.family.became(None, trade)
        self._counters.trades.resumed += 1
        if trade.managed and trade.defence is None and self._markets.on:
            trade = self._trader.enrol(trade, utc, recovered=True)
        if trade.managed is not record.managed:
            self._trader.keep(trade)
        if row.verdict is Verdict.ADAPT:
            self._write_down(trade, case, utc)
        elif seen is None and row.verdict is not Verdict.RESUME:
            self._doubt(trade, 0)  # counted when the snapshot is worked in

    def _case(self, record: Trade, seen: Position | None, missing: int) -> Case:
        return Case(record, seen, told=self.end_of(record) is not None, missing=missing)

    def _replace(self, record: Trade, seen: Position, row: Row, utc: int) -> None:
        held = record.position
        why = f"{row.why}: {held.symbol} {held.side.name.lower()} is {seen.symbol} {seen.side.name.lower()} now"
        self._log.error("record_quarantined", position=record.key.position_id, generation=record.key.generation, why=why)
        self._counters.trades.quarantined += 1
        self._trader.keep(quarantined(record, why))
        self._put_away(record, why, utc)

    def _put_away(self, record: Trade, why: str, utc: int) -> None:
        self._trader.outbox.keep(rows=(Closed(record.key, utc, why),))

    def _write_down(self, trade: Trade, case: Case, utc: int) -> None:
        """Write the difference into the journal; the terminal's figures come with the snapshot itself."""
        found = differences(case)
        said = "; ".join(map(str, found))
        self._log.add("!", "differs", position=trade.key.position_id, what=said, loosened=any(one.loosened for one in found))
        record = trade.defence
        state = "" if record is None else record.state.value
        score = None if record is None or record.mark is None else record.mark.total
        row = Transition(trade.key, utc, state, state, f"RECOVERY: {said}", score, None, "", Progress.DONE)
        self._trader.outbox.keep(rows=(row,))

    def _recall(self, now: int, utc: int) -> None:
        """Take up the commands that have no final answer; those of trades that are no more are closed."""
        rows, self._outbox = self._outbox, ()
        for row in rows:
            if self._book.get(row.key) is not None:
                self._trader.orders.recall(row, now, utc)
            else:
                answered = Answered(row.key.account, row.command.command_id, Outcome.EXPIRED.name.lower(), success=False, ts=utc)
                self._trader.outbox.keep(rows=(answered,))
        self._adrift = [
            (trade.key, owed.command_id)
            for trade in self._book
            for owed in trade.owed()
            if owed.under_way and self._trader.commands.get(owed.command_id) is None
        ]

    def go_on(self, link: Link, now: int, utc: int) -> None:
        """
        Send what is still in time, and have decided anew what no command stands for; to be called when the view is known.

        Only an Expert Advisor with the account's ledger, which has seen the epoch of the command, can tell whether it carried one
        out before; another one gets nothing, and the positions tell.
        """
        adrift, self._adrift = self._adrift, []
        for key, command_id in adrift:
            self._trader.consider(key, Expired(command_id), now, utc)
        commands = self._trader.commands.recalled()
        if not commands or self._settings.mode is Mode.OBSERVE or link.logon.boot == 0:
            return
        if all(one.command.command_id >> COUNTER_BITS <= link.logon.highest_epoch_seen for one in commands):
            sent = self._trader.orders.send_again(now, utc)
            self._log.add("=", "sent_again", commands=sent, unknown=len(commands) - sent)

    # Positions that are missing

    def missing(self, trade: Trade) -> Row | None:
        """Take that a complete snapshot does not show a position; None where this process has seen it itself."""
        doubt = self._doubts.get(trade.key)
        if doubt is None:
            return None
        row = look_up(self._case(trade, None, doubt + 1))
        if row.verdict is Verdict.DOUBT:
            self._doubt(trade, doubt + 1)
        return row

    def _doubt(self, trade: Trade, missing: int) -> None:
        first = trade.key not in self._doubts
        self._doubts[trade.key] = missing
        self._trader.suspects.add(trade.key)
        if first:
            after = doubted(trade)
            self._book.put(after)
            self._trader.keep(after)
        if missing == 1:
            self._log.error("missing", position=trade.key.position_id, symbol=trade.position.symbol)

    def doubts(self, key: TradeKey) -> bool:
        """Return whether a trade's position is missing and may still be there."""
        return key in self._doubts

    def seen(self, trade: Trade) -> None:
        """Take that a position is there."""
        if self._doubts.pop(trade.key, None) is None:
            return
        self._trader.suspects.discard(trade.key)
        after = believed(trade)
        self._book.put(after)
        self._trader.keep(after)
        self._log.add("!", "found_again", position=trade.key.position_id)

    def settled(self, key: TradeKey) -> None:
        """A trade is over."""
        self._doubts.pop(key, None)
        self._trader.suspects.discard(key)
        if not self._doubts:
            self._ends.clear()
            self._closed.clear()

    def look_again(self, now: int) -> bool:
        """Return whether another snapshot is to be asked for now, because positions are missing."""
        if not self._doubts or now - self._asked_at < _AGAIN_MS:
            return False
        self._asked_at = now
        return True

    # How positions ended

    def early(self, event: PositionClosed) -> None:
        """Take an end that is told before the first snapshot."""
        self._closed[event.position_id] = event

    def deal(self, event: Deal) -> Trade | None:
        """Take a deal; return the trade whose position is missing and whose end is known by it."""
        if event.entry is DealEntry.IN or not event.position_id or not (self.waiting or self._doubts):
            return None
        self._ends.setdefault(event.position_id, {})[event.deal] = event
        while len(self._ends) > _ENDS_KEPT:
            del self._ends[next(iter(self._ends))]
        trade = self._book.of_position(event.position_id)
        if trade is None or trade.key not in self._doubts or self.end_of(trade) is None:
            return None
        return trade

    def end_of(self, trade: Trade) -> PositionClosed | None:
        """Return how a position ended, None where that is not known."""
        told = self._closed.get(trade.key.position_id)
        return told or ending(trade, self._ends.get(trade.key.position_id, {}).values())
