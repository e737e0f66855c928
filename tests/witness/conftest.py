"""A staged terminal, a broker behind it, and a witness that asks it in a real process."""

import queue
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.witness.scene import ACCOUNT, PATH, Stage

from dtms.settings_witness import Enabled, WitnessSettings
from dtms.sim.broker import Broker
from dtms.sim.spec import SymbolSpec
from dtms.witness.client import Witness
from dtms.witness.testimony import Answer

UTC = 1_700_049_600_000  # 2023-11-15 12:00:00
OFFSET_S = 7_200


class Asked:
    """A witness and what it delivered."""

    def __init__(self, witness: Witness) -> None:
        self.witness = witness
        self.answers: queue.SimpleQueue[Answer] = queue.SimpleQueue()

    def ask(self, account: str = ACCOUNT, **values: Any) -> Answer:
        """Put a question and wait for its answer."""
        self.witness.ask(account, **{"utc": UTC, "offset_s": OFFSET_S, **values})
        return self.answers.get(timeout=20)


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    return Stage(tmp_path)


@pytest.fixture
def broker() -> Broker:
    """EURUSD at 1.10000/1.10010; the server is two hours ahead of UTC."""
    made = Broker([SymbolSpec(name="EURUSD")], time_msc=UTC - 3_600_000, offset_ms=OFFSET_S * 1_000)
    made.quote("EURUSD", UTC - 3_599_000, 1.10000, 1.10010)
    return made


@pytest.fixture
def make(stage: Stage) -> Iterator[Callable[..., Asked]]:
    """Make a started witness; settings by name, ``clock`` for its rests."""
    made: list[Asked] = []

    def start(clock: Callable[[], float] = time.monotonic, **values: Any) -> Asked:
        settings = WitnessSettings(**{"enabled": Enabled.ON, "path": PATH, "timeout_s": 10.0, "retry_ms": 1, **values})
        asked = Asked(Witness(settings, environment=stage.environment, clock=clock))
        asked.witness.start(asked.answers.put)
        made.append(asked)
        return asked

    yield start
    for asked in made:
        asked.witness.stop()


@pytest.fixture
def asked(make: Callable[..., Asked]) -> Asked:
    return make()
