"""One event, one decision: the order is given once, ended by its outcome, and never again before."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.session.made import SERVER_MS, position, spec
from tests.session.terminal_side import TerminalSide

from dtms.engine.break_even import Verdict
from dtms.engine.decide import Decision, Event, Expired, Look, Moment, Rules, Vanished, decide, shown, withdrawn
from dtms.engine.market import Market, Quote
from dtms.engine.obligation import Stage
from dtms.engine.trade import Trade, TradeKey, first_seen
from dtms.names import Outcome, RiskClass, Why
from dtms.settings import BreakEvenSettings, CloseSettings
from dtms.wire.messages import ExecutionReport, ModifyPosition, PositionChanged

RULE = BreakEvenSettings()
RULES = Rules(RULE, CloseSettings())
ABOVE = Market(spec(), Quote(1.1015, 1.10151, 0))
BELOW = Market(spec(), Quote(1.1001, 1.10011, 0))


def fresh(**values: Any) -> Trade:
    return first_seen(TradeKey("1@Demo", 1, 1), position(**values), managed=True)


def look(trade: Trade, market: Market = ABOVE, now: int = 0, command_id: int = 5) -> Decision:
    return decide(trade, Look(), market, Moment(now, command_id), RULES)


def report(outcome: Outcome, command_id: int = 5, stop: float | None = 1.10001) -> ExecutionReport:
    command = look(fresh()).command
    assert command is not None
    held = position(stop_loss=stop)
    made = TerminalSide().report(command, outcome, Why.NONE, held)
    return made.model_copy(update={"command_id": command_id})


def after(trade: Trade, event: Event, market: Market = BELOW, now: int = 0) -> Decision:
    return decide(trade, event, market, Moment(now, 6), RULES)


def changed(**values: Any) -> PositionChanged:
    return PositionChanged.model_validate({"ts_event": SERVER_MS, "position": position(**values), "changed": 2, "by_command": 0})


def test_at_one_r_the_stop_is_ordered_to_break_even_with_the_target_unchanged() -> None:
    decision = look(fresh(take_profit=1.2))

    assert decision.command == ModifyPosition(
        command_id=5,
        deadline_ms=0,
        risk_class=RiskClass.NEUTRAL,
        ticket=1,
        expect_stop=1.099,
        expect_target=1.2,
        stop_loss=1.10001,
        take_profit=1.2,
    )
    assert decision.trade.break_even.stage is Stage.PENDING


def test_while_it_is_under_way_nothing_is_ordered() -> None:
    assert look(look(fresh()).trade).command is None


def test_a_done_report_with_the_stop_read_back_ends_it() -> None:
    decision = after(look(fresh()).trade, report(Outcome.DONE))

    assert decision.trade.break_even.stage is Stage.DONE
    assert decision.trade.position.stop_loss == 1.10001
    assert look(decision.trade).command is None


def test_a_done_report_whose_stop_is_not_there_is_no_confirmation() -> None:
    decision = after(look(fresh()).trade, report(Outcome.DONE, stop=1.099))

    assert decision.trade.break_even.stage is Stage.ARMED


@pytest.mark.parametrize("outcome", [Outcome.REJECTED, Outcome.DENIED, Outcome.STALE_VIEW, Outcome.STALE_EPOCH])
def test_after_a_failure_the_next_attempt_waits_twice_as_long_and_the_last_gives_up(outcome: Outcome) -> None:
    trade, now, pauses = fresh(), 0, []
    for attempt in range(1, RULE.max_attempts + 1):
        decision = look(trade, now=now, command_id=attempt)
        assert decision.command is not None
        trade = after(decision.trade, report(outcome, attempt, stop=1.099), now=now).trade
        pauses.append(trade.break_even.not_before - now)
        assert look(trade, now=trade.break_even.not_before - 1).command is None
        now = trade.break_even.not_before

    assert pauses == [min(RULE.retry_ms * 2**n, RULE.retry_max_ms) for n in range(RULE.max_attempts)]
    assert trade.break_even.stage is Stage.GIVEN_UP
    assert look(trade, now=now).command is None


@pytest.mark.parametrize(
    "values",
    [
        pytest.param({"outcome": Outcome.RETRYABLE}, id="retryable"),
        pytest.param({"outcome": Outcome.EXPIRED}, id="expired"),
        pytest.param({"outcome": Outcome.DENIED, "why": Why.STOPS_LEVEL}, id="too-near-to-the-market"),
        pytest.param({"outcome": Outcome.DENIED, "why": Why.FREEZE_LEVEL}, id="frozen"),
        pytest.param({"outcome": Outcome.DONE, "stop_loss": 1.0995}, id="done-as-far-as-the-brokers-distance-allows"),
        pytest.param({"outcome": Outcome.DONE, "why": Why.ALREADY}, id="done-as-far-as-it-was-before"),
    ],
)
def test_a_cause_that_passes_is_no_attempt_and_is_tried_until_it_is_gone(values: dict[str, Any]) -> None:
    trade, now, pauses = fresh(), 0, []
    for attempt in range(1, 4 * RULE.max_attempts):
        decision = look(trade, now=now, command_id=attempt)
        assert decision.command is not None
        answer = report(Outcome.RETRYABLE, attempt, stop=1.099).model_copy(update=values)
        trade = after(decision.trade, answer, now=now).trade
        pauses.append(trade.break_even.not_before - now)
        now = trade.break_even.not_before
    assert pauses[:3] == [RULE.retry_ms, 2 * RULE.retry_ms, 4 * RULE.retry_ms]
    assert set(pauses[4:]) == {RULE.retry_max_ms}
    last = look(trade, now=now, command_id=99)

    assert after(last.trade, report(Outcome.DONE, 99)).trade.break_even.stage is Stage.DONE


@pytest.mark.parametrize("retcode", [10018, 10024, 10028, 10029])
def test_what_soon_again_would_make_no_better_waits_the_longest_pause_at_once(retcode: int) -> None:
    answer = report(Outcome.RETRYABLE, stop=1.099).model_copy(update={"retcode": retcode})

    assert after(look(fresh()).trade, answer).trade.break_even.not_before == RULE.retry_max_ms


def test_a_command_that_ran_out_of_time_unsent_is_no_attempt() -> None:
    trade = after(look(fresh()).trade, Expired(5)).trade

    assert (trade.break_even.stage, trade.break_even.attempts) == (Stage.ARMED, 0)


def test_a_stale_view_brings_the_present_values_and_the_next_order_expects_them() -> None:
    trade = after(look(fresh()).trade, report(Outcome.STALE_VIEW, stop=1.0995)).trade
    command = look(trade, now=trade.break_even.not_before).command

    assert isinstance(command, ModifyPosition)
    assert command.expect_stop == 1.0995


def test_the_stop_of_another_position_is_not_read_back() -> None:
    foreign = report(Outcome.DONE).model_copy(update={"position_id": 2})
    decision = after(look(fresh()).trade, foreign)

    assert decision.trade.break_even.stage is Stage.ARMED
    assert decision.trade.position.stop_loss == 1.099


def test_an_unknown_outcome_blocks_until_evidence_comes() -> None:
    unknown = after(look(fresh()).trade, report(Outcome.UNKNOWN)).trade

    assert unknown.break_even.stage is Stage.UNKNOWN
    assert look(unknown).command is None
    assert after(unknown, changed(volume=0.05)).trade.break_even.stage is Stage.UNKNOWN
    assert after(unknown, changed(stop_loss=1.10001)).trade.break_even.stage is Stage.DONE
    assert after(unknown, report(Outcome.DONE)).trade.break_even.stage is Stage.DONE
    assert after(unknown, Expired(5)).trade.break_even.stage is Stage.ARMED


def test_an_answer_that_does_not_come_is_unknown_unless_the_position_shows_the_effect() -> None:
    pending = look(fresh()).trade
    moved = after(pending, changed(stop_loss=1.10001)).trade

    assert after(pending, Vanished(5)).trade.break_even.stage is Stage.UNKNOWN
    assert after(moved, Vanished(5)).trade.break_even.stage is Stage.DONE


def test_a_report_for_another_command_changes_nothing() -> None:
    pending = look(fresh()).trade

    assert after(pending, report(Outcome.REJECTED, 99)).trade == pending
    assert after(pending, Vanished(99)).trade == pending
    assert after(pending, Expired(99)).trade == pending


def test_observe_mode_decides_once_and_has_no_command() -> None:
    decision = shown(look(fresh()))

    assert decision.command is None
    assert decision.trade.break_even.stage is Stage.OBSERVED
    assert look(decision.trade).finding.verdict is Verdict.OVER


def test_a_decision_that_nobody_can_carry_out_is_taken_back_whole() -> None:
    trade = fresh()

    assert withdrawn(look(trade)).trade == trade


def test_a_stop_that_the_user_moved_beyond_ends_the_rule() -> None:
    decision = after(fresh(), changed(stop_loss=1.1005))

    assert decision.trade.break_even.stage is Stage.SKIPPED


EVENTS = st.one_of(
    st.just(Look()),
    st.builds(report, st.sampled_from(Outcome), st.integers(1, 60), st.sampled_from([1.099, 1.10001, 1.0995])),
    st.builds(Vanished, st.integers(1, 60)),
    st.builds(Expired, st.integers(1, 60)),
    st.builds(lambda stop: changed(stop_loss=stop), st.sampled_from([None, 1.098, 1.099, 1.0995, 1.10001])),
)


@given(st.lists(st.tuples(EVENTS, st.sampled_from([ABOVE, BELOW]), st.integers(0, 3_000)), max_size=60))
def test_whatever_happens_no_order_widens_and_two_are_never_under_way(steps: list[tuple[Event, Market, int]]) -> None:
    trade, now, open_command = fresh(), 0, None
    for number, (event, market, passed) in enumerate(steps, 1):
        now += passed
        before = trade
        decision = decide(trade, event, market, Moment(now, number), RULES)
        trade = decision.trade

        assert trade.risk == fresh().risk
        assert trade.break_even.attempts <= RULE.max_attempts
        if not trade.break_even.under_way:
            open_command = None
        if decision.command is not None:
            assert isinstance(decision.command, ModifyPosition)
            assert open_command is None or not before.break_even.under_way or trade.break_even.command_id == number
            assert decision.command.stop_loss is not None
            assert decision.command.expect_stop is None or decision.command.stop_loss > decision.command.expect_stop
            open_command = decision.command.command_id
