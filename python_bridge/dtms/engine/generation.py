"""
Whether a position is still the trade that it was, and what happened to its size.

A netting position keeps its identifier while it is turned through zero, added to, split, or given another ticket or symbol by the
server. Only the first ends the trade: another side, or another ticket with another time of opening, is the next generation.
"""

from typing import Final

from dtms.wire.messages import Position

# A broker's offset from UTC is a multiple of 15 minutes (PROTOCOL.md), so a turn of its clock moves the time of opening by one.
_CLOCK_STEP_MS: Final = 900_000
_LOT_DUST: Final = 1e-9  # finer than any volume step
# A split keeps volume times price but for a fraction of a step that is paid out: at most half of what the volume changed by. An add
# would look like one only at less than half the price of the entry.
_PAID_OUT: Final = 0.5


def same_trade(held: Position, told: Position) -> bool:
    """
    Return whether what is told of a position id is the trade that is held.

    Turned round twice it has its old side again, another ticket and a later time of opening. A ticket that the server changed by
    itself leaves that time, and a turn of the server's clock moves it by whole quarters of an hour.
    """
    if held.side is not told.side:
        return False
    return held.ticket == told.ticket or (told.ts_open - held.ts_open) % _CLOCK_STEP_MS == 0


def split_factor(held: Position, told: Position) -> float | None:
    """Return what a split has multiplied prices by, None where there was none: volume and entry changed in inverse proportion."""
    grown = told.volume - held.volume
    if abs(grown) <= _LOT_DUST or told.price_open == held.price_open:
        return None
    factor = told.price_open / held.price_open
    return factor if abs(held.volume / factor - told.volume) <= _PAID_OUT * abs(grown) + _LOT_DUST else None


def added_to(held: Position, told: Position) -> bool:
    """Return whether lots were added."""
    return told.volume > held.volume + _LOT_DUST
