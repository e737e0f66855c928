"""The demo's comparison of the times that the service shows with those at the broker."""

from typing import Any

import pytest
from tests.session.made import position

from dtms.cli.demo.clock import Clock, Turn, turn_of
from dtms.cli.demo.report import clock_fault
from dtms.engine.market import Quote
from dtms.engine.trade import TradeKey, first_seen
from dtms.errors import UsageError
from dtms.runtime.snapshots import AccountView, MarketView, ServiceView
from dtms.settings import Mode
from dtms.sim.prices import PricePoint

START = 1_704_700_800_000
HOUR = 3_600_000
POINTS = [PricePoint(START + 60_000 * n, 1.1 + n / 10_000, 1.1001 + n / 10_000) for n in range(10)]
CROSSED = PricePoint(START + 600_000, 1.2, 1.1)


def view(*quotes: Quote, opened: dict[int, int] | None = None) -> ServiceView:
    trades = tuple(
        first_seen(TradeKey("1@Demo", number, 1), position(number, ts_open=at), managed=True)
        for number, at in (opened or {}).items()
    )
    account = AccountView(
        key="1@Demo",
        currency="",
        company="",
        epoch=1,
        view_known=True,
        superseded=False,
        terminals=(),
        trades=trades,
        markets=tuple(MarketView("EURUSD", quote, None) for quote in quotes),
        figures=None,
        commands_under_way=0,
        risk_off=(),
    )
    return ServiceView(
        utc=0,
        state="",
        mode=Mode.ACT,
        address="",
        config_digest="",
        accounts=(account,),
        counters={},
        pinned=None,
        refused=(),
        store_failed=None,
    )


def quote(point: PricePoint, shift: int = 0) -> Quote:
    return Quote(point.bid, point.ask, point.time_msc + shift)


def counted(clock: Clock) -> tuple[int, int, int]:
    return clock.times.checked, clock.times.wrong, clock.times.in_doubt


def test_quotes_with_their_times_are_right_and_each_is_compared_once() -> None:
    clock = Clock([*POINTS, CROSSED], 7_200, None)
    for _ in range(3):
        clock.look(view(quote(POINTS[0]), quote(POINTS[1]), Quote(1.15, 1.15, CROSSED.time_msc)))

    assert counted(clock) == (3, 0, 0)


@pytest.mark.parametrize("shift", [HOUR, -HOUR, 60_000, 1])
def test_a_quote_with_another_time_is_wrong(shift: int) -> None:
    clock = Clock(POINTS, 7_200, Turn(5, 10_800))
    clock.look(view(quote(POINTS[4], shift)))

    assert counted(clock) == (1, 1, 0)


def test_the_one_quote_between_the_turn_and_its_being_noticed_may_bear_the_offset_before() -> None:
    clock = Clock(POINTS, 7_200, Turn(5, 10_800))
    clock.look(view(quote(POINTS[5], HOUR)))
    assert counted(clock) == (0, 0, 1)
    clock.look(view(quote(POINTS[6], HOUR)))

    assert counted(clock) == (1, 1, 1)


def test_a_trade_that_was_not_opened_then_is_wrong() -> None:
    clock = Clock(POINTS, 7_200, None)
    clock.opened(1, START)
    clock.opened(2, START)
    clock.look(view(opened={1: START, 2: START + HOUR}))

    assert counted(clock) == (2, 1, 0)


@pytest.mark.parametrize(
    ("values", "fault"),
    [
        pytest.param({}, None, id="right"),
        pytest.param({"times_wrong": 1}, "were not UTC", id="a-wrong-time"),
        pytest.param({"told_changes": 0}, "told were 0 changes", id="not-told"),
        pytest.param({"told_changes": 2}, "told were 2 changes", id="told-twice"),
        pytest.param({"told_offsets_s": [7_200]}, "told were [7200]", id="told-another"),
        pytest.param({"turned_from_s": None}, "turned 0 times", id="told-without-a-turn"),
    ],
)
def test_whatever_is_wrong_with_the_times_is_a_fault(values: dict[str, Any], fault: str | None) -> None:
    clock = {"offset_s": 10_800, "turned_from_s": 7_200, "told_offsets_s": [10_800], "told_changes": 1}
    found = clock_fault({"clock": clock | {"times_checked": 9, "times_wrong": 0, "quotes_in_doubt": 1} | values})

    assert found is None if fault is None else fault in (found or "")


def test_a_turn_is_minutes_and_hours() -> None:
    assert turn_of("25:+3") == (25.0, 3.0)
    assert turn_of("0.5:-4.75") == (0.5, -4.75)
    for word in ("", "25", ":3", "25:", "-1:3", "25:+3:1", "1e3:2", "25:+333"):
        with pytest.raises(UsageError):
            turn_of(word)
