"""
What happened at the broker, written down by the broker itself: counters and an append-only history.

Checkers compare a run with this and with nothing that the Expert Advisor or the bridge says about itself.
"""

import enum
from collections import Counter
from dataclasses import dataclass

from dtms.sim.messages import TradeFields
from dtms.sim.mt5 import Reason, Retcode
from dtms.sim.state import Deal, Position


class Origin(enum.Enum):
    """Who made a change."""

    EXPERT = "expert"  # a request that came through a terminal
    HUMAN = "human"  # another hand on the account
    SERVER = "server"  # stop, target, stop-out, rollover


@dataclass(frozen=True, slots=True)
class Requested:
    """
    A request was decided; `request_id` is 0 for humans. `told` is what the caller hears if not the truth.

    `port`, `chart` and `sent_ms` say which terminal's which program sent it when (monotonic).
    """

    market_msc: int
    now_ms: int
    origin: Origin
    request_id: int
    trade: TradeFields
    retcode: Retcode
    told: Retcode | None = None
    port: int = 0
    chart: str = ""
    sent_ms: int = 0


@dataclass(frozen=True, slots=True)
class LevelsMoved:
    """A position's stop or target moved; `widened` says that the stop went away from the market."""

    market_msc: int
    origin: Origin
    identifier: int
    old_sl: float
    new_sl: float
    old_tp: float
    new_tp: float
    widened: bool


@dataclass(frozen=True, slots=True)
class Booked:
    """A deal was booked."""

    market_msc: int
    origin: Origin
    deal: Deal


@dataclass(frozen=True, slots=True)
class Adjusted:
    """A split changed a position: its prices were divided by the ratio, stop and target with them or taken away."""

    market_msc: int
    identifier: int
    ratio: float


Entry = Requested | LevelsMoved | Booked | Adjusted


def widens(position: Position, sl: float) -> bool:
    """Whether a stop is further from the market side than the one that is there; none at all is furthest."""
    if position.sl == 0:
        return False
    return sl == 0 or (sl - position.sl) * position.direction < 0


class Witness:
    """
    Counters and history of one run.

    Attributes:
        closed: positions that ended, by the reason of the deal that ended them.
        positions_reversed: by an opposite deal of more lots; such a position neither ended nor was opened.
        stops_widened: by anybody but a human.
        crossed_quotes: quotes with ask below bid.
        requests: decided requests that came through a terminal, by true return code.
    """

    def __init__(self) -> None:
        self.history: list[Entry] = []
        self.quotes = 0
        self.crossed_quotes = 0
        self.positions_opened = 0
        self.positions_reversed = 0
        self.stops_moved = 0
        self.stops_widened = 0
        self.closed: Counter[Reason] = Counter()
        self.requests: Counter[Retcode] = Counter()

    def requested(self, entry: Requested) -> None:
        self.history.append(entry)
        if entry.origin is Origin.EXPERT:
            self.requests[entry.retcode] += 1

    def booked(self, entry: Booked) -> None:
        self.history.append(entry)

    def opened(self) -> None:
        self.positions_opened += 1

    def reversed(self) -> None:
        self.positions_reversed += 1

    def adjusted(self, entry: Adjusted) -> None:
        self.history.append(entry)

    def ended(self, reason: Reason) -> None:
        self.closed[reason] += 1

    def levels_moved(self, market_msc: int, origin: Origin, old: Position, sl: float, tp: float) -> None:
        widened = widens(old, sl)
        moved = LevelsMoved(market_msc, origin, old.identifier, old.sl, sl, old.tp, tp, widened)
        self.history.append(moved)
        if sl != old.sl:
            self.stops_moved += 1
            self.stops_widened += int(widened and origin is not Origin.HUMAN)
