"""Heartbeats, silence and pauses of one connection (R25). All values in monotonic ms of this side."""

from typing import NamedTuple

from dtms.settings import LinkSettings


class Look(NamedTuple):
    """What is due now."""

    beat: bool
    test: bool
    down: bool


class Gaps:
    """The longest time between two heartbeats of one direction."""

    __slots__ = ("_last", "_longest")

    def __init__(self, now: int) -> None:
        self._last = now
        self._longest = 0

    def mark(self, now: int) -> None:
        """Take one heartbeat."""
        self._longest = self.longest(now)
        self._last = now

    def longest(self, now: int) -> int:
        """Return the longest, the one that lasts now included."""
        return max(self._longest, now - self._last)


class Liveness:
    """
    Counts the peer's silence, but only while this side was reading.

    ``theirs`` and ``ours`` are the gaps between heartbeats as they were: nothing is excused there.
    """

    __slots__ = ("_beat_at", "_busy_until", "_heard_at", "_looked_at", "_settings", "_tested", "ours", "theirs")

    def __init__(self, settings: LinkSettings, now: int) -> None:
        self._settings = settings
        self._heard_at = now
        self._looked_at = now
        self._busy_until = now
        self._beat_at = now
        self._tested = False
        self.ours = Gaps(now)
        self.theirs = Gaps(now)

    @property
    def heard_at(self) -> int:
        """When the peer was last heard."""
        return self._heard_at

    def heard(self, now: int) -> None:
        """Any frame of the peer ends its silence."""
        self._heard_at = now
        self._tested = False

    def busy(self, now: int, busy_ms: int) -> None:
        """The peer is about to block for so long."""
        self._busy_until = now + min(busy_ms, self._settings.busy_cap_ms)

    def look(self, now: int) -> Look:
        """Say what is due; call it after the socket was drained, so that a pause of our own is not taken for the peer's silence."""
        if now - self._looked_at > self._settings.own_pause_ms:
            self._heard_at = max(self._heard_at, now)
        self._looked_at = now
        silence = now - max(self._heard_at, self._busy_until)
        test = silence >= self._settings.test_after_ms and not self._tested
        self._tested = self._tested or test
        return Look(self._beat_due(now), test, silence >= self._settings.down_after_ms)

    def _beat_due(self, now: int) -> bool:
        if now < self._beat_at:
            return False
        # On schedule, not an interval after the last: a late look must not stretch the rhythm. Missed beats are not made up.
        self.ours.mark(now)
        interval = self._settings.heartbeat_ms
        self._beat_at += interval * ((now - self._beat_at) // interval + 1)
        return True
