"""What a trade has failed at too often, said aloud."""

from dtms.engine.obligation import Stage
from dtms.engine.trade import Trade
from dtms.runtime.counters import TradeCounts
from dtms.runtime.log import Log
from dtms.settings import Settings


class Alarms:
    """Compares a trade with what it was before an event."""

    __slots__ = ("_counts", "_log", "_settings")

    def __init__(self, settings: Settings, counts: TradeCounts, log: Log) -> None:
        self._settings = settings
        self._counts = counts
        self._log = log

    def compare(self, before: Trade, after: Trade) -> None:
        """Say what was given up, and what goes on being tried and has failed several times in a row."""
        position = after.key.position_id
        for name, was, now_is in (("move_stop", before.break_even, after.break_even), ("close", before.close, after.close)):
            if was is not None and now_is is not None and was.under_way and now_is.stage is Stage.GIVEN_UP:
                self._counts.given_up += 1
                self._log.error("given_up", what=name, position=position, attempts=now_is.attempts)
        waits = after.break_even.waits
        if waits == self._settings.break_even.max_attempts > before.break_even.waits:
            self._log.error("not_moved", position=position, attempts=waits)
        self._closing(before, after)

    def _closing(self, before: Trade, after: Trade) -> None:
        was, now_is, alarm = before.close, after.close, self._settings.close.alarm_attempts
        if was is None or now_is is None or not was.under_way or now_is.stage is not Stage.ARMED or now_is.attempts < alarm:
            return
        self._counts.close_alarms += now_is.attempts == alarm
        self._log.error("not_closed", position=after.key.position_id, attempts=now_is.attempts)
