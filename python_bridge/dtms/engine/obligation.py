"""
Something to be done once for a trade, from waiting for its moment to the confirmed effect (R22).

Read TRANSITIONS first: everything that decides the next stage is in that table. A missing row means "cannot happen", so ``step``
raises.
"""

import enum
from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from dtms.errors import IllegalSignal


class Stage(enum.Enum):
    """How far it got."""

    ARMED = "armed"  # waits for its moment
    PENDING = "pending"  # a command is under way
    UNKNOWN = "unknown"  # its outcome is
    DONE = "done"  # the effect was confirmed
    SKIPPED = "skipped"  # nothing was left to do, and the reason is on record
    OBSERVED = "observed"  # decided in observe mode: on record, never sent
    GIVEN_UP = "given up"  # too many failed attempts: alarm


class Signal(enum.Enum):
    """What happened."""

    ORDERED = "ordered"
    SHOWN = "shown"
    NOT_NEEDED = "not needed"
    CONFIRMED = "confirmed"
    FAILED = "failed"
    EXHAUSTED = "exhausted"
    LOST = "lost"


_ORDERED = {
    Signal.CONFIRMED: Stage.DONE,
    Signal.FAILED: Stage.ARMED,
    Signal.EXHAUSTED: Stage.GIVEN_UP,
    Signal.LOST: Stage.UNKNOWN,
}

TRANSITIONS: Mapping[Stage, Mapping[Signal, Stage]] = MappingProxyType(
    {
        Stage.ARMED: {
            Signal.ORDERED: Stage.PENDING,
            Signal.SHOWN: Stage.OBSERVED,
            Signal.NOT_NEEDED: Stage.SKIPPED,
        },
        Stage.PENDING: _ORDERED,
        Stage.UNKNOWN: _ORDERED,
        Stage.DONE: {},
        Stage.SKIPPED: {},
        Stage.OBSERVED: {},
        Stage.GIVEN_UP: {},
    }
)


@dataclass(frozen=True, slots=True)
class Obligation:
    """
    Stage, attempts so far, the command under way with what it is to reach, and when the next attempt may be made.

    ``not_before`` in monotonic ms, ``command_id`` 0 for none, ``target`` a price. ``waits`` counts attempts that failed for a
    cause that passes by itself, where those are no ``attempts``.
    """

    stage: Stage = Stage.ARMED
    attempts: int = 0
    not_before: int = 0
    command_id: int = 0
    target: float | None = None
    waits: int = 0

    @property
    def under_way(self) -> bool:
        """Whether a command for it has no final outcome."""
        return self.stage in {Stage.PENDING, Stage.UNKNOWN}

    @property
    def over(self) -> bool:
        """Whether nothing more will be done about it."""
        return not TRANSITIONS[self.stage]


def step(obligation: Obligation, signal: Signal) -> Obligation:
    """
    Take one signal.

    Raises:
        IllegalSignal: The table has no such row.
    """
    stage = TRANSITIONS[obligation.stage].get(signal)
    if stage is None:
        raise IllegalSignal(f"{signal.value} while {obligation.stage.value}")
    return replace(obligation, stage=stage)


def untargeted(obligation: Obligation) -> Obligation:
    """Return it without its target, which counts no more: whatever the outcome under way, it is judged anew."""
    return replace(obligation, target=None) if obligation.under_way else obligation


def renewed(obligation: Obligation) -> Obligation:
    """Return it as due again where it was over; what is under way has to end first."""
    return Obligation() if obligation.over else untargeted(obligation)
