"""
The files that `dtms keygen` makes (R29).

``keys/server.key_secret`` is the service's pair and ``keys/clients/NAME.key`` a terminal's public key, both ZeroMQ certificates;
``dtms-NAME.key`` is all that one Expert Advisor needs and goes to its terminal (PROTOCOL.md, part 1). Secrets are readable by the
user alone where the platform knows such a thing.
"""

import contextlib
import hashlib
import itertools
import os
import re
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import zmq
from zmq.utils import z85

from dtms.errors import StartError, UsageError
from dtms.runtime.keys import KeyPair, read_pair

SERVER_FILE: Final = "keys/server.key_secret"
CLIENTS: Final = "keys/clients"
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,31}")
_OWNER_ONLY: Final = 0o600


@dataclass(frozen=True, slots=True)
class Made:
    """Where everything is; ``server_made`` is false when the service had its pair already."""

    server: Path
    server_made: bool
    client: Path
    key_file: Path


def make(name: str, data: Path, out: Path, *, replace: bool) -> Made:
    """
    Make the key file of one Expert Advisor, and the service's pair if there is none.

    Raises:
        UsageError: The name or the folder cannot be used, or there is such a key already and it is not to be replaced.
        StartError: A file cannot be written, or what is there cannot be read.
    """
    if not _NAME.fullmatch(name):
        raise UsageError(f"--name {name!r}: letters, digits, - and _, at most 32")
    _refuse_common(out)
    client, key_file = data / CLIENTS / f"{name}.key", out / f"dtms-{name}.key"
    there = [path for path in (client, key_file) if path.exists()]
    if there and not replace:
        raise UsageError(f"{there[0]} is there already; --force replaces it, and the key that it has now is refused from then on")
    if not zmq.has("curve"):
        raise StartError("this libzmq was built without CURVE")
    try:
        pair, server_made = _server_pair(data / SERVER_FILE)
        _make_client(pair.public, client, key_file)
    except OSError as error:
        raise StartError(f"{error.filename or data} cannot be written: {error.strerror}") from error
    return Made(data / SERVER_FILE, server_made, client, key_file)


def _refuse_common(out: Path) -> None:
    """Every program of every terminal of this user reads the common folder."""
    words = [part.lower() for part in out.resolve().parts]
    if ("common", "files") in itertools.pairwise(words):
        raise UsageError(
            f"--out {out}: the common folder is open to every terminal; a key file belongs into one terminal's MQL5/Files"
        )


def _server_pair(path: Path) -> tuple[KeyPair, bool]:
    if path.exists():
        try:
            return read_pair(path), False
        except ValueError as error:
            raise StartError(
                f"{path} does not hold a key pair; move it away to make another, which every terminal then needs"
            ) from error
    pair = KeyPair(*zmq.curve_keypair())
    _write(path, _certificate("the service's key pair: secret", pair.public, pair.secret))
    return pair, True


def _make_client(server_public: bytes, client: Path, key_file: Path) -> None:
    pair = KeyPair(*zmq.curve_keypair())
    server, public, secret = (z85.decode(key) for key in (server_public, pair.public, pair.secret))
    _write(key_file, expert_key(server, public, secret, secrets.token_bytes(32)))
    _write(client, _certificate("the public key of a terminal that may connect", pair.public, None))


def expert_key(server: bytes, client: bytes, secret: bytes, seed: bytes) -> str:
    """Return the text of an Expert Advisor's key file; keys and seed are of 32 bytes."""
    lines = ["dtms-key 1", f"server {server.hex()}", f"client {client.hex()}", f"secret {secret.hex()}", f"seed {seed.hex()}"]
    text = "".join(f"{line}\n" for line in [*lines, f"counter {0:020}"])
    return f"{text}check {hashlib.sha256(text.encode('ascii')).hexdigest()}\n"


def _certificate(what: str, public: bytes, secret: bytes | None) -> str:
    lines = [f"# DTMS bridge: {what}", "metadata", "curve", f'    public-key = "{public.decode("ascii")}"']
    if secret is not None:
        lines.append(f'    secret-key = "{secret.decode("ascii")}"')
    return "\n".join(lines) + "\n"


def _write(path: Path, text: str) -> None:
    """Write beside, for nobody else to read, and move over; a file is there whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _OWNER_ONLY)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(text.encode("ascii"))
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    except OSError:
        with contextlib.suppress(OSError):
            beside.unlink()
        raise
