"""
Price history as closed bars, and what the market showed at each of their closes.

Minute bars become M5 and M15 bars on bid, quotes likewise; M15 bars stay what they are and stand for the fast ones too. What had to
be modelled on the way is said in `History.notes`, for every output. The bars are walked with the same step that runs live, and each
step sees only what had closed.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from dtms.engine.signals.chart import Chart, Charts, Floats, Times, chart_from
from dtms.engine.signals.evidence import Evidence, advance
from dtms.engine.signals.flow import NO_FLOW, Flow, FlowFigures
from dtms.engine.signals.memory import MarketMemory
from dtms.engine.signals.regime import Zone
from dtms.engine.signals.score import Score, score
from dtms.engine.signals.spread import Spreads
from dtms.names import Side
from dtms.settings_score import SignalSettings
from dtms.signal_names import Group
from dtms.sim.prices import PriceSeries

M1_MS: Final = 60_000
M5_MS: Final = 300_000
M15_MS: Final = 900_000
_POINTS_PER_BAR: Final = 4  # how a price file turns a bar into quotes


class Quotes(NamedTuple):
    """Raw quotes: ms UTC, bid, ask."""

    time: Times
    bid: Floats
    ask: Floats


@dataclass(frozen=True, slots=True, eq=False)
class History:
    """
    All closed bars of one price file.

    Attributes:
        symbol: canonical name.
        spreads: ask less bid at the close of each fast bar, NaN where no ask was recorded.
        quotes: for the order flow; None where the file holds bars.
        notes: sentences that belong into every output.
    """

    symbol: str
    fast: Chart
    slow: Chart
    spreads: Floats
    quotes: Quotes | None
    notes: tuple[str, ...]


class Close(NamedTuple):
    """The market at the close of a bar; ``slow`` says that a bar of the slow chart closed."""

    time: int
    slow: bool
    evidence: Evidence
    buy: Score
    sell: Score


def history_of(series: PriceSeries, symbol: str, point: float | None = None) -> History:
    """
    Return the history behind a price file's quotes.

    Args:
        series: the quotes.
        symbol: canonical name.
        point: the symbol's point; the last decimal of the file's prices if not given.
    """
    table = np.array(series.points, dtype=np.float64).reshape(len(series.points), 3)
    crossed = int(np.count_nonzero(table[:, 2] < table[:, 1]))
    notes = (f"{crossed} quotes have the ask below the bid and are kept",) if crossed else ()
    if series.bar_s == 0:
        return _from_quotes(table, symbol, notes)
    bars = table.reshape(-1, _POINTS_PER_BAR, 3)
    if series.bar_s * 1_000 == M1_MS:
        return _from_minutes(bars, symbol, point if point is not None else 10.0**-series.digits, notes)
    return _from_slow_bars(bars, series, symbol, notes)


def closes(history: History, rules: SignalSettings, zone: Zone = ()) -> Iterator[Close]:
    """Yield the evidence and both scores at every close of either chart, in order."""
    memory = MarketMemory()
    flow = _Feed(history.quotes, rules)
    spreads = Spreads(rules.spread)
    for time, fast_end, slow_end, slow in _steps(history):
        if fast_end > 0 and history.fast.closed_at(fast_end - 1) == time and not np.isnan(history.spreads[fast_end - 1]):
            spreads.add(time, float(history.spreads[fast_end - 1]))
        charts = Charts(history.fast.upto(fast_end), history.slow.upto(slow_end))
        figures = flow.at(time) if history.quotes is not None else NO_FLOW
        median = spreads.median()
        memory, evidence = advance(memory, charts, figures, median, symbol=history.symbol, now=time, rules=rules, zone=zone)
        yield Close(time, slow, evidence, score(evidence, Side.BUY, rules), score(evidence, Side.SELL, rules))


SCORE_COLUMNS: Final = (
    "time",
    *(f"{group.value}_{side}" for group in Group for side in ("buy", "sell")),
    *("S_buy", "S_sell", "coverage", "session", "vol", "struct", "vwap_distance", "vwap_slope", "event", "atr15"),
)


def score_row(close: Close) -> list[str]:
    """Return the fields of `SCORE_COLUMNS`; blank where something is unavailable, figures before clamp and modifier."""
    evidence = close.evidence
    slow, fast = evidence.slow, evidence.fast
    figures = [{g.group: g.figure for g in side.groups} for side in (close.buy, close.sell)]
    event = slow.event if slow is not None else None
    return [
        str(close.time // 1_000),
        *(_field(side.get(group)) for group in Group for side in figures),
        _field(close.buy.total),
        _field(close.sell.total),
        _field(close.buy.coverage),
        evidence.session.value,
        slow.volatility.value if slow is not None else "",
        slow.bands.value if slow is not None and slow.regime.width is not None else "",
        _field(fast.distance if fast is not None else None),
        _field(fast.slope if fast is not None else None),
        f"{event.kind.value}_{'UP' if event.direction > 0 else 'DOWN'}" if event is not None else "",
        _field(slow.atr if slow is not None else None),
    ]


def _field(value: float | None) -> str:
    return "" if value is None else repr(float(value))


class _Feed:
    """The order flow of recorded quotes, played up to a time."""

    def __init__(self, quotes: Quotes | None, rules: SignalSettings) -> None:
        self._flow = Flow(rules.flow)
        self._rules = rules
        self._rows = iter(zip(*(column.tolist() for column in quotes), strict=True)) if quotes is not None else iter(())
        self._next = next(self._rows, None)

    def at(self, time: int) -> FlowFigures:
        while self._next is not None and self._next[0] < time:
            self._flow.quote(*self._next)
            self._next = next(self._rows, None)
        return self._flow.figures(time)


def _steps(history: History) -> Iterator[tuple[int, int, int, bool]]:
    """Yield each time at which a bar closed, how many bars of either chart had closed then, and whether one of the slow did."""
    fast, slow = history.fast.time + history.fast.period_ms, history.slow.time + history.slow.period_ms
    times = np.union1d(fast, slow)
    fast_ends, slow_ends = np.searchsorted(fast, times, "right"), np.searchsorted(slow, times, "right")
    before = 0
    for time, fast_end, slow_end in zip(times.tolist(), fast_ends.tolist(), slow_ends.tolist(), strict=True):
        yield time, fast_end, slow_end, slow_end > before
        before = slow_end


def _from_quotes(table: Floats, symbol: str, notes: Sequence[str]) -> History:
    times = table[:, 0].astype(np.int64)
    bid = np.ascontiguousarray(table[:, 1])
    ask = np.ascontiguousarray(table[:, 2])
    end = int(times[-1])  # the bar that was forming then never closed
    ones = np.ones(len(times))
    charts = [_grouped(times, (bid, bid, bid, bid), ones, period, end) for period in (M5_MS, M15_MS)]
    lasts = _last_of(times, M5_MS)[: len(charts[0])]
    return History(symbol, charts[0], charts[1], (ask - bid)[lasts], Quotes(times, bid, ask), tuple(notes))


def _from_minutes(bars: Floats, symbol: str, point: float, notes: Sequence[str]) -> History:
    times = bars[:, 0, 0].astype(np.int64)
    prices = _ohlc(bars)
    volume = 1.0 + np.round((prices[1] - prices[2]) / point)
    end = int(times[-1]) + M1_MS
    charts = [_grouped(times, prices, volume, period, end) for period in (M5_MS, M15_MS)]
    lasts = _last_of(times, M5_MS)[: len(charts[0])]
    said = "M1 bars carry no volume: each counts as 1 and the points between its highest and lowest bid"
    return History(symbol, charts[0], charts[1], (bars[:, 3, 2] - bars[:, 3, 1])[lasts], None, (*notes, said))


def _from_slow_bars(bars: Floats, series: PriceSeries, symbol: str, notes: Sequence[str]) -> History:
    chart = Chart(series.bar_s * 1_000, bars[:, 0, 0].astype(np.int64), *_ohlc(bars), np.array(series.volumes, dtype=np.float64))
    said = "there are no M5 bars: the M15 bars stand for them in VWAP and conviction, and no spread was recorded"
    return History(symbol, chart, chart, np.full(len(chart), np.nan), None, (*notes, said))


def _ohlc(bars: Floats) -> tuple[Floats, Floats, Floats, Floats]:
    """Return open, high, low and close of the bids of bars that were turned into quotes."""
    bids = bars[:, :, 1]
    return np.ascontiguousarray(bids[:, 0]), bids.max(axis=1), bids.min(axis=1), np.ascontiguousarray(bids[:, 3])


def _starts(times: Times, period_ms: int) -> NDArray[np.intp]:
    """Return the indices at which a new bar begins."""
    number = times // period_ms
    return np.flatnonzero(np.concatenate(([True], number[1:] != number[:-1])))


def _last_of(times: Times, period_ms: int) -> NDArray[np.intp]:
    """Return the index of the last row of each bar."""
    return np.concatenate((_starts(times, period_ms)[1:], [len(times)])) - 1


def _grouped(times: Times, prices: tuple[Floats, Floats, Floats, Floats], volume: Floats, period_ms: int, end: int) -> Chart:
    """Return the bars of a period that had closed by ``end``."""
    starts = _starts(times, period_ms)
    opens = times[starts] // period_ms * period_ms
    closed = slice(0, int(np.searchsorted(opens + period_ms, end, "right")))
    open_, high, low, close = prices
    columns = np.array(
        [
            open_[starts],
            np.maximum.reduceat(high, starts),
            np.minimum.reduceat(low, starts),
            close[_last_of(times, period_ms)],
            np.add.reduceat(volume, starts),
        ]
    )
    return chart_from(period_ms, opens[closed], columns[:, closed])
