"""
Swings, labels and breaks on bars drawn by hand; ATR is 1 throughout, so the buffers are 0.10 and 0.25.

D-01: a level is a swing that was confirmed before the bar. D-02: a change of character breaks the last protective swing of a
sequence. D-03: one event at a time, that ages and dies. T-50.
"""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.engine.signals.crafted import M15, MONDAY, RULES, mirrored, rows, walk

from dtms.engine.signals.chart import Chart
from dtms.engine.signals.structure import Buffers, Structure, StructureEvent, advanced, buffers, figure_of, label_of, protective
from dtms.names import Side
from dtms.settings_score import StructureSettings
from dtms.signal_names import EventKind, SwingLabel

RULE = RULES.structure
TIE = RULES.charts.tie
BUFFERS = Buffers(0.10, 0.25)

Row = tuple[float, float, float, float]


def leg(begin: float, end: float, bars: int = 4) -> list[Row]:
    """Bars without wicks from one price to another."""
    edges = np.linspace(begin, end, bars + 1).tolist()
    return [(a, max(a, b), min(a, b), b) for a, b in pairwise(edges)]


def zigzag(*turns: float) -> list[Row]:
    return [row for begin, end in pairwise(turns) for row in leg(begin, end)]


def closing(open_: float, close: float, wick: float = 0.0) -> Row:
    return (open_, max(open_, close) + wick, min(open_, close) - wick, close)


def history(drawn: list[Row], beyond: Buffers | None = BUFFERS, settings: StructureSettings = RULE) -> list[Structure]:
    chart = rows(drawn)
    structure = Structure()
    found = []
    for end in range(1, len(chart) + 1):
        structure = advanced(structure, chart.upto(end), beyond, settings, tie=TIE)
        found.append(structure)
    return found


def prices(structure: Structure) -> list[float]:
    return [swing.price for swing in structure.swings]


# Two higher highs and two higher lows; the last high is 14, the last low 12, and what was broken on the way is forgotten.
UP = [*zigzag(10, 12, 11, 13, 12, 14), *leg(14, 13.5, 12)]
RISEN = 13.5


def event_after(*more: Row, before: list[Row] = UP) -> StructureEvent | None:
    return history([*before, *more])[-1].event


def test_swings_alternate_and_are_confirmed_two_bars_later() -> None:
    found = history(zigzag(10, 12, 11, 13))

    assert prices(found[-1]) == [12, 11]
    assert [len(structure.swings) for structure in found] == [0] * 5 + [1] * 4 + [2] * 3


def test_a_flat_top_is_a_swing_at_its_first_bar() -> None:
    drawn = [*leg(10, 12), (12, 12, 11.9, 12), *leg(12, 11)]

    swings = history(drawn)[-1].swings
    assert [(swing.price, (swing.time - MONDAY) // M15) for swing in swings] == [(12, 3)]


def test_of_two_highs_in_a_row_the_higher_stays_and_of_equal_ones_the_first() -> None:
    dip = [(11.8, 11.85, 11.7, 11.8), (11.8, 11.9, 11.75, 11.85)]  # no swing low: its lows fall and rise too little
    lower = [*leg(10, 12), *dip, (11.85, 11.95, 11.8, 11.9), *leg(11.9, 11)]

    assert prices(history(lower)[-1]) == [12]

    double = zigzag(10, 12, 11.5, 12.4)
    double[6] = (11.75, 11.8, 11.6, 11.625)
    assert max(prices(history([*double, *leg(12.4, 11)])[-1])) == pytest.approx(12.4)


@pytest.mark.parametrize(
    ("before", "expected"),
    [
        pytest.param([*leg(10, 12), *leg(12, 11.5, 3)], [(True, 12), (False, 9), (True, 13)], id="after a high"),
        pytest.param([*leg(12, 10), *leg(10, 10.5, 3)], [(False, 10), (True, 13), (False, 9)], id="after a low"),
        pytest.param([(11, 11.1, 10.9, 11)] * 2, [(False, 9), (True, 13)], id="first of all, and it rises"),
    ],
)
def test_a_bar_that_is_both_gives_the_swing_opposite_to_the_last_one_first(
    before: list[Row], expected: list[tuple[bool, float]]
) -> None:
    swings = history([*before, (10.5, 13, 9, 11), *leg(11, 11.1, 3)])[-1].swings

    assert [(swing.high, swing.price) for swing in swings] == expected


def test_a_first_bar_that_is_both_and_goes_nowhere_gives_none() -> None:
    assert history([*[(11, 11.1, 10.9, 11)] * 2, (11, 13, 9, 11), *leg(11, 11.1, 3)])[-1].swings == ()


def test_the_label_needs_two_swings_of_either_side() -> None:
    assert history(zigzag(10, 12, 11, 13, 12.5))[-1].label is SwingLabel.MIXED
    assert history(UP)[-1].label is SwingLabel.UP
    assert history(zigzag(14, 12, 13, 11, 12, 10, 10.5))[-1].label is SwingLabel.DOWN
    assert history(zigzag(10, 12, 11, 13, 10.5, 14, 13.5))[-1].label is SwingLabel.MIXED  # higher high, lower low


def test_equal_swings_have_no_direction() -> None:
    assert history(zigzag(10, 12, 11, 12, 11, 12, 11.5))[-1].label is SwingLabel.MIXED


def test_d_01_a_close_beyond_the_last_swing_high_is_a_break_of_structure() -> None:
    event = event_after(closing(RISEN, 14.11))

    assert event is not None
    assert (event.kind, event.direction, event.level, event.age) == (EventKind.BOS, 1, 14, 0)
    assert figure_of(event, Side.BUY, RULE) == 3.0
    assert figure_of(event, Side.SELL, RULE) == -3.0


@pytest.mark.parametrize("close", [14.0, 14.1])
def test_a_close_within_the_buffer_breaks_nothing(close: float) -> None:
    assert event_after(closing(RISEN, close)) is None


def test_a_wick_breaks_nothing() -> None:
    """T-50."""
    assert event_after((RISEN, 15, 13.4, 13.9)) is None
    assert event_after((RISEN, 13.6, 11, 12.2)) is None


def test_d_01_a_spike_on_the_tested_bar_cannot_set_its_own_level() -> None:
    """T-50. The bar reaches far above and closes beyond the old high: the old high is the level."""
    event = event_after((RISEN, 19, 13.4, 14.5))

    assert event is not None
    assert event.level == 14


def test_d_02_a_close_below_the_last_higher_low_by_a_quarter_of_atr_changes_the_character() -> None:
    """T-50: 0.3 ATR below the higher low."""
    event = event_after(closing(RISEN, 11.7))

    assert event is not None
    assert (event.kind, event.direction, event.level) == (EventKind.CHOCH, -1, 12)
    assert figure_of(event, Side.BUY, RULE) == -3.0
    assert figure_of(event, Side.SELL, RULE) == 2.0


@pytest.mark.parametrize("close", [11.95, 11.8, 11.75])
def test_d_02_less_than_a_quarter_does_not(close: float) -> None:
    assert event_after(closing(RISEN, close)) is None


@pytest.mark.parametrize(("close", "direction", "level"), [(13.11, 1, 13), (10.39, -1, 10.5)])
def test_without_a_sequence_either_side_breaks_with_the_small_buffer(close: float, direction: int, level: float) -> None:
    mixed = zigzag(10, 12, 11, 13, 10.5, 12)  # higher high, lower low
    event = event_after(closing(12, close), before=mixed)

    assert event is not None
    assert (event.kind, event.direction, event.level, event.age) == (EventKind.BOS, direction, level, 0)


def test_a_swing_breaks_once() -> None:
    broken = [closing(RISEN, 14.2), closing(14.2, 14.4)]
    back = [closing(14.4, 13.7), closing(13.7, 14.5)]
    events = [structure.event for structure in history([*UP, *broken, *back])[-4:]]

    assert [None if event is None else event.age for event in events] == [0, 1, None, None]


def test_d_03_an_event_fades_over_eight_bars() -> None:
    quiet = [closing(14.2, 14.2, 0.01)] * 9
    figures = [figure_of(structure.event, Side.BUY, RULE) for structure in history([*UP, closing(RISEN, 14.2), *quiet])[-10:]]

    assert figures == pytest.approx([3 * (1 - age / 8) for age in range(8)] + [0, 0])


@pytest.mark.parametrize(("close", "alive"), [(14.0, True), (13.9, True), (13.89, False)])
def test_d_03_an_event_dies_when_the_price_closes_back_by_the_buffer(close: float, alive: bool) -> None:
    assert (event_after(closing(RISEN, 14.2), closing(14.2, close)) is not None) is alive


def test_d_03_a_later_event_replaces_the_earlier_and_nothing_adds_up() -> None:
    """CHOCH, then the next lower swing breaks too: one event, -3 and not -6."""
    down = [closing(RISEN, 11.7), *leg(11.7, 12.6), *leg(12.6, 11.2, 3)]
    found = history([*UP, *down])
    events = {(s.event.kind, s.event.level) for s in found if s.event is not None}
    last = found[-1].event

    assert (EventKind.CHOCH, 12) in events
    assert last is not None
    assert last.kind is EventKind.BOS
    assert figure_of(last, Side.BUY, RULE) == -3.0 * (1 - last.age / 8)


def test_a_replaced_event_does_not_come_back() -> None:
    """The earlier event would still be live when the later one dies."""
    drawn = [*UP, closing(RISEN, 14.2), closing(14.2, 11.7), closing(11.7, 12.2)]
    events = [structure.event for structure in history(drawn)[-3:]]

    assert [None if e is None else e.kind for e in events] == [EventKind.BOS, EventKind.CHOCH, None]


WEAK = (RISEN, 13.6, 11.0, 11.7)  # body 1.8 of a range of 2.6: 69 %
WEAKER = (12.5, 13.6, 11.0, 11.7)  # 31 %


@pytest.mark.parametrize(
    ("bars", "confirmed"),
    [
        pytest.param([WEAK], True, id="large body"),
        pytest.param([WEAKER], False, id="small body"),
        pytest.param([WEAKER, closing(11.7, 11.9)], True, id="small body, the next bar closes beyond the swing"),
        pytest.param([WEAKER, closing(11.7, 12.0)], False, id="the next bar closes on the swing"),
        pytest.param([WEAKER, closing(11.7, 12.05), closing(12.05, 11.8)], False, id="only the very next bar counts"),
        pytest.param([(13.0, 13.0, 11.0, 11.7)], True, id="body of 65 % exactly"),
        pytest.param([(10.4, 11.7, 10.0, 11.7)], True, id="the body needs no direction"),
    ],
)
def test_a_change_of_character_is_confirmed_by_a_large_body_or_the_next_close(bars: list[Row], confirmed: bool) -> None:
    event = event_after(*bars)

    assert event is not None
    assert event.kind is EventKind.CHOCH
    assert event.confirmed is confirmed


def test_an_unconfirmed_change_of_character_counts_in_full() -> None:
    assert figure_of(event_after(WEAKER), Side.BUY, RULE) == -3.0


@pytest.mark.parametrize(
    ("atr", "spread", "bos"),
    [
        pytest.param(1.0, 0.0, 0.10, id="no spread known"),
        pytest.param(1.0, 0.06, 0.12, id="two spreads"),
        pytest.param(1.0, 0.5, 0.20, id="a wide spread counts up to a fifth of atr"),
        pytest.param(2.0, -0.1, 0.20, id="crossed"),
    ],
)
def test_the_buffer_is_a_tenth_of_atr_or_two_spreads(atr: float, spread: float, bos: float) -> None:
    found = buffers(atr, spread, RULE)

    assert found.bos == pytest.approx(bos)
    assert found.choch == pytest.approx(0.25 * atr)


def test_without_buffers_swings_go_on_and_nothing_breaks() -> None:
    found = history([*UP, closing(RISEN, 15)], beyond=None)

    assert len(found[-1].swings) == 5
    assert found[-1].event is None


def test_the_protective_swing_is_the_last_on_the_losing_side() -> None:
    swings = history(UP)[-1].swings
    low, high = protective(swings, Side.BUY), protective(swings, Side.SELL)

    assert low is not None
    assert high is not None
    assert (low.price, high.price) == (12, 14)
    assert protective((), Side.BUY) is None


def literal_swings(chart: Chart) -> list[tuple[bool, float, int]]:
    """All swings of a chart, found from scratch."""
    high, low = chart.high.tolist(), chart.low.tolist()
    found: list[tuple[bool, float, int]] = []
    for i in range(2, len(chart) - 2):
        top = all(high[i] > high[j] for j in (i - 1, i - 2)) and all(high[i] >= high[j] for j in (i + 1, i + 2))
        bottom = all(low[i] < low[j] for j in (i - 1, i - 2)) and all(low[i] <= low[j] for j in (i + 1, i + 2))
        fresh = [(True, high[i], i)] * top + [(False, low[i], i)] * bottom
        rise = chart.close[i] - chart.open[i]
        if found[-1][0] if found else rise > 0:
            fresh.reverse()
        if not found and len(fresh) == 2 and rise == 0:
            continue
        for swing in fresh:
            if found and found[-1][0] is swing[0]:
                better = swing[1] > found[-1][1] if swing[0] else swing[1] < found[-1][1]
                found[-1:] = [swing] if better else [found[-1]]
            else:
                found.append(swing)
    return found


@given(st.integers(0, 100_000))
def test_bar_by_bar_the_swings_are_those_found_from_scratch(seed: int) -> None:
    chart = walk(seed, 120, step=3.0)  # small steps: many equal prices
    structure = Structure()
    for end in range(1, len(chart) + 1):
        structure = advanced(structure, chart.upto(end), Buffers(2e-4, 5e-4), StructureSettings(swings_kept=500), tie=TIE)
        if end % 40 == 0:
            found = [(s.high, s.price, (s.time - MONDAY) // 300_000) for s in structure.swings]
            assert found == literal_swings(chart.upto(end))


@given(st.integers(0, 100_000))
def test_mirrored_bars_give_the_mirrored_structure(seed: int) -> None:
    """T-50."""
    chart = walk(seed, 150, step=4.0)
    other = mirrored(chart, 1.5)
    here, there = Structure(), Structure()
    for end in range(1, len(chart) + 1):
        here = advanced(here, chart.upto(end), Buffers(2e-4, 5e-4), RULE, tie=TIE)
        there = advanced(there, other.upto(end), Buffers(2e-4, 5e-4), RULE, tie=TIE)
        assert figure_of(here.event, Side.BUY, RULE) == figure_of(there.event, Side.SELL, RULE)
        assert figure_of(here.event, Side.SELL, RULE) == figure_of(there.event, Side.BUY, RULE)
        assert [(s.high, s.broken) for s in here.swings] == [(not s.high, s.broken) for s in there.swings]


def test_the_label_of_no_swings_is_mixed() -> None:
    assert label_of((), TIE) is SwingLabel.MIXED
