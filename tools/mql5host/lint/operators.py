"""Rules about operators: arithmetic, comparison, shifts, precedence, assignment."""

from mql5host.lint.context import NULL, Context, called
from mql5host.lint.conversions import convert
from mql5host.lint.numbers import (
    BOOL,
    REALS,
    STRING,
    UNSIGNED,
    WIDTHS,
    arithmetic,
    bitwise,
    constant,
    is_number,
    is_string,
)
from mql5host.lint.parse_expr import place_of
from mql5host.lint.syntax import E, Expr, TypeRef

Kind = TypeRef | None

_COMPARISONS = frozenset({"==", "!=", "<", ">", "<=", ">="})
_SHIFTS = frozenset({"<<", ">>"})
_BITS = frozenset({"&", "|", "^"})
_ARITHMETIC = frozenset({"+", "-", "*", "/", "%"})


def check_binary(ctx: Context, expr: Expr, left: Kind, right: Kind) -> Kind:
    """Apply the rules to a binary operation and tell its type."""
    sign = expr.text
    _precedence(ctx, expr)
    if sign in {"&&", "||"}:
        return BOOL
    if sign in _COMPARISONS:
        _comparison(ctx, expr, left, right)
        return BOOL
    if sign in _SHIFTS:
        _shift(ctx, expr, left)
        return left if is_number(left) and left is not None else None
    return _operation(ctx, expr, left, right)


def _operation(ctx: Context, expr: Expr, left: Kind, right: Kind) -> Kind:
    if left is None or right is None:
        return None
    if left.pointer or right.pointer:
        ctx.note("ML06", expr.place)
        return None
    if is_string(left) or is_string(right):
        if expr.text == "+" and not (is_string(left) and is_string(right)) and _plain(ctx, left, right):
            ctx.note("PS04A", expr.place, f"{left}+{right}: make a string of the number first")
        return STRING
    a, b = _number_name(ctx, left), _number_name(ctx, right)
    if a is None or b is None:
        return None
    if "datetime" in {a, b} and expr.text in _ARITHMETIC:
        ctx.note("PS09B", expr.place)
    if expr.text in _BITS:
        return TypeRef(bitwise(expr.args[0], expr.args[1], a, b))
    return TypeRef(arithmetic(a, b))


def _plain(ctx: Context, *kinds: TypeRef) -> bool:
    return any(is_number(kind) or ctx.tables.is_enum(kind.name) for kind in kinds)


def _number_name(ctx: Context, kind: TypeRef) -> str | None:
    if ctx.tables.is_enum(kind.name) and not kind.pointer and not kind.dims:
        return "int"
    return kind.name if is_number(kind) else None


def _comparison(ctx: Context, expr: Expr, left: Kind, right: Kind) -> None:
    if left is None or right is None:
        return
    if NULL in {left, right}:
        side = left if right == NULL else right
        if is_number(side) or ctx.tables.is_enum(side.name):
            ctx.note("PS10A", expr.place)
        return
    if is_string(left) != is_string(right) and _plain(ctx, left, right):
        ctx.note("PS04A", expr.place, f"{left} compared with {right}")
    elif any(_is_code(ctx, *pair) for pair in zip(expr.args, (left, right), reversed(expr.args), strict=True)):
        ctx.note("PS04D", expr.place, "compared with a number: name the constant")
    elif ctx.tables.is_enum(left.name) and ctx.tables.is_enum(right.name) and left.name != right.name:
        ctx.note("PS04B", expr.place, f"{left} compared with {right}")
    elif is_number(left) and is_number(right):
        _signs(ctx, expr, left.name, right.name)


def _is_code(ctx: Context, expr: Expr, kind: TypeRef, other: Expr) -> bool:
    """An enumeration, return code or error number beside a number of some meaning."""
    code = ctx.tables.is_enum(kind.name) or called(expr) == "GetLastError" or expr.text == "retcode"
    value = constant(other)
    return code and value is not None and (value != 0 or ctx.tables.is_enum(kind.name))


def _signs(ctx: Context, expr: Expr, left: str, right: str) -> None:
    """A signed and an unsigned number of which the unsigned one is not narrower: the signed one changes."""
    if {left, right} & REALS or any(_small(arg) for arg in expr.args):
        return
    unsigned = [name for name in (left, right) if name in UNSIGNED and WIDTHS[name] >= 4]
    signed = [name for name in (left, right) if name not in UNSIGNED]
    if unsigned and signed and WIDTHS[unsigned[0]] >= WIDTHS[signed[0]]:
        ctx.note("PS04E", expr.place, f"{left} {expr.text} {right}: cast one of them")


def _small(expr: Expr) -> bool:
    value = constant(expr)
    return isinstance(value, int) and value >= 0


def _shift(ctx: Context, expr: Expr, left: Kind) -> None:
    count, value = constant(expr.args[1]), constant(expr.args[0])
    width = 8 * max(4, WIDTHS.get(left.name, 8)) if left is not None else 64
    if isinstance(count, int) and not 0 <= count < width:
        ctx.note("PS12A", expr.place)
    negative = (isinstance(value, int) and value < 0) or _negated(expr.args[0])
    if expr.text == "<<" and negative:
        ctx.note("PS12B", expr.place)


def _negated(expr: Expr) -> bool:
    while expr.kind is E.UNARY and expr.text == "()":
        expr = expr.args[0]
    return expr.kind is E.UNARY and expr.text == "-"


def _precedence(ctx: Context, expr: Expr) -> None:
    inner = {arg.text for arg in expr.args if arg.kind is E.BINARY}
    mixed = (
        (expr.text == "||" and "&&" in inner)
        or (expr.text in _SHIFTS and inner & {"+", "-"})
        or (expr.text in _BITS and inner & _COMPARISONS)
    )
    if mixed:
        ctx.note("ML24", expr.place, f"put the operand of {expr.text} in parentheses")


def check_unary(ctx: Context, expr: Expr, kind: Kind) -> Kind:
    """Apply the rules to a prefix or postfix operation and tell its type."""
    if expr.text in {"++", "--"}:
        check_write(ctx, expr.args[0])
        if kind is not None and kind.pointer:
            ctx.note("ML06", expr.place)
        return kind
    if expr.text == "!":
        return BOOL
    if expr.text in {"-", "~", "+"} and kind is not None:
        name = _number_name(ctx, kind)
        return TypeRef(arithmetic(name, "int")) if name else None
    return kind


def check_assign(ctx: Context, expr: Expr, left: Kind, right: Kind) -> Kind:
    """Apply the rules to = and its relatives; the type is that of the left side."""
    target, value = expr.args
    check_write(ctx, target)
    if left is None or right is None:
        return left
    if expr.text == "=":
        convert(ctx, left, value, right)
    elif left.pointer:
        ctx.note("ML06", expr.place)
    elif expr.text in {"<<=", ">>="}:
        _shift(ctx, expr, left)
    elif is_string(left):
        convert(ctx, left, value, right)
    elif is_number(left):
        _compound(ctx, expr, left, right)
    return left


def _compound(ctx: Context, expr: Expr, left: TypeRef, right: TypeRef) -> None:
    if left.name == "datetime":
        ctx.note("PS09B", expr.place)
    elif left.name != right.name:
        convert(ctx, left, expr.args[1], right)


def check_write(ctx: Context, target: Expr) -> None:
    """An input is read-only."""
    if target.kind is E.NAME:
        meaning = ctx.lookup(target.text, target.place)
        if meaning is not None and meaning.variable is not None and meaning.variable.input:
            ctx.note("ML23", place_of(target), f"{target.text} is an input")


def allow_forms(ctx: Context, expr: Expr) -> None:
    """Mark `StringToCharArray(...) - 1`, the one place where that call stands well."""
    if expr.text == "-" and called(expr.args[0]) == "StringToCharArray" and constant(expr.args[1]) == 1:
        ctx.allowed.add(expr.args[0].place)
