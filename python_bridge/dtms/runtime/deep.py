"""Deep checks that are to be made, the trade nearest to a threshold first."""

from heapq import heappop, heappush
from math import inf
from typing import NamedTuple

from dtms.defence_names import State, Trigger
from dtms.engine.defence.view import Judgement
from dtms.engine.trade import Trade, TradeKey
from dtms.settings_defence import LevelSettings


class DeepAsked(NamedTuple):
    """A check that is waited for."""

    key: TradeKey
    trigger: Trigger


class DeepChecks:
    """A heap; a trade stands in it once for each trigger."""

    __slots__ = ("_count", "_heap", "_waiting")

    def __init__(self) -> None:
        self._heap: list[tuple[float, int, DeepAsked]] = []
        self._waiting: set[DeepAsked] = set()
        self._count = 0

    def __len__(self) -> int:
        return len(self._waiting)

    def ask(self, asked: DeepAsked, distance: float) -> None:
        """Ask for a check; one that waits already keeps its place."""
        if asked not in self._waiting:
            self._waiting.add(asked)
            self._count += 1
            heappush(self._heap, (distance, self._count, asked))

    def take(self) -> DeepAsked | None:
        """Return the next check."""
        if not self._heap:
            return None
        asked = heappop(self._heap)[2]
        self._waiting.discard(asked)
        return asked


def distance(trade: Trade, judgement: Judgement | None, levels: LevelSettings) -> float:
    """Return how far the score is above what would make things worse; below 0: it is there. Infinite where there is none."""
    if judgement is None or judgement.total is None or trade.defence is None:
        return inf
    limits = {
        State.ARMED: levels.first_warning,
        State.HEALTHY: levels.first_warning,
        State.WARNING_L1: levels.second_warning,
        State.WARNING_L2: levels.hedge,
        State.HEDGED: levels.hedge,
        State.RECOVERING: levels.recovery_failed,
    }
    limit = limits.get(trade.defence.state)
    return inf if limit is None else judgement.total - limit
