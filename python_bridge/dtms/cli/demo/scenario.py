"""
What a demo plays: prices, a symbol, and trades planted into them.

Without a price file the prices are made up from a script that takes trades of both sides through profit and loss; the same seed
gives the same run.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from dtms.errors import UsageError
from dtms.sim.derive import derive_spec
from dtms.sim.paths import Segment, synthetic
from dtms.sim.prices import PricePoint, read_prices
from dtms.sim.spec import SymbolSpec
from dtms.sim.trades import PlannedTrade, generate_trades

DEFAULT_SYMBOL = "EURUSD"
_START_MSC = 1_704_700_800_000  # Monday 2024-01-08 08:00 UTC: a market that is open
_PRICE = 1.0950
_COMMISSION = 3.5  # per lot and side, in deposit currency: what raw-spread accounts charge

# A quiet start in which ATR14 fills, then moves of several stop distances both ways.
_SCRIPT = (
    Segment(seconds=1_200, move=5, noise=0.8, every_ms=500),
    Segment(seconds=480, move=90, every_ms=500),
    Segment(seconds=360, move=-70, every_ms=500),
    Segment(seconds=480, move=-110, every_ms=500),
    Segment(seconds=360, move=95, every_ms=500),
    Segment(seconds=240, move=-20, noise=1.5, spread=18, every_ms=500),
)
_QUIET = 2_400  # quotes of the first segment: no trade is planted before ATR14 is there


@dataclass(frozen=True, slots=True)
class Scenario:
    """Prices in order, the symbol they belong to, and the trades; ``modelled`` says what was not recorded."""

    spec: SymbolSpec
    points: Sequence[PricePoint]
    trades: Sequence[PlannedTrade]
    modelled: str | None

    def lasts(self, minutes: float) -> bool:
        """Return whether a quote comes so many minutes after the first, or later."""
        return self.points[-1].time_msc - self.points[0].time_msc >= minutes * 60_000


def scripted(seed: int, count: int, offset_s: int) -> Scenario:
    """Return the made-up scenario of a seed."""
    rng = random.Random(seed)
    spec = derive_spec(DEFAULT_SYMBOL, offset_s=offset_s, commission=_COMMISSION)
    points = list(synthetic(rng, start_msc=_START_MSC, price=_PRICE, digits=spec.digits, segments=_SCRIPT))
    late = points[_QUIET:]
    trades = generate_trades(points, count * 3, rng, spec, offset_ms=offset_s * 1_000)
    chosen = [trade for trade in trades if trade.index >= _QUIET][:count] or trades[:count]
    return Scenario(spec, points, chosen, f"prices are made up from seed {seed}" if late else None)


def recorded(path: Path, symbol: str, seed: int, count: int, offset_s: int) -> Scenario:
    """
    Return a price file's scenario.

    Raises:
        PriceFileError: The file or a line of it cannot be used.
        UsageError: There are no quotes in it.
    """
    series = read_prices(path, offset_s=offset_s)
    if not series.points:
        raise UsageError(f"--ticks {path}: no quotes in it")
    spec = derive_spec(symbol, digits=series.digits, offset_s=offset_s, commission=_COMMISSION)
    trades = generate_trades(series.points, count, random.Random(seed), spec, offset_ms=offset_s * 1_000)
    return Scenario(spec, series.points, trades, series.modelled)
