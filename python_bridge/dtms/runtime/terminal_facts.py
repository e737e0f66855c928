"""What a terminal tells of itself, of its account and of its symbols, beside positions and quotes."""

from dtms.runtime.book import Book
from dtms.runtime.links import Link, Links
from dtms.runtime.log import Log
from dtms.runtime.risk import Risk
from dtms.runtime.standing import Standings
from dtms.runtime.trader import Trader
from dtms.settings import Settings
from dtms.wire.messages import Account, HandsOff, Heartbeat, SymbolSpec


class TerminalFacts:
    """Of one account's terminals."""

    __slots__ = ("_book", "_links", "_log", "_max_symbols", "_risk", "_standings", "_trader")

    def __init__(
        self, book: Book, links: Links, trader: Trader, settings: Settings, *, standings: Standings, risk: Risk, log: Log
    ) -> None:
        self._book = book
        self._links = links
        self._trader = trader
        self._max_symbols = settings.link.max_symbols
        self._standings = standings
        self._risk = risk
        self._log = log

    def heartbeat(self, link: Link, event: Heartbeat, now: int, utc: int) -> None:
        """Take what the terminal allows and whether hands off is pressed there."""
        if event.permissions != link.permissions or event.hands_off != link.hands_off:
            self._log.add("!", "terminal", permissions=int(event.permissions), hands_off=event.hands_off)
        link.permissions = event.permissions
        link.hands_off = link.session.hands_off = event.hands_off
        self._trader.hold(now, utc, hands_off=self._links.hands_off)

    def hands_off(self, link: Link, event: HandsOff, now: int, utc: int) -> None:
        """Take that hands off was pressed or taken back at a chart."""
        link.hands_off = link.session.hands_off = event.on
        self._trader.hold(now, utc, hands_off=self._links.hands_off)
        self._log.add("!", "hands_off", on=event.on, by=event.by)

    def spec(self, link: Link, event: SymbolSpec, now: int, utc: int) -> None:
        """Take a symbol's specification: trades that waited for it can be looked at."""
        if link.subscribed is None or event.symbol not in link.subscribed.symbols:
            link.has.add(event.symbol)
        if event.symbol not in self._book.symbols and len(self._book.symbols) >= self._max_symbols:
            self._log.add("!", "too_many_symbols", symbol=event.symbol)
            return
        state = self._book.symbol(event.symbol)
        state.spec = event
        for key in tuple(state.trades):
            self._trader.consider(key, event, now, utc)

    def figures(self, link: Link, event: Account, now: int, utc: int) -> None:
        """Take the account's figures."""
        del now
        link.permissions = event.permissions
        self._standings.figures = event
        self._risk.seen(event, utc)
