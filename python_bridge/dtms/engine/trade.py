"""
Our record of a position: what the terminal holds, and what we know beside it.

Frozen: every change is another value. R is captured once, when the position is first seen with a stop, and never again: not when
the stop moves, not when lots are added. What the trade has gained, its trigger and its break-even price are counted from the entry
that the position has now, which is the mean price where lots were added; a break-even that was over is due again then, because what
was secured was less than what is held. A split scales R as it scales prices.
"""

from dataclasses import dataclass, field, replace
from typing import NamedTuple

from dtms.defence_names import State
from dtms.engine.defence.record import Defence
from dtms.engine.generation import added_to, split_factor
from dtms.engine.obligation import Obligation, renewed, untargeted
from dtms.names import OpenKind, Side
from dtms.wire.messages import Position


class TradeKey(NamedTuple):
    """What identifies a trade: LOGIN@SERVER, position id, and which side of a netting position this is."""

    account: str
    position_id: int
    generation: int


@dataclass(frozen=True, slots=True)
class Trade:
    """
    A position and its defensive record.

    ``risk`` is R in price units, None while no stop was ever seen. ``risk_synthetic`` says that the first stop seen was not on
    the losing side, so that its distance is no risk the trader took; no rule works with such an R. ``managed`` is false for a
    position that is only watched. ``quarantine`` names why its rules are off. ``close`` is None while nobody asked for one.
    ``defence`` is None where nothing is defended; ``legs`` are the positions that DTMS opened for it.
    """

    key: TradeKey
    position: Position
    managed: bool
    initial_stop: float | None = None
    risk: float | None = None
    risk_synthetic: bool = False
    initial_volume: float = 0.0
    break_even: Obligation = field(default_factory=Obligation)
    close: Obligation | None = None
    quarantine: str | None = None
    defence: Defence | None = None
    legs: tuple["Leg", ...] = ()

    @property
    def side(self) -> Side:
        """Which way it gains."""
        return self.position.side

    def awaits(self, command_id: int) -> bool:
        """Return whether the command's outcome is not known yet."""
        return any(owed.under_way and owed.command_id == command_id for owed in self.owed())

    def owed(self) -> tuple[Obligation, ...]:
        """Return everything that a command may be under way for, that of the legs included."""
        duties = () if self.defence is None else tuple(duty.work for duty in self.defence.duties)
        own = (self.break_even, *((self.close,) if self.close is not None else ()), *duties)
        return own + tuple(leg.held.close for leg in self.legs if leg.held.close is not None)

    @property
    def ended(self) -> bool:
        """Whether nothing is left to do once its position is gone: no leg lives, nor may one still come."""
        return self.defence is None or self.defence.state is State.CLOSED

    def r_now(self, exit_price: float) -> float | None:
        """Return the gain at this exit price in units of the initial risk."""
        if self.risk is None:
            return None
        return self.side.direction * (exit_price - self.position.price_open) / self.risk

    def seen(self, position: Position) -> "Trade":
        """Return the trade with the position as it is now."""
        return _with_risk(replace(_resized(self, position), position=position))


@dataclass(frozen=True, slots=True)
class Leg:
    """A position that DTMS opened for a trade: hedge or re-add. It is never a trade of its own (D-51); only its close is owed."""

    kind: OpenKind
    held: Trade


def first_seen(key: TradeKey, position: Position, *, managed: bool) -> Trade:
    """Return the record of a position that is seen for the first time."""
    return _with_risk(Trade(key, position, managed, initial_volume=position.volume))


def quarantined(trade: Trade, why: str) -> Trade:
    """Return the trade with its rules off: evaluating it raised (R26)."""
    return replace(trade, quarantine=why)


def _resized(trade: Trade, position: Position) -> Trade:
    """Return the trade with its own figures in the proportions of the position as it is now."""
    factor = split_factor(trade.position, position)
    if factor is not None:
        return replace(
            trade,
            initial_stop=None if trade.initial_stop is None else trade.initial_stop * factor,
            risk=None if trade.risk is None else trade.risk * factor,
            initial_volume=trade.initial_volume / factor,
            break_even=untargeted(trade.break_even),
            defence=None if trade.defence is None else trade.defence.scaled(factor),
        )
    return replace(trade, break_even=renewed(trade.break_even)) if added_to(trade.position, position) else trade


def _with_risk(trade: Trade) -> Trade:
    stop = trade.position.stop_loss
    if trade.risk is not None or stop is None:
        return trade
    distance = trade.side.direction * (trade.position.price_open - stop)
    # A stop exactly at the entry has no distance: R stays unknown, but the first stop was seen.
    return replace(trade, initial_stop=stop, risk=abs(distance) or None, risk_synthetic=distance <= 0 or trade.risk_synthetic)
