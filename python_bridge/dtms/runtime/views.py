"""What a decision is given to see: quote and specification, and for the defence bars, account, rails and closures."""

from collections.abc import Callable
from typing import Final, NamedTuple

from dtms.engine.defence.closures import closes_weekly, next_closure
from dtms.engine.defence.view import AccountFigures, Closure, Judgement, View
from dtms.engine.market import Market
from dtms.engine.trade import Trade
from dtms.runtime.book import Book
from dtms.runtime.charts import SymbolCharts
from dtms.runtime.markets import Markets
from dtms.runtime.risk import Risk
from dtms.runtime.standing import Standing
from dtms.settings import Settings
from dtms.wire.messages import SymbolSpec

_CLOSURE_MS: Final = 3_600_000  # where no closure is ahead it is looked for again after this


class _Ahead(NamedTuple):
    spec: SymbolSpec
    offset_s: int
    until: int  # ms UTC up to which the closure is the next one
    closure: Closure | None


class Views:
    """Made anew for each decision, of parts that are there."""

    def __init__(self, book: Book, markets: Markets, risk: Risk, settings: Settings, standing: Callable[[int], Standing]) -> None:
        self._book = book
        self._markets = markets
        self._risk = risk
        self._settings = settings
        self._standing = standing
        self._ahead: dict[str, _Ahead] = {}

    def market(self, trade: Trade, now: int, utc: int) -> Market:
        """Return the market of a trade."""
        state = self._book.symbol(trade.position.symbol)
        market = state.market(now - self._settings.desk.quote_age_ms)
        if not (self._markets.on and trade.managed) and trade.defence is None:
            return market
        return market._replace(view=self._view(trade, market.spec, now, utc))

    def judgement(self, trade: Trade) -> Judgement | None:
        """Return what the last closed bars say about a trade."""
        charts = self._markets.of(trade.position.symbol)
        return None if charts is None else charts.judgements.get(trade.side)

    def _view(self, trade: Trade, spec: SymbolSpec | None, now: int, utc: int) -> View:
        standing, symbol = self._standing(now), trade.position.symbol
        charts = self._markets.of(symbol)
        account = standing.figures
        if standing.allowed and symbol not in standing.allowed:
            account = AccountFigures(account.hedging, account.hedge_allowed)
        rails = self._risk.figures(spec, _median(charts), link_up=standing.link_up, now=now, utc=utc)
        ahead = None if spec is None or not spec.sessions else self._closures(symbol, spec, standing.offset_s, utc)
        return View(
            judgement=self.judgement(trade),
            closes=() if charts is None else charts.closes,
            account=account,
            rails=rails,
            closure=None if ahead is None else ahead.closure,
            closures_known=ahead is not None,
        )

    def _closures(self, symbol: str, spec: SymbolSpec, offset_s: int | None, utc: int) -> _Ahead | None:
        """Return the next long closure, None where it is not known; while nobody tells the server's clock, by what it was last."""
        ahead = self._ahead.get(symbol)
        if offset_s is None:
            if ahead is None:
                return None
            offset_s = ahead.offset_s
        if ahead is None or ahead.spec is not spec or ahead.offset_s != offset_s or utc >= ahead.until:
            gap = self._settings.rails.gap
            closed = tuple(gap.closed(symbol, general=closes_weekly(spec.sessions)))
            closure = next_closure(spec.sessions, offset_s, utc, gap.hours, closed)
            until = utc + _CLOSURE_MS if closure is None else closure.starts
            ahead = self._ahead[symbol] = _Ahead(spec, offset_s, until, closure)
        return ahead


def _median(charts: SymbolCharts | None) -> float | None:
    """Return the median spread, None while there are too few samples."""
    return None if charts is None else charts.spreads.median() or None
