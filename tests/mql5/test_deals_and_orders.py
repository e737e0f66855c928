"""
Deals, orders, the digest, and what a session that goes on or begins anew is told of them (R11, R13, R14).
"""

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from tests.mql5.digests import digest_of
from tests.mql5.support import Harness, running

from dtms.names import DealEntry, DealType, OrderState
from dtms.sim.behaviour import Effect
from dtms.sim.records import Record
from dtms.sim.terminal import SimTerminal
from dtms.wire.messages import (
    Deal,
    Heartbeat,
    OrderSeen,
    PositionClosed,
    PositionOpened,
    Snapshot,
)


@pytest.fixture
def life(tmp_path: Path) -> Iterator[Harness]:
    with running(tmp_path) as harness:
        yield harness


def test_each_deal_is_told_once_also_when_it_comes_late(life: Harness) -> None:
    life.settle()
    before = {deal.deal for deal in life.router.of(Deal)}
    life.broker.unasked = Effect(late_ms=3_000)
    ticket = life.broker.human_open("EURUSD", 0, 0.3)
    life.advance(1_000)
    life.broker.unasked = Effect()
    life.broker.deposit(-100.0, "Withdrawal")
    life.broker.human_close(ticket)
    life.advance(6_000)

    told = [deal for deal in life.router.of(Deal) if deal.deal not in before]
    assert len({deal.deal for deal in told}) == len(told) == 3
    assert {deal.deal_type for deal in told} == {DealType.BUY, DealType.SELL, DealType.BALANCE}


def test_the_digest_is_of_what_was_told(life: Harness) -> None:
    for i in range(5):
        life.broker.human_open("EURUSD", i % 2, 0.1 * (i + 1), tp=0.0, sl=1.05 if i % 2 == 0 else 1.15)
    life.until(lambda: len(life.router.of(PositionOpened)) == 5)
    life.advance(1_100)
    life.settle()

    told = [opened.position for opened in life.router.of(PositionOpened)]
    assert life.router.of(Heartbeat)[-1].digest == digest_of(told)


def test_a_session_that_goes_on_brings_what_happened_meanwhile(life: Harness) -> None:
    ticket = life.broker.human_open("EURUSD", 0, 0.3)
    life.until(lambda: life.router.of(PositionOpened))
    life.router.accept = None
    life.router.reopen()
    life.advance(500)
    life.broker.human_close(ticket)
    other = life.broker.human_open("EURUSD", 1, 0.2)
    life.advance(1_000)

    life.router.accept = {"resume": True}
    life.until(lambda: life.router.of(PositionClosed) and len(life.router.of(PositionOpened)) == 2)
    life.settle()

    assert life.router.of(PositionClosed)[0].ticket == ticket
    assert life.router.of(PositionOpened)[1].position.ticket == other
    assert len(life.router.of(Snapshot)) == 1


def test_a_bridge_that_starts_anew_gets_a_snapshot_and_the_deals_since_the_link_was_lost(life: Harness) -> None:
    ticket = life.broker.human_open("EURUSD", 0, 0.3)
    life.until(lambda: life.router.of(PositionOpened))
    life.router.accept = None
    life.router.reopen()
    life.advance(5_000)
    life.broker.human_close(ticket)
    life.advance(120_000, step=500)

    life.router.frames.clear()
    life.router.epoch += 1
    life.router.accept = {}
    life.until(lambda: life.router.of(Snapshot) and life.router.of(Deal), limit_ms=60_000)
    life.settle()

    assert life.router.of(Snapshot)[0].count == 0
    assert life.router.of(PositionClosed) == []
    assert (ticket, DealEntry.OUT) in [(deal.position_id, deal.entry) for deal in life.router.of(Deal)]


class Pending(SimTerminal):
    """Live orders, which the broker model has for no time at all."""

    live: dict[int, Record]
    ended: dict[int, Record]

    def orders(self) -> Sequence[int]:
        return list(getattr(self, "live", {}))

    def order(self, ticket: int) -> Record | None:
        return getattr(self, "live", {}).get(ticket)

    def history_order(self, ticket: int) -> Record | None:
        return getattr(self, "ended", {}).get(ticket) or super().history_order(ticket)


def an_order(**changes: object) -> Record:
    record = {
        "ORDER_SYMBOL": "EURUSD",
        "ORDER_TYPE": 2,
        "ORDER_STATE": 1,
        "ORDER_VOLUME_INITIAL": 0.5,
        "ORDER_VOLUME_CURRENT": 0.5,
        "ORDER_PRICE_OPEN": 1.05,
        "ORDER_MAGIC": 12,
        "ORDER_POSITION_ID": 0,
        "ORDER_COMMENT": "limit",
    }
    return {**record, **changes}  # type: ignore[dict-item]


def test_a_live_order_is_told_when_it_is_met_when_it_differs_and_when_it_ends(tmp_path: Path) -> None:
    with running(tmp_path, terminal_type=Pending) as life:
        life.terminal.live = {900: an_order()}  # type: ignore[attr-defined]
        first = life.wait_for(OrderSeen)
        life.terminal.live = {900: an_order(ORDER_VOLUME_CURRENT=0.2)}  # type: ignore[attr-defined]
        life.wait_for(OrderSeen, lambda o: o.volume_current == 0.2)
        life.terminal.live = {}  # type: ignore[attr-defined]
        life.advance(2_000)
        life.terminal.ended = {900: an_order(ORDER_STATE=2)}  # type: ignore[attr-defined]
        last = life.wait_for(OrderSeen, lambda o: o.state is OrderState.CANCELED)
        life.advance(5_000)

        assert (first.order, first.order_type, first.state, first.magic, first.price_open) == (900, 2, OrderState.LIVE, 12, 1.05)
        assert (last.order, last.comment) == (900, "limit")
        assert len(life.router.of(OrderSeen)) == 3


def test_an_order_of_ours_is_told_when_it_is_in_the_history(life: Harness) -> None:
    mine = life.broker.human_open("EURUSD", 0, 0.3)
    command = life.reduce(mine)
    seen = life.wait_for(OrderSeen)
    life.broker.human_open("EURUSD", 0, 0.3)
    life.advance(2_000)

    assert (seen.state, seen.position_id, seen.volume_initial) == (OrderState.FILLED, mine, 0.3)
    assert seen.magic & (1 << 44) - 1 == command
    assert life.router.of(OrderSeen) == [seen], "orders of others are told while they are live only"
