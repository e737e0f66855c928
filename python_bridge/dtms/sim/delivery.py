"""The way from the broker to one terminal: what is due when, and what a bundle looks like when it arrives."""

import heapq
import random
from collections.abc import Sequence
from dataclasses import dataclass

from dtms.sim.behaviour import PROMPT, Effect
from dtms.sim.messages import Clock, Connection, OrderGone, OrderSet, PositionGone, Traded, Transaction, Update
from dtms.sim.mt5 import TransactionType

_BEFORE_GAP = frozenset({TransactionType.ORDER_ADD, TransactionType.ORDER_UPDATE, TransactionType.ORDER_DELETE})


@dataclass(frozen=True, slots=True)
class Delayed:
    """An update and the ms by which it arrives after its cause."""

    delay_ms: int
    update: Update


def arrange(updates: Sequence[Update], effect: Effect, rng: random.Random) -> list[Delayed]:
    """What becomes of a bundle on its way under an effect."""
    kept = [u for u in updates if not _lost(u, effect)]
    if effect.shuffle:
        kept = _shuffled(kept, rng)
    arranged = [Delayed(_delay(u, effect), u) for u in kept]
    for _ in range(effect.copies - 1):
        arranged += [Delayed(d.delay_ms, d.update) for d in arranged[: len(kept)] if isinstance(d.update, Transaction)]
    return arranged


def is_result(update: Update) -> bool:
    return isinstance(update, Transaction) and update.trans.type == TransactionType.REQUEST


def _lost(update: Update, effect: Effect) -> bool:
    if effect.lose_transactions and isinstance(update, Transaction | Traded):
        return True
    return effect.lose_result and is_result(update)


def _after_gap(update: Update) -> bool:
    if isinstance(update, Transaction):
        return update.trans.type not in _BEFORE_GAP
    return not isinstance(update, OrderSet | OrderGone | PositionGone)


def _delay(update: Update, effect: Effect) -> int:
    delay = effect.late_ms
    if effect.gap_ms and _after_gap(update):
        delay += effect.gap_ms
    if is_result(update):
        delay += effect.late_result_ms
    return delay


def _shuffled(updates: list[Update], rng: random.Random) -> list[Update]:
    """Transactions change places among themselves; the state stays in its order."""
    told = [u for u in updates if isinstance(u, Transaction)]
    rng.shuffle(told)
    following = iter(told)
    return [next(following) if isinstance(u, Transaction) else u for u in updates]


class Outbox:
    """
    Updates for one terminal, in order of arrival. A cut connection loses what is under way.

    Attributes:
        latency_ms: of the way between server and terminal, each way.
    """

    def __init__(self, latency_ms: int = 0) -> None:
        self.connected = True
        self.latency_ms = latency_ms
        self._ready: list[Update] = []
        self._later: list[tuple[int, int, Update]] = []
        self._count = 0

    def put(self, update: Update, now_ms: int) -> None:
        """Arrives after the latency, unless the connection is cut; the clock needs no connection and no time."""
        if isinstance(update, Clock | Connection):
            self._ready.append(update)
        elif self.connected:
            self._send(update, now_ms, self.latency_ms)

    def _send(self, update: Update, now_ms: int, delay_ms: int) -> None:
        if delay_ms <= 0:
            self._ready.append(update)
        else:
            self._count += 1
            heapq.heappush(self._later, (now_ms + delay_ms, self._count, update))

    def put_all(self, updates: Sequence[Update], effect: Effect, rng: random.Random, now_ms: int) -> None:
        """A bundle, arranged by an effect."""
        if not self.connected:
            return
        if effect is PROMPT and self.latency_ms == 0:
            self._ready += updates
            return
        for item in arrange(updates, effect, rng):
            self._send(item.update, now_ms, self.latency_ms + item.delay_ms)

    def step(self, now_ms: int) -> None:
        while self._later and self._later[0][0] <= now_ms:
            self._ready.append(heapq.heappop(self._later)[2])

    def take(self) -> list[Update]:
        taken, self._ready = self._ready, []
        return taken

    def cut(self) -> None:
        """The connection breaks: what has not arrived never will; only clocks and the news itself pass."""
        self.connected = False
        self._later.clear()
        self._ready = [u for u in self._ready if isinstance(u, Clock)]
        self._ready.append(Connection(up=False))

    def next_due_ms(self) -> int | None:
        return self._later[0][0] if self._later else None
