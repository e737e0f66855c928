"""
What became of a command that a duty was under way for: from report or evidence to the record (R19, R22).

A key is spent only by the confirmed effect. What a partial closed is booked as it is seen, whatever the report calls it, and its
target stays: the next attempt closes the rest and no more.
"""

from dataclasses import replace
from typing import Final

from dtms.defence_names import Action, NoteKind
from dtms.engine.defence.duties import ONCE, holder
from dtms.engine.defence.family import joined, kin, leg_of
from dtms.engine.defence.notes import Note, note
from dtms.engine.defence.record import Defence, Duty
from dtms.engine.defence.rules import DefenceRules
from dtms.engine.obligation import Signal, Stage, step
from dtms.engine.orders import tighter
from dtms.engine.retries import SLOW, passes, pause
from dtms.engine.trade import Trade
from dtms.names import OpenKind, Outcome, Reason, Side
from dtms.settings_defence import RetrySettings
from dtms.wire.messages import ExecutionReport, Position, SymbolSpec
from dtms.wire.tag import tag

OPENS: Final = {Action.OPEN_HEDGE: OpenKind.HEDGE, Action.RE_ADD: OpenKind.READD}
_FILLED: Final = frozenset({Outcome.DONE, Outcome.PARTIAL})
Result = tuple[Trade, tuple[Note, ...]]


def reported(trade: Trade, report: ExecutionReport, spec: SymbolSpec | None, now: int, rules: DefenceRules) -> Result:
    """Take the terminal's answer to a duty under way; one to anything else changes nothing."""
    record = trade.defence
    duty = None if record is None else holder(record, report.command_id)
    if record is None or duty is None:
        return trade, ()
    if report.outcome is Outcome.UNKNOWN:
        return settled(lost(trade, report.command_id), spec)
    if duty.action in OPENS:
        return _opened(trade, duty, report, now, rules)
    trade = _read_back(trade, report)
    before = duty.volume
    record, duty = _booked(record, duty, trade)
    trade = replace(trade, defence=record)
    if _reached(trade, duty, spec) and report.outcome in _FILLED:
        return _confirmed(trade, record, duty)
    if report.outcome is Outcome.PARTIAL and duty.volume != before:
        return _again(trade, record, duty, now), ()  # it went forward: the rest at once
    return failed(trade, report.command_id, now, rules, report)


def lost(trade: Trade, command_id: int) -> Trade:
    """Take that nobody knows what became of it: only evidence ends that."""
    record = trade.defence
    duty = None if record is None else holder(record, command_id)
    if record is None or duty is None or duty.work.stage is not Stage.PENDING:
        return trade
    return replace(trade, defence=record.with_duty(duty, replace(duty, work=step(duty.work, Signal.LOST))))


def settled(trade: Trade, spec: SymbolSpec | None) -> Result:
    """Take the effect for the outcome: what was unknown and can be seen is done."""
    notes: tuple[Note, ...] = ()
    for duty in () if trade.defence is None else trade.defence.duties:
        record = trade.defence
        if record is None or duty.work.stage is not Stage.UNKNOWN:
            continue
        record, duty = _booked(record, duty, trade)  # noqa: PLW2901 - the duty as it is now
        trade = replace(trade, defence=record)
        if _seen(trade, duty) if duty.action in OPENS else _reached(trade, duty, spec):
            trade, said = _confirmed(trade, record, duty)
            notes += said
    return trade, notes


def failed(trade: Trade, command_id: int, now: int, rules: DefenceRules, report: ExecutionReport | None = None) -> Result:
    """
    Take that it was not done; without a report its time ran out.

    A cause that passes is no attempt, except for openings: they are wanted now, and each failure of a hedge brings its substitute
    nearer.
    """
    record = trade.defence
    duty = None if record is None else holder(record, command_id)
    if record is None or duty is None:
        return trade, ()
    retry = rules.defence.retry
    if duty.action is Action.OPEN_HEDGE:
        record = replace(record, refusals=record.refusals + 1)
    if duty.action not in OPENS and (report is None or passes(report)):
        return _waits(trade, record, duty, now, retry, slow=report is not None and report.retcode in SLOW)
    attempts = duty.work.attempts
    gives_up = attempts >= retry.max_attempts
    work = step(duty.work, Signal.EXHAUSTED if gives_up else Signal.FAILED)
    wait = pause(attempts, retry.retry_ms, retry.retry_max_ms)
    return replace(trade, defence=_put_off(record, duty, replace(duty, work=work), now + wait)), _alarm(duty, attempts, gives_up)


def _waits(trade: Trade, record: Defence, duty: Duty, now: int, retry: RetrySettings, *, slow: bool) -> Result:
    waits = duty.work.waits + 1
    wait = retry.retry_max_ms if slow else pause(waits, retry.retry_ms, retry.retry_max_ms)
    work = replace(step(duty.work, Signal.FAILED), attempts=duty.work.attempts - 1, waits=waits)
    trade = replace(trade, defence=_put_off(record, duty, replace(duty, work=work), now + wait))
    return trade, _alarm(duty, waits, waits == retry.max_attempts)


def _alarm(duty: Duty, times: int, raised: bool) -> tuple[Note, ...]:
    if not raised:
        return ()
    return (note(NoteKind.ALARM, f"{duty.action.value} has failed {times} times", action=duty.action.value, attempts=times),)


def _again(trade: Trade, record: Defence, duty: Duty, now: int) -> Trade:
    work = replace(step(duty.work, Signal.FAILED), attempts=0)
    return replace(trade, defence=_put_off(record, duty, replace(duty, work=work), now))


def _put_off(record: Defence, before: Duty, after: Duty, not_before: int) -> Defence:
    target = before.work.target if before.action is Action.PARTIAL else None
    return record.with_duty(before, replace(after, work=replace(after.work, not_before=not_before, command_id=0, target=target)))


def _confirmed(trade: Trade, record: Defence, duty: Duty) -> Result:
    if duty.action in ONCE:
        record = record.spend(duty)
    if duty.action is Action.PARTIAL:
        record = replace(record, partials=record.partials + 1)
    record = record.with_duty(duty, replace(duty, work=step(duty.work, Signal.CONFIRMED)))
    position = trade.position
    said = note(
        NoteKind.DONE, duty.action.value, action=duty.action.value, row=duty.row, stop=position.stop_loss, volume=position.volume
    )
    return replace(trade, defence=record), (said,)


def _read_back(trade: Trade, report: ExecutionReport) -> Trade:
    """Return the trade with what the terminal itself says stands there now, whoever put it there."""
    position = trade.position
    told = report.position_volume > 0 and report.position_id == position.position_id and report.ticket in {0, position.ticket}
    if not told or report.outcome not in {*_FILLED, Outcome.STALE_VIEW}:
        return trade
    present = {"stop_loss": report.stop_loss, "take_profit": report.take_profit, "volume": report.position_volume}
    return trade.seen(position.model_copy(update=present))


def _booked(record: Defence, duty: Duty, trade: Trade) -> tuple[Defence, Duty]:
    """Return record and duty with what a partial has closed since it was looked at last."""
    volume = trade.position.volume
    if duty.action is not Action.PARTIAL or duty.volume is None or volume >= duty.volume:
        return record, duty
    seen = replace(duty, volume=volume)
    booked = replace(record, closed_volume=record.closed_volume + duty.volume - volume)
    return booked.with_duty(duty, seen), seen


def _reached(trade: Trade, duty: Duty, spec: SymbolSpec | None) -> bool:
    target, position = duty.work.target, trade.position
    if target is None:
        return False
    if duty.action is Action.PARTIAL:
        return position.volume <= target + (0.0 if spec is None else spec.volume_step / 2)
    stop, tick_size = position.stop_loss, 0.0 if spec is None else spec.tick_size
    return stop is not None and (stop == target or not tighter(target, stop, trade.side, tick_size))


def _seen(trade: Trade, duty: Duty) -> bool:
    """Return whether a leg that the command opened is there; where the broker dropped the tag its comment names no command."""
    wanted, own = OPENS[duty.action], (kin(leg.held.position) for leg in trade.legs)
    return any(found is not None and found.kind is wanted and found.command_id in {0, duty.work.command_id} for found in own)


def _opened(trade: Trade, duty: Duty, report: ExecutionReport, now: int, rules: DefenceRules) -> Result:
    """Take the answer to an opening; filled and gone again already counts as filled and lost."""
    if report.outcome not in _FILLED or report.volume <= 0:
        return failed(trade, report.command_id, now, rules, report)
    kind = OPENS[duty.action]
    position_id = report.position_id or report.order
    if position_id <= 0:
        return lost(trade, report.command_id), ()
    trade, said = _confirmed(trade, trade.defence or Defence(), duty)
    if leg_of(trade, position_id) is not None:
        return trade, said
    if report.position_volume > 0:
        return joined(trade, _leg_position(trade, report, position_id, kind), kind), said
    if kind is OpenKind.HEDGE and trade.defence is not None:
        trade = replace(trade, defence=replace(trade.defence, refusals=rules.defence.hedge.refusals))
    return trade, said


def _leg_position(trade: Trade, report: ExecutionReport, position_id: int, kind: OpenKind) -> Position:
    own = trade.side
    opposite = Side.SELL if own is Side.BUY else Side.BUY
    return Position(
        position_id=position_id,
        ticket=report.ticket or position_id,
        symbol=trade.position.symbol,
        side=opposite if kind is OpenKind.HEDGE else own,
        volume=report.position_volume,
        price_open=report.price or trade.position.price_open,
        stop_loss=report.stop_loss,
        take_profit=report.take_profit,
        magic=tag(kind, report.command_id),
        comment="",
        ts_open=report.ts_event,
        swap=0.0,
        commission=0.0,
        profit=0.0,
        reason=Reason.EXPERT,
    )
