"""Where a rule stands when it looks at an expression: scopes, class, and what a name means there."""

from typing import NamedTuple

from mql5host.lint.cursor import BUILTIN, CPP_TYPES
from mql5host.lint.rules import RULES
from mql5host.lint.source import Place, Report
from mql5host.lint.syntax import E, Expr, Function, TypeRef
from mql5host.lint.tables import Tables, Variable

NULL = TypeRef("NULL")
VOID = TypeRef("void")


class Meaning(NamedTuple):
    """What a name stands for: a variable, methods or functions, or a type; `type` is None where it is unknown."""

    type: TypeRef | None
    functions: tuple[Function, ...] = ()
    variable: Variable | None = None


class Context:
    """The place in the unit that is looked at."""

    def __init__(self, tables: Tables, report: Report) -> None:
        self.tables = tables
        self.api = tables.api
        self._report = report
        self.scopes: list[dict[str, Variable]] = []
        self.owner = ""
        self.index = 0
        self.returns: TypeRef | None = None
        self.template: frozenset[str] = frozenset()
        self.allowed: set[Place] = set()  # calls whose form an enclosing expression has found right

    def note(self, rule: str, place: Place, message: str = "") -> None:
        """Report a finding."""
        self._report(place, rule, message or RULES[rule])

    # -- scopes ------------------------------------------------------------------------------------------------

    def declare(self, name: str, variable: Variable) -> None:
        """Put a name into the innermost scope."""
        if self.scopes:
            self.scopes[-1][name] = variable

    def local(self, name: str) -> Variable | None:
        """The local variable or parameter of this name."""
        return next((scope[name] for scope in reversed(self.scopes) if name in scope), None)

    def owner_type(self) -> TypeRef:
        return TypeRef(self.owner)

    # -- names -------------------------------------------------------------------------------------------------

    def lookup(self, name: str, place: Place) -> Meaning | None:
        """Meaning of a name used as a value; None if it has none (not reported)."""
        name = name.removeprefix("::")
        if "::" in name:
            return self._qualified(name, place)
        variable = self.local(name)
        if variable is not None:
            return Meaning(variable.type, variable=variable)
        if self.owner and (member := self.tables.member(self.owner_type(), name)) is not None:
            return Meaning(member.variable.type if member.variable else None, member.methods, member.variable)
        return self._global(name, place) or self._of_api(name)

    def _qualified(self, name: str, place: Place) -> Meaning | None:
        first, _, last = name.rpartition("::")
        first = first.rpartition("::")[2]
        if self.tables.is_struct(first):
            member = self.tables.member(TypeRef(first), last)
            if member is not None:
                self._statically(first, member.methods, place)
                return Meaning(member.variable.type if member.variable else None, member.methods, member.variable)
            return Meaning(None) if not self.tables.is_known(TypeRef(first)) else self._global(last, place)
        if self.tables.is_enum(first):
            return Meaning(TypeRef(first))
        return self._global(last, place) if first in self.tables.namespaces else None

    def _statically(self, owner: str, methods: tuple[Function, ...], place: Place) -> None:
        if any("static" not in f.words for f in methods) and not self.tables.derives(self.owner, owner):
            self.note("ML31", place)

    def _global(self, name: str, place: Place) -> Meaning | None:
        if name in self.tables.globals:
            variable = self.tables.globals[name]
            self.early(name, variable.declared, place)
            return Meaning(variable.type, variable=variable)
        if name in self.tables.enum_members:
            enum, index = self.tables.enum_members[name]
            self.early(name, index, place)
            return Meaning(TypeRef(enum or "int"))
        if name in self.tables.functions:
            found = self.tables.functions[name]
            self.early(name, min(f.index for f in found), place)
            return Meaning(None, tuple(found))
        return None

    def _of_api(self, name: str) -> Meaning | None:
        if name in self.api.constants:
            return Meaning(TypeRef(self.api.constants[name].type))
        if name in self.api.enum_of_member:
            return Meaning(TypeRef(self.api.enum_of_member[name]))
        if name in self.api.variables:
            return Meaning(TypeRef(self.api.variables[name]))
        return None

    def early(self, name: str, declared: int, place: Place) -> None:
        """Report a use that comes before the declaration."""
        if declared > self.index:
            self.note("PS01", place, f"{name} is used before it is declared")

    def check_type(self, of: TypeRef | None, place: Place) -> None:
        """Report a type that is not declared, or not yet."""
        if of is None or not of.name:
            return
        for arg in of.args:
            self.check_type(arg, place)
        name = of.name.rpartition("::")[2]
        if name in _BASIC or name in self.template or name in CPP_TYPES:
            return
        if name in self.tables.types:
            self.early(name, self.tables.types[name], place)
        elif not self.tables.has_type(name):
            self.note("PS15D", place, f"unknown type {name}")


_BASIC = BUILTIN | {"auto", "NULL"}


def same(left: Expr, right: Expr) -> bool:
    """Whether two expressions are written alike."""
    return (
        left.kind is right.kind
        and left.text == right.text
        and len(left.args) == len(right.args)
        and all(map(same, left.args, right.args))
    )


def called(expr: Expr) -> str:
    """Name of the free function that a call expression calls, empty for anything else."""
    if expr.kind is E.CALL and expr.args[0].kind is E.NAME:
        return expr.args[0].text.removeprefix("::")
    return ""
