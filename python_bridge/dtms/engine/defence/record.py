"""
What is kept of a trade's defence: where it stands, since when, what is owed, what was done once.

Frozen; it is written and read back whole (``saved``). Bars and ages count closed M15 bars of the symbol. Stamps ending in ``_at``
are monotonic ms of this process and forgotten at a restart; other times are ms UTC.
"""

from dataclasses import dataclass, field, replace
from typing import NamedTuple

from dtms.defence_names import Action, Owner, Quality, State
from dtms.engine.defence.view import GroupMark
from dtms.engine.obligation import Obligation
from dtms.engine.signals.warnings import Warnings


class Timer(NamedTuple):
    """Armed by entering a state, gone by leaving it: no caller can forget it (D-25)."""

    start_bar: int  # close of the last bar before it
    bars: int


class Spent(NamedTuple):
    """Something that is done at most once an episode, and was, or was skipped for a reason; ``shown``: in observe mode only."""

    episode: int
    action: Action
    shown: bool = False


@dataclass(frozen=True, slots=True)
class Duty:
    """
    An action that is owed (R22). ``work.target`` is a stop, or the volume to leave.

    ``volume`` is what the position had when it was first ordered; ``held_at`` since when R-5 has put it off.
    """

    action: Action
    row: str  # that asked for it
    episode: int
    work: Obligation = field(default_factory=Obligation)
    volume: float | None = None
    held_at: int | None = None


class Mark(NamedTuple):
    """The last score."""

    total: float | None
    coverage: float
    valid: bool
    bar: int
    groups: tuple[GroupMark, ...]


@dataclass(frozen=True, slots=True)
class Latches:
    """What was seen and must not be taken for new: edges, not levels, ask for a deep check."""

    flip: bool = False
    threat: int = 0  # the swing whose threat was told
    loss: bool = False  # the emergency's depth is passed
    shock: int = 0  # the M5 bar in which a shock was told
    gap: int = 0  # the closure that was told
    bare: bool = False


@dataclass(frozen=True, slots=True)
class Defence:
    """The record (part 2.5 of the specification, as far as the position itself does not say it)."""

    state: State = State.ARMED
    previous: State = State.ARMED
    entered: int = 0  # ms UTC
    last_bar: int = 0  # close of the last bar that was counted
    dwell: int = 0  # bars closed since the state was entered
    timer: Timer | None = None
    episode: int = 0
    risk: float | None = None  # R in price units, captured once
    risk_synthetic: bool = False
    closed_volume: float = 0.0  # lots that partials closed in this episode
    partials: int = 0  # of the trade
    refusals: int = 0  # of the hedge, in this episode
    lifted_bar: int = 0  # the bar on which lifting the hedge was decided; 0: not
    hedged_at_utc: int = 0
    hedged_volume: float = 0.0  # lots of the position when its hedge was ordered; 0: it was not
    gone: bool = False  # the main position
    reason: str = ""  # why everything is closed
    duties: tuple[Duty, ...] = ()
    spent: tuple[Spent, ...] = ()
    mark: Mark | None = None
    warnings: Warnings = field(default_factory=Warnings)
    quality: Quality = Quality.UNKNOWN
    owner: Owner = Owner.DTMS
    latches: Latches = Latches()
    deep_bar: int = 0  # the bar of the last deep check, emergencies apart
    fast_at: int | None = None
    deep_at: int | None = None
    event_at: int | None = None  # of the last deep check that an event asked for
    sent_at: tuple[int, ...] = ()  # commands of the last minute, closes apart
    version: int = 0

    @property
    def bars_left(self) -> int | None:
        """How many bars the timer still runs; None: there is none."""
        return None if self.timer is None else max(self.timer.bars - self.dwell, 0)

    def duty(self, action: Action) -> Duty | None:
        """Return what is owed of this action and not over."""
        return next((duty for duty in self.duties if duty.action is action and not duty.work.over), None)

    def was_spent(self, action: Action) -> bool:
        """Return whether it was done in this episode, or shown."""
        return any((key.episode, key.action) == (self.episode, action) for key in self.spent)

    def was_shown(self, action: Action) -> bool:
        """Return whether it was shown in this episode and not done."""
        return Spent(self.episode, action, shown=True) in self.spent

    def with_duty(self, before: Duty, after: Duty) -> "Defence":
        """Return the record with one duty replaced; one that is over is dropped."""
        duties = tuple(after if duty is before else duty for duty in self.duties)
        return replace(self, duties=tuple(duty for duty in duties if not duty.work.over))

    def scaled(self, factor: float) -> "Defence":
        """Return the record after a split that multiplied prices by ``factor`` and divided volumes by it."""
        return replace(
            self,
            risk=None if self.risk is None else self.risk * factor,
            closed_volume=self.closed_volume / factor,
            hedged_volume=self.hedged_volume / factor,
            duties=tuple(_scaled(duty, factor) for duty in self.duties),
        )

    def spend(self, duty: Duty, *, shown: bool = False) -> "Defence":
        """Return the record with the duty's key spent for its episode."""
        key = Spent(duty.episode, duty.action, shown)
        return self if key in self.spent else replace(self, spent=(*self.spent, key))


def _scaled(duty: Duty, factor: float) -> Duty:
    """Return the duty in the new proportions; a stop under way is judged anew, whatever its outcome."""
    target = None if duty.work.target is None or duty.action is not Action.PARTIAL else duty.work.target / factor
    volume = None if duty.volume is None else duty.volume / factor
    return replace(duty, work=replace(duty.work, target=target), volume=volume)
