"""
The simulated terminal: what a program on a chart can ask, answered from what the broker told.

Property names are the platform's identifiers. Getters return mappings that are never changed afterwards, so a
selected position stays as it was when it was selected. The class satisfies the protocol of the host that runs an
Expert Advisor, without importing it.
"""

from collections import deque
from collections.abc import Iterable, Sequence

from dtms.sim.cache import Cache
from dtms.sim.copies import SYNC_MS, Copies, FirstCopy
from dtms.sim.events import TerminalEvent
from dtms.sim.market import Quote
from dtms.sim.messages import Request, TradeAnswer, Update
from dtms.sim.newsstand import Newsstand
from dtms.sim.records import (
    Record,
    account_record,
    deal_record,
    order_record,
    position_record,
    program_record,
    symbol_facts,
    symbol_record,
    terminal_record,
)
from dtms.sim.spec import SymbolSpec
from dtms.sim.state import Order, Position
from dtms.sim.trading import Call, TradeRequestLike, Trading

_KEPT_LINES = 10_000  # of the Experts log; a run that prints more keeps the end


class SimTerminal:
    """
    One life of a terminal; a restart is another object.

    Args:
        port: the broker's port that requests are sent from.
        watched: symbols of the Market Watch, None for all.
        call: for OrderSend, which waits: hands a request to the broker and returns its answer.
        immediate: OrderSendAsync uses `call` too, so that an early answer is there before it returns.
        local_checks: refuse bad requests without sending them, as OrderCheck would.
        first_copy: what the first CopyTicks of a symbol is like.
        program: MQL_PROGRAM_NAME.

    Attributes:
        trading: permissions of terminal and program, to be changed at will.
        copies: settings of CopyTicks.
        newsstand: the economic calendar; may be told to fail.
        pc_skew_ms: how far the computer's clock is ahead of true time.
        caller: the program that runs now, set by whoever hosts several; its requests and lines bear the name.
        logs, alerts, comment_text: what the program said.
    """

    def __init__(
        self,
        *,
        port: int = 0,
        watched: Iterable[str] | None = None,
        call: Call | None = None,
        immediate: bool = False,
        local_checks: bool = False,
        first_copy: FirstCopy = FirstCopy.READY,
        sync_ms: int = SYNC_MS,
        program: str = "DtmsBridge",
    ) -> None:
        self._cache = Cache(watched)
        self.trading = Trading(self._cache, port, call, immediate=immediate, local_checks=local_checks)
        self.copies = Copies(self._cache, first_copy, sync_ms)
        self.newsstand = Newsstand(self._cache)
        self.pc_skew_ms = 0
        self.logs: deque[str] = deque(maxlen=_KEPT_LINES)
        self.alerts: deque[str] = deque(maxlen=_KEPT_LINES)
        self.comment_text = ""
        self.caller = ""
        self._program = program
        self._now_ms = 0
        self._positions: dict[int, tuple[Position, SymbolSpec, Quote | None, Record]] = {}
        self._orders: dict[int, tuple[Order, Record]] = {}
        self._deals: dict[int, Record] = {}
        self._symbols: dict[str, tuple[SymbolSpec, Quote | None, int, Record]] = {}
        self._facts: dict[str, tuple[SymbolSpec, dict[str, int | float | str]]] = {}
        self._account: tuple[int, Record] | None = None

    # For whoever hosts the terminal

    def apply(self, update: Update) -> None:
        """Take one update of the broker."""
        self._cache.apply(update)

    def apply_all(self, updates: Iterable[Update]) -> None:
        for update in updates:
            self._cache.apply(update)

    def take_requests(self) -> list[Request]:
        """Requests to be handed to the broker."""
        return self.trading.take_requests()

    def take_events(self) -> list[TerminalEvent]:
        """What happened for the program, in order."""
        return self._cache.events.take()

    def step(self, now_ms: int) -> None:
        """Monotonic time, for copies that take a while."""
        self._now_ms = now_ms

    def take_blocked_ms(self) -> int:
        """Monotonic time that calls have blocked the program since this was asked last."""
        blocked, self.trading.blocked_ms = self.trading.blocked_ms, 0
        return blocked + self.copies.take_blocked_ms()

    @property
    def transactions_lost(self) -> int:
        return self._cache.events.transactions_lost

    # Account, terminal, program

    def account(self) -> Record:
        known = self._account
        if known is None or known[0] != self._cache.version:
            known = self._account = (self._cache.version, account_record(self._cache.standing))
        return known[1]

    def terminal_info(self) -> Record:
        return terminal_record(connected=self._cache.connected, algo_button=self.trading.algo_button)

    def program_info(self) -> Record:
        return program_record(trade_allowed=self.trading.program_allowed, name=self._program)

    # Symbols

    def symbol(self, name: str) -> Record | None:
        """None for an unknown symbol; one that is not watched keeps its last values."""
        spec = self._cache.standing.market.specs.get(name)
        if spec is None:
            return None
        quote, selected = self._cache.standing.market.quotes.get(name), int(name in self._cache.watched)
        known = self._symbols.get(name)
        if known is not None and known[0] is spec and known[1] is quote and known[2] == selected:
            return known[3]
        standing = self._cache.standing
        tick_value = spec.tick_size * spec.contract_size * standing.rate(spec.currency_profit)
        record = symbol_record(self._facts_of(spec), quote, self._cache.raw.get(name, (0.0, 0.0)), tick_value, selected)
        self._symbols[name] = (spec, quote, selected, record)
        return record

    def _facts_of(self, spec: SymbolSpec) -> dict[str, int | float | str]:
        known = self._facts.get(spec.name)
        if known is None or known[0] is not spec:
            known = self._facts[spec.name] = (spec, symbol_facts(spec))
        return known[1]

    def symbol_names(self, selected_only: bool) -> Sequence[str]:
        names = self._cache.standing.market.specs
        return [name for name in names if not selected_only or name in self._cache.watched]

    def symbol_select(self, name: str, on: bool) -> bool:
        """A symbol with open positions cannot leave the Market Watch."""
        if name not in self._cache.standing.market.specs:
            return False
        if on:
            self._cache.watch(name)
            return True
        if any(True for _ in self._cache.standing.holdings.of_symbol(name)):
            return False
        self._cache.watched.discard(name)
        return True

    def session(self, symbol: str, day: int, index: int, trade: bool) -> tuple[int, int] | None:
        spec = self._cache.standing.market.specs.get(symbol)
        if spec is None or not 0 <= day < 7:
            return None
        sessions = (spec.trade_sessions if trade else spec.quote_sessions)[day]
        return sessions[index] if 0 <= index < len(sessions) else None

    # Positions, orders, deals

    def positions(self) -> Sequence[int]:
        return list(self._cache.standing.holdings.positions)

    def position(self, ticket: int) -> Record | None:
        position = self._cache.standing.holdings.positions.get(ticket)
        if position is None:
            return None
        market = self._cache.standing.market
        spec, quote = market.specs[position.symbol], market.quotes.get(position.symbol)
        known = self._positions.get(ticket)
        if known is not None and known[0] is position and known[1] is spec and known[2] is quote:
            return known[3]
        price = self._cache.raw.get(position.symbol, (0.0, 0.0))[position.side]
        record = position_record(position, price, self._cache.standing.profit_of(position))
        self._positions[ticket] = (position, spec, quote, record)
        return record

    def orders(self) -> Sequence[int]:
        return list(self._cache.standing.holdings.orders)

    def order(self, ticket: int) -> Record | None:
        return self._order(self._cache.standing.holdings.orders.get(ticket))

    def history_orders(self, from_s: int, to_s: int) -> Sequence[int]:
        return self._cache.standing.holdings.history_between(from_s, to_s)

    def history_order(self, ticket: int) -> Record | None:
        return self._order(self._cache.standing.holdings.history.get(ticket))

    def _order(self, order: Order | None) -> Record | None:
        if order is None:
            return None
        known = self._orders.get(order.ticket)
        if known is None or known[0] is not order:
            known = self._orders[order.ticket] = (order, order_record(order))
        return known[1]

    def deals(self, from_s: int, to_s: int) -> Sequence[int]:
        return self._cache.standing.holdings.deals_between(from_s, to_s)

    def deal(self, ticket: int) -> Record | None:
        deal = self._cache.standing.holdings.deals.get(ticket)
        if deal is None:
            return None
        record = self._deals.get(ticket)
        if record is None:
            record = self._deals[ticket] = deal_record(deal)
        return record

    def history_of_position(self, position_id: int) -> tuple[Sequence[int], Sequence[int]]:
        return self._cache.standing.holdings.of_position(position_id)

    # Quotes and bars

    def last_tick(self, symbol: str) -> bytes | None:
        """Packed MqlTick; None before the first quote and outside the Market Watch."""
        feed = self._cache.feeds.get(symbol)
        return feed.ticks.last if feed is not None and symbol in self._cache.watched else None

    def copy_ticks(self, symbol: str, flags: int, from_msc: int, count: int) -> bytes | int:
        return self.copies.ticks(symbol, flags, from_msc, count, self._now_ms)

    def copy_rates(self, symbol: str, timeframe_s: int, start_pos: int, count: int) -> bytes | int:
        return self.copies.rates(symbol, timeframe_s, start_pos, count)

    def copy_rates_range(self, symbol: str, timeframe_s: int, from_s: int, to_s: int) -> bytes | int:
        return self.copies.rates_range(symbol, timeframe_s, from_s, to_s)

    # The economic calendar: records, or an error as a negative number; empty text and 0 filter nothing

    def calendar_countries(self) -> Sequence[Record] | int:
        return self.newsstand.countries()

    def calendar_country(self, country_id: int) -> Record | int:
        return self.newsstand.country(country_id)

    def calendar_events(self, country_code: str, currency: str) -> Sequence[Record] | int:
        return self.newsstand.events(country_code, currency)

    def calendar_event(self, event_id: int) -> Record | int:
        return self.newsstand.event(event_id)

    def calendar_value(self, value_id: int) -> Record | int:
        return self.newsstand.value(value_id)

    def calendar_history(self, from_s: int, to_s: int, country_code: str, currency: str, event_id: int) -> Sequence[Record] | int:
        return self.newsstand.history(from_s, to_s, country_code, currency, event_id)

    def calendar_last(self, change_id: int, country_code: str, currency: str, event_id: int) -> tuple[int, Sequence[Record]] | int:
        return self.newsstand.last(change_id, country_code, currency, event_id)

    # Trading

    def order_send(self, request: TradeRequestLike, asynchronous: bool) -> TradeAnswer:
        return self.trading.send(request, asynchronous=asynchronous, chart=self.caller, now_ms=self._now_ms)

    def order_check(self, request: TradeRequestLike) -> TradeAnswer:
        return self.trading.check(request)

    # Clocks

    def server_time(self) -> int:
        """TimeTradeServer, in seconds: the computer's clock and the offset that the server gave."""
        market = self._cache.standing.market
        return (market.time_msc + self.pc_skew_ms + market.offset_ms) // 1_000

    def current_time(self) -> int:
        """TimeCurrent, in seconds: the last quote."""
        return self._cache.current_msc // 1_000

    def gmt(self) -> int:
        """TimeGMT, in seconds: the computer's clock."""
        return (self._cache.standing.market.time_msc + self.pc_skew_ms) // 1_000

    # What the program says

    def log(self, text: str) -> None:
        self.logs.append(self._said(text))

    def alert(self, text: str) -> None:
        self.alerts.append(self._said(text))

    def _said(self, text: str) -> str:
        return f"{self.caller}: {text}" if self.caller else text

    def comment(self, text: str) -> None:
        self.comment_text = text
