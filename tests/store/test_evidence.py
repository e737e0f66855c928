"""What `dtms explain` reads: written after everything else, lost one by one where it cannot be kept, and never in silence."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from tests.store.made import DAILY, UTC, Told, entry, opened, report, rows, trade

from dtms.store import evidence
from dtms.store.evidence import Reported
from dtms.store.journal import Committed, EvidenceLost
from dtms.store.opening import open_store


def decided(command_id: int) -> Reported:
    return Reported(UTC, trade().key, report(command_id))


def test_evidence_that_cannot_be_kept_costs_none_beside_it_and_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write = evidence._write

    def failing(connection: sqlite3.Connection, one: evidence.Evidence) -> None:
        if isinstance(one, Reported) and one.report.command_id in {3, 11}:
            raise ZeroDivisionError("a defect of ours")
        write(connection, one)

    monkeypatch.setattr(evidence, "_write", failing)
    with opened(tmp_path) as (journal, told):
        for number in range(1, 21):
            journal.record(decided(number))
        lost = [told.next(), told.next()]

    assert lost == [EvidenceLost(1, "ZeroDivisionError: a defect of ours")] * 2
    kept = [number for (number,) in rows(tmp_path, "SELECT command_id FROM reports ORDER BY id")]
    assert kept == [number for number in range(1, 21) if number not in {3, 11}]


def test_an_intent_is_written_before_the_evidence_that_waits(tmp_path: Path) -> None:
    with closing(open_store(tmp_path, DAILY)) as journal:
        told = Told()
        for number in range(1, 201):
            journal.record(decided(number))
        journal.append(entry(1))
        journal.attach(told.queue.put)
        assert told.next() == Committed(1)

        assert rows(tmp_path, "SELECT count(*) FROM reports")[0][0] < 200
    assert rows(tmp_path, "SELECT count(*) FROM reports") == [(200,)]


def test_58_evidence_waits_while_the_database_cannot_be_written_and_is_written_when_it_can(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dtms.store.sqlite._RETRY_S", 0.01)
    settings = DAILY.model_copy(update={"busy_ms": 1})
    with (
        opened(tmp_path, settings) as (journal, told),
        closing(sqlite3.connect(tmp_path / "dtms.db", isolation_level=None)) as other,
    ):
        other.execute("BEGIN IMMEDIATE")
        for number in range(1, 21):
            journal.record(decided(number))
        assert told.silent(0.2)
        other.execute("COMMIT")
    assert rows(tmp_path, "SELECT count(*) FROM reports") == [(20,)]


def test_of_too_much_evidence_the_rest_is_lost_and_told(tmp_path: Path) -> None:
    with closing(open_store(tmp_path, DAILY.model_copy(update={"evidence_entries": 16}))) as journal:
        told = Told()
        for number in range(1, 21):
            journal.record(decided(number))
        journal.attach(told.queue.put)

        assert told.next() == EvidenceLost(4, "more than could be written")
