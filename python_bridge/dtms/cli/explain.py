"""
`dtms explain`: why a trade was left alone or acted on, from the proofs in the data folder.

Reads what the service has written, whether it runs or not. The latest decision, or with ``--all`` every one that is kept.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Final, Literal

import typer
from pydantic import BaseModel, Field, TypeAdapter

from dtms.cli import config
from dtms.engine.defence.explain import explain as sentences
from dtms.engine.defence.verify import Verification, load
from dtms.engine.defence.verify import verify as verified
from dtms.errors import StartError
from dtms.runtime import decisions
from dtms.wire.messages import ExecutionReport

Ticket = Annotated[int, typer.Argument(help="Ticket or position id; that of a hedge or re-add works as well.")]
Folder = Annotated[Path | None, typer.Option("--data", help="Data folder instead of the user's own.", show_default=False)]
All = Annotated[bool, typer.Option("--all", help="Every decision that is kept, the oldest first.")]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON object a decision: sentences, proof, report.")]
Verify = Annotated[bool, typer.Option("--verify", help="Make every decision again from its inputs and compare.")]

_LAST_UTC: Final = 253_402_300_799_999  # ms; the end of the year 9999
_FATES = {
    "observed": "Not sent: observe mode decides and sends nothing.",
    "withdrawn": "Not sent: nobody could carry it out then.",
}


class UnknownTicket(StartError):
    """Nothing is on record about a ticket."""

    def __init__(self, ticket: int, folder: Path, spoiled: int) -> None:
        read = f"no decision about ticket {ticket} is on record in {folder}"
        if not decisions.files(folder):
            read = f"{read}: there is no decisions.jsonl; dtms run writes it unless the defence is off"
        super().__init__(f"{read}; {_left_out(spoiled)}" if spoiled else read)


class _DecisionLine(BaseModel):
    """What a line about a decision has to have; the proof is looked at when it is shown."""

    kind: Literal["decision"]
    utc: Annotated[int, Field(ge=0, le=_LAST_UTC)]
    account: str
    tickets: list[int]
    fate: str
    command_id: int | None
    proof: dict[str, Any]


class _ReportLine(BaseModel):
    kind: Literal["report"]
    command_id: int
    report: ExecutionReport


_LINE: Final[TypeAdapter[_DecisionLine | _ReportLine]] = TypeAdapter(
    Annotated[_DecisionLine | _ReportLine, Field(discriminator="kind")]
)


@dataclass
class Kept:
    """A decision as it was written, and the reports of its command."""

    line: dict[str, Any]
    reports: list[dict[str, Any]] = field(default_factory=list)

    @property
    def proof(self) -> bytes:
        """The proof as the engine reads it."""
        return json.dumps(self.line["proof"], separators=(",", ":"), ensure_ascii=True).encode("ascii")

    def is_readable(self) -> bool:
        """Return whether the proof is one of this version, and whole."""
        try:
            load(self.proof)
        except (ValueError, KeyError, TypeError):
            return False
        return True


@dataclass
class Record:
    """What the data folder tells about a ticket, the oldest first; ``spoiled`` counts the lines that cannot be read."""

    found: list[Kept] = field(default_factory=list)
    spoiled: int = 0


def explain(ticket: Ticket, data: Folder = None, all_: All = False, as_json: AsJson = False, verify: Verify = False) -> None:
    """Say in plain sentences what was decided about a trade, on which figures, and why."""
    folder = config.data_folder(data)
    try:
        record = history(folder, ticket)
    except OSError as error:
        raise StartError(f"the decisions in {folder} cannot be read: {error.strerror or error}") from error
    chosen = list(_chosen(record, all_))
    if not chosen:
        raise UnknownTicket(ticket, folder, record.spoiled)
    checks = [verified(kept.proof) if verify else None for kept in chosen]
    for kept, check in zip(chosen, checks, strict=True):
        typer.echo(json.dumps(_as_json(kept, check)) if as_json else "\n".join(_as_text(kept, check)) + "\n")
    if record.spoiled:
        typer.echo(f"dtms: {_left_out(record.spoiled)}", err=True)
    if any(check is not None and not check.agrees for check in checks):
        raise StartError("a proof does not follow from its own inputs")


def _chosen(record: Record, all_: bool) -> Iterator[Kept]:
    """Yield all decisions that can be read, or the latest of them; count the others."""
    for kept in record.found if all_ else reversed(record.found):
        if kept.is_readable():
            yield kept
            if not all_:
                return
        else:
            record.spoiled += 1


def _left_out(spoiled: int) -> str:
    return f"lines left out because they are broken or of another version: {spoiled}"


def history(folder: Path, ticket: int) -> Record:
    """
    Return the decisions about a ticket, each with what became of its command.

    Raises:
        OSError: A file cannot be read.
    """
    record = Record()
    by_command: dict[int, Kept] = {}
    for line in _lines(folder, str(ticket).encode("ascii"), record):
        if line["kind"] == "decision" and ticket in line["tickets"]:
            record.found.append(Kept(line))
            if line["command_id"] is not None:
                by_command[line["command_id"]] = record.found[-1]
        elif line["kind"] == "report" and (owner := by_command.get(line["command_id"])) is not None:
            owner.reports.append(line)
    return record


def _lines(folder: Path, digits: bytes, record: Record) -> Iterator[dict[str, Any]]:
    """Yield the lines in which the ticket may stand, and all reports; a line that is still being written is left."""
    for path in decisions.files(folder):
        with path.open("rb") as file:
            for text in file:
                if not text.endswith(b"\n") or (digits not in text and not text.startswith(b'{"kind":"report"')):
                    continue
                try:
                    line = json.loads(text)
                    _LINE.validate_python(line)
                except ValueError:
                    record.spoiled += 1
                else:
                    yield line


def _when(line: dict[str, Any]) -> str:
    return datetime.fromtimestamp(line["utc"] / 1_000, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def _as_text(kept: Kept, check: Verification | None) -> Iterator[str]:
    yield f"{_when(kept.line)}  account {kept.line['account']}"
    yield from sentences(load(kept.proof))
    if kept.line["proof"]["command"] is not None and kept.line["fate"] in _FATES:
        yield _FATES[kept.line["fate"]]
    for report in kept.reports:
        told = ExecutionReport.model_validate(report["report"])
        price = f" at {told.price:g}" if told.price else ""
        detail = f" ({told.detail})" if told.detail else ""
        yield f"The terminal's answer: {told.outcome.name.lower()}, return code {told.retcode}{price}{detail}."
    if check is not None:
        yield from _verdict(check)


def _verdict(check: Verification) -> Iterator[str]:
    if check.agrees:
        yield "Verified: the same inputs lead to the same decision."
        return
    yield "NOT verified: the inputs lead to something else."
    yield from (f"  {difference}" for difference in check.differences)


def _as_json(kept: Kept, check: Verification | None) -> dict[str, Any]:
    reports = [line["report"] for line in kept.reports]
    document = kept.line | {"sentences": list(sentences(load(kept.proof))), "reports": reports}
    return document if check is None else document | {"verified": check.agrees, "differences": list(check.differences)}
