"""Every return code of a hedging account: what the terminal asks, what the broker answers."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from dtms.sim.mt5 import Action, Execution, Filling, OrderMode, Retcode, TradeMode
from dtms.sim.spec import ALWAYS, SymbolSpec
from dtms.sim.state import Account

EURUSD = SymbolSpec(name="EURUSD")
NEVER = ((),) * 7
BID, ASK = 1.10000, 1.10010


@dataclass(frozen=True)
class Case:
    """A request and its answer. `held` positions are opened by a human before `spec` and `account` take effect."""

    retcode: Retcode
    fields: dict[str, Any]
    spec: dict[str, Any] = field(default_factory=dict)
    account: dict[str, Any] = field(default_factory=dict)
    held: tuple[tuple[int, float, float, float], ...] = ()  # side, volume, sl, tp
    closed: bool = False  # close the first held position first


def buy(**fields: Any) -> dict[str, Any]:
    return {"action": Action.DEAL, "type": 0, "volume": 0.1, "type_filling": Filling.IOC, **fields}


def sell(**fields: Any) -> dict[str, Any]:
    return buy(**{"type": 1, **fields})


def close(**fields: Any) -> dict[str, Any]:
    """Close the first held position, a buy."""
    return sell(**{"position": "first", **fields})


def levels(**fields: Any) -> dict[str, Any]:
    return {"action": Action.SLTP, "position": "first", **fields}


LONG = ((0, 0.1, 1.09000, 1.11000),)
PAIR = ((0, 0.1, 0.0, 0.0), (1, 0.1, 0.0, 0.0))
UNEQUAL = ((0, 0.1, 0.0, 0.0), (0, 0.03, 0.0, 0.0))

CASES = [
    pytest.param(Case(Retcode.DONE, buy()), id="a-plain-buy"),
    pytest.param(Case(Retcode.DONE, sell(sl=1.10500, tp=1.09500)), id="a-sell-with-levels"),
    pytest.param(Case(Retcode.DONE, close(), held=LONG), id="a-close"),
    pytest.param(Case(Retcode.DONE, levels(sl=1.09500, tp=1.11000), held=LONG), id="a-stop-moved"),
    pytest.param(Case(Retcode.DONE, levels(), held=LONG), id="both-levels-removed"),
    pytest.param(Case(Retcode.TRADE_DISABLED, buy(), account={"trade_allowed": False}), id="investor-password"),
    pytest.param(Case(Retcode.SERVER_DISABLES_AT, buy(), account={"trade_expert": False}), id="no-experts-here"),
    pytest.param(Case(Retcode.INVALID, {"action": 77}), id="unknown-action"),
    pytest.param(Case(Retcode.INVALID, buy(symbol="NOPE")), id="unknown-symbol"),
    pytest.param(Case(Retcode.INVALID, buy(volume=float("nan"))), id="volume-nan"),
    pytest.param(Case(Retcode.INVALID, buy(sl=float("inf"))), id="stop-infinite"),
    pytest.param(Case(Retcode.INVALID, close(position=4711)), id="a-position-that-never-was"),
    pytest.param(Case(Retcode.INVALID, close(type=0), held=LONG), id="a-close-in-the-position's-own-direction"),
    pytest.param(Case(Retcode.INVALID_VOLUME, buy(volume=0.0)), id="volume-zero"),
    pytest.param(Case(Retcode.INVALID_VOLUME, buy(volume=0.005)), id="volume-below-minimum"),
    pytest.param(Case(Retcode.INVALID_VOLUME, buy(volume=0.015)), id="volume-off-step"),
    pytest.param(Case(Retcode.INVALID_VOLUME, buy(volume=101.0)), id="volume-above-maximum"),
    pytest.param(Case(Retcode.INVALID_VOLUME, close(volume=0.045), held=LONG), id="partial-close-off-step"),
    pytest.param(Case(Retcode.INVALID_VOLUME, close(volume=0.08), spec={"volume_min": 0.05}, held=LONG), id="rest-below-minimum"),
    pytest.param(Case(Retcode.DONE, close(), spec={"volume_min": 0.2}, held=LONG), id="a-residue-may-be-closed-whole"),
    pytest.param(Case(Retcode.INVALID_VOLUME, close(), spec={"volume_max": 0.05}, held=LONG), id="position-larger-than-an-order"),
    pytest.param(Case(Retcode.INVALID_STOPS, buy(sl=BID)), id="buy-stop-at-bid"),
    pytest.param(Case(Retcode.INVALID_STOPS, buy(tp=1.09999)), id="buy-target-below-market"),
    pytest.param(Case(Retcode.INVALID_STOPS, sell(sl=ASK)), id="sell-stop-at-ask"),
    pytest.param(Case(Retcode.INVALID_STOPS, buy(sl=1.09991), spec={"stops_level": 10}), id="stop-inside-stops-level"),
    pytest.param(Case(Retcode.DONE, buy(sl=1.09990), spec={"stops_level": 10}), id="stop-exactly-at-stops-level"),
    pytest.param(Case(Retcode.DONE, sell(sl=1.10020), spec={"stops_level": 10}), id="sell-stop-is-measured-from-ask"),
    pytest.param(Case(Retcode.INVALID_STOPS, buy(sl=1.090003)), id="stop-off-the-grid"),
    pytest.param(Case(Retcode.INVALID_STOPS, levels(sl=1.10005, tp=1.11), held=LONG), id="modify-to-beyond-market"),
    pytest.param(
        Case(Retcode.DONE, levels(sl=1.09, tp=1.13), spec={"stops_level": 2_000}, held=LONG), id="a-level-that-stays-may-be-near"
    ),
    pytest.param(Case(Retcode.TRADE_DISABLED, buy(), spec={"trade_mode": TradeMode.DISABLED}), id="symbol-disabled"),
    pytest.param(Case(Retcode.LONG_ONLY, sell(), spec={"trade_mode": TradeMode.LONG_ONLY}), id="long-only"),
    pytest.param(Case(Retcode.SHORT_ONLY, buy(), spec={"trade_mode": TradeMode.SHORT_ONLY}), id="short-only"),
    pytest.param(Case(Retcode.CLOSE_ONLY, buy(), spec={"trade_mode": TradeMode.CLOSE_ONLY}), id="close-only"),
    pytest.param(Case(Retcode.DONE, close(), spec={"trade_mode": TradeMode.CLOSE_ONLY}, held=LONG), id="close-only-lets-close"),
    pytest.param(Case(Retcode.DONE, close(), spec={"trade_mode": TradeMode.LONG_ONLY}, held=LONG), id="long-only-lets-close"),
    pytest.param(Case(Retcode.MARKET_CLOSED, buy(), spec={"trade_sessions": NEVER}), id="market-closed"),
    pytest.param(
        Case(Retcode.MARKET_CLOSED, levels(sl=1.095), spec={"trade_sessions": NEVER}, held=LONG), id="modify-while-closed"
    ),
    pytest.param(Case(Retcode.NO_MONEY, buy(volume=20.0)), id="no-money"),
    pytest.param(Case(Retcode.NO_CHANGES, levels(sl=1.09, tp=1.11), held=LONG), id="levels-as-they-are"),
    pytest.param(Case(Retcode.FROZEN, levels(sl=1.09), spec={"freeze_level": 1_000}, held=LONG), id="modify-inside-freeze-level"),
    pytest.param(Case(Retcode.FROZEN, close(), spec={"freeze_level": 1_000}, held=LONG), id="close-inside-freeze-level"),
    pytest.param(Case(Retcode.DONE, close(), spec={"freeze_level": 999}, held=LONG), id="close-just-outside-freeze-level"),
    pytest.param(Case(Retcode.INVALID_FILL, buy(type_filling=Filling.RETURN)), id="return-with-market-execution"),
    pytest.param(Case(Retcode.INVALID_FILL, buy(), spec={"filling_mode": 1}), id="ioc-where-only-fok"),
    pytest.param(Case(Retcode.INVALID_FILL, buy(type_filling=Filling.FOK), spec={"filling_mode": 2}), id="fok-where-only-ioc"),
    pytest.param(Case(Retcode.INVALID_FILL, buy(type_filling=Filling.BOC)), id="boc-for-a-deal"),
    pytest.param(
        Case(Retcode.DONE, buy(type_filling=Filling.RETURN), spec={"execution": Execution.EXCHANGE}), id="return-on-exchange"
    ),
    pytest.param(
        Case(Retcode.REQUOTE, buy(price=1.10005, deviation=3), spec={"execution": Execution.INSTANT}), id="instant-beyond-deviation"
    ),
    pytest.param(
        Case(Retcode.DONE, buy(price=1.10005, deviation=5), spec={"execution": Execution.INSTANT}), id="instant-within-deviation"
    ),
    pytest.param(Case(Retcode.INVALID_PRICE, buy(), spec={"execution": Execution.INSTANT}), id="instant-without-price"),
    pytest.param(Case(Retcode.POSITION_CLOSED, close(), held=LONG, closed=True), id="close-what-is-closed"),
    pytest.param(Case(Retcode.POSITION_CLOSED, levels(sl=1.095), held=LONG, closed=True), id="modify-what-is-closed"),
    pytest.param(Case(Retcode.INVALID_CLOSE_VOLUME, close(volume=0.11), held=LONG), id="close-more-than-there-is"),
    pytest.param(Case(Retcode.LIMIT_VOLUME, buy(), spec={"volume_limit": 0.15}, held=LONG), id="volume-limit-of-one-side"),
    pytest.param(Case(Retcode.DONE, sell(), spec={"volume_limit": 0.15}, held=LONG), id="volume-limit-leaves-the-other-side"),
    pytest.param(Case(Retcode.LIMIT_POSITIONS, buy(), account={"limit_positions": 1}, held=LONG), id="too-many-positions"),
    pytest.param(Case(Retcode.HEDGE_PROHIBITED, sell(), account={"hedge_allowed": False}, held=LONG), id="no-hedging"),
    pytest.param(Case(Retcode.DONE, buy(), account={"hedge_allowed": False}, held=LONG), id="no-hedging-lets-add"),
    pytest.param(
        Case(Retcode.FIFO_CLOSE, close(position="last"), account={"fifo_close": True}, held=LONG + LONG), id="fifo-oldest-first"
    ),
    pytest.param(Case(Retcode.DONE, close(), account={"fifo_close": True}, held=LONG + LONG), id="fifo-the-oldest-itself"),
    pytest.param(
        Case(Retcode.FIFO_CLOSE, buy(position="last"), account={"fifo_close": True}, held=PAIR), id="fifo-whatever-the-side"
    ),
    pytest.param(
        Case(Retcode.FIFO_CLOSE, close(position="last", volume=0.03), account={"fifo_close": True}, held=UNEQUAL),
        id="fifo-whatever-the-volume",
    ),
    pytest.param(
        Case(Retcode.DONE, close(volume=0.03), account={"fifo_close": True}, held=UNEQUAL), id="fifo-a-part-of-the-oldest"
    ),
    pytest.param(
        Case(
            Retcode.DONE,
            {"action": Action.CLOSE_BY, "position": "last", "position_by": "first"},
            account={"fifo_close": True},
            held=PAIR,
        ),
        id="fifo-close-by-of-the-two-oldest",
    ),
    pytest.param(
        Case(
            Retcode.FIFO_CLOSE,
            {"action": Action.CLOSE_BY, "position": "first", "position_by": "last"},
            account={"fifo_close": True},
            held=(*LONG, *LONG, (1, 0.1, 0.0, 0.0)),
        ),
        id="fifo-close-by-over-one-between",
    ),
    pytest.param(
        Case(Retcode.DONE, {"action": Action.CLOSE_BY, "position": "first", "position_by": "last"}, held=PAIR), id="close-by"
    ),
    pytest.param(
        Case(Retcode.INVALID, {"action": Action.CLOSE_BY, "position": "first", "position_by": "first"}, held=PAIR),
        id="close-by-itself",
    ),
    pytest.param(
        Case(
            Retcode.INVALID_ORDER,
            {"action": Action.CLOSE_BY, "position": "first", "position_by": "last"},
            spec={"order_mode": int(OrderMode.MARKET)},
            held=PAIR,
        ),
        id="close-by-not-allowed",
    ),
    pytest.param(Case(Retcode.INVALID_ORDER, {"action": Action.PENDING, "type": 2}), id="a-pending-order"),
    pytest.param(Case(Retcode.INVALID_ORDER, buy(type=4)), id="a-pending-type-in-a-deal"),
]


def prepared(make_desk: Callable[..., Any], case: Case) -> tuple[Any, dict[str, Any]]:
    """The desk in the state that the case wants, and its request with tickets filled in."""
    desk = make_desk(EURUSD)
    desk.quote(BID, ASK)
    tickets = [desk.broker.human_open("EURUSD", s, v, sl=sl, tp=tp) for s, v, sl, tp in case.held]
    if case.closed:
        desk.broker.human_close(tickets[0])
    desk.broker.change_symbol("EURUSD", **case.spec)
    desk.broker.change_account(**case.account)
    desk.pump()
    desk.events()
    names = {"first": tickets[:1], "last": tickets[-1:]}
    fields = {key: names[value][0] if value in ("first", "last") else value for key, value in case.fields.items()}
    return desk, fields


@pytest.mark.parametrize("case", CASES)
def test_the_broker_answers_each_request_with_its_return_code(make_desk: Callable[..., Any], case: Case) -> None:
    desk, fields = prepared(make_desk, case)
    before = (desk.broker.positions, len(desk.broker.standing.holdings.deals))

    desk.send(**fields)
    desk.pump()

    (result,) = desk.results()
    assert Retcode(result.retcode) is case.retcode
    assert desk.broker.witness.requests == {case.retcode: 1}
    changed = (desk.broker.positions, len(desk.broker.standing.holdings.deals)) != before
    assert changed == (case.retcode is Retcode.DONE)
    assert desk.broker.volume_errors() == []


@pytest.mark.parametrize("case", CASES)
def test_a_terminal_that_is_up_to_date_foresees_the_answer(make_desk: Callable[..., Any], case: Case) -> None:
    desk, fields = prepared(make_desk, case)

    desk.terminal.trading.local_checks = True
    answer = desk.send(**fields)

    assert answer.ok == (case.retcode is Retcode.DONE)
    if not answer.ok:
        assert (answer.error, answer.retcode) == (4756, case.retcode)
        assert desk.terminal.take_requests() == []


def test_without_any_quote_there_is_no_price(make_desk: Callable[..., Any]) -> None:
    desk = make_desk(EURUSD)

    desk.deal(0, 0.1)
    desk.pump()

    assert [r.retcode for r in desk.results()] == [Retcode.PRICE_OFF]


def test_the_algo_button_stops_a_request_inside_the_terminal(desk: Any) -> None:
    desk.terminal.trading.algo_button = False

    answer = desk.deal(0, 0.1)

    assert (answer.ok, answer.error, answer.retcode) == (False, 4752, Retcode.CLIENT_DISABLES_AT)
    assert desk.terminal.take_requests() == []
    assert desk.terminal.terminal_info()["TERMINAL_TRADE_ALLOWED"] == 0


def test_sessions_follow_the_server_s_clock(make_desk: Callable[..., Any]) -> None:
    """Wednesday 12:00 UTC is 14:00 at the server; the session ends at 14:00 and begins at 13:00."""
    sessions = tuple(((13 * 3_600, 14 * 3_600),) if day == 3 else () for day in range(7))
    desk = make_desk(replace(EURUSD, trade_sessions=sessions, quote_sessions=ALWAYS), offset_ms=7_200_000)
    desk.quote(BID, ASK)
    desk.deal(0, 0.1)
    desk.pump()
    desk.broker.set_offset(3_600_000)
    desk.deal(0, 0.1)
    desk.pump()

    assert [r.retcode for r in desk.results()] == [Retcode.MARKET_CLOSED, Retcode.DONE]


def test_covered_volume_needs_no_margin(make_desk: Callable[..., Any]) -> None:
    """A hedge is possible with no free margin left when the symbol charges nothing for covered volume."""
    desk = make_desk(EURUSD, account=Account(leverage=100), deposit=1_200.0)
    desk.quote(BID, ASK)
    desk.open(0, 1.0)
    desk.deal(0, 0.1)
    desk.deal(1, 1.0)
    desk.pump()

    assert [r.retcode for r in desk.results()][1:] == [Retcode.NO_MONEY, Retcode.DONE]
    assert desk.terminal.account()["ACCOUNT_MARGIN"] == 0.0
