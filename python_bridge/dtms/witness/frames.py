"""
What service and witness process say to each other: MessagePack arrays, one after the other, over a pair of pipes.

A request is an `Ask` with where the terminal is. The answer is any number of pages and then END, or SILENT, which makes the pages
before it worthless. Everything carries the number of its request.
"""

import enum
from typing import Any, Final, NamedTuple

PAGE: Final = 500  # rows; a page of deals is about 100 KB
LARGEST: Final = 16 * 1_048_576  # bytes of one frame


class Kind(enum.IntEnum):
    """What a frame of the process is."""

    HELLO = 0  # it reads; number 0
    POSITIONS = 1  # rows of `SeenPosition`
    DEALS = 2  # rows of `Deal`
    END = 3  # [version of the package, build of the terminal]
    SILENT = 4  # [Quiet, detail, code or nil, found]


class Quiet(enum.IntEnum):
    """Why there is no testimony."""

    OFF = 1  # not wanted, or not started
    NOT_INSTALLED = 2  # there is no MetaTrader5 package here
    PACKAGE = 3  # its constants are not those we know
    NO_TERMINAL = 4  # it could not reach the terminal of that path
    WRONG_ACCOUNT = 5  # the terminal is logged on to another account or server, or changed it meanwhile
    NOT_CONNECTED = 6  # the terminal has no connection to its broker: what it shows may be old
    FAILED = 7  # a query gave no answer
    UNSETTLED = 8  # two ways of asking for the positions disagree
    MALFORMED = 9  # a value that cannot be
    TOO_MUCH = 10  # more deals than are wanted
    TIMEOUT = 11  # nothing came for too long; the process was ended
    CRASHED = 12  # the process ended by itself
    RESTING = 13  # it hung or crashed a moment ago
    BUSY = 14  # too many questions wait already
    NO_PROCESS = 15  # the process could not be started


class Ask(NamedTuple):
    """
    One question.

    ``account`` is LOGIN@SERVER; ``offset_s`` server time minus UTC; ``since`` and ``until`` ms UTC between which deals are wanted,
    ``since`` None none of them; ``position_ids`` positions whose deals are wanted whenever they were.
    """

    number: int
    account: str
    offset_s: int
    since: int | None
    until: int
    position_ids: tuple[int, ...]


class Place(NamedTuple):
    """Where the terminal is and how long to try to reach it."""

    path: str
    portable: bool
    timeout_ms: int
    most_deals: int


def request(ask: Ask, place: Place) -> list[Any]:
    """Return a question as an array."""
    return [*ask, *place]


def understood(array: list[Any]) -> tuple[Ask, Place]:
    """Return what a request asks."""
    number, account, offset_s, since, until, ids, *place = array
    return Ask(number, account, offset_s, since, until, tuple(ids)), Place(*place)
