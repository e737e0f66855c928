"""
A terminal that logs in to another account, or changes its chart, while the program's objects live on (R05, R14, R23).
"""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.mql5.support import Harness, running

from dtms.names import DealEntry, Outcome
from dtms.wire.messages import Deal, HandsOff, Logon, Snapshot

CHART_CHANGED, ACCOUNT_CHANGED = 3, 6


@pytest.fixture
def life(tmp_path: Path) -> Iterator[Harness]:
    with running(tmp_path) as harness:
        yield harness


def another_account(life: Harness) -> None:
    life.broker.change_account(login=10_000_002, server="Other-Demo")
    life.exchange()
    life.router.frames.clear()


def test_of_the_account_before_neither_epoch_nor_commands_are_remembered(life: Harness) -> None:
    ticket = life.hold()
    command = life.reduce(ticket, 0.2)
    assert life.report(command).outcome is Outcome.DONE
    life.router.send(HandsOff(on=True, by="the bridge of the first account"))
    life.settle()

    life.program.deinit(ACCOUNT_CHANGED)
    another_account(life)
    life.router.epoch = 1
    assert life.program.init() == 0
    life.until(lambda: life.router.of(Snapshot), limit_ms=20_000)

    logon = life.router.of(Logon)[0]
    assert (logon.login, logon.highest_epoch_seen, logon.hands_off) == (10_000_002, 0, False)
    life.reduce(ticket, 0.1, command_id=command)
    assert life.report(command).outcome is Outcome.DONE
    assert life.held(ticket).volume == pytest.approx(0.1)


def test_an_account_that_changes_under_a_running_program_is_a_session_of_its_own(life: Harness) -> None:
    life.hold()
    another_account(life)
    life.router.epoch = 1
    life.until(lambda: life.router.of(Snapshot), limit_ms=20_000)

    assert [logon.login for logon in life.router.of(Logon)] == [10_000_002]


def test_deals_since_the_link_was_lost_are_told_also_when_the_chart_changes_meanwhile(life: Harness) -> None:
    ticket = life.hold()
    life.settle()
    accept, life.router.accept = life.router.accept, None
    life.router.beats = False
    life.router.reopen()
    life.advance(8_000)
    life.broker.human_close(ticket)
    life.advance(180_000, step=500)
    life.program.deinit(CHART_CHANGED)
    assert life.program.init() == 0
    life.advance(1_000)

    life.router.frames.clear()
    life.router.accept, life.router.beats = accept, True
    life.until(lambda: life.router.of(Snapshot))
    life.advance(2_000)
    life.settle()
    assert (ticket, DealEntry.OUT) in [(deal.position_id, deal.entry) for deal in life.router.of(Deal)]


def test_deals_of_a_terminal_whose_clock_is_ahead_are_told(tmp_path: Path) -> None:
    with Harness(tmp_path) as life:
        life.terminal.pc_skew_ms = 300_000
        life.start()
        ticket = life.broker.human_open("EURUSD", 0, 0.3, sl=1.09)
        life.advance(3_000)
        life.broker.human_close(ticket)
        life.advance(5_000)
        life.settle()

        assert [deal.entry for deal in life.router.of(Deal) if deal.position_id == ticket] == [DealEntry.IN, DealEntry.OUT]
