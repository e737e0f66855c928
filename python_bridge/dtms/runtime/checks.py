"""Looks that are due at a time: a heap with one entry a trade that counts."""

from heapq import heappop, heappush

from dtms.engine.trade import TradeKey


class Checks:
    """Times in monotonic ms."""

    __slots__ = ("_due", "_heap")

    def __init__(self) -> None:
        self._heap: list[tuple[int, TradeKey]] = []
        self._due: dict[TradeKey, int] = {}

    def set(self, key: TradeKey, at: int) -> None:
        """Look at the trade then; an earlier appointment stands."""
        standing = self._due.get(key)
        if standing is None or at < standing:
            self._due[key] = at
            heappush(self._heap, (at, key))

    def forget(self, key: TradeKey) -> None:
        """The trade is gone."""
        self._due.pop(key, None)

    def take(self, now: int) -> TradeKey | None:
        """Return a trade that is due, or None."""
        while self._heap and self._heap[0][0] <= now:
            at, key = heappop(self._heap)
            if self._due.get(key) == at:
                del self._due[key]
                return key
        return None
