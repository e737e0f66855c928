"""The adaptive threshold and the canonical name of a symbol; T-57. D-12: no table can be missed. D-13: no symbol either."""

from itertools import product

import pytest
from tests.engine.signals.crafted import RULES, with_key

from dtms.engine.signals.regime import Regime
from dtms.engine.signals.thresholds import canonical, threshold_of
from dtms.signal_names import Bands, Session, Volatility

RULE = RULES.thresholds
SESSIONS = {Session.ASIAN: 1.5, Session.LONDON: 1.0, Session.NY: 0.8, Session.OVERLAP: 0.7}
VOLATILITIES = {Volatility.LOW: 1.4, Volatility.NORMAL: 1.0, Volatility.HIGH: 0.8}
BANDS = {Bands.RANGE: 1.3, Bands.TREND: 1.0}


@pytest.mark.parametrize(("session", "volatility", "bands"), list(product(Session, Volatility, Bands)))
def test_d_12_every_multiplier_of_the_table_applies(session: Session, volatility: Volatility, bands: Bands) -> None:
    factor = SESSIONS[session] * VOLATILITIES[volatility] * BANDS[bands]

    found = threshold_of("EURUSD", session, Regime(volatility, bands), RULE)
    assert found == pytest.approx(0.0005 * min(factor, 1.8))


def test_the_largest_product_is_clamped_and_the_smallest_is_not() -> None:
    """T-57."""
    largest = threshold_of("XAUUSD", Session.ASIAN, Regime(Volatility.LOW, Bands.RANGE), RULE)
    smallest = threshold_of("XAUUSD", Session.OVERLAP, Regime(Volatility.HIGH, Bands.TREND), RULE)

    assert largest == pytest.approx(0.0018)
    assert smallest == pytest.approx(0.00056)


@pytest.mark.parametrize(
    ("symbol", "base"),
    [
        ("XAUUSD", 0.0010), ("BTCUSD", 0.0020), ("BTCUSDT", 0.0020), ("EURUSD", 0.0005), ("GBPUSD", 0.0005), ("USDJPY", 0.0007),
        ("GBPJPY", 0.0007), ("EURJPY", 0.0007), ("USOIL", 0.0010),
    ],
)  # fmt: skip
def test_the_base_is_the_symbols_own(symbol: str, base: float) -> None:
    assert threshold_of(symbol, Session.LONDON, Regime(), RULE) == pytest.approx(base)


@pytest.mark.parametrize(
    ("name", "currencies", "expected"),
    [
        ("EURUSD.a", ("EUR", "USD"), "EURUSD"),
        ("XAUUSDc", ("XAU", "USD"), "XAUUSD"),
        ("mBTCUSDm", ("BTC", "USD"), "BTCUSD"),
        ("gbpusd", ("", ""), "GBPUSD"),
        ("USOIL", ("USD", "USD"), "USOIL"),
        ("US30", ("", ""), "US30"),
    ],
)
def test_d_13_a_brokers_name_finds_its_row(name: str, currencies: tuple[str, str], expected: str) -> None:
    assert canonical(name, RULES, *currencies) == expected


def test_d_13_the_users_map_comes_first() -> None:
    rules = with_key(RULES, "symbols", {"GOLD#": "XAUUSD"})

    assert canonical("GOLD#", rules, "USD", "USD") == "XAUUSD"
