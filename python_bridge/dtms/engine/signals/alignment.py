"""Slopes of two exponential means of the slow chart, in ATR, and what they are worth for one side."""

from typing import NamedTuple

from dtms.engine.signals.chart import Floats
from dtms.engine.signals.indicators import ema, figure
from dtms.names import Side
from dtms.settings_score import AlignmentSettings


class Slopes(NamedTuple):
    """Change of the faster and the slower mean over ``span_bars`` bars, in ATR; None while there are too few bars."""

    fast: float | None = None
    slow: float | None = None


def slopes_of(close: Floats, atr: float | None, settings: AlignmentSettings) -> Slopes:
    """Return the slopes on these closes; ATR in price units."""
    if atr is None or len(close) < settings.min_bars:
        return Slopes()
    return Slopes(*(_slope(close, bars, atr, settings.span_bars) for bars in (settings.fast_bars, settings.slow_bars)))


def alignment_figure(slopes: Slopes, side: Side, settings: AlignmentSettings) -> float | None:
    """Return what the slopes are worth for a position of this side."""
    if slopes.fast is None or slopes.slow is None:
        return None
    fast, slow = side.direction * slopes.fast, side.direction * slopes.slow
    if abs(fast) <= settings.dead_band_atr:
        return 0.0
    if fast > 0:
        return settings.both_with if slow > 0 else 0.0
    return -settings.fast_against if slow > 0 else -settings.both_against


def _slope(close: Floats, bars: int, atr: float, span: int) -> float | None:
    values = ema(close, bars)
    now, before = figure(values), figure(values, -1 - span)
    return None if now is None or before is None else (now - before) / atr
