"""A thread that copies the store in its turn and has old scores deleted."""

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Final

from dtms.errors import StoreError
from dtms.settings_store import StoreSettings
from dtms.store import backup
from dtms.store.journal import Acknowledge, BackupFailed, BackupMade
from dtms.store.troubles import trouble

_DAY_MS: Final = 86_400_000
_END_S: Final = 1.0


class Keeper:
    """From ``start`` to ``stop``; ``files`` is held over each copy, so that the file is not replaced under it."""

    def __init__(
        self,
        path: Path,
        copies: Path,
        settings: StoreSettings,
        files: threading.Lock,
        utc: Callable[[], int],
        *,
        tell: Acknowledge,
        prune: Callable[[int], None],
    ) -> None:
        self._path = path
        self._copies = copies
        self._settings = settings
        self._files = files
        self._utc = utc
        self._tell = tell
        self._prune = prune
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="dtms-backup", daemon=True)

    def start(self) -> None:
        """Begin; harmless when it has begun."""
        if not self._thread.is_alive() and not self._stop.is_set():
            self._thread.start()

    def stop(self) -> None:
        """End; a copy under way is left unfinished, which the next one clears away."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(_END_S)

    def _run(self) -> None:
        wait_ms = self._first_wait()
        while not self._stop.wait(wait_ms / 1_000):
            self._prune(self._utc() - self._settings.scores_days * _DAY_MS)
            self._copy()
            wait_ms = self._settings.backup_ms

    def _first_wait(self) -> int:
        """Return how long the last copy, of whichever process, is young enough; one from the future, by a wrong clock, is old."""
        last = backup.copies(self._copies)[:1]
        age = self._utc() - last[0].made_at if last else self._settings.backup_ms
        return self._settings.backup_ms - age if 0 <= age < self._settings.backup_ms else 0

    def _copy(self) -> None:
        try:
            with self._files:
                made = backup.make(self._path, self._copies, self._utc(), self._settings.backups_kept)
        except (StoreError, OSError) as error:
            happened: BackupFailed | BackupMade = BackupFailed(str(error), trouble(error))
        else:
            happened = BackupMade(str(made.path))
        if not self._stop.is_set():  # nobody listens after that
            self._tell(happened)
