"""
A broker that answers late, twice, in disorder, wrongly or not at all: reports and events say what happened (R14, R18, R19).
"""

import random
from collections import defaultdict
from pathlib import Path

import pytest
from tests.mql5.digests import digest_of
from tests.mql5.support import Harness

from dtms.names import Outcome
from dtms.sim.behaviour import Behaviour, Chances
from dtms.sim.mt5 import Retcode
from dtms.wire.messages import ExecutionReport, Heartbeat, Logon, PositionChanged, PositionClosed, PositionOpened, Snapshot
from dtms.wire.position_messages import Position

TAG_COMMAND = 2**44 - 1
REFUSALS = (Retcode.REJECT, Retcode.REQUOTE, Retcode.PRICE_OFF, Retcode.LOCKED, Retcode.INVALID_FILL, Retcode.TOO_MANY_REQUESTS)
TROUBLE = Chances(
    latency_ms=(5, 120),
    processing_ms=(0, 60),
    slippage_points=(0, 3),
    refuse=0.1,
    retcodes=REFUSALS,
    timeout=0.03,
    timeout_executed=0.05,
    partial=0.05,
    late=0.05,
    late_ms=(100, 7_000),
    twice=0.05,
    lose_result=0.05,
    lose_transactions=0.05,
    shuffle=0.1,
    gap=0.1,
    vanish=0.03,
)


def told_positions(life: Harness) -> dict[int, Position]:
    """What the bridge knows from snapshot and events."""
    known: dict[int, Position] = {}
    for frame in life.router.frames:
        body = frame.body
        if isinstance(body, Snapshot):
            known = {p.position_id: p for p in body.positions}
        elif isinstance(body, (PositionOpened, PositionChanged)):
            known[body.position.position_id] = body.position
        elif isinstance(body, PositionClosed):
            del known[body.position_id]
    return known


def lots_by_command(life: Harness) -> dict[int, float]:
    """What the broker closed for each command, by the tags of its deals."""
    lots: dict[int, float] = defaultdict(float)
    for deal in life.broker.standing.holdings.deals.values():
        if deal.magic >> 48 == 0x2D7D:
            lots[deal.magic & TAG_COMMAND] += deal.volume
    return lots


def a_command(life: Harness, rng: random.Random) -> None:
    """Something sensible about a random position: tighten, reduce, close."""
    if not life.broker.positions:
        return
    position = rng.choice(life.broker.positions)
    present = (position.sl or None, position.tp or None)
    act = rng.random()
    if act < 0.6:
        life.modify(position.ticket, expect=present, to=(round((position.sl or 1.05) + rng.randint(1, 20) * 1e-5, 5), present[1]))
    elif act < 0.8:
        life.reduce(position.ticket, round(position.volume / 2, 2), expect=position.volume)
    else:
        life.reduce(position.ticket)


@pytest.mark.parametrize("seed", [1, 2, 3, pytest.param(range(4, 100), marks=pytest.mark.soak)])
def test_reports_and_events_agree_with_the_broker(tmp_path: Path, seed: int | range) -> None:
    for number in seed if isinstance(seed, range) else [seed]:
        rng = random.Random(number)
        with Harness(tmp_path, behaviour=Behaviour(rng=random.Random(number)), inputs={"MaxOrdersPerMinute": 10_000}) as life:
            for _ in range(30):
                life.broker.human_open("EURUSD", 0, 0.2, sl=1.05)
            life.start()
            life.broker.behaviour.chances = TROUBLE
            for _ in range(120):
                life.quote(bid=round(1.1 + rng.randint(-40, 40) * 1e-5, 5))
                if rng.random() < 0.7:
                    a_command(life, rng)
                if rng.random() < 0.05:
                    life.broker.human_open("EURUSD", 0, 0.1, sl=1.05)
                life.advance(rng.randint(10, 200))
            come_to_rest(life)
            judge(life)


def come_to_rest(life: Harness) -> None:
    """Quotes go on until every command has its last report and nothing is late any more."""
    life.broker.behaviour.chances = Chances()
    for _ in range(30):
        life.quote(bid=1.1)
        life.advance(1_000, step=20)
    life.settle()


def judge(life: Harness) -> None:
    reports: dict[int, list[ExecutionReport]] = defaultdict(list)
    for report in life.router.of(ExecutionReport):
        reports[report.command_id].append(report)
    lots = lots_by_command(life)
    assert len(life.router.of(Logon)) == 1, "the link never broke"
    assert len(reports) == life.router.commands, "each command is answered"
    for command_id, (*before, last) in reports.items():
        assert last.outcome.final
        assert [report.outcome for report in before] in ([], [Outcome.UNKNOWN])
        assert last.volume == pytest.approx(lots[command_id]), (command_id, before, last)
    assert life.broker.witness.stops_widened == 0
    assert life.broker.volume_errors() == []

    known = told_positions(life)
    assert {(p.ticket, p.volume, p.stop_loss) for p in known.values()} == {
        (p.ticket, p.volume, p.sl) for p in life.broker.positions
    }
    assert life.router.of(Heartbeat)[-1].digest == digest_of(list(known.values()))
