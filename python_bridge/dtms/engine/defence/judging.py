"""From the market's evidence and one side's score to what the defence sees: the few figures that a decision reads."""

from typing import Final

from dtms.engine.defence.view import BreakMark, GroupMark, Judgement, SwingMark
from dtms.engine.signals.evidence import Evidence
from dtms.engine.signals.facts import FastFacts, SlowFacts
from dtms.engine.signals.score import GroupScore, Score
from dtms.engine.signals.structure import StructureEvent
from dtms.settings_score import SignalSettings
from dtms.signal_names import EventKind

_MS: Final = 1_000


def judged(evidence: Evidence, score: Score, rules: SignalSettings) -> Judgement | None:
    """Return the judgement for the score's side, None before the first closed bars of both timeframes."""
    slow, fast = evidence.slow, evidence.fast
    if slow is None or fast is None:
        return None
    return Judgement(
        at=slow.time,
        fast_at=fast.time,
        total=score.total,
        valid=score.valid,
        coverage=score.coverage,
        groups=tuple(_group(group) for group in score.groups),
        confluence=score.hedge_confluence,
        flip_against=score.flip_against,
        event=None if slow.event is None else _break(slow.event, score.side.direction),
        atr5=fast.atr,
        atr15=slow.atr,
        fast_close=fast.close,
        swings=tuple(SwingMark(swing.time, swing.price, swing.high) for swing in slow.swings),
        volatility=slow.volatility,
        families=tuple(sorted(score.families)),
        stale_at=_stale_at(evidence, slow, fast, rules.charts.late_s * _MS),
    )


def _group(group: GroupScore) -> GroupMark:
    return GroupMark(group.group.value, group.figure, group.bound, group.modifier, group.contribution)


def _break(event: StructureEvent, direction: int) -> BreakMark:
    against = event.direction != direction
    return BreakMark(event.kind is EventKind.CHOCH, against, event.confirmed, event.time, event.age)


def _stale_at(evidence: Evidence, slow: SlowFacts, fast: FastFacts, late_ms: int) -> int:
    """Return from when on a bar is overdue (R-6), the same instant at which the score would become invalid."""
    return min(slow.time + evidence.slow_period_ms, fast.time + evidence.fast_period_ms) + late_ms + 1
