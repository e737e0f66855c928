"""Filling policies and kinds of execution: every combination, and what a filling does with half an offer."""

from collections.abc import Callable
from typing import Any

import pytest

from dtms.sim.behaviour import Behaviour, Effect, Rule
from dtms.sim.mt5 import Entry, Execution, Filling, MarginMode, Retcode
from dtms.sim.spec import SymbolSpec
from dtms.sim.state import Account

X, F = Execution, Filling
BID, ASK = 1.10000, 1.10010
FREE = {Filling.FOK, Filling.IOC, Filling.RETURN}

# (execution, bits of SYMBOL_FILLING_MODE) -> fillings that a market order may have; every other one is refused.
ALLOWED = {
    **{(execution, bits): FREE for execution in (X.REQUEST, X.INSTANT) for bits in range(8)},
    **{(X.MARKET, bits): {f for f, bit in ((F.FOK, 1), (F.IOC, 2)) if bits & bit} for bits in range(8)},
    **{(X.EXCHANGE, bits): {f for f, bit in ((F.FOK, 1), (F.IOC, 2)) if bits & bit} | {F.RETURN} for bits in range(8)},
}


@pytest.mark.parametrize("mode", list(MarginMode))
@pytest.mark.parametrize(("execution", "bits"), ALLOWED)
def test_a_filling_is_taken_where_the_execution_knows_it(
    make_desk: Callable[..., Any], mode: MarginMode, execution: Execution, bits: int
) -> None:
    spec = SymbolSpec(name="EURUSD", execution=execution, filling_mode=bits, margin_initial=100.0)
    desk = make_desk(spec, account=Account(margin_mode=mode))
    desk.quote(BID, ASK)
    told = {filling: desk.done(0, 0.01, type_filling=filling, price=ASK).retcode for filling in (*Filling, 4)}

    allowed = ALLOWED[execution, bits]
    assert told == {f: Retcode.DONE if f in allowed else Retcode.INVALID_FILL for f in (*Filling, 4)}


@pytest.mark.parametrize("execution", list(Execution))
@pytest.mark.parametrize(
    ("asked", "deviation", "promised"),
    [
        pytest.param(ASK, 0, Retcode.DONE, id="the-price-that-is"),
        pytest.param(ASK - 0.00003, 3, Retcode.DONE, id="moved-up-to-the-deviation"),
        pytest.param(ASK - 0.00004, 3, Retcode.REQUOTE, id="moved-beyond-the-deviation"),
        pytest.param(ASK + 0.00004, 3, Retcode.REQUOTE, id="moved-to-the-trader-s-good-beyond-it"),
        pytest.param(0.0, 3, Retcode.INVALID_PRICE, id="no-price"),
        pytest.param(1.100103, 3, Retcode.INVALID_PRICE, id="a-price-off-the-grid"),
    ],
)
def test_a_price_is_promised_by_request_and_instant_execution_only(
    make_desk: Callable[..., Any], execution: Execution, asked: float, deviation: int, promised: Retcode
) -> None:
    desk = make_desk(SymbolSpec(name="EURUSD", execution=execution))
    desk.quote(BID, ASK)
    result = desk.done(0, 0.1, price=round(asked, 6), deviation=deviation)

    assert result.retcode == (promised if execution in {X.REQUEST, X.INSTANT} else Retcode.DONE)
    assert (result.bid, result.ask) == (BID, ASK)  # what a requote offers


def test_a_quote_that_comes_while_a_request_is_on_its_way_is_the_one_that_counts(make_desk: Callable[..., Any]) -> None:
    desk = make_desk(
        SymbolSpec(name="EURUSD", execution=X.INSTANT), behaviour=Behaviour(rules=[Rule(Effect(latency_ms=200), times=1)])
    )
    desk.quote(BID, ASK)
    desk.deal(0, 0.1, price=ASK, deviation=5)
    desk.pump()
    desk.quote(BID + 0.0001, ASK + 0.0001)
    desk.pump(after_ms=200)

    (result,) = desk.results()
    assert (result.retcode, result.ask) == (Retcode.REQUOTE, 1.1002)
    assert desk.done(0, 0.1, price=1.1002, deviation=5).retcode == Retcode.DONE


@pytest.mark.parametrize(
    ("execution", "slippage", "retcode"),
    [(X.INSTANT, 5, Retcode.DONE), (X.INSTANT, 6, Retcode.REQUOTE), (X.MARKET, 6, Retcode.DONE)],
)
def test_slippage_beyond_the_deviation_is_a_requote_where_a_price_is_promised(
    make_desk: Callable[..., Any], execution: Execution, slippage: int, retcode: Retcode
) -> None:
    behaviour = Behaviour(rules=[Rule(Effect(slippage_points=slippage))])
    desk = make_desk(SymbolSpec(name="EURUSD", execution=execution), behaviour=behaviour)
    desk.quote(BID, ASK)

    assert desk.done(0, 0.1, price=ASK, deviation=5).retcode == retcode


@pytest.mark.parametrize(
    ("filling", "retcode", "left", "prices"),
    [
        pytest.param(F.FOK, Retcode.REJECT, [], [], id="all-or-nothing"),
        pytest.param(F.IOC, Retcode.DONE_PARTIAL, [0.03], [1.1001], id="what-there-is"),
        pytest.param(F.RETURN, Retcode.DONE, [0.1], [1.1001, 1.10011], id="the-rest-at-the-next-price"),
    ],
)
def test_what_a_filling_does_with_a_part_of_its_volume(
    make_desk: Callable[..., Any], filling: Filling, retcode: Retcode, left: list[float], prices: list[float]
) -> None:
    behaviour = Behaviour(rules=[Rule(Effect(fill=0.03))])
    desk = make_desk(SymbolSpec(name="EURUSD", execution=X.EXCHANGE), behaviour=behaviour)
    desk.quote(BID, ASK)
    result = desk.done(0, 0.1, type_filling=filling)
    booked = list(desk.broker.standing.holdings.deals.values())[1:]

    assert (result.retcode, desk.signed, result.volume) == (retcode, left, sum(left))
    assert [d.price for d in booked] == prices
    assert len({d.order for d in booked}) == len(left)
    assert desk.broker.volume_errors() == []


def test_one_order_may_reduce_first_and_reverse_then(make_desk: Callable[..., Any]) -> None:
    """Two deals of one order meet the position one after the other."""
    spec = SymbolSpec(name="EURUSD", execution=X.EXCHANGE)
    desk = make_desk(spec, account=Account(margin_mode=MarginMode.NETTING), behaviour=Behaviour())
    desk.quote(BID, ASK)
    desk.open(0, 0.1)
    desk.broker.behaviour.rules.append(Rule(Effect(fill=0.04)))
    result = desk.done(1, 0.25, type_filling=F.RETURN)
    booked = list(desk.broker.standing.holdings.deals.values())[2:]

    assert [(d.entry, d.volume) for d in booked] == [(Entry.OUT, 0.04), (Entry.INOUT, 0.21)]
    assert (result.volume, desk.signed, desk.broker.positions[0].ticket) == (0.25, [-0.15], result.order)
    assert desk.broker.volume_errors() == []


def test_a_part_of_an_exit_may_leave_what_no_order_could_leave(make_desk: Callable[..., Any]) -> None:
    """The market gives what it has; the residue below the minimum may then be closed whole and not otherwise."""
    desk = make_desk(SymbolSpec(name="EURUSD", volume_min=0.05), behaviour=Behaviour())
    desk.quote(BID, ASK)
    position = desk.open(0, 0.1)
    desk.broker.behaviour.rules.append(Rule(Effect(fill=0.08), times=1))

    assert desk.done(1, 0.1, position=position.ticket).retcode == Retcode.DONE_PARTIAL
    assert desk.signed == [0.02]
    assert desk.done(1, 0.01, position=position.ticket).retcode == Retcode.INVALID_VOLUME
    assert desk.done(1, 0.02, position=position.ticket).retcode == Retcode.DONE
