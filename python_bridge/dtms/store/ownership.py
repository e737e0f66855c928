"""
Whose the database is: a number that every start raises, and a beat that its owner renews.

The lock keeps a second process out while the first one works or ends. One that is stopped keeps its lock and does nothing, so
another may claim the database once the beat has stood still; from then on every transaction of the first one fails, because the
number is looked at inside it. The number is a fencing token, the beat a lease: both suit a database on another machine.
"""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final, NamedTuple

from dtms.errors import StoreTaken
from dtms.settings_store import StoreSettings
from dtms.store import accounts, database

STARTS: Final = "starts"
_PID: Final = "owner_pid"
_BEAT: Final = "owner_beat"


class Owner(NamedTuple):
    """Who works on a database: its start's number, its process, and how often it has said that it is there."""

    number: int
    pid: int
    beat: int


def begin(connection: sqlite3.Connection) -> int:
    """Become the owner, in the caller's transaction; return the number of this start."""
    number = accounts.value(connection, STARTS) + 1
    _write(connection, number)
    return number


def _write(connection: sqlite3.Connection, number: int) -> None:
    accounts.keep_value(connection, STARTS, number)
    accounts.keep_value(connection, _PID, os.getpid())
    accounts.keep_value(connection, _BEAT, accounts.value(connection, _BEAT) + 1)


def check(connection: sqlite3.Connection, number: int) -> None:
    """
    See whether the database is still ours.

    Raises:
        StoreTaken: Another process has begun on it since.
    """
    if accounts.value(connection, STARTS) != number:
        raise StoreTaken(accounts.value(connection, _PID) or None)


@contextmanager
def transaction(connection: sqlite3.Connection, number: int) -> Iterator[None]:
    """
    A transaction that only the owner gets through.

    Raises:
        StoreTaken: Another process has begun on the database; nothing was written.
    """
    connection.execute("BEGIN IMMEDIATE")
    try:
        check(connection, number)
        yield
        connection.execute("COMMIT")
    except BaseException:
        roll_back(connection)
        raise


def renew(connection: sqlite3.Connection, number: int) -> None:
    """
    Say that we are there; without a flush of its own, because only a running process has to see it.

    Raises:
        StoreTaken: The database is another's.
    """
    connection.execute("PRAGMA synchronous = NORMAL")
    try:
        with transaction(connection, number):
            accounts.keep_value(connection, _BEAT, accounts.value(connection, _BEAT) + 1)
    finally:
        connection.execute("PRAGMA synchronous = FULL")


def reconnect(path: Path, settings: StoreSettings, number: int) -> sqlite3.Connection:
    """Return a connection to the database that we have put in the place of ours; an older copy names an owner of before."""
    connection = database.connect(path, settings)
    try:
        connection.execute("BEGIN IMMEDIATE")
        _write(connection, number)
        connection.execute("COMMIT")
    except BaseException:
        connection.close()
        raise
    return connection


def look(path: Path) -> Owner | None:
    """Return who works on a database, from outside; None where that cannot be told."""
    try:
        with closing(database.read(path)) as connection:
            rows = dict(connection.execute("SELECT name, value FROM meta").fetchall())
    except sqlite3.Error:
        return None
    return Owner(rows[STARTS], rows[_PID], rows[_BEAT]) if {STARTS, _PID, _BEAT} <= rows.keys() else None


def claim(path: Path, settings: StoreSettings, seen: Owner) -> bool:
    """
    Take the database from an owner whose beat stands still, if it still does; return whether it is ours.

    Raises:
        sqlite3.Error: It cannot be written; the owner may have been stopped in the middle of a transaction.
    """
    with closing(database.connect(path, settings)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        try:
            values = (accounts.value(connection, name) for name in (STARTS, _PID, _BEAT))
            ours = Owner(*values) == seen
            if ours:
                begin(connection)
            connection.execute("COMMIT")
        except BaseException:
            roll_back(connection)
            raise
    return ours


def roll_back(connection: sqlite3.Connection) -> None:
    """Undo what the transaction did."""
    try:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
    except sqlite3.Error:
        return  # a full or broken disk may have rolled it back already; the next transaction says what is left
