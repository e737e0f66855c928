"""The decisions that earlier versions kept in ``decisions.jsonl`` and its older parts in the data folder; only read."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, Field, TypeAdapter

from dtms.store.evidence import Explained, Found
from dtms.wire.messages import ExecutionReport

_NAME: Final = "decisions"
_PARTS: Final = 10
_LAST_UTC: Final = 253_402_300_799_999  # ms; the end of the year 9999


class _Decision(BaseModel):
    """What a line about a decision has to have; the proof is looked at when it is shown."""

    kind: Literal["decision"]
    utc: Annotated[int, Field(ge=0, le=_LAST_UTC)]
    account: str
    tickets: Annotated[list[int], Field(min_length=1)]
    fate: str
    command_id: int | None
    proof: dict[str, Any]


class _Report(BaseModel):
    kind: Literal["report"]
    command_id: int
    report: ExecutionReport


_LINE: Final[TypeAdapter[_Decision | _Report]] = TypeAdapter(Annotated[_Decision | _Report, Field(discriminator="kind")])


def left_behind(folder: Path, ticket: int) -> Found:
    """
    Return what stands there about a ticket, the oldest first, each decision with the reports of its command.

    Raises:
        OSError: A file cannot be read.
    """
    found: list[Explained] = []
    by_command: dict[int, Explained] = {}
    spoiled = 0
    for text in _lines(folder, str(ticket).encode("ascii")):
        try:
            line = _LINE.validate_python(json.loads(text))
        except ValueError:
            spoiled += 1
            continue
        if isinstance(line, _Report):
            if (owner := by_command.get(line.command_id)) is not None:
                owner.reports.append(line.report)
        elif ticket in line.tickets:
            proof = json.dumps(line.proof, separators=(",", ":")).encode("ascii")
            found.append(Explained(line.utc, line.account, line.tickets[0], line.fate, line.command_id, proof))
            if line.command_id is not None:
                by_command[line.command_id] = found[-1]
    return Found(found, spoiled)


def _lines(folder: Path, digits: bytes) -> Iterator[bytes]:
    """Yield the lines in which the ticket may stand, and all reports; a line that was not finished is left."""
    older = (folder / f"{_NAME}.{number}.jsonl" for number in range(_PARTS, 0, -1))
    for path in (*older, folder / f"{_NAME}.jsonl"):
        if path.is_file():
            with path.open("rb") as file:
                yield from (
                    text for text in file if text.endswith(b"\n") and (digits in text or text.startswith(b'{"kind":"report"'))
                )
