"""What the server does unasked: quotes, stops and targets, stop-out, swap, clocks, and what it counts."""

import math
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from dtms.sim.broker import Broker
from dtms.sim.errors import BadQuote, ClockBackwards, NotModelled, UnknownSymbol
from dtms.sim.feed import TICK
from dtms.sim.mt5 import Action, MarginMode, Reason, SwapMode, TransactionType
from dtms.sim.spec import SymbolSpec
from dtms.sim.witness import LevelsMoved

EURUSD = SymbolSpec(name="EURUSD")
DAY_MS = 86_400_000


def last_deal(desk: Any) -> Any:
    return list(desk.broker.standing.holdings.deals.values())[-1]


@pytest.mark.parametrize(
    ("side", "sl", "tp", "bid", "ask", "reason", "price"),
    [
        pytest.param(0, 1.09500, 0.0, 1.09500, 1.09510, Reason.SL, 1.09500, id="buy-stop-on-the-bid"),
        pytest.param(0, 1.09500, 0.0, 1.08000, 1.08010, Reason.SL, 1.08000, id="buy-stop-in-a-gap"),
        pytest.param(0, 0.0, 1.10500, 1.10500, 1.10510, Reason.TP, 1.10500, id="buy-target-on-the-bid"),
        pytest.param(0, 0.0, 1.10500, 1.12000, 1.12010, Reason.TP, 1.12000, id="buy-target-in-a-gap"),
        pytest.param(1, 1.10500, 0.0, 1.10490, 1.10500, Reason.SL, 1.10500, id="sell-stop-on-the-ask"),
        pytest.param(1, 1.10500, 0.0, 1.11990, 1.12000, Reason.SL, 1.12000, id="sell-stop-in-a-gap"),
        pytest.param(1, 0.0, 1.09500, 1.09490, 1.09500, Reason.TP, 1.09500, id="sell-target-on-the-ask"),
        pytest.param(0, 1.09500, 0.0, 1.09501, 1.09502, None, 0.0, id="buy-stop-not-reached"),
        pytest.param(0, 0.0, 1.10500, 1.10499, 1.10510, None, 0.0, id="the-ask-alone-hits-no-buy-target"),
        pytest.param(1, 1.10500, 0.0, 1.10499, 1.10499, None, 0.0, id="sell-stop-not-reached"),
        pytest.param(1, 0.0, 1.09500, 1.09490, 1.09501, None, 0.0, id="the-bid-alone-hits-no-sell-target"),
    ],
)
def test_levels_are_executed_at_the_market(
    desk: Any, side: int, sl: float, tp: float, bid: float, ask: float, reason: Reason | None, price: float
) -> None:
    position = desk.open(side, 0.1, sl=sl, tp=tp, magic=42)
    desk.events()
    desk.quote(bid, ask)

    if reason is None:
        assert desk.broker.positions == (position,)
        return
    deal = last_deal(desk)
    assert (deal.reason, deal.price, deal.magic, deal.position_id) == (reason, price, 42, position.identifier)
    assert desk.broker.witness.closed == {reason: 1}
    assert TransactionType.REQUEST not in [t.type for t in desk.transactions()]
    assert desk.terminal.positions() == []


def test_a_stop_is_not_executed_while_the_market_is_closed(make_desk: Callable[..., Any]) -> None:
    until_one = tuple(((0, 13 * 3_600),) for _ in range(7))
    desk = make_desk(replace(EURUSD, trade_sessions=until_one))
    desk.quote(1.1, 1.1001)
    position = desk.open(0, 0.1, sl=1.095)
    desk.quote(1.09, 1.0901, after_ms=2 * 3_600_000)

    assert desk.broker.positions == (position,)


def test_a_moved_stop_is_the_one_that_counts(desk: Any) -> None:
    position = desk.open(0, 0.1, sl=1.09)
    desk.quote(1.0995, 1.0996)
    desk.send(action=Action.SLTP, position=position.ticket, sl=1.0990, tp=0.0)
    desk.pump()
    desk.quote(1.0990, 1.0991)

    assert desk.broker.witness.closed == {Reason.SL: 1}


def test_the_greatest_loss_goes_first_in_a_stop_out_and_the_rest_lives(make_desk: Callable[..., Any]) -> None:
    desk = make_desk(deposit=2_500.0)
    desk.quote(1.1, 1.1001)
    small, large = desk.open(0, 0.5), desk.open(0, 1.5)
    desk.quote(1.0930, 1.0931)

    assert [p.ticket for p in desk.broker.positions] == [small.ticket]
    assert (last_deal(desk).reason, last_deal(desk).position_id) == (Reason.SO, large.identifier)
    assert desk.broker.standing.margin_level() > 50


@pytest.mark.parametrize(
    ("fields", "amount"),
    [
        pytest.param({"swap_long": -5.0}, -5.0, id="points"),
        pytest.param({"swap_long": -5.0, "swap_mode": SwapMode.CURRENCY_DEPOSIT}, -5.0, id="deposit-currency"),
        pytest.param({"swap_long": -5.0, "swap_mode": SwapMode.CURRENCY_SYMBOL}, -5.5, id="base-currency"),
        pytest.param({"swap_long": -3.6, "swap_mode": SwapMode.INTEREST_CURRENT}, -11.0, id="interest"),
        pytest.param({"swap_long": -5.0, "swap_mode": SwapMode.DISABLED}, 0.0, id="none"),
    ],
)
def test_swap_of_one_lot_and_night(make_desk: Callable[..., Any], fields: dict[str, Any], amount: float) -> None:
    """The clock starts on a Wednesday, whose night is charged three times."""
    desk = make_desk(replace(EURUSD, **fields))
    desk.quote(1.1, 1.1)
    position = desk.open(0, 1.0)
    swaps = []
    for _ in range(7):
        desk.broker.advance_market(desk.broker.standing.market.time_msc + DAY_MS)
        desk.pump()
        swaps.append(desk.terminal.position(position.ticket)["POSITION_SWAP"])

    nights = [3, 4, 5, 5, 5, 6, 7]  # Wednesday, Thursday, Friday, no weekend, Monday, Tuesday
    assert swaps == pytest.approx([n * amount for n in nights])
    desk.broker.human_close(position.ticket, 0.25)
    assert last_deal(desk).swap == pytest.approx(7 * amount / 4, abs=0.01)
    desk.broker.human_close(position.ticket)
    booked = sum(deal.swap for deal in desk.broker.standing.holdings.deals.values())
    assert booked == pytest.approx(7 * amount)


def test_a_server_clock_put_back_over_midnight_charges_no_night_twice(make_desk: Callable[..., Any]) -> None:
    desk = make_desk(replace(EURUSD, swap_long=-5.0), offset_ms=10_800_000)
    desk.quote(1.1, 1.1)
    position = desk.open(0, 1.0)
    market = desk.broker.standing.market
    desk.broker.advance_market(market.time_msc + 9 * 3_600_000)  # 00:00:00.1 on Thursday at the server
    desk.broker.set_offset(7_200_000)
    desk.broker.advance_market(market.time_msc + 3_600_000)
    desk.pump()

    assert desk.terminal.position(position.ticket)["POSITION_SWAP"] == -15.0


@pytest.mark.parametrize(
    ("bid", "ask"),
    [(math.nan, 1.1), (1.1, math.nan), (math.inf, 1.1), (1.1, math.inf), (0.0, 1.1), (1.1, 0.0), (-1.0, 1.1)],
)
def test_an_impossible_quote_is_refused_and_changes_nothing(desk: Any, bid: float, ask: float) -> None:
    before = desk.broker.standing.market.quotes["EURUSD"]

    with pytest.raises(BadQuote):
        desk.quote(bid, ask)

    assert desk.broker.standing.market.quotes["EURUSD"] == before
    assert desk.broker.take_updates() == []


def test_time_does_not_go_back(desk: Any) -> None:
    with pytest.raises(BadQuote, match="older"):
        desk.quote(1.1, 1.1001, after_ms=-1)
    with pytest.raises(ClockBackwards):
        desk.broker.advance_market(0)
    with pytest.raises(ClockBackwards):
        desk.broker.step(0)
    with pytest.raises(UnknownSymbol):
        desk.broker.quote("NOPE", 1 << 62, 1.0, 1.0)


def test_a_crossed_quote_is_told_as_it_came_and_executed_at_its_middle(desk: Any) -> None:
    desk.quote(1.10020, 1.10010)
    bid, ask = TICK.unpack(desk.terminal.last_tick("EURUSD"))[1:3]

    assert (bid, ask) == (1.10020, 1.10010)
    assert (desk.open(0).price_open, desk.open(1).price_open) == (1.10015, 1.10015)
    assert desk.broker.witness.crossed_quotes == 1


def test_the_flags_of_a_tick_say_what_changed(desk: Any) -> None:
    for bid, ask in ((1.1, 1.1002), (1.1001, 1.1002), (1.1, 1.1003), (1.1, 1.1003)):
        desk.quote(bid, ask, after_ms=0)
    rows = list(TICK.iter_unpack(desk.terminal.copy_ticks("EURUSD", -1, 0, 100)))

    assert [row[6] for row in rows] == [6, 4, 2, 6, 0]
    assert len({row[5] for row in rows}) == 1  # all in one millisecond, none lost
    assert len(desk.terminal.copy_ticks("EURUSD", 1, 0, 100)) == 4 * TICK.size  # COPY_TICKS_INFO leaves the last out


@pytest.mark.parametrize(
    ("side", "old", "new", "widened"),
    [
        (0, 1.09, 1.08, 1),
        (0, 1.09, 1.095, 0),
        (0, 1.09, 0.0, 1),
        (0, 0.0, 1.08, 0),
        (1, 1.11, 1.12, 1),
        (1, 1.11, 1.105, 0),
        (1, 1.11, 0.0, 1),
    ],
)
def test_a_stop_that_leaves_the_market_s_side_is_counted_as_widened(
    desk: Any, side: int, old: float, new: float, widened: int
) -> None:
    position = desk.open(side, 0.1, sl=old)
    desk.send(action=Action.SLTP, position=position.ticket, sl=new, tp=0.0)
    desk.pump()

    assert (desk.broker.witness.stops_moved, desk.broker.witness.stops_widened) == (1, widened)


def test_a_human_may_widen_a_stop_without_being_counted_for_it(desk: Any) -> None:
    position = desk.open(0, 0.1, sl=1.09)
    desk.broker.human_modify(position.ticket, sl=1.08)

    assert (desk.broker.witness.stops_moved, desk.broker.witness.stops_widened) == (1, 0)
    (moved,) = [entry for entry in desk.broker.witness.history if isinstance(entry, LevelsMoved)]
    assert (moved.old_sl, moved.new_sl, moved.widened) == (1.09, 1.08, True)


def test_profit_is_converted_by_the_quotes_that_are_there() -> None:
    usdjpy = SymbolSpec(name="USDJPY", currency_base="USD", currency_profit="JPY", currency_margin="USD", digits=3, tick_size=0.001)
    broker = Broker([usdjpy], time_msc=1_700_049_600_000)
    broker.quote("USDJPY", 1_700_049_600_000, 150.000, 150.000)
    ticket = broker.human_open("USDJPY", 0, 1.0)
    broker.quote("USDJPY", 1_700_049_600_001, 160.000, 160.000)
    position = broker.standing.holdings.positions[ticket]

    assert broker.standing.profit_of(position) == pytest.approx(10 * 100_000 / 160, abs=0.01)
    assert broker.standing.margin() == pytest.approx(1_000.0)


def test_an_account_changes_its_model_unless_positions_would_have_to_be_merged(desk: Any) -> None:
    first = desk.open(0, 0.1)
    desk.open(1, 0.1)
    with pytest.raises(NotModelled):
        desk.broker.change_account(margin_mode=MarginMode.NETTING)
    desk.broker.human_close(first.ticket)
    desk.broker.change_account(margin_mode=MarginMode.NETTING)
    desk.deal(0, 0.3)
    desk.pump()

    assert [(p.side, p.volume) for p in desk.broker.positions] == [(0, 0.2)]
    assert desk.terminal.account()["ACCOUNT_MARGIN_MODE"] == 0


def test_ten_thousand_quotes_over_twenty_positions_take_well_under_two_seconds(desk: Any) -> None:
    """The figure that the demo and the fault simulator count on; an idle core needs a tenth of it."""
    for number in range(20):
        desk.open(number % 2, 0.01, sl=1.05 if number % 2 == 0 else 1.15)
    begun = time.process_time()
    for number in range(10_000):
        desk.quote(1.1 + number % 7 / 1e5, 1.1001 + number % 7 / 1e5)
        desk.events()
        desk.terminal.position(desk.broker.positions[0].ticket)
        desk.terminal.copy_ticks("EURUSD", -1, desk.terminal.current_time() * 1_000, 64)

    assert time.process_time() - begun < 2.0
    assert len(desk.broker.positions) == 20


def test_equity_is_the_sum_of_its_parts_whatever_the_order_of_trades(desk: Any) -> None:
    for side, volume in ((0, 0.3), (1, 0.1), (0, 0.07), (1, 0.21)):
        desk.open(side, volume)
        desk.quote(1.1 + volume / 100, 1.1001 + volume / 100)
    standing = desk.broker.standing
    alone = sum(standing.profit_of(p) for p in desk.broker.positions)

    assert standing.floating() == pytest.approx(alone, abs=0.02)
    assert desk.terminal.account()["ACCOUNT_EQUITY"] == pytest.approx(standing.account.balance + alone, abs=0.02)
