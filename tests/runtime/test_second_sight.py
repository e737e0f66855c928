"""Beside what the MetaTrader5 package sees, asked in a real process: a lasting difference is told, and changes nothing."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from tests.runtime.bench import UTC, Bench, acting, bench
from tests.session.made import position
from tests.session.terminal_side import TerminalSide
from tests.witness.scene import PATH, Scene, Stage

from dtms.settings_witness import Enabled, WitnessSettings
from dtms.sim.mt5 import Reason
from dtms.sim.state import Position
from dtms.witness.client import Witness

EVERY_S = 10
SETTINGS = WitnessSettings(enabled=Enabled.ON, path=PATH, timeout_s=10.0, retry_ms=1, every_s=EVERY_S)


def seen(volume: float = 0.1) -> Position:
    """The position of ``made.position`` as the terminal has it."""
    return Position(
        ticket=1, identifier=1, symbol="EURUSD", side=0, volume=volume, price_open=1.1, sl=1.099, tp=0.0, magic=0, comment="",
        reason=Reason.EXPERT, time_msc=UTC, time_update_msc=UTC, swap=0.0, margin=0.0, revision=1,
    )  # fmt: skip


class Beside:
    """A desk, its terminal, and the witness' stage."""

    def __init__(self, desk: Bench, stage: Stage, side: TerminalSide) -> None:
        self.desk = desk
        self.stage = stage
        self.side = side

    def show(self, *positions: Position, **values: object) -> None:
        self.stage.show(Scene(login=1001, server="Demo-Server", positions=positions, **values))  # type: ignore[arg-type]

    def answered(self, times: int = 1) -> None:
        """Let so many questions be put and answered."""
        for _ in range(times):
            before = self.heard()
            self.desk.now += EVERY_S * 1_000
            self.side.beat(self.desk.now)
            self.desk.pump(lambda before=before: self.heard() > before)  # type: ignore[misc]

    def heard(self) -> int:
        return self.desk.counter("witness.testimonies") + self.desk.counter("witness.silences")


@pytest.fixture
def beside(tmp_path: Path) -> Iterator[Callable[[], Beside]]:
    @contextmanager
    def made() -> Iterator[Beside]:
        stage = Stage(tmp_path)
        witness = Witness(SETTINGS, environment=stage.environment)
        with bench(acting(witness=SETTINGS), witness=witness) as desk:
            witness.start(desk.inbox.put)
            try:
                yield Beside(desk, stage, TerminalSide(positions={1: position()}))
            finally:
                witness.stop()

    with made() as one:
        yield lambda: one


def connected(one: Beside) -> Beside:
    one.desk.dial(one.side)
    one.side.beat(one.desk.now)
    one.desk.pump()
    return one


def test_what_both_see_alike_is_no_disagreement(beside: Callable[[], Beside]) -> None:
    one = beside()
    one.show(seen())
    connected(one).answered(3)

    assert one.desk.counter("witness.testimonies") >= 3
    assert one.desk.counter("witness.disagreements") == 0


@pytest.mark.parametrize("positions", [(), (seen(0.2),), (seen(), seen())], ids=["missing", "volume", "twice"])
def test_a_difference_counts_once_it_was_seen_twice_and_nothing_is_done_about_it(
    beside: Callable[[], Beside], positions: tuple[Position, ...]
) -> None:
    one = beside()
    if len(positions) == 2:
        positions = (
            positions[0],
            Position(**{name: getattr(seen(), name) for name in Position.__slots__} | {"ticket": 2, "identifier": 2}),
        )
    one.show(*positions)
    connected(one).answered()
    first = one.desk.counter("witness.disagreements")
    one.answered(3)

    assert first == 0
    assert one.desk.counter("witness.disagreements") == 1  # told once, however often it is seen
    assert one.side.commands == []
    assert len(one.desk.account.book) == 1


def test_a_package_that_fails_is_silence_and_never_no_positions(beside: Callable[[], Beside]) -> None:
    one = beside()
    one.show(failing={"positions_get": (-10_004, "No IPC connection")})
    connected(one).answered(3)

    assert one.desk.counter("witness.silences") >= 3
    assert one.desk.counter("witness.disagreements") == 0
    assert len(one.desk.account.book) == 1


def test_nobody_is_asked_while_the_terminal_is_not_connected(beside: Callable[[], Beside]) -> None:
    one = beside()
    one.show(seen())
    connected(one).answered()
    heard = one.heard()
    one.desk.wires[0].cut()
    one.desk.pass_time(20 * EVERY_S * 1_000, step=1_000)

    assert one.heard() <= heard + 1  # one may have been under way
