"""Settings of the signals that contradict each other are refused, by the names of the keys."""

import re
from collections.abc import Callable

import numpy as np
import pytest
from pydantic import ValidationError
from tests.engine.signals.crafted import RULES, flat_bars, with_key

from dtms.engine.signals.alignment import slopes_of
from dtms.engine.signals.indicators import atr
from dtms.engine.signals.momentum import momentum_of
from dtms.engine.signals.regime import Regime, regime_of
from dtms.settings_score import SignalSettings


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("momentum.macd_fast", 26, "macd_fast < macd_slow"),
        ("score.modifier_min", 1.6, "modifier_min <= modifier_max"),
        ("thresholds.at_least", 1.9, "at_least <= at_most"),
        ("vwap.counter_flip", 21, "counter_flip <= counter_max"),
        ("volatility.low", 1.2, "farther apart"),
        ("flow.share_s", 310, "multiple of window_s"),
        ("session.asian", [8, 8], "end after it begins"),
        ("charts.slow_bars", 249, "at least 250 for alignment.min_bars"),
        ("alignment.slow_bars", 991, "at least 1001 for alignment"),
        ("bands.widths", 982, "at least 1001 for bands"),
        ("momentum.min_bars", 1_001, "at least 1001 for momentum.min_bars"),
        ("momentum.macd_slow", 991, "at least 1001 for momentum.macd"),
        ("momentum.rsi_trend_bars", 986, "at least 1001 for momentum.rsi"),
        ("structure.min_bars", 1_001, "at least 1001 for structure.min_bars"),
        ("volatility.mean_bars", 986, "at least 1001 for atr.bars and volatility.mean_bars"),
    ],
)
def test_settings_that_contradict_each_other_are_refused(key: str, value: object, said: str) -> None:
    with pytest.raises(ValidationError, match=re.escape(said)):
        with_key(RULES, key, value)


CLOSES = np.linspace(1.5, 1.6, RULES.charts.slow_bars) + 1e-3 * np.sin(np.arange(RULES.charts.slow_bars))


@pytest.mark.parametrize(
    ("key", "value", "known"),
    [
        ("momentum.macd_slow", 990, lambda rules: momentum_of(CLOSES, rules.momentum).histogram),
        ("momentum.rsi_trend_bars", 985, lambda rules: momentum_of(CLOSES, rules.momentum).rsi_trend),
        ("alignment.slow_bars", 990, lambda rules: slopes_of(CLOSES, 1e-3, rules.alignment).slow),
        ("volatility.mean_bars", 985, lambda rules: regime(rules).atr_ratio),
        ("bands.widths", 981, lambda rules: regime(rules).width_limit != rules.bands.fallback),
    ],
)
def test_at_the_very_limit_a_full_chart_is_just_long_enough(
    key: str, value: int, known: Callable[[SignalSettings], object]
) -> None:
    assert known(with_key(RULES, key, value))


def regime(rules: SignalSettings) -> Regime:
    return regime_of(Regime(), atr(flat_bars(CLOSES), rules.atr), CLOSES, rules.volatility, rules.bands)
