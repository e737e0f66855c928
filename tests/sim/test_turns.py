"""The server's clock is turned while positions are held: bars, deals, sessions and nights around it."""

from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest

from dtms.sim.feed import TICK, unpack_bars
from dtms.sim.mt5 import SwapMode
from dtms.sim.spec import FX_CLOSE_S, FX_OPEN_S, SymbolSpec, weekly
from dtms.sim.terminal import SimTerminal

HOUR = 3_600
TURN = 1_711_846_800_000  # 2024-03-31 01:00 UTC, a Sunday: Europe goes from UTC+2 to UTC+3 in the east
BACK = 1_729_990_800_000  # 2024-10-27 01:00 UTC, a Sunday: and back
WINTER, SUMMER = 2 * HOUR * 1_000, 3 * HOUR * 1_000
CRYPTO = SymbolSpec(name="BTCUSD", currency_base="USD", currency_margin="USD", digits=2, tick_size=0.01, contract_size=1.0)


@pytest.fixture(params=[(TURN, WINTER, SUMMER), (BACK, SUMMER, WINTER)], ids=["forward", "back"])
def turned(request: pytest.FixtureRequest, make_desk: Callable[..., Any]) -> Any:
    """A quote a minute for half an hour before and after the turn; a buy 10 minutes before it, closed 10 minutes after."""
    turn, before, after = request.param
    desk = make_desk(CRYPTO, time_msc=turn - 30 * 60_000, offset_ms=before)
    desk.turn, desk.before, desk.after = turn, before, after
    desk.broker.plan_offset(turn, after)
    for minute in range(-29, 31):
        desk.quote(60_000.0 + minute, 60_001.0 + minute, after_ms=60_000)
        if minute == -10:
            desk.held = desk.open(0, 0.1, sl=50_000.0)
        if minute == 10:
            desk.done(1, 0.1, position=desk.held.ticket)
    return desk


def test_the_terminal_s_clocks_turn_with_the_server(turned: Any) -> None:
    now = turned.broker.standing.market.time_msc

    assert turned.terminal.gmt() * 1_000 == now
    assert (turned.terminal.server_time() - turned.terminal.gmt()) * 1_000 == turned.after
    assert turned.terminal.current_time() * 1_000 == now + turned.after


def test_deals_and_position_times_are_of_their_own_clock(turned: Any) -> None:
    told = turned.terminal.history_of_position(turned.held.identifier)[1]
    times = [turned.terminal.deal(ticket)["DEAL_TIME_MSC"] for ticket in told]

    opened, closed = turned.turn - 10 * 60_000 + turned.before, turned.turn + 10 * 60_000 + turned.after
    assert times == [opened, closed]
    assert closed - opened == 20 * 60_000 + turned.after - turned.before
    assert turned.held.time_msc == opened
    found = turned.terminal.deals(min(times) // 1_000, max(times) // 1_000)
    assert set(told) <= set(found)


def test_no_quote_is_lost_for_who_copies_from_the_time_of_the_last_one(turned: Any) -> None:
    """Server times repeat or leap; the copy by number gives them in the order of their coming."""
    rows = list(TICK.iter_unpack(turned.terminal.copy_ticks("BTCUSD", -1, 0, 100)))

    assert [row[1] for row in rows] == [60_000.0 + minute for minute in range(-29, 31)]
    times = [row[5] for row in rows]
    leaps = [b - a for a, b in pairwise(times) if b - a != 60_000]
    assert leaps == [60_000 + turned.after - turned.before]


def test_bars_do_not_overlap_and_hold_every_quote(turned: Any) -> None:
    packed = turned.terminal.copy_rates("BTCUSD", 60, 0, 1_000)
    assert isinstance(packed, bytes)
    bars = unpack_bars(packed)

    assert all(a.time < b.time for a, b in pairwise(bars))
    assert sum(bar.tick_volume for bar in bars) == 60
    # An hour that is lived twice is one hour of bars: the quotes of the second time fall into the bar that forms.
    assert len(bars) == (60 if turned.after > turned.before else 29)


def test_a_fresh_terminal_sees_the_same(turned: Any) -> None:
    fresh = SimTerminal()
    fresh.apply_all(turned.broker.full_state())

    assert fresh.copy_rates("BTCUSD", 60, 0, 1_000) == turned.terminal.copy_rates("BTCUSD", 60, 0, 1_000)
    assert fresh.copy_ticks("BTCUSD", -1, 0, 100) == turned.terminal.copy_ticks("BTCUSD", -1, 0, 100)
    assert fresh.server_time() == turned.terminal.server_time()


@pytest.mark.parametrize("quotes", [True, False])
def test_a_planned_turn_happens_on_its_time_with_or_without_quotes(make_desk: Callable[..., Any], quotes: bool) -> None:
    desk = make_desk(CRYPTO, time_msc=TURN - 2_000, offset_ms=WINTER)
    desk.broker.plan_offset(BACK, WINTER)
    desk.broker.plan_offset(TURN, SUMMER)
    offsets = []
    for time_msc in (TURN - 1, TURN, BACK - 1, BACK):
        if quotes:
            desk.broker.quote("BTCUSD", time_msc, 60_000.0, 60_001.0)
        else:
            desk.broker.advance_market(time_msc)
        desk.pump()
        offsets.append((desk.terminal.server_time() - desk.terminal.gmt()) * 1_000)

    assert offsets == [WINTER, SUMMER, SUMMER, WINTER]


def test_the_week_in_server_time_opens_an_hour_earlier_in_utc_after_the_turn(make_desk: Callable[..., Any]) -> None:
    """Sessions are the server's wall clock; who computed them with the old offset is an hour wrong."""
    sessions = weekly(FX_OPEN_S, FX_CLOSE_S, WINTER // 1_000)
    desk = make_desk(replace(CRYPTO, trade_sessions=sessions), time_msc=TURN, offset_ms=SUMMER)
    at = {hour: TURN + (hour - 1) * HOUR * 1_000 for hour in (20, 21)}
    open_ = []
    for time_msc in (at[20], at[21] - 1, at[21]):
        desk.broker.advance_market(time_msc)
        open_.append(desk.broker.standing.market.session_open("BTCUSD"))

    assert open_ == [False, False, True]


def test_a_turn_charges_no_night_twice_and_forgets_none(make_desk: Callable[..., Any]) -> None:
    """Autumn: the server's clock goes from 00:30 back to 23:30 of the day before."""
    midnight = BACK + (24 - 4) * HOUR * 1_000  # Monday 00:00 at UTC+3
    desk = make_desk(
        replace(CRYPTO, swap_long=-5.0, swap_mode=SwapMode.CURRENCY_DEPOSIT), time_msc=midnight - 60_000, offset_ms=SUMMER
    )
    desk.quote(60_000.0, 60_001.0)
    position = desk.open(0, 1.0)
    desk.broker.plan_offset(midnight + 30 * 60_000, WINTER)
    swaps = []
    for hours in (0.25, 0.75, 1.25, 24.5, 25.5):
        desk.broker.advance_market(midnight + int(hours * HOUR) * 1_000)
        swaps.append(desk.broker.standing.holdings.positions[position.ticket].swap)

    assert swaps == [0.0, 0.0, 0.0, 0.0, -5.0]  # Sunday has no night; Monday's ends at 01:00 of the old clock
