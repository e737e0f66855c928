"""R-5: the median of the spread over thirty days, one sample at each close."""

from statistics import median

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.engine.signals.crafted import DAY, M5, MONDAY, RULES

from dtms.engine.signals.spread import Spreads

RULE = RULES.spread


@given(st.lists(st.tuples(st.integers(1, 3 * DAY), st.sampled_from([-1.0, 0.0, 1.0, 2.5, 7.0])), max_size=80))
def test_the_median_is_that_of_the_last_thirty_days(samples: list[tuple[int, float]]) -> None:
    spreads = Spreads(RULE)
    kept: list[tuple[int, float]] = []
    time = MONDAY
    for pause, spread in samples:
        time += pause
        spreads.add(time, spread)
        kept = [(t, s) for t, s in [*kept, (time, spread)] if t > time - 30 * DAY]
        assert spreads.median() == (median(s for _, s in kept) if len(kept) >= 10 else 0.0)
        assert spreads.samples == tuple(kept)


@pytest.mark.parametrize(("count", "expected"), [(9, 0.0), (10, 2.0)])
def test_ten_samples_are_needed(count: int, expected: float) -> None:
    spreads = Spreads(RULE)
    for number in range(count):
        spreads.add(MONDAY + number * M5, 2.0)

    assert spreads.median() == expected


def test_a_close_is_sampled_once() -> None:
    spreads = Spreads(RULE)
    for _ in range(20):
        spreads.add(MONDAY, 2.0)

    assert spreads.samples == ((MONDAY, 2.0),)
