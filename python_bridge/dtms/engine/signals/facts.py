"""The facts of either chart after a close, and the step from one close to the next."""

from dataclasses import dataclass

from dtms.engine.signals.alignment import Slopes, slopes_of
from dtms.engine.signals.candle import Conviction, conviction_of
from dtms.engine.signals.chart import Chart
from dtms.engine.signals.indicators import atr, figure
from dtms.engine.signals.momentum import Momentum, momentum_of
from dtms.engine.signals.regime import Regime, Zone, regime_of, session_of
from dtms.engine.signals.structure import Structure, StructureEvent, Swing, advanced, buffers
from dtms.engine.signals.thresholds import threshold_of
from dtms.engine.signals.vwap import Cross, Vwap, crossed, vwap_of
from dtms.settings_score import SignalSettings
from dtms.signal_names import Bands, Session, SwingLabel, Volatility


@dataclass(frozen=True, slots=True)
class SlowFacts:
    """
    The slow chart (M15) after a close.

    Attributes:
        time: when the bar closed, ms UTC.
        bars: how many bars stand behind the facts.
        atr: in price units; None while there are too few bars, or where nothing moved.
        threshold: distance from VWAP that means something, as a share of the price.
        structure_known: there are enough bars to speak of structure.
        sound: every bar is made of numbers; otherwise nothing else is known.
    """

    time: int
    bars: int
    high: float
    low: float
    close: float
    atr: float | None
    session: Session
    regime: Regime
    threshold: float
    structure: Structure
    structure_known: bool
    momentum: Momentum
    slopes: Slopes
    sound: bool

    @property
    def volatility(self) -> Volatility:
        """Class of volatility."""
        return self.regime.volatility

    @property
    def bands(self) -> Bands:
        """Class of the bands."""
        return self.regime.bands

    @property
    def event(self) -> StructureEvent | None:
        """The live structure event."""
        return self.structure.event

    @property
    def swings(self) -> tuple[Swing, ...]:
        """Confirmed swings, oldest first."""
        return self.structure.swings

    @property
    def label(self) -> SwingLabel:
        """What the swings said before the last bar."""
        return self.structure.label


@dataclass(frozen=True, slots=True)
class FastFacts:
    """
    The fast chart (M5) after a close.

    Attributes:
        time: when the bar closed, ms UTC.
        bars: how many bars stand behind the facts.
        atr: in price units; None while there are too few bars, or where nothing moved.
        vwap: None without volume.
        slope: of VWAP, in ATR; None in the first bars of a day.
        conviction: what the bar says; None without VWAP or ATR.
        own: the bars of the slow chart stand for the fast ones, which are missing.
        sound: every bar is made of numbers; otherwise nothing else is known.
    """

    time: int
    bars: int
    open: float
    high: float
    low: float
    close: float
    atr: float | None
    vwap: float | None
    slope: float | None
    cross: Cross
    conviction: Conviction | None
    own: bool
    sound: bool

    @property
    def distance(self) -> float | None:
        """Close from VWAP as a share of VWAP, positive above it."""
        return None if self.vwap is None else (self.close - self.vwap) / self.vwap


def slow_facts(
    before: SlowFacts | None, chart: Chart, median_spread: float, *, symbol: str, rules: SignalSettings, zone: Zone
) -> SlowFacts:
    """Return the facts after the chart's last bar; the median spread in price units."""
    time = chart.closed_at()
    session = session_of(time, rules.session, zone)
    regime = before.regime if before else Regime()
    structure = before.structure if before else Structure()
    atr_now, momentum, slopes, known = None, Momentum(), Slopes(), False
    if sound := chart.sound:
        ranges = atr(chart, rules.atr)
        atr_now = _moving(figure(ranges), rules.charts.tie)
        known = atr_now is not None and len(chart) >= rules.structure.min_bars
        beyond = buffers(atr_now, median_spread, rules.structure) if known and atr_now is not None else None
        regime = regime_of(regime, ranges, chart.close, rules.volatility, rules.bands)
        structure = advanced(structure, chart, beyond, rules.structure, tie=rules.charts.tie)
        momentum = momentum_of(chart.close, rules.momentum)
        slopes = slopes_of(chart.close, atr_now, rules.alignment)
    return SlowFacts(
        time,
        len(chart),
        float(chart.high[-1]),
        float(chart.low[-1]),
        float(chart.close[-1]),
        atr_now,
        session,
        regime,
        threshold_of(symbol, session, regime, rules.thresholds),
        structure,
        known,
        momentum,
        slopes,
        sound,
    )


def fast_facts(before: FastFacts | None, chart: Chart, threshold: float | None, rules: SignalSettings, *, own: bool) -> FastFacts:
    """Return the facts after the chart's last bar; the threshold is that of the last slow bar, None before the first."""
    tie = rules.charts.tie
    sound = chart.sound
    atr_now = _moving(figure(atr(chart, rules.atr)), tie) if sound else None
    bar = (float(chart.open[-1]), float(chart.high[-1]), float(chart.low[-1]), float(chart.close[-1]))
    vwap = vwap_of(chart, atr_now, rules.vwap) if sound else Vwap(None, None)
    return FastFacts(
        chart.closed_at(),
        len(chart),
        *bar,
        atr_now,
        vwap.value,
        vwap.slope,
        crossed(before.cross if before else Cross(), bar[3], vwap, threshold, rules.vwap, tie=tie),
        conviction_of(bar, vwap.value, atr_now, rules.candle, tie),
        own,
        sound,
    )


def _moving(atr_now: float | None, tie: float) -> float | None:
    """Return ATR, None where nothing moved: distances in ATR would have no meaning."""
    return atr_now if atr_now is not None and atr_now > tie else None
