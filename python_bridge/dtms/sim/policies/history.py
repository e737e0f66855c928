"""
A price history made ready to be replayed: quotes as arrays, closed bars and their ATR14, what was modelled.

Quotes are those that orders meet (a crossed one is its middle); bars are made of bids as they came. A *block* is the run of quotes
of one bar: that the bar is closed is known when the first quote of the next block comes.
"""

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final

import numpy as np
from numpy.typing import NDArray

from dtms.errors import UsageError
from dtms.sim.policies.bars import FAST_S, MINUTE_S, SLOW_S, Bars, Floats, Ints, bars_of, starts_of, volumes_by_range, wilder
from dtms.sim.policies.closures import minute_of_week, open_minutes
from dtms.sim.prices import PriceSeries
from dtms.sim.spec import SymbolSpec

ATR_PERIOD: Final = 14
_LEAST_SLOW: Final = 2 * ATR_PERIOD  # with fewer M15 bars than this the ATR is that of M1
_QUOTES_A_BAR: Final = 4
_STRANGE_SHARE: Final = 0.01  # of quotes outside the session table, from which on the output mentions it


@dataclass(frozen=True, eq=False)
class History:
    """
    One symbol's prices.

    Attributes:
        spec: the symbol; its sessions say when the market is closed.
        bar_s: seconds of the file's bars, 0 for recorded quotes.
        offset_s: the server's time minus UTC.
        times: ms UTC of the quotes, ascending. ``bid``, ``ask``: prices to trade at, ask >= bid.
        raw_bid, raw_ask: prices as they came.
        smooth: whether the price passes every level from this quote to the next: inside a modelled bar only.
        slow, fast: closed M15 and M5 bars, ``fast`` is ``slow`` where the file has nothing finer.
        slow_starts, fast_starts: index of the first quote of each block of such bars; block i is bar i.
        atr: ATR14 known when an M15 block begins, of M15 bars or, where those are too few, of M1 (``atr_s``); NaN where unknown.
        notes: what was modelled, in words for the output.
    """

    source: str
    spec: SymbolSpec
    bar_s: int
    offset_s: int
    times: Ints
    bid: Floats
    ask: Floats
    raw_bid: Floats
    raw_ask: Floats
    smooth: NDArray[np.bool_]
    slow: Bars
    fast: Bars
    slow_starts: Ints
    fast_starts: Ints
    atr: Floats
    atr_s: int
    notes: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.times)

    def slow_block(self, index: int) -> int:
        """Return the M15 block that a quote belongs to."""
        return int(np.searchsorted(self.slow_starts, index, side="right")) - 1

    def fast_block(self, index: int) -> int:
        """Return the M5 block that a quote belongs to."""
        return int(np.searchsorted(self.fast_starts, index, side="right")) - 1

    def atr_at(self, index: int) -> float:
        """Return the ATR14 that is known when a quote comes, NaN where none is."""
        return float(self.atr[self.slow_block(index)])

    def at_or_after(self, time: int) -> int:
        """Return the index of the first quote not before a time in ms UTC; the number of quotes if there is none."""
        return int(np.searchsorted(self.times, time, side="left"))

    @cached_property
    def crossed(self) -> int:
        """How many quotes came with the ask below the bid."""
        return int(np.count_nonzero(self.raw_ask < self.raw_bid))

    @cached_property
    def in_session(self) -> NDArray[np.bool_]:
        """For each quote whether the session table says that the market is open."""
        return open_minutes(self.spec.trade_sessions)[minute_of_week(self.times, self.offset_s)]


def make_history(series: PriceSeries, spec: SymbolSpec, *, offset_s: int = 0) -> History:
    """
    Return the history of a price file.

    Raises:
        UsageError: the file's bars are not of the length that its layout stands for.
    """
    columns = np.asarray(series.points, dtype=np.float64)
    times = columns[:, 0].astype(np.int64)
    raw_bid, raw_ask = columns[:, 1].copy(), columns[:, 2].copy()
    _check_steps(series, times)
    middle = np.round((raw_bid + raw_ask) / 2, spec.digits)
    is_crossed = raw_ask < raw_bid
    slow, fast, minutes = _bars(series, times, raw_bid, raw_ask, spec)
    slow_starts, fast_starts = starts_of(times, slow.period_s), starts_of(times, fast.period_s)
    atr, atr_s = _known_atr(slow, minutes, times, slow_starts)
    history = History(
        source=series.source,
        spec=spec,
        bar_s=series.bar_s,
        offset_s=offset_s,
        times=times,
        bid=np.where(is_crossed, middle, raw_bid),
        ask=np.where(is_crossed, middle, raw_ask),
        raw_bid=raw_bid,
        raw_ask=raw_ask,
        smooth=_smooth(len(times), series.bar_s),
        slow=slow,
        fast=fast,
        slow_starts=slow_starts,
        fast_starts=fast_starts,
        atr=atr,
        atr_s=atr_s,
        notes=(),
    )
    return replace(history, notes=_notes(history, series))


def _check_steps(series: PriceSeries, times: Ints) -> None:
    """See that most bars follow each other by the length that the layout stands for."""
    if not series.bar_s or len(times) <= _QUOTES_A_BAR:
        return
    steps = np.diff(times[::_QUOTES_A_BAR])
    usual = int(np.median(steps))
    if usual != series.bar_s * 1_000:
        raise UsageError(f"{series.source}: its bars follow each other by {usual // 1_000} s, {series.bar_s} s were expected")


def _bars(series: PriceSeries, times: Ints, bid: Floats, ask: Floats, spec: SymbolSpec) -> tuple[Bars, Bars, Bars | None]:
    """Return the closed M15 and M5 bars, and all M1 bars where the file is fine enough."""
    adds = _volumes(series, bid, spec)
    slow = _closed(bars_of(times, bid, ask, adds, SLOW_S), times, series.bar_s)
    if series.bar_s == SLOW_S:
        return slow, slow, None
    fast = _closed(bars_of(times, bid, ask, adds, FAST_S), times, series.bar_s)
    return slow, fast, bars_of(times, bid, ask, adds, MINUTE_S)


def _volumes(series: PriceSeries, bid: Floats, spec: SymbolSpec) -> Ints:
    if not series.bar_s:
        return np.ones(len(bid), dtype=np.int64)
    if not series.volumes:
        return volumes_by_range(bid, _QUOTES_A_BAR, spec.point)
    adds = np.zeros(len(bid), dtype=np.int64)
    adds[::_QUOTES_A_BAR] = series.volumes
    return adds


def _closed(bars: Bars, times: Ints, bar_s: int) -> Bars:
    """Without the last bar, unless the file's own bars fill it to its end."""
    if not bar_s:
        return bars.first(len(bars) - 1)
    end = int(times[-_QUOTES_A_BAR]) + bar_s * 1_000
    return bars if end % (bars.period_s * 1_000) == 0 else bars.first(len(bars) - 1)


def _smooth(count: int, bar_s: int) -> NDArray[np.bool_]:
    if not bar_s:
        return np.zeros(count, dtype=np.bool_)
    return np.asarray(np.arange(count) % _QUOTES_A_BAR != _QUOTES_A_BAR - 1, dtype=np.bool_)


def _known_atr(slow: Bars, minutes: Bars | None, times: Ints, starts: Ints) -> tuple[Floats, int]:
    """Return the ATR14 of the bars that are closed when each block begins, and the seconds of those bars."""
    if len(slow) >= _LEAST_SLOW or minutes is None:
        return np.concatenate(([np.nan], wilder(slow, ATR_PERIOD)))[: len(starts)], SLOW_S
    closes = minutes.times + MINUTE_S * 1_000
    closed = np.searchsorted(closes, times[starts], side="right")
    averages = np.concatenate(([np.nan], wilder(minutes, ATR_PERIOD)))
    return averages[closed], MINUTE_S


def _notes(history: History, series: PriceSeries) -> tuple[str, ...]:
    notes = [series.modelled] if series.modelled else []
    if history.bar_s:
        notes.append("between the four prices of a bar the price passes every level between them, from bar to bar it jumps")
    if history.bar_s == MINUTE_S:
        notes.append("the bars carry no volume: 1 + round((high - low) / point) of each M1 bar stands for it")
    if history.bar_s == SLOW_S:
        notes.append("the file has no M5 bars: the M15 bars stand for them")
    if history.atr_s == MINUTE_S:
        notes.append(f"{len(history.slow)} closed M15 bars are too few for ATR14: that of M1 stands for it")
    if history.crossed:
        notes.append(f"{history.crossed} quotes with the ask below the bid are traded at their middle")
    outside = int(np.count_nonzero(~history.in_session))
    if outside > _STRANGE_SHARE * len(history):
        notes.append(f"{outside} of {len(history)} quotes lie outside the symbol's session table, which closures are taken from")
    return tuple(notes)
