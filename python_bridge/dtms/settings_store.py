"""What the store can be told: where it is, how much it takes on, how often it is copied. Part of ``settings``; reads nothing."""

from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field, model_validator

Wait = Annotated[int, Field(ge=1, le=86_400_000)]
_MISSED: Final = 3  # times that the process has not said that it is there, before that means anything
Path = Annotated[str, Field(min_length=1, max_length=1_024)]


class StoreSettings(BaseModel):
    """The store's database and its copies; relative paths start at the data folder."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    path: Path = "dtms.db"
    backups: Path = "backups"
    backup_ms: Wait = 3_600_000  # from one copy to the next
    backups_kept: Annotated[int, Field(ge=1, le=10_000)] = 48
    queue_entries: Annotated[int, Field(ge=16)] = 50_000  # what may wait to be written; more is refused, nobody waits
    batch_entries: Annotated[int, Field(ge=1)] = 256  # of one transaction; measured: beyond this a commit's share no longer counts
    busy_ms: Wait = 5_000  # how long another program that has the database open is waited for
    close_ms: Wait = 2_000  # what the end may take; the process has 5 s for all of it
    evidence_entries: Annotated[int, Field(ge=16)] = 20_000  # decisions for dtms explain that may wait; more is lost, and told
    decisions_kept: Annotated[int, Field(ge=0, le=100_000_000)] = 100_000  # of those that ordered nothing; about 1 kB each
    scores_days: Annotated[int, Field(ge=1, le=3_650)] = 7
    renew_ms: Wait = 1_000  # how often the process says in the store that it is there
    takeover_ms: Wait = 10_000  # so long silent, and one that stands by takes over; as long as a desk may be without a beat
    wal_mib: Annotated[int, Field(ge=0, le=1_024)] = 4  # log written ahead of need: a commit costs twice as much while it grows
    max_mib: Annotated[int, Field(ge=0, le=1_048_576)] = 0  # the database grows no further, as if the disk were full; 0: no limit

    @model_validator(mode="after")
    def _in_order(self) -> "StoreSettings":
        if self.takeover_ms < _MISSED * self.renew_ms:
            raise ValueError(f"takeover_ms must be at least {_MISSED} times renew_ms")
        return self
