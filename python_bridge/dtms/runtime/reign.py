"""
Who may act on an account, and whether its positions are known.

``view_known`` is the account's most important bit: without it nothing is closed, forgotten or commanded (R15).
"""

from typing import Final

from dtms.errors import LinkLost
from dtms.runtime.links import ALL_PERMISSIONS, Link, Links
from dtms.runtime.log import Log
from dtms.session.peer import Peer
from dtms.store.journal import EpochTaken
from dtms.wire.messages import Message

_DISPUTED: Final = "somebody else commands under our mark"


class Reign:
    """
    One account's, under one epoch.

    Attributes:
        risk_off_until: Monotonic ms up to which a change of terminals keeps risk off.
        renews: Whether the next snapshot is a fresh session's first, which decides what becomes of the commands of the one before.
    """

    def __init__(self, taken: EpochTaken, links: Links, log: Log) -> None:
        self.key = taken.account
        self.epoch = taken.epoch
        self.links = links
        self.view_known = False
        self.superseded = False
        self.disputed = False
        self.risk_off_until = 0
        self.renews = False
        self._store_older = taken.store_older
        self._log = log

    def distrust_store(self) -> None:
        """The store was replaced: it may be older than what the terminal has seen (R23)."""
        self._store_older = True

    def risk_off(self, now: int) -> tuple[str, ...]:
        """Return what keeps new risk off this account."""
        reasons = (
            ("the view is unknown", not self.view_known),
            ("another process took over", self.superseded),
            (_DISPUTED, self.disputed),
            ("the store is older than the terminal", self._store_older),
            ("bad frames", any(log.alarm for log in self.links.poison.values())),
            ("another terminal took over a moment ago", now < self.risk_off_until),
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
            (_DISPUTED, self.disputed),
            ("hands off", self.links.hands_off),
            ("the terminal does not allow trading", bool(ALL_PERMISSIONS & ~link.permissions)),
        )
        return next((reason for reason, holds in reasons if holds), None)

    def manages(self, link: Link) -> bool:
        """Return whether a terminal is the manager."""
        return link is self.links.manager()

    def supersede(self, epoch: int) -> None:
        """Another process has the account under a higher epoch."""
        if not self.superseded:
            self.superseded = True
            self._log.error("superseded", account=self.key, own_epoch=self.epoch, seen_epoch=epoch)

    def dispute(self, why: str) -> None:
        """Somebody else commands under our mark: nothing is commanded until a restart, or until the user says that it is over."""
        if not self.disputed:
            self.disputed = True
            self._log.error("second_authority", account=self.key, own_epoch=self.epoch, why=why)

    def confirm(self) -> None:
        """The user has looked: no second authority is there any more."""
        if self.disputed:
            self.disputed = False
            self._log.add("!", "authority_confirmed", account=self.key)

    def lose_view(self, link: Link, why: str) -> None:
        """Positions are known no more, if it is the manager that was lost."""
        if self.manages(link) and self.view_known:
            self.view_known = False
            self._log.add("!", "view_unknown", account=self.key, why=why)

    def ask(self, link: Link, why: str, now: int) -> None:
        """Ask a terminal for a complete snapshot."""
        self.tell(link, link.session.ask_snapshot(why, now), now)

    def tell(self, link: Link, message: Message, now: int) -> None:
        """Send a terminal a message; one that is lost is told nothing."""
        try:
            link.peer.send(message, now)
        except LinkLost as error:
            self._log.add("!", "not_told", account=self.key, what=type(message).__name__, why=str(error))
