"""
Trades to be planted into a price path: seeded places, stops by the market's own noise.

A stop lies max(1.5 x ATR14 of the minutes, 3 spreads) behind the entry.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from dtms.sim.feed import MINUTE_S, Bar
from dtms.sim.market import executable
from dtms.sim.prices import PricePoint, bars_of
from dtms.sim.spec import SymbolSpec, clean_volume

ATR_PERIOD: Final = 14
_STOP_ATRS: Final = 1.5
_STOP_SPREADS: Final = 3.0


@dataclass(frozen=True, slots=True)
class PlannedTrade:
    """A trade to open at the quote with this index; side 0 buys, 1 sells; volume in lots."""

    index: int
    side: int
    volume: float
    sl: float
    tp: float


def wilder_atr(bars: Sequence[Bar], period: int = ATR_PERIOD) -> list[float | None]:
    """The average true range after each bar: a plain mean first, then Wilder's smoothing; None where too few."""
    ranges = [max(b.high, a.close) - min(b.low, a.close) for a, b in pairwise(bars)]
    if len(ranges) < period:
        return [None] * len(bars)
    averages: list[float | None] = [None] * period
    average = sum(ranges[:period]) / period
    averages.append(average)
    for true_range in ranges[period:]:
        average += (true_range - average) / period
        averages.append(average)
    return averages


def atr_at(points: Sequence[PricePoint], point: float) -> list[float | None]:
    """ATR14 of the minute bars that were closed when each quote came, in price; None where too few were."""
    bars = bars_of(points, MINUTE_S, point)
    averages = wilder_atr(bars)
    result: list[float | None] = []
    closed = -1  # index of the last closed bar
    for time_msc, _, _ in points:
        while closed + 1 < len(bars) and (bars[closed + 1].time + MINUTE_S) * 1_000 <= time_msc:
            closed += 1
        result.append(averages[closed] if closed >= 0 else None)
    return result


def stop_distance(atr: float | None, spread: float) -> float:
    """The distance of a stop from its entry, in price."""
    return max(_STOP_ATRS * (atr or 0.0), _STOP_SPREADS * spread)


def generate_trades(
    points: Sequence[PricePoint],
    count: int,
    rng: random.Random,
    spec: SymbolSpec,
    *,
    max_steps: int = 10,
    reward: float = 2.0,
    offset_ms: int = 0,
) -> list[PlannedTrade]:
    """
    Trades over a path, ordered by their place; only where the symbol is traded at that time.

    Args:
        points: the path.
        count: how many trades; several may fall on one quote.
        rng: decides place, side and volume.
        spec: grid, volume step and sessions of the symbol.
        max_steps: the volume is 1 to this many times the minimum, on the step.
        reward: distance of the target as a multiple of the stop's.
        offset_ms: the server's time minus UTC.
    """
    averages = atr_at(points, spec.point)
    places = [i for i, p in enumerate(points) if spec.session_open((p.time_msc + offset_ms) // 1_000)]
    if not places:
        return []
    chosen = sorted(rng.choice(places) for _ in range(count))
    trades: list[PlannedTrade] = []
    for i in chosen:
        side, volume = rng.randrange(2), clean_volume(spec.volume_min + spec.volume_step * rng.randrange(max_steps))
        sl, tp = _levels(points[i], side, averages[i], spec, reward)
        trades.append(PlannedTrade(i, side, volume, sl, tp))
    return trades


def _levels(place: PricePoint, side: int, atr: float | None, spec: SymbolSpec, reward: float) -> tuple[float, float]:
    """Stop and target of an entry at a quote, on the grid and no nearer than the broker takes."""
    quote = executable(place.bid, place.ask, place.time_msc, spec.digits)
    entry, direction = (quote.ask, 1) if side == 0 else (quote.bid, -1)
    spread = quote.ask - quote.bid
    distance = max(stop_distance(atr, spread), spread + (spec.stops_level + 2) * spec.point)
    sl, tp = entry - direction * distance, entry + direction * reward * distance
    return spec.to_grid(sl), spec.to_grid(tp)
