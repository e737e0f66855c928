"""Time zones as the engine takes them: a table of when which offset from UTC begins."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from dtms.errors import ConfigError

_HOUR_S = 3_600


def zone_table(name: str, from_ms: int, to_ms: int) -> tuple[tuple[int, int], ...]:
    """
    Return (from ms UTC, seconds ahead of UTC) for every change in a span of time, oldest first; nothing for an empty name.

    Raises:
        ConfigError: there is no such zone.
    """
    if not name:
        return ()
    try:
        zone = ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise ConfigError("signals.session.zone", name, None, "there is no such time zone") from error
    table: list[tuple[int, int]] = []
    # Zones change on the hour or on a half of it, and never twice within a day.
    for second in range(from_ms // 1_000 // _HOUR_S * _HOUR_S, to_ms // 1_000 + 1, _HOUR_S // 2):
        offset = datetime.fromtimestamp(second, UTC).astimezone(zone).utcoffset()
        seconds = int(offset.total_seconds()) if offset is not None else 0
        if not table or table[-1][1] != seconds:
            table.append((second * 1_000, seconds))
    return tuple(table)
