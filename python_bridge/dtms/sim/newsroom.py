"""The broker's side of the economic calendar: a table that is planned, released and corrected while a run goes on."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final

from dtms.sim.calendar import CalendarBook, Country, Event, Item, Value, millionths
from dtms.sim.errors import UnknownRelease
from dtms.sim.messages import CalendarTold, Update

US: Final = Country(id=840, name="United States", code="US", currency="USD", currency_symbol="$", url_name="united-states")
EU: Final = Country(id=999, name="European Union", code="EU", currency="EUR", currency_symbol="\u20ac", url_name="european-union")
GB: Final = Country(id=826, name="United Kingdom", code="GB", currency="GBP", currency_symbol="\u00a3", url_name="united-kingdom")
JP: Final = Country(id=392, name="Japan", code="JP", currency="JPY", currency_symbol="\u00a5", url_name="japan")

# Ids are the country's and a counter; which numbers the platform uses does not matter to a program that asks for them.
PAYROLLS: Final = Event(
    id=840_030_016, country_id=840, name="Nonfarm Payrolls", sector=3, unit=4, multiplier=1, digits=0, event_code="nonfarm-payrolls"
)
US_CPI: Final = Event(id=840_030_005, country_id=840, name="CPI m/m", sector=4, unit=1, event_code="consumer-price-index-mm")
FED_RATE: Final = Event(id=840_050_014, country_id=840, name="Fed Interest Rate Decision", sector=5, unit=1, frequency=0, digits=2)
JOBLESS_CLAIMS: Final = Event(
    id=840_040_001,
    country_id=840,
    name="Initial Jobless Claims",
    sector=3,
    unit=4,
    multiplier=1,
    digits=0,
    frequency=1,
    importance=2,
)
ECB_RATE: Final = Event(id=999_010_007, country_id=999, name="ECB Interest Rate Decision", sector=5, unit=1, frequency=0, digits=2)
UK_CPI: Final = Event(id=826_010_011, country_id=826, name="CPI y/y", sector=4, unit=1)
JP_HOLIDAY: Final = Event(
    id=392_080_001, country_id=392, name="Culture Day", type=2, sector=12, frequency=4, time_mode=1, importance=0, digits=0
)

STANDARD: Final[tuple[Item, ...]] = (
    *(US, EU, GB, JP),
    *(PAYROLLS, US_CPI, FED_RATE, JOBLESS_CLAIMS, ECB_RATE, UK_CPI, JP_HOLIDAY),
)


class Newsroom:
    """Changes the calendar and tells it to the terminals; it knows `STANDARD` countries and events from the beginning."""

    def __init__(self, tell: Callable[[Sequence[Update]], None]) -> None:
        self._tell = tell
        self._last_value = 0
        self.book = CalendarBook()
        self.book.put(STANDARD)

    def add(self, *items: Country | Event) -> None:
        """Further countries and kinds of events."""
        self._publish(*items)

    def schedule(
        self, event: Event, time_msc: int, *, forecast: float | None = None, previous: float | None = None, period: int = 0
    ) -> int:
        """A release at a time (UTC, ms), of which the figure is not known yet; its id."""
        if event.id not in self.book.events:
            self.add(event)
        self._last_value += 1
        value = Value(
            id=self._last_value,
            event_id=event.id,
            time_msc=time_msc,
            change_id=self.book.change_id + 1,
            period=period,
            forecast=millionths(forecast),
            previous=millionths(previous),
        )
        self._publish(value)
        return value.id

    def release(self, value_id: int, actual: float, *, revised_previous: float | None = None, impact: int = 0) -> None:
        """The figure is out; with it the previous one may have been corrected."""
        value = self._value(value_id)
        revised = millionths(revised_previous)
        self._change(replace(value, actual=millionths(actual), revised_previous=revised, impact=impact))

    def correct(self, value_id: int, actual: float) -> None:
        """Another figure for what was released already."""
        value = self._value(value_id)
        self._change(replace(value, actual=millionths(actual), revision=value.revision + 1))

    def move(self, value_id: int, time_msc: int) -> None:
        """A release takes place at another time."""
        self._change(replace(self._value(value_id), time_msc=time_msc))

    def _value(self, value_id: int) -> Value:
        value = self.book.values.get(value_id)
        if value is None:
            raise UnknownRelease(value_id)
        return value

    def _change(self, value: Value) -> None:
        self._publish(replace(value, change_id=self.book.change_id + 1))

    def _publish(self, *items: Item) -> None:
        self.book.put(items)
        self._tell([CalendarTold(items)])
