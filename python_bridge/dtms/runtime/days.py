"""What the store keeps of an account's rails and of its days, and what it gave back at the start."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final, Protocol

from dtms.defence_names import Rail
from dtms.engine.defence.rail_memory import RailMemory
from dtms.store.rows import AccountDay, Rails, Recovered, Row

_DAY_S: Final = 86_400
_MINUTE_MS: Final = 60_000


class Keep(Protocol):
    """Hand rows to the store."""

    def __call__(self, *, rows: tuple[Row, ...]) -> None:
        """Do it; nothing waits for it."""


class Kept:
    """One account's; ``rails`` as the process before left them."""

    def __init__(self, account: str, recovered: Recovered | None, keep: Keep) -> None:
        found = None if recovered is None else recovered.rails
        self.rails = found or Rails.of(account, RailMemory())
        self._account = account
        self._keep = keep
        self._day = self.rails.day
        self._realised = 0.0
        self._trips: Mapping[str, int] = {}
        for day in () if recovered is None else recovered.days:
            if day.day == _date(self._day):
                self._realised, self._trips = day.realised, dict(day.rail_trips)

    def realised(self, day: int, profit: float) -> None:
        """Take what a managed trade brought or cost."""
        self._turn(day)
        self._realised += profit

    def write(self, before: RailMemory, after: RailMemory, since: int, moved: frozenset[int]) -> None:
        """Have the memory and its day written."""
        self._turn(after.day)
        for rail, hit in (
            (Rail.DAILY_LOSS, after.day_hit and not before.day_hit),
            (Rail.HOURLY_LOSS, after.hour_until - before.hour_until > _MINUTE_MS),  # it is drawn out as long as the loss lasts
        ):
            if hit:
                self._trips = {**self._trips, rail.value: self._trips.get(rail.value, 0) + 1}
        rows: tuple[Row, ...] = (Rails.of(self._account, after, since, tuple(sorted(moved))),)
        if after.base is not None:
            rows += (AccountDay(self._account, _date(after.day), after.base, self._realised, after.stops, self._trips),)
        self._keep(rows=rows)

    def _turn(self, day: int) -> None:
        if day != self._day:
            self._day, self._realised, self._trips = day, 0.0, {}


def _date(day: int) -> str:
    return datetime.fromtimestamp(day * _DAY_S, UTC).strftime("%Y-%m-%d")
