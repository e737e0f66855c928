"""
The broker's clock in a demo: when it is turned, and whether every time that the service shows is UTC none the less.

What the service shows is compared with what happened at the broker: each quote seen there must be one that was fed, with its time,
and each trade must have been opened when it was. In the seconds between a turn and its being noticed a quote may bear the offset
before; the demo lets one quote happen in them, and counts it apart.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from dtms.engine.market import Quote
from dtms.errors import UsageError
from dtms.runtime.snapshots import ServiceView
from dtms.sim.prices import PricePoint

_TURN = re.compile(r"(\d{1,5}(?:\.\d{1,3})?):([+-]?\d{1,2}(?:\.\d{1,2})?)")
_MS = 1_000
_MINUTE_MS = 60_000


class Turn(NamedTuple):
    """``after_min`` minutes of market time after the first quote the server's clock is ``offset_s`` ahead of UTC from then on."""

    after_min: float
    offset_s: int


def turn_of(word: str) -> tuple[float, float]:
    """
    Return minutes and hours of ``MINUTES:HOURS``.

    Raises:
        UsageError: It is something else.
    """
    found = _TURN.fullmatch(word)
    if found is None:
        raise UsageError(f"--turn {word}: minutes of market time, a colon, the hours ahead of UTC from then on; as 25:+3")
    return float(found[1]), float(found[2])


@dataclass(slots=True)
class Times:
    """What was compared."""

    checked: int = 0
    wrong: int = 0
    in_doubt: int = 0


class Clock:
    """Turns, and the comparison."""

    def __init__(self, points: Sequence[PricePoint], offset_s: int, turn: Turn | None) -> None:
        self.before_s = offset_s
        self.after_s = offset_s if turn is None else turn.offset_s
        self.times = Times()
        self.turn_index = len(points) if turn is None else _index(points, turn)  # the first quote after it; beyond the last: none
        self._quotes = {_key(point.time_msc, point.bid, point.ask) for point in points}
        self._doubt: set[tuple[int, float, float]] = set()
        if self.turn_index < len(points):
            point = points[self.turn_index]
            shifted = point.time_msc + (self.after_s - self.before_s) * _MS
            self._doubt.add(_key(shifted, point.bid, point.ask))
        self._opened: dict[int, int] = {}
        self._seen: set[tuple[int, float, float] | tuple[int, int]] = set()

    @property
    def turns(self) -> bool:
        """Whether the clock is turned at all."""
        return self.after_s != self.before_s

    def opened(self, position_id: int, utc: int) -> None:
        """Take when a position was opened at the broker."""
        self._opened[position_id] = utc

    def look(self, view: ServiceView) -> None:
        """Compare what the service shows now."""
        for account in view.accounts:
            for market in account.markets:
                if market.quote is not None:
                    self._quote(market.quote)
            for trade in account.trades:
                self._trade(trade.key.position_id, trade.position.ts_open)

    def known(self, view: ServiceView) -> bool:
        """Whether the Expert Advisor has told the offset that holds at first."""
        return self.before_s in told_offsets(view)

    def noticed(self, view: ServiceView) -> bool:
        """Whether it has told the one that holds after the turn."""
        return self.after_s in told_offsets(view)

    def _trade(self, position_id: int, opened: int) -> None:
        if (position_id, opened) not in self._seen:
            self._seen.add((position_id, opened))
            self.times.checked += 1
            self.times.wrong += opened != self._opened.get(position_id)

    def _quote(self, quote: Quote) -> None:
        key = (quote.ts_event, quote.bid, quote.ask)
        if key in self._seen:
            return
        self._seen.add(key)
        if key in self._doubt and key not in self._quotes:
            self.times.in_doubt += 1
        else:
            self.times.checked += 1
            self.times.wrong += key not in self._quotes


def told_offsets(view: ServiceView) -> list[int | None]:
    """Return what each terminal has told to be the server's time minus UTC, in seconds."""
    return [terminal.utc_offset_s for account in view.accounts for terminal in account.terminals]


def _index(points: Sequence[PricePoint], turn: Turn) -> int:
    at = points[0].time_msc + round(turn.after_min * _MINUTE_MS)
    return next((index for index, point in enumerate(points) if point.time_msc >= at), len(points))


def _key(time_msc: int, bid: float, ask: float) -> tuple[int, float, float]:
    """A crossed quote is its mid on both sides to the service."""
    if ask < bid:
        bid = ask = (bid + ask) / 2
    return time_msc, bid, ask
