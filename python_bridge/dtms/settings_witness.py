"""
The second witness, ``[witness]`` of ``dtms.toml``: the MetaTrader5 package beside the Expert Advisor, Windows only.

``auto`` means: on Windows, once ``path`` names the terminal.
"""

import enum
from typing import Annotated

from pydantic import Field, model_validator

from dtms.settings_base import SettingsGroup

Wait = Annotated[int, Field(ge=1, le=86_400_000)]  # ms


class Enabled(enum.StrEnum):
    """Whether the witness is asked."""

    AUTO = "auto"
    ON = "on"
    OFF = "off"


class WitnessSettings(SettingsGroup):
    """Which terminal is asked, how often, and how long it is waited for."""

    enabled: Enabled = Enabled.AUTO
    path: Annotated[str, Field(max_length=1_000)] = ""  # of the terminal's terminal64.exe; the package starts it if it does not run
    portable: bool = False  # the terminal runs with /portable
    every_s: Annotated[int, Field(ge=1, le=86_400)] = 60  # between two comparisons of positions
    timeout_s: Annotated[float, Field(ge=0.05, le=300, allow_inf_nan=False)] = 20.0  # of silence; then the process is ended
    retry_ms: Wait = 1_000  # rest after a process that hung or crashed; doubles with each
    retry_max_ms: Wait = 60_000  # up to this
    most_deals: Annotated[int, Field(ge=1, le=10_000_000)] = 100_000  # of one answer; more is refused, never cut

    @model_validator(mode="after")
    def _named(self) -> "WitnessSettings":
        if self.enabled is Enabled.ON and not self.path:
            raise ValueError("path must name the terminal where enabled is on")
        return self

    def wanted(self, platform: str) -> bool:
        """Return whether the witness is to be asked; ``platform`` as ``sys.platform`` has it."""
        return self.enabled is Enabled.ON or (self.enabled is Enabled.AUTO and platform == "win32" and bool(self.path))
