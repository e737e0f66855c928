"""
Trigger prices of one symbol: a quote costs two comparisons however many trades are open.

``rising`` is the lowest bid at which a buy wants to be looked at, ``falling`` the highest ask at which a sell does. Behind them
stand two heaps; a changed or removed trade leaves its old entry behind, which is dropped when it comes up.
"""

from collections.abc import Hashable
from heapq import heapify, heappop, heappush
from math import inf
from typing import Generic, TypeVar

from dtms.names import Side

KeyT = TypeVar("KeyT", bound=Hashable)

_SLACK = 64  # entries left behind before the heap is built anew


class Triggers(Generic[KeyT]):
    """The two heaps. Entries are (price or minus price, stamp, key); the stamp tells the present one from those left behind."""

    __slots__ = ("_falling", "_live", "_rising", "_stamp", "falling", "rising")

    def __init__(self) -> None:
        self._rising: list[tuple[float, int, KeyT]] = []
        self._falling: list[tuple[float, int, KeyT]] = []
        self._live: dict[KeyT, int] = {}
        self._stamp = 0
        self.rising = inf
        self.falling = -inf

    def __len__(self) -> int:
        return len(self._live)

    def arm(self, key: KeyT, side: Side, price: float) -> None:
        """Set the trade's trigger, instead of the one it had."""
        self._stamp += 1
        self._live[key] = self._stamp
        if side is Side.BUY:
            heappush(self._rising, (price, self._stamp, key))
        else:
            heappush(self._falling, (-price, self._stamp, key))
        self._settle()

    def disarm(self, key: KeyT) -> None:
        """Take the trade's trigger away, if it has one."""
        if self._live.pop(key, None) is not None:
            self._settle()

    def due(self, bid: float, ask: float) -> list[KeyT]:
        """Return the trades whose trigger the quote has reached; they are disarmed."""
        keys: list[KeyT] = []
        while self.rising <= bid:
            keys.append(self._pop(self._rising))
        while self.falling >= ask:
            keys.append(self._pop(self._falling))
        return keys

    def _pop(self, heap: list[tuple[float, int, KeyT]]) -> KeyT:
        key = heappop(heap)[2]
        del self._live[key]
        self._settle()
        return key

    def _settle(self) -> None:
        self.rising = self._nearest(self._rising)
        self.falling = -self._nearest(self._falling)

    def _nearest(self, heap: list[tuple[float, int, KeyT]]) -> float:
        live = self._live
        if len(heap) > 2 * len(live) + _SLACK:
            heap[:] = [entry for entry in heap if live.get(entry[2]) == entry[1]]
            heapify(heap)
        while heap and live.get(heap[0][2]) != heap[0][1]:
            heappop(heap)
        return heap[0][0] if heap else inf
