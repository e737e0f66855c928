"""Closed bars: each once, in order, only real ones; gaps are noticed. D-16, D-22; T-52."""

import math

import numpy as np
import pytest
from tests.engine.signals.crafted import M5, M15, MONDAY, bar, walk

from dtms.engine.signals.chart import BadBar, Bar, Bars, empty_chart

PLAIN = bar(MONDAY, 1.0, 1.2, 0.9, 1.1)


def numbered(number: int, close: float = 1.1) -> Bar:
    return PLAIN._replace(time=MONDAY + number * M5, close=close)


def filled(*numbers: int, keep: int = 100) -> Bars:
    bars = Bars(M5, keep, gap_periods=2.0)
    for number in numbers:
        bars.add(numbered(number))
    return bars


def times(bars: Bars) -> list[int]:
    return [(time - MONDAY) // M5 for time in bars.chart.time.tolist()]


@pytest.mark.parametrize("field", ["open", "high", "low", "close", "volume"])
@pytest.mark.parametrize("value", [math.nan, math.inf, -1.0])
def test_what_no_market_can_have_made_is_refused(field: str, value: float) -> None:
    with pytest.raises(BadBar):
        filled(0).add(Bar(**{**PLAIN._asdict(), field: value}))


@pytest.mark.parametrize("wrong", [{"high": 1.05}, {"low": 1.05}, {"low": 0.0, "open": 0.0}])
def test_extremes_must_hold_open_and_close(wrong: dict[str, float]) -> None:
    with pytest.raises(BadBar):
        filled().add(Bar(**{**PLAIN._asdict(), **wrong}))


def test_d_16_a_bar_that_is_sent_again_replaces_the_earlier_copy() -> None:
    """T-52: what was taken for a closed bar and was not is corrected, and never stands beside itself."""
    bars = filled(0, 1, 2)
    before = bars.chart
    bars.add(numbered(1, close=1.15))

    assert times(bars) == [0, 1, 2]
    assert bars.chart.close.tolist() == [1.1, 1.15, 1.1]
    assert before.close.tolist() == [1.1, 1.1, 1.1]  # a view stays what it was


@pytest.mark.parametrize(
    ("bar", "revises"),
    [
        (numbered(1), False),  # there already
        (numbered(1, close=1.15), True),
        (numbered(4, close=1.15), True),  # the last one
        (numbered(2), True),  # missing so far
        (numbered(5), False),
        (numbered(-1), False),  # older than everything that is looked at
    ],
)
def test_a_bar_that_changes_what_was_known_is_told_from_the_next_one(bar: Bar, revises: bool) -> None:
    assert filled(0, 1, 3, 4).revises(bar) is revises
    assert not filled().revises(bar)


def test_bars_stand_in_the_order_of_their_times() -> None:
    bars = filled(0, 3, 1)
    bars.add(numbered(2))

    assert times(bars) == [0, 1, 2, 3]


@pytest.mark.parametrize("keep", [1, 3, 7])
def test_the_last_so_many_are_kept_however_many_come(keep: int) -> None:
    bars = Bars(M5, keep, gap_periods=2.0)
    views = []
    for number in range(50):
        bars.add(numbered(number))
        views.append((number, bars.chart))

    for number, chart in views:
        assert ((chart.time - MONDAY) // M5).tolist() == list(range(max(number - keep + 1, 0), number + 1))


@pytest.mark.parametrize(("jump", "gapped"), [(1, False), (2, False), (3, True)])
def test_d_22_a_jump_by_more_than_two_periods_is_a_gap_until_the_terminal_was_asked(jump: int, gapped: bool) -> None:
    bars = filled(0, jump, jump + 1)

    assert bars.chart.gapped is gapped
    assert bars.chart.last(1).gapped is gapped
    bars.backfill([numbered(1), numbered(jump)])
    assert not bars.chart.gapped


def test_d_22_a_gap_that_the_terminal_confirms_is_none() -> None:
    """A weekend: there are no bars to fill it with."""
    bars = filled(0, 500)
    bars.backfill([])

    assert not bars.chart.gapped
    assert times(bars) == [0, 500]


def test_a_backfill_with_a_bad_bar_changes_nothing() -> None:
    bars = filled(0, 5)
    with pytest.raises(BadBar):
        bars.backfill([numbered(1), PLAIN._replace(close=math.nan)])

    assert times(bars) == [0, 5]
    assert bars.chart.gapped


def test_views_are_cut_where_they_should_be() -> None:
    chart = walk(1, 30)

    assert chart.upto(20).close.tolist() == chart.close[:20].tolist()
    assert chart.last(5).low.tolist() == chart.low[-5:].tolist()
    assert chart.window(20, 5).volume.tolist() == chart.volume[15:20].tolist()
    assert chart.last(100) is chart
    assert chart.closed_at() == MONDAY + 30 * M5
    assert chart.closed_at(0) == MONDAY + M5


def test_an_empty_chart_has_no_bars() -> None:
    assert len(empty_chart(M15)) == 0
    assert empty_chart(M15).sound


def test_a_nan_or_an_infinity_makes_a_chart_unsound() -> None:
    for value in (np.nan, np.inf):
        chart = walk(1, 30)
        chart.low[3] = value
        assert not chart.sound
