"""
`dtms account`: what was allowed is there after the process ended, and only what names an account is taken.
"""

import json
import subprocess
import sys
from pathlib import Path

import pytest


def dtms(folder: Path, *words: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "dtms.cli.main", *words, "--data", str(folder)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_an_allowed_account_is_kept_and_can_be_forgotten(tmp_path: Path) -> None:
    assert dtms(tmp_path, "account", "allow", "123@Broker-Live").returncode == 0
    assert "123@Broker-Live" in dtms(tmp_path, "account", "list").stdout
    assert json.loads((tmp_path / "choices.json").read_text())["allowed"] == ["123@Broker-Live"]

    assert dtms(tmp_path, "account", "forget", "123@Broker-Live").returncode == 0

    assert "123@Broker-Live" not in dtms(tmp_path, "account", "list").stdout


@pytest.mark.parametrize("word", ["123", "@Broker", "abc@Broker", "0@Broker", "12@", "12@ x"])
def test_what_is_no_account_is_wrong_usage(tmp_path: Path, word: str) -> None:
    result = dtms(tmp_path, "account", "allow", word)

    assert result.returncode == 2
    assert "LOGIN@SERVER" in result.stderr
    assert not (tmp_path / "choices.json").exists()


def test_a_damaged_file_is_named_and_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / "choices.json").write_text("{", encoding="utf-8")

    result = dtms(tmp_path, "account", "allow", "123@Broker-Live")

    assert result.returncode == 1
    assert "choices.json" in result.stderr
    assert (tmp_path / "choices.json").read_text(encoding="utf-8") == "{"
