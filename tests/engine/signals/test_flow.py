"""
Order flow from quotes: the tick rule, the share of the last five minutes, the unusual half minute.

D-08: the limits of volume depend on volatility. D-09: z is a true z. D-10: no flow is said to be unavailable, never zero.
"""

from math import sqrt

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.engine.signals.crafted import MONDAY, RULES

from dtms.engine.signals.flow import NO_FLOW, Flow, FlowFigures, delta_figure, flip_share, opposite_share, volume_figure
from dtms.names import Side
from dtms.signal_names import Volatility

RULE = RULES.flow
SECOND = 1_000
WINDOW = 30 * SECOND


def fed(*volumes: tuple[int, float, float], begin: int = MONDAY) -> Flow:
    """Volumes as (seconds after the beginning, buys, sells)."""
    flow = Flow(RULE)
    for second, buys, sells in volumes:
        flow.add(begin + second * SECOND, buys, sells)
    return flow


def test_a_higher_mid_is_a_buy_a_lower_one_a_sell_an_unchanged_one_neither() -> None:
    flow = Flow(RULE)
    for number, (bid, ask) in enumerate([(1.0, 1.2), (1.1, 1.2), (1.05, 1.25), (1.0, 1.2), (1.3, 1.1)]):
        flow.quote(MONDAY + number * 60 * SECOND, bid, ask)

    assert flow.figures(MONDAY + 300 * SECOND)[:2] == (2.0, 1.0)  # crossed quotes count as they are


def test_the_share_is_that_of_the_last_five_minutes_before_the_close() -> None:
    flow = fed((-1, 100, 0), (0, 1, 0), (150, 0, 2), (299, 4, 0), (300, 50, 0))

    assert flow.figures(MONDAY + 300 * SECOND)[:2] == (5.0, 2.0)
    assert flow.figures(MONDAY + 600 * SECOND)[:2] == (50.0, 0.0)


def test_d_10_no_quotes_or_too_few_seconds_of_them_are_no_share() -> None:
    assert Flow(RULE).figures(MONDAY) == NO_FLOW
    assert fed((280, 1, 0)).figures(MONDAY + 300 * SECOND).buys is None
    assert fed((270, 1, 0)).figures(MONDAY + 300 * SECOND).buys == 1.0
    assert fed((0, 0, 0), (200, 0, 0)).figures(MONDAY + 300 * SECOND).buys is None  # quotes, but the mid never moved
    assert fed((0, 1, 0)).figures(MONDAY + 700 * SECOND) == NO_FLOW


def test_d_09_z_is_the_last_half_minute_against_a_hundred_and_twenty() -> None:
    deltas = [(number * 7) % 11 - 5 for number in range(130)]
    flow = fed(*((30 * n + 3, max(d, 0.0), max(-d, 0.0)) for n, d in enumerate(deltas)))
    for end in (120, 125, 130):
        window = deltas[end - 120 : end]
        mean = sum(window) / 120
        deviation = sqrt(sum((d - mean) ** 2 for d in window) / 120)
        assert flow.figures(MONDAY + end * WINDOW).z == pytest.approx((window[-1] - mean) / deviation)


def test_z_needs_all_its_windows_and_those_without_a_quote_count_as_zero() -> None:
    quotes = [(n, 1.0, 0.0) for n in range(0, 3_600, 60)]  # every other window is empty
    flow = fed(*quotes)

    assert flow.figures(MONDAY + 119 * WINDOW).z is None
    assert flow.figures(MONDAY + 120 * WINDOW).z == pytest.approx(-1.0)  # the last window is empty: half the deltas are 1, half 0


def test_z_is_zero_where_nothing_varies() -> None:
    flow = fed(*((n, 1.0, 1.0) for n in range(0, 3_600, 30)))

    assert flow.figures(MONDAY + 120 * WINDOW).z == 0.0


def test_after_a_silence_the_sample_starts_anew() -> None:
    flow = fed(*((n, 1.0, 0.0) for n in range(0, 3_600, 10)), (3_600 + 400, 0.0, 1.0), (3_600 + 440, 0.0, 1.0))

    figures = flow.figures(MONDAY + 4_200 * SECOND)
    assert figures == FlowFigures(0.0, 2.0, None)


def test_a_restart_forgets_everything() -> None:
    flow = fed(*((n, 1.0, 0.0) for n in range(0, 3_600, 10)))
    flow.restart()

    assert flow.figures(MONDAY + 3_600 * SECOND) == NO_FLOW


def test_a_quote_that_comes_late_counts_in_its_own_window() -> None:
    flow = fed((0, 1, 0), (40, 1, 0), (20, 0, 5), (610, 1, 0))
    flow.add(MONDAY - 90 * SECOND, 1_000, 0)  # older than the sample: left out

    assert flow.figures(MONDAY + 300 * SECOND)[:2] == (2.0, 5.0)


@given(st.lists(st.tuples(st.integers(0, 7_000), st.integers(0, 5), st.integers(0, 5)), max_size=60), st.integers(1, 23))
def test_what_comes_after_a_time_changes_no_figure_at_it(volumes: list[tuple[int, int, int]], close: int) -> None:
    volumes.sort()
    at = MONDAY + close * 300 * SECOND
    known = fed(*(v for v in volumes if v[0] < close * 300))
    now = known.figures(at)
    for second, buys, sells in volumes:
        if close * 300 <= second < close * 300 + 200:  # a check may come late by so much
            known.add(MONDAY + second * SECOND, buys, sells)

    assert known.figures(at) == now


@pytest.mark.parametrize(
    ("share", "volatility", "figure"),
    [
        (0.65, Volatility.NORMAL, -1.0),
        (0.64, Volatility.HIGH, -0.5),
        (0.65, Volatility.LOW, -0.5),
        (0.72, Volatility.LOW, -1.0),
        (0.55, Volatility.NORMAL, 0.0),
        (0.56, Volatility.NORMAL, -0.5),
        (0.35, Volatility.NORMAL, 0.0),
        (0.34, Volatility.NORMAL, 1.0),
        (0.30, Volatility.LOW, 0.0),
        (0.27, Volatility.LOW, 1.0),
    ],
)
def test_d_08_what_a_share_is_worth_depends_on_volatility(share: float, volatility: Volatility, figure: float) -> None:
    assert volume_figure(share, volatility, RULE) == figure


def test_the_opposite_share_is_selling_for_a_buy_and_buying_for_a_sell() -> None:
    figures = FlowFigures(7.0, 13.0, None)

    assert opposite_share(figures, Side.BUY) == 0.65
    assert opposite_share(figures, Side.SELL) == 0.35
    assert opposite_share(NO_FLOW, Side.BUY) is None
    assert flip_share(Volatility.LOW, RULE) == 0.72


@pytest.mark.parametrize(("z", "buy"), [(0.51, 1.0), (0.5, 0.0), (-0.5, 0.0), (-0.51, -1.0)])
def test_pressure_counts_beyond_half_a_deviation(z: float, buy: float) -> None:
    assert delta_figure(z, Side.BUY, RULE) == buy
    assert delta_figure(z, Side.SELL, RULE) == -buy
