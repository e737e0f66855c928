"""Closes of a symbol where the account closes first in, first out, and answers that forbid a close as it is."""

from typing import Any

import pytest
from tests.session.made import SERVER_MS, position, spec
from tests.session.terminal_side import TerminalSide

from dtms.engine.close import Turn, turn
from dtms.engine.decide import CloseAsked, Decision, Event, Look, Moment, Rules, decide
from dtms.engine.market import Market
from dtms.engine.obligation import Stage
from dtms.engine.trade import Trade, TradeKey, first_seen
from dtms.names import Outcome, Why
from dtms.settings import BreakEvenSettings, CloseSettings
from dtms.wire.messages import ExecutionReport, ReducePosition

RULE = CloseSettings()
RULES = Rules(BreakEvenSettings(), RULE)
CLOSED_MARKET = Market(spec(), None)


def held(number: int, **values: Any) -> Trade:
    return first_seen(TradeKey("1@Demo", number, 1), position(number, ts_open=SERVER_MS + number, **values), managed=True)


def after(trade: Trade, event: Event, where: Turn, now: int = 0, command_id: int = 5) -> Decision:
    return decide(trade, event, CLOSED_MARKET, Moment(now, command_id, where), RULES)


def closing(number: int) -> Trade:
    return after(held(number), CloseAsked("test"), Turn.NOW).trade


def refused(retcode: int, command_id: int = 5) -> ExecutionReport:
    command = after(held(2), CloseAsked("test"), Turn.NOW).command
    assert command is not None
    made = TerminalSide().report(command, Outcome.REJECTED, Why.NONE, position(2))
    return made.model_copy(update={"command_id": command_id, "retcode": retcode})


def given_up(number: int) -> Trade:
    trade = after(closing(number), refused(10013), Turn.NOW).trade
    assert trade.close is not None
    assert trade.close.stage is Stage.GIVEN_UP
    return trade


@pytest.mark.parametrize(
    ("others", "where"),
    [
        pytest.param([], Turn.NOW, id="alone"),
        pytest.param([held(4), closing(5)], Turn.NOW, id="the-oldest"),
        pytest.param([closing(1)], Turn.LATER, id="behind-one-that-is-being-closed"),
        pytest.param([held(1)], Turn.BARRED, id="behind-one-that-nobody-wants-closed"),
        pytest.param([closing(1), held(2)], Turn.BARRED, id="behind-both"),
        pytest.param([given_up(1)], Turn.BARRED, id="behind-one-that-was-given-up"),
    ],
)
def test_a_close_stands_behind_the_older_positions_of_its_symbol(others: list[Trade], where: Turn) -> None:
    trade = closing(3)

    assert turn(trade, [*others, trade]) is where


def test_behind_an_older_close_nothing_is_ordered_until_that_is_out_of_the_way() -> None:
    waiting = after(held(2), CloseAsked("test"), Turn.LATER)
    assert waiting.command is None
    assert waiting.trade.close is not None
    still = after(waiting.trade, Look(), Turn.LATER, now=3_600_000)
    assert still.command is None

    assert isinstance(after(still.trade, Look(), Turn.NOW, now=3_600_000).command, ReducePosition)


def test_what_bars_it_is_not_ours_to_close_so_the_broker_is_asked_once_and_its_no_gives_it_up() -> None:
    ordered = after(held(2), CloseAsked("test"), Turn.BARRED)
    assert isinstance(ordered.command, ReducePosition)
    answered = after(ordered.trade, refused(10045), Turn.BARRED)

    assert answered.command is None
    assert answered.trade.close is not None
    assert answered.trade.close.stage is Stage.GIVEN_UP
    assert after(answered.trade, Look(), Turn.NOW, now=3_600_000).command is None
    assert isinstance(after(answered.trade, CloseAsked("test"), Turn.NOW).command, ReducePosition)


@pytest.mark.parametrize("where", [Turn.LATER, Turn.NOW])
def test_a_no_that_is_about_to_pass_is_tried_again(where: Turn) -> None:
    answered = after(closing(2), refused(10045), where).trade
    assert answered.close is not None

    assert answered.close.stage is Stage.ARMED
    assert isinstance(after(answered, Look(), Turn.NOW, now=answered.close.not_before).command, ReducePosition)


@pytest.mark.parametrize("retcode", [10042, 10043, 10044, 10046])
def test_what_the_broker_forbids_as_things_are_is_an_alarm_at_once_and_tried_at_the_longest_pause(retcode: int) -> None:
    trade, now, pauses = closing(2), 0, []
    for attempt in range(3):
        answered = after(trade, refused(retcode, 5 + attempt), Turn.NOW, now=now).trade
        assert answered.close is not None
        assert answered.close.stage is Stage.ARMED
        assert answered.close.attempts == RULE.alarm_attempts + attempt
        pauses.append(answered.close.not_before - now)
        now = answered.close.not_before
        trade = after(answered, Look(), Turn.NOW, now=now, command_id=6 + attempt).trade

    assert pauses == [RULE.retry_max_ms] * 3
