"""A position that was turned round keeps its identifier: what the session believes when its end is told beside what follows it."""

from typing import Any

import pytest
from tests.session.joined import Joined
from tests.session.made import SERVER_MS, position
from tests.session.terminal_side import TerminalSide

from dtms.names import Side
from dtms.session.digest import DigestView
from dtms.session.events import DigestDiffers, SnapshotArrived
from dtms.wire.messages import Message, Position, PositionClosed, PositionOpened, Snapshot

BOUGHT, OTHER = position(1), position(9, volume=0.05)
SOLD = position(1, ticket=2, side=Side.SELL, volume=0.2)


def part(number: int, *held: Position) -> Snapshot:
    fields: dict[str, Any] = {"snapshot_id": 5, "part": number, "parts": 2, "ok": True, "count": 2, "ts_event": SERVER_MS}
    return Snapshot.model_validate(fields | {"positions": list(held)})


def ended(held: Position) -> PositionClosed:
    fields = {"ts_event": SERVER_MS, "position_id": 1, "ticket": held.ticket, "symbol": "EURUSD", "side": held.side, "volume": 0.1}
    figures = {"price_close": 1.1, "profit": 0.0, "swap": 0.0, "commission": 0.0, "reason": 1, "deal": 9, "by_command": 0}
    return PositionClosed.model_validate(fields | figures)


def opened(held: Position) -> PositionOpened:
    return PositionOpened(ts_event=SERVER_MS, position=held)


TOLD = {
    "end-then-beginning": [ended(BOUGHT), opened(SOLD)],
    "beginning-then-end": [opened(SOLD), ended(BOUGHT)],
    "end-told-twice": [ended(BOUGHT), opened(SOLD), ended(BOUGHT)],
}


@pytest.mark.parametrize("told", TOLD.values(), ids=TOLD)
@pytest.mark.parametrize("first", [BOUGHT, SOLD], ids=["before-in-the-snapshot", "after-in-the-snapshot"])
def test_between_the_parts_of_a_snapshot_the_younger_generation_wins(told: list[Message], first: Position) -> None:
    joined = Joined(terminal=TerminalSide(utc_offset_s=0, positions={1: BOUGHT, 9: OTHER})).up()
    for message in (part(1, first), *told, part(2, OTHER)):
        joined.terminal.say(message, joined.now)
    joined.settle()
    (arrived,) = [event for event in joined.events if isinstance(event, SnapshotArrived)]

    assert sorted(arrived.positions, key=lambda p: p.position_id) == [SOLD, OTHER]


def test_an_end_alone_between_the_parts_takes_the_position_that_bears_its_ticket_and_no_other() -> None:
    for held, left in ((BOUGHT, [OTHER]), (SOLD, [SOLD, OTHER])):
        joined = Joined(terminal=TerminalSide(utc_offset_s=0, positions={1: held, 9: OTHER})).up()
        for message in (part(1, held), ended(BOUGHT), part(2, OTHER)):
            joined.terminal.say(message, joined.now)
        joined.settle()
        (arrived,) = [event for event in joined.events if isinstance(event, SnapshotArrived)]

        assert sorted(arrived.positions, key=lambda p: p.position_id) == left


@pytest.mark.parametrize("told", TOLD.values(), ids=TOLD)
def test_r13_however_it_is_told_both_sides_go_on_believing_the_same(told: list[Message]) -> None:
    joined = Joined(terminal=TerminalSide(utc_offset_s=0, positions={1: BOUGHT, 9: OTHER})).up()
    for message in told:
        joined.terminal.say(message, joined.now)
    joined.terminal.positions[1] = SOLD
    for _ in range(3):
        joined.terminal.beat(joined.now)
    joined.settle()
    view = DigestView()
    view.replace([SOLD, OTHER])

    assert joined.session.own_digest() == view.digest()
    assert DigestDiffers() not in joined.events
