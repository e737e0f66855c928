"""
What a row's condition is made of, and its reading with figures, limits and margins.

Conditions are data, so that the diagram, the explanation and the tests see the same thing as the step. A figure that is not known
fulfils no comparison. Limits are numbers, or the path of a setting under ``[defence]``.
"""

import enum
from dataclasses import dataclass
from typing import NamedTuple, Protocol


class Op(enum.StrEnum):
    """How a figure is compared."""

    AT_MOST = "<="
    BELOW = "<"
    AT_LEAST = ">="
    ABOVE = ">"


class Figure(enum.StrEnum):
    """A number that is read from the situation."""

    SCORE = "S"
    GAIN_R = "gain in R"
    LOSS_R = "loss in R"
    AGE_S = "age in s"
    DWELL = "bars in the state"
    BARS_LEFT = "bars left"
    REFUSALS = "refusals of the hedge"
    WARNINGS = "warnings"
    FAMILIES = "families with warnings"
    PAIR_LOSS_R = "loss of the pair in R"


class Flag(enum.StrEnum):
    """Something that is so or is not."""

    SCORED = "a deep check with a valid score"
    SCHEDULED = "the check of a bar's close"
    MAIN_GONE = "the position is gone"
    FAMILY_LEFT = "a hedge or child lives, or may"
    CHOCH = "change of character against the trade"
    CHOCH_CONFIRMED = "confirmed change of character against the trade"
    CHOCH_ENDS = "a change of character always ends the trade"
    RESUMED = "break of structure with the trade since the hedge"
    CONFLUENCE = "hedge confluence"
    GATE = "warnings count"
    HEDGE_LIVES = "the hedge lives"
    HEDGE_FITS = "a hedge is possible"
    HEDGE_COMES = "a hedge is under way"
    HEDGE_SHOWN = "a hedge was shown instead of being opened"
    EQUITY_STOP = "the pair has an equity stop"
    LIFTED = "lifting the hedge was decided"
    LIFTING = "lifting the hedge was decided on this bar"
    MUST_CLOSE = "a rail demands the end"
    FLAT = "position, hedge and children are gone"
    TRAILS = "a break of structure with the trade on this bar, and DTMS trails"
    GAP_TIGHTENS = "a long closure is near, and stops are tightened before it"
    UNPROTECTED = "the position has no stop, and one is to be set"


@dataclass(frozen=True, slots=True)
class Compare:
    """A figure against a limit."""

    figure: Figure
    op: Op
    limit: float | str


@dataclass(frozen=True, slots=True)
class Is:
    """A flag as wanted."""

    flag: Flag
    wanted: bool = True


@dataclass(frozen=True, slots=True)
class Every:
    """All of them; the rest is not read once one fails."""

    of: tuple["Guard", ...]


@dataclass(frozen=True, slots=True)
class Either:
    """At least one of them."""

    of: tuple["Guard", ...]


Guard = Compare | Is | Every | Either


class Reader(Protocol):
    """Where figures, flags and limits come from."""

    def figure(self, figure: Figure) -> float | None:
        """Return the figure, None where it is not known."""

    def flag(self, flag: Flag) -> bool:
        """Return whether it is so."""

    def limit(self, path: str) -> float:
        """Return the setting."""

    def why(self, flag: Flag) -> str:
        """Return what it comes from that it is so, or is not; nothing where the flag says it all."""


class Check(NamedTuple):
    """
    One reading.

    ``margin`` is how far the figure is beyond its limit, negative where it falls short; None without a figure. ``why``: what a flag
    that is so, or is not, comes from.
    """

    name: str
    op: str
    value: float | None
    limit: float | None
    margin: float | None
    holds: bool
    why: str = ""


class Reading(NamedTuple):
    """Whether a guard holds, and everything that was read for it."""

    holds: bool
    checks: tuple[Check, ...]


def every(*of: Guard) -> Every:
    """Return the guard that all of them hold."""
    return Every(of)


def either(*of: Guard) -> Either:
    """Return the guard that one of them holds."""
    return Either(of)


def no(flag: Flag) -> Is:
    """Return the guard that it is not so."""
    return Is(flag, wanted=False)


def read(guard: Guard, reader: Reader) -> Reading:
    """Return whether the guard holds."""
    match guard:
        case Compare():
            check = _compared(guard, reader)
            return Reading(check.holds, (check,))
        case Is():
            so = reader.flag(guard.flag)
            op, why = "is" if guard.wanted else "is not", reader.why(guard.flag)
            check = Check(guard.flag.value, op, None, None, None, so is guard.wanted, why)
            return Reading(check.holds, (check,))
        case Every() | Either():
            return _joined(guard, reader)


def _joined(guard: Every | Either, reader: Reader) -> Reading:
    ends_with = isinstance(guard, Either)
    checks: list[Check] = []
    for part in guard.of:
        reading = read(part, reader)
        checks.extend(reading.checks)
        if reading.holds is ends_with:
            return Reading(ends_with, tuple(checks))
    return Reading(not ends_with, tuple(checks))


def _compared(compare: Compare, reader: Reader) -> Check:
    limit = reader.limit(compare.limit) if isinstance(compare.limit, str) else compare.limit
    value = reader.figure(compare.figure)
    name, op = compare.figure.value, compare.op.value
    if value is None:
        return Check(name, op, None, limit, None, holds=False)
    beyond = limit - value if compare.op in {Op.AT_MOST, Op.BELOW} else value - limit
    holds = beyond > 0 if compare.op in {Op.BELOW, Op.ABOVE} else beyond >= 0
    return Check(name, op, value, limit, beyond, holds)
