"""
What the account's rails are read from: losses, stops in a row, the calendar, the commands of the last minute (R-1 to R-4, R-7).

A restart forgets it: the day's base is then the first sight of the day's figures.
"""

from collections import deque
from dataclasses import replace
from typing import Final

from dtms.engine.defence.news import blackout, currencies
from dtms.engine.defence.rail_memory import RailMemory, equity_seen, figures, money_moved, trade_ended
from dtms.engine.defence.view import RailFigures
from dtms.names import DealType, Reason
from dtms.runtime.links import Link, Links
from dtms.settings_rails import RailsSettings
from dtms.wire.messages import Account, CalendarEvent, Deal, PositionClosed, SymbolSpec

_MINUTE_MS: Final = 60_000
_DAY_S: Final = 86_400
_EVENTS_KEPT: Final = 2_000
_SKEW_MS: Final = 10_000  # between the server's clock and ours


class Risk:
    """One account's."""

    def __init__(self, rails: RailsSettings, links: Links) -> None:
        self._rails = rails
        self._links = links
        self._memory = RailMemory()
        self._since = 0  # ms UTC of the figures that are the day's base
        self._moved: set[int] = set()  # deposits and withdrawals of the day
        self._events: dict[int, CalendarEvent] = {}
        self._calendar_at: int | None = None
        self._sent: deque[int] = deque()

    def seen(self, account: Account, offset_s: int, utc: int) -> None:
        """Take the account's figures; its day is the server's."""
        day = (utc // 1_000 + offset_s) // _DAY_S
        if self._memory.base is None or day != self._memory.day:
            self._since = utc
            self._moved.clear()
        self._memory = equity_seen(self._memory, account.balance, account.equity, utc=utc, day=day, rails=self._rails)

    def deal(self, link: Link, event: Deal, now: int, utc: int) -> None:
        """Take a deposit or a withdrawal; a terminal that starts tells also those that the day's base holds already."""
        del now, utc
        if event.deal_type is not DealType.BALANCE or link is not self._links.manager() or link.session.offset_s is None:
            return
        if event.ts_event > self._since + _SKEW_MS and event.deal not in self._moved:
            self._moved.add(event.deal)
            self._memory = money_moved(self._memory, event.profit, event.ts_event)

    def ended(self, closed: PositionClosed) -> None:
        """Take the end of a managed trade."""
        profit = closed.profit + closed.swap + closed.commission
        self._memory = trade_ended(self._memory, by_stop=closed.reason is Reason.STOP_LOSS, profit=profit)

    def released(self, link: Link, event: CalendarEvent, now: int, utc: int) -> None:
        """Take an entry of the calendar; only those that matter, and none of the past, are kept."""
        del now
        if link.session.offset_s is None:
            return
        self._calendar_at = utc
        if event.importance < self._rails.news_importance:
            self._events.pop(event.value_id, None)
            return
        self._events[event.value_id] = event
        if len(self._events) > _EVENTS_KEPT:
            passed = utc - self._rails.news_after_min * _MINUTE_MS
            self._events = {number: kept for number, kept in self._events.items() if kept.ts_release > passed}
        while len(self._events) > _EVENTS_KEPT:  # a calendar that is full of grave news is none: the nearest count
            self._events.pop(max(self._events, key=lambda number: self._events[number].ts_release))

    def commanded(self, now: int) -> None:
        """Take a command that counts against the budget (monotonic ms)."""
        self._sent.append(now)

    def figures(self, spec: SymbolSpec | None, spread_median: float | None, *, link_up: bool, now: int, utc: int) -> RailFigures:
        """Return what the rails read for a trade of this symbol."""
        while self._sent and now - self._sent[0] >= _MINUTE_MS:
            self._sent.popleft()
        near = None if spec is None else blackout(self._events.values(), currencies(spec), utc, self._rails)
        return replace(
            figures(self._memory, utc),
            blackout=near,
            calendar_age_ms=None if self._calendar_at is None else utc - self._calendar_at,
            spread_median=spread_median,
            commands_minute=len(self._sent),
            link_up=link_up,
        )
