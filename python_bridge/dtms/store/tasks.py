"""What the store's thread is given to do."""

from typing import NamedTuple

from dtms.store.journal import Acknowledge, Entry, Note


class Numbered(NamedTuple):
    """An entry or note and its number in the store's own order."""

    item: Entry | Note
    number: int


class Attach(NamedTuple):
    """Acknowledge to this function from here on."""

    acknowledge: Acknowledge


class Prove(NamedTuple):
    """See whether the store is still ours."""


class TakeEpoch(NamedTuple):
    """Take the account's next epoch, above what the terminal has seen."""

    account: str
    seen: int


class Prune(NamedTuple):
    """Delete scores that were taken before this time (ms since 1970)."""

    before: int


class Look(NamedTuple):
    """There may be evidence to be written."""


class End(NamedTuple):
    """Nothing comes behind this."""


Task = Numbered | Attach | Prove | TakeEpoch | Prune | Look | End


def grouped(batch: list[Task]) -> list[list[Numbered] | Task]:
    """Return the tasks in order, entries that follow each other together."""
    groups: list[list[Numbered] | Task] = []
    for task in batch:
        if not isinstance(task, Numbered):
            groups.append(task)
        elif groups and isinstance(last := groups[-1], list):
            last.append(task)
        else:
            groups.append([task])
    return groups
