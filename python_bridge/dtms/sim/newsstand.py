"""A terminal's side of the economic calendar: what CalendarXxx functions answer."""

from collections.abc import Sequence

from dtms.sim.cache import Cache
from dtms.sim.calendar import Record, Value, country_record, event_record, value_record
from dtms.sim.mt5 import ERR_CALENDAR_NO_DATA


class Newsstand:
    """
    Answers are records named as the fields of the platform's structures, or an error as a negative number.

    Attributes:
        error: what every function fails with while it is not 0, such as 5401 for a time-out.
    """

    def __init__(self, cache: Cache) -> None:
        self._cache = cache
        self.error = 0

    def countries(self) -> Sequence[Record] | int:
        return -self.error or [country_record(country) for country in self._cache.calendar.countries.values()]

    def country(self, country_id: int) -> Record | int:
        country = self._cache.calendar.countries.get(country_id)
        return -self.error or (country_record(country) if country is not None else -ERR_CALENDAR_NO_DATA)

    def events(self, code: str, currency: str) -> Sequence[Record] | int:
        return -self.error or [event_record(event) for event in self._cache.calendar.of(code, currency)]

    def event(self, event_id: int) -> Record | int:
        event = self._cache.calendar.events.get(event_id)
        return -self.error or (event_record(event) if event is not None else -ERR_CALENDAR_NO_DATA)

    def value(self, value_id: int) -> Record | int:
        value = self._cache.calendar.values.get(value_id)
        return -self.error or (self._record(value) if value is not None else -ERR_CALENDAR_NO_DATA)

    def history(self, from_s: int, to_s: int, code: str, currency: str, event_id: int) -> Sequence[Record] | int:
        """Releases from `from_s` on and before `to_s` (server time; 0 is no end), by time."""
        if self.error:
            return -self.error
        records = map(self._record, self._cache.calendar.select(code, currency, event_id))
        return [record for record in records if from_s <= int(record["time"]) and (to_s == 0 or int(record["time"]) < to_s)]

    def last(self, change_id: int, code: str, currency: str, event_id: int) -> tuple[int, Sequence[Record]] | int:
        """The calendar's state and the releases changed since another one; 0 asks for the state alone."""
        if self.error:
            return -self.error
        book = self._cache.calendar
        changed = [v for v in book.select(code, currency, event_id) if v.change_id > change_id] if change_id else []
        return book.change_id, [self._record(value) for value in sorted(changed, key=lambda v: v.change_id)]

    def _record(self, value: Value) -> Record:
        return value_record(value, self._cache.standing.market.offset_ms)
