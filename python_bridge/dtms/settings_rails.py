"""
The safety limits of account and market: ``[rails]`` of ``dtms.toml``.

A rail blocks what raises risk while it is hit, and also while its figures are not known; what reduces risk it can only put off for
a short while. Shares of money are fractions: 0.02 is two per cent.
"""

import enum
from collections.abc import Iterator
from datetime import date, datetime
from fnmatch import fnmatchcase
from typing import Annotated, Final

from pydantic import BeforeValidator, Field, field_validator

from dtms.settings_base import SettingsGroup

Fraction = Annotated[float, Field(gt=0, le=1, allow_inf_nan=False)]
Minutes = Annotated[int, Field(ge=0, le=10_080)]
Milliseconds = Annotated[int, Field(ge=0, le=86_400_000)]
Count = Annotated[int, Field(ge=1, le=100_000)]
_EPOCH: Final = date(1970, 1, 1).toordinal()


def _closed_day(value: object) -> object:
    """Return the text of a day without trade: a date, and where it is not for every symbol, a pattern of names."""
    if isinstance(value, date) and not isinstance(value, datetime):
        return value.isoformat()  # TOML has dates of its own
    if not isinstance(value, str):
        raise ValueError("a date as YYYY-MM-DD, with or without a pattern of symbols after it, is wanted")  # noqa: TRY004 - pydantic's
    text, *patterns = value.split() or [""]
    if date.fromisoformat(text).isoformat() != text or len(patterns) > 1:
        raise ValueError(f"{value!r} is not YYYY-MM-DD, or YYYY-MM-DD and one pattern of symbols")
    return " ".join((text, *patterns))


ClosedDay = Annotated[str, BeforeValidator(_closed_day), Field(max_length=64)]


class OnLoss(enum.StrEnum):
    """What the daily loss leads to."""

    BLOCK = "block"
    FLATTEN = "flatten"  # and every trade is closed


class GapGuard(enum.StrEnum):
    """What is done before a long closure of the market."""

    OFF = "off"
    WARN = "warn"
    TIGHTEN = "tighten"
    CLOSE = "close"


class GapSettings(SettingsGroup):
    """
    R-9: before a closure of the symbol for longer than ``hours``.

    ``closed_days`` are days of the server that its session table does not know of: holidays. Each is a date, "2026-12-25", for
    every symbol that its table closes for a day or more in the week; or a date and a pattern, "2026-12-25 XAU*", for symbols
    named so.
    """

    guard: GapGuard = GapGuard.WARN
    hours: Annotated[float, Field(gt=0, le=720, allow_inf_nan=False)] = 24.0
    minutes: Annotated[int, Field(ge=1, le=1_440)] = 60  # so long before the last close
    closed_days: Annotated[tuple[ClosedDay, ...], Field(max_length=1_000)] = ()

    @field_validator("closed_days")
    @classmethod
    def _once(cls, days: tuple[str, ...]) -> tuple[str, ...]:
        for i, day in enumerate(days):
            if day in days[:i] or day.split()[0] in days[:i] + days[i + 1 :]:
                raise ValueError(f"{day} is there more than once, or its date is closed for every symbol besides")
        return days

    def closed(self, symbol: str, *, general: bool) -> Iterator[int]:
        """Yield the days since 1970 on which the symbol's market is closed; ``general``: days for every symbol are for it too."""
        for entry in self.closed_days:
            day, *patterns = entry.split()
            if (not patterns and general) or any(fnmatchcase(symbol, pattern) for pattern in patterns):
                yield date.fromisoformat(day).toordinal() - _EPOCH


class RailsSettings(SettingsGroup):
    """R-1 to R-9. R-6, how late a bar may be, is ``signals.charts.late_s``; R-8 is the link's."""

    day_loss: Fraction = 0.02  # of the day's base
    on_day_loss: OnLoss = OnLoss.BLOCK
    hour_loss: Fraction = 0.01  # of equity, within an hour
    hour_minutes: Annotated[int, Field(ge=1, le=1_440)] = 60  # the hour, and how long it blocks
    stops_in_a_row: Count = 3
    news_before_min: Minutes = 30
    news_after_min: Minutes = 15
    news_importance: Annotated[int, Field(ge=1, le=3)] = 3  # MT5: 3 is high
    calendar_stale_h: Annotated[int, Field(ge=1, le=720)] = 24  # then a warning
    spread_factor: Annotated[float, Field(gt=1, le=100, allow_inf_nan=False)] = 2.0  # of the median
    spread_wait_ms: Milliseconds = 60_000  # what reduces risk waits no longer
    modify_every_ms: Annotated[int, Field(ge=0, le=60_000)] = 5_000  # routine moves of one ticket's stop
    ticket_minute: Count = 10  # commands of one ticket, closes apart
    account_minute: Count = 60  # commands of the account, closes apart
    gap: GapSettings = GapSettings()
