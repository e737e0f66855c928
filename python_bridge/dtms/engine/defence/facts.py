"""
Facts worked into a trade's record before anything is decided: positions seen and gone, commands ended.

A fact about another position than the trade's own is one about a leg; one that is not of the family changes nothing.
"""

from dataclasses import replace

from dtms.defence_names import State
from dtms.engine import close
from dtms.engine.defence import outcomes
from dtms.engine.defence.family import joined, kin, leg_closing, leg_of, parted, with_leg
from dtms.engine.defence.notes import Note
from dtms.engine.defence.rules import DefenceRules
from dtms.engine.defence.telling import loosened
from dtms.engine.events import Rules
from dtms.engine.trade import Trade
from dtms.names import OpenKind
from dtms.wire.messages import ExecutionReport, Position, SymbolSpec

Result = tuple[Trade, tuple[Note, ...]]


def present(trade: Trade, position: Position, spec: SymbolSpec | None) -> Result:
    """Take that a position of the family is there, and how."""
    if position.position_id == trade.key.position_id:
        tick_size = 0.0 if spec is None else spec.tick_size
        seen = _alive(trade.seen(position))
        seen, said = outcomes.settled(seen, spec)
        return seen, said + (loosened(trade, seen, tick_size) if trade.defence is not None else ())
    known, found = leg_of(trade, position.position_id), kin(position)
    if known is None and found is None:
        return trade, ()
    kind = known.kind if known is not None else found.kind if found is not None else OpenKind.READD
    return outcomes.settled(_hedged(joined(trade, position, kind), position, kind), spec)


def _alive(trade: Trade) -> Trade:
    record = trade.defence
    back = record is not None and record.gone and record.state is not State.CLOSED
    return replace(trade, defence=replace(record, gone=False)) if back and record is not None else trade


def _hedged(trade: Trade, position: Position, kind: OpenKind) -> Trade:
    record = trade.defence
    if record is None or kind is not OpenKind.HEDGE:
        return trade
    return replace(trade, defence=replace(record, hedged_at_utc=position.ts_open))


def gone(trade: Trade, position_id: int) -> Trade:
    """Take that a position of the family is gone."""
    if position_id != trade.key.position_id:
        return parted(trade, position_id)
    record = trade.defence
    if record is None:
        return trade
    # What was owed for the position itself has nobody to reach any more; an opening may still bring a leg.
    duties = tuple(duty for duty in record.duties if duty.action in outcomes.OPENS)
    return replace(trade, defence=replace(record, gone=True, duties=duties))


def reported(trade: Trade, report: ExecutionReport, spec: SymbolSpec | None, now: int, rules: Rules) -> Result:
    """Take the terminal's answer to a command for a leg's close or a duty."""
    leg = leg_closing(trade, report.command_id)
    if leg is not None:
        return with_leg(trade, leg, close.reported(leg.held, report, now, rules.close)), ()
    trade, said = outcomes.reported(trade, report, spec, now, rules.defence or DefenceRules())
    hedge = next((leg.held.position for leg in trade.legs if leg.kind is OpenKind.HEDGE), None)
    return (trade if hedge is None else _hedged(trade, hedge, OpenKind.HEDGE)), said


def lost(trade: Trade, command_id: int, spec: SymbolSpec | None) -> Result:
    """Take that the outcome of a command did not come in time (R19)."""
    leg = leg_closing(trade, command_id)
    if leg is not None:
        return with_leg(trade, leg, close.lost(leg.held)), ()
    return outcomes.settled(outcomes.lost(trade, command_id), spec)


def expired(trade: Trade, command_id: int, now: int, rules: Rules) -> Result:
    """Take that a command is known not to have been carried out."""
    leg = leg_closing(trade, command_id)
    if leg is not None:
        return with_leg(trade, leg, close.failed(leg.held, now, rules.close)), ()
    return outcomes.failed(trade, command_id, now, rules.defence or DefenceRules())
