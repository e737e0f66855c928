"""
A bridge that was killed goes on where it was: every row of the matrix, seen at the terminal and in the database's file.

The terminal lives on; each life of the bridge is a desk of its own on the same store.
"""

from pathlib import Path
from typing import Any

import pytest
from tests.runtime.bench import acting
from tests.runtime.defended import ALWAYS, BEGIN, FULL, Defended, bought
from tests.runtime.lives import back, deal, defended_life, life, new_life
from tests.runtime.market_side import MarketSide, Tape
from tests.session.made import position, spec, tick
from tests.store.made import ACCOUNT, change, rows

from dtms.defence_names import State
from dtms.names import Outcome, Side
from dtms.settings import AdoptSettings, Mode, Scope
from dtms.wire.messages import Position, ReducePosition

STANDING = "SELECT position_id, generation, status FROM trades ORDER BY 1, 2"


@pytest.fixture
def before(tmp_path: Path) -> Defended:
    """A bridge that brought a trade of 0.1 lots to HEDGED and was killed."""
    with life(tmp_path, acting(defence=FULL)) as desk:
        on = Defended(desk, MarketSide(specs={"EURUSD": spec(sessions=ALWAYS)}), Tape(BEGIN))
        on.begin(bought(volume=0.10))
        while on.record.state is not State.HEDGED:
            on.step()
    return on


def hedge(on: Defended) -> Position:
    return next(p for p in on.side.positions.values() if p.side is Side.SELL)


def closes(on: Defended, since: int) -> list[int]:
    return [c.ticket for c in on.side.commands[since:] if isinstance(c, ReducePosition) and c.leave_volume == 0]


def test_24_a_trade_that_is_as_it_was_goes_on_in_its_state_with_its_hedge_and_what_is_spent(
    tmp_path: Path, before: Defended
) -> None:
    was, legs, commands = before.record, before.trade.legs, len(before.side.commands)
    new_life(before.side)
    with defended_life(tmp_path, before) as on:
        back(on)
        now = on.record
        assert now.state is State.HEDGED
        assert (now.episode, now.spent, now.timer, now.risk) == (was.episode, was.spent, was.timer, was.risk)
        assert [leg.held.key for leg in on.trade.legs] == [leg.held.key for leg in legs]
        assert on.desk.counter("trades.resumed") == 1
        assert on.desk.counter("trades.adopted") == 0
        assert len(on.side.commands) == commands
    told = rows(tmp_path, "SELECT state_to FROM transitions ORDER BY ts")
    assert told == [("warning_l1",), ("warning_l2",), ("hedged",)]
    assert rows(tmp_path, STANDING) == [(1, 1, "ACTIVE")]


def test_bars_that_closed_while_the_bridge_was_away_run_its_timer_down(tmp_path: Path, before: Defended) -> None:
    left = before.record.bars_left
    assert left is not None
    for _ in range(2):
        before.side.up = False
        fast, slow = before.tape.next()
        before.side.history[("EURUSD", 5)] += fast
        before.side.history[("EURUSD", 15)].append(slow)
    with defended_life(tmp_path, before, after_ms=1_800_000) as on:
        back(on)
        on.step()
        assert on.record.bars_left == left - 3


def test_a_position_that_is_missing_and_whose_deal_is_told_ends_with_its_reason_and_result(tmp_path: Path) -> None:
    with life(tmp_path) as desk:
        side = MarketSide(positions={1: position(1), 2: position(2)})
        desk.dial(side)
    del side.positions[1]
    with life(tmp_path, at=desk.now) as desk:
        desk.dial(side)
        assert rows(tmp_path, STANDING) == [(1, 1, "ACTIVE"), (2, 1, "ACTIVE")]
        side.say(deal(1, 0.1), desk.now)
        desk.pump()
        assert rows(tmp_path, "SELECT status, closed_why FROM trades WHERE position_id = 1") == [("ARCHIVED", "stop_loss")]
        assert rows(tmp_path, "SELECT stops FROM rails") == [(1,)]
        desk.pass_time(10_000)
        assert side.snapshots == 2


def test_a_position_that_is_missing_without_a_word_is_in_doubt_for_two_more_snapshots(tmp_path: Path, before: Defended) -> None:
    commands, leg = len(before.side.commands), hedge(before)
    del before.side.positions[1]
    with defended_life(tmp_path, before) as on:
        back(on)
        suspect = "SELECT status, state, quality FROM trades WHERE position_id = 1"
        assert rows(tmp_path, suspect) == [("ACTIVE", "hedged", "suspect")]
        assert len(on.side.commands) == commands
        on.step()
        snapshots = on.side.snapshots
        on.pass_time(2_500)
        assert on.side.snapshots <= snapshots + 1
        on.pass_time(6_000)
        assert closes(on, commands) == [leg.ticket]
        assert on.side.positions == {}
    assert rows(tmp_path, "SELECT status, closed_why FROM trades WHERE position_id = 1") == [
        ("ARCHIVED", "missing from three complete snapshots, and no deal says why")
    ]


def test_while_a_position_is_in_doubt_nothing_is_commanded_for_it(tmp_path: Path) -> None:
    with life(tmp_path) as desk:
        side = MarketSide(positions={1: position(1)})
        desk.dial(side)
    held = side.positions.pop(1)
    with life(tmp_path, at=desk.now) as desk:
        desk.dial(side)
        side.quotes(desk.now, tick(1.1011))
        side.say(spec(), desk.now)
        desk.pass_time(1_000)
        assert side.commands == []
        side.opened(held, desk.now)
        side.quotes(desk.now, tick(1.1011))
        desk.pass_time(1_000)
        assert len(side.commands) == 1


def test_one_that_was_only_missing_for_a_moment_goes_on(tmp_path: Path, before: Defended) -> None:
    held, commands = before.side.positions.pop(1), len(before.side.commands)
    with defended_life(tmp_path, before) as on:
        back(on)
        on.side.opened(held, on.desk.now)
        on.desk.pump()
        on.pass_time(10_000)
        assert on.record.state is State.HEDGED
        on.step()
        assert on.record.quality.value == "good"
        assert len(on.side.commands) == commands
    assert rows(tmp_path, STANDING) == [(1, 1, "ACTIVE")]


def test_the_terminals_volume_and_stop_win_and_the_difference_is_in_the_journal(tmp_path: Path) -> None:
    with life(tmp_path) as desk:
        side = MarketSide(positions={1: position(1)})
        desk.dial(side)
    side.positions[1] = position(1, volume=0.04, stop_loss=1.08)
    with life(tmp_path, at=desk.now) as desk:
        desk.dial(side)
        desk.pass_time(2_000)
        trade = desk.account.book.of_position(1)
        assert trade is not None
        assert trade.risk == pytest.approx(0.001)
        assert trade.initial_volume == 0.1
        assert side.commands == []
        assert side.positions[1].stop_loss == 1.08
    assert rows(tmp_path, "SELECT volume, stop_loss, generation FROM trades") == [(0.04, 1.08, 1)]
    assert rows(tmp_path, "SELECT reason FROM transitions") == [
        ("RECOVERY: external partial: volume 0.1 -> 0.04; stop 1.099 -> 1.08 (looser; kept)",)
    ]


@pytest.mark.parametrize("other", [{"symbol": "GBPUSD"}, {"side": Side.SELL}], ids=["symbol", "side"])
def test_a_number_that_is_another_position_now_puts_the_record_away_and_registers_it_anew(
    tmp_path: Path, other: dict[str, Any]
) -> None:
    with life(tmp_path) as desk:
        side = MarketSide(positions={1: position(1)})
        desk.dial(side)
    side.positions[1] = position(1, **other)
    with life(tmp_path, at=desk.now) as desk:
        desk.dial(side)
        assert desk.counter("trades.quarantined") == 1
    told = rows(tmp_path, "SELECT generation, status, quarantine IS NOT NULL FROM trades ORDER BY 1")
    assert told == [(1, "ARCHIVED", 1), (2, "ACTIVE", 0)]


def test_a_position_that_no_record_knows_is_adopted_unless_the_user_has_released_it(tmp_path: Path) -> None:
    with life(tmp_path) as desk:
        side = MarketSide(positions={1: position(1)})
        desk.dial(side)
    change(
        tmp_path,
        "INSERT INTO registry (account, position_id, ticket, symbol, side, owner, strategy_type, watchers, breakeven_triggered, "
        "partial_taken, dtms_state, defensive, released, last_modified_by, last_modified_at, lock_holder, version, rules, plan_id) "
        "VALUES (?, 3, 3, 'EURUSD', 1, '', '', '[]', 0, 0, '', 0, 1, '', 0, '', 0, '{}', '')",
        ACCOUNT,
    )
    side.positions |= {2: position(2), 3: position(3)}
    with life(tmp_path, at=desk.now) as desk:
        desk.dial(side)
    assert rows(tmp_path, "SELECT position_id, managed FROM trades ORDER BY 1") == [(1, 1), (2, 1), (3, 0)]


def test_what_was_only_watched_is_not_touched_when_the_next_process_may_act(tmp_path: Path) -> None:
    """In observe mode everything is managed; acting, nothing is that the user has not named."""
    with life(tmp_path, acting(mode=Mode.OBSERVE, adopt=AdoptSettings(), defence=FULL)) as desk:
        on = Defended(desk, MarketSide(specs={"EURUSD": spec(sessions=ALWAYS)}), Tape(BEGIN))
        on.begin(bought(volume=0.10))
        on.step()
        assert on.record.state is State.WARNING_L2
    with defended_life(tmp_path, on, acting(adopt=AdoptSettings(scope=Scope.REGISTERED), defence=FULL)) as on:
        back(on)
        on.step()
        on.step()
        assert on.side.commands == []
    assert rows(tmp_path, "SELECT managed, state FROM trades") == [(0, None)]


def test_a_hedge_that_was_filled_after_the_end_is_the_trades_even_without_its_comment(tmp_path: Path) -> None:
    with life(tmp_path, acting(defence=FULL)) as desk:
        on = Defended(desk, MarketSide(specs={"EURUSD": spec(sessions=ALWAYS)}), Tape(BEGIN))
        on.begin(bought(volume=0.10))
        for _ in range(3):
            on.step()
        on.close_bar()
        on.side.answering = False
        on.pass_time(6_000)
        command = on.side.commands[-1]
    on.side.answering = True
    on.side.execute(command, on.desk.now)
    filled = hedge(on)
    on.side.positions[filled.position_id] = filled.model_copy(update={"comment": ""})
    commands = len(on.side.commands)
    with defended_life(tmp_path, on, after_ms=30_000) as after:
        back(after)
        assert after.record.state is State.HEDGED
        assert [leg.held.position.position_id for leg in after.trade.legs] == [filled.position_id]
        after.pass_time(10_000)
        assert len(after.side.commands) == commands
    assert rows(tmp_path, "SELECT count(*) FROM outbox") == [(0,)]
    assert rows(tmp_path, "SELECT outcome FROM actions WHERE type = 'OpenPosition'") == [("done",)]


def test_a_hedge_whose_position_is_gone_with_its_record_is_closed(tmp_path: Path, before: Defended) -> None:
    change(tmp_path, "UPDATE trades SET status = 'ARCHIVED'")
    leg, commands = hedge(before), len(before.side.commands)
    del before.side.positions[1]
    with defended_life(tmp_path, before) as on:
        back(on)
        assert closes(on, commands) == [leg.ticket]


def test_a_trade_whose_hedge_is_missing_ends(tmp_path: Path, before: Defended) -> None:
    commands = len(before.side.commands)
    del before.side.positions[hedge(before).position_id]
    with defended_life(tmp_path, before) as on:
        back(on)
        on.pass_time(2_000)
        assert closes(on, commands) == [1]
        assert on.side.positions == {}
    assert rows(tmp_path, "SELECT substr(reason, 1, 3) FROM transitions WHERE state_to = 'closing'") == [("T11",)]


def test_while_no_snapshot_is_whole_nothing_is_touched(tmp_path: Path, before: Defended) -> None:
    kept = rows(tmp_path, "SELECT * FROM trades")
    commands, real = len(before.side.commands), before.side.positions
    before.side.positions = {}

    class Failing(MarketSide):
        def snapshot(self, now: int, *, ok: bool = True, part_size: int = 500, count: int | None = None) -> None:
            del ok
            super().snapshot(now, ok=False, part_size=part_size, count=count)

    before.side.__class__ = Failing
    with defended_life(tmp_path, before) as on:
        back(on)
        on.pass_time(20_000)
        assert rows(tmp_path, "SELECT * FROM trades") == kept
        assert len(on.desk.account.book) == 0
        on.side.__class__ = MarketSide
        on.side.positions = real
        on.side.snapshot(on.desk.now)
        on.desk.pump()
        assert on.record.state is State.HEDGED
        assert len(on.side.commands) == commands


def test_r23_a_store_that_is_behind_the_terminal_gives_way_to_the_snapshot_and_keeps_new_risk_off(
    tmp_path: Path, before: Defended
) -> None:
    before.side.highest_epoch = 9
    commands = len(before.side.commands)
    with defended_life(tmp_path, before) as on:
        back(on)
        assert on.record.state is State.HEDGED  # by the hedge that is there, not by the record
        assert on.trade.key.generation == 2
        assert on.record.spent == ()
        assert "the store is older than the terminal" in on.desk.account.reign.risk_off(on.desk.now)
        assert len(on.side.commands) == commands
    assert rows(tmp_path, STANDING) == [(1, 1, "ARCHIVED"), (1, 2, "ACTIVE")]
    with defended_life(tmp_path, on) as again:  # what this process wrote is not older
        back(again)
        assert again.trade.key.generation == 2
        assert "the store is older than the terminal" in again.desk.account.reign.risk_off(again.desk.now)


def test_a_close_that_is_under_way_when_the_bridge_dies_is_seen_through(tmp_path: Path, before: Defended) -> None:
    before.side.failing = Outcome.RETRYABLE
    with defended_life(tmp_path, before) as on:
        back(on)
        on.side.closed(1, on.desk.now)
        on.desk.pump()
        assert on.record.state is State.CLOSING
    on.side.failing = None
    with defended_life(tmp_path, on, after_ms=20_000) as after:
        back(after)
        after.pass_time(10_000)
        assert after.side.positions == {}
    assert rows(tmp_path, STANDING) == [(1, 1, "ARCHIVED")]
