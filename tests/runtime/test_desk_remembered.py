"""What the store remembers of a defended trade and of the account's rails, as it stands in the database's file."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from tests.runtime.bench import acting
from tests.runtime.defended import FULL, Defended, bought, defended, figures
from tests.store.made import ACCOUNT, DAILY, Prompt, opened, rows

from dtms.defence_names import State
from dtms.names import OpenKind
from dtms.settings import Mode, Settings
from dtms.store.journal import MemoryJournal, Note
from dtms.store.opening import open_store
from dtms.store.rows import Answered, Rails


@contextmanager
def remembered(folder: Path, settings: Settings | None = None) -> Iterator[Defended]:
    """A defended trade on a store; what waits is written when it ends."""
    with closing(open_store(folder, DAILY)) as journal, defended(settings, Prompt(journal)) as on:
        yield on


def reach(on: Defended, state: State) -> None:
    while on.record.state is not state:
        on.step()


@pytest.fixture
def hedged(tmp_path: Path) -> Path:
    with remembered(tmp_path) as on:
        on.begin(bought(volume=0.10))
        reach(on, State.HEDGED)
    return tmp_path


def test_the_way_to_the_hedge_stands_in_transitions_with_its_rows_scores_and_how_far_it_got(hedged: Path) -> None:
    told = rows(hedged, "SELECT state_from, state_to, substr(reason, 1, 2), score < 0, status FROM transitions ORDER BY ts")

    assert told == [
        ("healthy", "warning_l1", "T3", 1, "DONE"),
        ("warning_l1", "warning_l2", "T4", 1, "DONE"),
        ("warning_l2", "hedged", "T7", 1, "DONE"),
    ]


def test_each_closed_bar_left_a_score_with_its_groups(hedged: Path) -> None:
    told = rows(hedged, "SELECT ts, json_extract(\"groups\", '$.structure') IS NOT NULL, coverage > 0 FROM scores ORDER BY ts")

    assert len(told) >= 3
    assert {row[1:] for row in told} == {(1, 1)}


def test_each_order_is_on_record_with_why_and_before_and_after(hedged: Path) -> None:
    told = rows(
        hedged,
        "SELECT type, substr(reason, 1, 2), state, score_before < 0, regime, json_extract(rails, '$.day_hit'), outcome, attempts, "
        "score_after < 0 FROM actions WHERE type != 'observed' ORDER BY id",
    )

    assert [row[:3] for row in told] == [
        ("ModifyPosition", "T3", "warning_l1"),
        ("ReducePosition", "T4", "warning_l1"),
        ("OpenPosition", "T7", "warning_l2"),
    ]
    assert {row[3:] for row in told} == {(1, "NORMAL", 0, "done", 1, 1)}


def test_a_hedge_stands_in_its_table_until_it_ends_and_after(tmp_path: Path) -> None:
    with remembered(tmp_path) as on:
        on.begin(bought(volume=0.10))
        reach(on, State.HEDGED)
        leg = on.trade.legs[0]
        ticket = leg.held.position.ticket
        on.desk.pump(lambda: bool(rows(tmp_path, "SELECT 1 FROM hedges WHERE closed_at IS NULL")))
        while on.trade.legs:
            on.step()
    assert leg.kind is OpenKind.HEDGE
    assert rows(tmp_path, "SELECT hedge_ticket, reason, closed_at > opened_at FROM hedges") == [(ticket, "T7", 1)]


def test_a_timer_runs_in_its_view_as_long_as_in_its_trade(tmp_path: Path) -> None:
    with remembered(tmp_path) as on:
        on.begin(bought(volume=0.10))
        reach(on, State.WARNING_L1)
        timer = on.record.timer
        assert timer is not None
        on.desk.pump(lambda: rows(tmp_path, "SELECT kind FROM timers") == [("warning_l1",)])
        assert rows(tmp_path, "SELECT start_bar, bars, symbol FROM timers") == [(*timer, "EURUSD")]
        on.side.closed(1, on.desk.now)
        on.desk.pump(lambda: rows(tmp_path, "SELECT * FROM timers") == [])


def test_the_next_process_reads_the_trade_as_this_one_had_it(tmp_path: Path) -> None:
    with remembered(tmp_path) as on:
        on.begin(bought(volume=0.10))
        reach(on, State.HEDGED)
        trade, record = on.trade, on.record
    with opened(tmp_path) as (journal, _):
        (found,) = journal.load(ACCOUNT).trades

    assert found.defence is not None
    assert (found.defence.state, found.defence.mark, found.defence.spent) == (State.HEDGED, record.mark, record.spent)
    assert found.legs == trade.legs
    assert (found.break_even, found.close, found.position.stop_loss) == (trade.break_even, trade.close, trade.position.stop_loss)


def test_what_became_of_a_command_is_written_with_what_it_made_of_the_trade() -> None:
    """In one transaction: a process that dies has both or none."""
    with defended() as on:
        on.begin(bought(volume=0.10))
        reach(on, State.WARNING_L1)
        journal = on.desk.journal
        assert isinstance(journal, MemoryJournal)
        told = [note for note in journal.notes if any(isinstance(row, Answered) for row in note.rows)]

    assert [len(note.trades) for note in told] == [1]
    assert told[0].trades[0].defence is not None
    assert told[0].trades[0].defence.duties == ()


def test_a_look_at_which_nothing_happens_is_not_written() -> None:
    with defended() as on:
        on.begin(bought(volume=0.10))
        journal = on.desk.journal
        assert isinstance(journal, MemoryJournal)
        on.pass_time(1_000)
        before = [note for note in journal.notes if note.trades]
        record = on.record
        on.desk.pass_time(120_000, step=2_000)

        assert on.record.fast_at != record.fast_at
        assert [note for note in journal.notes if note.trades] == before


def test_in_observe_mode_what_would_be_done_is_on_record_with_its_transition(tmp_path: Path) -> None:
    with remembered(tmp_path, acting(mode=Mode.OBSERVE, defence=FULL)) as on:
        on.begin(bought(volume=0.10))
        on.step()

    told = rows(tmp_path, "SELECT type, substr(reason, 1, 2) FROM actions ORDER BY id")
    assert told == [("observed", "T3"), ("observed", "T4"), ("observed", "T4")]
    assert rows(tmp_path, "SELECT state_to FROM transitions ORDER BY ts") == [("warning_l1",), ("warning_l2",)]


def test_57_a_restart_within_the_day_goes_on_with_the_base_of_the_day_and_the_stops_in_a_row(tmp_path: Path) -> None:
    """A day's loss is not forgotten by a restart, and the day's figures are on record."""
    with remembered(tmp_path) as on:
        on.begin(bought(volume=0.10))
        on.side.say(figures(equity=9_850.0), on.desk.now)
        on.side.closed(1, on.desk.now, profit=-150.0)
        on.desk.pump()
    with remembered(tmp_path) as on:
        on.begin(bought(2, volume=0.10))
        on.side.say(figures(balance=9_850.0, equity=9_790.0), on.desk.now)
        on.desk.pump()
        account = on.desk.account
        told = account.risk.figures(None, None, link_up=True, now=on.desk.now, utc=0)

    assert told.day_loss == pytest.approx(0.021)
    assert (told.day_hit, told.stops) == (True, 1)
    days = rows(tmp_path, "SELECT base_equity, realised, consecutive_stops, json_extract(rail_trips, '$.R-1') FROM account_days")
    assert days == [(10_000.0, -150.0, 1, 1)]


def test_the_rails_are_written_once_a_minute_not_with_every_sight_of_the_account() -> None:
    with defended() as on:
        on.begin(bought(volume=0.10))
        journal = on.desk.journal
        assert isinstance(journal, MemoryJournal)
        before = len(kept(journal))
        for at in range(20):
            on.side.say(figures(equity=9_990.0 - at), on.desk.now)
            on.desk.pass_time(1_000, step=1_000)

        assert len(kept(journal)) - before <= 2


def kept(journal: MemoryJournal) -> list[Note]:
    return [note for note in journal.notes if any(isinstance(row, Rails) for row in note.rows)]
