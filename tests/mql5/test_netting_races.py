"""
Where a symbol has one position and the server may not look at the position of a request, a close too many would open the
opposite one: what keeps the Expert Advisor from sending it, and what it says where nothing could.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.mql5.account_models import MODELS, NETS, Lagging, assert_conserved, assert_told, deals_of, executions, near, on_account
from tests.mql5.support import Harness

from dtms.names import NoticeCode, Outcome, Side, Why
from dtms.sim.behaviour import Effect, Rule
from dtms.wire.messages import ExecutionReport, Notice, PositionClosed, PositionOpened

UNBOUND = [model for model in NETS if model.endswith("unbound")]


@pytest.fixture(params=MODELS)
def life(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Harness]:
    with on_account(tmp_path, request.param, terminal_type=Lagging) as harness:
        yield harness


@pytest.fixture(params=UNBOUND)
def unbound(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Harness]:
    with on_account(tmp_path, request.param) as harness:
        yield harness


def freeze(life: Harness) -> None:
    assert isinstance(life.terminal, Lagging)
    life.terminal.freeze()


def thaw(life: Harness) -> None:
    assert isinstance(life.terminal, Lagging)
    life.terminal.thaw()


def test_a_second_close_waits_for_the_end_of_the_first(life: Harness) -> None:
    """The first is executed, but nobody says so."""
    ticket = life.hold(0.3)
    life.rule(times=1, latency_ms=600, lose_transactions=True)
    first = life.reduce(ticket)
    assert life.report(first).outcome is Outcome.UNKNOWN

    second = life.reduce(ticket)
    final, after = life.report(first, nth=1), life.report(second)

    assert (final.outcome, final.volume) == (Outcome.DONE, 0.3)
    assert (after.outcome, after.why, after.attempts) == (Outcome.DONE, Why.ALREADY, 0)
    assert len(life.sent) == 1
    assert_conserved(life)


@pytest.mark.parametrize(("leave", "expected"), [(0.0, None), (0.1, 0.3)])
def test_a_second_close_waits_until_the_list_shows_the_first(life: Harness, leave: float, expected: float | None) -> None:
    """The answer is there, the list of positions is late: reckoned from the old volume the second would be too large."""
    ticket = life.hold(0.3)
    freeze(life)
    first = life.report(life.reduce(ticket, leave, expect=expected))
    second = life.reduce(ticket)
    life.advance(2_000)
    assert len(life.sent) == 1
    thaw(life)

    report = life.report(second)

    assert (first.outcome, report.outcome) == (Outcome.DONE, Outcome.DONE)
    assert report.volume == near(leave)
    assert life.broker.positions == ()
    assert_conserved(life)


def test_a_part_of_a_close_waits_until_the_list_shows_the_part_before(life: Harness) -> None:
    ticket = life.hold(0.7)
    life.broker.change_symbol("EURUSD", volume_max=0.3)
    life.step()
    freeze(life)
    command_id = life.reduce(ticket)
    life.until(lambda: life.sent)
    life.advance(500)
    assert [sent.volume for sent in life.sent] == [0.3]
    thaw(life)

    assert life.report(command_id).outcome is Outcome.DONE
    assert [sent.volume for sent in life.sent] == near([0.3, 0.3, 0.1])
    assert_conserved(life)


def test_a_close_in_part_that_the_list_does_not_show_holds_the_rest_back(life: Harness) -> None:
    ticket = life.hold(0.3)
    life.rule(times=1, fill=0.2)
    freeze(life)
    assert life.report(life.reduce(ticket)).outcome is Outcome.PARTIAL
    second = life.reduce(ticket)
    life.advance(1_000)
    assert len(life.sent) == 1
    thaw(life)

    report = life.report(second)

    assert (report.outcome, report.volume) == (Outcome.DONE, near(0.1))
    assert_conserved(life)


def test_a_list_that_stays_behind_lets_the_close_expire(life: Harness) -> None:
    ticket = life.hold(0.3)
    freeze(life)
    life.report(life.reduce(ticket, 0.1))

    report = life.report(life.reduce(ticket, deadline_ms=life.now + 1_000))

    assert (report.outcome, report.why, report.attempts) == (Outcome.EXPIRED, Why.DEADLINE, 0)
    assert len(life.sent) == 1


@pytest.mark.parametrize("model", NETS)
def test_lots_that_a_human_adds_after_a_part_hold_nothing_back(tmp_path: Path, model: str) -> None:
    with on_account(tmp_path, model) as life:
        ticket = life.hold(0.3)
        life.rule(times=1, late_result_ms=100)
        life.reduce(ticket, 0.1)
        life.until(lambda: executions(life))
        life.broker.human_open("EURUSD", 0, 0.4)
        life.until(lambda: life.router.of(ExecutionReport))

        report = life.report(life.reduce(ticket))

        assert (report.outcome, report.volume) == (Outcome.DONE, near(0.5))
        assert report.elapsed_ms < 500
        assert_conserved(life)


@pytest.mark.parametrize("model", NETS)
def test_a_close_of_the_next_side_waits_for_one_of_the_side_before(tmp_path: Path, model: str) -> None:
    """Executed late, the first would enlarge or turn what the second closes."""
    with on_account(tmp_path, model) as life:
        before = life.hold(0.3)
        life.rule(times=1, vanish=True)
        first = life.reduce(before)
        life.report(first)
        turned = life.broker.human_open("EURUSD", 1, 0.5)
        life.wait_for(PositionClosed)
        second = life.reduce(turned)
        life.advance(300)
        assert len(life.sent) == 1
        life.quote(bid=1.1002)

        assert life.report(first, nth=1).why is Why.NOT_EXECUTED
        assert life.report(second).outcome is Outcome.DONE
        assert life.broker.positions == ()
        assert life.broker.volume_errors() == []


def test_a_close_that_meets_nothing_any_more_opens_a_position_and_that_is_said(unbound: Harness) -> None:
    """No client can keep this from happening: the position goes while the request is on its way."""
    ticket = unbound.hold(0.3)
    unbound.rule(times=1, latency_ms=200)
    command_id = unbound.reduce(ticket)
    unbound.until(lambda: unbound.sent)
    unbound.broker.human_close(ticket)
    opened = unbound.wait_for(PositionOpened, lambda o: o.position.position_id != ticket).position
    notice = unbound.wait_for(Notice)
    unbound.settle()

    (deal,) = deals_of(unbound, command_id)
    assert (opened.side, opened.volume, opened.magic) == (Side.SELL, 0.3, deal.magic)
    assert (notice.code, notice.value) == (NoticeCode.STRAY_REPORT, opened.position_id)
    assert str(command_id) in notice.text
    assert_told(unbound)


@pytest.mark.parametrize("model", [model for model in MODELS if model not in UNBOUND])
def test_where_the_server_looks_at_the_position_a_close_that_meets_nothing_is_done_already(tmp_path: Path, model: str) -> None:
    with on_account(tmp_path, model) as life:
        ticket = life.hold(0.3)
        life.broker.behaviour.rules.append(Rule(Effect(latency_ms=200), times=1))
        command_id = life.reduce(ticket)
        life.until(lambda: life.sent)
        life.broker.human_close(ticket)

        report = life.report(command_id)

        assert (report.outcome, report.why, report.retcode, report.position_volume) == (Outcome.DONE, Why.ALREADY, 10036, 0.0)
        assert_conserved(life)
