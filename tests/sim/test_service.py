"""What a server does to positions and symbols outside of trading: names, digits, splits, nights, tickets."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dtms.sim.behaviour import Effect
from dtms.sim.broker import Broker
from dtms.sim.errors import SymbolTaken, UnknownSymbol
from dtms.sim.feed import RATE, TICK
from dtms.sim.mt5 import Action, DealType, Entry, MarginMode, Reason, Retcode, SwapMode, TransactionType
from dtms.sim.spec import SymbolSpec
from dtms.sim.state import Account
from dtms.sim.terminal import SimTerminal
from dtms.sim.witness import Adjusted

EURUSD = SymbolSpec(name="EURUSD", path="Forex\\EURUSD")
NOON = 1_700_049_600_000
DAY_MS = 86_400_000


def deals(desk: Any) -> list[Any]:
    return [d for d in desk.broker.standing.holdings.deals.values() if d.position_id]


# Names


def test_a_renamed_symbol_takes_quotes_and_positions_with_it(make_desk: Callable[..., Any]) -> None:
    desk = make_desk(EURUSD)
    desk.quote(1.1, 1.1001)
    position = desk.open(0, 0.1, sl=1.09)
    desk.events()
    desk.broker.rename_symbol("EURUSD", "EURUSD.x")
    desk.pump()
    terminal = desk.terminal

    assert (terminal.symbol("EURUSD"), terminal.symbol_names(selected_only=False)) == (None, ["EURUSD.x"])
    record = terminal.position(position.ticket)
    assert (record["POSITION_SYMBOL"], record["POSITION_IDENTIFIER"]) == ("EURUSD.x", position.identifier)
    assert (terminal.symbol("EURUSD.x")["SYMBOL_BID"], terminal.symbol("EURUSD.x")["SYMBOL_PATH"]) == (1.1, "Forex\\EURUSD.x")
    assert [(t.type, t.symbol) for t in desk.transactions()] == [(TransactionType.POSITION, "EURUSD.x")]
    assert len(terminal.copy_ticks("EURUSD.x", -1, 0, 10)) == TICK.size
    assert terminal.copy_ticks("EURUSD", -1, 0, 10) == -4301
    assert [deal.symbol for deal in deals(desk)] == ["EURUSD"]
    desk.symbol = "EURUSD.x"
    desk.quote(1.1000 - 0.0001, 1.1001)
    assert [row[6] for row in TICK.iter_unpack(terminal.copy_ticks("EURUSD.x", -1, 0, 10))] == [6, 2]  # the bid alone moved


def test_a_renamed_symbol_is_traded_and_stopped_under_its_name(desk: Any) -> None:
    desk.open(0, 0.1, sl=1.09)
    kept = desk.open(0, 0.2)
    desk.broker.rename_symbol("EURUSD", "EURUSD.x")
    desk.events()
    desk.send(action=Action.SLTP, position=kept.ticket, sl=1.08)  # the name from before
    desk.symbol = "EURUSD.x"
    desk.quote(1.089, 1.0891)
    desk.deal(1, 0.2, position=kept.ticket)
    desk.pump()

    assert [r.retcode for r in desk.results()] == [Retcode.INVALID, Retcode.DONE]
    assert desk.broker.witness.closed == {Reason.SL: 1, Reason.EXPERT: 1}
    assert desk.broker.volume_errors() == []
    with pytest.raises(UnknownSymbol):
        desk.broker.quote("EURUSD", desk.broker.standing.market.time_msc, 1.1, 1.1)


def test_a_terminal_that_was_away_finds_the_new_name(desk: Any) -> None:
    position = desk.open(0, 0.1)
    desk.broker.disconnect()
    desk.broker.rename_symbol("EURUSD", "EURUSD.x", digits=4, tick_size=0.0001)
    desk.pump()
    assert desk.terminal.position(position.ticket)["POSITION_SYMBOL"] == "EURUSD"
    desk.broker.connect()
    desk.pump()

    assert desk.terminal.symbol_names(selected_only=False) == ["EURUSD.x"]
    assert desk.terminal.position(position.ticket)["POSITION_SYMBOL"] == "EURUSD.x"
    assert desk.terminal.symbol("EURUSD.x")["SYMBOL_DIGITS"] == 4
    assert (desk.terminal.last_tick("EURUSD"), desk.terminal.copy_ticks("EURUSD", -1, 0, 10)) == (None, -4301)
    fresh = SimTerminal()
    fresh.apply_all(desk.broker.full_state())
    assert fresh.account() == desk.terminal.account()


def test_news_of_a_trade_before_the_renaming_that_come_after_it_change_nothing(desk: Any) -> None:
    desk.broker.unasked = Effect(late_ms=500)
    desk.broker.human_open("EURUSD", 0, 0.1)
    desk.broker.unasked = Effect()
    desk.broker.rename_symbol("EURUSD", "EURUSD.x")
    desk.pump()
    desk.pump(after_ms=500)

    (ticket,) = desk.terminal.positions()
    assert desk.terminal.position(ticket)["POSITION_SYMBOL"] == "EURUSD.x"


def test_a_name_that_is_taken_or_unknown_changes_nothing(desk: Any) -> None:
    desk.broker.add_symbol(replace(EURUSD, name="OTHER"))
    with pytest.raises(SymbolTaken):
        desk.broker.rename_symbol("EURUSD", "OTHER")
    with pytest.raises(UnknownSymbol):
        desk.broker.rename_symbol("NOPE", "SOME")
    with pytest.raises(UnknownSymbol):
        desk.broker.split("NOPE", 2.0)
    desk.pump()

    assert desk.terminal.symbol_names(selected_only=False) == ["EURUSD", "OTHER"]


# Digits and tick size


def test_fewer_digits_leave_old_levels_and_ask_for_the_new_grid(desk: Any) -> None:
    position = desk.open(0, 0.1, sl=1.09003)
    desk.broker.change_symbol("EURUSD", digits=4)
    desk.quote(1.1002, 1.1003)
    desk.events()
    for sl, tp in ((1.09003, 1.11), (1.09014, 1.11), (1.0902, 1.11)):
        desk.send(action=Action.SLTP, position=position.ticket, sl=sl, tp=tp)
    desk.pump()
    facts = desk.terminal.symbol("EURUSD")

    assert (facts["SYMBOL_DIGITS"], facts["SYMBOL_POINT"], facts["SYMBOL_TRADE_TICK_SIZE"]) == (4, 0.0001, 0.0001)
    assert facts["SYMBOL_SPREAD"] == 1
    assert [r.retcode for r in desk.results()] == [Retcode.DONE, Retcode.INVALID_STOPS, Retcode.DONE]


def test_recorded_prices_outlive_a_change_of_digits(desk: Any) -> None:
    desk.quote(1.10020, 1.10030, after_ms=60_000)
    desk.broker.change_symbol("EURUSD", digits=4)
    desk.quote(1.1003, 1.1005, after_ms=60_000)
    fresh = SimTerminal()
    fresh.apply_all(desk.broker.full_state())

    for terminal in (desk.terminal, fresh):
        ticks, bars = terminal.copy_ticks("EURUSD", -1, 0, 10), terminal.copy_rates("EURUSD", 60, 0, 10)
        assert isinstance(ticks, bytes)
        assert isinstance(bars, bytes)
        assert [row[1] for row in TICK.iter_unpack(ticks)] == [1.1, 1.1002, 1.1003]
        assert [row[6] for row in RATE.iter_unpack(bars)] == [10, 10, 2]  # points of their day


def test_a_larger_tick_leaves_the_digits_and_the_value_of_a_tick_follows(desk: Any) -> None:
    desk.broker.change_symbol("EURUSD", tick_size=0.0005)
    desk.pump()
    facts = desk.terminal.symbol("EURUSD")

    assert (facts["SYMBOL_DIGITS"], facts["SYMBOL_TRADE_TICK_VALUE"]) == (5, pytest.approx(50.0))
    assert desk.done(0, 0.1, sl=1.0903).retcode == Retcode.INVALID_STOPS
    assert desk.done(0, 0.1, sl=1.0905).retcode == Retcode.DONE


def test_another_contract_size_is_worth_something_else_at_once(desk: Any) -> None:
    position = desk.open(0, 1.0)
    assert desk.terminal.position(position.ticket)["POSITION_PROFIT"] == -10.0
    desk.broker.change_symbol("EURUSD", contract_size=10_000.0)
    desk.pump()

    assert desk.terminal.position(position.ticket)["POSITION_PROFIT"] == -1.0


# Splits


@pytest.mark.parametrize("mode", list(MarginMode))
def test_a_split_changes_lots_and_prices_and_no_money(make_desk: Callable[..., Any], mode: MarginMode) -> None:
    desk = make_desk(EURUSD, account=Account(margin_mode=mode), deposit=1e6)
    desk.quote(1.1, 1.1)
    position = desk.open(0, 0.2, sl=1.0, tp=1.2, magic=9)
    equity = desk.broker.standing.equity()
    desk.events()
    desk.broker.split("EURUSD", 4.0)
    desk.pump()
    (after,) = desk.broker.positions

    assert (after.ticket, after.identifier, after.magic) == (position.ticket, position.identifier, 9)
    assert (after.volume, after.price_open, after.sl, after.tp) == (0.8, 0.275, 0.25, 0.3)
    assert desk.terminal.symbol("EURUSD")["SYMBOL_BID"] == 0.275
    assert desk.broker.standing.equity() == pytest.approx(equity)
    booked = deals(desk)[1:]
    assert [(d.entry, d.volume, d.reason, d.profit) for d in booked] == [
        (Entry.OUT, 0.2, Reason.SPLIT, 0.0),
        (Entry.IN, 0.8, Reason.SPLIT, 0.0),
    ]
    told = [t.type for t in desk.transactions()]
    assert told == [TransactionType.DEAL_ADD, TransactionType.DEAL_ADD, TransactionType.POSITION]
    assert desk.terminal.position(after.ticket)["POSITION_VOLUME"] == 0.8
    assert desk.broker.volume_errors() == []


def test_what_makes_no_step_any_more_is_paid_out_at_the_market(make_desk: Callable[..., Any]) -> None:
    desk = make_desk(EURUSD)
    desk.quote(1.1, 1.1)
    small, odd = desk.open(0, 0.01), desk.open(1, 0.13)
    desk.quote(1.11, 1.11)
    desk.broker.split("EURUSD", 0.1, reason=Reason.CORPORATE_ACTION, keep_levels=False)
    desk.pump()

    assert [(p.identifier, p.volume) for p in desk.broker.positions] == [(odd.identifier, 0.01)]
    paid = {d.position_id: d.profit for d in deals(desk)[2:] if d.profit}
    assert paid == {small.identifier: pytest.approx(10.0), odd.identifier: pytest.approx(-30.0)}
    assert desk.broker.witness.closed == {Reason.CORPORATE_ACTION: 1}
    assert desk.broker.volume_errors() == []
    assert len([e for e in desk.broker.witness.history if isinstance(e, Adjusted)]) == 2


def test_levels_may_go_with_a_split_and_nobody_is_said_to_have_widened_a_stop(desk: Any) -> None:
    desk.open(0, 0.2, sl=1.0, tp=1.2)
    desk.broker.split("EURUSD", 2.0, keep_levels=False)
    (after,) = desk.broker.positions

    assert (after.sl, after.tp) == (0.0, 0.0)
    assert (desk.broker.witness.stops_moved, desk.broker.witness.stops_widened) == (0, 0)


@given(
    st.lists(st.tuples(st.integers(0, 1), st.integers(1, 300)), min_size=1, max_size=6), st.sampled_from([0.05, 0.5, 2.0, 3.0, 7.5])
)
def test_a_split_leaves_equity_and_sums_of_deals_as_they_are(trades: list[tuple[int, int]], ratio: float) -> None:
    broker = Broker([EURUSD], deposit=1e7, time_msc=NOON)
    broker.quote("EURUSD", NOON, 1.1, 1.1)
    for side, hundredths in trades:
        broker.human_open("EURUSD", side, hundredths / 100)
    broker.quote("EURUSD", NOON + 1, 1.2, 1.2)
    equity = broker.standing.equity()
    broker.split("EURUSD", ratio)

    lots = sum(p.volume for p in broker.positions)
    quote_rounded = lots * EURUSD.contract_size * EURUSD.tick_size / 2
    assert broker.volume_errors() == []
    assert broker.standing.equity() == pytest.approx(equity, abs=quote_rounded + 0.02 * len(trades))


# Nights


@pytest.mark.parametrize("mode", [SwapMode.REOPEN_CURRENT, SwapMode.REOPEN_BID])
@pytest.mark.parametrize("side", [0, 1])
def test_a_night_by_reopening_gives_a_fresh_ticket_and_a_worse_price(
    make_desk: Callable[..., Any], mode: SwapMode, side: int
) -> None:
    desk = make_desk(replace(EURUSD, swap_mode=mode, swap_long=-7.0, swap_short=-4.0, swap_rollover3days=6, commission=3.0))
    desk.quote(1.1, 1.1001)
    position = desk.open(side, 0.1, sl=1.05 if side == 0 else 1.15)
    desk.quote(1.101, 1.1013)
    desk.events()
    desk.broker.advance_market(NOON + DAY_MS)
    desk.pump()
    (after,) = desk.broker.positions

    assert after.ticket != position.ticket
    assert (after.identifier, after.sl, after.swap) == (position.identifier, position.sl, 0.0)
    closed = 1.101 if side == 0 else 1.1013
    base = 1.101 if mode is SwapMode.REOPEN_BID else closed
    assert after.price_open == pytest.approx(base + (7e-5 if side == 0 else -4e-5))
    assert [(d.entry, d.price, d.commission) for d in deals(desk)[1:]] == [
        (Entry.OUT, closed, 0.0),
        (Entry.IN, after.price_open, 0.0),
    ]
    assert {d.reason for d in deals(desk)[1:]} == {Reason.ROLLOVER}
    assert desk.terminal.positions() == [after.ticket]
    assert desk.broker.witness.closed == {}
    assert desk.broker.volume_errors() == []
    assert desk.done(1 - side, 0.1, position=position.ticket).retcode == Retcode.POSITION_CLOSED
    assert desk.done(1 - side, 0.1, position=after.ticket).retcode == Retcode.DONE


def test_an_exchange_takes_levels_away_over_night(make_desk: Callable[..., Any]) -> None:
    spec = replace(EURUSD, swap_mode=SwapMode.REOPEN_CURRENT, margin_initial=100.0)
    desk = make_desk(spec, account=Account(margin_mode=MarginMode.EXCHANGE))
    desk.quote(1.1, 1.1001)
    desk.open(0, 0.1, sl=1.09, tp=1.12)
    desk.broker.advance_market(NOON + DAY_MS)

    assert [(p.sl, p.tp) for p in desk.broker.positions] == [(0.0, 0.0)]


def test_no_night_no_reopening(make_desk: Callable[..., Any]) -> None:
    desk = make_desk(replace(EURUSD, swap_mode=SwapMode.REOPEN_CURRENT))
    desk.quote(1.1, 1.1001)
    desk.broker.advance_market(NOON + 3 * DAY_MS)  # to Saturday
    position = desk.open(0, 0.1)
    desk.broker.advance_market(NOON + 4 * DAY_MS)

    assert desk.broker.positions == (position,)


def test_a_fresh_ticket_alone_leaves_everything_but_the_ticket(netting: Any) -> None:
    position = netting.open(0, 0.1, sl=1.09)
    ticket = netting.broker.change_ticket(position.ticket)
    netting.pump()
    (after,) = netting.broker.positions

    assert after == replace(position, ticket=ticket, revision=after.revision)
    assert netting.terminal.positions() == [ticket]
    assert [d.type for d in deals(netting)] == [DealType.BUY]
    assert netting.done(1, 0.3).retcode == Retcode.DONE
    assert netting.broker.positions[0].identifier == position.identifier
