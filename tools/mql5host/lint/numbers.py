"""What is known about the number types of MQL5: widths, the type of an operation, what a conversion can lose."""

import operator
from collections.abc import Callable

from mql5host.lint.syntax import E, Expr, TypeRef

WIDTHS = {
    "bool": 1, "char": 1, "uchar": 1, "short": 2, "ushort": 2, "int": 4, "uint": 4, "color": 4,
    "long": 8, "ulong": 8, "datetime": 8,
}  # fmt: skip
REALS = frozenset({"float", "double"})
UNSIGNED = frozenset({"bool", "uchar", "ushort", "uint", "color", "ulong"})
INT, DOUBLE, BOOL, STRING = TypeRef("int"), TypeRef("double"), TypeRef("bool"), TypeRef("string")

# Whole numbers that a double holds exactly, and a float.
_EXACT = {"double": 2**53, "float": 2**24}
_FOLD: dict[str, Callable[[int, int], int]] = {
    "&": operator.and_,
    "|": operator.or_,
    "^": operator.xor,
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "<<": lambda a, b: a << min(max(b, 0), 64),
    ">>": lambda a, b: a >> max(b, 0),
}


def is_number(kind: TypeRef | None) -> bool:
    """Whether a value of this type is a number, boolean, colour or time."""
    return kind is not None and not kind.pointer and not kind.dims and (kind.name in WIDTHS or kind.name in REALS)


def is_string(kind: TypeRef | None) -> bool:
    return kind is not None and kind.name == "string" and not kind.dims


def limits(name: str) -> tuple[int, int]:
    """Smallest and largest value of an integer type."""
    bits = 8 * WIDTHS[name]
    return (0, 2**bits - 1) if name in UNSIGNED else (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1)


def constant(expr: Expr) -> int | float | None:
    """Value of an expression that is made of literals only."""
    if expr.kind is E.INT:
        return _integer(expr.text)
    if expr.kind is E.REAL:
        return float(expr.text.rstrip("fFlLdD_"))
    if expr.kind is E.CHAR:
        return _character(expr.text)
    if expr.kind is E.UNARY and (value := constant(expr.args[0])) is not None:
        return _unary(expr.text, value)
    if expr.kind is E.BINARY and expr.text in _FOLD:
        left, right = constant(expr.args[0]), constant(expr.args[1])
        if isinstance(left, int) and isinstance(right, int):
            return _FOLD[expr.text](left, right)
    return None


def _integer(text: str) -> int | None:
    try:
        return int(text, 0) if text[:2] in {"0x", "0X"} else int(text)
    except ValueError:
        return None


def _character(text: str) -> int | None:
    inner = text[1:-1]
    escapes = {"\\n": 10, "\\r": 13, "\\t": 9, "\\0": 0, "\\\\": 92, "\\'": 39, '\\"': 34}
    if inner in escapes:
        return escapes[inner]
    if inner[:2] in {"\\x", "\\X"}:
        return int(f"0{inner[1:]}", 0)
    return ord(inner) if len(inner) == 1 else None


def _unary(sign: str, value: float) -> int | float | None:
    if sign == "-":
        return -value
    if sign == "~" and isinstance(value, int):
        return ~value
    return value if sign in {"+", "()"} else None


def literal_type(expr: Expr) -> TypeRef | None:
    """Type of a literal by its kind and size."""
    if expr.kind is E.INT:
        value = _integer(expr.text) or 0
        fitting = (name for name in ("int", "uint", "long", "ulong") if value <= limits(name)[1])
        return TypeRef(next(fitting, "ulong"))
    return {E.REAL: DOUBLE, E.STRING: STRING, E.CHAR: TypeRef("ushort")}.get(expr.kind)


def arithmetic(left: str, right: str) -> str:
    """Type of + - * / % of two number types."""
    for name in ("double", "float", "ulong"):
        if name in {left, right}:
            return name
    if {"long", "datetime"} & {left, right}:
        return "long"
    return "uint" if {"uint", "color"} & {left, right} else "int"


def bitwise(left: Expr, right: Expr, a: str, b: str) -> str:
    """Type of & | ^: as narrow as the operands show the result to be."""
    if a == b:
        return a
    for kind, other in ((a, right), (b, left)):
        value = constant(other)
        if kind in WIDTHS and isinstance(value, int) and fits(value, kind):
            return kind
    return arithmetic(a, b)


def fits(value: float, target: str) -> bool:
    """Whether a constant keeps its value in a type."""
    if target == "bool":
        return True
    if target in REALS:
        return isinstance(value, float) or abs(value) <= _EXACT[target]
    low, high = limits(target)
    return isinstance(value, int) and low <= value <= high


def loses(target: str, actual: str) -> bool:
    """Whether some value of `actual` changes in `target`; a mere change of sign is not counted."""
    if target in {"bool", actual}:
        return False
    if actual in REALS:
        return target != "double"
    if target in REALS:
        return WIDTHS[actual] > (2 if target == "float" else 4)
    return WIDTHS[actual] > WIDTHS[target]
