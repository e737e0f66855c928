"""
Dwell and timers, counted in closed M15 bars of the symbol (readings 29, note d).

A market that is closed makes no bars, so nothing runs out over a weekend; bars that closed while nobody looked count when somebody
does.
"""

from dataclasses import replace

from dtms.engine.defence.record import Defence, Mark
from dtms.engine.defence.situation import Situation
from dtms.engine.signals.warnings import NewestBars, warned


def last_close(now: Situation) -> int:
    """Return the close of the last M15 bar that is known, 0 where there is none."""
    judged = 0 if now.view.judgement is None else now.view.judgement.at
    return max(judged, now.view.closes[-1] if now.view.closes else 0)


def counted(now: Situation) -> Defence:
    """Return the record with the bars counted that closed since the last look and after the state was entered."""
    record, last = now.record, last_close(now)
    if last <= record.last_bar:
        return record
    if record.last_bar == 0:
        return replace(record, last_bar=last)
    since = max(record.last_bar, record.entered)
    closes = {close for close in (*now.view.closes, last) if close > since}
    return replace(record, last_bar=last, dwell=record.dwell + len(closes))


def marked(now: Situation) -> Defence:
    """Return the record with the score of this check, and its warnings counted."""
    judgement = now.view.judgement
    if judgement is None:
        return now.record
    valid = now.valid is not None
    total = judgement.total if valid else None
    families = frozenset(judgement.families if valid else ())
    newest = NewestBars(judgement.fast_at, judgement.at)
    warnings = warned(now.record.warnings, families, newest, now.utc, now.rules.warnings)
    mark = Mark(total, judgement.coverage, valid, judgement.at, judgement.groups)
    return replace(now.record, mark=mark, warnings=warnings)
