"""
The one rule: at ``at_r`` times the initial risk the stop goes to break-even, net of costs.

``judge`` says what the rule finds and on which figures; it changes nothing. Prices in quote currency, money in the account's.
"""

import enum
from dataclasses import dataclass
from typing import Final

from dtms.engine.market import Market
from dtms.engine.orders import TICK_DUST, distance_holds, frozen, minimum_distance, tighter, toward_profit
from dtms.engine.trade import Trade
from dtms.settings import BreakEvenSettings
from dtms.wire.messages import SymbolSpec

# Prices are decimal text: at exactly at_r the quotient may fall short by binary dust, the more the smaller R is beside the price.
_R_DUST: Final = 1e-6


class Verdict(enum.StrEnum):
    """What the rule finds."""

    OFF = "off"  # switched off, not managed, in quarantine
    OVER = "over"  # done, skipped, observed or given up before
    UNDER_WAY = "under way"
    NO_RISK = "no risk"  # no stop was ever seen, or the first was on the winning side
    NO_MARKET = "no market"  # quote or specification is missing
    NO_VALUE = "no value"  # costs cannot be put into price: the symbol's tick value is unknown
    NOT_YET = "not yet"
    BACKING_OFF = "backing off"  # an attempt failed a moment ago
    TOO_CLOSE = "too close"  # the market is not far enough beyond the level
    FROZEN = "frozen"  # stop or target stand inside the freeze distance
    ALREADY = "already"  # the stop is there or beyond
    MOVE = "move"
    CLOSING = "closing"  # somebody asked for the end of the trade: no rule has anything to do
    HELD = "held"  # the defence or a rail lets no stop be moved by this rule now


@dataclass(frozen=True, slots=True)
class Finding:
    """The verdict and the figures behind it; a figure that was not needed is None. Kept as the decision's proof."""

    verdict: Verdict
    exit_price: float | None = None
    r_now: float | None = None
    cost: float | None = None  # price units
    stop: float | None = None  # the break-even stop
    trigger: float | None = None  # exit price from which the rule wants to act


def judge(trade: Trade, market: Market, now: int, rule: BreakEvenSettings) -> Finding:
    """Return what the rule finds for the trade now (monotonic ms)."""
    if (standing := _standing(trade, rule)) is not None:
        return Finding(standing)
    spec, quote = market.spec, market.quote
    if spec is None:
        return Finding(Verdict.NO_MARKET)
    found = levels(trade, spec, rule)
    if found is None:
        return Finding(Verdict.NO_VALUE)
    cost, stop, trigger = found
    if not tighter(stop, trade.position.stop_loss, trade.side, spec.tick_size):
        return Finding(Verdict.ALREADY, None, None, cost, stop, trigger)
    if quote is None:
        return Finding(Verdict.NO_MARKET, None, None, cost, stop, trigger)
    exit_price = quote.exit_price(trade.side)
    if not _gained(trade, exit_price, rule):
        verdict = Verdict.NOT_YET
    elif now < trade.break_even.not_before:
        verdict = Verdict.BACKING_OFF
    else:
        verdict = _obstacle(trade, spec, exit_price, stop) or Verdict.MOVE
    return Finding(verdict, exit_price, trade.r_now(exit_price), cost, stop, trigger)


def trigger_price(trade: Trade, spec: SymbolSpec, rule: BreakEvenSettings) -> float | None:
    """Return the exit price from which the rule wants to act, None where it never will as things stand."""
    if _standing(trade, rule) not in {None, Verdict.UNDER_WAY}:
        return None
    found = levels(trade, spec, rule)
    return None if found is None else found[2]


def _standing(trade: Trade, rule: BreakEvenSettings) -> Verdict | None:
    if not (rule.enabled and trade.managed) or trade.quarantine is not None:
        return Verdict.OFF
    if trade.break_even.over:
        return Verdict.OVER
    if trade.break_even.under_way:
        return Verdict.UNDER_WAY
    if trade.risk is None or trade.risk_synthetic:
        return Verdict.NO_RISK
    return None


def levels(trade: Trade, spec: SymbolSpec, rule: BreakEvenSettings) -> tuple[float, float, float] | None:
    """Return the costs, the break-even stop, and the exit price from which the rule wants it; None: the costs are unknown."""
    cost = cost_in_price(trade, spec, rule)
    if cost is None or trade.risk is None:
        return None
    direction, entry = trade.side.direction, trade.position.price_open
    # Towards profit, so that the costs are covered after rounding too; the broker's distance is checked, not rounded for.
    stop = toward_profit(entry + direction * (cost + rule.extra_ticks * spec.tick_size), trade.side, spec.tick_size)
    # Nearer than the bare figures by what the comparisons below allow for dust: a quote exactly there must bring the trade up.
    wanted = entry + direction * (rule.at_r - _R_DUST) * trade.risk
    allowed = stop + direction * (minimum_distance(spec) - spec.tick_size * TICK_DUST)
    return cost, stop, max(wanted, allowed) if direction > 0 else min(wanted, allowed)


def cost_in_price(trade: Trade, spec: SymbolSpec, rule: BreakEvenSettings) -> float | None:
    """
    Return commission and swap as a price distance, at least 0; None where the tick value is unknown.

    A position's commission is what opening the volume that is left has cost; what its exit will cost is taken to be the same. A
    swap in the trader's favour makes the costs smaller, but never lets the stop go to the losing side of the entry.
    """
    position = trade.position
    money = -(position.commission * rule.commission_sides + position.swap)
    if money <= 0:
        return 0.0
    tick_value = spec.tick_value_profit or spec.tick_value_loss
    if tick_value <= 0:
        return None
    return money * spec.tick_size / (tick_value * position.volume)


def _gained(trade: Trade, exit_price: float, rule: BreakEvenSettings) -> bool:
    r_now = trade.r_now(exit_price)
    return r_now is not None and r_now >= rule.at_r - _R_DUST


def _obstacle(trade: Trade, spec: SymbolSpec, exit_price: float, stop: float) -> Verdict | None:
    if not distance_holds(stop, trade.side, exit_price, spec):
        return Verdict.TOO_CLOSE
    position = trade.position
    if frozen(position.stop_loss, exit_price, spec) or frozen(position.take_profit, exit_price, spec):
        return Verdict.FROZEN
    return None
