"""
What broker and terminal hold, as frozen values: positions, orders, deals, the account.

Times are milliseconds of the server's wall clock, as the terminal reports them; `revision` grows with every
change at the broker, so that a value that comes late is known to be old.
"""

from dataclasses import dataclass

from dtms.sim.mt5 import AccountKind, DealType, Entry, MarginMode, OrderState, Reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """One open position; `side` is 0 for a buy and 1 for a sell, as POSITION_TYPE has it."""

    ticket: int
    identifier: int
    symbol: str
    side: int
    volume: float
    price_open: float
    sl: float
    tp: float
    magic: int
    comment: str
    reason: Reason
    time_msc: int
    time_update_msc: int
    swap: float
    margin: float  # deposit currency, at the opening price
    revision: int

    @property
    def direction(self) -> int:
        """+1 for a buy, -1 for a sell."""
        return 1 - 2 * self.side


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """One order, live or in the history; market orders live for an instant only."""

    ticket: int
    symbol: str
    type: int  # ENUM_ORDER_TYPE
    state: OrderState
    filling: int
    magic: int
    reason: Reason
    position_id: int
    position_by_id: int
    volume_initial: float
    volume_current: float  # what is not filled
    price: float
    sl: float
    tp: float
    comment: str
    time_setup_msc: int
    time_done_msc: int  # 0 while it lives
    revision: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Deal:
    """One booked deal; balance operations have neither order nor position."""

    ticket: int
    order: int
    time_msc: int
    type: DealType
    entry: Entry
    magic: int
    reason: Reason
    position_id: int
    volume: float
    price: float
    commission: float
    swap: float
    profit: float
    sl: float
    tp: float
    symbol: str
    comment: str
    fee: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """
    The account; what follows from quotes (equity, margin) is not stored but computed.

    Attributes:
        position_binds: where a symbol has one position only, a deal whose request names a position may close that
            one and do nothing else; otherwise the name is not looked at. The reference leaves this open.
    """

    login: int = 10_000_001
    name: str = "Simulation"
    server: str = "Simulated-Demo"
    company: str = "Simulated Broker"
    currency: str = "USD"
    currency_digits: int = 2
    leverage: int = 100
    kind: AccountKind = AccountKind.DEMO
    margin_mode: MarginMode = MarginMode.HEDGING
    trade_allowed: bool = True
    trade_expert: bool = True
    hedge_allowed: bool = True
    fifo_close: bool = False
    position_binds: bool = True
    limit_orders: int = 0
    limit_positions: int = 0  # 0 = none
    so_call: float = 100.0  # margin level in percent
    so_so: float = 50.0
    balance: float = 0.0
    credit: float = 0.0
    rates: tuple[tuple[str, float], ...] = ()  # (currency, deposit currency for one unit) where no symbol tells
    revision: int = 0

    @property
    def nets(self) -> bool:
        """Whether a symbol has one position at most, which opposite deals reduce, close or reverse."""
        return self.margin_mode != MarginMode.HEDGING
