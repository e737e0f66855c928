"""How often a desk that fails may begin anew, and the beat by which others see that it works."""

from collections import deque
from typing import Final, NamedTuple

from dtms.settings import DeskSettings


class Beat(NamedTuple):
    """
    The desk's last cycle.

    ``cycles`` counts them over all lives of the desk; ``began`` and ``ended`` are ms since 1970; ``took_ms`` is measured on the
    monotonic clock; ``errors`` counts the lives that ended by a failure.
    """

    cycles: int = 0
    began: int = 0
    ended: int = 0
    took_ms: int = 0
    errors: int = 0


NO_BEAT: Final = Beat()


class Restarts:
    """So many in a rolling window."""

    def __init__(self, settings: DeskSettings) -> None:
        self._most = settings.restarts
        self._window_ms = settings.restart_window_s * 1_000
        self._made: deque[int] = deque()

    def take(self, now: int) -> bool:
        """Take one, by the monotonic clock in ms; return whether one was left."""
        while self._made and now - self._made[0] >= self._window_ms:
            self._made.popleft()
        if len(self._made) >= self._most:
            return False
        self._made.append(now)
        return True
