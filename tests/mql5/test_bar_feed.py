"""
Bars: each closed one once and never the forming one; the past on request, in parts.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.mql5.support import OFFSET_MS, T0, Harness, running

from dtms.sim.feed import Bar
from dtms.wire.messages import BarClosed, Bars, BarsRequest, Subscribe

MINUTE_MS = 60_000
SERVER_S = (T0 + OFFSET_MS) // 1_000


@pytest.fixture
def life(tmp_path: Path) -> Iterator[Harness]:
    with running(tmp_path) as harness:
        yield harness


def a_minute_with(life: Harness, *bids: float) -> None:
    """Quotes in the present minute, and the beginning of the next one."""
    for bid in bids:
        life.quote(bid=bid)
        life.advance(100)
    life.advance(MINUTE_MS - 100 * len(bids), step=500)


def past(count: int) -> list[Bar]:
    """Minute bars that end before the run."""
    return [Bar(SERVER_S - 60 * (count - i), 1.1, 1.2, 1.0, 1.1 + i * 1e-5, 10 + i, 3) for i in range(count)]


def parts_of(life: Harness, request_id: int) -> list[Bars]:
    """All parts of an answer."""
    first = life.wait_for(Bars, lambda bars: bars.request_id == request_id)
    life.until(lambda: len([b for b in life.router.of(Bars) if b.request_id == request_id]) == first.parts)
    return [bars for bars in life.router.of(Bars) if bars.request_id == request_id]


def ask(
    life: Harness, request_id: int, *, symbol: str = "EURUSD", timeframe: int = 1, count: int = 0, from_ms: int = 0
) -> list[Bars]:
    life.router.send(BarsRequest(request_id=request_id, symbol=symbol, timeframe=timeframe, count=count, from_ms=from_ms))
    return parts_of(life, request_id)


def test_each_closed_bar_is_told_once_when_the_next_one_begins(life: Harness) -> None:
    life.router.send(Subscribe(symbols=["EURUSD"], timeframes=[1]))
    life.settle()
    life.advance(1_000)
    a_minute_with(life, 1.2, 1.3, 1.05, 1.15)
    assert life.router.of(BarClosed) == []

    life.quote(bid=1.16)
    life.until(lambda: life.router.of(BarClosed))
    life.advance(20_000, step=100)

    (told,) = life.router.of(BarClosed)
    assert (told.symbol, told.timeframe) == ("EURUSD", 1)
    assert told.bar.ts_open == T0 + OFFSET_MS
    assert (told.bar.open, told.bar.high, told.bar.low, told.bar.close) == (1.1, 1.3, 1.05, 1.15)
    assert told.bar.tick_volume == 5


def test_bars_that_closed_during_a_pause_are_all_told_in_order(life: Harness) -> None:
    life.router.send(Subscribe(symbols=["EURUSD"], timeframes=[1]))
    life.settle()
    life.advance(1_000)
    for minute in range(1, 31):
        life.now += MINUTE_MS
        life.quote(bid=round(1.1 + minute * 1e-4, 5))
    life.program.set_clock_ms(life.now)
    life.until(lambda: len(life.router.of(BarClosed)) == 30)
    life.settle()

    opened = [told.bar.ts_open for told in life.router.of(BarClosed)]
    assert opened == [T0 + OFFSET_MS + i * MINUTE_MS for i in range(30)]


def test_every_subscribed_timeframe_has_its_bars(life: Harness) -> None:
    life.router.send(Subscribe(symbols=["EURUSD"], timeframes=[1, 5, 7]))
    life.settle()
    life.advance(1_000)
    for _ in range(6):
        a_minute_with(life, 1.2)
    life.quote(bid=1.3)
    life.until(lambda: len(life.router.of(BarClosed)) >= 7)
    life.settle()

    told = [(bar.timeframe, bar.bar.ts_open - T0 - OFFSET_MS) for bar in life.router.of(BarClosed)]
    assert sorted(told) == [*((1, i * MINUTE_MS) for i in range(6)), (5, 0)]


def test_a_bar_is_not_told_again_after_a_new_subscription(life: Harness) -> None:
    life.router.send(Subscribe(symbols=["EURUSD"], timeframes=[1]))
    life.settle()
    life.advance(1_000)
    a_minute_with(life, 1.2)
    life.quote(bid=1.3)
    life.until(lambda: life.router.of(BarClosed))

    life.router.send(Subscribe(symbols=["EURUSD"], timeframes=[1, 5]))
    life.settle()
    life.advance(3_000)

    assert len(life.router.of(BarClosed)) == 1


def test_the_past_comes_in_parts_of_500_oldest_first_without_the_forming_bar(tmp_path: Path) -> None:
    with Harness(tmp_path) as life:
        life.broker.preload_bars("EURUSD", 60, past(1_200))
        life.terminal.apply_all(life.broker.full_state())
        life.start()
        life.quote(bid=1.2)

        parts = ask(life, 7, count=1_150)

    assert [(part.part, part.parts, part.ok, len(part.bars)) for part in parts] == [
        (1, 3, True, 500),
        (2, 3, True, 500),
        (3, 3, True, 150),
    ]
    bars = [bar for part in parts for bar in part.bars]
    assert [bar.ts_open for bar in bars] == [(SERVER_S - 60 * (1_150 - i)) * 1_000 for i in range(1_150)]
    assert bars[0].close == 1.1 + 50 * 1e-5
    assert (bars[-1].tick_volume, bars[-1].spread) == (1_209, 3)


def test_the_past_from_a_time_on_ends_with_the_last_closed_bar(tmp_path: Path) -> None:
    with Harness(tmp_path) as life:
        life.broker.preload_bars("EURUSD", 60, past(100))
        life.terminal.apply_all(life.broker.full_state())
        life.start()
        life.quote(bid=1.2)

        (part,) = ask(life, 8, from_ms=(SERVER_S - 600) * 1_000)
        (first_three,) = ask(life, 9, from_ms=(SERVER_S - 600) * 1_000, count=3)

    assert [bar.ts_open for bar in part.bars] == [(SERVER_S - 600 + 60 * i) * 1_000 for i in range(10)]
    assert first_three.bars == part.bars[:3]


def test_many_requests_are_answered_one_after_the_other(tmp_path: Path) -> None:
    with Harness(tmp_path) as life:
        life.broker.preload_bars("EURUSD", 60, past(600))
        life.terminal.apply_all(life.broker.full_state())
        life.start()
        for request_id in range(1, 6):
            life.router.send(BarsRequest(request_id=request_id, symbol="EURUSD", timeframe=1, count=600, from_ms=0))
        life.until(lambda: len(life.router.of(Bars)) == 10)

        assert [(bars.request_id, bars.part) for bars in life.router.of(Bars)] == [(i, p) for i in range(1, 6) for p in (1, 2)]


@pytest.mark.parametrize(("symbol", "timeframe"), [("NOSUCH", 1), ("EURUSD", 7)])
def test_what_the_terminal_cannot_tell_is_no_empty_history(life: Harness, symbol: str, timeframe: int) -> None:
    (part,) = ask(life, 1, symbol=symbol, timeframe=timeframe, count=10)

    assert (part.ok, part.part, part.parts, part.bars) == (False, 1, 1, [])
