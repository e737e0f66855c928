"""Rules about declarations: names, variables, functions, classes, and the unit as a whole."""

import re
from collections.abc import Collection, Iterator, Sequence

from mql5host.api import Param as ApiParam
from mql5host.api import Signature
from mql5host.lint.context import Context
from mql5host.lint.cursor import BUILTIN, CPP_WORDS
from mql5host.lint.numbers import is_number
from mql5host.lint.source import Place
from mql5host.lint.syntax import Class, Declarator, E, Enumeration, Expr, Function, Param, TypeRef, Variables
from mql5host.lint.tables import Tables

_POINTER_NAME = re.compile(r"[mgs]_p[A-Z_]|p_\w")
_BAD_PARAMETERS = frozenset({"in", "out", "inout", "ref", "near", "far", "min", "max"})
_ZEROED = frozenset({"MqlTradeRequest", "MqlTradeResult", "MqlTradeCheckResult"})
_LONGEST_NAME = 63


# -- names -----------------------------------------------------------------------------------------------------


def check_name(ctx: Context, name: str, place: Place) -> None:
    """Any declared identifier."""
    if name in CPP_WORDS or name in ctx.api.reserved_words:
        ctx.note("PS16A", place, f"{name} is a reserved word")
    if len(name) > _LONGEST_NAME:
        ctx.note("PS16C", place)


def hides(ctx: Context, name: str, place: Place) -> None:
    """MetaEditor warns when a local or a parameter hides another variable."""
    if ctx.local(name) is not None:
        ctx.note("ML20", place, f"{name} hides a local or a parameter")
    elif ctx.owner and (member := ctx.tables.member(ctx.owner_type(), name)) is not None and member.variable:
        ctx.note("ML20", place, f"{name} hides a member of {ctx.owner}")
    elif name in ctx.tables.globals:
        ctx.note("ML20", place, f"{name} hides a global variable")


# -- variables -------------------------------------------------------------------------------------------------


def check_local(ctx: Context, item: Variables, d: Declarator) -> None:
    """A variable inside a function."""
    check_variable(ctx, d)
    scalar = not d.dims and (is_number(d.type) or d.type.pointer or ctx.tables.is_enum(d.type.name))
    if scalar and d.init is None and d.ctor is None and not item.static:
        ctx.note("PS06B", d.place, f"{d.name} has no initial value")
    if d.type.name in _ZEROED and not d.dims and d.init is None:
        ctx.note("PS06A", d.place, f"{d.type.name} {d.name}={{}};")


def check_variable(ctx: Context, d: Declarator) -> None:
    """Any variable or member."""
    check_pointer(ctx, d.name, d.type, d.place)
    if d.init is not None and d.init.kind is E.LIST:
        _check_list(ctx, d, d.init)
    for dim in d.dims:
        if dim is not None and not _is_constant(ctx, dim):
            ctx.note("ML18", d.place)


def _check_list(ctx: Context, d: Declarator, init: Expr) -> None:
    if len(d.dims) > 1 and any(item.kind is E.LIST for item in init.args):
        ctx.note("PS03C", d.place)
    zeros = [item for item in init.args if item.kind is E.INT and item.text == "0"]
    if not d.dims and len(init.args) == 1 and zeros:
        ctx.note("PS06A", d.place)


def check_constant(ctx: Context, init: Expr) -> None:
    """Initial value of a global or static variable."""
    if init.kind in {E.CALL, E.NEW}:
        ctx.note("ML29", init.place)
    for arg in init.args:
        check_constant(ctx, arg)


def _is_constant(ctx: Context, dim: Expr) -> bool:
    if dim.kind is not E.NAME:
        return all(_is_constant(ctx, arg) for arg in dim.args)
    meaning = ctx.lookup(dim.text, dim.place)
    return meaning is None or meaning.variable is None or meaning.variable.const


def check_pointer(ctx: Context, name: str, kind: TypeRef, place: Place) -> None:
    """A pointer has a prefix and points to an object of a class."""
    if not kind.pointer:
        return
    if name and not _POINTER_NAME.match(name):
        ctx.note("PS02B", place, f"{name} is a pointer")
    if kind.name in BUILTIN - {"void"} or (ctx.tables.has_type(kind.name) and not ctx.tables.is_class(kind.name)):
        ctx.note("ML19", place, f"{kind.name} is no class")


# -- functions -------------------------------------------------------------------------------------------------


def check_function(ctx: Context, item: Function) -> None:
    """The head of a function."""
    if not item.name.startswith(("operator", "~")):
        check_name(ctx, item.name, item.place)
    if not (item.owner or ctx.owner) and item.name in ctx.api.functions:
        ctx.note("PS16D", item.place, f"{item.name} is a function of the API")
    if ctx.tables.is_class(item.returns.name) and not item.returns.pointer:
        ctx.note("ML15", item.place, f"{item.name} returns an object of {item.returns.name}")
    for param in item.params:
        _check_parameter(ctx, item, param)
    if item.name in ctx.api.handlers and not item.owner and not ctx.owner:
        _check_handler(ctx, item)


def _check_parameter(ctx: Context, item: Function, param: Param) -> None:
    check_name(ctx, param.name, param.place)
    if param.name in _BAD_PARAMETERS:
        ctx.note("PS16B", param.place, f"a parameter called {param.name}")
    kind = param.type
    check_pointer(ctx, param.name, kind, param.place)
    if kind.dims and (not kind.reference or param.dims != (None,)):
        ctx.note("PS03B", param.place)
    if kind.dims and item.template:
        ctx.note("PS03D", param.place)
    if not (kind.dims or kind.pointer or kind.reference) and ctx.tables.is_struct(kind.name):
        ctx.note("ML15", param.place, f"{kind.name} {param.name}")


def _check_handler(ctx: Context, item: Function) -> None:
    signatures = ctx.api.handlers[item.name]
    if not any(_fits_handler(item, signature) for signature in signatures):
        wanted = signatures[0]
        params = ", ".join(map(_written, wanted.params))
        ctx.note("ML14", item.place, f"{wanted.returns} {item.name}({params})")


def _fits_handler(item: Function, wanted: Signature) -> bool:
    have = [(p.type.name, p.type.const, p.type.reference) for p in item.params]
    want = [(p.type, p.const, p.reference) for p in wanted.params]
    return item.returns.name == wanted.returns and have == want


def _written(param: ApiParam) -> str:
    return f"{'const ' if param.const else ''}{param.type} {'&' if param.reference else ''}{param.name}"


def check_overloads(ctx: Context, functions: Sequence[Function]) -> None:
    """Functions of one name in one place: no two may differ in number types only."""
    for i, one in enumerate(functions):
        for other in functions[:i]:
            if _ambiguous(ctx.tables, one.params, other.params):
                ctx.note("PS09A", one.place, f"{one.name} differs from an overload in number types only")
                break


def _ambiguous(tables: Tables, left: Sequence[Param], right: Sequence[Param]) -> bool:
    if len(left) != len(right):
        return False
    pairs = [(a.type, b.type) for a, b in zip(left, right, strict=True) if _bare(a.type) != _bare(b.type)]
    return bool(pairs) and all(_convertible(tables, a) and _convertible(tables, b) for a, b in pairs)


def _bare(kind: TypeRef) -> TypeRef:
    return kind._replace(const=False)


def _convertible(tables: Tables, kind: TypeRef) -> bool:
    """Whether arguments of other number types are converted to it."""
    number = is_number(kind) or (tables.is_enum(kind.name) and not kind.dims)
    return number and (kind.const or not kind.reference)


# -- classes and the unit --------------------------------------------------------------------------------------


def check_class(ctx: Context, item: Class) -> None:
    """The head of a class and what its members are together."""
    check_name(ctx, item.name, item.place)
    if item.base is not None:
        ctx.check_type(item.base, item.place)
    methods = [m for m in item.members if isinstance(m, Function)]
    virtual = [m for m in methods if "virtual" in m.words]
    if virtual and item.kind in {"struct", "union"}:
        ctx.note("ML22", virtual[0].place)
    destructor = next((m for m in methods if m.name.startswith("~")), None)
    polymorphic = bool(virtual) or item.name in ctx.tables.bases
    needs = item.kind == "class" and polymorphic and item.base is None
    if needs and (destructor is None or "virtual" not in destructor.words):
        ctx.note("PS07C", item.place, f"{item.name} has no virtual destructor")
    for name in {m.name for m in methods}:
        check_overloads(ctx, [m for m in methods if m.name == name])
    for member in item.members:
        if isinstance(member, Variables):
            _check_fields(ctx, item, member)


def _check_fields(ctx: Context, item: Class, fields: Variables) -> None:
    for d in fields.names:
        check_name(ctx, d.name, d.place)
        check_variable(ctx, d)
        if fields.static and (item.name, d.name) not in ctx.tables.static_definitions:
            ctx.note("ML25", d.place, f"{item.name}::{d.name} is not defined")


def check_definitions(ctx: Context) -> None:
    """What is declared is defined, and what is defined outside a class is declared in it."""
    functions = [(f, f.owner or owner) for f, owner in ctx.tables.flat if isinstance(f, Function)]
    bodies = {(owner, f.name, _shape(f)) for f, owner in functions if _has_body(f)}
    declared = {(owner, f.name, _shape(f)) for f, owner in functions if not f.owner}
    for f, owner in functions:
        if f.owner and owner in ctx.tables.classes:
            _check_definition(ctx, f, declared)
        elif not _has_body(f) and not {"pure", "delete"} & f.words and (owner, f.name, _shape(f)) not in bodies:
            ctx.note("PS15G", f.place, f"{f.name} has no body")


def _check_definition(ctx: Context, item: Function, declared: Collection[tuple[str, str, object]]) -> None:
    if ctx.tables.classes[item.owner].template:
        ctx.note("ML04", item.place)
    elif (item.owner, item.name, _shape(item)) not in declared:
        ctx.note("PS15F", item.place, f"{item.owner} declares no {item.name} with these parameters")


def _shape(item: Function) -> object:
    return tuple(p.type for p in item.params), "const_method" in item.words


def _has_body(item: Function) -> bool:
    return item.body is not None or item.skipped


def check_enumeration(ctx: Context, item: Enumeration) -> None:
    for name, place, _ in item.members:
        check_name(ctx, name, place)


def check_meanings(ctx: Context) -> None:
    """One meaning an identifier: what is a pointer anywhere is a pointer everywhere."""
    seen: dict[str, tuple[bool, Place]] = {}
    for name, pointer, place in _declared(ctx.tables):
        first = seen.setdefault(name, (pointer, place))
        if first[0] != pointer:
            where = f"{first[1].path.name}:{first[1].line}"
            ctx.note("PS02A", place, f"{name} is {'a' if pointer else 'no'} pointer here, otherwise in {where}")


def _declared(tables: Tables) -> Iterator[tuple[str, bool, Place]]:
    for item, _ in tables.flat:
        if isinstance(item, Variables):
            yield from ((d.name, d.type.pointer, d.place) for d in item.names)
        elif isinstance(item, Function):
            yield item.name, item.returns.pointer, item.place
            yield from ((p.name, p.type.pointer, p.place) for p in item.params if p.name)
            if item.body is not None:
                yield from _locals(item.body)


def _locals(statement: object) -> Iterator[tuple[str, bool, Place]]:
    declared = getattr(statement, "declared", None)
    if isinstance(declared, Variables):
        yield from ((d.name, d.type.pointer, d.place) for d in declared.names)
    for inner in getattr(statement, "body", ()):
        yield from _locals(inner)
