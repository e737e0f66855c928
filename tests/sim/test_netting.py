"""Accounts with one position a symbol: what a deal does to it, what is told of it, what is refused."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from dtms.sim.behaviour import Effect, Rule
from dtms.sim.mt5 import Action, Entry, MarginMode, Reason, Retcode, TradeMode, TransactionType
from dtms.sim.spec import SymbolSpec
from dtms.sim.state import Account, Position

T = TransactionType
EURUSD = SymbolSpec(name="EURUSD")
NETTING = Account(margin_mode=MarginMode.NETTING)
EXCHANGE = Account(margin_mode=MarginMode.EXCHANGE)
FUTURE = SymbolSpec(name="EURUSD", margin_initial=2_000.0, margin_maintenance=1_500.0, currency_margin="USD")


def only(desk: Any) -> Position:
    (position,) = desk.broker.positions
    assert isinstance(position, Position)
    return position


def deals(desk: Any) -> list[Any]:
    return list(desk.broker.standing.holdings.deals.values())


def test_a_deal_of_the_same_side_adds_and_the_opening_price_is_the_mean(netting: Any) -> None:
    first = netting.open(0, 0.1, magic=7, comment="first")
    netting.quote(1.10300, 1.10310)
    netting.done(0, 0.2, magic=8, comment="second")
    grown = only(netting)

    assert (grown.ticket, grown.identifier, grown.volume) == (first.ticket, first.identifier, 0.3)
    assert grown.price_open == pytest.approx((1.10010 + 2 * 1.10310) / 3)
    assert (grown.magic, grown.comment) == (7, "first")
    assert [(d.entry, d.position_id) for d in deals(netting)[1:]] == [(Entry.IN, first.identifier)] * 2
    assert grown.time_update_msc > grown.time_msc


@pytest.mark.parametrize(
    ("volume", "left", "entry", "profit"),
    [
        pytest.param(0.04, [0.06], Entry.OUT, 12.0, id="less-reduces"),
        pytest.param(0.10, [], Entry.OUT, 30.0, id="as-much-closes"),
        pytest.param(0.25, [-0.15], Entry.INOUT, 30.0, id="more-reverses"),
    ],
)
def test_an_opposite_deal_meets_the_position(netting: Any, volume: float, left: list[float], entry: Entry, profit: float) -> None:
    first = netting.open(0, 0.1)
    netting.quote(1.10310, 1.10320)
    result = netting.done(1, volume)
    deal = deals(netting)[-1]

    assert (result.retcode, result.volume, netting.signed) == (Retcode.DONE, volume, left)
    assert (deal.entry, deal.volume, deal.type, deal.position_id) == (entry, volume, 1, first.identifier)
    assert deal.profit == pytest.approx(profit)
    assert netting.broker.volume_errors() == []
    assert netting.terminal.account()["ACCOUNT_BALANCE"] == pytest.approx(10_000.0 + profit)


def test_a_reversal_keeps_the_identifier_and_takes_the_order_s_ticket(netting: Any) -> None:
    first = netting.open(0, 0.1, sl=1.09, tp=1.12, magic=7)
    netting.quote(1.10310, 1.10320, after_ms=5_000)
    result = netting.done(1, 0.3, sl=1.11, magic=8)
    turned = only(netting)

    assert (turned.identifier, turned.ticket) == (first.identifier, result.order)
    assert turned.ticket != first.ticket
    assert (turned.side, turned.volume, turned.price_open) == (1, 0.2, 1.10310)
    assert (turned.sl, turned.tp, turned.magic) == (1.11, 0.0, 8)
    assert turned.time_msc == first.time_msc + 5_000
    assert netting.terminal.positions() == [turned.ticket]
    assert netting.terminal.position(first.ticket) is None
    orders, told = netting.terminal.history_of_position(first.identifier)
    assert (len(orders), len(told)) == (2, 2)
    assert (netting.broker.witness.positions_reversed, netting.broker.witness.positions_opened) == (1, 1)


def test_a_reversal_is_told_as_one_order_and_one_deal(netting: Any) -> None:
    first = netting.open(0, 0.1)
    netting.events()
    netting.deal(1, 0.3)
    netting.pump()
    told = netting.transactions()

    assert [t.type for t in told] == [T.ORDER_ADD, T.DEAL_ADD, T.ORDER_DELETE, T.HISTORY_ADD, T.REQUEST]
    assert (told[1].volume, told[1].position) == (0.3, only(netting).ticket)
    assert told[3].position == first.identifier


def test_swap_and_commission_of_a_reversal_are_booked_at_once(make_desk: Callable[..., Any]) -> None:
    desk = make_desk(replace(EURUSD, commission=3.0, swap_long=-5.0, swap_rollover3days=6), account=NETTING)
    desk.quote(1.1, 1.1001)
    desk.open(0, 1.0)
    desk.broker.advance_market(desk.broker.standing.market.time_msc + 86_400_000)
    desk.done(1, 1.5)

    assert (deals(desk)[-1].swap, deals(desk)[-1].commission) == (-5.0, -4.5)
    assert only(desk).swap == 0.0


@pytest.mark.parametrize(
    ("side", "volume", "fields", "levels"),
    [
        pytest.param(0, 0.1, {"sl": 1.095, "tp": 1.115}, (1.095, 1.115), id="adding-brings-its-own"),
        pytest.param(0, 0.1, {}, (0.0, 0.0), id="adding-without-takes-them-away"),
        pytest.param(1, 0.04, {"sl": 1.2, "tp": 1.0}, (1.09, 1.12), id="reducing-leaves-them"),
        pytest.param(1, 0.3, {"sl": 1.105}, (1.105, 0.0), id="reversing-brings-its-own"),
        pytest.param(1, 0.3, {}, (0.0, 0.0), id="reversing-without-takes-them-away"),
    ],
)
def test_levels_are_those_of_the_last_order_that_was_an_entry(
    netting: Any, side: int, volume: float, fields: dict[str, float], levels: tuple[float, float]
) -> None:
    netting.open(0, 0.1, sl=1.09, tp=1.12)
    netting.done(side, volume, **fields)

    assert (only(netting).sl, only(netting).tp) == levels


def test_a_stop_taken_away_by_an_added_deal_counts_as_widened(netting: Any) -> None:
    netting.open(0, 0.1, sl=1.09)
    netting.done(0, 0.1)

    assert netting.broker.witness.stops_widened == 1


@pytest.mark.parametrize("binds", [True, False])
@pytest.mark.parametrize("named", ["symbol", "position", "both"])
def test_levels_are_moved_by_symbol_or_by_position(netting: Any, named: str, binds: bool) -> None:
    netting.broker.change_account(position_binds=binds)
    position = netting.open(0, 0.1)
    fields = {"symbol": "EURUSD" if named != "position" else "", "position": position.ticket if named != "symbol" else 0}
    netting.send(action=Action.SLTP, sl=1.09, tp=1.12, **fields)
    netting.pump()

    assert (only(netting).sl, only(netting).tp) == (1.09, 1.12)


def test_levels_of_nothing_are_refused(netting: Any) -> None:
    netting.events()
    netting.send(action=Action.SLTP, sl=1.09)
    position = netting.open(0, 0.1)
    netting.broker.human_close(position.ticket)
    netting.send(action=Action.SLTP, sl=1.09, position=position.ticket)
    netting.pump()

    assert [r.retcode for r in netting.results()] == [Retcode.INVALID, Retcode.DONE, Retcode.POSITION_CLOSED]


@pytest.mark.parametrize(
    ("binds", "retcode", "left"),
    [(True, Retcode.INVALID_CLOSE_VOLUME, [0.1]), (False, Retcode.DONE, [-0.2])],
)
def test_a_named_position_cannot_be_reversed_where_the_name_binds(
    make_desk: Callable[..., Any], binds: bool, retcode: Retcode, left: list[float]
) -> None:
    desk = make_desk(EURUSD, account=replace(NETTING, position_binds=binds))
    desk.quote(1.1, 1.1001)
    position = desk.open(0, 0.1)

    assert desk.done(1, 0.3, position=position.ticket).retcode == retcode
    assert desk.signed == left


def test_the_ticket_from_before_a_reversal_is_a_closed_position(netting: Any) -> None:
    first = netting.open(0, 0.1)
    netting.done(1, 0.3)

    assert netting.done(0, 0.1, position=first.ticket).retcode == Retcode.POSITION_CLOSED
    turned = only(netting).ticket
    assert netting.done(0, 0.2, position=turned).retcode == Retcode.DONE
    assert netting.broker.positions == ()
    assert netting.done(0, 0.2, position=turned).retcode == Retcode.POSITION_CLOSED
    assert netting.done(0, 0.2, position=4711).retcode == Retcode.INVALID


def test_a_second_close_beside_the_first_finds_the_position_closed(netting: Any) -> None:
    """An order to close exists on hedging accounts only; here it is a deal like any other."""
    position = netting.open(0, 0.1)
    netting.events()
    netting.broker.behaviour.rules.append(Rule(Effect(processing_ms=300)))
    for _ in range(2):
        netting.deal(1, 0.1, position=position.ticket)
    netting.pump()
    netting.pump(after_ms=300)

    assert [r.retcode for r in netting.results()] == [Retcode.DONE, Retcode.POSITION_CLOSED]


@pytest.mark.parametrize(
    ("mode", "held", "side", "volume", "retcode"),
    [
        pytest.param(TradeMode.CLOSE_ONLY, 0, 1, 0.10, Retcode.DONE, id="close-only-lets-close"),
        pytest.param(TradeMode.CLOSE_ONLY, 0, 1, 0.04, Retcode.DONE, id="close-only-lets-reduce"),
        pytest.param(TradeMode.CLOSE_ONLY, 0, 1, 0.11, Retcode.CLOSE_ONLY, id="close-only-reverses-nothing"),
        pytest.param(TradeMode.CLOSE_ONLY, 0, 0, 0.01, Retcode.CLOSE_ONLY, id="close-only-adds-nothing"),
        pytest.param(TradeMode.LONG_ONLY, 0, 1, 0.10, Retcode.DONE, id="long-only-lets-close-a-long"),
        pytest.param(TradeMode.LONG_ONLY, 0, 1, 0.11, Retcode.LONG_ONLY, id="long-only-is-not-reversed"),
        pytest.param(TradeMode.LONG_ONLY, 0, 0, 0.10, Retcode.DONE, id="long-only-lets-add"),
        pytest.param(TradeMode.SHORT_ONLY, 1, 0, 0.10, Retcode.DONE, id="short-only-lets-close-a-short"),
        pytest.param(TradeMode.SHORT_ONLY, 1, 0, 0.11, Retcode.SHORT_ONLY, id="short-only-is-not-reversed"),
        pytest.param(TradeMode.SHORT_ONLY, 0, 1, 0.20, Retcode.DONE, id="short-only-lets-a-long-be-reversed"),
    ],
)
def test_a_trade_mode_looks_at_what_a_deal_would_leave(
    netting: Any, mode: TradeMode, held: int, side: int, volume: float, retcode: Retcode
) -> None:
    netting.open(held, 0.1)
    netting.broker.change_symbol("EURUSD", trade_mode=mode)
    netting.pump()

    assert netting.done(side, volume).retcode == retcode


@pytest.mark.parametrize(
    ("spec", "side", "volume", "retcode"),
    [
        pytest.param({"volume_max": 0.15}, 1, 0.2, Retcode.INVALID_VOLUME, id="an-order-above-the-maximum"),
        pytest.param({"volume_max": 0.05}, 1, 0.1, Retcode.INVALID_VOLUME, id="a-position-larger-than-an-order"),
        pytest.param({"volume_max": 0.05}, 1, 0.05, Retcode.DONE, id="a-part-of-a-large-position"),
        pytest.param({"volume_min": 0.05}, 1, 0.06, Retcode.INVALID_VOLUME, id="a-rest-below-the-minimum"),
        pytest.param({"volume_min": 0.05}, 1, 0.12, Retcode.INVALID_VOLUME, id="the-other-side-below-the-minimum"),
        pytest.param({"volume_min": 0.20}, 1, 0.1, Retcode.DONE, id="a-residue-may-be-closed-whole"),
        pytest.param({"volume_limit": 0.15}, 0, 0.06, Retcode.LIMIT_VOLUME, id="adding-above-the-limit"),
        pytest.param({"volume_limit": 0.15}, 1, 0.25, Retcode.DONE, id="reversing-up-to-the-limit"),
        pytest.param({"volume_limit": 0.15}, 1, 0.26, Retcode.LIMIT_VOLUME, id="reversing-above-the-limit"),
    ],
)
def test_volumes_of_a_deal_that_meets_a_position(
    netting: Any, spec: dict[str, float], side: int, volume: float, retcode: Retcode
) -> None:
    netting.open(0, 0.1)
    netting.broker.change_symbol("EURUSD", **spec)
    netting.pump()

    assert netting.done(side, volume).retcode == retcode


def test_rules_of_hedging_accounts_mean_nothing_here(make_desk: Callable[..., Any]) -> None:
    desk = make_desk(EURUSD, account=replace(NETTING, fifo_close=True, hedge_allowed=False, limit_positions=1))
    desk.quote(1.1, 1.1001)
    position = desk.open(0, 0.1)

    assert [desk.done(side, 0.2).retcode for side in (0, 1, 1, 0)] == [Retcode.DONE] * 4
    assert (desk.terminal.account()["ACCOUNT_FIFO_CLOSE"], desk.terminal.account()["ACCOUNT_HEDGE_ALLOWED"]) == (0, 0)
    desk.events()
    desk.send(action=Action.CLOSE_BY, position=position.ticket, position_by=position.ticket)
    desk.pump()
    assert [r.retcode for r in desk.results()] == [Retcode.INVALID_ORDER]


def test_a_human_s_deal_gives_the_ticket_of_what_there_is_afterwards(netting: Any) -> None:
    first = netting.broker.human_open("EURUSD", 0, 0.1)

    assert netting.broker.human_open("EURUSD", 0, 0.1) == first
    assert netting.broker.human_open("EURUSD", 1, 0.3) == only(netting).ticket != first
    assert netting.broker.human_open("EURUSD", 0, 0.1) == 0


def test_margin_follows_the_one_position(make_desk: Callable[..., Any]) -> None:
    desk = make_desk(EURUSD, account=NETTING, deposit=1_200.0)
    desk.quote(1.1, 1.1001)
    desk.open(0, 1.0)

    assert desk.done(0, 0.1).retcode == Retcode.NO_MONEY
    assert desk.done(1, 2.0).retcode == Retcode.DONE  # what the reversal frees pays for the other side
    assert desk.broker.standing.margin() == pytest.approx(1_100.0)
    assert desk.done(0, 2.1).retcode == Retcode.NO_MONEY
    assert desk.done(0, 0.5).retcode == Retcode.DONE
    assert desk.broker.standing.margin() == pytest.approx(550.0)


def test_an_exchange_asks_one_margin_for_an_entry_and_another_afterwards(make_desk: Callable[..., Any]) -> None:
    desk = make_desk(FUTURE, account=EXCHANGE, deposit=3_000.0)
    desk.quote(1.1, 1.1)
    desk.open(0, 1.0)

    assert desk.terminal.account()["ACCOUNT_MARGIN"] == 1_500.0
    assert desk.done(0, 0.76).retcode == Retcode.NO_MONEY  # 1,520 of 1,500 that are free
    assert desk.done(0, 0.75).retcode == Retcode.DONE
    assert desk.terminal.account()["ACCOUNT_MARGIN"] == pytest.approx(1.75 * 1_500.0)
    assert desk.terminal.symbol("EURUSD")["SYMBOL_MARGIN_MAINTENANCE"] == 1_500.0


def test_an_exchange_lends_nothing_where_the_symbol_has_no_margin_of_its_own(make_desk: Callable[..., Any]) -> None:
    share = SymbolSpec(name="SHARE", calc_mode=32, contract_size=1.0, currency_margin="USD", currency_base="USD")
    desk = make_desk(share, account=EXCHANGE)
    desk.quote(50.0, 50.0)
    desk.open(0, 100.0)

    assert desk.broker.standing.margin() == 5_000.0


@pytest.mark.parametrize(("account", "spec"), [(NETTING, EURUSD), (EXCHANGE, FUTURE)])
def test_stop_out_ends_the_greatest_loss_first_and_leaves_the_rest(
    make_desk: Callable[..., Any], account: Account, spec: SymbolSpec
) -> None:
    desk = make_desk(spec, account=account, deposit=5_000.0)
    desk.broker.add_symbol(replace(spec, name="OTHER"))
    for symbol in ("EURUSD", "OTHER"):
        desk.symbol = symbol
        desk.quote(1.1, 1.1)
    small, large = desk.broker.human_open("OTHER", 0, 0.5), desk.broker.human_open("EURUSD", 0, 1.5)
    desk.symbol = "EURUSD"
    for price in (1.09, 1.08, 1.07, 1.065):
        desk.quote(price, price)

    assert [p.ticket for p in desk.broker.positions] == [small]
    (deal,) = [d for d in deals(desk) if d.reason == Reason.SO]
    assert (deal.position_id, deal.entry, deal.comment[:3]) == (large, Entry.OUT, "[so")
    assert desk.broker.standing.margin_level() > 50
    assert desk.terminal.positions() == [small]


def test_stop_and_target_end_the_one_position(netting: Any) -> None:
    netting.open(0, 0.1, sl=1.09)
    netting.done(0, 0.2, sl=1.095)
    netting.quote(1.094, 1.0941)

    assert netting.broker.positions == ()
    assert (deals(netting)[-1].reason, deals(netting)[-1].volume) == (Reason.SL, 0.3)
