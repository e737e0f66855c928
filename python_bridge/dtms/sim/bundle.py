"""
The updates that one execution gives, in the order in which a terminal usually sees them.

State goes ahead of the transaction that tells of it. `Bundle` is a builder; what happens to a finished bundle on
its way (late, twice, shuffled, never) is `delivery`'s business.
"""

from dtms.sim.messages import (
    AccountSet,
    DealAdded,
    HistorySet,
    OrderGone,
    OrderSet,
    PositionGone,
    PositionSet,
    Traded,
    TradeFields,
    TradeResult,
    Trans,
    Transaction,
    Update,
)
from dtms.sim.mt5 import TransactionType
from dtms.sim.state import Account, Deal, Order, Position


class Bundle:
    """Collects updates; which fields of a transaction are filled follows the reference."""

    def __init__(self) -> None:
        self.updates: list[Update] = []

    def order_add(self, order: Order) -> None:
        self.updates += OrderSet(order), Transaction(_of_order(TransactionType.ORDER_ADD, order, position=0))

    def order_delete(self, order: Order) -> None:
        gone = OrderGone(order.ticket, order.revision)
        self.updates += gone, Transaction(_of_order(TransactionType.ORDER_DELETE, order, order.position_id))

    def history_add(self, order: Order) -> None:
        self.updates += (
            HistorySet(order),
            Transaction(_of_order(TransactionType.HISTORY_ADD, order, order.position_id)),
        )

    def deal_add(self, deal: Deal, account: Account, position: Position, left: Position | None) -> None:
        """A deal with what it left of its position, maybe under a fresh ticket; `position` is what it met or made."""
        if left is None or left.ticket != position.ticket:
            self.updates.append(PositionGone(position.ticket, account.revision))
        if left is not None:
            self.updates.append(PositionSet(left))
        self.updates += DealAdded(deal), AccountSet(account)
        trans = Trans(
            type=TransactionType.DEAL_ADD,
            deal=deal.ticket,
            order=deal.order,
            symbol=deal.symbol,
            deal_type=deal.type,
            price=deal.price,
            price_sl=deal.sl,
            price_tp=deal.tp,
            volume=deal.volume,
            position=left.ticket if left is not None else position.ticket,
        )
        self.updates.append(Transaction(trans))

    def position_changed(self, position: Position, *, told_only: bool = False) -> None:
        """A change that no deal made; `told_only`: the state went ahead already."""
        if not told_only:
            self.updates.append(PositionSet(position))
        trans = Trans(
            type=TransactionType.POSITION,
            symbol=position.symbol,
            deal_type=position.side,
            price=position.price_open,
            price_sl=position.sl,
            price_tp=position.tp,
            volume=position.volume,
            position=position.ticket,
        )
        self.updates.append(Transaction(trans))

    def request(self, trade: TradeFields, result: TradeResult) -> None:
        """The answer to the caller's terminal; OnTrade follows all transactions."""
        at = len(self.updates) - (bool(self.updates) and isinstance(self.updates[-1], Traded))
        self.updates.insert(at, Transaction(Trans(type=TransactionType.REQUEST), trade, result))

    def traded(self) -> None:
        self.updates.append(Traded())


def _of_order(kind: TransactionType, order: Order, position: int) -> Trans:
    return Trans(
        type=kind,
        order=order.ticket,
        symbol=order.symbol,
        order_type=order.type,
        order_state=order.state,
        price=order.price,
        price_sl=order.sl,
        price_tp=order.tp,
        volume=order.volume_current,
        position=position,
        position_by=order.position_by_id,
    )
