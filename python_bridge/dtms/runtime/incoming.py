"""What terminals of an account bring: which event goes where."""

from collections.abc import Callable, Mapping
from typing import Any, Protocol

from dtms.names import LogoutWhy, Outcome
from dtms.runtime.authority import Authority
from dtms.runtime.links import Link
from dtms.runtime.log import Log
from dtms.runtime.markets import Markets
from dtms.runtime.positions import Positions
from dtms.runtime.quotes import Quotes
from dtms.runtime.recovery import Recovery
from dtms.runtime.reign import Reign
from dtms.runtime.risk import Risk
from dtms.runtime.terminal_facts import TerminalFacts
from dtms.runtime.tidings import Tidings
from dtms.runtime.trader import Trader
from dtms.session import events
from dtms.session.commands import COUNTER_BITS
from dtms.wire import messages

Handler = Callable[[Link, Any, int, int], None]


class Release(Protocol):
    """Let go of what a terminal brought; ``returns``: it may be back soon."""

    def __call__(self, link: Link, now: int, *, returns: bool) -> None:
        """Do it at that time (monotonic ms)."""


class Incoming:
    """One account's; ``handlers`` by the event's type."""

    def __init__(
        self,
        reign: Reign,
        *,
        facts: TerminalFacts,
        trader: Trader,
        positions: Positions,
        markets: Markets,
        quotes: Quotes,
        risk: Risk,
        tidings: Tidings,
        recovery: Recovery,
        authority: Authority,
        release: Release,
        log: Log,
    ) -> None:
        self._reign = reign
        self._links = reign.links
        self._trader = trader
        self._positions = positions
        self._markets = markets
        self._quotes = quotes
        self._risk = risk
        self._recovery = recovery
        self._authority = authority
        self._release = release
        self._log = log
        self._evidence: list[int] = []  # commands without an answer that a snapshot was asked for
        self.handlers = self._table(facts, risk, tidings)

    def take(self, link: Link, event: events.Event, now: int, utc: int) -> None:
        """Take what a terminal's connection brought."""
        handler = self.handlers.get(type(event))
        if handler is not None:
            handler(link, event, now, utc)

    def _table(self, facts: TerminalFacts, risk: Risk, tidings: Tidings) -> Mapping[type, Handler]:
        return {
            messages.Ticks: self._quotes.take,
            messages.Heartbeat: facts.heartbeat,
            messages.SymbolSpec: facts.spec,
            messages.Account: facts.figures,
            messages.PositionOpened: self._position,
            messages.PositionChanged: self._position,
            messages.PositionClosed: self._closed,
            messages.ExecutionReport: self._report,
            messages.HandsOff: facts.hands_off,
            messages.Notice: tidings.notice,
            messages.BarClosed: self._markets.bar,
            messages.Bars: self._markets.bars,
            messages.CalendarEvent: risk.released,
            messages.Deal: self._deal,
            messages.OrderSeen: self._order,
            events.SnapshotArrived: self._snapshot,
            events.SnapshotUnusable: self._unusable,
            events.LinkSilent: self._silent,
            events.LinkBack: self._back,
            events.LinkEnded: self._ended,
            events.DigestDiffers: tidings.differs,
            events.OffsetChanged: self._offset,
            events.PoisonAlarm: tidings.poisoned,
            events.HigherEpoch: self._higher,
        }

    def _position(self, link: Link, event: messages.PositionOpened | messages.PositionChanged, now: int, utc: int) -> None:
        if self._reign.manages(link):
            self._positions.present(event, now, utc)

    def _closed(self, link: Link, event: messages.PositionClosed, now: int, utc: int) -> None:
        if self._reign.manages(link):
            self._positions.closed(event, now, utc)

    def _report(self, link: Link, event: messages.ExecutionReport, now: int, utc: int) -> None:
        del link  # whoever executed it tells: a former manager's late report is as true
        if event.outcome is Outcome.STALE_EPOCH:
            self._reign.supersede(event.command_id >> COUNTER_BITS)
        self._trader.orders.report(event, now, utc)

    def _snapshot(self, link: Link, event: events.SnapshotArrived, now: int, utc: int) -> None:
        if not self._reign.manages(link):
            return
        self._positions.reconcile(event, now, utc)
        self._reign.view_known = True
        if self._reign.renews:
            self._reign.renews = False
            self._trader.orders.renew(link.session.nonce, now, utc)
        self._recovery.go_on(link, now, utc)
        evidence, self._evidence = self._evidence, []
        self._trader.orders.settle(evidence, now, utc)
        self._log.add("=", "reconciled", account=self._reign.key, positions=len(event.positions))

    def _deal(self, link: Link, event: messages.Deal, now: int, utc: int) -> None:
        self._risk.deal(link, event, now, utc)
        self._authority.deal(link, event)
        if self._positions.deal(event, now, utc) and (manager := self._links.manager()) is not None:
            self._reign.ask(manager, "a position ended while nobody looked; its legs are to be looked for", now)

    def _order(self, link: Link, event: messages.OrderSeen, now: int, utc: int) -> None:
        del now, utc
        self._authority.order(link, event)

    def look_again(self, now: int) -> None:
        """Ask for another snapshot where positions are missing that may still be there."""
        link = self._links.manager()
        if link is not None and link.up and self._reign.view_known and self._recovery.look_again(now):
            self._reign.ask(link, "positions are missing", now)

    def seek_evidence(self, now: int) -> None:
        """Ask for a snapshot where commands are without an answer (R19)."""
        link = self._links.manager()
        if not self._evidence and link is not None and link.up:
            self._evidence = self._trader.commands.unanswered(now)
            if self._evidence:
                self._reign.ask(link, "commands without an answer", now)

    def _unusable(self, link: Link, event: events.SnapshotUnusable, now: int, utc: int) -> None:
        del now, utc
        self._reign.lose_view(link, event.why)

    def _silent(self, link: Link, event: events.LinkSilent, now: int, utc: int) -> None:
        del event, utc
        self._release(link, now, returns=True)
        self._reign.lose_view(link, "silence")

    def _back(self, link: Link, event: events.LinkBack, now: int, utc: int) -> None:
        del event, utc
        self._reign.ask(link, "the link was silent", now)

    def _ended(self, link: Link, event: events.LinkEnded, now: int, utc: int) -> None:
        del utc
        link.left_at = now
        self._release(link, now, returns=event.why is not events.End.LOGOUT or event.farewell is LogoutWhy.CHART_CHANGED)
        self._reign.lose_view(link, event.detail)
        if event.why is events.End.LOGOUT and self._reign.manages(link):
            self._links.took_leave(link, now, returns=event.farewell is LogoutWhy.CHART_CHANGED)
            self._trader.commands.life_ended(link.session.nonce, now)
        if event.session_over and self._links.by_nonce.get(link.session.nonce) is link:
            del self._links.by_nonce[link.session.nonce]
            self._risk.session_over(link.session.nonce)
        mark = "=" if event.why in {events.End.LOGOUT, events.End.REPLACED} else "!"
        self._log.add(
            mark, "ended", account=self._reign.key, terminal=link.logon.instance_id, why=event.why.value, detail=event.detail
        )

    def drop(self, link: Link, why: str, now: int) -> None:
        """Our own code failed on what the terminal brought: it is no longer believed, its next logon starts anew (R26)."""
        self._ended(link, events.LinkEnded(events.End.POISON, why, session_over=True), now, 0)

    def _offset(self, link: Link, event: events.OffsetChanged, now: int, utc: int) -> None:
        if event.after is not None:
            self._risk.offset_known(link, event.after, now, utc)
        if event.before is None:
            self._reign.ask(link, "the server's offset from UTC is known now", now)  # what was told so far bears the server's times
        elif event.after is not None:
            self._quotes.turned(link, event.after - event.before)
        if self._reign.manages(link):
            self._markets.turned()
        self._log.add("=", "server_offset", terminal=link.logon.instance_id, before=event.before, after=event.after)

    def _higher(self, link: Link, event: events.HigherEpoch, now: int, utc: int) -> None:
        del link, now, utc
        self._reign.supersede(event.epoch)
