"""
Long closures of a symbol, from its weekly sessions and from what else is known of holidays (R-9).

Sessions are in seconds of the server's day, as the terminal tells them; everything returned is ms UTC.
"""

from collections.abc import Iterable, Sequence
from typing import Final

from dtms.engine.defence.view import Closure
from dtms.wire.messages import Session

_DAY_S: Final = 86_400
_WEEK_S: Final = 7 * _DAY_S
_EPOCH_DAY: Final = 4  # 1 January 1970 was a Thursday; weeks begin on Sunday
_MS: Final = 1_000


def next_closure(
    sessions: Sequence[Session], offset_s: int, utc: int, hours: float, holidays: Iterable[Closure] = ()
) -> Closure | None:
    """Return the next closure that begins after ``utc`` and lasts longer than ``hours``; None where there is none in a week."""
    server_s = utc // _MS + offset_s
    week_began = server_s - (server_s + _EPOCH_DAY * _DAY_S) % _WEEK_S
    weekly = [
        Closure((week_began + shift + starts - offset_s) * _MS, (week_began + shift + ends - offset_s) * _MS)
        for shift in (0, _WEEK_S)
        for starts, ends in _gaps(sessions)
    ]
    ahead = [one for one in (*weekly, *holidays) if one.starts > utc and one.ends - one.starts > hours * 3_600 * _MS]
    return min(ahead, default=None)


def _gaps(sessions: Sequence[Session]) -> list[tuple[int, int]]:
    """Return when the market is closed, in seconds of a week; the last one may end in the next."""
    spans = sorted((day.day * _DAY_S + day.from_s, day.day * _DAY_S + day.to_s) for day in sessions if day.to_s > day.from_s)
    if not spans:
        return []
    gaps, open_until = list[tuple[int, int]](), spans[0][1]
    for starts, ends in (*spans[1:], (spans[0][0] + _WEEK_S, spans[0][0] + _WEEK_S)):
        if starts > open_until:
            gaps.append((open_until, starts))
        open_until = max(open_until, ends)
    return gaps
