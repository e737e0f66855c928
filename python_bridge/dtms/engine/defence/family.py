"""
The positions that DTMS opened for a trade: found by tag or comment, joined to it, and closed with it.

A position of ours is never a trade of its own (D-51): the tag in its magic number says so, and where a broker dropped that, its
comment.
"""

from dataclasses import replace
from typing import Final, NamedTuple

from dtms.engine import close
from dtms.engine.defence.actions import COMMENTS, UNSTAMPED
from dtms.engine.trade import Leg, Trade, TradeKey, first_seen
from dtms.names import OpenKind, RiskClass
from dtms.settings import CloseSettings
from dtms.wire.messages import Position, ReducePosition
from dtms.wire.tag import command_of, kind_of

_KINDS: Final = frozenset(COMMENTS)


class Kin(NamedTuple):
    """What a position of ours says of itself: the command that opened it (0: cannot be told), the position it is for."""

    kind: OpenKind
    command_id: int
    for_position: int | None


def kin(position: Position) -> Kin | None:
    """Return what the position says of itself, None where DTMS did not open it."""
    kind = kind_of(position.magic)
    for named, beginning in COMMENTS.items():
        if position.comment.startswith(beginning):
            number = position.comment.removeprefix(beginning)
            return Kin(kind if kind in _KINDS else named, command_of(position.magic), int(number) if _plain(number) else None)
    return Kin(kind, command_of(position.magic), None) if kind in _KINDS else None


def _plain(text: str) -> bool:
    return text.isascii() and text.isdigit()


def joined(trade: Trade, position: Position, kind: OpenKind) -> Trade:
    """Return the trade with the leg as it is now; a second hedge beside a living one is closed."""
    if any(leg.held.position.position_id == position.position_id for leg in trade.legs):
        legs = tuple(_seen(leg, position) for leg in trade.legs)
        return replace(trade, legs=legs)
    held = first_seen(TradeKey(trade.key.account, position.position_id, 1), position, managed=False)
    if kind is OpenKind.HEDGE and any(leg.kind is OpenKind.HEDGE for leg in trade.legs):
        held = close.asked(held)
    return replace(trade, legs=(*trade.legs, Leg(kind, held)))


def _seen(leg: Leg, position: Position) -> Leg:
    return replace(leg, held=leg.held.seen(position)) if leg.held.position.position_id == position.position_id else leg


def parted(trade: Trade, position_id: int) -> Trade:
    """Return the trade without a leg that is gone."""
    return replace(trade, legs=tuple(leg for leg in trade.legs if leg.held.position.position_id != position_id))


def with_leg(trade: Trade, before: Leg, held: Trade) -> Trade:
    """Return the trade with what is known of one leg replaced."""
    return replace(trade, legs=tuple(replace(leg, held=held) if leg is before else leg for leg in trade.legs))


def leg_of(trade: Trade, position_id: int) -> Leg | None:
    """Return the leg that a position is."""
    return next((leg for leg in trade.legs if leg.held.position.position_id == position_id), None)


def leg_closing(trade: Trade, command_id: int) -> Leg | None:
    """Return the leg whose close the command is."""
    return next((leg for leg in trade.legs if close.concerns(leg.held, command_id)), None)


def orphan(position: Position, command_id: int, rule: CloseSettings) -> ReducePosition:
    """Return the command that closes a position of ours whose trade is no more."""
    return ReducePosition(
        command_id=command_id,
        deadline_ms=UNSTAMPED,
        risk_class=RiskClass.REDUCE,
        ticket=position.ticket,
        expect_volume=None,
        leave_volume=0.0,
        deviation=rule.deviation_points,
    )
