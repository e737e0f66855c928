"""
The keys of the link (R29): the service's own pair, and the public keys of the terminals that may connect.

Files are ZeroMQ certificates as ``zmq.auth`` reads them: one with the pair of the service, and a folder of public ones, a terminal
each.
"""

import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import zmq
from zmq.auth import load_certificate
from zmq.utils import z85

from dtms.errors import ConfigError

KEY_BYTES: Final = 32
_SURE_AFTER_S: Final = 2.0  # a folder changed more recently may change again within one tick of its time stamp (FAT: 2 s)


@dataclass(frozen=True, slots=True)
class KeyPair:
    """A CURVE key pair in Z85, 40 characters each; the secret one is never shown."""

    public: bytes
    secret: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Keys:
    """The service's pair and the folder with the public keys of its terminals, ``NAME.key`` each."""

    server: KeyPair
    clients: Path


def load(server_key_file: str, clients_folder: str, data: Path) -> Keys | None:
    """
    Return the keys that the settings name, relative paths taken from the data folder; None when they name none.

    Raises:
        ConfigError: A key is named and cannot be used.
    """
    if not server_key_file:
        return None
    path = data / server_key_file
    reason = f"{path} does not hold a key pair of dtms keygen"
    if not zmq.has("curve"):
        reason = "this libzmq was built without CURVE"
    elif not path.is_file():
        reason = f"there is no {path}; dtms keygen makes it"
    else:
        try:
            return Keys(read_pair(path), data / clients_folder)
        except OSError as error:
            reason = f"{path} cannot be read: {error.strerror}"
        except ValueError:
            pass
    raise ConfigError("settings", "link.curve_server_key_file", None, reason)


def read_pair(path: Path) -> KeyPair:
    """
    Return a key pair from its file.

    Raises:
        OSError: The file cannot be read.
        ValueError: It holds no pair, or two keys that do not belong together.
    """
    public, secret = load_certificate(path)
    if secret is None or not (is_key(public) and is_key(secret)) or zmq.curve_public(secret) != public:
        raise ValueError(path)
    return KeyPair(public, secret)


def is_key(text: bytes) -> bool:
    """Whether a text is 32 bytes in Z85."""
    try:
        return len(z85.decode(text)) == KEY_BYTES
    except (ValueError, KeyError, TypeError):
        return False


class KnownClients:
    """The public keys in a folder. A file that is put there or taken away counts from the next question on."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._names: dict[bytes, str] = {}
        self._stamp: int | None = None

    def name_of(self, public: bytes) -> str | None:
        """Return whose key this is, 32 bytes as CURVE brings it; None for a stranger's."""
        self._refresh()
        return self._names.get(public)

    def __len__(self) -> int:
        self._refresh()
        return len(self._names)

    def _refresh(self) -> None:
        try:
            changed_ns = self._folder.stat().st_mtime_ns
            if changed_ns != self._stamp:
                self._names = dict(_read(self._folder))
                sure = time.time() - changed_ns / 1e9 > _SURE_AFTER_S
                self._stamp = changed_ns if sure else None
        except OSError:
            self._names, self._stamp = {}, None


def _read(folder: Path) -> list[tuple[bytes, str]]:
    """Files that hold no public key let nobody in."""
    found = []
    for path in sorted(folder.glob("*.key")):
        try:
            public, _ = load_certificate(path)
        except (OSError, ValueError):
            continue
        if is_key(public):
            found.append((z85.decode(public), path.stem))
    return found
