"""What is said of a look: transitions, and what is said once: a long closure, a position without a stop, data that came or went."""

from collections.abc import Sequence
from dataclasses import replace

from dtms.defence_names import NoteKind, Quality, State
from dtms.engine.defence.notes import Note, note
from dtms.engine.defence.rails import gap_is_near
from dtms.engine.defence.record import Defence
from dtms.engine.defence.situation import Situation
from dtms.engine.defence.step import Looked, Taken
from dtms.engine.defence.stops import Aim, protected, tightened
from dtms.engine.orders import tighter
from dtms.engine.trade import Trade
from dtms.names import OpenKind
from dtms.settings_defence import Preset, Protection
from dtms.settings_rails import GapGuard
from dtms.wire.messages import SymbolSpec

_LOT = 0.01
_STEP_DUST = 1e-6  # volumes are decimal text


def transition(row: Taken, looked: Sequence[Looked], now: Situation) -> Note:
    """Return the note of a row that led to another state; ``looked`` are the rows that were read, with what flags come from."""
    read = [one for one in looked if one.row == row.row and one.source is row.source]
    because = [check.why for one in read for check in one.checks if check.why and check.holds is one.holds]
    why = f"{row.why} ({'; '.join(because)})" if because else row.why
    score = None if now.scored is None else now.scored.total
    return note(
        NoteKind.TRANSITION,
        f"{row.source.value} -> {row.to.value}: {why}",
        row=row.row,
        source=row.source.value,
        to=row.to.value,
        score=score,
        r_now=now.r_now,
    )


def quality(now: Situation) -> tuple[Defence, tuple[Note, ...]]:
    """Return the record with what a deep check had to go on, and what changed in that."""
    record = now.record
    if now.trigger is None:
        return record, ()
    found = Quality.GOOD if now.valid is not None else Quality.INVALID
    if found is record.quality:
        return record, ()
    said = (note(NoteKind.DATA, f"the score is {found.value}"),) if Quality.INVALID in {found, record.quality} else ()
    return replace(record, quality=found), said


def gap(now: Situation) -> tuple[Defence, tuple[Note, ...]]:
    """Return the record with a long closure that is near latched, and its warning, with what would be done (R-9)."""
    record, guard, closure = now.record, now.rules.rails.gap.guard, now.view.closure
    told = closure is not None and record.latches.gap == closure.starts
    off = guard is GapGuard.OFF or now.rules.defence.preset is Preset.OFF
    # While hedged no stop is moved: what the guard is to do waits for the hedge's end.
    waits = guard is GapGuard.TIGHTEN and record.state is State.HEDGED
    if closure is None or told or off or waits or not gap_is_near(now) or record.state in {State.CLOSING, State.CLOSED}:
        return record, ()
    record = replace(record, latches=replace(record.latches, gap=closure.starts))
    level = tightened(now)
    proposed = level.stop if isinstance(level, Aim) else None
    would = "" if guard is not GapGuard.WARN or proposed is None else f"; tighten would set the stop to {proposed:g}"
    said = note(
        NoteKind.GAP,
        f"the market closes for long; guard: {guard.value}{would}",
        starts=closure.starts,
        ends=closure.ends,
        r_now=now.r_now,
        stop=now.trade.position.stop_loss,
        tightened=proposed,
    )
    return record, (said,)


def bare(now: Situation) -> tuple[Defence, tuple[Note, ...]]:
    """Return the record with a missing stop latched, and the proposal of one."""
    record, trade, protect = now.record, now.trade, now.rules.defence.stops.protect
    has_stop = trade.position.stop_loss is not None or trade.initial_stop is not None
    if has_stop or record.latches.bare or protect is Protection.OFF or now.rules.defence.preset is Preset.OFF:
        return record, ()
    level = protected(now)
    if not isinstance(level, Aim):
        return record, ()
    record = replace(record, latches=replace(record.latches, bare=True))
    return record, (note(NoteKind.BARE, "the position has no stop", proposed=level.stop, risk=record.risk),)


def uneven(before: Trade, after: Trade, spec: SymbolSpec | None, ratio: float) -> tuple[Note, ...]:
    """Return the alarm, once, that a living hedge has not the volume that it is to have: filled in part, or changed by a person."""
    was, short = _short(before, ratio), _short(after, ratio)
    if short is None or short == was or abs(short) < (_LOT if spec is None else spec.volume_step) * (1 - _STEP_DUST):
        return ()
    text = f"the hedge is {'smaller' if short > 0 else 'larger'} than it is to be"
    return (note(NoteKind.ALARM, text, volume=after.position.volume, hedge=_hedged(after)),)


def _short(trade: Trade, ratio: float) -> float | None:
    record, hedge = trade.defence, _hedged(trade)
    if record is None or record.gone or record.state is State.CLOSING or hedge == 0:
        return None
    return trade.position.volume * ratio - hedge


def _hedged(trade: Trade) -> float:
    return sum(leg.held.position.volume for leg in trade.legs if leg.kind is OpenKind.HEDGE)


def loosened(before: Trade, after: Trade, tick_size: float) -> tuple[Note, ...]:
    """Return the note that somebody moved the stop away from the market, or took it away; it is kept as it is (7.1)."""
    was, now_is = before.position.stop_loss, after.position.stop_loss
    if was is None or was == now_is or (now_is is not None and not tighter(was, now_is, after.side, tick_size)):
        return ()
    return (note(NoteKind.LOOSENED, "the stop was moved away from the market", before=was, after=now_is),)
