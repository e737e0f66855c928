"""
`dtms explain`: why a trade was left alone or acted on, from the proofs in the store.

Reads what the service has written, whether it runs or not. The latest decision, or with ``--all`` every one that is kept.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

from dtms.cli import config
from dtms.cli.store import ConfigFile, Folder, when
from dtms.engine.defence.explain import explain as sentences
from dtms.engine.defence.verify import Verification, load
from dtms.engine.defence.verify import verify as verified
from dtms.errors import StartError
from dtms.store import decision_files, opening
from dtms.store.evidence import Explained, Found

Ticket = Annotated[int, typer.Argument(help="Ticket or position id; that of a hedge or re-add works as well.")]
All = Annotated[bool, typer.Option("--all", help="Every decision that is kept, the oldest first.")]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON object a decision: sentences, proof, report.")]
Verify = Annotated[bool, typer.Option("--verify", help="Make every decision again from its inputs and compare.")]

_FATES = {
    "observed": "Not sent: observe mode decides and sends nothing.",
    "withdrawn": "Not sent: nobody could carry it out then.",
}


class UnknownTicket(StartError):
    """Nothing is on record about a ticket."""

    def __init__(self, ticket: int, path: Path, spoiled: int) -> None:
        read = f"no decision about ticket {ticket} is on record in {path.parent}"
        if not path.exists():
            read = f"{read}: there is no {path.name}; dtms run makes it"
        super().__init__(f"{read}; {_left_out(spoiled)}" if spoiled else read)


def explain(
    ticket: Ticket, file: ConfigFile = None, data: Folder = None, all_: All = False, as_json: AsJson = False, verify: Verify = False
) -> None:
    """Say in plain sentences what was decided about a trade, on which figures, and why."""
    folder = config.data_folder(data)
    path = folder / config.load(file, folder).store.path
    found, spoiled = history(folder, path, ticket)
    readable = [kept for kept in found if _is_readable(kept)]
    spoiled += len(found) - len(readable)
    if not readable:
        raise UnknownTicket(ticket, path, spoiled)
    chosen = readable if all_ else readable[-1:]
    checks = [verified(kept.proof) if verify else None for kept in chosen]
    for kept, check in zip(chosen, checks, strict=True):
        typer.echo(json.dumps(_as_json(kept, check)) if as_json else "\n".join(_as_text(kept, check)) + "\n")
    if spoiled:
        typer.echo(f"dtms: {_left_out(spoiled)}", err=True)
    if any(check is not None and not check.agrees for check in checks):
        raise StartError("a proof does not follow from its own inputs")


def history(folder: Path, path: Path, ticket: int) -> Found:
    """
    Return the decisions about a ticket, each with what became of its command; what earlier versions left comes first.

    Raises:
        StartError: A file cannot be read.
    """
    try:
        left = decision_files.left_behind(folder, ticket)
    except OSError as error:
        raise StartError(f"the decisions in {folder} cannot be read: {error.strerror or error}") from error
    kept = opening.decisions(path, ticket)
    return Found([*left.found, *kept.found], left.spoiled + kept.spoiled)


def _is_readable(kept: Explained) -> bool:
    """Return whether the proof is one of this version, and whole."""
    try:
        load(kept.proof)
    except (ValueError, KeyError, TypeError):
        return False
    return True


def _left_out(spoiled: int) -> str:
    return f"lines left out because they are broken or of another version: {spoiled}"


def _as_text(kept: Explained, check: Verification | None) -> Iterator[str]:
    yield f"{when(kept.utc)}  account {kept.account}"
    proof = load(kept.proof)
    yield from sentences(proof)
    if proof.command is not None and kept.fate in _FATES:
        yield _FATES[kept.fate]
    for told in kept.reports:
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


def _as_json(kept: Explained, check: Verification | None) -> dict[str, Any]:
    document = {
        "utc": kept.utc,
        "account": kept.account,
        "position_id": kept.position_id,
        "fate": kept.fate,
        "command_id": kept.command_id,
        "proof": json.loads(kept.proof),
        "sentences": list(sentences(load(kept.proof))),
        "reports": [report.model_dump(mode="json") for report in kept.reports],
    }
    return document if check is None else document | {"verified": check.agrees, "differences": list(check.differences)}
