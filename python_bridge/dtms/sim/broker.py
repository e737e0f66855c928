"""
The broker: server, account and market of a simulation, the truth that terminals only cache.

Market time (ms UTC) moves with quotes and `advance_market`; the server's own work is timed in the caller's
monotonic ms, given to `receive`, `call` and `step`. Several terminals may be attached, each with a port.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from dtms.sim.accounting import Accounting, volume_errors
from dtms.sim.behaviour import PROMPT, Behaviour, Effect
from dtms.sim.delivery import Outbox, is_result
from dtms.sim.desk import RequestDesk
from dtms.sim.errors import ClockBackwards, NotModelled
from dtms.sim.execution import Executed, Execution
from dtms.sim.feed import Bar
from dtms.sim.human import Human
from dtms.sim.messages import (
    AccountSet,
    Answer,
    Clock,
    Connection,
    DealAdded,
    FullState,
    Request,
    SymbolSet,
    TradeResult,
    Update,
)
from dtms.sim.mt5 import Reason, Retcode
from dtms.sim.newsroom import Newsroom
from dtms.sim.service import Service
from dtms.sim.spec import SymbolSpec
from dtms.sim.standing import Standing
from dtms.sim.state import Account, Position
from dtms.sim.tape import Tape
from dtms.sim.watch import Watch
from dtms.sim.witness import Witness


class Broker:
    """
    A simulated broker with one account.

    Attributes:
        witness: counters and the append-only history, for checkers.
        standing: account, market and holdings as they truly are; to be read only.
        newsroom: the economic calendar, to be planned and released.
        unasked: effect on the delivery of what the server or a human does.
    """

    def __init__(
        self,
        symbols: Iterable[SymbolSpec],
        *,
        account: Account | None = None,
        deposit: float = 10_000.0,
        time_msc: int = 0,
        offset_ms: int = 0,
        behaviour: Behaviour | None = None,
    ) -> None:
        self.witness = Witness()
        self.standing = Standing(account if account is not None else Account())
        self.unasked: Effect = PROMPT
        self._market = self.standing.market
        self._market.time_msc, self._market.offset_ms = time_msc, offset_ms
        self._now_ms = 0
        self._ports = [Outbox()]
        self._tape = Tape(self._market)
        self._accounting = Accounting(self.standing, self.witness)
        self._execution = Execution(self.standing, self._accounting, self.witness)
        self._service = Service(self.standing, self._accounting, self._tape, self.witness)
        self._watch = Watch(self.standing, self._accounting, self._execution, self._service)
        self._human = Human(self.standing, self._execution, self.witness)
        self._desk = RequestDesk(self.standing, self._execution, self.witness, behaviour or Behaviour(), self._deliver)
        self.newsroom = Newsroom(self._broadcast)
        for spec in symbols:
            self.add_symbol(spec)
        self.deposit(deposit)

    # What is

    @property
    def behaviour(self) -> Behaviour:
        return self._desk.behaviour

    @property
    def positions(self) -> tuple[Position, ...]:
        return tuple(self.standing.holdings.positions.values())

    def volume_errors(self) -> list[str]:
        """Positions whose deals do not add up to what is open."""
        return volume_errors(self.standing)

    # The market

    def quote(self, symbol: str, time_msc: int, bid: float, ask: float) -> None:
        """
        A quote at a market time; then stops, targets and the stop-out.

        Raises:
            UnknownSymbol, BadQuote: nothing has changed.
        """
        offset_ms = self._market.offset_ms
        quoted = self._tape.quote(symbol, time_msc, bid, ask)
        self.witness.quotes += 1
        self.witness.crossed_quotes += ask < bid
        if self._market.offset_ms != offset_ms:
            self._tell_clock()
        self._roll_over()
        for port in self._ports:
            port.put(quoted, self._now_ms)
        for executed in self._watch.on_quote(symbol):
            self._broadcast(executed.bundle.updates)

    def advance_market(self, time_msc: int) -> None:
        """Market time passes without a quote."""
        if time_msc < self._market.time_msc:
            raise ClockBackwards("market", self._market.time_msc, time_msc)
        self._market.move_to(time_msc)
        self._roll_over()
        self._tell_clock()

    def plan_offset(self, time_msc: int, offset_ms: int) -> None:
        """The server's clock will be turned when market time (ms UTC) gets there."""
        self._market.plan_offset(time_msc, offset_ms)

    def set_offset(self, offset_ms: int) -> None:
        """The server's clock is put forward or back, as for daylight saving."""
        self._market.offset_ms = offset_ms
        self._roll_over()
        self._tell_clock()

    def _tell_clock(self) -> None:
        for port in self._ports:
            port.put(self._clock(), self._now_ms)

    def _clock(self) -> Clock:
        return Clock(self._market.time_msc, self._market.offset_ms)

    def _roll_over(self) -> None:
        for bundle in self._watch.on_time():
            self._broadcast(bundle.updates)

    # Requests, in monotonic ms

    def receive(self, requests: Iterable[Request], now_ms: int) -> None:
        """Requests reach the server; those of a terminal that is cut off do not."""
        self._pass_time(now_ms)
        for request in requests:
            port = self._ports[request.port]
            if port.connected:
                self._desk.take(request, now_ms + port.latency_ms)

    def step(self, now_ms: int) -> None:
        """Let the server work and updates arrive up to now."""
        self._pass_time(now_ms)
        self._desk.step(now_ms)
        for port in self._ports:
            port.step(now_ms)

    def call(self, request: Request, now_ms: int) -> Answer:
        """
        A request whose caller waits: a synchronous OrderSend, or an asynchronous one that may be answered early.

        The answer's updates are what has arrived at the caller's terminal by then.
        """
        self._pass_time(now_ms)
        if not self._ports[request.port].connected:
            retcode = Retcode.CONNECTION
            return Answer(TradeResult(retcode=retcode, request_id=request.request_id, comment="No connection"))
        effect = self.behaviour.effect_of(request, now_ms)
        if not request.synchronous and not effect.early:
            self._desk.enqueue(request, effect, now_ms + self._ports[request.port].latency_ms)
            return Answer(None)
        took_ms = effect.latency_ms + effect.processing_ms + 2 * self._ports[request.port].latency_ms
        result = None if effect.vanish else self._desk.decide(request, effect, now_ms)
        if request.synchronous and (result is None or effect.lose_result or effect.lose_transactions):
            result = TradeResult(retcode=Retcode.TIMEOUT, request_id=request.request_id, comment="Timeout")
        told = result if request.synchronous else None
        return Answer(told, tuple(self.take_updates(request.port)), took_ms)

    def next_due_ms(self) -> int | None:
        """When `step` has something to do next, if ever."""
        due = [self._desk.next_due_ms(), *(port.next_due_ms() for port in self._ports)]
        return min((at for at in due if at is not None), default=None)

    def _pass_time(self, now_ms: int) -> None:
        if now_ms < self._now_ms:
            raise ClockBackwards("monotonic", self._now_ms, now_ms)
        self._now_ms = now_ms

    def _deliver(self, updates: Sequence[Update], port: int, effect: Effect) -> None:
        """The answer to a request is told to the terminal that sent it, everything else to all."""
        rng = self.behaviour.rng
        for number, outbox in enumerate(self._ports):
            if number == port:
                outbox.put_all(updates, effect, rng, self._now_ms)
            else:
                outbox.put_all([u for u in updates if not is_result(u)], PROMPT, rng, self._now_ms)

    def _broadcast(self, updates: Sequence[Update]) -> None:
        for outbox in self._ports:
            outbox.put_all(updates, self.unasked, self.behaviour.rng, self._now_ms)

    # Terminals

    def attach(self, *, latency_ms: int = 0) -> int:
        """A further terminal on the account; its port."""
        self._ports.append(Outbox(latency_ms))
        return len(self._ports) - 1

    def set_latency(self, latency_ms: int, port: int = 0) -> None:
        """How long the way between server and terminal is from now on, each way."""
        self._ports[port].latency_ms = latency_ms

    def take_updates(self, port: int = 0) -> list[Update]:
        """What has arrived at a terminal since the last call."""
        return self._ports[port].take()

    def full_state(self, port: int = 0) -> list[Update]:
        """What a fresh terminal needs; supersedes everything that was under way to its port."""
        self._ports[port] = Outbox(self._ports[port].latency_ms)
        return [self._full(), Connection(up=True)]

    def disconnect(self, port: int = 0) -> None:
        """Cut a terminal off: what is under way to it is lost, what it sends is not received."""
        self._ports[port].cut()

    def connect(self, port: int = 0) -> None:
        """The terminal logs on again: the state of now, no transaction of what it missed."""
        for update in self.full_state(port):
            self._ports[port].put(update, self._now_ms)

    def _full(self) -> FullState:
        holdings = self.standing.holdings
        return FullState(
            revision=self._accounting.revision,
            clock=self._clock(),
            account=self.standing.account,
            symbols=tuple(self._market.specs.values()),
            positions=self.positions,
            orders=tuple(holdings.orders.values()),
            history=tuple(holdings.history.values()),
            deals=tuple(holdings.deals.values()),
            prices=tuple(self._tape.history(name) for name in self._market.specs),
            calendar=self.newsroom.book.items(),
        )

    # Changes of the account and of symbols

    def add_symbol(self, spec: SymbolSpec) -> None:
        self._market.specs[spec.name] = spec
        self._tape.open(spec.name)
        self._broadcast([SymbolSet(spec)])

    def change_symbol(self, name: str, **fields: Any) -> None:
        """Exchange properties of a symbol, named as in `SymbolSpec`; `digits` alone bring their own tick size."""
        self._broadcast(self._service.change_symbol(name, fields))

    def rename_symbol(self, old: str, new: str, **fields: Any) -> None:
        """A symbol gets another name (and other properties); its positions carry it. Raises `SymbolTaken`."""
        self._broadcast(self._service.rename(old, new, fields))

    def split(self, symbol: str, ratio: float, *, reason: Reason = Reason.SPLIT, keep_levels: bool = True) -> None:
        """
        A corporate action: every lot becomes `ratio` lots at prices divided by it, the present quote too.

        The deals' reason is SPLIT or CORPORATE_ACTION; stop and target are divided too, or taken away.
        """
        for bundle in self._service.split(symbol, ratio, reason, keep_levels=keep_levels):
            self._broadcast(bundle.updates)
        quote, spec = self._market.quotes.get(symbol), self._market.specs[symbol]
        if quote is not None:
            self.quote(symbol, self._market.time_msc, spec.to_grid(quote.bid / ratio), spec.to_grid(quote.ask / ratio))

    def preload_bars(self, symbol: str, timeframe_s: int, bars: Sequence[Bar]) -> None:
        """Bars from before the run, oldest first, times in server seconds."""
        self._tape.preload(symbol, timeframe_s, bars)
        self._broadcast([self._tape.history(symbol)])

    def change_account(self, **fields: Any) -> None:
        """Exchange properties of the account, named as in `Account`. Raises `NotModelled` where positions forbid it."""
        changed = replace(self.standing.account, **fields)
        if changed.nets and any(len(book.positions) > 1 for book in self.standing.holdings.books.values()):
            raise NotModelled("how several positions of a symbol become one")
        account = self._accounting.change_account(changed)
        self._broadcast([AccountSet(account)])

    def deposit(self, amount: float, comment: str = "Deposit") -> None:
        """Money in (or, negative, out)."""
        deal = self._accounting.balance_deal(amount, comment)
        self._broadcast([DealAdded(deal), AccountSet(self.standing.account)])

    # Others on the account

    def human_open(
        self,
        symbol: str,
        side: int,
        volume: float,
        *,
        sl: float = 0.0,
        tp: float = 0.0,
        magic: int = 0,
        comment: str = "",
        reason: Reason = Reason.CLIENT,
    ) -> int:
        """
        A deal (side 0 buy, 1 sell) that no terminal of ours asked for; the ticket of the position that it opens.

        Where a symbol has one position, of what it has afterwards, 0 when nothing is left.

        Raises:
            Refused: the broker would not; carries the return code.
        """
        executed = self._human.open(symbol, side, volume, sl=sl, tp=tp, magic=magic, comment=comment, reason=reason)
        ticket = self._by_human(executed).order
        if not self.standing.account.nets:
            return ticket
        left = self.standing.holdings.only_of(symbol)
        return left.ticket if left is not None else 0

    def human_close(self, ticket: int, volume: float | None = None, *, reason: Reason = Reason.CLIENT) -> None:
        """All of a position, or some lots of it. Raises `Refused`."""
        self._by_human(self._human.close(ticket, volume, reason))

    def human_close_by(self, ticket: int, by: int, *, reason: Reason = Reason.CLIENT) -> None:
        """A position by an opposite one of its symbol. Raises `Refused`."""
        self._by_human(self._human.close_by(ticket, by, reason))

    def human_modify(
        self, ticket: int, *, sl: float | None = None, tp: float | None = None, reason: Reason = Reason.CLIENT
    ) -> None:
        """Other levels; None leaves a level, 0 removes it. Raises `Refused`."""
        self._by_human(self._human.modify(ticket, sl, tp, reason))

    def _by_human(self, executed: Executed) -> TradeResult:
        self._broadcast(executed.bundle.updates)
        return executed.result

    def change_ticket(self, ticket: int) -> int:
        """The server gives a position a fresh ticket and leaves its identifier; the ticket."""
        renamed, bundle = self._service.give_ticket(self._human.position(ticket))
        self._broadcast(bundle.updates)
        return renamed.ticket
