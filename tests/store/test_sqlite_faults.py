"""A store that is slow, full, read-only, held by somebody else or given too much: named failures, and nobody waits (R17)."""

import os
import shutil
import sqlite3
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from tests.store.made import ACCOUNT, DAILY, UTC, Told, command, entry, opened, rows, trade

from dtms.errors import StartError, StoreBusy, StoreError
from dtms.names import Side
from dtms.settings_store import StoreSettings
from dtms.store.journal import CommitFailed, Committed
from dtms.store.opening import open_store
from dtms.store.rows import (
    Registration,
    ScoreTaken,
)
from dtms.store.sqlite import SqliteJournal
from dtms.store.troubles import Trouble

_NOBODY = 65_534


def test_an_entry_that_cannot_be_kept_does_not_cost_those_beside_it(tmp_path: Path) -> None:
    with opened(tmp_path) as (journal, told):
        with closing(sqlite3.connect(tmp_path / "dtms.db", isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")  # so that they all wait together
            for token in range(1, 6):
                bad = (ScoreTaken(trade().key, UTC, float("nan"), {}, 1.0),)
                journal.append(entry(token, rows=bad if token == 3 else ()))
            other.execute("COMMIT")

        assert [type(told.next()) for _ in range(5)].count(CommitFailed) == 1
        assert rows(tmp_path, "SELECT command_id FROM outbox ORDER BY command_id") == [(1,), (2,), (4,), (5,)]


def fill(journal: SqliteJournal) -> int:
    """Put in until the store refuses; return how many it took."""
    for token in range(1, 100):
        try:
            journal.append(entry(token))
        except StoreBusy:
            return token - 1
    raise AssertionError("it takes everything")


def test_a_store_with_too_much_to_write_refuses_at_once_and_keeps_what_it_took(tmp_path: Path) -> None:
    settings = StoreSettings(queue_entries=16, batch_entries=4)
    with (
        opened(tmp_path, settings) as (journal, told),
        closing(sqlite3.connect(tmp_path / "dtms.db", isolation_level=None)) as other,
    ):
        other.execute("BEGIN IMMEDIATE")
        began = time.monotonic()
        taken = fill(journal)
        with pytest.raises(StoreBusy):
            journal.take_epoch(ACCOUNT, 0)
        assert time.monotonic() - began < 1.0
        other.execute("COMMIT")

        assert told.all(taken) == [Committed(token) for token in range(1, taken + 1)]
        assert 15 <= taken <= 20  # the queue, and what the thread had in hand


def test_62_a_disk_that_is_slow_holds_the_acknowledgement_back_and_nobody_else(tmp_path: Path) -> None:
    """The writer is held for 500 ms as by a slow fsync; putting in takes no time meanwhile."""
    with opened(tmp_path) as (journal, told), closing(sqlite3.connect(tmp_path / "dtms.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        began = time.monotonic()
        journal.append(entry(1))
        put = time.monotonic() - began
        assert told.silent(0.5)
        other.execute("COMMIT")

        assert told.next() == Committed(1)
        assert put < 0.05


def test_a_database_that_another_program_holds_too_long_fails_by_name(tmp_path: Path) -> None:
    with (
        opened(tmp_path, StoreSettings(busy_ms=50)) as (journal, told),
        closing(sqlite3.connect(tmp_path / "dtms.db", isolation_level=None)) as other,
    ):
        other.execute("BEGIN IMMEDIATE")
        journal.append(entry(1))
        failed = told.next()
        other.execute("COMMIT")
        journal.append(entry(2))

        assert isinstance(failed, CommitFailed)
        assert failed.trouble is Trouble.BUSY
        assert told.next() == Committed(2)


def test_58_a_full_disk_fails_by_name_keeps_what_is_there_and_heals(tmp_path: Path) -> None:
    """The limit of pages stands for the disk: SQLite reports both in the same way."""
    with opened(tmp_path, StoreSettings(max_mib=1, wal_mib=0, backup_ms=86_400_000)) as (journal, told):
        token = 0
        while True:
            token += 1
            journal.append(entry(token, trade(1), command=command(token), rows=(_long(token),)))
            if not isinstance(answer := told.next(), Committed):
                break
        assert isinstance(answer, CommitFailed)
        assert answer.trouble is Trouble.FULL
        assert rows(tmp_path, "SELECT count(*) FROM outbox") == [(token - 1,)]
        assert rows(tmp_path, "SELECT max(command_id) FROM actions") == [(token - 1,)]
        assert len(journal.load(ACCOUNT).outbox) == token - 1
        with closing(sqlite3.connect(tmp_path / "dtms.db", isolation_level=None)) as other:
            other.execute("DELETE FROM registry")  # somebody made room
        journal.append(entry(token + 1, trade(1), command=command(token + 1)))

        assert told.next() == Committed(token + 1)


def _long(number: int) -> Registration:
    return Registration(ACCOUNT, number, number, "EURUSD", Side.BUY, rules={"text": "x" * 8_000})


def test_60_a_database_that_turns_read_only_fails_by_name_and_heals(tmp_path: Path) -> None:
    with opened(tmp_path) as (journal, told):
        journal.append(entry(1))
        told.next()
        assert journal._connection is not None
        journal._connection.execute("PRAGMA query_only = 1")
        journal.append(entry(2))
        failed = told.next()
        journal._connection.execute("PRAGMA query_only = 0")
        journal.append(entry(3))

        assert isinstance(failed, CommitFailed)
        assert failed.trouble is Trouble.READ_ONLY
        assert told.next() == Committed(3)
        assert rows(tmp_path, "SELECT command_id FROM outbox") == [(1,), (3,)]


@contextmanager
def without_rights(folder: Path, *, lock: bool) -> Iterator[None]:
    """Nobody may write into the folder, and root, for whom that does not count, is somebody else meanwhile."""
    for path in (folder, *folder.iterdir()):
        path.chmod(0o555 if path.is_dir() else 0o444)
    if lock:
        (folder / "dtms.db.lock").chmod(0o666)
    try:
        with somebody_else():
            yield
    finally:
        folder.chmod(0o755)


@contextmanager
def somebody_else() -> Iterator[None]:
    if sys.platform == "win32" or os.geteuid() != 0:
        yield
        return
    os.seteuid(_NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder whose parents everybody may look into."""
    path = Path(tempfile.mkdtemp())
    yield path
    shutil.rmtree(path)


@pytest.mark.skipif(os.name == "nt", reason="a folder's mode does not keep its owner out on Windows")
@pytest.mark.parametrize("lock", [True, False], ids=["the database", "the lock's file too"])
def test_60_a_store_that_cannot_be_written_ends_the_start_with_a_sentence_and_is_as_it_was(open_folder: Path, lock: bool) -> None:
    with opened(open_folder) as (journal, told):
        journal.append(entry(1))
        told.next()
    with without_rights(open_folder, lock=lock), pytest.raises(StartError, match=r"dtms\.db"):
        open_store(open_folder, DAILY)

    assert not list(open_folder.glob("*damaged*"))
    assert rows(open_folder, "SELECT count(*) FROM outbox") == [(1,)]


def test_60_a_folder_that_cannot_be_written_ends_the_start_with_a_sentence(tmp_path: Path) -> None:
    in_the_way = tmp_path / "file"
    in_the_way.write_text("no folder")

    with pytest.raises(StartError, match="file"):
        open_store(in_the_way, DAILY)


def test_an_end_that_the_disk_holds_up_is_not_waited_for_longer_than_the_settings_say(tmp_path: Path) -> None:
    journal = open_store(tmp_path, StoreSettings(close_ms=100, backup_ms=86_400_000))
    told = Told()
    journal.attach(told.queue.put)
    with closing(sqlite3.connect(tmp_path / "dtms.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        journal.append(entry(1))
        began = time.monotonic()
        with pytest.raises(StoreError, match="100 ms"):
            journal.close()
        took = time.monotonic() - began
        other.execute("COMMIT")

    assert told.next() == Committed(1)
    assert took < 2.0
