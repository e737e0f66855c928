"""
Numbers of MetaTrader 5 that the broker model speaks, as the reference of the platform gives them.

They differ from `dtms.names`, whose members cross our own wire. Only what the model uses is listed.
"""

import enum
from typing import Final


class Action(enum.IntEnum):
    """ENUM_TRADE_REQUEST_ACTIONS."""

    DEAL = 1
    PENDING = 5
    SLTP = 6
    MODIFY = 7
    REMOVE = 8
    CLOSE_BY = 10


class OrderType(enum.IntEnum):
    """ENUM_ORDER_TYPE without the pending ones, which this model does not execute."""

    BUY = 0
    SELL = 1
    CLOSE_BY = 8


class OrderState(enum.IntEnum):
    """ENUM_ORDER_STATE."""

    STARTED = 0
    PLACED = 1
    CANCELED = 2
    PARTIAL = 3
    FILLED = 4
    REJECTED = 5


class Filling(enum.IntEnum):
    """ENUM_ORDER_TYPE_FILLING; the bits of SYMBOL_FILLING_MODE are other numbers (see `FILLING_BIT`)."""

    FOK = 0
    IOC = 1
    RETURN = 2
    BOC = 3


FILLING_BIT: Final = {Filling.FOK: 1, Filling.IOC: 2}


class DealType(enum.IntEnum):
    """ENUM_DEAL_TYPE, as far as the model books."""

    BUY = 0
    SELL = 1
    BALANCE = 2


class Entry(enum.IntEnum):
    """ENUM_DEAL_ENTRY."""

    IN = 0
    OUT = 1
    INOUT = 2
    OUT_BY = 3


class Reason(enum.IntEnum):
    """ENUM_DEAL_REASON; orders and positions use the same numbers for what they share."""

    CLIENT = 0
    MOBILE = 1
    WEB = 2
    EXPERT = 3
    SL = 4
    TP = 5
    SO = 6
    ROLLOVER = 7
    SPLIT = 9
    CORPORATE_ACTION = 10  # the reference lists it last and gives no number


class TransactionType(enum.IntEnum):
    """ENUM_TRADE_TRANSACTION_TYPE, as far as the model reports."""

    ORDER_ADD = 0
    ORDER_UPDATE = 1
    ORDER_DELETE = 2
    HISTORY_ADD = 3
    DEAL_ADD = 6
    POSITION = 9
    REQUEST = 10


class MarginMode(enum.IntEnum):
    """ENUM_ACCOUNT_MARGIN_MODE."""

    NETTING = 0
    EXCHANGE = 1
    HEDGING = 2


class AccountKind(enum.IntEnum):
    """ENUM_ACCOUNT_TRADE_MODE: whose money it is."""

    DEMO = 0
    CONTEST = 1
    REAL = 2


class TradeMode(enum.IntEnum):
    """ENUM_SYMBOL_TRADE_MODE."""

    DISABLED = 0
    LONG_ONLY = 1
    SHORT_ONLY = 2
    CLOSE_ONLY = 3
    FULL = 4


class Execution(enum.IntEnum):
    """ENUM_SYMBOL_TRADE_EXECUTION."""

    REQUEST = 0
    INSTANT = 1
    MARKET = 2
    EXCHANGE = 3


PRICED: Final = frozenset({Execution.REQUEST, Execution.INSTANT})  # they promise the price that the request names


class OrderMode(enum.IntFlag):
    """Bits of SYMBOL_ORDER_MODE."""

    MARKET = 1
    LIMIT = 2
    STOP = 4
    STOP_LIMIT = 8
    SL = 16
    TP = 32
    CLOSE_BY = 64


class SwapMode(enum.IntEnum):
    """ENUM_SYMBOL_SWAP_MODE, as far as the model charges."""

    DISABLED = 0
    POINTS = 1
    CURRENCY_SYMBOL = 2
    CURRENCY_DEPOSIT = 4
    INTEREST_CURRENT = 5
    INTEREST_OPEN = 6
    REOPEN_CURRENT = 7
    REOPEN_BID = 8


class TickFlag(enum.IntFlag):
    """Bits of MqlTick.flags: what changed."""

    BID = 2
    ASK = 4


class Retcode(enum.IntEnum):
    """Return codes of the trade server; 10005 and 10037 do not exist."""

    REQUOTE = 10004
    REJECT = 10006
    CANCEL = 10007
    PLACED = 10008
    DONE = 10009
    DONE_PARTIAL = 10010
    ERROR = 10011
    TIMEOUT = 10012
    INVALID = 10013
    INVALID_VOLUME = 10014
    INVALID_PRICE = 10015
    INVALID_STOPS = 10016
    TRADE_DISABLED = 10017
    MARKET_CLOSED = 10018
    NO_MONEY = 10019
    PRICE_CHANGED = 10020
    PRICE_OFF = 10021
    INVALID_EXPIRATION = 10022
    ORDER_CHANGED = 10023
    TOO_MANY_REQUESTS = 10024
    NO_CHANGES = 10025
    SERVER_DISABLES_AT = 10026
    CLIENT_DISABLES_AT = 10027
    LOCKED = 10028
    FROZEN = 10029
    INVALID_FILL = 10030
    CONNECTION = 10031
    ONLY_REAL = 10032
    LIMIT_ORDERS = 10033
    LIMIT_VOLUME = 10034
    INVALID_ORDER = 10035
    POSITION_CLOSED = 10036
    INVALID_CLOSE_VOLUME = 10038
    CLOSE_ORDER_EXIST = 10039
    LIMIT_POSITIONS = 10040
    REJECT_CANCEL = 10041
    LONG_ONLY = 10042
    SHORT_ONLY = 10043
    CLOSE_ONLY = 10044
    FIFO_CLOSE = 10045
    HEDGE_PROHIBITED = 10046


EXECUTED: Final = frozenset({Retcode.DONE, Retcode.DONE_PARTIAL})

# GetLastError values that a terminal sets itself.
ERR_TRADE_DISABLED: Final = 4752
ERR_TRADE_SEND_FAILED: Final = 4756
ERR_MARKET_UNKNOWN_SYMBOL: Final = 4301
ERR_MARKET_NOT_SELECTED: Final = 4302
ERR_HISTORY_NOT_FOUND: Final = 4401
ERR_HISTORY_TIMEOUT: Final = 4403
ERR_CALENDAR_TIMEOUT: Final = 5401
ERR_CALENDAR_NO_DATA: Final = 5402

COMMENT_LIMIT: Final = 31  # characters; the reference is silent, brokers keep this many
