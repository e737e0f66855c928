"""
Closing what belongs to a trade: asked for together, ordered one after the other, tried until every leg is gone (D-57).

The position and its legs owe their closes themselves, by the rules of ``engine.close``; a close that was given up is taken up again
after the longest pause while the trade is to end.
"""

from dataclasses import replace

from dtms.defence_names import NoteKind, State
from dtms.engine import close
from dtms.engine.defence.notes import Note, note
from dtms.engine.obligation import Stage
from dtms.engine.trade import Leg, Trade
from dtms.names import OpenKind
from dtms.settings import CloseSettings


def main_gone(trade: Trade) -> bool:
    """Return whether the position itself is gone, so that only legs are left."""
    return trade.defence is not None and trade.defence.gone


def ends(trade: Trade) -> bool:
    """Return whether the state machine closes the trade."""
    return trade.defence is not None and trade.defence.state is State.CLOSING


def hedges_asked(trade: Trade) -> Trade:
    """Return the trade with its hedge to be closed."""
    legs = tuple(replace(leg, held=close.asked(leg.held)) if leg.kind is OpenKind.HEDGE else leg for leg in trade.legs)
    return replace(trade, legs=legs)


def pursued(trade: Trade, now: int, rule: CloseSettings) -> Trade:
    """Return the trade with the closes that its state demands, and those of its legs that failed to be tried again."""
    if ends(trade):
        trade = replace(trade, legs=tuple(_asked(leg) for leg in trade.legs))
        if not main_gone(trade):
            trade = _renewed(trade if trade.close is not None else close.asked(trade), now, rule)
    legs = tuple(replace(leg, held=_renewed(close.still_there(leg.held, now), now, rule)) for leg in trade.legs)
    return trade if legs == trade.legs else replace(trade, legs=legs)


def _asked(leg: Leg) -> Leg:
    return leg if leg.held.close is not None else replace(leg, held=close.asked(leg.held))


def _renewed(held: Trade, now: int, rule: CloseSettings) -> Trade:
    owed = held.close
    again = owed is not None and owed.stage is Stage.GIVEN_UP and now >= owed.not_before + rule.retry_max_ms
    return close.asked(held) if again else held


def next_leg(trade: Trade, now: int) -> Leg | None:
    """Return the leg whose close is to be ordered now: one at a time, an unknown one holds up nobody."""
    # What became of the position's own close matters no more once it is gone: its legs go in the same pass (reading 28).
    closes = [None if main_gone(trade) else trade.close, *(leg.held.close for leg in trade.legs)]
    if any(owed is not None and owed.stage is Stage.PENDING for owed in closes):
        return None
    return next((leg for leg in trade.legs if close.due(leg.held, now)), None)


def alarms(before: Trade, after: Trade, limit: int) -> tuple[Note, ...]:
    """Return the alarms for closes that have failed so many times in a row."""
    was = {held.position.position_id: _attempts(held) for held in _members(before)}
    failed = [held for held in _members(after) if _attempts(held) >= limit > was.get(held.position.position_id, 0)]
    return tuple(
        note(NoteKind.ALARM, f"a close has failed {limit} times", position=held.position.position_id, attempts=limit)
        for held in failed
    )


def _members(trade: Trade) -> tuple[Trade, ...]:
    return (trade, *(leg.held for leg in trade.legs))


def _attempts(held: Trade) -> int:
    """Return how many attempts have failed; one that is under way has not."""
    owed = held.close
    return 0 if owed is None else owed.attempts - (1 if owed.under_way or owed.stage is Stage.DONE else 0)
