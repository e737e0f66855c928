"""
A trade written down and read back: a restart goes on where the process before it was (AC-10).

What was monotonic time means nothing to the next process: pauses are over, cooldowns forgotten. A command under way is one whose
outcome is not known, until report or evidence tells. What was only shown was not done: the next process shows it again, or does it.
"""

from dataclasses import replace
from typing import Final

from pydantic import TypeAdapter

from dtms.engine.defence.record import Defence, Duty
from dtms.engine.obligation import Obligation, Signal, Stage, step
from dtms.engine.trade import Leg, Trade

_TRADE: Final = TypeAdapter(Trade)


def dump_trade(trade: Trade) -> bytes:
    """Return the trade as JSON, its defence and legs included."""
    return _TRADE.dump_json(trade)


def load_trade(data: bytes) -> Trade:
    """
    Return the trade as the next process takes it up.

    Raises:
        pydantic.ValidationError: It is no trade.
    """
    return resumed(_TRADE.validate_json(data))


def resumed(trade: Trade) -> Trade:
    """Return the trade without anything that only the process before knows."""
    legs = tuple(Leg(leg.kind, resumed(leg.held)) for leg in trade.legs)
    return replace(
        trade,
        break_even=_resumed(trade.break_even),
        close=None if trade.close is None else _resumed(trade.close),
        defence=None if trade.defence is None else _record(trade.defence),
        legs=legs,
    )


def _record(record: Defence) -> Defence:
    duties = tuple(_duty(duty) for duty in record.duties)
    spent = tuple(key for key in record.spent if not key.shown)
    return replace(record, duties=duties, spent=spent, fast_at=None, deep_at=None, event_at=None, sent_at=())


def _duty(duty: Duty) -> Duty:
    return replace(duty, work=_resumed(duty.work), held_at=None)


def _resumed(owed: Obligation) -> Obligation:
    if owed.stage is Stage.OBSERVED:
        return Obligation()
    lost = step(owed, Signal.LOST) if owed.stage is Stage.PENDING else owed
    return replace(lost, not_before=0)
