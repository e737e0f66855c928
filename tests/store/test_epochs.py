"""Epochs of accounts in the database (R23), and one process at a time."""

from contextlib import closing
from pathlib import Path

import pytest
from tests.store.made import ACCOUNT, DAILY, entry, opened, rows, trade

from dtms.errors import StartError, StoreLocked
from dtms.store.journal import Committed, EpochFailed, EpochTaken
from dtms.store.opening import open_store


def test_an_epoch_is_above_every_one_before_and_whatever_the_terminal_has_seen(tmp_path: Path) -> None:
    taken = []
    for seen in (0, 1, 2):
        with opened(tmp_path) as (journal, told):
            journal.take_epoch(ACCOUNT, seen)
            taken.append(told.next())

    assert [(one.epoch, one.store_older) for one in taken if isinstance(one, EpochTaken)] == [(1, False), (2, False), (3, False)]
    assert rows(tmp_path, "SELECT epoch FROM accounts") == [(3,)]


def test_r23_a_store_older_than_the_terminal_stays_in_doubt_over_restarts_until_it_is_accepted(tmp_path: Path) -> None:
    doubts = []
    for seen, accepted in ((41, False), (42, False), (43, True)):
        with closing(open_store(tmp_path, DAILY)) as journal:
            if accepted:
                assert journal.accept(None) == [ACCOUNT]
        with opened(tmp_path) as (journal, told):
            journal.take_epoch(ACCOUNT, seen)
            answer = told.next()
            assert isinstance(answer, EpochTaken)
            doubts.append((answer.epoch, answer.store_older))

    assert doubts == [(42, True), (43, True), (44, False)]


def test_the_epoch_comes_with_what_is_remembered(tmp_path: Path) -> None:
    with opened(tmp_path) as (journal, told):
        journal.append(entry(1))
        journal.take_epoch(ACCOUNT, 0)
        told.next()
        answer = told.next()

        assert isinstance(answer, EpochTaken)
        assert answer.recovered is not None
        assert answer.recovered.trades == (trade(),)


def test_when_no_epoch_is_left_none_is_given(tmp_path: Path) -> None:
    with opened(tmp_path) as (journal, told):
        journal.take_epoch(ACCOUNT, 2**20 - 1)

        assert isinstance(told.next(), EpochFailed)
        assert rows(tmp_path, "SELECT * FROM accounts") == []


def test_epochs_that_were_kept_in_a_file_are_taken_over_once(tmp_path: Path) -> None:
    (tmp_path / "epochs.json").write_text(f'{{"{ACCOUNT}": 7}}')
    with opened(tmp_path) as (journal, told):
        journal.take_epoch(ACCOUNT, 0)
        first = told.next()
    (tmp_path / "epochs.json").write_text(f'{{"{ACCOUNT}": 70}}')
    with opened(tmp_path) as (journal, told):
        journal.take_epoch(ACCOUNT, 0)
        second = told.next()

    assert [one.epoch for one in (first, second) if isinstance(one, EpochTaken)] == [8, 9]


@pytest.mark.parametrize("text", ["", "[]", '{"1@Demo": "x"}', "\0"], ids=repr)
def test_a_file_of_epochs_that_cannot_be_read_ends_the_start_with_a_sentence(tmp_path: Path, text: str) -> None:
    (tmp_path / "epochs.json").write_text(text)
    with pytest.raises(StartError, match=r"epochs\.json"):
        open_store(tmp_path, DAILY)


def test_a_second_opening_is_refused_and_names_the_holder_and_the_first_goes_on(tmp_path: Path) -> None:
    with opened(tmp_path) as (journal, told):
        with pytest.raises(StoreLocked) as refused:
            open_store(tmp_path, DAILY)
        journal.append(entry(1))

        assert told.next() == Committed(1)
        assert refused.value.holder is not None
    with opened(tmp_path):
        pass
