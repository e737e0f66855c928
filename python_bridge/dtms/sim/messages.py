"""
What travels between broker and terminal: requests up, updates down.

All are frozen and picklable, so the terminal may live in another process. State (`PositionSet`, `DealAdded`, ...)
and what the terminal tells its programs about it (`Transaction`, `Traded`) are separate messages on purpose:
a transaction may be lost, doubled or late while the state behind it is there.
"""

from dataclasses import dataclass, field

from dtms.sim.calendar import Item
from dtms.sim.mt5 import TransactionType
from dtms.sim.spec import SymbolSpec
from dtms.sim.state import Account, Deal, Order, Position


@dataclass(frozen=True, slots=True, kw_only=True)
class TradeFields:
    """MqlTradeRequest, field for field."""

    action: int = 0
    magic: int = 0
    order: int = 0
    symbol: str = ""
    volume: float = 0.0
    price: float = 0.0
    stoplimit: float = 0.0
    sl: float = 0.0
    tp: float = 0.0
    deviation: int = 0
    type: int = 0
    type_filling: int = 0
    type_time: int = 0
    expiration: int = 0
    comment: str = ""
    position: int = 0
    position_by: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class TradeResult:
    """MqlTradeResult, field for field."""

    retcode: int = 0
    deal: int = 0
    order: int = 0
    volume: float = 0.0
    price: float = 0.0
    bid: float = 0.0
    ask: float = 0.0
    comment: str = ""
    request_id: int = 0
    retcode_external: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class TradeAnswer:
    """What OrderSend or OrderSendAsync gives its caller at once: MqlTradeResult, the boolean and GetLastError."""

    ok: bool
    error: int = 0
    retcode: int = 0
    deal: int = 0
    order: int = 0
    volume: float = 0.0
    price: float = 0.0
    bid: float = 0.0
    ask: float = 0.0
    comment: str = ""
    request_id: int = 0
    retcode_external: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Trans:
    """MqlTradeTransaction, field for field; only what the platform fills for its type is not zero."""

    type: TransactionType
    deal: int = 0
    order: int = 0
    symbol: str = ""
    order_type: int = 0
    order_state: int = 0
    deal_type: int = 0
    time_type: int = 0
    time_expiration: int = 0
    price: float = 0.0
    price_trigger: float = 0.0
    price_sl: float = 0.0
    price_tp: float = 0.0
    volume: float = 0.0
    position: int = 0
    position_by: int = 0


NO_REQUEST = TradeFields()
NO_RESULT = TradeResult()


# Terminal -> broker


@dataclass(frozen=True, slots=True)
class Request:
    """
    One order request; `request_id` is unique within one life of the terminal, `port` names the terminal.

    `chart` is the program that sent it, as whoever hosts the programs calls it, and `sent_ms` the monotonic time; no program
    can see or change either.
    """

    request_id: int
    trade: TradeFields
    port: int = 0
    synchronous: bool = False
    chart: str = ""
    sent_ms: int = 0


@dataclass(frozen=True, slots=True)
class Answer:
    """
    What the broker gives a caller that waits.

    Attributes:
        result: the outcome, or None when the request was only taken.
        updates: to be applied before the caller goes on.
        took_ms: monotonic time that the call lasted; the host moves its clocks by it.
    """

    result: TradeResult | None
    updates: tuple["Update", ...] = ()
    took_ms: int = 0


# Broker -> terminal


@dataclass(frozen=True, slots=True)
class Quoted:
    """A quote as it came, with the server's time in ms and the bits of what changed; `market_msc` is the time in UTC."""

    symbol: str
    server_msc: int
    bid: float
    ask: float
    flags: int
    market_msc: int = 0


@dataclass(frozen=True, slots=True)
class Clock:
    """Market time in ms UTC, and the server's offset from it in ms."""

    market_msc: int
    offset_ms: int


@dataclass(frozen=True, slots=True)
class SymbolSet:
    """A symbol's specification is there or changed."""

    spec: SymbolSpec


@dataclass(frozen=True, slots=True)
class SymbolGone:
    """There is no such symbol any more; its positions have another one by now."""

    name: str


@dataclass(frozen=True, slots=True)
class CalendarTold:
    """Entries of the economic calendar that are there or changed."""

    items: tuple[Item, ...]


@dataclass(frozen=True, slots=True)
class AccountSet:
    account: Account


@dataclass(frozen=True, slots=True)
class PositionSet:
    position: Position


@dataclass(frozen=True, slots=True)
class PositionGone:
    ticket: int
    revision: int


@dataclass(frozen=True, slots=True)
class OrderSet:
    """An order is live."""

    order: Order


@dataclass(frozen=True, slots=True)
class OrderGone:
    ticket: int
    revision: int


@dataclass(frozen=True, slots=True)
class HistorySet:
    """An order is in the history."""

    order: Order


@dataclass(frozen=True, slots=True)
class DealAdded:
    deal: Deal


@dataclass(frozen=True, slots=True)
class Transaction:
    """Raises OnTradeTransaction; `request` and `result` say something for REQUEST alone."""

    trans: Trans
    request: TradeFields = NO_REQUEST
    result: TradeResult = NO_RESULT


@dataclass(frozen=True, slots=True)
class Traded:
    """Raises OnTrade."""


@dataclass(frozen=True, slots=True)
class Connection:
    """The terminal's connection with its broker came or went."""

    up: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SymbolHistory:
    """Quotes and minute bars that the server keeps of one symbol, oldest first, packed as MqlTick and MqlRates."""

    symbol: str
    ticks: bytes
    bars: tuple[tuple[int, bytes], ...]  # (timeframe in seconds, packed bars; the last may be forming)


@dataclass(frozen=True, slots=True, kw_only=True)
class FullState:
    """Everything that a terminal needs after logging on; replaces what it held."""

    revision: int
    clock: Clock
    account: Account
    symbols: tuple[SymbolSpec, ...]
    positions: tuple[Position, ...]
    orders: tuple[Order, ...]
    history: tuple[Order, ...]
    deals: tuple[Deal, ...]
    prices: tuple[SymbolHistory, ...] = field(repr=False)
    calendar: tuple[Item, ...] = ()


Update = (
    Quoted
    | Clock
    | SymbolSet
    | SymbolGone
    | CalendarTold
    | AccountSet
    | PositionSet
    | PositionGone
    | OrderSet
    | OrderGone
    | HistorySet
    | DealAdded
    | Transaction
    | Traded
    | Connection
    | FullState
    | SymbolHistory
)
