"""Deals, positions and the order in which a terminal hears of them."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dtms.sim.behaviour import Behaviour, Effect, Rule
from dtms.sim.broker import Broker
from dtms.sim.errors import Refused
from dtms.sim.mt5 import Action, Entry, OrderState, OrderType, Reason, Retcode, TransactionType
from dtms.sim.spec import SymbolSpec

T = TransactionType


def kinds(desk: Any) -> list[TransactionType]:
    return [trans.type for trans in desk.transactions()]


def test_an_entry_is_told_in_the_usual_order(desk: Any) -> None:
    desk.events()
    desk.deal(0, 0.1, sl=1.095, tp=1.11, magic=77, comment="c" * 40)
    desk.pump()
    events = desk.events()

    told = [e[1] for e in events if e[0] == "transaction"]
    assert [t.type for t in told] == [T.ORDER_ADD, T.DEAL_ADD, T.ORDER_DELETE, T.HISTORY_ADD, T.REQUEST]
    assert events[-1] == ("trade",)
    assert (told[0].order_state, told[0].position) == (OrderState.STARTED, 0)
    assert (told[2].order_state, told[2].volume) == (OrderState.FILLED, 0.0)
    assert (told[1].price, told[1].price_sl, told[1].price_tp, told[1].volume) == (1.10010, 1.095, 1.11, 0.1)
    result = events[-2][3]
    assert (result.retcode, result.request_id, result.deal, result.order) == (10009, 1, told[1].deal, told[1].order)


def test_magic_and_comment_survive_in_order_deal_and_position(desk: Any) -> None:
    magic = (1 << 62) + 12345
    position = desk.open(1, 0.2, magic=magic, comment="c" * 40)
    orders, deals = desk.terminal.history_of_position(position.identifier)
    records = [
        (desk.terminal.position(position.ticket), "POSITION"),
        (desk.terminal.history_order(orders[0]), "ORDER"),
        (desk.terminal.deal(deals[0]), "DEAL"),
    ]

    for record, prefix in records:
        assert record[f"{prefix}_MAGIC"] == magic
        assert record[f"{prefix}_COMMENT"] == "c" * 31
        assert record[f"{prefix}_REASON"] == Reason.EXPERT


def test_a_close_s_deal_comes_after_its_order(desk: Any) -> None:
    position = desk.open(0, 0.1)
    desk.events()
    desk.deal(1, 0.04, position=position.ticket)
    desk.pump()

    assert kinds(desk) == [T.ORDER_ADD, T.ORDER_DELETE, T.HISTORY_ADD, T.DEAL_ADD, T.REQUEST]
    assert desk.terminal.position(position.ticket)["POSITION_VOLUME"] == 0.06


def test_a_change_of_levels_is_a_position_and_an_answer_and_leaves_the_update_time(desk: Any) -> None:
    position = desk.open(0, 0.1)
    desk.quote(1.10000, 1.10010, after_ms=5_000)
    desk.events()
    desk.send(action=Action.SLTP, position=position.ticket, sl=1.09, tp=0.0)
    desk.pump()

    assert kinds(desk) == [T.POSITION, T.REQUEST]
    record = desk.terminal.position(position.ticket)
    assert record["POSITION_SL"] == 1.09
    assert record["POSITION_TIME_UPDATE_MSC"] == record["POSITION_TIME_MSC"]


def test_close_by_books_the_profit_on_the_first_deal_and_leaves_the_rest(desk: Any) -> None:
    first, second = desk.open(0, 0.3), desk.open(1, 0.1)
    desk.events()
    desk.send(action=Action.CLOSE_BY, position=first.ticket, position_by=second.ticket)
    desk.pump()

    told = desk.transactions()
    assert [t.type for t in told] == [
        *(T.ORDER_ADD, T.DEAL_ADD, T.POSITION, T.DEAL_ADD),
        *(T.ORDER_DELETE, T.HISTORY_ADD, T.REQUEST),
    ]
    assert told[0].order_type == OrderType.CLOSE_BY
    deals = [desk.broker.standing.holdings.deals[t.deal] for t in told if t.type == T.DEAL_ADD]
    assert [d.entry for d in deals] == [Entry.OUT_BY, Entry.OUT_BY]
    assert [d.price for d in deals] == [second.price_open, second.price_open]
    assert [d.profit for d in deals] == [-1.0, 0.0]  # 0.1 lots cross a spread of one pip
    assert [(p.ticket, p.volume) for p in desk.broker.positions] == [(first.ticket, 0.2)]
    assert desk.broker.volume_errors() == []


def test_an_ioc_order_may_be_filled_in_part(make_desk: Callable[..., Any]) -> None:
    desk = make_desk(behaviour=Behaviour(rules=[Rule(Effect(fill=0.0349), nth=1)]))
    desk.quote(1.1, 1.1001)
    position = desk.open(0, 0.1)

    (result,) = desk.results()
    assert (result.retcode, result.volume) == (Retcode.DONE_PARTIAL, 0.03)
    assert position.volume == 0.03
    order = desk.terminal.history_order(result.order)
    assert (order["ORDER_VOLUME_INITIAL"], order["ORDER_VOLUME_CURRENT"]) == (0.1, 0.07)


def test_slippage_is_to_the_trader_s_harm(make_desk: Callable[..., Any]) -> None:
    desk = make_desk(behaviour=Behaviour(rules=[Rule(Effect(slippage_points=7))]))
    desk.quote(1.1, 1.1001)

    assert desk.open(0).price_open == 1.10017
    assert desk.open(1).price_open == 1.09993


def test_commission_is_charged_on_both_sides_and_lands_in_the_balance(make_desk: Callable[..., Any]) -> None:
    desk = make_desk(SymbolSpec(name="EURUSD", commission=3.5), deposit=1_000.0)
    desk.quote(1.1, 1.1001)
    position = desk.open(0, 0.2)
    desk.quote(1.1051, 1.1052)
    desk.deal(1, 0.2, position=position.ticket)
    desk.pump()

    assert desk.terminal.account()["ACCOUNT_BALANCE"] == 1_000.0 + 100.0 - 2 * 0.7
    assert [d.commission for d in desk.broker.standing.holdings.deals.values()] == [0.0, -0.7, -0.7]


def test_a_human_s_trade_raises_no_request_and_may_be_refused(desk: Any) -> None:
    desk.events()
    ticket = desk.broker.human_open("EURUSD", 0, 0.1, magic=5, comment="by hand")
    desk.pump()

    assert T.REQUEST not in kinds(desk)
    record = desk.terminal.position(ticket)
    assert (record["POSITION_REASON"], record["POSITION_MAGIC"]) == (Reason.CLIENT, 5)
    with pytest.raises(Refused) as refused:
        desk.broker.human_modify(ticket, sl=1.2)
    assert refused.value.retcode is Retcode.INVALID_STOPS


def test_a_fresh_ticket_leaves_the_identifier(desk: Any) -> None:
    old = desk.open(0, 0.1)
    ticket = desk.broker.change_ticket(old.ticket)
    desk.pump()

    assert desk.terminal.positions() == [ticket]
    assert desk.terminal.position(ticket)["POSITION_IDENTIFIER"] == old.identifier
    desk.broker.human_close(ticket)
    assert desk.broker.volume_errors() == []
    assert len(desk.broker.standing.holdings.of_position(old.identifier)[1]) == 2


ACTS = st.lists(
    st.tuples(
        st.sampled_from(["open", "reduce", "close", "close_by", "quote"]),
        st.integers(0, 7),
        st.integers(1, 40),
    ),
    max_size=30,
)


@given(ACTS)
def test_whatever_is_done_volumes_and_money_are_conserved(acts: list[tuple[str, int, int]]) -> None:
    broker = Broker([SymbolSpec(name="EURUSD", commission=3.0)], deposit=100_000.0, time_msc=1_700_049_600_000)
    broker.quote("EURUSD", 1_700_049_600_000, 1.1, 1.1001)
    for number, (act, which, steps) in enumerate(acts):
        perform(broker, act, which, steps, number)

    assert broker.volume_errors() == []
    deals = broker.standing.holdings.deals.values()
    booked = sum(d.profit + d.commission + d.swap for d in deals)
    assert broker.standing.account.balance == pytest.approx(booked, abs=1e-6)
    ended = broker.witness.positions_opened - len(broker.positions)
    assert sum(broker.witness.closed.values()) == ended


def perform(broker: Broker, act: str, which: int, steps: int, number: int) -> None:
    held = broker.positions
    volume = round(steps * 0.01, 2)
    if act == "quote":
        price = round(1.1 + (steps - 20) * 0.0005, 5)
        broker.quote("EURUSD", broker.standing.market.time_msc + number, price, round(price + 0.0001, 5))
    elif act == "open":
        broker.human_open("EURUSD", which % 2, volume)
    elif held:
        chosen = held[which % len(held)]
        try:
            broker.human_close(chosen.ticket, None if act == "close" else volume)
        except Refused as refused:
            assert refused.retcode is Retcode.INVALID_CLOSE_VOLUME  # noqa: PT017 - the law is about every refusal
