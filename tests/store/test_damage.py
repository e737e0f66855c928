"""A damaged database: moved aside, replaced by the newest whole copy or an empty one, in doubt until it is accepted (row 59)."""

import sqlite3
import struct
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from tests.store.made import ACCOUNT, DAILY, UTC, change, entry, opened, rows, trade

from dtms.errors import StoreDamaged
from dtms.store import backup, database, preparing, quarantine
from dtms.store.journal import Committed, EpochTaken, Note, Quarantined
from dtms.store.lock import StoreLock
from dtms.store.opening import open_store

LATER = UTC + 1_000
COPIED = UTC - 5_000


def filled(folder: Path, count: int = 50, *, copied: int = 0) -> None:
    """A store of an account with its epoch, of which a copy was made when so many entries were in it."""
    with opened(folder) as (journal, told):
        journal.take_epoch(ACCOUNT, 0)
        told.next()
        for token in range(1, count + 1):
            journal.append(entry(token))
            told.next()
            if token == copied:
                backup.make(journal.path, folder / "backups", COPIED, 48)
    for copy in backup.copies(folder / "backups"):
        if copy.made_at != COPIED:
            copy.path.unlink()  # the store's own, of whichever moment


def pages(data: bytes) -> bytes:
    """Noise in the middle of the second half of all pages."""
    torn = bytearray(data)
    for at in range(len(data) // 2 // 4_096 * 4_096, len(data), 4_096):
        torn[at + 100 : at + 600] = bytes(range(250)) * 2
    return bytes(torn)


def header(data: bytes) -> bytes:
    return b"\0" * 100 + data[100:]


def cut(data: bytes) -> bytes:
    return data[: len(data) // 2 + 7]


def nothing(data: bytes) -> bytes:
    return data[:0]


def one_volume(data: bytes) -> bytes:
    """One bit of the volume in one record, which the database itself does not notice."""
    at = data.index(struct.pack(">d", 0.1))
    return data[: at + 4] + bytes([data[at + 4] ^ 0x10]) + data[at + 5 :]


def damage(folder: Path, how: Callable[[bytes], bytes]) -> bytes:
    path = folder / "dtms.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    data = how(path.read_bytes())
    path.write_bytes(data)
    return data


@pytest.mark.parametrize("how", [pages, header, cut])
def test_59_a_damaged_store_is_kept_aside_and_an_empty_one_takes_its_place(tmp_path: Path, how: Callable[[bytes], bytes]) -> None:
    filled(tmp_path)
    data = damage(tmp_path, how)
    with opened(tmp_path, utc=lambda: LATER) as (journal, told):
        happened = told.next()
        assert isinstance(happened, Quarantined)
        assert happened.restored is None
        assert Path(happened.aside).name == f"dtms.db.damaged-{backup.stamp(LATER)}"
        assert Path(happened.aside).read_bytes() == data
        journal.append(entry(1))

        assert told.next() == Committed(1)
        assert rows(tmp_path, "SELECT count(*) FROM trades") == [(1,)]


def test_59_the_newest_whole_copy_takes_the_place_and_the_account_is_in_doubt_until_accepted(tmp_path: Path) -> None:
    filled(tmp_path, 50, copied=30)
    newer = tmp_path / "backups" / f"dtms-{backup.stamp(UTC - 1_000)}.db"
    newer.write_bytes(pages((tmp_path / "dtms.db").read_bytes()))  # younger, and damaged too
    damage(tmp_path, pages)
    with opened(tmp_path, utc=lambda: LATER) as (journal, told):
        happened = told.next()
        assert isinstance(happened, Quarantined)
        assert happened.restored is not None
        assert Path(happened.restored).name == f"dtms-{backup.stamp(COPIED)}.db"
        assert rows(tmp_path, "SELECT count(*) FROM trades") == [(30,)]
        journal.take_epoch(ACCOUNT, 1)  # no higher than what the copy knows, and yet the store is old
        taken = told.next()
    assert isinstance(taken, EpochTaken)
    assert (taken.epoch, taken.store_older) == (2, True)
    with closing(open_store(tmp_path, DAILY)) as journal:
        assert journal.accept(ACCOUNT) == [ACCOUNT]
    with opened(tmp_path) as (journal, told):
        journal.take_epoch(ACCOUNT, 2)
        taken = told.next()

    assert isinstance(taken, EpochTaken)
    assert (taken.epoch, taken.store_older) == (3, False)


def test_an_account_that_the_empty_store_does_not_know_is_in_doubt_even_if_its_terminal_has_forgotten_everything(
    tmp_path: Path,
) -> None:
    filled(tmp_path)
    damage(tmp_path, header)
    with opened(tmp_path) as (journal, told):
        told.next()
        journal.take_epoch(ACCOUNT, 0)
        taken = told.next()

    assert isinstance(taken, EpochTaken)
    assert taken.store_older


def test_an_epoch_that_can_still_be_read_is_not_given_again(tmp_path: Path) -> None:
    filled(tmp_path, 400)
    change(tmp_path, "UPDATE accounts SET epoch = 900")
    damage(tmp_path, pages)
    with opened(tmp_path) as (journal, told):
        assert isinstance(told.next(), Quarantined)
        journal.take_epoch(ACCOUNT, 0)
        taken = told.next()

    assert isinstance(taken, EpochTaken)
    assert taken.epoch == 901


def test_one_flipped_bit_in_a_record_is_noticed_at_the_start(tmp_path: Path) -> None:
    filled(tmp_path)
    damage(tmp_path, one_volume)
    assert rows(tmp_path, "PRAGMA integrity_check") == [("ok",)]
    with opened(tmp_path) as (_, told):
        happened = told.next()

    assert isinstance(happened, Quarantined)
    assert "is not what was written" in happened.reason


def test_an_emptied_file_is_damage_where_there_are_copies(tmp_path: Path) -> None:
    filled(tmp_path, 20, copied=20)
    damage(tmp_path, nothing)
    with opened(tmp_path) as (_, told):
        assert isinstance(told.next(), Quarantined)
        assert rows(tmp_path, "SELECT count(*) FROM trades") == [(20,)]


def test_a_store_that_is_damaged_while_it_runs_is_replaced_and_goes_on(tmp_path: Path) -> None:
    filled(tmp_path, 200, copied=100)
    with opened(tmp_path, utc=lambda: LATER) as (journal, told):
        path = tmp_path / "dtms.db"
        data = path.read_bytes()
        with path.open("r+b") as file:
            for at in range(4_096, len(data), 4_096):
                file.seek(at)
                file.write(b"\xff" * 512)
        journal.keep(Note(1, tuple(trade(n) for n in range(1, 201))))
        happened, answer = told.next(), told.next()
        assert isinstance(happened, Quarantined)
        assert answer == Committed(1)
        journal.append(entry(2))

        assert told.next() == Committed(2)
        assert len(journal.load(ACCOUNT).trades) == 200
        assert rows(tmp_path, "PRAGMA integrity_check") == [("ok",)]
        assert rows(tmp_path, "SELECT older FROM accounts") == [(1,)]
    with opened(tmp_path) as (journal, _):
        assert len(journal.load(ACCOUNT).trades) == 200


@pytest.mark.parametrize("moved", [(), ("-wal",), ("-wal", "-shm", "")], ids=["nothing", "the log", "everything"])
def test_17_a_process_that_dies_while_it_replaces_the_store_is_followed_by_one_that_finishes(
    tmp_path: Path, moved: tuple[str, ...]
) -> None:
    filled(tmp_path, 50, copied=50)
    path, log = tmp_path / "dtms.db", tmp_path / "dtms.db-wal"
    with opened(tmp_path) as (journal, told):
        for token in range(51, 81):
            journal.append(entry(token))
            told.next()
        old_log = log.read_bytes()
    data = damage(tmp_path, pages)
    log.write_bytes(old_log)  # its pages would go into whatever database lies beside it
    quarantine.build(path, backup.copies(tmp_path / "backups")[0].path, DAILY, {ACCOUNT: 6}, UTC)
    for side in moved:
        there = path.with_name(path.name + side)
        if there.exists():
            there.rename(tmp_path / f"elsewhere{side}")
    with opened(tmp_path) as (journal, told):
        assert isinstance(told.next(), Quarantined)
        assert len(journal.load(ACCOUNT).trades) == 50
        assert rows(tmp_path, "SELECT epoch, older FROM accounts") == [(6, 1)]
        assert any(one.read_bytes() == data for one in tmp_path.iterdir() if one.is_file())
    prepared = preparing.prepare(tmp_path, DAILY, UTC, StoreLock(tmp_path / "dtms.db"))
    prepared.connection.close()

    assert prepared.quarantined is None


def test_a_copy_of_a_damaged_store_does_not_count(tmp_path: Path) -> None:
    filled(tmp_path, 300)
    damage(tmp_path, one_volume)
    with pytest.raises(StoreDamaged):
        backup.make(tmp_path / "dtms.db", tmp_path / "backups", UTC, 48)

    assert list((tmp_path / "backups").iterdir()) == []


def test_a_file_that_is_no_store_is_not_taken_for_one(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "other.db")) as connection:
        connection.execute("CREATE TABLE trades (x)")
    with pytest.raises(StoreDamaged):
        database.look_over(tmp_path / "other.db")
