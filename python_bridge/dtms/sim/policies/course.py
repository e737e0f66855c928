"""
The way of the price through a history: from one point where something can happen to the next.

Inside a modelled bar the price passes every level between two quotes, so a level is met exactly; from bar to bar, and between
recorded quotes, it jumps. What lies between two such points is skipped over by the extremes of whole blocks.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from dtms.sim.policies.history import History
from dtms.sim.policies.pilot import BarClosed, Closes


class Point(NamedTuple):
    """
    A quote at which something may happen.

    Attributes:
        quote: index of the recorded or modelled quote; of the one before where the price is on its way to the next.
        closed: what bars this quote shows to be closed; None where it does not.
    """

    time: int
    bid: float
    ask: float
    quote: int
    closed: BarClosed | None


@dataclass(slots=True)
class Levels:
    """Prices that something waits for, by the price that meets them and whether it comes from above (low) or from below (high)."""

    low_bid: list[float] = field(default_factory=list)
    high_bid: list[float] = field(default_factory=list)
    low_ask: list[float] = field(default_factory=list)
    high_ask: list[float] = field(default_factory=list)


class Tracks:
    """A history in the form that its way is walked in; made once, shared by all trades."""

    def __init__(self, history: History) -> None:
        self.history = history
        self.times: list[int] = history.times.tolist()
        self.bid: list[float] = history.bid.tolist()
        self.ask: list[float] = history.ask.tolist()
        self.smooth: list[bool] = history.smooth.tolist()
        starts = history.fast_starts
        self.starts: list[int] = [*starts.tolist(), len(history)]
        slow = {start: block - 1 for block, start in enumerate(history.slow_starts.tolist()) if block}
        self.closed_slow: list[int | None] = [slow.get(start) for start in self.starts]
        self.extremes: list[tuple[float, float, float, float]] = list(
            zip(
                np.minimum.reduceat(history.bid, starts).tolist(),
                np.maximum.reduceat(history.bid, starts).tolist(),
                np.minimum.reduceat(history.ask, starts).tolist(),
                np.maximum.reduceat(history.ask, starts).tolist(),
                strict=True,
            )
        )


class Course:
    """
    The way from just before a quote on, or from a point between it and the one before.

    Attributes:
        every: stop at every quote, as a reference for the quick way.
    """

    def __init__(self, tracks: Tracks, index: int, begin: Point | None = None, *, every: bool = False) -> None:
        """``begin``: where the way begins, if later than the quote before and earlier than this one."""
        self._tracks = tracks
        self._at = index - 1  # the quote behind us
        self._along = 0.0  # part of the way to the next one that is done
        self._now: tuple[float, float] | None = None  # prices between two quotes, None at a quote
        self._began = False  # the way to the first quote lies before the trade
        self._block = tracks.history.fast_block(index)
        self.every = every
        if begin is not None and index and tracks.smooth[index - 1] and begin.time < tracks.times[index]:
            span = tracks.times[index] - tracks.times[index - 1]
            self._along = (begin.time - tracks.times[index - 1]) / span
            self._now, self._began = (begin.bid, begin.ask), True

    def advance(self, levels: Levels, until: int, closes: Closes = Closes.NONE) -> Point | None:
        """
        Return the next point, None at the end of the history.

        Args:
            levels: prices to stop at.
            until: index of a quote to stop at whatever its price; the next one where that has passed.
            closes: stop at the first quote after such bars.
        """
        tracks = self._tracks
        begin = self._at + 1
        if begin >= len(tracks.times):
            return None
        there = self._first(begin, levels, max(until, begin), closes)
        if there is None:
            self._at = len(tracks.times) - 1
            return None
        if there != begin:
            self._at, self._along, self._now, self._began = there - 1, 0.0, None, True
        return self._met(there, levels) or self._arrived(there)

    def _first(self, begin: int, levels: Levels, until: int, closes: Closes) -> int | None:
        """Return the first quote from `begin` on at which one of the wishes is met."""
        tracks = self._tracks
        starts, block = tracks.starts, self._block
        if begin >= starts[block + 1]:
            block += 1
        while begin < len(tracks.times):
            self._block = block
            if self.every or (begin == starts[block] and self._shows(block, closes)):
                return begin
            end = starts[block + 1]
            found = self._scan(begin, min(end, until + 1), levels) if _reachable(tracks.extremes[block], levels) else None
            if found is not None or until < end:
                return until if found is None else found
            block, begin = block + 1, end
        return None

    def _shows(self, block: int, closes: Closes) -> bool:
        """Whether the first quote of a block shows that such bars are closed."""
        return closes is Closes.FAST or (closes is Closes.SLOW and self._tracks.closed_slow[block] is not None)

    def _scan(self, begin: int, end: int, levels: Levels) -> int | None:
        history = self._tracks.history
        hit: NDArray[np.bool_] = np.zeros(end - begin, dtype=np.bool_)
        bid, ask = history.bid[begin:end], history.ask[begin:end]
        if levels.low_bid:
            hit |= bid <= max(levels.low_bid)
        if levels.high_bid:
            hit |= bid >= min(levels.high_bid)
        if levels.low_ask:
            hit |= ask <= max(levels.low_ask)
        if levels.high_ask:
            hit |= ask >= min(levels.high_ask)
        at = int(hit.argmax()) if end > begin else 0
        return begin + at if end > begin and hit[at] else None

    def _met(self, there: int, levels: Levels) -> Point | None:
        """Return the first level on the way to a quote, if it is passed there smoothly."""
        tracks, before = self._tracks, there - 1
        if not self._began or not tracks.smooth[before]:
            return None
        here = self._now or (tracks.bid[before], tracks.ask[before])
        bids, asks = (tracks.bid[before], tracks.bid[there]), (tracks.ask[before], tracks.ask[there])
        met = [
            *((along, level, 0) for along, level in _passed(levels.low_bid, levels.high_bid, here[0], bids)),
            *((along, level, 1) for along, level in _passed(levels.low_ask, levels.high_ask, here[1], asks)),
        ]
        if not met:
            return None
        along, level, which = min(met)
        if along >= 1.0:
            return None
        return self._between(before, max(along, self._along), level, which)

    def _between(self, before: int, along: float, level: float, which: int) -> Point:
        tracks, digits = self._tracks, self._tracks.history.spec.digits
        bid, ask = (round(way[before] + along * (way[before + 1] - way[before]), digits) for way in (tracks.bid, tracks.ask))
        bid, ask = (level, max(ask, level)) if which == 0 else (min(bid, level), level)
        time = tracks.times[before] + int(along * (tracks.times[before + 1] - tracks.times[before]))
        self._along, self._now = along, (bid, ask)
        return Point(time, bid, ask, before, None)

    def _arrived(self, there: int) -> Point:
        tracks = self._tracks
        self._at, self._along, self._now, self._began = there, 0.0, None, True
        closed = None
        if self._block and there == tracks.starts[self._block]:
            closed = BarClosed(self._block - 1, tracks.closed_slow[self._block])
        return Point(tracks.times[there], tracks.bid[there], tracks.ask[there], there, closed)


def _reachable(extremes: tuple[float, float, float, float], levels: Levels) -> bool:
    low_bid, high_bid, low_ask, high_ask = extremes
    return (
        any(low_bid <= level for level in levels.low_bid)
        or any(high_bid >= level for level in levels.high_bid)
        or any(low_ask <= level for level in levels.low_ask)
        or any(high_ask >= level for level in levels.high_ask)
    )


def _passed(low: Sequence[float], high: Sequence[float], here: float, way: tuple[float, float]) -> list[tuple[float, float]]:
    """Return (part of the way, level) of the levels between the price here and the end of the way; those met already are not."""
    begin, end = way
    passed = [level for level in low if here > level >= end] + [level for level in high if here < level <= end]
    return [((level - begin) / (end - begin), level) for level in passed]
