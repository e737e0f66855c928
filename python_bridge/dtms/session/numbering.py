"""Numbers of durable frames and quotes: what comes next, what was kept for sending again (R10 to R12)."""

import enum
from collections import deque
from typing import NamedTuple

from dtms.wire.messages import Message


class Place(enum.Enum):
    """Where a number stands in its sequence."""

    NEXT = "next"
    DUPLICATE = "duplicate"
    GAP = "gap"


class Inbound:
    """The highest number received without a hole."""

    __slots__ = ("highest",)

    def __init__(self) -> None:
        self.highest = 0

    def place(self, number: int) -> Place:
        """Say where the number stands; the next one is taken."""
        following = self.highest + 1
        if number == following:
            self.highest = number
            return Place.NEXT
        return Place.DUPLICATE if number < following else Place.GAP


class KeptFrame(NamedTuple):
    """A durable message as it was numbered; ``size`` in bytes of its frame."""

    seq: int
    message: Message
    size: int


class Kept:
    """
    Durable messages that the peer has not acknowledged, oldest first.

    Bounded in number and bytes: what falls out makes a resume from before it impossible, and ``since`` says so.
    """

    __slots__ = ("_bytes", "_frames", "_lost_up_to", "_max_bytes", "_max_frames", "highest")

    def __init__(self, max_frames: int, max_bytes: int) -> None:
        self._max_frames = max_frames
        self._max_bytes = max_bytes
        self._frames: deque[KeptFrame] = deque()
        self._bytes = 0
        self._lost_up_to = 0
        self.highest = 0

    def __len__(self) -> int:
        return len(self._frames)

    def add(self, message: Message, size: int) -> None:
        """Keep what was sent under the number ``highest + 1``."""
        self.highest += 1
        self._frames.append(KeptFrame(self.highest, message, size))
        self._bytes += size
        while len(self._frames) > self._max_frames or self._bytes > self._max_bytes:
            self._lost_up_to = self._drop_first()

    def acknowledged(self, seq: int) -> None:
        """Forget what the peer has; ``seq`` is cumulative."""
        while self._frames and self._frames[0].seq <= seq:
            self._drop_first()

    def since(self, seen: int) -> tuple[KeptFrame, ...] | None:
        """Return what follows ``seen``, or None where that is not all there any more or was never sent."""
        if not self._lost_up_to <= seen <= self.highest:
            return None
        frames = tuple(frame for frame in self._frames if frame.seq > seen)
        # A peer that acknowledged more than it now says it has seen has lost its memory.
        return frames if len(frames) == self.highest - seen else None

    def _drop_first(self) -> int:
        frame = self._frames.popleft()
        self._bytes -= frame.size
        return frame.seq
