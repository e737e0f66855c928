"""The walk through function bodies: scopes, the type of every expression, and the rules on the way."""

from collections.abc import Callable, Iterable

from mql5host.lint import calls, operators, special
from mql5host.lint.context import NULL, Context, called
from mql5host.lint.conversions import check_cast, convert
from mql5host.lint.declared import check_constant, check_local, check_name, hides
from mql5host.lint.numbers import BOOL, INT, REALS, arithmetic, bitwise, is_number, is_string, literal_type
from mql5host.lint.syntax import Declarator, E, Expr, Function, Param, S, Stmt, TypeRef, Variables
from mql5host.lint.tables import Variable

Kind = TypeRef | None


class Walker(Context):
    """Walks bodies and initial values; `infer` tells the type of an expression, None where it is unknown."""

    # -- functions and statements ------------------------------------------------------------------------------

    def function(self, item: Function, owner: str, template: frozenset[str]) -> None:
        """One function: parameters, constructor initialisers, body."""
        self.owner = item.owner or owner
        self.index = item.index
        self.template = template | frozenset(item.template)
        self.returns = item.returns if item.returns.name else None
        self.scopes = [{}]
        self.check_type(item.returns, item.place)
        for param in item.params:
            self._parameter(param, hide=item.body is not None)
        for base in item.bases:
            self._initialised(base)
        if item.body is not None:
            self._statements(item.body.body)
        self.scopes = []

    def _parameter(self, param: Param, *, hide: bool) -> None:
        self.check_type(param.type, param.place)
        if param.default is not None:
            convert(self, param.type, param.default, self.infer(param.default))
        if param.name:
            if hide:
                hides(self, param.name, param.place)
            self.declare(param.name, Variable(param.type, param.place, const=param.type.const))

    def _initialised(self, base: Expr) -> None:
        """`m_x(value)` of a constructor: a member gets its value, a base its arguments."""
        if base.kind is not E.CALL:
            return
        types = [self.infer(arg) for arg in base.args[1:]]
        member = self.tables.member(self.owner_type(), base.args[0].text)
        if member is not None and member.variable is not None and len(types) == 1:
            convert(self, member.variable.type, base.args[1], types[0], call=True)
        elif self.tables.is_struct(base.args[0].text):
            calls.check_construction(self, TypeRef(base.args[0].text), base.args[1:], types, base.place)
        elif member is None:
            self.note("PS15E", base.args[0].place, f"{self.owner} has no member {base.args[0].text}")

    def _statements(self, statements: Iterable[Stmt]) -> None:
        self.scopes.append({})
        for statement in statements:
            self._statement(statement)
        self.scopes.pop()

    def _statement(self, item: Stmt) -> None:
        if item.kind is S.SWITCH:
            self._switch(item)
        elif item.kind is S.BLOCK:
            self._statements(item.body)
        elif item.kind is S.DECLARE and item.declared is not None:
            self.variables(item.declared)
        elif item.kind is S.RETURN:
            self._return(item)
        elif item.kind is S.FOR:
            self._for(item)
        else:
            self._plain(item)

    def _plain(self, item: Stmt) -> None:
        for expr in item.exprs:
            self.infer(expr)
            if item.kind is S.EXPR:
                special.check_statement(self, expr)
        for inner in item.body:
            self._statements((inner,))

    def _for(self, item: Stmt) -> None:
        self.scopes.append({})
        self._statement(item.body[0])
        for expr in item.exprs:
            self.infer(expr)
        self._statements(item.body[1:])
        self.scopes.pop()

    def _switch(self, item: Stmt) -> None:
        if is_string(self.infer(item.exprs[0])):
            self.note("ML11", item.place, "a switch takes an integer or an enumeration")
        inner = item.body[0].body
        for statement in inner:
            if statement.kind is S.DECLARE:
                self.note("PS07A", statement.place)
        self._statements(inner)

    def _return(self, item: Stmt) -> None:
        for expr in item.exprs:
            convert(self, self.returns, expr, self.infer(expr))

    def variables(self, item: Variables, *, local: bool = True) -> None:
        """A declaration of variables; at file level nothing is put into a scope."""
        for d in item.names:
            self._declarator(item, d, local=local)

    def _declarator(self, item: Variables, d: Declarator, *, local: bool) -> None:
        self.check_type(d.type, d.place)
        for dim in d.dims:
            if dim is not None:
                self.infer(dim)
        if local:
            check_name(self, d.name, d.place)
            hides(self, d.name, d.place)
            check_local(self, item, d)
        if d.init is not None:
            if not local or item.static:
                check_constant(self, d.init)
            self._initial(d.type, d.init)
        types = [self.infer(arg) for arg in d.ctor or ()]
        if d.init is None and not d.type.pointer and (local or not self.owner):  # members: by the constructor
            calls.check_construction(self, d.type._replace(dims=0), d.ctor or (), types, d.place)
        self.declare(d.name, Variable(d.type, d.place, const=item.const))

    def _initial(self, kind: TypeRef, init: Expr) -> None:
        convert(self, kind, init, self.infer(init))
        if init.kind is E.LIST and kind.dims:
            for element in init.args:
                if element.kind is not E.LIST:
                    convert(self, kind._replace(dims=0), element, self.infer(element))

    # -- expressions -------------------------------------------------------------------------------------------

    def infer(self, expr: Expr) -> Kind:
        """Type of an expression; every rule about expressions is applied once on the way."""
        return _INFER[expr.kind](self, expr)

    def of_literal(self, expr: Expr) -> Kind:
        return literal_type(expr)

    def of_word(self, expr: Expr) -> Kind:
        if expr.text == "this":
            return TypeRef(self.owner, pointer=True)
        return NULL if expr.text == "NULL" else BOOL

    def of_name(self, expr: Expr) -> Kind:
        meaning = self.lookup(expr.text, expr.place)
        if meaning is not None:
            return meaning.type
        known = self.tables.has_type(expr.text) or self.tables.signatures(expr.text)
        if not known and expr.text not in self.template:
            self.note("PS15C", expr.place, f"unknown identifier {expr.text}")
        return None

    def of_call(self, expr: Expr) -> Kind:
        callee = expr.args[0]
        types = [self.infer(arg) for arg in expr.args[1:]]
        special.check_byte_counts(self, expr)
        if callee.kind is E.MEMBER:
            return self._method(expr, callee, types)
        if callee.kind is not E.NAME:
            self.infer(callee)
            return None
        if called(expr) == "GetPointer":
            return types[0]._replace(pointer=True) if types and types[0] is not None else None
        return calls.check_call(self, expr, types)

    def _method(self, expr: Expr, callee: Expr, types: list[Kind]) -> Kind:
        of = self.infer(callee.args[0])
        if of is None or of.dims or is_number(of):
            return None
        member = self.tables.member(of, callee.text)
        if member is not None and member.methods:
            found = calls.check_functions(self, member.methods, expr.args[1:], types, place=expr.place)
            return found if not self.tables.classes[of.name].template else None
        if member is None and self.tables.is_known(of):
            self.note("PS15E", callee.place, f"{of.name} has no method {callee.text}")
        return None

    def of_member(self, expr: Expr) -> Kind:
        of = self.infer(expr.args[0])
        if of is None or of.dims:
            return None
        member = self.tables.member(of, expr.text)
        if member is not None:
            return member.variable.type if member.variable else None
        if self.tables.is_known(of):
            self.note("PS15E", expr.place, f"{of.name} has no member {expr.text}")
        return None

    def of_index(self, expr: Expr) -> Kind:
        of = self.infer(expr.args[0])
        self.infer(expr.args[1])
        if of is None:
            return None
        if of.dims:
            return of.element()
        return TypeRef("ushort") if is_string(of) else None

    def of_unary(self, expr: Expr) -> Kind:
        return operators.check_unary(self, expr, self.infer(expr.args[0]))

    def of_binary(self, expr: Expr) -> Kind:
        operators.allow_forms(self, expr)
        return operators.check_binary(self, expr, self.infer(expr.args[0]), self.infer(expr.args[1]))

    def of_assign(self, expr: Expr) -> Kind:
        return operators.check_assign(self, expr, self.infer(expr.args[0]), self.infer(expr.args[1]))

    def of_conditional(self, expr: Expr) -> Kind:
        self.infer(expr.args[0])
        yes, no = self.infer(expr.args[1]), self.infer(expr.args[2])
        if yes == no:
            return yes
        if NULL in {yes, no}:
            return no if yes == NULL else yes
        if yes is not None and no is not None and is_number(yes) and is_number(no):
            return self._common(expr, yes, no)
        return None

    @staticmethod
    def _common(expr: Expr, yes: TypeRef, no: TypeRef) -> Kind:
        if {yes.name, no.name} & REALS:
            return TypeRef(arithmetic(yes.name, no.name))
        return TypeRef(bitwise(expr.args[1], expr.args[2], yes.name, no.name))

    def of_cast(self, expr: Expr) -> Kind:
        self.check_type(expr.of, expr.place)
        if expr.args:
            self.infer(expr.args[0])
            check_cast(self, expr)
        return expr.of

    def of_new(self, expr: Expr) -> Kind:
        self.check_type(expr.of, expr.place)
        if expr.of is not None and not self.tables.is_class(expr.of.name) and expr.of.name not in self.template:
            self.note("ML17", expr.place, f"{expr.of.name} is no class")
        types = [self.infer(arg) for arg in expr.args]
        if expr.of is not None:
            calls.check_construction(self, expr.of, expr.args, types, expr.place)
        return expr.of

    def of_list(self, expr: Expr) -> Kind:
        for arg in expr.args:
            if arg.kind is E.LIST:
                self.infer(arg)
        return None

    def of_sizeof(self, _: Expr) -> Kind:
        return INT


_INFER: dict[E, Callable[[Walker, Expr], Kind]] = {
    E.NAME: Walker.of_name,
    E.INT: Walker.of_literal,
    E.REAL: Walker.of_literal,
    E.STRING: Walker.of_literal,
    E.CHAR: Walker.of_literal,
    E.WORD: Walker.of_word,
    E.CALL: Walker.of_call,
    E.MEMBER: Walker.of_member,
    E.INDEX: Walker.of_index,
    E.UNARY: Walker.of_unary,
    E.POSTFIX: Walker.of_unary,
    E.BINARY: Walker.of_binary,
    E.ASSIGN: Walker.of_assign,
    E.COND: Walker.of_conditional,
    E.CAST: Walker.of_cast,
    E.NEW: Walker.of_new,
    E.LIST: Walker.of_list,
    E.SIZEOF: Walker.of_sizeof,
}
