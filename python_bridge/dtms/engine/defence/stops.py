"""
Where stops go: behind the price, to break-even, behind a swing; and whether the broker takes them.

Every level is rounded to the grid away from the market (5.1), kept at the broker's distance, and never wider than the stop that is
there. Prices in quote currency.
"""

from typing import NamedTuple

from dtms.engine.break_even import cost_in_price
from dtms.engine.defence.situation import Situation
from dtms.engine.orders import away_from_market, distance_holds, frozen, minimum_distance, tighter
from dtms.names import Side
from dtms.wire.messages import SymbolSpec


class Aim(NamedTuple):
    """A stop to set."""

    stop: float


class Never(NamedTuple):
    """Nothing is left to do, and why."""

    why: str


class NotNow(NamedTuple):
    """It cannot be done at this moment, and why."""

    why: str


Level = Aim | Never | NotNow


def tightened(now: Situation) -> Level:
    """Return the stop ``tighten_r`` behind the exit price, not nearer than ATR of M5 allows; no minimum change (reading 34)."""
    spec, price = now.spec, now.exit_price
    if spec is None or price is None:
        return NotNow("no quote or specification")
    level = _behind_price(now, spec, price)
    return NotNow("neither R nor ATR is known") if level is None else _judged(level, now, spec, price)


def _behind_price(now: Situation, spec: SymbolSpec, price: float) -> float | None:
    stops, judgement = now.rules.defence.stops, now.view.judgement
    atr = None if judgement is None else judgement.atr5
    known = [stops.tighten_r * now.record.risk] if now.record.risk else []
    known += [stops.tighten_atr5 * atr] if atr is not None else []
    if not known:
        return None
    distance = max(*known, minimum_distance(spec))
    return away_from_market(price - now.direction * distance, now.trade.side, spec.tick_size)


def broken_even(now: Situation) -> Level:
    """Return the break-even stop, or the tightened one where the market is not far enough beyond it (D-54)."""
    spec, price = now.spec, now.exit_price
    if spec is None or price is None:
        return NotNow("no quote or specification")
    side = now.trade.side
    cost = cost_in_price(now.trade, spec, now.costs) or 0.0  # costs that cannot be put into price do not keep a stop from moving
    beyond = cost + now.rules.defence.stops.break_even_ticks * spec.tick_size
    level = away_from_market(now.trade.position.price_open + now.direction * beyond, side, spec.tick_size)
    return _judged(level, now, spec, price) if distance_holds(level, side, price, spec) else tightened(now)


def trailed(now: Situation) -> Level:
    """Return the stop behind the last confirmed swing on the risk side, if that is worth a request."""
    spec, price, judgement = now.spec, now.exit_price, now.judgement
    if spec is None or price is None or judgement is None or judgement.atr15 is None:
        return NotNow("no quote, specification or ATR")
    level = behind_swing(now, now.trade.side, price)
    if level is None:
        return Never("no swing behind the price")
    stop = now.trade.position.stop_loss
    if stop is not None and now.direction * (level - stop) < _least_change(now, spec):
        return Never("less than the minimum change")
    return _judged(level, now, spec, price)


def protected(now: Situation) -> Level:
    """Return the first stop of a position without one: R behind its entry, or behind the price where that is worse."""
    spec, price, risk = now.spec, now.exit_price, now.record.risk
    if spec is None or price is None or not risk:
        return NotNow("no quote, specification or R")
    side, entry = now.trade.side, now.trade.position.price_open
    level = away_from_market(entry - now.direction * risk, side, spec.tick_size)
    if not distance_holds(level, side, price, spec):
        level = away_from_market(price - now.direction * max(risk, minimum_distance(spec)), side, spec.tick_size)
    return _judged(level, now, spec, price)


def behind_swing(now: Situation, side: Side, price: float) -> float | None:
    """Return ``swing_atr`` ATR beyond the last confirmed swing behind ``price`` for a position of this side, on the grid."""
    spec, judgement = now.spec, now.judgement
    if spec is None or judgement is None or judgement.atr15 is None:
        return None
    high = side is Side.SELL
    behind = [swing.price for swing in judgement.swings if swing.high is high and side.direction * (price - swing.price) > 0]
    if not behind:
        return None
    level = behind[-1] - side.direction * now.rules.defence.stops.swing_atr * judgement.atr15
    return away_from_market(level, side, spec.tick_size)


def _least_change(now: Situation, spec: SymbolSpec) -> float:
    quote, risk = now.quote, now.record.risk or 0.0
    spread = 0.0 if quote is None else quote.ask - quote.bid
    return max(now.rules.defence.stops.min_change_r * risk, spec.tick_size, spread)


def _judged(level: float, now: Situation, spec: SymbolSpec, price: float) -> Level:
    position = now.trade.position
    if level <= 0:
        return Never("below zero")
    if not tighter(level, position.stop_loss, now.trade.side, spec.tick_size):
        return Never("already tighter")
    if not distance_holds(level, now.trade.side, price, spec):
        return NotNow("too near to the market")
    if frozen(position.stop_loss, price, spec) or frozen(position.take_profit, price, spec):
        return NotNow("inside the freeze distance")
    return Aim(level)
