"""A score in a few words."""

from typing import NamedTuple

from dtms.engine.signals.score import Score
from dtms.settings_score import AnalysisSettings
from dtms.signal_names import Group


class Analysis(NamedTuple):
    """How strong a score is, how far its groups agree, and which of them stand out."""

    strength: str
    agreement: str
    groups: tuple[Group, ...]


def analysis(score: Score, settings: AnalysisSettings) -> Analysis:
    """Return the words for a score; an invalid one is neither strong nor neutral."""
    groups = tuple(g.group for g in score.groups if g.figure is not None and abs(g.figure) >= settings.group)
    if score.total is None:
        return Analysis("invalid", "unknown", groups)
    return Analysis(
        _band(abs(score.total), ("strong", settings.strong), ("moderate", settings.moderate), "neutral"),
        _band(score.ratio, ("high", settings.agreement_high), ("moderate", settings.agreement_moderate), "low"),
        groups,
    )


def _band(value: float, first: tuple[str, float], second: tuple[str, float], rest: str) -> str:
    for word, limit in (first, second):
        if value >= limit:
            return word
    return rest
