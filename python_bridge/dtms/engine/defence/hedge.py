"""
The hedge: whether one is possible now, how large, with which stop, and what the pair can lose (5.4).

Volumes in lots, prices in quote currency, losses in price times lots. The pair ends together: when one leg goes, the other is
closed at once (reading 32), so what it can lose is the difference of the entries and one spread. With ``hedge.stop_mode = none``
the hedge has no stop, and the pair ends at its equity stop (``pair``).
"""

import enum
from typing import NamedTuple

from dtms.defence_names import Action, Rail
from dtms.engine.defence.pair import costs, limit_of
from dtms.engine.defence.rails import blocking, told
from dtms.engine.defence.situation import Situation
from dtms.engine.defence.stops import behind_swing
from dtms.engine.defence.view import AccountFigures
from dtms.engine.defence.volumes import at_least_minimum, left_by_partial, whole_steps
from dtms.engine.market import Quote
from dtms.engine.orders import away_from_market, minimum_distance
from dtms.names import Side
from dtms.settings_defence import HedgeMode, HedgeStop
from dtms.wire.messages import SymbolSpec

_DUST = 1e-9


class Hindrance(enum.StrEnum):
    """Why there is no hedge."""

    MODE = "hedge_mode is close"
    SPENT = "there was a hedge in this episode"
    NETTING = "an opposite order would close on this account"
    PROHIBITED = "the broker prohibits hedges"
    CAPS = "the Expert Advisor may not open"
    ROOM = "max_open_lots is too small"
    SYMBOL = "the symbol may not be traded that way"
    VOLUME = "no volume that the broker takes"
    MARKET = "no quote, specification or ATR"
    MARGIN = "the margin level would be too low"
    PAIR = "the pair could lose more than the position alone"
    EQUITY_STOP = "the pair would stand beyond its equity stop at once, or R is not known"
    RAIL = "a rail forbids it"


class HedgePlan(NamedTuple):
    """
    What to open. ``worst`` is what the pair can lose with it, ``before`` what the position could without.

    ``stop`` None: none; ``limit`` is then the pair's equity stop, None otherwise.
    """

    side: Side
    volume: float
    entry: float
    stop: float | None
    worst: float
    before: float
    limit: float | None = None


def plan_hedge(now: Situation) -> HedgePlan | Hindrance:
    """Return the hedge that would be opened now, or why there is none."""
    hindrance = _forbidden(now)
    if hindrance is not None:
        return hindrance
    spec, quote = now.spec, now.quote
    side = Side.SELL if now.trade.side is Side.BUY else Side.BUY
    if spec is None or quote is None:
        return Hindrance.MARKET
    volume = whole_steps(now.rules.defence.hedge.ratio * _left(now, spec), spec)
    hindrance = _unfit(now, side, volume, spec, quote)
    if hindrance is not None:
        return hindrance
    bare = now.rules.defence.hedge.stop_mode is HedgeStop.NONE
    plan = _limited(now, side, volume, spec, quote) if bare else _stopped(now, side, volume, spec, quote)
    if isinstance(plan, HedgePlan) and plan.worst > plan.before + _DUST * volume:
        return Hindrance.PAIR
    return plan


def why_none(hindrance: Hindrance, now: Situation) -> str:
    """Return the hindrance in words, a rail by its name and figure."""
    rail = hedge_barred(now) if hindrance is Hindrance.RAIL else None
    return hindrance.value if rail is None else f"{hindrance.value}: {told(rail, now)}"


def in_words(plan: HedgePlan) -> str:
    """Return what the pair can lose, and by what (reading 32)."""
    stop = "no stop of its own" if plan.stop is None else f"stop {plan.stop:g}"
    limit = "" if plan.limit is None else f", equity stop {plan.limit:.6g}"
    return (
        f"{plan.side.name.lower()} {plan.volume:g} lots, {stop}: the pair can lose {plan.worst:.6g} in price x lots{limit}; "
        f"the position alone {plan.before:.6g}"
    )


def hedge_barred(now: Situation) -> Rail | None:
    """Return the rail that forbids a hedge."""
    return blocking(Action.OPEN_HEDGE, now)


def _forbidden(now: Situation) -> Hindrance | None:
    account = now.view.account
    tests = (
        (now.rules.defence.hedge.mode is not HedgeMode.HEDGE, Hindrance.MODE),
        (now.record.was_spent(Action.OPEN_HEDGE) or bool(now.hedges), Hindrance.SPENT),
        (not account.hedging, Hindrance.NETTING),
        (not account.hedge_allowed, Hindrance.PROHIBITED),
        (not account.may_open, Hindrance.CAPS),
    )
    found = next((hindrance for so, hindrance in tests if so), None)
    return Hindrance.RAIL if found is None and hedge_barred(now) is not None else found


def _unfit(now: Situation, side: Side, volume: float, spec: SymbolSpec, quote: Quote) -> Hindrance | None:
    only = {1: Side.BUY, 2: Side.SELL}.get(spec.trade_mode)
    limited = 0 < spec.volume_limit < volume
    tests = (
        (spec.trade_mode not in {1, 2, 4} or only not in {None, side}, Hindrance.SYMBOL),
        (not at_least_minimum(volume, spec) or volume > spec.volume_max + _DUST or limited, Hindrance.VOLUME),
        (volume > now.view.account.lots_room + _DUST, Hindrance.ROOM),
        (not _margin_holds(now, volume, spec, quote), Hindrance.MARGIN),
    )
    return next((hindrance for so, hindrance in tests if so), None)


def _left(now: Situation, spec: SymbolSpec) -> float:
    """Return the volume that is left when the partial that is owed is done."""
    owed, volume = now.record.duty(Action.PARTIAL), now.trade.position.volume
    if owed is None:
        return volume
    if owed.work.target is not None:
        return min(owed.work.target, volume)
    return left_by_partial(volume, now.rules.defence.volumes.partial_share, spec) or volume


def _stop(now: Situation, side: Side, spec: SymbolSpec, quote: Quote) -> float | None:
    """Return the stop beyond the last swing, at least ``min_stop_atr`` ATR from the entry (reading 33)."""
    judgement = now.judgement
    if judgement is None or judgement.atr15 is None:
        return None
    entry, against = _entry(side, quote), -side.direction
    nearest = away_from_market(
        max(
            entry + against * now.rules.defence.hedge.min_stop_atr * judgement.atr15,
            quote.exit_price(side) + against * minimum_distance(spec),
            key=lambda level: against * level,
        ),
        side,
        spec.tick_size,
    )
    beyond = behind_swing(now, side, entry)
    return nearest if beyond is None or against * (nearest - beyond) > 0 else beyond


def _entry(side: Side, quote: Quote) -> float:
    return quote.ask if side is Side.BUY else quote.bid


def margin_level_after(account: AccountFigures, volume: float, spec: SymbolSpec, price: float) -> float | None:
    """Return the margin level in per cent with so many lots more at full margin; None where it cannot be told."""
    per_unit = (spec.tick_value_loss or spec.tick_value_profit) / spec.tick_size  # money of one price unit and lot
    if account.equity is None or account.margin is None or not account.leverage or per_unit <= 0:
        return None
    return 100.0 * account.equity / (account.margin + price * per_unit * volume / account.leverage)


def _margin_holds(now: Situation, volume: float, spec: SymbolSpec, quote: Quote) -> bool:
    level = margin_level_after(now.view.account, volume, spec, quote.ask)
    return level is not None and level >= now.rules.defence.hedge.margin_level_after


def _stopped(now: Situation, side: Side, volume: float, spec: SymbolSpec, quote: Quote) -> HedgePlan | Hindrance:
    """Return the plan of a hedge with a stop, and what is at risk before and after."""
    stop = _stop(now, side, spec, quote)
    if stop is None:
        return Hindrance.MARKET
    held, entry, at_stop = _left(now, spec), _entry(side, quote), _at_stop(now)
    naked, beyond = max(held - volume, 0.0), max(volume - held, 0.0)
    worst = min(volume, held) * _locked(now, side, quote) + naked * at_stop + beyond * abs(stop - entry)
    return HedgePlan(side, volume, entry, stop, worst, held * at_stop)


def _limited(now: Situation, side: Side, volume: float, spec: SymbolSpec, quote: Quote) -> HedgePlan | Hindrance:
    """Return the plan of a hedge without a stop: the pair ends at the position's own stop, or at the equity stop before it."""
    held, entry, at_stop = _left(now, spec), _entry(side, quote), _at_stop(now)
    limit, naked, locked = limit_of(now, held), held - volume, volume * _locked(now, side, quote)
    lost = now.direction * (now.trade.position.price_open - quote.exit_price(now.trade.side))
    if limit is None or locked + naked * lost + costs(now, now.trade) >= limit:
        return Hindrance.EQUITY_STOP
    ends_itself = naked <= 0 or now.trade.position.stop_loss is not None
    worst = min(locked + naked * at_stop, limit) if ends_itself else limit
    return HedgePlan(side, volume, entry, None, worst, held * at_stop, limit)


def _at_stop(now: Situation) -> float:
    """Return what a lot of the position loses at its stop, R where it has none."""
    position = now.trade.position
    return now.record.risk or 0.0 if position.stop_loss is None else now.direction * (position.price_open - position.stop_loss)


def _locked(now: Situation, side: Side, quote: Quote) -> float:
    """Return what a lot of the position and one of the hedge lose together, wherever the price goes."""
    return now.direction * (now.trade.position.price_open - _entry(side, quote)) + (quote.ask - quote.bid)
