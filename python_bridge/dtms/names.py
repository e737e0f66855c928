"""
The words that wire, engine, store and pages share, as enumerations.

Members that cross the wire are small integers (``link.md`` R04); their numbers are ours and never those of
MetaTrader, which are not the same on every build. A member is never renumbered: add at the end.
"""

import enum


class Side(enum.IntEnum):
    """Which way a position gains."""

    BUY = 1
    SELL = 2

    @property
    def direction(self) -> int:
        """+1 for a buy, -1 for a sell."""
        return 1 if self is Side.BUY else -1


class Role(enum.IntEnum):
    """What an Expert Advisor may do on its account (R09)."""

    MANAGER = 1  # executes commands and reports positions
    FEED = 2  # sends quotes and bars of its symbols, executes nothing
    OBSERVER = 3  # no common protocol version: watched and alarmed, never commanded


class MarginMode(enum.IntEnum):
    """ACCOUNT_MARGIN_MODE."""

    NETTING = 1
    EXCHANGE = 2
    HEDGING = 3


class TradeMode(enum.IntEnum):
    """ACCOUNT_TRADE_MODE: whose money it is."""

    DEMO = 1
    CONTEST = 2
    REAL = 3


class Permission(enum.IntFlag):
    """Everything that must be allowed before an order leaves the terminal."""

    CONNECTED = 1  # TERMINAL_CONNECTED: the terminal has its broker
    TERMINAL_TRADE = 2  # TERMINAL_TRADE_ALLOWED: the Algo Trading button
    PROGRAM_TRADE = 4  # MQL_TRADE_ALLOWED: the box in the Expert Advisor's dialog
    ACCOUNT_TRADE = 8  # ACCOUNT_TRADE_ALLOWED: false with the investor password
    ACCOUNT_EXPERT = 16  # ACCOUNT_TRADE_EXPERT: the broker allows Expert Advisors


class Operation(enum.IntFlag):
    """What a command may do; the Expert Advisor's inputs allow a subset (R24)."""

    MODIFY = 1
    REDUCE = 2
    OPEN = 4
    CLOSE_BY = 8


class RiskClass(enum.IntEnum):
    """What a command does to the exposure; decides its time to live (R21) and who may stop it."""

    REDUCE = 1
    NEUTRAL = 2
    RAISE = 3


class OpenKind(enum.IntEnum):
    """Why DTMS opens a position; 4 bits of the tag in the magic number (R19)."""

    HEDGE = 1
    READD = 2
    REDUCE = 3  # the deal of a reduction
    AUTONOMOUS = 4  # the Expert Advisor's own act after silence


class Outcome(enum.IntEnum):
    """How a command ended (R22). Denied is ours, rejected is the broker's, unknown is unknown."""

    DONE = 1
    PARTIAL = 2
    REJECTED = 3
    RETRYABLE = 4
    EXPIRED = 5
    STALE_EPOCH = 6
    STALE_VIEW = 7
    DENIED = 8
    UNKNOWN = 9

    @property
    def final(self) -> bool:
        """Whether nothing more will be said about the command; only *unknown* is still being looked for."""
        return self is not Outcome.UNKNOWN


class Why(enum.IntEnum):
    """The reason beside an outcome that the broker's return code alone does not tell."""

    NONE = 0
    CAP_LOTS = 1
    CAP_ORDERS = 2
    CAP_OPERATION = 3
    CAP_SYMBOL = 4
    HANDS_OFF = 5
    NOT_MANAGER = 6
    NO_POSITION = 7
    NO_SYMBOL = 8
    STOP_WIDENS = 9  # a stop would move away from the market: never, whoever asks
    STOPS_LEVEL = 10  # nearer to the market than the broker allows
    FREEZE_LEVEL = 11  # inside the freeze distance
    VOLUME_STEP = 12  # not a multiple of the volume step, or below the minimum
    TICKET_BUSY = 13  # another request for the ticket is under way
    PERMISSION = 14  # trading is not allowed here; see Permission
    DEADLINE = 15
    EARLIER_SESSION = 16  # stamped for another session (R21)
    ALREADY = 17  # the target was there before (R20)
    NOT_EXECUTED = 18  # searched for after silence and not found (R19)
    SEND_FAILED = 19  # the terminal did not take the request
    BAD_COMMAND = 20  # a value that cannot be meant
    CHANGE_PLAN = 21  # the broker forbids it in this form (10042 to 10046): the same again would be refused again
    LEDGER = 22  # the ledger cannot be written, or was damaged and the history has not caught up


class RejectWhy(enum.IntEnum):
    """Why a frame was refused (R26)."""

    MALFORMED = 1
    UNKNOWN_TYPE = 2
    BAD_VALUE = 3
    TOO_LARGE = 4
    MULTIPART = 5
    BAD_VERSION = 6
    WRONG_SESSION = 7
    WRONG_EPOCH = 8
    GAP = 9
    WRONG_DIRECTION = 10


class RefuseWhy(enum.IntEnum):
    """Why a logon was refused (R05, R07, R09)."""

    WRONG_ACCOUNT = 1
    WRONG_SERVER = 2
    REAL_NOT_ALLOWED = 3
    NOT_READY = 4
    DUPLICATE_INSTANCE = 5
    HIGHER_EPOCH = 6  # another process took over this account


class LogoutWhy(enum.IntEnum):
    """Why a side takes its leave (R08)."""

    SHUTDOWN = 1
    REMOVED = 2
    CHART_CHANGED = 3
    ACCOUNT_CHANGED = 4
    TERMINAL_CLOSED = 5
    SUPERSEDED = 6


class OnSilence(enum.IntEnum):
    """What the Expert Advisor does with a ticket when the link stays silent (R27)."""

    HOLD = 1
    TIGHTEN = 2
    CLOSE = 3


class Reason(enum.IntEnum):
    """Who or what made a deal or a position: DEAL_REASON, POSITION_REASON."""

    OTHER = 0
    CLIENT = 1
    MOBILE = 2
    WEB = 3
    EXPERT = 4
    STOP_LOSS = 5
    TAKE_PROFIT = 6
    STOP_OUT = 7
    ROLLOVER = 8
    VARIATION_MARGIN = 9
    SPLIT = 10
    CORPORATE_ACTION = 11


class DealType(enum.IntEnum):
    """DEAL_TYPE; what is neither a buy nor a sell moves money only."""

    BUY = 1
    SELL = 2
    BALANCE = 3
    OTHER = 4


class DealEntry(enum.IntEnum):
    """DEAL_ENTRY."""

    IN = 1
    OUT = 2
    INOUT = 3
    OUT_BY = 4


class OrderState(enum.IntEnum):
    """ORDER_STATE, as far as a watcher needs it."""

    LIVE = 1  # started, placed, partially filled or a request under way
    FILLED = 2
    CANCELED = 3
    REJECTED = 4
    EXPIRED = 5


class Changed(enum.IntFlag):
    """What differs between two looks at one position."""

    VOLUME = 1
    STOP_LOSS = 2
    TAKE_PROFIT = 4
    TICKET = 8
    PRICE_OPEN = 16
    COSTS = 32


class QuoteFlag(enum.IntFlag):
    """What a quote on the wire is made of."""

    CROSSED = 1  # ask below bid in at least one of the quotes it stands for
    TRADES = 2  # buys and sells are traded volumes; otherwise they count up and down moves of the mid
    RESYNC = 4  # the first after the feed had to start anew; earlier quotes may be missing


class NoticeCode(enum.IntEnum):
    """What the Expert Advisor has to say besides facts about positions."""

    CLOCK_OFFSET = 1  # the server's offset from UTC changed; value: seconds
    HISTORY_GAP = 2  # quotes older than the terminal's cache could not be read; value: ms
    PERMISSION = 3  # a permission was lost; value: the permissions that are left
    CAP_REACHED = 4
    FEED_FAILED = 5  # CopyTicks, CopyRates or the economic calendar failed; value: the terminal's error
    LEDGER = 6
    STRAY_REPORT = 7  # an answer from the broker that belongs to no request of ours
    AUTONOMOUS = 8
