"""
A setting that is read in several places is heeded in each: for either side, to enter a class and to leave it, to hold and let go.

That a key is heeded at all is shown by ``test_every_key``; here a changed one is compared with what it has to give.
"""

import numpy as np
import pytest
from tests.engine.signals.crafted import M15, MONDAY, flat_bars, rows, walk

from dtms.engine.signals.flow import Flow, delta_figure
from dtms.engine.signals.indicators import atr, figure
from dtms.engine.signals.momentum import Momentum, momentum_figures
from dtms.engine.signals.regime import Regime, regime_of
from dtms.engine.signals.structure import Buffers, Structure, advanced, figure_of
from dtms.engine.signals.vwap import Cross, Vwap, crossed
from dtms.engine.signals.warnings import NewestBars, Warnings, decayed, warned
from dtms.names import Side
from dtms.settings_regime import BandSettings, VolatilitySettings
from dtms.settings_score import (
    AtrSettings,
    FlowSettings,
    MomentumSettings,
    StructureSettings,
    VwapSettings,
    WarningSettings,
)
from dtms.signal_names import AtrKind, Family, Volatility

_TIE = 1e-9
_SECOND = 1_000


@pytest.mark.parametrize(("z", "worth"), [(1.1, 0.4), (0.9, 0.0), (-0.9, 0.0), (-1.1, -0.4)])
def test_pressure_on_either_side(z: float, worth: float) -> None:
    settings = FlowSettings(delta_z=1.0, delta_figure=0.4)

    assert delta_figure(z, Side.BUY, settings) == worth
    assert delta_figure(-z, Side.SELL, settings) == worth


def test_macd_for_and_against_the_trade() -> None:
    falling = Momentum(50.0, 0.0, (3.0, 2.0, 1.0), falling=True, rising=False)
    worth = [momentum_figures(falling, side, Volatility.NORMAL, MomentumSettings(macd_figure=0.3)) for side in Side]

    assert [found.macd for found in worth if found is not None] == [-0.3, 0.3]


@pytest.mark.parametrize(
    ("before", "ratio", "after"),
    [
        (Volatility.NORMAL, 0.81, Volatility.NORMAL),
        (Volatility.NORMAL, 0.79, Volatility.LOW),
        (Volatility.LOW, 0.87, Volatility.LOW),
        (Volatility.LOW, 0.89, Volatility.NORMAL),
        (Volatility.NORMAL, 1.19, Volatility.NORMAL),
        (Volatility.NORMAL, 1.21, Volatility.HIGH),
        (Volatility.HIGH, 1.09, Volatility.HIGH),
        (Volatility.HIGH, 1.07, Volatility.NORMAL),
    ],
)
def test_classes_of_volatility_are_entered_and_left(before: Volatility, ratio: float, after: Volatility) -> None:
    settings = VolatilitySettings(low=0.8, high=1.2, hysteresis=0.1)
    ranges = np.array([1.0] * 20 + [ratio])

    assert regime_of(Regime(volatility=before), ranges, np.full(21, 1.5), settings, BandSettings()).volatility is after


@pytest.mark.parametrize(("count", "fallback"), [(58, True), (59, False), (300, False)])
def test_the_past_of_the_bands(count: int, fallback: bool) -> None:
    close = walk(9, count).close
    settings = BandSettings(bars=10, widths=50, fallback=0.009)
    found = regime_of(Regime(), np.full(count, 1.0), close, VolatilitySettings(), settings)
    ends = range(count - 49, count + 1)
    widths = [4 * np.std(close[end - 10 : end]) / np.mean(close[end - 10 : end]) for end in ends if end >= 10]

    assert found.width == pytest.approx(widths[-1])
    assert found.width_limit == pytest.approx(0.009 if fallback else np.percentile(widths, 35))


def test_the_life_of_a_structure_event() -> None:
    settings = StructureSettings(live_bars=4)
    turns = [*np.linspace(10, 12, 5), *np.linspace(11.9, 11, 4), 12.6, *[12.6] * 6]
    chart = flat_bars(turns)
    structure, events = Structure(), []
    for end in range(1, len(chart) + 1):
        structure = advanced(structure, chart.upto(end), Buffers(0.1, 0.25), settings, tie=_TIE)
        events.append(structure.event)

    assert [event is not None for event in events[-7:]] == [True] * 4 + [False] * 3
    assert [figure_of(event, Side.BUY, settings) for event in events[-7:]] == [3.0, 2.25, 1.5, 0.75, 0.0, 0.0, 0.0]


@pytest.mark.parametrize("way", [1, -1])
def test_the_counter_of_either_side(way: int) -> None:
    cross = Cross()
    for _ in range(9):
        cross = crossed(cross, 1.0 + 0.1 * way, Vwap(1.0, None), None, VwapSettings(counter_max=4), tie=_TIE)

    assert (cross.above, cross.below) == ((4, 0) if way > 0 else (0, 4))


@pytest.mark.parametrize(
    ("held", "slope", "flipped"), [(False, 0.099, False), (False, 0.1, True), (True, 0.081, True), (True, 0.079, False)]
)
def test_the_slope_that_sets_a_flip_and_the_one_that_lets_it_go(held: bool, slope: float, flipped: bool) -> None:
    settings = VwapSettings(slope_atr=0.1, release=0.8)

    assert crossed(Cross(above=5, up=held), 1.1, Vwap(1.0, slope), 0.001, settings, tie=_TIE).up is flipped


def test_the_decay_of_warnings_from_the_first_time_on() -> None:
    settings = WarningSettings(decay_s=60)
    warnings = Warnings()
    for at in (1, 2):
        warnings = warned(warnings, frozenset({Family.VWAP}), NewestBars(at, at), 0, settings)
    counts = [decayed(warnings, at * _SECOND, settings).count(Family.VWAP) for at in (59, 60, 119, 120)]

    assert counts == [2, 1, 1, 0]
    assert decayed(decayed(warnings, 60 * _SECOND, settings), 119 * _SECOND, settings).count(Family.VWAP) == 1


@pytest.mark.parametrize(
    "settings",
    [
        FlowSettings(windows=400),
        FlowSettings(window_s=10, share_s=600, windows=120),
        FlowSettings(window_s=60, windows=240),
        FlowSettings(share_s=1_800, silence_s=1_800),
    ],
)
def test_the_sample_of_the_order_flow_reaches_back_as_far_as_it_has_to(settings: FlowSettings) -> None:
    flow = Flow(settings)
    length = settings.windows * settings.window_s
    for second in range(length):
        flow.add(MONDAY + second * _SECOND, float(second >= length - settings.share_s), 1.0)
    found = flow.figures(MONDAY + length * _SECOND)

    assert found.z is not None
    assert found.buys == found.sells == settings.share_s
    later = flow.figures(MONDAY + (length + settings.share_s - settings.window_s) * _SECOND)
    assert later.sells is not None


def test_the_bars_of_either_true_range() -> None:
    chart = rows([(10.0, 10.0 + 0.1 * n, 10.0, 10.0) for n in range(1, 40)], period=M15)

    assert figure(atr(chart, AtrSettings(bars=5, kind=AtrKind.SIMPLE))) == pytest.approx(3.7)
    assert figure(atr(chart.upto(6), AtrSettings(bars=5))) == pytest.approx(0.4)
