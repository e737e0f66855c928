"""
Long closures of a symbol, from its weekly sessions and the days without trade that the user names (R-9).

Sessions are in seconds of the server's day, as the terminal tells them, and may pass midnight; a day without trade is one of the
server's calendar. Everything returned is ms UTC, by the difference between the clocks as it is now: where the server changes its
own over a weekend, the closure begins when it says, and its length is an hour off.
"""

from collections.abc import Collection, Iterator, Sequence
from itertools import pairwise
from typing import Final

from dtms.engine.defence.view import Closure
from dtms.wire.messages import Session

_DAY_S: Final = 86_400
_WEEKDAYS: Final = 7
_WEEK_S: Final = _WEEKDAYS * _DAY_S
_EPOCH_DAY: Final = 4  # 1 January 1970 was a Thursday; weeks begin on Sunday
_MS: Final = 1_000
_AHEAD_DAYS: Final = 14  # so far ahead a closure may begin


def next_closure(
    sessions: Sequence[Session], offset_s: int, utc: int, hours: float, closed_days: Collection[int] = ()
) -> Closure | None:
    """
    Return the next closure that begins after ``utc`` and lasts longer than ``hours``; None where none begins in two weeks.

    ``closed_days`` are days since 1970 of the server's calendar; nothing is open on them, whatever the table says.
    """
    server_s = utc // _MS + offset_s
    last = server_s + _AHEAD_DAYS * _DAY_S
    # A run of closed days may be long: the table is followed until a week after the last of them.
    until = max([last, *((day + 1) * _DAY_S for day in closed_days)]) + _WEEK_S
    open_until: int | None = None
    for starts, ends in _opened(sessions, server_s // _DAY_S - 1, until // _DAY_S + 1, frozenset(closed_days)):
        if open_until is not None and open_until > last:
            return None
        if open_until is not None and starts - open_until > hours * 3_600:
            found = Closure((open_until - offset_s) * _MS, (starts - offset_s) * _MS)
            if found.starts > utc:
                return found
        open_until = ends if open_until is None else max(open_until, ends)
    return None


def closes_weekly(sessions: Sequence[Session]) -> bool:
    """Return whether the table has a closure of a day or more, as at a weekend; a market that never closes knows no holidays."""
    spans = list(_opened(sessions, 0, 3 * _WEEKDAYS, frozenset()))
    latest, longest = 0, 0
    for (_, ends), (starts, _) in pairwise(spans):
        latest = max(latest, ends)
        longest = max(longest, starts - latest)
    return longest >= _DAY_S


def _opened(sessions: Sequence[Session], first: int, last: int, closed: frozenset[int]) -> Iterator[tuple[int, int]]:
    """Yield when the market is open on these days of the server, in seconds since 1970, in order; spans may touch or overlap."""
    table: dict[int, list[tuple[int, int]]] = {}
    for one in sessions:
        # One that ends before it begins ends on the next day.
        ends = one.to_s if one.to_s >= one.from_s else one.to_s + _DAY_S
        if ends > one.from_s:
            table.setdefault(one.day, []).append((one.from_s, ends))
    for day in range(first, last) if table else ():
        for from_s, to_s in sorted(table.get((day + _EPOCH_DAY) % _WEEKDAYS, ())):
            yield from _cut(day * _DAY_S + from_s, day * _DAY_S + to_s, closed)


def _cut(starts: int, ends: int, closed: frozenset[int]) -> Iterator[tuple[int, int]]:
    """Yield what is left of a session without the days that are closed."""
    for day in range(starts // _DAY_S, (ends - 1) // _DAY_S + 1):
        if day not in closed:
            yield max(starts, day * _DAY_S), min(ends, (day + 1) * _DAY_S)
