"""
Prices that a broker accepts: on the grid, far enough from the market, never wider than before.

Prices in quote currency, distances in price units, levels in points as the broker gives them. The broker's rules are
SYMBOL_TRADE_STOPS_LEVEL and SYMBOL_TRADE_FREEZE_LEVEL.
"""

from math import ceil, floor
from typing import Final

from dtms.names import Side
from dtms.wire.messages import SymbolSpec

# Prices come as float64 of decimal text: a multiple of the tick size is off by some 1e-10 of a tick, a price between ticks by far
# more.
TICK_DUST: Final = 1e-6
# Binary dust of n * tick_size is cut here; finer than any tick size in use.
_DECIMALS: Final = 10


def toward_profit(price: float, side: Side, tick_size: float) -> float:
    """Return the nearest price of the grid that is not on the losing side of ``price``."""
    ticks = price / tick_size
    whole = ceil(ticks - TICK_DUST) if side is Side.BUY else floor(ticks + TICK_DUST)
    return round(whole * tick_size, _DECIMALS)


def away_from_market(price: float, side: Side, tick_size: float) -> float:
    """Return the nearest price of the grid for a stop that is not nearer to the market: floor for a buy, ceiling for a sell."""
    ticks = price / tick_size
    whole = floor(ticks + TICK_DUST) if side is Side.BUY else ceil(ticks - TICK_DUST)
    return round(whole * tick_size, _DECIMALS)


def minimum_distance(spec: SymbolSpec) -> float:
    """Return how far a stop must be from the exit price: the larger of both levels, and one tick."""
    return max(spec.stops_level, spec.freeze_level) * spec.point + spec.tick_size


def distance_holds(stop: float, side: Side, exit_price: float, spec: SymbolSpec) -> bool:
    """Return whether the broker's distance between market and stop is kept."""
    return side.direction * (exit_price - stop) >= minimum_distance(spec) - spec.tick_size * TICK_DUST


def frozen(level: float | None, exit_price: float, spec: SymbolSpec) -> bool:
    """Return whether the market is so near to an existing stop or target that the broker lets nothing be changed."""
    return level is not None and spec.freeze_level > 0 and abs(exit_price - level) <= spec.freeze_level * spec.point


def tighter(stop: float, than: float | None, side: Side, tick_size: float) -> bool:
    """Return whether a stop is nearer to profit by at least half a tick; every stop is tighter than none."""
    return than is None or side.direction * (stop - than) >= tick_size / 2
