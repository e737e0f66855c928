"""
What `dtms explain` reads: the proofs of decisions, and what became of their commands.

It is written when no intent waits, a few at a time: after a thousand checks there is much to write and no hurry, and written in one
go it would share the interpreter with the desk half and half. It needs no flush of its own; the next intent's flushes it too.
"""

import enum
import sqlite3
import zlib
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, NamedTuple

import msgpack

from dtms.engine.defence.proof import Proof
from dtms.engine.defence.verify import dump
from dtms.engine.trade import Trade, TradeKey
from dtms.store.records import signed, unsigned
from dtms.wire.messages import ExecutionReport

PORTION: Final = 8  # about a millisecond's work
_LEVEL: Final = 6
_DECISION: Final = (
    "INSERT INTO decisions (account, position_id, generation, ts, fate, command_id, proof) VALUES (?, ?, ?, ?, ?, ?, ?)"
)
_TICKET: Final = "INSERT OR IGNORE INTO decision_tickets VALUES (?, ?, ?)"
_REPORT: Final = "INSERT INTO reports (account, command_id, ts, body) VALUES (?, ?, ?, ?)"
_OF_TICKET: Final = (
    "SELECT account, position_id, ts, fate, command_id, proof FROM decisions WHERE (account, position_id) IN "
    "(SELECT account, position_id FROM decision_tickets WHERE ticket = ?) ORDER BY id"
)
_REPORTS: Final = "SELECT body FROM reports WHERE account = ? AND command_id = ? ORDER BY id"
# What was ordered or would have been stays with its action; a check that changed nothing is worth keeping for a while.
_PRUNE: Final = "DELETE FROM decisions WHERE id <= (SELECT max(id) FROM decisions) - ? AND fate = 'none'"


class Fate(enum.StrEnum):
    """What became of a decision's command at once."""

    NONE = "none"  # there was none
    ORDERED = "ordered"
    OBSERVED = "observed"  # observe mode sends nothing
    WITHDRAWN = "withdrawn"  # nobody could carry it out


class Decided(NamedTuple):
    """A decision; ``trade`` as it became, ``utc`` ms since 1970."""

    utc: int
    trade: Trade
    proof: Proof
    fate: Fate
    command_id: int | None


class Reported(NamedTuple):
    """What became of a command."""

    utc: int
    key: TradeKey
    report: ExecutionReport


Evidence = Decided | Reported


@dataclass
class Explained:
    """A decision as it was kept; ``proof`` as ``verify.dump`` made it, ``reports`` of its command."""

    utc: int
    account: str
    position_id: int
    fate: str
    command_id: int | None
    proof: bytes
    reports: list[ExecutionReport] = field(default_factory=list)


class Found(NamedTuple):
    """Decisions about a ticket, the oldest first; ``spoiled`` counts what could not be read."""

    found: list[Explained]
    spoiled: int


class Lane:
    """What waits to be written; added to by the desk, emptied by the store's thread."""

    def __init__(self, capacity: int, lost: Callable[[int, str], None]) -> None:
        self._capacity = capacity
        self._lost = lost
        self._waiting: deque[Evidence] = deque()
        self._dropped = 0
        self._why = ""
        self._singly = 0  # so many of the next are written one by one

    def __len__(self) -> int:
        return len(self._waiting)

    def add(self, evidence: Evidence) -> bool:
        """Take evidence, or drop it when too much waits; return whether it is the first that waits."""
        if len(self._waiting) >= self._capacity:
            self._drop(1, "more than could be written")
            return False
        self._waiting.append(evidence)
        return len(self._waiting) == 1

    def write(self, connection: sqlite3.Connection) -> None:
        """
        Write a portion, in a transaction that is the caller's, and say what was lost; ``done`` takes it away.

        Raises:
            sqlite3.Error: The database did not take it.
        """
        for at in range(self._portion()):
            _write(connection, self._waiting[at])

    def done(self) -> None:
        """The portion is written."""
        for _ in range(self._portion()):
            self._waiting.popleft()
        self._singly = max(self._singly - 1, 0)
        self._tell()

    def refused(self, why: str) -> None:
        """One of the portion cannot be kept: it is looked for one by one, and only it is lost."""
        if self._portion() > 1:
            self._singly = self._portion()
            return
        self._waiting.popleft()
        self._singly = max(self._singly - 1, 0)
        self._drop(1, why)
        self._tell()

    def _portion(self) -> int:
        return min(1 if self._singly else PORTION, len(self._waiting))

    def _drop(self, count: int, why: str) -> None:
        self._dropped += count
        self._why = why

    def _tell(self) -> None:
        if lost := self._dropped:
            self._dropped -= lost
            self._lost(lost, self._why)


def of_ticket(connection: sqlite3.Connection, ticket: int) -> Found:
    """
    Return the decisions about a trade, the oldest first; ``ticket`` is its own, its position id, or that of a hedge or re-add.

    Raises:
        sqlite3.Error: The database cannot be read.
    """
    found: list[Explained] = []
    spoiled = 0
    for account, position_id, utc, fate, command_id, proof in connection.execute(_OF_TICKET, (signed(ticket),)).fetchall():
        try:
            kept = Explained(utc, account, unsigned(position_id), fate, command_id, zlib.decompress(proof))
            if command_id is not None:
                bodies = connection.execute(_REPORTS, (account, command_id))
                kept.reports = [ExecutionReport.model_validate(msgpack.unpackb(body, raw=False)) for (body,) in bodies]
        except (zlib.error, ValueError, TypeError, msgpack.UnpackException):
            spoiled += 1
        else:
            found.append(kept)
    return Found(found, spoiled)


def prune(connection: sqlite3.Connection, kept: int) -> None:
    """Throw away the oldest decisions that ordered nothing, all but about so many."""
    connection.execute(_PRUNE, (kept,))


def _write(connection: sqlite3.Connection, evidence: Evidence) -> None:
    match evidence:
        case Decided(utc, trade, proof, fate, command_id):
            key, position = trade.key, signed(trade.key.position_id)
            packed = zlib.compress(dump(proof), _LEVEL)
            connection.execute(_DECISION, (key.account, position, key.generation, utc, fate.value, command_id, packed))
            tickets = {key.position_id, trade.position.ticket}
            tickets.update(number for leg in trade.legs for number in (leg.held.key.position_id, leg.held.position.ticket))
            connection.executemany(_TICKET, [(signed(ticket), key.account, position) for ticket in tickets])
        case Reported(utc, key, report):
            body = msgpack.packb(report.to_array(), use_bin_type=True)
            connection.execute(_REPORT, (key.account, report.command_id, utc, body))
