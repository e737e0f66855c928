"""Why the store could not do something, in words that its users can act on."""

import enum
import sqlite3
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from dtms.errors import RecordError, StoreDamaged

_PRIMARY: Final = 0xFF  # SQLite's extended codes carry the primary one in their lowest byte


class Trouble(enum.StrEnum):
    """What kind of failure."""

    FULL = "disk full"
    READ_ONLY = "read only"
    DAMAGED = "damaged"
    BUSY = "busy"  # another program holds the database, or more is waiting than is taken
    IO = "disk error"
    VALUE = "value"  # this entry cannot be kept; others can
    OTHER = "other"


_BY_CODE: Mapping[int, Trouble] = MappingProxyType(
    {
        sqlite3.SQLITE_FULL: Trouble.FULL,
        sqlite3.SQLITE_READONLY: Trouble.READ_ONLY,
        sqlite3.SQLITE_PERM: Trouble.READ_ONLY,
        sqlite3.SQLITE_CANTOPEN: Trouble.READ_ONLY,
        sqlite3.SQLITE_CORRUPT: Trouble.DAMAGED,
        sqlite3.SQLITE_NOTADB: Trouble.DAMAGED,
        sqlite3.SQLITE_BUSY: Trouble.BUSY,
        sqlite3.SQLITE_LOCKED: Trouble.BUSY,
        sqlite3.SQLITE_IOERR: Trouble.IO,
        sqlite3.SQLITE_CONSTRAINT: Trouble.VALUE,
        sqlite3.SQLITE_MISMATCH: Trouble.VALUE,
        sqlite3.SQLITE_TOOBIG: Trouble.VALUE,
    }
)


def trouble(error: Exception) -> Trouble:
    """Return what kind of failure an error of the database or of a record is."""
    if isinstance(error, RecordError | OverflowError | UnicodeEncodeError):
        return Trouble.VALUE
    if isinstance(error, StoreDamaged):
        return Trouble.DAMAGED
    if isinstance(error, sqlite3.Error):
        code = getattr(error, "sqlite_errorcode", None)
        return Trouble.OTHER if code is None else _BY_CODE.get(code & _PRIMARY, Trouble.OTHER)
    return Trouble.IO if isinstance(error, OSError) else Trouble.OTHER
