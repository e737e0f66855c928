"""`dtms config`: what it prints is a configuration, and the same one."""

import tomllib
from pathlib import Path

import pytest
from typer.testing import CliRunner

from dtms.cli.config import load
from dtms.cli.main import app, main
from dtms.settings import Settings

TEXT = """
mode = "act"
[defence]
preset = "full"
[defence.hedge]
mode = "hedge"
[rails.gap]
guard = "close"
[cadence]
confirm_ms = 7000
[signals.symbols]
"GOLD#" = "XAUUSD"
"""


def shown(folder: Path, *arguments: str) -> str:
    result = CliRunner().invoke(app, ["config", *arguments, "--data", str(folder)])
    assert result.exit_code == 0, result.output
    return result.stdout


def ended_with(folder: Path, command: str) -> object:
    """The exit status of the program."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sys.argv", ["dtms", "config", command, "--data", str(folder)])
        with pytest.raises(SystemExit) as ended:
            main()
    return ended.value.code


def test_what_is_shown_can_be_read_back_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "dtms.toml").write_text(TEXT, encoding="utf-8")
    settings = load(None, tmp_path, {})
    text = shown(tmp_path, "show")

    assert Settings.model_validate(tomllib.loads(text)) == settings
    assert settings != Settings()
    assert 'preset = "full"' in text
    assert "day_loss = 0.02" in text  # a default


def test_only_what_differs_is_shown_on_request(tmp_path: Path) -> None:
    (tmp_path / "dtms.toml").write_text(TEXT, encoding="utf-8")
    found = tomllib.loads(shown(tmp_path, "show", "--changed"))

    assert found == tomllib.loads(TEXT)


def test_a_right_file_is_called_right(tmp_path: Path) -> None:
    (tmp_path / "dtms.toml").write_text(TEXT, encoding="utf-8")

    text = shown(tmp_path, "check")
    assert "right: mode act, defence full" in text
    assert f"from {tmp_path / 'dtms.toml'}" in text


def test_without_a_file_it_says_that_these_are_the_defaults(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert f"there is no {tmp_path / 'dtms.toml'}: these are the defaults" in shown(tmp_path, "check")
    assert shown(tmp_path, "show", "--changed") == "# nothing differs from the defaults\n"

    monkeypatch.setenv("DTMS_MODE", "act")
    text = shown(tmp_path, "check")
    assert "right: mode act" in text
    assert "overridden by DTMS_MODE" in text


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[link]\nbind = "tcp://0.0.0.0:5557"\n', "link.bind"),
        ('[adopt]\nscope = "filter"\n', "needs at least one of"),
        ('[link]\ncurve_server_key_file = "none.key_secret"\n', "link.curve_server_key_file"),
        ('[signals.session]\nzone = "Europe/Atlantis"\n', "Europe/Atlantis"),
    ],
)
def test_what_the_service_would_refuse_at_its_start_is_not_called_right(
    tmp_path: Path, text: str, said: str, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "dtms.toml").write_text(text, encoding="utf-8")

    assert ended_with(tmp_path, "check") == 1
    assert said in capfd.readouterr().err


@pytest.mark.parametrize("command", ["check", "show"])
def test_an_unknown_key_ends_with_1_key_and_line(tmp_path: Path, command: str, capfd: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "dtms.toml").write_text(TEXT + "[defence.levels]\nhedge_at = -6\n", encoding="utf-8")

    assert ended_with(tmp_path, command) == 1
    assert "defence.levels.hedge_at" in capfd.readouterr().err
