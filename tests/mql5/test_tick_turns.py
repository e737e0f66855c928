"""
The server's clock is put forward or back under the feed: every quote is told once, in the order of its coming.

For an hour after a clock was put back, times come again that were there before.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.mql5.support import OFFSET_MS, Harness, running

from dtms.names import NoticeCode, QuoteFlag
from dtms.wire.messages import Notice

HOUR = 3_600_000


@pytest.fixture
def life(tmp_path: Path) -> Iterator[Harness]:
    with running(tmp_path) as harness:
        yield harness


def bids(life: Harness, after: int) -> list[float]:
    return [tick.bid for _, tick in life.router.ticks[after:]]


@pytest.mark.parametrize("turn", [HOUR, -HOUR], ids=["forward", "back"])
def test_quotes_that_were_not_read_when_the_clock_turned_are_told_before_those_of_after(life: Harness, turn: int) -> None:
    life.quote(bid=1.1000)
    life.settle()
    before = len(life.router.ticks)
    fed = []
    for number in range(1, 11):
        if number == 6:
            life.broker.set_offset(OFFSET_MS + turn)
        fed.append(round(1.1 + number / 10_000, 5))
        life.quote(bid=fed[-1])
    life.settle()

    assert bids(life, before) == fed
    assert not any(tick.flags & QuoteFlag.RESYNC for _, tick in life.router.ticks[before:])
    assert not [n for n in life.router.of(Notice) if n.code is NoticeCode.HISTORY_GAP]


def test_a_clock_that_was_put_back_is_followed_through_the_hour_that_comes_twice_and_beyond(life: Harness) -> None:
    life.quote(bid=1.1000)
    life.settle()
    before = len(life.router.ticks)
    life.broker.set_offset(OFFSET_MS - HOUR)
    fed = []
    for number in range(1, 24):
        fed += [round(1.1 + number / 10_000 + part / 100_000, 5) for part in range(3)]
        for bid in fed[-3:]:
            life.quote(bid=bid)
        life.settle()
        life.advance(180_000, step=2_000)

    assert bids(life, before) == fed
