"""
The break-even rule: when it acts, where it puts the stop, and what keeps it from acting.

Laws first, over random trades; then the cases that deserve a name.
"""

from decimal import Decimal
from math import isclose, log10

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.session.made import position, spec, tick

from dtms.engine.break_even import Finding, Verdict, cost_in_price, judge, trigger_price
from dtms.engine.market import Market, Quote, flatten
from dtms.engine.orders import distance_holds, tighter
from dtms.engine.trade import Trade, TradeKey, first_seen
from dtms.names import Side
from dtms.settings import BreakEvenSettings
from dtms.wire.messages import Position, SymbolSpec

RULE = BreakEvenSettings()


def trade(held: Position | None = None, *, managed: bool = True) -> Trade:
    return first_seen(TradeKey("1@Demo", 1, 1), held or position(), managed=managed)


def market(bid: float, ask: float | None = None, symbol: SymbolSpec | None = None) -> Market:
    return Market(symbol or spec(), Quote(bid, bid + 0.00001 if ask is None else ask, 0))


def found(
    held: Position, bid: float, ask: float | None = None, symbol: SymbolSpec | None = None, rule: BreakEvenSettings = RULE
) -> Finding:
    return judge(trade(held), market(bid, ask, symbol), 0, rule)


@st.composite
def cases(draw: st.DrawFn) -> tuple[Position, Market]:
    side = draw(st.sampled_from(Side))
    digits, tick_size = draw(st.sampled_from([(5, 0.00001), (3, 0.001), (2, 0.01), (2, 0.25), (0, 1.0)]))
    point = 10.0**-digits
    entry_ticks = draw(st.integers(20_000, 200_000))
    entry = entry_ticks * tick_size + draw(st.sampled_from([0.0, 0.3, 0.5])) * tick_size
    risk = draw(st.integers(5, 2_000)) * tick_size
    gain = draw(st.floats(-1.0, 4.0)) * risk
    stop = round((entry_ticks - side.direction * round(risk / tick_size)) * tick_size, 8)
    symbol = spec(
        digits=digits,
        point=point,
        tick_size=tick_size,
        tick_value_profit=draw(st.floats(0.01, 10.0)),
        stops_level=draw(st.integers(0, 300)),
        freeze_level=draw(st.integers(0, 300)),
    )
    held = position(
        side=side,
        price_open=entry,
        stop_loss=stop,
        take_profit=draw(st.sampled_from([None, entry + side.direction * 5 * risk])),
        volume=draw(st.integers(1, 500)) * 0.01,
        commission=-draw(st.floats(0.0, 20.0)),
        swap=draw(st.floats(-5.0, 5.0)),
    )
    bid = entry + side.direction * gain
    return held, Market(symbol, Quote(bid, bid + draw(st.integers(0, 50)) * tick_size, 0))


@given(cases())
def test_a_move_never_widens_lies_on_the_grid_at_a_valid_distance_and_covers_the_costs(case: tuple[Position, Market]) -> None:
    held, here = case
    symbol, quote = here.spec, here.quote
    assert symbol is not None
    assert quote is not None
    finding = judge(trade(held), here, 0, RULE)
    if finding.verdict is not Verdict.MOVE:
        return
    assert finding.stop is not None
    assert finding.cost is not None
    exit_price = quote.exit_price(held.side)
    ticks = finding.stop / symbol.tick_size

    assert tighter(finding.stop, held.stop_loss, held.side, symbol.tick_size)
    assert isclose(ticks, round(ticks), abs_tol=1e-4)
    assert distance_holds(finding.stop, held.side, exit_price, symbol)
    assert held.side.direction * (finding.stop - held.price_open) >= finding.cost + symbol.tick_size * (1 - 1e-4)
    assert finding.r_now is not None
    assert finding.r_now >= RULE.at_r - 1e-6


@given(cases())
def test_the_rule_acts_from_its_trigger_price_on_and_not_before(case: tuple[Position, Market]) -> None:
    held, here = case
    assert here.spec is not None
    assert here.quote is not None
    one = trade(held)
    trigger = trigger_price(one, here.spec, RULE)
    verdict = judge(one, here, 0, RULE).verdict
    if trigger is None or verdict is Verdict.ALREADY:
        return
    reached = held.side.direction * (here.quote.exit_price(held.side) - trigger)

    assert not (reached < -1e-4 * here.spec.tick_size and verdict is Verdict.MOVE)
    assert not (reached > 1e-4 * here.spec.tick_size and verdict in {Verdict.NOT_YET, Verdict.TOO_CLOSE})


@pytest.mark.parametrize(
    ("side", "bid", "ask", "verdict"),
    [
        pytest.param(Side.BUY, 1.10099, 1.10105, Verdict.NOT_YET, id="a-buy-is-measured-on-the-bid"),
        pytest.param(Side.BUY, 1.10100, 1.10105, Verdict.MOVE, id="a-buy-at-one-r"),
        pytest.param(Side.SELL, 1.09895, 1.09901, Verdict.NOT_YET, id="a-sell-is-measured-on-the-ask"),
        pytest.param(Side.SELL, 1.09895, 1.09900, Verdict.MOVE, id="a-sell-at-one-r"),
    ],
)
def test_the_exit_price_decides(side: Side, bid: float, ask: float, verdict: Verdict) -> None:
    assert found(position(side=side), bid, ask).verdict is verdict


@given(st.sampled_from(Side), st.integers(90_000, 130_000), st.integers(10, 500), st.sampled_from([0.00001, 0.001, 0.01]))
def test_exactly_at_one_r_the_trigger_has_been_reached_whatever_binary_dust_there_is(
    side: Side, entry: int, points: int, tick_size: float
) -> None:
    digits = round(-log10(tick_size))
    prices = [float(Decimal(entry + n * side.direction * points).scaleb(-digits)) for n in (-1, 0, 1)]
    symbol = spec(digits=digits, point=tick_size, tick_size=tick_size)
    one = trade(position(side=side, price_open=prices[1], stop_loss=prices[0]))
    trigger = trigger_price(one, symbol, RULE)
    assert trigger is not None

    assert side.direction * (prices[2] - trigger) >= 0
    assert side.direction * (prices[2] - tick_size * side.direction - trigger) < 0


@given(st.integers(90_000, 130_000), st.integers(20, 500))
def test_exactly_at_the_brokers_distance_the_trigger_has_been_reached(entry: int, level: int) -> None:
    symbol = spec(stops_level=level)
    one = trade(position(price_open=float(Decimal(entry).scaleb(-5)), stop_loss=float(Decimal(entry - 5).scaleb(-5))))
    trigger = trigger_price(one, symbol, RULE)
    assert trigger is not None

    assert float(Decimal(entry + 1 + level + 1).scaleb(-5)) >= trigger


def test_costs_of_both_ways_and_the_swap_are_in_the_stop() -> None:
    # 0.1 lots at 1 unit a tick and lot: 0.1 a tick. Commission 0.35 each way and 0.1 swap are 0.8: 8 ticks, and one more.
    held = position(commission=-0.35, swap=-0.1)

    assert found(held, 1.102).stop == pytest.approx(1.10009, abs=1e-9)
    assert found(held, 1.102, rule=BreakEvenSettings(commission_sides=1)).stop == pytest.approx(1.100055, abs=5.1e-6)


@given(st.integers(2, 50), st.integers(1, 49), st.sampled_from([1, 2]))
def test_a_partial_close_leaves_the_break_even_price_where_it_was(lots: int, closed: int, sides: int) -> None:
    """The commission of a position is what opening the volume that is left has cost, so it falls with the volume."""
    left = max(1, lots - closed)
    rule = BreakEvenSettings(commission_sides=sides)
    before = trade(position(volume=lots * 0.01, commission=-0.07 * lots))
    after = before.seen(position(volume=left * 0.01, commission=-0.07 * left))

    assert cost_in_price(after, spec(), rule) == pytest.approx(cost_in_price(before, spec(), rule), abs=1e-12)
    assert judge(after, market(1.102), 0, rule).stop == judge(before, market(1.102), 0, rule).stop


def test_a_stop_between_two_ticks_is_rounded_towards_profit() -> None:
    held = position(commission=-0.01)  # 0.2 ticks

    assert found(held, 1.102).stop == pytest.approx(1.10002, abs=1e-9)
    sell = position(side=Side.SELL, commission=-0.01)
    assert found(sell, 1.098).stop == pytest.approx(1.09998, abs=1e-9)


def test_a_swap_in_our_favour_never_puts_the_stop_on_the_losing_side() -> None:
    assert found(position(swap=50.0), 1.102).stop == pytest.approx(1.10001, abs=1e-9)


def test_costs_without_a_tick_value_cannot_be_judged() -> None:
    symbol = spec(tick_value_profit=0.0, tick_value_loss=0.0)

    assert found(position(commission=-1.0), 1.2, symbol=symbol).verdict is Verdict.NO_VALUE
    assert found(position(), 1.2, symbol=symbol).verdict is Verdict.MOVE
    assert cost_in_price(trade(), symbol, RULE) == 0.0


@pytest.mark.parametrize("stop", [1.10001, 1.1005])
def test_a_stop_that_is_there_or_beyond_is_left_alone(stop: float) -> None:
    one = trade().seen(position(stop_loss=stop))

    assert judge(one, market(1.102), 0, RULE).verdict is Verdict.ALREADY


def test_a_market_inside_the_stops_level_waits_and_the_trigger_says_until_when() -> None:
    symbol = spec(stops_level=200)

    assert found(position(), 1.1015, symbol=symbol).verdict is Verdict.TOO_CLOSE
    trigger = trigger_price(trade(), symbol, RULE)
    assert trigger == pytest.approx(1.10001 + 0.00201, abs=1e-9)
    assert found(position(), 1.10202, symbol=symbol).verdict is Verdict.MOVE


def test_a_target_inside_the_freeze_distance_waits() -> None:
    held = position(take_profit=1.1025)

    assert found(held, 1.1021, symbol=spec(freeze_level=50)).verdict is Verdict.FROZEN


@pytest.mark.parametrize(
    "held",
    [
        pytest.param(position(stop_loss=None), id="no-stop"),
        pytest.param(position(stop_loss=1.1), id="stop-at-the-entry"),
        pytest.param(position(stop_loss=1.1002), id="stop-beyond-the-entry"),
    ],
)
def test_without_an_initial_risk_there_is_no_rule(held: Position) -> None:
    assert found(held, 1.2).verdict is Verdict.NO_RISK


def test_r_is_captured_once_and_stays() -> None:
    bare = trade(position(stop_loss=None))
    with_stop = bare.seen(position())
    moved = with_stop.seen(position(stop_loss=1.0995, volume=0.05))

    assert bare.risk is None
    assert with_stop.risk == pytest.approx(0.001)
    assert moved.risk == with_stop.risk
    assert moved.initial_stop == 1.099
    assert not moved.risk_synthetic


def test_a_first_stop_beyond_the_entry_is_no_risk_for_good() -> None:
    one = trade(position(stop_loss=1.1002))

    assert one.risk_synthetic
    assert judge(one.seen(position(stop_loss=1.099)), market(1.2), 0, RULE).verdict is Verdict.NO_RISK


def test_a_position_that_is_only_watched_has_no_rule() -> None:
    assert judge(trade(managed=False), market(1.2), 0, RULE).verdict is Verdict.OFF
    assert judge(trade(), market(1.2), 0, BreakEvenSettings(enabled=False)).verdict is Verdict.OFF


def test_without_a_quote_or_a_specification_nothing_is_decided() -> None:
    assert judge(trade(), Market(None, Quote(1.2, 1.2, 0)), 0, RULE).verdict is Verdict.NO_MARKET
    assert judge(trade(), Market(spec(), None), 0, RULE).verdict is Verdict.NO_MARKET


def test_a_crossed_quote_is_its_mid_on_both_sides() -> None:
    quote = flatten(tick(1.10102, 1.10096, flags=1))

    assert quote.bid == quote.ask == pytest.approx(1.10099)
    assert judge(trade(), Market(spec(), quote), 0, RULE).verdict is Verdict.NOT_YET


def test_the_favourable_extreme_of_a_conflated_tick_does_not_trigger() -> None:
    """A buy is left at the bid; that the ask was high in between is nothing it could have had."""
    quote = flatten(tick(1.1005, 1.10055, high_ask=1.1040, low_bid=1.0999))

    assert judge(trade(), Market(spec(), quote), 0, RULE).verdict is Verdict.NOT_YET
