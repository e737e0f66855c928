"""
The numbers behind evidence and score, as settings; ``dtms.toml`` holds them under ``[signals]``.

Bars are closed bars of their timeframe, distances in ATR are multiples of ATR of the same timeframe, shares lie between 0 and 1.
Figures that count against a trade are written as positive numbers.
"""

from collections.abc import Mapping
from typing import Annotated

from pydantic import Field, model_validator

from dtms.settings_base import BarCount, Positive, SettingsGroup, Share
from dtms.settings_regime import BandSettings, SessionSettings, ThresholdSettings, VolatilitySettings
from dtms.signal_names import AtrKind, Group

Factor = Annotated[float, Field(ge=0, le=1_000, allow_inf_nan=False)]
Seconds = Annotated[int, Field(ge=1, le=86_400)]
Rsi = Annotated[float, Field(ge=0, le=100, allow_inf_nan=False)]


class ChartSettings(SettingsGroup):
    """The bars that are looked at."""

    slow_bars: BarCount = 1_000  # M15: exactly the last so many, fewer while fewer exist; EMA200 is 1.75 points off with 400
    fast_bars: BarCount = 600  # M5
    warm_bars: BarCount = 192  # M15 bars, two days, that a market without a memory is played through
    tie: Annotated[float, Field(gt=0, lt=1, allow_inf_nan=False)] = 1e-9  # prices nearer than this are equal: they lie on a grid
    late_s: Seconds = 300  # so long after a bar was due its chart is stale
    gap_periods: Positive = 2.0  # a jump by more from one open to the next is a gap until history was read again


class AtrSettings(SettingsGroup):
    """Average true range, one for the whole system."""

    bars: BarCount = 14
    kind: AtrKind = AtrKind.WILDER


class StructureSettings(SettingsGroup):
    """Swings and their breaks on M15."""

    min_bars: BarCount = 20
    swing_bars: BarCount = 2  # bars on either side of a swing; confirmed so many bars later
    swings_kept: Annotated[int, Field(ge=4, le=1_000)] = 24
    buffer_atr: Factor = 0.10  # a break must go beyond by at least this
    buffer_spreads: Factor = 2.0  # and by so many median spreads,
    buffer_atr_max: Factor = 0.20  # of which no more than this counts
    choch_atr: Factor = 0.25
    body_share: Share = 0.65  # a break bar with such a body needs no second close
    live_bars: BarCount = 8
    bos_with: Factor = 3.0
    bos_against: Factor = 3.0
    choch_with: Factor = 2.0
    choch_against: Factor = 3.0


class VwapSettings(SettingsGroup):
    """VWAP of the day on M5, its cross counter and its flip."""

    anchor_s: Annotated[int, Field(ge=0, lt=86_400)] = 0  # the day's start in seconds after 00:00 UTC
    slope_bars: BarCount = 3
    slope_atr: Positive = 0.05
    distance_scale: Factor = 0.5  # of the adaptive threshold
    release: Share = 0.7  # of slope_atr; a flip below it is over
    counter_flip: BarCount = 2
    counter_max: BarCount = 20
    flip_against: Factor = 2.0
    flip_with: Factor = 1.0

    @model_validator(mode="after")
    def _in_order(self) -> "VwapSettings":
        if self.counter_flip > self.counter_max:
            raise ValueError("counter_flip <= counter_max must hold")
        return self


class FlowSettings(SettingsGroup):
    """Order flow: the opposite share of volume and the pressure of signed volume."""

    window_s: Seconds = 30
    windows: Annotated[int, Field(ge=2, le=10_000)] = 120
    share_s: Seconds = 300  # the share looks back so far
    share_min_s: Seconds = 30  # and is unavailable while less than this was seen
    silence_s: Seconds = 300  # without a quote for so long the sample starts anew
    flip_share: Share = 0.65
    flip_share_low: Share = 0.72  # in low volatility
    mild_share: Share = 0.55
    flip_figure: Factor = 1.0
    mild_figure: Factor = 0.5
    with_figure: Factor = 1.0
    delta_z: Factor = 0.5
    delta_figure: Factor = 1.0

    @model_validator(mode="after")
    def _whole_windows(self) -> "FlowSettings":
        if self.share_s % self.window_s or self.share_s > self.window_s * self.windows:
            raise ValueError("share_s must be a multiple of window_s and no longer than all windows")
        return self


class MomentumSettings(SettingsGroup):
    """RSI and MACD on M15."""

    min_bars: BarCount = 100
    rsi_bars: Annotated[int, Field(ge=2, le=1_000)] = 14
    rsi_trend_bars: BarCount = 2
    rsi_weak: Rsi = 45.0  # a buy's RSI below it, a sell's above 100 minus it
    rsi_weak_low: Rsi = 40.0  # in low volatility
    rsi_spent: Rsi = 70.0
    rsi_middle: Rsi = 50.0
    weak_figure: Factor = 2.0
    spent_figure: Factor = 1.0
    good_figure: Factor = 1.0
    macd_fast: Annotated[int, Field(ge=2, le=1_000)] = 12
    macd_slow: Annotated[int, Field(ge=2, le=1_000)] = 26
    macd_signal: BarCount = 9
    macd_figure: Factor = 1.0

    @model_validator(mode="after")
    def _in_order(self) -> "MomentumSettings":
        # The indicator would exchange them without a word.
        if self.macd_fast >= self.macd_slow:
            raise ValueError("macd_fast < macd_slow must hold")
        return self


class AlignmentSettings(SettingsGroup):
    """Slopes of two EMAs on M15."""

    min_bars: BarCount = 250
    fast_bars: Annotated[int, Field(ge=2, le=10_000)] = 50
    slow_bars: Annotated[int, Field(ge=2, le=10_000)] = 200
    span_bars: BarCount = 10
    dead_band_atr: Factor = 0.05  # of the faster one's slope
    both_with: Factor = 1.0
    fast_against: Factor = 1.0
    both_against: Factor = 1.5


class CandleSettings(SettingsGroup):
    """The conviction bar on M5."""

    body_share: Share = 0.65
    range_atr: Factor = 0.8
    near_atr: Factor = 0.25  # from VWAP, where the bar does not cross it
    against_crossing: Factor = 2.0
    against: Factor = 1.0
    favour_crossing: Factor = 1.0
    favour: Factor = 0.5


class GroupFigures(SettingsGroup):
    """One number for each group."""

    structure: Factor
    vwap_volume: Factor
    momentum: Factor
    ema_alignment: Factor
    delta_pressure: Factor
    candle_conviction: Factor


def _figures(*figures: float) -> GroupFigures:
    return GroupFigures(**dict(zip(GroupFigures.model_fields, figures, strict=True)))


class ScoreSettings(SettingsGroup):
    """How the groups add up."""

    bounds: GroupFigures = _figures(3.0, 2.0, 2.0, 1.5, 1.0, 2.0)
    in_range: GroupFigures = _figures(0.7, 1.3, 1.0, 0.8, 1.2, 1.1)
    in_high: GroupFigures = _figures(1.2, 0.9, 0.8, 1.0, 1.1, 0.9)
    in_asian: GroupFigures = _figures(0.8, 0.8, 0.8, 0.8, 0.8, 0.8)
    modifier_min: Factor = 0.5
    modifier_max: Factor = 1.5
    coverage_min: Share = 0.6
    agreement: Share = 0.70
    agreement_groups: Annotated[int, Field(ge=1, le=6)] = 2
    groups: Annotated[tuple[Group, ...], Field(min_length=1)] = tuple(Group)  # counted in the coverage
    symbol_groups: Mapping[str, Annotated[tuple[Group, ...], Field(min_length=1)]] = {}  # the same for one canonical symbol

    @model_validator(mode="after")
    def _in_order(self) -> "ScoreSettings":
        if self.modifier_min > self.modifier_max:
            raise ValueError("modifier_min <= modifier_max must hold")
        return self


class AnalysisSettings(SettingsGroup):
    """The bands of the analysis in words."""

    strong: Factor = 3.0
    moderate: Factor = 1.0
    agreement_high: Share = 0.7
    agreement_moderate: Share = 0.5
    group: Factor = 2.0  # groups with such a figure are named


class WarningSettings(SettingsGroup):
    """Warning counters, one for each family of evidence."""

    most: Annotated[int, Field(ge=1, le=1_000)] = 3
    decay_s: Seconds = 1_800


class SpreadSettings(SettingsGroup):
    """R-5: the rolling median of the spread."""

    days: Annotated[int, Field(ge=1, le=366)] = 30
    min_samples: BarCount = 10


class SignalSettings(SettingsGroup):
    """Evidence and score."""

    charts: ChartSettings = ChartSettings()
    atr: AtrSettings = AtrSettings()
    structure: StructureSettings = StructureSettings()
    vwap: VwapSettings = VwapSettings()
    flow: FlowSettings = FlowSettings()
    momentum: MomentumSettings = MomentumSettings()
    alignment: AlignmentSettings = AlignmentSettings()
    candle: CandleSettings = CandleSettings()
    session: SessionSettings = SessionSettings()
    volatility: VolatilitySettings = VolatilitySettings()
    bands: BandSettings = BandSettings()
    thresholds: ThresholdSettings = ThresholdSettings()
    score: ScoreSettings = ScoreSettings()
    analysis: AnalysisSettings = AnalysisSettings()
    warnings: WarningSettings = WarningSettings()
    spread: SpreadSettings = SpreadSettings()
    symbols: Mapping[str, str] = {}  # the broker's name of a symbol -> its canonical name

    @model_validator(mode="after")
    def _long_enough(self) -> "SignalSettings":
        """Refuse a chart so short that a group could never become available, or the bands never leave their fallback."""
        align, momentum = self.alignment, self.momentum
        needed = {
            "atr.bars and volatility.mean_bars": self.atr.bars + self.volatility.mean_bars + 1,
            "bands": self.bands.bars + self.bands.widths - 1,
            "structure.min_bars": self.structure.min_bars,
            "momentum.min_bars": momentum.min_bars,
            "momentum.rsi": momentum.rsi_bars + momentum.rsi_trend_bars + 1,
            "momentum.macd": momentum.macd_slow + momentum.macd_signal + 1,
            "alignment.min_bars": align.min_bars,
            "alignment": max(align.fast_bars, align.slow_bars) + align.span_bars,
        }
        for what, bars in needed.items():
            if bars > self.charts.slow_bars:
                raise ValueError(f"charts.slow_bars must be at least {bars} for {what}")
        return self
