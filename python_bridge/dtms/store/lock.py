"""
One process for one store: a lock on a file beside the database that dies with the process.

The file stays; who holds the lock has written its process id into it. The locked byte lies far behind the text, because on
Windows a locked byte cannot be read by others. A process that is stopped keeps its lock: whoever follows it takes the next file of
the row (``.lock``, ``.lock.1``, ...), and only the last one counts.
"""

import os
import sys
from contextlib import suppress
from pathlib import Path
from typing import Final

from dtms.errors import StartError, StoreLocked

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

_LOCKED_AT: Final = 1 << 30
_TEXT_MAX: Final = 32


class StoreLock:
    """Held from ``take`` or ``succeed`` to ``free``."""

    def __init__(self, database: Path) -> None:
        self.database = database
        self._base = database.name + ".lock"
        self._path = database.with_name(self._base)
        self._handle: int | None = None

    def take(self) -> None:
        """
        Take the lock, at once or not at all.

        Raises:
            StoreLocked: Another process, or another part of this one, holds it.
            StartError: The file cannot be made.
        """
        while not self._try(self._last()):
            pass  # the row of files changed meanwhile
        for number in range(self._last()):
            with suppress(OSError):  # on Windows one that is still held stays; it counts no more
                self._file(number).unlink(missing_ok=True)

    def succeed(self) -> None:
        """
        Take the place of a holder that does nothing any more and may never let go.

        Raises:
            StoreLocked: Somebody else was faster.
            StartError: The file cannot be made.
        """
        if not self._try(self._last() + 1):
            raise StoreLocked(self.database, None)

    def superseded(self) -> bool:
        """Return whether somebody has taken our place."""
        return self._handle is not None and not self._counts(self._handle)

    def free(self) -> None:
        """Let go; harmless when it is not held."""
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None

    def _try(self, number: int) -> bool:
        self._path = self._file(number)
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            handle = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise StartError(f"{self._path} cannot be written: {error}") from error
        try:
            _lock(handle)
        except OSError:
            holder = _holder(handle)
            os.close(handle)
            raise StoreLocked(self.database, holder) from None
        if not self._counts(handle):
            os.close(handle)
            return False
        os.ftruncate(handle, 0)
        os.write(handle, str(os.getpid()).encode("ascii"))
        self._handle = handle
        return True

    def _counts(self, handle: int) -> bool:
        """Return whether an open file is the last of the row, and still there."""
        try:
            return self._path == self._file(self._last()) and os.path.samestat(os.fstat(handle), self._path.stat())
        except OSError:
            return False

    def _file(self, number: int) -> Path:
        return self.database.with_name(f"{self._base}.{number}" if number else self._base)

    def _last(self) -> int:
        ends = (path.name.removeprefix(self._base + ".") for path in self.database.parent.glob(self._base + ".*"))
        return max((int(end) for end in ends if end.isascii() and end.isdigit()), default=0)


def _lock(handle: int) -> None:
    if sys.platform == "win32":
        os.lseek(handle, _LOCKED_AT, os.SEEK_SET)
        msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        os.lseek(handle, 0, os.SEEK_SET)
    else:
        # flock, not lockf: it belongs to this opening of the file, so closing another one of the same file does not lose it.
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)


def _holder(handle: int) -> int | None:
    try:
        os.lseek(handle, 0, os.SEEK_SET)
        return int(os.read(handle, _TEXT_MAX))
    except (OSError, ValueError):
        return None
