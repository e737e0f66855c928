"""
What the desk needs of a store: intents written before their frames leave, and the epoch of an account.

Nothing here waits. ``append`` and ``take_epoch`` return at once; what became of them is handed to the function given to
``attach``, from whatever thread the store writes in.
"""

import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, NamedTuple, Protocol

from dtms.engine.break_even import Finding
from dtms.engine.trade import Trade
from dtms.errors import StoreError
from dtms.store.epochs import EpochFile
from dtms.wire.base import EPOCH_MAX
from dtms.wire.messages import Command

KEPT_ENTRIES: Final = 10_000  # what the memory keeps for inspection
_CLOSE_S: Final = 1.0


@dataclass(frozen=True, slots=True)
class Entry:
    """
    One decision: the trade as it becomes, the command that follows, the figures behind it (R17).

    ``decided_utc`` is ms since 1970 and ``ttl_ms`` the command's time to live: after a restart only what is still in time is sent
    (R21).
    """

    token: int
    trade: Trade
    command: Command | None
    decided_utc: int
    ttl_ms: int
    finding: Finding


class Committed(NamedTuple):
    """The entry is safe."""

    token: int


class CommitFailed(NamedTuple):
    """The entry could not be written."""

    token: int
    reason: str


class EpochTaken(NamedTuple):
    """
    The account's epoch for this process (R23).

    ``store_older`` says that the terminal has seen a higher epoch than the store remembers: the store is old or was lost.
    """

    account: str
    epoch: int
    store_older: bool


class EpochFailed(NamedTuple):
    """The epoch could not be taken."""

    account: str
    reason: str


Acknowledgement = Committed | CommitFailed | EpochTaken | EpochFailed
Acknowledge = Callable[[Acknowledgement], None]


class Journal(Protocol):
    """The seam."""

    def attach(self, acknowledge: Acknowledge) -> None:
        """Take the function that acknowledgements go to; called once, before anything else."""

    def append(self, entry: Entry) -> None:
        """Write trade, intent and outbox row in one transaction; acknowledged by token."""

    def take_epoch(self, account: str, seen: int) -> None:
        """Take max(own, ``seen``) + 1 as the account's epoch, in a transaction."""

    def close(self) -> None:
        """Finish what is under way and let go of everything."""


class MemoryJournal:
    """
    A journal whose entries are forgotten with the process and acknowledged at once.

    Epochs are kept in ``epochs`` where it is given; then they are taken in a thread, because a disk may let one wait.
    """

    def __init__(self, epochs: EpochFile | None = None) -> None:
        self.entries: deque[Entry] = deque(maxlen=KEPT_ENTRIES)
        self._file = epochs
        self._taking: list[threading.Thread] = []
        self._epochs: dict[str, int] = {}
        self._acknowledge: Acknowledge = _nobody

    def attach(self, acknowledge: Acknowledge) -> None:
        """Take the function that acknowledgements go to."""
        self._acknowledge = acknowledge

    def append(self, entry: Entry) -> None:
        """Keep the entry."""
        self.entries.append(entry)
        self._acknowledge(Committed(entry.token))

    def take_epoch(self, account: str, seen: int) -> None:
        """Take the next epoch."""
        if self._file is not None:
            thread = threading.Thread(target=self._take_kept, args=(self._file, account, seen), name="dtms-epoch", daemon=True)
            self._taking = [taking for taking in self._taking if taking.is_alive()] + [thread]
            thread.start()
            return
        own = self._epochs.get(account, 0)
        epoch = max(own, seen) + 1
        if epoch > EPOCH_MAX:
            self._acknowledge(EpochFailed(account, f"no epoch is left above {epoch - 1}"))
            return
        self._epochs[account] = epoch
        self._acknowledge(EpochTaken(account, epoch, store_older=seen > own))

    def _take_kept(self, file: EpochFile, account: str, seen: int) -> None:
        try:
            epoch, before = file.take(account, seen, EPOCH_MAX)
        except StoreError as error:
            self._acknowledge(EpochFailed(account, str(error)))
        else:
            self._acknowledge(EpochTaken(account, epoch, store_older=seen > before))

    def close(self) -> None:
        """Wait a moment for the disk."""
        for thread in self._taking:
            thread.join(_CLOSE_S)


def _nobody(acknowledgement: Acknowledgement) -> None:
    """Before ``attach`` there is nobody to tell."""
