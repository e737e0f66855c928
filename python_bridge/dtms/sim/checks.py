"""
What a trade server looks at before it executes: every function answers with a return code, or None to go on.

The same checks serve OrderCheck in the terminal, where they look at what the terminal believes. `entering` has what
an entry needs beyond them.

A reduction that would leave less than the minimal volume is refused with 10014; the whole of a position may be
closed whatever its volume, up to the largest that one order may have.
"""

import math
from collections.abc import Callable

from dtms.sim.entering import SLACK, check_entry, check_levels, check_volume
from dtms.sim.messages import TradeFields
from dtms.sim.mt5 import FILLING_BIT, PRICED, Action, Execution, Filling, OrderMode, OrderType, Retcode, TradeMode
from dtms.sim.spec import SymbolSpec, clean_volume
from dtms.sim.standing import Standing
from dtms.sim.state import Position

_OPPOSITE = {OrderType.BUY: 1, OrderType.SELL: 0}  # the side of the position that such an order closes
_PENDING = frozenset({Action.PENDING, Action.MODIFY, Action.REMOVE})  # pending orders are outside this model


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
    if standing.account.nets:
        return _netting_deal(standing, spec, trade)
    if trade.position:
        return _closing(standing, spec, trade)
    return check_entry(standing, spec, trade)


def _netting_deal(standing: Standing, spec: SymbolSpec, trade: TradeFields) -> Retcode | None:
    """The symbol says which position the deal meets: it adds to it, reduces it, closes it or reverses it."""
    if trade.position and standing.account.position_binds:
        return _closing(standing, spec, trade)
    held = standing.holdings.only_of(spec.name)
    if held is None or held.side == trade.type:
        return check_entry(standing, spec, trade)
    if _frozen(standing, spec, held):
        return Retcode.FROZEN
    if trade.volume <= held.volume + SLACK:
        return _closing_volume(spec, held, trade.volume)
    return check_entry(standing, spec, trade, held)


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
    if spec.execution in PRICED:
        return None
    if trade.type_filling == Filling.RETURN:
        return None if spec.execution == Execution.EXCHANGE else Retcode.INVALID_FILL
    return None if spec.filling_mode & FILLING_BIT[Filling(trade.type_filling)] else Retcode.INVALID_FILL


def _price(standing: Standing, spec: SymbolSpec, trade: TradeFields) -> Retcode | None:
    """Request and instant execution promise a price; with the others it is the market's."""
    if spec.execution not in PRICED:
        return None
    if trade.price <= 0 or not spec.on_grid(trade.price):
        return Retcode.INVALID_PRICE
    quote = standing.market.quotes[spec.name]
    price = quote.ask if trade.type == OrderType.BUY else quote.bid
    return Retcode.REQUOTE if beyond_deviation(spec, trade, price) else None


def beyond_deviation(spec: SymbolSpec, trade: TradeFields, price: float) -> bool:
    """Whether a price is further from the one asked for than the request lets it be, in points."""
    return spec.execution in PRICED and abs(price - trade.price) > (trade.deviation + 0.5) * spec.point


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
    return Retcode.FIFO_CLOSE if _out_of_turn(standing, position) else None


def _closing_volume(spec: SymbolSpec, position: Position, volume: float) -> Retcode | None:
    """A whole position may be closed whatever its volume, up to the maximum; what is left must be able to stand."""
    if volume > position.volume + SLACK:
        return Retcode.INVALID_CLOSE_VOLUME
    rest = clean_volume(position.volume - volume)
    if rest == 0:
        return None if volume <= spec.volume_max + SLACK else Retcode.INVALID_VOLUME
    if rest < spec.volume_min - SLACK:
        return Retcode.INVALID_VOLUME
    return check_volume(spec, volume)


def _out_of_turn(standing: Standing, *closing: Position) -> bool:
    """First in, first out: a symbol's positions are closed from the oldest on, whatever their sides and volumes."""
    if not standing.account.fifo_close:
        return False
    (symbol,) = {p.symbol for p in closing}
    ages = sorted(p.identifier for p in standing.holdings.of_symbol(symbol))  # the ticket of the order that opened it
    return {p.identifier for p in closing} != set(ages[: len(closing)])


def _frozen(standing: Standing, spec: SymbolSpec, position: Position) -> bool:
    """Whether the market is within the freeze distance of the position's stop or target."""
    quote = standing.market.quotes.get(spec.name)
    if spec.freeze_level == 0 or quote is None:
        return False
    price = quote.bid if position.side == 0 else quote.ask
    reach = (spec.freeze_level + 1e-3) * spec.point
    return any(level and abs(price - level) <= reach for level in (position.sl, position.tp))


def find_levels(standing: Standing, trade: TradeFields) -> Position | Retcode:
    """The position whose levels a request moves: the one that it names, or the symbol's where it has one only."""
    account = standing.account
    if not account.nets or not trade.symbol or (trade.position and account.position_binds):
        return find_position(standing, trade.position)
    return standing.holdings.only_of(trade.symbol) or Retcode.INVALID


def find_met(standing: Standing, trade: TradeFields) -> Position | None:
    """The position that a deal which passed its checks meets; None when it opens one."""
    if standing.account.nets:
        return standing.holdings.only_of(trade.symbol)
    return standing.holdings.positions.get(trade.position)


def _check_levels_change(standing: Standing, trade: TradeFields) -> Retcode | None:
    position = find_levels(standing, trade)
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
    if standing.account.nets:
        return Retcode.INVALID_ORDER
    first, second = find_position(standing, trade.position), find_position(standing, trade.position_by)
    if isinstance(first, Retcode):
        return first
    if isinstance(second, Retcode):
        return second
    if first.symbol != second.symbol or first.side == second.side:
        return Retcode.INVALID
    return _close_pair(standing, standing.market.specs[first.symbol], first, second)


def _close_pair(standing: Standing, spec: SymbolSpec, first: Position, second: Position) -> Retcode | None:
    if not spec.order_mode & OrderMode.CLOSE_BY:
        return Retcode.INVALID_ORDER
    objection = _tradable(standing, spec)
    if objection is not None:
        return objection
    if _frozen(standing, spec, first) or _frozen(standing, spec, second):
        return Retcode.FROZEN
    return Retcode.FIFO_CLOSE if _out_of_turn(standing, first, second) else None


_CHECKERS: dict[int, Callable[[Standing, TradeFields], Retcode | None]] = {
    Action.DEAL: _check_deal,
    Action.SLTP: _check_levels_change,
    Action.CLOSE_BY: _check_close_by,
}
