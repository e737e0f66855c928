"""The terminal's side of the C boundary: callbacks that ask a `Terminal` and keep what the MQL5 functions select."""

# ruff: noqa: PLR0917 - the parameters of a callback are those of cpp/host_api.h

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from importlib import resources
from typing import Any

import cffi

from mql5host import api
from mql5host.calendarbinding import CalendarBinding, Question
from mql5host.terminal import Record, Terminal, TradeRequest


@cache
def boundary() -> Any:
    """cpp/host_api.h, read verbatim."""
    ffi = cffi.FFI()
    ffi.cdef((resources.files("mql5host") / "cpp" / "host_api.h").read_text(encoding="utf-8"))
    return ffi


ACCOUNT, TERMINAL, PROGRAM, SYMBOL, POSITION, ORDER, HISTORY_ORDER, DEAL = range(8)
_PREFIXES = {
    ACCOUNT: "ENUM_ACCOUNT_INFO",
    TERMINAL: "ENUM_TERMINAL_INFO",
    PROGRAM: "ENUM_MQL_INFO",
    SYMBOL: "ENUM_SYMBOL_INFO",
    POSITION: "ENUM_POSITION_PROPERTY",
    ORDER: "ENUM_ORDER_PROPERTY",
    HISTORY_ORDER: "ENUM_ORDER_PROPERTY",
    DEAL: "ENUM_DEAL_PROPERTY",
}
_WRONG_PROPERTY = {
    ACCOUNT: "ERR_ACCOUNT_WRONG_PROPERTY",
    TERMINAL: "ERR_TERMINAL_WRONG_PROPERTY",
    PROGRAM: "ERR_MQL5_WRONG_PROPERTY",
    SYMBOL: "ERR_MARKET_WRONG_PROPERTY",
}
_NOT_FOUND = {
    SYMBOL: "ERR_MARKET_UNKNOWN_SYMBOL",
    POSITION: "ERR_TRADE_POSITION_NOT_FOUND",
    ORDER: "ERR_TRADE_ORDER_NOT_FOUND",
    HISTORY_ORDER: "ERR_TRADE_ORDER_NOT_FOUND",
    DEAL: "ERR_TRADE_DEAL_NOT_FOUND",
}
_BY_TICKET, _BY_SYMBOL, _BY_RANGE, _BY_POSITION, _SHOW, _HIDE, _EXISTS = range(7)
_LAST_TICK, _TICKS, _RATES, _RATES_RANGE = range(4)
_SEND_ASYNC, _CHECK = 1, 2
_CHECK_FIGURES = ("balance", "equity", "profit", "margin", "margin_free", "margin_level")


@cache
def property_names(kind: int, type_: str) -> Mapping[int, str]:
    """Values of the properties of one kind and type to their MQL5 names."""
    return {value: name for name, value in api.load().enums.get(f"{_PREFIXES[kind]}_{type_}", {}).items()}


@cache
def _code(name: str) -> int:
    return int(api.load().constants[name].value)


def text_of(units: Any, length: int) -> str:
    """Text that crossed the boundary; MQL5's NULL string is empty."""
    ffi = boundary()
    return bytes(ffi.buffer(units, 2 * length)).decode("utf-16-le", "replace") if length > 0 else ""


class TerminalBinding:
    """
    The callbacks of one program. `table` is what `mq_open` takes; `failure` is what a callback raised.

    Selections are the program's: PositionSelect and OrderSelect copy, and later reads do not refresh the copy;
    HistorySelect replaces the list that indices and getters of the history speak of.
    """

    def __init__(self, terminal: Terminal) -> None:
        self._terminal = terminal
        self._ffi = boundary()
        self._selected: dict[int, Record] = {}
        self._history: dict[int, Sequence[int]] = {HISTORY_ORDER: (), DEAL: ()}
        self._kept: Any = None  # what was handed out last, alive until the next call
        self.failure: BaseException | None = None
        self.table = self._ffi.new("mq_terminal *")
        self._callbacks: list[Any] = []
        for name in ("total", "ticket", "select", "get_integer", "get_double", "get_string"):
            self._offer(name, getattr(self, f"_{name}"))
        for name in ("symbol_name", "copy", "session", "order", "clock", "text"):
            self._offer(name, getattr(self, f"_{name}"))
        self._calendar = CalendarBinding(terminal)
        self._offer("calendar", self._ask_calendar)

    def _offer(self, name: str, function: Callable[..., Any]) -> None:
        type_ = self._ffi.typeof(getattr(self.table, name))
        error = None if type_.result.kind == "void" else 0
        callback = self._ffi.callback(type_, function, error=error, onerror=self._failed)
        self._callbacks.append(callback)
        setattr(self.table, name, callback)

    def _failed(self, _type: Any, error: BaseException, _traceback: Any) -> None:
        if self.failure is None:
            self.failure = error

    def _give(self, text: str) -> tuple[Any, int]:
        encoded = text.encode("utf-16-le", "surrogatepass")
        self._kept = self._ffi.from_buffer("uint16_t[]", encoded or b"\0\0")
        return self._kept, len(encoded) // 2

    # ---- lists

    def _tickets(self, kind: int) -> Sequence[int]:
        if kind == POSITION:
            return self._terminal.positions()
        return self._terminal.orders() if kind == ORDER else self._history[kind]

    def _total(self, _context: Any, kind: int, selected: int) -> int:
        if kind == SYMBOL:
            return len(self._terminal.symbol_names(bool(selected)))
        return len(self._tickets(kind))

    def _ticket(self, _context: Any, kind: int, index: int) -> int:
        tickets = self._tickets(kind)
        if not 0 <= index < len(tickets):
            return 0
        ticket = tickets[index]
        if kind in {POSITION, ORDER} and self._select_one(kind, ticket):
            return 0
        return ticket

    def _symbol_name(self, _context: Any, index: int, selected: int, value: Any, length: Any) -> int:
        names = self._terminal.symbol_names(bool(selected))
        if not 0 <= index < len(names):
            return _code("ERR_INVALID_PARAMETER")
        value[0], length[0] = self._give(names[index])
        return 0

    # ---- selections

    def _one(self, kind: int, ticket: int) -> Record | None:
        terminal = self._terminal
        lookup = {POSITION: terminal.position, ORDER: terminal.order, DEAL: terminal.deal}
        return lookup.get(kind, terminal.history_order)(ticket)

    def _select_one(self, kind: int, ticket: int) -> int:
        record = self._one(kind, ticket)
        if record is None:
            return _code(_NOT_FOUND[kind])
        if kind in self._history:
            self._history[kind] = (ticket,)
        else:
            self._selected[kind] = dict(record)
        return 0

    def _select(self, _context: Any, kind: int, how: int, a: int, b: int, name: Any, length: int) -> int:
        if how == _BY_TICKET:
            return self._select_one(kind, a % 2**64)
        if how == _BY_SYMBOL:
            return self._select_position_of(text_of(name, length))
        if how == _BY_RANGE:
            self._history = {HISTORY_ORDER: self._terminal.history_orders(a, b), DEAL: self._terminal.deals(a, b)}
            return 0
        if how == _BY_POSITION:
            orders, deals = self._terminal.history_of_position(a % 2**64)
            self._history = {HISTORY_ORDER: orders, DEAL: deals}
            return 0
        return self._select_symbol(how, text_of(name, length))

    def _select_position_of(self, symbol: str) -> int:
        for ticket in sorted(self._terminal.positions()):
            record = self._terminal.position(ticket)
            if record is not None and record["POSITION_SYMBOL"] == symbol:
                return self._select_one(POSITION, ticket)
        return _code(_NOT_FOUND[POSITION])

    def _select_symbol(self, how: int, symbol: str) -> int:
        known = self._terminal.symbol(symbol) is not None
        if not known:
            return _code(_NOT_FOUND[SYMBOL])
        if how == _EXISTS or self._terminal.symbol_select(symbol, how == _SHOW):
            return 0
        return _code("ERR_MARKET_SELECT_ERROR")

    # ---- properties

    def _record(self, kind: int, ticket: int, name: Any, length: int) -> Record | None:
        terminal = self._terminal
        match kind:
            case 3:  # SYMBOL
                return terminal.symbol(text_of(name, length))
            case 4 | 5:  # POSITION, ORDER
                return self._selected.get(kind)
            case 6 | 7:  # HISTORY_ORDER, DEAL: only what is selected
                return self._one(kind, ticket) if ticket in self._history[kind] else None
        return (terminal.account, terminal.terminal_info, terminal.program_info)[kind]()

    def _value(self, kind: int, type_: str, number: int, ticket: int, name: Any, length: int) -> tuple[Any, int]:
        """The value of a property, or None and an MQL5 error."""
        record = self._record(kind, ticket, name, length)
        if record is None:
            return None, _code(_NOT_FOUND[kind])
        value = record.get(property_names(kind, type_).get(number, ""))
        if value is None:
            return None, _code(_WRONG_PROPERTY.get(kind, "ERR_TRADE_WRONG_PROPERTY"))
        return value, 0

    def _get_integer(self, _context: Any, kind: int, number: int, ticket: int, name: Any, length: int, out: Any) -> int:
        value, error = self._value(kind, "INTEGER", number, ticket, name, length)
        if not error:
            whole = int(value)
            out[0] = whole - 2**64 if whole >= 2**63 else whole
        return error

    def _get_double(self, _context: Any, kind: int, number: int, ticket: int, name: Any, length: int, out: Any) -> int:
        value, error = self._value(kind, "DOUBLE", number, ticket, name, length)
        if not error:
            out[0] = float(value)
        return error

    def _get_string(
        self, _context: Any, kind: int, number: int, ticket: int, name: Any, length: int, out: Any, out_length: Any,
    ) -> int:  # fmt: skip
        value, error = self._value(kind, "STRING", number, ticket, name, length)
        if not error:
            out[0], out_length[0] = self._give(str(value))
        return error

    # ---- prices and times

    def _copy(self, _context: Any, what: int, name: Any, length: int, a: int, b: int, c: int, out: Any) -> int:
        symbol = text_of(name, length)
        data = self._copied(what, symbol, a, b, c)
        if isinstance(data, int):
            return data
        self._kept = self._ffi.from_buffer("uint8_t[]", data or b"\0")
        out[0] = self._kept
        return len(data)

    def _copied(self, what: int, symbol: str, a: int, b: int, c: int) -> bytes | int:
        terminal = self._terminal
        if what == _LAST_TICK:
            tick = terminal.last_tick(symbol)
            if tick is not None:
                return tick
            return -_code(_NOT_FOUND[SYMBOL] if terminal.symbol(symbol) is None else "ERR_MARKET_LASTTIME_UNKNOWN")
        if terminal.symbol(symbol) is None:
            return -_code(_NOT_FOUND[SYMBOL])
        if what == _TICKS:
            return terminal.copy_ticks(symbol, a, b, c)
        return (terminal.copy_rates if what == _RATES else terminal.copy_rates_range)(symbol, a, b, c)

    def _session(
        self, _context: Any, name: Any, length: int, day: int, index: int, trade: int, begin: Any, end: Any,
    ) -> int:  # fmt: skip
        found = self._terminal.session(text_of(name, length), day, index, bool(trade))
        if found is None:
            return _code("ERR_MARKET_SESSION_INDEX")
        begin[0], end[0] = found
        return 0

    def _clock(self, _context: Any, which: int) -> int:
        return (self._terminal.current_time, self._terminal.server_time, self._terminal.gmt)[which]()

    def _text(self, _context: Any, channel: int, units: Any, length: int) -> None:
        (self._terminal.log, self._terminal.alert, self._terminal.comment)[channel](text_of(units, length))

    def _ask_calendar(self, _context: Any, what: int, query: Any, out: Any) -> int:
        texts = text_of(query.country, query.country_length), text_of(query.currency, query.currency_length)
        answer = self._calendar.ask(Question(what, query.id, getattr(query, "from"), query.to, query.state, *texts))
        if isinstance(answer, int):
            return answer
        query.state = answer.state
        self._kept = self._ffi.from_buffer("uint8_t[]", answer.packed or b"\0")
        out[0] = self._kept
        return answer.records

    # ---- requests

    def _order(self, _context: Any, how: int, request: Any, out: Any) -> int:
        asked = TradeRequest(
            **{name: getattr(request, name) for name in _REQUEST_NUMBERS},
            symbol=text_of(request.symbol, request.symbol_length),
            comment=text_of(request.comment, request.comment_length),
        )
        send = self._terminal.order_send
        answer = self._terminal.order_check(asked) if how == _CHECK else send(asked, how == _SEND_ASYNC)
        for name in _ANSWER_NUMBERS:
            setattr(out, name, getattr(answer, name))
        for name in _CHECK_FIGURES:
            setattr(out, name, getattr(answer, name, 0.0))
        out.comment, out.comment_length = self._give(answer.comment)
        return 0


_REQUEST_NUMBERS = tuple(name for name in TradeRequest.__dataclass_fields__ if name not in {"symbol", "comment"})
_ANSWER_NUMBERS = (
    "ok", "error", "retcode", "deal", "order", "volume", "price", "bid", "ask", "request_id", "retcode_external",
)  # fmt: skip
