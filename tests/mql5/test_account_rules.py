"""
What brokers and accounts forbid, and what they do by themselves while a command is under way: the effect at the broker.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.mql5.account_models import MODELS, assert_conserved, assert_told, executions, near, on_account
from tests.mql5.support import Harness
from tests.mql5.test_trade_volumes import close_by, open_one

from dtms.names import OpenKind, Outcome, Reason, Side, Why
from dtms.sim.derive import derive_spec
from dtms.sim.mt5 import Retcode, TradeMode
from dtms.wire.messages import PositionClosed

BOUND = [model for model in MODELS if not model.endswith("unbound")]
LEAST = replace(derive_spec("EURUSD"), volume_min=0.05, volume_max=0.3)


@pytest.fixture(params=MODELS)
def life(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Harness]:
    with on_account(tmp_path, request.param, spec=LEAST) as harness:
        yield harness


@pytest.fixture
def hedging(tmp_path: Path) -> Iterator[Harness]:
    with on_account(tmp_path, "hedging") as harness:
        yield harness


def hold(life: Harness, volume: float) -> int:
    """A position larger than one request may be."""
    life.broker.change_symbol("EURUSD", volume_max=100.0)
    ticket = life.hold(volume)
    life.broker.change_symbol("EURUSD", volume_max=0.3)
    life.step()
    return ticket


@pytest.mark.parametrize(
    ("held", "leave", "parts"),
    [
        pytest.param(0.7, 0.0, [0.3, 0.3, 0.1], id="close"),
        pytest.param(0.7, 0.25, [0.3, 0.15], id="reduce"),
        pytest.param(0.32, 0.0, [0.27, 0.05], id="close-with-a-rest-below-the-minimum"),
        pytest.param(0.42, 0.1, [0.27, 0.05], id="reduce-with-a-rest-below-the-minimum"),
    ],
)
def test_what_one_request_may_not_have_is_closed_in_parts(life: Harness, held: float, leave: float, parts: list[float]) -> None:
    ticket = hold(life, held)

    report = life.report(life.reduce(ticket, leave, expect=held))
    life.settle()

    assert (report.outcome, report.attempts) == (Outcome.DONE, len(parts))
    assert [request.trade.volume for request in executions(life)] == near(parts)
    assert (report.volume, report.position_volume) == near((held - leave, leave))
    assert sum(position.volume for position in life.broker.positions) == near(leave)
    assert_conserved(life)
    assert_told(life)


def test_a_rest_below_the_minimum_may_only_be_closed_whole(life: Harness) -> None:
    ticket = life.hold(0.1)
    life.rule(times=1, fill=0.08)
    assert life.report(life.reduce(ticket)).outcome is Outcome.PARTIAL
    assert life.held(ticket).volume == near(0.02)

    less = life.report(life.reduce(ticket, 0.01))
    whole = life.report(life.reduce(ticket))

    assert (less.outcome, less.why, less.attempts, less.position_volume) == (
        Outcome.DENIED,
        Why.VOLUME_STEP,
        0,
        near(0.02),
    )
    assert (whole.outcome, whole.volume, whole.position_volume) == (Outcome.DONE, near(0.02), 0.0)
    assert_conserved(life)


@pytest.mark.parametrize("leave", [pytest.param(0.03, id="too-little-would-remain"), pytest.param(0.08, id="too-little-to-close")])
def test_a_reduction_that_the_minimum_forbids_is_denied_and_not_asked_for(life: Harness, leave: float) -> None:
    ticket = life.hold(0.1)

    report = life.report(life.reduce(ticket, leave))

    assert (report.outcome, report.why, report.position_volume) == (Outcome.DENIED, Why.VOLUME_STEP, 0.1)
    assert life.sent == []
    assert life.held(ticket).volume == 0.1


def test_on_a_fifo_account_the_youngest_is_refused_with_a_code_and_a_reason_to_plan_anew(tmp_path: Path) -> None:
    with on_account(tmp_path, "hedging", fifo_close=True) as life:
        oldest, youngest = life.hold(0.3), life.hold(0.2)

        refused = life.report(life.reduce(youngest))
        whole, then = life.report(life.reduce(oldest)), life.report(life.reduce(youngest))

        assert (refused.outcome, refused.why, refused.retcode, refused.attempts) == (
            Outcome.REJECTED,
            Why.CHANGE_PLAN,
            Retcode.FIFO_CLOSE,
            1,
        )
        assert (refused.position_volume, whole.outcome, then.outcome) == (0.2, Outcome.DONE, Outcome.DONE)
        assert [request.trade.position for request in executions(life)] == [oldest, youngest]
        assert_conserved(life)


def test_on_a_fifo_account_only_the_two_oldest_close_each_other(tmp_path: Path) -> None:
    with on_account(tmp_path, "hedging", fifo_close=True) as life:
        first, second, third = life.hold(0.3, sl=0.0), life.hold(0.3, side=1, sl=0.0), life.hold(0.3, side=1, sl=0.0)

        refused, done = life.report(close_by(life, first, third)), life.report(close_by(life, first, second))

        assert (refused.outcome, refused.why, refused.retcode) == (Outcome.REJECTED, Why.CHANGE_PLAN, Retcode.FIFO_CLOSE)
        assert done.outcome is Outcome.DONE
        assert [position.ticket for position in life.broker.positions] == [third]
        assert_conserved(life)


@pytest.mark.parametrize(
    ("mode", "side", "retcode"),
    [
        (TradeMode.CLOSE_ONLY, Side.SELL, Retcode.CLOSE_ONLY),
        (TradeMode.LONG_ONLY, Side.SELL, Retcode.LONG_ONLY),
        (TradeMode.SHORT_ONLY, Side.BUY, Retcode.SHORT_ONLY),
        (TradeMode.DISABLED, Side.SELL, Retcode.TRADE_DISABLED),
    ],
)
def test_a_symbol_that_may_not_be_opened_says_so_by_its_code(
    hedging: Harness, mode: TradeMode, side: Side, retcode: Retcode
) -> None:
    ticket = hedging.hold(0.3)
    hedging.broker.change_symbol("EURUSD", trade_mode=mode)
    hedging.step()

    report = hedging.report(open_one(hedging, 0.1, side=side))

    why = Why.NONE if mode is TradeMode.DISABLED else Why.CHANGE_PLAN
    assert (report.outcome, report.why, report.retcode, report.volume) == (Outcome.REJECTED, why, retcode, 0.0)
    assert [position.ticket for position in hedging.broker.positions] == [ticket]


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("mode", [TradeMode.CLOSE_ONLY, TradeMode.LONG_ONLY, TradeMode.SHORT_ONLY])
@pytest.mark.parametrize("side", [0, 1])
def test_what_is_held_may_be_reduced_and_closed_whatever_may_be_opened(
    tmp_path: Path, model: str, mode: TradeMode, side: int
) -> None:
    with on_account(tmp_path, model) as life:
        ticket = life.hold(0.3, side=side, sl=0.0)
        life.broker.change_symbol("EURUSD", trade_mode=mode)
        life.step()

        outcomes = [life.report(life.reduce(ticket, leave)).outcome for leave in (0.1, 0.0)]

        assert outcomes == [Outcome.DONE, Outcome.DONE]
        assert life.broker.positions == ()
        assert_conserved(life)


def test_an_opposite_position_that_the_server_prohibits_is_a_reason_to_plan_anew(tmp_path: Path) -> None:
    with on_account(tmp_path, "hedging", hedge_allowed=False) as life:
        life.hold(0.3)

        hedge = life.report(open_one(life, 0.1))
        opposite = life.report(open_one(life, 0.1, kind=OpenKind.READD))
        same = life.report(open_one(life, 0.1, kind=OpenKind.READD, side=Side.BUY))

        assert (hedge.outcome, hedge.why, hedge.attempts) == (Outcome.DENIED, Why.BAD_COMMAND, 0)
        assert (opposite.outcome, opposite.why, opposite.retcode) == (
            Outcome.REJECTED,
            Why.CHANGE_PLAN,
            Retcode.HEDGE_PROHIBITED,
        )
        assert same.outcome is Outcome.DONE
        assert_conserved(life)


def crash(life: Harness) -> None:
    """A price at which the account is stopped out."""
    life.quote(bid=1.08)


def stop(life: Harness) -> None:
    """A price beyond the stop."""
    life.quote(bid=1.0895)


@pytest.mark.parametrize("model", BOUND)
@pytest.mark.parametrize(
    ("ends", "sl", "reason"), [(crash, 0.0, Reason.STOP_OUT), (stop, 1.09, Reason.STOP_LOSS)], ids=["stop-out", "stop-loss"]
)
@pytest.mark.parametrize("operation", ["reduce", "close", "modify"])
def test_what_the_server_closes_while_a_command_is_on_its_way_is_not_closed_again(
    tmp_path: Path, model: str, ends: Callable[[Harness], None], sl: float, reason: Reason, operation: str
) -> None:
    with on_account(tmp_path, model, deposit=1_000.0) as life:
        ticket = life.hold(0.5, sl=sl)
        life.rule(times=1, latency_ms=200)
        ask: dict[str, Callable[[], Any]] = {
            "reduce": lambda: life.reduce(ticket, 0.2),
            "close": lambda: life.reduce(ticket),
            "modify": lambda: life.modify(ticket, expect=(sl or None, None), to=(1.095, None)),
        }
        command_id = ask[operation]()
        life.until(lambda: life.sent)
        ends(life)
        closed = life.wait_for(PositionClosed)
        report = life.report(command_id)
        life.settle()

        assert (closed.reason, closed.volume, closed.by_command) == (reason, 0.5, 0)
        assert (report.retcode, report.volume, report.position_volume) == (Retcode.POSITION_CLOSED, 0.0, 0.0)
        assert report.outcome is (Outcome.REJECTED if operation == "modify" else Outcome.DONE)
        assert executions(life) == []
        assert life.broker.positions == ()
        assert_conserved(life)
        assert_told(life)


@pytest.mark.parametrize("model", BOUND)
@pytest.mark.parametrize(("closed", "leaves"), [(0.2, 0.1), (0.25, 0.05)])
def test_what_a_human_closes_while_a_reduction_is_on_its_way_is_taken_into_account(
    tmp_path: Path, model: str, closed: float, leaves: float
) -> None:
    """The server refuses more than there is; looked at again, what was wanted is there already."""
    with on_account(tmp_path, model) as life:
        ticket = life.hold(0.3)
        life.rule(times=1, latency_ms=200)
        command_id = life.reduce(ticket, 0.1)
        life.until(lambda: life.sent)
        life.broker.human_close(ticket, closed)

        report = life.report(command_id)

        assert (report.outcome, report.why, report.retcode) == (Outcome.DONE, Why.ALREADY, Retcode.INVALID_CLOSE_VOLUME)
        assert report.position_volume == near(leaves)
        assert life.held(ticket).volume == near(leaves)
        assert_conserved(life)
