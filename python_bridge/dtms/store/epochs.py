"""The epochs that earlier versions kept in ``epochs.json`` in the data folder; taken over once, when the database is made (R23)."""

import json
from pathlib import Path
from typing import Final

from dtms.errors import StoreError

_FILE: Final = "epochs.json"


def left_behind(folder: Path) -> dict[str, int]:
    """
    Return the epochs by account; none where there is no file.

    Raises:
        StoreError: The file cannot be read: an epoch that was given must not be given again.
    """
    path = folder / _FILE
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
        return {str(account): int(epoch) for account, epoch in values.items()}
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, TypeError, AttributeError) as error:
        raise StoreError(f"{path} cannot be read: {error}") from error
