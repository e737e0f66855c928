"""
What a command's outcome is after silence of the broker and by its return code (R19, R22).
"""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.mql5.support import Harness, running

from dtms.names import Outcome, Why
from dtms.sim.behaviour import Effect, Rule
from dtms.sim.messages import TradeAnswer
from dtms.sim.mt5 import Retcode
from dtms.sim.terminal import SimTerminal
from dtms.sim.trading import TradeRequestLike
from dtms.wire.messages import (
    ExecutionReport,
    HandsOff,
    PositionClosed,
)

PREFIX = 0x2D7D


@pytest.fixture
def life(tmp_path: Path) -> Iterator[Harness]:
    with running(tmp_path) as harness:
        yield harness


def test_a_request_that_nobody_answers_is_unknown_and_found_in_the_deals(life: Harness) -> None:
    ticket = life.hold()
    life.rule(lose_result=True)
    sent_ms = life.now

    command_id = life.reduce(ticket)
    unknown, final = life.report(command_id), life.report(command_id, nth=1)

    assert (unknown.outcome, unknown.retcode) == (Outcome.UNKNOWN, 0)
    assert 5_000 <= life.now - sent_ms < 6_000
    assert (final.outcome, final.volume, final.price) == (Outcome.DONE, 0.3, 1.1)
    assert final.deal == life.wait_for(PositionClosed).deal
    life.advance(12_000)
    assert len(life.router.of(ExecutionReport)) == 2


def test_levels_that_nobody_confirmed_are_found_at_the_position(life: Harness) -> None:
    ticket = life.hold()
    life.rule(lose_result=True)

    command_id = life.modify(ticket, expect=(1.09, None), to=(1.095, None))

    assert life.report(command_id).outcome is Outcome.UNKNOWN
    assert life.report(command_id, nth=1).outcome is Outcome.DONE


@pytest.mark.parametrize("modify", [True, False])
def test_what_is_not_found_is_called_not_executed_when_the_history_has_caught_up(life: Harness, modify: bool) -> None:
    ticket = life.hold()
    life.rule(vanish=True)
    command_id = life.modify(ticket, expect=(1.09, None), to=(1.095, None)) if modify else life.reduce(ticket)
    life.report(command_id)
    since = life.now
    life.advance(12_000)
    assert len(life.router.of(ExecutionReport)) == 1, "no quote is newer than the request"

    life.quote(bid=1.1002)
    final = life.report(command_id, nth=1)

    assert (final.outcome, final.why) == (Outcome.EXPIRED, Why.NOT_EXECUTED)
    assert life.now - since >= 10_000
    assert life.held(ticket).sl == 1.09


def test_a_break_of_the_connection_starts_the_catching_up_anew(life: Harness) -> None:
    ticket = life.hold()
    life.rule(vanish=True)
    command_id = life.reduce(ticket)
    life.report(command_id)
    life.advance(8_000)
    life.broker.disconnect()
    life.advance(500)
    life.broker.connect()
    back = life.now
    life.quote(bid=1.1002)
    life.report(command_id, nth=1)

    assert life.now - back >= 10_000


@pytest.mark.parametrize("retcode", [Retcode.TIMEOUT, Retcode.ERROR, Retcode.CONNECTION, Retcode.PLACED])
def test_codes_that_leave_the_outcome_open_are_searched_for(life: Harness, retcode: Retcode) -> None:
    ticket = life.hold()
    life.rule(retcode=retcode, execute=True)

    command_id = life.reduce(ticket)

    assert (life.report(command_id).outcome, life.report(command_id).retcode) == (Outcome.UNKNOWN, retcode)
    assert life.report(command_id, nth=1).outcome is Outcome.DONE
    assert len(life.sent) == 1


def test_an_answer_after_unknown_was_said_ends_the_search(life: Harness) -> None:
    ticket = life.hold()
    life.rule(retcode=Retcode.REJECT, late_ms=7_000)

    command_id = life.reduce(ticket)
    unknown, final = life.report(command_id), life.report(command_id, nth=1)

    assert unknown.outcome is Outcome.UNKNOWN
    assert (final.outcome, final.why, final.retcode) == (Outcome.EXPIRED, Why.NOT_EXECUTED, 10006)


def test_a_close_passes_a_modification_that_is_searched_for_but_nothing_passes_a_close(life: Harness) -> None:
    first, second = life.hold(), life.hold()
    life.rule(vanish=True)
    modify = life.modify(first, expect=(1.09, None), to=(1.095, None))
    close = life.reduce(second)
    life.report(modify)
    life.report(close)
    life.broker.behaviour.rules.clear()

    passes = life.report(life.reduce(first))
    waits = life.reduce(second, deadline_ms=life.now + 2_000)

    assert passes.outcome is Outcome.DONE
    assert life.report(waits).outcome is Outcome.EXPIRED


@pytest.mark.parametrize(
    ("retcode", "outcome"),
    [
        (Retcode.REJECT, Outcome.REJECTED),
        (Retcode.NO_MONEY, Outcome.REJECTED),
        (Retcode.MARKET_CLOSED, Outcome.RETRYABLE),
        (Retcode.TOO_MANY_REQUESTS, Outcome.RETRYABLE),
        (Retcode.LOCKED, Outcome.RETRYABLE),
        (Retcode.FROZEN, Outcome.RETRYABLE),
        (Retcode.ORDER_CHANGED, Outcome.RETRYABLE),
        (Retcode.CLOSE_ORDER_EXIST, Outcome.RETRYABLE),
    ],
)
def test_a_refusal_is_final_for_the_command(life: Harness, retcode: Retcode, outcome: Outcome) -> None:
    ticket = life.hold()
    life.rule(retcode=retcode)

    report = life.report(life.reduce(ticket))

    assert (report.outcome, report.retcode, report.attempts) == (outcome, retcode, 1)


@pytest.mark.parametrize("retcode", [Retcode.NO_CHANGES, Retcode.POSITION_CLOSED])
def test_it_was_so_before(life: Harness, retcode: Retcode) -> None:
    ticket = life.hold()
    life.rule(retcode=retcode)

    report = life.report(life.reduce(ticket))

    assert (report.outcome, report.why, report.retcode) == (Outcome.DONE, Why.ALREADY, retcode)


def test_a_requote_is_tried_again_with_a_fresh_price(life: Harness) -> None:
    ticket = life.hold()
    life.rule(times=3, retcode=Retcode.REQUOTE)

    report = life.report(life.reduce(ticket))

    assert (report.outcome, report.attempts) == (Outcome.DONE, 4)


def test_a_requote_is_tried_again_three_times_and_no_more(life: Harness) -> None:
    ticket = life.hold()
    life.rule(retcode=Retcode.PRICE_CHANGED)

    report = life.report(life.reduce(ticket))

    assert (report.outcome, report.attempts, report.retcode) == (Outcome.RETRYABLE, 4, 10020)


def test_without_a_quote_the_next_one_is_waited_for(life: Harness) -> None:
    ticket = life.hold()
    life.rule(times=1, retcode=Retcode.PRICE_OFF)
    command_id = life.reduce(ticket)
    life.advance(1_000)
    assert len(life.sent) == 1

    life.quote(bid=1.0999)
    report = life.report(command_id)

    assert (report.outcome, report.price, report.attempts) == (Outcome.DONE, 1.0999, 2)


def test_a_deadline_ends_the_trying(life: Harness) -> None:
    ticket = life.hold()
    life.rule(retcode=Retcode.PRICE_OFF)

    report = life.report(life.reduce(ticket, deadline_ms=life.now + 500))

    assert (report.outcome, report.why, report.retcode, report.attempts) == (Outcome.EXPIRED, Why.DEADLINE, 10021, 1)


@pytest.mark.parametrize("retcode", [Retcode.INVALID_FILL, Retcode.INVALID_VOLUME, Retcode.INVALID_PRICE])
def test_a_request_that_was_wrong_is_put_right_and_sent_once_more(life: Harness, retcode: Retcode) -> None:
    ticket, other = life.hold(), life.hold()
    life.rule(times=1, retcode=retcode)
    report = life.report(life.reduce(ticket))
    fillings = {sent.type_filling for sent in life.sent}
    life.broker.behaviour.rules[:] = [Rule(Effect(retcode=retcode))]

    assert (report.outcome, report.attempts) == (Outcome.DONE, 2)
    assert retcode is not Retcode.INVALID_FILL or len(fillings) == 2
    again = life.report(life.reduce(other))
    assert (again.outcome, again.attempts) == (Outcome.REJECTED, 2)


class Refusing(SimTerminal):
    """A terminal that does not take a request: error 4756."""

    def order_send(self, request: TradeRequestLike, asynchronous: bool) -> TradeAnswer:  # noqa: ARG002
        return TradeAnswer(ok=False, error=4756)


def test_a_terminal_that_does_not_take_the_request_is_no_evidence_of_anything(tmp_path: Path) -> None:
    with running(tmp_path, terminal_type=Refusing) as life:
        report = life.report(life.reduce(life.hold()))

        assert (report.outcome, report.why, report.attempts) == (Outcome.RETRYABLE, Why.SEND_FAILED, 1)
        assert "4756" in report.detail


def test_stops_that_the_broker_found_too_near_are_sent_once_more_with_more_distance(life: Harness) -> None:
    life.rule(times=1, retcode=Retcode.INVALID_STOPS)
    near = life.modify(life.hold(), expect=(1.09, None), to=(1.1, None))  # at the bid
    far = life.modify(life.hold(), expect=(1.09, None), to=(1.095, None))

    assert (life.report(near).outcome, life.report(near).attempts, life.report(near).stop_loss) == (Outcome.DONE, 2, 1.09999)
    assert (life.report(far).outcome, life.report(far).attempts, life.report(far).stop_loss) == (Outcome.DONE, 1, 1.095)


@pytest.mark.parametrize("retcode", [Retcode.REQUOTE, Retcode.PRICE_OFF])
def test_no_further_request_leaves_after_hands_off(life: Harness, retcode: Retcode) -> None:
    life.rule(retcode=retcode, processing_ms=200)
    command_id = life.reduce(life.hold())
    life.until(lambda: life.sent)
    life.router.send(HandsOff(on=True, by="a test"))

    report = life.report(command_id)

    assert (report.outcome, report.why, report.retcode, report.attempts) == (Outcome.DENIED, Why.HANDS_OFF, retcode, 1)
