"""Rules about what a value turns into: assignments, initial values, arguments, results, casts."""

from mql5host.lint.context import NULL, Context, called
from mql5host.lint.numbers import REALS, constant, fits, is_number, is_string, loses
from mql5host.lint.parse_expr import place_of
from mql5host.lint.syntax import E, Expr, TypeRef

_CLOCKS = frozenset({"GetTickCount64", "GetMicrosecondCount"})


def convert(ctx: Context, target: TypeRef | None, expr: Expr, actual: TypeRef | None, *, call: bool = False) -> None:
    """
    Check that the value of an expression may go where `target` is wanted.

    Args:
        ctx: Where the expression stands.
        target: Wanted type, None when it is unknown.
        expr: The expression.
        actual: Its type, None when it is unknown.
        call: Whether it is an argument.
    """
    if target is None or actual is None:
        return
    if actual == NULL:
        _null(ctx, target, expr)
    elif target.dims or actual.dims:
        if not call:
            ctx.note("PS11B", place_of(expr))
    elif is_string(target) or is_string(actual):
        _string(ctx, target, expr, actual)
    elif ctx.tables.is_enum(target.name) and not target.pointer:
        _enum(ctx, target, expr, actual, call=call)
    elif is_number(target):
        _number(ctx, target, expr, actual)


def _string(ctx: Context, target: TypeRef, expr: Expr, actual: TypeRef) -> None:
    if any(is_number(kind) or ctx.tables.is_enum(kind.name) for kind in (target, actual)):
        ctx.note("PS04A", place_of(expr), f"{actual} where {target} is wanted")


def _null(ctx: Context, target: TypeRef, expr: Expr) -> None:
    open_type = target.name in ctx.template or target.name == "void"
    if not (target.pointer or is_string(target) or open_type or target == NULL):
        ctx.note("PS10A", place_of(expr), f"NULL where {target} is wanted")


def _enum(ctx: Context, target: TypeRef, expr: Expr, actual: TypeRef, *, call: bool) -> None:
    if actual.name == target.name or not (is_number(actual) or ctx.tables.is_enum(actual.name)):
        return
    by_number = call and isinstance(constant(expr), int)
    rule = "PS04D" if by_number else "PS04B"
    ctx.note(rule, place_of(expr), f"{actual} where {target} is wanted")


def _number(ctx: Context, target: TypeRef, expr: Expr, actual: TypeRef) -> None:
    name = "int" if ctx.tables.is_enum(actual.name) else actual.name
    if not is_number(TypeRef(name)) or actual.pointer:
        return
    if target.name != "ulong" and target.name not in REALS and _is_clock(expr):
        ctx.note("PS14B", place_of(expr))
        return
    value = constant(expr)
    lost = loses(target.name, name) if value is None else not fits(value, target.name)
    if lost:
        ctx.note("PS04C", place_of(expr), f"{name} becomes {target} and may lose part of its value: write a cast")


def _is_clock(expr: Expr) -> bool:
    while expr.kind is E.UNARY and expr.text == "()":
        expr = expr.args[0]
    if expr.kind is E.BINARY and expr.text == "-":
        return any(map(_is_clock, expr.args))
    return called(expr) in _CLOCKS


def check_cast(ctx: Context, expr: Expr) -> None:
    """A cast of a constant out of range, or of a difference of clock readings to a signed type."""
    target, inner = expr.of, expr.args[0]
    if target is None or not is_number(target):
        return
    value = constant(inner)
    if isinstance(value, float) and target.name not in REALS and not fits(int(value), target.name):
        ctx.note("PS12C", expr.place)
    while inner.kind is E.UNARY and inner.text == "()":
        inner = inner.args[0]
    if inner.kind is E.BINARY and _is_clock(inner) and target.name not in {"ulong", *REALS}:
        ctx.note("PS14B", expr.place)
