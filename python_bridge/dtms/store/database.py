"""
The database file: opened as we need it, and looked over.

Write-ahead log with ``synchronous=FULL``: a commit is on the disk when it returns. One connection writes; readers have their own.
"""

import os
import sqlite3
import sys
from contextlib import closing
from pathlib import Path
from typing import Final, NamedTuple

from dtms.errors import StoreDamaged
from dtms.settings_store import StoreSettings
from dtms.store import records, schema
from dtms.store.troubles import Trouble, trouble

APPLICATION_ID: Final = 0x44544D53  # "DTMS"
SIDE_FILES: Final = ("-wal", "-shm", "-journal")
_MIB: Final = 1 << 20
_CHECKPOINT_PAGES: Final = 4_096  # 16 MiB of log; the writer does it earlier, when it has nothing else to do


class Look(NamedTuple):
    """What a database that is whole holds: version of its tables, open trades, all trades, unanswered commands, bytes."""

    version: int
    active: int
    trades: int
    outbox: int
    size: int


def connect(path: Path, settings: StoreSettings) -> sqlite3.Connection:
    """Return a connection that may write, made when it is not there; whoever uses it sees to it that only one thread does."""
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=settings.busy_ms / 1_000)
    try:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute(f"PRAGMA wal_autocheckpoint = {_CHECKPOINT_PAGES}")
        if settings.max_mib:
            size = connection.execute("PRAGMA page_size").fetchone()[0]
            connection.execute(f"PRAGMA max_page_count = {settings.max_mib * _MIB // size}")
    except BaseException:
        connection.close()
        raise
    return connection


def read(path: Path) -> sqlite3.Connection:
    """Return a connection that only reads, for any thread."""
    return sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, isolation_level=None, check_same_thread=False)


def look_over(path: Path) -> Look:
    """
    Read everything that matters and return what is there.

    Raises:
        StoreDamaged: The file is no store, or not what was written.
        sqlite3.Error: It cannot be read at all.
    """
    with closing(read(path)) as connection:
        return look(connection, path)


def look(connection: sqlite3.Connection, path: Path) -> Look:
    """Do the same over a connection that is there."""
    try:
        found = [row[0] for row in connection.execute("PRAGMA quick_check(3)")]
        if found != ["ok"]:
            raise StoreDamaged(path, "; ".join(map(str, found)))
        version = schema.version(connection)
        if version == 0 or connection.execute("PRAGMA application_id").fetchone()[0] != APPLICATION_ID:
            raise StoreDamaged(path, "it is no store of DTMS")
        # The columns of another version are another program's to judge.
        active = _check_trades(connection, path) if version == schema.latest() else _count_active(connection)
        trades = connection.execute("SELECT count(*) FROM trades").fetchone()[0]
        outbox = connection.execute("SELECT count(*) FROM outbox").fetchone()[0]
    except sqlite3.Error as error:
        # A flipped bit in the catalogue shows as a table or column that is not there.
        if trouble(error) in {Trouble.DAMAGED, Trouble.OTHER}:
            raise StoreDamaged(path, str(error)) from error
        raise
    return Look(version, active, trades, outbox, path.stat().st_size)


def _check_trades(connection: sqlite3.Connection, path: Path) -> int:
    active = 0
    listed = ", ".join(records.COLUMNS)
    # ``status`` is compared without the index: a damaged index must not hide a trade.
    for row in connection.execute(f"SELECT {listed} FROM trades WHERE +status = 'ACTIVE'"):  # noqa: S608 - our own names
        if not records.intact(row):
            raise StoreDamaged(path, f"the record of position {row[1]} of {row[0]} is not what was written")
        active += 1
    return active


def _count_active(connection: sqlite3.Connection) -> int:
    return int(connection.execute("SELECT count(*) FROM trades WHERE +status = 'ACTIVE'").fetchone()[0])


def extend_log(path: Path, mib: int) -> None:
    """
    Fill the log's file up with zeros to a size that it then keeps: a commit that makes the file grow costs twice as much.

    Only frames whose checksums follow from the log's header count, so zeros behind them are nothing. Nobody else is writing.
    """
    log = path.with_name(path.name + "-wal")
    if not log.exists():
        return
    with log.open("ab", buffering=0) as file:
        missing = mib * _MIB - file.tell()
        if missing > 0:
            file.write(bytes(missing))
            os.fsync(file.fileno())


def checkpoint(connection: sqlite3.Connection) -> None:
    """Bring the log into the database, as far as readers allow; the log's file keeps its size."""
    connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()


def flush(path: Path) -> None:
    """Have a finished file, and on POSIX its folder's entry, on the disk."""
    handle = os.open(path, os.O_RDWR)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
    if sys.platform != "win32":
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
