"""
Settings from file and environment: what is wrong is said with key path and line, and nothing unknown is passed over.
"""

from pathlib import Path

import pytest

from dtms.cli.config import data_folder, load
from dtms.errors import ConfigError
from dtms.settings import Mode, Settings


def written(folder: Path, text: str) -> Path:
    path = folder / "dtms.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_without_a_file_the_defaults_hold(tmp_path: Path) -> None:
    assert load(None, tmp_path, {}) == Settings()


def test_a_file_in_the_data_folder_is_found(tmp_path: Path) -> None:
    written(tmp_path, 'mode = "act"\n[link]\nheartbeat_ms = 500\n')

    settings = load(None, tmp_path, {})

    assert settings.mode is Mode.ACT
    assert settings.link.heartbeat_ms == 500


def test_the_environment_overrides_the_file(tmp_path: Path) -> None:
    path = written(tmp_path, 'mode = "act"\n[link]\nbind = "tcp://127.0.0.1:1"\n')

    settings = load(path, tmp_path, {"DTMS_MODE": "observe", "DTMS_ZMQ_BIND": "tcp://127.0.0.1:2", "DTMS_EA_WAIT": "7.5"})

    assert (settings.mode, settings.link.bind, settings.ea_wait_s) == (Mode.OBSERVE, "tcp://127.0.0.1:2", 7.5)


@pytest.mark.parametrize(
    ("text", "key", "line"),
    [
        pytest.param('\n[link]\nheartbeat_ms = "often"\n', "link.heartbeat_ms", 3, id="wrong-type"),
        pytest.param("[link]\nheartbeat_ms = -1\n", "link.heartbeat_ms", 2, id="out-of-range"),
        pytest.param("[rails]\nday_loss = true\n", "rails.day_loss", 2, id="truth-for-a-number"),
        pytest.param("[rails]\nday_loss = nan\n", "rails.day_loss", 2, id="no-number"),
        pytest.param("[rails]\nday_loss = 1979-05-27\n", "rails.day_loss", 2, id="date-for-a-number"),
        pytest.param('[break_even]\nenabled = "yes"\n', "break_even.enabled", 2, id="word-for-a-truth"),
        pytest.param('[link]\nheartbeat_ms = "500"\n', "link.heartbeat_ms", 2, id="text-for-a-number"),
        pytest.param("ea_wait_s = 1e400\n", "ea_wait_s", 1, id="endless"),
        pytest.param("[link]\nspeed = 1\n", "link.speed", 2, id="unknown-key"),
        pytest.param("[lnik]\n", "lnik", 1, id="unknown-table"),
        pytest.param('mode = "attack"\n', "mode", 1, id="unknown-value"),
        pytest.param("[adopt]\nmagic = [\n 1,\n 'x',\n]\n", "adopt.magic.1", 2, id="inside-a-list"),
        pytest.param("link.heartbeat_ms = 0\n", "link.heartbeat_ms", 1, id="dotted-key"),
        pytest.param("link = 5\n", "link", 1, id="a-value-for-a-table"),
        pytest.param("mode = \n", "", 1, id="not-toml"),
    ],
)
def test_an_error_names_key_and_line(tmp_path: Path, text: str, key: str, line: int) -> None:
    path = written(tmp_path, text)

    with pytest.raises(ConfigError) as caught:
        load(path, tmp_path, {})

    assert (caught.value.key, caught.value.line) == (key, line)
    assert str(path) in str(caught.value)


def test_an_error_of_the_environment_names_the_variable(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="DTMS_MODE"):
        load(None, tmp_path, {"DTMS_MODE": "attack"})


def test_a_file_that_was_named_must_exist(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no such file"):
        load(tmp_path / "other.toml", tmp_path, {})


def test_the_data_folder_is_never_the_working_directory(tmp_path: Path) -> None:
    assert data_folder(None, {}) != Path.cwd()
    assert data_folder(None, {"DTMS_DATA_DIR": str(tmp_path)}) == tmp_path
    assert data_folder(tmp_path / "a", {"DTMS_DATA_DIR": str(tmp_path)}) == tmp_path / "a"
