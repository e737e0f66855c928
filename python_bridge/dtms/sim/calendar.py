"""
The economic calendar, as the platform's structures have it: countries, kinds of events, and their releases.

Both sides keep a `CalendarBook`. Figures are whole millionths, absent ones are `NONE`. A release is kept in UTC and
shown in the server's time of now: releases of other seasons are therefore shown an hour off, and those of
the weeks before a turn of the clock move when it comes.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

NONE: Final = -(1 << 63)  # LONG_MIN
_MILLION: Final = 1_000_000

Record = Mapping[str, int | float | str]


def millionths(value: float | None) -> int:
    """A figure as MqlCalendarValue holds it."""
    return NONE if value is None else round(value * _MILLION)


@dataclass(frozen=True, slots=True, kw_only=True)
class Country:
    """MqlCalendarCountry; `id` is the number of ISO 3166-1, `code` its two letters."""

    id: int
    name: str
    code: str
    currency: str
    currency_symbol: str = ""
    url_name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """MqlCalendarEvent: a kind of event; enumerations are their MQL5 numbers."""

    id: int
    country_id: int
    name: str
    type: int = 1  # indicator
    sector: int = 0
    frequency: int = 2  # monthly
    time_mode: int = 0  # an exact time
    unit: int = 0
    importance: int = 3  # high
    multiplier: int = 0
    digits: int = 1
    source_url: str = ""
    event_code: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Value:
    """
    MqlCalendarValue: one release.

    Attributes:
        time_msc: of the release, UTC.
        period: beginning of the reported period, a date in seconds.
        change_id: of the calendar's last change that touched it.
    """

    id: int
    event_id: int
    time_msc: int
    change_id: int
    period: int = 0
    revision: int = 0
    actual: int = NONE
    previous: int = NONE
    revised_previous: int = NONE
    forecast: int = NONE
    impact: int = 0  # 0 not known, 1 positive, 2 negative


Item = Country | Event | Value


class CalendarBook:
    """What is known of the calendar. `change_id` names its state; 0 before anything was released or planned."""

    def __init__(self) -> None:
        self.countries: dict[int, Country] = {}
        self.events: dict[int, Event] = {}
        self.values: dict[int, Value] = {}
        self.change_id = 0

    def put(self, items: Iterable[Item]) -> None:
        for item in items:
            if isinstance(item, Country):
                self.countries[item.id] = item
            elif isinstance(item, Event):
                self.events[item.id] = item
            else:
                self.values[item.id] = item
                self.change_id = max(self.change_id, item.change_id)

    def items(self) -> tuple[Item, ...]:
        return (*self.countries.values(), *self.events.values(), *self.values.values())

    def country_of(self, event: Event) -> Country | None:
        return self.countries.get(event.country_id)

    def of(self, code: str, currency: str) -> Iterator[Event]:
        """Kinds of events of a country and a currency; empty text means any."""
        for event in self.events.values():
            country = self.country_of(event)
            if country is None:
                continue
            if code in {"", country.code} and currency in {"", country.currency}:
                yield event

    def select(self, code: str, currency: str, event_id: int) -> list[Value]:
        """Releases by time; 0 means any event."""
        wanted = {event.id for event in self.of(code, currency) if event_id in {0, event.id}}
        return sorted((v for v in self.values.values() if v.event_id in wanted), key=lambda v: (v.time_msc, v.id))


def country_record(country: Country) -> Record:
    return {
        "id": country.id,
        "name": country.name,
        "code": country.code,
        "currency": country.currency,
        "currency_symbol": country.currency_symbol,
        "url_name": country.url_name,
    }


def event_record(event: Event) -> Record:
    return {
        "id": event.id,
        "type": event.type,
        "sector": event.sector,
        "frequency": event.frequency,
        "time_mode": event.time_mode,
        "country_id": event.country_id,
        "unit": event.unit,
        "importance": event.importance,
        "multiplier": event.multiplier,
        "digits": event.digits,
        "source_url": event.source_url,
        "event_code": event.event_code,
        "name": event.name,
    }


def value_record(value: Value, offset_ms: int) -> Record:
    return {
        "id": value.id,
        "event_id": value.event_id,
        "time": (value.time_msc + offset_ms) // 1_000,
        "period": value.period,
        "revision": value.revision,
        "actual_value": value.actual,
        "prev_value": value.previous,
        "revised_prev_value": value.revised_previous,
        "forecast_value": value.forecast,
        "impact_type": value.impact,
    }
