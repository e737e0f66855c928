"""
Figures of a list of results in R, and how sure they are.

Trades of one day share its market, so intervals come from a bootstrap over entry days (UTC): whole days are drawn, with all their
trades.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from dtms.sim.policies.replay import AT_THE_END, Result

Floats = NDArray[np.float64]

TAIL: Final = 0.05
DRAWS: Final = 2_000
FULL_STOP_R: Final = -0.99  # a loss of the whole planned risk, but for rounding
BEYOND_R: Final = -1.25  # the part of losses that a stop did not hold
_DAY_MS: Final = 86_400_000
_AT_ONCE: Final = 2_000_000  # numbers in one table of draws
_QUANTILES: Final = (0.05, 0.25, 0.5, 0.75, 0.95)

Interval = tuple[float, float]


def cvar(values: Floats, tail: float = TAIL) -> float:
    """
    Return the mean of the worst part of the values.

    The part may hold a fraction of a value: of 50 values 5 % are the worst two and half of the third.
    """
    ordered = np.sort(values)
    share = tail * len(ordered)
    whole = int(share + 1e-9)
    rest = max(share - whole, 0.0)
    if not whole and rest < 1e-9:
        return float("nan")
    partial = rest * ordered[whole] if rest > 1e-9 else 0.0
    return float((ordered[:whole].sum() + partial) / share)


@dataclass(frozen=True, slots=True)
class Drawn:
    """Mean and CVaR 95 % of every draw."""

    mean: Floats
    cvar: Floats

    def less(self, other: "Drawn") -> "Drawn":
        """Return what another list of trades is behind in every draw."""
        return Drawn(self.mean - other.mean, self.cvar - other.cvar)


class DayDraws:
    """
    Seeded draws of entry days with replacement, the same for everything that is compared.

    ``weights`` has a row for each draw and a column for each day: how often the day was drawn.
    """

    def __init__(self, entry_times: Sequence[int], seed: int, draws: int = DRAWS) -> None:
        days = np.asarray(entry_times, dtype=np.int64) // _DAY_MS
        self.names, self.day_of = np.unique(days, return_inverse=True)
        rng = np.random.default_rng(seed)
        count = len(self.names)
        drawn = rng.integers(0, count, size=(draws, count))
        self.weights = np.stack([np.bincount(row, minlength=count) for row in drawn]).astype(np.float64)

    def drawn(self, values: Floats) -> Drawn:
        """Return the figures of every draw; the values may repeat the list of trades several times."""
        day_of = np.tile(self.day_of, len(values) // len(self.day_of))
        order = np.argsort(values, kind="stable")
        ordered, days = values[order], day_of[order]
        pieces = np.array_split(self.weights, max(len(self.weights) * len(values) // _AT_ONCE, 1))
        parts = [_drawn(piece[:, days], ordered) for piece in pieces]
        return Drawn(np.concatenate([part.mean for part in parts]), np.concatenate([part.cvar for part in parts]))

    def inner(self, figures_drawn: Floats) -> Interval | None:
        """Return the 95 % interval; None for a single day, which says nothing about others."""
        if len(self.names) < 2:
            return None
        low, high = np.quantile(figures_drawn, (0.025, 0.975))
        return float(low), float(high)


def _drawn(times: Floats, ordered: Floats) -> Drawn:
    """Return the figures of some draws; ``times``: how often each of the ordered values was drawn in each."""
    reached = np.cumsum(times, axis=1)
    total = reached[:, -1]
    tail = TAIL * total
    inside = np.clip(tail[:, None] - (reached - times), 0.0, times)
    return Drawn(times @ ordered / total, inside @ ordered / tail)


@dataclass(frozen=True, slots=True)
class Figures:
    """
    Figures of one rule; see ``cvar`` and the constants of this module for what they mean.

    Attributes:
        trades: how many trades it managed. ``rounds``: how often each of them was run (8 for the placebo).
        ci95: interval of the mean, None where all trades began on one day; ``cvar_ci95`` likewise.
        ends: what ended the trades. ``acts``: commands carried out, ``refused``: those that were not.
        states: share of the M15 bars in each state.
    """

    trades: int
    rounds: int
    mean_r: float
    median_r: float
    std_r: float
    quantiles_r: Mapping[str, float]
    cvar95_r: float
    worst_r: float
    best_r: float
    full_stop_share: float
    beyond_share: float
    win_share: float
    mean_bars: float
    open_at_end: int
    ci95: Interval | None
    cvar_ci95: Interval | None
    ends: Mapping[str, int]
    acts: Mapping[str, int]
    refused: int
    states: Mapping[str, float]


def r_of(results: Sequence[Result]) -> Floats:
    """Return the gains as an array."""
    return np.array([result.r for result in results], dtype=np.float64)


def figures(results: Sequence[Result], draws: DayDraws, drawn: Drawn, *, rounds: int = 1) -> Figures:
    """Return the figures of at least one result; with several rounds the results are those of the first, then the second, ..."""
    values = r_of(results)
    quantiles = np.quantile(values, _QUANTILES)
    ends = Counter(result.end for result in results)
    return Figures(
        trades=len(results) // rounds,
        rounds=rounds,
        mean_r=float(values.mean()),
        median_r=float(np.median(values)),
        std_r=float(values.std()),
        quantiles_r={f"{q:.0%}": float(value) for q, value in zip(_QUANTILES, quantiles, strict=True)},
        cvar95_r=cvar(values),
        worst_r=float(values.min()),
        best_r=float(values.max()),
        full_stop_share=float(np.mean(values <= FULL_STOP_R)),
        beyond_share=float(np.mean(values < BEYOND_R)),
        win_share=float(np.mean(values > 0)),
        mean_bars=float(np.mean([result.bars for result in results])),
        open_at_end=ends[AT_THE_END],
        ci95=draws.inner(drawn.mean),
        cvar_ci95=draws.inner(drawn.cvar),
        ends=dict(ends.most_common()),
        acts=dict(Counter(act.what for result in results for act in result.acts if act.done).most_common()),
        refused=sum(not act.done for result in results for act in result.acts),
        states=_shares(results),
    )


def _shares(results: Sequence[Result]) -> dict[str, float]:
    """Return the share of the bars in each state, empty for rules without states."""
    bars: Counter[str] = Counter()
    for result in results:
        bars.update(result.states)
    total = bars.total()
    return {state: count / total for state, count in bars.most_common()}


@dataclass(frozen=True, slots=True)
class Difference:
    """One rule less another on the same trades and the same drawn days: in the mean and in the CVaR 95 %."""

    mean_r: float
    mean_ci95: Interval | None
    cvar95_r: float
    cvar_ci95: Interval | None


def difference(ours: Figures, theirs: Figures, behind: Drawn, draws: DayDraws) -> Difference:
    """Return ours less theirs; ``behind`` the same in every draw, so that both sides meet the same days."""
    return Difference(
        ours.mean_r - theirs.mean_r,
        draws.inner(behind.mean),
        ours.cvar95_r - theirs.cvar95_r,
        draws.inner(behind.cvar),
    )
