"""
What is kept beside trades and commands, as typed values; one class a table, one field a column.

Times are ms since 1970 in UTC. ``Row`` is everything that an entry may carry; all of one entry is written in one transaction.
"""

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Final, NamedTuple

from dtms.engine.defence.rail_memory import RailMemory
from dtms.engine.trade import Trade, TradeKey
from dtms.names import OnSilence, Side
from dtms.wire.messages import Command, ExecutionReport, LeasePlan

_MEMORY: Final = tuple(field.name for field in fields(RailMemory))


class Progress(enum.StrEnum):
    """How far a transition got: what it demands may still have to be done (R22)."""

    PENDING = "PENDING"
    DONE = "DONE"
    FAILED = "FAILED"


@dataclass(frozen=True, slots=True)
class Transition:
    """A change of a trade's state; ``reason`` is the row of the state table and why it was taken."""

    key: TradeKey
    ts: int
    state_from: str
    state_to: str
    reason: str
    score: float | None
    coverage: float | None
    regime: str
    status: Progress


@dataclass(frozen=True, slots=True)
class TransitionEnded:
    """What the last transitions of a trade demanded is done, or will not be."""

    key: TradeKey
    status: Progress


@dataclass(frozen=True, slots=True)
class ScoreTaken:
    """A score of a trade; kept for ``store.scores_days``."""

    key: TradeKey
    ts: int
    total: float | None
    groups: Mapping[str, float]
    coverage: float


@dataclass(frozen=True, slots=True)
class Hedge:
    """A hedge of a trade, open while ``closed_at`` is None."""

    key: TradeKey
    hedge_ticket: int
    volume: float
    price_open: float
    stop_loss: float | None
    opened_at: int
    closed_at: int | None
    reason: str


@dataclass(frozen=True, slots=True)
class HedgeClosed:
    """A hedge is no more."""

    key: TradeKey
    hedge_ticket: int
    ts: int


@dataclass(frozen=True, slots=True)
class Registration:
    """Who makes the routine changes of a position (``dtms.md`` 7.3); ``rules`` as they were when it was registered."""

    account: str
    position_id: int
    ticket: int
    symbol: str
    side: Side
    owner: str = ""
    strategy_type: str = ""
    watchers: tuple[str, ...] = ()
    breakeven_triggered: bool = False
    partial_taken: bool = False
    dtms_state: str = ""
    defensive: bool = False
    released: bool = False
    last_modified_by: str = ""
    last_modified_at: int = 0
    lock_holder: str = ""
    version: int = 0
    rules: Mapping[str, object] = field(default_factory=dict)
    baseline_atr: float | None = None
    reference_volume: float | None = None
    last_trailing_stop: float | None = None
    last_stop_change_at: int | None = None
    plan_id: str = ""


@dataclass(frozen=True, slots=True)
class AccountDay:
    """One day of an account; ``day`` is YYYY-MM-DD, ``rail_trips`` how often each rail held something back."""

    account: str
    day: str
    base_equity: float
    realised: float
    consecutive_stops: int
    rail_trips: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Rails:
    """
    What an account's rails are read from; fields as in ``RailMemory``.

    ``since`` is the time of the figures that are the day's base, ``moved`` are the deals that brought or took money since.
    """

    account: str
    day: int
    base: float | None
    equity: float | None
    day_hit: bool
    peaks: tuple[tuple[int, float], ...]
    hour_until: int
    stops: int
    since: int = 0
    moved: tuple[int, ...] = ()

    @classmethod
    def of(cls, account: str, memory: RailMemory, since: int = 0, moved: tuple[int, ...] = ()) -> "Rails":
        """Return the row of a memory."""
        return cls(account, **{name: getattr(memory, name) for name in _MEMORY}, since=since, moved=moved)

    @property
    def memory(self) -> RailMemory:
        """The memory of a row."""
        return RailMemory(**{name: getattr(self, name) for name in _MEMORY})


@dataclass(frozen=True, slots=True)
class LeaseKept:
    """The plan that a terminal was given for a position (R27); fields as in ``LeasePlan``."""

    key: TradeKey
    on_silence: OnSilence
    grace_s: int
    floor_stop: float | None
    breakeven_at: float | None
    breakeven_stop: float | None
    trail_distance: float | None
    max_hold_s: int | None
    pair_ticket: int
    require_stop: bool
    volume: float
    ticket: int
    side: Side

    @classmethod
    def of(cls, key: TradeKey, plan: LeasePlan) -> "LeaseKept":
        """Return the row of a plan."""
        values = {name: getattr(plan, name) for name in LeasePlan.FIELDS if name != "position_id"}
        return cls(key, **(values | {"on_silence": OnSilence(plan.on_silence), "side": Side(plan.side)}))

    @property
    def plan(self) -> LeasePlan:
        """The plan of a row."""
        values = {name: getattr(self, name) for name in LeasePlan.FIELDS if name != "position_id"}
        return LeasePlan(position_id=self.key.position_id, **values)


@dataclass(frozen=True, slots=True)
class LeaseDropped:
    """A position has no plan any more."""

    key: TradeKey


@dataclass(frozen=True, slots=True)
class Sent:
    """A command's frame left."""

    account: str
    command_id: int


@dataclass(frozen=True, slots=True)
class Answered:
    """What became of a command; ``report`` None: its time ran out, or a position told. Its row leaves the outbox."""

    account: str
    command_id: int
    outcome: str
    success: bool
    ts: int
    report: ExecutionReport | None = None


@dataclass(frozen=True, slots=True)
class Closed:
    """A trade is over: its row is archived."""

    key: TradeKey
    ts: int
    why: str


Row = (
    Transition
    | TransitionEnded
    | ScoreTaken
    | Hedge
    | HedgeClosed
    | Registration
    | AccountDay
    | Rails
    | LeaseKept
    | LeaseDropped
    | Sent
    | Answered
    | Closed
)


class OutboxRow(NamedTuple):
    """A command that had no final answer when the process before ended."""

    key: TradeKey
    command: Command
    decided_utc: int
    ttl_ms: int
    attempts: int


@dataclass(frozen=True, slots=True)
class Recovered:
    """
    What the store remembers of an account: open trades, unanswered commands, owners, open hedges, plans, rails, the last days.

    ``generations`` are of positions that were seen more than once; ``unreadable`` says which rows this program could not read.
    """

    trades: tuple[Trade, ...] = ()
    outbox: tuple[OutboxRow, ...] = ()
    registry: tuple[Registration, ...] = ()
    hedges: tuple[Hedge, ...] = ()
    leases: tuple[LeaseKept, ...] = ()
    rails: Rails | None = None
    days: tuple[AccountDay, ...] = ()
    generations: Mapping[int, int] = field(default_factory=dict)
    unreadable: tuple[str, ...] = ()
