"""What a program can ask of the terminal, and when the terminal knows less than the broker."""

import pickle
from collections.abc import Callable
from typing import Any

import pytest

from dtms.sim.behaviour import Effect
from dtms.sim.broker import Broker
from dtms.sim.copies import FirstCopy
from dtms.sim.feed import TICK, Bar, unpack_bars
from dtms.sim.messages import FullState, PositionGone, PositionSet
from dtms.sim.mt5 import Retcode, TransactionType
from dtms.sim.spec import SymbolSpec
from dtms.sim.terminal import SimTerminal

EURUSD, GBPUSD = SymbolSpec(name="EURUSD"), SymbolSpec(name="GBPUSD", currency_base="GBP", currency_margin="GBP")
NOON = 1_700_049_600_000
OFFSET = 7_200_000


def test_the_transaction_queue_overwrites_its_oldest_silently(desk: Any) -> None:
    desk.events()
    for _ in range(300):
        desk.broker.human_open("EURUSD", 0, 0.01)
    desk.pump()

    told = desk.transactions()
    assert len(told) == 1_024
    assert desk.terminal.transactions_lost == 4 * 300 - 1_024
    assert told[-1].type == TransactionType.HISTORY_ADD
    assert told[-1].order == max(desk.terminal.positions())
    assert len(desk.terminal.positions()) == 300


def test_one_tick_event_for_each_quote(desk: Any) -> None:
    desk.events()
    for i in range(3):
        desk.quote(1.1 + i / 1e4, 1.2, after_ms=0)

    assert desk.events() == [("tick", "EURUSD")] * 3


def test_a_selected_position_stays_as_it_was(desk: Any) -> None:
    position = desk.open(0, 0.1)
    selected = desk.terminal.position(position.ticket)
    assert desk.terminal.position(position.ticket) is selected  # prepared once for a quote
    desk.quote(1.10510, 1.10520)

    assert selected["POSITION_PROFIT"] == -1.0
    assert desk.terminal.position(position.ticket)["POSITION_PROFIT"] == 50.0
    assert desk.terminal.position(position.ticket)["POSITION_PRICE_CURRENT"] == 1.10510


def test_account_values_follow_the_quotes(desk: Any) -> None:
    desk.open(0, 1.0)
    desk.quote(1.10110, 1.10120)
    account = desk.terminal.account()

    assert (account["ACCOUNT_PROFIT"], account["ACCOUNT_EQUITY"]) == (100.0, 10_100.0)
    assert account["ACCOUNT_MARGIN"] == 1_100.10 - 0.10  # 100,000 EUR at the bid of the entry, by 100
    assert account["ACCOUNT_MARGIN_LEVEL"] == pytest.approx(10_100 / 1_100 * 100)


def test_clocks(make_desk: Callable[..., Any]) -> None:
    desk = make_desk(offset_ms=OFFSET)
    desk.quote(1.1, 1.1001, after_ms=0)
    desk.broker.advance_market(NOON + 90_000)
    desk.pump()
    terminal = desk.terminal
    assert (terminal.current_time(), terminal.gmt()) == ((NOON + OFFSET) // 1_000, NOON // 1_000 + 90)
    assert terminal.server_time() == (NOON + OFFSET) // 1_000 + 90
    terminal.pc_skew_ms = 3_600_000
    assert terminal.gmt() == NOON // 1_000 + 90 + 3_600
    assert terminal.server_time() - terminal.gmt() == 7_200
    desk.broker.set_offset(10_800_000)
    desk.pump()
    assert terminal.server_time() - terminal.gmt() == 10_800


def test_every_time_is_the_server_s(make_desk: Callable[..., Any]) -> None:
    desk = make_desk(offset_ms=OFFSET)
    desk.quote(1.1, 1.1001, after_ms=123)
    position = desk.open(0, 0.1)

    assert TICK.unpack(desk.terminal.last_tick("EURUSD"))[5] == NOON + OFFSET + 123
    assert desk.terminal.position(position.ticket)["POSITION_TIME_MSC"] == NOON + OFFSET + 123
    (_, deal) = desk.terminal.deals((NOON + OFFSET) // 1_000, (NOON + OFFSET) // 1_000)
    assert desk.terminal.deal(deal)["DEAL_TIME_MSC"] == NOON + OFFSET + 123
    assert desk.terminal.deals((NOON + OFFSET) // 1_000 + 1, 1 << 40) == []


@pytest.fixture
def two() -> tuple[Broker, SimTerminal]:
    """Two symbols, of which the terminal watches EURUSD."""
    broker = Broker([EURUSD, GBPUSD], time_msc=NOON)
    terminal = SimTerminal(watched=["EURUSD"])
    terminal.apply_all(broker.full_state())
    for symbol, bid in (("EURUSD", 1.1), ("GBPUSD", 1.3)):
        broker.quote(symbol, NOON, bid, bid + 0.0001)
    terminal.apply_all(broker.take_updates())
    return broker, terminal


def test_a_symbol_outside_the_market_watch_is_stale_until_it_is_selected(two: tuple[Broker, SimTerminal]) -> None:
    _, terminal = two
    hidden = terminal.symbol("GBPUSD")

    assert hidden is not None
    assert (hidden["SYMBOL_SELECT"], hidden["SYMBOL_BID"], terminal.last_tick("GBPUSD")) == (0, 0.0, None)
    assert terminal.copy_ticks("GBPUSD", -1, 0, 10) == -4302
    assert terminal.take_events() == [("tick", "EURUSD")]
    assert terminal.symbol_select("GBPUSD", True)
    shown = terminal.symbol("GBPUSD")
    assert shown is not None
    assert (shown["SYMBOL_SELECT"], shown["SYMBOL_BID"], shown["SYMBOL_SPREAD"]) == (1, 1.3, 10)
    assert terminal.symbol_names(selected_only=True) == ["EURUSD", "GBPUSD"]


def test_a_symbol_selected_later_has_the_server_s_quotes_once(two: tuple[Broker, SimTerminal]) -> None:
    broker, _ = two
    fresh = SimTerminal(watched=["EURUSD"])
    fresh.apply_all(broker.full_state())
    assert fresh.last_tick("GBPUSD") is None
    assert fresh.symbol_select("GBPUSD", True)
    shown, ticks = fresh.symbol("GBPUSD"), fresh.copy_ticks("GBPUSD", -1, 0, 10)

    assert isinstance(ticks, bytes)
    assert shown is not None
    assert (shown["SYMBOL_BID"], len(ticks)) == (1.3, TICK.size)


def test_an_unknown_symbol_is_none_and_cannot_be_selected(two: tuple[Broker, SimTerminal]) -> None:
    _, terminal = two

    assert terminal.symbol("NOPE") is None
    assert not terminal.symbol_select("NOPE", True)
    assert terminal.copy_ticks("NOPE", -1, 0, 10) == -4301
    assert terminal.session("NOPE", 1, 0, True) is None


def test_a_position_brings_its_symbol_into_the_market_watch_and_holds_it_there(two: tuple[Broker, SimTerminal]) -> None:
    broker, terminal = two
    ticket = broker.human_open("GBPUSD", 0, 0.1)
    terminal.apply_all(broker.take_updates())

    assert terminal.symbol_names(selected_only=True) == ["EURUSD", "GBPUSD"]
    assert not terminal.symbol_select("GBPUSD", False)
    broker.human_close(ticket)
    terminal.apply_all(broker.take_updates())
    assert terminal.symbol_select("GBPUSD", False)


def test_sessions_are_given_one_by_one(two: tuple[Broker, SimTerminal]) -> None:
    _, terminal = two

    assert terminal.session("EURUSD", 3, 0, True) == (0, 86_400)
    assert terminal.session("EURUSD", 3, 1, True) is None
    assert terminal.session("EURUSD", 7, 0, False) is None


@pytest.mark.parametrize(
    ("first", "answers", "blocked"),
    [
        (FirstCopy.READY, [1, 1, 1], 0),
        (FirstCopy.TIMEOUT, [-4403, -4403, 1], 0),
        (FirstCopy.BLOCKING, [1, 1, 1], 45_000),
    ],
)
def test_the_first_copy_of_a_symbol(make_desk: Callable[..., Any], first: FirstCopy, answers: list[int], blocked: int) -> None:
    desk = make_desk(terminal={"first_copy": first})
    desk.quote(1.1, 1.1001)
    got = []
    for wait in (0, 44_999, 1):
        desk.pump(after_ms=wait)
        ticks = desk.terminal.copy_ticks("EURUSD", -1, 0, 10)
        got.append(ticks if isinstance(ticks, int) else len(ticks) // TICK.size)

    assert got == answers
    assert (desk.terminal.take_blocked_ms(), desk.terminal.take_blocked_ms()) == (blocked, 0)


def test_a_cut_connection_loses_what_is_under_way_and_the_next_logon_brings_the_state(desk: Any) -> None:
    kept = desk.open(0, 0.1)
    desk.events()
    desk.broker.unasked = Effect(late_ms=500)
    desk.broker.human_open("EURUSD", 1, 0.1)
    desk.deal(0, 0.3)  # on its way when the line breaks
    desk.broker.disconnect()
    desk.pump(after_ms=1_000)
    assert desk.terminal.terminal_info()["TERMINAL_CONNECTED"] == 0
    assert desk.terminal.positions() == [kept.ticket]  # what it knew last, not "flat"
    answer = desk.deal(0, 0.1)
    assert (answer.ok, answer.retcode) == (False, Retcode.CONNECTION)
    desk.quote(1.2, 1.2001)
    assert desk.events() == []

    desk.broker.connect()
    desk.pump()
    assert desk.transactions() == []
    assert sorted(desk.terminal.positions()) == sorted(p.ticket for p in desk.broker.positions)
    assert len(desk.broker.positions) == 2
    assert TICK.unpack(desk.terminal.last_tick("EURUSD"))[1] == 1.2
    assert desk.terminal.terminal_info()["TERMINAL_CONNECTED"] == 1


def test_without_a_connection_the_offset_stays_and_the_clock_runs(desk: Any) -> None:
    desk.broker.disconnect()
    desk.broker.set_offset(OFFSET)
    desk.broker.advance_market(NOON + 60_000)
    desk.pump()

    assert desk.terminal.gmt() == NOON // 1_000 + 60
    assert desk.terminal.server_time() == desk.terminal.gmt()


def test_a_restarted_terminal_knows_all_that_the_broker_knows(desk: Any) -> None:
    for i in range(5):
        desk.open(i % 2, 0.1, sl=1.0 if i % 2 == 0 else 1.2)
        desk.quote(1.1 + i / 1e3, 1.1001 + i / 1e3, after_ms=30_000)
    desk.broker.human_close(desk.broker.positions[0].ticket)
    desk.pump()
    old, fresh = desk.terminal, SimTerminal()
    fresh.apply_all(pickle.loads(pickle.dumps(desk.broker.full_state())))  # noqa: S301 - our own bytes, as through a pipe

    assert fresh.take_events() == []
    assert [fresh.position(t) for t in fresh.positions()] == [old.position(t) for t in old.positions()]
    everything = (0, 1 << 40)
    assert [fresh.deal(t) for t in fresh.deals(*everything)] == [old.deal(t) for t in old.deals(*everything)]
    assert fresh.history_orders(*everything) == old.history_orders(*everything)
    assert fresh.account() == old.account()
    assert fresh.copy_ticks("EURUSD", -1, 0, 100) == old.copy_ticks("EURUSD", -1, 0, 100)
    assert fresh.copy_rates("EURUSD", 60, 0, 100) == old.copy_rates("EURUSD", 60, 0, 100)


def test_an_overtaken_update_does_not_bring_a_closed_position_back(desk: Any) -> None:
    position = desk.open(0, 0.1)
    desk.broker.human_close(position.ticket)
    desk.pump()
    desk.terminal.apply(PositionSet(position))
    assert desk.terminal.positions() == []
    other = desk.open(0, 0.1)
    desk.terminal.apply(PositionGone(other.ticket, position.revision))

    assert desk.terminal.positions() == [other.ticket]


def test_a_second_terminal_hears_everything_but_the_answers_to_the_first(desk: Any) -> None:
    port = desk.broker.attach()
    second = SimTerminal(port=port)
    second.apply_all(desk.broker.full_state(port))
    desk.deal(0, 0.1)
    desk.pump()
    second.apply_all(desk.broker.take_updates(port))

    told = [event[1].type for event in second.take_events() if event[0] == "transaction"]
    assert told == [
        *(TransactionType.ORDER_ADD, TransactionType.DEAL_ADD),
        *(TransactionType.ORDER_DELETE, TransactionType.HISTORY_ADD),
    ]
    assert second.positions() == desk.terminal.positions()


def test_preloaded_bars_go_on_with_the_first_quote() -> None:
    broker = Broker([EURUSD], time_msc=NOON)
    minute = NOON // 1_000
    old = [Bar(minute - 60 * i, 1.0, 1.2, 0.9, 1.1, 10, 5) for i in (3, 2, 1)]
    broker.preload_bars("EURUSD", 60, old)
    terminal = SimTerminal()
    terminal.apply_all(broker.full_state())
    broker.quote("EURUSD", NOON + 5_000, 1.1, 1.1001)
    terminal.apply_all(broker.take_updates())
    bars = terminal.copy_rates("EURUSD", 60, 0, 100)

    assert isinstance(bars, bytes)
    assert unpack_bars(bars) == [*old, Bar(minute, 1.1, 1.1, 1.1, 1.1, 1, 10)]
    assert terminal.copy_rates("EURUSD", 60, 99, 1) == -4401
    ranged = terminal.copy_rates_range("EURUSD", 60, minute - 120, minute - 60)
    assert isinstance(ranged, bytes)
    assert unpack_bars(ranged) == old[1:]


def test_a_changed_specification_reaches_the_terminal(desk: Any) -> None:
    assert desk.terminal.symbol("EURUSD")["SYMBOL_TRADE_STOPS_LEVEL"] == 0
    desk.broker.change_symbol("EURUSD", stops_level=50, trade_mode=3)
    desk.broker.change_account(trade_expert=False)
    desk.pump()

    assert desk.terminal.symbol("EURUSD")["SYMBOL_TRADE_STOPS_LEVEL"] == 50
    assert desk.terminal.account()["ACCOUNT_TRADE_EXPERT"] == 0


def test_the_full_state_of_an_account_is_one_message(desk: Any) -> None:
    full, connection = desk.broker.full_state()

    assert isinstance(full, FullState)
    assert connection.up


def test_what_a_program_says_is_kept(desk: Any) -> None:
    desk.terminal.log("a line")
    desk.terminal.alert("an alarm")
    desk.terminal.comment("on the chart")

    assert (list(desk.terminal.logs), list(desk.terminal.alerts)) == (["a line"], ["an alarm"])
    assert desk.terminal.comment_text == "on the chart"
