"""
The numbers of the MetaTrader5 package that are used, as its version ``VERSION`` defines them, and our words for them.

The process compares them with the package that it finds, and says nothing when they differ. ``pytest --network`` compares them
with the wheel that the package index offers now.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from dtms.names import DealEntry, DealType, Reason, Side

VERSION: Final = "5.0.6231"

_SIDES: Final = {"POSITION_TYPE_BUY": (0, Side.BUY), "POSITION_TYPE_SELL": (1, Side.SELL)}
_DEAL_TYPES: Final = {
    "DEAL_TYPE_BUY": (0, DealType.BUY),
    "DEAL_TYPE_SELL": (1, DealType.SELL),
    "DEAL_TYPE_BALANCE": (2, DealType.BALANCE),
}
_ENTRIES: Final = {
    "DEAL_ENTRY_IN": (0, DealEntry.IN),
    "DEAL_ENTRY_OUT": (1, DealEntry.OUT),
    "DEAL_ENTRY_INOUT": (2, DealEntry.INOUT),
    "DEAL_ENTRY_OUT_BY": (3, DealEntry.OUT_BY),
}
_POSITION_REASONS: Final = {
    "POSITION_REASON_CLIENT": (0, Reason.CLIENT),
    "POSITION_REASON_MOBILE": (1, Reason.MOBILE),
    "POSITION_REASON_WEB": (2, Reason.WEB),
    "POSITION_REASON_EXPERT": (3, Reason.EXPERT),
}
_DEAL_REASONS: Final = {
    "DEAL_REASON_CLIENT": (0, Reason.CLIENT),
    "DEAL_REASON_MOBILE": (1, Reason.MOBILE),
    "DEAL_REASON_WEB": (2, Reason.WEB),
    "DEAL_REASON_EXPERT": (3, Reason.EXPERT),
    "DEAL_REASON_SL": (4, Reason.STOP_LOSS),
    "DEAL_REASON_TP": (5, Reason.TAKE_PROFIT),
    "DEAL_REASON_SO": (6, Reason.STOP_OUT),
    "DEAL_REASON_ROLLOVER": (7, Reason.ROLLOVER),
    "DEAL_REASON_VMARGIN": (8, Reason.VARIATION_MARGIN),
    "DEAL_REASON_SPLIT": (9, Reason.SPLIT),  # the package has no name for corporate actions: they become OTHER
}
# Below this the channel between package and terminal is broken, and only a fresh ``initialize`` may mend it.
_ERRORS: Final = {"RES_S_OK": 1, "RES_E_INTERNAL_FAIL": -10_000}
CHANNEL_BROKEN: Final = _ERRORS["RES_E_INTERNAL_FAIL"]

SIDES: Mapping[int, Side] = MappingProxyType(dict(_SIDES.values()))
DEAL_TYPES: Mapping[int, DealType] = MappingProxyType(dict(_DEAL_TYPES.values()))
ENTRIES: Mapping[int, DealEntry] = MappingProxyType(dict(_ENTRIES.values()))
POSITION_REASONS: Mapping[int, Reason] = MappingProxyType(dict(_POSITION_REASONS.values()))
DEAL_REASONS: Mapping[int, Reason] = MappingProxyType(dict(_DEAL_REASONS.values()))

CONSTANTS: Mapping[str, int] = MappingProxyType(
    _ERRORS
    | {
        name: number
        for table in (_SIDES, _DEAL_TYPES, _ENTRIES, _POSITION_REASONS, _DEAL_REASONS)
        for name, (number, _) in table.items()
    }
)


def differences(package: object) -> list[str]:
    """Return a sentence for each constant that the package lacks or has with another number."""
    found = ((name, number, getattr(package, name, None)) for name, number in CONSTANTS.items())
    return [f"{name} is {theirs}, not {ours}" for name, ours, theirs in found if theirs != ours]
