"""Several terminals on one account: each with its own cache, its own line and its own answers."""

from collections.abc import Callable
from typing import Any

import pytest

from dtms.sim.behaviour import Behaviour, Effect, Rule
from dtms.sim.messages import TradeFields
from dtms.sim.mt5 import Action, MarginMode, Retcode, TransactionType
from dtms.sim.state import Account
from dtms.sim.terminal import SimTerminal


class Office:
    """One broker and three terminals: near, 80 ms away, and 700 ms away."""

    def __init__(self, desk: Any) -> None:
        self.desk = desk
        self.broker = desk.broker
        self.terminals = [desk.terminal]
        for latency_ms in (80, 700):
            port = self.broker.attach(latency_ms=latency_ms)
            terminal = SimTerminal(port=port, call=lambda request: self.broker.call(request, desk.now_ms))
            terminal.apply_all(self.broker.full_state(port))
            self.terminals.append(terminal)

    def step(self, after_ms: int = 0) -> None:
        self.desk.now_ms += after_ms
        now = self.desk.now_ms
        for terminal in self.terminals:
            self.broker.receive(terminal.take_requests(), now)
        self.broker.step(now)
        for port, terminal in enumerate(self.terminals):
            terminal.step(now)
            terminal.apply_all(self.broker.take_updates(port))

    def settle(self) -> None:
        """Until nothing is under way."""
        self.step()
        while (due := self.broker.next_due_ms()) is not None:
            self.step(due - self.desk.now_ms)

    def counts(self) -> list[int]:
        return [len(terminal.positions()) for terminal in self.terminals]

    def buy(self, terminal: int, volume: float = 0.1, **fields: Any) -> None:
        trade = TradeFields(action=Action.DEAL, symbol="EURUSD", volume=volume, type_filling=1, **fields)
        self.terminals[terminal].order_send(trade, asynchronous=True)

    def answers(self) -> list[list[int]]:
        """Return codes that each terminal was told."""
        told = []
        for terminal in self.terminals:
            events = [e for e in terminal.take_events() if e[0] == "transaction"]
            told.append([e[3].retcode for e in events if e[1].type == TransactionType.REQUEST])
        return told


@pytest.fixture
def office(desk: Any) -> Office:
    made = Office(desk)
    made.settle()
    made.answers()
    return made


def test_each_terminal_hears_of_a_trade_when_its_line_lets_it(office: Office) -> None:
    office.buy(0)
    office.step()
    seen = [office.counts()]
    for wait in (79, 1, 619, 1):
        office.step(wait)
        seen.append(office.counts())

    assert seen == [[1, 0, 0], [1, 0, 0], [1, 1, 0], [1, 1, 0], [1, 1, 1]]
    assert office.answers() == [[Retcode.DONE], [], []]


def test_a_request_needs_the_way_there_and_its_answer_the_way_back(office: Office) -> None:
    office.buy(2)
    office.step()
    seen = []
    for wait in (699, 1, 699, 1):
        office.step(wait)
        seen.append((len(office.broker.positions), office.counts()[2]))

    assert seen == [(0, 0), (1, 0), (1, 0), (1, 1)]
    assert office.answers() == [[], [], [Retcode.DONE]]


def test_quotes_are_late_by_the_line_and_in_their_order(office: Office) -> None:
    time_msc = office.broker.standing.market.time_msc
    for i in range(3):
        office.broker.quote("EURUSD", time_msc + i, 1.2 + i / 1e4, 1.2001 + i / 1e4)
    office.step()
    bids = [[t.symbol("EURUSD")["SYMBOL_BID"] for t in office.terminals]]
    for wait in (80, 620):
        office.step(wait)
        bids.append([t.symbol("EURUSD")["SYMBOL_BID"] for t in office.terminals])

    assert bids == [[1.2002, 1.1, 1.1], [1.2002, 1.2002, 1.1], [1.2002] * 3]
    copied = [t.copy_ticks("EURUSD", -1, 0, 10) for t in office.terminals]
    assert copied[0] == copied[1] == copied[2]


def test_two_terminals_close_one_position_and_one_of_them_is_late(office: Office) -> None:
    ticket = office.broker.human_open("EURUSD", 0, 0.1)
    office.settle()
    office.answers()
    for terminal in (2, 1):  # the far one is first to send
        office.buy(terminal, type=1, position=ticket)
    office.settle()

    assert office.answers() == [[], [Retcode.DONE], [Retcode.POSITION_CLOSED]]
    assert (office.broker.positions, office.counts()) == ((), [0, 0, 0])
    assert office.broker.volume_errors() == []


@pytest.mark.parametrize(("binds", "told"), [(True, Retcode.POSITION_CLOSED), (False, Retcode.DONE)])
def test_on_netting_a_late_close_is_harmless_only_where_its_position_binds(
    make_desk: Callable[..., Any], binds: bool, told: Retcode
) -> None:
    """Two programs close the same position: the second close opens the other side where nothing holds it back."""
    desk = make_desk(account=Account(margin_mode=MarginMode.NETTING, position_binds=binds))
    desk.quote(1.1, 1.1001)
    office = Office(desk)
    ticket = office.broker.human_open("EURUSD", 0, 0.1)
    office.settle()
    office.answers()
    for terminal in (0, 1):
        office.buy(terminal, type=1, position=ticket)
    office.settle()

    assert office.answers() == [[Retcode.DONE], [told], []]
    assert desk.signed == ([] if binds else [-0.1])


def test_request_ids_are_each_terminal_s_own(office: Office) -> None:
    for terminal in (0, 1, 2, 1):
        office.buy(terminal, 0.01)
    office.settle()
    ids = []
    for terminal in office.terminals:
        events = [e for e in terminal.take_events() if e[0] == "transaction" and e[1].type == TransactionType.REQUEST]
        ids.append([e[3].request_id for e in events])

    assert ids == [[1], [1, 2], [1]]
    assert office.counts() == [4, 4, 4]


def test_one_terminal_cut_off_leaves_the_others_alone(office: Office) -> None:
    office.buy(1)
    office.broker.disconnect(1)
    office.step(80)
    office.buy(0, 0.2)
    office.settle()

    assert [p.volume for p in office.broker.positions] == [0.2]  # what was sent on the cut line never came
    assert office.counts() == [1, 0, 1]
    office.broker.connect(1)
    office.settle()
    assert office.counts() == [1, 1, 1]
    assert [t.account() for t in office.terminals] == [office.terminals[0].account()] * 3
    office.broker.set_latency(0, 1)
    office.buy(1)
    office.step()
    assert office.counts()[:2] == [2, 2]


def test_an_effect_on_one_terminal_s_request_is_no_matter_to_the_others(desk: Any) -> None:
    desk.broker.behaviour.rules.append(Rule(Effect(late_ms=1_000, copies=2, lose_result=True), times=1))
    office = Office(desk)
    office.buy(0)
    office.settle()
    told = [[e[1].type for e in t.take_events() if e[0] == "transaction"] for t in office.terminals]

    once = [TransactionType.ORDER_ADD, TransactionType.DEAL_ADD, TransactionType.ORDER_DELETE, TransactionType.HISTORY_ADD]
    assert sorted(told[0]) == sorted(once * 2)
    assert told[1:] == [once, once]
    assert office.counts() == [1, 1, 1]


def test_a_waiting_call_lasts_both_ways_and_its_news_come_after_it(make_desk: Callable[..., Any]) -> None:
    desk = make_desk(behaviour=Behaviour())
    desk.quote(1.1, 1.1001)
    desk.broker.set_latency(60)
    answer = desk.deal(0, 0.1, asynchronous=False)

    assert (answer.retcode, desk.terminal.take_blocked_ms(), desk.terminal.positions()) == (Retcode.DONE, 120, [])
    desk.pump(after_ms=60)
    assert len(desk.terminal.positions()) == 1


def test_a_turned_clock_and_quotes_on_their_way_do_not_disturb_the_terminal_s_time(make_desk: Callable[..., Any]) -> None:
    desk = make_desk(offset_ms=10_800_000)
    desk.pump()
    desk.broker.set_latency(500)
    desk.quote(1.1, 1.1001)
    desk.broker.set_offset(7_200_000)
    desk.pump(after_ms=499)

    assert desk.terminal.symbol("EURUSD")["SYMBOL_BID"] == 0.0
    desk.pump(after_ms=1)
    assert desk.terminal.gmt() * 1_000 == desk.broker.standing.market.time_msc // 1_000 * 1_000
    assert desk.terminal.symbol("EURUSD")["SYMBOL_BID"] == 1.1
