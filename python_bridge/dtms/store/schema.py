"""The tables' version and the way from one to another; each step is one transaction, so one that dies in it changes nothing."""

import re
import sqlite3
from collections.abc import Iterator
from functools import cache
from importlib import resources
from pathlib import PurePath
from typing import Final, NamedTuple

from dtms.errors import StoreTooNew

_NAME: Final = re.compile(r"(\d{4})_\w+\.(up|down)\.sql")
_TABLE: Final = "CREATE TABLE IF NOT EXISTS schema_version (version INTEGER PRIMARY KEY, applied_at INTEGER NOT NULL)"


class Step(NamedTuple):
    """One migration: the statements there and back."""

    up: tuple[str, ...]
    down: tuple[str, ...]


@cache
def steps() -> dict[int, Step]:
    """Return the migrations by number, in order."""
    found: dict[int, dict[str, tuple[str, ...]]] = {}
    for file in resources.files("dtms.store.migrations").iterdir():
        if match := _NAME.fullmatch(file.name):
            found.setdefault(int(match[1]), {})[match[2]] = tuple(_statements(file.read_text(encoding="utf-8")))
    return {number: Step(found[number]["up"], found[number]["down"]) for number in sorted(found)}


def latest() -> int:
    """Return the version that this program works with."""
    return max(steps())


def version(connection: sqlite3.Connection) -> int:
    """Return the version of the tables; 0: there are none."""
    there = connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'schema_version'").fetchone()
    if there is None:
        return 0
    return int(connection.execute("SELECT coalesce(max(version), 0) FROM schema_version").fetchone()[0])


def migrate(connection: sqlite3.Connection, path: PurePath, utc: int, target: int | None = None) -> tuple[int, int]:
    """
    Lead the tables to a version, forward or back; return the one before and the one after.

    Raises:
        StoreTooNew: A later program made them; only that one knows the way back.
    """
    before, wanted = version(connection), latest() if target is None else target
    if before > latest():
        raise StoreTooNew(path, before, latest())
    for number in range(before + 1, wanted + 1):
        _apply(connection, steps()[number].up, "INSERT INTO schema_version VALUES (?, ?)", (number, utc))
    for number in range(before, wanted, -1):
        _apply(connection, steps()[number].down, "DELETE FROM schema_version WHERE version = ?", (number,))
    return before, wanted


def _apply(connection: sqlite3.Connection, statements: tuple[str, ...], mark: str, values: tuple[int, ...]) -> None:
    connection.execute("BEGIN IMMEDIATE")
    try:
        connection.execute(_TABLE)
        for statement in statements:
            connection.execute(statement)
        connection.execute(mark, values)
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def _statements(text: str) -> Iterator[str]:
    statement = ""
    for line in text.splitlines():
        if not statement and (not line.strip() or line.startswith("--")):
            continue
        statement += line + "\n"
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""
    if statement.strip():
        raise ValueError(f"a migration ends in the middle of a statement: {statement}")
