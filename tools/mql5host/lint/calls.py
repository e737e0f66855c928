"""Rules about calls: who is called, with how many arguments, of which kind."""

from collections.abc import Callable, Sequence

from mql5host.api import ANY, Signature
from mql5host.lint.context import Context, called, same
from mql5host.lint.conversions import convert
from mql5host.lint.formats import check_format
from mql5host.lint.numbers import arithmetic, constant, is_number
from mql5host.lint.parse_expr import place_of
from mql5host.lint.syntax import E, Expr, Function, TypeRef

Kind = TypeRef | None

# The type of the result is that of the arguments, whatever the reference's page says of double.
_GENERIC = frozenset({"MathMax", "MathMin", "MathAbs", "MathSwap"})

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


def check_call(ctx: Context, expr: Expr, types: Sequence[Kind]) -> Kind:
    """Apply the rules to a call of a free function, method or constructor by name, and tell its type."""
    callee, args = expr.args[0], expr.args[1:]
    name = called(expr)
    if callee.of is not None or not name:
        return None
    if name in _SPECIAL:
        _SPECIAL[name](ctx, expr, types)
    meaning = ctx.lookup(callee.text, callee.place)
    if meaning is not None and meaning.functions:
        return check_functions(ctx, name, meaning.functions, expr, types)
    if ctx.tables.is_struct(name.rpartition("::")[2]) or name in ctx.template or ctx.tables.is_enum(name):
        return TypeRef(name.rpartition("::")[2])
    overloads = ctx.tables.signatures(name)
    if overloads:
        return _api_call(ctx, name, overloads, expr, types)
    if (meaning is None or meaning.type is not None) and name not in _REPLACED:
        ctx.note("PS15A", callee.place, f"unknown function {name} ({len(args)} arguments)")
    return None


def check_functions(ctx: Context, name: str, functions: Sequence[Function], expr: Expr, types: Sequence[Kind]) -> Kind:
    """Choose among the project's overloads by the number of arguments; the type is None when several remain."""
    count = len(expr.args) - 1
    fitting = [f for f in functions if f.arity[0] <= count <= f.arity[1]]
    if not fitting:
        wanted = sorted({f.arity for f in functions})
        ctx.note("PS15B", expr.place, f"{name} takes {wanted} arguments, not {count}")
        return None
    one = fitting[0]
    if len({f.params for f in fitting}) == 1 or _alike(fitting):
        for param, arg, actual in zip(one.params, expr.args[1:], types, strict=False):
            if not one.template:
                convert(ctx, param.type, arg, actual, call=True)
    returns = {f.returns for f in fitting}
    return one.returns if len(returns) == 1 and not one.template else None


def _alike(functions: Sequence[Function]) -> bool:
    """A prototype and its definition."""
    return len({tuple(p.type for p in f.params) for f in functions}) == 1


def _api_call(ctx: Context, name: str, overloads: Sequence[Signature], expr: Expr, types: Sequence[Kind]) -> Kind:
    args = expr.args[1:]
    fitting = [s for s in overloads if s.accepts(len(args))]
    if not fitting:
        wanted = sorted({s.arity for s in overloads}, key=str)
        ctx.note("PS15B", expr.place, f"{name} takes {wanted} arguments, not {len(args)}")
        return None
    if name in _GENERIC:
        return _generic(types)
    if len(fitting) == 1:
        _api_arguments(ctx, fitting[0], args, types)
    returns = {s.returns for s in fitting}
    return TypeRef(returns.pop()) if len(returns) == 1 else None


def _generic(types: Sequence[Kind]) -> Kind:
    known = [kind.name for kind in types if kind is not None and is_number(kind)]
    if len(known) != len(types):
        return None
    return TypeRef(known[0]) if len(set(known)) == 1 else TypeRef(arithmetic(known[0], known[-1]))


def _api_arguments(ctx: Context, signature: Signature, args: Sequence[Expr], types: Sequence[Kind]) -> None:
    for param, arg, actual in zip(signature.params, args, types, strict=False):
        if param.type != ANY and not param.pointer:
            target = TypeRef(param.type, dims=int(param.array))
            if not (param.reference and not param.const and not param.array):
                convert(ctx, target, arg, actual, call=True)
        value = constant(arg)
        if "flags" in param.name and value is not None and value != 0:
            ctx.note("PS04D", place_of(arg), f"{param.name} by number: name the flags")


# -- functions with a rule of their own ------------------------------------------------------------------------


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


_SPECIAL: dict[str, Callable[[Context, Expr, Sequence[Kind]], None]] = {
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
_REPLACED = frozenset({"GetTickCount", "EnumToString"})


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


def check_ignored(ctx: Context, expr: Expr) -> None:
    """A call that stands as a statement though its result tells whether it worked."""
    name = called(expr)
    shrinks = name == "ArrayResize" and len(expr.args) > 2 and _is_shrinking(expr.args[2])
    if (name in MUST_LOOK or name == "ArrayResize") and not shrinks and not ctx.tables.functions.get(name):
        ctx.note("ML13", place_of(expr), f"the result of {name} is ignored")
