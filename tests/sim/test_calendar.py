"""The economic calendar: planned and released by the broker, asked for at the terminal."""

import pickle
from typing import Any

import pytest

from dtms.sim import calendar, newsroom
from dtms.sim.calendar import NONE, Country, Event
from dtms.sim.errors import UnknownRelease
from dtms.sim.terminal import SimTerminal

NOON = 1_700_049_600_000
HOUR_MS = 3_600_000
OFFSET_MS = 2 * HOUR_MS


@pytest.fixture
def told(make_desk: Any) -> Any:
    """A desk at UTC+2 with payrolls in an hour, an ECB decision in two and UK prices an hour ago."""
    desk = make_desk(offset_ms=OFFSET_MS)
    room = desk.broker.newsroom
    room.schedule(newsroom.PAYROLLS, NOON + HOUR_MS, forecast=180.0, previous=150.5)
    room.schedule(newsroom.ECB_RATE, NOON + 2 * HOUR_MS, forecast=4.5, previous=4.5)
    room.schedule(newsroom.UK_CPI, NOON - HOUR_MS, previous=6.7)
    desk.pump()
    return desk


def names(terminal: SimTerminal, records: Any) -> list[str]:
    events = (terminal.calendar_event(record["event_id"]) for record in records)
    return [str(event["name"]) for event in events if not isinstance(event, int)]


def ask(terminal: SimTerminal, from_ms: int, to_ms: int = 0, code: str = "", currency: str = "", event: int = 0) -> list[str]:
    shift = OFFSET_MS // 1_000
    to_s = to_ms // 1_000 + shift if to_ms else 0
    return names(terminal, terminal.calendar_history(from_ms // 1_000 + shift, to_s, code, currency, event))


def test_a_release_has_the_platform_s_numbers(told: Any) -> None:
    (record,) = told.terminal.calendar_history(0, 0, "US", "", 0)

    assert record == {
        "id": 1,
        "event_id": newsroom.PAYROLLS.id,
        "time": (NOON + HOUR_MS + OFFSET_MS) // 1_000,
        "period": 0,
        "revision": 0,
        "actual_value": -9223372036854775808,
        "prev_value": 150_500_000,
        "revised_prev_value": NONE,
        "forecast_value": 180_000_000,
        "impact_type": 0,
    }


def test_history_includes_its_beginning_and_excludes_its_end(told: Any) -> None:
    terminal, payrolls, ecb = told.terminal, NOON + HOUR_MS, NOON + 2 * HOUR_MS

    assert ask(terminal, payrolls, ecb) == ["Nonfarm Payrolls"]
    assert ask(terminal, payrolls, ecb + 1_000) == ["Nonfarm Payrolls", "ECB Interest Rate Decision"]
    assert ask(terminal, payrolls + 1_000) == ["ECB Interest Rate Decision"]
    assert names(terminal, terminal.calendar_history(0, 0, "", "", 0))[0] == "CPI y/y"


def test_history_is_filtered_by_country_currency_and_event(told: Any) -> None:
    terminal, early = told.terminal, NOON - 24 * HOUR_MS

    assert ask(terminal, early, code="GB") == ["CPI y/y"]
    assert ask(terminal, early, currency="EUR") == ["ECB Interest Rate Decision"]
    assert ask(terminal, early, code="US", currency="EUR") == []
    assert ask(terminal, early, event=newsroom.PAYROLLS.id) == ["Nonfarm Payrolls"]


def test_countries_and_events_are_described(told: Any) -> None:
    terminal = told.terminal

    assert terminal.calendar_country(840)["code"] == "US"
    assert [c["currency"] for c in terminal.calendar_countries()] == ["USD", "EUR", "GBP", "JPY"]
    event = terminal.calendar_event(newsroom.PAYROLLS.id)
    assert (event["importance"], event["country_id"], event["multiplier"], event["time_mode"]) == (3, 840, 1, 0)
    assert {e["country_id"] for e in terminal.calendar_events("", "USD")} == {840}
    assert [e["name"] for e in terminal.calendar_events("JP", "")] == ["Culture Day"]
    assert [terminal.calendar_country(1), terminal.calendar_event(1), terminal.calendar_value(77)] == [-5402] * 3
    assert terminal.calendar_value(1)["event_id"] == newsroom.PAYROLLS.id


def test_changes_are_asked_for_since_a_state(told: Any) -> None:
    terminal, room = told.terminal, told.broker.newsroom
    state, nothing = terminal.calendar_last(0, "", "", 0)
    assert (state, nothing) == (3, [])
    assert terminal.calendar_last(state, "", "", 0) == (3, [])
    room.release(2, 4.25, impact=2)
    room.release(1, 199.0, revised_previous=165.0, impact=1)
    told.pump()
    after, changed = terminal.calendar_last(state, "", "", 0)

    assert [(r["id"], r["actual_value"], r["impact_type"]) for r in changed] == [(2, 4_250_000, 2), (1, 199_000_000, 1)]
    assert changed[1]["revised_prev_value"] == 165_000_000
    assert terminal.calendar_last(after, "", "", 0) == (after, [])
    assert [r["id"] for r in terminal.calendar_last(state, "", "EUR", 0)[1]] == [2]
    assert [r["id"] for r in terminal.calendar_last(state, "", "", newsroom.PAYROLLS.id)[1]] == [1]


def test_a_release_may_be_moved_and_corrected(told: Any) -> None:
    room = told.broker.newsroom
    room.move(1, NOON + 3 * HOUR_MS)
    room.release(1, 190.0)
    room.correct(1, 191.0)
    told.pump()
    record = told.terminal.calendar_value(1)

    assert (record["time"], record["actual_value"], record["revision"]) == ((NOON + 5 * HOUR_MS) // 1_000, 191_000_000, 1)
    with pytest.raises(UnknownRelease):
        room.release(99, 1.0)


def test_times_follow_the_server_s_clock(told: Any) -> None:
    told.broker.set_offset(3 * HOUR_MS)
    told.pump()

    assert told.terminal.calendar_value(1)["time"] == (NOON + HOUR_MS + 3 * HOUR_MS) // 1_000


def test_a_terminal_that_is_cut_off_shows_what_it_knew(told: Any) -> None:
    told.broker.disconnect()
    told.broker.newsroom.release(1, 199.0)
    told.pump()
    assert told.terminal.calendar_value(1)["actual_value"] == NONE
    told.broker.connect()
    told.pump()
    assert told.terminal.calendar_value(1)["actual_value"] == 199_000_000
    fresh = SimTerminal()
    fresh.apply_all(pickle.loads(pickle.dumps(told.broker.full_state())))  # noqa: S301 - our own bytes, as through a pipe
    assert fresh.calendar_history(0, 0, "", "", 0) == told.terminal.calendar_history(0, 0, "", "", 0)


def test_every_question_fails_while_the_service_does(told: Any) -> None:
    terminal = told.terminal
    terminal.newsstand.error = 5401

    assert {terminal.calendar_countries(), terminal.calendar_country(840), terminal.calendar_events("", "")} == {-5401}
    assert {terminal.calendar_event(newsroom.PAYROLLS.id), terminal.calendar_value(1)} == {-5401}
    assert {terminal.calendar_history(0, 0, "", "", 0), terminal.calendar_last(0, "", "", 0)} == {-5401}


def test_a_run_brings_its_own_countries_and_events(told: Any) -> None:
    swiss = Country(id=756, name="Switzerland", code="CH", currency="CHF")
    rate = Event(id=756_010_001, country_id=756, name="SNB Interest Rate Decision", unit=1)
    told.broker.newsroom.add(swiss)
    value = told.broker.newsroom.schedule(rate, NOON + HOUR_MS)
    told.pump()

    assert names(told.terminal, told.terminal.calendar_history(0, 0, "CH", "CHF", 0)) == ["SNB Interest Rate Decision"]
    assert told.terminal.calendar_value(value)["forecast_value"] == calendar.NONE
