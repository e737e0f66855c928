"""Terminals that come and go: who is taken, in which role, resumed or afresh, and what the next manager begins with (R06, R09)."""

from collections.abc import Callable

from dtms.names import RefuseWhy, Role
from dtms.runtime.book import Book
from dtms.runtime.counters import Counters
from dtms.runtime.gate import Refusal
from dtms.runtime.links import Link
from dtms.runtime.log import Log
from dtms.runtime.markets import Markets
from dtms.runtime.quotes import Quotes
from dtms.runtime.reign import Reign
from dtms.runtime.subscriptions import Subscriptions
from dtms.runtime.trader import Trader
from dtms.runtime.welcome import answer
from dtms.session import events
from dtms.session.openings import Openings
from dtms.session.peer import Peer
from dtms.session.session import Session
from dtms.settings import Settings
from dtms.wire import messages

Take = Callable[[Link, events.Event, int, int], None]


class Admission:
    """One account's."""

    def __init__(
        self,
        reign: Reign,
        book: Book,
        settings: Settings,
        *,
        config_digest: str,
        trader: Trader,
        markets: Markets,
        quotes: Quotes,
        subscriptions: Subscriptions,
        take: Take,
        counters: Counters,
        log: Log,
    ) -> None:
        self._reign = reign
        self._links = reign.links
        self._book = book
        self._settings = settings
        self._config_digest = config_digest
        self._trader = trader
        self._markets = markets
        self._quotes = quotes
        self._subscriptions = subscriptions
        self._take = take  # what the end of a connection brings
        self._counters = counters
        self._log = log
        self._managed_by: Link | None = None  # the manager's last connection
        self._openings = Openings()

    def welcome(self, peer: Peer, logon: messages.Logon, now: int, *, entropy: str = "") -> Link | Refusal:
        """Accept a terminal of this account, in its role, resumed or afresh; or say why not."""
        if self._reign.superseded or logon.highest_epoch_seen > self._reign.epoch:
            self._reign.supersede(logon.highest_epoch_seen)
            return Refusal(RefuseWhy.HIGHER_EPOCH, f"another process took over {self._reign.key} with a higher epoch")
        objection = self._links.objection(logon, now)
        if objection is not None:
            return objection
        for earlier in self._links.earlier_lives(logon):
            self._retire(earlier, now)  # while it is still known as the manager: its end makes the view unknown (R15)
            self._trader.commands.life_ended(earlier.session.nonce, now)
            self._links.by_nonce.pop(earlier.session.nonce, None)
        known = self._links.by_nonce.get(logon.nonce)
        if known is not None:
            self._retire(known, now)
        role = self._links.role_for(logon, now)
        session, resume = self._session(known, logon, now)
        link = Link(peer, session, logon, role, logon.permissions, logon.hands_off)
        link.inherit(known, resume=resume)
        self._links.by_nonce[logon.nonce] = link
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
        self._markets.connected()
        self._book.fifo = self._book.fifo or link.logon.fifo_close
        if resume and before is not None and before.session is link.session:
            self._reign.view_known = link.session.own_digest() is not None
            return
        self._reign.view_known, self._reign.renews = False, True
        if before is not None and before.logon.instance_id != link.logon.instance_id:
            self._reign.risk_off_until = now + self._settings.link.other_terminal_s * 1_000
        self._demote_others(link, now)
        if resume:
            self._reign.ask(link, "manager from here on", now)

    def _demote_others(self, link: Link, now: int) -> None:
        for other in self._links.by_nonce.values():
            if other is not link and other.role is Role.MANAGER:
                other.role = Role.FEED
                self._reign.tell(
                    other, messages.RoleChanged(role=Role.FEED), now
                )  # without a connection its next logon is answered so

    def _session(self, known: Link | None, logon: messages.Logon, now: int) -> tuple[Session, bool]:
        if (
            known is not None
            and logon.highest_epoch_seen == self._reign.epoch
            and known.session.frames_to_resume(logon) is not None
        ):
            return known.session, True
        session = Session(logon.nonce, self._reign.epoch, self._settings.link, self._counters.bridge, now, openings=self._openings)
        return session, False

    def _answer(self, link: Link, now: int, *, resume: bool, entropy: str) -> None:
        poison, digest = self._links.poison_of(link.logon.instance_id), self._config_digest
        answer(link, self._settings, poison, now, config_digest=digest, resume=resume, entropy=entropy)
        self._subscriptions.changed()
        self._log.add(
            "=",
            "logged_on",
            account=self._reign.key,
            terminal=link.logon.instance_id,
            role=link.role.name.lower(),
            epoch=self._reign.epoch,
            resume=resume,
            ea=link.logon.ea_version,
        )

    def _retire(self, link: Link, now: int) -> None:
        for event in link.peer.replaced():
            self._take(link, event, now, 0)
        self.release(link, now, returns=True)

    def release(self, link: Link, now: int, *, returns: bool) -> None:
        """The terminal is silent or gone; what a feed brought another one goes on with."""
        symbols = self._quotes.release(link)
        if symbols:
            self._log.add(
                "!", "quotes_stopped", account=self._reign.key, terminal=link.logon.instance_id, symbols=",".join(symbols)
            )
        if link.role is Role.FEED:
            self._subscriptions.feed_left(symbols, now, returns=returns)

    def promote(self, heir: Link, now: int) -> None:
        """A feed becomes the manager, whose place is vacant."""
        heir.role = Role.MANAGER
        heir.peer.send(messages.RoleChanged(role=Role.MANAGER), now)
        self._subscriptions.changed()
        self._take_over(heir, now, resume=True)
        self._log.add("=", "manager", account=self._reign.key, terminal=heir.logon.instance_id)
