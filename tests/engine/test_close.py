"""A close that somebody asked for: what each answer leads to, until the position is gone."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.session.made import SERVER_MS, position, spec
from tests.session.terminal_side import TerminalSide

from dtms.engine.decide import CloseAsked, Decision, Event, Expired, Look, Moment, Rules, Vanished, decide, withdrawn
from dtms.engine.market import Market, Quote
from dtms.engine.obligation import Stage
from dtms.engine.trade import Trade, TradeKey, first_seen, quarantined
from dtms.names import Outcome, RiskClass, Why
from dtms.settings import BreakEvenSettings, CloseSettings
from dtms.wire.messages import ExecutionReport, ModifyPosition, PositionChanged, ReducePosition

RULE = CloseSettings()
RULES = Rules(BreakEvenSettings(), RULE)
ABOVE = Market(spec(), Quote(1.1015, 1.10151, 0))
BELOW = Market(spec(), Quote(1.1001, 1.10011, 0))
ASKED = CloseAsked("test")
AGAIN = [Outcome.REJECTED, Outcome.RETRYABLE, Outcome.EXPIRED, Outcome.STALE_VIEW, Outcome.DENIED, Outcome.STALE_EPOCH]


def fresh(*, managed: bool = True, **values: Any) -> Trade:
    return first_seen(TradeKey("1@Demo", 1, 1), position(**values), managed=managed)


def after(trade: Trade, event: Event, now: int = 0, command_id: int = 6, market: Market = BELOW) -> Decision:
    return decide(trade, event, market, Moment(now, command_id), RULES)


def asked(trade: Trade | None = None, command_id: int = 5) -> Trade:
    decision = after(trade or fresh(), ASKED, command_id=command_id)
    assert isinstance(decision.command, ReducePosition)
    return decision.trade


def stage(decision: Decision | Trade) -> Stage:
    trade = decision if isinstance(decision, Trade) else decision.trade
    assert trade.close is not None
    return trade.close.stage


def report(outcome: Outcome, command_id: int = 5, volume: float = 0.1, **values: object) -> ExecutionReport:
    command = after(fresh(), ASKED).command
    assert command is not None
    made = TerminalSide().report(command, outcome, Why.NONE, position(volume=volume))
    return made.model_copy(update={"command_id": command_id, "retcode": 0, **values})


def changed(**values: Any) -> PositionChanged:
    return PositionChanged.model_validate({"ts_event": SERVER_MS, "position": position(**values), "changed": 1, "by_command": 0})


@pytest.mark.parametrize(
    "trade",
    [
        pytest.param(fresh(), id="managed"),
        pytest.param(fresh(managed=False), id="watched"),
        pytest.param(quarantined(fresh(), "why"), id="quarantine"),
    ],
)
def test_whatever_the_rules_say_of_the_trade_a_close_is_ordered_at_once(trade: Trade) -> None:
    decision = after(trade, ASKED, command_id=5)

    assert decision.command == ReducePosition(
        command_id=5,
        deadline_ms=0,
        risk_class=RiskClass.REDUCE,
        ticket=1,
        expect_volume=None,
        leave_volume=0.0,
        deviation=RULE.deviation_points,
    )
    assert stage(decision) is Stage.PENDING


def test_asked_twice_it_is_ordered_once() -> None:
    assert after(asked(), ASKED).command is None
    assert after(after(asked(), report(Outcome.DONE)).trade, ASKED).command is None


def test_it_overtakes_a_move_under_way_and_no_rule_orders_anything_after_it() -> None:
    moving = after(fresh(), Look(), command_id=4, market=ABOVE).trade
    closing = asked(moving)
    answered = after(closing, report(Outcome.REJECTED, 4), market=ABOVE)

    assert moving.break_even.stage is Stage.PENDING
    assert answered.trade.break_even.stage is Stage.ARMED
    assert answered.command is None
    assert stage(answered) is Stage.PENDING
    assert after(answered.trade, Look(), now=60_000, market=ABOVE).command is None


def test_while_a_close_that_failed_waits_the_stop_is_still_looked_after() -> None:
    waiting = after(asked(), report(Outcome.RETRYABLE)).trade

    assert isinstance(after(waiting, Look(), market=ABOVE).command, ModifyPosition)


@pytest.mark.parametrize(
    "answer",
    [
        report(Outcome.DONE, volume=0.1),
        report(Outcome.REJECTED, retcode=10036),
        report(Outcome.REJECTED, why=Why.NO_POSITION),
    ],
    ids=["done", "position-closed", "no-position"],
)
def test_done_or_gone_it_is_done_and_the_rules_stay_silent(answer: ExecutionReport) -> None:
    done = after(asked(), answer)

    assert stage(done) is Stage.DONE
    assert after(done.trade, changed(volume=0.1), market=ABOVE).command is None


def test_a_position_that_is_still_there_long_after_is_closed_anew() -> None:
    done = after(asked(), report(Outcome.DONE)).trade

    assert after(done, Look(), now=RULE.gone_after_ms - 1).command is None
    assert isinstance(after(done, Look(), now=RULE.gone_after_ms).command, ReducePosition)


@pytest.mark.parametrize("outcome", AGAIN)
def test_each_failed_attempt_is_another_command_after_a_longer_pause_and_there_is_no_last_one(outcome: Outcome) -> None:
    trade, now, pauses = asked(command_id=1), 0, []
    for attempt in range(1, 12):
        trade = after(trade, report(outcome, attempt), now=now).trade
        assert stage(trade) is Stage.ARMED
        assert trade.close is not None
        pauses.append(trade.close.not_before - now)
        assert after(trade, Look(), now=trade.close.not_before - 1).command is None
        now = trade.close.not_before
        decision = after(trade, Look(), now=now, command_id=attempt + 1)
        assert isinstance(decision.command, ReducePosition)
        assert decision.command.command_id == attempt + 1
        trade = decision.trade

    assert pauses == [min(RULE.retry_ms * 2**n, RULE.retry_max_ms) for n in range(11)]


def test_after_a_part_the_rest_follows_at_once_and_failures_count_anew() -> None:
    trade = after(asked(command_id=4), report(Outcome.RETRYABLE, 4)).trade
    second = after(trade, Look(), now=RULE.retry_ms, command_id=5).trade
    rest = after(second, report(Outcome.PARTIAL, 5, volume=0.04), now=RULE.retry_ms, command_id=6)

    assert isinstance(rest.command, ReducePosition)
    assert rest.command.command_id == 6
    assert rest.trade.position.volume == 0.04
    assert rest.trade.close is not None
    assert rest.trade.close.attempts == 1


def test_a_part_of_nothing_waits_as_a_failure_does() -> None:
    assert after(asked(), report(Outcome.PARTIAL, volume=0.1)).command is None


@pytest.mark.parametrize(
    "answer",
    [
        report(Outcome.REJECTED, retcode=10013),
        report(Outcome.REJECTED, retcode=10022),
        report(Outcome.REJECTED, retcode=10035),
        report(Outcome.DENIED, why=Why.BAD_COMMAND),
    ],
    ids=["invalid", "real-only", "invalid-order", "bad-command"],
)
def test_what_no_repetition_can_change_is_given_up_until_somebody_asks_again(answer: ExecutionReport) -> None:
    given_up = after(asked(), answer)

    assert stage(given_up) is Stage.GIVEN_UP
    assert after(given_up.trade, Look(), now=3_600_000).command is None
    assert isinstance(after(given_up.trade, ASKED).command, ReducePosition)


def test_an_unknown_outcome_is_not_tried_again_before_there_is_evidence() -> None:
    for lost in (report(Outcome.UNKNOWN), Vanished(5)):
        unknown = after(asked(), lost).trade
        assert stage(unknown) is Stage.UNKNOWN
        assert after(unknown, Look(), now=3_600_000).command is None
        assert after(unknown, ASKED).command is None
        assert stage(after(unknown, changed(volume=0.05))) is Stage.UNKNOWN
        assert stage(after(unknown, report(Outcome.DONE))) is Stage.DONE
        assert stage(after(unknown, Expired(5))) is Stage.ARMED


def test_answers_to_other_commands_change_nothing() -> None:
    closing = asked()

    for event in (report(Outcome.REJECTED, 99), Vanished(99), Expired(99)):
        assert after(closing, event).trade == closing


def test_an_order_that_nobody_can_carry_out_is_taken_back_and_due_again() -> None:
    decision = withdrawn(after(fresh(), ASKED))

    assert decision.command is None
    assert stage(decision) is Stage.ARMED
    assert isinstance(after(decision.trade, Look()).command, ReducePosition)


EVENTS = st.one_of(
    st.just(Look()),
    st.just(ASKED),
    st.builds(report, st.sampled_from(Outcome), st.integers(1, 40), st.sampled_from([0.1, 0.05, 0.01])),
    st.builds(Vanished, st.integers(1, 40)),
    st.builds(Expired, st.integers(1, 40)),
    st.builds(lambda volume: changed(volume=volume), st.sampled_from([0.1, 0.05, 0.01])),
)


@given(st.lists(st.tuples(EVENTS, st.sampled_from([ABOVE, BELOW]), st.integers(0, 6_000)), max_size=40))
def test_whatever_happens_a_close_is_never_ordered_beside_another_and_nothing_beside_a_close(
    steps: list[tuple[Event, Market, int]],
) -> None:
    trade, now = fresh(), 0
    for number, (event, market, passed) in enumerate(steps, 1):
        now += passed
        before = trade
        decision = after(before, event, now, number, market)
        trade = decision.trade

        answered = isinstance(event, (ExecutionReport, Expired)) and before.awaits(event.command_id)
        if decision.command is not None and before.close is not None and before.close.under_way:
            assert answered
        if isinstance(decision.command, ModifyPosition):
            assert trade.close is None or not trade.close.under_way
