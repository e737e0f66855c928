"""The economic calendar: records arrive field by field, errors by their code, filters as they were given."""

import pytest

from mql5host import api
from mql5host.terminal import Record

from .conftest import PlainTerminal, Run

NONE = -(2**63)
COUNTRY: Record = {
    "id": 840,
    "name": "United States",
    "code": "US",
    "currency": "USD",
    "currency_symbol": "$",
    "url_name": "united-states",
}
EUROPE: Record = {**COUNTRY, "id": 999, "name": "Euro\u20ac", "code": "EU", "currency": "EUR", "currency_symbol": "\u20ac"}
EVENT: Record = {
    "id": 2**64 - 1,
    "type": 1,
    "sector": 3,
    "frequency": 2,
    "time_mode": 0,
    "country_id": 840,
    "unit": 4,
    "importance": 3,
    "multiplier": 1,
    "digits": 2,
    "source_url": "",
    "event_code": "nonfarm-payrolls",
    "name": "Nonfarm Payrolls",
}
RELEASE: Record = {
    "id": 5,
    "event_id": 2**64 - 1,
    "time": 1_709_904_600,
    "period": 1_706_745_600,
    "revision": -1,
    "actual_value": 199_000_000,
    "prev_value": -1_500_000,
    "revised_prev_value": NONE,
    "forecast_value": 2**62,
    "impact_type": 2,
}


@pytest.fixture
def filled(terminal: PlainTerminal) -> PlainTerminal:
    terminal.countries = [COUNTRY, EUROPE]
    terminal.events = [EVENT]
    terminal.releases = [RELEASE, {**RELEASE, "id": 6, "time": 1_709_904_700}]
    terminal.calendar_state = 77
    return terminal


def test_records_have_the_fields_of_the_structures() -> None:
    structures = api.load().structs
    for name, record in (("MqlCalendarCountry", COUNTRY), ("MqlCalendarEvent", EVENT), ("MqlCalendarValue", RELEASE)):
        assert [field.name for field in structures[name]] == list(record)


def test_countries_arrive_whole(run: Run, filled: PlainTerminal) -> None:
    body = """
    MqlCalendarCountry all[];
    MqlCalendarCountry one;
    SAY(CalendarCountries(all)) SAY(ArraySize(all)) SAY(all[0].id) SAY(all[0].name) SAY(all[0].url_name) SAID
    SAY(CalendarCountryById(999,one)) SAY(one.id) SAY(one.name) SAY(one.code) SAY(one.currency) SAY(one.currency_symbol) SAID
    SAY(GetLastError()) SAID
    """

    assert run(body) == ["2 2 840 United States united-states", "true 999 Euro\u20ac EU EUR \u20ac", "0"]


def test_events_arrive_whole_and_are_asked_for_by_country_or_currency(run: Run, filled: PlainTerminal) -> None:
    body = """
    MqlCalendarEvent all[];
    MqlCalendarEvent one;
    SAY(CalendarEventByCountry("US",all)) SAY(all[0].event_code) SAY(CalendarEventByCurrency("USD",all)) SAY(all[0].name) SAID
    SAY(CalendarEventById(all[0].id,one)) SAY(one.id) SAY((int)one.type) SAY((int)one.sector) SAY((int)one.frequency)
    SAY((int)one.time_mode) SAY(one.country_id) SAY((int)one.unit) SAY(one.importance==CALENDAR_IMPORTANCE_HIGH)
    SAY((int)one.multiplier) SAY(one.digits) SAY(StringLen(one.source_url)) SAY(one.event_code) SAY(one.name) SAID
    """

    assert run(body) == [
        "1 nonfarm-payrolls 1 Nonfarm Payrolls",
        "true 18446744073709551615 1 3 2 0 840 4 true 1 2 0 nonfarm-payrolls Nonfarm Payrolls",
    ]
    assert filled.calendar_asked == [("US", ""), ("", "USD")]


def test_a_release_arrives_whole_with_its_absent_figures(run: Run, filled: PlainTerminal) -> None:
    body = """
    MqlCalendarValue v;
    SAY(CalendarValueById(5,v)) SAY(v.id) SAY(v.event_id) SAY((long)v.time) SAY((long)v.period) SAY(v.revision) SAID
    SAY(v.actual_value) SAY(v.prev_value) SAY(v.revised_prev_value==LONG_MIN) SAY(v.forecast_value) SAY((int)v.impact_type) SAID
    SAY(CalendarValueById(9,v)) SAY(GetLastError()==ERR_CALENDAR_NO_DATA) SAID
    """

    assert run(body) == [
        "true 5 18446744073709551615 1709904600 1706745600 -1",
        "199000000 -1500000 true 4611686018427387904 2",
        "false true",
    ]


def test_releases_are_asked_for_by_time_and_filter(run: Run, filled: PlainTerminal) -> None:
    body = """
    MqlCalendarValue all[];
    datetime from=100,to=900;
    SAY(CalendarValueHistory(all,from)) SAY(all[1].id) SAY((long)all[1].time) SAID
    SAY(CalendarValueHistory(all,from,to,NULL,"EUR")) SAY(CalendarValueHistory(all,from,to,"US")) SAID
    SAY(CalendarValueHistoryByEvent(7,all,from,to)) SAY(GetLastError()) SAID
    """

    assert run(body) == ["2 6 1709904700", "2 2", "2 0"]
    assert filled.calendar_asked == [
        (100, 0, "", "", 0),
        (100, 900, "", "EUR", 0),
        (100, 900, "US", "", 0),
        (100, 900, "", "", 7),
    ]


def test_changes_are_asked_for_by_the_state_before_and_name_the_state_after(run: Run, filled: PlainTerminal) -> None:
    body = """
    MqlCalendarValue all[];
    ulong state=0;
    SAY(CalendarValueLast(state,all)) SAY(state) SAY(ArraySize(all)) SAID
    state=70;
    SAY(CalendarValueLast(state,all,NULL,"USD")) SAY(state) SAY(all[0].id) SAID
    state=71;
    SAY(CalendarValueLastByEvent(7,state,all)) SAY(state) SAID
    """

    assert run(body) == ["0 77 0", "2 77 5", "2 77"]
    assert filled.calendar_asked == [(0, "", "", 0), (70, "", "USD", 0), (71, "", "", 7)]


def test_a_calendar_that_cannot_be_read_says_so_everywhere(run: Run, filled: PlainTerminal) -> None:
    filled.calendar_error = 5401
    body = """
    MqlCalendarCountry countries[];
    MqlCalendarCountry country;
    MqlCalendarEvent events[];
    MqlCalendarValue values[];
    ulong state=70;
    SAY(CalendarCountries(countries)) SAY(GetLastError()==ERR_CALENDAR_TIMEOUT) SAID
    ResetLastError();
    SAY(CalendarCountryById(840,country)) SAY(CalendarEventByCurrency("USD",events)) SAY(GetLastError()) SAID
    ResetLastError();
    SAY(CalendarValueHistory(values,0)) SAY(CalendarValueHistoryByEvent(7,values,0)) SAY(GetLastError()) SAID
    ResetLastError();
    SAY(CalendarValueLast(state,values)) SAY(state) SAY(ArraySize(values)) SAY(GetLastError()) SAID
    """

    assert run(body) == ["0 true", "false 0 5401", "-1 -1 5401", "0 70 0 5401"]


def test_an_array_without_room_takes_what_fits(run: Run, filled: PlainTerminal) -> None:
    body = """
    MqlCalendarValue room[1];
    SAY(CalendarValueHistory(room,0)) SAY(room[0].id) SAY(GetLastError()==ERR_CALENDAR_MORE_DATA) SAID
    """

    assert run(body) == ["1 5 true"]


def test_an_error_of_the_terminal_itself_comes_out_of_the_event(run: Run, filled: PlainTerminal) -> None:
    filled.releases = [{"id": 1}]

    with pytest.raises(KeyError):
        run("MqlCalendarValue v; SAY(CalendarValueById(1,v)) SAID")
