"""
What a trade server looks at before a deal opens a position, adds to one, or goes through one to the other side.

As in `checks`, every function answers with a return code, or None to go on.
"""

from typing import Final

from dtms.sim.market import Quote
from dtms.sim.messages import TradeFields
from dtms.sim.mt5 import OrderType, Retcode, TradeMode
from dtms.sim.spec import SymbolSpec, clean_volume
from dtms.sim.standing import Standing
from dtms.sim.state import Position

SLACK: Final = 1e-9  # lots; below any volume step
_ONE_SIDED: Final = {
    (TradeMode.LONG_ONLY, 1): Retcode.LONG_ONLY,
    (TradeMode.SHORT_ONLY, 0): Retcode.SHORT_ONLY,
    (TradeMode.CLOSE_ONLY, 0): Retcode.CLOSE_ONLY,
    (TradeMode.CLOSE_ONLY, 1): Retcode.CLOSE_ONLY,
}


def check_entry(standing: Standing, spec: SymbolSpec, trade: TradeFields, through: Position | None = None) -> Retcode | None:
    """The objection to an entry, or None. Of a deal that goes through an opposite position only the rest is one."""
    quote = standing.market.quotes[spec.name]
    objection = (
        _ONE_SIDED.get((spec.trade_mode, trade.type))
        or check_volume(spec, trade.volume)
        or _least(spec, trade, through)
        or check_levels(spec, quote, trade.type, trade.sl, trade.tp)
        or _limits(standing, spec, trade, through)
    )
    if objection is not None:
        return objection
    return _money(standing, spec, trade, quote, through)


def check_volume(spec: SymbolSpec, volume: float) -> Retcode | None:
    fits = spec.volume_min - SLACK <= volume <= spec.volume_max + SLACK and spec.volume_on_step(volume)
    return None if fits else Retcode.INVALID_VOLUME


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


def _entered(trade: TradeFields, through: Position | None) -> float:
    """Lots of the deal that are an entry."""
    return clean_volume(trade.volume - (through.volume if through is not None else 0.0))


def _least(spec: SymbolSpec, trade: TradeFields, through: Position | None) -> Retcode | None:
    """What stands on the other side after a reversal must be able to stand there."""
    return Retcode.INVALID_VOLUME if _entered(trade, through) < spec.volume_min - SLACK else None


def _limits(standing: Standing, spec: SymbolSpec, trade: TradeFields, through: Position | None) -> Retcode | None:
    account, book = standing.account, standing.holdings.books.get(spec.name)
    lots = book.lots if book is not None else [0.0, 0.0]
    if spec.volume_limit > 0 and lots[trade.type] + _entered(trade, through) > spec.volume_limit + SLACK:
        return Retcode.LIMIT_VOLUME
    another = not account.nets or (book is None or not book.positions)
    if another and account.limit_positions and len(standing.holdings.positions) >= account.limit_positions:
        return Retcode.LIMIT_POSITIONS
    if not account.nets and not account.hedge_allowed and lots[1 - trade.type] > 0:
        return Retcode.HEDGE_PROHIBITED
    return None


def _money(standing: Standing, spec: SymbolSpec, trade: TradeFields, quote: Quote, through: Position | None) -> Retcode | None:
    """The margin after the deal, covered volume considered, must not exceed the equity."""
    price = quote.ask if trade.type == OrderType.BUY else quote.bid
    added = standing.margin_for(spec, _entered(trade, through), price, opening=True)
    book = standing.holdings.books.get(spec.name)
    if through is not None:
        added -= through.margin
    elif book is not None and book.lots[1 - trade.type] >= book.lots[trade.type] + trade.volume - SLACK:
        added *= spec.margin_hedged / spec.contract_size
    free = standing.equity() - standing.margin()
    return Retcode.NO_MONEY if added > free else None
