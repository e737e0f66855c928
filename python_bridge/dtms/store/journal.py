"""
What the desk needs of a store: intents written before their frames leave, facts beside them, and the epoch of an account.

Nothing here waits. ``append``, ``keep`` and ``take_epoch`` return at once; what became of them is handed to the function given to
``attach``, from whatever thread the store writes in. A store that has too much to write refuses with ``StoreBusy``.
"""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, NamedTuple, Protocol

from dtms.engine.break_even import Finding
from dtms.engine.defence.proof import Proof
from dtms.engine.trade import Trade
from dtms.store.evidence import Evidence
from dtms.store.rows import Recovered, Row
from dtms.store.troubles import Trouble
from dtms.wire.base import EPOCH_MAX
from dtms.wire.messages import Command

KEPT_ENTRIES: Final = 10_000  # what the memory keeps for inspection


@dataclass(frozen=True, slots=True)
class Entry:
    """
    One decision: the trade as it becomes, the command that follows, what is behind it (R17), and what else goes with it.

    ``decided_utc`` is ms since 1970 and ``ttl_ms`` the command's time to live: after a restart only what is still in time is sent
    (R21). ``token`` rises from one entry or note to the next: a trade never goes back to an earlier one's value.
    """

    token: int
    trade: Trade
    command: Command | None
    decided_utc: int
    ttl_ms: int
    finding: Finding
    rows: tuple[Row, ...] = ()
    proof: Proof | None = None


@dataclass(frozen=True, slots=True)
class Note:
    """What changed without a decision: trades as they are now, and rows; written in one transaction."""

    token: int
    trades: tuple[Trade, ...] = ()
    rows: tuple[Row, ...] = ()


class Committed(NamedTuple):
    """The entry or note is safe."""

    token: int


class CommitFailed(NamedTuple):
    """The entry or note could not be written."""

    token: int
    reason: str
    trouble: Trouble = Trouble.OTHER


class EpochTaken(NamedTuple):
    """
    The account's epoch for this process (R23).

    ``store_older`` says that the terminal has seen a higher epoch than the store remembers, now or before: the store is old or was
    lost, and nobody has accepted that; ``behind`` that it does so now, so that what is remembered is from before that epoch.
    ``recovered`` is what the store remembers, None where it remembers nothing by design.
    """

    account: str
    epoch: int
    store_older: bool
    recovered: Recovered | None = None
    behind: bool = False


class EpochFailed(NamedTuple):
    """The epoch could not be taken."""

    account: str
    reason: str


class Quarantined(NamedTuple):
    """
    The store was damaged and is another now: no new risk until the user accepts it.

    ``aside`` is where the damaged one lies, ``restored`` the copy that took its place, None: an empty one did.
    """

    aside: str
    restored: str | None
    reason: str


class BackupMade(NamedTuple):
    """A copy of the store was made and looked over."""

    path: str


class BackupFailed(NamedTuple):
    """No copy could be made, or what was copied is damaged."""

    reason: str
    trouble: Trouble = Trouble.OTHER


class EvidenceLost(NamedTuple):
    """So much of what ``dtms explain`` reads was not written."""

    lines: int
    reason: str


class Proved(NamedTuple):
    """The store was still this process's own when it was asked."""


class Deposed(NamedTuple):
    """Another process, ``holder`` where it is known, has taken the store over: this one may do nothing any more."""

    holder: int | None


Acknowledgement = (
    Committed | CommitFailed | EpochTaken | EpochFailed | Quarantined | BackupMade | BackupFailed | EvidenceLost | Proved | Deposed
)
Acknowledge = Callable[[Acknowledgement], None]


class Journal(Protocol):
    """The seam."""

    def attach(self, acknowledge: Acknowledge) -> None:
        """Take the function that acknowledgements go to, of what is put from here on; called once by each desk, first of all."""

    def append(self, entry: Entry) -> None:
        """Write trade, intent and outbox row in one transaction; acknowledged by token."""

    def keep(self, note: Note) -> None:
        """Write facts in one transaction; acknowledged by token."""

    def record(self, evidence: Evidence) -> None:
        """Write evidence when nothing else is to be written; not acknowledged, what is lost is told."""

    def take_epoch(self, account: str, seen: int) -> None:
        """Take max(own, ``seen``) + 1 as the account's epoch, in a transaction."""

    def prove(self) -> None:
        """See whether the store is still this process's own; acknowledged as ``Proved`` or ``Deposed``."""

    def load(self, account: str) -> Recovered:
        """Return what is remembered of an account, as of now; waits for the disk, so it is not for the desk."""

    def close(self) -> None:
        """Finish what is under way and let go of everything."""


class MemoryJournal:
    """A journal whose entries are forgotten with the process and acknowledged at once."""

    def __init__(self) -> None:
        self.entries: deque[Entry] = deque(maxlen=KEPT_ENTRIES)
        self.notes: deque[Note] = deque(maxlen=KEPT_ENTRIES)
        self.evidence: deque[Evidence] = deque(maxlen=KEPT_ENTRIES)
        self._epochs: dict[str, int] = {}
        self._acknowledge: Acknowledge = _nobody

    def attach(self, acknowledge: Acknowledge) -> None:
        """Take the function that acknowledgements go to."""
        self._acknowledge = acknowledge

    def append(self, entry: Entry) -> None:
        """Keep the entry."""
        self.entries.append(entry)
        self._acknowledge(Committed(entry.token))

    def keep(self, note: Note) -> None:
        """Keep the note."""
        self.notes.append(note)
        self._acknowledge(Committed(note.token))

    def record(self, evidence: Evidence) -> None:
        """Keep the evidence."""
        self.evidence.append(evidence)

    def load(self, account: str) -> Recovered:
        """Nothing is remembered."""
        del account
        return Recovered()

    def take_epoch(self, account: str, seen: int) -> None:
        """Take the next epoch."""
        own = self._epochs.get(account, 0)
        epoch = max(own, seen) + 1
        if epoch > EPOCH_MAX:
            self._acknowledge(EpochFailed(account, f"no epoch is left above {epoch - 1}"))
            return
        self._epochs[account] = epoch
        self._acknowledge(EpochTaken(account, epoch, store_older=seen > own))

    def prove(self) -> None:
        """Nobody else knows of it."""
        self._acknowledge(Proved())

    def close(self) -> None:
        """Nothing is under way."""


def _nobody(acknowledgement: Acknowledgement) -> None:
    """Before ``attach`` there is nobody to tell."""
