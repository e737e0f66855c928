"""The rule about format strings: each directive and its argument agree."""

import re
from collections.abc import Sequence

from mql5host.lint.context import Context
from mql5host.lint.numbers import REALS, WIDTHS, is_number, is_string
from mql5host.lint.parse_expr import place_of
from mql5host.lint.syntax import E, Expr, TypeRef

_PARTS = re.compile(
    r"%(?P<flags>[-+ 0#]*)(?P<width>\*|\d*)(?P<precision>\.(?:\*|\d*))?(?P<size>I64|I32|hh|ll|h|l|L|w)?(?P<type>.|$)",
    re.DOTALL,
)
_WHOLE = frozenset("diuxXoc")
_REAL = frozenset("feEgGaA")


def check_format(ctx: Context, expr: Expr, types: Sequence[TypeRef | None]) -> None:
    """StringFormat and PrintFormat: as far as the format is a literal and the types are known."""
    args = expr.args[1:]
    if not args or args[0].kind is not E.STRING:
        return
    wanted: list[str] = []
    for part in _PARTS.finditer(args[0].text[1:-1]):
        wanted.extend(_wants(ctx, part, args[0]))
    if len(wanted) != len(args) - 1:
        ctx.note("PS05", place_of(expr), f"{len(wanted)} directives and {len(args) - 1} arguments")
        return
    for want, arg, kind in zip(wanted, args[1:], types[1:], strict=True):
        got = _class_of(ctx, kind)
        if want and got is not None and got != want:
            ctx.note("PS05", place_of(arg), f"{kind} for a directive that takes {want}")


def _wants(ctx: Context, part: "re.Match[str]", literal: Expr) -> list[str]:
    """What one directive takes: a word for each argument."""
    kind, size = part["type"], part["size"]
    if kind == "%" and part.group() == "%%":
        return []
    stars = ["32 bits"] * part.group().count("*")
    if kind in _WHOLE and size in {None, "I64"}:
        return [*stars, "64 bits" if size else "32 bits"]
    if kind in _REAL and size is None:
        return [*stars, "a real"]
    if kind == "s" and size is None:
        return [*stars, "a string"]
    ctx.note("PS05", literal.place, f"{part.group()!r} is no directive of the subset")
    return [*stars, ""] if kind.isalpha() else stars


def _class_of(ctx: Context, kind: TypeRef | None) -> str | None:
    if kind is None:
        return None
    if is_string(kind):
        return "a string"
    if ctx.tables.is_enum(kind.name):
        return "32 bits"
    if not is_number(kind):
        return None
    if kind.name in REALS:
        return "a real"
    return "64 bits" if WIDTHS[kind.name] == 8 else "32 bits"
