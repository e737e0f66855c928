"""Quotes and bars as bytes: compared with what brute force makes of the same quotes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dtms.sim.feed import FAST_TICKS, RATE, TICK, Bar, BarStore, SymbolFeed, TickStore, pack_bars, unpack_bars

POINT = 0.00001
QUOTES = st.lists(
    st.tuples(
        st.integers(0, 400_000),  # ms since the quote before
        st.integers(109_000, 111_000),  # bid in points
        st.integers(-5, 40),  # spread in points; crossed ones too
    ),
    max_size=60,
)


def timed(quotes: list[tuple[int, int, int]], start: int = 1_700_049_600_000) -> list[tuple[int, float, float]]:
    result, at = [], start
    for wait, bid, spread in quotes:
        at += wait
        result.append((at, round(bid * POINT, 5), round((bid + spread) * POINT, 5)))
    return result


def by_brute_force(quotes: list[tuple[int, float, float]], timeframe_s: int) -> list[Bar]:
    bars = []
    for opened in sorted({msc // 1_000 // timeframe_s for msc, _, _ in quotes}):
        inside = [q for q in quotes if q[0] // 1_000 // timeframe_s == opened]
        bids = [bid for _, bid, _ in inside]
        least = min(round((ask - bid) / POINT) for _, bid, ask in inside)
        bars.append(Bar(opened * timeframe_s, bids[0], max(bids), min(bids), bids[-1], len(bids), least))
    return bars


@pytest.mark.parametrize("timeframe_s", [60, 300, 900, 1_800, 3_600, 86_400])
@pytest.mark.parametrize("asked_first", [True, False], ids=["from-the-start", "from-the-minutes"])
@given(quotes=QUOTES)
def test_bars_are_those_of_brute_force(timeframe_s: int, asked_first: bool, quotes: list[tuple[int, int, int]]) -> None:
    feed = SymbolFeed(100, POINT)
    if asked_first:
        feed.bars(timeframe_s)
    for server_msc, bid, ask in timed(quotes):
        feed.quote(server_msc, bid, ask, 6)

    assert unpack_bars(feed.bars(timeframe_s).copy(0, 1_000)) == by_brute_force(timed(quotes), timeframe_s)


@given(quotes=QUOTES, start=st.integers(0, 70), count=st.integers(0, 70))
def test_a_copy_is_a_part_of_the_whole_counted_from_the_newest(quotes: list[tuple[int, int, int]], start: int, count: int) -> None:
    store = BarStore(60)
    for server_msc, bid, _ in timed(quotes):
        store.quote(server_msc // 1_000, bid, 0)
    newest_first = list(reversed(unpack_bars(store.copy(0, 1_000))))

    assert list(reversed(unpack_bars(store.copy(start, count)))) == newest_first[start : start + count]


@given(quotes=QUOTES, ends=st.tuples(st.integers(-100, 30_000), st.integers(-100, 30_000)))
def test_a_range_has_the_bars_that_open_inside_it(quotes: list[tuple[int, int, int]], ends: tuple[int, int]) -> None:
    store = BarStore(60)
    for server_msc, bid, _ in timed(quotes):
        store.quote(server_msc // 1_000, bid, 0)
    begin, end = (1_700_049_600 + at for at in ends)
    inside = [bar for bar in unpack_bars(store.copy(0, 1_000)) if begin <= bar.time <= end]

    assert unpack_bars(store.copy_range(begin, end)) == inside


@given(quotes=QUOTES)
def test_bars_that_were_dumped_and_loaded_go_on_as_if_nothing_happened(quotes: list[tuple[int, int, int]]) -> None:
    whole, loaded = SymbolFeed(100, POINT), SymbolFeed(100, POINT)
    half = len(quotes) // 2
    for number, (server_msc, bid, ask) in enumerate(timed(quotes)):
        if number == half:
            loaded.load_bars(60, whole.bars(60).dump())
        whole.quote(server_msc, bid, ask, 6)
        if number >= half:
            loaded.quote(server_msc, bid, ask, 6)

    assert loaded.bars(60).dump() == whole.bars(60).dump()


def test_a_clock_put_back_adds_to_the_bar_that_forms() -> None:
    store = BarStore(60)
    store.quote(7_200, 1.1, 10)
    store.quote(3_600, 1.2, 10)

    assert unpack_bars(store.dump()) == [Bar(7_200, 1.1, 1.2, 1.1, 1.2, 2, 10)]


def test_packed_layouts_have_the_platform_s_sizes() -> None:
    assert (TICK.size, RATE.size) == (60, 60)
    bar = Bar(60, 1.0, 2.0, 0.5, 1.5, 7, -3)
    assert unpack_bars(pack_bars([bar])) == [bar]


def numbers(packed: bytes) -> list[float]:
    return [row[1] for row in TICK.iter_unpack(packed)]


def test_ticks_of_one_millisecond_are_all_there_from_that_millisecond_on() -> None:
    store = TickStore(100)
    for number, at in enumerate((5, 7, 7, 7, 9)):
        store.add(at, float(number + 1), 10.0, 6)

    assert numbers(store.copy(-1, 7, 100)) == [2.0, 3.0, 4.0, 5.0]
    assert numbers(store.copy(-1, 7, 2)) == [2.0, 3.0]
    assert numbers(store.copy(-1, 0, 2)) == [4.0, 5.0]
    assert numbers(store.copy(-1, 8, 0)) == [5.0]
    assert (store.copy(-1, 10, 5), store.copy(2, 0, 5)) == (b"", b"")


@pytest.mark.parametrize("count", [1, 10, 11, 20, 21, 57])
def test_at_least_the_last_quotes_are_kept(count: int) -> None:
    store = TickStore(10)
    for number in range(1, count + 1):
        store.add(number, float(number), 100.0, 6)

    assert numbers(store.copy(-1, 0, 10)) == [float(n) for n in range(max(count - 9, 1), count + 1)]
    assert len(store) <= 20
    assert len(store.dump()) <= 10 * TICK.size


def test_a_copy_from_beyond_the_fast_cache_is_counted() -> None:
    store = TickStore(10_000)
    for number in range(FAST_TICKS + 10):
        store.add(number + 1, 1.0, 1.0, 6)
    store.copy(-1, 0, FAST_TICKS)
    store.copy(-1, 11, 1)
    assert store.slow_reads == 0
    store.copy(-1, 10, 1)

    assert store.slow_reads == 1
