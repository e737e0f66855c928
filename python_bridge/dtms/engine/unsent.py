"""Orders that never leave: shown in observe mode, or withdrawn because nobody can carry them out."""

from collections.abc import Callable
from dataclasses import replace

from dtms.engine import close, moves
from dtms.engine.defence import duties
from dtms.engine.defence.family import leg_closing, with_leg
from dtms.engine.defence.record import Defence
from dtms.engine.obligation import Obligation, Signal, step
from dtms.engine.trade import Trade


def observed(trade: Trade, command_id: int) -> Trade:
    """Return the trade with the order on record and nothing sent; it is not given again."""
    return _undone(trade, command_id, _close_shown, moves.observed, duties.observed)


def taken_back(trade: Trade, command_id: int) -> Trade:
    """Return the trade as before the order."""
    return _undone(trade, command_id, close.taken_back, moves.taken_back, duties.taken_back)


def _undone(
    trade: Trade,
    command_id: int,
    closing: Callable[[Trade], Trade],
    moving: Callable[[Trade], Trade],
    owing: Callable[[Defence, int], Defence],
) -> Trade:
    leg, record = leg_closing(trade, command_id), trade.defence
    if close.concerns(trade, command_id):
        return closing(trade)
    if leg is not None:
        return with_leg(trade, leg, closing(leg.held))
    if record is not None and duties.holder(record, command_id) is not None:
        return replace(trade, defence=owing(record, command_id))
    return moving(trade)


def _close_shown(held: Trade) -> Trade:
    return replace(held, close=step(Obligation(), Signal.SHOWN))
