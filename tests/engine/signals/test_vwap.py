"""
VWAP against brute force, the cross counter, and the flip.

D-14, D-15, D-17, D-18, D-19; T-51.
"""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.engine.signals.crafted import DAY, M5, MONDAY, RULES, bar, walk

from dtms.engine.signals.chart import Bar, Bars, Chart, chart_of
from dtms.engine.signals.vwap import Cross, Vwap, crossed, flip_figure, vwap_of
from dtms.names import Side
from dtms.settings_score import VwapSettings

RULE = RULES.vwap
TIE = RULES.charts.tie


def brute(bars: list[Bar]) -> float | None:
    """Every bar of the day of the last one, each once."""
    day = bars[-1].time // DAY
    today = {b.time: b for b in bars if b.time // DAY == day}.values()
    volume = sum(b.volume for b in today)
    return sum((b.high + b.low + b.close) / 3 * b.volume for b in today) / volume if volume > 0 else None


def bars_of(chart: Chart) -> list[Bar]:
    columns = (chart.time, chart.open, chart.high, chart.low, chart.close, chart.volume)
    return [Bar(*row) for row in zip(*(column.tolist() for column in columns), strict=True)]


def taken(cross: Cross, close: float, value: float | None, slope: float | None = None, threshold: float | None = 0.001) -> Cross:
    return crossed(cross, close, Vwap(value, slope), threshold, RULE, tie=TIE)


@given(seed=st.integers(0, 10_000), data=st.data())
def test_d_15_vwap_is_the_brute_force_value_after_any_refresh_pattern(seed: int, data: st.DataObject) -> None:
    """T-51. Bars come late, twice, out of order, corrected, as single bars and as backfill: each counts once, in its last form."""
    source = bars_of(walk(seed, 40, begin=MONDAY + DAY - 20 * M5))
    there: dict[int, Bar] = {}
    buffer = Bars(M5, keep=40, gap_periods=2.0)
    for _ in range(data.draw(st.integers(1, 12))):
        begin = data.draw(st.integers(0, 39))
        some = source[begin : begin + data.draw(st.integers(1, 12))]
        if data.draw(st.booleans()):
            some = [b._replace(volume=data.draw(st.sampled_from([0.0, 1.0, 77.0]))) for b in some]
        if data.draw(st.booleans()):
            buffer.backfill(some)
        else:
            for each in data.draw(st.permutations(some)):
                buffer.add(each)
        there |= {b.time: b for b in some}
        expected = brute([there[time] for time in sorted(there)])
        found = vwap_of(buffer.chart, 1.0, RULE).value
        assert found == (None if expected is None else pytest.approx(expected, rel=1e-12))


def test_d_17_without_volume_there_is_no_vwap_and_nothing_is_against_anybody() -> None:
    chart = chart_of(M5, [bar(MONDAY + n * M5, 1.0, 1.1, 0.9, 1.05, volume=0.0) for n in range(5)])

    assert vwap_of(chart, 0.1, RULE) == Vwap(None, None)
    assert taken(Cross(above=3), 1.05, None) == Cross(above=3)


def test_d_17_the_day_begins_at_midnight_utc_by_the_open_of_the_bar() -> None:
    before = bar(MONDAY + DAY - M5, 1.0, 1.0, 1.0, 1.0)  # closes at midnight
    first = bar(MONDAY + DAY, 2.0, 2.0, 2.0, 2.0)

    assert vwap_of(chart_of(M5, [before]), 1.0, RULE).value == 1.0
    assert vwap_of(chart_of(M5, [before, first]), 1.0, RULE).value == 2.0


def test_the_day_may_begin_at_another_time() -> None:
    late = VwapSettings(anchor_s=22 * 3_600)
    chart = chart_of(M5, [bar(MONDAY + 22 * 3_600_000 - M5, 1.0, 1.0, 1.0, 1.0), bar(MONDAY + 22 * 3_600_000, 2.0, 2.0, 2.0, 2.0)])

    assert vwap_of(chart, 1.0, late).value == 2.0
    assert vwap_of(chart, 1.0, RULE).value == 1.5


def test_d_14_the_slope_is_that_of_vwap_and_unknown_in_the_first_three_bars_of_a_day() -> None:
    chart = walk(3, 60, begin=MONDAY + DAY - 30 * M5)
    bars = bars_of(chart)
    for end in range(31, 34):
        assert vwap_of(chart.upto(end), 0.002, RULE).slope is None
    for end in (34, 47, 60):
        now, before = brute(bars[:end]), brute(bars[: end - 3])
        assert now is not None
        assert before is not None
        assert vwap_of(chart.upto(end), 0.002, RULE).slope == pytest.approx((now - before) / 0.002, abs=1e-9)


def test_without_atr_there_is_no_slope() -> None:
    assert vwap_of(walk(3, 30), None, RULE).slope is None


def test_d_18_the_counter_counts_closes_in_a_row_and_a_close_on_the_other_side_resets_it() -> None:
    cross = Cross()
    seen = []
    for close in (1.1, 1.1, 1.0, 1.1, 0.9, 0.9):
        cross = taken(cross, close, 1.0)
        seen.append((cross.above, cross.below))

    assert seen == [(1, 0), (2, 0), (2, 0), (3, 0), (0, 1), (0, 2)]  # a close exactly on VWAP leaves it


def test_d_18_the_counter_stops_at_twenty() -> None:
    cross = Cross()
    for _ in range(50):
        cross = taken(cross, 0.9, 1.0)

    assert cross.below == 20


T = 0.001  # so the distance must be half of it


@pytest.mark.parametrize(
    ("before", "close", "slope", "flipped"),
    [
        pytest.param(Cross(below=1), 0.99949, -0.05, True, id="counter, distance and slope just there"),
        pytest.param(Cross(below=0), 0.9990, -0.50, False, id="the first close below"),
        pytest.param(Cross(below=5), 0.9996, -0.50, False, id="too near to vwap"),
        pytest.param(Cross(below=5), 0.9990, -0.049, False, id="too flat"),
        pytest.param(Cross(below=5), 0.9990, 0.50, False, id="slope the other way"),
        pytest.param(Cross(below=5), 0.9990, None, False, id="slope unknown"),
        pytest.param(Cross(below=5, down=True), 0.9999, -0.035, True, id="held: near, but not flat"),
        pytest.param(Cross(below=5, down=True), 0.9990, -0.0349, False, id="let go: flat"),
        pytest.param(Cross(below=5, down=True), 1.0001, -0.5, False, id="let go: a close above"),
        pytest.param(Cross(below=5, down=True), 0.9990, None, False, id="let go: slope unknown"),
        pytest.param(Cross(below=5, down=True), 0.9990, 0.5, True, id="held: only the counter or a flat slope let it go"),
        pytest.param(Cross(below=5, down=True), 1.0, -0.5, True, id="held: a close on vwap leaves the counter"),
    ],
)
def test_d_19_the_flip_is_signed_and_a_latch(before: Cross, close: float, slope: float | None, flipped: bool) -> None:
    down = taken(before, close, 1.0, slope, T)
    up = taken(Cross(above=before.below, up=before.down), 2.0 - close, 1.0, None if slope is None else -slope, T)

    assert down.down is flipped
    assert not down.up
    assert up.up is flipped
    assert not up.down


def test_without_a_slow_bar_yet_nothing_flips() -> None:
    assert not taken(Cross(below=5), 0.5, 1.0, -1.0, None).down


def test_a_flip_costs_two_and_one_in_favour_earns_one() -> None:
    assert flip_figure(Cross(down=True), Side.BUY, RULE) == -2.0
    assert flip_figure(Cross(down=True), Side.SELL, RULE) == 1.0
    assert flip_figure(Cross(up=True), Side.SELL, RULE) == -2.0
    assert flip_figure(Cross(), Side.BUY, RULE) == 0.0


def test_a_nan_among_the_prices_leaves_no_vwap() -> None:
    chart = chart_of(M5, [bar(MONDAY, 1.0, 1.0, 1.0, math.nan)])

    assert vwap_of(chart, 1.0, RULE).value is None


def test_before_the_first_close_nothing_was_counted() -> None:
    assert taken(Cross(), 0.9, 1.0) == Cross(below=1)
    assert taken(Cross(), 1.1, 1.0) == Cross(above=1)
