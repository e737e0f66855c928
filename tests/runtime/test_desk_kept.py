"""What the desk has written, as it stands in the database's file: trades as they are, intents, outcomes, ends."""

import contextlib
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from tests.runtime.bench import UTC, Bench, acting, bench
from tests.session.made import position, tick
from tests.session.terminal_side import TerminalSide
from tests.store.made import DAILY, Prompt, change, rows

from dtms.settings import DeskSettings
from dtms.store.journal import Quarantined
from dtms.store.opening import open_store
from dtms.store.sqlite import SqliteJournal
from dtms.wire.messages import Heartbeat, ModifyPosition


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[SqliteJournal]:
    with closing(open_store(tmp_path, DAILY)) as made:
        yield made


@pytest.fixture
def desk(journal: SqliteJournal) -> Iterator[Bench]:
    with bench(acting(desk=DeskSettings(check_ms=100)), journal) as made:
        yield made


@pytest.fixture
def side(desk: Bench) -> TerminalSide:
    terminal = TerminalSide(positions={1: position(1), 2: position(2)})
    desk.dial(terminal)
    return terminal


@pytest.fixture
def ask(tmp_path: Path, desk: Bench) -> Callable[[str, Any], None]:
    """Let the desk work until the file says so."""

    def until(sql: str, wanted: Any) -> None:
        desk.pump(lambda: rows(tmp_path, sql) == wanted)

    return until


Ask = Callable[[str, Any], None]


def test_a_trade_is_written_when_it_is_first_seen(side: TerminalSide, ask: Ask) -> None:
    ask("SELECT position_id, status, managed, risk IS NOT NULL FROM trades ORDER BY 1", [(1, "ACTIVE", 1, 1), (2, "ACTIVE", 1, 1)])


def test_a_move_is_written_as_intent_and_with_what_became_of_it(desk: Bench, side: TerminalSide, ask: Ask) -> None:
    side.closed(2, desk.now)
    side.quotes(desk.now, tick(1.1011))
    ask("SELECT outcome, success, reason FROM actions", [("done", 1, "move")])
    ask("SELECT count(*) FROM outbox", [(0,)])
    ask("SELECT round(stop_loss, 5) FROM trades WHERE position_id = 1", [(1.10001,)])

    assert len(side.executed) == 1


def test_a_stop_that_somebody_moves_is_written_and_a_floating_result_is_not(
    desk: Bench, side: TerminalSide, ask: Ask, tmp_path: Path
) -> None:
    ask("SELECT count(*) FROM trades", [(2,)])
    before = rows(tmp_path, "SELECT version FROM trades WHERE position_id = 2")
    side.changed(position(2, profit=12.5), desk.now)
    side.changed(position(1, stop_loss=1.0995), desk.now)
    ask("SELECT stop_loss FROM trades WHERE position_id = 1", [(1.0995,)])

    assert rows(tmp_path, "SELECT version FROM trades WHERE position_id = 2") == before


def test_a_trade_that_ends_is_archived_with_its_reason(desk: Bench, side: TerminalSide, ask: Ask) -> None:
    side.closed(2, desk.now)
    ask("SELECT position_id, status FROM trades ORDER BY 1", [(1, "ACTIVE"), (2, "ARCHIVED")])
    ask("SELECT closed_why IS NOT NULL, closed_at > 0 FROM trades WHERE position_id = 2", [(1, 1)])


def test_a_command_whose_trade_ends_before_it_leaves_does_not_stay_in_the_outbox(desk: Bench, side: TerminalSide, ask: Ask) -> None:
    side.quotes(desk.now, tick(1.1011))
    side.closed(1, desk.now)
    side.closed(2, desk.now)
    ask("SELECT count(*), count(outcome) FROM actions", [(2, 2)])
    ask("SELECT count(*) FROM outbox", [(0,)])


def test_59_a_store_that_was_replaced_under_the_desk_gets_every_trade_and_keeps_new_risk_off(
    desk: Bench, side: TerminalSide, ask: Ask, tmp_path: Path, journal: SqliteJournal
) -> None:
    ask("SELECT count(*) FROM trades", [(2,)])
    change(tmp_path, "DELETE FROM trades")
    journal.tell(Quarantined("aside", None, "a flipped bit"))
    ask("SELECT position_id, status FROM trades ORDER BY 1", [(1, "ACTIVE"), (2, "ACTIVE")])

    assert len(side.positions) == 2
    assert "the store is older than the terminal" in desk.account.reign.risk_off(desk.now)


def test_59_a_replaced_store_gets_the_commands_that_are_under_way_and_the_plans(
    desk: Bench, side: TerminalSide, ask: Ask, tmp_path: Path, journal: SqliteJournal
) -> None:
    side.answering = False
    side.quotes(desk.now, tick(1.1011))
    ask("SELECT count(*), min(attempts) FROM outbox", [(2, 1)])
    ask("SELECT count(*) FROM leases", [(2,)])
    before = rows(tmp_path, "SELECT command_id, decided_at, ttl_ms FROM outbox ORDER BY 1")
    for emptying in ("DELETE FROM trades", "DELETE FROM outbox", "DELETE FROM actions", "DELETE FROM leases"):
        change(tmp_path, emptying)
    journal.tell(Quarantined("aside", None, "a flipped bit"))
    ask("SELECT count(*), min(attempts) FROM outbox", [(2, 1)])
    ask("SELECT count(*) FROM leases", [(2,)])

    assert rows(tmp_path, "SELECT command_id, decided_at, ttl_ms FROM outbox ORDER BY 1") == before
    for command in side.commands:
        side.execute(command, desk.now)
    ask("SELECT outcome FROM actions ORDER BY command_id", [("done",), ("done",)])
    ask("SELECT count(*) FROM outbox", [(0,)])


def heard(side: TerminalSide) -> int:
    """How many heartbeats the terminal got."""
    return len([message for message in side.received if isinstance(message, Heartbeat)])


def test_62_a_disk_that_takes_500_ms_holds_a_command_back_and_no_heartbeat(
    desk: Bench, side: TerminalSide, ask: Ask, tmp_path: Path
) -> None:
    """Who holds the database stands for a slow fsync: the store's thread waits for both in the same place."""
    side.closed(2, desk.now)
    ask("SELECT count(*) FROM trades WHERE status = 'ARCHIVED'", [(1,)])
    with closing(sqlite3.connect(tmp_path / "dtms.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        side.quotes(desk.now, tick(1.1011))
        desk.pump()
        beats, longest = heard(side), 0.0
        until = time.monotonic() + 0.5
        while time.monotonic() < until:
            began = time.monotonic()
            desk.desk.step(desk.now, UTC + desk.now)
            longest = max(longest, time.monotonic() - began)
        desk.pass_time(1_100, step=1_100)
        assert heard(side) > beats
        assert (side.executed, len(desk.desk.outbox)) == ([], 1)
        other.execute("COMMIT")
    desk.pump(lambda: len(side.executed) == 1)

    assert longest < 0.25
    assert desk.desk.outbox.store_failed is None


def test_58_while_the_disk_is_full_what_protects_goes_out_new_risk_does_not_and_the_store_gets_everything_when_there_is_room(
    tmp_path: Path,
) -> None:
    store = DAILY.model_copy(update={"max_mib": 1})
    with closing(open_store(tmp_path, store)) as journal, bench(acting(desk=DeskSettings(check_ms=100)), Prompt(journal)) as desk:
        side = TerminalSide(positions={1: position(1)})
        desk.dial(side)
        with closing(sqlite3.connect(tmp_path / "dtms.db", isolation_level=None)) as other:
            fill(other)
            side.changed(position(1, comment="x" * 500), desk.now)
            for number in range(2, 30):
                side.opened(position(number, comment="x" * 500), desk.now)
            desk.pump(lambda: desk.desk.outbox.store_failed is not None)
            side.quotes(desk.now, tick(1.1011))
            desk.pass_time(300, step=100)
            assert 1 in [command.ticket for command in side.commands if isinstance(command, ModifyPosition)]
            assert desk.desk.outbox.owed > 0
            assert desk.desk.outbox.store_failed is not None
            other.execute("DROP TABLE ballast")
        desk.pass_time(5_000, step=500)

        left = desk.desk.outbox
        assert (left.store_failed or "", left.owed) == ("", 0)
    assert rows(tmp_path, "SELECT type, outcome FROM actions WHERE position_id = 1") == [("ModifyPosition", "done")]
    kept = rows(tmp_path, "SELECT count(*), sum(length(comment)), min(round(stop_loss, 5)) FROM trades")
    assert kept == [(29, 29 * 500, 1.10001)]


def fill(connection: sqlite3.Connection) -> None:
    """Leave no room in the file; the limit of pages stands for the disk: SQLite reports both in the same way."""
    connection.execute("PRAGMA max_page_count = 256")
    connection.execute("CREATE TABLE ballast (x)")
    for size in (3_000, 300, 3):
        with contextlib.suppress(sqlite3.OperationalError):
            while True:
                connection.execute("INSERT INTO ballast VALUES (zeroblob(?))", (size,))
