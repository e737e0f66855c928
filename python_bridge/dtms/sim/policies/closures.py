"""When a symbol's market is closed, by its session table: known beforehand to everybody, so no rule looks ahead with it."""

from bisect import bisect_left
from collections.abc import Collection
from itertools import pairwise
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from dtms.sim.spec import DAY_S, Sessions

_MINUTES: Final = 7 * 1_440
_WEEK_S: Final = 7 * DAY_S
_THURSDAY: Final = 4  # 1970-01-01; sessions count from Sunday


class Closure(NamedTuple):
    """A time without trade, ms UTC."""

    begin: int
    end: int


def open_minutes(sessions: Sessions) -> NDArray[np.bool_]:
    """Return for each minute of the server's week, from Sunday on, whether its beginning is inside a session."""
    table = np.zeros(_MINUTES, dtype=np.bool_)
    for day, pieces in enumerate(sessions):
        for begin, end in pieces:
            for second in range(begin + (-begin) % 60, end, 60):
                table[(day * DAY_S + second) // 60 % _MINUTES] = True
    return table


def minute_of_week(times: NDArray[np.int64], offset_s: int) -> NDArray[np.int64]:
    """Return the minute of the server's week of times in ms UTC."""
    return ((times // 1_000 + offset_s + _THURSDAY * DAY_S) % _WEEK_S) // 60


def closures(
    sessions: Sessions, begin: int, end: int, *, least_s: float, offset_s: int = 0, closed_days: Collection[int] = ()
) -> list[Closure]:
    """
    Return the closures longer than ``least_s`` that begin between two times in ms UTC, by the minute.

    ``closed_days`` are days since 1970 of the server on which nothing is open.
    """
    table = open_minutes(sessions)
    if (table.all() and not closed_days) or not table.any():
        return []
    first = begin // 60_000
    minutes = np.arange(first, end // 60_000 + _MINUTES + 1, dtype=np.int64)
    is_open = table[minute_of_week(minutes * 60_000, offset_s)]
    is_open &= ~np.isin((minutes * 60 + offset_s) // DAY_S, list(closed_days))
    edges = np.flatnonzero(is_open[1:] != is_open[:-1]) + 1
    found = []
    for here, there in pairwise(edges.tolist()):
        if not is_open[here] and (there - here) * 60 > least_s:
            found.append(Closure(int(minutes[here]) * 60_000, int(minutes[there]) * 60_000))
    return [closure for closure in found if closure.begin <= end]


def next_closure(known: list[Closure], time: int) -> Closure | None:
    """Return the first of them that begins at or after a time in ms UTC."""
    at = bisect_left(known, (time, 0))
    return known[at] if at < len(known) else None
