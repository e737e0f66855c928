"""
Messages about the market: quotes, bars, symbols, the account, the calendar.

Normative text: ``schemas/PROTOCOL.md``, part "The market". Quotes are the one message that is no pydantic model:
they arrive by the hundred thousand, and a NamedTuple with one explicit check costs a tenth (``performance.md``).
"""

from math import inf
from typing import ClassVar, NamedTuple

from pydantic import Field

from dtms.errors import WireError
from dtms.names import QuoteFlag, RejectWhy
from dtms.wire.base import (
    PRICE_MAX,
    Count,
    FromTerminal,
    Lots,
    Millis,
    Money,
    Name,
    NotNegative,
    Offset,
    Price,
    Record,
    Small,
    Text,
    ToTerminal,
)
from dtms.wire.codes import MarginModeCode, PermissionCode


class Tick(NamedTuple):
    """
    One quote, or several of one symbol in one: the last bid and ask, the lowest bid and highest ask since the one before.

    Prices in the symbol's quote currency; ``quotes`` quotes of the terminal stand behind it; ``buys`` and ``sells`` are lots
    (flag TRADES) or numbers of up and down moves of the mid.
    """

    symbol: str
    ts_event: int
    bid: float
    ask: float
    low_bid: float
    high_ask: float
    quotes: int
    buys: float
    sells: float
    flags: int

    @property
    def crossed(self) -> bool:
        """Whether an ask below its bid is among the quotes."""
        return bool(self.flags & QuoteFlag.CROSSED)


class Ticks(NamedTuple):
    """A frame of quotes; ``tick_seq`` is the number of the last one, and numbers have no holes (R10)."""

    tick_seq: int
    ticks: tuple[Tick, ...]


TICKS_TYPE = 20
MAX_TICKS_FRAME = 64
_TICK_FIELDS = 10
_MAX_MS = 2**63


def check_ticks(body: object) -> Ticks:
    """
    Return the quotes of a frame's body.

    Raises:
        WireError: Not the shape, a NaN, an infinity, a price that is not positive, or figures that contradict each other.
    """
    if not isinstance(body, list) or len(body) < 2:
        raise WireError(RejectWhy.MALFORMED, "ticks: not an array of two")
    tick_seq, rows = body[0], body[1]
    if type(tick_seq) is not int or tick_seq < 0 or not isinstance(rows, list) or tick_seq < len(rows):
        raise WireError(RejectWhy.MALFORMED, "ticks: tick_seq or rows")
    if len(rows) > MAX_TICKS_FRAME:
        raise WireError(RejectWhy.BAD_VALUE, f"ticks: {len(rows)} quotes in a frame")
    return Ticks(tick_seq, tuple([_check_tick(row) for row in rows]))


def _check_tick(row: object) -> Tick:
    if not isinstance(row, list) or len(row) < _TICK_FIELDS:
        raise WireError(RejectWhy.MALFORMED, "tick: not an array of ten")
    symbol, ts, bid, ask, low, high, quotes, buys, sells, flags = row[:_TICK_FIELDS]
    if type(symbol) is not str or not symbol or type(quotes) is not int or type(flags) is not int or type(ts) is not int:
        raise WireError(RejectWhy.MALFORMED, "tick: a field of the wrong type")
    for price in (bid, ask, low, high, buys, sells):
        if type(price) is not float:
            raise WireError(RejectWhy.MALFORMED, f"tick {symbol}: a price that is no float64")
    # A NaN fails every comparison, so each is written such that it must hold.
    if not (0.0 < low <= bid <= PRICE_MAX and 0.0 < ask <= high <= PRICE_MAX):
        raise WireError(RejectWhy.BAD_VALUE, f"tick {symbol}: bid {bid}, ask {ask}, low {low}, high {high}")
    if not (0.0 <= buys < inf and 0.0 <= sells < inf and 0 < quotes <= 2**32 and 0 < ts < _MAX_MS and 0 <= flags < 2**16):
        raise WireError(RejectWhy.BAD_VALUE, f"tick {symbol}: quotes {quotes}, volume {buys}/{sells}, time {ts}")
    if ask < bid and not flags & QuoteFlag.CROSSED:
        raise WireError(RejectWhy.BAD_VALUE, f"tick {symbol}: crossed without saying so")
    return Tick(symbol, ts, bid, ask, low, high, quotes, buys, sells, flags)


class BarRow(Record):
    """One closed bar, on bid, as MT5 charts are."""

    ts_open: Millis = Field(description="server time of the open")
    open: Price = Field(description="first bid")
    high: Price = Field(description="highest bid")
    low: Price = Field(description="lowest bid")
    close: Price = Field(description="last bid")
    tick_volume: Count = Field(description="quotes in the bar")
    spread: Small = Field(description="points")
    real_volume: Count = Field(description="traded volume, 0 where there is none")


class BarClosed(FromTerminal):
    """A bar of a subscribed symbol and timeframe is complete; never the forming one."""

    TYPE: ClassVar[int] = 21

    symbol: Name = Field(description="symbol")
    timeframe: Small = Field(description="minutes")
    bar: BarRow = Field(description="the bar")


class BarsRequest(ToTerminal):
    """Send the last closed bars (backfill)."""

    TYPE: ClassVar[int] = 22

    request_id: Count = Field(description="chosen by the bridge")
    symbol: Name = Field(description="symbol")
    timeframe: Small = Field(description="minutes")
    count: Small = Field(description="how many closed bars; 0: all from ``from_ms``")
    from_ms: Millis = Field(description="server time of the first open wanted; 0: the last ``count``")


class Bars(FromTerminal):
    """Backfill, oldest first, in parts of at most 500 bars."""

    TYPE: ClassVar[int] = 23

    request_id: Count = Field(description="of the request")
    symbol: Name = Field(description="symbol")
    timeframe: Small = Field(description="minutes")
    part: Small = Field(description="from 1")
    parts: Small = Field(description="how many parts there are")
    ok: bool = Field(description="false: the terminal could not read them; says nothing about the history")
    bars: list[BarRow] = Field(description="closed bars")


class Session(Record):
    """One trading session of a weekday, as SymbolInfoSessionTrade tells it."""

    day: Small = Field(description="0 Sunday to 6 Saturday")
    from_s: Small = Field(description="seconds of the server's day")
    to_s: Small = Field(description="may pass 86,400")


class SymbolSpec(FromTerminal):
    """What a symbol is; sent before its first quote and whenever it differs."""

    TYPE: ClassVar[int] = 24

    symbol: Name = Field(description="name at this broker, suffix included")
    digits: Small = Field(description="SYMBOL_DIGITS")
    point: Price = Field(description="SYMBOL_POINT")
    tick_size: Price = Field(description="SYMBOL_TRADE_TICK_SIZE")
    tick_value_profit: NotNegative = Field(description="money of one tick and lot, winning")
    tick_value_loss: NotNegative = Field(description="money of one tick and lot, losing")
    contract_size: Price = Field(description="SYMBOL_TRADE_CONTRACT_SIZE")
    volume_min: Lots = Field(description="SYMBOL_VOLUME_MIN")
    volume_max: Price = Field(description="SYMBOL_VOLUME_MAX")
    volume_step: Lots = Field(description="SYMBOL_VOLUME_STEP")
    volume_limit: NotNegative = Field(description="SYMBOL_VOLUME_LIMIT; 0: none")
    stops_level: Small = Field(description="points between market and stop at least")
    freeze_level: Small = Field(description="points within which nothing may be changed")
    trade_mode: Small = Field(description="0 disabled, 1 long only, 2 short only, 3 close only, 4 full")
    execution_mode: Small = Field(description="0 request, 1 instant, 2 market, 3 exchange")
    filling_mask: Small = Field(description="1 FOK, 2 IOC, 4 BOC")
    order_mask: Small = Field(description="SYMBOL_ORDER_MODE: 64 close by, 16 stop, 32 target ...")
    calc_mode: Small = Field(description="SYMBOL_TRADE_CALC_MODE")
    swap_mode: Small = Field(description="SYMBOL_SWAP_MODE")
    swap_long: Money = Field(description="a night, buy")
    swap_short: Money = Field(description="a night, sell")
    swap_triple_day: Small = Field(description="0 Sunday to 6 Saturday")
    margin_hedged: NotNegative = Field(description="SYMBOL_MARGIN_HEDGED")
    currency_base: Text = Field(description="SYMBOL_CURRENCY_BASE")
    currency_profit: Text = Field(description="SYMBOL_CURRENCY_PROFIT")
    currency_margin: Text = Field(description="SYMBOL_CURRENCY_MARGIN")
    path: Text = Field(description="SYMBOL_PATH")
    description: Text = Field(description="SYMBOL_DESCRIPTION")
    sessions: list[Session] = Field(description="trade sessions of the week")


class Account(FromTerminal):
    """The account's figures; sent after the logon and on change, at most once a second."""

    TYPE: ClassVar[int] = 25

    ts_event: Millis = Field(description="server time")
    balance: Money = Field(description="ACCOUNT_BALANCE")
    credit: Money = Field(description="ACCOUNT_CREDIT")
    equity: Money = Field(description="ACCOUNT_EQUITY")
    profit: Money = Field(description="floating")
    margin: Money = Field(description="ACCOUNT_MARGIN")
    margin_free: Money = Field(description="ACCOUNT_MARGIN_FREE")
    margin_level: Money = Field(description="per cent; 0 without a position")
    leverage: Small = Field(description="ACCOUNT_LEVERAGE")
    margin_mode: MarginModeCode = Field(description="may change at some brokers")
    permissions: PermissionCode = Field(description="bits of Permission")


class CalendarEvent(FromTerminal):
    """One release of the economic calendar."""

    TYPE: ClassVar[int] = 26

    value_id: Count = Field(description="MqlCalendarValue.id")
    event_id: Count = Field(description="MqlCalendarValue.event_id")
    ts_release: Millis = Field(description="server time")
    country: Text = Field(description="ISO 3166 code")
    currency: Text = Field(description="ISO 4217 code")
    importance: Small = Field(description="0 none, 1 low, 2 moderate, 3 high")
    name: Text = Field(description="name of the event")
    actual: Money | None = Field(description="nil while unknown")
    forecast: Money | None = Field(description="nil: none")
    previous: Money | None = Field(description="nil: none")


class ClockOffset(FromTerminal):
    """The server's offset from UTC was measured anew and differs (R28)."""

    TYPE: ClassVar[int] = 27

    ts_event: Millis = Field(description="server time by the offset before")
    utc_offset_s: Offset = Field(description="server time minus UTC")
    before_s: Offset | None = Field(description="the offset before; nil: none was known")
