"""What the database remembers, as values; the connection is the caller's."""

import gc
import sqlite3
from collections.abc import Callable, Iterable
from typing import Any, Final, TypeVar

import msgpack
from pydantic import ValidationError

from dtms.engine.trade import Trade, TradeKey
from dtms.errors import RecordError
from dtms.store import catalogue, loading, records
from dtms.store.records import unsigned
from dtms.store.rows import OutboxRow, Recovered
from dtms.store.tables import Table
from dtms.wire.messages import BY_TYPE, Command

_DAYS: Final = 400  # of an account's days that a start wants: a year, and some
TRADES: Final = f"SELECT {', '.join(records.COLUMNS)} FROM trades WHERE account = ? AND status = 'ACTIVE'"  # noqa: S608
_OUTBOX: Final = (
    "SELECT account, position_id, generation, type, body, decided_at, ttl_ms, attempts FROM outbox WHERE account = ? "
    "ORDER BY command_id"
)


_TURNED: Final = "SELECT position_id, max(generation) FROM trades WHERE account = ? AND generation > 1 GROUP BY position_id"
ValueT = TypeVar("ValueT")


def recovered(connection: sqlite3.Connection, account: str) -> Recovered:
    """
    Return everything that a start needs to know of an account, as it was at one moment.

    Raises:
        RecordError: The shapes of the records are none of ours.
        sqlite3.Error: It cannot be read.
    """
    unreadable: list[str] = []

    def rows(table: Table[ValueT], more: str = "") -> tuple[ValueT, ...]:
        return _readable(connection.execute(table.select + more, (account,)), table.row, unreadable)

    connection.execute("BEGIN")
    try:
        return Recovered(
            trades(connection, account, unreadable),
            _readable(connection.execute(_OUTBOX, (account,)), _outbox_row, unreadable),
            rows(catalogue.REGISTRY),
            rows(catalogue.HEDGES, " AND closed_at IS NULL"),
            rows(catalogue.LEASES),
            next(iter(rows(catalogue.RAILS)), None),
            rows(catalogue.DAYS, f" ORDER BY day DESC LIMIT {_DAYS}"),
            {unsigned(position): most for position, most in connection.execute(_TURNED, (account,))},
            tuple(unreadable),
        )
    finally:
        connection.execute("COMMIT")


def trades(connection: sqlite3.Connection, account: str, unreadable: list[str]) -> tuple[Trade, ...]:
    """
    Return the open trades of an account; what cannot be read is said in ``unreadable``, and costs nothing else.

    Raises:
        RecordError: The shapes of the records are none of ours.
        sqlite3.Error: It cannot be read.
    """
    readers = loading.readers(dict(connection.execute("SELECT id, names FROM shapes")))
    # The collector would walk over everything that is read again and again; none of it is garbage.
    collecting = gc.isenabled()
    gc.disable()
    try:
        return tuple(loading.from_rows(connection.execute(TRADES, (account,)), readers))
    except RecordError:
        each = connection.execute(TRADES, (account,))
        return _readable(each, lambda row: next(loading.from_rows((row,), readers)), unreadable)
    finally:
        if collecting:
            gc.enable()


def _readable(rows: Iterable[Any], read: Callable[[Any], ValueT], unreadable: list[str]) -> tuple[ValueT, ...]:
    found = []
    for row in rows:
        try:
            found.append(read(row))
        except RecordError as error:
            unreadable.append(str(error))
    return tuple(found)


def _outbox_row(row: tuple[Any, ...]) -> OutboxRow:
    account, position_id, generation, kind, body, decided_at, ttl_ms, attempts = row
    try:
        command = BY_TYPE[kind].model_validate(msgpack.unpackb(body, raw=False))
    except (KeyError, ValueError, ValidationError, msgpack.UnpackException) as error:
        raise RecordError(f"a command of {account} cannot be read: {error}") from error
    if not isinstance(command, Command):
        raise RecordError(f"a message of type {kind} is no command")
    return OutboxRow(TradeKey(account, unsigned(position_id), generation), command, decided_at, ttl_ms, attempts)
