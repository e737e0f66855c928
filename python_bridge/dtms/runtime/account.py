"""
One account on the desk: its terminals, its book, its trader, and which event goes where.

``view_known`` is the account's most important bit: without it nothing is closed, forgotten or commanded (R15).
"""

from collections.abc import Callable, Mapping
from typing import Any

from dtms.engine.signals.regime import Zone
from dtms.errors import LinkLost
from dtms.names import LogoutWhy, Outcome, RefuseWhy, Role
from dtms.runtime.book import Book
from dtms.runtime.counters import Counters
from dtms.runtime.decisions import Entry
from dtms.runtime.family import Family
from dtms.runtime.gate import Refusal
from dtms.runtime.hands import HandsOffRelay
from dtms.runtime.links import ALL_PERMISSIONS, Link, Links
from dtms.runtime.log import Log
from dtms.runtime.markets import Markets
from dtms.runtime.outbox import Outbox
from dtms.runtime.positions import Positions
from dtms.runtime.quotes import Quotes
from dtms.runtime.record import Record
from dtms.runtime.risk import Risk
from dtms.runtime.standing import Standings
from dtms.runtime.subscriptions import Subscriptions
from dtms.runtime.terminal_facts import TerminalFacts
from dtms.runtime.tidings import Tidings
from dtms.runtime.trader import Trader
from dtms.runtime.views import Views
from dtms.runtime.welcome import answer
from dtms.session import events
from dtms.session.commands import COUNTER_BITS, CommandIds, Commands
from dtms.session.openings import Openings
from dtms.session.peer import Peer
from dtms.session.session import Session
from dtms.settings import Settings
from dtms.store.journal import EpochTaken
from dtms.wire import messages

Handler = Callable[[Link, Any, int, int], None]


class Account:
    """LOGIN@SERVER under one epoch."""

    def __init__(
        self,
        taken: EpochTaken,
        settings: Settings,
        *,
        config_digest: str,
        outbox: Outbox,
        counters: Counters,
        log: Log,
        zone: Zone = (),
        keep: Callable[[Entry], None] | None = None,
    ) -> None:
        key, epoch = taken.account, taken.epoch
        self.key = key
        self.epoch = epoch
        self.book = Book(key, settings.link.max_symbols)
        commands, family = Commands(settings.link), Family(self.book)
        self.links = Links(settings.link, commands.may_act_until)
        self.risk = Risk(settings.rails, self.links)
        self.standings = Standings(
            self.links,
            family,
            commands,
            known=lambda: self.view_known,
            barred=lambda now: bool(self.obstacle() or self.risk_off(now)),
        )
        self.markets = Markets(self.book, self.links, settings, zone, tell=self._tell, log=log)
        views = Views(self.book, self.markets, self.risk, settings, self.standings.at)
        self.trader = Trader(
            self.book,
            settings,
            ids=CommandIds(epoch),
            commands=commands,
            family=family,
            outbox=outbox,
            counters=counters,
            log=log,
            record=Record(log, keep),
            digest=config_digest,
            hands=self.hands,
            sees=views.market,
            judgement=views.judgement,
            commanded=self.risk.commanded,
        )
        self.quotes = Quotes(self.book, counters.bridge, self.trader.consider, settings.link.claim_ms)
        self.positions = Positions(
            self.book, self.trader, settings, markets=self.markets, risk=self.risk, counters=counters, log=log
        )
        self.view_known = False
        self.superseded = False
        self._settings = settings
        self._config_digest = config_digest
        self._counters = counters
        self._log = log
        self._store_older = taken.store_older
        self._risk_off_until = 0
        self._evidence: list[int] = []
        self._managed_by: Link | None = None  # the manager's last connection
        self._renew = False  # a fresh session's first snapshot decides what becomes of the commands of the one before
        self._openings = Openings()
        self._tidings = Tidings(key, log)
        self._subscriptions = Subscriptions(self.links, self.book, settings.link, self.markets, self._tell)
        self._relay = HandsOffRelay(self.links, self._tell)
        facts = TerminalFacts(self.book, self.links, self.trader, settings, standings=self.standings, risk=self.risk, log=log)
        self._handlers = self._table(facts)

    def risk_off(self, now: int) -> tuple[str, ...]:
        """Return what keeps new risk off this account."""
        reasons = (
            ("the view is unknown", not self.view_known),
            ("another process took over", self.superseded),
            ("the store is older than the terminal", self._store_older),
            ("bad frames", any(log.alarm for log in self.links.poison.values())),
            ("another terminal took over a moment ago", now < self._risk_off_until),
        )
        return tuple(reason for reason, holds in reasons if holds)

    def hands(self) -> Peer | None:
        """Return the connection that may carry out a command now, or None."""
        link = self.links.manager()
        return None if link is None or self.obstacle() is not None else link.peer

    def obstacle(self) -> str | None:
        """Return why nobody may carry out a command now, or None."""
        link = self.links.manager()
        if link is None or not link.up:
            return "no terminal manages the account now"
        reasons = (
            ("the account's positions are not known now", not self.view_known),
            ("another process took over", self.superseded),
            ("hands off", self.links.hands_off),
            ("the terminal does not allow trading", bool(ALL_PERMISSIONS & ~link.permissions)),
        )
        return next((reason for reason, holds in reasons if holds), None)

    # Logging on

    def welcome(self, peer: Peer, logon: messages.Logon, now: int, *, entropy: str = "") -> Link | Refusal:
        """Accept a terminal of this account, in its role, resumed or afresh; or say why not."""
        if self.superseded or logon.highest_epoch_seen > self.epoch:
            self._supersede(logon.highest_epoch_seen)
            return Refusal(RefuseWhy.HIGHER_EPOCH, f"another process took over {self.key} with a higher epoch")
        objection = self.links.objection(logon, now)
        if objection is not None:
            return objection
        for earlier in self.links.earlier_lives(logon):
            self._retire(earlier, now)  # while it is still known as the manager: its end makes the view unknown (R15)
            self.trader.commands.life_ended(earlier.session.nonce, now)
            self.links.by_nonce.pop(earlier.session.nonce, None)
        known = self.links.by_nonce.get(logon.nonce)
        if known is not None:
            self._retire(known, now)
        role = self.links.role_for(logon, now)
        session, resume = self._session(known, logon, now)
        link = Link(peer, session, logon, role, logon.permissions, logon.hands_off)
        link.inherit(known, resume=resume)
        self.links.by_nonce[logon.nonce] = link
        self._answer(link, now, resume=resume, entropy=entropy)
        if role is Role.MANAGER:
            self._take_over(link, now, resume=resume)
        return link

    def _take_over(self, link: Link, now: int, *, resume: bool) -> None:
        """
        The link manages from here on.

        What other terminals told is not its view, and it knows nothing of the commands that went to them: unless it managed before,
        it begins with a snapshot (R09). After a fresh logon one comes by itself.
        """
        before, self._managed_by = self._managed_by, link
        self.markets.connected()
        self.book.fifo = self.book.fifo or link.logon.fifo_close
        if resume and before is not None and before.session is link.session:
            self.view_known = link.session.own_digest() is not None
            return
        self.view_known, self._renew = False, True
        if before is not None and before.logon.instance_id != link.logon.instance_id:
            self._risk_off_until = now + self._settings.link.other_terminal_s * 1_000
        self._demote_others(link, now)
        if resume:
            self._ask(link, "manager from here on", now)

    def _demote_others(self, link: Link, now: int) -> None:
        for other in self.links.by_nonce.values():
            if other is not link and other.role is Role.MANAGER:
                other.role = Role.FEED
                self._tell(other, messages.RoleChanged(role=Role.FEED), now)  # without a connection its next logon is answered so

    def _session(self, known: Link | None, logon: messages.Logon, now: int) -> tuple[Session, bool]:
        if known is not None and logon.highest_epoch_seen == self.epoch and known.session.frames_to_resume(logon) is not None:
            return known.session, True
        session = Session(logon.nonce, self.epoch, self._settings.link, self._counters.bridge, now, openings=self._openings)
        return session, False

    def _answer(self, link: Link, now: int, *, resume: bool, entropy: str) -> None:
        poison, digest = self.links.poison_of(link.logon.instance_id), self._config_digest
        answer(link, self._settings, poison, now, config_digest=digest, resume=resume, entropy=entropy)
        self._subscriptions.changed()
        self._log.add(
            "=",
            "logged_on",
            account=self.key,
            terminal=link.logon.instance_id,
            role=link.role.name.lower(),
            epoch=self.epoch,
            resume=resume,
            ea=link.logon.ea_version,
        )

    def _retire(self, link: Link, now: int) -> None:
        for event in link.peer.replaced():
            self.take(link, event, now, 0)
        self._release(link, now, returns=True)

    def _release(self, link: Link, now: int, *, returns: bool) -> None:
        """The terminal is silent or gone; what a feed brought another one goes on with."""
        symbols = self.quotes.release(link)
        if symbols:
            self._log.add("!", "quotes_stopped", account=self.key, terminal=link.logon.instance_id, symbols=",".join(symbols))
        if link.role is Role.FEED:
            self._subscriptions.feed_left(symbols, now, returns=returns)

    def _supersede(self, epoch: int) -> None:
        if not self.superseded:
            self.superseded = True
            self._log.error("superseded", account=self.key, own_epoch=self.epoch, seen_epoch=epoch)

    # Events

    def take(self, link: Link, event: events.Event, now: int, utc: int) -> None:
        """Take what a terminal's connection brought."""
        handler = self._handlers.get(type(event))
        if handler is not None:
            handler(link, event, now, utc)

    def _table(self, facts: TerminalFacts) -> Mapping[type, Handler]:
        return {
            messages.Ticks: self.quotes.take,
            messages.Heartbeat: facts.heartbeat,
            messages.SymbolSpec: facts.spec,
            messages.Account: facts.figures,
            messages.PositionOpened: self._position,
            messages.PositionChanged: self._position,
            messages.PositionClosed: self._closed,
            messages.ExecutionReport: self._report,
            messages.HandsOff: facts.hands_off,
            messages.Notice: self._tidings.notice,
            messages.BarClosed: self.markets.bar,
            messages.Bars: self.markets.bars,
            messages.CalendarEvent: self.risk.released,
            messages.Deal: self.risk.deal,
            events.SnapshotArrived: self._snapshot,
            events.SnapshotUnusable: self._unusable,
            events.LinkSilent: self._silent,
            events.LinkBack: self._back,
            events.LinkEnded: self._ended,
            events.DigestDiffers: self._tidings.differs,
            events.OffsetChanged: self._offset,
            events.PoisonAlarm: self._tidings.poisoned,
            events.HigherEpoch: self._higher,
        }

    def _manages(self, link: Link) -> bool:
        return link is self.links.manager()

    def _position(self, link: Link, event: messages.PositionOpened | messages.PositionChanged, now: int, utc: int) -> None:
        if self._manages(link):
            self.positions.present(event, now, utc)

    def _closed(self, link: Link, event: messages.PositionClosed, now: int, utc: int) -> None:
        if self._manages(link):
            self.positions.closed(event, now, utc)

    def _report(self, link: Link, event: messages.ExecutionReport, now: int, utc: int) -> None:
        del link  # whoever executed it tells: a former manager's late report is as true
        if event.outcome is Outcome.STALE_EPOCH:
            self._supersede(event.command_id >> COUNTER_BITS)
        self.trader.report(event, now, utc)

    def _snapshot(self, link: Link, event: events.SnapshotArrived, now: int, utc: int) -> None:
        if not self._manages(link):
            return
        self.positions.reconcile(event, now, utc)
        self.view_known = True
        if self._renew:
            self._renew = False
            self.trader.renew(link.session.nonce, now, utc)
        evidence, self._evidence = self._evidence, []
        self.trader.settle(evidence, now, utc)
        self._log.add("=", "reconciled", account=self.key, positions=len(event.positions))

    def _unusable(self, link: Link, event: events.SnapshotUnusable, now: int, utc: int) -> None:
        del now, utc
        self._lose_view(link, event.why)

    def _silent(self, link: Link, event: events.LinkSilent, now: int, utc: int) -> None:
        del event, utc
        self._release(link, now, returns=True)
        self._lose_view(link, "silence")

    def _back(self, link: Link, event: events.LinkBack, now: int, utc: int) -> None:
        del event, utc
        self._ask(link, "the link was silent", now)

    def _ended(self, link: Link, event: events.LinkEnded, now: int, utc: int) -> None:
        del utc
        link.left_at = now
        self._release(link, now, returns=event.why is not events.End.LOGOUT or event.farewell is LogoutWhy.CHART_CHANGED)
        self._lose_view(link, event.detail)
        if event.why is events.End.LOGOUT and self._manages(link):
            self.links.took_leave(link, now, returns=event.farewell is LogoutWhy.CHART_CHANGED)
            self.trader.commands.life_ended(link.session.nonce, now)
        if event.session_over and self.links.by_nonce.get(link.session.nonce) is link:
            del self.links.by_nonce[link.session.nonce]
        mark = "=" if event.why in {events.End.LOGOUT, events.End.REPLACED} else "!"
        self._log.add(mark, "ended", account=self.key, terminal=link.logon.instance_id, why=event.why.value, detail=event.detail)

    def drop(self, link: Link, why: str, now: int) -> None:
        """Our own code failed on what the terminal brought: it is no longer believed, its next logon starts anew (R26)."""
        self._ended(link, events.LinkEnded(events.End.POISON, why, session_over=True), now, 0)

    def _offset(self, link: Link, event: events.OffsetChanged, now: int, utc: int) -> None:
        del utc
        if event.before is None:
            self._ask(link, "the server's offset from UTC is known now", now)  # what was told so far bears the server's times
        elif event.after is not None:
            self.quotes.turned(link, event.after - event.before)
        if self._manages(link):
            self.markets.turned()
        self._log.add("=", "server_offset", terminal=link.logon.instance_id, before=event.before, after=event.after)

    def _higher(self, link: Link, event: events.HigherEpoch, now: int, utc: int) -> None:
        del link, now, utc
        self._supersede(event.epoch)

    def _lose_view(self, link: Link, why: str) -> None:
        if self._manages(link) and self.view_known:
            self.view_known = False
            self._log.add("!", "view_unknown", account=self.key, why=why)

    def _ask(self, link: Link, why: str, now: int) -> None:
        self._tell(link, link.session.ask_snapshot(why, now), now)

    def _tell(self, link: Link, message: messages.Message, now: int) -> None:
        try:
            link.peer.send(message, now)
        except LinkLost as error:
            self._log.add("!", "not_told", account=self.key, what=type(message).__name__, why=str(error))

    # Time

    def advance(self, now: int, utc: int) -> None:
        """Look at the clock: commands, evidence for those without an answer, a successor for a manager that is gone."""
        self.trader.hold(now, utc, hands_off=self.links.hands_off)
        self.trader.advance(now, utc)
        link = self.links.manager()
        if not self._evidence and link is not None and link.up:
            self._evidence = self.trader.commands.unanswered(now)
            if self._evidence:
                self._ask(link, "commands without an answer", now)
        self.links.forget_old(now)
        heir = self.links.successor(now)
        if heir is not None:
            self._promote(heir, now)
        self.positions.sweep()
        self._relay.advance(now)
        self.markets.advance(now)
        self._subscriptions.advance(now)
        self._tidings.moves(self.quotes.moves)

    def next_check(self, now: int, utc: int) -> bool:
        """
        Do one piece of what is due: bars to be judged, then deep checks, then fast ones; false when there is none.

        While the view is unknown nothing could follow from it.
        """
        if not self.view_known:
            return False
        done = self.markets.step(now, utc)
        if done is None:
            return self.trader.next_check(now, utc)
        symbol, trigger = done
        if trigger is not None:
            self.trader.judged(symbol, trigger)
        return True

    def _promote(self, heir: Link, now: int) -> None:
        heir.role = Role.MANAGER
        heir.peer.send(messages.RoleChanged(role=Role.MANAGER), now)
        self._subscriptions.changed()
        self._take_over(heir, now, resume=True)
        self._log.add("=", "manager", account=self.key, terminal=heir.logon.instance_id)
