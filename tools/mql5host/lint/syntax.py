"""The syntax tree of the subset: what the parser makes and the rules read. Values only, no behaviour."""

import enum
from dataclasses import dataclass
from typing import NamedTuple

from mql5host.lint.source import Place


class TypeRef(NamedTuple):
    """A type as written: name, template arguments, pointer or reference mark; `dims` counts array dimensions."""

    name: str
    args: "tuple[TypeRef, ...]" = ()
    pointer: bool = False
    reference: bool = False
    const: bool = False
    dims: int = 0

    def element(self) -> "TypeRef":
        return self._replace(dims=max(0, self.dims - 1))

    def __str__(self) -> str:
        args = f"<{','.join(map(str, self.args))}>" if self.args else ""
        return self.name + args + ("*" if self.pointer else "") + "[]" * self.dims


class E(enum.Enum):
    """Kind of an expression; what `text` and `args` hold is said here."""

    NAME = "name"  # text: the name, possibly qualified by ::
    INT = "integer"  # text: as written
    REAL = "real"
    STRING = "string"  # text: adjacent literals joined, quotes kept
    CHAR = "character"
    WORD = "word"  # true false NULL this
    CALL = "call"  # args: callee, arguments
    MEMBER = "member"  # text: name of the member, args: object
    INDEX = "index"  # args: array, index...
    UNARY = "unary"  # text: operator
    POSTFIX = "postfix"
    BINARY = "binary"
    ASSIGN = "assign"
    COND = "conditional"
    CAST = "cast"  # of: type, args: expression
    NEW = "new"  # of: type, args: arguments
    LIST = "list"  # {a, b}
    SIZEOF = "sizeof"


class Expr(NamedTuple):
    """One expression."""

    kind: E
    place: Place
    text: str = ""
    args: "tuple[Expr, ...]" = ()
    of: TypeRef | None = None


class Declarator(NamedTuple):
    """One declared name. `dims` has an entry a dimension, None for []; `ctor` the arguments in T x(...)."""

    name: str
    place: Place
    type: TypeRef
    dims: tuple[Expr | None, ...] = ()
    init: Expr | None = None
    ctor: tuple[Expr, ...] | None = None


@dataclass(frozen=True, slots=True)
class Variables:
    """A declaration of variables, members or inputs."""

    place: Place
    index: int
    names: tuple[Declarator, ...]
    static: bool = False
    const: bool = False
    input: bool = False
    owner: str = ""  # class of an out-of-class definition of a static member


class Param(NamedTuple):
    """One parameter of a function."""

    name: str
    place: Place
    type: TypeRef
    dims: tuple[Expr | None, ...] = ()
    default: Expr | None = None


@dataclass(frozen=True, slots=True)
class Function:
    """A function, method, constructor (`name` is the class) or destructor (`~name`); body None without one."""

    name: str
    place: Place
    index: int
    returns: TypeRef
    params: tuple[Param, ...]
    owner: str = ""
    template: tuple[str, ...] = ()
    words: frozenset[str] = frozenset()  # virtual static const override final pure delete
    bases: tuple[Expr, ...] = ()  # constructor initialisers, as calls
    body: "Stmt | None" = None
    skipped: bool = False  # there is a body, checked with an earlier unit

    @property
    def arity(self) -> tuple[int, int]:
        return sum(p.default is None for p in self.params), len(self.params)


@dataclass(frozen=True, slots=True)
class Class:
    """A class, structure or union. `defined` is False for a forward declaration."""

    kind: str
    name: str
    place: Place
    index: int
    base: TypeRef | None = None
    template: tuple[str, ...] = ()
    members: "tuple[Declaration, ...]" = ()
    defined: bool = True


@dataclass(frozen=True, slots=True)
class Enumeration:
    """An enumeration; `name` is empty for one without."""

    name: str
    place: Place
    index: int
    members: tuple[tuple[str, Place, Expr | None], ...]


@dataclass(frozen=True, slots=True)
class Namespace:
    """A namespace and what is in it."""

    name: str
    index: int
    members: "tuple[Declaration, ...]"


Declaration = Variables | Function | Class | Enumeration | Namespace


class S(enum.Enum):
    """Kind of a statement; exprs and body in source order."""

    BLOCK = "block"
    DECLARE = "declare"
    EXPR = "expression"
    IF = "if"
    LOOP = "loop"  # while and do
    FOR = "for"  # body: init, loop body; exprs: condition and steps
    SWITCH = "switch"
    CASE = "case"  # exprs: value, none for default
    RETURN = "return"
    DELETE = "delete"
    JUMP = "jump"  # break, continue
    EMPTY = "empty"


@dataclass(frozen=True, slots=True)
class Stmt:
    """One statement."""

    kind: S
    place: Place
    exprs: tuple[Expr, ...] = ()
    body: "tuple[Stmt, ...]" = ()
    declared: Variables | None = None
