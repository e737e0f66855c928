"""
The errors of the simulator: wrong use of the model, or a price file that cannot be used.

What a broker refuses is no error but an outcome with a return code, except for `Refused`: a human's own trade
in a script has nobody who would read the code.
"""

from pathlib import PurePath

from dtms.errors import DtmsError, InputFileError
from dtms.sim.mt5 import Retcode


class SimError(DtmsError):
    """The model was used in a way that it cannot follow."""


class NotModelled(SimError):
    """The model does not follow this; going on would give results that look real."""

    def __init__(self, what: str) -> None:
        super().__init__(f"the broker model does not know {what}")
        self.what = what


class UnknownSymbol(SimError):
    """No specification was given for a symbol."""

    def __init__(self, symbol: str) -> None:
        super().__init__(f"symbol {symbol!r} has no specification")
        self.symbol = symbol


class SymbolTaken(SimError):
    """A symbol was to get a name that another one has."""

    def __init__(self, symbol: str) -> None:
        super().__init__(f"symbol {symbol!r} is there already")
        self.symbol = symbol


class UnknownRelease(SimError):
    """A release of the economic calendar was to change that was never planned."""

    def __init__(self, value_id: int) -> None:
        super().__init__(f"the calendar knows no release {value_id}")
        self.value_id = value_id


class BadQuote(SimError):
    """A quote that no server sends: not finite, not positive, or older than the market's clock."""

    def __init__(self, symbol: str, time_msc: int, bid: float, ask: float, why: str) -> None:
        super().__init__(f"quote of {symbol} at {time_msc} ms: bid {bid}, ask {ask}: {why}")
        self.symbol = symbol
        self.time_msc = time_msc
        self.bid = bid
        self.ask = ask
        self.why = why


class ClockBackwards(SimError):
    """Market time or monotonic time was asked to go back."""

    def __init__(self, clock: str, at: int, to: int) -> None:
        super().__init__(f"the {clock} clock stands at {at} ms and cannot go back to {to} ms")
        self.clock = clock
        self.at = at
        self.to = to


class Refused(SimError):
    """The broker refused what a script's human wanted."""

    def __init__(self, retcode: Retcode) -> None:
        super().__init__(f"refused with {retcode.value} {retcode.name}")
        self.retcode = retcode


class PriceFileError(InputFileError):
    """A price file, or one line of it, cannot be used; line 0 means the file as a whole."""

    def __init__(self, path: PurePath | str, line: int, reason: str) -> None:
        super().__init__(path, line, reason)
