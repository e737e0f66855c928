"""When the second witness is wanted."""

import pytest
from pydantic import ValidationError

from dtms.settings import Settings
from dtms.settings_witness import WitnessSettings


@pytest.mark.parametrize(
    ("enabled", "path", "platform", "wanted"),
    [
        ("auto", "t.exe", "win32", True),
        ("auto", "t.exe", "linux", False),
        ("auto", "", "win32", False),
        ("on", "t.exe", "linux", True),
        ("off", "t.exe", "win32", False),
    ],
)
def test_it_is_asked_on_windows_once_the_terminal_is_named(enabled: str, path: str, platform: str, wanted: bool) -> None:
    settings = Settings.model_validate({"witness": {"enabled": enabled, "path": path}}).witness

    assert settings.wanted(platform) is wanted


def test_on_without_a_terminal_is_refused() -> None:
    with pytest.raises(ValidationError, match="path"):
        WitnessSettings.model_validate({"enabled": "on"})
