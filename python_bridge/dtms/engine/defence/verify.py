"""
Proofs written out, read back, and checked: the decision is made again from its inputs, the score added up again from its groups.

Figures are compared to one part in 1e9, words and rows exactly.
"""

import json
from dataclasses import fields
from math import isclose
from typing import Any, Final, NamedTuple

from pydantic import TypeAdapter

from dtms.defence_names import State
from dtms.engine.decide import decide
from dtms.engine.defence.events import DeepCheck, Gone
from dtms.engine.defence.notes import Note
from dtms.engine.defence.proof import Proof
from dtms.engine.defence.step import Looked, Taken
from dtms.engine.defence.view import Judgement
from dtms.engine.events import CloseAsked, Event, Expired, Look, Moment, Rules, Vanished
from dtms.engine.market import Market
from dtms.engine.trade import Trade
from dtms.wire.messages import (
    CloseBy,
    Command,
    ExecutionReport,
    ModifyPosition,
    OpenPosition,
    PositionChanged,
    PositionClosed,
    PositionOpened,
    ReducePosition,
    SymbolSpec,
)

FORMAT: Final = 1
_RELATIVE: Final = 1e-9
_EVENTS: Final[dict[str, TypeAdapter[Any]]] = {
    kind.__name__: TypeAdapter(kind)
    for kind in (
        *(PositionOpened, PositionChanged, PositionClosed, Gone, SymbolSpec, Look, DeepCheck),
        *(CloseAsked, ExecutionReport, Vanished, Expired),
    )
}
_COMMANDS: Final[dict[str, TypeAdapter[Any]]] = {
    kind.__name__: TypeAdapter(kind) for kind in (ModifyPosition, ReducePosition, OpenPosition, CloseBy)
}
_PARTS: Final[dict[str, TypeAdapter[Any]]] = {
    "before": TypeAdapter(Trade),
    "market": TypeAdapter(Market),
    "moment": TypeAdapter(Moment),
    "rules": TypeAdapter(Rules),
    "digest": TypeAdapter(str),
    "looked": TypeAdapter(tuple[Looked, ...]),
    "taken": TypeAdapter(tuple[Taken, ...]),
    "state": TypeAdapter(State),
    "notes": TypeAdapter(tuple[Note, ...]),
}
_RESULT: Final = ("state", "taken", "looked", "command", "notes")


class Verification(NamedTuple):
    """Whether the proof holds, and where it does not."""

    agrees: bool
    differences: tuple[str, ...]


def dump(proof: Proof) -> bytes:
    """Return the proof as one line of JSON."""
    parts = {name: adapter.dump_python(getattr(proof, name), mode="json") for name, adapter in _PARTS.items()}
    command = None if proof.command is None else _tagged(proof.command, _COMMANDS)
    document = {"format": FORMAT, "event": _tagged(proof.event, _EVENTS), "command": command, **parts}
    return json.dumps(document, separators=(",", ":"), ensure_ascii=True, allow_nan=False).encode("ascii")


def load(data: bytes) -> Proof:
    """
    Return the proof.

    Raises:
        ValueError: It is no proof of this format; pydantic's error among them.
    """
    document = json.loads(data)
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise ValueError("not a proof of this format")
    parts = {name: adapter.validate_json(json.dumps(document[name])) for name, adapter in _PARTS.items()}
    event: Event = _untagged(document["event"], _EVENTS)
    command: Command | None = None if document["command"] is None else _untagged(document["command"], _COMMANDS)
    return Proof(event=event, command=command, **parts)


def verify(data: bytes) -> Verification:
    """Return whether a written proof follows from its own inputs."""
    proof = load(data)
    again = decide(proof.before, proof.event, proof.market, proof.moment, proof.rules).proof
    differences = _score_differences(proof.market)
    if again is None:
        return Verification(agrees=False, differences=(*differences, "nothing is decided on these inputs"))
    for name in _RESULT:
        differences += _differences(name, _plain(proof, name), _plain(again, name))
    return Verification(not differences, differences)


def _tagged(value: object, adapters: dict[str, TypeAdapter[Any]]) -> dict[str, object]:
    name = type(value).__name__
    return {"type": name, "value": adapters[name].dump_python(value, mode="json")}


def _untagged(value: dict[str, object], adapters: dict[str, TypeAdapter[Any]]) -> Any:
    name = value["type"]
    if not isinstance(name, str) or name not in adapters:
        raise ValueError(f"{name} is nothing that a proof may hold")
    return adapters[name].validate_json(json.dumps(value["value"]))


def _plain(proof: Proof, name: str) -> object:
    """Return a part of the result as it would be written."""
    if name == "command":
        return None if proof.command is None else _tagged(proof.command, _COMMANDS)
    return _PARTS[name].dump_python(getattr(proof, name), mode="json")


def _differences(path: str, told: object, found: object) -> tuple[str, ...]:
    if isinstance(told, dict) and isinstance(found, dict):
        names = sorted({*told, *found})
        return tuple(line for key in names for line in _differences(f"{path}.{key}", told.get(key), found.get(key)))
    if isinstance(told, list) and isinstance(found, list) and len(told) == len(found):
        return tuple(line for i, (a, b) in enumerate(zip(told, found, strict=True)) for line in _differences(f"{path}[{i}]", a, b))
    return () if _same(told, found) else (f"{path}: {told!r} in the proof, {found!r} from its inputs",)


def _same(told: object, found: object) -> bool:
    numbers = isinstance(told, int | float) and isinstance(found, int | float)
    if numbers and not isinstance(told, bool) and not isinstance(found, bool):
        return isclose(float(str(told)), float(str(found)), rel_tol=_RELATIVE, abs_tol=1e-12)
    return told == found


def _score_differences(market: Market) -> tuple[str, ...]:
    """Return where the score does not follow from its groups."""
    judgement = None if market.view is None else market.view.judgement
    if judgement is None or not judgement.groups:
        return ()
    lines = [
        f"group {group.name}: {group.contribution!r} in the proof, {wanted!r} from its figure"
        for group in judgement.groups
        if not _same(group.contribution, wanted := contribution(group.figure, group.bound, group.modifier))
    ]
    return (*lines, *_total_differences(judgement))


def _total_differences(judgement: Judgement) -> tuple[str, ...]:
    configured = sum(group.bound for group in judgement.groups)
    available = sum(group.bound for group in judgement.groups if group.figure is not None)
    found = {"coverage": available / configured if configured > 0 else 0.0}
    if judgement.total is not None:
        found["total"] = sum(group.contribution for group in judgement.groups)
    told = {field.name: getattr(judgement, field.name) for field in fields(judgement) if field.name in found}
    return _differences("score", told, found)


def contribution(figure: float | None, bound: float, modifier: float) -> float:
    """Return what a group adds to the score: modifier times bounded figure, nothing where it is unavailable."""
    return 0.0 if figure is None else modifier * min(max(figure, -bound), bound)
