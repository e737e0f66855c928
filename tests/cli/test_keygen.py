"""
`dtms keygen`: what lies where afterwards, who may read it, what is never overwritten; and what `dtms run` makes of it.
"""

import hashlib
import os
import re
import stat
import subprocess
import sys
from pathlib import Path

import pytest
import zmq
from zmq.auth import load_certificate
from zmq.utils import z85

KEYS = '[link]\nbind = "{bind}"\ncurve_server_key_file = "keys/server.key_secret"\n'


def dtms(*words: "str | Path", **environment: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "dtms.cli.main", *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60, env=os.environ | environment)


def keygen(data: Path, *words: "str | Path") -> "subprocess.CompletedProcess[str]":
    return dtms("keygen", "--data", data, *words)


def contents(path: Path) -> dict[str, str]:
    return dict(line.split(" ", 1) for line in path.read_text(encoding="ascii").splitlines())


def tree(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_service_and_terminal_get_keys_that_belong_together(tmp_path: Path) -> None:
    result = keygen(tmp_path)

    assert result.returncode == 0
    assert set(tree(tmp_path)) == {"keys/server.key_secret", "keys/clients/terminal.key", "keys/dtms-terminal.key"}
    public, secret = load_certificate(tmp_path / "keys/server.key_secret")
    assert secret is not None
    assert zmq.curve_public(secret) == public
    client, no_secret = load_certificate(tmp_path / "keys/clients/terminal.key")
    assert no_secret is None
    made = contents(tmp_path / "keys/dtms-terminal.key")
    assert z85.encode(bytes.fromhex(made["server"])) == public
    assert z85.encode(bytes.fromhex(made["client"])) == client == zmq.curve_public(z85.encode(bytes.fromhex(made["secret"])))
    assert (made["dtms-key"], int(made["counter"])) == ("1", 0)


def test_the_key_file_ends_in_the_hash_of_what_stands_before(tmp_path: Path) -> None:
    keygen(tmp_path)

    lines, _, check = (tmp_path / "keys/dtms-terminal.key").read_bytes().partition(b"check ")

    assert check == hashlib.sha256(lines).hexdigest().encode() + b"\n"


def test_it_says_where_the_key_file_goes_and_what_to_type(tmp_path: Path) -> None:
    said = keygen(tmp_path, "--name", "desk-2").stdout

    for words in (
        "MQL5/Files",
        "KeyFile=dtms-desk-2.key",
        'curve_server_key_file = "keys/server.key_secret"',
        str(tmp_path / "keys" / "dtms-desk-2.key"),
    ):
        assert words in said


def test_no_secret_is_printed(tmp_path: Path) -> None:
    result = keygen(tmp_path)

    made = contents(tmp_path / "keys/dtms-terminal.key")
    _, secret = load_certificate(tmp_path / "keys/server.key_secret")
    assert secret is not None
    for text in (made["secret"], made["seed"], secret.decode()):
        assert text not in result.stdout + result.stderr


def test_each_terminal_has_a_key_and_a_seed_of_its_own_and_the_service_keeps_its_pair(tmp_path: Path) -> None:
    keygen(tmp_path, "--name", "one")
    service = (tmp_path / "keys/server.key_secret").read_bytes()

    keygen(tmp_path, "--name", "two", "--out", tmp_path / "MQL5" / "Files")

    one, two = contents(tmp_path / "keys/dtms-one.key"), contents(tmp_path / "MQL5/Files/dtms-two.key")
    assert one["server"] == two["server"]
    assert all(one[name] != two[name] for name in ("client", "secret", "seed"))
    assert (tmp_path / "keys/server.key_secret").read_bytes() == service


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such modes; the user's folders are the user's")
def test_what_is_secret_is_for_the_user_alone(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        keygen(tmp_path)
    finally:
        os.umask(before)

    for name in ("server.key_secret", "dtms-terminal.key"):
        assert stat.S_IMODE((tmp_path / "keys" / name).stat().st_mode) == 0o600


def test_nothing_is_overwritten_without_force(tmp_path: Path) -> None:
    keygen(tmp_path)
    before = tree(tmp_path)

    result = keygen(tmp_path)

    assert result.returncode == 2
    assert "--force" in result.stderr
    assert tree(tmp_path) == before


def test_a_key_file_that_went_to_its_terminal_is_not_replaced_by_accident_either(tmp_path: Path) -> None:
    keygen(tmp_path)
    (tmp_path / "keys/dtms-terminal.key").unlink()
    before = tree(tmp_path)

    assert keygen(tmp_path).returncode == 2
    assert tree(tmp_path) == before


def test_force_replaces_the_terminal_s_keys_and_not_the_service_s(tmp_path: Path) -> None:
    keygen(tmp_path)
    before = tree(tmp_path)

    assert keygen(tmp_path, "--force").returncode == 0

    after = tree(tmp_path)
    assert set(after) == set(before)
    assert {name for name in after if after[name] != before[name]} == {"keys/clients/terminal.key", "keys/dtms-terminal.key"}


@pytest.mark.parametrize("name", ["", "a b", "../x", "a/b", "-x", "x" * 33, "a.b"])
def test_a_name_that_could_leave_the_folder_is_wrong_usage(tmp_path: Path, name: str) -> None:
    result = keygen(tmp_path, f"--name={name}")

    assert result.returncode == 2
    assert tree(tmp_path) == {}


def test_the_common_folder_of_all_terminals_gets_no_key(tmp_path: Path) -> None:
    result = keygen(tmp_path, "--out", tmp_path / "Terminal" / "Common" / "Files")

    assert result.returncode == 2
    assert "common folder" in result.stderr
    assert tree(tmp_path) == {}


def test_a_damaged_pair_of_the_service_is_named_and_left_alone(tmp_path: Path) -> None:
    (tmp_path / "keys").mkdir()
    (tmp_path / "keys/server.key_secret").write_text("public-key = x\n", encoding="ascii")

    result = keygen(tmp_path)

    assert result.returncode == 1
    assert "server.key_secret does not hold a key pair" in result.stderr
    assert len(tree(tmp_path)) == 1


def test_beyond_this_machine_nothing_is_bound_without_keys(tmp_path: Path) -> None:
    (tmp_path / "dtms.toml").write_text('[link]\nbind = "tcp://0.0.0.0:*"\n', encoding="ascii")

    result = dtms("run", "--data", tmp_path, DTMS_EA_WAIT="0.3")

    assert result.returncode == 1
    assert "0.0.0.0:* is no loopback address" in result.stderr
    assert "dtms keygen" in result.stderr


def test_with_keys_it_is_bound_beyond_this_machine(tmp_path: Path) -> None:
    keygen(tmp_path)
    (tmp_path / "dtms.toml").write_text(KEYS.format(bind="tcp://0.0.0.0:*"), encoding="ascii")

    result = dtms("run", "--data", tmp_path, DTMS_EA_WAIT="0.3")

    assert "no terminal logged on at tcp://0.0.0.0:*" in result.stderr
    assert re.search(r"bound address=tcp://0\.0\.0\.0:\d+ mode=observe curve=True known_keys=1", result.stderr)


def test_a_key_file_that_is_named_and_not_there_ends_the_start(tmp_path: Path) -> None:
    (tmp_path / "dtms.toml").write_text(KEYS.format(bind="tcp://127.0.0.1:*"), encoding="ascii")

    result = dtms("run", "--data", tmp_path)

    assert result.returncode == 1
    assert "link.curve_server_key_file: there is no " in result.stderr
