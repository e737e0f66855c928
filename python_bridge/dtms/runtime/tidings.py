"""What a terminal's connection tells that changes nothing and that somebody should read."""

from dtms.runtime.links import Link
from dtms.runtime.log import Log
from dtms.runtime.quotes import Move
from dtms.session import events
from dtms.wire import messages


class Tidings:
    """Writes them down, for one account."""

    __slots__ = ("_account", "_log")

    def __init__(self, account: str, log: Log) -> None:
        self._account = account
        self._log = log

    def notice(self, link: Link, event: messages.Notice, now: int, utc: int) -> None:
        """Write down what the Expert Advisor has to say."""
        del link, now, utc
        self._log.add("!", "notice", code=event.code.name.lower(), symbol=event.symbol, value=event.value, text=event.text)

    def moves(self, moves: list[Move]) -> None:
        """Write down symbols whose quotes come from another terminal now, and forget them."""
        for move in moves:
            self._log.add(
                "!", "quotes_moved", account=self._account, symbol=move.symbol, terminal=move.terminal, gap_ms=move.gap_ms
            )
        moves.clear()

    def calendar(self, hours: int | None) -> None:
        """Write down that nothing was heard of the calendar for so long; releases may be missing."""
        if hours is not None:
            self._log.add("!", "calendar_stale", account=self._account, hours=hours)

    def differs(self, link: Link, event: events.DigestDiffers, now: int, utc: int) -> None:
        """Write down that the views of the account have parted; a snapshot is on its way."""
        del event, now, utc
        self._log.add("!", "digest_differs", account=self._account, terminal=link.logon.instance_id)

    def poisoned(self, link: Link, event: events.PoisonAlarm, now: int, utc: int) -> None:
        """Raise the alarm of bad frames."""
        del event, now, utc
        self._log.error("poison_alarm", account=self._account, terminal=link.logon.instance_id)
