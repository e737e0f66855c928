"""The store as a process opens it: one process, one database, looked over before anything else happens."""

import sqlite3
import threading
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from dtms.errors import StartError, StoreError, StoreTooNew, UsageError
from dtms.settings_store import StoreSettings
from dtms.store import accounts, backup, database, evidence, preparing, quarantine, schema
from dtms.store.lock import StoreLock
from dtms.store.sqlite import SqliteJournal, utc_ms
from dtms.store.troubles import trouble


def open_store(folder: Path, settings: StoreSettings, utc: Callable[[], int] = utc_ms) -> SqliteJournal:
    """
    Open the store in the data folder, made when there is none; a damaged one is replaced.

    Raises:
        StoreLocked: Another process works on it.
        StartError: It cannot be opened or written.
    """
    lock = StoreLock(folder / settings.path)
    lock.take()
    return open_locked(folder, settings, lock, utc)


def open_locked(folder: Path, settings: StoreSettings, lock: StoreLock, utc: Callable[[], int]) -> SqliteJournal:
    """
    Do the same with a lock that is held; it is let go when that fails.

    Raises:
        StoreLocked: Another process took the lock's place meanwhile.
        StartError: The store cannot be opened or written.
    """
    path = folder / settings.path
    try:
        prepared = preparing.prepare(folder, settings, utc(), lock)
    except (sqlite3.Error, OSError, StoreError) as error:
        lock.free()
        raise StartError(f"the store {path} cannot be used ({trouble(error)}): {error}") from error
    except BaseException:
        lock.free()
        raise
    return SqliteJournal(prepared, settings, lock, threading.Lock(), utc)


def describe(path: Path) -> tuple[database.Look, list[accounts.KnownAccount]]:
    """
    Read a store or a copy of one, whether or not a service works on it; return what is in it.

    Raises:
        StoreDamaged: It is no store, or not what was written.
        StartError: It cannot be read.
    """
    try:
        with closing(database.read(path)) as connection:
            return database.look(connection, path), accounts.known(connection)
    except sqlite3.Error as error:
        raise StartError(f"{path} cannot be read: {error}") from error


def accept(folder: Path, settings: StoreSettings, account: str | None) -> list[str]:
    """
    Accept the store as it is, for one account or all; return the accounts that may take on new risk again.

    Raises:
        StoreLocked: A service works on it, and would not notice.
        StartError: It cannot be opened or written.
        UsageError: There is no such account.
    """
    with closing(open_store(folder, settings)) as journal:
        return journal.accept(account)


def migrate(folder: Path, settings: StoreSettings, target: int | None, utc: int) -> tuple[int, int, Path | None]:
    """
    Lead the tables to a version, by default the present one; return the one before, the one after, and the copy made first.

    Raises:
        StoreLocked: A service works on it.
        StoreDamaged: It is not what was written.
        StoreTooNew: A later program made the tables; only that one knows the way back.
        StartError: It cannot be opened or written.
        UsageError: There is no such version.
    """
    path, latest = folder / settings.path, schema.latest()
    if target is not None and not 0 < target <= latest:
        raise UsageError(f"there is no version {target} of the tables; this program knows 1 to {latest}")
    if not path.exists():
        raise StartError(f"there is no store at {path}; dtms run makes it")
    lock = StoreLock(path)
    lock.take()
    try:
        with closing(database.connect(path, settings)) as connection:
            before = database.look(connection, path).version
            if before == (target or latest):
                return before, before, None
            if before > latest:
                raise StoreTooNew(path, before, latest)
            copy = backup.make(path, folder / settings.backups, utc, settings.backups_kept).path
            return *schema.migrate(connection, path, utc, target), copy
    except (sqlite3.Error, OSError) as error:
        raise StartError(f"the tables of {path} cannot be changed ({trouble(error)}): {error}") from error
    finally:
        lock.free()


def decisions(path: Path, ticket: int) -> evidence.Found:
    """
    Return the decisions about a trade, the oldest first, from a store that a service may be working on; none without a store.

    Raises:
        StartError: It cannot be read.
    """
    if not path.exists():
        return evidence.Found([], 0)
    try:
        with closing(database.read(path)) as connection:
            if (found := schema.version(connection)) != schema.latest():
                raise StartError(f"{path} has tables of version {found}, this program reads {schema.latest()}")
            return evidence.of_ticket(connection, ticket)
    except sqlite3.Error as error:
        raise StartError(f"{path} cannot be read: {error}") from error


def restore(folder: Path, settings: StoreSettings, copy: Path, utc: int) -> Path:
    """
    Put a copy in the place of the store; return where what was there went.

    Raises:
        StoreLocked: A service works on it.
        StoreDamaged: The copy is not what was written.
        StartError: It cannot be written.
    """
    path = folder / settings.path
    lock = StoreLock(path)
    lock.take()
    try:
        database.look_over(copy)
        quarantine.build(path, copy, settings, quarantine.salvaged(path), utc)
        return quarantine.finish(path, "replaced", utc)
    except (sqlite3.Error, OSError) as error:
        raise StartError(f"{copy} cannot be put in the place of {path}: {error}") from error
    finally:
        lock.free()
