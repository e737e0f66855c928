"""Who may change a trade: the state machine's rows of the authority matrix (7.3), read before every order (AC-27)."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, NamedTuple

from dtms.defence_names import Action, Owner, State
from dtms.settings_defence import Preset


class Authority(NamedTuple):
    """What DTMS may do with a trade of this owner."""

    normal: bool
    defensive: bool


MATRIX: Final[Mapping[Owner, Authority]] = MappingProxyType(
    {
        Owner.DTMS: Authority(normal=True, defensive=True),
        Owner.USM: Authority(normal=False, defensive=True),
        Owner.LEGACY: Authority(normal=True, defensive=True),
        Owner.NOBODY: Authority(normal=True, defensive=True),
        Owner.FOREIGN: Authority(normal=False, defensive=False),
    }
)

# What each preset does. Where a state is to be left that only its own actions lead out of, no permission is asked.
PRESETS: Final[Mapping[Preset, frozenset[Action]]] = MappingProxyType(
    {
        Preset.OFF: frozenset(),
        Preset.GUARD: frozenset({Action.TIGHTEN, Action.PROTECT}),
        Preset.FULL: frozenset(Action),
    }
)


def permitted(owner: Owner, state: State, preset: Preset) -> frozenset[Action]:
    """Return what may be done with a trade in this state."""
    authority = MATRIX[owner]
    may = authority.defensive if state.defensive else authority.normal
    return PRESETS[preset] if may else frozenset()
