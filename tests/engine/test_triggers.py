"""Trigger heaps: the same answer as looking at every trade, at two comparisons a quote."""

from hypothesis import given
from hypothesis import strategies as st

from dtms.engine.triggers import Triggers
from dtms.names import Side

PRICES = st.integers(1, 40).map(float)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("arm"), st.integers(0, 8), st.sampled_from(Side), PRICES),
        st.tuples(st.just("disarm"), st.integers(0, 8), st.just(Side.BUY), PRICES),
        st.tuples(st.just("quote"), st.integers(0, 2), st.just(Side.BUY), PRICES),
    ),
    max_size=200,
)


@given(STEPS)
def test_the_heaps_answer_as_a_look_at_every_trade_would(steps: list[tuple[str, int, Side, float]]) -> None:
    triggers: Triggers[int] = Triggers()
    plain: dict[int, tuple[Side, float]] = {}
    for kind, number, side, price in steps:
        if kind == "arm":
            triggers.arm(number, side, price)
            plain[number] = (side, price)
        elif kind == "disarm":
            triggers.disarm(number)
            plain.pop(number, None)
        else:
            bid, ask = price, price + number
            reached = {k for k, (s, p) in plain.items() if (bid >= p if s is Side.BUY else ask <= p)}
            compared = bid >= triggers.rising or ask <= triggers.falling

            assert compared == bool(reached)
            assert set(triggers.due(bid, ask)) == reached
            for key in reached:
                del plain[key]
        assert len(triggers) == len(plain)


def test_entries_left_behind_do_not_pile_up() -> None:
    triggers: Triggers[int] = Triggers()
    for price in range(100_000):
        triggers.arm(1, Side.BUY, 1.0 + price)

    assert len(triggers._rising) < 1_000
    assert triggers.due(99_999.0, 1e9) == []
    assert triggers.due(100_000.0, 1e9) == [1]


ADVERSE = st.lists(
    st.one_of(
        st.tuples(
            st.just("arm"), st.integers(0, 8), st.sampled_from(Side), st.one_of(st.none(), PRICES), st.one_of(st.none(), PRICES)
        ),
        st.tuples(st.just("disarm"), st.integers(0, 8), st.just(Side.BUY), st.none(), st.none()),
        st.tuples(st.just("quote"), st.integers(0, 2), st.just(Side.BUY), PRICES, st.none()),
    ),
    max_size=200,
)


@given(ADVERSE)
def test_a_trade_with_two_prices_is_due_at_whichever_comes_first(
    steps: list[tuple[str, int, Side, float | None, float | None]],
) -> None:
    triggers: Triggers[int] = Triggers()
    plain: dict[int, tuple[Side, float | None, float | None]] = {}
    for kind, number, side, price, adverse in steps:
        if kind == "arm":
            if price is None and adverse is None:
                continue
            triggers.arm(number, side, price, adverse)
            plain[number] = (side, price, adverse)
        elif kind == "disarm":
            triggers.disarm(number)
            plain.pop(number, None)
        elif price is not None:
            bid, ask = price, price + number
            reached = {key for key, armed in plain.items() if _reached(armed, bid, ask)}
            compared = bid >= triggers.rising or ask <= triggers.falling or bid <= triggers.sinking or ask >= triggers.soaring

            assert compared == bool(reached)
            due = triggers.due(bid, ask)
            assert set(due) == reached
            assert len(due) == len(reached)
            for key in reached:
                del plain[key]
        assert len(triggers) == len(plain)


def _reached(armed: tuple[Side, float | None, float | None], bid: float, ask: float) -> bool:
    side, price, adverse = armed
    exit_price = bid if side is Side.BUY else ask
    gained = price is not None and side.direction * (exit_price - price) >= 0
    lost = adverse is not None and side.direction * (exit_price - adverse) <= 0
    return gained or lost
