"""
Commands on stops and targets, who may command and when, and each command once (R16, R20 to R24).
"""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.mql5.curve import SECURED, Security
from tests.mql5.support import Harness, running

from dtms.names import NoticeCode, OpenKind, Outcome, Role, Why
from dtms.sim.derive import derive_spec
from dtms.sim.messages import TradeAnswer, TradeFields, TradeResult, Trans
from dtms.sim.mt5 import Action, Retcode, TransactionType
from dtms.sim.trading import TradeRequestLike
from dtms.wire.messages import (
    ExecutionReport,
    HandsOff,
    Heartbeat,
    Notice,
    PositionChanged,
    PositionClosed,
    RoleChanged,
)

PREFIX = 0x2D7D


@pytest.fixture
def life(tmp_path: Path, security: Security) -> Iterator[Harness]:
    with running(tmp_path, security=security) as harness:
        yield harness


@SECURED
def test_a_modification_sets_both_levels_and_is_reported_with_them(life: Harness) -> None:
    ticket = life.hold(tp=1.12)

    report = life.report(life.modify(ticket, expect=(1.09, 1.12), to=(1.095, 1.13)))

    assert (report.outcome, report.retcode, report.why, report.attempts) == (Outcome.DONE, 10009, Why.NONE, 1)
    assert (report.ticket, report.stop_loss, report.take_profit, report.position_volume) == (ticket, 1.095, 1.13, 0.3)
    assert (life.held(ticket).sl, life.held(ticket).tp) == (1.095, 1.13)
    changed = life.wait_for(PositionChanged)
    assert changed.by_command == report.command_id


def test_a_target_alone_may_be_changed_and_the_stop_stays(life: Harness) -> None:
    ticket = life.hold(tp=1.12)

    life.report(life.modify(ticket, expect=(1.09, 1.12), to=(1.09, None)))

    assert (life.held(ticket).sl, life.held(ticket).tp) == (1.09, 0.0)


def test_levels_that_are_there_already_are_done_without_a_request(life: Harness) -> None:
    ticket = life.hold(tp=1.12)

    report = life.report(life.modify(ticket, expect=(1.05, None), to=(1.090004, 1.12)))

    assert (report.outcome, report.why, report.retcode, report.attempts) == (Outcome.DONE, Why.ALREADY, 0, 0)
    assert life.sent == []


@pytest.mark.parametrize("expect", [(1.0899, None), (None, None), (1.09, 1.2)])
def test_levels_that_are_not_as_expected_are_a_stale_view(life: Harness, expect: tuple[float | None, float | None]) -> None:
    ticket = life.hold()

    report = life.report(life.modify(ticket, expect=expect, to=(1.095, None)))

    assert (report.outcome, report.stop_loss, report.take_profit, report.attempts) == (Outcome.STALE_VIEW, 1.09, None, 0)
    assert life.sent == []


@pytest.mark.parametrize(("side", "sl", "wider"), [(0, 1.09, 1.089), (0, 1.09, None), (1, 1.11, 1.111), (1, 1.11, None)])
def test_a_stop_is_never_widened_or_removed(life: Harness, side: int, sl: float, wider: float | None) -> None:
    ticket = life.hold(side=side, sl=sl)

    report = life.report(life.modify(ticket, expect=(sl, None), to=(wider, None)))

    assert (report.outcome, report.why, report.stop_loss) == (Outcome.DENIED, Why.STOP_WIDENS, sl)
    assert life.sent == []


@pytest.mark.parametrize(
    ("side", "sl", "wanted", "placed"),
    [
        (0, 1.09, 1.0999, 1.0995),  # bid 1.1, distance 50 points
        (1, 1.11, 1.1002, 1.1006),  # ask 1.1001
        (0, 0.0, 1.0999, 1.0995),  # a bare position gets a stop
    ],
)
def test_a_stop_too_near_the_market_is_moved_out_while_it_still_tightens(
    tmp_path: Path,
    side: int,
    sl: float,
    wanted: float,
    placed: float,
) -> None:
    with running(tmp_path) as life:
        ticket = life.hold(side=side, sl=sl)
        life.broker.change_symbol("EURUSD", stops_level=50)
        life.step()

        report = life.report(life.modify(ticket, expect=(sl or None, None), to=(wanted, None)))

        assert (report.outcome, report.stop_loss) == (Outcome.DONE, placed)
        assert life.held(ticket).sl == placed


@pytest.mark.parametrize(("level", "why"), [("stops_level", Why.STOPS_LEVEL), ("freeze_level", Why.FREEZE_LEVEL)])
def test_a_stop_that_the_distance_would_widen_is_denied(life: Harness, level: str, why: Why) -> None:
    ticket = life.hold(sl=1.0990)
    life.broker.change_symbol("EURUSD", **{level: 95 if level == "freeze_level" else 150})
    life.step()

    report = life.report(life.modify(ticket, expect=(1.0990, None), to=(1.0991 if level == "stops_level" else 1.09, None)))
    if level == "freeze_level":
        assert report.why is Why.STOP_WIDENS
        report = life.report(life.modify(ticket, expect=(1.0990, None), to=(1.09905, None)))
        assert report.outcome is Outcome.DONE, "exactly as far as allowed"
        life.quote(bid=1.0998)
        life.step()
        report = life.report(life.modify(ticket, expect=(1.09905, None), to=(1.0991, None)))

    assert (report.outcome, report.why) == (Outcome.DENIED, why)


def test_levels_are_rounded_to_the_tick_size(tmp_path: Path) -> None:
    spec = replace(derive_spec("EURUSD"), tick_size=0.0005)
    with running(tmp_path, specs=[spec]) as life:
        ticket = life.hold()

        report = life.report(life.modify(ticket, expect=(1.09, None), to=(1.09237, 1.12341)))

        assert (report.outcome, report.stop_loss, report.take_profit) == (Outcome.DONE, 1.0925, 1.1235)


def test_a_position_that_is_gone_cannot_be_modified(life: Harness) -> None:
    ticket = life.hold()
    life.broker.human_close(ticket)
    life.until(lambda: life.router.of(PositionClosed))

    report = life.report(life.modify(ticket, expect=(1.09, None), to=(1.095, None)))

    assert (report.outcome, report.retcode, report.why, report.position_volume) == (Outcome.REJECTED, 10036, Why.NO_POSITION, 0.0)
    assert life.sent == []


def test_a_command_past_its_deadline_is_not_executed(life: Harness) -> None:
    ticket = life.hold()

    report = life.report(life.reduce(ticket, deadline_ms=life.now - 1))

    assert (report.outcome, report.why, report.attempts) == (Outcome.EXPIRED, Why.DEADLINE, 0)
    assert life.sent == []


def test_a_command_of_an_epoch_that_is_over_is_stale_and_may_come_again_under_the_present_one(life: Harness) -> None:
    ticket = life.hold()
    command_id = life.router.next_id()
    life.router.epoch -= 1
    life.reduce(ticket, command_id=command_id)
    stale = life.report(command_id)
    life.router.epoch += 1
    life.router.seq -= 1  # the stale frame was counted by the old bridge, not by this one
    life.reduce(ticket, command_id=command_id)

    assert (stale.outcome, stale.attempts) == (Outcome.STALE_EPOCH, 0)
    assert life.report(command_id, nth=1).outcome is Outcome.DONE
    assert len(life.sent) == 1


@pytest.mark.parametrize("role", [Role.FEED, Role.OBSERVER])
def test_who_is_not_the_manager_executes_nothing(life: Harness, role: Role) -> None:
    ticket = life.hold()
    life.router.send(RoleChanged(role=role))

    report = life.report(life.reduce(ticket))

    assert (report.outcome, report.why) == (Outcome.DENIED, Why.NOT_MANAGER)
    life.router.send(RoleChanged(role=Role.MANAGER))
    assert life.report(life.reduce(ticket)).outcome is Outcome.DONE


def test_hands_off_executes_nothing_until_it_is_off(life: Harness) -> None:
    ticket = life.hold()
    life.router.send(HandsOff(on=True, by="a test"))

    report = life.report(life.reduce(ticket))
    life.advance(1_100)
    life.settle()

    assert (report.outcome, report.why) == (Outcome.DENIED, Why.HANDS_OFF)
    assert life.router.of(Heartbeat)[-1].hands_off
    life.router.send(HandsOff(on=False, by="a test"))
    assert life.report(life.reduce(ticket)).outcome is Outcome.DONE


@pytest.mark.parametrize(
    ("field", "words"),
    [("algo_button", "switch Algo Trading on"), ("program_allowed", "Allow Algo Trading")],
)
def test_without_permission_a_command_is_denied_with_what_to_do(life: Harness, field: str, words: str) -> None:
    ticket = life.hold()
    setattr(life.terminal.trading, field, False)

    report = life.report(life.reduce(ticket))

    assert (report.outcome, report.why) == (Outcome.DENIED, Why.PERMISSION)
    assert words in report.detail


def test_a_terminal_without_its_broker_can_do_nothing_now(life: Harness) -> None:
    ticket = life.hold()
    life.broker.disconnect()
    life.step()

    report = life.report(life.reduce(ticket))

    assert (report.outcome, report.why) == (Outcome.RETRYABLE, Why.SEND_FAILED)


def test_a_command_that_comes_twice_is_executed_once_and_answered_with_the_same_report(life: Harness) -> None:
    ticket = life.hold()
    command_id = life.reduce(ticket, 0.2)
    first = life.report(command_id)

    life.reduce(ticket, 0.2, command_id=command_id)

    assert life.report(command_id, nth=1) == first
    assert len(life.sent) == 1


def test_a_duplicate_of_a_command_under_way_stays_unanswered(life: Harness) -> None:
    ticket = life.hold()
    life.rule(processing_ms=400)
    command_id = life.reduce(ticket)
    life.advance(100)
    life.reduce(ticket, command_id=command_id)
    life.report(command_id)
    life.settle()

    assert len(life.router.of(ExecutionReport)) == 1
    assert len(life.sent) == 1


@pytest.mark.parametrize("effect", [{"copies": 2}, {"late_result_ms": 3_000}, {"shuffle": True}, {"gap_ms": 200}])
def test_an_answer_that_comes_twice_late_or_in_disorder_makes_one_report(life: Harness, effect: dict[str, Any]) -> None:
    ticket = life.hold()
    life.rule(**effect)

    report = life.report(life.reduce(ticket))
    life.advance(4_000)

    assert report.outcome is Outcome.DONE
    assert len(life.router.of(ExecutionReport)) == 1
    assert [notice for notice in life.router.of(Notice) if notice.code is NoticeCode.STRAY_REPORT] == []


def test_an_answer_before_the_request_has_a_number_is_matched(life: Harness) -> None:
    """What comes to OnTradeTransaction first, under the number that OrderSendAsync will give."""
    first, second = life.hold(), life.hold()
    numbers: list[int] = []
    send = life.terminal.order_send

    def watch(request: TradeRequestLike, asynchronous: bool) -> TradeAnswer:
        answer = send(request, asynchronous)
        numbers.append(answer.request_id)
        return answer

    life.terminal.order_send = watch  # type: ignore[method-assign]
    life.report(life.reduce(first))
    life.rule(lose_result=True)
    early = TradeResult(retcode=Retcode.DONE, deal=77, volume=0.3, price=1.1, request_id=numbers[0] + 1)
    command_id = life.router.next_id()
    tag = PREFIX << 48 | OpenKind.REDUCE << 44 | command_id
    request = TradeFields(action=Action.DEAL, symbol="EURUSD", position=second, magic=tag)
    life.program.trade_transaction(Trans(type=TransactionType.REQUEST), request, early)

    report = life.report(life.reduce(second, command_id=command_id))

    assert numbers == [early.request_id - 1, early.request_id]
    assert (report.outcome, report.deal, report.attempts) == (Outcome.DONE, 77, 1)


def test_of_two_reasons_the_first_of_the_order_is_the_answer(life: Harness) -> None:
    """known, epoch, deadline, role and hands off, position there, target already so, expectation, levels."""
    ticket, gone = life.hold(), life.hold()
    life.broker.human_close(gone)
    life.until(lambda: life.router.of(PositionClosed))
    late = life.now - 1

    already_and_unexpected = life.modify(ticket, expect=(1.05, None), to=(1.09, None))
    unexpected_and_wider = life.modify(ticket, expect=(1.05, None), to=(1.0, None))
    life.settle()
    life.router.send(RoleChanged(role=Role.FEED))
    life.router.send(HandsOff(on=True, by="a test"))
    late_and_no_manager_and_gone = life.reduce(gone, deadline_ms=late)
    no_manager_and_hands_off_and_gone = life.reduce(gone)
    life.router.send(RoleChanged(role=Role.MANAGER))
    hands_off_and_gone = life.reduce(gone)

    assert life.report(already_and_unexpected).why is Why.ALREADY
    assert life.report(unexpected_and_wider).outcome is Outcome.STALE_VIEW
    assert life.report(late_and_no_manager_and_gone).outcome is Outcome.EXPIRED
    assert life.report(no_manager_and_hands_off_and_gone).why is Why.NOT_MANAGER
    assert life.report(hands_off_and_gone).why is Why.HANDS_OFF
