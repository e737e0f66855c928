"""
What a hedged pair stands at, and its equity stop (5.4, ``hedge.stop_mode = none``).

The pair loses what position and hedge would lose if both were closed now, each at its own exit price, with commission and swap. The
limit is ``hedge.pair_stop_r`` times R times the volume that the position had when the hedge was ordered: that is the risk before
hedging, taken with the R of its first stop, so that a main stop that was tightened since lets the pair lose no more than the trade
was opened for. Money is told in price times lots, losses are positive.
"""

from dtms.engine.break_even import cost_in_price
from dtms.engine.defence.situation import Situation, clean
from dtms.engine.orders import away_from_market, toward_profit
from dtms.engine.trade import Trade
from dtms.settings_defence import HedgeStop


def has_equity_stop(now: Situation) -> bool:
    """Return whether the pair ends at its equity stop: where the user chose that, and where its hedge has no stop of its own."""
    chosen = now.rules.defence.hedge.stop_mode is HedgeStop.NONE
    return bool(now.hedges) and (chosen or any(leg.held.position.stop_loss is None for leg in now.hedges))


def pair_loss(now: Situation) -> float | None:
    """Return what the pair would lose now, None without a quote or a hedge."""
    quote = now.quote
    if quote is None or not now.hedges:
        return None
    return sum(_loss(held, quote.exit_price(held.side)) + costs(now, held) for held in _members(now))


def pair_limit(now: Situation) -> float | None:
    """Return the loss at which everything is closed, None where R is not known."""
    # A hedge that was found, not ordered, covers what the position has now.
    return limit_of(now, now.record.hedged_volume or now.trade.position.volume)


def limit_of(now: Situation, volume: float) -> float | None:
    """Return the largest loss of a pair whose position has so many lots when the hedge is ordered, None where R is not known."""
    risk = now.record.risk
    return now.rules.defence.hedge.pair_stop_r * risk * volume if risk and volume > 0 else None


def pair_loss_r(now: Situation) -> float | None:
    """Return the pair's loss in R of the volume that the limit is counted from."""
    loss, limit = pair_loss(now), pair_limit(now)
    return None if loss is None or limit is None else clean(loss / limit * now.rules.defence.hedge.pair_stop_r)


def costs(now: Situation, held: Trade) -> float:
    """Return commission and swap of a position; nothing where they cannot be put into price."""
    spec = now.spec
    return 0.0 if spec is None else (cost_in_price(held, spec, now.costs) or 0.0) * held.position.volume


def equity_stop_price(now: Situation) -> float | None:
    """
    Return the position's exit price at which the pair reaches its limit at the spread of now, None where no price leads there.

    It lies on the adverse side while the position is the larger, beyond the favourable one while the hedge is: ``pair_leans``.
    """
    loss, limit, open_lots, price = pair_loss(now), pair_limit(now), pair_leans(now), now.exit_price
    if loss is None or limit is None or price is None or not open_lots or not has_equity_stop(now):
        return None
    level = price - now.direction * (limit - loss) / open_lots
    if now.spec is None:
        return level
    onto_grid = away_from_market if open_lots > 0 else toward_profit
    return onto_grid(level, now.trade.side, now.spec.tick_size)


def pair_leans(now: Situation) -> float:
    """Return the lots of the position that its hedge does not cover, negative where the hedge is the larger."""
    return clean(now.trade.position.volume - sum(leg.held.position.volume for leg in now.hedges))


def _members(now: Situation) -> tuple[Trade, ...]:
    return (now.trade, *(leg.held for leg in now.hedges))


def _loss(held: Trade, price: float) -> float:
    position = held.position
    return held.side.direction * (position.price_open - price) * position.volume
