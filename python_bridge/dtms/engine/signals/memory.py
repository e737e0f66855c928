"""
What a market must remember from one close to the next, and over a restart.

Everything that depends on the path is in the facts of the last close: the classes of the regime, the swings with those that are
broken, the event slot, the cross counters, the flips. The rest of the facts is carried along, so that a close of the fast chart
need not look at the slow one again.
"""

from dataclasses import dataclass

from dtms.engine.signals.facts import FastFacts, SlowFacts


@dataclass(frozen=True, slots=True)
class MarketMemory:
    """The facts of the last closes of one symbol; it belongs to the market, however many trades look at it."""

    slow: SlowFacts | None = None
    fast: FastFacts | None = None
