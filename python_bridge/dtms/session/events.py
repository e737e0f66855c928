"""
What a connection tells its shell besides the messages themselves.

A durable message that was applied, a heartbeat and ``Ticks`` come out as they are, with times in UTC; everything else is one of
these.
"""

import enum
from dataclasses import dataclass

from dtms.names import LogoutWhy
from dtms.wire.messages import Logon, Message, Position, Ticks


class End(enum.Enum):
    """Why a connection is over."""

    NO_LOGON = "no logon"  # the first frame was none
    REFUSED = "refused"
    POISON = "poison"  # R26: its session is over too
    GAP = "gap"  # R12: its session can be resumed
    REJECTED = "rejected"  # the terminal did not understand us
    LOGOUT = "logout"
    REPLACED = "replaced"
    LOST = "lost"


@dataclass(frozen=True, slots=True)
class LogonReceived:
    """A terminal says who it is; to be answered with ``Peer.accept`` or ``Peer.refuse``."""

    logon: Logon


@dataclass(frozen=True, slots=True)
class LinkSilent:
    """Nothing was heard for ``down_after_ms``: the view of the account is unknown from here on."""


@dataclass(frozen=True, slots=True)
class LinkBack:
    """A silent connection spoke again."""


@dataclass(frozen=True, slots=True)
class LinkEnded:
    """The connection is over; nothing is received from it or sent to it any more."""

    why: End
    detail: str
    session_over: bool
    """Whether the next logon of this life of the terminal starts anew with a snapshot."""

    farewell: LogoutWhy | None = None
    """The terminal's reason, when it took leave."""


@dataclass(frozen=True, slots=True)
class SnapshotArrived:
    """Everything the terminal holds, complete and ok, later events already worked in; ``ts_event`` in UTC."""

    positions: tuple[Position, ...]
    ts_event: int


@dataclass(frozen=True, slots=True)
class SnapshotUnusable:
    """The terminal could not tell what it holds: unknown, never "no positions" (R15)."""

    why: str


@dataclass(frozen=True, slots=True)
class DigestDiffers:
    """Two heartbeats in a row on which the views differed; a snapshot has been asked for (R13)."""


@dataclass(frozen=True, slots=True)
class OffsetChanged:
    """The server's offset from UTC differs from what it was, in seconds; None is unknown (R28)."""

    before: int | None
    after: int | None


@dataclass(frozen=True, slots=True)
class PoisonAlarm:
    """Too many bad frames in a minute: nothing that raises risk until the user confirms (R26)."""


@dataclass(frozen=True, slots=True)
class HigherEpoch:
    """The terminal has obeyed a younger process (R23)."""

    epoch: int


Event = (
    Ticks
    | Message
    | LogonReceived
    | LinkSilent
    | LinkBack
    | LinkEnded
    | SnapshotArrived
    | SnapshotUnusable
    | DigestDiffers
    | OffsetChanged
    | PoisonAlarm
    | HigherEpoch
)
