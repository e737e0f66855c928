"""What is known of a symbol at one moment: its specification and its last quote."""

from typing import NamedTuple

from dtms.engine.defence.view import View
from dtms.names import Side
from dtms.wire.messages import SymbolSpec, Tick


class Quote(NamedTuple):
    """Bid and ask to decide by; ``ts_event`` ms UTC."""

    bid: float
    ask: float
    ts_event: int

    def exit_price(self, side: Side) -> float:
        """Return where a position of this side would be closed now: bid for a buy, ask for a sell."""
        return self.bid if side is Side.BUY else self.ask


class Market(NamedTuple):
    """The market as far as a decision needs it; each part may be missing. ``view`` is what the defence sees besides."""

    spec: SymbolSpec | None
    quote: Quote | None
    view: View | None = None


def flatten(tick: Tick) -> Quote:
    """
    Return the quote to decide by: the last bid and ask of the tick.

    A crossed one (ask below bid) becomes its mid on both sides, so that it gives nobody a price that cannot be had. The extremes
    of a conflated tick are adverse ones and do not enter.
    """
    bid, ask = tick.bid, tick.ask
    if ask < bid:
        bid = ask = (bid + ask) / 2
    return Quote(bid, ask, tick.ts_event)
