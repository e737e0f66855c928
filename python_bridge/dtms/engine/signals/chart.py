"""
Closed bars as NumPy arrays: `Chart` is a frozen view, `Bars` the buffer behind it.

A bar is known by the time of its open and stands in a chart once: sent again, it replaces the earlier copy. The forming bar never
gets here. A view stays what it was while the buffer grows: bars are only ever written behind the last one.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from dtms.errors import DtmsError

Floats = NDArray[np.float64]
Times = NDArray[np.int64]

_ROOM: Final = 4  # a buffer holds so many windows before the last one moves to a fresh buffer


class BadBar(DtmsError):
    """A bar that no market can have made; it is not taken."""

    def __init__(self, bar: "Bar") -> None:
        super().__init__(f"not a bar: {bar}")
        self.bar = bar


class Bar(NamedTuple):
    """A closed bar on bid; ``time`` is its open in ms UTC, ``volume`` counts quotes."""

    time: int
    open: float
    high: float
    low: float
    close: float
    volume: float


@dataclass(frozen=True, slots=True, eq=False)
class Chart:
    """
    Closed bars of one symbol and timeframe, oldest first; seven arrays of one length.

    Attributes:
        period_ms: length of a bar.
        time: ms UTC of the open.
        gapped: bars may be missing that the terminal has: it must be asked before anything is concluded.
    """

    period_ms: int
    time: Times
    open: Floats
    high: Floats
    low: Floats
    close: Floats
    volume: Floats
    gapped: bool = False

    def __len__(self) -> int:
        return len(self.time)

    def closed_at(self, index: int = -1) -> int:
        """Return when a bar closed, ms UTC."""
        return int(self.time[index]) + self.period_ms

    @property
    def sound(self) -> bool:
        """Whether every figure is a number; indicators may answer a NaN with a number of their own."""
        sums = self.open.sum() + self.high.sum() + self.low.sum() + self.close.sum() + self.volume.sum()
        return math.isfinite(sums)

    def window(self, end: int, count: int) -> "Chart":
        """Return the last ``count`` bars of those before index ``end``."""
        begin = max(end - count, 0)
        if begin == 0 and end == len(self.time):
            return self
        return Chart(
            self.period_ms,
            self.time[begin:end],
            self.open[begin:end],
            self.high[begin:end],
            self.low[begin:end],
            self.close[begin:end],
            self.volume[begin:end],
            self.gapped,
        )

    def last(self, count: int) -> "Chart":
        """Return the last ``count`` bars."""
        return self.window(len(self.time), count)

    def upto(self, count: int) -> "Chart":
        """Return the first ``count`` bars."""
        return self.window(count, count)


class Charts(NamedTuple):
    """Both charts of a symbol; the same one twice where bars come without a fast timeframe."""

    fast: Chart
    slow: Chart


def empty_chart(period_ms: int) -> Chart:
    """Return a chart without bars."""
    return chart_of(period_ms, ())


def chart_of(period_ms: int, bars: Iterable[Bar]) -> Chart:
    """Return a chart of these bars, oldest first."""
    rows = list(bars)
    table = np.array([row[1:] for row in rows], dtype=np.float64).reshape(len(rows), 5)
    return chart_from(period_ms, np.array([row.time for row in rows], dtype=np.int64), np.ascontiguousarray(table.T))


def chart_from(period_ms: int, time: Times, columns: Floats, *, gapped: bool = False) -> Chart:
    """Return a chart over arrays; the five rows of ``columns`` are open, high, low, close and volume."""
    open_, high, low, close, volume = columns
    return Chart(period_ms, time, open_, high, low, close, volume, gapped)


def check(bar: Bar) -> None:
    """
    Refuse what cannot be a bar.

    Raises:
        BadBar: a NaN, an infinity, a price that is not positive, extremes that do not enclose open and close, a negative volume.
    """
    _, open_, high, low, close, volume = bar
    # A NaN fails every comparison, so each is written such that it must hold.
    if not (0.0 < low <= open_ <= high < math.inf and low <= close <= high and 0.0 <= volume < math.inf):
        raise BadBar(bar)


class Bars:
    """The closed bars of one symbol and timeframe as they come in."""

    def __init__(self, period_ms: int, keep: int, gap_periods: float) -> None:
        self.period_ms = period_ms
        self._keep = keep
        self._gap_ms = gap_periods * period_ms
        self._end = 0
        self._gapped = False
        self._time: Times = np.zeros(_ROOM * keep, dtype=np.int64)
        self._columns: Floats = np.zeros((5, _ROOM * keep), dtype=np.float64)

    @property
    def chart(self) -> Chart:
        """The bars as they are now."""
        kept = slice(max(self._end - self._keep, 0), self._end)
        return chart_from(self.period_ms, self._time[kept], self._columns[:, kept], gapped=self._gapped)

    def revises(self, bar: Bar) -> bool:
        """Return whether the bar changes what was known: one is missing before the last, or another stands in its place."""
        held = self._there(bar.time)
        if held is not None:
            return held != bar
        return self._end > 0 and int(self._time[0]) < bar.time < int(self._time[self._end - 1])

    def add(self, bar: Bar) -> None:
        """
        Take a closed bar; one that is there already is replaced.

        Raises:
            BadBar
        """
        check(bar)
        if self._end == 0 or bar.time > (last := int(self._time[self._end - 1])):
            self._gapped = self._gapped or (self._end > 0 and bar.time - last > self._gap_ms)
            self._push(bar)
        elif bar != self._there(bar.time):
            self._rebuild([bar])

    def backfill(self, bars: Iterable[Bar]) -> None:
        """
        Take what the terminal's history says about the time since the gap; whatever is still missing never was.

        Raises:
            BadBar
        """
        rows = list(bars)
        for bar in rows:
            check(bar)
        self._rebuild(rows)
        self._gapped = False

    def _there(self, time: int) -> Bar | None:
        at = int(np.searchsorted(self._time[: self._end], time))
        if at >= self._end or self._time[at] != time:
            return None
        return Bar(time, *self._columns[:, at].tolist())

    def _push(self, bar: Bar) -> None:
        if self._end == len(self._time):
            self._rebuild([])
        self._time[self._end] = bar.time
        self._columns[:, self._end] = bar[1:]
        self._end += 1

    def _rebuild(self, bars: list[Bar]) -> None:
        """Write everything into a fresh buffer, so that views of the old one stay what they were."""
        held = zip(self._time[: self._end].tolist(), self._columns[:, : self._end].T.tolist(), strict=True)
        rows = {time: Bar(time, *column) for time, column in held}
        rows |= {bar.time: bar for bar in bars}
        kept = [rows[time] for time in sorted(rows)][-self._keep :]
        self._time = np.zeros(_ROOM * self._keep, dtype=np.int64)
        self._columns = np.zeros((5, _ROOM * self._keep), dtype=np.float64)
        self._end = len(kept)
        if kept:
            self._time[: self._end] = [bar.time for bar in kept]
            self._columns[:, : self._end] = np.array([bar[1:] for bar in kept]).T
