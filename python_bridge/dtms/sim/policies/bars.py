"""
Closed bars as arrays, made of a history's quotes or of its own bars.

Bars are made of bids, as a terminal's charts are. Where the file tells no volume, reading 37 of the specification gives one.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

MINUTE_S: Final = 60
FAST_S: Final = 300
SLOW_S: Final = 900

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Bars:
    """
    Bars of one period, oldest first.

    Attributes:
        times: ms UTC of the opens.
        volume: quotes in the bar, or what stands for them.
        spread: ask minus bid of the last quote, in price; negative where that was crossed.
    """

    period_s: int
    times: Ints
    open: Floats
    high: Floats
    low: Floats
    close: Floats
    volume: Ints
    spread: Floats

    def __len__(self) -> int:
        return len(self.times)

    def first(self, count: int) -> "Bars":
        """Return the oldest of them."""
        rows = (self.times, self.open, self.high, self.low, self.close, self.volume, self.spread)
        return Bars(self.period_s, *(row[:count] for row in rows))  # type: ignore[arg-type]


def starts_of(times: Ints, period_s: int) -> Ints:
    """Return the index of the first quote of every bar."""
    buckets = times // (period_s * 1_000)
    return np.flatnonzero(np.concatenate(([True], buckets[1:] != buckets[:-1]))).astype(np.int64)


def bars_of(times: Ints, bid: Floats, ask: Floats, volume: Ints, period_s: int) -> Bars:
    """Return the bars of these quotes, the last one whether closed or not; ``volume`` is what each quote adds."""
    starts = starts_of(times, period_s)
    ends = np.append(starts[1:], len(times)) - 1
    span = period_s * 1_000
    return Bars(
        period_s,
        times[starts] // span * span,
        bid[starts],
        np.maximum.reduceat(bid, starts),
        np.minimum.reduceat(bid, starts),
        bid[ends],
        np.add.reduceat(volume, starts),
        ask[ends] - bid[ends],
    )


def volumes_by_range(bid: Floats, per_bar: int, point: float) -> Ints:
    """Return what each quote adds to the volume where bars carry none: 1 + round((high - low) / point), with the bar's first."""
    rows = bid.reshape(-1, per_bar)
    volume = np.zeros(rows.shape, dtype=np.int64)
    volume[:, 0] = 1 + np.rint((rows.max(axis=1) - rows.min(axis=1)) / point).astype(np.int64)
    return volume.ravel()


def wilder(bars: Bars, period: int) -> Floats:
    """Return Wilder's average true range after each bar, NaN where too few were; the first is a plain mean."""
    averages = np.full(len(bars), np.nan)
    if len(bars) <= period:
        return averages
    before = bars.close[:-1]
    ranges = (np.maximum(bars.high[1:], before) - np.minimum(bars.low[1:], before)).tolist()
    average = sum(ranges[:period]) / period
    averages[period] = average
    for at, true_range in enumerate(ranges[period:], period + 1):
        average += (true_range - average) / period
        averages[at] = average
    return averages
