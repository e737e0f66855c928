"""From a request that passed its checks to deals and positions, and the bundle of updates that tells of it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final, NamedTuple

from dtms.sim.accounting import Accounting
from dtms.sim.bundle import Bundle
from dtms.sim.checks import beyond_deviation, check, find_levels, find_met
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


class Fill(NamedTuple):
    """Lots at a price."""

    volume: float
    price: float


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
        fills = self._fills(trade, liquidity)
        if not fills:
            return self._refused(Retcode.REJECT, trade)
        if beyond_deviation(self._standing.market.specs[trade.symbol], trade, fills[-1].price):
            return self._refused(Retcode.REQUOTE, trade)
        return self._deal(trade, origin, reason, fills)

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
        return self._deal(trade, Origin.SERVER, reason, self._fills(trade, PLENTY))

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

    def _deal(self, trade: TradeFields, origin: Origin, reason: Reason, fills: Sequence[Fill]) -> Executed:
        """One order, a deal for each fill. The order's end comes before deals that only reduce, as terminals often show it."""
        met = find_met(self._standing, trade)
        total = clean_volume(sum(fill.volume for fill in fills))
        order = self._order(trade, trade.type, reason, fills[0].price)
        bundle, deals = Bundle(), Bundle()
        bundle.order_add(order)
        exits = met is not None and met.side != order.type and total <= met.volume
        tickets: list[int] = []
        identifier = order.ticket if met is None else met.identifier
        for fill in fills:
            deal, before, met = self._accounting.deal(met, order, fill.volume, fill.price, origin)
            deals.deal_add(deal, self._standing.account, before, met)
            tickets.append(deal.ticket)
        ends = Bundle()
        done = self._done(order, total, identifier)
        ends.order_delete(done)
        ends.history_add(done)
        bundle.updates += ends.updates + deals.updates if exits else deals.updates + ends.updates
        bundle.traded()
        retcode = Retcode.DONE if total == trade.volume else Retcode.DONE_PARTIAL
        price = sum(fill.volume * fill.price for fill in fills) / total
        price = round(price, self._standing.market.specs[trade.symbol].digits)
        return Executed(self._result(retcode, trade.symbol, order=order.ticket, deal=tickets[0], volume=total, price=price), bundle)

    def _fills(self, trade: TradeFields, liquidity: Liquidity) -> list[Fill]:
        """
        What the market gives: the lots that it offers at the price, with RETURN the rest at the next price.

        Empty when that is not what the filling asks for.
        """
        spec, quote = self._standing.market.specs[trade.symbol], self._standing.market.quotes[trade.symbol]
        buy = trade.type == OrderType.BUY
        worse = 1 if buy else -1
        price = (quote.ask if buy else quote.bid) + worse * liquidity.slippage_points * spec.point
        first = trade.volume if liquidity.volume is None else min(trade.volume, liquidity.volume)
        rest = clean_volume(trade.volume - first)
        if first <= 0 or (rest > 0 and trade.type_filling == Filling.FOK):
            return []
        fills = [Fill(clean_volume(first), round(price, spec.digits))]
        if rest > 0 and trade.type_filling == Filling.RETURN:
            fills.append(Fill(rest, round(price + worse * spec.tick_size, spec.digits)))
        return fills

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
            deal, left = self._accounting.reduce(position, order, volume, second.price_open, entry=Entry.OUT_BY, origin=origin)
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
        position = find_levels(self._standing, trade)
        if isinstance(position, Retcode):
            return self._refused(position, trade)
        moved = self._accounting.move_levels(position, trade.sl, trade.tp, origin)
        bundle = Bundle()
        bundle.position_changed(moved)
        bundle.traded()
        return Executed(self._result(Retcode.DONE, position.symbol), bundle)
