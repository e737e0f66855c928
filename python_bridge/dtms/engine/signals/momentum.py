"""RSI and MACD of the slow chart, weighed for one side."""

from typing import Final, NamedTuple

from dtms.engine.signals.chart import Floats
from dtms.engine.signals.indicators import figure, macd_histogram, rsi
from dtms.names import Side
from dtms.settings_score import MomentumSettings
from dtms.signal_names import Volatility

# Bars without a change leave an indicator where it was but for rounding; less than this, of 100 or of the price, is no movement.
_NO_MOVE: Final = 1e-9
_NO_MOVE_OF_PRICE: Final = 1e-13


class Momentum(NamedTuple):
    """
    The indicators after a close; None while there are too few bars.

    Attributes:
        rsi: 0 to 100.
        rsi_trend: its change over ``rsi_trend_bars`` bars.
        histogram: MACD less signal, the last three, oldest first.
    """

    rsi: float | None = None
    rsi_trend: float | None = None
    histogram: tuple[float, float, float] | None = None
    falling: bool = False
    rising: bool = False


class MomentumFigures(NamedTuple):
    """What the indicators are worth; ``weak`` where RSI is weak or MACD is against the trade."""

    rsi: float
    macd: float
    weak: bool


def momentum_of(close: Floats, settings: MomentumSettings) -> Momentum:
    """Return the indicators on these closes."""
    if len(close) < settings.min_bars:
        return Momentum()
    values = rsi(close, settings)
    now, before = figure(values), figure(values, -1 - settings.rsi_trend_bars)
    bars = macd_histogram(close, settings)
    steps = (figure(bars, -3), figure(bars, -2), figure(bars, -1))
    first, second, third = steps
    if now is None or before is None or first is None or second is None or third is None:
        return Momentum()
    dust = _NO_MOVE_OF_PRICE * float(close[-1])
    falling = first - second > dust and second - third > dust
    rising = second - first > dust and third - second > dust
    return Momentum(now, now - before, (first, second, third), falling, rising)


def momentum_figures(momentum: Momentum, side: Side, volatility: Volatility, settings: MomentumSettings) -> MomentumFigures | None:
    """Return what the indicators are worth for a position of this side; None while there are too few bars."""
    if momentum.rsi is None or momentum.rsi_trend is None:
        return None
    # A sell sees RSI from the other end, which makes its table the mirrored one.
    value = momentum.rsi if side is Side.BUY else 100.0 - momentum.rsi
    trend = side.direction * momentum.rsi_trend
    against, in_favour = (momentum.falling, momentum.rising) if side is Side.BUY else (momentum.rising, momentum.falling)
    macd = -settings.macd_figure if against else settings.macd_figure if in_favour else 0.0
    limit = settings.rsi_weak_low if volatility is Volatility.LOW else settings.rsi_weak
    weak = value < limit and trend < -_NO_MOVE
    return MomentumFigures(-settings.weak_figure if weak else _strong(value, trend, settings), macd, weak or against)


def _strong(value: float, trend: float, settings: MomentumSettings) -> float:
    if trend <= _NO_MOVE:
        return 0.0
    if value > settings.rsi_spent:
        return -settings.spent_figure
    return settings.good_figure if value > settings.rsi_middle else 0.0
