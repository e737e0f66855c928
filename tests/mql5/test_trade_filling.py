"""
Filling and kinds of execution: a close is accepted with the right filling in every combination, on every account model.
"""

from dataclasses import replace
from pathlib import Path

import pytest
from tests.mql5.account_models import MODELS, assert_conserved, executions, near, on_account

from dtms.names import Outcome
from dtms.sim.derive import derive_spec
from dtms.sim.mt5 import Execution, Filling, Retcode

FOK, IOC, BOC = 1, 2, 4  # bits of SYMBOL_FILLING_MODE
MASKS = range(8)
BOUND = [model for model in MODELS if not model.endswith("unbound")]


def preferred(execution: Execution, mask: int) -> list[Filling]:
    """The fillings that may be asked for, the best first: a part now, all or nothing, what remains stays."""
    kinds = [filling for filling, bit in ((Filling.IOC, IOC), (Filling.FOK, FOK)) if mask & bit]
    return kinds if execution is Execution.MARKET else [*kinds, Filling.RETURN]


# Market execution takes nothing with a mask that names neither: what a broker that says so wants is not documented.
TAKEN = [(execution, mask) for execution in Execution for mask in MASKS if preferred(execution, mask)]


@pytest.mark.parametrize("model", BOUND)
@pytest.mark.parametrize(("execution", "mask"), TAKEN)
def test_a_close_has_the_best_filling_that_the_symbol_takes(tmp_path: Path, model: str, execution: Execution, mask: int) -> None:
    spec = replace(derive_spec("EURUSD"), execution=execution, filling_mode=mask)
    with on_account(tmp_path, model, spec=spec) as life:
        ticket = life.hold(0.3)

        report = life.report(life.reduce(ticket))

        assert (report.outcome, report.attempts, report.volume) == (Outcome.DONE, 1, 0.3)
        assert [request.trade.type_filling for request in executions(life)] == preferred(execution, mask)[:1]
        assert_conserved(life)


@pytest.mark.parametrize(("execution", "mask"), TAKEN)
def test_a_filling_that_is_refused_is_followed_by_the_next_that_the_symbol_takes(
    tmp_path: Path, execution: Execution, mask: int
) -> None:
    """A broker that names more than it takes."""
    spec = replace(derive_spec("EURUSD"), execution=execution, filling_mode=mask)
    with on_account(tmp_path, "hedging", spec=spec) as life:
        ticket = life.hold(0.3)
        life.rule(times=1, retcode=Retcode.INVALID_FILL)

        report = life.report(life.reduce(ticket))

        kinds = preferred(execution, mask)
        assert (report.outcome, report.attempts) == (Outcome.DONE, 2)
        assert [sent.type_filling for sent in life.sent] == [kinds[0], kinds[1 % len(kinds)]]


@pytest.mark.parametrize("mask", [0, BOC])
def test_market_execution_that_names_no_filling_is_tried_and_refused(tmp_path: Path, mask: int) -> None:
    spec = replace(derive_spec("EURUSD"), execution=Execution.MARKET, filling_mode=FOK)
    with on_account(tmp_path, "hedging", spec=spec) as life:
        ticket = life.hold(0.3)
        life.broker.change_symbol("EURUSD", filling_mode=mask)
        life.step()

        report = life.report(life.reduce(ticket))

        assert (report.outcome, report.retcode, report.attempts) == (Outcome.REJECTED, Retcode.INVALID_FILL, 2)
        assert {sent.type_filling for sent in life.sent} == {Filling.FOK}
        assert life.held(ticket).volume == 0.3


@pytest.mark.parametrize("execution", [Execution.REQUEST, Execution.INSTANT])
def test_where_a_price_is_promised_the_close_names_the_present_one_and_follows_a_requote(
    tmp_path: Path, execution: Execution
) -> None:
    with on_account(tmp_path, "hedging", spec=replace(derive_spec("EURUSD"), execution=execution)) as life:
        ticket = life.hold(0.3)
        life.rule(times=1, latency_ms=200)
        command_id = life.reduce(ticket, deviation=5)
        life.until(lambda: life.sent)
        life.quote(bid=1.095)

        report = life.report(command_id)

        assert (report.outcome, report.attempts, report.price) == (Outcome.DONE, 2, 1.095)
        assert [sent.price for sent in life.sent] == [1.1, 1.095]
        assert_conserved(life)


@pytest.mark.parametrize(
    ("mask", "outcome", "left"),
    [
        pytest.param(IOC, Outcome.PARTIAL, 0.2, id="immediate-or-cancel"),
        pytest.param(FOK, Outcome.REJECTED, 0.3, id="fill-or-kill"),
        pytest.param(0, Outcome.DONE, 0.0, id="return"),
    ],
)
def test_what_a_thin_market_leaves_is_what_the_report_says(tmp_path: Path, mask: int, outcome: Outcome, left: float) -> None:
    spec = replace(derive_spec("EURUSD"), execution=Execution.EXCHANGE, filling_mode=mask)
    with on_account(tmp_path, "exchange", spec=spec) as life:
        ticket = life.hold(0.3)
        life.rule(times=1, fill=0.1)

        report = life.report(life.reduce(ticket))
        life.settle()

        assert (report.outcome, report.position_volume) == (outcome, near(left))
        assert report.volume == near(0.3 - left)
        assert sum(position.volume for position in life.broker.positions) == near(left)
        assert_conserved(life)
