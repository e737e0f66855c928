"""
One trade, one event, one decision: the next record, the command to send, the figures behind it.

``_after`` works the event in. A close that somebody asked for comes first, then the defence (``engine.defence``) with its own
closes, then the break-even rule's ``judge``. The caller brings time and identity.
"""

from dataclasses import dataclass, replace

from dtms.defence_names import State, Trigger
from dtms.engine import close, moves
from dtms.engine.break_even import Finding, Verdict, judge
from dtms.engine.defence import facts
from dtms.engine.defence.closing import alarms, ends, main_gone, next_leg
from dtms.engine.defence.conduct import Defended, busy, defended
from dtms.engine.defence.events import DeepCheck, Gone
from dtms.engine.defence.family import with_leg
from dtms.engine.defence.notes import Note
from dtms.engine.defence.proof import Proof
from dtms.engine.defence.rails import spikes
from dtms.engine.defence.record import Defence
from dtms.engine.defence.situation import Situation
from dtms.engine.defence.telling import uneven
from dtms.engine.events import CloseAsked, Ending, Event, Expired, Look, Moment, Rules, Vanished
from dtms.engine.market import Market
from dtms.engine.obligation import Obligation
from dtms.engine.trade import Trade
from dtms.engine.unsent import observed, taken_back
from dtms.settings import CloseSettings
from dtms.settings_defence import Preset
from dtms.wire.messages import Command, ExecutionReport, PositionChanged, PositionClosed, PositionOpened

__all__ = ["CloseAsked", "Decision", "Event", "Expired", "Look", "Moment", "Rules", "Vanished", "decide", "shown", "withdrawn"]


@dataclass(frozen=True, slots=True)
class Decision:
    """
    The record after the event, the command if there is one, and what the break-even rule found.

    ``notes``, ``deep`` (the deep check that is wanted now) and ``proof`` are the defence's.
    """

    trade: Trade
    command: Command | None
    finding: Finding
    notes: tuple[Note, ...] = ()
    deep: Trigger | None = None
    proof: Proof | None = None


def decide(trade: Trade, event: Event, market: Market, moment: Moment, rules: Rules) -> Decision:
    """Take one event of one trade."""
    before = trade
    trade, said = _after(trade, event, market, moment, rules)
    trade = close.still_there(trade, moment.now)
    if rules.defence is None or not _watched(trade, rules.defence.defence.preset):
        return _bare(trade, market, moment, rules)
    asked = close.due(trade, moment.now, moment.turn) or close.stands(trade)
    if asked and not ends(trade) and not main_gone(trade):
        return replace(_bare(trade, market, moment, rules), notes=said)  # somebody wants the end: nothing else is to be done
    trigger = event.trigger if isinstance(event, DeepCheck) else None
    now = Situation(
        trade,
        trade.defence or Defence(),
        market,
        rules.defence,
        rules.break_even,
        moment.now,
        moment.utc,
        moment.command_id,
        trigger,
    )
    seen = defended(now, rules.close)
    said += uneven(before, trade, market.spec, rules.defence.defence.hedge.ratio)
    said += alarms(before, seen.trade, rules.defence.defence.retry.close_alarm) + seen.notes
    decision = _commanded(seen, market, moment, rules)
    proof: Proof | None = None
    if trigger is not None or seen.taken or decision.command is not None or seen.notes:
        state = State.CLOSED if decision.trade.defence is None else decision.trade.defence.state
        inputs = (before, event, market, moment, rules, rules.defence.digest)
        proof = Proof(*inputs, seen.looked, seen.taken, state, decision.command, said)
    return Decision(decision.trade, decision.command, decision.finding, said, seen.deep, proof)


def _watched(trade: Trade, preset: Preset) -> bool:
    """Return whether the defence has anything to do with the trade; what it began is ended where it is switched off since."""
    begun = bool(trade.legs) or (trade.defence is not None and trade.defence.state is not State.ARMED)
    return begun or (trade.managed and preset is not Preset.OFF)


def _commanded(seen: Defended, market: Market, moment: Moment, rules: Rules) -> Decision:
    """Choose the command: closes first, then what the defence owes, then the break-even rule."""
    trade, record = seen.trade, seen.trade.defence or Defence()
    if close.due(trade, moment.now, moment.turn) and not record.gone:
        return _bare(trade, market, moment, rules)
    leg = next_leg(trade, moment.now)
    if leg is not None:
        ordered = with_leg(trade, leg, close.ordered(leg.held, moment.command_id))
        return Decision(ordered, close.command(leg.held, moment.command_id, rules.close), _closing(trade, market))
    if seen.order is not None:
        return Decision(trade, seen.order.command, Finding(Verdict.HELD))
    if record.gone or record.state in {State.CLOSING, State.CLOSED}:
        return Decision(trade, None, Finding(Verdict.CLOSING))
    # While hedged nothing is trailed (reading 33); the outcome of another command, or a spike to pass, is waited for.
    waits = busy(replace(trade, break_even=Obligation())) or (rules.defence is not None and spikes(market, rules.defence.rails))
    if record.state is State.HEDGED or waits:
        return Decision(trade, None, Finding(Verdict.HELD))
    return _bare(trade, market, moment, rules)


def _bare(trade: Trade, market: Market, moment: Moment, rules: Rules) -> Decision:
    """Decide on what needs no defence: a close that is owed, the break-even rule."""
    if close.due(trade, moment.now, moment.turn):
        command = close.command(trade, moment.command_id, rules.close)
        return Decision(close.ordered(trade, moment.command_id), command, _closing(trade, market))
    if close.stands(trade):
        return Decision(trade, None, Finding(Verdict.CLOSING))
    finding = judge(trade, market, moment.now, rules.break_even)
    if finding.verdict is Verdict.ALREADY:
        return Decision(moves.not_needed(trade), None, finding)
    if finding.verdict is not Verdict.MOVE or finding.stop is None:
        return Decision(trade, None, finding)
    ordered, move = moves.ordered(trade, finding.stop, moment.command_id)
    return Decision(ordered, move, finding)


def shown(decision: Decision) -> Decision:
    """Return the decision as observe mode takes it: on record, no command."""
    if decision.command is None:
        return decision
    return replace(decision, command=None, trade=observed(decision.trade, decision.command.command_id))


def withdrawn(decision: Decision) -> Decision:
    """Return the decision without its command, where nobody can carry it out now; the event itself stays worked in."""
    if decision.command is None:
        return decision
    return replace(decision, command=None, trade=taken_back(decision.trade, decision.command.command_id))


def _closing(trade: Trade, market: Market) -> Finding:
    if market.quote is None:
        return Finding(Verdict.CLOSING)
    exit_price = market.quote.exit_price(trade.side)
    return Finding(Verdict.CLOSING, exit_price, trade.r_now(exit_price))


def _after(trade: Trade, event: Event, market: Market, moment: Moment, rules: Rules) -> tuple[Trade, tuple[Note, ...]]:
    """Return the record with the event worked in; nothing is decided yet."""
    match event:
        case PositionOpened() | PositionChanged():
            trade, said = facts.present(trade, event.position, market.spec)
            return moves.confirmed(trade, market), said
        case PositionClosed() | Gone():
            return facts.gone(trade, event.position_id), ()
        case CloseAsked():
            return close.asked(trade), ()
        case ExecutionReport() | Vanished() | Expired():
            return _ended(trade, event, market, moment, rules)
        case _:
            return trade, ()


def _ended(trade: Trade, event: Ending, market: Market, moment: Moment, rules: Rules) -> tuple[Trade, tuple[Note, ...]]:
    """Take what became of a command."""
    if close.concerns(trade, event.command_id):
        return _closed(trade, event, moment, rules.close), ()
    if moves.concerns(trade, event.command_id):
        return moves.ended(trade, event, market, moment.now, rules.break_even), ()
    match event:
        case ExecutionReport():
            return facts.reported(trade, event, market.spec, moment.now, rules)
        case Vanished():
            return facts.lost(trade, event.command_id, market.spec)
        case Expired():
            return facts.expired(trade, event.command_id, moment.now, rules)


def _closed(trade: Trade, event: Ending, moment: Moment, rule: CloseSettings) -> Trade:
    """Take what became of the close under way."""
    match event:
        case ExecutionReport():
            return close.reported(trade, event, moment.now, rule, moment.turn)
        case Vanished():
            return close.lost(trade)
        case Expired():
            return close.failed(trade, moment.now, rule)
