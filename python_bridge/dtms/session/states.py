"""
Where a connection stands.

Read TRANSITIONS first: everything that decides a connection's next state is in that table, the function below only looks rows up.
A missing row means "cannot happen", so ``step`` raises instead of guessing.
"""

import enum
from collections.abc import Mapping
from types import MappingProxyType

from dtms.errors import IllegalSignal


class State(enum.Enum):
    """A connection's state."""

    NEW = "new"  # nothing received; only a Logon is listened to
    ASKING = "asking"  # the logon is with the shell, which accepts or refuses
    UP = "up"
    SILENT = "silent"  # down by silence (R25), the connection itself may still live
    CLOSED = "closed"


class Signal(enum.Enum):
    """What happened to it."""

    LOGON = "logon"
    ACCEPTED = "accepted"
    REFUSED = "refused"
    FRAME = "frame"  # any proper frame of the session
    BAD = "bad"  # poison, a gap, or out of place
    SILENCE = "silence"  # longer than down_after_ms
    LOGOUT = "logout"  # from either side
    LOST = "lost"  # the transport says that the peer is gone or does not read
    REPLACED = "replaced"  # a younger connection brought the same session


_LEFT = {
    Signal.BAD: State.CLOSED,
    Signal.LOGOUT: State.CLOSED,
    Signal.LOST: State.CLOSED,
    Signal.REPLACED: State.CLOSED,
}

TRANSITIONS: Mapping[State, Mapping[Signal, State]] = MappingProxyType(
    {
        State.NEW: {
            Signal.LOGON: State.ASKING,
            Signal.FRAME: State.CLOSED,  # spoke before it said who it is
            **_LEFT,
        },
        State.ASKING: {
            Signal.ACCEPTED: State.UP,
            Signal.REFUSED: State.CLOSED,
            Signal.LOGON: State.CLOSED,  # nothing may be said until the logon is answered
            Signal.FRAME: State.CLOSED,
            **_LEFT,
        },
        State.UP: {
            Signal.FRAME: State.UP,
            Signal.SILENCE: State.SILENT,
            **_LEFT,
        },
        State.SILENT: {
            Signal.FRAME: State.UP,  # bytes held up on the way: deadlines keep old commands from running, numbering is whole
            **_LEFT,
        },
        State.CLOSED: {},
    }
)


def step(state: State, signal: Signal) -> State:
    """
    Return the state after the signal.

    Raises:
        IllegalSignal: The table has no such row.
    """
    following = TRANSITIONS[state].get(signal)
    if following is None:
        raise IllegalSignal(f"{signal.value} while {state.value}")
    return following
