"""Lots that a broker accepts: whole steps, nothing below the minimum, on either side of a cut."""

from math import floor
from typing import Final

from dtms.wire.messages import SymbolSpec

# Volumes are decimal text: a multiple of the step is off by some 1e-12 of a step.
_STEP_DUST: Final = 1e-6
_DECIMALS: Final = 8  # finer than any volume step in use


def whole_steps(lots: float, spec: SymbolSpec) -> float:
    """Return the largest multiple of the volume step that is not above ``lots``."""
    return round(floor(lots / spec.volume_step + _STEP_DUST) * spec.volume_step, _DECIMALS)


def at_least_minimum(lots: float, spec: SymbolSpec) -> bool:
    """Return whether a position may have so many."""
    return lots >= spec.volume_min - spec.volume_step * _STEP_DUST


def left_by_partial(volume: float, share: float, spec: SymbolSpec) -> float | None:
    """Return what remains when this share is closed, None where either part would be below the minimum (D-55)."""
    closed = whole_steps(volume * share, spec)
    left = round(volume - closed, _DECIMALS)
    return left if at_least_minimum(closed, spec) and at_least_minimum(left, spec) else None
