"""`dtms store` and `dtms backup` as processes, and the store under `dtms run`: judged by status, output and files."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from tests.cli.test_run import free_port, running
from tests.store.made import ACCOUNT, UTC, change, entry, opened, rows

from dtms.store import backup, schema


def dtms(folder: Path, *words: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "dtms.cli.main", *words, "--data", str(folder)],
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
        stdin=subprocess.DEVNULL,
        env=os.environ | {"DTMS_EA_WAIT": "0.3", "DTMS_ZMQ_BIND": "tcp://127.0.0.1:*"},
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A data folder whose store knows an account, 20 open trades, and a copy."""
    with opened(tmp_path) as (journal, told):
        journal.take_epoch(ACCOUNT, 5)
        for token in range(1, 21):
            journal.append(entry(token))
        told.all(21)
    for copy in backup.copies(tmp_path / "backups"):
        copy.path.unlink()
    backup.make(tmp_path / "dtms.db", tmp_path / "backups", UTC, 48)
    return tmp_path


def test_accepting_lets_new_risk_in_again_and_says_for_which_account(folder: Path) -> None:
    assert f"account   {ACCOUNT}, epoch 6; no new risk until: dtms store accept" in dtms(folder, "store", "info").stdout
    accepted = dtms(folder, "store", "accept")

    assert (accepted.returncode, accepted.stdout.strip()) == (0, f"{ACCOUNT} is accepted.")
    assert rows(folder, "SELECT older FROM accounts") == [(0,)]
    assert dtms(folder, "store", "accept").stdout.strip() == "Nothing was in doubt."


def test_an_account_that_nobody_knows_is_wrong_usage(folder: Path) -> None:
    result = dtms(folder, "store", "accept", "7@Nowhere")

    assert result.returncode == 2
    assert "knows no account 7@Nowhere" in result.stderr
    assert rows(folder, "SELECT older FROM accounts") == [(1,)]


def test_info_tells_what_is_there(folder: Path) -> None:
    told = dtms(folder, "store", "info").stdout

    assert "20 open, 0 archived; 20 commands without an answer" in told
    assert "backups   1, the last of 2027-01-15 08:00:00 UTC" in told


def test_info_without_a_store_ends_with_1(tmp_path: Path) -> None:
    assert dtms(tmp_path, "store", "info").returncode == 1


def test_a_whole_copy_is_verified_and_a_damaged_one_ends_with_1(folder: Path) -> None:
    whole = dtms(folder, "backup", "verify")
    assert (whole.returncode, "20 open trades of 1 accounts" in whole.stdout) == (0, True)
    (copy,) = backup.copies(folder / "backups")
    data = bytearray(copy.path.read_bytes())
    data[4_096 * 6 : 4_096 * 7] = b"\xff" * 4_096
    copy.path.write_bytes(data)
    for words in ((), (str(copy.path),)):
        damaged = dtms(folder, "backup", "verify", *words)

        assert damaged.returncode == 1
        assert "is damaged" in damaged.stderr


def test_without_a_copy_there_is_nothing_to_verify_and_an_unknown_file_is_wrong_usage(tmp_path: Path) -> None:
    assert dtms(tmp_path, "backup", "verify").returncode == 1
    assert dtms(tmp_path, "backup", "verify", "nothing.db").returncode == 2
    assert "no copy yet" in dtms(tmp_path, "backup", "list").stdout


def test_copies_are_listed_and_restored(folder: Path) -> None:
    change(folder, "UPDATE trades SET symbol = 'GONE'")
    (copy,) = backup.copies(folder / "backups")
    assert str(copy.path) in dtms(folder, "backup", "list").stdout
    restored = dtms(folder, "backup", "restore", str(copy.path))

    assert restored.returncode == 0
    assert "dtms.db.replaced-" in restored.stdout
    assert rows(folder, "SELECT DISTINCT symbol FROM trades") == [("EURUSD",)]


def test_the_tables_are_led_back_for_an_earlier_program_and_forward_again_and_a_copy_is_made_first(folder: Path) -> None:
    back = dtms(folder, "store", "migrate", "--to", "1")
    assert back.returncode == 0, back.stderr
    assert "are of version 1" in back.stdout
    assert rows(folder, "SELECT count(*) FROM sqlite_master WHERE name = 'hedges'") == [(0,)]
    assert rows(folder, "SELECT count(*) FROM trades WHERE status = 'ACTIVE'") == [(20,)]
    forward = dtms(folder, "store", "migrate")

    assert (forward.returncode, f"version {schema.latest()}" in forward.stdout) == (0, True)
    assert dtms(folder, "store", "migrate").stdout.strip() == f"The tables are of version {schema.latest()}."
    assert len(backup.copies(folder / "backups")) == 3
    with opened(folder) as (journal, _):
        assert len(journal.load(ACCOUNT).trades) == 20


@pytest.mark.parametrize(("to", "status"), [("0", 2), ("99", 2)])
def test_there_are_only_so_many_versions(folder: Path, to: str, status: int) -> None:
    result = dtms(folder, "store", "migrate", "--to", to)

    assert result.returncode == status
    assert f"no version {to}" in result.stderr


def test_the_tables_of_a_later_program_are_left_alone_with_a_sentence(folder: Path) -> None:
    change(folder, "INSERT INTO schema_version VALUES (99, 0)")
    for words in (("store", "migrate"), ("run",)):
        result = dtms(folder, *words)
        assert result.returncode == 1
        assert "has tables of version 99" in result.stderr
        assert "use the later program" in result.stderr

    assert rows(folder, "SELECT max(version) FROM schema_version") == [(99,)]


def test_run_keeps_its_store_in_the_data_folder_and_ends_with_1_where_another_process_works_on_it(tmp_path: Path) -> None:
    with running(tmp_path, free_port()) as first:
        assert rows(tmp_path, "SELECT max(version) FROM schema_version") != [(None,)]
        second = dtms(tmp_path, "run")
        accept = dtms(tmp_path, "store", "accept")
        info = dtms(tmp_path, "store", "info")

        assert second.returncode == 1
        assert f"is in use by process {first.pid}" in second.stderr
        assert (accept.returncode, info.returncode) == (1, 0)
    third = dtms(tmp_path, "run")

    assert "no terminal logged on" in third.stderr


def test_the_store_is_where_the_settings_say(tmp_path: Path) -> None:
    (tmp_path / "dtms.toml").write_text('[store]\npath = "deep/other.sqlite"\nbackups = "copies"\nbackup_ms = 1\n')
    dtms(tmp_path, "run")
    listed = dtms(tmp_path, "backup", "list").stdout

    assert (tmp_path / "deep" / "other.sqlite").exists()
    assert str(tmp_path / "copies" / "dtms-") in listed
    assert not (tmp_path / "dtms.db").exists()
