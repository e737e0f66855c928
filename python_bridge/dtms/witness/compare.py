"""
What a testimony means: where it disagrees with what we believe, and how a position that is gone was closed.

Pure. A disagreement is an alarm and never a decision: the Expert Advisor is the one that commands are checked against, and the
two were asked at different moments. So only what stands in two testimonies with the same values counts (`lasting`).
"""

import enum
import math
from collections.abc import Iterable
from typing import Final, NamedTuple

from dtms.names import DealEntry, DealType
from dtms.wire.messages import Deal, Position, PositionClosed
from dtms.witness.testimony import SeenPosition, Testimony

_RELATIVE: Final = 1e-9  # two ways of reading one float64; no tick of any market is as small
_LOTS: Final = 1e-8  # volumes are multiples of it, as on the wire
_CLOSING: Final = frozenset({DealEntry.OUT, DealEntry.INOUT, DealEntry.OUT_BY})


class What(enum.StrEnum):
    """What the two do not agree on."""

    MISSING = "missing"  # we have it, the witness does not see it
    EXTRA = "extra"  # the witness sees it, we do not have it
    SYMBOL = "symbol"
    SIDE = "side"
    VOLUME = "volume"
    STOP = "stop"
    TARGET = "target"


class Disagreement(NamedTuple):
    """One difference; the values as texts for an alarm."""

    position_id: int
    what: What
    ours: str
    theirs: str


def compare(view: Iterable[Position], testimony: Testimony) -> tuple[Disagreement, ...]:
    """Return what differs between the positions that we believe in and those of the testimony, by position id."""
    ours = {position.position_id: position for position in view}
    theirs = {position.position_id: position for position in testimony.positions}
    found: list[Disagreement] = []
    for position_id in sorted(ours.keys() | theirs.keys()):
        mine, seen = ours.get(position_id), theirs.get(position_id)
        if mine is not None and seen is not None:
            found += _between(mine, seen)
        elif mine is not None:
            found.append(Disagreement(position_id, What.MISSING, _brief(mine), ""))
        elif seen is not None:
            found.append(Disagreement(position_id, What.EXTRA, "", _brief(seen)))
    return tuple(found)


def lasting(before: Iterable[Disagreement], now: Iterable[Disagreement]) -> tuple[Disagreement, ...]:
    """Return what two testimonies in a row disagree on in the same way."""
    earlier = frozenset(before)
    return tuple(disagreement for disagreement in now if disagreement in earlier)


def closing_deals(position_id: int, testimony: Testimony) -> tuple[Deal, ...]:
    """Return the deals that took volume from a position, oldest first."""
    deals = testimony.deals.get(position_id, ())
    return tuple(deal for deal in deals if deal.entry in _CLOSING and _signed(deal))


def closed(position: Position, testimony: Testimony) -> PositionClosed | None:
    """
    Return how a position that is gone was closed, as the Expert Advisor would have told it.

    None unless the deals of the position add up to nothing left: without that the history is not complete, or the position is
    not gone. Volume and price are those of the last closing deals that make up the volume which we knew.
    """
    deals = testimony.deals.get(position.position_id, ())
    closing = closing_deals(position.position_id, testimony)
    if not closing or abs(sum(map(_signed, deals))) > _LOTS:
        return None
    volume, value = 0.0, 0.0
    for deal in reversed(closing):
        part = min(deal.volume, position.volume - volume)
        if part <= _LOTS:
            break
        volume += part
        value += part * deal.price
    last = closing[-1]
    return PositionClosed(
        ts_event=last.ts_event,
        position_id=position.position_id,
        ticket=position.ticket,
        symbol=position.symbol,
        side=position.side,
        volume=volume,
        price_close=value / volume,
        profit=math.fsum(deal.profit for deal in deals),
        swap=math.fsum(deal.swap for deal in deals),
        commission=math.fsum(deal.commission + deal.fee for deal in deals),
        reason=last.reason,
        deal=last.deal,
        by_command=0,
    )


def _between(mine: Position, seen: SeenPosition) -> Iterable[Disagreement]:
    pairs: tuple[tuple[What, object, object, bool], ...] = (
        (What.SYMBOL, mine.symbol, seen.symbol, mine.symbol == seen.symbol),
        (What.SIDE, mine.side.name.lower(), seen.side.name.lower(), mine.side is seen.side),
        (What.VOLUME, mine.volume, seen.volume, abs(mine.volume - seen.volume) <= _LOTS),
        (What.STOP, mine.stop_loss, seen.stop_loss, _same(mine.stop_loss, seen.stop_loss)),
        (What.TARGET, mine.take_profit, seen.take_profit, _same(mine.take_profit, seen.take_profit)),
    )
    for what, ours, theirs, agree in pairs:
        if not agree:
            yield Disagreement(mine.position_id, what, _told(ours), _told(theirs))


def _same(ours: float | None, theirs: float | None) -> bool:
    if ours is None or theirs is None:
        return ours is theirs
    return math.isclose(ours, theirs, rel_tol=_RELATIVE)


def _told(value: object) -> str:
    return "none" if value is None else str(value)


def _brief(position: Position | SeenPosition) -> str:
    return f"{position.side.name.lower()} {position.volume:g} {position.symbol}"


def _signed(deal: Deal) -> float:
    """Return the lots that a deal bought, negative for sold; 0 for one that moves money only."""
    if deal.deal_type is DealType.BUY:
        return deal.volume
    return -deal.volume if deal.deal_type is DealType.SELL else 0.0
