"""Several programs in one terminal: what they share, what each has of its own, and how they come and go."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from dtms.sim.broker import Broker
from dtms.sim.derive import derive_spec
from dtms.sim.terminal import SimTerminal
from mql5host.build import build, sources_root
from mql5host.charts import Charts

SHARER = Path(__file__).parent / "fixtures/Sharer.mq5"
MONDAY = 1_704_700_800_000


class Scene:
    """A terminal with two charts, "a" of EURUSD and "b" of GBPUSD."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.broker = Broker([derive_spec("EURUSD"), derive_spec("GBPUSD")], deposit=10_000, time_msc=MONDAY)
        self.terminal = SimTerminal()
        self.terminal.apply_all(self.broker.full_state())
        self.terminal.take_events()
        self.charts = Charts(self.terminal, folder / "Files", clock_ms=1_000)
        self.attach("a", "EURUSD")
        self.attach("b", "GBPUSD")

    def attach(self, name: str, symbol: str) -> None:
        built = build(SHARER, include=sources_root() / "Include")
        self.charts.attach(name, built, symbol=symbol, inputs={"Mark": name})
        assert self.charts.init(name) == 0

    def quote(self, symbol: str) -> None:
        self.broker.quote(symbol, MONDAY, 1.1, 1.1001)
        self.deliver()

    def deliver(self) -> None:
        self.terminal.apply_all(self.broker.take_updates())
        self.charts.deliver()

    def said(self) -> list[str]:
        lines = list(self.terminal.logs)
        self.terminal.logs.clear()
        return lines


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    made = Scene(tmp_path)
    yield made
    made.charts.kill()


def test_each_program_has_its_chart_and_all_share_the_terminals_global_variables(scene: Scene) -> None:
    assert scene.said() == ["a: init 1 1 EURUSD 60 others true last a", "b: init 1 2 GBPUSD 60 others true last a"]
    assert {name: value for name, (value, _) in scene.charts.variables.values.items()} == {"last a": 0, "last b": 1}


def test_a_tick_goes_to_the_charts_of_its_symbol_and_a_deal_to_all(scene: Scene) -> None:
    scene.quote("EURUSD")
    scene.said()
    scene.quote("GBPUSD")
    scene.broker.human_open("EURUSD", 0, 0.1)
    scene.deliver()

    assert scene.said() == ["b: tick", "a: deal", "b: deal"]


def test_a_program_that_gets_no_turn_finds_its_events_later(scene: Scene) -> None:
    scene.quote("EURUSD")
    scene.said()
    scene.charts["a"].stalled = True
    scene.broker.human_open("EURUSD", 0, 0.1)
    scene.quote("EURUSD")
    scene.quote("EURUSD")
    scene.charts.timers(1_000)
    assert scene.said() == ["b: deal"]

    scene.charts["a"].stalled = False
    scene.deliver()
    assert scene.said() == ["a: deal", "a: tick"]
    scene.charts.detach("a")
    assert scene.said() == ["a: deinit 1 timers 0"]


def test_another_timeframe_keeps_the_programs_globals_and_another_life_of_the_terminal_does_not(scene: Scene) -> None:
    scene.charts.timers(1_000)
    scene.charts.timers(1_005)
    scene.charts.timers(1_010)
    scene.said()
    scene.charts.restart("a", period_s=3_600)
    assert scene.said() == ["a: deinit 3 timers 2", "a: init 2 1 EURUSD 3600 others true last a"]

    scene.charts.close()
    assert scene.said() == ["a: deinit 9 timers 2", "b: deinit 9 timers 2"]
    assert (scene.folder / "Files/note.txt").read_text() == "b"
    scene.attach("a", "EURUSD")
    assert scene.said() == ["a: init 1 1 EURUSD 60 others true last a"]


def test_a_killed_terminal_says_nothing(scene: Scene) -> None:
    scene.said()
    scene.charts.kill()

    assert scene.said() == []
    assert not (scene.folder / "Files/note.txt").exists()
    assert len(scene.charts) == 0
