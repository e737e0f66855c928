"""
What the words of the table mean: each figure and flag as a function of the situation.

Evidence is read in the frame of the trade, and only where it is valid; a row says itself that it needs a deep check. A break of
structure is live or it is not there; one that is older than the trade counts unless ``evidence_since_entry`` says otherwise
(readings 25, 26).
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

from dtms.defence_names import Action, Owner, Trigger
from dtms.engine.defence.guards import Figure, Flag
from dtms.engine.defence.hedge import HedgePlan, in_words, plan_hedge, why_none
from dtms.engine.defence.pair import has_equity_stop, pair_loss_r
from dtms.engine.defence.rails import gap_is_near, must_close, told
from dtms.engine.defence.situation import Situation, clean
from dtms.engine.defence.view import BreakMark, Judgement
from dtms.settings_defence import ChochTerminal, Protection
from dtms.settings_rails import GapGuard

_MS: Final = 1_000


def _score(now: Situation) -> float | None:
    judgement = now.valid
    return None if judgement is None or judgement.total is None else clean(judgement.total)


def _loss(now: Situation) -> float | None:
    return None if now.r_now is None else -now.r_now


def _age(now: Situation) -> float:
    return (now.utc - now.trade.position.ts_open) / _MS


def _bars_left(now: Situation) -> float | None:
    return now.record.bars_left


FIGURES: Final[Mapping[Figure, Callable[[Situation], float | None]]] = MappingProxyType(
    {
        Figure.SCORE: _score,
        Figure.GAIN_R: lambda now: now.r_now,
        Figure.LOSS_R: _loss,
        Figure.AGE_S: _age,
        Figure.DWELL: lambda now: now.record.dwell,
        Figure.BARS_LEFT: _bars_left,
        Figure.REFUSALS: lambda now: now.record.refusals,
        Figure.WARNINGS: lambda now: now.record.warnings.total,
        Figure.FAMILIES: lambda now: len(now.record.warnings.counters),
        Figure.PAIR_LOSS_R: pair_loss_r,
    }
)


def _event(now: Situation, judgement: Judgement | None) -> BreakMark | None:
    event = None if judgement is None else judgement.event
    if event is None or (now.rules.defence.evidence_since_entry and event.at <= now.trade.position.ts_open):
        return None
    return event


def _choch(now: Situation) -> bool:
    event = _event(now, now.valid)
    return event is not None and event.choch and event.against


def _choch_confirmed(now: Situation) -> bool:
    event = _event(now, now.valid)
    return event is not None and event.choch and event.against and event.confirmed


def _fresh_break_with(now: Situation, judgement: Judgement | None) -> BreakMark | None:
    event = _event(now, judgement)
    if event is None or event.choch or event.against or event.age >= now.rules.defence.timers.fresh_bars:
        return None
    return event


def _resumed(now: Situation) -> bool:
    event = _fresh_break_with(now, now.valid)
    return event is not None and event.at > now.record.hedged_at_utc


def _family_left(now: Situation) -> bool:
    return bool(now.trade.legs) or bool(now.opening())


def _hedge_comes(now: Situation) -> bool:
    return any(duty.action is Action.OPEN_HEDGE for duty in now.opening())


def _trails(now: Situation) -> bool:
    wanted = now.rules.defence.stops.trail_on_bos and now.record.owner is Owner.DTMS
    return wanted and _fresh_break_with(now, now.valid) is not None


def _gap_tightens(now: Situation) -> bool:
    closure = now.view.closure
    told = closure is not None and now.record.latches.gap == closure.starts
    return now.rules.rails.gap.guard is GapGuard.TIGHTEN and gap_is_near(now) and not told


def _unprotected(now: Situation) -> bool:
    bare = now.trade.position.stop_loss is None and now.trade.initial_stop is None
    wanted = now.rules.defence.stops.protect is Protection.SET and not now.record.latches.bare
    return bare and wanted and now.record.risk is not None


FLAGS: Final[Mapping[Flag, Callable[[Situation], bool]]] = MappingProxyType(
    {
        Flag.SCORED: lambda now: now.scored is not None,
        Flag.SCHEDULED: lambda now: now.trigger is Trigger.SCHEDULED,
        Flag.MAIN_GONE: lambda now: now.record.gone,
        Flag.FAMILY_LEFT: _family_left,
        Flag.FLAT: lambda now: now.record.gone and not _family_left(now),
        Flag.CHOCH: _choch,
        Flag.CHOCH_CONFIRMED: _choch_confirmed,
        Flag.CHOCH_ENDS: lambda now: now.rules.defence.choch_terminal is ChochTerminal.ALWAYS,
        Flag.RESUMED: _resumed,
        Flag.CONFLUENCE: lambda now: now.valid is not None and now.valid.confluence,
        Flag.GATE: lambda now: now.rules.defence.levels.warnings_gate,
        Flag.HEDGE_LIVES: lambda now: bool(now.hedges),
        Flag.HEDGE_FITS: lambda now: isinstance(plan_hedge(now), HedgePlan),
        Flag.HEDGE_COMES: _hedge_comes,
        Flag.HEDGE_SHOWN: lambda now: now.record.was_shown(Action.OPEN_HEDGE),
        Flag.EQUITY_STOP: has_equity_stop,
        Flag.LIFTED: lambda now: now.record.lifted_bar > 0,
        Flag.LIFTING: lambda now: 0 < now.record.lifted_bar == now.record.last_bar,
        Flag.MUST_CLOSE: lambda now: must_close(now) is not None,
        Flag.TRAILS: _trails,
        Flag.GAP_TIGHTENS: _gap_tightens,
        Flag.UNPROTECTED: _unprotected,
    }
)


def _why_hedge(now: Situation) -> str:
    plan = plan_hedge(now)
    return in_words(plan) if isinstance(plan, HedgePlan) else why_none(plan, now)


def _why_closed(now: Situation) -> str:
    rail = must_close(now)
    return "" if rail is None else told(rail, now)


WHY: Final[Mapping[Flag, Callable[[Situation], str]]] = MappingProxyType(
    {Flag.HEDGE_FITS: _why_hedge, Flag.MUST_CLOSE: _why_closed}
)


class Eyes:
    """Reads a situation for a guard."""

    __slots__ = ("_now",)

    def __init__(self, now: Situation) -> None:
        self._now = now

    def figure(self, figure: Figure) -> float | None:
        """Return the figure, None where it is not known."""
        return FIGURES[figure](self._now)

    def flag(self, flag: Flag) -> bool:
        """Return whether it is so."""
        return FLAGS[flag](self._now)

    def why(self, flag: Flag) -> str:
        """Return what it comes from that it is so, or is not."""
        teller = WHY.get(flag)
        return "" if teller is None else teller(self._now)

    def limit(self, path: str) -> float:
        """Return the setting, a path under ``[defence]``."""
        value: object = self._now.rules.defence
        for name in path.split("."):
            value = getattr(value, name)
        if not isinstance(value, int | float):
            raise TypeError(f"{path} is no number")
        return value
