"""
The epochs that processes took, by account, in ``epochs.json`` in the data folder (R23).

No epoch is given twice, whatever becomes of the process: the file is on the disk before the epoch is handed out. A terminal forgets
what it has seen when its Expert Advisor starts anew; this file does not.
"""

import json
import threading
from pathlib import Path
from typing import Final

from dtms.errors import StoreError
from dtms.store.files import replace_text

_FILE: Final = "epochs.json"


class EpochFile:
    """The file; one process at a time uses a data folder. ``take`` may be called from any thread and waits for the disk."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / _FILE
        self._lock = threading.Lock()

    def take(self, account: str, seen: int, most: int) -> tuple[int, int]:
        """
        Return the account's epoch, above ``seen`` and every one before, and the highest one before; it is on the disk by then.

        Raises:
            StoreError: The file cannot be read or written, or no epoch up to ``most`` is left.
        """
        with self._lock:
            epochs = self._read()
            before = epochs.get(account, 0)
            epoch = max(before, seen) + 1
            if epoch > most:
                raise StoreError(f"no epoch is left above {epoch - 1}")
            try:
                replace_text(self._path, json.dumps(epochs | {account: epoch}, indent=1) + "\n")
            except OSError as error:
                raise StoreError(f"{self._path} cannot be written: {error}") from error
            return epoch, before

    def _read(self) -> dict[str, int]:
        try:
            values = json.loads(self._path.read_text(encoding="utf-8"))
            return {str(account): int(epoch) for account, epoch in values.items()}
        except FileNotFoundError:
            return {}
        except (OSError, ValueError, TypeError, AttributeError) as error:
            raise StoreError(f"{self._path} cannot be read: {error}") from error
