"""
One trade, one event, one decision: the next record, the command to send, the figures behind it.

``_after`` works the event in. A close that is due comes first, else the rule's ``judge`` looks at the result. The caller brings
time and identity.
"""

from dataclasses import dataclass, replace
from typing import Final, NamedTuple

from dtms.engine import close
from dtms.engine.break_even import Finding, Verdict, judge
from dtms.engine.market import Market
from dtms.engine.obligation import Signal, Stage, step
from dtms.engine.orders import tighter
from dtms.engine.trade import Trade
from dtms.names import Outcome, RiskClass, Why
from dtms.settings import BreakEvenSettings, CloseSettings
from dtms.wire.messages import (
    Command,
    ExecutionReport,
    ModifyPosition,
    PositionChanged,
    PositionOpened,
    ReducePosition,
    SymbolSpec,
)

# Causes that pass by themselves: an attempt that failed for one is no attempt. The rest would fail again.
_PASSING: Final = frozenset({Outcome.RETRYABLE, Outcome.EXPIRED})
_PASSING_WHY: Final = frozenset(
    {Why.STOPS_LEVEL, Why.FREEZE_LEVEL, Why.TICKET_BUSY, Why.HANDS_OFF, Why.NOT_MANAGER, Why.PERMISSION}
)
# Market closed, too many requests, locked for processing, frozen: asking again soon makes it no better (link.md, return codes).
_SLOW: Final = frozenset({10018, 10024, 10028, 10029})
_DOUBLINGS: Final = 16  # enough to reach the longest pause from any shortest one


class Look(NamedTuple):
    """Nothing happened to the trade itself: its trigger price was reached, or a check is due."""


class Vanished(NamedTuple):
    """A command became unknown: no outcome came in time (R19)."""

    command_id: int


class Expired(NamedTuple):
    """A command's time ran out and it is known not to have been carried out."""

    command_id: int


class CloseAsked(NamedTuple):
    """Somebody wants the position closed."""

    by: str


Event = PositionOpened | PositionChanged | ExecutionReport | SymbolSpec | Look | Vanished | Expired | CloseAsked


class Moment(NamedTuple):
    """Time (monotonic ms), the id that a command would get, and where the trade's close stands among others."""

    now: int
    command_id: int
    turn: close.Turn = close.Turn.NOW


class Rules(NamedTuple):
    """What the user set."""

    break_even: BreakEvenSettings
    close: CloseSettings


@dataclass(frozen=True, slots=True)
class Decision:
    """The record after the event, the command if there is one, and what the rule found."""

    trade: Trade
    command: Command | None
    finding: Finding


def decide(trade: Trade, event: Event, market: Market, moment: Moment, rules: Rules) -> Decision:
    """Take one event of one trade."""
    trade = close.still_there(_after(trade, event, market, moment, rules), moment.now)
    if close.due(trade, moment.now, moment.turn):
        command = close.command(trade, moment.command_id, rules.close)
        return Decision(close.ordered(trade, moment.command_id), command, _closing(trade, market))
    if close.stands(trade):
        return Decision(trade, None, Finding(Verdict.CLOSING))
    finding = judge(trade, market, moment.now, rules.break_even)
    if finding.verdict is Verdict.ALREADY:
        return Decision(replace(trade, break_even=step(trade.break_even, Signal.NOT_NEEDED)), None, finding)
    if finding.verdict is not Verdict.MOVE or finding.stop is None:
        return Decision(trade, None, finding)
    ordered = replace(
        step(trade.break_even, Signal.ORDERED),
        attempts=trade.break_even.attempts + 1,
        command_id=moment.command_id,
        target=finding.stop,
    )
    return Decision(replace(trade, break_even=ordered), _move(trade, finding.stop, moment.command_id), finding)


def shown(decision: Decision) -> Decision:
    """Return the decision as observe mode takes it: on record, no command."""
    if decision.command is None:
        return decision
    obligation = replace(decision.trade.break_even, stage=Stage.ARMED, attempts=0, command_id=0)
    return replace(decision, command=None, trade=replace(decision.trade, break_even=step(obligation, Signal.SHOWN)))


def withdrawn(decision: Decision) -> Decision:
    """Return the decision without its command, where nobody can carry it out now; the event itself stays worked in."""
    if isinstance(decision.command, ReducePosition):
        return replace(decision, command=None, trade=close.taken_back(decision.trade))
    before = decision.trade.break_even
    obligation = replace(before, stage=Stage.ARMED, attempts=before.attempts - 1, command_id=0, target=None)
    return replace(decision, command=None, trade=replace(decision.trade, break_even=obligation))


def _move(trade: Trade, stop: float, command_id: int) -> ModifyPosition:
    position = trade.position
    return ModifyPosition(
        command_id=command_id,
        deadline_ms=0,  # the session stamps it when the frame leaves
        risk_class=RiskClass.NEUTRAL,
        ticket=position.ticket,
        expect_stop=position.stop_loss,
        expect_target=position.take_profit,
        stop_loss=stop,
        take_profit=position.take_profit,  # sent back unchanged: leaving it out would erase it
    )


def _closing(trade: Trade, market: Market) -> Finding:
    if market.quote is None:
        return Finding(Verdict.CLOSING)
    exit_price = market.quote.exit_price(trade.side)
    return Finding(Verdict.CLOSING, exit_price, trade.r_now(exit_price))


def _after(trade: Trade, event: Event, market: Market, moment: Moment, rules: Rules) -> Trade:
    """Return the record with the event worked in; nothing is decided yet."""
    match event:
        case PositionOpened() | PositionChanged():
            return _confirmed(trade.seen(event.position), market)
        case CloseAsked():
            return close.asked(trade)
        case ExecutionReport() | Vanished() | Expired() if close.concerns(trade, event.command_id):
            return _closed(trade, event, moment, rules.close)
        case _:
            return _moved(trade, event, market, moment.now, rules.break_even)


def _closed(trade: Trade, event: ExecutionReport | Vanished | Expired, moment: Moment, rule: CloseSettings) -> Trade:
    """Take what became of the close under way."""
    match event:
        case ExecutionReport():
            return close.reported(trade, event, moment.now, rule, moment.turn)
        case Vanished():
            return close.lost(trade)
        case Expired():
            return close.failed(trade, moment.now, rule)


def _moved(trade: Trade, event: Event, market: Market, now: int, rule: BreakEvenSettings) -> Trade:
    """Take what became of the move under way."""
    match event:
        case ExecutionReport():
            return _reported(trade, event, market, now, rule)
        case Vanished() if trade.break_even.command_id == event.command_id:
            return _confirmed(_lost(trade), market)
        case Expired() if trade.break_even.command_id == event.command_id and trade.break_even.under_way:
            return _waits(trade, now, rule)
        case _:
            return trade


def _confirmed(trade: Trade, market: Market) -> Trade:
    """Take the effect for the outcome: a move that was unknown and whose stop is there is done."""
    obligation = trade.break_even
    if obligation.stage is Stage.UNKNOWN and _reached(trade, market):
        return replace(trade, break_even=step(obligation, Signal.CONFIRMED))
    return trade


def _reached(trade: Trade, market: Market) -> bool:
    target, stop = trade.break_even.target, trade.position.stop_loss
    if target is None or stop is None:
        return False
    tick_size = market.spec.tick_size if market.spec is not None else 0.0
    return not tighter(target, stop, trade.side, tick_size) or stop == target


def _reported(trade: Trade, report: ExecutionReport, market: Market, now: int, rule: BreakEvenSettings) -> Trade:
    obligation = trade.break_even
    if not obligation.under_way or report.command_id != obligation.command_id:
        return trade
    if report.outcome is Outcome.UNKNOWN:
        return _confirmed(_lost(trade), market)
    # Another ticket under the id is the position's next generation, or ours under a name that is not told yet.
    told = report.position_volume > 0 and report.position_id == trade.key.position_id and report.ticket == trade.position.ticket
    if told and report.outcome in {Outcome.DONE, Outcome.STALE_VIEW}:
        # The terminal's own read-back: what stands there now, whoever put it there.
        present = {"stop_loss": report.stop_loss, "take_profit": report.take_profit}
        trade = trade.seen(trade.position.model_copy(update=present))
    if report.outcome is Outcome.DONE and _reached(trade, market):
        return replace(trade, break_even=step(obligation, Signal.CONFIRMED))
    if _passes(report):
        return _waits(trade, now, rule, slow=report.retcode in _SLOW)
    return _failed(trade, now, rule)


def _passes(report: ExecutionReport) -> bool:
    """Return whether the cause passes by itself; done elsewhere than asked is the broker's distance, which goes with the market."""
    if report.outcome is Outcome.DENIED:
        return report.why in _PASSING_WHY
    return report.outcome in _PASSING or report.outcome is Outcome.DONE


def _lost(trade: Trade) -> Trade:
    return replace(trade, break_even=step(trade.break_even, Signal.LOST)) if trade.break_even.stage is Stage.PENDING else trade


def _failed(trade: Trade, now: int, rule: BreakEvenSettings) -> Trade:
    obligation = trade.break_even
    signal = Signal.EXHAUSTED if obligation.attempts >= rule.max_attempts else Signal.FAILED
    after = replace(step(obligation, signal), not_before=now + _pause(obligation.attempts, rule), command_id=0, target=None)
    return replace(trade, break_even=after)


def _waits(trade: Trade, now: int, rule: BreakEvenSettings, *, slow: bool = False) -> Trade:
    """Take that it was not done for a cause that passes: it is decided anew after a pause, as often as it takes."""
    obligation = trade.break_even
    waits = obligation.waits + 1
    pause = rule.retry_max_ms if slow else _pause(waits, rule)
    after = replace(step(obligation, Signal.FAILED), not_before=now + pause, command_id=0, target=None)
    return replace(trade, break_even=replace(after, attempts=obligation.attempts - 1, waits=waits))


def _pause(times: int, rule: BreakEvenSettings) -> int:
    return min(rule.retry_ms << min(max(times - 1, 0), _DOUBLINGS), rule.retry_max_ms)
