"""
The link under CURVE as a user runs it: `dtms keygen`, `dtms run`, and the Expert Advisor with its key file; and the demo.
"""

import json
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from tests.end_to_end.account import attached

pytestmark = pytest.mark.timeout(180)

KEY_FILE = "dtms-terminal.key"
ACT = """
mode = "act"
[adopt]
scope = "all"
confirmed = true
[link]
bind = "tcp://127.0.0.1:{port}"
curve_server_key_file = "keys/server.key_secret"
"""
ENTRY, STOP = 1.1000, 1.0990


def dtms(*words: str | Path) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "dtms.cli.main", *map(str, words)], capture_output=True, text=True, check=False, timeout=150
    )


def keygen(data: Path, files: Path, *words: str) -> None:
    assert dtms("keygen", "--data", data, "--out", files, *words).returncode == 0


def events(data: Path) -> str:
    log = data / "logs" / "dtms.jsonl"
    return log.read_text(encoding="utf-8") if log.is_file() else ""


@contextmanager
def service(data: Path, port: int) -> "Iterator[subprocess.Popen[bytes]]":
    (data / "dtms.toml").write_text(ACT.format(port=port), encoding="utf-8")
    command = [sys.executable, "-m", "dtms.cli.main", "run", "--data", str(data), "--wait", "--quiet"]
    with subprocess.Popen(command) as process:
        try:
            yield process
        finally:
            process.kill()


@pytest.fixture
def port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        free: int = server.getsockname()[1]
        return free


def test_a_stop_is_moved_over_an_encrypted_link_also_behind_a_restart_of_either_side(tmp_path: Path, port: int) -> None:
    data, files = tmp_path / "data", tmp_path / "files"
    keygen(data, files)
    with attached(files, f"127.0.0.1:{port}", KeyFile=KEY_FILE) as account:
        with service(data, port):
            account.until(lambda: account.shows("link: up"), "the link comes up")
            assert account.shows(f"server: 127.0.0.1:{port}, encrypted")
            account.quote(ENTRY - 0.0001, ENTRY)
            ticket = account.broker.human_open("EURUSD", 0, 0.10, sl=STOP, tp=1.1100)
            account.until(lambda: account.shows("positions watched: 1"), "the position is seen")
        account.until(lambda: not account.shows("link: up"), "the loss is shown")
        account.terminal.kill()
        account.start()
        with service(data, port):
            account.until(lambda: account.shows("link: up"), "the link comes up again")
            account.quote(ENTRY + 0.0012, ENTRY + 0.0013)

            account.until(lambda: account.stop_of(ticket) > STOP, "the stop moves")


def test_a_key_that_the_service_does_not_know_is_told_on_the_chart_and_let_in_once_it_is(tmp_path: Path, port: int) -> None:
    data, files = tmp_path / "data", tmp_path / "files"
    keygen(data, files)
    known = data / "keys" / "clients" / "terminal.key"
    text = known.read_bytes()
    known.unlink()
    with service(data, port), attached(files, f"127.0.0.1:{port}", KeyFile=KEY_FILE) as account:
        account.until(lambda: account.shows("does not know the client key of"), "the reason is on the chart")
        account.until(lambda: "refused_key" in events(data), "the service writes it down")

        known.write_bytes(text)

        account.until(lambda: account.shows("link: up"), "the link comes up")


def test_a_service_with_another_key_is_not_spoken_to(tmp_path: Path, port: int) -> None:
    keygen(tmp_path / "mine", tmp_path / "files")
    keygen(tmp_path / "other", tmp_path / "elsewhere")
    with service(tmp_path / "other", port), attached(tmp_path / "files", f"127.0.0.1:{port}", KeyFile=KEY_FILE) as account:
        account.until(lambda: account.shows("whose server key is not that of the key file"), "the reason is on the chart")

        assert not account.shows("link: up")
        assert "logged_on" not in events(tmp_path / "other")


def test_without_a_key_file_the_chart_says_that_one_is_wanted(tmp_path: Path, port: int) -> None:
    data = tmp_path / "data"
    keygen(data, tmp_path / "elsewhere")
    with service(data, port), attached(tmp_path / "files", f"127.0.0.1:{port}") as account:
        account.until(lambda: account.shows("KeyFile"), "the reason is on the chart")
        account.until(lambda: "refused_key" in events(data), "the service writes it down")

        assert not account.shows("link: up")


def test_the_demo_runs_encrypted_with_keys_of_its_own(tmp_path: Path) -> None:
    path = tmp_path / "report.json"

    result = dtms("demo", "--curve", "--speed", "max", "--report", path, "--keep", tmp_path / "kept")

    assert result.returncode == 0, result.stderr
    report = json.loads(path.read_text(encoding="utf-8"))
    assert report["bridge"]["quotes_covered"] == report["terminal"]["ticks_fed"]
    assert report["broker"]["stops_moved"] >= 1
    assert report["bridge"]["refused_keys"] == 0
    assert re.search('curve"?[=:] ?true', events(tmp_path / "kept"), re.IGNORECASE)
