"""
The rules that the fault simulator switches off: each one's absence shows at the broker, and no program that trades can lack one.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from tests.mql5.leases import GRACE_S, INPUTS, fall_silent, lease, pass_time, plan
from tests.mql5.support import Harness, expert, running
from tests.mql5.test_ledger import (
    Observed,
    go_on,
    killed_before_sent,
    killed_before_the_answer,
    killed_before_the_request,
    tagged,
)
from tests.mql5.test_trade_volumes import open_one

from dtms.names import OnSilence
from dtms.wire.messages import Account, Heartbeat, Logon, PositionClosed, Snapshot, SnapshotRequest
from mql5host.native import InputError, Program


@contextmanager
def without(rule: str, tmp_path: Path, **options: Any) -> Iterator[Harness]:
    """A program of the simulator that lacks a rule; "" lacks none."""
    inputs = INPUTS | {"FaultsOff": rule}
    with Harness(tmp_path, inputs=inputs, terminal_type=Observed, defines=("DTMS_FAULTS",), **options) as life:
        life.start()
        yield life


def twice_the_same(life: Harness, _copy: Path) -> bool:
    command = open_one(life)
    life.report(command)
    open_one(life, command_id=command)
    life.settle()
    life.advance(1_000)
    return len(tagged(life, command)) > 1


def again_after_an_answer_was_lost(life: Harness, copy: Path) -> bool:
    command = killed_before_the_answer(life, copy, lambda: open_one(life))
    life.start()
    open_one(life, command_id=command)
    life.settle()
    life.advance(1_000)
    return len(tagged(life, command)) > 1


def again_after_a_kill_behind_the_request(life: Harness, copy: Path) -> bool:
    command = killed_before_sent(life, copy, lambda: open_one(life))
    life.start()
    open_one(life, command_id=command)
    life.settle()
    life.advance(1_000)
    return len(tagged(life, command)) > 1


def an_answer_that_does_not_come(life: Harness, _copy: Path) -> bool:
    life.rule(times=1, lose_result=True)
    command = open_one(life, deadline_ms=life.now + 30_000)
    for _ in range(20):
        life.quote(bid=1.1)
        life.advance(500, step=20)
    return len(tagged(life, command)) > 1


def a_late_command(life: Harness, _copy: Path) -> bool:
    command = open_one(life, deadline_ms=life.now - 1)
    life.settle()
    life.advance(1_000)
    return len(tagged(life, command)) > 0


def a_late_command_of_an_earlier_life(life: Harness, copy: Path) -> bool:
    ticket = life.hold()
    command = killed_before_the_request(life, copy, lambda: life.reduce(ticket))
    try:
        go_on(life, command)
    except AssertionError:
        return True
    return len(tagged(life, command)) > 0


def a_bridge_of_an_earlier_epoch(life: Harness, _copy: Path) -> bool:
    life.router.epoch -= 1
    life.router.reopen()
    life.router.frames.clear()
    life.advance(6_000)
    return bool(life.router.of(Snapshot))


def a_bare_position(life: Harness, _copy: Path) -> bool:
    ticket = life.hold(sl=0.0)
    lease(life, plan(ticket, floor_stop=1.08, require_stop=True))
    pass_time(life, 35)
    return life.held(ticket).sl == 0.0


def a_bare_position_across_restarts(life: Harness, _copy: Path) -> bool:
    ticket = life.hold(sl=0.0)
    lease(life, plan(ticket, floor_stop=1.08, require_stop=True))
    for _ in range(4):
        pass_time(life, 8)
        life.kill()
        life.start()
    pass_time(life, 2)
    return life.held(ticket).sl == 0.0


def a_bridge_that_is_gone(life: Harness, _copy: Path) -> bool:
    ticket = life.hold()
    lease(life, plan(ticket, OnSilence.CLOSE))
    fall_silent(life)
    pass_time(life, GRACE_S + 5)
    return bool(life.broker.positions)


def a_restart_while_the_bridge_is_gone(life: Harness, _copy: Path) -> bool:
    ticket = life.hold()
    lease(life, plan(ticket, OnSilence.CLOSE))
    life.advance(1_500)
    fall_silent(life)
    life.kill()
    assert life.program.init() == 0
    pass_time(life, GRACE_S + 5)
    return bool(life.broker.positions)


def a_pause_of_its_own(life: Harness, _copy: Path) -> bool:
    ticket = life.hold()
    lease(life, plan(ticket, OnSilence.CLOSE))
    life.router.accept, life.router.beats = None, False
    life.step(40_000)
    life.advance(3_000)
    return not life.broker.positions


def a_stop_that_a_human_moved(life: Harness, _copy: Path) -> bool:
    ticket = life.hold(sl=1.09)
    life.broker.human_modify(ticket, sl=1.095, tp=0.0)
    life.report(life.modify(ticket, expect=(1.09, None), to=(1.096, None)))
    return life.held(ticket).sl != 1.095


def a_volume_that_a_human_changed(life: Harness, _copy: Path) -> bool:
    ticket = life.hold(0.3)
    life.broker.human_close(ticket, 0.1)
    life.report(life.reduce(ticket, 0.1, expect=0.3))
    return life.held(ticket).volume < 0.2 - 1e-9


def a_close_while_the_link_was_down(life: Harness, _copy: Path) -> bool:
    ticket = life.hold()
    life.settle()
    life.router.accept, life.router.beats = None, False
    life.router.reopen()
    life.broker.human_close(ticket)
    life.advance(3_000)
    life.router.accept, life.router.beats = {"resume": True}, True
    logons = len(life.router.of(Logon))
    life.until(lambda: len(life.router.of(Logon)) > logons, limit_ms=60_000)
    life.settle()
    return not life.router.of(PositionClosed)


def no_digest(life: Harness, _copy: Path) -> bool:
    life.router.frames.clear()
    life.advance(2_500)
    return not [beat for beat in life.router.of(Heartbeat) if beat.digest is not None]


SHOWS = {
    "duplicate-suppression": twice_the_same,
    "ledger-on-disk": again_after_an_answer_was_lost,
    "ledger-before-send": again_after_a_kill_behind_the_request,
    "unknown-reconcile": an_answer_that_does_not_come,
    "deadline": a_late_command,
    "deadline-on-recovery": a_late_command_of_an_earlier_life,
    "epoch-fence": a_bridge_of_an_earlier_epoch,
    "lease": a_bare_position,
    "lease-on-broker-time": a_bare_position_across_restarts,
    "lease-on-disk": a_restart_while_the_bridge_is_gone,
    "dead-man": a_bridge_that_is_gone,
    "stall-drain": a_pause_of_its_own,
    "stale-view": a_stop_that_a_human_moved,
    "resend-on-reconnect": a_close_while_the_link_was_down,
    "digest": no_digest,
}


@pytest.mark.parametrize("rule", SHOWS)
def test_the_absence_of_a_rule_shows_and_its_presence_does_not(tmp_path: Path, rule: str) -> None:
    for lacks in (True, False):
        folder = tmp_path / str(lacks)
        with without(rule if lacks else "", folder) as life:
            assert SHOWS[rule](life, folder / "copy") is lacks


def test_without_the_comparison_of_volumes_a_human_is_overruled(tmp_path: Path) -> None:
    for lacks in (True, False):
        with without("stale-view" if lacks else "", tmp_path / str(lacks)) as life:
            assert a_volume_that_a_human_changed(life, tmp_path) is lacks


def test_without_its_rule_a_fresh_session_is_told_no_positions(tmp_path: Path) -> None:
    inputs = INPUTS | {"FaultsOff": "snapshot-on-session"}
    with Harness(tmp_path, inputs=inputs, defines=("DTMS_FAULTS",)) as life:
        assert life.program.init() == 0
        life.until(lambda: life.router.of(Account))
        life.settle()
        assert not life.router.of(Snapshot)
        life.router.send(SnapshotRequest(why="a test"))
        life.settle()
        assert life.router.of(Snapshot)


def test_without_the_epoch_on_disk_an_earlier_bridge_is_taken_after_a_restart(tmp_path: Path) -> None:
    with without("epoch-on-disk", tmp_path) as life:
        life.kill()
        life.router.epoch -= 1
        assert life.start().highest_epoch_seen == 0


def test_a_program_that_trades_has_no_such_input(tmp_path: Path) -> None:
    with running(tmp_path) as life, pytest.raises(InputError):
        Program(expert(life.SANITIZE), life.terminal, files=tmp_path / "other", symbol=life.chart, inputs={"FaultsOff": "lease"})
