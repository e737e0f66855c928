"""
A damaged database is moved aside, never deleted, and another takes its place: the newest copy that is whole, else an empty one.

The replacement is finished before anything is moved, and finished replacements are put in place at the next start: a process that
dies in between loses nothing. What takes the place is old, so its accounts take on no new risk until the user accepts it (R23).
"""

import sqlite3
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

from dtms.settings_store import StoreSettings
from dtms.store import accounts, backup, database, records, schema
from dtms.store.journal import Quarantined


def replace_damaged(path: Path, copies: Path, settings: StoreSettings, reason: str, utc: int) -> Quarantined:
    """
    Put another database in the place of a damaged one.

    Raises:
        OSError: The files cannot be moved or written; the damaged one is where it was.
        sqlite3.Error: The same, said by the database.
    """
    copy = backup.newest_whole(copies)
    epochs = salvaged(path)
    build(path, None if copy is None else copy.path, settings, epochs, utc)
    return Quarantined(str(finish(path, "damaged", utc)), None if copy is None else str(copy.path), reason)


def build(path: Path, copy: Path | None, settings: StoreSettings, epochs: Mapping[str, int], utc: int) -> None:
    """Make the replacement, ready to be put in place by ``finish``."""
    ready, part = _ready(path), path.with_name(path.name + ".part")
    for side in ("", *database.SIDE_FILES):
        part.with_name(part.name + side).unlink(missing_ok=True)
    if copy is not None:
        backup.take(copy, part)
    with closing(database.connect(part, settings)) as connection:
        create(connection, part, utc)
        connection.execute("BEGIN IMMEDIATE")
        accounts.remember(connection, epochs, utc)
        accounts.doubt(connection)
        connection.execute("COMMIT")
        # One file, so that it is put in place by one move.
        connection.execute("PRAGMA journal_mode = DELETE")
    database.flush(part)
    part.replace(ready)


def create(connection: sqlite3.Connection, path: Path, utc: int) -> None:
    """Lead the tables to the present version and mark the file as ours."""
    connection.execute(f"PRAGMA application_id = {database.APPLICATION_ID}")
    schema.migrate(connection, path, utc)
    connection.execute("INSERT OR IGNORE INTO shapes VALUES (?, ?)", (records.SHAPE_ID, records.SHAPE))


def unfinished(path: Path) -> bool:
    """Return whether a replacement is ready that was not put in place."""
    return _ready(path).exists()


def finish(path: Path, why: str, utc: int) -> Path:
    """Move what is there aside, with its log, and put the replacement in its place; return where it went."""
    aside = path.with_name(f"{path.name}.{why}-{backup.stamp(utc)}")
    number = 0
    while aside.exists():
        number += 1
        aside = path.with_name(f"{path.name}.{why}-{backup.stamp(utc)}-{number}")
    for side in (*database.SIDE_FILES, ""):  # the log first: it must never lie beside another database
        there = path.with_name(path.name + side)
        if there.exists():
            there.replace(aside.with_name(aside.name + side))
    _ready(path).replace(path)
    database.flush(path)
    return aside


def _ready(path: Path) -> Path:
    return path.with_name(path.name + ".rebuilt")


def salvaged(path: Path) -> dict[str, int]:
    """Return the epochs that can still be read: none may be given twice."""
    try:
        with closing(database.read(path)) as connection:
            rows = connection.execute("SELECT account, epoch FROM accounts").fetchall()
            return {str(account): epoch for account, epoch in rows if isinstance(epoch, int)}
    except sqlite3.Error:
        return {}
