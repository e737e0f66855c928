"""
Commands whose intent is on its way to the store (R17): a frame leaves only after the acknowledgement.

A store that fails or takes too long must not hold back protection: what does not raise risk goes out without its row, and the row
is owed until the store is back. What raises risk is denied.
"""

from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final, NamedTuple

from dtms.engine.break_even import Finding, Verdict
from dtms.engine.decide import Decision
from dtms.engine.trade import Trade, TradeKey
from dtms.names import RiskClass
from dtms.runtime.log import Log
from dtms.session.commands import Outstanding
from dtms.settings import LinkSettings
from dtms.store.evidence import Evidence
from dtms.store.journal import Entry, Journal, Note
from dtms.store.rows import Row
from dtms.store.troubles import Trouble
from dtms.wire.messages import Command

_OWED_MAX: Final = 100_000  # rows kept in memory for a store that does not come back
_RETRY_MS: Final = 1_000


class Release(NamedTuple):
    """A command that need not wait any longer; ``denied``: it must not be sent at all."""

    account: str
    outstanding: Outstanding
    denied: bool


@dataclass(slots=True)
class _Waiting:
    entry: Entry
    outstanding: Outstanding
    since: int


class Outbox:
    """What waits for the store, and what it is owed."""

    def __init__(self, journal: Journal, settings: LinkSettings, log: Log) -> None:
        self._journal = journal
        self._log = log
        self._slow_ms = settings.store_slow_ms
        self._waiting: dict[int, _Waiting] = {}
        self._noted: dict[int, Entry | Note] = {}  # on their way; nothing waits for them
        self._owed: deque[Entry | Note] = deque()
        self._gathering = False
        self._gathered_trades: dict[TradeKey, Trade] = {}
        self._gathered_rows: list[Row] = []
        self._retried_at = 0
        self._token = 0
        self._not_taken: list[int] = []  # entries that the store would not even take
        self.store_failed: str | None = None
        self.incomplete = False  # more was owed than is kept: the store needs every trade anew when it is back

    def __len__(self) -> int:
        return len(self._waiting)

    @property
    def owed(self) -> int:
        """How many rows the store still has to get."""
        return len(self._owed)

    def put(self, decision: Decision, command: Command, outstanding: Outstanding, now: int, rows: tuple[Row, ...] = ()) -> None:
        """Hand the intent, and the rows that go with it, to the store and keep the command until it is acknowledged."""
        entry = self._entry(decision, command, outstanding.decided_utc, outstanding.ttl_ms, rows)
        self._waiting[entry.token] = _Waiting(entry, outstanding, now)
        raises = command.risk_class is RiskClass.RAISE
        # A store that has failed is offered one owed row a second; a command does not wait for it. What raises risk asks it itself
        # while nothing is owed, or a store that works again would not be found out.
        if (self.store_failed is not None and (self._owed or not raises)) or not self._append(entry):
            self._not_taken.append(entry.token)

    def note(self, decision: Decision, utc: int, rows: tuple[Row, ...] = ()) -> None:
        """Hand a decision without a command to the store; nothing waits for it."""
        self._write(self._entry(decision, None, utc, 0, rows))

    def restate(self, trade: Trade, outstanding: Outstanding) -> None:
        """Hand the store a command that left, whose row it has lost."""
        decision = Decision(trade, None, Finding(Verdict.UNDER_WAY))
        self._write(self._entry(decision, outstanding.command, outstanding.decided_utc, outstanding.ttl_ms, ()))

    def keep(self, trades: tuple[Trade, ...] = (), rows: tuple[Row, ...] = ()) -> None:
        """Hand facts to the store; nothing waits for them, and a store that fails is owed them."""
        self._gathered_trades |= {trade.key: trade for trade in trades}
        self._gathered_rows += rows
        if not self._gathering:
            self._hand_over()

    @contextmanager
    def together(self) -> Iterator[None]:
        """Have what is kept meanwhile written in one transaction; an intent that comes between begins another."""
        outermost, self._gathering = not self._gathering, True
        try:
            yield
        finally:
            if outermost:
                self._gathering = False
                self._hand_over()

    def record(self, evidence: Evidence) -> None:
        """Hand evidence to the store; it may be lost."""
        try:
            self._journal.record(evidence)
        except Exception as error:  # noqa: BLE001 - the seam to the store, as below
            self._refused(error)

    def _hand_over(self) -> None:
        if self._gathered_trades or self._gathered_rows:
            trades, rows = tuple(self._gathered_trades.values()), tuple(self._gathered_rows)
            self._gathered_trades, self._gathered_rows = {}, []
            self._token += 1
            self._write(Note(self._token, trades, rows))

    def _write(self, item: Entry | Note) -> None:
        # Behind what is owed already: the store gets everything in its order.
        if (self.store_failed is not None and self._owed) or not self._append(item):
            self._owe(item)
        else:
            self._noted[item.token] = item

    def _owe(self, item: Entry | Note) -> None:
        if len(self._owed) >= _OWED_MAX:
            self._owed.clear()  # what is newest is not here either: all of it is written anew
            self.incomplete = True
        self._owed.append(item)

    def _entry(self, decision: Decision, command: Command | None, utc: int, ttl_ms: int, rows: tuple[Row, ...]) -> Entry:
        self._hand_over()  # its token is lower
        self._token += 1
        return Entry(self._token, decision.trade, command, utc, ttl_ms, decision.finding, rows, decision.proof)

    def committed(self, token: int) -> Release | None:
        """Take the acknowledgement; the store works."""
        self.store_failed = None
        self._noted.pop(token, None)
        if self._owed and self._owed[0].token == token:
            self._owed.popleft()
            if self._owed:
                self._append(self._owed[0])
        waiting = self._waiting.pop(token, None)
        return None if waiting is None else _release(waiting, denied=False)

    def failed(self, token: int, reason: str, trouble: Trouble = Trouble.OTHER) -> Release | None:
        """Take that the store could not write; what it can never write is not offered again."""
        noted = self._noted.pop(token, None)
        if trouble is Trouble.VALUE:
            if self._owed and self._owed[0].token == token:
                self._owed.popleft()
            return self._without_row(token, owed=False)
        self.store_failed = reason
        if noted is not None:
            self._owe(noted)
        return self._without_row(token)

    def advance(self, now: int) -> list[Release]:
        """Return what has waited too long, and offer the store again what it is owed."""
        late = [token for token, waiting in self._waiting.items() if now - waiting.since > self._slow_ms]
        refused, self._not_taken = self._not_taken, []
        if late:
            self.store_failed = f"no acknowledgement in {self._slow_ms} ms"
        if self._owed and now - self._retried_at >= _RETRY_MS:
            self._retried_at = now
            self._append(self._owed[0])
        return [release for token in (*late, *refused) if (release := self._without_row(token)) is not None]

    def _append(self, item: Entry | Note) -> bool:
        try:
            if isinstance(item, Note):
                self._journal.keep(item)
            else:
                self._journal.append(item)
        except Exception as error:  # noqa: BLE001 - the seam to the store: whatever it raises, protection goes on (R17)
            self._refused(error)
            return False
        return True

    def _refused(self, error: Exception) -> None:
        why = f"{type(error).__name__}: {error}"
        if why != self.store_failed:  # said once, not for every row
            self._log.error("store", cause=error, why=why)
        self.store_failed = why

    def _without_row(self, token: int, *, owed: bool = True) -> Release | None:
        waiting = self._waiting.pop(token, None)
        if waiting is None:
            return None
        denied = waiting.outstanding.command.risk_class is RiskClass.RAISE
        if owed and not denied:
            self._owe(waiting.entry)
        return _release(waiting, denied=denied)


def _release(waiting: _Waiting, *, denied: bool) -> Release:
    return Release(waiting.entry.trade.key.account, waiting.outstanding, denied)
