"""When a trade is looked at again: at a price, at a time, or when an older close is out of the way."""

from typing import Final

from dtms.engine import close
from dtms.engine.break_even import Verdict, trigger_price
from dtms.engine.decide import Decision
from dtms.engine.trade import Trade, TradeKey
from dtms.runtime.book import Book
from dtms.runtime.checks import Checks
from dtms.settings import Settings

# Verdicts after which the same quote must not bring the trade up again at once; a look is made later instead.
_LATER: Final = frozenset({Verdict.BACKING_OFF, Verdict.FROZEN})
_NEVER: Final = frozenset(
    {Verdict.OFF, Verdict.OVER, Verdict.UNDER_WAY, Verdict.NO_RISK, Verdict.ALREADY, Verdict.MOVE, Verdict.CLOSING}
)


class Arming:
    """Trigger prices in the book, and the times of ``checks``."""

    __slots__ = ("_book", "_checks", "_settings")

    def __init__(self, book: Book, settings: Settings) -> None:
        self._book = book
        self._settings = settings
        self._checks = Checks()

    def after(self, decision: Decision, now: int) -> None:
        """Set trigger and check as the decision leaves the trade."""
        trade, verdict = decision.trade, decision.finding.verdict
        state = self._book.symbol(trade.position.symbol)
        rule = self._settings.break_even
        price = None if verdict in _NEVER or verdict in _LATER or state.spec is None else trigger_price(trade, state.spec, rule)
        if price is None:
            state.triggers.disarm(trade.key)
        else:
            state.triggers.arm(trade.key, trade.side, price)
        if verdict in _LATER:
            self._checks.set(trade.key, max(trade.break_even.not_before, now + self._settings.desk.check_ms))
        if (at := close.next_look(trade)) is not None:  # one whose time has come and that is not ordered waits for an older one
            self._checks.set(trade.key, at if at > now else now + self._settings.desk.check_ms)

    def soon(self, key: TradeKey, now: int) -> None:
        """Look at the trade after the usual pause."""
        self._checks.set(key, now + self._settings.desk.check_ms)

    def forget(self, trade: Trade) -> None:
        """The trade is gone: closes of its symbol that waited for its own are looked at at once."""
        self._checks.forget(trade.key)
        if self._book.fifo and close.wanted(trade):
            for other in self._book.of_symbol(trade.position.symbol):
                if other.key != trade.key and close.wanted(other):
                    self._checks.set(other.key, 0)

    def take(self, now: int) -> TradeKey | None:
        """Return a trade whose look is due, or None."""
        return self._checks.take(now)
