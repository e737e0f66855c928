"""
What the defence of a trade is set to: ``[defence]`` and ``[cadence]`` of ``dtms.toml``; the rails are in ``settings_rails``.

Scores and R are in the frame of the trade: negative is bad for it. Bars are closed M15 bars. ATR without a timeframe is that of
14 bars of M15, in price units. Numbers are those of the specification.
"""

import enum
from typing import Annotated

from pydantic import Field, model_validator

from dtms.settings_base import BarCount, SettingsGroup

Level = Annotated[float, Field(ge=-20, le=20, allow_inf_nan=False)]  # a score; the six groups together reach about 11.5
Multiple = Annotated[float, Field(ge=0, le=100, allow_inf_nan=False)]  # of R, ATR, a spread or a volume
Above = Annotated[float, Field(gt=0, le=100, allow_inf_nan=False)]
Seconds = Annotated[int, Field(ge=0, le=86_400)]
Wait = Annotated[int, Field(ge=1, le=86_400_000)]  # ms
Few = Annotated[int, Field(ge=1, le=100)]


class Preset(enum.StrEnum):
    """How much is done."""

    OFF = "off"
    GUARD = "guard"  # gap guard, tightening, rails
    FULL = "full"  # every state's actions


class HedgeMode(enum.StrEnum):
    """What the second warning's escalation leads to."""

    CLOSE = "close"
    HEDGE = "hedge"


class HedgeStop(enum.StrEnum):
    """What limits a hedged pair when the evidence does not end it."""

    SWING = "swing"  # the hedge's own stop, beyond a swing
    NONE = "none"  # the hedge has no stop; the pair has an equity stop


class Protection(enum.StrEnum):
    """What is done about a position without a stop."""

    OFF = "off"
    PROPOSE = "propose"
    SET = "set"


class ChochTerminal(enum.StrEnum):
    """When a confirmed change of character ends a trade that is healthy or at its first warning."""

    GUARDED = "guarded"  # with a score that is as bad as the second warning
    ALWAYS = "always"


class StartSettings(SettingsGroup):
    """When monitoring begins."""

    gain_r: Multiple = 0.2
    age_s: Seconds = 900
    loss_r: Multiple = 0.5  # an emergency: a deep check at once


class LevelSettings(SettingsGroup):
    """Scores that lead from state to state; each is met exactly at its figure."""

    first_warning: Level = -2.0
    second_warning: Level = -4.0
    hedge: Level = -6.0
    healthy_again: Level = 0.0  # from the first warning
    first_again: Level = -2.0  # from the second
    recovered: Level = 1.0
    recovery_failed: Level = -6.0
    flat_below: Level = 0.0  # a first warning whose time is up becomes a second one below this
    warnings_gate: bool = False  # the second warning also with many warnings,
    gate_score: Level = -3.0  # a score of at most this,
    gate_warnings: Few = 3
    gate_families: Few = 2

    @model_validator(mode="after")
    def _in_order(self) -> "LevelSettings":
        if not self.hedge <= self.second_warning <= self.first_warning < self.healthy_again:
            raise ValueError("hedge <= second_warning <= first_warning < healthy_again must hold")
        if not self.second_warning < self.first_again:
            raise ValueError("second_warning < first_again must hold")
        if not self.recovery_failed < self.recovered:
            raise ValueError("recovery_failed < recovered must hold")
        return self


class TimerSettings(SettingsGroup):
    """Times in completed M15 bars of the symbol, so that they stand still while the market is closed."""

    flat_bars: BarCount = 5
    recovery_bars: BarCount = 2
    dwell_bars: Annotated[int, Field(ge=0, le=1_000)] = 1  # before a state may improve
    fresh_bars: BarCount = 1  # a break of structure resumes the trade on so many bars, counted from its own


class StopSettings(SettingsGroup):
    """Where stops go."""

    tighten_r: Above = 0.3  # behind the exit price
    tighten_atr5: Multiple = 0.5  # not nearer than this; ATR of M5
    break_even_ticks: Annotated[int, Field(ge=0, le=1_000_000)] = 1  # beyond the costs
    swing_atr: Multiple = 0.5  # beyond a swing: trailing, hedge, re-add
    bare_risk_atr: Above = 1.5  # R of a position without a usable stop
    protect: Protection = Protection.PROPOSE
    trail_on_bos: bool = True  # while healthy, where DTMS owns the trade; preset full
    min_change_r: Multiple = 0.05  # routine moves of less are left out, as of less than a tick or a spread


class VolumeSettings(SettingsGroup):
    """How much is closed and added."""

    partial_share: Annotated[float, Field(gt=0, lt=1, allow_inf_nan=False)] = 0.5  # of the current volume
    max_partials: Annotated[int, Field(ge=0, le=100)] = 2  # of one trade
    re_add_share: Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)] = 0.5  # of what a partial has closed
    deviation_points: Annotated[int, Field(ge=0, le=1_000_000)] = 100  # slippage accepted where the broker asks for a limit


class HedgeSettings(SettingsGroup):
    """The opposite position."""

    mode: HedgeMode = HedgeMode.CLOSE
    ratio: Above = 1.0  # of the volume that is left
    stop_mode: HedgeStop = HedgeStop.SWING
    min_stop_atr: Multiple = 1.0  # of its stop from its entry
    # Everything is closed when the pair loses so many R of the volume that the position had when the hedge was ordered.
    pair_stop_r: Annotated[float, Field(gt=0, le=20, allow_inf_nan=False)] = 1.0
    margin_level_after: Annotated[float, Field(ge=0, le=100_000, allow_inf_nan=False)] = 300.0  # per cent
    refusals: Few = 3  # then everything is closed

    @model_validator(mode="after")
    def _covered(self) -> "HedgeSettings":
        if self.stop_mode is HedgeStop.NONE and self.ratio > 1:
            raise ValueError("stop_mode = none needs ratio <= 1: what a hedge has beyond the position would have no stop at all")
        return self


class RetrySettings(SettingsGroup):
    """An action is owed until its effect is confirmed (R22)."""

    max_attempts: Few = 5  # then an alarm
    retry_ms: Wait = 1_000  # after a failed attempt; doubles with each
    retry_max_ms: Wait = 8_000  # up to this
    close_alarm: Few = 3  # failed attempts of one leg's close that raise the alarm


class DefenceSettings(SettingsGroup):
    """The state machine."""

    preset: Preset = Preset.GUARD
    choch_terminal: ChochTerminal = ChochTerminal.GUARDED
    evidence_since_entry: bool = False  # breaks of structure from before the entry count for nothing
    start: StartSettings = StartSettings()
    levels: LevelSettings = LevelSettings()
    timers: TimerSettings = TimerSettings()
    stops: StopSettings = StopSettings()
    volumes: VolumeSettings = VolumeSettings()
    hedge: HedgeSettings = HedgeSettings()
    retry: RetrySettings = RetrySettings()


class CadenceSettings(SettingsGroup):
    """How often a trade is looked at."""

    fast_ms: Wait = 30_000  # in every state, hedged included
    fast_high_ms: Wait = 15_000  # at most so long while volatility is high
    fast_calm_ms: Wait = 60_000  # at least so long while it is low and the trade is healthy
    confirm_ms: Wait = 5_000  # a bar that closed is believed after this
    cooldown_ms: Wait = 600_000  # between two deep checks that events asked for
    one_check_a_bar: bool = True  # of each M15 bar, emergencies apart
    threat_atr: Multiple = 0.25  # nearer than this to the protective swing is a threat
    emergency_r: Multiple = 0.5  # a loss that deep, once at each crossing
    shock_r: Multiple = 0.5  # lost inside one M5 bar
