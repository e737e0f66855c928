"""
The journal in a SQLite database: one thread writes, everything that waits goes into one transaction.

The desk only puts into a bounded queue. The thread takes what is there, commits, and acknowledges; a failure is acknowledged too,
with what kind it is. A database that turns out to be damaged is replaced while the process runs.
"""

import sqlite3
import threading
import time
from collections.abc import Callable
from contextlib import closing
from queue import Empty, SimpleQueue
from typing import Final

from dtms.errors import StoreBusy, StoreError, StoreTaken, UsageError
from dtms.settings_store import StoreSettings
from dtms.store import accounts, database, evidence, ownership, quarantine, reading, statements
from dtms.store.evidence import Evidence, Lane
from dtms.store.journal import (
    Acknowledge,
    Acknowledgement,
    CommitFailed,
    Committed,
    Deposed,
    Entry,
    EpochFailed,
    EvidenceLost,
    Note,
    Proved,
    Quarantined,
)
from dtms.store.keeper import Keeper
from dtms.store.lock import StoreLock
from dtms.store.preparing import Prepared
from dtms.store.rows import Recovered
from dtms.store.tasks import Attach, End, Look, Numbered, Prove, Prune, TakeEpoch, Task, grouped
from dtms.store.troubles import Trouble, trouble

_IDLE_S: Final = 0.5  # with nothing to write for so long the log is brought into the database
_REST_S: Final = 0.008  # between two portions of evidence: leaves the desk nine tenths of the interpreter
_RETRY_S: Final = 1.0  # after one that could not be written
_PRUNED: Final = 5_000  # scores deleted in one transaction
_KNOWN: Final = (sqlite3.Error, OSError, StoreError, OverflowError, UnicodeEncodeError)  # what writing raises on purpose


class SqliteJournal:
    """Made by ``store.open_store``, which has taken the lock and looked the database over."""

    def __init__(
        self, prepared: Prepared, settings: StoreSettings, lock: StoreLock, files: threading.Lock, utc: Callable[[], int]
    ) -> None:
        self.path = prepared.path
        self._copies = prepared.copies
        self._connection: sqlite3.Connection | None = prepared.connection
        self._settings = settings
        self._lock = lock
        self._files = files  # held while the file is copied or replaced
        self._keeper = Keeper(self.path, self._copies, settings, files, utc, tell=self.tell, prune=self.prune)
        self._utc = utc
        self._acknowledge: Acknowledge = _nobody
        self._told: list[Acknowledgement] = [] if prepared.quarantined is None else [prepared.quarantined]
        self._queue: SimpleQueue[Task] = SimpleQueue()
        self._lane = Lane(settings.evidence_entries, lambda count, why: self._acknowledge(EvidenceLost(count, why)))
        self._lane_at = 0.0  # monotonic s, when evidence has its turn
        self._base = self._highest = prepared.first_entry
        self._number = prepared.number
        self._renew_at = 0.0  # monotonic s
        self._deposed = False
        self._thread = threading.Thread(target=self._run, name="dtms-store", daemon=True)
        self._closed = False
        self._written = False  # since the log was last brought into the database

    def attach(self, acknowledge: Acknowledge) -> None:
        """
        Take the function that acknowledgements go to, and begin; what happened before is told at once.

        What an earlier desk has put is acknowledged to the earlier function: tokens begin anew with each desk.
        """
        self._base = self._highest  # the entries of a later desk are later ones
        if self._thread.is_alive():
            self._queue.put(Attach(acknowledge))
            return
        self._acknowledge = acknowledge
        told, self._told = self._told, []
        for happened in told:
            acknowledge(happened)
        if not self._closed:
            self._thread.start()
            self._keeper.start()

    def append(self, entry: Entry) -> None:
        """
        Have a decision written.

        Raises:
            StoreBusy: Too much is waiting; nothing was taken on.
        """
        self._put(entry)

    def keep(self, note: Note) -> None:
        """
        Have facts written.

        Raises:
            StoreBusy: Too much is waiting; nothing was taken on.
        """
        self._put(note)

    def record(self, entry: Evidence) -> None:
        """Have evidence written when nothing else is to be."""
        if self._lane.add(entry) and not self._closed:
            self._queue.put(Look())

    def take_epoch(self, account: str, seen: int) -> None:
        """Have the account's epoch taken."""
        self._check_room()
        self._queue.put(TakeEpoch(account, seen))

    def prove(self) -> None:
        """Have it looked at whether the store is still ours."""
        self._queue.put(Prove())

    def prune(self, before: int) -> None:
        """Have scores deleted that were taken before this time (ms since 1970)."""
        self._queue.put(Prune(before))

    def load(self, account: str) -> Recovered:
        """
        Return what is remembered of an account, from any thread but the desk's.

        Raises:
            StoreError: It cannot be read.
        """
        try:
            with closing(database.read(self.path)) as connection:
                return reading.recovered(connection, account)
        except sqlite3.Error as error:
            raise StoreError(f"{self.path} cannot be read: {error}") from error

    def accept(self, account: str | None) -> list[str]:
        """
        Accept the store as it is, before it is attached; return the accounts that may take on new risk again.

        Raises:
            UsageError: There is no such account.
            StoreError: It could not be written.
        """
        try:
            connection = self._open()
            if account is not None and all(account != one.account for one in accounts.known(connection)):
                raise UsageError(f"the store knows no account {account}")
            connection.execute("BEGIN IMMEDIATE")
            doubted = accounts.accept(connection, account)
            connection.execute("COMMIT")
        except sqlite3.Error as error:
            raise StoreError(f"{self.path} could not be written: {error}") from error
        return doubted

    def tell(self, happened: Acknowledgement) -> None:
        """Tell the desk of something that nobody asked for."""
        self._acknowledge(happened)

    def close(self) -> None:
        """
        Write what waits, let go of everything.

        Raises:
            StoreError: It was not done in time; the thread ends with the process, and what it had not committed is lost.
        """
        if self._closed:
            return
        self._closed = True
        self._keeper.stop()
        if self._thread.is_alive():
            self._queue.put(End())
            self._thread.join(self._settings.close_ms / 1_000)
            if self._thread.is_alive():
                raise StoreError(f"{self.path} was not closed within {self._settings.close_ms} ms")
        elif self._connection is not None:
            self._connection.close()
        self._lock.free()

    def _put(self, item: Entry | Note) -> None:
        self._check_room()
        number = self._base + item.token
        self._highest = max(self._highest, number)
        self._queue.put(Numbered(item, number))

    def _check_room(self) -> None:
        if (waiting := self._queue.qsize()) >= self._settings.queue_entries or self._closed:
            raise StoreBusy(waiting)

    # The thread that writes

    def _run(self) -> None:
        ended = False
        while not ended:
            batch = self._take()
            for task in grouped(batch):
                self._guarded(task)
            ended = any(isinstance(task, End) for task in batch)
            self._guarded(Look())
        while self._lane and not self._deposed and self._portion():
            pass
        if self._connection is not None:
            self._connection.close()

    def _guarded(self, task: list[Numbered] | Task) -> None:
        """Do it while the store is ours; from then on nothing is written, and nothing acknowledged (R23)."""
        if self._deposed:
            return
        try:
            self._do(task)
        except StoreTaken as error:
            self._deposed = True
            self._acknowledge(Deposed(error.holder))

    def _do(self, task: list[Numbered] | Task) -> None:
        match task:
            case list():
                self._commit(task)
            case Attach(acknowledge):
                self._acknowledge = acknowledge
            case Prove():
                self._prove()
            case TakeEpoch(account, seen):
                self._acknowledge(self._epoch(account, seen))
            case Prune(before):
                self._prune(before)
            case _:  # the end is seen by whoever called
                self._evidence()
                self._renew()

    def _take(self) -> list[Task]:
        """Wait for something to do; return it with what else is waiting."""
        try:
            batch: list[Task] = [self._queue.get(timeout=self._patience())]
        except Empty:
            if not self._lane and self._written and not self._deposed:
                self._bring_in()
            return []
        try:
            while len(batch) < self._settings.batch_entries:
                batch.append(self._queue.get_nowait())
        except Empty:
            pass
        return batch

    def _patience(self) -> float | None:
        if self._deposed:
            return None
        due = self._renew_at
        if self._lane:
            due = min(due, self._lane_at)
        wait = max(due - time.monotonic(), 0.0)
        return min(wait, _IDLE_S) if self._written else wait

    def _renew(self) -> None:
        """Say that we are there, when it is time."""
        if time.monotonic() < self._renew_at:
            return
        self._renew_at = time.monotonic() + self._settings.renew_ms / 1_000
        try:
            ownership.renew(self._open(), self._number)
        except (sqlite3.Error, OSError):
            return  # a store that fails is told by what must be written

    def _prove(self) -> None:
        try:
            ownership.check(self._open(), self._number)
        except (sqlite3.Error, OSError):
            return  # whoever asked does not wait for ever
        self._acknowledge(Proved())

    def _evidence(self) -> None:
        """Write a portion of the evidence when it has its turn, and leave the interpreter to the desk for a while."""
        if self._lane and time.monotonic() >= self._lane_at:
            rest = _REST_S if self._portion() else _RETRY_S
            self._lane_at = time.monotonic() + rest

    def _portion(self) -> bool:
        try:
            connection = self._open()
            connection.execute("PRAGMA synchronous = NORMAL")  # no flush of its own
            try:
                with ownership.transaction(connection, self._number):
                    self._lane.write(connection)
            finally:
                connection.execute("PRAGMA synchronous = FULL")
        except StoreTaken:
            raise
        except Exception as error:  # noqa: BLE001 - the edge of the thread: what cannot be kept must not cost what can
            kept = isinstance(error, _KNOWN) and trouble(error) is not Trouble.VALUE
            if not kept:
                self._lane.refused(f"{type(error).__name__}: {error}")
            return not kept
        self._lane.done()
        self._written = True
        return True

    def _commit(self, batch: list[Numbered], *, replace: bool = True) -> None:
        try:
            self._write(batch)
        except StoreTaken:
            raise
        except Exception as error:  # noqa: BLE001 - the edge of the thread: whatever happens is told, and the next batch has its turn
            self._failed(batch, error, replace=replace)
        else:
            for numbered in batch:
                self._acknowledge(Committed(numbered.item.token))

    def _write(self, batch: list[Numbered]) -> None:
        connection, utc = self._open(), self._utc()
        with ownership.transaction(connection, self._number):
            for item, number in batch:
                statements.write(connection, item, number, utc)
        self._written = True

    def _failed(self, batch: list[Numbered], error: Exception, *, replace: bool) -> None:
        kind = trouble(error)
        if kind is Trouble.DAMAGED and replace and self._replace(str(error)):
            self._commit(batch, replace=False)
            return
        if len(batch) > 1 and (kind is Trouble.VALUE or not isinstance(error, _KNOWN)):
            for numbered in batch:  # one of them cannot be kept; the others need not suffer
                self._commit([numbered], replace=replace)
            return
        for numbered in batch:
            self._acknowledge(CommitFailed(numbered.item.token, f"{type(error).__name__}: {error}", kind))

    def _epoch(self, account: str, seen: int, *, replace: bool = True) -> Acknowledgement:
        try:
            connection = self._open()
            with ownership.transaction(connection, self._number):
                taken = accounts.take(connection, account, seen, self._utc())
            return taken._replace(recovered=reading.recovered(connection, account))
        except StoreTaken:
            raise
        except _KNOWN as error:
            if trouble(error) is Trouble.DAMAGED and replace and self._replace(str(error)):
                return self._epoch(account, seen, replace=False)
            return EpochFailed(account, f"{type(error).__name__}: {error}")

    def _prune(self, before: int) -> None:
        try:
            connection = self._open()
            ownership.check(connection, self._number)
            evidence.prune(connection, self._settings.decisions_kept)
            if statements.prune_scores(connection, before, _PRUNED) == _PRUNED:
                self._queue.put(Prune(before))  # the rest behind what came meanwhile
            self._written = True
        except StoreTaken:
            raise
        except _KNOWN:
            return  # a store that fails is told by what must be written; this can wait

    def _bring_in(self) -> None:
        self._written = False
        try:
            database.checkpoint(self._open())
        except _KNOWN:
            return  # the log keeps everything until it can be done

    def _open(self) -> sqlite3.Connection:
        if self._connection is None:
            self._connection = ownership.reconnect(self.path, self._settings, self._number)
        return self._connection

    def _replace(self, reason: str) -> bool:
        """Put another database in the place of the damaged one; return whether that was done."""
        if self._lock.superseded():
            raise StoreTaken(None)  # it is another's to replace
        if self._connection is not None:
            self._connection.close()
            self._connection = None
        try:
            with self._files:
                happened: Quarantined = quarantine.replace_damaged(self.path, self._copies, self._settings, reason, self._utc())
        except (sqlite3.Error, OSError, StoreError):
            return False  # told as a failed commit; tried again with the next
        self._acknowledge(happened)
        return True


def utc_ms() -> int:
    """Return the time in ms since 1970."""
    return time.time_ns() // 1_000_000


def _nobody(acknowledgement: Acknowledgement) -> None:
    """Before ``attach`` there is nobody to tell."""
