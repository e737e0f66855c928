"""
What the account rails are read from, carried from one sight of the account to the next (R-1 to R-3).

One value for an account, persisted with it. Money in the account's currency, times ms UTC; a day is the broker's, numbered by the
caller, so that a change of clocks makes no day of its own.
"""

from dataclasses import dataclass, replace
from typing import Final

from dtms.engine.defence.view import RailFigures
from dtms.settings_rails import RailsSettings

_MINUTE_MS: Final = 60_000


@dataclass(frozen=True, slots=True)
class RailMemory:
    """``base`` is the day's; ``peaks`` the highest equity of each of the last minutes as (minute, equity), oldest first."""

    day: int = 0
    base: float | None = None
    equity: float | None = None
    day_hit: bool = False
    peaks: tuple[tuple[int, float], ...] = ()
    hour_until: int = 0
    stops: int = 0


def equity_seen(memory: RailMemory, balance: float, equity: float, *, utc: int, day: int, rails: RailsSettings) -> RailMemory:
    """Take the account's figures; the first ones of a day are its base, as it is the first sight of a process that starts late."""
    if day != memory.day or memory.base is None:
        memory = replace(memory, day=day, base=max(balance, equity), day_hit=False, stops=0 if day != memory.day else memory.stops)
    memory = replace(memory, equity=equity, peaks=_peaks(memory.peaks, equity, utc // _MINUTE_MS, rails.hour_minutes))
    if (loss := _fallen(memory.base, equity)) is not None and loss >= rails.day_loss:
        memory = replace(memory, day_hit=True)
    if (loss := _hour_loss(memory)) is not None and loss >= rails.hour_loss:
        memory = replace(memory, hour_until=utc + rails.hour_minutes * _MINUTE_MS)
    return memory


def money_moved(memory: RailMemory, amount: float, utc: int) -> RailMemory:
    """
    Take a deposit or withdrawal of this time: it is neither gain nor loss.

    Whether the figures of that minute hold it already is not known; they are void until the next ones come.
    """
    base = None if memory.base is None else memory.base + amount
    peaks = tuple((minute, equity + amount) for minute, equity in memory.peaks if minute < utc // _MINUTE_MS)
    return replace(memory, base=base, equity=None, peaks=peaks)


def trade_ended(memory: RailMemory, *, by_stop: bool, profit: float) -> RailMemory:
    """Take the end of a trade: a losing stop counts, a profitable close sets the count back (R-3)."""
    if profit > 0:
        return replace(memory, stops=0)
    return replace(memory, stops=memory.stops + 1) if by_stop and profit < 0 else memory


def figures(memory: RailMemory, utc: int) -> RailFigures:
    """Return what the rails read of the account; news, spread, budget and link are the caller's to add."""
    loss = None if memory.equity is None else _fallen(memory.base, memory.equity)
    return RailFigures(
        day_loss=loss,
        day_hit=memory.day_hit,
        hour_loss=_hour_loss(memory),
        hour_hit=utc < memory.hour_until,
        stops=None if memory.base is None else memory.stops,
    )


def _peaks(peaks: tuple[tuple[int, float], ...], equity: float, minute: int, minutes: int) -> tuple[tuple[int, float], ...]:
    kept = tuple(peak for peak in peaks if minute - minutes < peak[0] < minute)
    same = max((peak[1] for peak in peaks if peak[0] == minute), default=equity)
    return (*kept, (minute, max(same, equity)))


def _hour_loss(memory: RailMemory) -> float | None:
    if memory.equity is None or not memory.peaks:
        return None
    return _fallen(max(equity for _, equity in memory.peaks), memory.equity)


def _fallen(base: float | None, equity: float) -> float | None:
    """Return the loss as a fraction of the base, at least 0; None where the base is no money."""
    return None if base is None or base <= 0 else max(base - equity, 0.0) / base
