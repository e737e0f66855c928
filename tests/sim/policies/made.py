"""Prices and trades made by hand, for tests of the policies."""

from collections.abc import Sequence
from dataclasses import replace

from dtms.names import Side
from dtms.sim.derive import derive_spec
from dtms.sim.policies.course import Tracks
from dtms.sim.policies.entries import Entry
from dtms.sim.policies.history import History, make_history
from dtms.sim.policies.pilot import Policy
from dtms.sim.policies.replay import Replay, Result
from dtms.sim.prices import PricePoint, PriceSeries, path_order
from dtms.sim.spec import SymbolSpec

MONDAY = 1_704_672_000_000  # 2024-01-08 00:00 UTC
MINUTE = 60_000
HOUR = 3_600_000
SPREAD = 0.0002


def spec_of(name: str = "EURUSD", digits: int = 5) -> SymbolSpec:
    return replace(derive_spec(name, digits=digits), swap_long=0.0, swap_short=0.0)


def quotes(*rows: tuple[int, float, float], spec: SymbolSpec | None = None) -> History:
    """Recorded quotes: (ms from Monday on, bid, ask)."""
    points = [PricePoint(MONDAY + after, bid, ask) for after, bid, ask in rows]
    return make_history(PriceSeries("made.csv", points, 5, None), spec or spec_of())


def minutes(*bars: tuple[float, float, float, float], begin: int = MONDAY, spread: float = SPREAD) -> History:
    """One M1 bar after the other: open, high, low, close of the bid; the ask is a spread above."""
    return minutes_at([(begin + i * MINUTE, bar) for i, bar in enumerate(bars)], spread)


def minutes_at(bars: Sequence[tuple[int, tuple[float, float, float, float]]], spread: float = SPREAD) -> History:
    points = [
        PricePoint(time + i * 15_000, bar[at], round(bar[at] + spread, 5))
        for time, bar in bars
        for i, at in enumerate(path_order(bar))
    ]
    return make_history(PriceSeries("made.csv", points, 5, "modelled", 60), spec_of())


def trade(history: History, side: Side, price: float, stop: float | None, target: float | None = None, *, at: int = 0) -> Entry:
    """A trade of 0.1 lots, opened at a time in ms from Monday on."""
    time = MONDAY + at
    risk = abs(price - stop) if stop is not None else 0.001
    return Entry(1, side, 0.1, time, history.at_or_after(time), price, stop, target, risk)


def run(history: History, entry: Entry, policy: Policy, **options: int | bool) -> Result:
    return Replay(Tracks(history), entry, policy, **options).run()  # type: ignore[arg-type]
