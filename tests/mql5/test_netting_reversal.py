"""
A position that goes through zero on a netting account: one trade is told as closed, the next as opened, under one identifier.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from tests.mql5.account_models import NETS, assert_told, deals, near, on_account
from tests.mql5.digests import digest_of
from tests.mql5.support import Harness

from dtms.names import DealEntry, Outcome, Reason, Side, Why
from dtms.sim.behaviour import Effect
from dtms.sim.derive import derive_spec
from dtms.sim.terminal import SimTerminal
from dtms.wire.messages import (
    Deal,
    Heartbeat,
    PositionChanged,
    PositionClosed,
    PositionOpened,
    Snapshot,
    SnapshotRequest,
)

SPEC = derive_spec("EURUSD", commission=5.0)


@pytest.fixture(params=NETS)
def life(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Harness]:
    with on_account(tmp_path, request.param, spec=SPEC) as harness:
        yield harness


@pytest.fixture
def netting(tmp_path: Path) -> Iterator[Harness]:
    with on_account(tmp_path, "netting", spec=SPEC) as harness:
        yield harness


def turn(life: Harness, side: int, volume: float, *, sl: float = 0.0, tp: float = 0.0) -> int:
    """A human's deal that goes through zero; the ticket afterwards."""
    return life.broker.human_open("EURUSD", side, volume, sl=sl, tp=tp)


def turns(life: Harness) -> list[PositionClosed | PositionOpened]:
    """Closings and openings in the order of the wire."""
    return [frame.body for frame in life.router.frames if isinstance(frame.body, PositionClosed | PositionOpened)]


def test_a_reversal_closes_one_trade_and_opens_the_next_under_the_same_identifier(life: Harness) -> None:
    first = life.hold(0.3)
    life.quote(bid=1.101)
    second = turn(life, 1, 0.5, sl=1.11, tp=1.08)
    life.wait_for(PositionClosed)
    life.settle()

    opened, closed, next_one = turns(life)
    assert isinstance(opened, PositionOpened)
    assert isinstance(closed, PositionClosed)
    assert isinstance(next_one, PositionOpened)
    assert (closed.position_id, closed.ticket, closed.side, closed.symbol) == (first, first, Side.BUY, "EURUSD")
    assert (closed.volume, closed.price_close, closed.reason, closed.by_command) == (0.3, 1.101, Reason.CLIENT, 0)
    assert closed.profit == near(0.3 * 1e5 * (1.101 - 1.1001))
    assert closed.commission == near(-1.5 - 1.5)  # 0.3 lots in, and 0.3 of the 0.5 lots that turned it
    position = next_one.position
    assert (position.position_id, position.ticket, position.side) == (first, second, Side.SELL)
    assert (position.volume, position.stop_loss, position.take_profit) == (near(0.2), 1.11, 1.08)
    assert position.commission == near(-1.0)  # the other 0.2
    assert life.router.of(PositionChanged) == []
    assert [d.deal for d in life.router.of(Deal) if d.entry is DealEntry.INOUT] == [closed.deal] == [deals(life)[-1].ticket]
    assert_told(life)


def test_what_comes_after_a_reversal_is_counted_for_the_new_side_alone(life: Harness) -> None:
    first = life.hold(0.3)
    life.quote(bid=1.101)
    second = turn(life, 1, 0.5)
    life.until(lambda: len(life.router.of(PositionOpened)) == 2)

    report = life.report(life.reduce(second, 0.1, expect=0.2))
    life.quote(bid=1.1005)
    life.report(life.reduce(second))
    life.until(lambda: len(life.router.of(PositionClosed)) == 2)
    last = life.router.of(PositionClosed)[-1]

    assert (report.outcome, report.position_id, report.position_volume) == (Outcome.DONE, first, near(0.1))
    assert (last.position_id, last.ticket, last.side, last.volume) == (first, second, Side.SELL, near(0.1))
    assert last.profit == near(0.1 * 1e5 * (1.101 - 1.1011) + 0.1 * 1e5 * (1.101 - 1.1006), abs=0.02)
    assert last.commission == near(-2.0)  # 0.2 lots in, 0.2 lots out
    assert life.broker.positions == ()
    assert life.broker.volume_errors() == []


def test_a_part_that_was_told_before_is_not_closed_again_by_the_reversal(netting: Harness) -> None:
    first = netting.hold(0.3)
    netting.broker.human_close(first, 0.1)
    netting.wait_for(PositionChanged)
    netting.advance(500)
    turn(netting, 1, 0.5)

    assert netting.wait_for(PositionClosed).volume == near(0.2)


def test_two_reversals_between_two_looks_are_still_two_trades(life: Harness) -> None:
    first = life.hold(0.3)
    turn(life, 1, 0.5)
    third = turn(life, 0, 0.5)
    life.wait_for(PositionClosed)
    life.settle()

    _, closed, opened = turns(life)
    assert isinstance(closed, PositionClosed)
    assert isinstance(opened, PositionOpened)
    assert (closed.ticket, closed.side, closed.volume) == (first, Side.BUY, near(0.3))
    assert (opened.position.ticket, opened.position.side, opened.position.volume) == (third, Side.BUY, near(0.3))
    assert opened.position.commission == near(-1.5)
    assert life.router.of(PositionChanged) == []
    assert_told(life)


def test_a_position_that_turns_and_closes_between_two_looks_is_closed_once(life: Harness) -> None:
    first = life.hold(0.3)
    second = turn(life, 1, 0.5)
    life.broker.human_close(second)
    life.wait_for(PositionClosed)
    life.settle()

    (closed,) = life.router.of(PositionClosed)
    assert (closed.ticket, closed.side, closed.volume) == (first, Side.BUY, near(0.3))
    assert len(life.router.of(PositionOpened)) == 1
    assert_told(life)


def test_a_reversal_of_which_no_transaction_tells_is_found_by_looking(netting: Harness) -> None:
    netting.broker.unasked = Effect(late_ms=700, lose_transactions=True)
    netting.hold(0.3)
    turn(netting, 1, 0.5)
    netting.wait_for(PositionClosed)
    netting.settle()

    assert_told(netting)


@pytest.mark.parametrize("gap_ms", [40, 2_500])
def test_between_the_two_sides_the_position_is_in_no_list(netting: Harness, gap_ms: int) -> None:
    netting.broker.unasked = Effect(gap_ms=gap_ms)
    netting.hold(0.3)
    turn(netting, 1, 0.5)
    netting.wait_for(PositionClosed)
    netting.advance(3_000)
    netting.settle()

    assert len(netting.router.of(PositionClosed)) == 1
    assert_told(netting)


class LateDeals(SimTerminal):
    """A terminal that knows of a position's first deal only, for a while."""

    hides = False

    def history_of_position(self, position_id: int) -> tuple[Sequence[int], Sequence[int]]:
        orders, deals = super().history_of_position(position_id)
        return (orders[:1], deals[:1]) if self.hides else (orders, deals)


def test_nothing_is_told_of_a_reversal_until_its_deal_is_there(tmp_path: Path) -> None:
    with on_account(tmp_path, "netting", spec=SPEC, terminal_type=LateDeals) as life:
        life.hold(0.3)
        life.terminal.hides = True  # type: ignore[attr-defined]
        turn(life, 1, 0.5)
        life.advance(700)
        life.settle()
        assert len(turns(life)) == 1
        assert life.router.of(PositionChanged) == []
        life.terminal.hides = False  # type: ignore[attr-defined]
        closed = life.wait_for(PositionClosed)
        life.settle()

        assert closed.volume == near(0.3)
        assert_told(life)


def test_a_reversal_whose_deal_never_comes_is_told_after_the_debounce(tmp_path: Path) -> None:
    with on_account(tmp_path, "netting", spec=SPEC, terminal_type=LateDeals) as life:
        life.hold(0.3)
        life.advance(6_000)
        life.terminal.hides = True  # type: ignore[attr-defined]
        since = life.now
        turn(life, 1, 0.5)
        closed = life.wait_for(PositionClosed)
        assert life.now - since >= 1_000
        life.terminal.hides = False  # type: ignore[attr-defined]
        life.advance(1_000)
        life.settle()

        assert (closed.side, closed.volume, closed.deal) == (Side.BUY, 0.0, 0)
        assert len(turns(life)) == 3
        assert_told(life)


def test_a_command_for_the_side_that_is_over_is_a_stale_view_and_asks_nothing(life: Harness) -> None:
    first = life.hold(0.3)
    second = turn(life, 1, 0.5)
    third = turn(life, 0, 0.9)
    life.wait_for(PositionClosed)
    fourth = turn(life, 1, 1.2)
    life.until(lambda: len(life.router.of(PositionClosed)) == 2)

    for old in (first, third):
        close = life.report(life.reduce(old))
        modify = life.report(life.modify(old, expect=(1.09, None), to=(1.095, None)))
        assert (close.outcome, modify.outcome) == (Outcome.STALE_VIEW, Outcome.STALE_VIEW)
        assert (close.ticket, close.position_id, close.position_volume) == (old, first, near(0.5))
    assert life.sent == []
    assert life.report(life.reduce(fourth)).outcome is Outcome.DONE
    assert life.broker.positions == ()
    assert second not in {opened.position.ticket for opened in life.router.of(PositionOpened)}, "it came and went unseen"


def test_a_command_that_comes_before_the_deals_of_a_reversal_waits_for_them(netting: Harness) -> None:
    first = netting.hold(0.3)
    netting.broker.unasked = Effect(gap_ms=400)
    turn(netting, 1, 0.5)

    report = netting.report(netting.reduce(first))

    assert report.outcome is Outcome.STALE_VIEW
    assert report.elapsed_ms >= 300
    assert netting.sent == []


def test_the_digest_and_a_snapshot_are_of_the_new_side(netting: Harness) -> None:
    first = netting.hold(0.3)
    second = turn(netting, 1, 0.5, sl=1.12)
    netting.wait_for(PositionClosed)
    netting.router.send(SnapshotRequest(why="a test"))
    netting.until(lambda: len(netting.router.of(Snapshot)) == 2)
    netting.advance(1_100)
    netting.settle()

    (position,) = netting.router.of(Snapshot)[-1].positions
    assert (position.position_id, position.ticket, position.side, position.stop_loss) == (first, second, Side.SELL, 1.12)
    assert netting.router.of(Heartbeat)[-1].digest == digest_of([position])


def test_a_position_that_had_turned_before_the_program_began_is_its_present_side(tmp_path: Path) -> None:
    with on_account(tmp_path, "netting", spec=SPEC, started=False) as life:
        first = life.broker.human_open("EURUSD", 0, 0.3)
        second = turn(life, 1, 0.5)
        life.start()
        life.settle()
        (position,) = life.router.of(Snapshot)[-1].positions
        assert (position.position_id, position.ticket, position.commission) == (first, second, near(-1.0))

        turn(life, 0, 0.6)
        closed = life.wait_for(PositionClosed)
        life.settle()

        assert (closed.ticket, closed.side, closed.volume) == (second, Side.SELL, near(0.2))
        assert closed.commission == near(-2.0)
        assert_told(life)


def test_more_of_the_same_side_is_a_change_of_volume_price_and_levels(life: Harness) -> None:
    ticket = life.hold(0.3)
    life.quote(bid=1.11)
    life.broker.human_open("EURUSD", 0, 0.1, sl=1.1)
    changed = life.wait_for(PositionChanged)
    life.settle()

    assert (changed.position.ticket, changed.position.volume) == (ticket, near(0.4))
    assert changed.position.price_open == near((0.3 * 1.1001 + 0.1 * 1.1101) / 0.4)
    assert changed.position.stop_loss == 1.1
    assert changed.position.commission == near(-2.0)
    assert_told(life)
    assert life.report(life.reduce(ticket)).volume == near(0.4)


def test_a_position_that_is_closed_and_opened_anew_is_another_one(life: Harness) -> None:
    first = life.hold(0.3)
    life.broker.human_open("EURUSD", 1, 0.3)
    second = life.broker.human_open("EURUSD", 1, 0.2)
    life.until(lambda: len(life.router.of(PositionOpened)) == 2)
    life.settle()

    assert life.router.of(PositionClosed)[0].position_id == first
    assert life.router.of(PositionOpened)[-1].position.position_id == second
    assert life.report(life.reduce(first)).why is Why.ALREADY
    assert_told(life)
