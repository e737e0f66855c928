"""What the tests of the store write, and looks into the file by a connection of their own."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any

from tests.session.made import position

from dtms.engine.break_even import Finding, Verdict
from dtms.engine.trade import Trade, TradeKey, first_seen
from dtms.names import Outcome, RiskClass, Why
from dtms.settings_store import StoreSettings
from dtms.store.journal import (
    Acknowledge,
    Acknowledgement,
    BackupMade,
    CommitFailed,
    Committed,
    Deposed,
    Entry,
    Note,
    Proved,
)
from dtms.store.opening import open_store
from dtms.store.sqlite import SqliteJournal
from dtms.wire.messages import ExecutionReport, ModifyPosition

ACCOUNT = "1001@Demo-Server"
FOUND = Finding(Verdict.MOVE, 1.1011, 1.1, 0.0, 1.1, 1.101)
UTC = 1_800_000_000_000
LIMIT_S = 10.0
_PROOF = -1  # stands for the answer that has no token
DAILY = StoreSettings(backup_ms=86_400_000, wal_mib=0)


def trade(position_id: int = 1, account: str = ACCOUNT, **values: Any) -> Trade:
    return first_seen(TradeKey(account, position_id, 1), position(position_id, **values), managed=True)


def command(command_id: int = 1, ticket: int = 1) -> ModifyPosition:
    return ModifyPosition(
        command_id=command_id,
        deadline_ms=0,
        risk_class=RiskClass.NEUTRAL,
        ticket=ticket,
        expect_stop=1.099,
        expect_target=None,
        stop_loss=1.1,
        take_profit=None,
    )


def report(command_id: int = 1, outcome: Outcome = Outcome.DONE, why: Why = Why.NONE) -> ExecutionReport:
    return ExecutionReport(
        ts_event=UTC,
        command_id=command_id,
        outcome=outcome,
        retcode=10009,
        why=why,
        position_id=1,
        ticket=1,
        order=0,
        deal=0,
        volume=0.0,
        price=0.0,
        position_volume=0.1,
        stop_loss=1.1,
        take_profit=None,
        attempts=1,
        elapsed_ms=5,
        detail="done",
    )


def entry(token: int, of: Trade | None = None, **values: Any) -> Entry:
    """A decision with a command of the same number."""
    fields: dict[str, Any] = {"command": command(token), "decided_utc": UTC, "ttl_ms": 3_000, "finding": FOUND}
    return Entry(token, of or trade(token), **(fields | values))


class Told:
    """What the store answers; copies that it makes in its turn are passed over."""

    def __init__(self) -> None:
        self.queue: SimpleQueue[Acknowledgement] = SimpleQueue()

    def next(self) -> Acknowledgement:
        while isinstance(told := self.queue.get(timeout=LIMIT_S), BackupMade):
            pass
        return told

    def silent(self, seconds: float) -> bool:
        """Whether nothing is answered for so long."""
        try:
            while isinstance(self.queue.get(timeout=seconds), BackupMade):
                pass
        except Empty:
            return True
        return False

    def all(self, count: int) -> list[Acknowledgement]:
        return [self.next() for _ in range(count)]


class Prompt:
    """The journal of a store that has written what it takes before anything else happens: the desk's time in tests is made up."""

    def __init__(self, journal: SqliteJournal) -> None:
        self.journal = journal
        self._answers: SimpleQueue[int] = SimpleQueue()
        self._acknowledge: Acknowledge = print
        self.record, self.load, self.take_epoch, self.close = journal.record, journal.load, journal.take_epoch, journal.close

    def attach(self, acknowledge: Acknowledge) -> None:
        self._acknowledge = acknowledge
        self.journal.attach(self._answered)

    def append(self, entry: Entry) -> None:
        self.journal.append(entry)
        self._wait(entry.token)

    def keep(self, note: Note) -> None:
        self.journal.keep(note)
        self._wait(note.token)

    def prove(self) -> None:
        self.journal.prove()
        self._wait(_PROOF)

    def _answered(self, answer: Acknowledgement) -> None:
        self._acknowledge(answer)
        if isinstance(answer, Committed | CommitFailed):
            self._answers.put(answer.token)
        elif isinstance(answer, Proved | Deposed):
            self._answers.put(_PROOF)

    def _wait(self, token: int) -> None:
        while self._answers.get(timeout=LIMIT_S) != token:
            pass


@contextmanager
def opened(
    folder: Path, settings: StoreSettings = DAILY, utc: Callable[[], int] = lambda: UTC
) -> Iterator[tuple[SqliteJournal, Told]]:
    told = Told()
    with closing(open_store(folder, settings, utc)) as journal:
        journal.attach(told.queue.put)
        yield journal, told


def rows(folder: Path, sql: str, *values: Any) -> list[tuple[Any, ...]]:
    """Ask the file itself."""
    with closing(sqlite3.connect(folder / "dtms.db", timeout=LIMIT_S)) as connection:
        return connection.execute(sql, values).fetchall()


def change(folder: Path, sql: str, *values: Any) -> None:
    with closing(sqlite3.connect(folder / "dtms.db", timeout=LIMIT_S)) as connection, connection:
        connection.execute(sql, values)
