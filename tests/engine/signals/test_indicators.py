"""
Indicators against other people's figures and against literal readings of their definitions (T-53).

D-07: RSI and ATR with Wilder's smoothing over the whole window, not a simple mean of the last bars.
"""

import math
from itertools import pairwise

import numpy as np
import pytest
from tests.engine.signals.crafted import RULES, walk

from dtms.engine.signals.chart import Floats
from dtms.engine.signals.indicators import atr, band_widths, ema, figure, macd_histogram, rsi
from dtms.settings_score import AtrSettings
from dtms.signal_names import AtrKind

# A worked example that is printed in many places: closes of 33 days and RSI(14) from the 15th on.
PUBLISHED_CLOSES = (
    44.3389, 44.0902, 44.1497, 43.6124, 44.3278, 44.8264, 45.0955, 45.4245, 45.8433, 46.0826, 45.8931,
    46.0328, 45.6140, 46.2820, 46.2820, 46.0028, 46.0328, 46.4116, 46.2222, 45.6439, 46.2122, 46.2521,
    45.7137, 46.4515, 45.7835, 45.3548, 44.0288, 44.1783, 44.2181, 44.5672, 43.4205, 42.6628, 43.1314,
)  # fmt: skip
PUBLISHED_RSI = (
    70.53, 66.32, 66.55, 69.41, 66.36, 57.97, 62.93, 63.26, 56.06, 62.38, 54.71, 50.42, 39.99, 41.46, 41.87, 45.46, 37.30, 33.08,
    37.77,
)  # fmt: skip


def literal_rsi(close: list[float], bars: int) -> list[float]:
    changes = [now - before for before, now in pairwise(close)]
    gain = sum(max(c, 0.0) for c in changes[:bars]) / bars
    loss = sum(max(-c, 0.0) for c in changes[:bars]) / bars
    values = [math.nan] * bars + [100 * gain / (gain + loss)]
    for change in changes[bars:]:
        gain = (gain * (bars - 1) + max(change, 0.0)) / bars
        loss = (loss * (bars - 1) + max(-change, 0.0)) / bars
        values.append(100 * gain / (gain + loss))
    return values


def literal_ranges(high: list[float], low: list[float], close: list[float]) -> list[float]:
    return [max(h, before) - min(lo, before) for h, lo, before in zip(high[1:], low[1:], close, strict=False)]


def literal_atr(high: list[float], low: list[float], close: list[float], bars: int) -> list[float]:
    ranges = literal_ranges(high, low, close)
    value = sum(ranges[:bars]) / bars
    values = [math.nan] * bars + [value]
    for true_range in ranges[bars:]:
        value = (value * (bars - 1) + true_range) / bars
        values.append(value)
    return values


def literal_ema(values: list[float], bars: int) -> list[float]:
    mean = sum(values[:bars]) / bars
    result = [math.nan] * (bars - 1) + [mean]
    for value in values[bars:]:
        mean += (value - mean) * 2 / (bars + 1)
        result.append(mean)
    return result


def literal_histogram(close: list[float]) -> list[float]:
    """Both means end their seeding on the same bar, the 26th; the signal line begins where they do."""
    fast, slow = literal_ema(close[14:], 12), literal_ema(close, 26)
    line = [f - s for f, s in zip(fast[11:], slow[25:], strict=True)]
    signal = literal_ema(line, 9)
    return [math.nan] * 25 + [value - mean for value, mean in zip(line, signal, strict=True)]


def literal_widths(close: list[float], bars: int) -> list[float]:
    widths = [math.nan] * (bars - 1)
    for end in range(bars, len(close) + 1):
        window = close[end - bars : end]
        mean = sum(window) / bars
        widths.append(4 * math.sqrt(sum((c - mean) ** 2 for c in window) / bars) / mean)
    return widths


def same(found: Floats, expected: list[float], tolerance: float = 1e-9) -> None:
    assert len(found) == len(expected)
    np.testing.assert_allclose(found[-50:], expected[-50:], rtol=0, atol=tolerance)


def test_rsi_gives_the_published_figures() -> None:
    values = rsi(np.array(PUBLISHED_CLOSES), RULES.momentum)

    assert np.isnan(values[:14]).all()
    np.testing.assert_allclose(values[14:], PUBLISHED_RSI, atol=0.01)


@pytest.mark.parametrize("count", [60, 250, 1_000])
def test_d_07_indicators_are_the_literal_ones_on_the_bars_given(count: int) -> None:
    chart = walk(7, count)
    high, low, close = chart.high.tolist(), chart.low.tolist(), chart.close.tolist()

    same(rsi(chart.close, RULES.momentum), literal_rsi(close, 14))
    same(atr(chart, RULES.atr), literal_atr(high, low, close, 14))
    same(macd_histogram(chart.close, RULES.momentum), literal_histogram(close))
    same(ema(chart.close, 50), literal_ema(close, 50))
    same(band_widths(chart.close, 20, 2.0), literal_widths(close, 20), 1e-8)


def test_the_other_atr_is_the_mean_of_the_last_true_ranges() -> None:
    chart = walk(8, 100)
    ranges = literal_ranges(chart.high.tolist(), chart.low.tolist(), chart.close.tolist())

    assert figure(atr(chart, AtrSettings(kind=AtrKind.SIMPLE))) == pytest.approx(sum(ranges[-14:]) / 14)


@pytest.mark.parametrize(("count", "known"), [(14, False), (15, True)])
def test_atr_is_known_from_fifteen_bars(count: int, known: bool) -> None:
    assert (figure(atr(walk(1, count), RULES.atr)) is not None) is known


def test_what_is_no_number_is_no_figure() -> None:
    values = np.array([1.0, math.inf, math.nan])

    assert figure(values, 0) == 1.0
    assert figure(values, -2) is None
    assert figure(values) is None
    assert figure(values, -4) is None
    assert figure(values, 3) is None
