"""A broker and a terminal joined by lists, with a hand-moved clock: what most tests of the simulator stand on."""

from collections.abc import Callable
from typing import Any

import pytest

from dtms.sim.behaviour import Behaviour
from dtms.sim.broker import Broker
from dtms.sim.messages import TradeAnswer, TradeFields, TradeResult, Trans
from dtms.sim.mt5 import Action, Filling, MarginMode, TransactionType
from dtms.sim.spec import SymbolSpec
from dtms.sim.state import Account, Position
from dtms.sim.terminal import SimTerminal

WEDNESDAY_NOON = 1_700_049_600_000  # 2023-11-15 12:00:00 UTC
EURUSD = SymbolSpec(name="EURUSD")


class Desk:
    """Broker, terminal and clock of one test."""

    def __init__(self, spec: SymbolSpec = EURUSD, *, account: Account | None = None, **kwargs: Any) -> None:
        behaviour = kwargs.pop("behaviour", None) or Behaviour()
        terminal = kwargs.pop("terminal", {})
        kwargs.setdefault("time_msc", WEDNESDAY_NOON)
        self.now_ms = 1_000
        self.symbol = spec.name
        self.broker = Broker([spec], account=account, behaviour=behaviour, **kwargs)
        self.terminal = SimTerminal(call=lambda request: self.broker.call(request, self.now_ms), **terminal)
        self.terminal.apply_all(self.broker.full_state())

    def quote(self, bid: float, ask: float, after_ms: int = 100) -> None:
        market = self.broker.standing.market
        self.broker.quote(self.symbol, market.time_msc + after_ms, bid, ask)
        self.pump()

    def pump(self, after_ms: int = 0) -> None:
        """Let time pass and everything travel that is due."""
        self.now_ms += after_ms
        self.broker.receive(self.terminal.take_requests(), self.now_ms)
        self.broker.step(self.now_ms)
        self.terminal.step(self.now_ms)
        self.terminal.apply_all(self.broker.take_updates())

    def send(self, *, asynchronous: bool = True, **fields: Any) -> TradeAnswer:
        fields.setdefault("symbol", self.symbol)
        return self.terminal.order_send(TradeFields(**fields), asynchronous)

    def deal(self, side: int, volume: float, **fields: Any) -> TradeAnswer:
        return self.send(action=Action.DEAL, type=side, volume=volume, **{"type_filling": Filling.IOC, **fields})

    def open(self, side: int = 0, volume: float = 0.1, **fields: Any) -> Position:
        """A position asked for by the terminal and executed."""
        before = {p.ticket for p in self.broker.positions}
        self.deal(side, volume, **fields)
        self.pump()
        (ticket,) = {p.ticket for p in self.broker.positions} - before
        return self.broker.standing.holdings.positions[ticket]

    @property
    def signed(self) -> list[float]:
        """Lots of every position, those of sells negative."""
        return [p.direction * p.volume for p in self.broker.positions]

    def done(self, side: int, volume: float, **fields: Any) -> TradeResult:
        """A deal and what the terminal was told of it."""
        self.events()
        self.deal(side, volume, **fields)
        self.pump()
        (result,) = self.results()
        return result

    def events(self) -> list[Any]:
        return self.terminal.take_events()

    def transactions(self) -> list[Trans]:
        return [event[1] for event in self.terminal.take_events() if event[0] == "transaction"]

    def results(self) -> list[TradeResult]:
        """What the terminal was told of its requests."""
        told = (event for event in self.terminal.take_events() if event[0] == "transaction")
        return [event[3] for event in told if event[1].type == TransactionType.REQUEST]


@pytest.fixture
def netting() -> Desk:
    """As `desk`, on an account with one position a symbol."""
    made = Desk(account=Account(margin_mode=MarginMode.NETTING))
    made.quote(1.10000, 1.10010)
    return made


@pytest.fixture
def make_desk() -> Callable[..., Desk]:
    return Desk


@pytest.fixture
def desk() -> Desk:
    """EURUSD at 1.10000/1.10010."""
    made = Desk()
    made.quote(1.10000, 1.10010)
    return made
