"""
The errors of DTMS bridge.

::

    DtmsError
    ├── UsageError               wrong command line or input file: exit 2
    ├── ConfigError              dtms.toml or environment: exit 1, names key path and line
    ├── StartError               the process cannot do its work: exit 1
    │   ├── PortTaken            somebody else holds the address; says who, where it can be seen
    │   ├── StoreLocked          another process works on the store
    │   └── StoreTooNew          a later version of the program wrote the store
    ├── WireError                a frame that is not the protocol's; ``why`` says what is wrong with it
    ├── LinkLost                 the peer did not take a frame, or its connection is gone; the session will come back
    ├── IllegalSignal            a state table has no such row: our defect
    └── StoreError               the store could not do what was asked
        ├── StoreBusy            it has more to write than it takes
        ├── StoreDamaged         what is in the file is not what was written
        ├── StoreTaken           another process works on it now
        └── RecordError          a value that cannot be kept, or a kept one that is none of ours

Ours is what we refuse (*denied*), the broker's is *rejected*; neither is an exception: both are outcomes.
"""

from pathlib import PurePath

from dtms.names import RejectWhy


class DtmsError(Exception):
    """Base of every error that the project raises on purpose."""


class UsageError(DtmsError):
    """What the user typed, or a file that the user named, cannot be used."""


class InputFileError(UsageError):
    """An input file, or one line of it, cannot be used; line 0 means the file as a whole."""

    def __init__(self, path: PurePath | str, line: int, reason: str) -> None:
        super().__init__(f"{path}, line {line}: {reason}" if line else f"{path}: {reason}")
        self.path = str(path)
        self.line = line
        self.reason = reason


class ConfigError(DtmsError):
    """A setting cannot be used."""

    def __init__(self, source: str, key: str, line: int | None, reason: str) -> None:
        where = f"{source}, line {line}" if line is not None else source
        super().__init__(f"{where}: {key}: {reason}" if key else f"{where}: {reason}")
        self.source = source
        self.key = key
        self.line = line
        self.reason = reason


class StartError(DtmsError):
    """The process cannot start its work."""


class PortTaken(StartError):
    """An address that we need is bound by somebody else."""

    def __init__(self, address: str, holder: str | None) -> None:
        super().__init__(f"{address} is taken by {holder or 'another program that could not be identified'}")
        self.address = address
        self.holder = holder


class StoreLocked(StartError):
    """Another process works on the store; ``holder`` is its process id where it could be read."""

    def __init__(self, path: PurePath | str, holder: int | None) -> None:
        who = "another process" if holder is None else f"process {holder}"
        super().__init__(f"the store {path} is in use by {who}")
        self.path = str(path)
        self.holder = holder


class StoreTooNew(StartError):
    """The store's tables are those of a later version of the program."""

    def __init__(self, path: PurePath | str, found: int, known: int) -> None:
        super().__init__(f"{path} has tables of version {found}, this program knows {known}; use the later program")
        self.path = str(path)
        self.found = found
        self.known = known


class WireError(DtmsError):
    """A frame that is not the protocol's."""

    def __init__(self, why: RejectWhy, detail: str, *, seq: int = 0, message_type: int = 0) -> None:
        super().__init__(f"{why.name.lower()}: {detail}")
        self.why = why
        self.detail = detail
        self.seq = seq
        self.message_type = message_type


class LinkLost(DtmsError):
    """A frame could not be handed to the peer."""


class IllegalSignal(DtmsError):
    """A state table has no row for what happened."""


class StoreError(DtmsError):
    """The store could not do what was asked."""


class StoreBusy(StoreError):
    """The store has as much to write as it takes; nothing was taken on."""

    def __init__(self, waiting: int) -> None:
        super().__init__(f"{waiting} entries wait to be written")
        self.waiting = waiting


class StoreDamaged(StoreError):
    """The file is no database, or what is in it is not what was written."""

    def __init__(self, path: PurePath | str, reason: str) -> None:
        super().__init__(f"{path} is damaged: {reason}")
        self.path = str(path)
        self.reason = reason


class StoreTaken(StoreError):
    """Another process has taken the store over; ``holder`` is its process id where it is known."""

    def __init__(self, holder: int | None) -> None:
        super().__init__(f"{'another process' if holder is None else f'process {holder}'} has taken over the store")
        self.holder = holder


class RecordError(StoreError):
    """A value that cannot be kept, or a kept one that is none of ours."""
