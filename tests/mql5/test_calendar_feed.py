"""
The economic calendar: releases of the symbols' currencies, each change once a session, whatever the terminal's calendar does.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from tests.mql5.support import OFFSET_MS, T0, Harness, running

from dtms.names import NoticeCode
from dtms.sim.calendar import Country, Event
from dtms.sim.derive import derive_spec
from dtms.sim.mt5 import ERR_CALENDAR_NO_DATA, ERR_CALENDAR_TIMEOUT
from dtms.sim.newsroom import ECB_RATE, FED_RATE, JOBLESS_CLAIMS, JP_HOLIDAY, PAYROLLS, UK_CPI, US_CPI
from dtms.sim.records import Record
from dtms.sim.terminal import SimTerminal
from dtms.wire.messages import CalendarEvent, Heartbeat, Notice, Snapshot, Subscribe

HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS
POLL_MS = 5_000
RETRY_MS = 30_000
BLOCK_MS = 10_000


@pytest.fixture
def life(tmp_path: Path) -> Iterator[Harness]:
    with running(tmp_path) as harness:
        yield harness


class Watched(SimTerminal):
    """
    Attributes:
        asked: how often changes were asked for.
        named: how often an event was asked for.
        refuses: how often an event is not to be named.
        unknown: an event that has releases and no name.
    """

    asked = 0
    named = 0
    refuses = 0
    unknown = 0

    def calendar_event(self, event_id: int) -> Record | int:
        self.named += 1
        if self.refuses > 0:
            self.refuses -= 1
            return -ERR_CALENDAR_TIMEOUT
        return -ERR_CALENDAR_NO_DATA if event_id == self.unknown else super().calendar_event(event_id)

    def calendar_last(self, change_id: int, country_code: str, currency: str, event_id: int) -> tuple[int, Sequence[Record]] | int:
        self.asked += 1
        return super().calendar_last(change_id, country_code, currency, event_id)


@pytest.fixture
def watched(tmp_path: Path) -> Iterator[tuple[Harness, Watched]]:
    with running(tmp_path, terminal_type=Watched) as harness:
        assert isinstance(harness.terminal, Watched)
        yield harness, harness.terminal


def told(life: Harness) -> list[CalendarEvent]:
    return life.router.of(CalendarEvent)


def polled(life: Harness) -> None:
    """Time for the calendar to be asked and its answer to be told."""
    life.advance(2 * POLL_MS, step=50)
    life.settle()


def failures(life: Harness) -> list[int]:
    """Errors of the calendar that were told."""
    notices = [n for n in life.router.of(Notice) if n.code is NoticeCode.FEED_FAILED]
    assert all(n.symbol == "" and "calendar" in n.text for n in notices)
    return [n.value for n in notices]


def begin_anew(life: Harness) -> None:
    """A bridge that has lost its memory: the session begins again."""
    life.router.reopen()
    life.router.frames.clear()
    life.router.epoch += 1
    life.until(lambda: life.router.of(Snapshot), limit_ms=60_000)


def test_a_release_is_told_once_with_everything_about_it(life: Harness) -> None:
    at = T0 + 3 * HOUR_MS
    value = life.broker.newsroom.schedule(PAYROLLS, at, forecast=180.25, previous=-1.5)
    polled(life)
    polled(life)

    assert told(life) == [
        CalendarEvent(
            value_id=value,
            event_id=PAYROLLS.id,
            ts_release=at + OFFSET_MS,
            country="US",
            currency="USD",
            importance=3,
            name="Nonfarm Payrolls",
            actual=None,
            forecast=180.25,
            previous=-1.5,
        )
    ]


def test_what_was_planned_before_the_program_began_is_told(tmp_path: Path) -> None:
    with Harness(tmp_path) as life:
        values = [life.broker.newsroom.schedule(event, T0 + HOUR_MS) for event in (PAYROLLS, ECB_RATE)]
        life.terminal.apply_all(life.broker.full_state())
        life.start()
        polled(life)

        assert sorted(event.value_id for event in told(life)) == values


def test_a_release_is_told_again_when_its_figure_arrives_is_corrected_and_when_it_moves(life: Harness) -> None:
    newsroom = life.broker.newsroom
    value = newsroom.schedule(US_CPI, T0 + HOUR_MS, forecast=0.3, previous=0.2)
    polled(life)
    newsroom.move(value, T0 + 2 * HOUR_MS)
    polled(life)
    newsroom.release(value, 0.4, revised_previous=0.1)
    polled(life)
    newsroom.correct(value, 0.0)
    polled(life)

    assert [(e.ts_release - T0 - OFFSET_MS, e.actual, e.forecast, e.previous) for e in told(life)] == [
        (HOUR_MS, None, 0.3, 0.2),
        (2 * HOUR_MS, None, 0.3, 0.2),
        (2 * HOUR_MS, 0.4, 0.3, 0.1),
        (2 * HOUR_MS, 0.0, 0.3, 0.1),
    ]


def test_a_change_that_concerns_nothing_that_is_told_is_no_news(life: Harness) -> None:
    value = life.broker.newsroom.schedule(US_CPI, T0 + HOUR_MS)
    polled(life)
    life.broker.newsroom.release(value, 0.4, impact=1)
    polled(life)
    life.broker.newsroom.correct(value, 0.4)
    polled(life)

    assert [event.actual for event in told(life)] == [None, 0.4]


def test_only_currencies_of_the_symbols_are_told(life: Harness) -> None:
    for day in range(2):  # from the lists, and from the changes
        for event in (PAYROLLS, UK_CPI, ECB_RATE, JP_HOLIDAY):
            life.broker.newsroom.schedule(event, T0 + day * DAY_MS + HOUR_MS)
        polled(life)

    assert sorted((event.country, event.currency) for event in told(life)) == [("EU", "EUR")] * 2 + [("US", "USD")] * 2


def test_a_symbol_that_is_subscribed_to_brings_its_currencies(tmp_path: Path) -> None:
    specs = [derive_spec("EURUSD"), derive_spec("GBPUSD")]
    with running(tmp_path, specs=specs) as life:
        life.broker.newsroom.schedule(UK_CPI, T0 + HOUR_MS)
        polled(life)
        assert told(life) == []

        life.router.send(Subscribe(symbols=["GBPUSD"], timeframes=[]))
        polled(life)
        assert [event.currency for event in told(life)] == ["GBP"]

        life.router.send(Subscribe(symbols=[], timeframes=[]))
        polled(life)
        life.broker.newsroom.schedule(UK_CPI, T0 + 2 * HOUR_MS)
        polled(life)
        assert len(told(life)) == 1

        life.router.send(Subscribe(symbols=["GBPUSD"], timeframes=[]))
        polled(life)
        assert [event.ts_release - T0 - OFFSET_MS for event in told(life)] == [HOUR_MS, 2 * HOUR_MS]


def test_the_importance_is_the_terminal_s_by_name(life: Harness) -> None:
    low = Event(id=840_990_001, country_id=840, name="Some Survey", importance=1)
    none = Event(id=840_990_002, country_id=840, name="Some Holiday", importance=0)
    for event in (none, low, JOBLESS_CLAIMS, PAYROLLS):
        life.broker.newsroom.schedule(event, T0 + HOUR_MS)
    polled(life)

    assert [event.importance for event in told(life)] == [0, 1, 2, 3]


def test_a_country_that_shares_a_currency_is_told_with_its_own_code(life: Harness) -> None:
    germany = Country(id=276, name="Germany", code="DE", currency="EUR")
    ifo = Event(id=276_030_003, country_id=276, name="Gesch\u00e4ftsklima \u20ac" + "x" * 600, importance=2)
    life.broker.newsroom.add(germany, ifo)
    life.broker.newsroom.schedule(ifo, T0 + HOUR_MS)
    polled(life)

    (event,) = told(life)
    assert (event.country, event.currency, event.name) == ("DE", "EUR", ifo.name[:512])


def test_the_next_week_and_the_last_day_are_told_and_nothing_beyond(tmp_path: Path) -> None:
    with Harness(tmp_path) as life:
        newsroom = life.broker.newsroom
        hours = (-25, -23, -1, 1, 7 * 24 - 1, 7 * 24 + 1, 30 * 24)
        for hour in hours:
            newsroom.schedule(PAYROLLS, T0 + hour * HOUR_MS)
        life.terminal.apply_all(life.broker.full_state())
        life.start()
        polled(life)
        newsroom.schedule(FED_RATE, T0 + 8 * DAY_MS)
        polled(life)

        assert [(event.ts_release - T0 - OFFSET_MS) // HOUR_MS for event in told(life)] == [-23, -1, 1, 167]


def test_a_release_that_comes_nearer_is_told_within_a_day(life: Harness) -> None:
    near = life.broker.newsroom.schedule(PAYROLLS, T0 + HOUR_MS)
    far = life.broker.newsroom.schedule(PAYROLLS, T0 + 7 * DAY_MS + 2 * HOUR_MS)
    polled(life)
    assert [event.value_id for event in told(life)] == [near]

    life.advance(DAY_MS, step=60_000)
    polled(life)

    assert [event.value_id for event in told(life)] == [near, far]


def test_a_release_that_was_told_and_moves_out_of_the_week_is_told(life: Harness) -> None:
    value = life.broker.newsroom.schedule(PAYROLLS, T0 + HOUR_MS)
    polled(life)
    life.broker.newsroom.move(value, T0 + 30 * DAY_MS)
    polled(life)

    assert [event.ts_release - T0 - OFFSET_MS for event in told(life)] == [HOUR_MS, 30 * DAY_MS]


def test_many_releases_at_once_are_all_told_a_few_an_event(watched: tuple[Harness, Watched]) -> None:
    life, terminal = watched
    for i in range(300):
        life.broker.newsroom.schedule(PAYROLLS if i % 2 else ECB_RATE, T0 + HOUR_MS + i * 60_000)
    looked: list[int] = []
    while len(told(life)) < 300:
        life.step(wait_ms=2)
        before = terminal.named
        life.program.timer()
        looked.append(terminal.named - before)
        assert life.market_ms < T0 + 60_000

    assert 0 < max(looked) <= 4
    usd = [event.ts_release for event in told(life) if event.currency == "USD"]
    assert usd == sorted(usd)
    assert len({event.value_id for event in told(life)}) == 300


def test_a_session_that_goes_on_hears_nothing_twice_and_everything_new(life: Harness) -> None:
    values = [life.broker.newsroom.schedule(PAYROLLS, T0 + hour * HOUR_MS) for hour in (1, 2)]
    polled(life)
    life.router.accept = None
    life.router.reopen()
    life.advance(500)
    life.broker.newsroom.release(values[0], 5.0)
    life.advance(2 * POLL_MS, step=50)

    life.router.accept = {"resume": True}
    life.until(lambda: len(told(life)) == 3)
    polled(life)

    assert [(event.value_id, event.actual) for event in told(life)] == [(values[0], None), (values[1], None), (values[0], 5.0)]


def test_a_fresh_session_is_told_everything_as_it_is_now(life: Harness) -> None:
    values = [life.broker.newsroom.schedule(PAYROLLS, T0 + hour * HOUR_MS) for hour in (1, 2)]
    polled(life)
    life.broker.newsroom.release(values[0], 5.0)
    polled(life)

    begin_anew(life)
    polled(life)

    assert [(event.value_id, event.actual) for event in told(life)] == [(values[0], 5.0), (values[1], None)]


def test_a_clock_that_is_turned_moves_the_releases(life: Harness) -> None:
    life.broker.newsroom.schedule(PAYROLLS, T0 + 5 * HOUR_MS)
    life.advance(5_000, step=50)
    polled(life)
    life.broker.set_offset(OFFSET_MS + HOUR_MS)
    life.until(lambda: len(told(life)) == 2, limit_ms=60_000)

    assert [event.ts_release - T0 for event in told(life)] == [5 * HOUR_MS + OFFSET_MS, 6 * HOUR_MS + OFFSET_MS]


def test_a_calendar_that_fails_is_mentioned_once_and_read_when_it_can_be(life: Harness) -> None:
    life.terminal.newsstand.error = ERR_CALENDAR_TIMEOUT
    value = life.broker.newsroom.schedule(PAYROLLS, T0 + HOUR_MS)
    life.advance(200_000, step=200)
    assert failures(life) == [ERR_CALENDAR_TIMEOUT]
    assert told(life) == []

    life.terminal.newsstand.error = 0
    life.advance(RETRY_MS, step=200)
    polled(life)
    assert [event.value_id for event in told(life)] == [value]

    life.terminal.newsstand.error = ERR_CALENDAR_TIMEOUT
    life.advance(120_000, step=200)
    assert failures(life) == [ERR_CALENDAR_TIMEOUT] * 2


def test_what_changed_while_the_calendar_failed_is_told_afterwards(life: Harness) -> None:
    value = life.broker.newsroom.schedule(PAYROLLS, T0 + HOUR_MS)
    polled(life)
    life.terminal.newsstand.error = ERR_CALENDAR_TIMEOUT
    life.broker.newsroom.release(value, 7.0)
    life.advance(60_000, step=200)
    life.terminal.newsstand.error = 0
    life.until(lambda: len(told(life)) == 2, limit_ms=60_000)
    polled(life)

    assert [event.actual for event in told(life)] == [None, 7.0]


def test_a_terminal_without_a_calendar_is_mentioned_once_and_does_everything_else(life: Harness) -> None:
    life.terminal.newsstand.error = ERR_CALENDAR_NO_DATA
    begin_anew(life)
    life.advance(200_000, step=200)

    assert failures(life) == [ERR_CALENDAR_NO_DATA]
    life.hold()


def test_releases_wait_while_their_events_cannot_be_named(watched: tuple[Harness, Watched]) -> None:
    life, terminal = watched
    terminal.refuses = 2
    values = [life.broker.newsroom.schedule(PAYROLLS, T0 + hour * HOUR_MS) for hour in (1, 2)]
    polled(life)
    assert told(life) == []
    life.advance(3 * RETRY_MS, step=100)
    life.settle()

    assert [event.value_id for event in told(life)] == values
    assert failures(life) == [ERR_CALENDAR_TIMEOUT]


def test_an_event_that_nobody_can_name_stands_in_no_other_s_way(watched: tuple[Harness, Watched]) -> None:
    life, terminal = watched
    terminal.unknown = US_CPI.id
    polled(life)
    life.broker.newsroom.schedule(US_CPI, T0 + HOUR_MS)
    value = life.broker.newsroom.schedule(PAYROLLS, T0 + HOUR_MS)
    polled(life)

    assert [event.value_id for event in told(life)] == [value]
    assert failures(life) == []


def test_calls_that_may_block_are_announced(watched: tuple[Harness, Watched]) -> None:
    life, terminal = watched
    polled(life)
    announced = [beat for beat in life.router.of(Heartbeat) if beat.busy_ms == BLOCK_MS]
    assert len(announced) == 1 + 2  # the first poll, and the lists of two currencies

    life.advance(60_000, step=100)
    life.settle()
    assert terminal.asked >= 12
    assert [beat.busy_ms for beat in life.router.of(Heartbeat)].count(BLOCK_MS) == len(announced)
