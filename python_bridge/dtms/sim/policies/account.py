"""
One trade on an account of its own at the broker model: commands go in as the bridge sends them, facts come out as it is told them.

Money is in the currency that prices are in, so R is what the account has gained divided by the money at risk. The account is so
large that neither margin nor a limit in percent of it ever binds.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from dtms.errors import UsageError
from dtms.names import Outcome, Side, Why
from dtms.sim.broker import Broker
from dtms.sim.errors import BadQuote, Refused
from dtms.sim.messages import NO_RESULT, Request, TradeResult
from dtms.sim.mt5 import EXECUTED, Reason, Retcode
from dtms.sim.policies import wiring
from dtms.sim.policies.course import Levels, Point
from dtms.sim.policies.entries import Entry
from dtms.sim.policies.history import History
from dtms.sim.spec import ALWAYS
from dtms.sim.state import Account, Deal, Position
from dtms.wire import messages as wire
from dtms.wire.messages import Command, ExecutionReport, PositionChanged, PositionClosed, PositionOpened

_DIGITS: Final = 8  # of the account's money: rounding to cents would show in the R of a small position
_RICH: Final = 100.0  # deposit, in contract values of the trade

Fact = ExecutionReport | PositionOpened | PositionChanged | PositionClosed


class TradeAccount:
    """
    The account of one trade.

    Attributes:
        opened: the quote at which the trade was opened.
        ended_by: reason of the deal that ended the trade's own position; None while it is open.
    """

    def __init__(self, history: History, entry: Entry, *, every: bool = False) -> None:
        """
        Open the trade, at its own price.

        ``every``: give the broker every quote, also where nothing can happen at it.

        Raises:
            UsageError: the broker would not open it at these prices.
        """
        spec = history.spec
        self._symbol, self._spec, self._entry = spec.name, spec, entry
        self._unit = entry.volume * spec.contract_size
        self._deposit = _RICH * self._unit * max(entry.price, 1.0)
        self._broker = Broker(
            [replace(spec, trade_sessions=ALWAYS, quote_sessions=ALWAYS)],  # where there is a quote there is a market
            account=Account(currency=spec.currency_profit, currency_digits=_DIGITS),
            deposit=self._deposit,
            time_msc=entry.time,
            offset_ms=history.offset_s * 1_000,
        )
        self.opened = Point(entry.time, *_quote_at(history, entry), entry.index, None)
        self.main = self._planted()
        self._told = dict(self._broker.standing.holdings.positions)
        self._every = every
        self._requests = 0
        self._waiting: Point | None = None
        self.ended_by: Reason | None = None
        self.exit_time = entry.time

    def _planted(self) -> int:
        """Open the trade; its ticket."""
        entry, opened = self._entry, self.opened
        side = 0 if entry.side is Side.BUY else 1
        try:
            self._broker.quote(self._symbol, entry.time, opened.bid, opened.ask)
            return self._broker.human_open(self._symbol, side, entry.volume, sl=entry.stop or 0.0, tp=entry.target or 0.0)
        except (BadQuote, Refused) as error:
            raise UsageError(f"trade {entry.ticket} cannot be opened at {entry.price:g}: {error}") from error

    @property
    def open(self) -> bool:
        """Whether anything is left."""
        return bool(self._broker.standing.holdings.positions)

    @property
    def position(self) -> wire.Position:
        """The trade's own position."""
        return self._wire(self._broker.standing.holdings.positions[self.main])

    @property
    def r(self) -> float:
        """What the account has gained so far, in R of the trade."""
        return (self._broker.standing.account.balance - self._deposit) / (self._unit * self._entry.risk)

    def levels(self) -> Levels:
        """Return the stops and targets at the broker."""
        levels = Levels()
        for position in self._broker.standing.holdings.positions.values():
            low, high = (levels.low_bid, levels.high_bid) if position.side == 0 else (levels.low_ask, levels.high_ask)
            for level in (position.sl, position.tp):
                if level:
                    is_below = (level == position.sl) == (position.side == 0)
                    (low if is_below else high).append(level)
        return levels

    def quote(self, point: Point) -> list[Fact]:
        """
        Let a quote happen; what it did.

        One that meets no stop or target waits until the broker needs it: nothing happens at it.
        """
        self._waiting = point
        if not (self._every or self._levels_met(point)):
            return []
        self._catch_up()
        return list(self._news(0))

    def _levels_met(self, point: Point) -> bool:
        levels = self.levels()
        return (
            any(point.bid <= level for level in levels.low_bid)
            or any(point.bid >= level for level in levels.high_bid)
            or any(point.ask <= level for level in levels.low_ask)
            or any(point.ask >= level for level in levels.high_ask)
        )

    def _catch_up(self) -> None:
        """Give the broker the last quote, if it has not seen it."""
        point, self._waiting = self._waiting, None
        if point is not None:
            self._broker.quote(self._symbol, point.time, point.bid, point.ask)
            self._broker.take_updates()

    def execute(self, command: Command) -> list[Fact]:
        """Carry a command out at the present quote; what became of it."""
        self._catch_up()
        ticket = getattr(command, "ticket", 0)
        held = self._broker.standing.holdings.positions.get(ticket)
        refused = wiring.objection(command, held, self._spec)
        request = wiring.request_of(command, held) if refused is None else None
        result = self._ask(request) if request is not None else NO_RESULT
        ended = refused or (wiring.outcome_of(result) if request is not None else (Outcome.DONE, Why.ALREADY))
        now = self._broker.standing.holdings.positions.get(ticket or (result.order if result.retcode in EXECUTED else 0))
        told = wiring.report(command, ended, result, now, self._broker.standing.market.server_msc)
        return [told, *self._news(command.command_id)]

    def close_all(self) -> None:
        """Close what is left at the present quote."""
        self._catch_up()
        for position in self._broker.positions:
            self._broker.human_close(position.ticket)
        list(self._news(0))

    def _ask(self, trade: object) -> TradeResult:
        self._requests += 1
        answer = self._broker.call(Request(self._requests, trade, synchronous=True), 0)  # type: ignore[arg-type]
        return answer.result if answer.result is not None else TradeResult(retcode=Retcode.TIMEOUT)

    def _news(self, command_id: int) -> Iterator[Fact]:
        """Yield what differs from what was told last."""
        now = self._broker.standing.holdings.positions
        for ticket, position in list(now.items()):
            before = self._told.get(ticket)
            if before is None:
                yield PositionOpened(ts_event=position.time_msc, position=self._wire(position))
            elif before is not position and (bits := wiring.changed(before, position)):
                yield PositionChanged(
                    ts_event=position.time_update_msc, position=self._wire(position), changed=bits, by_command=command_id
                )
        for ticket in self._told.keys() - now.keys():
            deal = self._last_deal(self._told[ticket])
            if ticket == self.main:
                self.ended_by = deal.reason
                self.exit_time = self._broker.standing.market.time_msc
            yield wiring.closed(self._told[ticket], deal, command_id)
        self._told = dict(now)

    def _last_deal(self, position: Position) -> Deal:
        holdings = self._broker.standing.holdings
        return holdings.deals[holdings.of_position(position.identifier)[1][-1]]

    def _wire(self, position: Position) -> wire.Position:
        commission = -self._spec.commission * position.volume
        standing = self._broker.standing
        return wiring.wire_position(position, commission, standing.profit_of(position), standing.market.offset_ms)


def _quote_at(history: History, entry: Entry) -> tuple[float, float]:
    """Return a quote at which the trade opens at its own price, with the spread of the first quote after it."""
    spread = float(history.ask[entry.index] - history.bid[entry.index])
    if entry.side is Side.BUY:
        return history.spec.to_grid(entry.price - spread), entry.price
    return entry.price, history.spec.to_grid(entry.price + spread)
