"""
VWAP of the day, its slope, the cross counter and the flip.

VWAP is built from the bars of the day anew at each close, so a bar cannot count twice however often it was sent; without volume
there is none. A flip is a latch: price and slope together set it, and only the counter or a flat slope let it go.
"""

from typing import NamedTuple

from dtms.engine.signals.chart import Chart
from dtms.engine.signals.indicators import above
from dtms.names import Side
from dtms.settings_score import VwapSettings

_DAY_MS = 86_400_000


class Vwap(NamedTuple):
    """
    VWAP after a close, in price; None where there is none.

    Attributes:
        slope: its change over ``slope_bars`` bars of the same day in ATR of the chart.
    """

    value: float | None
    slope: float | None


class Cross(NamedTuple):
    """Closes in a row above and below VWAP, and the flips: ``up`` is against sells, ``down`` against buys."""

    above: int = 0
    below: int = 0
    up: bool = False
    down: bool = False


class _Pull(NamedTuple):
    """Distance from VWAP and its slope in the frame of one direction, in which both count as positive."""

    distance: float
    slope: float | None


def vwap_of(chart: Chart, atr: float | None, settings: VwapSettings) -> Vwap:
    """Return VWAP after the last bar; ATR in price units."""
    anchor_ms = settings.anchor_s * 1_000
    time = int(chart.time[-1])
    day = time - (time - anchor_ms) % _DAY_MS
    begin = int(chart.time.searchsorted(day))
    volume = chart.volume[begin:]
    money = (chart.high[begin:] + chart.low[begin:] + chart.close[begin:]) / 3 * volume
    value = _ratio(float(money.sum()), float(volume.sum()))
    earlier = len(volume) - settings.slope_bars
    if value is None or atr is None or earlier < 1:
        return Vwap(value, None)
    before = _ratio(float(money[:earlier].sum()), float(volume[:earlier].sum()))
    return Vwap(value, None if before is None else (value - before) / atr)


def crossed(before: Cross, close: float, vwap: Vwap, threshold: float | None, settings: VwapSettings, *, tie: float) -> Cross:
    """Return counters and flips after a close; ``threshold`` is a share of the price, None while it is not known."""
    if vwap.value is None:
        return before._replace(up=False, down=False)
    over, under = before.above, before.below
    if above(close, vwap.value, tie):
        over, under = min(over + 1, settings.counter_max), 0
    elif above(vwap.value, close, tie):
        over, under = 0, min(under + 1, settings.counter_max)
    distance = (close - vwap.value) / vwap.value
    up = _flipped(before.up, over, _Pull(distance, vwap.slope), threshold, settings)
    slope = None if vwap.slope is None else -vwap.slope
    return Cross(over, under, up, _flipped(before.down, under, _Pull(-distance, slope), threshold, settings))


def flip_against(cross: Cross, side: Side) -> bool:
    """Return whether VWAP has flipped against a position of this side."""
    return cross.down if side is Side.BUY else cross.up


def flip_figure(cross: Cross, side: Side, settings: VwapSettings) -> float:
    """Return what the flips are worth."""
    if flip_against(cross, side):
        return -settings.flip_against
    return settings.flip_with if flip_against(cross, Side.SELL if side is Side.BUY else Side.BUY) else 0.0


def _ratio(money: float, volume: float) -> float | None:
    # Written such that a NaN, too, leads to none.
    return money / volume if volume > 0 and money > 0 else None


def _flipped(latched: bool, counter: int, pull: _Pull, threshold: float | None, settings: VwapSettings) -> bool:
    if pull.slope is None:
        return False
    if latched:
        return counter > 0 and abs(pull.slope) >= settings.release * settings.slope_atr
    if threshold is None or counter < settings.counter_flip:
        return False
    return pull.distance >= settings.distance_scale * threshold and pull.slope >= settings.slope_atr
