"""Copies of the store: made while it is written to, in their turn, the oldest thrown away."""

import sqlite3
import threading
from contextlib import closing
from pathlib import Path

import pytest
from tests.store.made import ACCOUNT, DAILY, UTC, Told, entry, opened, rows

from dtms.errors import StoreError
from dtms.settings_store import StoreSettings
from dtms.store import backup, database
from dtms.store.journal import Acknowledgement, BackupFailed, BackupMade, Committed
from dtms.store.opening import open_store, restore


def test_a_copy_holds_what_was_committed_when_it_was_begun_and_is_one_file(tmp_path: Path) -> None:
    with opened(tmp_path) as (journal, told):
        for token in range(1, 101):
            journal.append(entry(token))
        told.all(100)
        made = backup.make(journal.path, tmp_path / "copies", UTC, 48)
        journal.append(entry(101))
        told.next()

    assert made.path.name == f"dtms-{backup.stamp(UTC)}.db"
    assert database.look_over(made.path)[1:4] == (100, 100, 100)
    assert [path.name for path in (tmp_path / "copies").iterdir()] == [made.path.name]


def test_commits_go_on_while_a_copy_is_made(tmp_path: Path) -> None:
    with opened(tmp_path) as (journal, told):
        for token in range(1, 301):
            journal.append(entry(token))
        told.all(300)
        copying = threading.Thread(target=backup.make, args=(journal.path, tmp_path / "copies", UTC, 48))
        copying.start()
        for token in range(301, 401):
            journal.append(entry(token))
        answers = told.all(100)
        copying.join()

    assert answers == [Committed(token) for token in range(301, 401)]
    assert database.look_over(backup.copies(tmp_path / "copies")[0].path).trades >= 300


def test_the_store_copies_itself_in_its_turn_and_keeps_so_many(tmp_path: Path) -> None:
    clock = iter(range(UTC, UTC + 1_000_000_000, 1_000))
    made: list[str] = []
    with closing(open_store(tmp_path, StoreSettings(backup_ms=1, backups_kept=3, wal_mib=0), lambda: next(clock))) as journal:
        told = Told()
        journal.attach(told.queue.put)
        while len(made) < 6:
            happened: Acknowledgement = told.queue.get(timeout=10)
            assert isinstance(happened, BackupMade)
            made.append(happened.path)

    kept = [str(copy.path) for copy in backup.copies(tmp_path / "backups")]
    assert len(kept) == 3
    assert kept[-1] >= made[-4]


def test_a_start_soon_after_a_copy_makes_no_other(tmp_path: Path) -> None:
    with opened(tmp_path) as (journal, told):
        assert isinstance(told.queue.get(timeout=10), BackupMade)
        journal.append(entry(1))
        told.next()
    with opened(tmp_path, utc=lambda: UTC + 3_000) as (journal, told):
        journal.append(entry(2))
        assert told.queue.get(timeout=10) == Committed(2)

    assert len(backup.copies(tmp_path / "backups")) == 1


def test_a_copy_that_cannot_be_made_is_told_and_the_store_goes_on(tmp_path: Path) -> None:
    (tmp_path / "backups").write_text("in the way")
    with closing(open_store(tmp_path, DAILY)) as journal:
        told = Told()
        journal.attach(told.queue.put)
        assert isinstance(told.queue.get(timeout=10), BackupFailed)
        journal.append(entry(1))

        assert told.next() == Committed(1)


def test_what_another_program_put_beside_the_copies_is_left_alone(tmp_path: Path) -> None:
    folder = tmp_path / "copies"
    folder.mkdir()
    (folder / "dtms-mine.db").write_text("mine")
    with opened(tmp_path) as (journal, _):
        for number in range(3):
            backup.make(journal.path, folder, UTC + number * 1_000, 1)

    assert sorted(path.name for path in folder.iterdir()) == [f"dtms-{backup.stamp(UTC + 2_000)}.db", "dtms-mine.db"]


def test_a_restored_copy_is_the_store_and_every_account_is_in_doubt(tmp_path: Path) -> None:
    with opened(tmp_path) as (journal, told):
        journal.take_epoch(ACCOUNT, 0)
        journal.append(entry(1))
        told.all(2)
        copy = backup.make(journal.path, tmp_path / "copies", UTC, 48).path
        journal.append(entry(2))
        told.next()
    aside = restore(tmp_path, DAILY, copy, UTC)

    assert rows(tmp_path, "SELECT count(*) FROM trades") == [(1,)]
    assert rows(tmp_path, "SELECT older FROM accounts") == [(1,)]
    assert database.look_over(aside).trades == 2


def test_a_folder_that_is_not_there_has_no_copies(tmp_path: Path) -> None:
    assert backup.copies(tmp_path / "nowhere") == []
    assert backup.newest_whole(tmp_path / "nowhere") is None


def test_a_store_that_is_not_there_cannot_be_copied(tmp_path: Path) -> None:
    with pytest.raises(StoreError):
        backup.make(tmp_path / "dtms.db", tmp_path / "copies", UTC, 1)
    with pytest.raises(sqlite3.OperationalError):
        database.look_over(tmp_path / "dtms.db")


def test_copies_begun_in_one_second_all_stay_and_the_one_just_made_is_never_the_one_thrown_away(tmp_path: Path) -> None:
    folder = tmp_path / "copies"
    with opened(tmp_path) as (journal, told):
        journal.append(entry(1))
        told.next()
        first, second = (backup.make(journal.path, folder, UTC, 2).path for _ in range(2))
        assert {copy.path for copy in backup.copies(folder)} == {first, second}
        put_back = backup.make(journal.path, folder, UTC - 5_000, 2).path

    kept = {copy.path for copy in backup.copies(folder)}
    assert put_back in kept
    assert len(kept) == 2
