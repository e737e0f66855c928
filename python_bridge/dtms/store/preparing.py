"""What is done with a database before it is used: looked over, replaced when it is damaged, brought to the present tables."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Final, NamedTuple

from dtms.errors import StoreDamaged, StoreLocked
from dtms.settings_store import StoreSettings
from dtms.store import accounts, backup, database, ownership, quarantine, schema
from dtms.store.epochs import left_behind
from dtms.store.journal import Quarantined
from dtms.store.lock import StoreLock
from dtms.store.troubles import Trouble, trouble

_ENTRIES_BITS: Final = 40  # entries of one start; there are 2^23 starts


class Prepared(NamedTuple):
    """A database that is ready: its writing connection, the number of this start, what happened to the one before."""

    path: Path
    copies: Path
    connection: sqlite3.Connection
    number: int
    quarantined: Quarantined | None

    @property
    def first_entry(self) -> int:
        """Where the numbers of this start's entries begin."""
        return self.number << _ENTRIES_BITS


def prepare(folder: Path, settings: StoreSettings, utc: int, lock: StoreLock) -> Prepared:
    """
    Make the database ready; whoever calls holds its lock.

    Raises:
        StoreLocked: Somebody took the lock's place meanwhile.
        StoreTooNew: A later program wrote it.
        StoreError: Its old epochs, or a copy before the tables change, could not be read or made.
        sqlite3.Error: It cannot be opened or written.
        OSError: The same, said by the system.
    """
    path, copies = folder / settings.path, folder / settings.backups
    quarantined = None
    if quarantine.unfinished(path):
        aside = quarantine.finish(path, "damaged", utc)
        quarantined = Quarantined(str(aside), str(path), "the process before could not finish the replacement")
    try:
        fresh = _look(path, copies)
    except StoreDamaged as error:
        quarantined = quarantine.replace_damaged(path, copies, settings, error.reason, utc)
        fresh = False
    connection = database.connect(path, settings)
    try:
        _migrate(connection, path, copies, utc, settings.backups_kept)
        number = _begin(connection, left_behind(folder) if fresh else {}, utc, lock)
        database.extend_log(path, settings.wal_mib)
    except BaseException:
        connection.close()
        raise
    return Prepared(path, copies, connection, number, quarantined)


def _look(path: Path, copies: Path) -> bool:
    """
    Look the database over; return whether there is none yet.

    Raises:
        StoreDamaged: What is there is no store, or not what was written; or nothing is in it although there was.
    """
    if not path.exists():
        return True
    try:
        # A connection that may write: what a killed process left in the log is brought in by the first to come.
        with closing(sqlite3.connect(path, isolation_level=None)) as connection:
            empty = int(connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]) == 0
            if not empty:
                database.look(connection, path)
    except sqlite3.Error as error:
        if trouble(error) is Trouble.DAMAGED:
            raise StoreDamaged(path, str(error)) from error
        raise
    if empty and backup.copies(copies):
        raise StoreDamaged(path, "it is empty, and it was not when it was copied")
    return empty


def _migrate(connection: sqlite3.Connection, path: Path, copies: Path, utc: int, keep: int) -> None:
    if 0 < schema.version(connection) < schema.latest():
        backup.make(path, copies, utc, keep)
    quarantine.create(connection, path, utc)


def _begin(connection: sqlite3.Connection, epochs: dict[str, int], utc: int, lock: StoreLock) -> int:
    """Count this start, which shows too that the database can be written; return its number."""
    connection.execute("BEGIN IMMEDIATE")
    if lock.superseded():  # looking a large store over takes a while, in which nobody sees that we are there
        connection.execute("ROLLBACK")
        raise StoreLocked(lock.database, accounts.value(connection, "owner_pid") or None)
    number = ownership.begin(connection)
    accounts.remember(connection, epochs, utc)
    connection.execute("COMMIT")
    return number
