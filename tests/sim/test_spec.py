"""Specifications: grids, sessions, and what a name suggests."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dtms.sim.derive import derive_spec
from dtms.sim.market import executable
from dtms.sim.spec import FX_CLOSE_S, FX_OPEN_S, SymbolSpec, weekly

DAY_S = 86_400
A_SUNDAY = 1_699_747_200  # 2023-11-12 00:00 UTC


@pytest.mark.parametrize(
    ("name", "digits", "contract", "profit"),
    [
        ("EURUSD", 5, 100_000, "USD"),
        ("eurusd.x", 5, 100_000, "USD"),
        ("USDJPY", 3, 100_000, "JPY"),
        ("XAUUSDm", 2, 100, "USD"),
        ("XAGUSD", 3, 5_000, "USD"),
        ("USOIL", 3, 1_000, "USD"),
        ("GER40", 1, 1, "EUR"),
        ("BTCUSD", 2, 1, "USD"),
        ("SOMETHING", 2, 1, "USD"),
    ],
)
def test_a_name_suggests_a_specification(name: str, digits: int, contract: float, profit: str) -> None:
    spec = derive_spec(name)

    assert (spec.name, spec.digits, spec.contract_size, spec.currency_profit) == (name, digits, contract, profit)
    assert spec.tick_size == pytest.approx(spec.point)


def test_the_grid_of_a_file_wins_over_the_name() -> None:
    assert (derive_spec("EURUSD", digits=4).digits, derive_spec("EURUSD", digits=4).tick_size) == (4, 0.0001)


@pytest.mark.parametrize("offset_s", [0, 7_200, 10_800])
@given(st.integers(0, 7 * DAY_S - 1))
def test_the_foreign_exchange_week_is_the_same_at_every_server(offset_s: int, second: int) -> None:
    spec = derive_spec("EURUSD", offset_s=offset_s)

    assert spec.session_open(A_SUNDAY + second + offset_s) == (FX_OPEN_S <= second < FX_CLOSE_S)


def test_oil_pauses_in_the_first_hour_of_the_server_s_day() -> None:
    spec = derive_spec("USOIL")
    monday = A_SUNDAY + DAY_S

    assert [spec.session_open(monday + s) for s in (0, 3_599, 3_600, DAY_S - 1)] == [False, False, True, True]
    assert not spec.session_open(monday - 1)
    assert not spec.session_open(monday + 5 * DAY_S + 3_600)


def test_a_session_may_end_after_midnight() -> None:
    late = ((),) * 5 + (((72_000, 100_000),), ())  # Friday 20:00 to Saturday 03:46:40
    spec = SymbolSpec(name="X", trade_sessions=late)
    saturday = A_SUNDAY + 6 * DAY_S

    assert [spec.session_open(saturday + s) for s in (-14_401, -14_400, 0, 13_599, 13_600)] == [False, True, True, True, False]


def test_a_weekly_market_may_be_open_without_a_break() -> None:
    assert weekly(0, 7 * DAY_S) == (((0, DAY_S),),) * 7


@given(st.integers(1, 10**6), st.integers(-50, 50))
def test_prices_and_volumes_of_the_grid_are_recognised(ticks: int, off: int) -> None:
    spec = SymbolSpec(name="X", digits=5, tick_size=0.00025, volume_step=0.01)
    price = spec.to_grid(ticks * 0.00025)

    assert spec.on_grid(price)
    assert spec.on_grid(price + off * 0.00001) == (off % 25 == 0)
    assert spec.volume_on_step(ticks * 0.01)
    assert not spec.volume_on_step(ticks * 0.01 + 0.005)


@given(st.integers(1, 10**6), st.integers(1, 10**6))
def test_nobody_trades_at_a_crossed_quote(bid: int, ask: int) -> None:
    quote = executable(bid / 1e5, ask / 1e5, 0, 5)

    assert quote.bid <= quote.ask
    if bid <= ask:
        assert (quote.bid, quote.ask) == (bid / 1e5, ask / 1e5)
    else:
        assert ask / 1e5 - 1e-9 <= quote.bid == quote.ask <= bid / 1e5 + 1e-9
