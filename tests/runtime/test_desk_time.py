"""The desk's clock within a step: frames are stamped when they are read, and reading ends in time (R03, R21)."""

from collections.abc import Iterator

import pytest
from tests.runtime.bench import Bench, acting, bench
from tests.session.made import position
from tests.session.terminal_side import TerminalSide

from dtms.settings import DeskSettings


@pytest.fixture
def desk() -> Iterator[Bench]:
    with bench(acting(desk=DeskSettings(batch_ms=20))) as made:
        yield made


def test_a_frame_that_came_while_others_were_read_does_not_make_a_deadline_late(desk: Bench) -> None:
    side = TerminalSide(positions={1: position(1)})
    desk.dial(side)
    link = desk.account.links.manager()
    assert link is not None
    began = desk.now
    desk.desk._elapsed = lambda: began + 15  # what lay before it took so long
    side.beat(began + 15)
    desk.pump()
    later = began + 1_000

    assert link.session.deadline(later, 3_000) == later + side.clock_ahead + 3_000


def test_reading_ends_in_time_and_what_is_left_is_read_in_the_next_steps(desk: Bench) -> None:
    side = TerminalSide()
    wire = desk.dial(side)
    clock = [desk.now]

    def running() -> int:
        clock[0] += 8
        return clock[0]

    for number in range(9):
        side.beat(desk.now, test_id=number)
    wire.exchange(desk.now)
    assert desk.router.socket.poll(5_000)
    before = desk.router.received
    desk.desk._elapsed = running
    read: list[int] = []
    for _ in range(100):
        if not read or read[-1] < 9:
            assert desk.router.socket.poll(5_000)  # libzmq hands over what was sent in its own time
        clock[0] = desk.now
        more = desk.desk.step(desk.now, 0)
        read.append(desk.router.received - before)
        if read[-1] == 9 and not more:
            break

    assert read[-1] == 9
    assert max(b - a for a, b in zip([0, *read], read, strict=False)) == 3
