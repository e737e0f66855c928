"""
A close that somebody asked for: tried until the position is gone (R17, R22).

Its obligation has the same table as every other. What differs: a failed attempt never exhausts it, only an answer that no
repetition can change gives it up; and *done* means that the terminal says so. The trade itself ends when its position is gone.

Where the account closes first in, first out, closes of a symbol go by age. An older position that nobody wants closed is not ours
to close: the broker is asked once, and its no gives the close up.
"""

import enum
from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from dtms.engine.obligation import Obligation, Signal, Stage, step
from dtms.engine.trade import Trade
from dtms.names import Outcome, RiskClass, Why
from dtms.settings import CloseSettings
from dtms.wire.messages import ExecutionReport, ReducePosition

_GONE: Final = 10036  # TRADE_RETCODE_POSITION_CLOSED
# Invalid request, no changes, real accounts only, order type prohibited: the same request would be refused for ever (link.md).
_POINTLESS: Final = frozenset({10013, 10022, 10032, 10035})
# Only long, only short, only closing, hedging prohibited: states of the broker that may pass, but not soon. No other form would do.
_FORBIDDEN: Final = frozenset({10042, 10043, 10044, 10046})
FIFO: Final = 10045  # TRADE_RETCODE_FIFO_CLOSE
_DOUBLINGS: Final = 16  # enough to reach the longest pause from any shortest one


class Turn(enum.Enum):
    """Where a close stands among the positions of its symbol; on an account without the rule it is always ``NOW``."""

    NOW = "now"  # nothing older is open
    LATER = "later"  # everything older is being closed
    BARRED = "barred"  # something older is open that nobody wants closed


def turn(trade: Trade, others: Iterable[Trade]) -> Turn:
    """Return where the trade's close stands, first in, first out; ``others`` are trades of its symbol."""
    older = [other for other in others if _age(other) < _age(trade)]
    if not older:
        return Turn.NOW
    return Turn.LATER if all(wanted(other) for other in older) else Turn.BARRED


def wanted(trade: Trade) -> bool:
    """Return whether somebody wants the trade closed and it has not been given up."""
    return trade.close is not None and trade.close.stage is not Stage.GIVEN_UP


def _age(trade: Trade) -> tuple[int, int]:
    return trade.position.ts_open, trade.key.position_id


def asked(trade: Trade) -> Trade:
    """Return the trade with a close to be done; one that is under way or was reported done stands."""
    return trade if wanted(trade) else replace(trade, close=Obligation())


def due(trade: Trade, now: int, turn: Turn = Turn.NOW) -> bool:
    """Return whether a close is to be ordered now; it overtakes whatever else is under way for its own trade."""
    close = trade.close
    return close is not None and close.stage is Stage.ARMED and now >= close.not_before and turn is not Turn.LATER


def stands(trade: Trade) -> bool:
    """Return whether the trade is being closed, so that no rule has anything to do."""
    return trade.close is not None and (trade.close.under_way or trade.close.stage is Stage.DONE)


def next_look(trade: Trade) -> int | None:
    """Return when (monotonic ms) the close has to be looked at again, None where an answer is awaited or nothing is."""
    close = trade.close
    return close.not_before if close is not None and close.stage in {Stage.ARMED, Stage.DONE} else None


def still_there(trade: Trade, now: int) -> Trade:
    """Return the trade with its close asked for anew, if it was reported done long ago and the position has not gone."""
    close = trade.close
    if close is None or close.stage is not Stage.DONE or now < close.not_before:
        return trade
    return replace(trade, close=Obligation())


def ordered(trade: Trade, command_id: int) -> Trade:
    """Return the trade with its close under way as this command."""
    close = trade.close or Obligation()
    return replace(trade, close=replace(step(close, Signal.ORDERED), attempts=close.attempts + 1, command_id=command_id))


def taken_back(trade: Trade) -> Trade:
    """Return the trade as before ``ordered``: nobody can carry it out now."""
    close = trade.close or Obligation()
    return replace(trade, close=replace(close, stage=Stage.ARMED, attempts=close.attempts - 1, command_id=0))


def called_off(trade: Trade) -> Trade:
    """Return the trade without its close, unless that is under way or was reported done."""
    return trade if trade.close is None or trade.close.stage is not Stage.ARMED else replace(trade, close=None)


def command(trade: Trade, command_id: int, rule: CloseSettings) -> ReducePosition:
    """Return the command; a close to nothing compares nothing (R16)."""
    return ReducePosition(
        command_id=command_id,
        deadline_ms=0,  # the session stamps it when the frame leaves
        risk_class=RiskClass.REDUCE,
        ticket=trade.position.ticket,
        expect_volume=None,
        leave_volume=0.0,
        deviation=rule.deviation_points,
    )


def concerns(trade: Trade, command_id: int) -> bool:
    """Return whether the command is the trade's close under way."""
    return trade.close is not None and trade.close.under_way and trade.close.command_id == command_id


def reported(trade: Trade, report: ExecutionReport, now: int, rule: CloseSettings, turn: Turn = Turn.NOW) -> Trade:
    """Take the terminal's answer to the close under way."""
    if report.outcome is Outcome.UNKNOWN:
        return lost(trade)
    if report.outcome is Outcome.DONE or report.retcode == _GONE or report.why is Why.NO_POSITION:
        return _with(trade, Signal.CONFIRMED, not_before=now + rule.gone_after_ms)
    if _went_forward(trade, report):
        trade = trade.seen(trade.position.model_copy(update={"volume": report.position_volume}))
        return _with(trade, Signal.FAILED, not_before=now, attempts=0)  # the rest at once
    if _pointless(report, turn):
        return _with(trade, Signal.EXHAUSTED, not_before=now)
    return forbidden(trade, now, rule) if report.retcode in _FORBIDDEN else failed(trade, now, rule)


def _went_forward(trade: Trade, report: ExecutionReport) -> bool:
    """Return whether a part was closed; what another ticket holds says nothing of this trade."""
    part = report.outcome is Outcome.PARTIAL and 0 < report.position_volume < trade.position.volume
    return part and report.ticket in {0, trade.position.ticket}


def _pointless(report: ExecutionReport, turn: Turn) -> bool:
    barred = report.retcode == FIFO and turn is Turn.BARRED
    return barred or report.why is Why.BAD_COMMAND or report.retcode in _POINTLESS


def lost(trade: Trade) -> Trade:
    """Take that nobody knows what became of it: only evidence ends that."""
    return _with(trade, Signal.LOST, not_before=0) if trade.close is not None and trade.close.stage is Stage.PENDING else trade


def failed(trade: Trade, now: int, rule: CloseSettings) -> Trade:
    """Take that it was not done: it is decided anew after a pause that doubles with each attempt, up to a bound."""
    attempts = 0 if trade.close is None else trade.close.attempts
    pause = min(rule.retry_ms * 2 ** min(max(attempts - 1, 0), _DOUBLINGS), rule.retry_max_ms)
    return _with(trade, Signal.FAILED, not_before=now + pause)


def forbidden(trade: Trade, now: int, rule: CloseSettings) -> Trade:
    """Take that the broker forbids it as things are: an alarm at once, the longest pause, then again."""
    attempts = 0 if trade.close is None else trade.close.attempts
    return _with(trade, Signal.FAILED, not_before=now + rule.retry_max_ms, attempts=max(attempts, rule.alarm_attempts))


def _with(trade: Trade, signal: Signal, *, not_before: int, attempts: int | None = None) -> Trade:
    close = trade.close
    if close is None:
        return trade
    after = replace(step(close, signal), not_before=not_before)
    if attempts is not None:
        after = replace(after, attempts=attempts)
    return replace(trade, close=after if after.under_way else replace(after, command_id=0))
