"""
What the translator has to know of a program's names: which are types, which are pointers.

MQL5 writes `.` for members of objects and of pointers alike, so a pointer is known by where it is declared,
`CFoo *p_foo`, and a name means the same everywhere. A name that is declared both ways is ambiguous, and every
access through it is decided by the C++ compiler instead.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from mql5host import api
from mql5host.sources import Tok
from mql5host.tokens import Kind

BUILTIN_TYPES = frozenset([
    "bool", "char", "uchar", "short", "ushort", "int", "uint", "long", "ulong", "float", "double", "string",
    "datetime", "color", "void",
])  # fmt: skip
NOT_TYPES = frozenset([
    "return", "delete", "case", "else", "do", "new", "goto", "operator", "const", "static", "virtual", "public",
    "private", "protected", "if", "while", "for", "switch", "sizeof", "default", "break", "continue",
])  # fmt: skip
"""Words after which an expression or a declaration may begin."""


@dataclass
class Names:
    """Names by meaning. `pointers` holds variables, members and functions that are or return pointers."""

    types: set[str] = field(default_factory=set)
    classes: set[str] = field(default_factory=set)
    templates: set[str] = field(default_factory=set)
    pointers: set[str] = field(default_factory=set)
    values: set[str] = field(default_factory=set)

    @property
    def ambiguous(self) -> set[str]:
        return self.pointers & self.values


def collect(tokens: Sequence[Tok], table: api.Api) -> Names:
    """Names of one program."""
    names = Names(types={*BUILTIN_TYPES, *table.enums, *table.structs}, classes=set(table.structs))
    for at, tok in enumerate(tokens[:-1]):
        following = tokens[at + 1]
        if tok.kind is not Kind.IDENT or following.kind is not Kind.IDENT:
            continue
        if tok.text in {"class", "struct", "enum", "union", "typename"}:
            names.types.add(following.text)
            if tok.text != "enum":
                names.classes.add(following.text)
            if at and tokens[at - 1].text == ">" and tok.text != "typename":
                names.templates.add(following.text)
    _collect_declarations(tokens, names)
    return names


def _collect_declarations(tokens: Sequence[Tok], names: Names) -> None:
    for at, tok in enumerate(tokens):
        if tok.kind is not Kind.IDENT or tok.text not in names.types or (at and tokens[at - 1].text == "."):
            continue
        name, pointer = _declared(tokens, at, names)
        if name is not None:
            (names.pointers if pointer else names.values).add(name)


def _declared(tokens: Sequence[Tok], at: int, names: Names) -> tuple[str | None, bool]:
    """The name that a type at `at` declares, if it does, and whether as a pointer."""
    end = skip_template(tokens, at + 1) if tokens[at].text in names.templates else at + 1
    pointer = False
    while end < len(tokens) and tokens[end].text in {"*", "&"}:
        pointer = pointer or tokens[end].text == "*"
        end += 1
    name = None
    while end < len(tokens) and tokens[end].kind is Kind.IDENT and tokens[end].text not in NOT_TYPES:
        name = tokens[end].text
        if end + 2 >= len(tokens) or tokens[end + 1].text != "::":
            break
        end += 2
    return name, pointer


def skip_template(tokens: Sequence[Tok], at: int) -> int:
    """Index after the template arguments that begin at `at`; `at` itself if none do."""
    if at >= len(tokens) or tokens[at].text != "<":
        return at
    depth = 0
    for index in range(at, len(tokens)):
        text = tokens[index].text
        depth += {"<": 1, ">": -1, ">>": -2}.get(text, 0)
        if depth <= 0:
            return index + 1
    return len(tokens)


def opening(tokens: Sequence[Tok], closing: int) -> int:
    """Index of the bracket that the one at `closing` closes; -1 if there is none."""
    depth = 0
    for index in range(closing, -1, -1):
        text = tokens[index].text
        if text in {")", "]", "}"} and tokens[index].kind is Kind.PUNCT:
            depth += 1
        elif text in {"(", "[", "{"} and tokens[index].kind is Kind.PUNCT:
            depth -= 1
            if depth == 0:
                return index
    return -1
