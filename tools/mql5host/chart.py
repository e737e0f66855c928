"""What a program has drawn on its chart, by the names of MQL5."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mql5host import api


@dataclass(frozen=True, slots=True)
class ChartObject:
    """One object on the chart. Properties by MQL5 name, e.g. strings["OBJPROP_TEXT"]."""

    type: str
    window: int
    integers: Mapping[str, int]
    doubles: Mapping[str, float]
    strings: Mapping[str, str]


def _names(enum: str) -> Mapping[int, str]:
    return {value: name for name, value in api.load().enums[enum].items()}


def chart_object(raw: Mapping[str, Any]) -> ChartObject:
    """An object as the runtime reports it (cpp/chart.cpp), numbers turned into names."""

    def named(kind: str) -> dict[str, Any]:
        names = _names(f"ENUM_OBJECT_PROPERTY_{kind.upper()}")
        return {names.get(int(number), number): value for number, value in raw[f"{kind}s"].items()}

    type_ = _names("ENUM_OBJECT").get(raw["type"], str(raw["type"]))
    return ChartObject(type_, raw["window"], named("integer"), named("double"), named("string"))
