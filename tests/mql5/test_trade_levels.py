"""
Levels on the wrong side of the market: they would close the position at once, and are never asked for (R20).
"""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.mql5.support import Harness, running

from dtms.names import Outcome, Why
from dtms.sim.mt5 import Retcode


@pytest.fixture
def life(tmp_path: Path) -> Iterator[Harness]:
    with running(tmp_path) as harness:
        yield harness


@pytest.mark.parametrize(
    ("side", "sl", "to"),
    [(0, 1.09, (1.105, None)), (1, 1.11, (1.095, None)), (0, 1.09, (1.09, 1.05)), (1, 1.11, (1.11, 1.15))],
)
def test_a_level_that_the_market_has_passed_is_denied(life: Harness, side: int, sl: float, to: tuple[float, float | None]) -> None:
    ticket = life.hold(side=side, sl=sl)

    report = life.report(life.modify(ticket, expect=(sl, None), to=to))

    assert (report.outcome, report.why, report.stop_loss, report.take_profit) == (Outcome.DENIED, Why.STOPS_LEVEL, sl, None)
    assert life.sent == []
    assert (life.held(ticket).sl, life.held(ticket).tp) == (sl, 0.0)


def test_a_stop_that_the_market_passes_before_the_second_attempt_is_denied(life: Harness) -> None:
    ticket = life.hold()
    life.rule(times=1, retcode=Retcode.PRICE_OFF)
    command_id = life.modify(ticket, expect=(1.09, None), to=(1.099, None))
    life.until(lambda: life.sent)
    life.quote(bid=1.098)

    report = life.report(command_id)

    assert (report.outcome, report.why, report.attempts) == (Outcome.DENIED, Why.STOPS_LEVEL, 1)
    assert life.held(ticket).sl == 1.09
