"""
What the defence sees at every closed bar of a history, computed once and shared by all trades and presets.

The account of a single trade has no limits to see: no daily loss, no news, no other commands. The spread's median is that of the
closes so far, or the modelled spread where none was recorded.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from dtms.engine.defence.closures import closes_weekly
from dtms.engine.defence.judging import judged
from dtms.engine.defence.view import AccountFigures, Closure, RailFigures, View
from dtms.engine.signals.thresholds import canonical
from dtms.names import Side
from dtms.settings import Settings
from dtms.sim.history import Close, closes, history_of
from dtms.sim.policies.closures import closures
from dtms.sim.policies.history import History
from dtms.sim.policies.wiring import wire_spec
from dtms.sim.prices import PriceSeries
from dtms.sim.spec import SymbolSpec

_CLOSES_KEPT: Final = 200  # dwell and timers are counted in a handful of bars
_WEEK_MS: Final = 7 * 24 * 3_600_000
_ROOM: Final = 1e9  # lots and money that never bind
_LEVERAGE: Final = 100


@dataclass(frozen=True, eq=False)
class Sight:
    """
    Views by side, one for each closed M5 bar of the history.

    Attributes:
        times: closes of those bars, ms UTC.
    """

    times: Sequence[int]
    views: Mapping[Side, Sequence[View]]

    def fed(self, stand_ins: Sequence[int]) -> "Sight":
        """Return the same market, judged as it was at other closes: bar i gets the judgement of bar ``stand_ins[i]``."""
        return Sight(self.times, {side: _Fed(views, stand_ins) for side, views in self.views.items()})


class _Fed(Sequence[View]):
    """Views with exchanged judgements, made when they are asked for."""

    def __init__(self, views: Sequence[View], stand_ins: Sequence[int]) -> None:
        self._views = views
        self._stand_ins = stand_ins
        self._made: dict[int, View] = {}

    def __len__(self) -> int:
        return len(self._views)

    def __getitem__(self, index: int) -> View:  # type: ignore[override]
        made = self._made.get(index)
        if made is None:
            made = self._made[index] = _exchanged(self._views[index], self._views[self._stand_ins[index]])
        return made


def _exchanged(here: View, there: View) -> View:
    """Return what is seen here, with the score and the break of structure from there; prices, ATR and swings stay."""
    own, other = here.judgement, there.judgement
    if own is None or other is None:
        return here
    event = other.event
    moved = None if event is None else event._replace(at=event.at + own.at - other.at)
    judgement = replace(
        own,
        total=other.total,
        valid=other.valid,
        coverage=other.coverage,
        groups=other.groups,
        confluence=other.confluence,
        flip_against=other.flip_against,
        event=moved,
        families=other.families,
    )
    return replace(here, judgement=judgement)


def walk(series: PriceSeries, spec: SymbolSpec, settings: Settings) -> Iterator[Close]:
    """Yield what the signals say at every close of a bar, as they say it live."""
    symbol = canonical(spec.name, settings.signals, spec.currency_base, spec.currency_profit)
    return closes(history_of(series, symbol, spec.point), settings.signals)


def sight_of(history: History, walked: Iterable[Close], settings: Settings) -> Sight:
    """Return the views of a history; what was walked must be that of the same prices."""
    fast = history.fast.times + history.fast.period_s * 1_000
    by_time = {close.time: close for close in walked}
    times = fast.tolist()
    long = _closures(history, settings)
    modelled = float(history.ask[0] - history.bid[0]) if history.fast is history.slow else None
    views: dict[Side, list[View]] = {}
    for side in Side:
        views[side] = list(_views(side, [by_time[time] for time in times], long, modelled, settings))
    return Sight(times, views)


def _closures(history: History, settings: Settings) -> list[Closure]:
    begin, end = int(history.times[0]), int(history.times[-1]) + _WEEK_MS
    spec, gap = history.spec, settings.rails.gap
    closed = tuple(gap.closed(spec.name, general=closes_weekly(wire_spec(spec).sessions)))
    found = closures(spec.trade_sessions, begin, end, least_s=gap.hours * 3_600, offset_s=history.offset_s, closed_days=closed)
    return [Closure(closure.begin, closure.end) for closure in found]


def _views(
    side: Side, walked: Sequence[Close], long: Sequence[Closure], modelled: float | None, settings: Settings
) -> Iterator[View]:
    """Yield the views of one side, bar by bar."""
    closed: tuple[int, ...] = ()
    account = AccountFigures(
        hedging=True, hedge_allowed=True, may_open=True, lots_room=_ROOM, equity=_ROOM, margin=0.0, leverage=_LEVERAGE
    )
    upcoming = list(long)
    for close in walked:
        if close.slow:
            closed = (*closed[1 - _CLOSES_KEPT :], close.time)
        score = close.buy if side is Side.BUY else close.sell
        while upcoming and upcoming[0].starts <= close.time:
            upcoming.pop(0)
        median = modelled if modelled is not None else close.evidence.spread_median or None
        yield View(
            judgement=judged(close.evidence, score, settings.signals),
            closes=closed,
            account=account,
            rails=RailFigures(day_loss=0.0, hour_loss=0.0, stops=0, calendar_age_ms=0, spread_median=median),
            closure=upcoming[0] if upcoming else None,
        )
