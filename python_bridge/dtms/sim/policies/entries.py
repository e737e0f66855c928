"""The trades to be managed: read by `tradefile`, or made here at seeded random places."""

import random
from dataclasses import dataclass
from typing import Final

import numpy as np

from dtms.errors import UsageError
from dtms.names import Side
from dtms.sim.policies.history import History
from dtms.sim.spec import SymbolSpec, clean_volume

STOP_ATRS: Final = 1.5
TARGET_ATRS: Final = 3.0
_STOP_SPREADS: Final = 3.0  # a stop nearer than this would be the spread's, not the market's
_WARM_UP: Final = 250  # M15 bars that EMA200 needs; entries begin after them where the file has four times as many
_VOLUME_STEPS: Final = 10  # of the least volume, so that it can be halved twice


@dataclass(frozen=True, slots=True)
class Entry:
    """
    A trade as it was opened.

    Attributes:
        time: ms UTC. ``index``: of the first quote not before it.
        price: of the entry, on the side that was paid.
        stop, target: prices; None for none.
        risk: R in price units.
        synthetic: there is no stop that gives R, so R is 1.5 ATR14.
    """

    ticket: int
    side: Side
    volume: float
    time: int
    index: int
    price: float
    stop: float | None
    target: float | None
    risk: float
    synthetic: bool = False


def random_entries(history: History, count: int, seed: int) -> list[Entry]:
    """
    Return seeded trades of both sides, ordered by time: stop 1.5 and target 3 ATR14 away, at any quote in a session.

    Raises:
        UsageError: there are not so many places.
    """
    rng = random.Random(seed)
    known = np.isfinite(history.atr)[np.searchsorted(history.slow_starts, np.arange(len(history)), side="right") - 1]
    known &= history.in_session
    known[: _begin(history)] = False
    known[-1] = False
    places = np.flatnonzero(known).tolist()
    if len(places) < count:
        raise UsageError(f"{history.source}: {len(places)} places for an entry, {count} are wanted; ATR14 needs 15 closed bars")
    chosen = sorted(rng.sample(places, count))
    return [
        _planted(history, index, ticket, Side.BUY if rng.random() < 0.5 else Side.SELL) for ticket, index in enumerate(chosen, 1)
    ]


def _begin(history: History) -> int:
    """Return the index of the first quote that an entry may stand at."""
    return int(history.slow_starts[_WARM_UP]) if len(history.slow) >= 4 * _WARM_UP else 0


def _planted(history: History, index: int, ticket: int, side: Side) -> Entry:
    spec, atr = history.spec, history.atr_at(index)
    bid, ask = float(history.bid[index]), float(history.ask[index])
    price = ask if side is Side.BUY else bid
    distance = max(STOP_ATRS * atr, _STOP_SPREADS * (ask - bid), 2 * spec.tick_size)
    stop = spec.to_grid(price - side.direction * distance)
    target = spec.to_grid(price + side.direction * distance * TARGET_ATRS / STOP_ATRS)
    risk = abs(price - stop)
    return Entry(ticket, side, least_divisible(spec), int(history.times[index]), index, price, stop, target, risk)


def least_divisible(spec: SymbolSpec) -> float:
    """Return the volume of made-up trades, in lots."""
    return clean_volume(spec.volume_min * _VOLUME_STEPS)
