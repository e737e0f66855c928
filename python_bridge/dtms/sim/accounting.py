"""
What a deal does to positions and money. The only module that changes the broker's books.

A deal opens a position of its own, adds to the one that it meets, reduces it, ends it, or goes through it to the
other side. Which one it meets is the account's rule and settled before (`checks.find_met`).
"""

from dataclasses import dataclass, replace
from typing import Any, Final, Protocol

from dtms.sim.mt5 import DealType, Entry, Reason
from dtms.sim.spec import clean_volume
from dtms.sim.standing import Standing
from dtms.sim.state import Account, Deal, Order, Position
from dtms.sim.witness import Booked, Origin, Witness

_FREE: Final = frozenset({Reason.ROLLOVER, Reason.SPLIT, Reason.CORPORATE_ACTION})  # the server's own deals cost nothing


class Cause(Protocol):
    """What a deal takes from the order that caused it."""

    @property
    def ticket(self) -> int: ...
    @property
    def magic(self) -> int: ...
    @property
    def reason(self) -> Reason: ...
    @property
    def comment(self) -> str: ...


@dataclass(frozen=True, slots=True)
class NoOrder:
    """The cause of a deal that the server makes without an order."""

    magic: int
    reason: Reason
    comment: str
    ticket: int = 0


@dataclass(frozen=True, slots=True)
class Reopened:
    """A position that was closed and opened again in one go; it keeps its identifier."""

    closing: Deal
    opening: Deal
    position: Position


class Accounting:
    """Books deals; hands out tickets and revisions."""

    def __init__(self, standing: Standing, witness: Witness) -> None:
        self._standing = standing
        self._witness = witness
        # Orders and deals count apart, as on a server that serves many; the starts only keep them recognisable.
        self._last_order = 50_000_000
        self._last_deal = 40_000_000
        self.revision = 0

    def next_order(self) -> int:
        self._last_order += 1
        return self._last_order

    def next_revision(self) -> int:
        self.revision += 1
        return self.revision

    def _next_deal(self) -> int:
        self._last_deal += 1
        return self._last_deal

    def change_account(self, changed: Account) -> Account:
        self._standing.account = replace(changed, revision=self.next_revision())
        return self._standing.account

    def balance_deal(self, amount: float, comment: str) -> Deal:
        """Money in or out without a trade."""
        deal = Deal(
            ticket=self._next_deal(),
            order=0,
            time_msc=self._standing.market.server_msc,
            type=DealType.BALANCE,
            entry=Entry.IN,
            magic=0,
            reason=Reason.CLIENT,
            position_id=0,
            volume=0.0,
            price=0.0,
            commission=0.0,
            swap=0.0,
            profit=amount,
            sl=0.0,
            tp=0.0,
            symbol="",
            comment=comment,
        )
        return self._book(deal, Origin.SERVER)

    # What a deal does to the position that it meets

    def deal(
        self, met: Position | None, order: Order, volume: float, price: float, origin: Origin
    ) -> tuple[Deal, Position, Position | None]:
        """The deal, the position that it met or made, and what it leaves of it."""
        if met is None:
            deal, made = self._open(order, volume, price, origin)
            return deal, made, made
        if met.side == order.type:
            deal, grown = self._add(met, order, volume, price, origin)
            return deal, met, grown
        if volume > met.volume:
            deal, turned = self._reverse(met, order, volume, price, origin)
            return deal, met, turned
        deal, left = self.reduce(met, order, volume, price, entry=Entry.OUT, origin=origin)
        return deal, met, left

    def _open(self, order: Order, volume: float, price: float, origin: Origin) -> tuple[Deal, Position]:
        """An entry; the position's ticket and identifier are the order's ticket."""
        standing = self._standing
        spec, now = standing.market.specs[order.symbol], standing.market.server_msc
        position = Position(
            ticket=order.ticket,
            identifier=order.ticket,
            symbol=order.symbol,
            side=order.type,
            volume=volume,
            price_open=price,
            sl=order.sl,
            tp=order.tp,
            magic=order.magic,
            comment=order.comment,
            reason=order.reason,
            time_msc=now,
            time_update_msc=now,
            swap=0.0,
            margin=standing.margin_for(spec, volume, price),
            revision=self.next_revision(),
        )
        standing.holdings.put_position(position)
        self._witness.opened()
        return self._booked(order, position, Entry.IN, volume, price, origin=origin), position

    def _add(self, met: Position, order: Order, volume: float, price: float, origin: Origin) -> tuple[Deal, Position]:
        """
        More of the same side: the opening price is the mean by volume, stop and target are those of the order.

        Magic, comment and reason stay those of the order that opened the position; the reference is silent on it.
        """
        standing = self._standing
        total = clean_volume(met.volume + volume)
        self._levels_told(met, order.sl, order.tp, origin)
        grown = replace(
            met,
            volume=total,
            price_open=(met.volume * met.price_open + volume * price) / total,
            sl=order.sl,
            tp=order.tp,
            margin=met.margin + standing.margin_for(standing.market.specs[met.symbol], volume, price),
            time_update_msc=standing.market.server_msc,
            revision=self.next_revision(),
        )
        standing.holdings.put_position(grown)
        return self._booked(order, grown, Entry.IN, volume, price, origin=origin), grown

    def _reverse(self, met: Position, order: Order, volume: float, price: float, origin: Origin) -> tuple[Deal, Position]:
        """One deal ends a side and begins the other: the identifier stays, ticket and all else are the order's."""
        standing = self._standing
        rest, now = clean_volume(volume - met.volume), standing.market.server_msc
        deal = self._booked(order, met, Entry.INOUT, volume, price, origin=origin, closed=met.volume, sl=order.sl, tp=order.tp)
        turned = replace(
            met,
            ticket=order.ticket,
            side=order.type,
            volume=rest,
            price_open=price,
            sl=order.sl,
            tp=order.tp,
            magic=order.magic,
            comment=order.comment,
            reason=order.reason,
            time_msc=now,
            time_update_msc=now,
            swap=0.0,
            margin=standing.margin_for(standing.market.specs[met.symbol], rest, price),
            revision=self.next_revision(),
        )
        standing.holdings.drop_position(met.ticket)
        standing.holdings.put_position(turned)
        self._witness.reversed()
        return deal, turned

    def reduce(
        self, position: Position, cause: Cause, volume: float, price: float, *, entry: Entry, origin: Origin
    ) -> tuple[Deal, Position | None]:
        """An exit: the deal, and what is left of the position. Swap and margin go in proportion."""
        standing = self._standing
        rest = clean_volume(position.volume - volume)
        deal = self._booked(cause, position, entry, volume, price, origin=origin, closed=volume)
        if rest <= 0:
            standing.holdings.drop_position(position.ticket)
            self._witness.ended(deal.reason)
            return deal, None
        left = replace(
            position,
            volume=rest,
            swap=position.swap - deal.swap,
            margin=position.margin * rest / position.volume,
            time_update_msc=standing.market.server_msc,
            revision=self.next_revision(),
        )
        standing.holdings.put_position(left)
        return deal, left

    def reopen(self, position: Position, cause: Cause, out_price: float, after: Position) -> Reopened:
        """A position is closed at a price and stands again as `after`, maybe with another ticket, without swap."""
        standing = self._standing
        spec = standing.market.specs[position.symbol]
        closing = self._booked(cause, position, Entry.OUT, position.volume, out_price, origin=Origin.SERVER, closed=position.volume)
        margin = standing.margin_for(spec, after.volume, after.price_open)
        after = replace(after, swap=0.0, margin=margin, time_update_msc=standing.market.server_msc, revision=self.next_revision())
        if after.ticket != position.ticket:
            standing.holdings.drop_position(position.ticket)
        standing.holdings.put_position(after)
        opening = self._booked(cause, after, Entry.IN, after.volume, after.price_open, origin=Origin.SERVER)
        return Reopened(closing, opening, after)

    def _booked(
        self,
        cause: Cause,
        position: Position,
        entry: Entry,
        volume: float,
        price: float,
        *,
        origin: Origin,
        closed: float = 0.0,
        sl: float | None = None,
        tp: float | None = None,
    ) -> Deal:
        """Book a deal on a position as it is before an exit and after an entry; `closed` lots of it are realised."""
        standing = self._standing
        spec, places = standing.market.specs[position.symbol], standing.account.currency_digits
        free = entry == Entry.OUT_BY or cause.reason in _FREE  # close-by crosses no market
        commission = 0.0 if free else spec.commission * volume
        swap = round(position.swap * (closed / position.volume if closed < position.volume else 1.0), places) if closed else 0.0
        profit = standing.money(spec, (price - position.price_open) * position.direction * closed) if closed else 0.0
        deal = Deal(
            ticket=self._next_deal(),
            order=cause.ticket,
            time_msc=standing.market.server_msc,
            type=DealType(position.side if entry == Entry.IN else 1 - position.side),
            entry=entry,
            magic=cause.magic,
            reason=cause.reason,
            position_id=position.identifier,
            volume=volume,
            price=price,
            commission=0.0 - round(commission, places),
            swap=swap,
            profit=profit,
            sl=position.sl if sl is None else sl,
            tp=position.tp if tp is None else tp,
            symbol=position.symbol,
            comment=cause.comment,
        )
        return self._book(deal, origin)

    def _book(self, deal: Deal, origin: Origin) -> Deal:
        standing = self._standing
        standing.holdings.add_deal(deal)
        account = standing.account
        balance = account.balance + deal.profit + deal.commission + deal.swap + deal.fee
        self.change_account(replace(account, balance=round(balance, account.currency_digits)))
        self._witness.booked(Booked(standing.market.time_msc, origin, deal))
        return deal

    # Changes without a deal

    def _levels_told(self, position: Position, sl: float, tp: float, origin: Origin) -> None:
        if (sl, tp) != (position.sl, position.tp):
            self._witness.levels_moved(self._standing.market.time_msc, origin, position, sl, tp)

    def move_levels(self, position: Position, sl: float, tp: float, origin: Origin) -> Position:
        """Stop and target together, as SLTP sets them. The position's update time stays: only volume moves it."""
        self._levels_told(position, sl, tp, origin)
        return self.change(position, sl=sl, tp=tp)

    def add_swap(self, position: Position, amount: float) -> Position:
        return self.change(position, swap=position.swap + amount)

    def change(self, position: Position, **fields: Any) -> Position:
        """Exchange properties of a position, named as in `Position`."""
        changed = replace(position, **fields, revision=self.next_revision())
        if changed.ticket != position.ticket:
            self._standing.holdings.drop_position(position.ticket)
        self._standing.holdings.put_position(changed)
        return changed


def volume_errors(standing: Standing) -> list[str]:
    """Positions whose deals, bought less sold, do not add up to what is open; empty when volumes are conserved."""
    bought: dict[int, float] = {}
    for deal in standing.holdings.deals.values():
        if deal.position_id:
            sign = 1 if deal.type == DealType.BUY else -1
            bought[deal.position_id] = bought.get(deal.position_id, 0.0) + sign * deal.volume
    open_ = {p.identifier: p.direction * p.volume for p in standing.holdings.positions.values()}
    return [
        f"position {identifier}: deals leave {bought.get(identifier, 0.0):.8f} lots, open are {open_.get(identifier, 0.0)}"
        for identifier in sorted(bought.keys() | open_.keys())
        if abs(bought.get(identifier, 0.0) - open_.get(identifier, 0.0)) > 1e-7
    ]
