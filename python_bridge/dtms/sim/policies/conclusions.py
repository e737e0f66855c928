"""
What a comparison says, in sentences, the unwelcome ones too.

A difference is called *beyond chance* when its 95 % interval does not contain 0 and the trades began on enough days for such an
interval to be believed. DTMS beats its placebo only if its mean or its CVaR is better beyond chance and the other one not worse
beyond chance.
"""

from collections.abc import Iterator
from typing import Final

from dtms.sim.policies.compare import DEFENDED, NONE, PLACEBO, SIMPLE, Comparison
from dtms.sim.policies.figures import Difference, Interval

NO_EDGE: Final = (
    "The score manages variance, it is no edge: on 14 instruments of hourly bars since 2019 no directional signal, this score "
    "included, beat the same rules fed with the scores of other weeks."
)
ENOUGH_DAYS: Final = 10  # a bootstrap over fewer is far too sure of itself
_PLACEBO_RULE: Final = "dtms"  # the preset that the placebo repeats with other days' scores
_LABELS: Final = {
    NONE: "no management",
    "breakeven": "break-even at +1R",
    "atr_trail": "the ATR trailing stop",
    "gap_flat": "being flat over long closures",
    "guard": "DTMS guard",
    "dtms": "DTMS full",
    "dtms_hedge": "DTMS full with the hedge",
}


def conclusions(comparison: Comparison) -> list[str]:
    """Return the sentences, the placebo's first."""
    sentences = [against_placebo(comparison), *_losses(comparison), NO_EDGE]
    if comparison.days < ENOUGH_DAYS:
        sentences.append(f"The trades began on {comparison.days} day(s): from so few, no difference can be told from chance.")
    return sentences


def against_placebo(comparison: Comparison) -> str:
    """Return the sentence that says whether DTMS beats its placebo."""
    found = comparison.differences.get((_PLACEBO_RULE, PLACEBO))
    if found is None:
        return "Whether DTMS beats its placebo cannot be said: the prices hold fewer than two days to exchange scores between."
    if not _acted(comparison):
        return "DTMS does not beat its placebo: neither of them had a valid score to act on."
    verdict = "beats" if beats(found, comparison.days) else "does not beat"
    return (
        f"DTMS (preset full) {verdict} its placebo, the same rules fed with the scores of other days: "
        f"mean {_figure(found.mean_r)} R{_interval(found.mean_ci95)}, "
        f"CVaR 95 % {_figure(found.cvar95_r)} R{_interval(found.cvar_ci95)}, DTMS less placebo{_behind(found, comparison.days)}."
    )


def _behind(found: Difference, days: int) -> str:
    """Return in which respects DTMS is worse beyond chance, as the end of a sentence."""
    respects = (("mean", found.mean_ci95), ("CVaR 95 %", found.cvar_ci95))
    worse = [what for what, interval in respects if _sign(interval, days) < 0]
    return f"; it is worse beyond chance in {' and '.join(worse)}" if worse else ""


def beats(found: Difference, days: int) -> bool:
    """Return whether a difference is better beyond chance in one respect and not worse beyond chance in the other."""
    signs = [_sign(found.mean_ci95, days), _sign(found.cvar_ci95, days)]
    return max(signs) > 0 and min(signs) >= 0


def _sign(interval: Interval | None, days: int) -> int:
    """Return +1 where the interval lies above 0, -1 where it lies below, 0 where it says nothing."""
    if interval is None or days < ENOUGH_DAYS:
        return 0
    return 1 if interval[0] > 0 else -1 if interval[1] < 0 else 0


def _acted(comparison: Comparison) -> bool:
    return any(result.acts for name in (_PLACEBO_RULE, PLACEBO) for result in comparison.results[name])


def _losses(comparison: Comparison) -> Iterator[str]:
    """Yield for each rule of DTMS where simple ones did better."""
    for name in DEFENDED:
        if name not in comparison.results:
            continue
        found = [(other, comparison.differences[name, other]) for other in SIMPLE if (name, other) in comparison.differences]
        words = [word for other, difference in found if (word := _loss(other, difference, comparison.days))]
        yield f"{_LABELS[name]} loses to {'; to '.join(words)}." if words else f"{_LABELS[name]} loses to none of the simple rules."


def _loss(other: str, found: Difference, days: int) -> str:
    """Return in which respects another rule did better, empty where in none."""
    parts = [
        f"{what} {_figure(value)} R{_interval(interval)}, {'beyond' if _sign(interval, days) < 0 else 'within'} chance"
        for what, value, interval in (("mean", found.mean_r, found.mean_ci95), ("CVaR 95 %", found.cvar95_r, found.cvar_ci95))
        if round(value, 3) < 0
    ]
    return f"{_LABELS[other]} ({' and '.join(parts)})" if parts else ""


def _figure(value: float) -> str:
    return f"{value:+.3f}"


def _interval(interval: Interval | None) -> str:
    return f" (95 %: {interval[0]:+.3f} to {interval[1]:+.3f})" if interval is not None else ""
