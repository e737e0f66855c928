"""What the Expert Advisor tells of the terminal and its account: heartbeats, figures, permissions, the clock, its role."""

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from tests.mql5.curve import Security
from tests.mql5.support import CHARTEVENT_OBJECT_CLICK, OFFSET_MS, Harness, running

from dtms.names import (
    NoticeCode,
    Outcome,
    Permission,
    Role,
    Why,
)
from dtms.wire.messages import (
    Account,
    ClockOffset,
    Deal,
    HandsOff,
    Heartbeat,
    Notice,
    PositionOpened,
    SymbolSpec,
)

ALL = (
    Permission.CONNECTED
    | Permission.TERMINAL_TRADE
    | Permission.PROGRAM_TRADE
    | Permission.ACCOUNT_TRADE
    | Permission.ACCOUNT_EXPERT
)


@pytest.fixture
def life(tmp_path: Path, security: Security) -> Iterator[Harness]:
    with running(tmp_path, security=security) as harness:
        yield harness


def test_heartbeats_tell_the_state_of_the_terminal(life: Harness) -> None:
    life.advance(5_000)
    life.settle()
    beat = life.router.of(Heartbeat)[-1]

    assert beat.utc_offset_s == OFFSET_MS // 1_000
    assert beat.permissions == ALL
    assert beat.tick_seq == life.router.tick_seq
    assert beat.digest is not None
    assert 0 <= life.server_ms - beat.ts_event < 2_000


def test_the_accounts_figures_are_told_when_they_change_at_most_once_a_second(life: Harness) -> None:
    life.advance(3_000)
    assert len(life.router.of(Account)) == 1

    life.broker.human_open("EURUSD", 0, 1.0)
    for i in range(50):
        life.quote(bid=1.1 + i * 1e-5)
        life.advance(100)
    life.settle()

    told = life.router.of(Account)
    assert 5 <= len(told) <= 8
    assert told[-1].margin == pytest.approx(1_100.0, rel=0.01)
    assert told[-1].equity == pytest.approx(told[-1].balance + told[-1].profit)
    times = [frame.mono_ms for frame in life.router.frames if isinstance(frame.body, Account)]
    assert all(later - earlier >= 1_000 for earlier, later in pairwise(times))


def test_a_lost_permission_is_told_at_once_with_what_to_do(life: Harness) -> None:
    life.advance(2_000)
    life.terminal.trading.algo_button = False
    lost = life.now
    notice = life.wait_for(Notice)
    account = life.wait_for(Account, lambda a: a.permissions != ALL)

    assert life.now - lost < 200
    assert (notice.code, notice.value) == (NoticeCode.PERMISSION, ALL & ~Permission.TERMINAL_TRADE)
    assert "Algo Trading" in notice.text
    assert account.permissions == ALL & ~Permission.TERMINAL_TRADE


def test_the_investor_password_is_told(life: Harness) -> None:
    life.broker.change_account(trade_allowed=False)

    assert "investor password" in life.wait_for(Notice).text


def test_a_clock_that_changes_is_told_after_three_equal_samples(life: Harness) -> None:
    first = life.wait_for(ClockOffset)
    assert (first.utc_offset_s, first.before_s) == (7_200, None)

    life.broker.set_offset(OFFSET_MS + 3_600_000)
    life.until(lambda: len(life.router.of(ClockOffset)) == 2, limit_ms=40_000)
    second = life.router.of(ClockOffset)[1]
    assert (second.utc_offset_s, second.before_s) == (10_800, 7_200)
    assert abs(second.ts_event - life.server_ms) < 2_000, "by the offset before"


@pytest.mark.parametrize("offset_s", [7_200 + 400, 20 * 3_600])
def test_an_offset_that_cannot_be_is_not_believed(tmp_path: Path, offset_s: int) -> None:
    with Harness(tmp_path) as life:
        life.broker.set_offset(offset_s * 1_000)
        life.start()
        life.advance(10_000)
        life.settle()

        assert life.router.of(Heartbeat)[-1].utc_offset_s is None
        assert life.router.of(ClockOffset) == []


def test_the_button_of_the_panel_toggles_hands_off(life: Harness) -> None:
    ticket = life.broker.human_open("EURUSD", 0, 0.3)
    life.until(lambda: life.router.of(PositionOpened))
    (button,) = [name for name in life.program.objects() if name.endswith("handsoff")]

    life.program.chart_event(CHARTEVENT_OBJECT_CLICK, sparam="something else")
    life.program.chart_event(CHARTEVENT_OBJECT_CLICK, sparam=button)
    told = life.wait_for(HandsOff)
    denied = life.report(life.reduce(ticket))
    life.program.chart_event(CHARTEVENT_OBJECT_CLICK, sparam=button)
    life.wait_for(HandsOff, lambda h: not h.on)

    assert (told.on, told.by) == (True, "chart")
    assert denied.why is Why.HANDS_OFF
    assert life.report(life.reduce(ticket)).outcome is Outcome.DONE


def test_a_feed_sends_quotes_and_facts_and_executes_nothing(tmp_path: Path) -> None:
    with running(tmp_path, accept={"role": Role.FEED}) as life:
        ticket = life.broker.human_open("EURUSD", 0, 0.3)
        life.until(lambda: life.router.ticks and life.router.of(SymbolSpec) and life.router.of(Deal))

        assert life.report(life.reduce(ticket)).why is Why.NOT_MANAGER
