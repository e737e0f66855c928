"""
A terminal as the MetaTrader5 package would show it, scripted by a test and read by the witness process.

The scene is a file: the test stages what is to be true from here on, and ``fake/MetaTrader5.py``, which the process imports in
place of the package, reads it at every call. What the process called comes back in a second file.
"""

import os
import pickle
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from dtms.sim.broker import Broker
from dtms.sim.state import Deal, Position

VARIABLE = "DTMS_TEST_SCENE"
FAKE = Path(__file__).parent / "fake"
ROOT = Path(__file__).resolve().parents[2]
PATH = "C:\\Program Files\\MetaTrader 5\\terminal64.exe"
ACCOUNT = "10000001@Simulated-Demo"


@dataclass(frozen=True)
class Scene:
    """
    What the terminal is and what the package does.

    ``failing`` functions give None (or False) and this error; ``hanging`` ones never return, ``crashing`` ones end the process
    as a fault in a library does; ``raising`` ones raise. ``after`` replaces the login once the positions were read.
    """

    path: str = PATH
    login: int = 10_000_001
    server: str = "Simulated-Demo"
    connected: bool = True
    positions: tuple[Position, ...] = ()
    deals: tuple[Deal, ...] = ()
    counted: int | None = None  # positions_total, where it is not how many there are
    failing: Mapping[str, tuple[int, str]] = field(default_factory=dict)
    hanging: frozenset[str] = frozenset()
    crashing: frozenset[str] = frozenset()
    raising: frozenset[str] = frozenset()
    constants: Mapping[str, int] = field(default_factory=dict)
    after: int | None = None


class Stage:
    """The files of one test."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / "scene.pickle"
        self._calls = folder / "scene.calls"
        self.environment = {
            **os.environ,
            VARIABLE: str(self._file),
            "PYTHONPATH": os.pathsep.join([str(FAKE), str(ROOT), *filter(None, sys.path)]),
        }
        self.show(Scene())

    def show(self, scene: Scene) -> None:
        """Make a scene true, in one instant."""
        temporary = self._file.with_suffix(".next")
        temporary.write_bytes(pickle.dumps(scene))
        temporary.replace(self._file)

    def calls(self) -> list[tuple[str, tuple[object, ...], dict[str, object]]]:
        """Return what was called, with its arguments."""
        data = self._calls.read_text("ascii") if self._calls.exists() else ""
        return [pickle.loads(bytes.fromhex(line)) for line in data.splitlines()]  # noqa: S301 - our own process wrote it

    def called(self) -> list[str]:
        """Return the names of what was called."""
        return [name for name, _, _ in self.calls()]

    def wait_called(self, name: str, times: int, timeout_s: float = 10.0) -> None:
        """Wait until a function was called so often."""
        deadline = time.monotonic() + timeout_s
        while self.called().count(name) < times:
            assert time.monotonic() < deadline, f"{name} was not called {times} times"


def of_broker(broker: Broker, **values: object) -> Scene:
    """Return the scene in which the terminal knows what the broker knows."""
    account, holdings = broker.standing.account, broker.standing.holdings
    made = {
        "login": account.login,
        "server": account.server,
        "positions": broker.positions,
        "deals": tuple(holdings.deals.values()),
    }
    return Scene(**made | values)  # type: ignore[arg-type]
