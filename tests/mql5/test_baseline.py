"""
What the account holds when the program starts: a list that the terminal has not loaded yet is never "no positions" (R15).
"""

from collections.abc import Sequence
from pathlib import Path

from tests.mql5.support import Harness

from dtms.sim.records import Record
from dtms.sim.terminal import SimTerminal
from dtms.wire.messages import Logon, PositionOpened, Snapshot


class Loading(SimTerminal):
    """A terminal that is connected while its list of positions is still being loaded."""

    loaded = 0

    def positions(self) -> Sequence[int]:
        return super().positions()[: self.loaded]

    def position(self, ticket: int) -> Record | None:
        return super().position(ticket) if ticket in self.positions() else None


def a_program(life: Harness, *, positions: int) -> None:
    for _ in range(positions):
        life.broker.human_open("EURUSD", 0, 0.3, sl=1.09)
    life.exchange()
    assert life.program.init() == 0


def test_an_empty_list_is_not_believed_while_the_account_has_margin(tmp_path: Path) -> None:
    with Harness(tmp_path, terminal_type=Loading) as life:
        a_program(life, positions=1)
        life.advance(5_000, step=50)
        assert life.router.of(Logon) == []

        life.terminal.loaded = 1  # type: ignore[attr-defined]
        life.until(lambda: life.router.of(Snapshot))
        (snapshot,) = life.router.of(Snapshot)
        assert (snapshot.ok, snapshot.count) == (True, 1)


def test_a_list_that_still_grows_is_not_believed(tmp_path: Path) -> None:
    with Harness(tmp_path, terminal_type=Loading) as life:
        a_program(life, positions=3)
        for loaded in (1, 2, 3):
            life.terminal.loaded = loaded  # type: ignore[attr-defined]
            life.advance(300)

        life.until(lambda: life.router.of(Snapshot))
        assert life.router.of(Snapshot)[0].count == 3
        assert life.router.of(PositionOpened) == []


def test_a_margin_that_no_position_explains_does_not_keep_the_program_silent_for_ever(tmp_path: Path) -> None:
    with Harness(tmp_path, terminal_type=Loading) as life:
        a_program(life, positions=1)
        life.advance(59_000, step=100)
        assert life.router.of(Logon) == []

        life.until(lambda: life.router.of(Snapshot))
        assert life.router.of(Snapshot)[0].count == 0
