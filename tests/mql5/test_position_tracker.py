"""
What the account holds, as the Expert Advisor tells it: snapshots, events, deals, digest (R13, R14, R15).
"""

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from tests.mql5.digests import digest_of
from tests.mql5.support import Harness, running

from dtms.names import Changed, DealEntry, DealType, Reason, Side
from dtms.sim.behaviour import Effect
from dtms.sim.derive import derive_spec
from dtms.sim.mt5 import Reason as SimReason
from dtms.sim.records import Record
from dtms.sim.terminal import SimTerminal
from dtms.wire.messages import (
    Account,
    Deal,
    Heartbeat,
    PositionChanged,
    PositionClosed,
    PositionOpened,
    Snapshot,
    SnapshotRequest,
    SymbolSpec,
)


@pytest.fixture
def life(tmp_path: Path) -> Iterator[Harness]:
    with running(tmp_path) as harness:
        yield harness


def test_a_fresh_session_is_told_account_specifications_and_positions_in_this_order(tmp_path: Path) -> None:
    specs = [derive_spec("EURUSD"), derive_spec("GBPUSD", commission=3.0)]
    with Harness(tmp_path, specs=specs) as life:
        ticket = life.broker.human_open("GBPUSD", 1, 0.25, sl=1.3, tp=1.2, magic=77, comment="mine")
        life.start()
        life.settle()

        kinds = [type(frame.body) for frame in life.router.frames if frame.seq]
        assert kinds[:3] == [Account, SymbolSpec, Snapshot]
        assert life.router.of(SymbolSpec)[0].symbol == "GBPUSD"
        (snapshot,) = life.router.of(Snapshot)
        (position,) = snapshot.positions
        assert (snapshot.part, snapshot.parts, snapshot.ok, snapshot.count) == (1, 1, True, 1)
        assert (position.ticket, position.position_id, position.symbol) == (ticket, ticket, "GBPUSD")
        assert (position.side, position.volume, position.stop_loss, position.take_profit) == (Side.SELL, 0.25, 1.3, 1.2)
        assert (position.magic, position.comment, position.reason) == (77, "mine", Reason.CLIENT)
        assert position.commission == pytest.approx(-0.75)
        assert life.router.of(PositionOpened) == []


def test_more_than_500_positions_come_in_parts(tmp_path: Path) -> None:
    with Harness(tmp_path, deposit=1e9) as life:
        tickets = [life.broker.human_open("EURUSD", i % 2, 0.01, sl=0.0) for i in range(1_234)]
        life.start()
        life.until(lambda: len(life.router.of(Snapshot)) == 3)
        life.settle()

        parts = life.router.of(Snapshot)
        assert [(s.part, s.parts, s.count, len(s.positions)) for s in parts] == [
            (1, 3, 1_234, 500),
            (2, 3, 1_234, 500),
            (3, 3, 1_234, 234),
        ]
        assert len({s.snapshot_id for s in parts}) == 1
        told = [p for s in parts for p in s.positions]
        assert sorted(p.ticket for p in told) == tickets
        assert life.router.of(Heartbeat)[-1].digest == digest_of(told)


def test_a_requested_snapshot_has_a_number_of_its_own(life: Harness) -> None:
    life.broker.human_open("EURUSD", 0, 0.1)
    life.until(lambda: life.router.of(PositionOpened))

    life.router.send(SnapshotRequest(why="a test"))
    life.until(lambda: len(life.router.of(Snapshot)) == 2)

    first, second = life.router.of(Snapshot)
    assert second.snapshot_id > first.snapshot_id
    assert [p.ticket for p in second.positions] == [life.router.of(PositionOpened)[0].position.ticket]


def test_without_a_broker_a_snapshot_is_unknown_and_another_follows(life: Harness) -> None:
    life.broker.human_open("EURUSD", 0, 0.1)
    life.until(lambda: life.router.of(PositionOpened))
    life.broker.disconnect()
    life.settle()

    life.router.send(SnapshotRequest(why="a test"))
    unknown = life.wait_for(Snapshot, lambda s: not s.ok)
    life.settle()
    life.advance(1_000)
    assert (unknown.part, unknown.parts, unknown.positions) == (1, 1, [])
    assert life.router.of(Heartbeat)[-1].digest is None
    assert len(life.router.of(Snapshot)) == 2

    life.broker.connect()
    life.until(lambda: len(life.router.of(Snapshot)) == 3)
    assert life.router.of(Snapshot)[-1].ok
    assert life.router.of(Snapshot)[-1].count == 1
    life.advance(1_100)
    life.settle()
    assert life.router.of(Heartbeat)[-1].digest == digest_of(life.router.of(Snapshot)[-1].positions)


def test_nothing_is_closed_while_the_broker_is_away(life: Harness) -> None:
    ticket = life.broker.human_open("EURUSD", 0, 0.1)
    life.until(lambda: life.router.of(PositionOpened))
    life.broker.disconnect()
    life.broker.human_close(ticket)
    life.advance(5_000)
    assert life.router.of(PositionClosed) == []

    life.broker.connect()
    closed = life.wait_for(PositionClosed)
    assert (closed.ticket, closed.volume) == (ticket, 0.1)


def test_a_position_that_a_human_opens_is_told(life: Harness) -> None:
    ticket = life.broker.human_open("EURUSD", 0, 0.3, sl=1.09, comment="by hand", reason=SimReason.MOBILE)

    position = life.wait_for(PositionOpened).position

    assert (position.ticket, position.volume, position.stop_loss, position.take_profit) == (ticket, 0.3, 1.09, None)
    assert (position.comment, position.reason) == ("by hand", Reason.MOBILE)


def test_other_levels_are_a_change_of_these_levels(life: Harness) -> None:
    ticket = life.broker.human_open("EURUSD", 0, 0.3, sl=1.09)
    life.until(lambda: life.router.of(PositionOpened))
    life.broker.human_modify(ticket, sl=1.095)
    life.until(lambda: len(life.router.of(PositionChanged)) == 1)
    life.broker.human_modify(ticket, tp=1.2)
    life.until(lambda: len(life.router.of(PositionChanged)) == 2)
    life.broker.human_modify(ticket, sl=0.0)
    life.until(lambda: len(life.router.of(PositionChanged)) == 3)

    told = [(c.changed, c.position.stop_loss, c.position.take_profit, c.by_command) for c in life.router.of(PositionChanged)]
    assert told == [
        (Changed.STOP_LOSS, 1.095, None, 0),
        (Changed.TAKE_PROFIT, 1.095, 1.2, 0),
        (Changed.STOP_LOSS, None, 1.2, 0),
    ]


def test_a_partial_close_is_a_change_of_volume_and_the_rest_a_close(tmp_path: Path) -> None:
    with running(tmp_path, specs=[derive_spec("EURUSD", commission=5.0)]) as life:
        ticket = life.broker.human_open("EURUSD", 0, 0.3)
        life.until(lambda: life.router.of(PositionOpened))
        life.quote(bid=1.101)
        life.broker.human_close(ticket, 0.1)
        changed = life.wait_for(PositionChanged)
        life.quote(bid=1.102)
        life.broker.human_close(ticket)
        closed = life.wait_for(PositionClosed)

        assert changed.changed & Changed.VOLUME
        assert changed.position.volume == pytest.approx(0.2)
        assert life.router.of(PositionOpened)[0].position.commission == pytest.approx(-1.5)
        assert changed.position.commission == pytest.approx(-1.0)  # the part that was closed took its share along
        assert closed.volume == pytest.approx(0.2)
        assert (closed.price_close, closed.reason) == (1.102, Reason.CLIENT)
        assert closed.profit == pytest.approx(0.1 * 1e5 * (1.101 - 1.1001) + 0.2 * 1e5 * (1.102 - 1.1001))
        assert closed.commission == pytest.approx(-3.0)
        life.settle()
        assert closed.deal == life.router.of(Deal)[-1].deal


@pytest.mark.parametrize(
    ("bid", "reason"),
    [(1.08, Reason.STOP_LOSS), (1.13, Reason.TAKE_PROFIT)],
)
def test_a_level_that_is_hit_is_the_reason_of_the_close(life: Harness, bid: float, reason: Reason) -> None:
    ticket = life.broker.human_open("EURUSD", 0, 0.3, sl=1.09, tp=1.12)
    life.until(lambda: life.router.of(PositionOpened))

    life.quote(bid=bid)
    closed = life.wait_for(PositionClosed)

    assert (closed.ticket, closed.reason, closed.by_command, closed.side) == (ticket, reason, 0, Side.BUY)


def test_a_stop_out_is_the_reason_of_the_close(tmp_path: Path) -> None:
    with running(tmp_path, deposit=1_000.0) as life:
        life.broker.human_open("EURUSD", 0, 0.5)
        life.until(lambda: life.router.of(PositionOpened))
        life.quote(bid=1.085)

        assert life.wait_for(PositionClosed).reason is Reason.STOP_OUT


def test_another_ticket_is_a_change_and_no_close(life: Harness) -> None:
    ticket = life.broker.human_open("EURUSD", 0, 0.3)
    life.until(lambda: life.router.of(PositionOpened))

    renamed = life.broker.change_ticket(ticket)
    changed = life.wait_for(PositionChanged)
    life.advance(2_000)

    assert changed.changed == Changed.TICKET
    assert (changed.position.position_id, changed.position.ticket) == (ticket, renamed)
    assert life.router.of(PositionClosed) == []
    life.broker.human_close(renamed)
    assert life.wait_for(PositionClosed).position_id == ticket


def test_swap_is_a_change_of_costs_and_profit_is_none(life: Harness) -> None:
    ticket = life.broker.human_open("EURUSD", 0, 0.3)
    life.until(lambda: life.router.of(PositionOpened))
    for bid in (1.1002, 1.1003, 1.2):
        life.quote(bid=bid)
        life.advance(500)
    assert life.router.of(PositionChanged) == []

    life.now += 24 * 3_600_000
    life.program.set_clock_ms(life.now)
    life.router.beat()
    life.quote(bid=1.2)
    changed = life.wait_for(PositionChanged)

    assert changed.changed == Changed.COSTS
    assert changed.position.ticket == ticket
    assert changed.position.swap != 0.0


def test_positions_that_open_and_close_between_two_looks_leave_their_deals(life: Harness) -> None:
    life.settle()
    before = len(life.router.of(Deal))
    ticket = life.broker.human_open("EURUSD", 0, 0.3)
    life.broker.human_close(ticket)
    life.settle()

    assert life.router.of(PositionOpened) == []
    deals = life.router.of(Deal)[before:]
    assert [(d.position_id, d.entry, d.deal_type) for d in deals] == [
        (ticket, DealEntry.IN, DealType.BUY),
        (ticket, DealEntry.OUT, DealType.SELL),
    ]


def test_a_position_in_neither_list_for_an_instant_is_not_closed(life: Harness) -> None:
    ticket = life.broker.human_open("EURUSD", 0, 0.3)
    life.until(lambda: life.router.of(PositionOpened))
    cache = life.terminal._cache.standing.holdings.positions  # what no broker does at will
    hidden = cache.pop(ticket)
    life.advance(500)
    cache[ticket] = hidden
    life.advance(3_000)
    life.settle()

    assert life.router.of(PositionClosed) == []


def test_a_position_that_stays_away_without_a_deal_is_closed_after_the_debounce(life: Harness) -> None:
    life.advance(6_000)
    ticket = life.broker.human_open("EURUSD", 0, 0.3)
    life.until(lambda: life.router.of(PositionOpened))
    del life.terminal._cache.standing.holdings.positions[ticket]  # what no broker does at will
    gone = life.now
    closed = life.wait_for(PositionClosed)

    assert life.now - gone >= 1_000
    assert (closed.ticket, closed.volume, closed.price_close, closed.deal) == (ticket, 0.0, 0.0, 0)


def test_news_that_come_late_and_without_transactions_are_found_by_looking(life: Harness) -> None:
    life.broker.unasked = Effect(late_ms=700, lose_transactions=True)
    ticket = life.broker.human_open("EURUSD", 0, 0.3, sl=1.09)
    life.wait_for(PositionOpened)
    life.broker.human_modify(ticket, sl=1.095)
    life.wait_for(PositionChanged)
    life.broker.human_close(ticket)

    assert life.wait_for(PositionClosed).volume == 0.3


class OutOfStep(SimTerminal):
    """A terminal that hears of a deal and of the position's new volume at different times."""

    hides_closing_deals = False
    shows_volume: float | None = None

    def history_of_position(self, position_id: int) -> tuple[Sequence[int], Sequence[int]]:
        orders, deals = super().history_of_position(position_id)
        return (orders[:1], deals[:1]) if self.hides_closing_deals else (orders, deals)

    def position(self, ticket: int) -> Record | None:
        record = super().position(ticket)
        return {**record, "POSITION_VOLUME": self.shows_volume} if record is not None and self.shows_volume is not None else record


def test_a_deal_that_comes_after_the_volume_it_made_is_not_counted_again_at_the_close(tmp_path: Path) -> None:
    with running(tmp_path, terminal_type=OutOfStep) as life:
        ticket = life.hold(0.3)
        life.terminal.hides_closing_deals = True  # type: ignore[attr-defined]
        life.broker.human_close(ticket, 0.1)
        life.wait_for(PositionChanged)
        life.advance(500)
        life.terminal.hides_closing_deals = False  # type: ignore[attr-defined]
        life.advance(1_000)
        life.broker.human_close(ticket)

        assert life.wait_for(PositionClosed).volume == pytest.approx(0.2)


def test_a_deal_that_comes_before_the_volume_it_made_is_still_known_to_be_of_a_command(tmp_path: Path) -> None:
    with running(tmp_path, terminal_type=OutOfStep) as life:
        ticket = life.hold(0.3)
        life.terminal.shows_volume = 0.3  # type: ignore[attr-defined]
        command_id = life.reduce(ticket, 0.1)
        life.advance(1_000)
        assert life.router.of(PositionChanged) == []
        life.terminal.shows_volume = None  # type: ignore[attr-defined]

        assert life.wait_for(PositionChanged).by_command == command_id


def test_a_thousand_positions_that_close_at_once_are_each_told_once(tmp_path: Path) -> None:
    with Harness(tmp_path, deposit=1e9) as life:
        tickets = [life.broker.human_open("EURUSD", 0, 0.01, sl=1.05) for _ in range(1_000)]
        life.start()
        life.quote(bid=1.04)
        life.until(lambda: len(life.router.of(PositionClosed)) >= len(tickets))
        life.settle()

        assert sorted(c.ticket for c in life.router.of(PositionClosed)) == tickets
        assert all(c.reason is Reason.STOP_LOSS for c in life.router.of(PositionClosed))
        assert life.router.of(Heartbeat)[-1].digest == digest_of([])
