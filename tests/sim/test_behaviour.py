"""How a broker treats requests, and in what shape its answers arrive."""

import pickle
import random
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dtms.sim.behaviour import Behaviour, Chances, Effect, Rule
from dtms.sim.broker import Broker
from dtms.sim.messages import TradeFields
from dtms.sim.mt5 import Action, Filling, Retcode, TransactionType
from dtms.sim.spec import SymbolSpec
from dtms.sim.terminal import SimTerminal

T = TransactionType


@pytest.fixture
def made(make_desk: Callable[..., Any]) -> Callable[..., Any]:
    """A desk at 1.10000/1.10010 whose first request meets an effect."""

    def make(effect: Effect, **kwargs: Any) -> Any:
        desk = make_desk(behaviour=Behaviour(rules=[Rule(effect, nth=1)], serial=kwargs.pop("serial", False)), **kwargs)
        desk.quote(1.1, 1.1001)
        desk.events()
        return desk

    return make


def told(desk: Any) -> list[TransactionType]:
    return [trans.type for trans in desk.transactions()]


def test_latency_and_processing_come_before_the_deal_and_lateness_after_it(made: Callable[..., Any]) -> None:
    desk = made(Effect(latency_ms=100, processing_ms=200, late_ms=50))
    desk.deal(0, 0.1)
    desk.pump()
    desk.pump(after_ms=299)
    assert desk.broker.positions == ()
    desk.pump(after_ms=1)
    assert len(desk.broker.positions) == 1
    assert desk.terminal.positions() == []
    assert desk.broker.next_due_ms() == desk.now_ms + 50
    desk.pump(after_ms=50)
    assert len(desk.terminal.positions()) == 1
    assert desk.broker.next_due_ms() is None


@pytest.mark.parametrize(("serial", "done"), [(True, [0, 300, 600, 900]), (False, [0, 900, 900, 900])])
def test_requests_are_processed_one_after_the_other_or_side_by_side(
    make_desk: Callable[..., Any], serial: bool, done: list[int]
) -> None:
    desk = make_desk(behaviour=Behaviour(rules=[Rule(Effect(processing_ms=300))], serial=serial))
    desk.quote(1.1, 1.1001)
    for _ in range(3):
        desk.deal(0, 0.1)
    desk.pump()
    counts = [len(desk.broker.positions)]
    for _ in range(3):
        desk.pump(after_ms=300)
        counts.append(len(desk.broker.positions))

    assert [n * 300 for n in counts] == done


def test_a_second_close_beside_the_first_finds_an_order_to_close(made: Callable[..., Any]) -> None:
    desk = made(Effect())
    position = desk.open(0, 0.1)
    desk.events()
    desk.broker.behaviour.rules.append(Rule(Effect(processing_ms=300)))
    desk.deal(1, 0.1, position=position.ticket)
    desk.deal(1, 0.1, position=position.ticket)
    desk.pump()
    desk.pump(after_ms=300)

    assert [r.retcode for r in desk.results()] == [Retcode.DONE, Retcode.CLOSE_ORDER_EXIST]
    assert desk.broker.volume_errors() == []


def test_closes_side_by_side_may_together_be_for_all_there_is(made: Callable[..., Any]) -> None:
    desk = made(Effect())
    position = desk.open(0, 0.1)
    desk.events()
    desk.broker.behaviour.rules.append(Rule(Effect(processing_ms=300)))
    for volume in (0.04, 0.06, 0.01):
        desk.deal(1, volume, position=position.ticket)
    desk.pump()
    desk.pump(after_ms=300)

    assert [r.retcode for r in desk.results()] == [Retcode.DONE, Retcode.DONE, Retcode.CLOSE_ORDER_EXIST]
    assert desk.broker.positions == ()


def test_a_second_close_behind_the_first_finds_the_position_closed(made: Callable[..., Any]) -> None:
    desk = made(Effect(), serial=True)
    position = desk.open(0, 0.1)
    desk.events()
    for _ in range(2):
        desk.deal(1, 0.1, position=position.ticket)
    desk.pump()

    assert [r.retcode for r in desk.results()] == [Retcode.DONE, Retcode.POSITION_CLOSED]


def test_a_refusal_on_demand_executes_nothing(made: Callable[..., Any]) -> None:
    desk = made(Effect(retcode=Retcode.REQUOTE))
    desk.deal(0, 0.1)
    desk.deal(0, 0.1)
    desk.pump()

    assert [r.retcode for r in desk.results()] == [Retcode.REQUOTE, Retcode.DONE]
    assert len(desk.broker.positions) == 1


def test_a_timeout_may_hide_an_execution(made: Callable[..., Any]) -> None:
    desk = made(Effect(retcode=Retcode.TIMEOUT, execute=True))
    desk.deal(0, 0.1)
    desk.pump()

    assert [(r.retcode, r.deal, r.order) for r in desk.results()] == [(Retcode.TIMEOUT, 0, 0)]
    assert len(desk.terminal.positions()) == 1
    assert desk.broker.witness.requests == {Retcode.DONE: 1}


def test_twice_means_every_transaction_twice_and_the_state_once(made: Callable[..., Any]) -> None:
    desk = made(Effect(copies=2))
    desk.deal(0, 0.1)
    desk.pump()

    assert Counter(told(desk)) == dict.fromkeys((T.ORDER_ADD, T.DEAL_ADD, T.ORDER_DELETE, T.HISTORY_ADD, T.REQUEST), 2)
    assert len(desk.terminal.positions()) == 1
    assert len(desk.terminal.deals(0, 1 << 40)) == 2  # the deposit and this one


def test_never_means_that_only_the_state_arrives(made: Callable[..., Any]) -> None:
    desk = made(Effect(lose_transactions=True))
    desk.deal(0, 0.1)
    desk.pump()

    assert desk.events() == []
    assert len(desk.terminal.positions()) == 1


def test_the_answer_alone_may_be_lost_or_late(made: Callable[..., Any]) -> None:
    lost, late = made(Effect(lose_result=True)), made(Effect(late_result_ms=5_000))
    for desk in (lost, late):
        desk.deal(0, 0.1)
        desk.pump()
        assert told(desk) == [T.ORDER_ADD, T.DEAL_ADD, T.ORDER_DELETE, T.HISTORY_ADD]
        desk.pump(after_ms=5_000)

    assert (told(lost), told(late)) == ([], [T.REQUEST])


def test_a_vanished_request_leaves_no_trace(made: Callable[..., Any]) -> None:
    desk = made(Effect(vanish=True))
    assert desk.deal(0, 0.1).ok
    desk.pump(after_ms=60_000)

    assert desk.events() == []
    assert desk.broker.positions == ()
    assert sum(desk.broker.witness.requests.values()) == 0


def test_for_an_instant_an_order_and_its_position_are_in_no_list(made: Callable[..., Any]) -> None:
    desk = made(Effect(gap_ms=40))
    desk.deal(0, 0.1)
    desk.pump()

    assert told(desk) == [T.ORDER_ADD, T.ORDER_DELETE]
    assert (desk.terminal.positions(), desk.terminal.orders(), desk.terminal.history_orders(0, 1 << 40)) == ([], [], [])
    desk.pump(after_ms=40)
    assert told(desk) == [T.DEAL_ADD, T.HISTORY_ADD, T.REQUEST]
    assert (len(desk.terminal.positions()), len(desk.terminal.history_orders(0, 1 << 40))) == (1, 1)


def test_for_an_instant_a_closed_position_has_no_deal_that_closed_it(made: Callable[..., Any]) -> None:
    desk = made(Effect())
    position = desk.open(0, 0.1)
    desk.broker.behaviour.rules = [Rule(Effect(gap_ms=40))]
    desk.deal(1, 0.1, position=position.ticket)
    desk.pump()
    assert desk.terminal.positions() == []
    assert len(desk.terminal.history_of_position(position.identifier)[1]) == 1
    desk.pump(after_ms=40)

    assert len(desk.terminal.history_of_position(position.identifier)[1]) == 2


def test_shuffled_transactions_are_the_same_ones(made: Callable[..., Any]) -> None:
    orders: set[tuple[TransactionType, ...]] = set()
    for _ in range(10):
        desk = made(Effect(shuffle=True))
        desk.broker.behaviour.rng = random.Random(len(orders) * 7 + 1)
        desk.deal(0, 0.1)
        desk.pump()
        orders.add(tuple(told(desk)))

    assert {tuple(sorted(order)) for order in orders} == {(0, 2, 3, 6, 10)}
    assert len(orders) > 1


def test_an_early_answer_is_queued_before_the_call_returns(made: Callable[..., Any]) -> None:
    desk = made(Effect(early=True), terminal={"immediate": True})
    answer = desk.deal(0, 0.1)

    assert (answer.retcode, answer.request_id) == (Retcode.PLACED, 1)
    assert [r.request_id for r in desk.results()] == [1]
    desk.deal(0, 0.1)  # the second meets no effect and waits for its turn
    assert desk.events() == []
    desk.pump()
    assert [r.request_id for r in desk.results()] == [2]


def test_a_waiting_call_gets_its_result_and_the_time_it_took(made: Callable[..., Any]) -> None:
    desk = made(Effect(latency_ms=20, processing_ms=30))
    answer = desk.deal(0, 0.1, asynchronous=False)

    assert (answer.ok, answer.retcode, answer.volume) == (True, Retcode.DONE, 0.1)
    assert desk.terminal.take_blocked_ms() == 50
    assert len(desk.terminal.positions()) == 1
    desk.broker.behaviour.rules = [Rule(Effect(lose_result=True))]
    answer = desk.deal(0, 0.1, asynchronous=False)
    assert (answer.ok, answer.error, answer.retcode) == (False, 4756, Retcode.TIMEOUT)
    assert len(desk.broker.positions) == 2


def test_too_many_requests_in_a_second_are_turned_away(make_desk: Callable[..., Any]) -> None:
    desk = make_desk(behaviour=Behaviour(max_requests_per_s=2))
    desk.quote(1.1, 1.1001)
    for _ in range(3):
        desk.deal(0, 0.01)
    desk.pump()
    desk.pump(after_ms=1_000)
    desk.deal(0, 0.01)
    desk.pump()

    done, refused = Retcode.DONE, Retcode.TOO_MANY_REQUESTS
    assert [r.retcode for r in desk.results()] == [done, done, refused, done]


def test_rules_may_choose_by_request_and_wear_out(make_desk: Callable[..., Any]) -> None:
    rule = Rule(Effect(retcode=Retcode.REJECT), when=lambda request: request.trade.volume > 0.05, times=2)
    desk = make_desk(behaviour=Behaviour(rules=[rule]))
    desk.quote(1.1, 1.1001)
    for volume in (0.1, 0.01, 0.1, 0.1):
        desk.deal(0, volume)
    desk.pump()

    done, refused = Retcode.DONE, Retcode.REJECT
    assert [r.retcode for r in desk.results()] == [refused, done, refused, done]


BAD_DAY = Chances(
    latency_ms=(0, 300),
    processing_ms=(0, 300),
    slippage_points=(0, 5),
    refuse=0.1,
    timeout=0.1,
    timeout_executed=0.1,
    partial=0.2,
    late=0.2,
    twice=0.2,
    lose_result=0.1,
    lose_transactions=0.1,
    shuffle=0.3,
    gap=0.3,
    early=0.2,
    vanish=0.1,
)


def run(seed: int) -> tuple[Broker, SimTerminal, bytes]:
    """A bad day: a program that opens, moves and closes what its terminal shows. Also all events, as bytes."""
    rng = random.Random(seed)
    behaviour = Behaviour(chances=BAD_DAY, rng=rng, serial=seed % 2 == 0)
    broker = Broker([SymbolSpec(name="EURUSD")], deposit=1e6, time_msc=1_700_049_600_000, behaviour=behaviour)
    now = 0
    terminal = SimTerminal(call=lambda request: broker.call(request, now), immediate=seed % 3 == 0)
    terminal.apply_all(broker.full_state())
    events = []
    for step in range(60):
        now = step * 100
        price = round(1.1 + rng.randrange(-50, 50) / 1e5, 5)
        broker.quote("EURUSD", 1_700_049_600_000 + now, price, price + 0.0001)
        act(terminal, rng, price)
        broker.receive(terminal.take_requests(), now)
        broker.step(now)
        terminal.apply_all(broker.take_updates())
        events += terminal.take_events()
    while (due := broker.next_due_ms()) is not None:
        broker.step(due)
    terminal.apply_all(broker.take_updates())
    return broker, terminal, pickle.dumps([repr(event) for event in events])


def act(terminal: SimTerminal, rng: random.Random, price: float) -> None:
    held = terminal.positions()
    fields: dict[str, Any] = {"action": Action.DEAL, "symbol": "EURUSD", "type_filling": Filling.IOC}
    if not held or rng.random() < 0.4:
        fields |= {"type": rng.randrange(2), "volume": rng.randrange(1, 20) / 100, "magic": rng.randrange(1 << 62)}
    else:
        position = terminal.position(rng.choice(held))
        assert position is not None
        fields |= {"position": position["POSITION_TICKET"], "type": 1 - int(position["POSITION_TYPE"])}
        if rng.random() < 0.5:
            fields |= {"action": Action.SLTP, "sl": round(price - 0.01 + 0.02 * int(position["POSITION_TYPE"]), 5)}
        else:
            fields |= {"volume": position["POSITION_VOLUME"]}
    terminal.order_send(TradeFields(**fields), asynchronous=True)


@given(st.integers(0, 1 << 32))
def test_after_a_bad_day_the_terminal_holds_what_the_broker_holds(seed: int) -> None:
    broker, terminal, _ = run(seed)

    assert sorted(terminal.positions()) == sorted(p.ticket for p in broker.positions)
    for position in broker.positions:
        record = terminal.position(position.ticket)
        assert record is not None
        assert (record["POSITION_VOLUME"], record["POSITION_SL"]) == (position.volume, position.sl)
    assert len(terminal.deals(0, 1 << 40)) == len(broker.standing.holdings.deals)
    assert terminal.orders() == []
    assert terminal.account()["ACCOUNT_BALANCE"] == broker.standing.account.balance
    assert broker.volume_errors() == []


def test_a_seed_decides_everything_that_happens() -> None:
    assert run(11)[2] == run(11)[2]
    assert run(11)[2] != run(12)[2]
