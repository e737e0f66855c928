"""
What the account's rails are read from: losses, stops in a row, the calendar, the commands of the last minute (R-1 to R-4, R-7).

Its memory is kept, once a minute and when something is hit, so that a restart within the day goes on with the day's base.

What needs the server's clock waits for it: releases that a terminal tells before its offset from UTC is known are told only once.
"""

from collections import deque
from dataclasses import replace
from typing import Final

from dtms.engine.defence.news import blackout, currencies, is_stale
from dtms.engine.defence.rail_memory import RailMemory, equity_seen, figures, money_moved, trade_ended
from dtms.engine.defence.view import RailFigures
from dtms.names import DealEntry, DealType, Reason
from dtms.runtime.days import Kept
from dtms.runtime.links import Link, Links
from dtms.settings_rails import RailsSettings
from dtms.wire.messages import Account, CalendarEvent, Deal, PositionClosed, SymbolSpec

_MINUTE_MS: Final = 60_000
_DAY_S: Final = 86_400
_EVENTS_KEPT: Final = 2_000
_SKEW_MS: Final = 10_000  # between the server's clock and ours
_ENDS_KEPT: Final = 1_000


def _standing(memory: RailMemory) -> tuple[object, ...]:
    """Return what has to outlive the process at once; the equity of the minute may wait for its end."""
    minute = memory.peaks[-1][0] if memory.peaks else 0
    return memory.day, memory.base, memory.day_hit, memory.hour_until // _MINUTE_MS, memory.stops, minute


class Risk:
    """One account's."""

    def __init__(self, rails: RailsSettings, links: Links, kept: Kept) -> None:
        self._rails = rails
        self._links = links
        self._kept = kept
        self._memory = kept.rails.memory
        self._since = kept.rails.since  # ms UTC of the figures that are the day's base
        self._moved = set(kept.rails.moved)  # deposits and withdrawals of the day
        self._events: dict[int, CalendarEvent] = {}
        self._calendar_at: int | None = None
        self._looked_at: int | None = None  # when this began
        self._stale = False
        self._early: dict[int, list[CalendarEvent]] = {}  # by session; their times are the server's
        self._sent: deque[int] = deque()
        self._offset_s = 0  # of the server's clock, as it was known last
        self._unseen: dict[int, None] = {}  # positions of ours that were found gone, of whose end nothing was told
        self._exits: dict[int, Deal] = {}  # last closing deals by position, for those that are found gone later

    def seen(self, account: Account, utc: int) -> None:
        """Take the account's figures; its day is the server's. A day that is over does not begin again, whatever the clocks say."""
        link = self._links.manager()
        if link is not None and link.session.offset_s is not None:
            self._offset_s = link.session.offset_s
        day = (utc // 1_000 + self._offset_s) // _DAY_S
        if self._memory.base is not None:
            day = max(day, self._memory.day)
        if self._memory.base is None or day != self._memory.day:
            self._since = utc
            self._moved.clear()
        memory = equity_seen(self._memory, account.balance, account.equity, utc=utc, day=day, rails=self._rails)
        self._become(memory, calm=_standing(memory) == _standing(self._memory))

    def deal(self, link: Link, event: Deal, now: int, utc: int) -> None:
        """Take a deposit or a withdrawal; a terminal that starts tells also those that the day's base holds already."""
        del now, utc
        if event.entry is not DealEntry.IN and event.position_id:
            self._exit(event)
        if event.deal_type is not DealType.BALANCE or link is not self._links.manager() or link.session.offset_s is None:
            return
        if event.ts_event > self._since + _SKEW_MS and event.deal not in self._moved:
            self._moved.add(event.deal)
            self._become(money_moved(self._memory, event.profit, event.ts_event))

    def ended(self, closed: PositionClosed) -> None:
        """Take the end of a managed trade."""
        self._exits.pop(closed.position_id, None)
        self._ended(closed.reason, closed.profit + closed.swap + closed.commission)

    def ended_unseen(self, position_id: int) -> None:
        """A managed trade's position was found gone; how it ended its deal tells, which may be here already or come (R-3)."""
        deal = self._exits.pop(position_id, None)
        if deal is not None:
            self._ended(deal.reason, _result(deal))
            return
        self._unseen[position_id] = None
        _bound(self._unseen)

    def alive(self, position_id: int) -> None:
        """The position is there: what its last closing deal closed was a part of it."""
        self._exits.pop(position_id, None)

    def _exit(self, deal: Deal) -> None:
        if deal.position_id in self._unseen:
            del self._unseen[deal.position_id]
            self._ended(deal.reason, _result(deal))
            return
        self._exits[deal.position_id] = deal
        _bound(self._exits)

    def _ended(self, reason: Reason, profit: float) -> None:
        self._kept.realised(self._memory.day, profit)
        self._become(trade_ended(self._memory, by_stop=reason is Reason.STOP_LOSS, profit=profit))

    def rewrite(self) -> None:
        """Have everything written anew."""
        self._become(self._memory)

    def _become(self, memory: RailMemory, *, calm: bool = False) -> None:
        before, self._memory = self._memory, memory
        if not calm:
            self._kept.write(before, memory, self._since, frozenset(self._moved))

    def released(self, link: Link, event: CalendarEvent, now: int, utc: int) -> None:
        """Take an entry of the calendar; only those that matter, and none of the past, are kept."""
        del now
        if link.session.offset_s is None:
            early = self._early.setdefault(link.session.nonce, [])
            if len(early) < _EVENTS_KEPT and event.importance >= self._rails.news_importance:
                early.append(event)
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

    def stale_calendar(self, utc: int) -> int | None:
        """Return after how many hours without news of the calendar somebody should look (R-4), once; None: not now."""
        if self._looked_at is None:
            self._looked_at = utc
        stale = is_stale(utc - max(self._looked_at, self._calendar_at or 0), self._rails)
        told, self._stale = self._stale, stale
        return self._rails.calendar_stale_h if stale and not told else None

    def offset_known(self, link: Link, offset_s: int, now: int, utc: int) -> None:
        """The server's clock is known: what the calendar told before is as good as what it tells now."""
        for event in self._early.pop(link.session.nonce, ()):
            self.released(link, event.model_copy(update={"ts_release": event.ts_release - offset_s * 1_000}), now, utc)

    def session_over(self, nonce: int) -> None:
        """What a session told and could not be used is void; the next one tells it again."""
        self._early.pop(nonce, None)

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


def _result(deal: Deal) -> float:
    return deal.profit + deal.swap + deal.commission + deal.fee


def _bound(kept: dict[int, Deal] | dict[int, None]) -> None:
    while len(kept) > _ENDS_KEPT:
        del kept[next(iter(kept))]
