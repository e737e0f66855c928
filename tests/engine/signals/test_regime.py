"""
Session, volatility and bands.

D-12: every class is typed and can be reached. D-23: the ATR ratio over twenty bars, the bands against their own percentile,
half-open sessions.
"""

from datetime import UTC, datetime

import numpy as np
import pytest
from tests.engine.signals.crafted import RULES, flat_bars, walk

from dtms.engine.signals.regime import Regime, regime_of, session_of
from dtms.signal_names import Bands, Session, Volatility


def at(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1_000)


@pytest.mark.parametrize(
    ("time", "session"),
    [
        ("2012-02-27 00:00:00", Session.ASIAN),
        ("2012-02-27 07:59:59", Session.ASIAN),
        ("2012-02-27 08:00:00", Session.LONDON),
        ("2012-02-27 12:59:59", Session.LONDON),
        ("2012-02-27 13:00:00", Session.OVERLAP),
        ("2012-02-27 15:59:59", Session.OVERLAP),
        ("2012-02-27 16:00:00", Session.NY),
        ("2012-02-27 20:59:59", Session.NY),
        ("2012-02-27 21:00:00", Session.ASIAN),
        ("2012-02-27 23:59:59", Session.ASIAN),
        ("2012-02-25 14:00:00", Session.ASIAN),  # a Saturday, for markets that never close
        ("2012-02-26 14:00:00", Session.ASIAN),
        ("2012-02-24 14:00:00", Session.OVERLAP),
    ],
)
def test_d_23_sessions_are_half_open(time: str, session: Session) -> None:
    """T-58."""
    assert session_of(at(time), RULES.session) is session


def test_hours_may_follow_a_time_zone() -> None:
    summer = ((at("2012-03-25 01:00:00"), 3_600), (at("2012-10-28 01:00:00"), 0))

    assert session_of(at("2012-07-02 07:30:00"), RULES.session, summer) is Session.LONDON
    assert session_of(at("2012-02-27 07:30:00"), RULES.session, summer) is Session.ASIAN
    assert session_of(at("2012-11-05 07:30:00"), RULES.session, summer) is Session.ASIAN


def volatility(before: Volatility, ratio: float) -> Volatility:
    atr = np.array([1.0] * 20 + [ratio])
    return regime_of(Regime(volatility=before), atr, np.full(21, 1.5), RULES.volatility, RULES.bands).volatility


@pytest.mark.parametrize(
    ("before", "ratio", "after"),
    [
        (Volatility.NORMAL, 0.71, Volatility.NORMAL),
        (Volatility.NORMAL, 0.69, Volatility.LOW),
        (Volatility.LOW, 0.73, Volatility.LOW),
        (Volatility.LOW, 0.74, Volatility.NORMAL),
        (Volatility.NORMAL, 1.29, Volatility.NORMAL),
        (Volatility.NORMAL, 1.31, Volatility.HIGH),
        (Volatility.HIGH, 1.24, Volatility.HIGH),
        (Volatility.HIGH, 1.23, Volatility.NORMAL),
        (Volatility.LOW, 1.31, Volatility.HIGH),
        (Volatility.HIGH, 0.69, Volatility.LOW),
        (Volatility.HIGH, 0.73, Volatility.NORMAL),
    ],
)
def test_volatility_is_left_some_way_behind_its_limit(before: Volatility, ratio: float, after: Volatility) -> None:
    assert volatility(before, ratio) is after


def test_d_23_the_ratio_is_to_the_mean_of_the_twenty_values_before() -> None:
    atr = np.array([9.0] * 10 + [1.0] * 20 + [2.0])

    assert regime_of(Regime(), atr, np.full(31, 1.5), RULES.volatility, RULES.bands).atr_ratio == 2.0


def test_with_too_few_bars_volatility_is_normal() -> None:
    atr = np.array([np.nan] * 14 + [1.0] * 19 + [5.0])

    found = regime_of(Regime(volatility=Volatility.HIGH), atr, np.full(34, 1.5), RULES.volatility, RULES.bands)
    assert (found.volatility, found.atr_ratio) == (Volatility.NORMAL, None)


def bands(before: Bands, last: float, others: float = 1.0) -> Regime:
    """A market whose bands were ``others`` wide, and are ``last`` times that at the end."""
    wave = np.array([1.5 + 0.001 * others * (-1) ** n for n in range(300)])
    wave[-20:] = 1.5 + 0.001 * others * last * np.array([(-1) ** n for n in range(20)])
    return regime_of(Regime(bands=before), np.full(300, 1.0), wave, RULES.volatility, RULES.bands)


@pytest.mark.parametrize(
    ("before", "last", "after"),
    [
        (Bands.TREND, 0.99, Bands.RANGE),
        (Bands.TREND, 1.01, Bands.TREND),
        (Bands.RANGE, 1.04, Bands.RANGE),
        (Bands.RANGE, 1.06, Bands.TREND),
    ],
)
def test_bands_are_narrow_against_their_own_past_and_stay_so_a_little_longer(before: Bands, last: float, after: Bands) -> None:
    assert bands(before, last).bands is after


def test_d_23_the_limit_is_the_percentile_of_the_last_two_hundred_widths() -> None:
    close = walk(9, 400, step=20).close
    found = regime_of(Regime(), np.full(400, 1.0), close, RULES.volatility, RULES.bands)
    widths = [4 * np.std(close[end - 20 : end]) / np.mean(close[end - 20 : end]) for end in range(201, 401)]

    assert found.width == pytest.approx(widths[-1])
    assert found.width_limit == pytest.approx(np.percentile(widths, 35))


@pytest.mark.parametrize(("count", "fallback"), [(218, True), (219, False)])
def test_with_a_short_past_the_limit_is_fixed(count: int, fallback: bool) -> None:
    found = regime_of(Regime(), np.full(count, 1.0), walk(9, count).close, RULES.volatility, RULES.bands)

    assert (found.width_limit == 0.004) is fallback


def test_with_fewer_bars_than_a_band_there_is_no_width() -> None:
    found = regime_of(Regime(bands=Bands.RANGE), np.full(19, 1.0), flat_bars([1.5] * 19).close, RULES.volatility, RULES.bands)

    assert (found.bands, found.width) == (Bands.TREND, None)
