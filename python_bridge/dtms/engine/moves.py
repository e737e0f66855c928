"""The break-even rule's move: ordered once, ended by its outcome or by the stop that is seen, tried again after a pause (R22)."""

from dataclasses import replace

from dtms.engine.events import Ending, Expired, Vanished
from dtms.engine.market import Market
from dtms.engine.obligation import Signal, Stage, step
from dtms.engine.orders import tighter
from dtms.engine.retries import SLOW, passes, pause
from dtms.engine.trade import Trade
from dtms.names import Outcome, RiskClass
from dtms.settings import BreakEvenSettings
from dtms.wire.messages import ExecutionReport, ModifyPosition


def ordered(trade: Trade, stop: float, command_id: int) -> tuple[Trade, ModifyPosition]:
    """Return the trade with its move under way, and the command."""
    before = trade.break_even
    after = replace(step(before, Signal.ORDERED), attempts=before.attempts + 1, command_id=command_id, target=stop)
    position = trade.position
    command = ModifyPosition(
        command_id=command_id,
        deadline_ms=0,  # the session stamps it when the frame leaves
        risk_class=RiskClass.NEUTRAL,
        ticket=position.ticket,
        expect_stop=position.stop_loss,
        expect_target=position.take_profit,
        stop_loss=stop,
        take_profit=position.take_profit,  # sent back unchanged: leaving it out would erase it
    )
    return replace(trade, break_even=after), command


def not_needed(trade: Trade) -> Trade:
    """Take that the stop is there or beyond."""
    return replace(trade, break_even=step(trade.break_even, Signal.NOT_NEEDED))


def observed(trade: Trade) -> Trade:
    """Return the trade as observe mode takes it: on record, nothing sent."""
    obligation = replace(trade.break_even, stage=Stage.ARMED, attempts=0, command_id=0)
    return replace(trade, break_even=step(obligation, Signal.SHOWN))


def taken_back(trade: Trade) -> Trade:
    """Return the trade as before ``ordered``: nobody can carry it out now."""
    before = trade.break_even
    return replace(trade, break_even=replace(before, stage=Stage.ARMED, attempts=before.attempts - 1, command_id=0, target=None))


def concerns(trade: Trade, command_id: int) -> bool:
    """Return whether the command is the trade's move under way."""
    return trade.break_even.under_way and trade.break_even.command_id == command_id


def ended(trade: Trade, event: Ending, market: Market, now: int, rule: BreakEvenSettings) -> Trade:
    """Take what became of the move under way."""
    match event:
        case ExecutionReport():
            return _reported(trade, event, market, now, rule)
        case Vanished():
            return confirmed(_lost(trade), market)
        case Expired():
            return _waits(trade, now, rule)


def confirmed(trade: Trade, market: Market) -> Trade:
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
    if report.outcome is Outcome.UNKNOWN:
        return confirmed(_lost(trade), market)
    # Another ticket under the id is the position's next generation, or ours under a name that is not told yet.
    told = report.position_volume > 0 and report.position_id == trade.key.position_id and report.ticket == trade.position.ticket
    if told and report.outcome in {Outcome.DONE, Outcome.STALE_VIEW}:
        # The terminal's own read-back: what stands there now, whoever put it there.
        present = {"stop_loss": report.stop_loss, "take_profit": report.take_profit}
        trade = trade.seen(trade.position.model_copy(update=present))
    if report.outcome is Outcome.DONE and _reached(trade, market):
        return replace(trade, break_even=step(obligation, Signal.CONFIRMED))
    if passes(report):
        return _waits(trade, now, rule, slow=report.retcode in SLOW)
    return _failed(trade, now, rule)


def _lost(trade: Trade) -> Trade:
    return replace(trade, break_even=step(trade.break_even, Signal.LOST)) if trade.break_even.stage is Stage.PENDING else trade


def _failed(trade: Trade, now: int, rule: BreakEvenSettings) -> Trade:
    obligation = trade.break_even
    signal = Signal.EXHAUSTED if obligation.attempts >= rule.max_attempts else Signal.FAILED
    wait = pause(obligation.attempts, rule.retry_ms, rule.retry_max_ms)
    return replace(trade, break_even=replace(step(obligation, signal), not_before=now + wait, command_id=0, target=None))


def _waits(trade: Trade, now: int, rule: BreakEvenSettings, *, slow: bool = False) -> Trade:
    """Take that it was not done for a cause that passes: it is decided anew after a pause, as often as it takes."""
    obligation = trade.break_even
    waits = obligation.waits + 1
    wait = rule.retry_max_ms if slow else pause(waits, rule.retry_ms, rule.retry_max_ms)
    after = replace(step(obligation, Signal.FAILED), not_before=now + wait, command_id=0, target=None)
    return replace(trade, break_even=replace(after, attempts=obligation.attempts - 1, waits=waits))
