"""
What a deal does to positions and money. The only module that changes the broker's books.

On a hedging account a deal opens a position of its own or reduces the one that it names. Accounts that keep one
position a symbol need other rules here and nowhere else.
"""

from dataclasses import replace

from dtms.sim.mt5 import DealType, Entry, Reason
from dtms.sim.spec import clean_volume
from dtms.sim.standing import Standing
from dtms.sim.state import Account, Deal, Order, Position
from dtms.sim.witness import Booked, Origin, Witness


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

    def open_position(self, order: Order, volume: float, price: float, origin: Origin) -> tuple[Deal, Position]:
        """An entry: a deal and the position that it makes, whose ticket and identifier are the order's ticket."""
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
        deal = self._deal(order, position, Entry.IN, volume, price, profit=0.0, swap=0.0)
        return self._book(deal, origin), position

    def reduce_position(
        self, position: Position, order: Order, volume: float, price: float, *, entry: Entry, origin: Origin
    ) -> tuple[Deal, Position | None]:
        """An exit: the deal, and what is left of the position. Swap and margin go in proportion."""
        standing = self._standing
        spec = standing.market.specs[position.symbol]
        rest = clean_volume(position.volume - volume)
        share = volume / position.volume if rest > 0 else 1.0
        swap = round(position.swap * share, standing.account.currency_digits)
        profit = standing.money(spec, (price - position.price_open) * position.direction * volume)
        deal = self._deal(order, position, entry, volume, price, profit=profit, swap=swap)
        left = None
        if rest > 0:
            left = replace(
                position,
                volume=rest,
                swap=position.swap - swap,
                margin=position.margin * (1 - share),
                time_update_msc=standing.market.server_msc,
                revision=self.next_revision(),
            )
            standing.holdings.put_position(left)
        else:
            standing.holdings.drop_position(position.ticket)
            self._witness.ended(deal.reason)
        return self._book(deal, origin), left

    def _deal(
        self, order: Order, position: Position, entry: Entry, volume: float, price: float, *, profit: float, swap: float
    ) -> Deal:
        spec = self._standing.market.specs[position.symbol]
        commission = 0.0 if entry == Entry.OUT_BY else spec.commission * volume  # close-by crosses no market
        side = position.side if entry == Entry.IN else 1 - position.side
        return Deal(
            ticket=self._next_deal(),
            order=order.ticket,
            time_msc=self._standing.market.server_msc,
            type=DealType(side),
            entry=entry,
            magic=order.magic,
            reason=order.reason,
            position_id=position.identifier,
            volume=volume,
            price=price,
            commission=0.0 - round(commission, self._standing.account.currency_digits),
            swap=swap,
            profit=profit,
            sl=position.sl,
            tp=position.tp,
            symbol=position.symbol,
            comment=order.comment,
        )

    def _book(self, deal: Deal, origin: Origin) -> Deal:
        standing = self._standing
        standing.holdings.add_deal(deal)
        account = standing.account
        balance = account.balance + deal.profit + deal.commission + deal.swap + deal.fee
        self.change_account(replace(account, balance=round(balance, account.currency_digits)))
        self._witness.booked(Booked(standing.market.time_msc, origin, deal))
        return deal

    def move_levels(self, position: Position, sl: float, tp: float, origin: Origin) -> Position:
        """Stop and target together, as SLTP sets them. The position's update time stays: only volume moves it."""
        self._witness.levels_moved(self._standing.market.time_msc, origin, position, sl, tp)
        moved = replace(position, sl=sl, tp=tp, revision=self.next_revision())
        self._standing.holdings.put_position(moved)
        return moved

    def add_swap(self, position: Position, amount: float) -> Position:
        charged = replace(position, swap=position.swap + amount, revision=self.next_revision())
        self._standing.holdings.put_position(charged)
        return charged

    def give_ticket(self, position: Position) -> Position:
        """A fresh ticket for the same position, as servers do that re-open positions over night."""
        self._standing.holdings.drop_position(position.ticket)
        renamed = replace(position, ticket=self.next_order(), revision=self.next_revision())
        self._standing.holdings.put_position(renamed)
        return renamed
