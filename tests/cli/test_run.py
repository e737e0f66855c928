"""
`dtms run` as a process: how it starts, why it does not, and how it ends. Judged from outside: status, standard error, port.
"""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from dtms.cli import choices
from dtms.cli.run import idle
from dtms.cli.serving import pin
from dtms.settings import AdoptSettings, Mode, Scope, Settings

posix = pytest.mark.skipif(os.name == "nt", reason="signals to one process need a console on Windows")


def command(folder: Path, *words: str) -> list[str]:
    return [sys.executable, "-m", "dtms.cli.main", "run", "--data", str(folder), *words]


def ended(folder: Path, *words: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        command(folder, *words),
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
        stdin=subprocess.DEVNULL,
        env=os.environ | environment,
    )


def written(folder: Path, text: str) -> None:
    (folder / "dtms.toml").write_text(text, encoding="utf-8")


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        return port


def accepts(port: int) -> bool:
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", port)) == 0


@contextmanager
def running(folder: Path, port: int, *words: str) -> "Iterator[subprocess.Popen[str]]":
    environment = os.environ | {"DTMS_ZMQ_BIND": f"tcp://127.0.0.1:{port}"}
    with subprocess.Popen(command(folder, "--wait", *words), stderr=subprocess.PIPE, text=True, env=environment) as process:
        limit = time.monotonic() + 20
        while not accepts(port):
            assert process.poll() is None
            assert time.monotonic() < limit
        yield process
        process.kill()


def test_without_a_terminal_it_ends_with_1_and_says_what_to_do(tmp_path: Path) -> None:
    result = ended(tmp_path, DTMS_EA_WAIT="0.5", DTMS_ZMQ_BIND="tcp://127.0.0.1:*")

    assert result.returncode == 1
    assert "no terminal logged on" in result.stderr
    assert "Attach DtmsBridge" in result.stderr


def test_a_taken_port_is_named_with_its_holder(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        result = ended(tmp_path, DTMS_ZMQ_BIND=f"tcp://127.0.0.1:{port}")

    assert result.returncode == 1
    assert f"127.0.0.1:{port} is taken by" in result.stderr
    if sys.platform == "linux":
        assert f"{os.getpid()}" in result.stderr


@pytest.mark.parametrize(
    ("text", "says"),
    [
        pytest.param("[link]\nheartbeat = 5\n", "line 2: link.heartbeat: there is no such key", id="unknown-key"),
        pytest.param('\nmode = "attack"\n', "line 2: mode: ", id="unknown-mode"),
        pytest.param('[link]\nbind = "tcp://0.0.0.0:5557"\n', "no loopback address", id="open-door"),
        pytest.param('[link]\nbind = "tcp://127.0.0.1.example.org:5557"\n', "no loopback address", id="looks-like-loopback"),
        pytest.param('[link]\nbind = "tcp://127.0.0.1:99999"\n', "no port from 1 to 65535", id="no-such-port"),
        pytest.param('[adopt]\nscope = "all"\nmagic = [5]\n', 'with scope = "filter" only', id="lists-that-nobody-looks-at"),
        pytest.param('[adopt]\nscope = "filter"\n', "needs at least one", id="a-filter-of-nothing"),
        pytest.param("mode = act\n", "line 1", id="not-toml"),
        pytest.param('mode = "act"\n[adopt]\nscope = "all"\n', "confirmed = true", id="act-on-all-without-a-yes"),
    ],
)
def test_a_faulty_configuration_ends_with_1_and_names_key_and_line(tmp_path: Path, text: str, says: str) -> None:
    written(tmp_path, text)

    result = ended(tmp_path)

    assert result.returncode == 1
    assert says in result.stderr


def test_an_unknown_option_is_wrong_usage(tmp_path: Path) -> None:
    assert ended(tmp_path, "--speed", "5").returncode == 2


@posix
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=lambda s: s.name)
def test_it_ends_as_asked_within_5_s_and_frees_its_port(tmp_path: Path, number: signal.Signals) -> None:
    port = free_port()
    with running(tmp_path, port) as process:
        process.send_signal(number)
        process.communicate(timeout=5)

        assert process.returncode == 0
        assert not accepts(port)


def test_a_killed_service_leaves_a_port_that_the_next_one_takes(tmp_path: Path) -> None:
    port = free_port()
    with running(tmp_path, port) as first:
        first.kill()
        first.wait()
    with running(tmp_path, port) as second:
        assert second.poll() is None


def test_act_without_a_scope_says_that_it_manages_nothing_by_itself(tmp_path: Path) -> None:
    result = ended(tmp_path, "--mode", "act", DTMS_EA_WAIT="0.3", DTMS_ZMQ_BIND="tcp://127.0.0.1:*")

    assert "manages no position by itself" in result.stderr


@pytest.mark.parametrize(
    "settings", [Settings(), Settings(mode=Mode.ACT, adopt=AdoptSettings(scope=Scope.FILTER))], ids=["observe", "filter"]
)
def test_where_positions_will_be_looked_after_nothing_is_said(settings: Settings) -> None:
    assert idle(settings) is None


def test_a_pin_that_cannot_be_kept_does_not_end_the_service_and_leaves_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "choices.json").mkdir()
    pin(tmp_path, "1@Demo")
    (tmp_path / "choices.json").rmdir()
    (tmp_path / "file").write_text("in the way")
    pin(tmp_path / "file", "1@Demo")
    assert [path.name for path in tmp_path.iterdir()] == ["file"]
    if os.name == "posix":
        (tmp_path / "nowhere").symlink_to(tmp_path / "missing")  # can be read as empty and not be written
        pin(tmp_path / "nowhere", "1@Demo")
    pin(tmp_path, "1@Demo")

    assert choices.load(tmp_path).pinned == "1@Demo"


def test_the_log_is_one_json_object_a_line(tmp_path: Path) -> None:
    ended(tmp_path, DTMS_EA_WAIT="0.3", DTMS_ZMQ_BIND="tcp://127.0.0.1:*")

    lines = (tmp_path / "logs/dtms.jsonl").read_text(encoding="utf-8").splitlines()
    assert lines
    assert all({"ts", "level", "event"} <= json.loads(line).keys() for line in lines)
