"""The base of every group of settings: frozen, an unknown key is an error; and the kinds of number that several groups use."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

BarCount = Annotated[int, Field(ge=1, le=100_000)]
Positive = Annotated[float, Field(gt=0, le=1_000, allow_inf_nan=False)]
Share = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]


class SettingsGroup(BaseModel):
    """One table of ``dtms.toml``."""

    model_config = ConfigDict(frozen=True, strict=False, extra="forbid")
