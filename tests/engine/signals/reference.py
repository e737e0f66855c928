"""
The score once more, written from the rules and not from the code: slow, literal, with its own swings, VWAP, flips and tables.

It shares with the code TA-Lib alone and knows nothing of its settings: every number of the rules stands here a second time. A group
without figures is missing from a row.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import NamedTuple

import numpy as np
import talib
from numpy.typing import NDArray

Row = tuple[int, float, float, float, float, float]  # open in ms UTC, open, high, low, close, volume
Swing = tuple[str, float, int]
Figures = dict[str, float]

DUST = 1e-9
BOUNDS = {
    "structure": 3.0,
    "vwap_volume": 2.0,
    "momentum": 2.0,
    "ema_alignment": 1.5,
    "delta_pressure": 1.0,
    "candle_conviction": 2.0,
}
MODIFIERS = {  # range, high volatility, Asian session
    "structure": (0.7, 1.2, 0.8),
    "vwap_volume": (1.3, 0.9, 0.8),
    "momentum": (1.0, 0.8, 0.8),
    "ema_alignment": (0.8, 1.0, 0.8),
    "delta_pressure": (1.2, 1.1, 0.8),
    "candle_conviction": (1.1, 0.9, 0.8),
}
_SESSIONS = ((13, 16, "OVERLAP"), (0, 8, "ASIAN"), (8, 16, "LONDON"), (16, 21, "NY"), (21, 24, "ASIAN"))
_M5, _M15, _DAY = 300_000, 900_000, 86_400_000


class Flow(NamedTuple):
    """Share of the sellers and pressure, as somebody measured them."""

    sells: float
    z: float


class Event(NamedTuple):
    kind: str
    up: bool
    level: float
    age: int


class Scored(NamedTuple):
    """One side's figures before clamp and modifier, and the sum of all."""

    figures: Figures
    total: float | None


class Reference:
    """One market, bar by bar; `fast` and `slow` are what closed so far."""

    def __init__(self, base: float) -> None:
        self.base = base
        self.fast: list[Row] = []
        self.slow: list[Row] = []
        self.volatility, self.bands, self.session = "NORMAL", "TREND", ""
        self.threshold = base
        self.run = 0  # closes in a row: above VWAP positive, below negative
        self.flip = {1: False, -1: False}  # up, down
        self.event: Event | None = None
        self.broken: set[Swing] = set()
        self.vwap: float | None = None
        self.slope: float | None = None

    def slow_closed(self, row: Row, spread: float) -> None:
        self.slow.append(row)
        closed = row[0] + _M15
        time = datetime.fromtimestamp(closed / 1_000, UTC)
        name = next(name for first, last, name in _SESSIONS if first <= time.hour < last)
        self.session = "ASIAN" if time.weekday() >= 5 else name
        self._regime()
        by_session = {"ASIAN": 1.5, "LONDON": 1.0, "NY": 0.8, "OVERLAP": 0.7}[self.session]
        product = by_session * {"LOW": 1.4, "NORMAL": 1.0, "HIGH": 0.8}[self.volatility] * (1.3 if self.bands == "RANGE" else 1.0)
        self.threshold = self.base * min(max(product, 0.5), 1.8)
        self._structure(spread)

    def fast_closed(self, row: Row) -> None:
        self.fast.append(row)
        day = [bar for bar in self.fast[-600:] if bar[0] // _DAY == row[0] // _DAY]
        atr = _atr(self.fast[-600:])
        self.vwap = _vwap(day)
        before = _vwap(day[:-3])
        self.slope = (self.vwap - before) / atr if self.vwap is not None and before is not None and atr is not None else None
        if self.vwap is None:
            self.flip = {1: False, -1: False}
            return
        if abs(row[4] - self.vwap) > DUST:
            way = 1 if row[4] > self.vwap else -1
            self.run = self.run + way if self.run * way > 0 else way
        for way in (1, -1):
            self.flip[way] = self._flipped(way, (row[4] - self.vwap) / self.vwap)

    def score(self, way: int, flow: Flow | None) -> Scored:
        """Return what is said for a buy (1) or a sell (-1)."""
        parts = {
            "structure": self._structure_figure(way),
            "vwap_volume": self._vwap_figure(way, flow),
            "momentum": self._momentum(way),
            "ema_alignment": self._alignment(way),
            "delta_pressure": None if flow is None else float(way * flow.z > 0.5) - float(way * flow.z < -0.5),
            "candle_conviction": self._conviction(way),
        }
        figures = {name: figure for name, figure in parts.items() if figure is not None}
        if sum(BOUNDS[name] for name in figures) / sum(BOUNDS.values()) < 0.6:
            return Scored(figures, None)
        applies = (self.bands == "RANGE", self.volatility == "HIGH", self.session == "ASIAN")
        total = 0.0
        for name, figure in figures.items():
            modifier = float(np.prod([m for m, does in zip(MODIFIERS[name], applies, strict=True) if does]))
            total += min(max(modifier, 0.5), 1.5) * min(max(figure, -BOUNDS[name]), BOUNDS[name])
        return Scored(figures, total)

    def _regime(self) -> None:
        rows = self.slow[-1_000:]
        close = _column(rows, 4)
        if len(rows) >= 35:
            atr = talib.ATR(_column(rows, 2), _column(rows, 3), close, 14)
            ratio = atr[-1] / atr[-21:-1].mean()
            stays = (self.volatility == "LOW" and ratio <= 0.735) or (self.volatility == "HIGH" and ratio >= 1.235)
            if not stays:
                self.volatility = "LOW" if ratio < 0.7 else "HIGH" if ratio > 1.3 else "NORMAL"
        if len(rows) >= 20:
            upper, middle, lower = talib.BBANDS(close, 20, 2.0, 2.0)
            widths = (upper - lower) / middle
            limit = 0.004 if len(rows) < 219 else float(np.percentile(widths[-200:], 35))
            limit *= 1.05 if self.bands == "RANGE" else 1.0
            self.bands = "RANGE" if widths[-1] < limit else "TREND"

    def _structure(self, spread: float) -> None:
        atr = _atr(self.slow[-1_000:])
        if len(self.slow) < 20 or atr is None:
            return
        close = self.slow[-1][4]
        buffer = max(0.10 * atr, min(2 * spread, 0.20 * atr))
        if self.event is not None:
            event = self.event._replace(age=self.event.age + 1)
            beyond = (close - event.level) * (1 if event.up else -1)
            self.event = event if event.age < 8 and beyond >= -buffer - DUST else None
        swings = _swings(self.slow[-1_000:-1])
        label = _label(swings)
        for side, way, turning in (("H", 1, "DOWN"), ("L", -1, "UP")):
            swing = next((s for s in reversed(swings) if s[0] == side), None)
            needed = 0.25 * atr if label == turning else buffer
            if swing is not None and swing not in self.broken and way * (close - swing[1]) > needed + DUST:
                self.broken.add(swing)
                self.event = Event("CHOCH" if label == turning else "BOS", way > 0, swing[1], 0)

    def _flipped(self, way: int, distance: float) -> bool:
        count = way * self.run
        if self.slope is None or count <= 0 or abs(self.slope) < 0.035:
            return False
        return self.flip[way] or (count >= 2 and way * distance >= 0.5 * self.threshold and way * self.slope >= 0.05)

    def _structure_figure(self, way: int) -> float | None:
        if len(self.slow) < 20 or _atr(self.slow[-1_000:]) is None:
            return None
        if self.event is None:
            return 0.0
        favour = 3.0 if self.event.kind == "BOS" else 2.0
        return (favour if self.event.up is (way > 0) else -3.0) * (1 - self.event.age / 8)

    def _vwap_figure(self, way: int, flow: Flow | None) -> float | None:
        if self.vwap is None and flow is None:
            return None
        figure = -2.0 if self.flip[-way] else 1.0 if self.flip[way] else 0.0
        if flow is not None:
            opposite = flow.sells if way > 0 else 1 - flow.sells
            limit = 0.72 if self.volatility == "LOW" else 0.65
            figure += -1.0 if opposite >= limit else -0.5 if opposite > 0.55 else 1.0 if opposite < 1 - limit else 0.0
        return figure

    def _momentum(self, way: int) -> float | None:
        close = _column(self.slow[-1_000:], 4)
        if len(close) < 100:
            return None
        rsi, bars = talib.RSI(close, 14), talib.MACD(close, 12, 26, 9)[2]
        trend = way * (rsi[-1] - rsi[-3])
        value = rsi[-1] if way > 0 else 100 - rsi[-1]
        weak = value < (40 if self.volatility == "LOW" else 45) and trend < -DUST
        strong = trend > DUST and value > 50
        figure = -2.0 if weak else 0.0 if not strong else -1.0 if value > 70 else 1.0
        steps = way * np.diff(bars[-3:])
        return figure + float((steps > 0).all()) - float((steps < 0).all())

    def _alignment(self, way: int) -> float | None:
        close, atr = _column(self.slow[-1_000:], 4), _atr(self.slow[-1_000:])
        if len(close) < 250 or atr is None:
            return None
        a, b = (way * (mean[-1] - mean[-11]) / atr for mean in (talib.EMA(close, 50), talib.EMA(close, 200)))
        if abs(a) <= 0.05:
            return 0.0
        return (1.0 if b > 0 else 0.0) if a > 0 else (-1.0 if b > 0 else -1.5)

    def _conviction(self, way: int) -> float | None:
        atr = _atr(self.fast[-600:])
        if self.vwap is None or atr is None:
            return None
        _, open_, high, low, close, _ = self.fast[-1]
        body, extent = abs(close - open_), high - low
        crosses = min(open_, close) < self.vwap - DUST and max(open_, close) > self.vwap + DUST
        near = crosses or abs(close - self.vwap) <= 0.25 * atr + DUST
        if body <= DUST or body < 0.65 * extent - DUST or extent < 0.8 * atr - DUST or not near:
            return 0.0
        return (1.0 if crosses else 0.5) if way * (close - open_) > 0 else (-2.0 if crosses else -1.0)


def _column(rows: list[Row], which: int) -> NDArray[np.float64]:
    return np.array([row[which] for row in rows], dtype=np.float64)


def _atr(rows: list[Row]) -> float | None:
    if len(rows) < 15:
        return None
    value = float(talib.ATR(_column(rows, 2), _column(rows, 3), _column(rows, 4), 14)[-1])
    return value if value > DUST else None


def _vwap(rows: list[Row]) -> float | None:
    volume = sum(row[5] for row in rows)
    return sum((row[2] + row[3] + row[4]) / 3 * row[5] for row in rows) / volume if volume > 0 else None


def _found(rows: list[Row]) -> Iterator[tuple[bool, bool, Row]]:
    """Every bar that is a swing high, a swing low or both."""
    for at in range(2, len(rows) - 2):
        before, after, row = rows[at - 2 : at], rows[at + 1 : at + 3], rows[at]
        high = all(row[2] > r[2] + DUST for r in before) and all(row[2] >= r[2] - DUST for r in after)
        low = all(row[3] < r[3] - DUST for r in before) and all(row[3] <= r[3] + DUST for r in after)
        if high or low:
            yield high, low, row


def _swings(rows: list[Row]) -> list[Swing]:
    """Highs and lows in turn, the more extreme of neighbours."""
    kept: list[Swing] = []
    for high, low, row in _found(rows):
        found: list[Swing] = [("H", row[2], row[0])] * high + [("L", row[3], row[0])] * low
        if kept and kept[-1][0] == "H":
            found.reverse()
        for swing in found:
            if not kept or kept[-1][0] != swing[0]:
                kept.append(swing)
            elif (swing[1] - kept[-1][1]) * (1 if swing[0] == "H" else -1) > DUST:
                kept[-1] = swing
    return kept


def _label(swings: list[Swing]) -> str:
    steps = []
    for side in "HL":
        of_side = [price for kind, price, _ in swings if kind == side][-2:]
        steps.append(of_side[1] - of_side[0] if len(of_side) == 2 else 0.0)
    return "UP" if min(steps) > DUST else "DOWN" if max(steps) < -DUST else "MIXED"
