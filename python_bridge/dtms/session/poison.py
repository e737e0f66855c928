"""Bad frames of a terminal: kept with their bytes, counted, and an alarm when they come often (R26)."""

from collections import deque
from typing import Final, NamedTuple

from dtms.errors import WireError
from dtms.settings import LinkSettings

_BYTES_KEPT: Final = 4_096  # of a frame: enough to see what it was meant to be


class BadFrame(NamedTuple):
    """What came, or its beginning, and why it was refused; ``at`` is monotonic ms."""

    at: int
    data: bytes
    error: WireError


class PoisonLog:
    """The last bad frames of one terminal; it outlives connections and sessions, both of which a bad frame ends."""

    __slots__ = ("_limit", "_recent", "_window", "alarm", "kept")

    def __init__(self, settings: LinkSettings) -> None:
        self._limit = settings.poison_alarm
        self._window = settings.poison_window_ms
        self._recent: deque[int] = deque(maxlen=settings.poison_alarm)
        self.kept: deque[BadFrame] = deque(maxlen=settings.poison_kept)
        self.alarm = False

    def add(self, bad: BadFrame) -> bool:
        """Keep a bad frame; return whether it is the one that raises the alarm."""
        error = bad.error  # made anew: the one that was raised holds, by its traceback, everything that was decoded
        lean = WireError(error.why, error.detail, seq=error.seq, message_type=error.message_type)
        self.kept.append(BadFrame(bad.at, bytes(bad.data[:_BYTES_KEPT]), lean))
        self._recent.append(bad.at)
        often = len(self._recent) == self._limit and bad.at - self._recent[0] <= self._window
        raised = often and not self.alarm
        self.alarm = self.alarm or often
        return raised

    def confirm(self) -> None:
        """The user has seen it."""
        self.alarm = False
        self._recent.clear()
