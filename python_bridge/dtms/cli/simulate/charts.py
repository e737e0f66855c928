"""Charts of a comparison as inline SVG: intervals, distributions, time in states. No script, no library, no network."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from math import ceil, floor, isfinite, log10
from typing import Final

import numpy as np
from numpy.typing import NDArray

from dtms.defence_names import State
from dtms.sim.policies.figures import Interval

_WIDTH: Final = 720
_ROW: Final = 30
_LEFT: Final = 110
_RIGHT: Final = 90
_FOOT: Final = 34
_BIN_R: Final = 0.25
_LEAST_R: Final = -2.0  # what lies beyond is counted in the outermost bin
_MOST_R: Final = 2.5
_SMALL_WIDTH: Final = 226
_SMALL_HEIGHT: Final = 120
# Classes of the page's style, in the order in which a trade passes through the states.
_TONES: Final = {
    State.ARMED: "t0",
    State.HEALTHY: "t1",
    State.WARNING_L1: "t2",
    State.WARNING_L2: "t3",
    State.HEDGED: "t4",
    State.RECOVERING: "t5",
    State.CLOSING: "t6",
    State.CLOSED: "t6",
}


@dataclass(frozen=True, slots=True)
class Mark:
    """A row of an interval chart: a figure and how sure it is."""

    name: str
    value: float
    interval: Interval | None


def intervals(title: str, marks: Sequence[Mark]) -> str:
    """Return a chart with a point for each figure and a line for its 95 % interval."""
    ends = [0.0, *(end for mark in marks for end in (mark.interval or (mark.value, mark.value)))]
    low, high, step = _axis(min(ends), max(ends))
    height = _ROW * len(marks) + _FOOT

    def x(value: float) -> float:
        return _LEFT + (value - low) / (high - low) * (_WIDTH - _LEFT - _RIGHT)

    parts = [_grid(x, low, high, step, _ROW * len(marks))]
    for row, mark in enumerate(marks):
        y = _ROW * row + _ROW / 2
        begin, end = mark.interval or (mark.value, mark.value)
        parts.append(
            f'<text class="name" x="{_LEFT - 10}" y="{y + 4}">{escape(mark.name)}</text>'
            f'<line class="range" x1="{x(begin):.1f}" x2="{x(end):.1f}" y1="{y}" y2="{y}"/>'
            f'<circle class="point" cx="{x(mark.value):.1f}" cy="{y}" r="5"/>'
            f'<text class="value" x="{_WIDTH - _RIGHT + 14}" y="{y + 4}">{mark.value:+.3f}</text>'
        )
    return _svg(title, _WIDTH, height, "".join(parts))


def _axis(low: float, high: float) -> tuple[float, float, float]:
    """Return round limits of an axis and the step between its lines."""
    span = high - low if isfinite(high - low) and high > low else 1.0
    power = 10.0 ** floor(log10(span / 4))
    step = next(power * factor for factor in (1, 2, 5, 10) if power * factor >= span / 4)
    return floor(low / step) * step, max(ceil(high / step), floor(low / step) + 1) * step, step


def _grid(x: Callable[[float], float], low: float, high: float, step: float, height: float) -> str:
    lines = []
    for i in range(round((high - low) / step) + 1):
        value = low + i * step
        kind = "zero" if abs(value) < step / 1e3 else "grid"
        at = f"{x(value):.1f}"
        lines.append(f'<line class="{kind}" x1="{at}" x2="{at}" y1="0" y2="{height}"/>')
        lines.append(f'<text class="tick" x="{at}" y="{height + 18}">{value:.6g}</text>')
    return "".join(lines)


def distribution(name: str, gains: NDArray[np.float64]) -> str:
    """Return a small histogram of results in R, in quarters of R."""
    edges = np.arange(_LEAST_R, _MOST_R + _BIN_R / 2, _BIN_R)
    counts, _ = np.histogram(np.clip(np.round(gains, 6), _LEAST_R, _MOST_R - 1e-6), bins=edges)  # exactly -1 R is not a little less
    shares = counts / len(gains)
    width = _SMALL_WIDTH / len(shares)
    highest = max(float(shares.max()), 1e-9)
    usable = _SMALL_HEIGHT - 24
    bars = []
    for i, share in enumerate(shares):
        tall = usable * float(share) / highest
        kind = "loss" if edges[i] + _BIN_R / 2 < 0 else "gain"
        bars.append(
            f'<rect class="{kind}" x="{i * width + 1:.1f}" y="{usable - tall:.1f}" width="{width - 2:.1f}" height="{tall:.1f}">'
            f"<title>{edges[i]:+.2f} to {edges[i + 1]:+.2f} R: {share:.1%}</title></rect>"
        )
    ticks = "".join(
        f'<text class="tick" x="{(value - _LEAST_R) / _BIN_R * width:.1f}" y="{usable + 16}">{value:+d}</text>'
        for value in (-1, 1, 2)
    )
    base = f'<line class="zero" x1="0" x2="{_SMALL_WIDTH}" y1="{usable}" y2="{usable}"/>'
    drawn = _svg(f"Distribution of R, {name}", _SMALL_WIDTH, _SMALL_HEIGHT, "".join(bars) + base + ticks)
    return f"<figure><figcaption>{escape(name)}</figcaption>{drawn}</figure>"


def states(rows: Mapping[str, Mapping[str, float]]) -> str:
    """Return a bar for each rule, divided by the share of the time in each state."""
    seen = [state for state in _TONES if any(state in shares for shares in rows.values())]
    wide = _WIDTH - _LEFT - 10
    parts = []
    for row, (name, shares) in enumerate(rows.items()):
        y, at = _ROW * row, float(_LEFT)
        parts.append(f'<text class="name" x="{_LEFT - 10}" y="{y + 19}">{escape(name)}</text>')
        for state in seen:
            share = shares.get(state, 0.0)
            parts.append(
                f'<rect class="{_TONES[state]}" x="{at:.1f}" y="{y + 4}" width="{share * wide:.1f}" height="{_ROW - 8}">'
                f"<title>{escape(state)}: {share:.1%}</title></rect>"
            )
            at += share * wide
    legend = "".join(f'<li><span class="{_TONES[state]}"></span>{escape(state)}</li>' for state in seen)
    return _svg("Share of the time in each state", _WIDTH, _ROW * len(rows), "".join(parts)) + f'<ul class="legend">{legend}</ul>'


def _svg(title: str, width: float, height: float, inner: str) -> str:
    return (
        f'<svg viewBox="0 0 {width:g} {height:g}" width="{width:g}" role="img" aria-label="{escape(title, quote=True)}">'
        f"<title>{escape(title)}</title>{inner}</svg>"
    )
