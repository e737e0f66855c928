"""The store of processes that are killed, of two processes at once, and on a disk that lost the end of the log."""

import os
import random
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from tests.store.made import ACCOUNT, DAILY, opened, rows

from dtms.errors import StoreLocked
from dtms.store import database
from dtms.store.journal import EpochTaken
from dtms.store.opening import open_store

WRITER = """
import sys
from pathlib import Path
from queue import SimpleQueue
from tests.store.made import ACCOUNT, DAILY, command, entry, trade
from dtms.store.journal import Committed
from dtms.store.opening import open_store

folder, first, waiting = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
told = SimpleQueue()
journal = open_store(folder, DAILY)
journal.attach(told.put)
journal.take_epoch(ACCOUNT, 0)
token = first
for token in range(first, first + waiting):
    journal.append(entry(token))
while True:
    answer = told.get()
    if isinstance(answer, Committed):
        print(answer.token, flush=True)
        token += 1
        journal.append(entry(token))
"""


@contextmanager
def writing(folder: Path, first: int, waiting: int = 8) -> Iterator["subprocess.Popen[str]"]:
    """A process that writes as fast as the store takes it and prints what was acknowledged; killed at the latest at the end."""
    words = [sys.executable, "-c", WRITER, str(folder), str(first), str(waiting)]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2], env=_environment()) as process:
        try:
            yield process
        finally:
            process.kill()


def _environment() -> dict[str, str]:
    return os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}


def acknowledged(process: "subprocess.Popen[str]", count: int) -> list[int]:
    assert process.stdout is not None
    return [int(process.stdout.readline()) for _ in range(count)]


def whole(folder: Path) -> list[int]:
    """The entries in the file, each of which is there in all three tables."""
    trades = [row[0] for row in rows(folder, "SELECT position_id FROM trades ORDER BY position_id")]
    assert trades == [row[0] for row in rows(folder, "SELECT command_id FROM outbox ORDER BY command_id")]
    assert trades == [row[0] for row in rows(folder, "SELECT command_id FROM actions ORDER BY command_id")]
    return trades


def test_13_to_16_whatever_was_acknowledged_is_there_after_kill_9_in_the_middle_of_commits(tmp_path: Path) -> None:
    chance = random.Random(5)
    first, told = 1, set[int]()
    for life in range(1, 7):
        with writing(tmp_path, first, waiting=chance.choice([1, 8, 64])) as process:
            told.update(acknowledged(process, chance.randint(1, 120)))
            process.kill()
            assert process.stdout is not None
            told.update(int(line) for line in process.stdout.read().splitlines()[:-1])
            process.wait()
        found = whole(tmp_path)
        assert told <= set(found)
        assert rows(tmp_path, "PRAGMA integrity_check") == [("ok",)]
        assert rows(tmp_path, "SELECT epoch FROM accounts") == [(life,)]
        first = max(found) + 1


DIES = """
import os, signal, sys
from pathlib import Path
from tests.store.made import DAILY, entry
from dtms.store.journal import Committed
from dtms.store.opening import open_store

def die(answer):
    if answer == Committed(int(sys.argv[2])):
        os.kill(os.getpid(), getattr(signal, "SIGKILL", signal.SIGTERM))

journal = open_store(Path(sys.argv[1]), DAILY)
journal.attach(die)
for token in range(1, 100):
    journal.append(entry(token))
journal.close()
"""


@pytest.mark.parametrize("last", [1, 30])
def test_14_a_process_that_dies_in_the_very_moment_of_the_acknowledgement_has_the_entry_in_its_store(
    tmp_path: Path, last: int
) -> None:
    words = [sys.executable, "-c", DIES, str(tmp_path), str(last)]
    died = subprocess.run(words, check=False, cwd=Path(__file__).parents[2], env=_environment(), timeout=30)

    assert died.returncode != 0
    assert whole(tmp_path)[:last] == list(range(1, last + 1))


def test_a_killed_process_leaves_a_store_that_the_next_one_takes_and_a_running_one_does_not(tmp_path: Path) -> None:
    with writing(tmp_path, 1) as process:
        acknowledged(process, 1)
        with pytest.raises(StoreLocked) as refused:
            open_store(tmp_path, DAILY)
        assert refused.value.holder == process.pid
        process.kill()
        process.wait()
    with opened(tmp_path) as (journal, told):
        journal.take_epoch(ACCOUNT, 0)
        answer = told.next()

    assert isinstance(answer, EpochTaken)
    assert answer.epoch == 2


@pytest.mark.parametrize("lost", [1, 4_096 + 24, 100_000])
def test_61_a_log_that_lost_its_end_costs_the_last_entries_and_no_half_of_one(tmp_path: Path, lost: int) -> None:
    with writing(tmp_path, 1, waiting=1) as process:
        acknowledged(process, 60)
        process.kill()
        process.wait()
    log = tmp_path / "dtms.db-wal"
    with log.open("r+b") as file:
        file.truncate(max(log.stat().st_size - lost, 0))
    with opened(tmp_path) as (_, told):
        assert told.silent(0.05)  # nothing was damaged
        found = whole(tmp_path)

    assert found == list(range(1, len(found) + 1))
    assert len(found) >= 20
    assert rows(tmp_path, "PRAGMA integrity_check") == [("ok",)]


def test_61_a_log_whose_end_is_garbage_costs_the_last_entries_and_no_half_of_one(tmp_path: Path) -> None:
    with writing(tmp_path, 1, waiting=1) as process:
        acknowledged(process, 60)
        process.kill()
        process.wait()
    log = tmp_path / "dtms.db-wal"
    data = bytearray(log.read_bytes())
    at = len(data) * 3 // 4
    data[at : at + 5_000] = b"\xa5" * 5_000
    log.write_bytes(data)
    with opened(tmp_path) as (_, told):
        assert told.silent(0.05)
        found = whole(tmp_path)

    assert found == list(range(1, len(found) + 1))
    assert len(found) >= 20


def test_17_a_process_killed_while_it_copies_leaves_store_and_copies_whole(tmp_path: Path) -> None:
    with writing(tmp_path, 1) as process:
        acknowledged(process, 40)
    part = tmp_path / "backups" / "dtms-20270101T000000Z.db.part"
    part.parent.mkdir(exist_ok=True)
    part.write_bytes(b"half")
    code = f"""
from pathlib import Path
from dtms.store import backup
folder = Path({str(tmp_path)!r})
while True:
    backup.make(folder / "dtms.db", folder / "backups", 1_800_000_000_000, 3)
    print(1, flush=True)
"""
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, env=_environment()) as process:
        acknowledged(process, 2)
        process.kill()
    for copy in (tmp_path / "backups").glob("dtms-*.db"):
        assert database.look_over(copy).version  # the store's own first one may have been made before anything was in it

    assert not part.exists()
    assert len(whole(tmp_path)) >= 40


def test_a_reader_of_another_program_does_not_hold_the_writer_up(tmp_path: Path) -> None:
    with writing(tmp_path, 1) as process:
        acknowledged(process, 5)
        with closing(sqlite3.connect(tmp_path / "dtms.db", isolation_level=None)) as reader:
            reader.execute("BEGIN")
            seen = reader.execute("SELECT count(*) FROM trades").fetchone()
            acknowledged(process, 50)
            assert reader.execute("SELECT count(*) FROM trades").fetchone() == seen
