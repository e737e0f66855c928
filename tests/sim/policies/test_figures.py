"""Figures of results: tails by hand, intervals that repeat with their seed and treat days as one."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.sim.policies.made import MONDAY

from dtms.names import Outcome, Side
from dtms.sim.policies.entries import Entry
from dtms.sim.policies.figures import DayDraws, Floats, cvar, difference, figures
from dtms.sim.policies.replay import AT_THE_END, Act, Result

DAY = 86_400_000


def result(
    r: float, *, day: int = 0, end: str = "stop", acts: tuple[Act, ...] = (), states: dict[str, int] | None = None
) -> Result:
    entry = Entry(1, Side.BUY, 0.1, MONDAY + day * DAY, 0, 1.1, 1.09, None, 0.01)
    return Result(entry, r, end, MONDAY, 4, states or {}, acts)


def test_the_tail_of_a_hundred_is_the_mean_of_the_worst_five() -> None:
    assert cvar(np.arange(100.0)) == pytest.approx(2.0)


def test_the_tail_of_fifty_holds_half_of_the_third() -> None:
    assert cvar(np.arange(50.0)) == pytest.approx((0 + 1 + 0.5 * 2) / 2.5)


def test_the_tail_of_a_single_trade_is_that_trade() -> None:
    assert cvar(np.array([-0.4])) == pytest.approx(-0.4)


@given(st.lists(st.floats(-10, 10), min_size=1, max_size=60))
def test_the_tail_lies_between_the_worst_and_the_mean(values: list[float]) -> None:
    found = cvar(np.array(values))
    assert min(values) - 1e-9 <= found <= sum(values) / len(values) + 1e-9


def test_figures_of_four_trades_by_hand() -> None:
    acts = (Act(0, "stop", 1.1, Outcome.DONE), Act(1, "stop", 1.2, Outcome.REJECTED))
    results = [
        result(-1.0, states={"HEALTHY": 3}),
        result(-2.0, day=1, acts=acts, states={"HEALTHY": 1}),
        result(2.0, day=1, end="target", states={"WARNING_L1": 4}),
        result(0.5, day=2, end=AT_THE_END),
    ]
    draws = DayDraws([r.entry.time for r in results], 1)
    found = figures(results, draws, draws.drawn(np.array([r.r for r in results])))

    assert (found.trades, found.mean_r, found.median_r, found.worst_r, found.best_r) == (4, -0.125, -0.25, -2.0, 2.0)
    assert (found.cvar95_r, found.full_stop_share, found.beyond_share, found.win_share) == (-2.0, 0.5, 0.25, 0.5)
    assert (found.acts, found.refused, found.open_at_end) == ({"stop": 1}, 1, 1)
    assert found.states == {"HEALTHY": 0.5, "WARNING_L1": 0.5}
    assert found.ends == {"stop": 2, "target": 1, AT_THE_END: 1}


def mean_interval(times: list[int], values: Floats, seed: int = 1) -> tuple[float, float]:
    draws = DayDraws(times, seed)
    found = draws.inner(draws.drawn(values).mean)
    assert found is not None
    return found


def test_intervals_repeat_with_their_seed_and_differ_with_another() -> None:
    times = [MONDAY + i * DAY // 3 for i in range(60)]
    values = np.sin(np.arange(60.0))

    assert mean_interval(times, values, 7) == mean_interval(times, values, 7)
    assert mean_interval(times, values, 7) != mean_interval(times, values, 8)
    assert DayDraws(times, 7).drawn(values).cvar.tolist() == DayDraws(times, 7).drawn(values).cvar.tolist()


def test_trades_of_one_day_stand_and_fall_together() -> None:
    # Sixty trades, all alike within their day: the interval is that of six days, far wider than that of sixty trades.
    days = np.repeat(np.arange(6), 10)
    values = np.where(days % 2 == 0, 1.0, -1.0)
    together = mean_interval([MONDAY + int(day) * DAY for day in days], values)
    apart = mean_interval([MONDAY + i * DAY for i in range(60)], values)

    assert together[1] - together[0] > 2 * (apart[1] - apart[0])


def test_draws_are_those_of_days_taken_one_by_one() -> None:
    times = [MONDAY + (i // 4) * DAY for i in range(22)]
    values = np.cos(np.arange(22.0) ** 2)
    draws = DayDraws(times, 3, 50)
    drawn = draws.drawn(values)

    for row, mean, tail in zip(draws.weights.astype(int), drawn.mean, drawn.cvar, strict=True):
        taken = np.repeat(values, row[draws.day_of])
        assert (mean, tail) == (pytest.approx(taken.mean()), pytest.approx(cvar(taken)))


def test_a_single_day_has_no_interval() -> None:
    draws = DayDraws([MONDAY, MONDAY + 5], 1)

    assert draws.inner(draws.drawn(np.array([1.0, 2.0])).mean) is None


def test_what_both_rules_share_cancels_out_of_their_difference() -> None:
    times = [MONDAY + i * DAY for i in range(40)]
    luck = np.random.default_rng(1).normal(0, 5, 40)
    draws = DayDraws(times, 1)
    ours, theirs = draws.drawn(luck + 0.1), draws.drawn(luck)
    results = [[result(float(r), day=i) for i, r in enumerate(values)] for values in (luck + 0.1, luck)]
    found = difference(figures(results[0], draws, ours), figures(results[1], draws, theirs), ours.less(theirs), draws)

    assert found.mean_r == pytest.approx(0.1)
    assert found.cvar95_r == pytest.approx(0.1)
    assert found.mean_ci95 == pytest.approx((0.1, 0.1))
    assert found.cvar_ci95 == pytest.approx((0.1, 0.1))


def test_several_rounds_draw_a_day_with_all_of_them() -> None:
    times = [MONDAY + i * DAY for i in range(10)]
    values = np.arange(10.0)

    assert mean_interval(times, np.concatenate([values, values])) == pytest.approx(mean_interval(times, values))
