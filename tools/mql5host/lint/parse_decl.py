"""Declarations at file and class level: the upper half of the parser, and the way in."""

from collections.abc import Collection
from pathlib import Path
from typing import NamedTuple

from mql5host.lint.cursor import BUILTIN, SyntaxFault
from mql5host.lint.parse_stmt import StmtParser
from mql5host.lint.source import Place, Report, Tok
from mql5host.lint.syntax import (
    Class,
    Declaration,
    Enumeration,
    Expr,
    Function,
    Namespace,
    Param,
    Stmt,
    TypeRef,
    Variables,
)
from mql5host.tokens import Kind

_MODIFIERS = frozenset({
    "static", "const", "virtual", "inline", "explicit", "constexpr", "friend", "extern", "mutable", "volatile", "export",
})  # fmt: skip
_KNOWN_MODIFIERS = frozenset({"static", "const", "virtual"})
_TRAILERS = frozenset({"const", "override", "final", "noexcept", "export"})
_ACCESS = frozenset({"public", "protected", "private"})
_ABSENT = TypeRef("")


class _Head(NamedTuple):
    """What stands before the name of a function or of variables."""

    start: int
    words: frozenset[str]
    template: tuple[str, ...]
    returns: TypeRef = _ABSENT
    owner: str = ""


def parse(tokens: list[Tok], types: Collection[str], skip_bodies: Collection[Path], report: Report) -> list[Declaration]:
    """
    Read a unit.

    Args:
        tokens: The stream of the unit.
        types: Names of the types that exist without a declaration.
        skip_bodies: Files whose function bodies were read with an earlier unit.
        report: Told of each breach of the grammar.
    """
    return UnitParser(tokens, types, skip_bodies, report).unit()


class UnitParser(StmtParser):
    """Reads declarations; `_class` is the name of the class whose body is read, if one is."""

    def __init__(self, tokens: list[Tok], types: Collection[str], skip_bodies: Collection[Path], report: Report) -> None:
        super().__init__(tokens, report, set(types))
        self._skip = frozenset(skip_bodies)
        self._class = ""

    def unit(self) -> list[Declaration]:
        """All declarations of the stream."""
        return self._members_until("")

    def _members_until(self, end: str) -> list[Declaration]:
        found: list[Declaration] = []
        while self.text not in {end, ""}:
            start = self.at
            try:
                found.extend(self._declaration_or_label())
            except SyntaxFault as fault:
                self.report(fault.place, fault.rule, fault.message)
                if self.at == start:
                    self.take()
                self.skip_statement()
                if not end:
                    self.accept("}")
        return found

    def _declaration_or_label(self) -> list[Declaration]:
        text = self.text
        if text in _ACCESS and self._class:
            self.take()
            self.expect(":")
            return []
        if text == ";":
            self.take()
            return []
        if text in {"using", "typedef", "static_assert", "friend"}:
            self._strange(text)
            return []
        if text in {"input", "sinput"}:
            return self._input()
        reader = _READERS.get(text)
        return [reader(self)] if reader is not None else [self._function_or_variables(())]

    # -- classes and enumerations ------------------------------------------------------------------------------

    def namespace_declaration(self) -> Namespace:
        index = self.at
        self.expect("namespace")
        name = self.name().text
        self.types.add(name)
        self.expect("{")
        members = self._members_until("}")
        self.expect("}")
        return Namespace(name, index, tuple(members))

    def template_declaration(self) -> Declaration:
        self.expect("template")
        names = self._template_parameters()
        self.types.update(names)
        if self.text in {"class", "struct"}:
            return self._class_declaration(names)
        return self._function_or_variables(names)

    def _template_parameters(self) -> tuple[str, ...]:
        self.expect("<")
        if self.text == ">":
            self.note("ML04", "no template specialisation")
        found: list[str] = []
        while self.text not in {">", ""}:
            if not self.accept("typename"):
                self.note("ML04", "template parameters are introduced by typename")
                self.take()
            found.append(self.name().text)
            if self.text == "=":
                self.note("ML04", "a template parameter has no default")
                self.take()
                self.type()
            if not self.accept(","):
                break
        self.expect(">")
        return tuple(found)

    def plain_class(self) -> Class:
        return self._class_declaration(())

    def _class_declaration(self, template: tuple[str, ...]) -> Class:
        index = self.at
        kind = self.take().text
        if kind == "interface":
            self.note("PS07B")
        tok = self.name()
        name, place = tok.text, tok.place
        self.types.add(name)
        if template:
            self.templates.add(name)
            if self.text == "<":
                self.note("ML04", "no template specialisation")
                self._template_arguments()
        if self.accept(";"):
            return Class(kind, name, place, index, template=template, defined=False)
        self.accept("final")
        base = self._base() if self.accept(":") else None
        self.expect("{")
        outer, self._class = self._class, name
        members = self._members_until("}")
        self._class = outer
        self.expect("}")
        self.expect(";")
        return Class(kind, name, place, index, base, template, tuple(members))

    def _base(self) -> TypeRef:
        if self.text in _ACCESS:
            if self.take().text != "public":
                self.note("ML16")
        else:
            self.note("ML16", "a base is named with `public`")
        base = self.type()
        while self.accept(","):
            self.note("ML16", "a class has one base")
            if self.text in _ACCESS:
                self.take()
            self.type()
        return base

    def enumeration(self) -> Enumeration:
        index = self.at
        place = self.expect("enum").place
        if self.text in {"class", "struct"}:
            self.note("ML02", "no enum class")
            self.take()
        name = ""
        if self.text not in {"{", ":"}:
            tok = self.name()
            name, place = tok.text, tok.place
            self.types.add(name)
        if self.accept(":"):
            self.note("ML02", "no base type of an enumeration")
            self.type()
        self.expect("{")
        members: list[tuple[str, Place, Expr | None]] = []
        while self.text != "}":
            tok = self.name()
            members.append((tok.text, tok.place, self._conditional() if self.accept("=") else None))
            if not self.accept(","):
                break
        self.expect("}")
        self.expect(";")
        return Enumeration(name, place, index, tuple(members))

    # -- functions and variables -------------------------------------------------------------------------------

    def _input(self) -> list[Declaration]:
        self.take()
        if self.text == "group" and self.peek(1).kind is Kind.STRING:
            self.take()
            self.take()
            self.accept(";")
            return []
        declared = self.variables()
        return [Variables(declared.place, declared.index, declared.names, declared.static, const=True, input=True)]

    def _function_or_variables(self, template: tuple[str, ...]) -> Declaration:
        head = _Head(self.at, self._modifiers(), template)
        if self._at_constructor():
            return self._constructor(head)
        if self.text == "operator":
            self.note("ML21")
            return self._operator(head)
        kind = self.type()
        if kind.reference and self.peek(1).text == "(":
            self.note("ML12", "a function returns no reference")
        head = head._replace(returns=kind, owner=self._owner())
        if self.text == "operator":
            return self._operator(head)
        tok = self.peek()
        if tok.kind is Kind.IDENT and self.peek(1).text == "(" and self._parameters_at(1):
            return self._function(head, self.take().text, tok.place)
        if tok.kind is not Kind.IDENT and kind.name not in self.types and kind.name not in BUILTIN:
            raise self.fault(f"a declaration expected, not {kind.name} {self.text}")
        return self._variables(head)

    def _modifiers(self) -> frozenset[str]:
        found: set[str] = set()
        while self.text in _MODIFIERS and not (self.text == "const" and self.peek(1).text == "("):
            word = self.take()
            found.add(word.text)
            if word.text not in _KNOWN_MODIFIERS:
                self.note("ML11", f"{word.text} is outside the subset", word.place)
        return frozenset(found)

    def _owner(self) -> str:
        """`CFoo::` before the name of a method that is defined outside its class."""
        owner = ""
        while self.peek(1).text == "::" and self.peek().kind is Kind.IDENT:
            owner = self.take().text
            self.take()
        if self.text == "<":  # T CFoo<T>::method is read by name with arguments
            raise self.fault("malformed declaration")
        if self.peek(1).text == "<" and self.peek().kind is Kind.IDENT and self.text in self.templates:
            owner = self.take().text
            self._template_arguments()
            self.expect("::")
        return owner

    def _at_constructor(self) -> bool:
        """A constructor or destructor stands here: CFoo( or ~CFoo( in the class, CFoo::CFoo( or CFoo::~CFoo( outside."""
        if self.text == "~":
            return True
        if self._class and self.text == self._class and self.peek(1).text == "(":
            return True
        ahead = self._past_angles(1) if self.peek(1).text == "<" and self.text in self.templates else 1
        return self.peek(ahead).text == "::" and (
            self.peek(ahead + 1).text == "~" or (self.peek(ahead + 1).text == self.text and self.peek(ahead + 2).text == "(")
        )

    def _constructor(self, head: _Head) -> Function:
        owner = ""
        if self.text != "~" and self.peek(1).text != "(":
            owner = self.take().text
            if self.text == "<":
                self._template_arguments()
            self.expect("::")
        tilde = "~" if self.accept("~") else ""
        tok = self.name()
        return self._function(head._replace(owner=owner), tilde + tok.text, tok.place)

    def _operator(self, head: _Head) -> Function:
        place = self.expect("operator").place
        sign = ""
        while self.text != "(" or not sign:
            sign += self.take().text
            if sign in {"(", "["}:
                sign += self.take().text
        if not self._class and not head.owner:
            self.note("ML21", place=place)
        return self._function(head, "operator" + sign, place)

    def _parameters_at(self, ahead: int) -> bool:
        """Whether the parenthesis there opens a list of parameters and not of arguments."""
        first, second = self.peek(ahead + 1), self.peek(ahead + 2)
        if first.text in {")", "const", "void", "..."}:
            return True
        if first.kind is not Kind.IDENT or first.text in {"true", "false", "NULL", "new"}:
            return False
        return second.kind is Kind.IDENT or second.text in {"&", "*", "<"} or self.is_type_at(ahead + 1)

    def _function(self, head: _Head, name: str, place: Place) -> Function:
        if head.template:
            self.templates.add(name)
        params = self.parameters()
        words = head.words | self._trailers()
        bases = self._initialisers() if self.accept(":") else ()
        skipped = self.text == "{" and place.path in self._skip
        body: Stmt | None = None
        if skipped:
            self.skip_balanced()
        elif self.text == "{":
            body = self.block()
        else:
            self.expect(";")
        return Function(name, place, head.start, head.returns, params, head.owner, head.template, words, bases, body, skipped)

    def _trailers(self) -> frozenset[str]:
        found: set[str] = set()
        while self.text in _TRAILERS:
            found.add(self.take().text)
        if self.text == "->":
            raise self.fault("no type after the parameters", "ML11")
        if self.accept("="):
            value = self.take().text
            if value == "default":
                self.note("ML11", "= default is no construct of MQL5")
            found.add({"0": "pure", "NULL": "pure"}.get(value, value))
        if "noexcept" in found:
            self.note("ML11", "noexcept is no word of MQL5")
        return frozenset({"const_method" if word == "const" else word for word in found})

    def _initialisers(self) -> tuple[Expr, ...]:
        found: list[Expr] = []
        while True:
            found.append(self._postfix(self._primary()))
            if not self.accept(","):
                return tuple(found)

    def parameters(self) -> tuple[Param, ...]:
        """`(T a, const T &b[], T c=1)`"""
        self.expect("(")
        if self.text == "void" and self.peek(1).text == ")":
            self.take()
        found: list[Param] = []
        while self.text not in {")", ""}:
            if self.text == "...":
                self.note("ML05")
                self.take()
                break
            found.append(self._parameter())
            if not self.accept(","):
                break
        self.expect(")")
        return tuple(found)

    def _parameter(self) -> Param:
        kind = self.type()
        tok = self.name() if self.peek().kind is Kind.IDENT else None
        dims = self.dimensions()
        default = self.initialiser() if self.accept("=") else None
        place = tok.place if tok else self.place
        return Param(tok.text if tok else "", place, kind._replace(dims=len(dims)), dims, default)

    def _variables(self, head: _Head) -> Variables:
        place, kind = self.place, head.returns
        const = kind.const or "const" in head.words
        names = self.declarators(kind._replace(const=const))
        self.expect(";")
        if self._class and any(d.init is not None for d in names):
            self.note("ML03", place=place)
        return Variables(place, head.start, names, "static" in head.words, const, owner=head.owner)


_READERS = {
    "namespace": UnitParser.namespace_declaration,
    "template": UnitParser.template_declaration,
    "class": UnitParser.plain_class,
    "struct": UnitParser.plain_class,
    "union": UnitParser.plain_class,
    "interface": UnitParser.plain_class,
    "enum": UnitParser.enumeration,
}
