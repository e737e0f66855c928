"""Figures that the rails read: the day's and the hour's loss, stops in a row, news; and the adapter of the score."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.session.made import spec

from dtms.engine.defence.news import blackout, currencies, is_stale
from dtms.engine.defence.rail_memory import RailMemory, equity_seen, figures, money_moved, trade_ended
from dtms.settings_rails import RailsSettings
from dtms.wire.messages import CalendarEvent

RAILS = RailsSettings()
MINUTE = 60_000
HOUR = 60 * MINUTE


def seen(memory: RailMemory, equity: float, minute: int, *, balance: float = 10_000.0, day: int = 1) -> RailMemory:
    return equity_seen(memory, balance, equity, utc=minute * MINUTE, day=day, rails=RAILS)


def test_r_1_the_days_base_is_the_larger_of_balance_and_equity_and_a_hit_lasts_the_day() -> None:
    memory = seen(RailMemory(), 10_500.0, 0)
    assert memory.base == 10_500.0
    memory = seen(memory, 10_300.0, 1)
    assert not memory.day_hit
    memory = seen(memory, 10_290.0, 2)
    assert memory.day_hit
    memory = seen(memory, 10_600.0, 3)
    assert figures(memory, 3 * MINUTE).day_hit
    memory = seen(memory, 10_600.0, 4, day=2)

    assert (memory.day_hit, memory.base) == (False, 10_600.0)


def test_r_2_a_fall_within_an_hour_blocks_for_an_hour() -> None:
    memory = seen(RailMemory(), 10_000.0, 0)
    memory = seen(memory, 10_050.0, 30)
    memory = seen(memory, 9_950.0, 60)
    assert figures(memory, 60 * MINUTE).hour_loss == pytest.approx(100 / 10_050)
    memory = seen(memory, 9_949.0, 61)
    assert figures(memory, 61 * MINUTE).hour_hit
    assert figures(memory, 121 * MINUTE - 1).hour_hit

    assert not figures(memory, 121 * MINUTE).hour_hit


def test_r_2_what_is_older_than_an_hour_does_not_count() -> None:
    memory = seen(RailMemory(), 10_050.0, 0)
    memory = seen(memory, 9_949.0, 60)

    assert figures(memory, 60 * MINUTE).hour_loss == 0.0


def test_a_withdrawal_is_no_loss() -> None:
    memory = money_moved(seen(RailMemory(), 10_000.0, 0), -5_000.0, 30_000)
    memory = seen(memory, 5_000.0, 1)

    assert not memory.day_hit
    assert not figures(memory, MINUTE).hour_hit


def test_a_deposit_is_no_loss_whichever_of_deal_and_figures_comes_first() -> None:
    before = seen(RailMemory(), 10_000.0, 0)
    for memory in (
        money_moved(before, 5_000.0, 60_000),
        money_moved(seen(before, 15_000.0, 1), 5_000.0, 60_500),
    ):
        assert figures(memory, 61_000).day_loss is None
        after = seen(memory, 15_000.0, 1)
        assert (figures(after, 61_000).day_loss, figures(after, 61_000).hour_loss) == (0.0, 0.0)
        assert not figures(after, 61_000).hour_hit


def test_r_3_counts_losing_stops_until_a_profit_or_the_next_day() -> None:
    memory = seen(RailMemory(), 10_000.0, 0)
    for by_stop, profit, stops in (
        (True, -1.0, 1),
        (False, -1.0, 1),
        (True, 0.0, 1),
        (True, -1.0, 2),
        (True, 5.0, 0),
        (True, -1.0, 1),
    ):
        memory = trade_ended(memory, by_stop=by_stop, profit=profit)
        assert figures(memory, 0).stops == stops

    assert figures(seen(memory, 10_000.0, 1, day=2), 0).stops == 0


def test_before_the_account_was_seen_nothing_is_known() -> None:
    found = figures(RailMemory(), 0)

    assert (found.day_loss, found.hour_loss, found.stops) == (None, None, None)


@given(st.lists(st.tuples(st.integers(0, 300), st.floats(5_000, 15_000)), min_size=1, max_size=60))
def test_the_hours_loss_is_that_of_a_plain_count(points: list[tuple[int, float]]) -> None:
    points.sort(key=lambda point: point[0])
    memory = RailMemory()
    for minute, equity in points:
        memory = seen(memory, equity, minute)
    last, equity = points[-1]
    peak = max(e for minute, e in points if last - minute < 60)

    assert figures(memory, last * MINUTE).hour_loss == pytest.approx(max(peak - equity, 0.0) / peak)


def release(minute: int, **values: Any) -> CalendarEvent:
    fields = {
        "value_id": 1,
        "event_id": 1,
        "ts_release": minute * MINUTE,
        "country": "US",
        "currency": "USD",
        "importance": 3,
        "name": "Payrolls",
        "actual": None,
        "forecast": None,
        "previous": None,
    }
    return CalendarEvent.model_validate(fields | values)


@pytest.mark.parametrize(("minute", "near"), [(69, False), (70, True), (114, True), (115, False)])
def test_r_4_half_an_hour_before_and_a_quarter_after(minute: int, near: bool) -> None:
    found = blackout([release(100)], currencies(spec()), minute * MINUTE, RAILS)

    assert found == ("USD Payrolls" if near else None)


@pytest.mark.parametrize("values", [{"importance": 2}, {"currency": "JPY"}])
def test_r_4_other_currencies_and_smaller_releases_do_not_count(values: dict[str, Any]) -> None:
    assert blackout([release(100, **values)], currencies(spec()), 100 * MINUTE, RAILS) is None


def test_r_4_a_calendar_of_yesterday_is_stale() -> None:
    assert [is_stale(age, RAILS) for age in (None, 24 * HOUR, 24 * HOUR + 1)] == [True, False, True]
