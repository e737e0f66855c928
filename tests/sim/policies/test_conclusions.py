"""What is said of a comparison: the placebo's sentence, where DTMS loses, and no claim from chance or from a few days."""

from dataclasses import replace

import numpy as np
from tests.sim.policies.made import MONDAY

from dtms.names import Outcome, Side
from dtms.sim.policies.compare import Comparison, _pairs
from dtms.sim.policies.conclusions import NO_EDGE, conclusions
from dtms.sim.policies.entries import Entry
from dtms.sim.policies.figures import DayDraws, difference, figures
from dtms.sim.policies.replay import Act, Result

DAY = 86_400_000
MOVED = (Act(0, "stop", 1.1, Outcome.DONE),)


def compared(days: int = 30, *, acts: tuple[Act, ...] = MOVED, **behind: float) -> Comparison:
    """Rules that are behind the same luck by a constant; those not named by nothing."""
    rng = np.random.default_rng(4)
    luck = rng.normal(0, 1, days)
    entries = [Entry(i, Side.BUY, 0.1, MONDAY + i * DAY, 0, 1.1, 1.09, None, 0.01) for i in range(days)]
    names = ["none", "breakeven", "atr_trail", "guard", "dtms", "gap_flat", "placebo"]
    results = {
        name: [
            Result(entry, float(r) - behind.get(name, 0.0), "stop", 0, 1, {}, acts) for entry, r in zip(entries, luck, strict=True)
        ]
        for name in names
    }
    draws = DayDraws([entry.time for entry in entries], 1)
    drawn = {name: draws.drawn(np.array([result.r for result in found])) for name, found in results.items()}
    found = {name: figures(results[name], draws, drawn[name]) for name in names}
    pairs = {(a, b): difference(found[a], found[b], drawn[a].less(drawn[b]), draws) for a, b in _pairs(names)}
    return Comparison(entries, results, found, pairs, days)


def test_dtms_beats_a_placebo_that_is_behind_beyond_chance() -> None:
    assert conclusions(compared(placebo=0.2))[0].startswith("DTMS (preset full) beats its placebo")


def test_dtms_does_not_beat_a_placebo_that_is_level_or_ahead() -> None:
    assert "does not beat its placebo" in conclusions(compared())[0]
    assert "does not beat its placebo" in conclusions(compared(dtms=0.2))[0]


def test_a_better_mean_with_a_worse_tail_is_no_victory() -> None:
    comparison = compared(placebo=0.2)
    pair = ("dtms", "placebo")
    worse = replace(comparison.differences[pair], cvar95_r=-0.3, cvar_ci95=(-0.5, -0.1))
    mixed = replace(comparison, differences={**comparison.differences, pair: worse})

    assert "does not beat its placebo" in conclusions(mixed)[0]
    assert conclusions(mixed)[0].endswith("DTMS less placebo; it is worse beyond chance in CVaR 95 %.")


def test_that_dtms_is_behind_its_placebo_is_said() -> None:
    assert conclusions(compared(dtms=0.2))[0].endswith("DTMS less placebo; it is worse beyond chance in mean and CVaR 95 %.")
    assert conclusions(compared())[0].endswith("DTMS less placebo.")


def test_nothing_is_claimed_from_a_few_days() -> None:
    said = conclusions(compared(5, placebo=0.2, dtms=0.1))

    assert "does not beat its placebo" in said[0]
    assert "beyond chance" not in " ".join(said)
    assert said[-1] == "The trades began on 5 day(s): from so few, no difference can be told from chance."


def test_losing_to_simple_rules_is_said_for_each_of_them() -> None:
    said = conclusions(compared(dtms=0.1, none=0.2))

    (full,) = [sentence for sentence in said if sentence.startswith("DTMS full loses")]
    assert "break-even at +1R (mean -0.100 R (95 %: -0.100 to -0.100), beyond chance" in full
    assert "no management" not in full
    assert "DTMS guard loses to none of the simple rules." in said
    assert NO_EDGE in said


def test_without_a_valid_score_neither_beats_the_other() -> None:
    assert (
        conclusions(compared(acts=(), placebo=0.2))[0]
        == "DTMS does not beat its placebo: neither of them had a valid score to act on."
    )


def test_without_a_placebo_nothing_can_be_said_of_it() -> None:
    comparison = compared()
    left = {pair: found for pair, found in comparison.differences.items() if "placebo" not in pair}

    assert "cannot be said" in conclusions(replace(comparison, differences=left))[0]
