"""What a simulation takes for granted, in sentences for every output."""

from collections.abc import Sequence

from dtms.sim.policies.entries import STOP_ATRS, TARGET_ATRS, Entry
from dtms.sim.policies.history import History
from dtms.sim.policies.placebo import ROUNDS
from dtms.sim.policies.ruleset import ScoreCount
from dtms.sim.policies.simple import BREAK_EVEN_AT_R, GAP_HOURS, GAP_MINUTES, TRAIL_ATRS


def assumptions(
    history: History, entries: Sequence[Entry], score: ScoreCount, *, commission: float, latency_ms: int, made_up: bool
) -> list[str]:
    """Return the sentences."""
    sentences = [*history.notes, *_score(history, score)]
    if made_up:
        sentences.append(
            f"the trades are made up: seeded places and sides, stop {STOP_ATRS:g} and target {TARGET_ATRS:g} ATR14 away "
            f"(never nearer than 3 spreads), {entries[0].volume:g} lots"
        )
    if synthetic := sum(entry.synthetic for entry in entries):
        sentences.append(
            f"trades that begin without a stop, because there is none on the losing side: {synthetic}; "
            f"their R is {STOP_ATRS:g} ATR14 at the entry"
        )
    simple = (
        f"breakeven: at +{BREAK_EVEN_AT_R:g}R the stop goes one tick beyond the entry; atr_trail: {TRAIL_ATRS:g} ATR14 behind the "
        f"exit price at every M15 close; gap_flat: closed {GAP_MINUTES:g} minutes before closures longer than {GAP_HOURS:g} hours"
    )
    presets = (
        "guard, dtms (preset full) and dtms_hedge (full, hedge_mode = hedge) have the defaults of the specification, without the "
        "break-even rule, which is compared by itself; the rails find no daily loss, no news and no other command"
    )
    return [
        *sentences,
        "every trade stands alone on an account so large that neither margin nor a limit in percent of it ever binds",
        f"no swap is charged; the commission is {commission:g} per lot and side",
        f"a command reaches the broker {latency_ms} ms after the decision" if latency_ms else "commands reach the broker at once",
        "a bar is judged at the first quote after its close",
        simple,
        presets,
        f"placebo: dtms with the score, the break of structure and the VWAP flip of other days, {ROUNDS} exchanges of days",
        "trades still open at the last quote are closed there",
    ]


def _score(history: History, score: ScoreCount) -> list[str]:
    valid = f"the score is valid at {score.valid} of {score.closes} closed M15 bars"
    sentences = [f"{valid}: without it DTMS has nothing to act on" if not score.valid else valid]
    if history.bar_s:
        sentences.append("bars tell no order flow: delta pressure and the volume share are not available")
    return sentences
