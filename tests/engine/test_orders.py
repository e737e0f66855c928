"""Laws of prices: on the grid, never on the wrong side, at the broker's distance."""

from math import isclose

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from tests.session.made import spec

from dtms.engine.orders import away_from_market, distance_holds, frozen, minimum_distance, tighter, toward_profit
from dtms.names import Side

TICKS = st.sampled_from([0.00001, 0.001, 0.01, 0.25, 0.05, 1.0, 0.1])
PRICES = st.floats(0.5, 100_000.0, allow_nan=False)
SIDES = st.sampled_from(Side)


def on_grid(price: float, tick_size: float) -> bool:
    ticks = price / tick_size
    return isclose(ticks, round(ticks), rel_tol=0, abs_tol=1e-4)


@given(PRICES, SIDES, TICKS)
def test_rounding_toward_profit_lands_on_the_grid_and_never_loses_more_than_dust(
    price: float, side: Side, tick_size: float
) -> None:
    rounded = toward_profit(price, side, tick_size)

    assert on_grid(rounded, tick_size)
    assert -1e-5 * tick_size - 1e-9 <= side.direction * (rounded - price) <= tick_size * (1 + 1e-5) + 1e-9


@given(PRICES, SIDES, TICKS)
def test_rounding_away_from_the_market_is_its_mirror(price: float, side: Side, tick_size: float) -> None:
    other = Side.SELL if side is Side.BUY else Side.BUY

    assert away_from_market(price, side, tick_size) == toward_profit(price, other, tick_size)


@given(st.integers(1, 10_000_000), SIDES, TICKS)
def test_a_price_of_the_grid_stays_where_it_is(ticks: int, side: Side, tick_size: float) -> None:
    price = round(ticks * tick_size, 10)

    assert toward_profit(price, side, tick_size) == price
    assert away_from_market(price, side, tick_size) == price


@given(PRICES, PRICES, SIDES, TICKS)
def test_of_two_stops_at_most_one_is_tighter(one: float, other: float, side: Side, tick_size: float) -> None:
    assert not (tighter(one, other, side, tick_size) and tighter(other, one, side, tick_size))


def test_every_stop_is_tighter_than_none() -> None:
    assert tighter(1.0, None, Side.BUY, 0.01)


@given(SIDES, st.integers(0, 200), st.integers(0, 200), st.integers(0, 500))
def test_the_distance_is_the_larger_level_and_one_tick(side: Side, stops: int, freeze: int, away: int) -> None:
    symbol = spec(stops_level=stops, freeze_level=freeze)
    exit_price = 1.2
    stop = round(exit_price - side.direction * away * symbol.point, 5)

    assert distance_holds(stop, side, exit_price, symbol) == (away >= max(stops, freeze) + 1)
    assert isclose(minimum_distance(symbol), (max(stops, freeze) + 1) * symbol.point)


@pytest.mark.parametrize(("level", "expected"), [(None, False), (1.20050, True), (1.19950, True), (1.20051, False)])
def test_a_level_inside_the_freeze_distance_freezes(level: float | None, *, expected: bool) -> None:
    assert frozen(level, 1.2, spec(freeze_level=50)) is expected


@given(st.floats(0.5, 2.0))
def test_without_a_freeze_level_nothing_is_frozen(level: float) -> None:
    assume(level > 0)

    assert not frozen(level, level, spec(freeze_level=0))
