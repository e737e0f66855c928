"""What the terminal does by itself when the bridge is silent (R27). The Expert Advisor's own inputs bound all of it."""

import enum
from typing import Annotated

from pydantic import Field, model_validator

from dtms.names import OnSilence
from dtms.settings_base import Positive, SettingsGroup


class Silence(enum.StrEnum):
    """What becomes of a position on silence, as the user writes it."""

    HOLD = "hold"
    TIGHTEN = "tighten"
    CLOSE = "close"

    @property
    def code(self) -> OnSilence:
        """The word of the wire."""
        return OnSilence[self.name]


class AccountLease(SettingsGroup):
    """Another choice for one account."""

    name: Annotated[str, Field(pattern=r"^[0-9]{1,19}@.{1,64}$")]  # LOGIN@SERVER
    on_silence: Silence


class LeaseSettings(SettingsGroup):
    """The plan of each managed position. ``hold`` leaves the stop that the broker keeps, and alarms."""

    on_silence: Silence = Silence.HOLD
    account: Annotated[tuple[AccountLease, ...], Field(max_length=64)] = ()
    trail_r: Positive | None = 1.0  # distance of the trailing stop in R; none: no trailing
    max_hold_s: Annotated[int, Field(ge=1, le=31_536_000)] | None = None  # tighten: the position is closed after so much silence
    require_stop: bool = False  # a position that somebody else opened without a stop gets one too, also while all is well

    @model_validator(mode="after")
    def _once_each(self) -> "LeaseSettings":
        names = [one.name for one in self.account]
        if len(set(names)) < len(names):
            raise ValueError("an account is named twice in lease.account")
        return self

    def of(self, account: str) -> OnSilence:
        """Return what is chosen for an account."""
        return next((one.on_silence for one in self.account if one.name == account), self.on_silence).code
