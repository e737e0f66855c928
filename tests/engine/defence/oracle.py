"""
The transition table once more, from the specification's words and in another form: what the real one is compared with.

Nothing of ``dtms.engine.defence.states`` is used here. Numbers are the specification's.
"""

from dataclasses import replace
from typing import NamedTuple

from tests.engine.defence.facts import OWED, Facts

from dtms.defence_names import Action, Owner, State, Trigger
from dtms.settings_defence import Preset

S = State
ALL_OUT = (Action.CLOSE_ALL,)
HALF = (Action.PARTIAL, Action.BREAK_EVEN)


class Go(NamedTuple):
    """One row taken."""

    row: str
    source: State
    to: State
    actions: tuple[Action, ...]


# What is owed and not under way is no longer wanted after these.
DROPPED = {
    ("T3", S.WARNING_L1): {Action.RE_ADD, Action.TRAIL},
    ("T5", S.HEALTHY): {Action.TIGHTEN, *HALF, Action.OPEN_HEDGE},
    ("T8", S.WARNING_L1): {*HALF, Action.OPEN_HEDGE},
    ("T12", S.HEALTHY): {Action.TIGHTEN, *HALF},
}
FINAL = {S.HEDGED, S.CLOSING, S.CLOSED}  # everything is dropped on the way there


class Outcome(NamedTuple):
    """What a step leads to."""

    taken: tuple[Go, ...]
    owed: frozenset[Action]
    bars_left: int | None
    dwell: int
    refusals: int
    lifted: bool


def outcome(facts: Facts) -> Outcome:
    """Return everything that the specification says of one step."""
    went, owed = expected(facts), frozenset(OWED if facts.owed else ())
    for go in went:
        moved = go.to is not go.source
        owed -= set(Action) if moved and go.to in FINAL else DROPPED.get((go.row, go.to), set())
        facts = _moved(facts, go.to)
    return Outcome(tuple(went), owed, facts.bars_left, facts.dwell, facts.refusals, facts.lifted != "no")


def expected(facts: Facts) -> list[Go]:
    """Return the rows that the specification takes, in order, the routines last."""
    gone: list[Go] = []
    found = _first(facts, None)
    while found is not None:
        gone.append(found)
        facts = _moved(facts, found.to)
        if found.row not in {"T3", "T4", "T6"}:
            break
        found = _first(facts, {"T2", "T4", "T7"})
    return gone + _routines(facts)


def _moved(facts: Facts, to: State) -> Facts:
    if to is facts.state:
        return facts
    # Entering a state begins its dwell and its timer; a hedge asked for in the state before is no longer being lifted.
    bars = {S.WARNING_L1: 5, S.HEDGED: 5, S.RECOVERING: 2}.get(to)
    begins = facts.state in {S.ARMED, S.HEALTHY} and to not in {S.HEALTHY, S.CLOSED}
    refusals, shown = (0, False) if begins else (facts.refusals, facts.shown)
    return replace(facts, state=to, dwell=0, bars_left=bars, lifted="no", refusals=refusals, shown=shown)


def _first(facts: Facts, among: set[str] | None) -> Go | None:
    for row, to, actions in _rows(facts):
        if among is None or row in among:
            return Go(row, facts.state, to, actions)
    return None


def _may(facts: Facts, action: Action) -> bool:
    """Whether preset and owner let it be done."""
    if facts.preset is Preset.OFF or (facts.preset is Preset.GUARD and action not in {Action.TIGHTEN, Action.PROTECT}):
        return False
    if facts.owner is Owner.FOREIGN:
        return False
    return facts.owner is not Owner.USM or facts.state in {S.WARNING_L2, S.HEDGED}


def _rows(facts: Facts):  # type: ignore[no-untyped-def]  # noqa: ANN202, C901, PLR0912 - one branch a row
    """Yield the rows that hold, in the specification's order."""
    f, state = facts, facts.state
    legs = f.hedge or f.child or f.opening is not None
    scored = f.score is not None and f.trigger is not None
    s = f.score if scored and f.score is not None else 0.0
    confirmed = scored and f.event == "choch"
    may_end = _may(f, Action.CLOSE_ALL)
    if state is S.CLOSING and f.gone and not legs:
        yield "T16", S.CLOSED, ()
    if state in {S.CLOSING, S.CLOSED}:
        return
    if f.gone:
        yield ("T1", S.CLOSING, ALL_OUT) if legs else ("T1", S.CLOSED, ())
    if f.quarantined:
        return
    if state is S.ARMED and (f.gain >= 0.2 or f.gain <= -0.5 or f.age >= 900):
        yield "T0", S.HEALTHY, ()
    if confirmed and state in {S.HEDGED, S.RECOVERING}:
        yield "T2", S.CLOSING, ALL_OUT
    if confirmed and may_end and (state is S.WARNING_L2 or (state in {S.HEALTHY, S.WARNING_L1} and (s <= -4 or f.always))):
        yield "T2", S.CLOSING, ALL_OUT
    if state is S.HEALTHY and scored and s <= -2:
        yield "T3", S.WARNING_L1, (Action.TIGHTEN,)
    if state is S.WARNING_L1 and scored:
        gate = f.gate and s <= -3 and f.families >= 2 and _warnings(f) >= 3
        if s <= -4 or gate:
            yield "T4", S.WARNING_L2, HALF
        if s >= 0 and f.dwell >= 1:
            yield "T5", S.HEALTHY, ()
        if f.bars_left == 0 and s < 0:
            yield "T6", S.WARNING_L2, HALF
    if f.hedge and state is not S.HEDGED:
        yield "T7", S.HEDGED, ()
    if state is S.WARNING_L2:
        yield from _second(f, s, scored=scored, may_end=may_end)
    if state is S.HEDGED:
        yield from _hedged(f, scored=scored)
    if state is S.RECOVERING:
        yield from _recovering(f, s, scored=scored)
    if f.rail:
        yield "T15", S.CLOSING, ALL_OUT


def _warnings(f: Facts) -> int:
    return (f.warnings + f.families - 1) if f.families else 0


def _second(f: Facts, s: float, *, scored: bool, may_end: bool):  # type: ignore[no-untyped-def]  # noqa: ANN202
    if f.refusals >= 3 and may_end:
        yield "T7", S.CLOSING, ALL_OUT
    comes = f.opening is Action.OPEN_HEDGE
    if scored and (s <= -6 or f.confluence):
        if f.fits and not f.shown and not f.hedge and not f.gap and _may(f, Action.OPEN_HEDGE):
            yield "T7", S.WARNING_L2, (Action.OPEN_HEDGE,)
        if may_end and not comes and not f.shown:
            yield "T7", S.CLOSING, ALL_OUT
    if scored and s >= -2 and f.dwell >= 1 and not comes:
        yield "T8", S.WARNING_L1, ()


def _hedged(f: Facts, *, scored: bool):  # type: ignore[no-untyped-def]  # noqa: ANN202
    resumed = f.score is not None and f.event == "bos"
    if f.hedge and f.equity != "no" and f.pair >= 1:
        yield "T15", S.CLOSING, ALL_OUT
    if not f.hedge and f.lifted != "no":
        yield "T10", S.RECOVERING, ()
    if f.hedge and scored and resumed:
        yield "T10", S.HEDGED, (Action.CLOSE_HEDGE,)
    if f.bars_left == 0 and f.lifted != "now":
        yield "T9", S.CLOSING, ALL_OUT
    if not f.hedge:
        yield ("T11", S.RECOVERING, ()) if resumed else ("T11", S.CLOSING, ALL_OUT)


def _recovering(f: Facts, s: float, *, scored: bool):  # type: ignore[no-untyped-def]  # noqa: ANN202
    scheduled = f.trigger is Trigger.SCHEDULED
    if scored and scheduled and s >= 1:
        yield "T12", S.HEALTHY, (Action.RE_ADD,)
    if scored and (s <= -6 or f.event in {"choch", "choch unconfirmed"}):
        yield "T13", S.CLOSING, ALL_OUT
    if f.bars_left == 0 and scheduled and not (scored and s >= 1):
        yield "T14", S.CLOSING, ALL_OUT


def _routines(f: Facts) -> list[Go]:
    if f.quarantined or f.state in {S.CLOSING, S.CLOSED}:
        return []
    routines = []
    scored = f.score is not None and f.trigger is not None
    fresh = f.event in {"bos", "bos before the hedge"}
    if f.state is S.HEALTHY and scored and fresh and f.trails and f.owner is Owner.DTMS and _may(f, Action.TRAIL):
        routines.append(Go("TRAIL", f.state, f.state, (Action.TRAIL,)))
    if f.state is not S.HEDGED and f.gap and _may(f, Action.TIGHTEN):
        routines.append(Go("R-9", f.state, f.state, (Action.TIGHTEN,)))
    if f.state is not S.HEDGED and f.bare and _may(f, Action.PROTECT):
        routines.append(Go("PROTECT", f.state, f.state, (Action.PROTECT,)))
    return routines
