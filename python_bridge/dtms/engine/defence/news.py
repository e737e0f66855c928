"""Releases of the economic calendar that are near (R-4)."""

from collections.abc import Iterable
from typing import Final

from dtms.settings_rails import RailsSettings
from dtms.wire.messages import CalendarEvent, SymbolSpec

_MINUTE_MS: Final = 60_000


def currencies(spec: SymbolSpec) -> frozenset[str]:
    """Return the currencies whose news concern the symbol."""
    return frozenset({spec.currency_base, spec.currency_profit} - {""})


def blackout(events: Iterable[CalendarEvent], concerned: frozenset[str], utc: int, rails: RailsSettings) -> str | None:
    """Return the release because of which nothing is opened now, None where there is none."""
    before, after = rails.news_before_min * _MINUTE_MS, rails.news_after_min * _MINUTE_MS
    for event in events:
        grave = event.importance >= rails.news_importance and event.currency in concerned
        if grave and event.ts_release - before <= utc < event.ts_release + after:
            return f"{event.currency} {event.name}"
    return None


def is_stale(age_ms: int | None, rails: RailsSettings) -> bool:
    """Return whether the calendar is too old to be relied on; one that never came is."""
    return age_ms is None or age_ms > rails.calendar_stale_h * 60 * _MINUTE_MS
