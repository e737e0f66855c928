"""
Accounts in the database: their epochs (R23), and whether the store is older than what a terminal has seen.

Transactions are the caller's.
"""

import sqlite3
from collections.abc import Mapping
from typing import Final, NamedTuple

from dtms.errors import StoreError
from dtms.store.journal import EpochTaken
from dtms.wire.base import EPOCH_MAX

_KEEP: Final = (
    "INSERT INTO accounts (account, epoch, older, updated_at) VALUES (?, ?, ?, ?) ON CONFLICT (account) "
    "DO UPDATE SET epoch = max(epoch, excluded.epoch), older = max(older, excluded.older), updated_at = excluded.updated_at"
)


class KnownAccount(NamedTuple):
    """One account; ``older``: no new risk until the store is accepted."""

    account: str
    epoch: int
    older: bool


def take(connection: sqlite3.Connection, account: str, seen: int, utc: int) -> EpochTaken:
    """
    Take the next epoch, above every one before and every one that the terminal has seen.

    Raises:
        StoreError: None is left.
    """
    row = connection.execute("SELECT epoch, older FROM accounts WHERE account = ?", (account,)).fetchone()
    before, older = row or (0, value(connection, "rebuilt"))
    epoch = max(before, seen) + 1
    if epoch > EPOCH_MAX:
        raise StoreError(f"no epoch is left above {epoch - 1}")
    behind = bool(older) or seen > before
    connection.execute(_KEEP, (account, epoch, behind, utc))
    return EpochTaken(account, epoch, store_older=behind, behind=seen > before)


def remember(connection: sqlite3.Connection, epochs: Mapping[str, int], utc: int) -> None:
    """Take over epochs that were given before, wherever they were kept."""
    connection.executemany(_KEEP, [(account, epoch, 0, utc) for account, epoch in epochs.items() if 0 < epoch <= EPOCH_MAX])


def doubt(connection: sqlite3.Connection) -> None:
    """Take that what stands here may be older than what the terminals have seen, of every account, known or not."""
    connection.execute("UPDATE accounts SET older = 1")
    keep_value(connection, "rebuilt", 1)


def accept(connection: sqlite3.Connection, account: str | None) -> list[str]:
    """Take that the user has looked and wants to go on, for one account or all; return which were doubted."""
    chosen = ("older = 1", ()) if account is None else ("older = 1 AND account = ?", (account,))
    doubted = [row[0] for row in connection.execute(f"SELECT account FROM accounts WHERE {chosen[0]}", chosen[1])]  # noqa: S608
    connection.execute(f"UPDATE accounts SET older = 0 WHERE {chosen[0]}", chosen[1])  # noqa: S608 - one of the two above
    if account is None:
        keep_value(connection, "rebuilt", 0)
    return doubted


def known(connection: sqlite3.Connection) -> list[KnownAccount]:
    """Return the accounts."""
    rows = connection.execute("SELECT account, epoch, older FROM accounts ORDER BY account")
    return [KnownAccount(account, epoch, bool(older)) for account, epoch, older in rows]


def value(connection: sqlite3.Connection, name: str) -> int:
    """Return one of the store's own numbers; 0 while it has none."""
    row = connection.execute("SELECT value FROM meta WHERE name = ?", (name,)).fetchone()
    return 0 if row is None else int(row[0])


def keep_value(connection: sqlite3.Connection, name: str, number: int) -> None:
    """Set one of the store's own numbers."""
    connection.execute("INSERT INTO meta VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value", (name, number))
