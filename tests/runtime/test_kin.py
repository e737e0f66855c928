"""Positions that DTMS opened belong to the trade that they are for: never watched themselves, never left behind."""

from typing import Any

import pytest
from tests.runtime.bench import acting
from tests.runtime.defended import CONFIRM_MS, FULL, Defended, bought, defended
from tests.session.made import position

from dtms.defence_names import State, Trigger
from dtms.engine.decide import Event
from dtms.engine.defence.events import DeepCheck
from dtms.engine.trade import TradeKey
from dtms.names import Changed, OpenKind, Outcome, Side, Why
from dtms.runtime.locks import Locks
from dtms.wire.messages import OpenPosition, Position, PositionChanged, ReducePosition
from dtms.wire.tag import tag

HEDGE_TAG = tag(OpenKind.HEDGE, (1 << 24) + 5)


def hedged(on: Defended) -> Position:
    """Bring the trade to HEDGED; the hedge."""
    on.begin(bought(volume=0.10))
    while on.record.state is not State.HEDGED:
        on.step()
    return next(p for p in on.side.positions.values() if p.side is Side.SELL)


def closes(on: Defended) -> list[int]:
    return [c.ticket for c in on.side.commands if isinstance(c, ReducePosition) and c.leave_volume == 0]


def test_a_hedge_is_no_trade_of_its_own() -> None:
    with defended() as on:
        hedge = hedged(on)

        assert [trade.key.position_id for trade in on.desk.account.book] == [1]
        assert on.desk.counter("trades.adopted") == 1
        assert [leg.held.position.position_id for leg in on.trade.legs] == [hedge.position_id]


def test_when_the_position_is_closed_by_its_stop_the_hedge_is_closed_at_once() -> None:
    with defended() as on:
        hedge = hedged(on)
        on.side.closed(1, on.desk.now)
        on.desk.pump()

        assert closes(on) == [hedge.ticket]
        assert on.side.positions == {}
        assert len(on.desk.account.book) == 0
        assert len(on.desk.account.trader.locks) == len(on.desk.account.trader.commands) == 0


def test_a_trade_is_kept_until_the_last_of_its_family_is_gone() -> None:
    with defended() as on:
        hedge = hedged(on)
        on.side.failing = Outcome.RETRYABLE
        on.side.closed(1, on.desk.now)
        on.desk.pump()
        on.pass_time(3_000)
        assert [trade.key.position_id for trade in on.desk.account.book] == [1]
        assert on.record.state is State.CLOSING

        on.side.failing = None
        on.pass_time(10_000)
        assert hedge.position_id not in on.side.positions
        assert len(on.desk.account.book) == 0


def test_when_the_hedge_is_lost_everything_is_closed() -> None:
    with defended() as on:
        hedge = hedged(on)
        on.side.closed(hedge.position_id, on.desk.now)
        on.desk.pump()

        assert closes(on) == [1]
        assert len(on.desk.account.book) == 0


def test_a_hedge_that_vanished_while_the_link_was_down_is_missed_in_the_next_snapshot() -> None:
    with defended() as on:
        hedge = hedged(on)
        wire = on.desk.wires[0]
        wire.cut()
        on.desk.pump()
        del on.side.positions[hedge.position_id]
        on.side.nonce += 1
        on.side.boot += 1
        on.side.seq_in = on.side.seq_out = 0
        on.desk.redial(wire)
        on.pass_time(2_000)

        assert closes(on) == [1]


def test_a_position_and_its_hedge_that_both_vanished_leave_nothing_behind() -> None:
    with defended() as on:
        hedged(on)
        wire = on.desk.wires[0]
        wire.cut()
        on.desk.pump()
        on.side.positions.clear()
        on.side.nonce += 1
        on.side.boot += 1
        on.side.seq_in = on.side.seq_out = 0
        on.desk.redial(wire)

        assert len(on.desk.account.book) == 0
        assert closes(on) == []


@pytest.mark.parametrize("marked", [{"magic": HEDGE_TAG}, {"comment": "DTMS_HEDGE_5"}], ids=["by-tag", "by-comment"])
def test_a_hedge_whose_trade_is_no_more_is_closed(marked: dict[str, Any]) -> None:
    with defended() as on:
        on.begin(bought())
        orphan = position(77, side=Side.SELL, **marked)
        on.side.opened(orphan, on.desk.now)
        on.desk.pump()

        assert closes(on) == [77]
        assert list(on.side.positions) == [1]
        assert on.desk.counter("trades.adopted") == 1


def test_an_orphan_that_the_broker_does_not_let_go_is_tried_again() -> None:
    with defended() as on:
        on.begin(bought())
        on.side.failing = Outcome.RETRYABLE
        on.side.opened(position(77, side=Side.SELL, magic=HEDGE_TAG), on.desk.now)
        on.desk.pump()
        on.side.failing = None
        on.pass_time(3_000)

        assert list(on.side.positions) == [1]


def test_after_a_restart_the_hedge_is_found_and_the_trade_is_hedged_as_it_was() -> None:
    with defended() as on:
        hedge = position(901, side=Side.SELL, volume=0.05, magic=HEDGE_TAG, comment="DTMS_HEDGE_1", stop_loss=1.2)
        on.begin(hedge, bought(volume=0.05))

        assert [trade.key.position_id for trade in on.desk.account.book] == [1]
        assert [leg.held.position.position_id for leg in on.trade.legs] == [901]
        assert on.record.state is State.HEDGED
        on.step()
        assert on.record.state is State.HEDGED
        assert on.side.commands == []

        on.side.closed(1, on.desk.now)
        on.desk.pump()
        assert closes(on) == [901]


def test_hands_off_keeps_what_is_owed_until_it_is_taken_back() -> None:
    with defended() as on:
        hedged(on)
        on.side.hands(on.desk.now, off=True)
        on.desk.pump()
        on.side.closed(901, on.desk.now)
        on.desk.pump()
        on.pass_time(5_000)
        assert closes(on) == []
        assert on.record.state is State.CLOSING
        assert on.desk.counter("trades.closes_denied") == 0

        on.side.hands(on.desk.now, off=False)
        on.desk.pump()
        on.pass_time(2_000)
        assert closes(on) == [1]


def test_the_answer_about_a_leg_is_believed_and_that_about_a_stranger_is_not() -> None:
    with defended() as on:
        hedged(on)
        assert on.desk.counter("commands.stray") == 0
        on.side.answering = False
        on.side.closed(1, on.desk.now)
        on.desk.pump()
        command = on.side.commands[-1]
        assert isinstance(command, ReducePosition)
        stranger = position(4711, side=Side.SELL)
        on.side.say(on.side.report(command, Outcome.DONE, Why.NONE, stranger), on.desk.now)
        on.desk.pump()

        assert on.desk.counter("commands.stray") == 1
        assert on.record.state is State.CLOSING


def test_an_opening_that_is_refused_three_times_ends_the_trade() -> None:
    with defended(acting(defence=FULL)) as on:
        on.begin(bought(volume=0.10))
        for _ in range(3):
            on.step()
        on.close_bar()
        on.side.failing = Outcome.REJECTED
        on.pass_time(CONFIRM_MS + 12_000)
        on.side.failing = None
        on.pass_time(10_000)

        assert sum(isinstance(c, OpenPosition) for c in on.side.commands) == 3
        assert on.side.positions == {}
        assert len(on.desk.account.book) == 0


def test_an_orphan_is_closed_once_hands_off_is_taken_back() -> None:
    with defended() as on:
        on.begin(bought())
        on.side.hands(on.desk.now, off=True)
        on.side.opened(position(77, side=Side.SELL, magic=HEDGE_TAG), on.desk.now)
        on.desk.pump()
        on.side.hands(on.desk.now, off=False)
        on.side.snapshot(on.desk.now)
        on.desk.pump()
        on.pass_time(2_000)

        assert closes(on) == [77]


def test_an_opening_under_way_keeps_a_trade_whose_position_is_gone_until_its_outcome() -> None:
    with defended() as on:
        on.begin(bought(volume=0.10))
        for _ in range(3):
            on.step()
        on.close_bar()
        on.side.answering = False
        on.pass_time(CONFIRM_MS + 1_000)
        command = on.side.commands[-1]
        assert isinstance(command, OpenPosition)
        on.side.closed(1, on.desk.now)
        on.desk.pump()
        assert len(on.desk.account.book) == 1

        on.side.execute(command, on.desk.now, Outcome.REJECTED)
        on.desk.pump()
        assert len(on.desk.account.book) == 0


def test_what_happens_to_main_and_leg_during_a_command_is_kept_for_both() -> None:
    locks, key = Locks(), TradeKey("1@demo", 1, 1)
    main, leg = bought(), position(901, side=Side.SELL, magic=HEDGE_TAG)
    assert locks.take(key, 7, 0, "open_hedge")
    told = [
        PositionChanged(ts_event=0, position=held, changed=Changed(0), by_command=0)
        for held in (main, leg, main.model_copy(update={"volume": 0.05}))
    ]
    events: list[Event] = [*told, DeepCheck(Trigger.SCHEDULED), DeepCheck(Trigger.EMERGENCY)]
    assert all(locks.queue(key, event) for event in events)

    assert locks.free(key, 7) == events[1:]
