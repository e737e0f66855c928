"""
Every number of the evidence and the score is a setting: changing it changes some figure, so a key that is ignored is found here.

Most keys are tried on one market that meets everything; the few that it cannot show have a case of their own.
"""

from collections.abc import Callable
from functools import cache

import numpy as np
import pytest
from tests.engine.signals.crafted import DAY, M5, MONDAY, RULES, bar, charts, leaf_keys, seen, walk, with_key

from dtms.cli.zones import zone_table
from dtms.engine.signals.analysis import analysis
from dtms.engine.signals.candle import Conviction, conviction_figure
from dtms.engine.signals.chart import Bars, Charts
from dtms.engine.signals.evidence import Evidence, advance, aged
from dtms.engine.signals.flow import Flow, FlowFigures
from dtms.engine.signals.memory import MarketMemory
from dtms.engine.signals.score import Score, score
from dtms.engine.signals.spread import Spreads
from dtms.engine.signals.thresholds import canonical
from dtms.engine.signals.warnings import NewestBars, Warnings, warned
from dtms.names import Side
from dtms.settings_score import SignalSettings
from dtms.signal_names import Family

SCENE = charts(
    walk(34, 1_440, begin=MONDAY + 3 * DAY)
)  # from Thursday over a weekend without a pause; of many the one that shows most
EARLY = charts(walk(34, 800))


def played(
    market: Charts, begin: int, end: int, rules: SignalSettings, symbol: str = "GBPUSD"
) -> list[tuple[Evidence, Score, Score]]:
    """Evidence and scores at the slow closes of a market, with an order flow and a spread that come and go."""
    random = np.random.default_rng(5)
    memory = MarketMemory()
    found = []
    for slow in range(begin, end):
        flow = FlowFigures(float(random.integers(0, 30)), float(random.integers(1, 30)), float(random.normal()))
        now = market.slow.closed_at(slow - 1)
        there = Charts(market.fast.upto(3 * slow), market.slow.upto(slow))
        memory, evidence = advance(memory, there, flow, 1e-4 * (slow % 7), symbol=symbol, now=now, rules=rules)
        found.append((evidence, score(evidence, Side.BUY, rules), score(evidence, Side.SELL, rules)))
    return found


def late(rules: SignalSettings) -> object:
    return played(SCENE, 340, 480, rules)


def early(rules: SignalSettings) -> object:
    return played(EARLY, 1, 260, rules)


def other_symbol(rules: SignalSettings) -> object:
    return played(SCENE, 340, 480, rules, symbol="USOIL")


@cache
def _scores() -> list[Score]:
    return [found for row in played(SCENE, 340, 480, RULES) for found in row[1:]]


def in_words(rules: SignalSettings) -> object:
    return [analysis(found, rules.analysis) for found in _scores()]


def order_flow(rules: SignalSettings) -> object:
    random = np.random.default_rng(6)
    flow = Flow(rules.flow)
    found = []
    second = 20
    for close in range(300, 9_000, 300):
        while second < close:
            flow.add(MONDAY + second * 1_000, float(random.integers(0, 4)), float(random.integers(0, 4)))
            second += int(random.integers(1, 30)) if second != 4_000 else 100
            second = 4_000 if 3_980 < second < 4_000 else second
        found.append(flow.figures(MONDAY + close * 1_000))
    return found


def spreads(rules: SignalSettings) -> object:
    samples = Spreads(rules.spread)
    found = []
    for number in range(40):
        samples.add(MONDAY + number * DAY, 1.0 + number)
        found.append(samples.median())
    return found


def counters(rules: SignalSettings) -> object:
    warnings = Warnings()
    found = []
    for number in range(12):
        families = frozenset({Family.VWAP} if number < 6 else ())
        warnings = warned(warnings, families, NewestBars(number, number), number * 600_000, rules.warnings)
        found.append(warnings)
    return found


def conviction(rules: SignalSettings) -> object:
    return [conviction_figure(Conviction(1, crosses=False), side, rules.candle) for side in Side]


def age(rules: SignalSettings) -> object:
    evidence = seen(SCENE)
    return [aged(evidence, evidence.time + M5 + late_s * 1_000, rules).faults for late_s in (0, 250, 300, 350, 1_000)]


def jump(rules: SignalSettings) -> object:
    bars = Bars(M5, 10, rules.charts.gap_periods)
    for number in (0, 2):
        bars.add(bar(MONDAY + number * M5, 1.0, 1.0, 1.0, 1.0))
    return bars.chart.gapped


def hours(rules: SignalSettings) -> object:
    return zone_table(rules.session.zone, MONDAY, MONDAY + DAY)


def name(rules: SignalSettings) -> object:
    return canonical("GOLD", rules)


Case = tuple[object, Callable[[SignalSettings], object]]

# Keys whose change has to be chosen, or that the common market cannot show.
CASES: dict[str, Case] = {
    "charts.slow_bars": (290, late),
    "charts.fast_bars": (60, late),
    "charts.warm_bars": (30, late),
    "charts.tie": (5e-5, late),
    "charts.late_s": (260, age),
    "charts.gap_periods": (1.5, jump),
    "atr.kind": ("simple", late),
    "structure.min_bars": (40, early),
    "structure.swings_kept": (6, late),
    "structure.buffer_atr": (0.5, late),
    "structure.buffer_spreads": (0.0, late),
    "structure.buffer_atr_max": (1.0, late),
    "structure.choch_atr": (1.0, late),
    "momentum.min_bars": (120, early),
    "momentum.rsi_weak_low": (60.0, late),
    "alignment.dead_band_atr": (0.5, late),
    "candle.range_atr": (0.3, late),
    "candle.near_atr": (2.0, late),
    "candle.against": (1.1, conviction),
    "candle.favour": (0.6, conviction),
    "alignment.min_bars": (255, early),
    "bands.fallback": (0.01, early),
    "vwap.anchor_s": (21_600, late),
    "vwap.counter_max": (4, late),
    "vwap.counter_flip": (15, late),
    "flow.window_s": (60, order_flow),
    "flow.windows": (90, order_flow),
    "flow.share_s": (240, order_flow),
    "flow.share_min_s": (290, order_flow),
    "flow.silence_s": (60, order_flow),
    "session.overlap": ([13, 15], late),
    "session.asian": ([0, 9], late),
    "session.london": ([9, 16], late),
    "session.ny": ([13, 20], late),
    "session.weekend": ([], late),
    "session.zone": ("Europe/Athens", hours),
    "thresholds.base": ({"GBPUSD": 0.002}, late),
    "thresholds.other": (0.002, other_symbol),
    "thresholds.at_least": (0.9, late),
    "thresholds.at_most": (1.2, late),
    "volatility.hysteresis": (0.2, late),
    "bands.percentile": (60.0, late),
    "bands.hysteresis": (1.0, late),
    "score.modifier_min": (0.9, late),
    "score.modifier_max": (1.1, late),
    "score.coverage_min": (1.0, early),
    "score.agreement": (0.9, late),
    "score.agreement_groups": (6, late),
    "score.groups": (["structure", "momentum"], late),
    "score.symbol_groups": ({"GBPUSD": ["momentum"]}, late),
    "analysis.strong": (4.0, in_words),
    "analysis.moderate": (2.0, in_words),
    "analysis.agreement_high": (0.9, in_words),
    "analysis.agreement_moderate": (0.6, in_words),
    "analysis.group": (1.0, in_words),
    "warnings.most": (2, counters),
    "warnings.decay_s": (900, counters),
    "spread.days": (5, spreads),
    "spread.min_samples": (3, spreads),
    "symbols": ({"GOLD": "XAUUSD"}, name),
}
KEYS = leaf_keys(RULES)


def value_of(rules: SignalSettings, key: str) -> object:
    found: object = rules
    for part in key.split("."):
        found = getattr(found, part)
    return found


def case_of(key: str) -> Case:
    if key in CASES:
        return CASES[key]
    value = value_of(RULES, key)
    assert isinstance(value, (int, float))
    return (value + 1 if isinstance(value, int) else value * 0.8), late


@cache
def usual(figure: Callable[[SignalSettings], object]) -> object:
    return figure(RULES)


@pytest.mark.parametrize("key", KEYS)
def test_a_changed_key_changes_a_figure(key: str) -> None:
    value, figure = case_of(key)
    changed = with_key(RULES, key, value)

    assert value_of(changed, key) != value_of(RULES, key)
    ignored = figure(changed) == usual(figure)
    assert not ignored


def test_settings_that_change_nothing_give_the_same_figures() -> None:
    """Else the test above could not fail."""
    again = SignalSettings.model_validate(RULES.model_dump(mode="json"))

    for figure in (late, early, order_flow, in_words):
        assert figure(again) == usual(figure)


def test_no_case_is_for_a_key_that_does_not_exist() -> None:
    assert set(CASES) <= set(KEYS)
