"""
What a decision sees of market and account beside quote and specification, in the frame of one trade.

Times are ms UTC, prices in quote currency, shares of money fractions. A figure that is not known is None; what follows from that
is the reader's: risk is not raised on it, and not held back from being reduced.
"""

from dataclasses import dataclass
from typing import NamedTuple

from dtms.signal_names import Family, Volatility


class GroupMark(NamedTuple):
    """One signal group of a score; ``figure`` before clamp and modifier, None where the group was not available."""

    name: str
    figure: float | None
    bound: float
    modifier: float
    contribution: float


class BreakMark(NamedTuple):
    """The live break of structure: a change of character or a break of structure, against the trade or with it."""

    choch: bool
    against: bool
    confirmed: bool
    at: int  # close of its bar
    age: int  # bars; 0 on its own


class SwingMark(NamedTuple):
    """A confirmed swing of M15."""

    at: int
    price: float
    high: bool


@dataclass(frozen=True, slots=True)
class Judgement:
    """What the closed bars say about the trade. ``total`` is S, None while the score is invalid."""

    at: int  # close of the last closed M15 bar
    fast_at: int  # of the last closed M5 bar
    total: float | None
    valid: bool
    coverage: float = 1.0
    groups: tuple[GroupMark, ...] = ()
    confluence: bool = False  # for a hedge
    flip_against: bool = False
    event: BreakMark | None = None
    atr5: float | None = None
    atr15: float | None = None
    fast_close: float | None = None
    swings: tuple[SwingMark, ...] = ()  # oldest first
    volatility: Volatility = Volatility.NORMAL
    families: tuple[Family, ...] = ()  # in which the bar brought evidence against the trade
    stale_at: int | None = None  # from then on the bars are overdue


@dataclass(frozen=True, slots=True)
class AccountFigures:
    """What the account allows and has. ``lots_room`` is what DTMS may still open (R24)."""

    hedging: bool = False
    hedge_allowed: bool = False
    may_open: bool = False
    lots_room: float = 0.0
    equity: float | None = None
    margin: float | None = None
    leverage: int | None = None


@dataclass(frozen=True, slots=True)
class RailFigures:
    """What the rails are read from; ``day_hit`` and ``hour_hit`` are latched until the day or the hour is over."""

    day_loss: float | None = None  # fraction of the day's base
    day_hit: bool = False
    hour_loss: float | None = None
    hour_hit: bool = False
    stops: int | None = None  # losing stops in a row
    blackout: str | None = None  # the release that is near
    calendar_age_ms: int | None = None
    spread_median: float | None = None  # None below 10 samples
    commands_minute: int = 0  # of the account, closes apart
    link_up: bool = True


class Closure(NamedTuple):
    """A long closure of the market, ms UTC."""

    starts: int
    ends: int


@dataclass(frozen=True, slots=True)
class View:
    """
    Everything. ``closes`` are the last closes of M15, oldest first: dwell and timers are counted with them.

    ``closure`` None says that none is ahead only where ``closures_known``: without sessions or the server's clock it is not known.
    """

    judgement: Judgement | None = None
    closes: tuple[int, ...] = ()
    account: AccountFigures = AccountFigures()
    rails: RailFigures = RailFigures()
    closure: Closure | None = None
    closures_known: bool = True


BLIND = View()
