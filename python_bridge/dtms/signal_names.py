"""
The words for what the market shows, as enumerations.

Members are typed so that a mismatch of upper and lower case cannot switch a table off. *Range* is a class of the Bollinger
bands (`Bands`); what two pairs of swings say is a `SwingLabel`, and its third member is *mixed*.
"""

import enum


class Group(enum.StrEnum):
    """The groups whose figures add up to the score, in the order in which they are shown."""

    STRUCTURE = "structure"
    VWAP_VOLUME = "vwap_volume"
    MOMENTUM = "momentum"
    EMA_ALIGNMENT = "ema_alignment"
    DELTA_PRESSURE = "delta_pressure"
    CANDLE_CONVICTION = "candle_conviction"


class Session(enum.StrEnum):
    """The trading session; late evening and weekends of markets that never close count as Asian."""

    ASIAN = "ASIAN"
    LONDON = "LONDON"
    NY = "NY"
    OVERLAP = "OVERLAP"


class Volatility(enum.StrEnum):
    """ATR now against its own recent mean."""

    LOW = "LOW"
    NORMAL = "NORMAL"
    HIGH = "HIGH"


class Bands(enum.StrEnum):
    """Width of the Bollinger bands against their own recent widths."""

    RANGE = "RANGE"
    TREND = "TREND"


class SwingLabel(enum.StrEnum):
    """What the last two swing highs and lows say."""

    UP = "UP"  # both higher
    DOWN = "DOWN"  # both lower
    MIXED = "MIXED"  # neither, or not enough of them


class EventKind(enum.StrEnum):
    """How a swing was broken."""

    BOS = "BOS"  # break of structure: the sequence goes on
    CHOCH = "CHOCH"  # change of character: its last protective swing is gone


class Family(enum.StrEnum):
    """The families of evidence that have a warning counter."""

    STRUCTURAL = "structural"
    VWAP = "vwap"
    MOMENTUM = "momentum"


class Confluence(enum.StrEnum):
    """Whether the contributions agree, in the frame of the trade."""

    NEUTRAL = "NEUTRAL"
    MIXED = "MIXED"
    FAVOURABLE = "FAVOURABLE"
    ADVERSE = "ADVERSE"


class Fault(enum.StrEnum):
    """What is wrong with the bars; any of them makes a score invalid."""

    NO_BARS = "no bars"
    GAP = "gap"  # bars may be missing: the history was not read again since a jump in time
    STALE = "stale"  # a bar is overdue
    NO_NUMBER = "no number"  # a NaN or an infinity stands among the bars


class AtrKind(enum.StrEnum):
    """How the true range is averaged."""

    WILDER = "wilder"
    SIMPLE = "simple"
