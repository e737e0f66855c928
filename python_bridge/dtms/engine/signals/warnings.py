"""Warning counters: one for each family of evidence, raised once per bar, falling by one at a time while nothing is added."""

from dataclasses import dataclass, replace

from dtms.settings_score import WarningSettings
from dtms.signal_names import Family


@dataclass(frozen=True, slots=True)
class Counter:
    """How often a family was counted; ``bar`` is the close of the last bar that counted, all times in ms UTC."""

    family: Family
    count: int
    expires_at: int
    bar: int


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


def warned(warnings: Warnings, families: frozenset[Family], bar: int, now: int, settings: WarningSettings) -> Warnings:
    """
    Return the counters after a check at ``now`` (ms UTC).

    ``families`` are those in which the bar that closed at ``bar`` (ms UTC) brought evidence against the trade; a bar counts once.
    """
    warnings = decayed(warnings, now, settings)
    there = {counter.family: counter for counter in warnings.counters}
    for family in sorted(families):
        before = there.get(family)
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
