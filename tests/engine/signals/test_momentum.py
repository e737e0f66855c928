"""RSI and MACD weighed for one side: the table of 3.5, and its mirror."""

import numpy as np
import pytest
from tests.engine.signals.crafted import RULES, flat_bars, walk

from dtms.engine.signals.momentum import Momentum, momentum_figures, momentum_of
from dtms.names import Side
from dtms.signal_names import Volatility

RULE = RULES.momentum


def shown(rsi: float, trend: float, histogram: tuple[float, float, float] = (0.0, 0.0, 0.0)) -> Momentum:
    first, second, third = histogram
    return Momentum(rsi, trend, histogram, first > second > third, first < second < third)


@pytest.mark.parametrize(
    ("rsi", "trend", "volatility", "figure"),
    [
        pytest.param(44.9, -1, Volatility.NORMAL, -2.0, id="weak and falling"),
        pytest.param(44.9, +1, Volatility.NORMAL, 0.0, id="weak and rising"),
        pytest.param(45.0, -1, Volatility.NORMAL, 0.0, id="not weak at the limit"),
        pytest.param(44.9, -1, Volatility.LOW, 0.0, id="weak begins lower in low volatility"),
        pytest.param(39.9, -1, Volatility.LOW, -2.0, id="weak in low volatility"),
        pytest.param(39.9, -1, Volatility.HIGH, -2.0, id="weak in high volatility"),
        pytest.param(70.1, +1, Volatility.NORMAL, -1.0, id="spent"),
        pytest.param(70.0, +1, Volatility.NORMAL, 1.0, id="not spent at the limit"),
        pytest.param(70.1, -1, Volatility.NORMAL, 0.0, id="high and falling"),
        pytest.param(50.1, +1, Volatility.NORMAL, 1.0, id="good"),
        pytest.param(50.0, +1, Volatility.NORMAL, 0.0, id="not good in the middle"),
        pytest.param(60.0, 1e-12, Volatility.NORMAL, 0.0, id="rounding is no trend"),
    ],
)
def test_what_rsi_is_worth(rsi: float, trend: float, volatility: Volatility, figure: float) -> None:
    buy = momentum_figures(shown(rsi, trend), Side.BUY, volatility, RULE)
    sell = momentum_figures(shown(100 - rsi, -trend), Side.SELL, volatility, RULE)

    assert buy is not None
    assert (buy.rsi, buy.macd) == (figure, 0.0)
    assert sell == buy


@pytest.mark.parametrize(
    ("histogram", "figure"),
    [((3, 2, 1), -1.0), ((-1, -2, -3), -1.0), ((1, 2, 3), 1.0), ((3, 2, 2), 0.0), ((2, 2, 3), 0.0), ((1, 3, 2), 0.0)],
)
def test_what_macd_is_worth(histogram: tuple[float, float, float], figure: float) -> None:
    buy = momentum_figures(shown(50, 0, histogram), Side.BUY, Volatility.NORMAL, RULE)
    sell = momentum_figures(shown(50, 0, histogram), Side.SELL, Volatility.NORMAL, RULE)

    assert buy is not None
    assert sell is not None
    assert (buy.macd, sell.macd) == (figure, -figure)
    assert (buy.weak, sell.weak) == (figure < 0, figure > 0)


def test_d_07_a_hundred_bars_are_needed() -> None:
    close = walk(5, 100).close

    assert momentum_of(close[:99], RULE) == Momentum()
    assert momentum_figures(Momentum(), Side.BUY, Volatility.NORMAL, RULE) is None
    assert momentum_of(close, RULE).rsi is not None
    assert momentum_of(close, RULE).histogram is not None


def test_a_market_that_stands_still_shows_no_momentum() -> None:
    """Its averages differ by rounding alone."""
    close = flat_bars([1.1] * 50 + [1.1003, 1.0998, 1.1007] * 20 + [1.1004] * 5).close
    momentum = momentum_of(np.concatenate((close, np.full(60, close[-1]))), RULE)
    figures = momentum_figures(momentum, Side.BUY, Volatility.NORMAL, RULE)

    assert figures is not None
    assert figures.rsi == 0.0
