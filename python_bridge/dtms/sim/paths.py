"""
Made-up price paths: a script of segments, noise from the caller's seeded generator.

The middle follows the script's straight lines; noise pulls it away and lets it come back, so a script ends where
it says, whatever the seed.
"""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from dtms.sim.prices import PricePoint

_MEMORY: Final = 0.9  # part of the deviation that is left one quote later; half of it is gone after seven


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """
    A part of a scripted path; distances in points.

    Attributes:
        seconds: how long it lasts.
        move: by how much the middle rises over the segment, negative falls.
        gap: jump before its first quote.
        noise: typical deviation added with each quote.
        spread: ask minus bid.
        every_ms: time between two quotes.
        pause_s: time without quotes before its first quote, as over a weekend.
    """

    seconds: int
    move: float = 0.0
    gap: float = 0.0
    noise: float = 0.5
    spread: float = 10.0
    every_ms: int = 250
    pause_s: int = 0


def synthetic(
    rng: random.Random, *, start_msc: int, price: float, digits: int, segments: Sequence[Segment]
) -> Iterator[PricePoint]:
    """Quotes of a script from a market time and a first middle on; every price lies on the grid of its decimals."""
    point = 10.0**-digits
    time_msc, middle, deviation = start_msc, price, 0.0
    for segment in segments:
        time_msc += segment.pause_s * 1_000
        middle += segment.gap * point
        count = max(segment.seconds * 1_000 // segment.every_ms, 1)
        half = segment.spread * point / 2
        for i in range(1, count + 1):
            deviation = deviation * _MEMORY + rng.gauss(0.0, segment.noise) * point
            value = middle + segment.move * point * i / count + deviation
            yield PricePoint(time_msc, round(value - half, digits), round(value + half, digits))
            time_msc += segment.every_ms
        middle += segment.move * point
