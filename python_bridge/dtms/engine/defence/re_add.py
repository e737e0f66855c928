"""Rebuilding a part of what was closed: never more risk than the partial took away (5.2, readings 35)."""

import enum
from typing import NamedTuple

from dtms.defence_names import Action
from dtms.engine.defence.rails import blocking, told
from dtms.engine.defence.situation import Situation
from dtms.engine.defence.stops import behind_swing
from dtms.engine.defence.volumes import at_least_minimum, whole_steps
from dtms.engine.orders import distance_holds
from dtms.names import Side
from dtms.wire.messages import SymbolSpec


class Obstacle(enum.StrEnum):
    """Why nothing is added."""

    NOTHING_CLOSED = "no partial closed anything in this episode"
    ACCOUNT = "not a hedging account, or nothing may be opened"
    SYMBOL = "the symbol may not be traded that way"
    RAIL = "a rail forbids it"
    MARKET = "no quote or specification"
    SWING = "no swing behind the price for its stop"
    VOLUME = "no volume that risk and broker allow"


class ReAdd(NamedTuple):
    """What to open, in the trade's own direction."""

    volume: float
    entry: float
    stop: float


def why_nothing(obstacle: Obstacle, now: Situation) -> str:
    """Return the obstacle in words, a rail by its name and figure."""
    rail = blocking(Action.RE_ADD, now) if obstacle is Obstacle.RAIL else None
    return obstacle.value if rail is None else f"{obstacle.value}: {told(rail, now)}"


def plan_re_add(now: Situation) -> ReAdd | Obstacle:
    """Return what would be added now, or why nothing is."""
    obstacle, side, spec, quote = _forbidden(now), now.trade.side, now.spec, now.quote
    if obstacle is not None:
        return obstacle
    if spec is None or quote is None:
        return Obstacle.MARKET
    entry = quote.ask if side is Side.BUY else quote.bid
    stop = behind_swing(now, side, quote.exit_price(side))
    if stop is None or not distance_holds(stop, side, quote.exit_price(side), spec):
        return Obstacle.SWING
    volume = _volume(now, spec, abs(entry - stop))
    return ReAdd(volume, entry, stop) if at_least_minimum(volume, spec) else Obstacle.VOLUME


def _forbidden(now: Situation) -> Obstacle | None:
    account, one_way = now.view.account, 1 if now.trade.side is Side.BUY else 2
    tests = (
        (now.record.closed_volume <= 0 or not now.record.risk, Obstacle.NOTHING_CLOSED),
        (not (account.hedging and account.may_open), Obstacle.ACCOUNT),
        (blocking(Action.RE_ADD, now) is not None, Obstacle.RAIL),
        (now.spec is not None and now.spec.trade_mode not in {one_way, 4}, Obstacle.SYMBOL),
    )
    return next((obstacle for so, obstacle in tests if so), None)


def _volume(now: Situation, spec: SymbolSpec, risked: float) -> float:
    """Return the lots: the share of what was closed, as far as risk removed, caps and broker allow."""
    closed, risk = now.record.closed_volume, now.record.risk or 0.0
    wanted = now.rules.defence.volumes.re_add_share * closed
    allowed = [closed * risk / risked, now.view.account.lots_room, spec.volume_max]
    if spec.volume_limit > 0:  # of all positions of the symbol in one direction; those of the trade are known
        same = sum(leg.held.position.volume for leg in now.trade.legs if leg.held.side is now.trade.side)
        allowed.append(max(spec.volume_limit - now.trade.position.volume - same, 0.0))
    return whole_steps(min(wanted, *allowed), spec)
