"""Rules about single functions of the API: the form of the call, and whether its result is looked at."""

from collections.abc import Callable, Sequence

from mql5host.lint.context import Context, called, same
from mql5host.lint.formats import check_format
from mql5host.lint.numbers import constant
from mql5host.lint.parse_expr import place_of
from mql5host.lint.syntax import E, Expr, TypeRef

Kind = TypeRef | None

# Results that tell of a failure which the terminal reports in no other way.
MUST_LOOK = frozenset({
    "OrderSend", "OrderSendAsync", "OrderCheck", "SocketCreate", "SocketConnect", "SocketSend", "SocketRead", "FileOpen",
    "FileMove", "FileWriteArray", "FileReadArray", "EventSetTimer", "EventSetMillisecondTimer", "SymbolInfoTick",
    "CopyTicks", "CopyTicksRange", "CopyRates", "CryptEncode", "CryptDecode", "HistorySelect", "PositionSelectByTicket",
    "OrderSelect", "CheckPointer", "GetPointer",
})  # fmt: skip

_BYTE_COUNTS = frozenset({
    "SocketSend", "SocketTlsSend", "FileWriteArray", "ArrayCopy", "CharArrayToString", "StringToCharArray", "FileWriteString",
})  # fmt: skip


def _tick_count(ctx: Context, expr: Expr, _: Sequence[Kind]) -> None:
    ctx.note("PS14A", expr.args[0].place)


def _enum_to_string(ctx: Context, expr: Expr, _: Sequence[Kind]) -> None:
    ctx.note("PS08E", expr.args[0].place)


def _to_bytes(ctx: Context, expr: Expr, _: Sequence[Kind]) -> None:
    args = expr.args[1:]
    good = (
        len(args) == 5
        and constant(args[2]) == 0
        and args[3].text == "WHOLE_ARRAY"
        and args[4].text == "CP_UTF8"
        and expr.place in ctx.allowed
    )
    if not good:
        ctx.note("PS13A", place_of(expr))


def _from_bytes(ctx: Context, expr: Expr, _: Sequence[Kind]) -> None:
    args = expr.args[1:]
    if len(args) != 4 or args[3].text != "CP_UTF8":
        ctx.note("PS13A", place_of(expr), "CharArrayToString(buf, start, count, CP_UTF8)")


def _array_copy(ctx: Context, expr: Expr, _: Sequence[Kind]) -> None:
    args = expr.args[1:]
    if len(args) >= 2 and same(args[0], args[1]):
        ctx.note("PS11A", place_of(expr))


def _check_pointer(ctx: Context, expr: Expr, types: Sequence[Kind]) -> None:
    kind = types[0] if types else None
    if (kind is not None and not kind.pointer) or any(called(arg) == "GetPointer" for arg in expr.args[1:]):
        ctx.note("PS10B", place_of(expr))


def _array_resize(ctx: Context, expr: Expr, types: Sequence[Kind]) -> None:
    kind = types[0] if types else None
    if kind is not None and kind.name in {"uchar", "char"} and any(map(has_string_length, expr.args[2:])):
        ctx.note("PS13B", place_of(expr))


SPECIAL: dict[str, Callable[[Context, Expr, Sequence[Kind]], None]] = {
    "GetTickCount": _tick_count,
    "EnumToString": _enum_to_string,
    "StringToCharArray": _to_bytes,
    "CharArrayToString": _from_bytes,
    "ArrayCopy": _array_copy,
    "ArrayResize": _array_resize,
    "CheckPointer": _check_pointer,
    "StringFormat": check_format,
    "PrintFormat": check_format,
}
REPLACED = frozenset({"GetTickCount", "EnumToString"})


def check_byte_counts(ctx: Context, expr: Expr) -> None:
    """A character count where bytes are counted."""
    if called(expr) in _BYTE_COUNTS and any(map(has_string_length, expr.args[1:])):
        ctx.note("PS13B", place_of(expr))


def has_string_length(expr: Expr) -> bool:
    """Whether the expression is made with StringLen, outside a nested call of something else."""
    if expr.kind is E.CALL:
        return called(expr) == "StringLen"
    return any(map(has_string_length, expr.args))


def _is_shrinking(size: Expr) -> bool:
    """To nothing, or to something less some elements: memory is not asked for."""
    return constant(size) == 0 or (size.kind is E.BINARY and size.text == "-")


def check_statement(ctx: Context, expr: Expr) -> None:
    """An expression that stands as a statement: it does something, and its result is not missed."""
    if expr.kind not in {E.CALL, E.ASSIGN} and expr.text not in {"++", "--"}:
        ctx.note("ML30", place_of(expr))
    name = called(expr)
    shrinks = name == "ArrayResize" and len(expr.args) > 2 and _is_shrinking(expr.args[2])
    if (name in MUST_LOOK or name == "ArrayResize") and not shrinks and not ctx.tables.functions.get(name):
        ctx.note("ML13", place_of(expr), f"the result of {name} is ignored")
