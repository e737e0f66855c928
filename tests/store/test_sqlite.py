"""The journal in a SQLite database, judged by what stands in the file."""

import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from tests.store.made import ACCOUNT, UTC, change, command, entry, opened, report, rows, trade

from dtms.engine.defence.rail_memory import RailMemory
from dtms.engine.obligation import Obligation, Stage
from dtms.errors import StoreBusy
from dtms.names import OnSilence, Side
from dtms.settings_store import StoreSettings
from dtms.store.journal import BackupMade, CommitFailed, Committed, EpochTaken, Note
from dtms.store.rows import (
    AccountDay,
    Answered,
    Closed,
    Hedge,
    LeaseDropped,
    LeaseKept,
    OutboxRow,
    Progress,
    Rails,
    Registration,
    ScoreTaken,
    Sent,
    Transition,
    TransitionEnded,
)
from dtms.store.troubles import Trouble
from dtms.wire.messages import LeasePlan


def test_an_acknowledged_intent_stands_in_the_file_with_its_trade_and_its_outbox_row(tmp_path: Path) -> None:
    with opened(tmp_path) as (journal, told):
        journal.append(entry(1))
        assert told.next() == Committed(1)

        assert rows(tmp_path, "SELECT account, position_id, status, stop_loss FROM trades") == [(ACCOUNT, 1, "ACTIVE", 1.099)]
        assert rows(tmp_path, "SELECT command_id, ttl_ms, decided_at, attempts FROM outbox") == [(1, 3_000, UTC, 0)]
        action = rows(tmp_path, "SELECT command_id, type, reason, json_extract(params, '$.stop_loss'), outcome FROM actions")
        assert action == [(1, "ModifyPosition", "move", 1.1, None)]
        assert rows(tmp_path, "SELECT json_extract(figures, '$.r_now') FROM actions") == [(1.1,)]


def test_entries_are_acknowledged_in_their_order(tmp_path: Path) -> None:
    with opened(tmp_path) as (journal, told):
        for token in range(1, 501):
            journal.append(entry(token))

        assert told.all(500) == [Committed(token) for token in range(1, 501)]
        assert rows(tmp_path, "SELECT count(*) FROM outbox") == [(500,)]


def test_everything_of_one_entry_is_written_or_nothing(tmp_path: Path) -> None:
    with opened(tmp_path) as (journal, told):
        journal.append(entry(1, rows=(ScoreTaken(trade().key, UTC, float("nan"), {}, 1.0),)))
        failed = told.next()

        assert isinstance(failed, CommitFailed)
        assert failed.trouble is Trouble.VALUE
        assert rows(
            tmp_path, "SELECT (SELECT count(*) FROM trades), (SELECT count(*) FROM outbox), (SELECT count(*) FROM actions)"
        ) == [(0, 0, 0)]


def test_an_answer_ends_the_outbox_row_and_stays_with_the_action(tmp_path: Path) -> None:
    with opened(tmp_path) as (journal, told):
        journal.append(entry(1))
        journal.keep(Note(2, rows=(Sent(ACCOUNT, 1),)))
        told.all(2)
        assert rows(tmp_path, "SELECT attempts FROM outbox") == [(1,)]
        journal.keep(Note(3, rows=(Answered(ACCOUNT, 1, "done", success=True, ts=UTC + 5, report=report()),)))
        told.next()

        assert rows(tmp_path, "SELECT * FROM outbox") == []
        found = rows(
            tmp_path, "SELECT outcome, retcode, success, error, answered_at, json_extract(\"after\", '$.stop_loss') FROM actions"
        )
        assert found == [("done", 10009, 1, None, UTC + 5, 1.1)]


def test_what_the_store_is_offered_again_changes_nothing(tmp_path: Path) -> None:
    """After a slow acknowledgement an entry is owed, and offered again when its answer has long been written."""
    with opened(tmp_path) as (journal, told):
        first = entry(1)
        journal.append(first)
        journal.keep(Note(2, trades=(replace(trade(), quarantine="later"),), rows=(Answered(ACCOUNT, 1, "done", True, UTC),)))
        journal.append(first)
        told.all(3)

        assert rows(tmp_path, "SELECT * FROM outbox") == []
        assert rows(tmp_path, "SELECT outcome FROM actions") == [("done",)]
        assert rows(tmp_path, "SELECT quarantine FROM trades") == [("later",)]


def test_a_desk_that_begins_anew_in_the_process_is_not_taken_for_an_older_one(tmp_path: Path) -> None:
    with opened(tmp_path) as (journal, told):
        for token in (1, 2, 3):
            journal.append(entry(token, trade(1), command=command(token)))
        told.all(3)
        journal.attach(told.queue.put)
        journal.keep(Note(1, trades=(replace(trade(), quarantine="later"),)))
        told.next()

        assert rows(tmp_path, "SELECT quarantine FROM trades") == [("later",)]


def test_a_closed_trade_is_archived_never_deleted_and_a_late_entry_does_not_bring_it_back(tmp_path: Path) -> None:
    with opened(tmp_path) as (journal, told):
        journal.append(entry(1))
        journal.keep(Note(3, rows=(Closed(trade().key, UTC + 9, "stop_loss"),)))
        journal.append(entry(2, trade(1)))
        told.all(3)

        assert rows(tmp_path, "SELECT status, closed_at, closed_why FROM trades") == [("ARCHIVED", UTC + 9, "stop_loss")]
        assert journal.load(ACCOUNT).trades == ()


def test_a_position_that_is_there_again_is_taken_up_again(tmp_path: Path) -> None:
    with opened(tmp_path) as (journal, told):
        journal.keep(Note(1, trades=(trade(),), rows=(Closed(trade().key, UTC, "missing"),)))
        told.next()
    with opened(tmp_path) as (journal, told):
        journal.keep(Note(1, trades=(trade(),)))
        told.next()

        assert journal.load(ACCOUNT).trades == (trade(),)


def test_all_that_is_known_of_an_account_is_read_back_and_nothing_of_another(tmp_path: Path) -> None:
    key = trade().key
    changed = replace(trade(), break_even=Obligation(Stage.PENDING, 1, 77, 1, 1.1, 2), close=Obligation(), risk_synthetic=True)
    registered = Registration(
        ACCOUNT, 1, 2**64 - 1, "EURUSD", Side.SELL, owner="dtms_manager", watchers=("a", "b"), released=True, rules={"x": [1, 2.5]}
    )
    hedge = Hedge(key, 2**63, 0.1, 1.1, None, UTC, None, "T7")
    rails = Rails.of(ACCOUNT, RailMemory(20_000, 10_000.0, 9_990.0, False, ((1, 10_001.0), (2, 9_990.5)), 0, 2), UTC, (2**63, 7))
    plan = LeasePlan(
        position_id=1,
        on_silence=OnSilence.TIGHTEN,
        grace_s=30,
        floor_stop=None,
        breakeven_at=1.101,
        breakeven_stop=1.1001,
        trail_distance=None,
        max_hold_s=None,
        pair_ticket=2**64 - 1,
        require_stop=True,
        ticket=1,
        side=Side.BUY,
        volume=0.1,
    )
    lease = LeaseKept.of(key, plan)
    day = AccountDay(ACCOUNT, "2027-01-15", 10_000.0, -12.5, 2, {"R1": 3})
    facts = (
        registered,
        hedge,
        replace(hedge, hedge_ticket=5, closed_at=UTC),
        replace(rails, stops=1),
        rails,
        replace(lease, key=trade(2).key),
        LeaseDropped(trade(2).key),
        lease,
        day,
        Transition(key, UTC, "HEALTHY", "WARNING_L1", "T2", -31.5, 0.9, "LOW/RANGE", Progress.PENDING),
        TransitionEnded(key, Progress.DONE),
    )
    with opened(tmp_path) as (journal, told):
        journal.append(entry(1, changed, rows=facts))
        journal.append(entry(2, trade(2, "2@Other")))
        journal.keep(Note(3, trades=(replace(trade(3), key=trade(3).key._replace(generation=2)),)))
        told.all(3)
    with opened(tmp_path) as (journal, _):
        found = journal.load(ACCOUNT)

    assert set(found.trades) == {changed, replace(trade(3), key=trade(3).key._replace(generation=2))}
    assert found.outbox == (OutboxRow(key, command(1), UTC, 3_000, 0),)
    assert (found.registry, found.hedges, found.leases, found.days) == ((registered,), (hedge,), (lease,), (day,))
    assert (found.rails, lease.plan) == (rails, plan)
    assert rails.memory.peaks == ((1, 10_001.0), (2, 9_990.5))
    assert found.generations == {3: 2}
    assert rows(tmp_path, "SELECT status FROM transitions") == [("DONE",)]


def test_a_row_that_this_program_cannot_read_is_named_and_costs_no_other(tmp_path: Path) -> None:
    with opened(tmp_path) as (journal, told):
        journal.append(entry(1))
        journal.append(entry(2))
        told.all(2)
        change(tmp_path, "UPDATE trades SET reason = 99 WHERE position_id = 1")
        change(tmp_path, "UPDATE outbox SET type = 30 WHERE command_id = 2")
        journal.take_epoch(ACCOUNT, 0)
        answer = told.next()

    assert isinstance(answer, EpochTaken)
    assert answer.recovered is not None
    assert answer.recovered.trades == (trade(2),)
    assert [row.command.command_id for row in answer.recovered.outbox] == [1]
    assert len(answer.recovered.unreadable) == 2
    assert "position 1 of 1001@Demo-Server" in answer.recovered.unreadable[0]


def test_scores_are_kept_for_a_week_and_everything_else_for_ever(tmp_path: Path) -> None:
    day = 86_400_000
    key = trade().key
    with opened(tmp_path) as (journal, told):
        old = tuple(ScoreTaken(key, UTC - 8 * day + n, 1.0, {"STRUCTURE": 0.5}, 1.0) for n in range(6_000))
        journal.append(entry(1, rows=(*old, ScoreTaken(key, UTC - 6 * day, None, {}, 0.5))))
        journal.keep(Note(2, rows=(Closed(key, UTC - 900 * day, "stop_loss"),)))
        journal.prune(UTC - 7 * day)
        told.all(2)
        for token in (3, 4):  # behind both portions
            journal.keep(Note(token))
            told.next()

        assert rows(tmp_path, "SELECT ts, total FROM scores") == [(UTC - 6 * day, None)]
        assert rows(tmp_path, "SELECT count(*) FROM trades") == [(1,)]


def test_what_waits_at_the_end_is_written(tmp_path: Path) -> None:
    with opened(tmp_path) as (journal, _):
        for token in range(1, 301):
            journal.append(entry(token))

    assert rows(tmp_path, "SELECT count(*) FROM outbox") == [(300,)]


def commits(log: Path) -> int:
    """The transactions in a log that is not written ahead: a frame that ends one says how large the database is."""
    data = log.read_bytes()[32:]
    return sum(data[at + 4 : at + 8] != b"\0\0\0\0" for at in range(0, len(data), 24 + 4_096))


@pytest.mark.parametrize(("together", "most", "least"), [(256, 2, 1), (8, 5, 4)])
def test_what_waits_is_committed_together_up_to_the_settings_number(tmp_path: Path, together: int, most: int, least: int) -> None:
    settings = StoreSettings(batch_entries=together, wal_mib=0, backup_ms=86_400_000)
    with (
        opened(tmp_path, settings) as (journal, told),
        closing(sqlite3.connect(tmp_path / "dtms.db", isolation_level=None)) as other,
    ):
        before = commits(tmp_path / "dtms.db-wal")
        other.execute("BEGIN IMMEDIATE")
        for token in range(1, 33):
            journal.append(entry(token))
        other.execute("COMMIT")
        told.all(32)

        assert least <= commits(tmp_path / "dtms.db-wal") - before <= most


def test_the_store_throws_old_scores_away_by_itself(tmp_path: Path) -> None:
    day = 86_400_000
    taken = tuple(ScoreTaken(trade().key, UTC - days * day - 1, 1.0, {}, 1.0) for days in (1, 3, 8))
    with opened(tmp_path) as (journal, told):
        journal.append(entry(1, rows=taken))
        told.next()
    settings = StoreSettings(scores_days=2, backup_ms=1, backups_kept=1)
    with opened(tmp_path, settings, lambda: UTC + 10) as (journal, told):
        for _ in range(2):
            assert isinstance(told.queue.get(timeout=10), BackupMade)
        journal.keep(Note(1))
        told.next()

        assert rows(tmp_path, "SELECT ts FROM scores") == [(UTC - day - 1,)]


def test_after_the_end_nothing_is_taken(tmp_path: Path) -> None:
    with opened(tmp_path) as (journal, _):
        pass
    with pytest.raises(StoreBusy):
        journal.append(entry(1))
    journal.close()


def test_the_log_is_written_ahead_of_need_and_holds_what_is_committed(tmp_path: Path) -> None:
    with opened(tmp_path, StoreSettings(wal_mib=2, backup_ms=86_400_000)) as (journal, told):
        before = (tmp_path / "dtms.db-wal").stat().st_size
        for token in range(1, 101):
            journal.append(entry(token))
        told.all(100)

        assert before == (tmp_path / "dtms.db-wal").stat().st_size == 2 << 20
        assert rows(tmp_path, "SELECT count(*) FROM outbox") == [(100,)]
        assert rows(tmp_path, "PRAGMA integrity_check") == [("ok",)]
