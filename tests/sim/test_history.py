"""
Price files as closed bars, and the market at each of their closes.

Readings 37 to 39: modelled volume, crossed quotes kept, bars of one timeframe standing for both. Nothing looks ahead.
"""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from dtms.settings_score import SignalSettings
from dtms.sim.history import M1_MS, M5_MS, M15_MS, SCORE_COLUMNS, Close, History, closes, history_of, score_row
from dtms.sim.prices import PricePoint, PriceSeries, read_prices

RULES = SignalSettings()
NOON = 1_330_344_000_000  # Monday, 2012-02-27 12:00 UTC
POINT = 1e-5


def minutes(bars: list[tuple[int, float, float, float, float]], spread: float = 0.0001) -> PriceSeries:
    """A series from M1 bars (minute, open, high, low, close), as the price reader turns them into quotes."""
    points = [
        PricePoint(NOON + minute * M1_MS + 15_000 * place, price, round(price + spread, 5))
        for minute, *prices in bars
        for place, price in enumerate(prices)
    ]
    return PriceSeries("made", points, 5, "modelled", bar_s=60)


def drawn(seed: int, count: int, gap: bool = False) -> list[tuple[int, float, float, float, float]]:
    random = np.random.default_rng(seed)
    found = []
    minute, price = 0, 1.5
    for _ in range(count):
        close = round(price + float(random.normal(0, 2e-4)), 5)
        up, down = np.abs(random.normal(0, 1e-4, 2))
        found.append((minute, price, round(max(price, close) + float(up), 5), round(min(price, close) - float(down), 5), close))
        price = close
        minute += 1 if not gap or random.random() < 0.7 else int(random.integers(2, 40))
    return found


@given(st.integers(0, 10_000), st.integers(1, 120))
def test_minutes_become_bars_on_bid_with_the_modelled_volume(seed: int, count: int) -> None:
    """Reading 37, against a literal count."""
    source = drawn(seed, count, gap=True)
    history = history_of(minutes(source), "GBPUSD")
    end = source[-1][0] + 1
    for chart, length in ((history.fast, 5), (history.slow, 15)):
        expected = []
        for first in sorted({m // length * length for m, *_ in source}):
            rows = [row for row in source if first <= row[0] < first + length]
            if first + length <= end:
                volume = sum(1 + round((row[2] - row[3]) / POINT) for row in rows)
                extremes = (max(row[2] for row in rows), min(row[3] for row in rows))
                expected.append((NOON + first * M1_MS, rows[0][1], *extremes, rows[-1][4], volume))
        columns = (chart.time, chart.open, chart.high, chart.low, chart.close, chart.volume)
        assert list(zip(*(column.tolist() for column in columns), strict=True)) == expected
    assert len(history.spreads) == len(history.fast)
    assert history.spreads == pytest.approx(0.0001)
    assert any("no volume" in note for note in history.notes)


def test_a_bar_that_had_not_ended_with_the_file_is_none() -> None:
    history = history_of(minutes(drawn(1, 14)), "GBPUSD")

    assert (len(history.fast), len(history.slow)) == (2, 0)
    assert len(history_of(minutes(drawn(1, 15)), "GBPUSD").slow) == 1


def test_crossed_quotes_are_kept_and_said() -> None:
    """Reading 38."""
    history = history_of(minutes(drawn(1, 15), spread=-0.0001), "GBPUSD")

    assert history.spreads == pytest.approx(-0.0001)
    assert any("ask below the bid" in note for note in history.notes)


def slow_series(count: int) -> PriceSeries:
    source = drawn(3, count)
    points = [
        PricePoint(NOON + number * M15_MS + 225_000 * place, price, price)
        for number, (_, *prices) in enumerate(source)
        for place, price in enumerate(prices)
    ]
    return PriceSeries("made", points, 5, "modelled", bar_s=900, volumes=tuple(range(1, count + 1)))


def test_bars_without_a_fast_timeframe_use_their_own_and_say_so() -> None:
    """Reading 39."""
    history = history_of(slow_series(60), "USOIL")
    found = list(closes(history, RULES))

    assert history.fast is history.slow
    assert history.fast.volume.tolist() == list(range(1, 61))
    assert any("no M5 bars" in note for note in history.notes)
    assert all(close.slow for close in found)
    assert len(found) == 60
    last = found[-1].evidence
    assert last.fast is not None
    assert last.fast.own
    assert last.spread_median == 0.0  # no ask was recorded, so no spread was


def test_quotes_become_bars_and_an_order_flow() -> None:
    points = [PricePoint(NOON + 10_000 * n + 1, 1.5 + 0.0001 * (n % 3), 1.5002 + 0.0001 * (n % 3)) for n in range(1_000)]
    found = list(closes(history_of(PriceSeries("made", points, 5, None), "EURUSD"), RULES))

    assert [close.time for close in found] == [NOON + M5_MS * (n + 1) for n in range(33)]
    assert [close.slow for close in found] == [(n + 1) % 3 == 0 for n in range(33)]
    assert found[5].evidence.flow.buys == 20.0  # of 30 quotes in five minutes two in three rise
    assert found[5].evidence.flow.sells == 10.0
    assert found[11].evidence.flow.z is not None
    assert found[10].evidence.flow.z is None
    assert found[0].evidence.fast is not None
    assert found[0].evidence.fast.vwap is not None


@hypothesis_settings(max_examples=8)
@given(st.integers(0, 1_000), st.integers(400, 500))
def test_truncating_the_future_changes_no_past_close(seed: int, cut: int) -> None:
    source = drawn(seed, 600, gap=True)
    whole = list(closes(history_of(minutes(source), "GBPUSD"), RULES))
    truncated = list(closes(history_of(minutes(source[:cut]), "GBPUSD"), RULES))

    assert truncated == whole[: len(truncated)]
    assert len(truncated) > 20


def test_the_spread_median_knows_the_closes_so_far() -> None:
    found = list(closes(history_of(minutes(drawn(1, 60)), "GBPUSD"), RULES))
    medians = [close.evidence.spread_median for close in found]

    assert medians[:9] == [0.0] * 9
    assert medians[9] == pytest.approx(0.0001)


def test_a_row_shows_what_is_there_and_leaves_the_rest_blank() -> None:
    found = [close for close in closes(history_of(minutes(drawn(2, 15 * 30)), "GBPUSD"), RULES) if close.slow]
    first, last = (dict(zip(SCORE_COLUMNS, score_row(close), strict=True)) for close in (found[0], found[-1]))

    assert SCORE_COLUMNS[:3] == ("time", "structure_buy", "structure_sell")
    assert first["time"] == str(NOON // 1_000 + 900)
    assert {name for name, value in first.items() if value} == {
        "time", "vwap_volume_buy", "vwap_volume_sell", "coverage", "session", "vol", "vwap_distance",
    }  # fmt: skip
    assert first["S_buy"] == ""
    assert last["S_buy"] != ""
    assert float(last["S_buy"]) == found[-1].buy.total
    assert last["delta_pressure_buy"] == last["momentum_buy"] == ""
    assert (first["session"], first["vol"], last["struct"]) == ("LONDON", "NORMAL", "RANGE")
    assert float(last["atr15"]) > 0


def all_closes(history: History) -> list[Close]:
    return list(closes(history, RULES))


@pytest.mark.market_data
def test_over_a_few_hours_of_quotes_the_score_stays_invalid(market_data: Path) -> None:
    """Too little history: no total ever, and so nothing that could look like a recovery."""
    found = all_closes(history_of(read_prices(market_data / "EURUSD_ticks_2019-01-01.csv"), "EURUSD"))

    assert len(found) == 31
    assert all(close.buy.total is None and close.sell.total is None for close in found)
    assert found[-1].evidence.flow.z is not None


@pytest.mark.market_data
def test_over_recorded_minutes_every_group_says_something_and_scores_stay_in_bounds(market_data: Path) -> None:
    found = [
        close for close in all_closes(history_of(read_prices(market_data / "GBPUSD_M1_2012-02.csv.gz"), "GBPUSD")) if close.slow
    ]
    figures: dict[str, set[float]] = {}
    for close in found:
        for group in (*close.buy.groups, *close.sell.groups):
            if group.figure is not None:
                figures.setdefault(group.group.value, set()).add(group.figure)
        assert close.buy.total is None or abs(close.buy.total) <= 11.5 * 1.5

    assert set(figures) == {"structure", "vwap_volume", "momentum", "ema_alignment", "candle_conviction"}  # no quotes: no pressure
    assert all(min(values) < 0 < max(values) for values in figures.values())
    assert sum(close.buy.total is None for close in found) < 25  # the first twenty bars
