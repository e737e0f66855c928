"""A process that waits until it may work on a store: its owner has ended, or has not said for too long that it is there."""

import sqlite3
import time
from collections.abc import Callable
from pathlib import Path

from dtms.errors import StoreLocked
from dtms.settings_store import StoreSettings
from dtms.store import ownership
from dtms.store.lock import StoreLock
from dtms.store.opening import open_locked, open_store
from dtms.store.ownership import Owner
from dtms.store.sqlite import SqliteJournal, utc_ms


def mono_ms() -> int:
    """Return monotonic milliseconds."""
    return time.monotonic_ns() // 1_000_000


class Standby:
    """
    Asked again and again for the store.

    Attributes:
        holder: Process id of whoever has it, where that is known.
        obstacle: Why a silent owner could not be followed, or None.
    """

    def __init__(
        self, folder: Path, settings: StoreSettings, elapsed: Callable[[], int] = mono_ms, utc: Callable[[], int] = utc_ms
    ) -> None:
        self.holder: int | None = None
        self.obstacle: str | None = None
        self._folder = folder
        self._settings = settings
        self._elapsed = elapsed
        self._utc = utc
        self._path = folder / settings.path
        self._seen: Owner | None = None
        self._since = 0

    def attempt(self) -> SqliteJournal | None:
        """
        Return the store once it may be worked on.

        Raises:
            StartError: It may be, and cannot be opened.
        """
        try:
            return open_store(self._folder, self._settings, self._utc)
        except StoreLocked as error:
            self.holder = error.holder
        now, owner = self._elapsed(), ownership.look(self._path)
        if owner is None or owner != self._seen:
            self._seen, self._since = owner, now
            return None
        if now - self._since < self._settings.takeover_ms:
            return None
        return self._follow(owner)

    def _follow(self, owner: Owner) -> SqliteJournal | None:
        self._since = self._elapsed()  # what cannot be done now is tried after the same time again
        try:
            if not ownership.claim(self._path, self._settings, owner):
                return None
            lock = StoreLock(self._path)
            lock.succeed()
        except (sqlite3.Error, StoreLocked) as error:
            self.obstacle = f"process {owner.pid} does not answer, and its store cannot be taken over: {error}"
            return None
        return open_locked(self._folder, self._settings, lock, self._utc)
