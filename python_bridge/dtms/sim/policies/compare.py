"""All trades under all rules, and what the comparison comes to."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from dtms.sim.policies.course import Tracks
from dtms.sim.policies.entries import Entry
from dtms.sim.policies.figures import DayDraws, Difference, Figures, difference, figures, r_of
from dtms.sim.policies.history import History
from dtms.sim.policies.pilot import Policy
from dtms.sim.policies.replay import Replay, Result
from dtms.sim.policies.simple import Alone, AtrTrail, BreakEven, gap_flat

NONE: Final = "none"
PLACEBO: Final = "placebo"
SIMPLE: Final = (NONE, "breakeven", "atr_trail", "gap_flat")
DEFENDED: Final = ("guard", "dtms", "dtms_hedge")
ORDER: Final = (NONE, "breakeven", "atr_trail", *DEFENDED, "gap_flat", PLACEBO)

Progress = Callable[[str, int, int], None]
"""(rule, trades done, trades in all)"""


class Rule(NamedTuple):
    """A rule with a name; several policies where it is run once for each, as the placebo is."""

    name: str
    policies: Sequence[Policy]


@dataclass(frozen=True, eq=False)
class Comparison:
    """
    What every rule did.

    Attributes:
        results: by rule, in the order of the entries, one round after the other.
        figures: by rule. ``differences``: (rule, rule) -> first less second.
        days: on which trades began.
    """

    entries: Sequence[Entry]
    results: Mapping[str, Sequence[Result]]
    figures: Mapping[str, Figures]
    differences: Mapping[tuple[str, str], Difference]
    days: int


def simple_rules(history: History) -> list[Rule]:
    """Return the rules to compare with."""
    return [
        Rule(NONE, [Alone]),
        Rule("breakeven", [BreakEven]),
        Rule("atr_trail", [AtrTrail]),
        Rule("gap_flat", [gap_flat(history)]),
    ]


def compare(
    history: History,
    entries: Sequence[Entry],
    rules: Sequence[Rule],
    *,
    seed: int,
    latency_ms: int = 0,
    progress: Progress | None = None,
) -> Comparison:
    """
    Run every trade under every rule.

    Args:
        history: the prices.
        entries: at least one trade.
        rules: the first is what all others are compared with.
        seed: of the bootstrap.
        latency_ms: from a command to the broker.
        progress: told now and then how far it is.
    """
    tracks = Tracks(history)
    ordered = sorted(rules, key=lambda rule: ORDER.index(rule.name))
    results = {rule.name: _run(tracks, entries, rule, latency_ms, progress) for rule in ordered}
    draws = DayDraws([entry.time for entry in entries], seed)
    drawn = {name: draws.drawn(r_of(found)) for name, found in results.items()}
    found = {rule.name: figures(results[rule.name], draws, drawn[rule.name], rounds=len(rule.policies)) for rule in ordered}
    return Comparison(
        entries=entries,
        results=results,
        figures=found,
        differences={
            (ours, theirs): difference(found[ours], found[theirs], drawn[ours].less(drawn[theirs]), draws)
            for ours, theirs in _pairs(list(results))
        },
        days=len(draws.names),
    )


def _run(tracks: Tracks, entries: Sequence[Entry], rule: Rule, latency_ms: int, progress: Progress | None) -> list[Result]:
    total = len(entries) * len(rule.policies)
    results: list[Result] = []
    for policy in rule.policies:
        for entry in entries:
            results.append(Replay(tracks, entry, policy, latency_ms=latency_ms).run())
            if progress is not None and len(results) % 50 == 0:
                progress(rule.name, len(results), total)
    return results


def _pairs(names: Sequence[str]) -> list[tuple[str, str]]:
    """Return what is compared: every rule with none at all, those of DTMS with the simple ones and with the placebo."""
    others = [(name, NONE) for name in names if name not in {NONE, *DEFENDED}]
    ours = [(name, other) for name in names if name in DEFENDED for other in (*SIMPLE, PLACEBO) if other in names]
    return [pair for pair in others + ours if pair[1] in names]
