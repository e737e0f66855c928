"""
Quotes under credit and without it, and across broken connections: each is covered exactly once (R02, R11).
"""

import random
from collections import defaultdict
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.mql5.quotes import Fed, as_fed, feed
from tests.mql5.support import Harness, running

from dtms.sim.derive import derive_spec
from dtms.wire.messages import SymbolSpec


@pytest.fixture
def life(tmp_path: Path) -> Iterator[Harness]:
    with running(tmp_path) as harness:
        harness.until(lambda: harness.router.ticks)
        yield harness


def test_without_credit_quotes_are_put_together_by_symbol(tmp_path: Path) -> None:
    specs = [derive_spec("EURUSD"), derive_spec("GBPUSD")]
    with Harness(tmp_path, specs=specs, inputs={"Symbols": "GBPUSD"}) as life:
        life.router.credit = False
        life.router.accept = {"credit_window": 10}
        life.start()
        rng = random.Random(3)
        fed: dict[str, Fed] = defaultdict(list)
        for _ in range(50):
            for spec in specs:
                fed[spec.name] += feed(life, spec.name, 2, rng)
            life.step()
        life.settle()
        assert len(life.router.ticks) == 10, "the window and no more"
        sent = {spec.name: sum(t.quotes for t in life.router.quotes(spec.name)) for spec in specs}

        life.router.credit = True
        life.router.beat()
        life.until(lambda: len(life.router.ticks) >= 12)
        life.settle()

        assert len(life.router.ticks) == 12, "one for each symbol"
        for symbol, all_fed in fed.items():
            merged = life.router.quotes(symbol)[-1]
            rest = all_fed[sent[symbol] - 1 :]  # the first quote sent was there before
            assert merged.quotes == len(rest)
            assert (merged.ts_event, merged.bid, merged.ask) == rest[-1]
            assert merged.low_bid == min(bid for _, bid, _ in rest)
            assert merged.high_ask == max(ask for _, _, ask in rest)
            mids = [bid + ask for _, bid, ask in all_fed[sent[symbol] - 2 :]]
            ups, downs = sum(b > a for a, b in pairwise(mids)), sum(b < a for a, b in pairwise(mids))
            assert (merged.buys, merged.sells) == (ups, downs)


@pytest.fixture(scope="module")
def stingy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Harness]:
    """A window of three quotes, and no acknowledgement but by the test."""
    with Harness(tmp_path_factory.mktemp("stingy")) as harness:
        harness.router.credit = False
        harness.router.accept = {"credit_window": 3}
        harness.start()
        yield harness


@settings(max_examples=25)
@given(events=st.lists(st.one_of(st.integers(-40, 40), st.none()), min_size=1, max_size=40))
def test_whatever_the_credit_all_quotes_are_covered_once(stingy: Harness, events: list[int | None]) -> None:
    """An integer is a quote that many points from the usual price, None an acknowledgement of all that came."""
    life = stingy
    life.router.credit = True
    life.router.beat()
    life.settle()
    life.router.beat()
    life.settle()
    life.router.credit = False
    begin = len(life.router.ticks)
    bids = []
    for event in events:
        if event is None:
            life.router.drain(1)
            life.router.credit = True
            life.router.beat()
            life.router.credit = False
        else:
            bids.append(life.quote(bid=round(1.1 + event * 1e-5, 5))[0])
        life.step(wait_ms=int(event is None))
    life.router.credit = True
    life.router.beat()
    life.until(lambda: sum(t.quotes for _, t in life.router.ticks[begin:]) >= len(bids))
    life.settle()

    rest = list(bids)
    for _, tick in life.router.ticks[begin:]:
        stretch, rest = rest[: tick.quotes], rest[tick.quotes :]
        assert (tick.low_bid, tick.bid) == (min(stretch), stretch[-1])
    assert rest == []


def test_unacknowledged_quotes_come_again_under_the_same_numbers_when_the_session_goes_on(life: Harness) -> None:
    life.router.credit = False
    acknowledged = life.router.tick_seq
    feed(life, "EURUSD", 20, random.Random(4))
    life.until(lambda: life.router.tick_seq == acknowledged + 20)
    told = dict(life.router.ticks)

    life.router.accept = {"resume": True}
    life.router.tick_seq = acknowledged + 5  # the last fifteen got lost on the way
    life.router.ticks.clear()
    life.router.reopen()
    life.until(lambda: life.router.tick_seq == acknowledged + 20)

    assert life.router.ticks == [(n, told[n]) for n in range(acknowledged + 6, acknowledged + 21)]


def test_a_bridge_that_starts_anew_gets_unacknowledged_quotes_under_fresh_numbers(life: Harness) -> None:
    life.router.credit = False
    acknowledged = life.router.tick_seq
    fed = feed(life, "EURUSD", 20, random.Random(5))
    life.until(lambda: life.router.tick_seq == acknowledged + 20)

    life.router.epoch += 1
    life.router.ticks.clear()
    life.router.frames.clear()
    life.router.reopen()
    life.until(lambda: life.router.tick_seq == 20)
    assert [spec.symbol for spec in life.router.of(SymbolSpec)] == ["EURUSD"]
    fed += feed(life, "EURUSD", 1, random.Random(6))
    life.until(lambda: life.router.tick_seq == 21)

    assert [number for number, _ in life.router.ticks] == list(range(1, 22))
    assert as_fed([tick for _, tick in life.router.ticks]) == fed


def test_quotes_of_a_broken_connection_are_covered_after_it(life: Harness) -> None:
    before = len(life.router.ticks)
    life.router.accept = None
    life.router.reopen()
    fed: Fed = []
    for _ in range(300):
        fed += feed(life, "EURUSD", 1, random.Random(len(fed)))
        life.step()

    life.router.accept = {"resume": True}
    life.until(lambda: len(life.router.ticks) - before >= len(fed))

    assert as_fed([tick for _, tick in life.router.ticks[before:]]) == fed


def test_a_frame_holds_at_most_64_quotes(life: Harness) -> None:
    feed(life, "EURUSD", 1_000, random.Random(7))
    life.until(lambda: len(life.router.ticks) > 1_000)

    assert max(life.router.frame_sizes) == 64
