"""
Commands of a bridge that was killed: each is carried out once or decided anew, wherever the end came (R17, R19, R21).

The terminal executes what it is sent and keeps its answers, as the Expert Advisor does with its ledger.
"""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from tests.runtime.bench import Bench, acting, bench
from tests.runtime.lives import QUICK, life, new_life
from tests.runtime.market_side import MarketSide
from tests.session.made import position, tick
from tests.store.made import DAILY, Prompt, change, rows

from dtms.runtime.desk import Stop
from dtms.settings import Mode
from dtms.store.journal import Entry
from dtms.store.opening import open_store

UP = tick(1.1011)  # the stop is to go to break-even
ACTIONS = "SELECT command_id >> 24, outcome FROM actions ORDER BY id"


class Cut(Prompt):
    """Everything is written; that an intent is, the desk does not hear any more."""

    def append(self, entry: Entry) -> None:
        heard, self._acknowledge = self._acknowledge, lambda _: None
        super().append(entry)
        self._acknowledge = heard


class Lost(Prompt):
    """No intent is written any more."""

    def append(self, entry: Entry) -> None:
        del entry


@contextmanager
def cut(folder: Path, how: type[Prompt] = Cut) -> Iterator[Bench]:
    """A life that ends between the commit and the frame, or before the commit."""
    with closing(open_store(folder, DAILY)) as journal, bench(acting(desk=QUICK), how(journal)) as desk:
        yield desk


def terminal() -> MarketSide:
    return MarketSide(positions={1: position(1)})


def moved(side: MarketSide) -> bool:
    stop = side.positions[1].stop_loss
    return stop is not None and stop > 1.1


def test_13_a_decision_that_was_not_written_is_made_again_once(tmp_path: Path) -> None:
    side = terminal()
    with cut(tmp_path, Lost) as desk:
        desk.dial(side)
        side.quotes(desk.now, UP)
        desk.pump()
        assert len(desk.account.trader.commands) == 1
    assert side.commands == []
    with life(tmp_path, at=desk.now) as desk:
        desk.dial(side)
        side.quotes(desk.now, UP)
        desk.pump()
        desk.pass_time(2_000)
    assert moved(side)
    assert len(side.executed) == 1
    assert rows(tmp_path, ACTIONS) == [(2, "done")]


def test_14_a_command_that_was_written_and_not_sent_is_sent_after_the_restart_with_its_id(tmp_path: Path) -> None:
    side = terminal()
    with cut(tmp_path) as desk:
        desk.dial(side)
        side.quotes(desk.now, UP)
        desk.pump()
        assert side.commands == []
    (written,) = rows(tmp_path, "SELECT command_id, attempts FROM outbox")
    assert written[1] == 0
    with life(tmp_path, at=desk.now + 1_500) as desk:
        desk.dial(side)
        desk.pass_time(500)
        assert [command.command_id for command in side.commands] == [written[0]]
        assert side.commands[0].deadline_ms <= desk.now + side.clock_ahead + 1_500
    assert moved(side)
    assert len(side.executed) == 1
    assert rows(tmp_path, ACTIONS) == [(1, "done")]
    assert rows(tmp_path, "SELECT count(*) FROM outbox") == [(0,)]


def test_14_one_whose_time_is_up_is_not_sent_but_decided_anew(tmp_path: Path) -> None:
    side = terminal()
    with cut(tmp_path) as desk:
        desk.dial(side)
        side.quotes(desk.now, UP)
        desk.pump()
    with life(tmp_path, at=desk.now + 4_000) as desk:
        desk.dial(side)
        side.quotes(desk.now, UP)
        desk.pass_time(4_000)
        assert side.commands == []  # first it is to be known that the old one was not carried out
        desk.pass_time(4_000)
        side.quotes(desk.now, UP)
        desk.pass_time(1_000)
    assert moved(side)
    assert [command.command_id >> 24 for command in side.commands] == [2]
    assert rows(tmp_path, ACTIONS) == [(1, "expired"), (2, "done")]


@pytest.mark.parametrize("restarted", [False, True], ids=["same-life", "restarted-terminal"])
def test_15_a_command_that_was_sent_is_answered_when_its_id_comes_again(tmp_path: Path, restarted: bool) -> None:
    side = terminal()
    with life(tmp_path) as desk:
        desk.dial(side)
        side.quotes(desk.now, UP)
        side.answering = False
        desk.pump(lambda: len(side.commands) == 1)
    side.answering = True
    held = side.positions
    side.execute(side.commands[0], desk.now)  # carried out; nobody heard the answer
    assert rows(tmp_path, "SELECT attempts FROM outbox") == [(1,)]
    if restarted:
        new_life(side)
    side.positions = {1: position(1)} if not restarted else held  # once with, once without its effect in the snapshot
    with life(tmp_path, at=desk.now + 1_000) as desk:
        desk.dial(side)
        desk.pass_time(1_000)
        assert len(desk.account.trader.commands) == 0
    assert len(side.executed) == 1
    assert rows(tmp_path, ACTIONS) == [(1, "done")]
    assert rows(tmp_path, "SELECT count(*) FROM outbox") == [(0,)]


def test_16_an_answer_that_was_not_written_comes_again(tmp_path: Path) -> None:
    side = terminal()
    with life(tmp_path) as desk:
        desk.dial(side)
        side.quotes(desk.now, UP)
        desk.pump()
        desk.pass_time(500)
    change(tmp_path, "INSERT INTO outbox SELECT account, command_id, position_id, generation, 41, x'', 0, 3000, 1 FROM actions")
    kept = rows(tmp_path, "SELECT count(*) FROM outbox")
    assert kept == [(1,)]
    with life(tmp_path, at=desk.now + 500) as desk:  # a row that cannot be read is said, and costs nothing else
        desk.dial(side)
        desk.pass_time(1_000)
    assert len(side.executed) == 1


def test_an_expert_advisor_without_a_ledger_is_sent_nothing_again(tmp_path: Path) -> None:
    side = terminal()
    with life(tmp_path) as desk:
        desk.dial(side)
        side.quotes(desk.now, UP)
        side.answering = False
        desk.pump(lambda: len(side.commands) == 1)
    side.boot = 0
    side.answering = True
    with life(tmp_path, at=desk.now + 500) as desk:
        desk.dial(side)
        desk.pass_time(2_000)
        assert len(side.commands) == 1
        desk.pass_time(8_000)
        side.quotes(desk.now, UP)
        desk.pass_time(1_000)
    assert moved(side)
    assert rows(tmp_path, ACTIONS) == [(1, "expired"), (2, "done")]


def test_nor_is_one_that_has_not_seen_the_commands_epoch(tmp_path: Path) -> None:
    """Another terminal, with a folder of its own."""
    side = terminal()
    with life(tmp_path) as desk:
        desk.dial(side)
        side.quotes(desk.now, UP)
        side.answering = False
        desk.pump(lambda: len(side.commands) == 1)
    other = MarketSide(nonce=99, instance_id="chart-2", positions={1: position(1)})
    with life(tmp_path, at=desk.now + 500) as desk:
        desk.dial(other)
        desk.pass_time(2_000)
        assert other.commands == []


def test_observing_nothing_is_sent_again(tmp_path: Path) -> None:
    side = terminal()
    with cut(tmp_path) as desk:
        desk.dial(side)
        side.quotes(desk.now, UP)
        desk.pump()
    with life(tmp_path, acting(desk=QUICK, mode=Mode.OBSERVE), at=desk.now + 500) as desk:
        desk.dial(side)
        desk.pass_time(12_000)
    assert side.commands == []
    assert rows(tmp_path, "SELECT count(*) FROM outbox") == [(0,)]


def test_a_clock_that_was_turned_back_makes_nothing_young_again(tmp_path: Path) -> None:
    side = terminal()
    with cut(tmp_path) as desk:
        desk.dial(side)
        side.quotes(desk.now, UP)
        desk.now += 60_000
        side.beat(desk.now)
        side.quotes(desk.now, UP)
        desk.pump()
    change(tmp_path, "UPDATE outbox SET decided_at = decided_at + 3600000")
    with life(tmp_path, at=desk.now + 500) as desk:
        desk.dial(side)
        desk.pass_time(1_000)
        assert side.commands == []


def test_what_is_owed_by_a_command_that_no_row_knows_is_decided_anew(tmp_path: Path) -> None:
    side = terminal()
    with cut(tmp_path) as desk:
        desk.dial(side)
        side.quotes(desk.now, UP)
        desk.pump()
    change(tmp_path, "DELETE FROM outbox")
    with life(tmp_path, at=desk.now + 500) as desk:
        desk.dial(side)
        desk.pass_time(2_000)
        side.quotes(desk.now, UP)
        desk.pass_time(2_000)
    assert moved(side)
    assert [command.command_id >> 24 for command in side.commands] == [2]


def test_a_command_of_a_trade_that_is_no_more_is_closed(tmp_path: Path) -> None:
    side = terminal()
    with cut(tmp_path) as desk:
        desk.dial(side)
        side.quotes(desk.now, UP)
        desk.pump()
    change(tmp_path, "UPDATE trades SET status = 'ARCHIVED'")
    side.positions.clear()
    with life(tmp_path, at=desk.now + 500) as desk:
        desk.dial(side)
        desk.pass_time(1_000)
    assert rows(tmp_path, ACTIONS) == [(1, "expired")]
    assert rows(tmp_path, "SELECT count(*) FROM outbox") == [(0,)]


def test_a_bridge_that_took_leave_goes_on_in_the_same_way(tmp_path: Path) -> None:
    side = terminal()
    with life(tmp_path) as desk:
        desk.dial(side)
        side.quotes(desk.now, UP)
        desk.pump()
        desk.inbox.put(Stop())
        desk.pump()
    with life(tmp_path, at=desk.now + 500) as desk:
        desk.dial(side)
        side.quotes(desk.now, UP)
        desk.pass_time(1_000)
        assert desk.counter("trades.resumed") == 1
    assert len(side.executed) == 1
