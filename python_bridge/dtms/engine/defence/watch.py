"""
When a trade has to be looked at: the two exit prices that make a fast check due at once, and the time of the next one.

A price on the adverse side lies below for a buy and above for a sell. Prices have no binary dust: a quote exactly there counts.
"""

from typing import NamedTuple

from dtms.defence_names import State
from dtms.engine import close
from dtms.engine.defence.cadence import protective
from dtms.engine.defence.pair import equity_stop_price, pair_leans
from dtms.engine.defence.situation import Situation, clean
from dtms.engine.obligation import Stage
from dtms.engine.trade import Trade


class Watched(NamedTuple):
    """Exit prices; None: none."""

    adverse: float | None
    favourable: float | None


def watched(now: Situation) -> Watched:
    """Return the nearest exit prices on either side at which something of the defence would happen."""
    record, entry, risk = now.record, now.trade.position.price_open, now.record.risk
    if record.state in {State.CLOSING, State.CLOSED} or now.trade.quarantine is not None:
        return Watched(None, None)
    start = now.rules.defence.start
    if record.state is State.ARMED:
        if not risk:
            return Watched(None, None)
        return Watched(clean(entry - now.direction * start.loss_r * risk), clean(entry + now.direction * start.gain_r * risk))
    return Watched(max(levels(now), key=lambda price: now.direction * price, default=None), _gained_by_the_hedge(now))


def levels(now: Situation) -> list[float]:
    """Return all adverse exit prices at which something would happen once monitoring has begun, reached or not."""
    return [clean(level) for level in (*_emergencies(now), *_threat(now), *_equity_stop(now))]


def _equity_stop(now: Situation) -> list[float]:
    """Return where a pair of which the position is the larger part reaches its equity stop."""
    level = equity_stop_price(now) if now.record.state is State.HEDGED and pair_leans(now) > 0 else None
    return [] if level is None else [level]


def _gained_by_the_hedge(now: Situation) -> float | None:
    """Return where a pair of which the hedge is the larger part, as after a partial close by hand, reaches its equity stop."""
    return equity_stop_price(now) if now.record.state is State.HEDGED and pair_leans(now) < 0 else None


def _emergencies(now: Situation) -> list[float]:
    record, cadence, risk, judgement = now.record, now.rules.cadence, now.record.risk, now.judgement
    if not risk:
        return []
    levels = [] if record.latches.loss else [now.trade.position.price_open - now.direction * cadence.emergency_r * risk]
    if judgement is not None and judgement.fast_close is not None and record.latches.shock != judgement.fast_at:
        levels.append(judgement.fast_close - now.direction * cadence.shock_r * risk)
    return levels


def _threat(now: Situation) -> list[float]:
    swing, judgement = protective(now), now.judgement
    if swing is None or judgement is None or judgement.atr15 is None or swing.at == now.record.latches.threat:
        return []
    return [swing.price + now.direction * now.rules.cadence.threat_atr * judgement.atr15]


def next_look(trade: Trade) -> int | None:
    """Return when (monotonic ms) what is owed may be tried again; None where an outcome is awaited, or nothing is owed."""
    duties = () if trade.defence is None else trade.defence.duties
    times = [duty.work.not_before for duty in duties if duty.work.stage is Stage.ARMED]
    closes = (close.next_look(held) for held in (trade, *(leg.held for leg in trade.legs)))
    return min([*times, *(at for at in closes if at is not None)], default=None)
