"""Two services on one data folder: the second does not start, or waits its turn; the first one, followed, ends by itself."""

import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from tests.cli.test_run import accepts, free_port, posix

STOP_IT, WAKE_IT = (getattr(signal, name, signal.SIGTERM) for name in ("SIGSTOP", "SIGCONT"))  # neither is on Windows
pytestmark = pytest.mark.timeout(60)

LIMIT_S = 20.0
FILE = "[store]\nrenew_ms = 100\ntakeover_ms = 1000\n"


class Process:
    """A `dtms run`; what it says is read line by line."""

    def __init__(self, popen: "subprocess.Popen[str]", port: int) -> None:
        self.popen = popen
        self.port = port

    def until_said(self, words: str) -> str:
        assert self.popen.stderr is not None
        for line in self.popen.stderr:
            if words in line:
                return line
        raise AssertionError(f"it ended with {self.popen.wait()} and never said: {words}")

    def ends(self) -> tuple[int, str]:
        _, said = self.popen.communicate(timeout=LIMIT_S)
        return self.popen.returncode, said


@contextmanager
def service(folder: Path, *words: str) -> Iterator[Process]:
    port = free_port()
    command = [sys.executable, "-m", "dtms.cli.main", "run", "--wait", "--data", str(folder), "--bind", f"tcp://127.0.0.1:{port}"]
    with subprocess.Popen([*command, *words], stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True) as popen:
        try:
            yield Process(popen, port)
        finally:
            popen.kill()


@contextmanager
def pair(folder: Path) -> Iterator[tuple[Process, Process]]:
    """One that works and one that waits."""
    (folder / "dtms.toml").write_text(FILE, encoding="utf-8")
    with service(folder) as first:
        first.until_said("waiting for the Expert Advisor")
        with service(folder, "--standby") as second:
            assert f"process {first.popen.pid} works on the store" in second.until_said("standing by")
            yield first, second


def test_the_steps_of_a_start_are_said_in_their_order(tmp_path: Path) -> None:
    with service(tmp_path) as one:
        for step in ("configuration:", "store:", "link:"):
            one.until_said(step)


def test_18_a_second_service_ends_with_1_and_names_the_first(tmp_path: Path) -> None:
    with service(tmp_path) as first:
        first.until_said("waiting for the Expert Advisor")
        with service(tmp_path) as second:
            status, said = second.ends()

        assert status == 1
        assert f"in use by process {first.popen.pid}" in said
        assert first.popen.poll() is None


def test_18_one_that_stands_by_keeps_its_address_closed_and_opens_it_when_the_first_is_killed(tmp_path: Path) -> None:
    with pair(tmp_path) as (first, second):
        assert not accepts(second.port)
        first.popen.kill()
        second.until_said("waiting for the Expert Advisor")

        assert accepts(second.port)


@posix
def test_18_it_also_follows_one_that_is_asked_to_end(tmp_path: Path) -> None:
    with pair(tmp_path) as (first, second):
        first.popen.send_signal(signal.SIGTERM)
        assert first.ends()[0] == 0
        second.until_said("waiting for the Expert Advisor")


@posix
def test_19_a_stopped_service_is_followed_and_ends_with_1_once_it_goes_on(tmp_path: Path) -> None:
    with pair(tmp_path) as (first, second):
        first.popen.send_signal(STOP_IT)
        second.until_said("waiting for the Expert Advisor")
        first.popen.send_signal(WAKE_IT)
        status, said = first.ends()

        assert status == 1
        assert f"process {second.popen.pid} has taken over the store" in said
        assert not accepts(first.port)
        assert accepts(second.port)
        assert second.popen.poll() is None


@posix
def test_one_that_stands_by_ends_as_asked(tmp_path: Path) -> None:
    with pair(tmp_path) as (first, second):
        second.popen.send_signal(signal.SIGTERM)

        assert second.ends()[0] == 0
        assert first.popen.poll() is None


def test_the_reason_of_a_failed_start_stands_in_the_log_as_critical(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = f"tcp://127.0.0.1:{server.getsockname()[1]}"
        words = [sys.executable, "-m", "dtms.cli.main", "run", "--data", str(tmp_path), "--bind", address]
        ended = subprocess.run(words, capture_output=True, text=True, check=False, timeout=LIMIT_S, stdin=subprocess.DEVNULL)

    assert ended.returncode == 1
    assert ended.stderr.count("is taken by") == 1
    assert '"level": "critical"' in (tmp_path / "logs/dtms.jsonl").read_text(encoding="utf-8")
