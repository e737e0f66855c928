"""D-06: slopes of EMA50 and EMA200 count by their direction against the trade (T-55)."""

import pytest
from tests.engine.signals.crafted import RULES, flat_bars, walk

from dtms.engine.signals.alignment import Slopes, alignment_figure, slopes_of
from dtms.engine.signals.indicators import ema
from dtms.names import Side

RULE = RULES.alignment


@pytest.mark.parametrize(
    ("fast", "slow", "figure"),
    [
        (0.06, 0.01, 1.0),
        (0.06, 0.0, 0.0),
        (0.06, -0.01, 0.0),
        (-0.06, 0.01, -1.0),
        (-0.06, 0.0, -1.5),
        (-0.06, -0.01, -1.5),
        (0.05, 9.0, 0.0),
        (-0.05, -9.0, 0.0),
        (0.06, 1e-6, 1.0),  # the dead band is the faster one's alone
    ],
)
def test_d_06_the_table_and_its_mirror(fast: float, slow: float, figure: float) -> None:
    """T-55."""
    assert alignment_figure(Slopes(fast, slow), Side.BUY, RULE) == figure
    assert alignment_figure(Slopes(-fast, -slow), Side.SELL, RULE) == figure


def test_d_06_longs_and_shorts_never_get_the_same() -> None:
    down = slopes_of(flat_bars([2.0 - 0.001 * n for n in range(300)]).close, 0.001, RULE)

    assert alignment_figure(down, Side.BUY, RULE) == -1.5
    assert alignment_figure(down, Side.SELL, RULE) == 1.0


def test_d_06_the_slope_spans_ten_bars_in_atr() -> None:
    close = walk(6, 400).close
    means = ema(close, 50)

    assert slopes_of(close, 0.002, RULE).fast == pytest.approx((means[-1] - means[-11]) / 0.002)


def test_two_hundred_and_fifty_bars_and_an_atr_are_needed() -> None:
    close = walk(6, 250).close

    assert slopes_of(close[:249], 0.001, RULE) == Slopes()
    assert slopes_of(close, None, RULE) == Slopes()
    assert None not in slopes_of(close, 0.001, RULE)
    assert alignment_figure(Slopes(), Side.BUY, RULE) is None
