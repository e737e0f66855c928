"""Made-up paths and planted trades."""

import random
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dtms.sim.broker import Broker
from dtms.sim.derive import derive_spec
from dtms.sim.feed import Bar
from dtms.sim.paths import Segment, synthetic
from dtms.sim.prices import PricePoint, bars_of, read_prices
from dtms.sim.spec import SymbolSpec
from dtms.sim.terminal import SimTerminal
from dtms.sim.trades import atr_at, generate_trades, stop_distance, wilder_atr

NOON = 1_700_049_600_000
SCRIPT = (
    Segment(seconds=600, move=200.0, noise=1.0, spread=8.0),
    Segment(seconds=300, gap=-500.0, move=-100.0, pause_s=3_600, spread=20.0, every_ms=500),
    Segment(seconds=60, noise=0.0),
)


def script(seed: int) -> list[PricePoint]:
    return list(synthetic(random.Random(seed), start_msc=NOON, price=1.1, digits=5, segments=SCRIPT))


@given(st.integers(0, 1 << 32))
def test_a_script_ends_where_it_says_whatever_the_seed(seed: int) -> None:
    points = script(seed)
    middle = (points[-1].bid + points[-1].ask) / 2

    assert middle == pytest.approx(1.1 - 0.00400, abs=0.00002)
    assert [round((p.ask - p.bid) * 1e5) for p in (points[0], points[2_400])] == [8, 20]
    assert all(p.time_msc <= q.time_msc for p, q in pairwise(points))
    assert points[2_400].time_msc - points[2_399].time_msc == 3_600_250


def test_a_seed_decides_a_path() -> None:
    assert script(1) == script(1)
    assert script(1) != script(2)


def bar(number: int, low: float, high: float, close: float) -> Bar:
    return Bar(60 * number, close, high, low, close, 1, 0)


def test_the_average_true_range_is_a_mean_first_and_smoothed_then() -> None:
    bars = [bar(i, 10.0, 12.0, 11.0) for i in range(15)]
    bars.append(bar(15, 20.0, 21.0, 20.5))  # a gap: the true range reaches back to the close before

    assert wilder_atr(bars[:14]) == [None] * 14
    assert wilder_atr(bars) == [*[None] * 14, 2.0, pytest.approx((2.0 * 13 + 10.0) / 14)]


@given(st.lists(st.tuples(st.floats(1, 2), st.floats(0, 1), st.floats(0, 1)), min_size=15, max_size=40))
def test_smoothing_step_by_step_is_the_closed_form(rows: list[tuple[float, float, float]]) -> None:
    bars = [bar(i, base, base + span, base + span * part) for i, (base, span, part) in enumerate(rows)]
    ranges = [max(b.high, a.close) - min(b.low, a.close) for a, b in pairwise(bars)]
    expected = sum(ranges[:14]) / 14
    for true_range in ranges[14:]:
        expected = expected * 13 / 14 + true_range / 14

    assert wilder_atr(bars)[-1] == pytest.approx(expected)


def test_a_quote_sees_only_bars_that_were_closed_before_it() -> None:
    points = script(5)
    averages = atr_at(points, 0.00001)
    bars = bars_of(points, 60, 0.00001)
    number = next(i for i, average in enumerate(averages) if average is not None)

    assert points[number - 1].time_msc < (bars[14].time + 60) * 1_000 <= points[number].time_msc
    closed = [b for b in bars if (b.time + 60) * 1_000 <= points[-1].time_msc]
    assert averages[-1] == wilder_atr(closed)[-1]


def test_a_stop_is_behind_the_noise_or_the_spread() -> None:
    assert stop_distance(0.0010, 0.0001) == pytest.approx(0.0015)
    assert stop_distance(0.0001, 0.0001) == pytest.approx(0.0003)
    assert stop_distance(None, 0.0001) == pytest.approx(0.0003)


def play(points: list[PricePoint], spec: SymbolSpec, seed: int, count: int) -> tuple[Broker, SimTerminal]:
    """Run a path with planted trades through broker and terminal."""
    trades = generate_trades(points, count, random.Random(seed), spec)
    assert len(trades) == count
    broker = Broker([spec], deposit=1e6, time_msc=points[0].time_msc)
    terminal = SimTerminal()
    terminal.apply_all(broker.full_state())
    waiting = list(reversed(trades))
    for number, (time_msc, bid, ask) in enumerate(points):
        broker.quote(spec.name, time_msc, bid, ask)
        while waiting and waiting[-1].index == number:
            trade = waiting.pop()
            broker.human_open(spec.name, trade.side, trade.volume, sl=trade.sl, tp=trade.tp)
        terminal.apply_all(broker.take_updates())
        terminal.take_events()
    return broker, terminal


@settings(max_examples=25)
@given(st.integers(0, 1 << 32))
def test_every_planted_trade_is_accepted(seed: int) -> None:
    spec = SymbolSpec(name="EURUSD", stops_level=15)
    broker, _ = play(script(seed % 50), spec, seed, 5)

    assert broker.witness.positions_opened == 5
    assert broker.volume_errors() == []


def test_no_trade_is_planted_where_there_is_no_market() -> None:
    assert generate_trades(script(1), 3, random.Random(1), SymbolSpec(name="EURUSD", trade_sessions=((),) * 7)) == []


@pytest.mark.market_data
@pytest.mark.parametrize(
    ("name", "symbol"),
    [
        ("EURUSD_ticks_2019-01-01.csv", "EURUSD"),
        ("GBPUSD_M1_2012-02.csv.gz", "GBPUSD"),
        ("USOIL_M15_part1.csv", "USOIL"),
    ],
)
def test_a_recorded_market_is_played_with_trades(market_data: Path, name: str, symbol: str) -> None:
    series = read_prices(market_data / name)
    points = list(series.points[:20_000])
    broker, terminal = play(points, derive_spec(symbol, digits=series.digits), 7, 50)

    assert broker.witness.quotes == len(points)
    assert broker.witness.crossed_quotes == sum(p.ask < p.bid for p in points)
    assert broker.witness.positions_opened == 50
    assert sum(broker.witness.closed.values()) == 50 - len(broker.positions)
    assert broker.witness.stops_widened == 0
    assert broker.volume_errors() == []
    assert sorted(terminal.positions()) == sorted(p.ticket for p in broker.positions)
