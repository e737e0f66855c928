"""Hands off pressed at a feed's chart: the manager's Expert Advisor is told, so that what waits there stops too."""

from collections.abc import Callable

from dtms.runtime.links import Link, Links
from dtms.wire.messages import HandsOff, Message

Tell = Callable[[Link, Message, int], None]


class HandsOffRelay:
    """
    Passes the button on between the terminals of one account.

    A terminal tells what is in force there, whoever pressed it; what it was told by us is therefore not taken for its own. Only the
    manager carries out commands, so nobody else needs to know.
    """

    __slots__ = ("_links", "_tell")

    def __init__(self, links: Links, tell: Tell) -> None:
        self._links = links
        self._tell = tell

    def advance(self, now: int) -> None:
        """Tell every terminal for which it has changed; one whose own button is on needs nothing more."""
        manager = self._links.manager()
        for link in self._links.by_nonce.values():
            if not link.up:
                continue
            presser = self._presser(link) if link is manager else None
            wanted = presser is not None
            if link.told_off is wanted or (wanted and link.hands_off and link.told_off is False):
                continue
            by = f"chart of {presser.logon.instance_id}" if presser is not None else "bridge"
            self._tell(link, HandsOff(on=wanted, by=by), now)
            link.told_off = wanted

    def _presser(self, but: Link) -> Link | None:
        links = self._links.by_nonce.values()
        return next((link for link in links if link is not but and link.hands_off and not link.told_off), None)
