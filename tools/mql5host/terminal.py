"""
What the native Expert Advisor asks of a terminal: the protocol `Terminal` and the plain values that cross it.

Property names are MQL5 identifiers as strings, so that neither side knows a number of the other. A broker model
satisfies the protocol structurally; this module imports nothing of it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

Record = Mapping[str, int | float | str]
"""MQL5 property name to value: int for integer, float for double, str for text properties."""


@dataclass(frozen=True, slots=True)
class TradeRequest:
    """MqlTradeRequest, field by field. Enumerations are their MQL5 numbers."""

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


class TradeAnswerLike(Protocol):
    """What the binding reads of the answer to OrderSend, OrderSendAsync and OrderCheck."""

    @property
    def ok(self) -> bool: ...
    @property
    def error(self) -> int: ...
    @property
    def retcode(self) -> int: ...
    @property
    def deal(self) -> int: ...
    @property
    def order(self) -> int: ...
    @property
    def volume(self) -> float: ...
    @property
    def price(self) -> float: ...
    @property
    def bid(self) -> float: ...
    @property
    def ask(self) -> float: ...
    @property
    def comment(self) -> str: ...
    @property
    def request_id(self) -> int: ...
    @property
    def retcode_external(self) -> int: ...


@dataclass(frozen=True, slots=True)
class TradeAnswer:
    """What the function returned (`ok`), GetLastError after it (`error`, 0 if ok) and MqlTradeResult."""

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


@dataclass(frozen=True, slots=True)
class TradeTransaction:
    """MqlTradeTransaction, field by field. Enumerations are their MQL5 numbers."""

    deal: int = 0
    order: int = 0
    symbol: str = ""
    type: int = 0
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


@dataclass(frozen=True, slots=True)
class TradeResult:
    """MqlTradeResult, field by field."""

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


TICK_FORMAT = "<qdddQqId"
"""struct format of one packed MqlTick: time_s bid ask last volume time_msc flags volume_real; 60 bytes."""

RATES_FORMAT = "<qddddqiq"
"""struct format of one packed MqlRates: time open high low close tick_volume spread real_volume; 60 bytes."""


class Terminal(Protocol):
    """
    The terminal as the Expert Advisor sees it: a cache of the broker that answers at once.

    Times are server seconds unless a name says msc (milliseconds) or gmt. Tickets are unsigned 64-bit.
    """

    def account(self) -> Record: ...
    def terminal_info(self) -> Record: ...
    def program_info(self) -> Record: ...

    def symbol(self, name: str, /) -> Record | None:
        """SYMBOL_* of one symbol; None for an unknown one."""

    def symbol_names(self, selected_only: bool, /) -> Sequence[str]: ...
    def symbol_select(self, name: str, on: bool, /) -> bool: ...

    def positions(self) -> Sequence[int]:
        """Tickets in the terminal's order."""

    def position(self, ticket: int, /) -> Record | None: ...
    def orders(self) -> Sequence[int]: ...
    def order(self, ticket: int, /) -> Record | None: ...
    def history_orders(self, from_s: int, to_s: int, /) -> Sequence[int]: ...
    def history_order(self, ticket: int, /) -> Record | None: ...
    def deals(self, from_s: int, to_s: int, /) -> Sequence[int]: ...
    def deal(self, ticket: int, /) -> Record | None: ...

    def history_of_position(self, position_id: int, /) -> tuple[Sequence[int], Sequence[int]]:
        """Order tickets and deal tickets of one position."""

    def last_tick(self, symbol: str, /) -> bytes | None:
        """One tick packed as TICK_FORMAT; None before the first quote."""

    def copy_ticks(self, symbol: str, flags: int, from_msc: int, count: int, /) -> bytes | int:
        """Packed ticks, oldest first, or a negative error code; `from_msc` 0 asks for the last `count`."""

    def copy_rates(self, symbol: str, timeframe_s: int, start_pos: int, count: int, /) -> bytes | int:
        """Packed RATES_FORMAT, oldest first, or a negative error code; position 0 is the forming bar."""

    def copy_rates_range(self, symbol: str, timeframe_s: int, from_s: int, to_s: int, /) -> bytes | int: ...

    def session(self, symbol: str, day: int, index: int, trade: bool, /) -> tuple[int, int] | None:
        """Begin and end in seconds of the day; the end may lie beyond 86,400. None: no such session."""

    def order_send(self, request: TradeRequest, asynchronous: bool, /) -> TradeAnswerLike: ...
    def order_check(self, request: TradeRequest, /) -> TradeAnswerLike: ...

    def server_time(self) -> int:
        """TimeTradeServer."""

    def current_time(self) -> int:
        """TimeCurrent: the last quote."""

    def gmt(self) -> int:
        """TimeGMT."""

    def calendar_countries(self) -> Sequence[Record] | int:
        """MqlCalendarCountry by field names. The calendar's errors are negative codes; empty text and 0 filter nothing."""

    def calendar_country(self, country_id: int, /) -> Record | int: ...
    def calendar_events(self, country_code: str, currency: str, /) -> Sequence[Record] | int:
        """MqlCalendarEvent by field names."""

    def calendar_event(self, event_id: int, /) -> Record | int: ...
    def calendar_value(self, value_id: int, /) -> Record | int:
        """MqlCalendarValue by field names; figures are millionths, LONG_MIN where there is none."""

    def calendar_history(
        self, from_s: int, to_s: int, country_code: str, currency: str, event_id: int, /
    ) -> Sequence[Record] | int:
        """Releases from `from_s` on and before `to_s`, by time; `to_s` 0 has no end."""

    def calendar_last(
        self, change_id: int, country_code: str, currency: str, event_id: int, /
    ) -> tuple[int, Sequence[Record]] | int:
        """The calendar's state, and the releases that changed since `change_id`; 0 asks for the state alone."""

    def log(self, text: str, /) -> None: ...
    def alert(self, text: str, /) -> None: ...
    def comment(self, text: str, /) -> None: ...
