"""Which symbols are asked of which terminal: each of one only, and told to it with ``Subscribe`` (R09)."""

from collections.abc import Callable
from typing import Final

from dtms.names import Role
from dtms.runtime.book import Book
from dtms.runtime.charts import TIMEFRAMES
from dtms.runtime.links import Link, Links, Wanted
from dtms.runtime.markets import Markets
from dtms.settings import LinkSettings
from dtms.wire.messages import Message, Subscribe

_LOOK_MS: Final = 200  # without an event the list is looked at this often

Tell = Callable[[Link, Message, int], None]


class Subscriptions:
    """
    The lists of one account's terminals.

    Asked for is what the settings name, and what a feed brought that has left: somebody else goes on with it. A symbol that a feed
    has of its own (its chart, its inputs) is the feed's, unless there are positions in it; every other one is the manager's.
    """

    __slots__ = ("_book", "_due", "_left", "_links", "_markets", "_settings", "_tell")

    def __init__(self, links: Links, book: Book, settings: LinkSettings, markets: Markets, tell: Tell) -> None:
        self._links = links
        self._markets = markets
        self._book = book
        self._settings = settings
        self._tell = tell
        self._left: dict[str, int] = {}  # symbols of feeds that have gone, and since when others are asked for them
        self._due = 0

    def changed(self) -> None:
        """A terminal came, went or got another role: look at once."""
        self._due = 0

    def feed_left(self, symbols: list[str], now: int, *, returns: bool) -> None:
        """A feed no longer brings these; one that may come back soon gets the time for it."""
        for symbol in symbols:
            if len(self._left) < self._settings.max_symbols:
                self._left.setdefault(symbol, now + (self._settings.claim_ms if returns else 0))
        self.changed()

    def advance(self, now: int) -> None:
        """Tell every terminal whose list has changed."""
        if now < self._due:
            return
        self._due = now + _LOOK_MS
        for link, wanted in self._lists(now).items():
            if link.subscribed is None or link.subscribed != wanted:
                link.subscribed = wanted
                self._tell(link, Subscribe(symbols=list(wanted.symbols), timeframes=list(wanted.timeframes)), now)

    def _lists(self, now: int) -> dict[Link, Wanted]:
        up = [link for link in self._links.by_nonce.values() if link.up]
        feeds = [link for link in up if link.role is Role.FEED]
        manager = next((link for link in up if link is self._links.manager()), None)
        lists: dict[Link, list[str]] = {link: [] for link in up}
        for symbol in dict.fromkeys((*self._settings.symbols, *(s for s, since in self._left.items() if now >= since))):
            owner = self._feed_of(symbol, feeds)
            if owner is None:
                owner = manager
            if owner is not None:
                lists[owner].append(symbol)
        told = {link: Wanted(tuple(symbols), self._settings.timeframes) for link, symbols in lists.items()}
        if manager is not None:
            told[manager] = self._with_bars(told[manager])
        return told

    def _with_bars(self, wanted: Wanted) -> Wanted:
        """Return the manager's list with what the defence needs: bars of the symbols in which managed trades are open."""
        symbols = tuple(self._markets.watched())
        if not symbols:
            return wanted
        timeframes = dict.fromkeys((*wanted.timeframes, *TIMEFRAMES))
        return Wanted(tuple(dict.fromkeys((*wanted.symbols, *symbols))), tuple(timeframes))

    def _feed_of(self, symbol: str, feeds: list[Link]) -> Link | None:
        state = self._book.symbols.get(symbol)
        if state is None or state.trades:
            return None
        # Without its server's offset from UTC a feed's quotes cannot be put in order with those of another.
        having = [link for link in feeds if symbol in link.has and link.session.offset_s is not None]
        owner = next((link for link in having if link is state.source), having[0] if having else None)
        if owner is not None and state.source is not owner:
            state.hand_to(owner)
        return owner
