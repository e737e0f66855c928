"""
The words for where a trade stands and what is done about it, as enumerations.

What is good for the trade is positive and what is bad negative, whichever way it gains; the words say nothing of a direction.
"""

import enum
from typing import Final


class State(enum.StrEnum):
    """Where a trade stands. HEDGED, RECOVERING and CLOSED are facts about the broker, the rest are judgements (R22)."""

    ARMED = "armed"  # registered, no start condition met yet
    HEALTHY = "healthy"
    WARNING_L1 = "warning_l1"
    WARNING_L2 = "warning_l2"
    HEDGED = "hedged"
    RECOVERING = "recovering"  # the hedge is lifted, the recovery to be confirmed
    CLOSING = "closing"  # everything is being closed, some leg is not known to be flat
    CLOSED = "closed"

    @property
    def defensive(self) -> bool:
        """Whether no other manager may change the trade."""
        return self in {State.WARNING_L2, State.HEDGED}


OPEN_STATES: Final = frozenset(State) - {State.CLOSING, State.CLOSED}


class Action(enum.StrEnum):
    """What the state machine can order."""

    TIGHTEN = "tighten_sl"
    PARTIAL = "partial_close"
    BREAK_EVEN = "move_sl_breakeven"
    OPEN_HEDGE = "open_hedge"
    CLOSE_HEDGE = "close_hedge"
    CLOSE_ALL = "close_all"
    RE_ADD = "re_add"
    TRAIL = "trail_sl"
    PROTECT = "protect_sl"  # a first stop for a position without one


class Rail(enum.StrEnum):
    """The safety limits of account and market."""

    DAILY_LOSS = "R-1"
    HOURLY_LOSS = "R-2"
    STOPS_IN_A_ROW = "R-3"
    NEWS = "R-4"
    SPREAD = "R-5"
    DATA = "R-6"
    BUDGET = "R-7"
    LINK = "R-8"
    GAP = "R-9"


class Trigger(enum.StrEnum):
    """Why a deep check is made."""

    SCHEDULED = "scheduled"  # an M15 bar closed
    START = "start"  # monitoring began
    FLIP = "vwap_flip"
    THREAT = "threat"  # the price is at the swing that protects the trade
    EMERGENCY = "emergency"


class Owner(enum.StrEnum):
    """Who makes the routine changes of a trade."""

    DTMS = "dtms_manager"
    USM = "universal_sl_tp_manager"
    LEGACY = "legacy_exit_manager"  # and the intelligent exit manager
    NOBODY = ""
    FOREIGN = "foreign"  # a name that nobody here knows


class Quality(enum.StrEnum):
    """What the last deep check had to go on."""

    UNKNOWN = "unknown"  # none was made yet
    GOOD = "good"
    INVALID = "invalid"  # missing or stale data, or too little of it
    SUSPECT = "suspect"  # the record of a position that the terminal does not show, and whose end nobody has told


class NoteKind(enum.StrEnum):
    """What a decision has to say beside its command."""

    TRANSITION = "transition"
    ORDERED = "ordered"  # an action with more to it than its command says
    SKIPPED = "skipped"  # an action that is not done, with its reason
    DONE = "done"  # an action whose effect is confirmed
    GAP = "gap"  # a long closure of the market is near
    BARE = "bare"  # the position has no stop; one is proposed
    DATA = "data"  # the score became valid or invalid
    LOOSENED = "loosened"  # somebody moved the stop away from the market
    ALARM = "alarm"
