"""The message models as plain shapes: what tables, schemas and MQL5 structures are made of."""

import enum
import inspect
import types
import typing

from dtms.wire import base
from dtms.wire.base import Record
from dtms.wire.messages import MODELS


def snake(name: str) -> str:
    """Return ``FOO_BAR`` for ``FooBar``."""
    return "".join("_" + c if c.isupper() and i else c for i, c in enumerate(name)).upper()


def records() -> list[type[Record]]:
    """Return the records that messages contain, each before what contains it."""
    found: list[type[Record]] = []

    def visit(model: type[Record]) -> None:
        for field in model.model_fields.values():
            for inner in _classes(field.annotation):
                visit(inner)
                if inner not in found:
                    found.append(inner)

    for model in MODELS:
        visit(model)
    return found


def _classes(annotation: object) -> list[type[Record]]:
    if inspect.isclass(annotation) and not isinstance(annotation, types.GenericAlias) and issubclass(annotation, Record):
        return [annotation]
    return [c for arg in typing.get_args(annotation) for c in _classes(arg)]


class Shape(typing.NamedTuple):
    """How one field looks in the tables and in MQL5."""

    name: str
    kind: str  # bool, uint, ulong, long, millis, double, string, enum, record
    listed: bool
    nilable: bool
    record: type[Record] | None
    enum: type[enum.IntEnum | enum.IntFlag] | None
    low: float | None
    above: float | None
    high: float | None
    step: int | None
    most: int | None
    description: str


_ALIASES = {
    id(getattr(base, n)): n
    for n in (
        "Count",
        "Small",
        "Epoch",
        "Offset",
        "Signed",
        "Ticket",
        "Millis",
        "Price",
        "Lots",
        "LotsOrNone",
        "Money",
        "NotNegative",
    )
}

_INTEGERS = {"Small": "uint", "Epoch": "uint", "Offset": "long", "Signed": "long", "Millis": "millis"}  # else ulong


def shapes(model: type[Record]) -> list[Shape]:
    """Return the fields of a model in wire order."""
    hints = typing.get_type_hints(model, include_extras=True)
    return [_shape(name, hints[name], field.description or "") for name, field in model.model_fields.items()]


def _shape(name: str, hint: object, description: str) -> Shape:
    nilable = False
    if isinstance(hint, types.UnionType) or typing.get_origin(hint) is typing.Union:
        (hint,) = [a for a in typing.get_args(hint) if a is not type(None)]
        nilable = True
    most = None
    if typing.get_origin(hint) is typing.Annotated and typing.get_origin(typing.get_args(hint)[0]) is list:
        hint = typing.get_args(hint)[0]
    listed = typing.get_origin(hint) is list
    if listed:
        (hint,) = typing.get_args(hint)
    plain = typing.get_args(hint)[0] if typing.get_origin(hint) is typing.Annotated else hint
    low, above, high, step = _bounds(hint)
    if plain is str:
        most = int(high) if high is not None else None
    kind, record, enumeration = _kind(hint, plain)
    return Shape(name, kind, listed, nilable, record, enumeration, low, above, high, step, most, description)


def _bounds(hint: object) -> tuple[float | None, float | None, float | None, int | None]:
    low = above = high = step = None
    for meta in getattr(hint, "__metadata__", ()):
        for constraint in getattr(meta, "metadata", ()):
            low = getattr(constraint, "ge", getattr(constraint, "min_length", low))
            above = getattr(constraint, "gt", above)
            high = getattr(constraint, "le", getattr(constraint, "max_length", high))
            step = getattr(constraint, "multiple_of", step)
    return low, above, high, step


def _kind(hint: object, plain: object) -> tuple[str, type[Record] | None, type[enum.IntEnum | enum.IntFlag] | None]:
    if not inspect.isclass(plain):
        raise TypeError(f"no class: {plain!r}")
    if plain is bool:
        return "bool", None, None
    if issubclass(plain, Record):
        return "record", plain, None
    if issubclass(plain, enum.IntEnum | enum.IntFlag):
        return "enum", None, plain
    if plain is int:
        alias = _ALIASES.get(id(hint), "Count")
        return _INTEGERS.get(alias, "ulong"), None, None
    return {float: "double", str: "string"}[plain], None, None
