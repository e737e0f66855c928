"""Reading 23: evidence warns once per family and fresh bar, and structure's bar is the one of M15."""

from tests.engine.defence.scene import Scene

from dtms.defence_names import Trigger
from dtms.signal_names import Family

M5_MS = 300_000


def test_an_emergency_between_two_slow_closes_counts_only_what_the_fast_chart_brought() -> None:
    families = (Family.MOMENTUM, Family.STRUCTURAL, Family.VWAP)
    scene = Scene()
    scene.deep(0.0, families=families)
    for fast in (1, 2):
        scene.deep(0.0, trigger=Trigger.EMERGENCY, bars=0, families=families, fast_at=scene.bar + fast * M5_MS)
    assert [scene.record.warnings.count(family) for family in families] == [1, 1, 3]

    scene.deep(0.0, families=families)
    assert [scene.record.warnings.count(family) for family in families] == [2, 2, 3]
