"""D-20: warnings add up, once per bar, and fall one at a time."""

import pytest

from dtms.engine.signals.warnings import NewestBars, Warnings, decayed, warned
from dtms.settings_score import WarningSettings
from dtms.signal_names import Family

RULE = WarningSettings()
HALF_HOUR = 1_800_000
VWAP = frozenset({Family.VWAP})


def after(*bars: int) -> Warnings:
    """The counters after evidence on bars that closed at these times, each checked at its close."""
    warnings = Warnings()
    for bar in bars:
        warnings = warned(warnings, VWAP, NewestBars(bar, bar), bar, RULE)
    return warnings


def test_d_20_evidence_adds_up_to_three() -> None:
    assert [after(*range(1, n + 1)).count(Family.VWAP) for n in (1, 2, 3, 4)] == [1, 2, 3, 3]


def test_the_same_bar_counts_once_however_often_it_is_checked() -> None:
    assert after(5, 5, 5).count(Family.VWAP) == 1


@pytest.mark.parametrize(("family", "count"), [(Family.STRUCTURAL, 1), (Family.VWAP, 3), (Family.MOMENTUM, 1)])
def test_the_same_slow_bar_counts_once_however_many_fast_ones_close_meanwhile(family: Family, count: int) -> None:
    """Structure and momentum are read off the slow chart: a check between two of its closes brings nothing fresh."""
    warnings = Warnings()
    for fast in (900, 1_200, 1_500):
        warnings = warned(warnings, frozenset({family}), NewestBars(fast, 900), fast, RULE)

    assert warnings.count(family) == count


def test_families_count_apart() -> None:
    warnings = warned(after(1), frozenset({Family.MOMENTUM, Family.STRUCTURAL}), NewestBars(2, 2), 2, RULE)

    assert [warnings.count(family) for family in Family] == [1, 1, 1]
    assert warnings.total == 3


@pytest.mark.parametrize(
    ("later", "count"),
    [(HALF_HOUR - 1, 3), (HALF_HOUR, 2), (2 * HALF_HOUR - 1, 2), (2 * HALF_HOUR, 1), (3 * HALF_HOUR, 0), (99 * HALF_HOUR, 0)],
)
def test_d_20_each_half_hour_without_evidence_takes_one_off(later: int, count: int) -> None:
    warnings = after(1, 2, 3)

    assert decayed(warnings, 3 + later, RULE).count(Family.VWAP) == count


def test_d_20_it_does_not_fall_with_each_check_after_the_first_expiry() -> None:
    warnings = after(1, 2, 3)
    for check in range(10):
        warnings = warned(warnings, frozenset(), NewestBars(4, 4), 3 + HALF_HOUR + check, RULE)

    assert warnings.count(Family.VWAP) == 2


def test_evidence_starts_a_fresh_half_hour() -> None:
    warnings = warned(after(1), VWAP, NewestBars(1_000_000, 1_000_000), 1_000_000, RULE)

    assert decayed(warnings, 1_000_000 + HALF_HOUR - 1, RULE).count(Family.VWAP) == 2


def test_a_counter_at_zero_is_gone() -> None:
    assert decayed(after(1), 1 + HALF_HOUR, RULE) == Warnings()
