"""
Indicators on closed bars, from TA-Lib, and the few comparisons that prices need.

Arrays in, arrays of the same length out, with NaN where the indicator is not defined yet; `figure` turns an element into a number
or None, so that a NaN never becomes an argument of a comparison that it would fail silently.
"""

from math import isfinite

import talib

from dtms.engine.signals.chart import Chart, Floats
from dtms.settings_score import AtrSettings, MomentumSettings
from dtms.signal_names import AtrKind


def figure(values: Floats, index: int = -1) -> float | None:
    """Return one element, None where it is not there or no number."""
    if len(values) < (-index if index < 0 else index + 1):
        return None
    value = float(values[index])
    return value if isfinite(value) else None


def above(left: float, right: float, tie: float) -> bool:
    """Return whether a price is above another by more than dust."""
    return left - right > tie


def atr(chart: Chart, settings: AtrSettings) -> Floats:
    """Return the average true range, from ``bars + 1`` bars on."""
    if settings.kind is AtrKind.SIMPLE:
        return talib.SMA(talib.TRANGE(chart.high, chart.low, chart.close), settings.bars)
    return talib.ATR(chart.high, chart.low, chart.close, settings.bars)


def rsi(close: Floats, settings: MomentumSettings) -> Floats:
    """Return RSI with Wilder's smoothing."""
    return talib.RSI(close, settings.rsi_bars)


def macd_histogram(close: Floats, settings: MomentumSettings) -> Floats:
    """Return MACD less its signal line."""
    return talib.MACD(close, settings.macd_fast, settings.macd_slow, settings.macd_signal)[2]


def ema(close: Floats, bars: int) -> Floats:
    """Return the exponential mean, seeded with the simple one."""
    return talib.EMA(close, bars)


def band_widths(close: Floats, bars: int, deviations: float) -> Floats:
    """Return the width of the Bollinger bands as a share of their middle."""
    upper, middle, lower = talib.BBANDS(close, bars, deviations, deviations)
    widths: Floats = (upper - lower) / middle
    return widths
