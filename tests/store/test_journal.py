"""The journal in memory: acknowledges what it keeps, gives each process of an account a higher epoch."""

from pathlib import Path
from queue import SimpleQueue

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.session.made import position

from dtms.engine.break_even import Finding, Verdict
from dtms.engine.trade import TradeKey, first_seen
from dtms.store.epochs import EpochFile
from dtms.store.files import replace_text
from dtms.store.journal import Acknowledgement, Committed, Entry, EpochFailed, EpochTaken, MemoryJournal


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


def kept(folder: Path) -> tuple[MemoryJournal, "SimpleQueue[Acknowledgement]"]:
    told: SimpleQueue[Acknowledgement] = SimpleQueue()
    journal = MemoryJournal(EpochFile(folder))
    journal.attach(told.put)
    return journal, told


def test_an_epoch_is_not_given_again_after_a_restart_though_the_terminal_forgot_it(tmp_path: Path) -> None:
    epochs = []
    for _ in range(3):
        journal, told = kept(tmp_path / "data")
        journal.take_epoch("1@Demo", 0)
        epochs.append(told.get(timeout=5))
        journal.close()

    assert epochs == [EpochTaken("1@Demo", n, store_older=False) for n in (1, 2, 3)]


def test_kept_epochs_are_each_accounts_own_and_above_what_the_terminal_has_seen(tmp_path: Path) -> None:
    journal, told = kept(tmp_path)
    journal.take_epoch("1@Demo", 41)
    first = told.get(timeout=5)
    journal.take_epoch("2@Demo", 0)
    second = told.get(timeout=5)
    journal, told = kept(tmp_path)
    journal.take_epoch("1@Demo", 42)

    assert first == EpochTaken("1@Demo", 42, store_older=True)
    assert second == EpochTaken("2@Demo", 1, store_older=False)
    assert told.get(timeout=5) == EpochTaken("1@Demo", 43, store_older=False)


@pytest.mark.parametrize("text", ["", "[]", '{"1@Demo": "x"}', "\0"], ids=repr)
def test_a_file_of_epochs_that_cannot_be_read_gives_none(tmp_path: Path, text: str) -> None:
    (tmp_path / "epochs.json").write_text(text)
    journal, told = kept(tmp_path)
    journal.take_epoch("1@Demo", 0)
    answer = told.get(timeout=5)

    assert isinstance(answer, EpochFailed)
    assert "epochs.json" in answer.reason


def test_a_disk_that_cannot_be_written_gives_no_epoch(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    journal, told = kept(tmp_path / "file")
    journal.take_epoch("1@Demo", 0)

    assert isinstance(told.get(timeout=5), EpochFailed)


@pytest.mark.parametrize("filed", [False, True], ids=["memory", "file"])
def test_when_no_epoch_is_left_none_is_given(tmp_path: Path, filed: bool) -> None:
    told: SimpleQueue[Acknowledgement] = SimpleQueue()
    journal = MemoryJournal(EpochFile(tmp_path) if filed else None)
    journal.attach(told.put)
    journal.take_epoch("1@Demo", 2**20 - 1)

    assert isinstance(told.get(timeout=5), EpochFailed)


def test_a_file_that_cannot_be_replaced_stays_and_nothing_is_left_beside_it(tmp_path: Path) -> None:
    target = tmp_path / "folder"
    (target / "inside").mkdir(parents=True)
    with pytest.raises(OSError, match="folder"):
        replace_text(target, "text")

    assert [path.name for path in tmp_path.iterdir()] == ["folder"]


def test_before_it_is_attached_it_tells_nobody() -> None:
    MemoryJournal().take_epoch("a", 0)
