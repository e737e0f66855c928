"""
What the user decided once and need not repeat: accounts allowed, the account pinned, positions confirmed.

One small JSON file, ``choices.json``, in the data folder, replaced as a whole.
"""

import json
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from dtms.errors import ConfigError
from dtms.store.files import replace_text

_FILE = "choices.json"


@dataclass(frozen=True, slots=True)
class Choices:
    """``LOGIN@SERVER`` of accounts allowed and of the demo account pinned; digests of ``[adopt]`` sections that were confirmed."""

    allowed: tuple[str, ...] = ()
    pinned: str | None = None
    confirmed: tuple[str, ...] = ()

    def allow(self, account: str) -> "Choices":
        """Return the choices with one more account allowed."""
        return self if account in self.allowed else replace(self, allowed=(*self.allowed, account))

    def forget(self, account: str) -> "Choices":
        """Return the choices without the account, allowed or pinned."""
        pinned = None if self.pinned == account else self.pinned
        return replace(self, allowed=tuple(a for a in self.allowed if a != account), pinned=pinned)

    def confirm(self, digest: str) -> "Choices":
        """Return the choices with one more ``[adopt]`` section confirmed."""
        return replace(self, confirmed=(*self.confirmed, digest))


def load(folder: Path) -> Choices:
    """
    Return what was decided; nothing while there is no file.

    Raises:
        ConfigError: The file cannot be read or is not ours.
    """
    path = folder / _FILE
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
        return Choices(tuple(map(str, values["allowed"])), values["pinned"], tuple(map(str, values["confirmed"])))
    except FileNotFoundError:
        return Choices()
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ConfigError(str(path), "", None, f"cannot be read ({error}); delete it to begin anew") from error


def save(folder: Path, choices: Choices) -> None:
    """
    Replace the file.

    Raises:
        OSError: It cannot be written; what was decided before still stands.
    """
    replace_text(folder / _FILE, json.dumps(asdict(choices), indent=1))
