"""When a trade is looked at again: at a price, at a time, or when an older close is out of the way."""

from typing import Final

from dtms.defence_names import State
from dtms.engine import close
from dtms.engine.break_even import Verdict, trigger_price
from dtms.engine.decide import Decision
from dtms.engine.defence.cadence import next_fast
from dtms.engine.defence.rules import DefenceRules
from dtms.engine.defence.situation import Situation
from dtms.engine.defence.watch import Watched, levels, next_look, watched
from dtms.engine.market import Market
from dtms.engine.trade import Trade, TradeKey
from dtms.names import Side
from dtms.runtime.book import Book
from dtms.runtime.checks import Checks
from dtms.settings import Settings
from dtms.signal_names import Volatility

# Verdicts after which the same quote must not bring the trade up again at once; a look is made later instead.
_LATER: Final = frozenset({Verdict.BACKING_OFF, Verdict.FROZEN})
_NEVER: Final = frozenset(
    {Verdict.OFF, Verdict.OVER, Verdict.UNDER_WAY, Verdict.NO_RISK, Verdict.ALREADY, Verdict.MOVE, Verdict.CLOSING}
)
_UNARMED: Final = _NEVER | _LATER | {Verdict.HELD}
_ENDING: Final = frozenset({State.CLOSING, State.CLOSED})
_DECIMALS: Final = 9  # prices lie on a grid (reading 3): binary dust would put a level a tick behind the quote that reaches it
_UNWATCHED: Final = Watched(None, None)


class Arming:
    """Trigger prices in the book, and the times of ``checks``."""

    __slots__ = ("_book", "_checks", "_rules", "_settings")

    def __init__(self, book: Book, settings: Settings, rules: DefenceRules) -> None:
        self._book = book
        self._settings = settings
        self._rules = rules
        self._checks = Checks()

    def after(self, decision: Decision, market: Market, now: int, utc: int) -> None:
        """Set triggers and check as the decision leaves the trade."""
        trade, verdict = decision.trade, decision.finding.verdict
        state = self._book.symbol(trade.position.symbol)
        rule = self._settings.break_even
        gain = None if verdict in _UNARMED or state.spec is None else trigger_price(trade, state.spec, rule)
        seen = self._watched(trade, market, now, utc)
        favourable = _nearer(gain, seen.favourable, trade.side)
        if favourable is None and seen.adverse is None:
            state.triggers.disarm(trade.key)
        else:
            state.triggers.arm(trade.key, trade.side, favourable, seen.adverse)
        if verdict in _LATER or (verdict is Verdict.HELD and _held_by_market(trade)):
            self._checks.set(trade.key, max(trade.break_even.not_before, now + self._settings.desk.check_ms))
        if (at := close.next_look(trade)) is not None:  # one whose time has come and that is not ordered waits for an older one
            self._later(trade.key, at, now)
        self._defended(trade, market, now)

    def _defended(self, trade: Trade, market: Market, now: int) -> None:
        """Set when the fast check is due, and what is owed may be tried again."""
        record = trade.defence
        if record is None or record.state is State.CLOSED:
            return
        judgement = None if market.view is None else market.view.judgement
        volatility = Volatility.NORMAL if judgement is None else judgement.volatility
        self._later(trade.key, next_fast(record, volatility, now, self._rules.cadence), now)
        if (at := next_look(trade)) is not None:
            self._later(trade.key, at, now)

    def _later(self, key: TradeKey, at: int, now: int) -> None:
        self._checks.set(key, at if at > now else now + self._settings.desk.check_ms)

    def _watched(self, trade: Trade, market: Market, now: int, utc: int) -> Watched:
        """Return the prices that the defence waits for; one that is reached already brings nothing before the next fast check."""
        record = trade.defence
        if record is None or trade.quarantine is not None or record.state in _ENDING:
            return _UNWATCHED
        now_at = Situation(trade, record, market, self._rules, self._settings.break_even, now, utc)
        found = watched(now_at)
        favourable = found.favourable
        if record.latches.loss and record.risk is not None and market.spec is not None:
            # The emergency may fire again once its depth is left.
            again = -self._rules.cadence.emergency_r * record.risk + market.spec.tick_size
            favourable = _nearer(favourable, round(trade.position.price_open + trade.side.direction * again, _DECIMALS), trade.side)
        if market.quote is None:
            return Watched(found.adverse, favourable)
        price, direction = market.quote.exit_price(trade.side), trade.side.direction
        candidates = [found.adverse] if record.state is State.ARMED else levels(now_at)
        ahead = [level for level in candidates if level is not None and direction * (price - level) > 0]
        return Watched(
            max(ahead, key=lambda level: direction * level, default=None),
            None if favourable is None or direction * (price - favourable) >= 0 else favourable,
        )

    def unwatched(self, trade: Trade, now: int) -> None:
        """What the trade waits for cannot be told: no price brings it up, the clock does."""
        self._book.symbol(trade.position.symbol).triggers.disarm(trade.key)
        self._checks.set(trade.key, now + self._rules.cadence.fast_ms)

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


def _held_by_market(trade: Trade) -> bool:
    """Return whether a rule that may not move the stop now waits for the market, not for an outcome or the end of a hedge."""
    hedged = trade.defence is not None and trade.defence.state is State.HEDGED
    return not hedged and not any(owed.under_way for owed in trade.owed())


def _nearer(one: float | None, other: float | None, side: Side) -> float | None:
    """Return the favourable price that is reached first."""
    if one is None or other is None:
        return other if one is None else one
    return min(one, other, key=lambda price: side.direction * price)
