"""D-05: a conviction bar counts by its direction, its size and its place at VWAP (T-54). ATR is 1 throughout."""

import pytest
from tests.engine.signals.crafted import RULES

from dtms.engine.signals.candle import conviction_figure, conviction_of
from dtms.names import Side

RULE = RULES.candle
TIE = RULES.charts.tie


def figure(bar: tuple[float, float, float, float], vwap: float, side: Side = Side.BUY) -> float | None:
    return conviction_figure(conviction_of(bar, vwap, 1.0, RULE, TIE), side, RULE)


FALLING = (11.0, 11.0, 10.0, 10.0)
RISING = (10.0, 11.0, 10.0, 11.0)


@pytest.mark.parametrize(
    ("bar", "vwap", "buy", "sell"),
    [
        pytest.param(FALLING, 10.5, -2.0, 1.0, id="against, across vwap"),
        pytest.param(FALLING, 9.8, -1.0, 0.5, id="against, near vwap"),
        pytest.param(RISING, 10.5, 1.0, -2.0, id="in favour, across vwap"),
        pytest.param(RISING, 11.25, 0.5, -1.0, id="in favour, near vwap"),
        pytest.param(RISING, 11.26, 0.0, 0.0, id="too far from vwap"),
        pytest.param(RISING, 10.0, 0.0, 0.0, id="an open on vwap is not across it"),
        pytest.param((10.0, 10.8, 10.0, 10.8), 10.5, 1.0, -2.0, id="just large enough"),
        pytest.param((10.0, 10.79, 10.0, 10.79), 10.5, 0.0, 0.0, id="too small"),
        pytest.param((10.0, 11.0, 10.0, 10.65), 10.5, 1.0, -2.0, id="just enough body"),
        pytest.param((10.0, 11.0, 10.0, 10.64), 10.5, 0.0, 0.0, id="too little body"),
        pytest.param((10.5, 10.5, 10.5, 10.5), 10.5, 0.0, 0.0, id="no movement at all"),
    ],
)
def test_d_05_the_cases_for_either_side(bar: tuple[float, float, float, float], vwap: float, buy: float, sell: float) -> None:
    """T-54."""
    assert figure(bar, vwap) == buy
    assert figure(bar, vwap, Side.SELL) == sell


def test_without_vwap_or_atr_it_is_unavailable() -> None:
    assert conviction_of(RISING, None, 1.0, RULE, TIE) is None
    assert conviction_of(RISING, 10.5, None, RULE, TIE) is None
    assert conviction_figure(None, Side.BUY, RULE) is None
