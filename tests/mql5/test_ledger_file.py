"""
The ledger's file: kept for seven days, torn, damaged, another's, too large, impossible to write (R18; faults 28).
"""

import time
import zlib
from pathlib import Path

import msgpack
import pytest
from tests.mql5.test_ledger import life_of
from tests.mql5.test_trade_volumes import open_one

from dtms.names import NoticeCode, OpenKind, Outcome, Why
from dtms.wire.messages import Notice

DAY_MS = 86_400_000


def test_an_answer_is_kept_for_seven_days(tmp_path: Path) -> None:
    with life_of(tmp_path) as life:
        life.start()
        ticket = life.hold(0.3)
        command = life.reduce(ticket, 0.2)
        life.report(command)
        ledger = next(life.files.glob("DTMS/*/ledger"))
        size = ledger.stat().st_size

        life.now += 6 * DAY_MS
        life.kill()
        life.quote()
        life.start()
        life.reduce(ticket, 0.2, command_id=command)
        assert life.report(command).outcome is Outcome.DONE
        assert ledger.stat().st_size >= size

        life.now += 2 * DAY_MS
        life.kill()
        life.quote()
        life.start()
        life.settle()
        assert ledger.stat().st_size < 100, "what is older is left out"


def rows(data: bytes) -> list[bytes]:
    """The rows of a file: length and check sum in four bytes each, then the row's own."""
    found = []
    while data:
        end = 8 + int.from_bytes(data[:4], "big")
        found.append(data[:end])
        data = data[end:]
    return found


def test_a_row_that_was_torn_at_the_end_is_cut_off(tmp_path: Path) -> None:
    with life_of(tmp_path) as life:
        life.start()
        ticket = life.hold(0.3)
        command = life.reduce(ticket, 0.2)
        life.report(command)
        ledger = next(life.files.glob("DTMS/*/ledger"))
        whole = ledger.read_bytes()
        life.program.close()
        last = rows(whole)[-1]
        for torn in (last[:5], last[:40], last[:-1], bytes(300)):
            ledger.write_bytes(whole + torn)
            life.kill()
            life.start()
            life.reduce(ticket, 0.2, command_id=command)
            assert life.report(command).outcome is Outcome.DONE
            life.program.close()
            assert ledger.read_bytes() == whole
            assert not [notice for notice in life.router.of(Notice) if notice.code is NoticeCode.LEDGER]
        life.kill()


@pytest.mark.parametrize("harm", ["flipped", "gone", "empty", "cut"])
def test_a_damaged_ledger_is_said_and_what_the_history_knows_is_not_done_again(tmp_path: Path, harm: str) -> None:
    with life_of(tmp_path) as life:
        life.start()
        ticket = life.hold(0.3)
        first, second = life.reduce(ticket, 0.2), open_one(life, volume=0.1)
        third = open_one(life, volume=0.1)
        for command in (first, second, third):
            life.report(command)
        deals = len(life.broker.standing.holdings.deals)
        ledger = next(life.files.glob("DTMS/*/ledger"))
        life.program.close()
        data = ledger.read_bytes()
        broken = {"flipped": data[:30] + b"\xff" + data[31:], "empty": b"", "cut": data[20:], "gone": b""}[harm]
        ledger.write_bytes(broken)
        if harm == "gone":
            ledger.unlink()
        life.kill()
        life.start()

        life.reduce(ticket, 0.2, command_id=first)
        open_one(life, volume=0.1, command_id=second)
        opening = open_one(life, volume=0.1)
        life.settle()

        assert [notice for notice in life.router.of(Notice) if notice.code is NoticeCode.LEDGER]
        assert life.report(opening).why is Why.LEDGER
        assert life.report(first).outcome is Outcome.DONE
        life.advance(3_000, step=20)
        later = open_one(life, volume=0.1)
        assert life.report(later).outcome is Outcome.DONE, "the history has caught up"
        open_one(life, volume=0.1, command_id=third)
        assert life.report(third).outcome is Outcome.DONE
        assert len(life.broker.standing.holdings.deals) == deals + 1


def row(payload: bytes) -> bytes:
    return len(payload).to_bytes(4, "big") + zlib.crc32(payload).to_bytes(4, "big") + payload


def begun(form: int, owner: str) -> bytes:
    """The first row of a ledger."""
    return row(b"\x04\x00\x00" + msgpack.packb(form) + msgpack.packb(owner))


@pytest.mark.parametrize("head", [begun(1, "Other-Demo|7"), begun(2, "Simulated-Demo|10000001"), None])
def test_of_a_ledger_of_another_account_or_form_nothing_is_taken_over(tmp_path: Path, head: bytes | None) -> None:
    with life_of(tmp_path) as life:
        life.start()
        ticket = life.hold(0.3)
        command = life.modify(ticket, expect=(1.09, None), to=(1.095, None))
        life.report(command)
        ledger = next(life.files.glob("DTMS/*/ledger"))
        life.program.close()
        _, *rest = rows(ledger.read_bytes())
        ledger.write_bytes(b"".join([head or b"", *rest]))
        life.kill()
        life.start()

        life.modify(ticket, expect=(1.095, None), to=(1.096, None), command_id=command)
        life.report(command)
        assert life.held(ticket).sl == pytest.approx(1.096), "it is not known here"
        assert [notice for notice in life.router.of(Notice) if notice.code is NoticeCode.LEDGER]
        assert ledger.with_name("ledger.bad").exists()
        assert life.report(open_one(life, volume=0.1)).why is Why.LEDGER


def test_a_ledger_with_megabytes_of_zeros_is_read_in_time(tmp_path: Path) -> None:
    with life_of(tmp_path) as life:
        life.start()
        ticket = life.hold(0.3)
        command = life.reduce(ticket, 0.2)
        life.report(command)
        ledger = next(life.files.glob("DTMS/*/ledger"))
        life.program.close()
        whole = rows(ledger.read_bytes())
        ledger.write_bytes(whole[0] + bytes(2_000_000) + b"".join(whole[1:]))
        life.kill()
        before = time.monotonic()
        life.start()
        assert time.monotonic() - before < 5.0
        life.reduce(ticket, 0.2, command_id=command)
        assert life.report(command).outcome is Outcome.DONE


def test_a_ledger_that_grew_loses_what_is_old_while_the_program_runs(tmp_path: Path) -> None:
    with life_of(tmp_path) as life:
        life.start()
        ledger = next(life.files.glob("DTMS/*/ledger"))
        life.program.close()
        big = [row(b"\x02\x01" + msgpack.packb(life.server_ms // 1_000) + b"\x05" + bytes(900_000)) for _ in range(5)]
        ledger.write_bytes(ledger.read_bytes() + b"".join(big))
        life.kill()
        life.start()
        first_ticket = life.hold(0.3)
        life.report(life.reduce(first_ticket, 0.2))
        assert ledger.stat().st_size > 4_000_000, "nothing is old yet"

        life.step(8 * DAY_MS)
        life.quote()
        life.settle()
        command = life.reduce(first_ticket, 0.1)
        assert life.report(command).outcome is Outcome.DONE
        assert ledger.stat().st_size < 10_000
        life.kill()
        life.start()
        life.reduce(first_ticket, 0.1, command_id=command)
        assert life.report(command).outcome is Outcome.DONE


def test_without_a_ledger_that_can_be_written_nothing_is_opened_but_positions_are_protected(tmp_path: Path) -> None:
    with life_of(tmp_path) as life:
        folder = life.files / "DTMS" / "Simulated-Demo_10000001"
        (folder / "ledger").mkdir(parents=True)
        life.start()
        ticket = life.hold(0.3, sl=1.09)

        opening = open_one(life, volume=0.1, kind=OpenKind.READD)
        tighter = life.modify(ticket, expect=(1.09, None), to=(1.095, None))

        assert (life.report(opening).outcome, life.report(opening).why) == (Outcome.DENIED, Why.LEDGER)
        assert life.report(tighter).outcome is Outcome.DONE
        assert [notice for notice in life.router.of(Notice) if notice.code is NoticeCode.LEDGER]


def test_a_ledger_that_was_not_moved_to_its_place_is_found_beside_it(tmp_path: Path) -> None:
    with life_of(tmp_path) as life:
        life.router.epoch = 9
        life.start()
        ticket = life.hold(0.3)
        command = life.modify(ticket, expect=(1.09, None), to=(1.095, None))
        life.report(command)
        life.program.close()
        for name in ("ledger", "epoch", "boot"):
            file = next(life.files.glob(f"DTMS/*/{name}"))
            file.rename(file.with_name(f"{name}.tmp"))
        life.kill()
        logon = life.start()

        assert (logon.boot, logon.highest_epoch_seen) == (2, 9)
        life.modify(ticket, expect=(1.095, None), to=(1.096, None), command_id=command)
        life.report(command)
        assert life.held(ticket).sl == pytest.approx(1.095)
        assert [notice for notice in life.router.of(Notice) if notice.code is NoticeCode.LEDGER]
