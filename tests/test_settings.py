"""Settings: a digest that is the same everywhere, and values that contradict each other refused."""

import subprocess
import sys

import pytest
from pydantic import ValidationError

from dtms.settings import BreakEvenSettings, LinkSettings, Mode, Settings, digest


def test_the_digest_is_the_same_in_every_process_and_differs_with_every_value() -> None:
    code = "from dtms.settings import Settings, digest; print(digest(Settings()))"
    there = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip()

    assert there == digest(Settings())
    assert len(there) == 64
    others = [Settings(mode=Mode.ACT), Settings(break_even=BreakEvenSettings(at_r=1.5)), Settings(link=LinkSettings(grace_s=31))]
    assert len({there, *map(digest, others)}) == 4


@pytest.mark.parametrize(
    "values",
    [
        {"mode": "attack"},
        {"link": {"heartbeat_ms": 0}},
        {"link": {"heartbeat_ms": 3_000}},
        {"link": {"test_after_ms": 5_000}},
        {"break_even": {"at_r": float("nan")}},
        {"break_even": {"at_r": -1}},
        {"link": {"timeframes": [-5]}},
        {"link": {"timeframes": [0]}},
        {"link": {"symbols": [""]}},
        {"link": {"symbols": ["X" * 65]}},
        {"unheard_of": 1},
        {"link": {"unheard_of": 1}},
    ],
)
def test_what_cannot_be_meant_is_refused(values: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Settings.model_validate(values)
