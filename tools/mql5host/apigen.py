"""
The API table as a C++ header: enumerations, constants, structures and every function with a plain signature.

Functions that take any type, or arguments without end, are written by hand in cpp/functions.hpp and
cpp/format.hpp; the table's own signatures cannot drift from what the program is compiled against.
"""

from collections.abc import Iterator

from mql5host import api

TYPES = {"long": "mq_long"}
"""MQL5 types whose C++ name differs."""

_BY_HAND = frozenset({"MathAbs", "MathMax", "MathMin", "fabs", "fmax", "fmin", "ArrayInitialize"})
_READ_ONLY = frozenset({"CharArrayToString", "ShortArrayToString"})
"""Functions that only read their array although the reference writes it without const."""
_PREPROCESSOR = "__"


def header(table: api.Api) -> str:
    """Text of the generated header."""
    lines = [
        "// Generated from the API table.",
        "#ifndef MQL5HOST_API_HPP",
        "#define MQL5HOST_API_HPP",
        '#include "array.hpp"',
        *_undefined(table),
        "namespace mql5 {",
        *_enums(table),
        *_constants(table),
        *_structs(table),
        *_variables(table),
        *_functions(table),
        "}  // namespace mql5",
        "#endif",
    ]
    return "\n".join(lines) + "\n"


def _undefined(table: api.Api) -> Iterator[str]:
    """Names that a system header may have made macros of."""
    names = [*table.constants, *table.enum_of_member, *table.functions]
    return (f"#undef {name}" for name in names if not name.startswith(_PREPROCESSOR))


def _enums(table: api.Api) -> Iterator[str]:
    for name, members in table.enums.items():
        yield f"enum {name} : int {{ {', '.join(f'{m} = {_integer(v)}' for m, v in members.items())} }};"


def _constants(table: api.Api) -> Iterator[str]:
    for name, (type_, value) in table.constants.items():
        if name.startswith(_PREPROCESSOR) or name in table.enum_of_member or isinstance(value, str):
            continue
        literal = _integer(value) if isinstance(value, int) else repr(value)
        yield f"static const {cpp_type(type_)} {name} = static_cast<{cpp_type(type_)}>({literal});"


def _integer(value: int) -> str:
    if value == -(2**63):
        return "(-9223372036854775807LL - 1)"
    return f"{value}ULL" if value >= 2**63 else f"{value}LL" if abs(value) >= 2**31 else str(value)


def _structs(table: api.Api) -> Iterator[str]:
    for name, fields in table.structs.items():
        yield f"struct {name} {{ {' '.join(f'{cpp_type(f.type)} {f.name};' for f in fields)} }};"


def _variables(table: api.Api) -> Iterator[str]:
    return (f"extern {cpp_type(type_)} {name};" for name, type_ in table.variables.items())


def _functions(table: api.Api) -> Iterator[str]:
    for name, signatures in table.functions.items():
        if name in _BY_HAND or not all(map(_plain, signatures)):
            continue
        for signature in signatures:
            params = ", ".join(_param(p._replace(const=p.const or (p.array and name in _READ_ONLY))) for p in signature.params)
            yield f"{cpp_type(signature.returns)} {name}({params});"


def _plain(signature: api.Signature) -> bool:
    return not signature.variadic and not any(p.type == api.ANY or p.pointer for p in signature.params)


def _param(param: api.Param) -> str:
    type_ = cpp_type(param.type)
    if param.array:
        return f"{'CARef' if param.const else 'ARef'}<{type_}> {param.name}"
    if param.reference and not param.const:
        type_ = f"{type_} &"
    elif param.type == "string" or param.reference:
        type_ = f"const {type_} &"
    default = "" if param.default is None else f" = {param.default}"
    return f"{type_} {param.name}{default}"


def cpp_type(name: str) -> str:
    """C++ name of an MQL5 type."""
    return TYPES.get(name, name)
