"""The tables' migrations: forward, back, and interrupted."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from tests.store.made import ACCOUNT, DAILY, UTC, change, entry, opened, rows

from dtms.errors import StoreTooNew
from dtms.store import backup, database, preparing, schema
from dtms.store.lock import StoreLock
from dtms.store.opening import open_store

PATH = Path("memory")


def tables(connection: sqlite3.Connection) -> set[str]:
    found = connection.execute("SELECT type || ' ' || name || ' ' || coalesce(sql, '') FROM sqlite_master")
    return {row[0] for row in found if "schema_version" not in row[0]}


def test_every_step_leads_there_and_back() -> None:
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        stages = []
        for version in range(schema.latest() + 1):
            schema.migrate(connection, PATH, UTC, version)
            stages.append(tables(connection))
        assert stages[0] == set()
        for version in range(schema.latest(), -1, -1):
            schema.migrate(connection, PATH, UTC, version)
            assert schema.version(connection) == version
            assert tables(connection) == stages[version]


def test_the_numbers_have_no_gap() -> None:
    assert list(schema.steps()) == list(range(1, schema.latest() + 1))


def test_17_a_step_that_fails_in_the_middle_leaves_the_tables_as_they_were(monkeypatch: pytest.MonkeyPatch) -> None:
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        schema.migrate(connection, PATH, UTC, 1)
        before = tables(connection)
        broken = schema.Step(("CREATE TABLE half (x)", "CREATE TABLE half (x)"), ())
        monkeypatch.setattr(schema, "steps", lambda: {1: broken, 2: broken})
        with pytest.raises(sqlite3.OperationalError):
            schema.migrate(connection, PATH, UTC)

        assert tables(connection) == before
        assert schema.version(connection) == 1


def test_a_store_of_an_earlier_version_is_copied_before_its_tables_change(tmp_path: Path) -> None:
    path = tmp_path / "dtms.db"
    with closing(database.connect(path, DAILY)) as connection:
        connection.execute(f"PRAGMA application_id = {database.APPLICATION_ID}")
        schema.migrate(connection, path, UTC, 1)
        connection.execute("INSERT INTO accounts VALUES (?, 5, 0, 0)", (ACCOUNT,))
    with opened(tmp_path):
        assert rows(tmp_path, "SELECT max(version) FROM schema_version") == [(schema.latest(),)]
        assert rows(tmp_path, "SELECT account, epoch FROM accounts") == [(ACCOUNT, 5)]

    (copy,) = backup.copies(tmp_path / "backups")
    assert database.look_over(copy.path).version == 1


def test_a_store_of_a_later_program_is_left_alone(tmp_path: Path) -> None:
    with opened(tmp_path) as (journal, told):
        journal.append(entry(1))
        told.next()
    change(tmp_path, "INSERT INTO schema_version VALUES (99, 0)")
    with pytest.raises(StoreTooNew) as refused:
        open_store(tmp_path, DAILY)

    assert (refused.value.found, refused.value.known) == (99, schema.latest())
    assert not list(tmp_path.glob("*damaged*"))
    assert rows(tmp_path, "SELECT count(*) FROM outbox") == [(1,)]


def test_a_process_that_died_before_its_first_table_left_nothing_that_is_damaged(tmp_path: Path) -> None:
    database.connect(tmp_path / "dtms.db", DAILY).close()
    prepared = preparing.prepare(tmp_path, DAILY, UTC, StoreLock(tmp_path / "dtms.db"))
    prepared.connection.close()

    assert prepared.quarantined is None


def test_the_columns_of_another_version_are_not_judged_by_this_one(tmp_path: Path) -> None:
    """Else a store that an earlier program left would be taken for a damaged one."""
    path = tmp_path / "dtms.db"
    with closing(database.connect(path, DAILY)) as connection:
        connection.execute(f"PRAGMA application_id = {database.APPLICATION_ID}")
        schema.migrate(connection, path, UTC, 1)
        connection.execute("ALTER TABLE trades DROP COLUMN mark")

    assert database.look_over(path).version == 1
