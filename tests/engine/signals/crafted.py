"""Markets made to measure: bars from closes, seeded walks on a price grid, their mirror, and what is known of a chart."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from pydantic import BaseModel

from dtms.engine.signals.chart import Bar, Chart, Charts, chart_from, chart_of
from dtms.engine.signals.evidence import Evidence, advance
from dtms.engine.signals.flow import NO_FLOW, FlowFigures
from dtms.engine.signals.memory import MarketMemory
from dtms.settings_score import SignalSettings

M5 = 300_000
M15 = 900_000
DAY = 86_400_000
MONDAY = 1_330_300_800_000  # Monday, 2012-02-27 00:00 UTC
POINT = 1e-5
RULES = SignalSettings()


def bar(time: int, open_: float, high: float, low: float, close: float, volume: float = 10.0) -> Bar:
    return Bar(time, open_, high, low, close, volume)


def flat_bars(closes: Iterable[float], period: int = M15, begin: int = MONDAY) -> Chart:
    """A chart whose bars open at the close before and have no wicks."""
    bars = []
    before = None
    for number, close in enumerate(closes):
        open_ = close if before is None else before
        bars.append(bar(begin + number * period, open_, max(open_, close), min(open_, close), close))
        before = close
    return chart_of(period, bars)


def walk(seed: int, count: int, begin: int = MONDAY, start: float = 1.5, step: float = 30.0) -> Chart:
    """A seeded walk of M5 bars, in points of 1e-5: drifts and calm and wild stretches of half a day, some equal prices."""
    random = np.random.default_rng(seed)
    stretches = count // 144 + 1
    drift = np.repeat(random.normal(0.0, 0.25 * step, stretches), 144)[:count]
    width = np.repeat(step * random.choice([0.3, 1.0, 2.5], stretches), 144)[:count]
    moves = np.rint(drift + width * random.standard_normal(count))
    close = np.rint(start / POINT) + np.cumsum(moves)
    open_ = np.concatenate(([close[0]], close[:-1])) + np.rint(random.normal(0, 1, count) * (random.random(count) < 0.1))
    high = np.maximum(open_, close) + np.rint(np.abs(random.normal(0.0, 0.4 * width)))
    low = np.minimum(open_, close) - np.rint(np.abs(random.normal(0.0, 0.4 * width)))
    volume = random.integers(1, 200, count).astype(float)
    prices = np.round(np.array([open_, high, low, close]) * POINT, 5)
    return chart_from(M5, begin + M5 * np.arange(count), np.vstack((prices, volume)))


def thrice(fast: Chart) -> Chart:
    """The M15 chart of an M5 chart without holes that begins on a quarter of an hour."""
    count = len(fast) // 3
    by_three = [column[: 3 * count].reshape(count, 3) for column in (fast.open, fast.high, fast.low, fast.close, fast.volume)]
    open_, high, low, close, volume = by_three
    columns = np.array([open_[:, 0], high.max(axis=1), low.min(axis=1), close[:, 2], volume.sum(axis=1)])
    return chart_from(M15, fast.time[: 3 * count : 3], columns)


def charts(fast: Chart) -> Charts:
    return Charts(fast, thrice(fast))


def mirrored(chart: Chart, about: float) -> Chart:
    return replace(
        chart,
        open=2 * about - chart.open,
        high=2 * about - chart.low,
        low=2 * about - chart.high,
        close=2 * about - chart.close,
    )


def seen(
    market: Charts, flow: FlowFigures = NO_FLOW, spread: float = 0.0, symbol: str = "GBPUSD", rules: SignalSettings = RULES
) -> Evidence:
    """What is known at the last close by somebody who has just come."""
    now = max(chart.closed_at() for chart in market)
    return advance(MarketMemory(), market, flow, spread, symbol=symbol, now=now, rules=rules)[1]


def with_key(rules: SignalSettings, path: str, value: Any) -> SignalSettings:
    """The settings with one key changed, checked as when they are read from a file."""
    data = rules.model_dump(mode="json")
    table = data
    *tables, last = path.split(".")
    for name in tables:
        table = table[name]
    table[last] = value
    return SignalSettings.model_validate(data)


def leaf_keys(model: BaseModel, prefix: str = "") -> list[str]:
    """Every key of settings, with the tables it stands in."""
    keys: list[str] = []
    for name in type(model).model_fields:
        value = getattr(model, name)
        keys += leaf_keys(value, f"{prefix}{name}.") if isinstance(value, BaseModel) else [prefix + name]
    return keys


def rows(market: Sequence[tuple[float, float, float, float]], period: int = M15, begin: int = MONDAY) -> Chart:
    """A chart of (open, high, low, close)."""
    return chart_of(period, [bar(begin + number * period, *prices) for number, prices in enumerate(market)])
