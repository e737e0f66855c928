"""R-5: the rolling median of the spread, one sample at each close of a fast bar."""

import bisect
from collections import deque

from dtms.settings_score import SpreadSettings

_DAY_MS = 86_400_000


class Spreads:
    """
    The spread samples of one symbol, in price units.

    Crossed quotes count as they are. Kept in the order of their times and in the order of their size, so that a sample costs two
    insertions and the median one look.
    """

    def __init__(self, settings: SpreadSettings) -> None:
        self._settings = settings
        self._samples: deque[tuple[int, float]] = deque()
        self._sorted: list[float] = []

    def add(self, ts_ms: int, spread: float) -> None:
        """Take the spread at a close (ms UTC); a close that was sampled already, or an older one, is left out."""
        if self._samples and ts_ms <= self._samples[-1][0]:
            return
        self._samples.append((ts_ms, spread))
        bisect.insort(self._sorted, spread)
        oldest = ts_ms - self._settings.days * _DAY_MS
        while self._samples[0][0] <= oldest:
            _, gone = self._samples.popleft()
            del self._sorted[bisect.bisect_left(self._sorted, gone)]

    def median(self) -> float:
        """Return the median; 0 while there are too few samples."""
        ranked = self._sorted
        count = len(ranked)
        if count < self._settings.min_samples:
            return 0.0
        return (ranked[(count - 1) // 2] + ranked[count // 2]) / 2

    @property
    def samples(self) -> tuple[tuple[int, float], ...]:
        """Time (ms UTC) and spread of every sample, oldest first; what has to be kept over a restart."""
        return tuple(self._samples)
