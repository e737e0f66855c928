"""
What one symbol's market shows: closed bars of M5 and M15, order flow, spreads, and the evidence and judgements made of them.

Evidence goes on when all bars of an instant are there. At the close of an M15 bar it waits ``confirm_ms`` for that, or as long for
the bar that is missing, because a quiet market makes no bar in which nothing was quoted. Bars are taken in small portions, so that
playing through two days of history does not keep the desk.
"""

from collections.abc import Iterable
from typing import Final

from dtms.engine.defence.judging import judged
from dtms.engine.defence.view import Judgement
from dtms.engine.signals.chart import BadBar, Bar, Bars, Charts, check
from dtms.engine.signals.evidence import Evidence, advance, taken
from dtms.engine.signals.flow import Flow
from dtms.engine.signals.memory import MarketMemory
from dtms.engine.signals.regime import Zone
from dtms.engine.signals.score import score
from dtms.engine.signals.spread import Spreads
from dtms.engine.signals.thresholds import canonical
from dtms.names import Side
from dtms.settings_score import SignalSettings
from dtms.wire.messages import BarRow, SymbolSpec

FAST_MIN: Final = 5
SLOW_MIN: Final = 15
TIMEFRAMES: Final = (FAST_MIN, SLOW_MIN)
_MINUTE_MS: Final = 60_000
_CLOSES_KEPT: Final = 200  # dwell and timers count a handful of bars
_PORTION: Final = 8  # bars taken in one go: about a millisecond


class SymbolCharts:
    """
    The market of one symbol, as one account's terminal shows it. Times are ms UTC, ``due`` is monotonic ms.

    ``judgements`` are those of the last closed bars, by side; ``closes`` the last closes of M15.
    """

    def __init__(self, name: str, rules: SignalSettings, zone: Zone, confirm_ms: int) -> None:
        charts = rules.charts
        self.name = name
        self.flow = Flow(rules.flow)
        self.spreads = Spreads(rules.spread)
        self.evidence: Evidence | None = None
        self.judgements: dict[Side, Judgement] = {}
        self.closes: tuple[int, ...] = ()
        self.due: int | None = None
        self._rules = rules
        self._zone = zone
        self._confirm_ms = confirm_ms
        self._memory = MarketMemory()
        self._filled: set[int] = set()  # timeframes of which the terminal's history was read once
        self._bars = {
            FAST_MIN: Bars(FAST_MIN * _MINUTE_MS, charts.fast_bars, charts.gap_periods),
            SLOW_MIN: Bars(SLOW_MIN * _MINUTE_MS, charts.slow_bars, charts.gap_periods),
        }

    @property
    def gapped(self) -> tuple[int, ...]:
        """Timeframes in which bars may be missing that the terminal has."""
        return tuple(minutes for minutes, bars in self._bars.items() if bars.chart.gapped)

    def closed(self, minutes: int, row: BarRow, now: int, utc: int) -> bool:
        """Take a bar that closed; return whether it is one that a market can have made."""
        bars, bar = self._bars[minutes], _bar(row)
        revised = bars.revises(bar)
        try:
            bars.add(bar)
        except BadBar:
            return False
        if revised:
            self._memory = MarketMemory()  # what was concluded without this bar is void
        self._schedule(row.ts_open + bars.period_ms, now, utc)
        return True

    def filled(self, minutes: int, rows: Iterable[BarRow], now: int, point: float | None) -> int:
        """Take the terminal's history; return how many of its bars are none that a market can have made."""
        bars, rows = self._bars[minutes], list(rows)
        if minutes == FAST_MIN and point is not None:
            self._seed(rows, bars.period_ms, point)
        good = [bar for bar in map(_bar, rows) if _sound(bar)]
        revised = any(bars.revises(bar) for bar in good)
        bars.backfill(good)
        self._filled.add(minutes)
        if revised:
            self._memory = MarketMemory()  # what was concluded without these bars is void
        self.due = now
        return len(rows) - len(good)

    def step(self, spec: SymbolSpec | None, now: int, utc: int) -> bool:
        """Take the next few bars; return whether all are taken and both sides were judged anew."""
        charts = Charts(self._bars[FAST_MIN].chart, self._bars[SLOW_MIN].chart)
        if len(self._filled) < len(TIMEFRAMES) or self.gapped or not (len(charts.fast) and len(charts.slow)):
            self.due = None  # until the terminal's history is here
            return False
        newest = max(charts.fast.closed_at(), charts.slow.closed_at())
        base, profit = ("", "") if spec is None else (spec.currency_base, spec.currency_profit)
        self._memory, evidence = advance(
            self._memory,
            charts,
            self.flow.figures(newest),
            self.spreads.median(),
            symbol=canonical(self.name, self._rules, base, profit),
            now=utc,
            rules=self._rules,
            zone=self._zone,
            most=_PORTION,
        )
        if not taken(self._memory, charts):
            self.due = now
            return False
        self.due = None
        self._judge(evidence)
        self.closes = tuple((charts.slow.time[-_CLOSES_KEPT:] + charts.slow.period_ms).tolist())
        return True

    def _judge(self, evidence: Evidence) -> None:
        self.evidence = evidence
        for side in Side:
            judgement = judged(evidence, score(evidence, side, self._rules), self._rules)
            if judgement is not None:
                self.judgements[side] = judgement

    def _schedule(self, closed: int, now: int, utc: int) -> None:
        """Set when the bars of this close are taken: at once, but for a close of M15."""
        fast, slow = self._bars[FAST_MIN].chart, self._bars[SLOW_MIN].chart
        if closed % slow.period_ms:
            self.due = now if self.due is None else self.due
            return
        both = all(len(chart) and chart.closed_at() >= closed for chart in (fast, slow))
        # A clock that is behind the server's must not make it wait for longer.
        left = min(max(closed + self._confirm_ms - utc, 0), self._confirm_ms)
        waits = now + (left if both else self._confirm_ms)
        self.due = waits if both or self.due is None else min(self.due, waits)

    def _seed(self, rows: list[BarRow], period_ms: int, point: float) -> None:
        """Take the spreads that the terminal recorded as samples, as far as they are newer than our own."""
        for row in rows:
            if row.spread > 0:
                self.spreads.add(row.ts_open + period_ms, row.spread * point)


def _bar(row: BarRow) -> Bar:
    return Bar(row.ts_open, row.open, row.high, row.low, row.close, float(row.tick_volume))


def _sound(bar: Bar) -> bool:
    try:
        check(bar)
    except BadBar:
        return False
    return True
