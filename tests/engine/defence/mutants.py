"""
Every small way of getting the table wrong: rows deleted, redirected, swapped; actions dropped; guards turned, loosened, shifted.

A mutant is a table. Those that no behaviour can tell from the original are left out, each for the reason that stands beside it.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import Final, NamedTuple

from tests.engine.defence.facts import OWED

from dtms.defence_names import State
from dtms.engine.defence.guards import Compare, Either, Every, Figure, Guard, Is, Op
from dtms.engine.defence.states import TABLE, Row
from dtms.settings_defence import DefenceSettings

Table = tuple[Row, ...]
_TURNED: Final = {Op.AT_MOST: Op.AT_LEAST, Op.AT_LEAST: Op.AT_MOST, Op.BELOW: Op.ABOVE, Op.ABOVE: Op.BELOW}
_EDGE: Final = {Op.AT_MOST: Op.BELOW, Op.BELOW: Op.AT_MOST, Op.AT_LEAST: Op.ABOVE, Op.ABOVE: Op.AT_LEAST}
_WHOLE: Final = frozenset({Figure.DWELL, Figure.BARS_LEFT, Figure.REFUSALS, Figure.WARNINGS, Figure.FAMILIES, Figure.AGE_S})


class Mutant(NamedTuple):
    """A wrong table, what is wrong with it, and the states in which that can be seen."""

    name: str
    table: Table
    states: frozenset[State]
    rows: tuple[str, ...]


def mutants() -> Iterator[Mutant]:
    """Return them all."""
    for index, row in enumerate(TABLE):
        where = f"{index:02} {row.id} from {', '.join(sorted(row.sources))}"
        yield Mutant(f"{where}: deleted", TABLE[:index] + TABLE[index + 1 :], row.sources, (row.id,))
        for name, wrong in (*_targets(row), *_orders(row), *_flags(row), *_sources(row)):
            yield Mutant(f"{where}: {name}", _with(index, wrong), row.sources | wrong.sources, (row.id,))
        for name, guard in _guards(row.guard):
            yield Mutant(f"{where}: {name}", _with(index, replace(row, guard=guard)), row.sources, (row.id,))
    yield from _swapped()


def _with(index: int, row: Row) -> Table:
    return (*TABLE[:index], row, *TABLE[index + 1 :])


def _targets(row: Row) -> Iterator[tuple[str, Row]]:
    for to in (None, *State):
        if to is not row.to and not (to is None and row.to is None):
            yield f"to {'nowhere' if to is None else to.value}", replace(row, to=to)


def _orders(row: Row) -> Iterator[tuple[str, Row]]:
    for action in row.actions:
        yield f"without {action.value}", replace(row, actions=tuple(a for a in row.actions if a is not action))
    if len(row.actions) > 1:
        yield "actions in the other order", replace(row, actions=row.actions[::-1])
    for action in sorted(row.cancels & frozenset(OWED)):
        yield f"keeps {action.value}", replace(row, cancels=row.cancels - {action})


def _flags(row: Row) -> Iterator[tuple[str, Row]]:
    yield ("not vital", replace(row, vital=False)) if row.vital else ("vital", replace(row, vital=True))
    if row.needs is not None:
        yield "needs nothing", replace(row, needs=None)


def _sources(row: Row) -> Iterator[tuple[str, Row]]:
    for state in State:
        wrong = row.sources ^ {state}
        yield f"{'not from' if state in row.sources else 'from'} {state.value} too", replace(row, sources=wrong)


def _guards(guard: Guard) -> Iterator[tuple[str, Guard]]:
    match guard:
        case Is():
            yield f"not ({guard.flag.value})", Is(guard.flag, wanted=not guard.wanted)
        case Compare():
            limit = _limit(guard.limit)
            yield f"{guard.figure.value} turned", replace(guard, op=_TURNED[guard.op])
            yield f"{guard.figure.value} edge", replace(guard, op=_EDGE[guard.op])
            for step in (-1, 1) if guard.figure in _WHOLE else (-0.01, 0.01):
                yield f"{guard.figure.value} {step:+g}", replace(guard, limit=limit + step)
        case Every() | Either():
            other = Either if isinstance(guard, Every) else Every
            yield "and for or", other(guard.of)
            for i, part in enumerate(guard.of):
                rest = (*guard.of[:i], *guard.of[i + 1 :])
                yield f"without part {i}", replace(guard, of=rest)
                for name, wrong in _guards(part):
                    yield name, replace(guard, of=(*guard.of[:i], wrong, *guard.of[i + 1 :]))


def _limit(limit: float | str) -> float:
    if not isinstance(limit, str):
        return limit
    value: object = DefenceSettings()
    for name in limit.split("."):
        value = getattr(value, name)
    assert isinstance(value, int | float)
    return value


def _swapped() -> Iterator[Mutant]:
    for i, first in enumerate(TABLE):
        for j in range(i + 1, len(TABLE)):
            second = TABLE[j]
            if first.sources & second.sources and first.routine is second.routine:
                table = list(TABLE)
                table[i], table[j] = second, first
                name = f"{i:02} {first.id} and {j:02} {second.id} swapped"
                yield Mutant(name, tuple(table), first.sources & second.sources, (second.id, first.id))
