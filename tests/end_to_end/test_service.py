"""
`dtms run` and the Expert Advisor as two processes, the broker model between them and the test: what happens is seen at the broker.
"""

import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from tests.end_to_end.account import SimulatedAccount, attached

pytestmark = pytest.mark.timeout(180)

ACT = 'mode = "act"\n[adopt]\nscope = "all"\nconfirmed = true\n'
ENTRY, STOP = 1.1000, 1.0990
STOP_IT, WAKE_IT = (getattr(signal, name, signal.SIGTERM) for name in ("SIGSTOP", "SIGCONT"))  # neither is on Windows


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        return port


@contextmanager
def service(folder: Path, port: int, text: str) -> "Iterator[subprocess.Popen[bytes]]":
    folder.mkdir(exist_ok=True)
    (folder / "dtms.toml").write_text(text + f'[link]\nbind = "tcp://127.0.0.1:{port}"\n', encoding="utf-8")
    command = [sys.executable, "-m", "dtms.cli.main", "run", "--data", str(folder), "--wait", "--quiet"]
    with subprocess.Popen(command) as process:
        try:
            yield process
        finally:
            process.kill()


def bought(account: SimulatedAccount) -> int:
    """A position that is watched, and its quote."""
    account.until(lambda: account.shows("link: up"), "the link comes up")
    account.quote(ENTRY - 0.0001, ENTRY)
    ticket: int = account.broker.human_open("EURUSD", 0, 0.10, sl=STOP, tp=1.1100)
    account.until(lambda: account.shows("positions watched: 1"), "the position is seen")
    return ticket


def test_a_trade_that_gains_one_r_has_its_stop_at_break_even_and_keeps_its_target(tmp_path: Path) -> None:
    port = free_port()
    with service(tmp_path / "data", port, ACT), attached(tmp_path, f"127.0.0.1:{port}") as account:
        ticket = bought(account)

        account.quote(ENTRY + 0.0012, ENTRY + 0.0013)

        account.until(lambda: account.stop_of(ticket) > STOP, "the stop moves")
        assert ENTRY < account.stop_of(ticket) < ENTRY + 0.0012
        assert [p.tp for p in account.broker.positions] == [1.1100]


def test_observe_decides_and_sends_nothing(tmp_path: Path) -> None:
    port = free_port()
    with service(tmp_path / "data", port, ""), attached(tmp_path, f"127.0.0.1:{port}") as account:
        ticket = bought(account)
        log = tmp_path / "data/logs/dtms.jsonl"

        account.quote(ENTRY + 0.0012, ENTRY + 0.0013)

        account.until(lambda: "would_move_stop" in log.read_text(encoding="utf-8"), "the decision is written down")
        assert account.stop_of(ticket) == STOP
        assert not account.broker.witness.requests


def test_a_killed_service_is_replaced_and_manages_on(tmp_path: Path) -> None:
    port = free_port()
    with attached(tmp_path, f"127.0.0.1:{port}") as account:
        with service(tmp_path / "data", port, ACT):
            ticket = bought(account)
        account.until(lambda: not account.shows("link: up"), "the loss is shown")
        account.quote(ENTRY + 0.0012, ENTRY + 0.0013)
        with service(tmp_path / "data", port, ACT):
            account.until(lambda: account.stop_of(ticket) > STOP, "the stop moves")

    assert account.broker.witness.stops_widened == 0


def test_a_killed_terminal_comes_back_to_the_same_service(tmp_path: Path) -> None:
    port = free_port()
    with service(tmp_path / "data", port, ACT), attached(tmp_path, f"127.0.0.1:{port}") as account:
        ticket = bought(account)
        account.terminal.kill()
        account.quote(ENTRY + 0.0012, ENTRY + 0.0013)

        account.start()

        account.until(lambda: account.stop_of(ticket) > STOP, "the stop moves")


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGSTOP there")
def test_a_stopped_service_is_told_on_the_chart_and_taken_up_again_when_it_wakes(tmp_path: Path) -> None:
    port = free_port()
    with attached(tmp_path, f"127.0.0.1:{port}") as account, service(tmp_path / "data", port, ACT) as process:
        ticket = bought(account)
        process.send_signal(STOP_IT)
        account.until(lambda: not account.shows("link: up"), "the silence is shown")
        account.quote(ENTRY + 0.0012, ENTRY + 0.0013)

        process.send_signal(WAKE_IT)

        account.until(lambda: account.stop_of(ticket) > STOP, "the stop moves")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        pytest.param("[account]\nlogin = 1\n", "this service is for account 1", id="other-account"),
        pytest.param('[account]\nserver = "Other-Live"\n', "this service is for server Other-Live", id="other-server"),
    ],
)
def test_a_wrong_account_is_refused_with_the_reason_on_chart_and_console(tmp_path: Path, text: str, says: str) -> None:
    port = free_port()
    folder = tmp_path / "data"
    folder.mkdir()
    (folder / "dtms.toml").write_text(f'ea_wait_s = 8\n{text}[link]\nbind = "tcp://127.0.0.1:{port}"\n', encoding="utf-8")
    command = [sys.executable, "-m", "dtms.cli.main", "run", "--data", str(folder)]
    with (
        attached(tmp_path, f"127.0.0.1:{port}") as account,  # first: where it has to be compiled, the service would not wait
        subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process,
    ):
        account.until(lambda: account.shows(says), "the reason is on the chart")
        _, errors = process.communicate(timeout=20)

    assert process.returncode == 1
    assert says in errors
    assert not account.broker.witness.requests
