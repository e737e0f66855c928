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

    assert "right: mode act, defence full" in shown(tmp_path, "check")


@pytest.mark.parametrize("command", ["check", "show"])
def test_an_unknown_key_ends_with_1_key_and_line(tmp_path: Path, command: str, capfd: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "dtms.toml").write_text(TEXT + "[defence.levels]\nhedge_at = -6\n", encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sys.argv", ["dtms", "config", command, "--data", str(tmp_path)])
        with pytest.raises(SystemExit) as ended:
            main()

    assert ended.value.code == 1
    assert "defence.levels.hedge_at" in capfd.readouterr().err
