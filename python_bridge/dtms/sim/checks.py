"""
What a trade server looks at before it executes: every function answers with a return code, or None to go on.

The same checks serve OrderCheck in the terminal, where they look at what the terminal believes.
"""

import math
from collections.abc import Callable

from dtms.sim.market import Quote
from dtms.sim.messages import TradeFields
from dtms.sim.mt5 import FILLING_BIT, Action, Execution, Filling, MarginMode, OrderMode, OrderType, Retcode, TradeMode
from dtms.sim.spec import SymbolSpec, clean_volume
from dtms.sim.standing import Standing
from dtms.sim.state import Position

_OPPOSITE = {OrderType.BUY: 1, OrderType.SELL: 0}  # the side of the position that such an order closes
_PENDING = frozenset({Action.PENDING, Action.MODIFY, Action.REMOVE})  # pending orders are outside this model
_SLACK = 1e-9  # lots; below any volume step


def check(standing: Standing, trade: TradeFields, *, expert: bool) -> Retcode | None:
    """The first objection to a request, or None. `expert`: it comes from a program, not from a human."""
    account = standing.account
    if not account.trade_allowed:
        return Retcode.TRADE_DISABLED
    if expert and not account.trade_expert:
        return Retcode.SERVER_DISABLES_AT
    numbers = (trade.volume, trade.price, trade.sl, trade.tp)
    if not all(math.isfinite(x) and x >= 0 for x in numbers):
        return Retcode.INVALID
    if trade.action in _PENDING:
        return Retcode.INVALID_ORDER
    checker = _CHECKERS.get(trade.action)
    return checker(standing, trade) if checker is not None else Retcode.INVALID


def _check_deal(standing: Standing, trade: TradeFields) -> Retcode | None:
    spec = standing.market.specs.get(trade.symbol)
    if spec is None:
        return Retcode.INVALID
    if trade.type not in _OPPOSITE:
        return Retcode.INVALID_ORDER
    objection = _tradable(standing, spec) or _filling(spec, trade) or _price(standing, spec, trade)
    if objection is not None:
        return objection
    if trade.position:
        return _closing(standing, spec, trade)
    return _opening(standing, spec, trade)


def _tradable(standing: Standing, spec: SymbolSpec) -> Retcode | None:
    if spec.trade_mode == TradeMode.DISABLED:
        return Retcode.TRADE_DISABLED
    if not standing.market.session_open(spec.name):
        return Retcode.MARKET_CLOSED
    if spec.name not in standing.market.quotes:
        return Retcode.PRICE_OFF
    return None


def _filling(spec: SymbolSpec, trade: TradeFields) -> Retcode | None:
    if not spec.order_mode & OrderMode.MARKET:
        return Retcode.INVALID_ORDER
    if trade.type_filling not in {Filling.FOK, Filling.IOC, Filling.RETURN}:
        return Retcode.INVALID_FILL
    if spec.execution in {Execution.REQUEST, Execution.INSTANT}:
        return None
    if trade.type_filling == Filling.RETURN:
        return None if spec.execution == Execution.EXCHANGE else Retcode.INVALID_FILL
    return None if spec.filling_mode & FILLING_BIT[Filling(trade.type_filling)] else Retcode.INVALID_FILL


def _price(standing: Standing, spec: SymbolSpec, trade: TradeFields) -> Retcode | None:
    """Request and instant execution promise a price; with the others it is the market's."""
    if spec.execution not in {Execution.REQUEST, Execution.INSTANT}:
        return None
    if trade.price <= 0 or not spec.on_grid(trade.price):
        return Retcode.INVALID_PRICE
    quote = standing.market.quotes[spec.name]
    price = quote.ask if trade.type == OrderType.BUY else quote.bid
    too_far = abs(price - trade.price) > (trade.deviation + 0.5) * spec.point
    return Retcode.REQUOTE if too_far else None


def _volume(spec: SymbolSpec, volume: float) -> Retcode | None:
    fits = spec.volume_min - _SLACK <= volume <= spec.volume_max + _SLACK and spec.volume_on_step(volume)
    return None if fits else Retcode.INVALID_VOLUME


def find_position(standing: Standing, ticket: int) -> Position | Retcode:
    """The open position of a ticket; one that was there once is closed, any other never existed."""
    position = standing.holdings.positions.get(ticket)
    if position is not None:
        return position
    return Retcode.POSITION_CLOSED if standing.holdings.was_position(ticket) else Retcode.INVALID


def _closing(standing: Standing, spec: SymbolSpec, trade: TradeFields) -> Retcode | None:
    position = find_position(standing, trade.position)
    if isinstance(position, Retcode):
        return position
    if position.symbol != trade.symbol or position.side != _OPPOSITE[OrderType(trade.type)]:
        return Retcode.INVALID
    objection = _closing_volume(spec, position, trade.volume)
    if objection is not None:
        return objection
    if _frozen(standing, spec, position):
        return Retcode.FROZEN
    if standing.account.fifo_close and _older_exists(standing, position):
        return Retcode.FIFO_CLOSE
    return None


def _closing_volume(spec: SymbolSpec, position: Position, volume: float) -> Retcode | None:
    """A whole position may be closed whatever its volume, up to the maximum; what is left must be able to stand."""
    if volume > position.volume + _SLACK:
        return Retcode.INVALID_CLOSE_VOLUME
    rest = clean_volume(position.volume - volume)
    if rest == 0:
        return None if volume <= spec.volume_max + _SLACK else Retcode.INVALID_VOLUME
    if rest < spec.volume_min - _SLACK:
        return Retcode.INVALID_VOLUME
    return _volume(spec, volume)


def _older_exists(standing: Standing, position: Position) -> bool:
    older = (p for p in standing.holdings.of_symbol(position.symbol) if p.identifier < position.identifier)
    return any(p.side == position.side for p in older)


def _frozen(standing: Standing, spec: SymbolSpec, position: Position) -> bool:
    """Whether the market is within the freeze distance of the position's stop or target."""
    quote = standing.market.quotes.get(spec.name)
    if spec.freeze_level == 0 or quote is None:
        return False
    price = quote.bid if position.side == 0 else quote.ask
    reach = (spec.freeze_level + 1e-3) * spec.point
    return any(level and abs(price - level) <= reach for level in (position.sl, position.tp))


_ONE_SIDED = {
    (TradeMode.LONG_ONLY, 1): Retcode.LONG_ONLY,
    (TradeMode.SHORT_ONLY, 0): Retcode.SHORT_ONLY,
    (TradeMode.CLOSE_ONLY, 0): Retcode.CLOSE_ONLY,
    (TradeMode.CLOSE_ONLY, 1): Retcode.CLOSE_ONLY,
}


def _opening(standing: Standing, spec: SymbolSpec, trade: TradeFields) -> Retcode | None:
    side = trade.type
    quote = standing.market.quotes[spec.name]
    objection = (
        _ONE_SIDED.get((spec.trade_mode, side))
        or _volume(spec, trade.volume)
        or check_levels(spec, quote, side, trade.sl, trade.tp)
        or _limits(standing, spec, trade)
    )
    if objection is not None:
        return objection
    return _money(standing, spec, trade, quote)


def check_levels(spec: SymbolSpec, quote: Quote, side: int, sl: float, tp: float) -> Retcode | None:
    """Stop and target against the price that closes the position; 0 is no level."""
    price, direction = (quote.bid, 1) if side == 0 else (quote.ask, -1)
    least = (max(spec.stops_level, 0) - 1e-3) * spec.point
    for level, sign in ((sl, -direction), (tp, direction)):
        if level == 0:
            continue
        distance = (level - price) * sign
        if distance <= 0 or distance < least or not spec.on_grid(level):
            return Retcode.INVALID_STOPS
    return None


def _limits(standing: Standing, spec: SymbolSpec, trade: TradeFields) -> Retcode | None:
    account, book = standing.account, standing.holdings.books.get(spec.name)
    lots = book.lots if book is not None else [0.0, 0.0]
    if spec.volume_limit > 0 and lots[trade.type] + trade.volume > spec.volume_limit + _SLACK:
        return Retcode.LIMIT_VOLUME
    if account.limit_positions and len(standing.holdings.positions) >= account.limit_positions:
        return Retcode.LIMIT_POSITIONS
    if not account.hedge_allowed and lots[1 - trade.type] > 0:
        return Retcode.HEDGE_PROHIBITED
    return None


def _money(standing: Standing, spec: SymbolSpec, trade: TradeFields, quote: Quote) -> Retcode | None:
    """The margin after the deal, covered volume considered, must leave the equity positive."""
    price = quote.ask if trade.type == OrderType.BUY else quote.bid
    added = standing.margin_for(spec, trade.volume, price)
    book = standing.holdings.books.get(spec.name)
    covering = book is not None and book.lots[1 - trade.type] >= book.lots[trade.type] + trade.volume - _SLACK
    if covering:
        added *= spec.margin_hedged / spec.contract_size
    free = standing.equity() - standing.margin()
    return Retcode.NO_MONEY if added > free else None


def _check_levels_change(standing: Standing, trade: TradeFields) -> Retcode | None:
    position = find_position(standing, trade.position)
    if isinstance(position, Retcode):
        return position
    spec = standing.market.specs[position.symbol]
    if trade.symbol not in {"", position.symbol}:
        return Retcode.INVALID
    objection = _tradable(standing, spec)
    if objection is not None:
        return objection
    half_tick = spec.tick_size / 2
    sl_same, tp_same = abs(trade.sl - position.sl) < half_tick, abs(trade.tp - position.tp) < half_tick
    if sl_same and tp_same:
        return Retcode.NO_CHANGES
    if _frozen(standing, spec, position):
        return Retcode.FROZEN
    changed_sl, changed_tp = 0.0 if sl_same else trade.sl, 0.0 if tp_same else trade.tp
    return check_levels(spec, standing.market.quotes[spec.name], position.side, changed_sl, changed_tp)


def _check_close_by(standing: Standing, trade: TradeFields) -> Retcode | None:
    first, second = find_position(standing, trade.position), find_position(standing, trade.position_by)
    if isinstance(first, Retcode):
        return first
    if isinstance(second, Retcode):
        return second
    spec = standing.market.specs[first.symbol]
    if first.symbol != second.symbol or first.side == second.side:
        return Retcode.INVALID
    if standing.account.margin_mode != MarginMode.HEDGING or not spec.order_mode & OrderMode.CLOSE_BY:
        return Retcode.INVALID_ORDER
    objection = _tradable(standing, spec)
    if objection is not None:
        return objection
    frozen = _frozen(standing, spec, first) or _frozen(standing, spec, second)
    return Retcode.FROZEN if frozen else None


_CHECKERS: dict[int, Callable[[Standing, TradeFields], Retcode | None]] = {
    Action.DEAL: _check_deal,
    Action.SLTP: _check_levels_change,
    Action.CLOSE_BY: _check_close_by,
}
