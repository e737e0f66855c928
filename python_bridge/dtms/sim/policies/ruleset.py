"""The rules that are compared, by name, and the placebo's seeds."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from dtms.settings import Settings
from dtms.settings_defence import HedgeMode, Preset
from dtms.sim.history import Close
from dtms.sim.policies.compare import PLACEBO, Rule, simple_rules
from dtms.sim.policies.defended import defended
from dtms.sim.policies.history import History
from dtms.sim.policies.placebo import ROUNDS, exchanged
from dtms.sim.policies.sight import Sight

_SEEDS: Final = 2**32


@dataclass(frozen=True, slots=True)
class ScoreCount:
    """At how many closed M15 bars there was a score, and at how many it was valid."""

    closes: int
    valid: int


def counted(walked: Sequence[Close]) -> ScoreCount:
    """Return how often the score was valid; both sides are valid together."""
    slow = [close for close in walked if close.slow]
    return ScoreCount(len(slow), sum(close.buy.valid for close in slow))


def placebo_seeds(seed: int) -> list[int]:
    """Return the seeds of the placebo's exchanges of days."""
    rng = random.Random(seed)
    return [rng.randrange(_SEEDS) for _ in range(ROUNDS)]


def all_rules(history: History, sight: Sight, settings: Settings, seed: int) -> list[Rule]:
    """Return every rule; without a placebo where the prices hold a single day."""
    rules = [
        *simple_rules(history),
        Rule("guard", [defended(sight, settings, Preset.GUARD)]),
        Rule("dtms", [defended(sight, settings, Preset.FULL)]),
        Rule("dtms_hedge", [defended(sight, settings, Preset.FULL, HedgeMode.HEDGE)]),
    ]
    exchanges = [exchanged(sight.times, each) for each in placebo_seeds(seed)]
    fed = [sight.fed(exchange) for exchange in exchanges if exchange is not None]
    return [*rules, Rule(PLACEBO, [defended(other, settings, Preset.FULL) for other in fed])] if fed else rules
