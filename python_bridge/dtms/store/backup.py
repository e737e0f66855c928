"""
Copies of the database: made while it is in use, looked over before they count, the oldest ones thrown away.

A copy is one file, ``dtms-20260131T120000Z.db``; the name is the time in UTC at which it was begun.
"""

import re
import shutil
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, NamedTuple

from dtms.errors import StoreDamaged, StoreError
from dtms.store import database

_NAME: Final = re.compile(r"dtms-(\d{8}T\d{6}Z)\.db")
_STAMP: Final = "%Y%m%dT%H%M%SZ"
_PART: Final = ".part"


class Copy(NamedTuple):
    """One copy; ``made_at`` ms since 1970, UTC."""

    path: Path
    made_at: int
    size: int


def stamp(utc: int) -> str:
    """Return a time (ms since 1970) as it stands in the names of files."""
    return datetime.fromtimestamp(utc / 1_000, UTC).strftime(_STAMP)


def copies(folder: Path) -> list[Copy]:
    """Return the copies in a folder, newest first."""
    found = []
    for path in folder.glob("dtms-*.db"):
        if match := _NAME.fullmatch(path.name):
            at = datetime.strptime(match[1], _STAMP).replace(tzinfo=UTC)
            found.append(Copy(path, int(at.timestamp()) * 1_000, path.stat().st_size))
    return sorted(found, key=lambda copy: copy.made_at, reverse=True)


def make(source: Path, folder: Path, utc: int, keep: int) -> Copy:
    """
    Copy the database while others use it, look the copy over, and throw the oldest ones away.

    Raises:
        StoreError: It could not be made, or what was copied is damaged; the copies before stay.
    """
    while (target := folder / f"dtms-{stamp(utc)}.db").exists():
        utc += 1_000  # one was begun in the same second; the name of the next that is free
    part = target.with_name(target.name + _PART)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for left in folder.glob("dtms-*.db" + _PART):
            left.unlink()  # of a process that died over it
        _copy(source, part)
        database.look_over(part)
        database.flush(part)
        part.replace(target)
        # The copy just made stays, whatever its name says: a clock may stand still or be put back.
        for old in [copy for copy in copies(folder) if copy.path != target][max(keep - 1, 0) :]:
            old.path.unlink(missing_ok=True)
    except StoreDamaged as error:
        part.unlink(missing_ok=True)
        raise StoreDamaged(source, f"seen while it was copied: {error.reason}") from error
    except (OSError, sqlite3.Error) as error:
        part.unlink(missing_ok=True)
        raise StoreError(f"{source} could not be copied to {target}: {error}") from error
    return Copy(target, utc, target.stat().st_size)


def newest_whole(folder: Path) -> Copy | None:
    """Return the newest copy that is what was written, or None."""
    for copy in copies(folder):
        try:
            database.look_over(copy.path)
        except (StoreDamaged, sqlite3.Error):
            continue
        return copy
    return None


def take(copy: Path, target: Path) -> None:
    """
    Put the content of a copy where a database is wanted; nothing else uses that path.

    Raises:
        OSError: It cannot be written.
    """
    shutil.copyfile(copy, target)
    database.flush(target)


def _copy(source: Path, target: Path) -> None:
    with closing(database.read(source)) as there, closing(sqlite3.connect(target, isolation_level=None)) as here:
        there.backup(here)
        # The copy says of itself that it has a log; as one file it has none.
        here.execute("PRAGMA journal_mode = DELETE")
