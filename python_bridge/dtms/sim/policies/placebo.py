"""
Days that exchange their scores: the same rules, fed with what was judged at the same time of another day.

Cutting exposure alone already shrinks the tail of a distribution. Only what DTMS does better than its placebo comes from the score.
Days are exchanged in one cycle, so that none keeps its own; days of full length among themselves, and short ones among themselves.
"""

import random
from bisect import bisect_right
from collections.abc import Sequence
from typing import Final

ROUNDS: Final = 8
_DAY_MS: Final = 86_400_000
_FULL: Final = 0.8  # of the closes of the longest day


def exchanged(closes: Sequence[int], seed: int) -> list[int] | None:
    """
    Return for each close the index of the one whose judgement stands for it; None where there are fewer than two days.

    A close that the other day does not have is replaced by the last one before it on that day, or by the day's first.

    Args:
        closes: ms UTC, ascending.
        seed: another one gives another exchange.
    """
    days: dict[int, list[int]] = {}
    for index, time in enumerate(closes):
        days.setdefault((time - 1) // _DAY_MS, []).append(index)  # midnight closes the day before
    if len(days) < 2:
        return None
    partner: dict[int, int] = {}
    rng = random.Random(seed)
    for group in _groups(days):
        partner |= _cycle(group, rng)
    return [_stand_in(time, days[partner[(time - 1) // _DAY_MS]], closes) for time in closes]


def _groups(days: dict[int, list[int]]) -> list[list[int]]:
    """Return the days of full length and the short ones; all together where either would be alone."""
    most = max(len(indices) for indices in days.values())
    full = [day for day, indices in days.items() if len(indices) >= _FULL * most]
    short = [day for day in days if day not in set(full)]
    return [list(days)] if 1 in {len(full), len(short)} else [group for group in (full, short) if group]


def _cycle(days: list[int], rng: random.Random) -> dict[int, int]:
    """Return whose scores each day gets, as one random cycle through all of them."""
    order = days[:]
    rng.shuffle(order)
    return dict(zip(order, [*order[1:], order[0]], strict=True))


def _stand_in(time: int, other: Sequence[int], closes: Sequence[int]) -> int:
    wanted = closes[other[0]] - _since_midnight(closes[other[0]]) + _since_midnight(time)
    at = bisect_right(other, wanted, key=lambda index: closes[index]) - 1
    return other[max(at, 0)]


def _since_midnight(time: int) -> int:
    """Return the ms since midnight, a whole day for midnight itself."""
    return (time - 1) % _DAY_MS + 1
