"""What the server does without being asked: stops and targets, stop-out, and swap when the server's day ends."""

from collections.abc import Iterator

from dtms.sim.accounting import Accounting
from dtms.sim.bundle import Bundle
from dtms.sim.execution import Executed, Execution
from dtms.sim.market import Quote
from dtms.sim.mt5 import Reason, SwapMode
from dtms.sim.service import REOPENS, Service
from dtms.sim.spec import DAY_S, SymbolSpec
from dtms.sim.standing import Standing
from dtms.sim.state import Position

_DAY_MS = DAY_S * 1_000
_SATURDAY, _SUNDAY = 6, 0
_YEAR_DAYS = 360  # the banker's year of the interest modes


def _hit(position: Position, quote: Quote) -> tuple[Reason, str] | None:
    """Which level the quote reaches; a buy is closed on the bid, a sell on the ask. The stop goes first."""
    price = quote.bid if position.side == 0 else quote.ask
    direction = position.direction
    if position.sl and (price - position.sl) * direction <= 0:
        return Reason.SL, f"[sl {position.sl:.10g}]"
    if position.tp and (price - position.tp) * direction >= 0:
        return Reason.TP, f"[tp {position.tp:.10g}]"
    return None


class Watch:
    """Acts on quotes and midnights; every act is yielded for delivery."""

    def __init__(self, standing: Standing, accounting: Accounting, execution: Execution, service: Service) -> None:
        self._standing = standing
        self._accounting = accounting
        self._execution = execution
        self._service = service
        self._day: int | None = None

    def on_quote(self, symbol: str) -> Iterator[Executed]:
        """Hits of this symbol at its present quote, then the stop-out. The gap price is the real one."""
        holdings, market = self._standing.holdings, self._standing.market
        book = holdings.books.get(symbol)
        if book is not None and book.positions:
            quote = market.quotes[symbol]
            if book.can_trigger(quote.bid, quote.ask) and market.session_open(symbol):
                yield from self._hits(symbol, quote)
        if holdings.positions:
            yield from self._stop_out()

    def _hits(self, symbol: str, quote: Quote) -> Iterator[Executed]:
        for position in list(self._standing.holdings.of_symbol(symbol)):
            hit = _hit(position, quote)
            if hit is not None:
                yield self._execution.close_by_server(position, *hit)

    def _stop_out(self) -> Iterator[Executed]:
        """The greatest loss goes first, until the margin level is above the stop-out level again."""
        standing = self._standing
        while standing.holdings.positions:
            level = standing.margin_level()
            if standing.margin() <= 0 or level > standing.account.so_so:
                return
            closable = [
                p
                for p in standing.holdings.positions.values()
                if p.symbol in standing.market.quotes and standing.market.session_open(p.symbol)
            ]
            if not closable:
                return
            worst = min(closable, key=standing.profit_of)
            yield self._execution.close_by_server(worst, Reason.SO, f"[so {level:.2f}%]")

    def on_time(self) -> Iterator[Bundle]:
        """Swap for every midnight of the server that was passed since the last call."""
        day = self._standing.market.server_msc // _DAY_MS
        if self._day is None or day <= self._day:  # a clock that stepped back charges no night twice
            self._day = day if self._day is None else self._day
            return
        ended, self._day = range(self._day, day), day
        nights = {name: sum(_nights(spec, d) for d in ended) for name, spec in self._standing.market.specs.items()}
        for position in list(self._standing.holdings.positions.values()):
            yield from self._charged(position, nights[position.symbol])

    def _charged(self, position: Position, nights: int) -> Iterator[Bundle]:
        spec = self._standing.market.specs[position.symbol]
        if spec.swap_mode in REOPENS:
            if nights and spec.name in self._standing.market.quotes:
                yield self._service.reopen_overnight(position, nights)
            return
        amount = self._swap(position, nights)
        if amount:
            bundle = Bundle()
            bundle.position_changed(self._accounting.add_swap(position, amount))
            yield bundle

    def _swap(self, position: Position, nights: int) -> float:
        spec = self._standing.market.specs[position.symbol]
        rate = spec.swap_long if position.side == 0 else spec.swap_short
        amount = rate * position.volume * self._unit(spec, position) * nights
        return round(amount, self._standing.account.currency_digits)

    def _unit(self, spec: SymbolSpec, position: Position) -> float:
        """Deposit currency for a swap of 1 on one lot and night."""
        standing = self._standing
        in_profit = spec.contract_size * standing.rate(spec.currency_profit)
        match spec.swap_mode:
            case SwapMode.POINTS:
                return in_profit * spec.point
            case SwapMode.CURRENCY_SYMBOL:
                return standing.rate(spec.currency_base)
            case SwapMode.CURRENCY_DEPOSIT:
                return 1.0
            case SwapMode.INTEREST_CURRENT:
                quote = standing.market.quotes.get(spec.name)
                return in_profit * (quote.bid if quote else position.price_open) / 100 / _YEAR_DAYS
            case SwapMode.INTEREST_OPEN:
                return in_profit * position.price_open / 100 / _YEAR_DAYS
            case _:
                return 0.0


def _nights(spec: SymbolSpec, day: int) -> int:
    """Nights that the end of a day (days since 1970) is charged with."""
    weekday = (day + 4) % 7
    if weekday in {_SATURDAY, _SUNDAY}:
        return 0
    return 3 if weekday == spec.swap_rollover3days else 1
