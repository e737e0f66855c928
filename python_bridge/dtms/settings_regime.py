"""
The numbers behind the regime - session, volatility, bands - and the threshold that adapts to it, as settings.

Each is a table under ``[signals]`` in ``dtms.toml``.
"""

from collections.abc import Mapping
from typing import Annotated

from pydantic import Field, model_validator

from dtms.settings_base import BarCount, Positive, SettingsGroup, Share

Hour = Annotated[int, Field(ge=0, le=24)]
Hours = tuple[Hour, Hour]  # half-open


class SessionSettings(SettingsGroup):
    """Hours of the sessions, half-open; the first that holds the time wins: overlap, Asian, London, New York, else Asian."""

    overlap: Hours = (13, 16)
    asian: Hours = (0, 8)
    london: Hours = (8, 16)
    ny: Hours = (13, 21)
    weekend: tuple[Annotated[int, Field(ge=0, le=6)], ...] = (5, 6)  # 0 is Monday; all day Asian
    zone: Annotated[str, Field(max_length=64)] = ""  # the hours' time zone, such as Europe/London; empty: UTC

    @model_validator(mode="after")
    def _half_open(self) -> "SessionSettings":
        for first, last in (self.overlap, self.asian, self.london, self.ny):
            if first >= last:
                raise ValueError("a session must end after it begins")
        return self


class VolatilitySettings(SettingsGroup):
    """ATR now against the mean of the ATR values before it, on M15."""

    mean_bars: BarCount = 20
    low: Positive = 0.7
    high: Positive = 1.3
    hysteresis: Share = 0.05  # of the limit, to leave a class

    @model_validator(mode="after")
    def _in_order(self) -> "VolatilitySettings":
        if self.low * (1 + self.hysteresis) >= self.high * (1 - self.hysteresis):
            raise ValueError("low and high must lie farther apart than their hysteresis")
        return self


class BandSettings(SettingsGroup):
    """Width of the Bollinger bands against a percentile of their last widths, on M15."""

    bars: Annotated[int, Field(ge=2, le=1_000)] = 20
    deviations: Positive = 2.0
    widths: Annotated[int, Field(ge=2, le=10_000)] = 200
    percentile: Annotated[float, Field(ge=0, le=100, allow_inf_nan=False)] = 35.0
    fallback: Positive = 0.004  # while there are fewer widths
    hysteresis: Share = 0.05


class SessionFactors(SettingsGroup):
    """What a session does to the threshold."""

    asian: Positive = 1.5
    london: Positive = 1.0
    ny: Positive = 0.8
    overlap: Positive = 0.7


class VolatilityFactors(SettingsGroup):
    """What volatility does to the threshold."""

    low: Positive = 1.4
    normal: Positive = 1.0
    high: Positive = 0.8


class BandFactors(SettingsGroup):
    """What the bands do to the threshold."""

    range: Positive = 1.3
    trend: Positive = 1.0


Base = Annotated[float, Field(gt=0, lt=1, allow_inf_nan=False)]


class ThresholdSettings(SettingsGroup):
    """Distance of price from VWAP that means something, as a share of the price."""

    base: Mapping[str, Base] = {
        "XAUUSD": 0.0010,
        "BTCUSD": 0.0020,
        "BTCUSDT": 0.0020,
        "EURUSD": 0.0005,
        "GBPUSD": 0.0005,
        "USDJPY": 0.0007,
        "GBPJPY": 0.0007,
        "EURJPY": 0.0007,
    }
    other: Base = 0.0010
    session: SessionFactors = SessionFactors()
    volatility: VolatilityFactors = VolatilityFactors()
    bands: BandFactors = BandFactors()
    at_least: Positive = 0.5  # of the base
    at_most: Positive = 1.8

    @model_validator(mode="after")
    def _in_order(self) -> "ThresholdSettings":
        if self.at_least > self.at_most:
            raise ValueError("at_least <= at_most must hold")
        return self
