"""Warning counters: one for each family of evidence, raised once per bar, falling by one at a time while nothing is added."""

from dataclasses import dataclass, replace
from typing import NamedTuple

from dtms.settings_score import WarningSettings
from dtms.signal_names import Family


@dataclass(frozen=True, slots=True)
class Counter:
    """How often a family was counted; ``bar`` is the close of the last bar that counted, all times in ms UTC."""

    family: Family
    count: int
    expires_at: int
    bar: int


class NewestBars(NamedTuple):
    """When the newest bars of both charts closed, ms UTC."""

    fast: int
    slow: int

    def of(self, family: Family) -> int:
        """Return the bar that a family's evidence comes from: VWAP's is the fast chart, that of the others the slow one."""
        return self.fast if family is Family.VWAP else self.slow


@dataclass(frozen=True, slots=True)
class Warnings:
    """The counters of one trade that are above zero."""

    counters: tuple[Counter, ...] = ()

    def count(self, family: Family) -> int:
        """Return a family's count."""
        return next((counter.count for counter in self.counters if counter.family is family), 0)

    @property
    def total(self) -> int:
        """All counts together."""
        return sum(counter.count for counter in self.counters)


def warned(warnings: Warnings, families: frozenset[Family], bars: NewestBars, now: int, settings: WarningSettings) -> Warnings:
    """
    Return the counters after a check at ``now`` (ms UTC).

    ``families`` are those in which the newest bars brought evidence against the trade. A bar counts once, and of a family that
    looks at the slow chart its bar is the same at every fast close within the next one.
    """
    warnings = decayed(warnings, now, settings)
    there = {counter.family: counter for counter in warnings.counters}
    for family in sorted(families):
        before, bar = there.get(family), bars.of(family)
        if before is None or bar > before.bar:
            count = min((before.count if before else 0) + 1, settings.most)
            there[family] = Counter(family, count, now + settings.decay_s * 1_000, bar)
    return Warnings(tuple(there[family] for family in sorted(there)))


def decayed(warnings: Warnings, now: int, settings: WarningSettings) -> Warnings:
    """Return the counters at ``now`` (ms UTC); each expiry takes one off and starts a fresh time."""
    left = [_left(counter, now, settings.decay_s * 1_000) for counter in warnings.counters]
    return Warnings(tuple(counter for counter in left if counter.count > 0))


def _left(counter: Counter, now: int, decay_ms: int) -> Counter:
    if now < counter.expires_at:
        return counter
    expiries = (now - counter.expires_at) // decay_ms + 1
    return replace(counter, count=max(counter.count - expiries, 0), expires_at=counter.expires_at + expiries * decay_ms)
