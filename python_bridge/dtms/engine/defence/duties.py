"""
What is owed for a trade: taken on, dropped, ordered, put off.

One command at a time: the first duty that can be carried out now is ordered, one that has to wait lets the next pass. A hedge alone
waits for a partial that is still owed, or it would be larger than the position.
"""

from collections.abc import Iterable
from dataclasses import replace
from typing import Final, NamedTuple

from dtms.defence_names import Action, NoteKind, Rail
from dtms.engine.defence.actions import Order, Plan, Refused, planned
from dtms.engine.defence.notes import Note, note
from dtms.engine.defence.rails import holding, told
from dtms.engine.defence.record import Defence, Duty
from dtms.engine.defence.situation import Situation
from dtms.engine.defence.stops import Never, NotNow
from dtms.engine.obligation import Obligation, Signal, Stage, step

# Done at most once an episode; the key is spent by the confirmed effect or by a skip for a reason (R22).
ONCE: Final = frozenset({Action.PARTIAL, Action.OPEN_HEDGE, Action.RE_ADD})
_MINUTE_MS: Final = 60_000


class Attempt(NamedTuple):
    """The record after looking through what is owed, the order if there is one, and what there is to say."""

    record: Defence
    order: Order | None
    notes: tuple[Note, ...]


def owe(record: Defence, action: Action, row: str, *, front: bool = False) -> Defence:
    """Return the record with the action owed, unless it is already or was done in this episode."""
    if record.duty(action) is not None or (action in ONCE and record.was_spent(action)):
        return record
    duty = Duty(action, row, record.episode)
    return replace(record, duties=(duty, *record.duties) if front else (*record.duties, duty))


def drop(record: Defence, actions: Iterable[Action]) -> Defence:
    """Return the record without what is owed of these actions and not under way."""
    gone = frozenset(actions)
    kept = tuple(duty for duty in record.duties if duty.work.under_way or duty.action not in gone)
    return record if len(kept) == len(record.duties) else replace(record, duties=kept)


def attempt(now: Situation) -> Attempt:
    """Order the first duty that can be carried out now."""
    record, notes = now.record, list[Note]()
    for duty in now.record.duties:
        if not _due(duty, record, now.now) or duty.action not in now.having(record).allowed:
            continue
        record, plan = _looked_at(duty, now.having(record))
        if isinstance(plan, Order):
            notes += [note(NoteKind.ORDERED, f"{duty.action.value}: {plan.said}", action=duty.action.value)] if plan.said else []
            return Attempt(record, plan, tuple(notes))
        notes += [] if plan is None else _said(duty, plan)
    return Attempt(record, None, tuple(notes))


def _due(duty: Duty, record: Defence, now: int) -> bool:
    waits = duty.action is Action.OPEN_HEDGE and record.duty(Action.PARTIAL) is not None
    return duty.work.stage is Stage.ARMED and now >= duty.work.not_before and not waits


def _looked_at(duty: Duty, now: Situation) -> tuple[Defence, Plan | None]:
    rail = holding(duty, now)
    if rail is not None:
        return _held(duty, rail, now)
    plan = planned(now, duty)
    match plan:
        case Order():
            return _ordered(duty, plan, now), plan
        case Never():
            record = now.record.spend(duty) if duty.action in ONCE else now.record
            return record.with_duty(duty, _over(duty)), plan
        case Refused():
            return replace(now.record.with_duty(duty, _over(duty)), refusals=now.rules.defence.hedge.refusals), plan
        case _:
            return _later(duty, now), None


def _said(duty: Duty, plan: Plan) -> list[Note]:
    why = plan.why if isinstance(plan, Never | NotNow | Refused) else ""
    return [note(NoteKind.SKIPPED, f"{duty.action.value}: {why}", action=duty.action.value, row=duty.row)]


def _over(duty: Duty) -> Duty:
    return replace(duty, work=step(duty.work, Signal.NOT_NEEDED))


def _later(duty: Duty, now: Situation, held_at: int | None = None) -> Defence:
    """Return the record with the duty put off by one pause; ``held_at`` since when R-5 does so."""
    work = replace(duty.work, not_before=now.now + now.rules.defence.retry.retry_ms)
    return now.record.with_duty(duty, replace(duty, work=work, held_at=held_at))


def _held(duty: Duty, rail: Rail, now: Situation) -> tuple[Defence, Plan | None]:
    """Put the duty off; an opening that has waited as long as R-5 allows has failed: a hedge once, a re-add for good."""
    if rail is not Rail.SPREAD:
        return _later(duty, now, duty.held_at), None  # a wait for commands to be allowed is none for the spread
    since = now.now if duty.held_at is None else duty.held_at
    waited = now.now - since >= now.rules.rails.spread_wait_ms
    if not waited or duty.action is Action.TRAIL:
        return _later(duty, now, since), None
    if duty.action is Action.RE_ADD:
        return now.record.spend(duty).with_duty(duty, _over(duty)), Never(told(rail, now))
    return replace(_later(duty, now), refusals=now.record.refusals + 1), NotNow(told(rail, now))


def _ordered(duty: Duty, order: Order, now: Situation) -> Defence:
    work = replace(step(duty.work, Signal.ORDERED), attempts=duty.work.attempts + 1, command_id=now.command_id, target=order.target)
    volume = max(now.trade.position.volume, duty.volume or 0.0)
    sent = tuple(at for at in now.record.sent_at if now.now - at < _MINUTE_MS)
    record = now.record.with_duty(duty, replace(duty, work=work, volume=volume, held_at=None))
    if duty.action is Action.OPEN_HEDGE:
        record = replace(record, hedged_volume=now.trade.position.volume)
    return replace(record, sent_at=(*sent, now.now))


def holder(record: Defence, command_id: int) -> Duty | None:
    """Return the duty that the command is under way for."""
    return next((duty for duty in record.duties if duty.work.under_way and duty.work.command_id == command_id), None)


def taken_back(record: Defence, command_id: int) -> Defence:
    """Return the record as before the order: nobody can carry it out now."""
    duty = holder(record, command_id)
    if duty is None:
        return record
    target = duty.work.target if duty.action is Action.PARTIAL else None
    work = replace(duty.work, stage=Stage.ARMED, attempts=duty.work.attempts - 1, command_id=0, target=target)
    return replace(record.with_duty(duty, replace(duty, work=work)), sent_at=record.sent_at[:-1])


def observed(record: Defence, command_id: int) -> Defence:
    """Return the record as observe mode takes it: the order is on record, and nothing is owed any more."""
    duty = holder(record, command_id)
    if duty is None:
        return record
    record = record.spend(duty, shown=True) if duty.action in ONCE else record
    return record.with_duty(duty, replace(duty, work=step(Obligation(), Signal.SHOWN)))
