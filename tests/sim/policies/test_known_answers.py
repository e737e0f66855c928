"""Trades whose result can be told by hand, for the rules that DTMS is compared with."""

from dataclasses import replace

import pytest
from tests.sim.policies.made import HOUR, MINUTE, MONDAY, SPREAD, minutes, minutes_at, quotes, run, trade

from dtms.names import Outcome, Side
from dtms.sim.policies.closures import closures
from dtms.sim.policies.simple import Alone, AtrTrail, BreakEven, gap_flat

FLAT = (1.10000, 1.10000, 1.10000, 1.10000)
DAY_BEFORE_CLOSE = 4 * 24 * HOUR + 22 * HOUR  # Friday 22:00 UTC, from Monday on


def test_a_stop_inside_a_bar_costs_exactly_one_r() -> None:
    history = minutes(FLAT, (1.10000, 1.10010, 1.09500, 1.09600), FLAT)
    result = run(history, trade(history, Side.BUY, 1.10020, 1.09920), Alone)

    assert result.r == pytest.approx(-1.0)
    assert result.end == "stop"


def test_the_stop_of_a_sell_is_met_by_the_ask() -> None:
    # The bid never gets to the stop; the ask, a spread above it, does.
    history = minutes(FLAT, (1.10000, 1.10090, 1.10000, 1.10000), FLAT)
    result = run(history, trade(history, Side.SELL, 1.10000, 1.10100), Alone)

    assert result.end == "stop"
    assert result.r == pytest.approx(-1.0)


def test_closing_at_once_costs_the_spread() -> None:
    history = minutes(FLAT)
    result = run(history, trade(history, Side.BUY, 1.10020, 1.09920), Alone)

    assert result.end == "end of prices"
    assert result.r == pytest.approx(-SPREAD / 0.00100)


def test_a_target_pays_its_distance() -> None:
    history = minutes(FLAT, (1.10000, 1.10400, 1.09990, 1.10300), FLAT)
    result = run(history, trade(history, Side.BUY, 1.10020, 1.09920, 1.10220), Alone)

    assert result.end == "target"
    assert result.r == pytest.approx(2.0)


def test_a_gap_through_the_stop_costs_more_than_one_r() -> None:
    history = minutes(FLAT, (1.09800, 1.09810, 1.09790, 1.09800), FLAT)
    result = run(history, trade(history, Side.BUY, 1.10020, 1.09920), Alone)

    assert result.end == "stop"
    assert result.r == pytest.approx(-2.2)


def test_between_recorded_quotes_the_price_jumps() -> None:
    history = quotes((0, 1.1, 1.1002), (1_000, 1.1, 1.1002), (2_000, 1.0980, 1.0982))
    result = run(history, trade(history, Side.BUY, 1.1002, 1.0992), Alone)

    assert result.r == pytest.approx(-2.2)


def test_of_stop_and_target_in_one_bar_the_nearer_extreme_decides() -> None:
    # 0.0004 up, then 0.003 down within one bar: the nearer extreme is passed first, so the target is met before the stop.
    history = minutes(FLAT, (1.10000, 1.10040, 1.09700, 1.09900), FLAT)
    result = run(history, trade(history, Side.BUY, 1.10020, 1.09920, 1.10040), Alone)

    assert result.end == "target"
    assert result.r == pytest.approx(0.2)


def test_a_trade_opened_on_the_way_between_two_prices_meets_its_stop_on_the_rest_of_it() -> None:
    # The bid goes from 1.10000 at 60 s to 1.09700 at 75 s; the trade is opened after 6 s, at 1.09880/1.09900.
    history = minutes(FLAT, (1.10000, 1.10400, 1.09700, 1.10300), FLAT)
    stopped = run(history, trade(history, Side.BUY, 1.09900, 1.09800, at=66_000), Alone)

    assert stopped.end == "stop"
    assert stopped.r == pytest.approx(-1.0)
    assert 66_000 < stopped.exit_time - MONDAY < 75_000
    # A sell's target lies where the price was before it: that does not count.
    sold = run(history, trade(history, Side.SELL, 1.09880, 1.10500, 1.09650, at=66_000), Alone)
    assert sold.end == "end of prices"


def test_break_even_saves_a_trade_that_comes_back() -> None:
    bars = FLAT, (1.10000, 1.10150, 1.09990, 1.10140), (1.10140, 1.10140, 1.09500, 1.09600)
    history = minutes(*bars)
    entry = trade(history, Side.BUY, 1.10020, 1.09920)

    assert run(history, entry, Alone).r == pytest.approx(-1.0)
    saved = run(history, entry, BreakEven)
    assert saved.r == pytest.approx(0.01)  # one tick beyond the entry
    assert [(act.what, act.figure, act.outcome) for act in saved.acts] == [("stop", 1.10021, Outcome.DONE)]


def test_break_even_leaves_a_trade_alone_that_gains_less_than_one_r() -> None:
    history = minutes(FLAT, (1.10000, 1.10119, 1.09990, 1.10100), (1.10100, 1.10100, 1.09500, 1.09600))
    result = run(history, trade(history, Side.BUY, 1.10020, 1.09920), BreakEven)

    assert result.r == pytest.approx(-1.0)
    assert result.acts == ()


def test_break_even_of_a_sell_looks_at_the_ask() -> None:
    history = minutes(FLAT, (1.10000, 1.10010, 1.09860, 1.09870), (1.09870, 1.10500, 1.09870, 1.10400))
    result = run(history, trade(history, Side.SELL, 1.10000, 1.10100), BreakEven)

    assert result.r == pytest.approx(0.01)


def test_a_trailing_stop_follows_by_two_atr_and_never_goes_back() -> None:
    # Bars of 10 points each, 600 up and then down: ATR14 becomes 15 minutes' rise.
    rising = [(1.1 + i * 1e-4, 1.1 + i * 1e-4 + 1e-4, 1.1 + i * 1e-4, 1.1 + i * 1e-4 + 1e-4) for i in range(600)]
    top = rising[-1][3]
    falling = [(top - i * 1e-4, top - i * 1e-4, top - i * 1e-4 - 1e-4, top - i * 1e-4 - 1e-4) for i in range(300)]
    history = minutes(*rising, *falling)
    begin = 450 * MINUTE
    entry = trade(history, Side.BUY, round(1.1 + 450e-4 + SPREAD, 5), 1.13, at=begin)
    result = run(history, entry, AtrTrail)

    stops = [act.figure for act in result.acts]
    assert len(stops) == 11  # at 450 (the bar that closes with the entry's own quote), 465 ... 600 minutes, none on the way down
    assert stops == sorted(stops)
    assert stops[0] == pytest.approx(1.1 + 450e-4 - 2 * 15e-4)
    assert result.end == "stop"
    assert result.r == pytest.approx((stops[-1] - entry.price) / entry.risk)


def test_a_trade_is_closed_an_hour_before_a_weekend_and_not_before_a_night() -> None:
    nights = [day * 24 * HOUR + after * MINUTE for day in range(5) for after in range(20 * 60, 22 * 60)]
    history = minutes_at([(MONDAY + after, FLAT) for after in [0, *nights, 6 * 24 * HOUR + 22 * HOUR]])
    result = run(history, trade(history, Side.BUY, 1.10020, 1.09), gap_flat(history))

    assert result.exit_time == MONDAY + DAY_BEFORE_CLOSE - HOUR
    assert (result.end, [act.what for act in result.acts]) == ("rule", ["close"])


def test_a_trade_opened_in_the_last_hour_is_closed_at_once() -> None:
    history = minutes_at([(MONDAY + DAY_BEFORE_CLOSE - (60 - i) * MINUTE, FLAT) for i in range(60)])
    late = DAY_BEFORE_CLOSE - 30 * MINUTE
    result = run(history, trade(history, Side.BUY, 1.10020, 1.09, at=late), gap_flat(history))

    assert result.exit_time == MONDAY + late
    assert result.end == "rule"


def test_a_week_of_foreign_exchange_has_one_long_closure() -> None:
    history = minutes(FLAT)
    found = closures(history.spec.trade_sessions, MONDAY, MONDAY + 8 * 24 * HOUR, least_s=24 * 3_600)

    assert [(c.begin - MONDAY, c.end - MONDAY) for c in found] == [(DAY_BEFORE_CLOSE, DAY_BEFORE_CLOSE + 48 * HOUR)]


def test_a_command_under_way_is_carried_out_at_the_first_quote_after_its_latency() -> None:
    bars = FLAT, (1.10000, 1.10150, 1.09990, 1.10140), (1.10140, 1.10140, 1.09500, 1.09600)
    history = minutes(*bars)
    entry = trade(history, Side.BUY, 1.10020, 1.09920)

    # +1R is met 87 s after the start, on the way to the second bar's high; 20 s later the next quote is the third bar's first.
    late = run(history, entry, BreakEven, latency_ms=20_000)
    assert late.acts[0].time - MONDAY == 120_000
    assert late.r == pytest.approx(0.01)
    # After two minutes there is no position any more.
    assert run(history, entry, BreakEven, latency_ms=120_000).r == pytest.approx(-1.0)


def test_stop_and_target_are_optional() -> None:
    history = minutes(FLAT, (1.10000, 1.11000, 1.09000, 1.10000), FLAT)
    result = run(history, trade(history, Side.BUY, 1.10020, None), Alone)

    assert result.end == "end of prices"
    assert result.r == pytest.approx(-0.2)


def test_commission_is_part_of_the_result() -> None:
    history = minutes(FLAT)
    history = replace(history, spec=replace(history.spec, commission=5.0))
    result = run(history, trade(history, Side.BUY, 1.10020, 1.09920), Alone)

    # 0.1 lots risk 10.00; the spread costs 2.00, both sides of the commission 1.00.
    assert result.r == pytest.approx(-0.3)
