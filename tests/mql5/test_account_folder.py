"""
The files of an account: lives are counted, epochs and hands off outlive the terminal, one Expert Advisor at a time has them.

R06 (boot counter), R09 (one manager), R23 (epoch).
"""

from pathlib import Path

import pytest
from tests.mql5.leases import GRACE_S, fall_silent, lease, leased, pass_time, plan
from tests.mql5.support import CHARTEVENT_OBJECT_CLICK, Harness, expert
from tests.mql5.test_trade_volumes import open_one

from dtms.names import NoticeCode, OnSilence, Outcome, Role, Why
from dtms.wire.messages import HandsOff, Logon, Notice, RoleChanged, Snapshot
from mql5host.native import Program
from mql5host.sockets import SocketModel

CHART_CHANGED = 3
INPUTS = {"CatchUpMs": 2_000}


def life_of(tmp_path: Path) -> Harness:
    return Harness(tmp_path, inputs=INPUTS)


def press_hands_off(life: Harness) -> None:
    life.advance(1_000)
    (button,) = [name for name in life.program.objects() if name.endswith("handsoff")]
    life.program.chart_event(CHARTEVENT_OBJECT_CLICK, sparam=button)


def test_each_life_says_a_higher_number_than_the_one_before(tmp_path: Path) -> None:
    with life_of(tmp_path) as life:
        boots = [life.start().boot]
        life.kill()
        boots.append(life.start().boot)
        life.program.deinit(CHART_CHANGED)
        life.router.frames.clear()
        boots.append(life.start().boot)

        assert boots == [1, 2, 3]


def test_lives_of_another_account_are_counted_apart(tmp_path: Path) -> None:
    with life_of(tmp_path) as life:
        life.start()
        life.broker.change_account(login=7, server="Other: Demo/2")
        life.kill()

        assert life.start().boot == 1
        folders = sorted(path.name for path in (life.files / "DTMS").iterdir() if path.is_dir())
        assert folders == ["Other__Demo_2_7", "Simulated-Demo_10000001"]


def test_an_epoch_outlives_the_terminal_and_a_lower_one_is_refused(tmp_path: Path) -> None:
    with life_of(tmp_path) as life:
        life.router.epoch = 9
        life.start()
        ticket = life.hold()
        life.kill()

        life.router.epoch = 8
        assert life.program.init() == 0
        life.until(lambda: life.router.of(Logon))
        life.advance(3_000)
        assert {logon.highest_epoch_seen for logon in life.router.of(Logon)} == {9}
        assert not life.router.of(Snapshot), "it did not go on with the earlier bridge"
        life.reduce(ticket)
        life.advance(1_000)
        assert [position.ticket for position in life.broker.positions] == [ticket]

        life.router.epoch = 10
        life.until(lambda: life.router.of(Snapshot), limit_ms=60_000)
        assert life.report(life.reduce(ticket)).outcome is Outcome.DONE


@pytest.mark.parametrize("harm", [b"", b"\x00" * 9, b"garbage"])
def test_the_commands_of_the_ledger_stand_in_for_an_epoch_that_was_lost(tmp_path: Path, harm: bytes) -> None:
    with life_of(tmp_path) as life:
        life.router.epoch = 9
        life.start()
        ticket = life.hold()
        life.report(life.reduce(ticket, 0.2))
        life.program.close()
        next(life.files.glob("DTMS/*/epoch")).write_bytes(harm)
        life.kill()

        assert life.start().highest_epoch_seen == 9


def test_an_epoch_that_could_not_be_written_is_written_when_there_is_room(tmp_path: Path) -> None:
    with life_of(tmp_path) as life:
        epoch = life.files / "DTMS" / "Simulated-Demo_10000001" / "epoch"
        epoch.mkdir(parents=True)
        life.start()
        assert life.wait_for(Notice, lambda notice: notice.code is NoticeCode.LEDGER)
        epoch.rmdir()
        life.advance(1_500)
        life.kill()

        assert life.start().highest_epoch_seen == life.router.epoch


@pytest.mark.parametrize("harm", [b"", b"\x00" * 9, b"garbage"])
def test_a_damaged_epoch_file_says_nothing_and_is_replaced(tmp_path: Path, harm: bytes) -> None:
    with life_of(tmp_path) as life:
        life.start()
        life.program.close()
        next(life.files.glob("DTMS/*/epoch")).write_bytes(harm)
        life.kill()
        assert life.start().highest_epoch_seen == 0
        life.kill()
        assert life.start().highest_epoch_seen == life.router.epoch


def test_hands_off_pressed_on_the_chart_outlives_the_terminal(tmp_path: Path) -> None:
    with life_of(tmp_path) as life:
        life.start()
        ticket = life.hold()
        press_hands_off(life)
        life.kill()

        assert life.start().hands_off
        assert life.report(life.reduce(ticket)).why is Why.HANDS_OFF
        press_hands_off(life)
        life.kill()
        assert not life.start().hands_off


def test_hands_off_by_the_bridge_outlives_the_terminal(tmp_path: Path) -> None:
    with life_of(tmp_path) as life:
        life.start()
        life.router.send(HandsOff(on=True, by="a test"))
        life.settle()
        life.kill()

        assert life.start().hands_off
        life.router.send(HandsOff(on=False, by="a test"))
        life.settle()
        life.kill()
        assert not life.start().hands_off


class Beside:
    """Another Expert Advisor of the same terminal, which only holds the account's files."""

    def __init__(self, life: Harness) -> None:
        self.life = life
        self.program = Program(
            expert(life.SANITIZE),
            life.terminal,
            files=life.files,
            symbol=life.chart,
            inputs={"Servers": "127.0.0.1:9"},
            virtual_clock_ms=life.now,
            sockets=SocketModel(),
            allowed=(),
            chart_id=5,
        )
        assert self.program.init() == 0
        self.pump()

    def pump(self) -> None:
        self.program.set_clock_ms(self.life.now)
        self.program.timer()


def test_a_manager_that_cannot_have_the_files_executes_nothing_and_says_so(tmp_path: Path) -> None:
    with life_of(tmp_path) as life:
        other = Beside(life)
        assert life.start().boot == 0
        ticket = life.hold()

        refused = life.report(life.reduce(ticket))
        assert (refused.outcome, refused.why) == (Outcome.DENIED, Why.NOT_MANAGER)
        assert "files" in refused.detail
        assert life.wait_for(Notice, lambda notice: notice.code is NoticeCode.LEDGER)
        life.advance(1_000)
        assert any("account's files" in line for line in life.panel())

        other.program.close()
        life.advance(1_500)
        assert life.report(life.reduce(ticket)).outcome is Outcome.DONE


def test_who_is_told_to_be_a_feed_gives_the_files_up(tmp_path: Path) -> None:
    with life_of(tmp_path) as life:
        life.router.accept = {"role": Role.FEED}
        life.start()
        life.settle()
        lock = next(life.files.glob("DTMS/*/manager.lock"))
        other = Beside(life)
        life.router.send(RoleChanged(role=Role.MANAGER))
        life.settle()
        ticket = life.hold()

        assert life.report(life.reduce(ticket)).why is Why.NOT_MANAGER
        other.program.close()
        life.advance(1_500)
        assert life.report(life.reduce(ticket)).outcome is Outcome.DONE
        assert lock.exists()


def test_a_successor_in_the_terminal_knows_the_commands_of_the_manager_before(tmp_path: Path) -> None:
    with life_of(tmp_path) as life:
        life.start()
        ticket = life.hold()
        command = life.reduce(ticket, 0.2)
        life.report(command)
        life.router.send(RoleChanged(role=Role.FEED))
        life.settle()
        life.kill()
        life.router.accept = {"role": Role.FEED}
        life.start()
        life.router.send(RoleChanged(role=Role.MANAGER))
        life.settle()

        life.broker.human_open("EURUSD", 0, 0.1)
        life.reduce(ticket, 0.1, command_id=command)
        life.report(command)
        assert life.held(ticket).volume == pytest.approx(0.2)


def test_files_that_know_a_higher_epoch_end_the_link_before_a_command_is_executed(tmp_path: Path) -> None:
    with life_of(tmp_path) as life:
        life.router.epoch = 9
        life.start()
        ticket = life.hold()
        life.kill()
        other = Beside(life)
        life.router.epoch = 8
        life.start()
        other.program.close()
        life.advance(1_500)
        life.reduce(ticket)
        life.advance(1_000)

        assert [position.ticket for position in life.broker.positions] == [ticket]
        assert life.router.of(Logon)[-1].highest_epoch_seen == 9


@pytest.mark.parametrize("blocked", ["DTMS", "DTMS/Simulated-Demo_10000001"])
def test_a_folder_that_cannot_be_written_keeps_nothing_from_being_protected(tmp_path: Path, blocked: str) -> None:
    with Harness(tmp_path, inputs=INPUTS | {"MaxOpenLots": 5}) as life:
        at = life.files / blocked
        at.parent.mkdir(parents=True, exist_ok=True)
        at.write_bytes(b"")
        life.start()
        ticket = life.hold(0.3, sl=1.09)

        opening = open_one(life, volume=0.1)
        assert (life.report(opening).outcome, life.report(opening).why) == (Outcome.DENIED, Why.LEDGER)
        assert life.report(life.modify(ticket, expect=(1.09, None), to=(1.095, None))).outcome is Outcome.DONE
        assert life.report(life.reduce(ticket)).outcome is Outcome.DONE
        assert life.wait_for(Notice, lambda notice: notice.code is NoticeCode.LEDGER)

        at.unlink()
        life.advance(1_500)
        assert life.report(open_one(life, volume=0.1)).outcome is Outcome.DONE
        life.kill()
        assert life.start().boot == 2


def test_what_the_bridge_says_of_hands_off_is_newer_than_the_files(tmp_path: Path) -> None:
    with life_of(tmp_path) as life:
        life.start()
        life.router.send(HandsOff(on=True, by="a test"))
        life.settle()
        life.kill()
        other = Beside(life)
        life.start()
        ticket = life.hold()
        life.router.send(HandsOff(on=False, by="a test"))
        life.settle()
        other.program.close()
        life.advance(1_500)

        assert life.report(life.reduce(ticket)).outcome is Outcome.DONE
        life.kill()
        assert not life.start().hands_off


def test_plans_that_came_before_the_files_count_when_they_are_there(tmp_path: Path) -> None:
    with leased(tmp_path) as life:
        life.kill()
        other = Beside(life)
        life.start()
        ticket = life.hold()
        lease(life, plan(ticket, OnSilence.CLOSE))
        other.program.close()
        life.advance(1_500)
        fall_silent(life)
        pass_time(life, GRACE_S + 5)

        assert not life.broker.positions
