"""Who may write: a second process waits, follows a silent one, and the one that was followed writes nothing any more."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from tests.store.made import ACCOUNT, LIMIT_S, Told, entry, opened, rows

from dtms.errors import StartError, StoreLocked
from dtms.settings_store import StoreSettings
from dtms.store import ownership
from dtms.store.journal import BackupFailed, Committed, Deposed, EpochTaken, Proved
from dtms.store.lock import StoreLock
from dtms.store.opening import open_store
from dtms.store.sqlite import SqliteJournal
from dtms.store.standby import Standby

STOP_IT, WAKE_IT = (getattr(signal, name, signal.SIGTERM) for name in ("SIGSTOP", "SIGCONT"))  # neither is on Windows

QUICK = StoreSettings(backup_ms=86_400_000, wal_mib=0, renew_ms=50, takeover_ms=600, busy_ms=300)
posix = pytest.mark.skipif(os.name == "nt", reason="Windows has no signal that stops a process")

OWNER = """
import sys, time
from pathlib import Path
from queue import Empty, SimpleQueue
from tests.store.made import ACCOUNT, entry
from tests.store.test_ownership import QUICK
from dtms.store.journal import Deposed, EpochTaken
from dtms.store.opening import open_store
told = SimpleQueue()
journal = open_store(Path(sys.argv[1]), QUICK)
journal.attach(told.put)
journal.take_epoch(ACCOUNT, 0)
while not isinstance(told.get(), EpochTaken):
    pass  # one that is stopped before has taken none
print("ready", flush=True)
token = 0
while True:
    try:
        answer = told.get(timeout=0.05)
    except Empty:
        token += 1
        journal.append(entry(token))
        continue
    if isinstance(answer, Deposed):
        print("deposed", answer.holder, token, flush=True)
        break
"""


@contextmanager
def owner(folder: Path) -> Iterator["subprocess.Popen[str]"]:
    """A process that works on the store and writes twenty times a second until it is told that it is another's."""
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    words = [sys.executable, "-c", OWNER, str(folder)]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2], env=environment) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
            yield process
        finally:
            process.kill()


def waited(standby: Standby, limit_s: float = LIMIT_S) -> SqliteJournal:
    limit = time.monotonic() + limit_s
    while (journal := standby.attempt()) is None:
        assert time.monotonic() < limit, standby.obstacle
        time.sleep(0.02)
    return journal


def followed(standby: Standby, process: "subprocess.Popen[str]") -> SqliteJournal:
    """The store once the process was stopped for long enough; one that was met in the middle of a write is stopped anew."""
    limit = time.monotonic() + 3 * LIMIT_S
    process.send_signal(STOP_IT)
    while (journal := standby.attempt()) is None:
        assert time.monotonic() < limit, standby.obstacle
        time.sleep(0.02)
        if standby.obstacle is not None:
            standby.obstacle = None
            process.send_signal(WAKE_IT)
            time.sleep(0.03)
            process.send_signal(STOP_IT)
    return journal


def test_18_a_standby_waits_while_the_owner_works_and_follows_one_that_is_killed(tmp_path: Path) -> None:
    with owner(tmp_path) as process:
        standby = Standby(tmp_path, QUICK)
        end = time.monotonic() + 3 * QUICK.takeover_ms / 1_000
        while time.monotonic() < end:
            assert standby.attempt() is None
            time.sleep(0.02)
        assert standby.holder == process.pid
        process.kill()
        process.wait()
        with closing(waited(standby)) as journal:
            told = Told()
            journal.attach(told.queue.put)
            journal.take_epoch(ACCOUNT, 0)
            answer = told.next()

    assert isinstance(answer, EpochTaken)
    assert answer.epoch == 2


@posix
def test_19_a_stopped_owner_is_followed_and_writes_nothing_once_it_goes_on(tmp_path: Path) -> None:
    with owner(tmp_path) as process:
        standby = Standby(tmp_path, QUICK)
        while standby.attempt() is None and standby.holder is None:
            pass
        with closing(followed(standby, process)) as journal:
            told = Told()
            journal.attach(told.queue.put)
            journal.take_epoch(ACCOUNT, 0)
            taken = told.next()
            assert isinstance(taken, EpochTaken)
            assert taken.epoch == 2
            with pytest.raises(StoreLocked) as refused:
                open_store(tmp_path, QUICK)
            assert refused.value.holder == os.getpid()
            before = rows(tmp_path, "SELECT max(command_id), count(*) FROM outbox")
            process.send_signal(WAKE_IT)
            assert process.stdout is not None
            said, holder, _ = process.stdout.readline().split()
            assert (said, int(holder)) == ("deposed", os.getpid())
            process.wait(LIMIT_S)
            assert rows(tmp_path, "SELECT max(command_id), count(*) FROM outbox") == before
            journal.prove()
            while isinstance(answer := told.next(), BackupFailed):
                pass  # two owners within a second name their copies alike
            assert answer == Proved()
            with pytest.raises(StoreLocked):  # the first one's end leaves no door open
                open_store(tmp_path, QUICK)

    with closing(open_store(tmp_path, QUICK)):
        assert [path.name for path in tmp_path.glob("dtms.db.lock*")] == ["dtms.db.lock.1"]


def test_a_number_that_another_start_has_raised_lets_nothing_through(tmp_path: Path) -> None:
    with opened(tmp_path, QUICK) as (journal, told):
        journal.append(entry(1))
        assert told.next() == Committed(1)
        seen = ownership.look(tmp_path / "dtms.db")
        assert seen is not None
        while not ownership.claim(tmp_path / "dtms.db", QUICK, seen):
            seen = ownership.look(tmp_path / "dtms.db")
            assert seen is not None
        journal.append(entry(2))
        journal.take_epoch(ACCOUNT, 0)
        journal.prove()

        assert told.next() == Deposed(os.getpid())
        assert told.silent(0.2)
        assert rows(tmp_path, "SELECT command_id FROM outbox") == [(1,)]
        assert rows(tmp_path, "SELECT * FROM accounts") == []


def test_a_claim_that_comes_as_the_owner_beats_again_takes_nothing(tmp_path: Path) -> None:
    with closing(open_store(tmp_path, QUICK)):
        seen = ownership.look(tmp_path / "dtms.db")
        assert seen is not None

        assert not ownership.claim(tmp_path / "dtms.db", QUICK, seen._replace(beat=seen.beat - 1))
        assert ownership.look(tmp_path / "dtms.db") == seen


def test_a_store_whose_owner_has_never_beaten_is_not_followed(tmp_path: Path) -> None:
    """An earlier program's: its silence says nothing."""
    with closing(open_store(tmp_path, QUICK)) as journal:
        connection = journal._open()  # the file as the earlier program left it
        connection.execute("DELETE FROM meta WHERE name LIKE 'owner%'")
        times = iter(range(0, 100_000, 10_000))
        standby = Standby(tmp_path, QUICK, elapsed=lambda: next(times))

        assert [standby.attempt() for _ in range(10)] == [None] * 10


def test_of_two_that_follow_one_gets_the_lock(tmp_path: Path) -> None:
    path = tmp_path / "dtms.db"
    first, second, third = StoreLock(path), StoreLock(path), StoreLock(path)
    first.take()
    second.succeed()
    assert first.superseded()
    assert not second.superseded()
    with pytest.raises(StoreLocked):
        third.take()
    first.free()
    with pytest.raises(StoreLocked):
        third.take()
    second.free()
    third.take()

    assert not third.superseded()
    third.free()


def test_answers_to_what_an_earlier_desk_put_go_to_that_desk(tmp_path: Path) -> None:
    """Both count their tokens from 1."""
    with opened(tmp_path, QUICK) as (journal, told):
        for token in range(1, 101):
            journal.append(entry(token))
        second = Told()
        journal.attach(second.queue.put)
        journal.append(entry(1))

        assert second.next() == Committed(1)
        assert second.silent(0.1)
        assert [answer for answer in told.all(100) if answer != Committed(0)] == [Committed(n) for n in range(1, 101)]


def test_a_takeover_sooner_than_three_missed_beats_is_refused() -> None:
    with pytest.raises(ValueError, match="3 times renew_ms"):
        StoreSettings(renew_ms=1_000, takeover_ms=2_999)


@posix
def test_a_silent_owner_that_was_stopped_in_a_transaction_is_waited_for(tmp_path: Path) -> None:
    """Nobody can write past it: the standby says so and goes on waiting, and follows once the process is gone."""
    now = 0
    with closing(open_store(tmp_path, QUICK)) as journal:
        connection = journal._open()  # as if it had been stopped in there
        connection.execute("BEGIN IMMEDIATE")
        standby = Standby(tmp_path, QUICK.model_copy(update={"busy_ms": 10}), elapsed=lambda: now)
        assert standby.attempt() is None
        now = 10_000

        assert standby.attempt() is None
        assert standby.obstacle is not None
        connection.execute("ROLLBACK")
        now = 20_000
        followed = standby.attempt()
        assert followed is not None
        followed.close()


def test_a_folder_that_cannot_hold_a_lock_is_said(tmp_path: Path) -> None:
    (tmp_path / "dtms.db.lock").mkdir()

    with pytest.raises(StartError, match="cannot be written"):
        open_store(tmp_path, QUICK)
