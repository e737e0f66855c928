"""
How often a trade is looked at, and which events ask for a deep check (2.3).

Intervals in ms; ``now`` is monotonic, closes are ms UTC. Nothing is counted by polls: edges are latched in the record, so that one
flip, one swing, one crossing asks once.
"""

from dataclasses import replace
from typing import Final, NamedTuple

from dtms.defence_names import State, Trigger
from dtms.engine.defence.rails import spikes
from dtms.engine.defence.record import Defence
from dtms.engine.defence.situation import Situation, clean
from dtms.engine.defence.view import SwingMark
from dtms.settings_defence import CadenceSettings
from dtms.signal_names import Volatility

_UNCOUNTED: Final = frozenset({Trigger.SCHEDULED, Trigger.START})  # these do not restart the cooldown
_WATCHED: Final = frozenset(State) - {State.ARMED, State.CLOSING, State.CLOSED}


class Wanted(NamedTuple):
    """The record with its edges latched, and the deep check that they ask for."""

    record: Defence
    trigger: Trigger | None


def fast_interval(state: State, volatility: Volatility, cadence: CadenceSettings) -> int:
    """Return the time between two fast checks."""
    if volatility is Volatility.HIGH:
        return min(cadence.fast_ms, cadence.fast_high_ms)
    calm = volatility is Volatility.LOW and state is State.HEALTHY
    return max(cadence.fast_ms, cadence.fast_calm_ms) if calm else cadence.fast_ms


def next_fast(record: Defence, volatility: Volatility, now: int, cadence: CadenceSettings) -> int:
    """Return when the next fast check is due; at once where none was made yet."""
    return now if record.fast_at is None else record.fast_at + fast_interval(record.state, volatility, cadence)


def deep_due(close_utc: int, cadence: CadenceSettings) -> int:
    """Return when the deep check of an M15 close is due (ms UTC)."""
    return close_utc + cadence.confirm_ms


def admitted(record: Defence, trigger: Trigger, bar: int, now: int, cadence: CadenceSettings) -> bool:
    """
    Return whether a deep check on the evidence of this M15 bar may be made now (reading 31).

    One of a trade whose monitoring has not begun would decide nothing, and take the place of the one that the start asks for.
    """
    if record.state is State.ARMED:
        return False
    if trigger is Trigger.EMERGENCY:
        return True
    if (cadence.one_check_a_bar or trigger in _UNCOUNTED) and record.deep_bar >= bar > 0:
        return False
    cooling = record.event_at is not None and now - record.event_at < cadence.cooldown_ms
    return trigger in _UNCOUNTED or not cooling


def counts_as(record: Defence, trigger: Trigger, bar: int) -> Trigger:
    """Return as what a check counts: the first of a bar is that of its close, whatever asked for it (emergencies apart)."""
    return trigger if trigger is Trigger.EMERGENCY or record.deep_bar >= bar else Trigger.SCHEDULED


def checked(record: Defence, trigger: Trigger, bar: int, now: int) -> Defence:
    """Return the record with the deep check noted; an emergency takes no bar's place."""
    event_at = record.event_at if trigger in _UNCOUNTED else now
    return replace(
        record,
        deep_at=now,
        event_at=event_at,
        deep_bar=record.deep_bar if trigger is Trigger.EMERGENCY else max(record.deep_bar, bar),
    )


def wanted(now: Situation) -> Wanted:
    """Return the deep check that this moment asks for: the gravest, and only one that is admitted."""
    record = now.record
    if record.state not in _WATCHED:
        return Wanted(record, None)
    record, emergency = _emergency(now)
    if emergency:
        return Wanted(record, Trigger.EMERGENCY)
    record, flips = _flip(now.having(record))
    swing = threatened(now)
    bar = 0 if now.judgement is None else now.judgement.at
    if flips and admitted(record, Trigger.FLIP, bar, now.now, now.rules.cadence):
        return Wanted(replace(record, latches=replace(record.latches, flip=True)), Trigger.FLIP)
    if swing is not None and admitted(record, Trigger.THREAT, bar, now.now, now.rules.cadence):
        return Wanted(replace(record, latches=replace(record.latches, threat=swing.at)), Trigger.THREAT)
    return Wanted(record, None)


def told(now: Situation) -> Defence:
    """Return the record with every edge latched that a deep check with a valid score has just taken into account."""
    if now.scored is None:
        return now.record
    record, swing = _emergency(now)[0], threatened(now)
    latches = replace(record.latches, flip=now.scored.flip_against, threat=record.latches.threat if swing is None else swing.at)
    return record if latches == record.latches else replace(record, latches=latches)


def _emergency(now: Situation) -> tuple[Defence, bool]:
    """Latch a loss of ``emergency_r`` at its crossing, and one of ``shock_r`` inside a fast bar once in that bar."""
    latches, price, risk = now.record.latches, _calm_price(now), now.record.risk
    if price is None or not risk:
        return now.record, False
    deep = clean(now.direction * (price - now.trade.position.price_open) / risk) <= -now.rules.cadence.emergency_r
    shock = shocked(now)
    fires = (deep and not latches.loss) or (shock > 0 and shock != latches.shock)
    latches = replace(latches, loss=deep, shock=shock or latches.shock)
    return (now.record if latches == now.record.latches else replace(now.record, latches=latches)), fires


def _calm_price(now: Situation) -> float | None:
    """Return the exit price; in a spread spike the one that the usual spread would make: a spike is no emergency (reading 30)."""
    quote, median = now.quote, now.view.rails.spread_median
    if quote is None or median is None or not spikes(now.market, now.rules.rails):
        return now.exit_price
    return quote.ask - median if now.direction > 0 else quote.bid + median


def shocked(now: Situation) -> int:
    """Return the close before the fast bar that loses ``shock_r``, 0 where none does."""
    judgement, price, risk = now.judgement, _calm_price(now), now.record.risk
    if judgement is None or judgement.fast_close is None or price is None or not risk:
        return 0
    lost = now.direction * (judgement.fast_close - price) / risk
    return judgement.fast_at if lost >= now.rules.cadence.shock_r - 1e-9 else 0


def _flip(now: Situation) -> tuple[Defence, bool]:
    """Return whether VWAP flipped against the trade and nobody was told; a flip that is over may be told again."""
    judgement, latches = now.judgement, now.record.latches
    flipped = judgement is not None and judgement.flip_against
    if latches.flip and not flipped and judgement is not None:
        return replace(now.record, latches=replace(latches, flip=False)), False
    return now.record, flipped and not latches.flip


def protective(now: Situation) -> SwingMark | None:
    """Return the last confirmed swing on the risk side."""
    judgement = now.judgement
    if judgement is None:
        return None
    high = now.direction < 0
    return next((swing for swing in reversed(judgement.swings) if swing.high is high), None)


def threatened(now: Situation) -> SwingMark | None:
    """Return the protective swing that the exit price is at, or beyond, where that was not told yet."""
    swing, judgement, price = protective(now), now.judgement, now.exit_price
    if swing is None or judgement is None or judgement.atr15 is None or price is None:
        return None
    near = now.direction * (price - swing.price) <= now.rules.cadence.threat_atr * judgement.atr15
    return swing if near and swing.at != now.record.latches.threat else None
