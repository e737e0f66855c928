"""
Trigger prices of one symbol: a quote costs four comparisons however many trades are open.

A trade may wait for two exit prices, one on either side. For a buy, which is closed at the bid, ``rising`` is the lowest bid that
is waited for and ``sinking`` the highest on the other side; for a sell, which is closed at the ask, these are ``falling`` and
``soaring``. Behind each stands a heap; a changed or removed trade leaves its old entries behind, which are dropped when they come
up.
"""

from collections.abc import Hashable
from heapq import heapify, heappop, heappush
from math import inf
from typing import Generic, TypeVar

from dtms.names import Side

KeyT = TypeVar("KeyT", bound=Hashable)
Heap = list[tuple[float, int, KeyT]]

_SLACK = 64  # entries left behind before the heap is built anew


class Triggers(Generic[KeyT]):
    """
    The heaps. Entries are (price or minus price, stamp, key); the stamp tells the present ones from those left behind.

    A trade that has reached one of its prices has none any more until it is armed again.
    """

    __slots__ = ("_falling", "_live", "_rising", "_sinking", "_soaring", "_stamp", "falling", "rising", "sinking", "soaring")

    def __init__(self) -> None:
        self._rising: Heap[KeyT] = []
        self._falling: Heap[KeyT] = []
        self._sinking: Heap[KeyT] = []
        self._soaring: Heap[KeyT] = []
        self._live: dict[KeyT, int] = {}
        self._stamp = 0
        self.rising = inf
        self.falling = -inf
        self.sinking = -inf
        self.soaring = inf

    def __len__(self) -> int:
        return len(self._live)

    def arm(self, key: KeyT, side: Side, favourable: float | None, adverse: float | None = None) -> None:
        """Set the trade's triggers, instead of those it had; at least one is a price."""
        self._stamp += 1
        stamp = self._live[key] = self._stamp
        gain, loss = (self._rising, self._sinking) if side is Side.BUY else (self._falling, self._soaring)
        if favourable is not None:
            heappush(gain, (favourable * side.direction, stamp, key))
        if adverse is not None:
            heappush(loss, (-adverse * side.direction, stamp, key))
        self._settle()

    def disarm(self, key: KeyT) -> None:
        """Take the trade's triggers away, if it has any."""
        if self._live.pop(key, None) is not None:
            self._settle()

    def due(self, bid: float, ask: float) -> list[KeyT]:
        """Return the trades of which the quote has reached a trigger; they are disarmed."""
        keys: list[KeyT] = []
        while self.rising <= bid:
            keys.append(self._pop(self._rising))
        while self.falling >= ask:
            keys.append(self._pop(self._falling))
        while self.sinking >= bid:
            keys.append(self._pop(self._sinking))
        while self.soaring <= ask:
            keys.append(self._pop(self._soaring))
        return keys

    def _pop(self, heap: Heap[KeyT]) -> KeyT:
        key = heappop(heap)[2]
        del self._live[key]
        self._settle()
        return key

    def _settle(self) -> None:
        self.rising = self._nearest(self._rising)
        self.falling = -self._nearest(self._falling)
        self.sinking = -self._nearest(self._sinking)
        self.soaring = self._nearest(self._soaring)

    def _nearest(self, heap: Heap[KeyT]) -> float:
        live = self._live
        if len(heap) > 2 * len(live) + _SLACK:
            heap[:] = [entry for entry in heap if live.get(entry[2]) == entry[1]]
            heapify(heap)
        while heap and live.get(heap[0][2]) != heap[0][1]:
            heappop(heap)
        return heap[0][0] if heap else inf
