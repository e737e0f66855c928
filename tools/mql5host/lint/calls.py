"""Rules about calls: who is called, with how many arguments, of which kind; constructors too."""

from collections.abc import Sequence

from mql5host.api import ANY, Signature
from mql5host.lint.context import Context, called
from mql5host.lint.conversions import convert
from mql5host.lint.numbers import arithmetic, constant, is_number
from mql5host.lint.parse_expr import place_of
from mql5host.lint.source import Place
from mql5host.lint.special import REPLACED, SPECIAL
from mql5host.lint.syntax import E, Expr, Function, TypeRef

Kind = TypeRef | None

# The type of the result is that of the arguments, whatever the reference's page says of double.
_GENERIC = frozenset({"MathMax", "MathMin", "MathAbs", "MathSwap"})


def check_call(ctx: Context, expr: Expr, types: Sequence[Kind]) -> Kind:
    """Apply the rules to a call of a free function, method or constructor by name, and tell its type."""
    callee, args = expr.args[0], expr.args[1:]
    name = called(expr)
    if callee.of is not None or not name:
        return None
    if name in SPECIAL:
        SPECIAL[name](ctx, expr, types)
    meaning = ctx.lookup(callee.text, callee.place)
    if meaning is not None and meaning.functions:
        return check_functions(ctx, meaning.functions, args, types, place=expr.place)
    made = TypeRef(name.rpartition("::")[2])
    if ctx.tables.is_struct(made.name) or name in ctx.template or ctx.tables.is_enum(name):
        check_construction(ctx, made, args, types, expr.place)
        if not ctx.tables.is_enum(made.name):
            ctx.note("ML28", callee.place)
        return made
    overloads = ctx.tables.signatures(name)
    if overloads:
        return _api_call(ctx, name, overloads, expr, types)
    if (meaning is None or meaning.type is not None) and name not in REPLACED:
        ctx.note("PS15A", callee.place, f"unknown function {name} ({len(args)} arguments)")
    return None


def check_functions(
    ctx: Context,
    functions: Sequence[Function],
    args: Sequence[Expr],
    types: Sequence[Kind],
    *,
    place: Place,
) -> Kind:
    """Choose among the project's overloads by the number of arguments; the type is None when several remain."""
    name, count = functions[0].name, len(args)
    fitting = [f for f in functions if f.arity[0] <= count <= f.arity[1]]
    if not fitting:
        wanted = sorted({f.arity for f in functions})
        ctx.note("PS15B", place, f"{name} takes {wanted} arguments, not {count}")
        return None
    one = fitting[0]
    if _alike(fitting) and not one.template:
        for param, arg, actual in zip(one.params, args, types, strict=False):
            _check_argument(ctx, param.type, arg, actual)
    returns = {f.returns for f in fitting}
    return one.returns if len(returns) == 1 and not one.template else None


def _check_argument(ctx: Context, target: TypeRef, arg: Expr, actual: Kind) -> None:
    """One argument: it converts, and a reference is made to something that has an address."""
    if target.reference and not target.dims and not _is_variable(arg):
        ctx.note("ML26", place_of(arg))
    convert(ctx, target, arg, actual, call=True)


def _is_variable(arg: Expr) -> bool:
    if arg.kind is E.WORD:
        return arg.text == "this"
    return arg.kind in {E.NAME, E.MEMBER, E.INDEX}


def check_construction(ctx: Context, of: TypeRef, args: Sequence[Expr], types: Sequence[Kind], place: Place) -> None:
    """An object is made: some constructor takes the arguments, and one without arguments takes none at all."""
    if not ctx.tables.is_known(of) or of.name in ctx.api.structs:
        return
    member = ctx.tables.own_member(of.name, of.name)
    if member is None:
        if args and not (len(args) == 1 and types[0] is not None and types[0].name == of.name):
            ctx.note("PS15B", place, f"{of.name} has no constructor with arguments")
        return
    if args:
        template = ctx.tables.classes[of.name].template
        check_functions(ctx, member.methods, args, [None] * len(args) if template else types, place=place)
    elif all(f.params for f in member.methods):
        ctx.note("ML27", place, f"{of.name} has no constructor without parameters")


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
            target = TypeRef(param.type, dims=int(param.array), reference=param.reference)
            _check_argument(ctx, target, arg, actual)
        value = constant(arg)
        if "flags" in param.name and value is not None and value != 0:
            ctx.note("PS04D", place_of(arg), f"{param.name} by number: name the flags")
