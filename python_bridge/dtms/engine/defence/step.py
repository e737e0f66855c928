"""
A step of the state machine: rows looked up, the first that holds taken, the record as it becomes.

No branch here on a state's name, but for the episode, which lasts from leaving HEALTHY until coming back to it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final, NamedTuple

from dtms.defence_names import Action, State
from dtms.engine.defence.duties import drop
from dtms.engine.defence.guards import Check, read
from dtms.engine.defence.predicates import Eyes
from dtms.engine.defence.record import Defence, Timer
from dtms.engine.defence.situation import Situation
from dtms.engine.defence.states import CHAINED, CHAINING, TABLE, TIMERS, Row

# Enough for every chain of the table, T3, T4, T7 being the longest.
_LONGEST: Final = 8


class Looked(NamedTuple):
    """A row that was looked at, and what was read for it."""

    row: str
    source: State
    to: State | None
    holds: bool
    checks: tuple[Check, ...]


class Taken(NamedTuple):
    """A row that was taken."""

    row: str
    source: State
    to: State
    actions: tuple[Action, ...]
    why: str


@dataclass(frozen=True, slots=True)
class Stepped:
    """The record after the step, and how it came about."""

    record: Defence
    taken: tuple[Taken, ...] = ()
    looked: tuple[Looked, ...] = ()


def step(now: Situation, table: Sequence[Row] = TABLE) -> Stepped:
    """Take the first row that holds; a deep check goes on through several levels (note e)."""
    looked, taken, rows = list[Looked](), list[Taken](), tuple(row for row in table if not row.routine)
    for _ in range(_LONGEST):
        row = _first(now, rows, looked)
        if row is None:
            break
        now = _take(now, row, taken)
        if row.id not in CHAINING:
            break
        rows = tuple(row for row in table if row.id in CHAINED)
    for row in table:
        if row.routine and _open_to(now, row) and _holds(now, row, looked):
            now = _take(now, row, taken)
    return Stepped(now.record, tuple(taken), tuple(looked))


def _first(now: Situation, rows: Sequence[Row], looked: list[Looked]) -> Row | None:
    return next((row for row in rows if _open_to(now, row) and _holds(now, row, looked)), None)


def _open_to(now: Situation, row: Row) -> bool:
    permitted = row.needs is None or row.needs in now.allowed
    return now.record.state in row.sources and permitted and (row.vital or now.trade.quarantine is None)


def _holds(now: Situation, row: Row, looked: list[Looked]) -> bool:
    reading = read(row.guard, Eyes(now))
    looked.append(Looked(row.id, now.record.state, row.to, reading.holds, reading.checks))
    return reading.holds


def _take(now: Situation, row: Row, taken: list[Taken]) -> Situation:
    source = now.record.state
    record = drop(now.record, row.cancels) if row.cancels else now.record
    if row.to is not None:
        record = entered(record, row.to, now.utc, _timer(now, row.to, record))
        record = replace(record, reason=row.why) if row.to is State.CLOSING else record
    taken.append(Taken(row.id, source, record.state, row.actions, row.why))
    return now.having(record)


def _timer(now: Situation, to: State, record: Defence) -> Timer | None:
    path = TIMERS.get(to)
    return None if path is None else Timer(record.last_bar, int(Eyes(now).limit(path)))


def entered(record: Defence, to: State, utc: int, timer: Timer | None) -> Defence:
    """Return the record in its next state: dwell and timer begin, an episode may."""
    begins = record.state in {State.ARMED, State.HEALTHY} and to not in {State.HEALTHY, State.CLOSED}
    if begins:
        record = replace(record, episode=record.episode + 1, closed_volume=0.0, refusals=0)
        record = replace(record, spent=tuple(key for key in record.spent if key.episode >= record.episode - 1))
    return replace(record, state=to, previous=record.state, entered=utc, dwell=0, timer=timer, lifted_bar=0)
