"""
The MQL5 API as the project knows it: names, signatures, enumerations, constants and structures.

The table itself is api.json, written from the MQL5 reference; this module turns it into frozen values for the
lint, the translator and the binding. Members whose value the reference does not give carry a private one: code
names them, and no number of theirs may leave the process.
"""

import json
import re
from collections.abc import Mapping
from functools import cache
from importlib import resources
from types import MappingProxyType
from typing import Any, NamedTuple

ANY = "void"  # as a parameter type: any type at all


class Param(NamedTuple):
    """One parameter: `const T &name[]=default` is (T, name, default, const, reference, array)."""

    type: str
    name: str
    default: str | None = None
    const: bool = False
    reference: bool = False
    array: bool = False
    pointer: bool = False


class Signature(NamedTuple):
    """One overload of a function or an event handler."""

    returns: str
    params: tuple[Param, ...]
    variadic: bool = False

    @property
    def arity(self) -> tuple[int, int | None]:
        """Fewest and most arguments a call may have; None for no upper bound."""
        fewest = sum(p.default is None for p in self.params)
        return fewest, None if self.variadic else len(self.params)

    def accepts(self, count: int) -> bool:
        """Whether a call with so many arguments fits."""
        fewest, most = self.arity
        return fewest <= count and (most is None or count <= most)


class Field(NamedTuple):
    """One member of a structure, in the order of memory."""

    type: str
    name: str


class Constant(NamedTuple):
    """A named constant that belongs to no enumeration."""

    type: str
    value: int | float | str


class Api(NamedTuple):
    """The whole table. Every mapping is read-only."""

    functions: Mapping[str, tuple[Signature, ...]]
    handlers: Mapping[str, tuple[Signature, ...]]
    enums: Mapping[str, Mapping[str, int]]
    private_members: Mapping[str, frozenset[str]]
    structs: Mapping[str, tuple[Field, ...]]
    constants: Mapping[str, Constant]
    variables: Mapping[str, str]
    sizes: Mapping[str, int]
    reserved_words: frozenset[str]
    enum_of_member: Mapping[str, str]

    def enum_member_name(self, enum: str, value: int) -> str | None:
        """Name of the member with this value, None if the enumeration has none such."""
        return next((name for name, known in self.enums[enum].items() if known == value), None)

    def enum_value(self, member: str) -> int:
        """Value of a member, whichever enumeration it belongs to; KeyError for an unknown name."""
        return self.enums[self.enum_of_member[member]][member]

    def is_private(self, member: str) -> bool:
        """Whether the value of this member is this table's own and not the platform's."""
        enum = self.enum_of_member[member]
        return member in self.private_members.get(enum, frozenset())


_SIGNATURE = re.compile(r"(?P<returns>[\w ]+\*?)\((?P<params>.*)\)")
_PARAM = re.compile(
    r"(?P<const>const )?(?P<type>\w+) (?P<mark>[&*]?)(?P<name>\w+)(?P<array>\[\])?(?:=(?P<default>.+))?",
)


def parse_signature(text: str) -> Signature:
    """
    Read one signature in MQL5 notation, the name left out: `int(const string host, uint port=443, ...)`.

    Raises:
        ValueError: The text is no such signature.
    """
    match = _SIGNATURE.fullmatch(text)
    if match is None:
        raise ValueError(f"not a signature: {text!r}")
    words = [word.strip() for word in match["params"].split(",") if word.strip()]
    params = tuple(_parse_param(word) for word in words if word != "...")
    return Signature(match["returns"].strip(), params, variadic="..." in words)


def _parse_param(text: str) -> Param:
    match = _PARAM.fullmatch(text)
    if match is None:
        raise ValueError(f"not a parameter: {text!r}")
    return Param(
        type=match["type"],
        name=match["name"],
        default=match["default"],
        const=match["const"] is not None,
        reference=match["mark"] == "&",
        array=match["array"] is not None,
        pointer=match["mark"] == "*",
    )


@cache
def load() -> Api:
    """The table that comes with the package."""
    raw: dict[str, Any] = json.loads(resources.files(__package__).joinpath("api.json").read_text(encoding="utf-8"))
    enums = {name: MappingProxyType(members) for name, members in raw["enums"].items()}
    return Api(
        functions=_signatures(raw["functions"]),
        handlers=_signatures(raw["handlers"]),
        enums=MappingProxyType(enums),
        private_members=MappingProxyType({name: frozenset(ms) for name, ms in raw["private_members"].items()}),
        structs=MappingProxyType({name: _fields(fields) for name, fields in raw["structs"].items()}),
        constants=MappingProxyType({name: Constant(*pair) for name, pair in raw["constants"].items()}),
        variables=MappingProxyType(raw["variables"]),
        sizes=MappingProxyType(raw["sizes"]),
        reserved_words=frozenset(raw["reserved_words"]),
        enum_of_member=MappingProxyType({member: name for name, members in enums.items() for member in members}),
    )


def _signatures(raw: Mapping[str, list[str]]) -> Mapping[str, tuple[Signature, ...]]:
    return MappingProxyType({name: tuple(map(parse_signature, texts)) for name, texts in raw.items()})


def _fields(raw: list[str]) -> tuple[Field, ...]:
    return tuple(Field(*text.split(" ", 1)) for text in raw)
