"""
The regime: session by the time, volatility and width of the bands by the slow chart.

Classes of volatility and bands are entered at the limit itself and left only some way behind it, so they depend on what was before.
"""

from typing import NamedTuple

from dtms.engine.signals.chart import Floats
from dtms.engine.signals.indicators import band_widths, figure
from dtms.settings_regime import BandSettings, SessionSettings, VolatilitySettings
from dtms.signal_names import Bands, Session, Volatility

Zone = tuple[tuple[int, int], ...]  # (from ms UTC, seconds ahead of UTC), oldest first; empty: UTC

_HOUR_MS = 3_600_000
_DAY_MS = 24 * _HOUR_MS
_FIRST_WEEKDAY = 3  # 1970-01-01 was a Thursday


class Regime(NamedTuple):
    """
    Classes after a close, and the figures behind them.

    Attributes:
        atr_ratio: ATR over the mean of the values before it; None with too few bars, and the class is then normal.
        width: of the bands, as a share of their middle; None with too few bars, and the class is then trend.
        width_limit: below it the class is range.
    """

    volatility: Volatility = Volatility.NORMAL
    bands: Bands = Bands.TREND
    atr_ratio: float | None = None
    width: float | None = None
    width_limit: float | None = None


def session_of(time_ms: int, settings: SessionSettings, zone: Zone = ()) -> Session:
    """Return the session at a time in ms UTC."""
    local = time_ms + _offset_ms(time_ms, zone)
    if (local // _DAY_MS + _FIRST_WEEKDAY) % 7 in settings.weekend:
        return Session.ASIAN
    of_day = local % _DAY_MS
    for session, (first, last) in (
        (Session.OVERLAP, settings.overlap),
        (Session.ASIAN, settings.asian),
        (Session.LONDON, settings.london),
        (Session.NY, settings.ny),
    ):
        if first * _HOUR_MS <= of_day < last * _HOUR_MS:
            return session
    return Session.ASIAN


def regime_of(before: Regime, atr: Floats, close: Floats, volatility: VolatilitySettings, bands: BandSettings) -> Regime:
    """Return the regime after the last bar; ATR and closes of the slow chart, one for each bar."""
    ratio = _atr_ratio(atr, volatility.mean_bars)
    width, limit = _width_and_limit(close, bands)
    return Regime(
        _volatility_class(before.volatility, ratio, volatility),
        _band_class(before.bands, width, limit, bands),
        ratio,
        width,
        limit,
    )


def _offset_ms(time_ms: int, zone: Zone) -> int:
    return next((offset_s * 1_000 for from_ms, offset_s in reversed(zone) if time_ms >= from_ms), 0)


def _atr_ratio(atr: Floats, mean_bars: int) -> float | None:
    if len(atr) <= mean_bars:
        return None
    now, mean = figure(atr), figure(atr[-1 - mean_bars : -1].mean(keepdims=True))
    return now / mean if now is not None and mean is not None and mean > 0 else None


def _volatility_class(before: Volatility, ratio: float | None, settings: VolatilitySettings) -> Volatility:
    if ratio is None:
        return Volatility.NORMAL
    if ratio < settings.low:
        return Volatility.LOW
    if ratio > settings.high:
        return Volatility.HIGH
    stays_low = before is Volatility.LOW and ratio <= settings.low * (1 + settings.hysteresis)
    stays_high = before is Volatility.HIGH and ratio >= settings.high * (1 - settings.hysteresis)
    return before if stays_low or stays_high else Volatility.NORMAL


def _width_and_limit(close: Floats, settings: BandSettings) -> tuple[float | None, float]:
    widths = band_widths(close[-(settings.widths + settings.bars - 1) :], settings.bars, settings.deviations)
    known = widths[settings.bars - 1 :]
    width = figure(known)
    if len(known) < settings.widths:
        return width, settings.fallback
    known.sort()
    place = (len(known) - 1) * settings.percentile / 100
    low = int(place)
    high = min(low + 1, len(known) - 1)
    return width, float(known[low] + (known[high] - known[low]) * (place - low))


def _band_class(before: Bands, width: float | None, limit: float, settings: BandSettings) -> Bands:
    if width is None:
        return Bands.TREND
    if width < limit:
        return Bands.RANGE
    return Bands.RANGE if before is Bands.RANGE and width <= limit * (1 + settings.hysteresis) else Bands.TREND
