"""The journal in memory: acknowledges what it keeps, gives each process of an account a higher epoch."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.session.made import position

from dtms.engine.break_even import Finding, Verdict
from dtms.engine.trade import TradeKey, first_seen
from dtms.store.files import replace_text
from dtms.store.journal import Acknowledgement, Committed, Entry, EpochFailed, EpochTaken, MemoryJournal, Note
from dtms.store.rows import Recovered


def attached() -> tuple[MemoryJournal, list[Acknowledgement]]:
    told: list[Acknowledgement] = []
    journal = MemoryJournal()
    journal.attach(told.append)
    return journal, told


def test_an_entry_is_acknowledged_by_its_token_once_it_is_kept() -> None:
    journal, told = attached()
    trade = first_seen(TradeKey("1@Demo", 1, 1), position(), managed=True)
    entry = Entry(7, trade, None, 0, 0, Finding(Verdict.NOT_YET))
    journal.append(entry)

    assert told == [Committed(7)]
    assert list(journal.entries) == [entry]


@given(st.lists(st.tuples(st.sampled_from("ab"), st.integers(0, 100)), max_size=30))
def test_an_epoch_is_above_its_predecessors_and_whatever_the_terminal_has_seen(takes: list[tuple[str, int]]) -> None:
    journal, told = attached()
    highest = {"a": 0, "b": 0}
    for account, seen in takes:
        journal.take_epoch(account, seen)
        taken = told[-1]
        assert isinstance(taken, EpochTaken)
        assert taken.epoch == max(highest[account], seen) + 1
        assert taken.store_older == (seen > highest[account])
        highest[account] = taken.epoch


def test_when_no_epoch_is_left_none_is_given() -> None:
    journal, told = attached()
    journal.take_epoch("1@Demo", 2**20 - 1)

    assert isinstance(told[-1], EpochFailed)


def test_a_file_that_cannot_be_replaced_stays_and_nothing_is_left_beside_it(tmp_path: Path) -> None:
    target = tmp_path / "folder"
    (target / "inside").mkdir(parents=True)
    with pytest.raises(OSError, match="folder"):
        replace_text(target, "text")

    assert [path.name for path in tmp_path.iterdir()] == ["folder"]


def test_facts_are_acknowledged_like_entries_and_nothing_is_remembered() -> None:
    journal, told = attached()
    note = Note(3)
    journal.keep(note)

    assert told == [Committed(3)]
    assert list(journal.notes) == [note]
    assert journal.load("1@Demo") == Recovered()


def test_before_it_is_attached_it_tells_nobody() -> None:
    MemoryJournal().take_epoch("a", 0)
