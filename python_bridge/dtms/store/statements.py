"""
What an entry changes in the database; transactions are the caller's.

An entry has a number, and a trade's row is changed only by an entry with a higher one than the last: what the store is offered a
second time, or late, changes nothing.
"""

import dataclasses
import json
import sqlite3
from typing import Any, Final

import msgpack

from dtms.engine.trade import TradeKey
from dtms.store import catalogue, records
from dtms.store.journal import Entry, Note
from dtms.store.records import signed
from dtms.store.rows import Answered, Closed, HedgeClosed, LeaseDropped, Row, Sent, TransitionEnded
from dtms.wire.messages import Command, Position, ReducePosition

_OURS: Final = (*records.COLUMNS, "version", "created_at", "updated_at")
_KEPT: Final = frozenset({"account", "position_id", "generation", "created_at"})
_TRADE: Final = (
    f"INSERT INTO trades ({', '.join(_OURS)}, status) VALUES ({', '.join('?' * len(_OURS))}, 'ACTIVE') "  # noqa: S608 - our own names
    "ON CONFLICT (account, position_id, generation) DO UPDATE SET "
    + ", ".join(f"{name} = excluded.{name}" for name in _OURS if name not in _KEPT)
    # A position that is there again after its trade was closed is taken up again.
    + ", status = 'ACTIVE', closed_at = NULL, closed_why = NULL WHERE excluded.version > trades.version"
)
_OUTBOX: Final = (
    "INSERT INTO outbox SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, 0 "
    # A command whose action is on record was here before, and its answer may have taken it away.
    "WHERE NOT EXISTS (SELECT 1 FROM actions WHERE account = ?1 AND command_id = ?2) ON CONFLICT DO NOTHING"
)
_ACTION: Final = (
    "INSERT INTO actions (id, account, command_id, position_id, generation, ticket, symbol, type, reason, params, figures, "
    '"before", state, score_before, regime, rails, attempts, ts) '
    "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING"
)
_ANSWERED: Final = (
    'UPDATE actions SET outcome = ?1, retcode = ?2, success = ?3, error = ?4, "after" = ?5, answered_at = ?6, '
    "attempts = coalesce((SELECT o.attempts FROM outbox AS o WHERE o.account = ?7 AND o.command_id = ?8), attempts), "
    "score_after = (SELECT s.total FROM scores AS s WHERE s.account = ?7 AND s.position_id = actions.position_id "
    "AND s.generation = actions.generation ORDER BY s.ts DESC LIMIT 1) WHERE account = ?7 AND command_id = ?8"
)
_CLOSED: Final = (
    "UPDATE trades SET status = 'ARCHIVED', closed_at = ?, closed_why = ?, version = ? "
    "WHERE account = ? AND position_id = ? AND generation = ? AND version <= ?"
)
_LEASE_DROPPED: Final = "DELETE FROM leases WHERE account = ? AND position_id = ? AND generation = ?"
_HEDGE_CLOSED: Final = (
    "UPDATE hedges SET closed_at = ? WHERE account = ? AND position_id = ? AND generation = ? AND hedge_ticket = ?"
)
_ENDED: Final = "UPDATE transitions SET status = ? WHERE account = ? AND position_id = ? AND generation = ? AND status = 'PENDING'"


def write(connection: sqlite3.Connection, item: Entry | Note, number: int, utc: int) -> None:
    """
    Write everything of an entry or a note.

    Raises:
        RecordError: Something in it cannot be kept.
        sqlite3.Error: The database did not take it.
    """
    execute = connection.execute
    if isinstance(item, Note):
        for trade in item.trades:
            execute(_TRADE, (*records.to_row(trade), number, utc, utc))
    else:
        execute(_TRADE, (*records.to_row(item.trade), number, utc, utc))
        if item.command is not None:
            execute(_OUTBOX, _outbox(item.trade.key, item.command, item))
        execute(_ACTION, _action(item, number))
    for row in item.rows:
        _write_row(connection, row, number)


def prune_scores(connection: sqlite3.Connection, before: int, most: int) -> int:
    """Delete scores that were taken before this time, at most so many at once; return how many went."""
    chosen = "SELECT account, position_id, generation, ts FROM scores WHERE ts < ? LIMIT ?"
    done = connection.execute(
        f"DELETE FROM scores WHERE (account, position_id, generation, ts) IN ({chosen})",  # noqa: S608 - no value is in it
        (before, most),
    )
    return done.rowcount


def _write_row(connection: sqlite3.Connection, row: Row, number: int) -> None:
    match row:
        case Answered():
            connection.execute(_ANSWERED, (*_outcome(row), row.account, row.command_id))
            connection.execute("DELETE FROM outbox WHERE account = ? AND command_id = ?", (row.account, row.command_id))
        case Sent(account, command_id):
            connection.execute(
                "UPDATE outbox SET attempts = attempts + 1 WHERE account = ? AND command_id = ?", (account, command_id)
            )
        case Closed(key, ts, why):
            connection.execute(_CLOSED, (ts, why, number, *_key(key), number))
            connection.execute(_LEASE_DROPPED, _key(key))
        case LeaseDropped(key):
            connection.execute(_LEASE_DROPPED, _key(key))
        case HedgeClosed(key, ticket, ts):
            connection.execute(_HEDGE_CLOSED, (ts, *_key(key), signed(ticket)))
        case TransitionEnded(key, status):
            connection.execute(_ENDED, (status.value, *_key(key)))
        case _:
            table = catalogue.BY_CLASS[type(row)]
            connection.execute(table.upsert, table.values(row))


def _key(key: TradeKey) -> tuple[str, int, int]:
    return key.account, signed(key.position_id), key.generation


def _outbox(key: TradeKey, command: Command, entry: Entry) -> tuple[Any, ...]:
    account, position_id, generation = _key(key)
    body = msgpack.packb(command.to_array(), use_bin_type=True)
    return account, command.command_id, position_id, generation, command.TYPE, body, entry.decided_utc, entry.ttl_ms


def _action(entry: Entry, number: int) -> tuple[Any, ...]:
    trade, command, finding, position = entry.trade, entry.command, entry.finding, entry.trade.position
    figures = {field.name: getattr(finding, field.name) for field in dataclasses.fields(finding)}
    return (
        number,
        trade.key.account,
        None if command is None else command.command_id,
        signed(trade.key.position_id),
        trade.key.generation,
        signed(position.ticket),
        position.symbol,
        "observed" if command is None else type(command).__name__,
        _reason(entry),
        None if command is None else command.model_dump_json(),
        json.dumps(figures),
        _standing(position),
        *_circumstances(entry),
        0,
        entry.decided_utc,
    )


def _reason(entry: Entry) -> str:
    """Return which rule wants it: the row of the state table that the command is owed to, or what the break-even rule found."""
    proof, command, after = entry.proof, entry.command, entry.trade.defence
    before = None if proof is None else proof.before.defence
    if command is not None and after is not None:
        duty = next((duty for duty in after.duties if duty.work.command_id == command.command_id), None)
    else:  # in observe mode it is over as soon as it is decided
        duty = None if before is None else next((duty for duty in before.duties if not duty.work.over), None)
    if duty is not None:
        return f"{duty.row}: {duty.action.value}"
    if proof is not None and proof.taken:
        return proof.rule
    if after is not None and isinstance(command, ReducePosition):
        return after.reason or "close"
    return entry.finding.verdict.value


def _circumstances(entry: Entry) -> tuple[str | None, float | None, str | None, str | None]:
    """Return state, score, regime and rails as they were when it was decided."""
    before = entry.trade.defence if entry.proof is None else entry.proof.before.defence
    view = None if entry.proof is None else entry.proof.market.view
    judgement = None if view is None else view.judgement
    return (
        None if before is None else before.state.value,
        None if judgement is None else judgement.total,
        None if judgement is None else judgement.volatility.value,
        None if view is None else json.dumps(dataclasses.asdict(view.rails)),
    )


def _standing(position: Position) -> str:
    return json.dumps({"volume": position.volume, "stop_loss": position.stop_loss, "take_profit": position.take_profit})


def _outcome(row: Answered) -> tuple[Any, ...]:
    report = row.report
    if report is None:
        return row.outcome, None, row.success, None, None, row.ts
    after = {"volume": report.position_volume, "stop_loss": report.stop_loss, "take_profit": report.take_profit}
    error = None if row.success else f"{report.why.name.lower()}: {report.detail}"
    return row.outcome, report.retcode, row.success, error, json.dumps(after), row.ts
