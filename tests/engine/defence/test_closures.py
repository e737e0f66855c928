"""Long closures of a market: weekends, holidays that the user names, sessions past midnight, clocks that change (R-9)."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError
from tests.engine.defence.scene import CLEAR, Scene, full

from dtms.defence_names import Action, Rail, State
from dtms.engine.defence.closures import closes_weekly, next_closure
from dtms.engine.defence.rails import blocking
from dtms.engine.defence.rules import DefenceRules
from dtms.engine.defence.situation import Situation
from dtms.engine.defence.view import Closure
from dtms.settings import BreakEvenSettings, Settings
from dtms.settings_rails import GapGuard, GapSettings, RailsSettings
from dtms.sim.policies.closures import closures
from dtms.wire.messages import Session

HOUR = 3_600_000
DAY = 24 * HOUR
CHRISTMAS = date(2026, 12, 25)  # a Friday
NEW_YEAR = date(2027, 1, 1)  # a Friday too


def at(day: date, hour: float = 0, offset_s: int = 0) -> int:
    """The ms UTC of an hour of the server's day."""
    begun = datetime(day.year, day.month, day.day, tzinfo=UTC)
    return int(begun.timestamp()) * 1_000 + int(hour * HOUR) - offset_s * 1_000


def week(*days: int, from_s: int = 0, to_s: int = 86_400) -> list[Session]:
    """Monday to Friday, unless said otherwise."""
    return [Session(day=day, from_s=from_s, to_s=to_s) for day in days or range(1, 6)]


ROUND_THE_CLOCK = week(*range(7))
WITH_BREAKS = week(*range(7), from_s=60, to_s=86_340)


def closed(*days: date) -> list[int]:
    return [(day - date(1970, 1, 1)).days for day in days]


@pytest.mark.parametrize("offset_s", [-18_000, 0, 7_200, 10_800])
@pytest.mark.parametrize("monday", [date(2026, 3, 2), date(2026, 12, 28)], ids=["spring", "over the year's end"])
def test_a_weekend_is_a_long_closure_wherever_the_server_is(offset_s: int, monday: date) -> None:
    found = next_closure(week(), offset_s, at(monday, 8, offset_s), 24)

    assert found == Closure(at(monday + timedelta(5), 0, offset_s), at(monday + timedelta(7), 0, offset_s))


def test_nights_are_not_and_a_market_that_never_closes_has_none() -> None:
    monday = date(2026, 3, 2)
    nightly = next_closure(week(from_s=3_600, to_s=82_800), 0, at(monday), 24)

    assert nightly == Closure(at(monday + timedelta(4), 23), at(monday + timedelta(7), 1))
    assert next_closure(ROUND_THE_CLOCK, 0, at(monday), 0.01) is None
    assert next_closure(WITH_BREAKS, 0, at(monday), 24) is None


@pytest.mark.parametrize("sessions", [[], [Session(day=1, from_s=0, to_s=0)]], ids=["no table", "nothing in it"])
def test_without_sessions_nothing_is_known_of_closures(sessions: list[Session]) -> None:
    assert next_closure(sessions, 0, at(CHRISTMAS), 24, closed(date(9_999, 12, 31))) is None
    assert not closes_weekly(sessions)


def test_in_the_closure_the_next_one_is_a_week_away() -> None:
    saturday = date(2026, 3, 7)
    for hour in (0, 13, 47.9):
        assert next_closure(week(), 0, at(saturday, hour), 24) == Closure(at(saturday, 168), at(saturday, 216))


def test_a_holiday_on_a_friday_and_the_weekend_are_one_closure() -> None:
    found = next_closure(week(), 7_200, at(date(2026, 12, 23), 9, 7_200), 24, closed(CHRISTMAS))

    assert found == Closure(at(CHRISTMAS, 0, 7_200), at(CHRISTMAS, 72, 7_200))


def test_a_holiday_on_a_monday_makes_the_weekend_longer_over_the_years_end() -> None:
    found = next_closure(week(), 0, at(date(2026, 12, 30), 9), 24, closed(NEW_YEAR, date(2027, 1, 4)))

    assert found == Closure(at(NEW_YEAR), at(date(2027, 1, 5)))


@pytest.mark.parametrize(("to_s", "hours", "long"), [(86_400, 24, False), (86_340, 24, True), (86_340, 25, False)])
def test_a_single_day_in_the_week_is_one_where_it_is_longer_than_the_limit(to_s: int, hours: float, long: bool) -> None:
    wednesday = date(2026, 3, 4)
    found = next_closure(week(to_s=to_s), 0, at(date(2026, 3, 2), 9), hours, closed(wednesday))

    assert found is not None
    assert (found.ends == at(wednesday, 24)) is long


def test_a_session_past_midnight_ends_where_a_closed_day_begins() -> None:
    evenings = week(0, 1, 2, 3, 4, from_s=22 * 3_600, to_s=45 * 3_600)  # until 21:00 of the next day
    monday, thursday = date(2026, 3, 2), date(2026, 3, 5)
    plain = next_closure(evenings, 0, at(monday), 23)
    cut = next_closure(evenings, 0, at(monday), 23, closed(thursday))

    assert plain == Closure(at(monday, 4 * 24 + 21), at(monday, 6 * 24 + 22))
    assert cut == Closure(at(thursday), at(thursday, 24))


def test_a_session_that_ends_before_it_begins_ends_on_the_next_day() -> None:
    said = week(0, 1, 2, 3, 4, from_s=22 * 3_600, to_s=21 * 3_600)
    meant = week(0, 1, 2, 3, 4, from_s=22 * 3_600, to_s=45 * 3_600)

    assert next_closure(said, 0, at(CHRISTMAS), 24) == next_closure(meant, 0, at(CHRISTMAS), 24)


def test_the_servers_summer_time_moves_a_closure_by_its_hour() -> None:
    """The terminal tells the difference as it is; a closure is where the table puts it by that."""
    monday = date(2026, 3, 23)
    winter = next_closure(week(), 7_200, at(monday), 24)
    summer = next_closure(week(), 10_800, at(monday), 24)

    assert winter is not None
    assert summer == Closure(winter.starts - HOUR, winter.ends - HOUR)


def test_a_long_run_of_closed_days_ends_when_the_market_opens_again() -> None:
    days = [CHRISTMAS + timedelta(n) for n in range(60)]
    found = next_closure(week(), 0, at(date(2026, 12, 23), 9), 24, closed(*days))

    assert found == Closure(at(CHRISTMAS), at(date(2027, 2, 23)))


def test_a_closure_more_than_two_weeks_ahead_is_not_looked_for() -> None:
    assert next_closure(ROUND_THE_CLOCK, 0, at(date(2026, 12, 10)), 12, closed(CHRISTMAS)) is None
    assert next_closure(ROUND_THE_CLOCK, 0, at(date(2026, 12, 12)), 12, closed(CHRISTMAS)) is not None
    assert next_closure(ROUND_THE_CLOCK, 0, at(date(2026, 12, 10)), 12, closed(date(9_999, 12, 31))) is None


@settings(max_examples=150)
@given(
    offset=st.integers(-12, 14),
    hour=st.integers(0, 24 * 400),
    spans=st.lists(st.tuples(st.integers(0, 6), st.integers(0, 23), st.integers(1, 24)), min_size=1, max_size=10),
    days=st.lists(st.integers(0, 13), max_size=6),
    hours=st.sampled_from([6, 24, 47.5]),
)
def test_it_is_the_closure_that_a_walk_through_the_minutes_finds(
    offset: int, hour: int, spans: list[tuple[int, int, int]], days: list[int], hours: float
) -> None:
    """``dtms simulate`` looks at every minute of a table instead."""
    utc = at(date(2026, 1, 1)) + hour * HOUR
    shut = [(utc // 1_000 + offset * 3_600) // 86_400 + day for day in days]
    sessions = [Session(day=day, from_s=begin * 3_600, to_s=(begin + length) * 3_600) for day, begin, length in spans]
    table = tuple(tuple((one.from_s, one.to_s) for one in sessions if one.day == day) for day in range(7))
    walked = closures(table, utc - DAY, utc + 14 * DAY, least_s=hours * 3_600, offset_s=offset * 3_600, closed_days=shut)
    ahead = [Closure(*one) for one in walked if one.begin > utc]

    assert next_closure(sessions, offset * 3_600, utc, hours, shut) == min(ahead, default=None)


# Days without trade that the user names


def days_of(entries: Sequence[Any], symbol: str = "EURUSD", *, general: bool = True) -> list[date]:
    named = GapSettings(closed_days=tuple(entries))
    return [date(1970, 1, 1) + timedelta(day) for day in named.closed(symbol, general=general)]


def test_a_closed_day_is_a_date_for_every_symbol_or_a_date_for_some() -> None:
    entries = ["2026-12-25", "2026-12-24 XAU*", "2026-12-31 *.de"]

    assert days_of(entries) == [CHRISTMAS]
    assert days_of(entries, "XAUUSD.m") == [CHRISTMAS, date(2026, 12, 24)]
    assert days_of(entries, "DAX.de", general=False) == [date(2026, 12, 31)]


def test_a_date_of_the_toml_file_is_one() -> None:
    assert days_of([CHRISTMAS, "2027-01-01"]) == [CHRISTMAS, NEW_YEAR]


@pytest.mark.parametrize(
    "entries",
    [
        ["2026-02-29"],
        ["25.12.2026"],
        ["2026-12-25", "2026-12-25"],
        ["2026-12-25 XAU*", "2026-12-25 XAU*"],
        ["2026-12-25 XAU*", "2026-12-25"],
        ["2026-12-25 XAU* EUR*"],
        ["20261225"],
        ["2026-W52-5"],
        [""],
        [20261225],
        [datetime(2026, 12, 25, 8, tzinfo=UTC)],
        [True],
        "2026-12-25",
    ],
    ids=str,
)
def test_what_is_no_day_or_is_there_twice_is_refused(entries: Any) -> None:
    with pytest.raises(ValidationError):
        GapSettings(closed_days=entries)


def test_the_configuration_names_a_closed_day_as_it_was_given() -> None:
    given_days = ["2026-12-25", "2026-12-24 XAU*"]
    values = Settings.model_validate({"rails": {"gap": {"closed_days": given_days}}}).model_dump(mode="json")

    assert values["rails"]["gap"]["closed_days"] == given_days


def test_holidays_are_for_markets_that_close_at_weekends() -> None:
    assert closes_weekly(week())
    assert closes_weekly(week(0, 1, 2, 3, 4, from_s=22 * 3_600, to_s=45 * 3_600))
    assert not closes_weekly(ROUND_THE_CLOCK)
    assert not closes_weekly(WITH_BREAKS)


# What follows from them


def seeing(guard: GapGuard, **changes: Any) -> Situation:
    scene = Scene(defence=full(), figures=CLEAR)
    scene.judgement = scene.judged(0.5)
    scene.view_changes |= changes
    rules = DefenceRules(full(), RailsSettings(gap=GapSettings(guard=guard)))
    return Situation(scene.trade, scene.record, scene.market, rules, BreakEvenSettings(), 0, scene.utc)


@pytest.mark.parametrize("action", [Action.OPEN_HEDGE, Action.RE_ADD])
def test_where_closures_are_not_known_nothing_is_opened(action: Action) -> None:
    assert blocking(action, seeing(GapGuard.WARN, closures_known=False)) is Rail.GAP
    assert blocking(action, seeing(GapGuard.OFF, closures_known=False)) is None
    assert blocking(action, seeing(GapGuard.WARN)) is None


def test_where_closures_are_not_known_nothing_is_closed_or_tightened() -> None:
    for guard in GapGuard:
        scene = Scene(rails=RailsSettings(gap=GapSettings(guard=guard)), price=0.5)
        scene.view_changes["closures_known"] = False
        scene.look()

        assert scene.command is None
        assert scene.stands() is State.HEALTHY
