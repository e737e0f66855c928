"""The only clock of the service; everything below the desk gets its values as arguments."""

import time
from typing import Protocol


class Clock(Protocol):
    """Two clocks that stay apart (R28): durations are monotonic, stamps are UTC. Both in ms."""

    def mono_ms(self) -> int:
        """Return monotonic milliseconds."""

    def utc_ms(self) -> int:
        """Return milliseconds since 1970."""


class SystemClock:
    """The machine's clocks."""

    def mono_ms(self) -> int:
        """Return monotonic milliseconds."""
        return time.monotonic_ns() // 1_000_000

    def utc_ms(self) -> int:
        """Return milliseconds since 1970."""
        return time.time_ns() // 1_000_000
