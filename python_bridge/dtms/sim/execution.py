"""From a request that passed its checks to deals and positions, and the bundle of updates that tells of it."""

from dataclasses import dataclass, replace
from typing import Final

from dtms.sim.accounting import Accounting
from dtms.sim.bundle import Bundle
from dtms.sim.checks import check
from dtms.sim.messages import TradeFields, TradeResult
from dtms.sim.mt5 import COMMENT_LIMIT, Action, Entry, Filling, OrderState, OrderType, Reason, Retcode
from dtms.sim.spec import clean_volume
from dtms.sim.standing import Standing
from dtms.sim.state import Order, Position
from dtms.sim.witness import Origin, Witness


@dataclass(frozen=True, slots=True)
class Liquidity:
    """What the market has to offer: lots at the price, and points by which the price is worse than quoted."""

    volume: float | None = None
    slippage_points: int = 0


PLENTY: Final = Liquidity()


@dataclass(frozen=True, slots=True)
class Executed:
    """The result (request_id not filled) and the updates it caused, without the REQUEST transaction."""

    result: TradeResult
    bundle: Bundle


class Execution:
    """Executes trades on the broker's standing."""

    def __init__(self, standing: Standing, accounting: Accounting, witness: Witness) -> None:
        self._standing = standing
        self._accounting = accounting
        self._witness = witness

    def run(self, trade: TradeFields, origin: Origin, reason: Reason, liquidity: Liquidity = PLENTY) -> Executed:
        """Check and execute; a refusal is a result with its return code and an empty bundle."""
        objection = check(self._standing, trade, expert=origin is Origin.EXPERT)
        if objection is not None:
            return self._refused(objection, trade)
        if trade.action == Action.SLTP:
            return self._move_levels(trade, origin)
        if trade.action == Action.CLOSE_BY:
            return self._close_by(trade, origin, reason)
        volume = trade.volume if liquidity.volume is None else min(trade.volume, liquidity.volume)
        if volume <= 0 or (volume < trade.volume and trade.type_filling == Filling.FOK):
            return self._refused(Retcode.REJECT, trade)
        return self._deal(trade, origin, reason, clean_volume(volume), liquidity.slippage_points)

    def refuse(self, retcode: Retcode, trade: TradeFields) -> Executed:
        """A refusal for a reason outside the checks."""
        return self._refused(retcode, trade)

    def close_by_server(self, position: Position, reason: Reason, comment: str) -> Executed:
        """Stop, target or stop-out, at the price that the market has now."""
        trade = TradeFields(
            action=Action.DEAL,
            magic=position.magic,
            symbol=position.symbol,
            volume=position.volume,
            type=1 - position.side,
            position=position.ticket,
            comment=comment,
        )
        return self._deal(trade, Origin.SERVER, reason, position.volume, 0)

    def _refused(self, retcode: Retcode, trade: TradeFields) -> Executed:
        symbol = trade.symbol
        if not symbol and trade.position in self._standing.holdings.positions:
            symbol = self._standing.holdings.positions[trade.position].symbol
        return Executed(self._result(retcode, symbol), Bundle())

    def _result(
        self, retcode: Retcode, symbol: str, *, order: int = 0, deal: int = 0, volume: float = 0.0, price: float = 0.0
    ) -> TradeResult:
        quote = self._standing.market.quotes.get(symbol)
        return TradeResult(
            retcode=retcode,
            order=order,
            deal=deal,
            volume=volume,
            price=price,
            bid=quote.bid if quote else 0.0,
            ask=quote.ask if quote else 0.0,
            comment=retcode.name.replace("_", " ").capitalize(),
        )

    def _order(self, trade: TradeFields, kind: int, reason: Reason, price: float) -> Order:
        return Order(
            ticket=self._accounting.next_order(),
            symbol=trade.symbol,
            type=kind,
            state=OrderState.STARTED,
            filling=trade.type_filling,
            magic=trade.magic,
            reason=reason,
            position_id=trade.position,
            position_by_id=trade.position_by if trade.action == Action.CLOSE_BY else 0,
            volume_initial=trade.volume,
            volume_current=trade.volume,
            price=price,
            sl=trade.sl,
            tp=trade.tp,
            comment=trade.comment[:COMMENT_LIMIT],
            time_setup_msc=self._standing.market.server_msc,
            time_done_msc=0,
            revision=self._accounting.next_revision(),
        )

    def _done(self, order: Order, filled: float, position_id: int) -> Order:
        """The order as history keeps it; what was not filled is cancelled."""
        rest = clean_volume(order.volume_initial - filled)
        done = replace(
            order,
            state=OrderState.CANCELED if rest > 0 else OrderState.FILLED,
            volume_current=rest,
            position_id=position_id,
            time_done_msc=self._standing.market.server_msc,
            revision=self._accounting.next_revision(),
        )
        self._standing.holdings.add_history(done)
        return done

    def _deal(self, trade: TradeFields, origin: Origin, reason: Reason, volume: float, slippage: int) -> Executed:
        spec, quote = self._standing.market.specs[trade.symbol], self._standing.market.quotes[trade.symbol]
        buy = trade.type == OrderType.BUY
        price = (quote.ask if buy else quote.bid) + slippage * spec.point * (1 if buy else -1)
        price = round(price, spec.digits)
        order = self._order(trade, trade.type, reason, price)
        bundle = Bundle()
        bundle.order_add(order)
        if trade.position:
            deal_ticket = self._exit(bundle, order, volume, price, origin)
        else:
            deal_ticket = self._enter(bundle, order, volume, price, origin)
        bundle.traded()
        retcode = Retcode.DONE if volume == trade.volume else Retcode.DONE_PARTIAL
        result = self._result(retcode, trade.symbol, order=order.ticket, deal=deal_ticket, volume=volume, price=price)
        return Executed(result, bundle)

    def _enter(self, bundle: Bundle, order: Order, volume: float, price: float, origin: Origin) -> int:
        deal, position = self._accounting.open_position(order, volume, price, origin)
        done = self._done(order, volume, position.identifier)
        bundle.deal_add(deal, self._standing.account, position, position)
        bundle.order_delete(done)
        bundle.history_add(done)
        return deal.ticket

    def _exit(self, bundle: Bundle, order: Order, volume: float, price: float, origin: Origin) -> int:
        """The order's end comes before its deal, as terminals often show it for exits."""
        position = self._standing.holdings.positions[order.position_id]
        deal, left = self._accounting.reduce_position(position, order, volume, price, entry=Entry.OUT, origin=origin)
        done = self._done(order, volume, position.identifier)
        bundle.order_delete(done)
        bundle.history_add(done)
        bundle.deal_add(deal, self._standing.account, position, left)
        return deal.ticket

    def _close_by(self, trade: TradeFields, origin: Origin, reason: Reason) -> Executed:
        """Both at the opening price of the second, so that the whole profit falls on the first."""
        held = self._standing.holdings.positions
        first, second = held[trade.position], held[trade.position_by]
        volume = min(first.volume, second.volume)
        fields = replace(trade, symbol=first.symbol, volume=volume)
        order = self._order(fields, OrderType.CLOSE_BY, reason, second.price_open)
        bundle = Bundle()
        bundle.order_add(order)
        tickets: list[int] = []
        for position in (first, second):
            deal, left = self._accounting.reduce_position(
                position, order, volume, second.price_open, entry=Entry.OUT_BY, origin=origin
            )
            bundle.deal_add(deal, self._standing.account, position, left)
            if left is not None:
                bundle.position_changed(left, told_only=True)
            tickets.append(deal.ticket)
        done = self._done(replace(order, position_by_id=second.identifier), volume, first.identifier)
        bundle.order_delete(done)
        bundle.history_add(done)
        bundle.traded()
        result = self._result(
            Retcode.DONE,
            first.symbol,
            order=order.ticket,
            deal=tickets[0],
            volume=volume,
            price=second.price_open,
        )
        return Executed(result, bundle)

    def _move_levels(self, trade: TradeFields, origin: Origin) -> Executed:
        position = self._standing.holdings.positions[trade.position]
        moved = self._accounting.move_levels(position, trade.sl, trade.tp, origin)
        bundle = Bundle()
        bundle.position_changed(moved)
        bundle.traded()
        return Executed(self._result(Retcode.DONE, position.symbol), bundle)
