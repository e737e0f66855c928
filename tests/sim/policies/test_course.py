"""The quick way through the prices gives what stepping through every quote gives, and nothing that is to come is seen."""

from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.sim.policies.made import MINUTE, MONDAY, minutes, quotes, run, spec_of, trade

from dtms.names import Side
from dtms.sim.policies.course import Course, Levels, Point, Tracks
from dtms.sim.policies.entries import random_entries
from dtms.sim.policies.history import History, make_history
from dtms.sim.policies.pilot import BarClosed, Closes, Policy
from dtms.sim.policies.replay import Replay
from dtms.sim.policies.simple import Alone, AtrTrail, BreakEven, gap_flat
from dtms.sim.prices import PriceSeries, read_prices

TICK = 1e-5
RULES: list[Policy] = [Alone, BreakEven, AtrTrail]


Step = tuple[int, int, int, int]
steps = st.lists(
    st.tuples(st.integers(-30, 30), st.integers(-30, 30), st.integers(0, 25), st.integers(0, 25)), min_size=1, max_size=40
)


def walk(moves: list[Step]) -> History:
    """Some 500 minute bars of a walk in steps of several ticks, with jumps between bars."""
    bars, price = [], 110_000
    for gap, body, above, below in moves * (500 // len(moves)):
        begin = max(price + gap // 4, 50_000)
        end = begin + body
        prices = begin, max(begin, end) + above, min(begin, end) - below, end
        bars.append((prices[0] / 100_000, prices[1] / 100_000, prices[2] / 100_000, prices[3] / 100_000))
        price = end
    return minutes(*bars)


@settings(max_examples=20)
@given(
    moves=steps,
    at=st.integers(300, 480),
    side=st.sampled_from(Side),
    distance=st.integers(5, 400),
    latency=st.sampled_from([0, 7_000]),
)
def test_the_quick_way_gives_what_every_quote_gives(moves: list[Step], at: int, side: Side, distance: int, latency: int) -> None:
    history = walk(moves)
    index = history.at_or_after(MONDAY + at * MINUTE)
    price = float(history.ask[index] if side is Side.BUY else history.bid[index])
    away = side.direction * distance * TICK + (2e-4 * side.direction)
    entry = trade(history, side, price, round(price - away, 5), round(price + 2 * away, 5), at=at * MINUTE)
    for rule in [*RULES, gap_flat(history)]:
        assert run(history, entry, rule, latency_ms=latency) == run(history, entry, rule, latency_ms=latency, every=True)


@settings(max_examples=40)
@given(below=st.integers(2, 300), above=st.integers(2, 300), share=st.floats(0, 1))
def test_a_level_inside_a_bar_is_met_exactly(below: int, above: int, share: float) -> None:
    low, high = round(1.1 - below * TICK, 5), round(1.1 + above * TICK, 5)
    history = minutes((1.1, 1.1, 1.1, 1.1), (1.1, high, low, 1.1))
    under = round(1.1 - (1 + int(share * (below - 2))) * TICK, 5)
    over = round(1.1 + (1 + int(share * (above - 2))) * TICK, 5)
    for levels, wanted in ((Levels(low_bid=[under]), under), (Levels(high_bid=[over]), over)):
        course = Course(Tracks(history), 0)
        assert course.advance(Levels(), 4) is not None  # the second bar's open
        point = course.advance(levels, len(history))
        assert point is not None
        assert point.bid == wanted
        assert point.ask >= point.bid


def test_points_come_in_order_of_time_and_each_bar_is_told_once() -> None:
    history = minutes(*[(1.1, 1.1002, 1.0998, 1.1)] * 46)
    course = Course(Tracks(history), 0)
    points: list[Point] = []
    while (point := course.advance(Levels(), len(history) - 1, Closes.FAST)) is not None:
        points.append(point)

    assert [p.closed for p in points if p.closed] == [BarClosed(i, i // 3 if i % 3 == 2 else None) for i in range(9)]
    assert all(a.time < b.time for a, b in pairwise(points))


def test_a_level_that_stays_met_does_not_hide_the_stop_behind_it() -> None:
    history = minutes((1.1, 1.1, 1.1, 1.1), (1.1, 1.1001, 1.0950, 1.0951))
    course = Course(Tracks(history), 0)
    course.advance(Levels(), 0)
    levels = Levels(low_bid=[1.1, 1.0980])  # the first is met all the time
    bids = []
    while (point := course.advance(levels, len(history))) is not None:
        bids.append(point.bid)

    assert 1.0980 in bids


def test_of_recorded_quotes_only_those_that_came_are_seen() -> None:
    history = quotes((0, 1.1, 1.1001), (10, 1.1002, 1.1003), (20, 1.0, 1.0001))
    course = Course(Tracks(history), 0)

    assert course.advance(Levels(low_bid=[1.05]), 99) == Point(MONDAY + 20, 1.0, 1.0001, 2, None)


def _truncated(series: PriceSeries, count: int) -> PriceSeries:
    volumes = series.volumes[: count // 4]
    return PriceSeries(series.source, series.points[:count], series.digits, series.modelled, series.bar_s, volumes)


@pytest.mark.market_data
@pytest.mark.parametrize(("file", "symbol"), [("GBPUSD_M1_2012-02.csv.gz", "GBPUSD"), ("USOIL_M15_part1.csv", "USOIL")])
def test_recorded_prices_go_the_quick_way_as_they_go_step_by_step(market_data: Path, file: str, symbol: str) -> None:
    series = _truncated(read_prices(market_data / file), 24_000)
    history = make_history(series, spec_of(symbol, series.digits))
    tracks = Tracks(history)
    for entry in random_entries(history, 12, 3):
        for rule in [*RULES, gap_flat(history)]:
            assert Replay(tracks, entry, rule).run() == Replay(tracks, entry, rule, every=True).run()


@pytest.mark.market_data
def test_cutting_the_future_off_changes_nothing_that_was_done_before(market_data: Path) -> None:
    series = _truncated(read_prices(market_data / "GBPUSD_M1_2012-02.csv.gz"), 40_000)
    whole = make_history(series, spec_of("GBPUSD"))
    cut = make_history(_truncated(series, 32_000), spec_of("GBPUSD"))
    entries = [entry for entry in random_entries(whole, 2_000, 5) if len(cut) - 1_200 < entry.index < len(cut) - 1]
    last = int(cut.times[-1])
    before = 0
    for entry in entries:
        for rule in (AtrTrail, BreakEven):
            known = [act for act in Replay(Tracks(whole), entry, rule).run().acts if act.time <= last]
            assert list(Replay(Tracks(cut), entry, rule).run().acts) == known
            before += len(known)

    assert before > 50
