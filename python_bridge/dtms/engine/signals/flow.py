"""
Order flow from quotes: the buyers' share of the last minutes, and how unusual the latest signed volume is.

Quotes are counted in windows on multiples of ``window_s`` UTC; a window without a quote counts as zero. Figures at a time hold
what was before it: a check at a bar's close sees the quotes of the bar and none after it.
"""

from collections import deque
from dataclasses import dataclass
from math import ceil, sqrt
from typing import NamedTuple

from dtms.names import Side
from dtms.settings_score import FlowSettings
from dtms.signal_names import Volatility

_NO_CHANGE = 1e-9  # mids nearer than this are equal, as prices are


class FlowFigures(NamedTuple):
    """
    What the order flow says; None where it says nothing.

    Attributes:
        buys: signed volume of the last minutes that lifted the mid; None together with ``sells``.
        sells: the same that lowered it.
        z: the latest window's signed volume in standard deviations from the mean of all windows.
    """

    buys: float | None = None
    sells: float | None = None
    z: float | None = None


NO_FLOW = FlowFigures()


@dataclass(slots=True)
class _Window:
    number: int
    first_ms: int
    buys: float = 0.0
    sells: float = 0.0


class Flow:
    """The order flow of one symbol."""

    def __init__(self, settings: FlowSettings) -> None:
        self._settings = settings
        self._window_ms = settings.window_s * 1_000
        self._recent = settings.share_s // settings.window_s
        # A check may come late, and the first window of the sample may be as far back as a silence allows.
        self._kept = settings.windows + max(settings.share_s, settings.silence_s) // settings.window_s + 1
        self._windows: deque[_Window] = deque()  # only those with a quote
        self._mid: float | None = None

    def add(self, ts_ms: int, buys: float, sells: float) -> None:
        """Count volume; both may be zero, a quote is a sign of life."""
        window = self._window(ts_ms)
        if window is not None:
            window.buys += buys
            window.sells += sells
        oldest = self._windows[-1].number - self._kept
        while self._windows[0].number < oldest:
            self._windows.popleft()

    def quote(self, ts_ms: int, bid: float, ask: float) -> None:
        """Count a raw quote by the tick rule: a higher mid is a buy, a lower one a sell, an unchanged one neither."""
        mid = (bid + ask) / 2
        change = 0.0 if self._mid is None else mid - self._mid
        self._mid = mid
        self.add(ts_ms, 1.0 if change > _NO_CHANGE else 0.0, 1.0 if change < -_NO_CHANGE else 0.0)

    def restart(self) -> None:
        """Forget the sample: quotes may have been missed."""
        self._windows.clear()
        self._mid = None

    def figures(self, at_ms: int) -> FlowFigures:
        """Return what was seen before ``at_ms``."""
        current = ceil(at_ms / self._window_ms) - 1
        sample = self._sample(current)
        if not sample or current - sample[-1].number >= self._recent:
            return NO_FLOW
        recent = [window for window in sample if window.number > current - self._recent]
        buys, sells = sum([window.buys for window in recent]), sum([window.sells for window in recent])
        z = self._z(sample, current)
        if buys + sells == 0 or at_ms - sample[0].first_ms < self._settings.share_min_s * 1_000:
            return FlowFigures(None, None, z)
        return FlowFigures(buys, sells, z)

    def _sample(self, current: int) -> list[_Window]:
        """Return the windows up to the current one, from the last silence on."""
        sample: list[_Window] = []
        longest = self._settings.silence_s // self._settings.window_s
        for window in self._windows:
            if window.number > current:
                break
            if sample and window.number - sample[-1].number > longest:
                sample.clear()
            sample.append(window)
        return sample

    def _z(self, sample: list[_Window], current: int) -> float | None:
        count = self._settings.windows
        first = current - count + 1
        if sample[0].number > first:
            return None
        deltas = {window.number: window.buys - window.sells for window in sample if window.number >= first}
        mean = sum(deltas.values()) / count
        square = sum([(delta - mean) ** 2 for delta in deltas.values()]) + (count - len(deltas)) * mean**2
        deviation = sqrt(square / count)
        return (deltas.get(current, 0.0) - mean) / deviation if deviation > _NO_CHANGE else 0.0

    def _window(self, ts_ms: int) -> _Window | None:
        """Return the window to count in; None for a quote that is too late."""
        windows, number = self._windows, ts_ms // self._window_ms
        if not windows or number > windows[-1].number:
            windows.append(_Window(number, ts_ms))
            return windows[-1]
        # Quotes come in order but for the odd one, so the search from the end is short.
        for window in reversed(windows):
            if window.number <= number:
                return window if window.number == number else None
        return None


def opposite_share(flow: FlowFigures, side: Side) -> float | None:
    """Return the share of volume against a position of this side."""
    if flow.buys is None or flow.sells is None:
        return None
    return (flow.sells if side is Side.BUY else flow.buys) / (flow.buys + flow.sells)


def flip_share(volatility: Volatility, settings: FlowSettings) -> float:
    """Return the opposite share from which volume is against the trade."""
    return settings.flip_share_low if volatility is Volatility.LOW else settings.flip_share


def volume_figure(share: float, volatility: Volatility, settings: FlowSettings) -> float:
    """Return what an opposite share is worth."""
    limit = flip_share(volatility, settings)
    if share >= limit:
        return -settings.flip_figure
    if share > settings.mild_share:
        return -settings.mild_figure
    return settings.with_figure if share < 1.0 - limit else 0.0


def delta_figure(z: float, side: Side, settings: FlowSettings) -> float:
    """Return what the pressure of signed volume is worth."""
    signed = side.direction * z
    if signed > settings.delta_z:
        return settings.delta_figure
    return -settings.delta_figure if signed < -settings.delta_z else 0.0
