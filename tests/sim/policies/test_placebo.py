"""The placebo's exchange of days: nobody keeps its own, the time of day stays, and it repeats with its seed."""

from hypothesis import given
from hypothesis import strategies as st
from tests.sim.policies.made import MONDAY

from dtms.sim.policies.placebo import exchanged

DAY = 86_400_000
QUARTER = 900_000


def day_of(time: int) -> int:
    return (time - 1) // DAY


def closes(*quarters: int) -> list[int]:
    """Closes of M15: so many on each day, from its beginning on."""
    return [MONDAY + day * DAY + (i + 1) * QUARTER for day, count in enumerate(quarters) for i in range(count)]


@given(st.integers(2, 12), st.integers(0, 1_000))
def test_no_close_keeps_its_own_day_and_every_close_keeps_its_time(days: int, seed: int) -> None:
    times = closes(*[96] * days)
    found = exchanged(times, seed)

    assert found is not None
    assert all(day_of(times[there]) != day_of(times[here]) for here, there in enumerate(found))
    assert all((times[there] - times[here]) % DAY == 0 for here, there in enumerate(found))
    assert sorted(found) == list(range(len(times)))


def test_it_repeats_with_its_seed_and_differs_with_another() -> None:
    times = closes(*[96] * 9)

    assert exchanged(times, 1) == exchanged(times, 1)
    assert exchanged(times, 1) != exchanged(times, 2)


def test_short_days_stand_in_for_short_days() -> None:
    times = closes(96, 8, 96, 8, 96)
    found = exchanged(times, 3)

    assert found is not None
    short = {day_of(MONDAY + DAY + 1), day_of(MONDAY + 3 * DAY + 1)}
    assert all((day_of(times[there]) in short) == (day_of(times[here]) in short) for here, there in enumerate(found))


def test_what_the_other_day_does_not_have_is_taken_from_just_before() -> None:
    times = closes(96, 4)
    found = exchanged(times, 1)

    assert found is not None
    assert found[:3] == [96, 97, 98]
    assert found[3:96] == [99] * 93
    assert found[96:] == [0, 1, 2, 3]


def test_a_single_day_has_nobody_to_exchange_with() -> None:
    assert exchanged(closes(96), 1) is None
