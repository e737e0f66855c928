"""The conviction bar: the last closed bar of the fast chart when it is large and at VWAP, weighed for one side."""

from typing import NamedTuple

from dtms.engine.signals.indicators import above
from dtms.names import Side
from dtms.settings_score import CandleSettings


class Conviction(NamedTuple):
    """
    What the last bar says.

    Attributes:
        direction: +1 rising, -1 falling, 0 where it is no conviction bar.
        crosses: it opened on one side of VWAP and closed on the other.
    """

    direction: int
    crosses: bool


def conviction_of(
    bar: tuple[float, float, float, float], vwap: float | None, atr: float | None, settings: CandleSettings, tie: float
) -> Conviction | None:
    """Return what a bar (open, high, low, close) says; None without VWAP or ATR, both in price units."""
    if vwap is None or atr is None:
        return None
    open_, high, low, close = bar
    body, extent = abs(close - open_), high - low
    crosses = (above(open_, vwap, tie) and above(vwap, close, tie)) or (above(vwap, open_, tie) and above(close, vwap, tie))
    large = body > tie and body >= settings.body_share * extent - tie and extent >= settings.range_atr * atr - tie
    near = crosses or abs(close - vwap) <= settings.near_atr * atr + tie
    return Conviction((1 if close > open_ else -1) if large and near else 0, crosses)


def conviction_figure(conviction: Conviction | None, side: Side, settings: CandleSettings) -> float | None:
    """Return what the bar is worth for a position of this side."""
    if conviction is None:
        return None
    if conviction.direction == 0:
        return 0.0
    if conviction.direction == side.direction:
        return settings.favour_crossing if conviction.crosses else settings.favour
    return -settings.against_crossing if conviction.crosses else -settings.against
