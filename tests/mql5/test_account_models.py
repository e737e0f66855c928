"""
Every account model, every operation, every way in which it may end: what the broker has afterwards and what the report says.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from tests.mql5.account_models import (
    MODELS,
    assert_conserved,
    assert_told,
    deals_of,
    executions,
    near,
    on_account,
    volume_at_broker,
)
from tests.mql5.support import Harness
from tests.mql5.test_trade_volumes import close_by, open_one

from dtms.names import NoticeCode, Outcome, Why
from dtms.sim.mt5 import Retcode
from dtms.wire.messages import ExecutionReport, Notice

HELD, OPPOSITE = 0.30, 0.10
MOVED = 1.095


@dataclass(frozen=True)
class Operation:
    """
    A command on the buy of 0.30 lots that is held.

    Attributes:
        send: sends it, with fields; its id.
        dealt: lots that it deals when all goes well.
        leaves: lots of the position that its report is about then.
        divisible: whether the market can give a part.
        needs_hedging: whether other accounts forbid it.
    """

    send: Callable[..., int]
    dealt: float
    leaves: float
    divisible: bool = True
    needs_hedging: bool = False


def modify(life: Harness, ticket: int, **fields: Any) -> int:
    return life.modify(ticket, expect=(1.09, None), to=(MOVED, None), **fields)


def reduce(life: Harness, ticket: int, **fields: Any) -> int:
    return life.reduce(ticket, 0.1, expect=HELD, **fields)


def close(life: Harness, ticket: int, **fields: Any) -> int:
    return life.reduce(ticket, **fields)


def open_another(life: Harness, _ticket: int, **fields: Any) -> int:
    return open_one(life, 0.2, **fields)


def close_by_opposite(life: Harness, ticket: int, **fields: Any) -> int:
    others = [p.ticket for p in life.broker.positions if p.ticket != ticket]
    return close_by(life, ticket, others[0] if others else ticket + 1, **fields)


OPERATIONS = {
    "modify": Operation(modify, 0.0, HELD, divisible=False),
    "reduce": Operation(reduce, 0.2, 0.1),
    "close": Operation(close, HELD, 0.0),
    "open": Operation(open_another, 0.2, 0.2, needs_hedging=True),
    "close-by": Operation(close_by_opposite, OPPOSITE, HELD - OPPOSITE, divisible=False, needs_hedging=True),
}


@dataclass(frozen=True)
class Ending:
    """What the broker does, and the outcomes that are reported one after the other."""

    effect: dict[str, Any]
    told: tuple[Outcome, ...]
    executed: bool = True
    part: float | None = None
    again: bool = False  # the frame with the command arrives twice


ENDINGS = {
    "done": Ending({}, (Outcome.DONE,)),
    "partial": Ending({"fill": 0.05}, (Outcome.PARTIAL,), part=0.05),
    "rejected": Ending({"retcode": Retcode.REJECT}, (Outcome.REJECTED,), executed=False),
    "late": Ending({"late_ms": 600}, (Outcome.UNKNOWN, Outcome.DONE)),
    "answered-late": Ending({"late_result_ms": 600}, (Outcome.UNKNOWN, Outcome.DONE)),
    "rejected-late": Ending({"retcode": Retcode.REJECT, "late_ms": 600}, (Outcome.UNKNOWN, Outcome.EXPIRED), executed=False),
    "answered-twice": Ending({"copies": 2}, (Outcome.DONE,)),
    "asked-twice": Ending({}, (Outcome.DONE, Outcome.DONE), again=True),
    "never-and-done": Ending({"lose_result": True}, (Outcome.UNKNOWN, Outcome.DONE)),
    "never-and-not-done": Ending({"vanish": True}, (Outcome.UNKNOWN, Outcome.EXPIRED), executed=False),
}


@pytest.fixture(params=MODELS)
def account(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[str, Harness]]:
    with on_account(tmp_path, request.param) as life:
        yield str(request.param), life


# Levels are moved or not, and a close-by is for the smaller of the two volumes: the market has no part in it.
CASES = [(o, e) for o, wanted in OPERATIONS.items() for e in ENDINGS if wanted.divisible or e != "partial"]


@pytest.mark.parametrize(("operation", "ending"), CASES)
def test_what_a_command_leaves_at_the_broker_and_what_its_report_says(
    account: tuple[str, Harness], operation: str, ending: str
) -> None:
    (model, life), wanted, ended = account, OPERATIONS[operation], ENDINGS[ending]
    ticket = life.hold(HELD)
    if operation == "close-by" and model == "hedging":
        life.hold(OPPOSITE, side=1, sl=0.0)
    life.rule(times=1, **ended.effect)

    command_id = wanted.send(life, ticket)
    if ended.again:
        life.until(lambda: life.sent or life.router.of(ExecutionReport))
        wanted.send(life, ticket, command_id=command_id)
    let_it_end(life)
    reports = [report for report in life.router.of(ExecutionReport) if report.command_id == command_id]

    assert_conserved(life)
    assert_told(life)
    assert [notice.text for notice in life.router.of(Notice) if notice.code is NoticeCode.STRAY_REPORT] == []
    if wanted.needs_hedging and model != "hedging":
        assert {(report.outcome, report.why) for report in reports} == {(Outcome.DENIED, Why.BAD_COMMAND)}
        assert life.sent == []
        return
    assert tuple(report.outcome for report in reports) == ended.told
    assert len(life.sent) == 1
    assert len(executions(life)) == ended.executed
    assert_figures(life, operation, ended, ticket, reports[-1])


def let_it_end(life: Harness) -> None:
    """Quotes go on until every answer has come that will come."""
    for _ in range(4):
        life.advance(500)
        life.quote()
    life.settle()


def assert_figures(life: Harness, operation: str, ended: Ending, ticket: int, report: ExecutionReport) -> None:
    """The report's figures are the broker's."""
    wanted = OPERATIONS[operation]
    made = deals_of(life, report.command_id)
    dealt = (ended.part or wanted.dealt) if ended.executed else 0.0
    assert report.volume == near(sum(d.volume for d in made) / (2 if operation == "close-by" else 1))
    assert report.volume == near(dealt)
    assert {deal.ticket for deal in made} >= ({report.deal} if dealt else set())
    assert report.position_volume == near(volume_at_broker(life, report.position_id))
    if operation == "open":
        assert report.position_volume == near(dealt)
        return
    assert report.position_id == ticket
    leaves = HELD - dealt if ended.executed else HELD
    assert report.position_volume == near(leaves)
    if leaves:
        stop = MOVED if operation == "modify" and ended.executed else 1.09
        assert (report.stop_loss, life.held(ticket).sl) == (stop, stop)
