"""
Swings of the slow chart and their breaks.

A swing needs bars on both sides and is confirmed by the last of them; highs and lows alternate, the more extreme of neighbours of
one side stays. A bar is tested against swings that were confirmed before it, so it never sets its own level. A swing breaks once.
There is one slot for an event: a later one replaces it, and it dies of age or when the price closes back.
"""

from typing import NamedTuple

from dtms.engine.signals.chart import Chart
from dtms.engine.signals.indicators import above
from dtms.names import Side
from dtms.settings_score import StructureSettings
from dtms.signal_names import EventKind, SwingLabel


class Swing(NamedTuple):
    """An extreme with bars on both sides; ``time`` is its bar's open in ms UTC."""

    time: int
    price: float
    high: bool
    broken: bool = False


class StructureEvent(NamedTuple):
    """
    A swing was broken.

    Attributes:
        direction: +1 up, -1 down.
        level: price of the swing, without a buffer.
        time: when the bar that broke it closed, ms UTC.
        age: bars since; 0 on the bar itself.
        confirmed: the bar had a large body, or the next one closed beyond the level too.
    """

    kind: EventKind
    direction: int
    level: float
    swing_time: int
    time: int
    age: int
    confirmed: bool


class Buffers(NamedTuple):
    """How far beyond a swing a close must be, in price: to break it, and to change the character."""

    bos: float
    choch: float


class Structure(NamedTuple):
    """Swings, oldest first, and the live event; ``label`` is what the tested bar was up against."""

    swings: tuple[Swing, ...] = ()
    event: StructureEvent | None = None
    label: SwingLabel = SwingLabel.MIXED


def buffers(atr: float, median_spread: float, settings: StructureSettings) -> Buffers:
    """Return the buffers for this ATR and median spread, both in price units."""
    bos = max(settings.buffer_atr * atr, min(settings.buffer_spreads * median_spread, settings.buffer_atr_max * atr))
    return Buffers(bos, settings.choch_atr * atr)


def advanced(before: Structure, chart: Chart, beyond: Buffers | None, settings: StructureSettings, *, tie: float) -> Structure:
    """Return the structure after the chart's last bar; without buffers (no ATR, too few bars) nothing is tested."""
    label = label_of(before.swings, tie)
    swings, event = before.swings, None
    if beyond is not None:
        event = _aged(before.event, chart, beyond.bos, settings, tie=tie)
        swings, broken = _tested(swings, label, chart, beyond, settings, tie=tie)
        event = broken or event
    return Structure(_with_confirmed(swings, chart, settings, tie), event, label)


def label_of(swings: tuple[Swing, ...], tie: float) -> SwingLabel:
    """Return what the last two highs and lows say."""
    highs = [swing.price for swing in swings if swing.high][-2:]
    lows = [swing.price for swing in swings if not swing.high][-2:]
    if len(highs) < 2 or len(lows) < 2:
        return SwingLabel.MIXED
    if above(highs[1], highs[0], tie) and above(lows[1], lows[0], tie):
        return SwingLabel.UP
    if above(highs[0], highs[1], tie) and above(lows[0], lows[1], tie):
        return SwingLabel.DOWN
    return SwingLabel.MIXED


def protective(swings: tuple[Swing, ...], side: Side) -> Swing | None:
    """Return the last confirmed swing on the losing side of a position: a low for a buy, a high for a sell."""
    return _last(swings, high=side is Side.SELL)


def figure_of(event: StructureEvent | None, side: Side, settings: StructureSettings) -> float:
    """Return what the live event is worth for a position of this side."""
    if event is None:
        return 0.0
    aligned = event.direction == side.direction
    if event.kind is EventKind.BOS:
        worth = settings.bos_with if aligned else -settings.bos_against
    else:
        worth = settings.choch_with if aligned else -settings.choch_against
    return worth * (1.0 - event.age / settings.live_bars)


def _last(swings: tuple[Swing, ...], *, high: bool) -> Swing | None:
    return next((swing for swing in reversed(swings) if swing.high is high), None)


def _aged(
    event: StructureEvent | None, chart: Chart, buffer: float, settings: StructureSettings, *, tie: float
) -> StructureEvent | None:
    """Return the earlier event one bar later; None when it is over."""
    if event is None or event.age + 1 >= settings.live_bars:
        return None
    beyond = event.direction * (float(chart.close[-1]) - event.level)
    if above(-beyond, buffer, tie):
        return None
    confirmed = event.confirmed or (event.age == 0 and beyond > tie)
    return event._replace(age=event.age + 1, confirmed=confirmed)


def _tested(
    swings: tuple[Swing, ...], label: SwingLabel, chart: Chart, beyond: Buffers, settings: StructureSettings, *, tie: float
) -> tuple[tuple[Swing, ...], StructureEvent | None]:
    """Return the swings with those marked that the last bar broke, and the event of the latest of these."""
    close = float(chart.close[-1])
    event = None
    marked = list(swings)
    candidates = (_last(swings, high=True), _last(swings, high=False))
    for swing in sorted((s for s in candidates if s is not None and not s.broken), key=swings.index):
        direction = 1 if swing.high else -1
        turns = label is (SwingLabel.DOWN if swing.high else SwingLabel.UP)
        if above(direction * (close - swing.price), beyond.choch if turns else beyond.bos, tie):
            marked[swings.index(swing)] = swing._replace(broken=True)
            kind = EventKind.CHOCH if turns else EventKind.BOS
            confirmed = _large_body(chart, settings, tie)
            event = StructureEvent(kind, direction, swing.price, swing.time, chart.closed_at(), 0, confirmed)
    return tuple(marked), event


def _large_body(chart: Chart, settings: StructureSettings, tie: float) -> bool:
    body = abs(float(chart.close[-1]) - float(chart.open[-1]))
    extent = float(chart.high[-1]) - float(chart.low[-1])
    return extent > tie and body >= settings.body_share * extent - tie


def _with_confirmed(swings: tuple[Swing, ...], chart: Chart, settings: StructureSettings, tie: float) -> tuple[Swing, ...]:
    """Return the swings with those that the last bar confirms."""
    k = settings.swing_bars
    if len(chart) < 2 * k + 1:
        return swings
    time = int(chart.time[-1 - k])
    found = []
    if _is_peak(chart.high[-2 * k - 1 :].tolist(), k, tie):
        found.append(Swing(time, float(chart.high[-1 - k]), high=True))
    if _is_peak((-chart.low[-2 * k - 1 :]).tolist(), k, tie):
        found.append(Swing(time, float(chart.low[-1 - k]), high=False))
    if not found:
        return swings
    if len(found) == 2:
        found = _in_order(found, swings, float(chart.close[-1 - k]) - float(chart.open[-1 - k]), tie)
    kept = list(swings)
    for swing in found:
        _join(kept, swing, tie)
    return tuple(kept[-settings.swings_kept :])


def _in_order(both: list[Swing], swings: tuple[Swing, ...], rise: float, tie: float) -> list[Swing]:
    """
    Return the high and the low of one bar in the order in which they count.

    The one opposite to the last swing comes first. Without one the bar's own direction tells, and where it has none neither counts:
    whatever was chosen, the mirrored bar would be told otherwise.
    """
    if not swings and abs(rise) <= tie:
        return []
    low_first = swings[-1].high if swings else rise > 0
    return both[::-1] if low_first else both


def _is_peak(values: list[float], k: int, tie: float) -> bool:
    """Return whether the middle one is above all before it and not below any after it."""
    middle = values[k]
    return all(above(middle, value, tie) for value in values[:k]) and not any(
        above(value, middle, tie) for value in values[k + 1 :]
    )


def _join(swings: list[Swing], swing: Swing, tie: float) -> None:
    """Add a swing so that highs and lows alternate; of equal extremes the first stays."""
    if not swings or swings[-1].high is not swing.high:
        swings.append(swing)
        return
    direction = 1 if swing.high else -1
    if above(direction * swing.price, direction * swings[-1].price, tie):
        swings[-1] = swing
