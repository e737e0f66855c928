"""What a rule of trade management is asked, what it may answer, and how it says when it wants to be asked next."""

import enum
from collections.abc import Sequence
from dataclasses import dataclass
from math import inf
from typing import NamedTuple, Protocol

from dtms.sim.policies.entries import Entry
from dtms.sim.policies.history import History
from dtms.wire.messages import Command, ExecutionReport, Position, PositionChanged, PositionClosed, PositionOpened


class View(NamedTuple):
    """The market at one quote: time in ms UTC, prices to trade at."""

    time: int
    bid: float
    ask: float


class Closes(enum.IntEnum):
    """Which closed bars a pilot wants to be asked at."""

    NONE = 0
    SLOW = 1  # M15
    FAST = 2  # M5, and M15 with them


class BarClosed(NamedTuple):
    """The M5 bar with this index is closed, and the M15 bar, where one closed with it."""

    fast: int
    slow: int | None


class Look(NamedTuple):
    """A price or a time that the pilot waits for may have come."""


Event = BarClosed | Look | ExecutionReport | PositionOpened | PositionChanged | PositionClosed


class Watch(NamedTuple):
    """
    When a pilot wants to be asked.

    Attributes:
        lower, upper: exit prices of the trade from which on, downwards and upwards.
        time: ms UTC from which on.
        closes: at which closed bars.
    """

    lower: float = -inf
    upper: float = inf
    time: float = inf
    closes: Closes = Closes.NONE

    def met(self, price: float, time: int) -> bool:
        """Return whether an exit price, or the time in ms UTC, is waited for."""
        return price <= self.lower or price >= self.upper or time >= self.time

    def told(self, closed: "BarClosed | None") -> bool:
        """Return whether these bars are waited for."""
        if closed is None or self.closes is Closes.NONE:
            return False
        return self.closes is Closes.FAST or closed.slow is not None


NEVER = Watch()


class Pilot(Protocol):
    """One rule at work on one trade."""

    @property
    def watch(self) -> Watch:
        """When to be asked next."""
        ...

    @property
    def state(self) -> str:
        """The state that time is counted under; empty for rules without states."""
        ...

    def take(self, event: Event, view: View) -> Sequence[Command]:
        """Take an event in; what is to be done."""
        ...


@dataclass(frozen=True, slots=True)
class Situation:
    """What a pilot knows of its trade when it takes over."""

    history: History
    entry: Entry
    position: Position


class Policy(Protocol):
    """A rule: makes a pilot for every trade."""

    def __call__(self, situation: Situation) -> Pilot: ...
