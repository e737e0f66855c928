"""Random quotes, and what arrived of them."""

import random

from tests.mql5.support import OFFSET_MS, Harness

from dtms.wire.market_messages import Tick

Fed = list[tuple[int, float, float]]
"""What was fed: server time in ms, bid, ask."""


def feed(life: Harness, symbol: str, count: int, rng: random.Random, *, spread_min: int = 1) -> Fed:
    """Random quotes at the present time; what was fed, as (server ms, bid, ask)."""
    spec = next(spec for spec in life.specs if spec.name == symbol)
    fed = []
    for _ in range(count):
        bid = round(1.1 + rng.randint(-500, 500) * spec.point, spec.digits)
        ask = round(bid + rng.randint(spread_min, 20) * spec.point, spec.digits)
        life.broker.quote(symbol, life.market_ms, bid, ask)
        fed.append((life.market_ms + OFFSET_MS, bid, ask))
    return fed


def as_fed(ticks: list[Tick]) -> Fed:
    return [(tick.ts_event, tick.bid, tick.ask) for tick in ticks]
