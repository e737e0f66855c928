"""
Everything the market shows at a close, the same for both sides of a trade.

`advance` is the one step: from what was known and the charts as they are now to what is known now. It takes every bar that is newer
than the memory in the order of the closes, a slow bar before a fast one of the same instant, because the threshold of the flip is
that of the last closed slow bar.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice

from dtms.engine.signals.chart import Chart, Charts
from dtms.engine.signals.facts import FastFacts, SlowFacts, fast_facts, slow_facts
from dtms.engine.signals.flow import FlowFigures
from dtms.engine.signals.memory import MarketMemory
from dtms.engine.signals.regime import Zone, session_of
from dtms.settings_score import ChartSettings, SignalSettings
from dtms.signal_names import Fault, Session


@dataclass(frozen=True, slots=True)
class Evidence:
    """
    The facts that scores are made of.

    Attributes:
        symbol: canonical name.
        time: close of the newest bar taken, ms UTC; 0 without bars.
        spread_median: price units; 0 while there are too few samples.
        faults: what is wrong with the bars; with any of them no score is valid.
    """

    symbol: str
    time: int
    session: Session
    slow: SlowFacts | None
    fast: FastFacts | None
    flow: FlowFigures
    spread_median: float
    slow_period_ms: int
    fast_period_ms: int
    faults: frozenset[Fault]


def advance(
    memory: MarketMemory,
    charts: Charts,
    flow: FlowFigures,
    spread_median: float,
    *,
    symbol: str,
    now: int,
    rules: SignalSettings,
    zone: Zone = (),
    most: int | None = None,
) -> tuple[MarketMemory, Evidence]:
    """
    Take the bars that closed since, and return what is known now; to be called when all bars of an instant are there.

    Args:
        memory: what was known after the bars before; an empty one is made from the charts.
        charts: closed bars, more than the settings look at if there are more.
        flow: the order flow at the newest close.
        spread_median: R-5, price units.
        symbol: canonical name.
        now: ms UTC.
        rules: the settings.
        zone: time zone of the sessions' hours; empty: UTC.
        most: take no more bars than this; the next call goes on from there (see ``taken``).
    """
    known = _followed_by(memory, charts)
    slow, fast = known.slow, known.fast
    own = charts.fast.period_ms == charts.slow.period_ms
    for is_slow, end in islice(_due(known, charts, rules.charts), most):
        if is_slow:
            chart = charts.slow.window(end, rules.charts.slow_bars)
            slow = slow_facts(slow, chart, spread_median, symbol=symbol, rules=rules, zone=zone)
        else:
            threshold = slow.threshold if slow is not None else None
            fast = fast_facts(fast, charts.fast.window(end, rules.charts.fast_bars), threshold, rules, own=own)
    after = known if slow is known.slow and fast is known.fast else MarketMemory(slow, fast)
    time = max(slow.time if slow else 0, fast.time if fast else 0)
    faults = frozenset({Fault.GAP}) if charts.fast.gapped or charts.slow.gapped else frozenset()
    evidence = Evidence(
        symbol,
        time,
        session_of(time, rules.session, zone),
        slow,
        fast,
        flow,
        spread_median,
        charts.slow.period_ms,
        charts.fast.period_ms,
        faults,
    )
    return after, aged(evidence, now, rules)


def taken(memory: MarketMemory, charts: Charts) -> bool:
    """Return whether the memory has every bar of the charts."""
    pairs = ((memory.slow, charts.slow), (memory.fast, charts.fast))
    return all(len(chart) == 0 or (facts is not None and facts.time >= chart.closed_at()) for facts, chart in pairs)


def aged(evidence: Evidence, now: int, rules: SignalSettings) -> Evidence:
    """Return the evidence as it is to be judged at ``now`` (ms UTC): with what is wrong with its bars (R-6)."""
    slow, fast = evidence.slow, evidence.fast
    late = rules.charts.late_s * 1_000
    if slow is None or fast is None:
        fault = Fault.NO_BARS
    elif not (slow.sound and fast.sound):
        fault = Fault.NO_NUMBER
    elif now - slow.time > evidence.slow_period_ms + late or now - fast.time > evidence.fast_period_ms + late:
        fault = Fault.STALE
    else:
        return evidence
    return replace(evidence, faults=evidence.faults | {fault})


def _followed_by(memory: MarketMemory, charts: Charts) -> MarketMemory:
    """Return the memory if the charts go on from it; an empty one where bars between them are lost."""
    for facts, chart in ((memory.slow, charts.slow), (memory.fast, charts.fast)):
        if facts is not None and len(chart) > 0 and chart.closed_at(0) > facts.time:
            return MarketMemory()
    return memory


def _due(memory: MarketMemory, charts: Charts, settings: ChartSettings) -> Iterator[tuple[bool, int]]:
    """Yield which chart steps and to which length, in the order of the closes."""
    slow_end, fast_end = len(charts.slow), len(charts.fast)
    slow_at = _first_after(charts.slow, memory.slow.time) if memory.slow else max(slow_end - settings.warm_bars, 0)
    if memory.fast:
        fast_at = _first_after(charts.fast, memory.fast.time)
    else:
        warm_from = int(charts.slow.time[slow_at]) if slow_at < slow_end else 0
        fast_at = int(charts.fast.time.searchsorted(warm_from))
    while slow_at < slow_end or fast_at < fast_end:
        if fast_at >= fast_end or (slow_at < slow_end and charts.slow.closed_at(slow_at) <= charts.fast.closed_at(fast_at)):
            slow_at += 1
            yield True, slow_at
        else:
            fast_at += 1
            yield False, fast_at


def _first_after(chart: Chart, time: int) -> int:
    """Return the index of the first bar that closed after ``time``; almost always one of the last two."""
    at = len(chart)
    while at > 0 and chart.closed_at(at - 1) > time:
        at -= 1
    return at
