"""Statements and the declarations of variables: the middle of the parser."""

from mql5host.lint.cursor import BUILTIN, CPP_TYPES, SyntaxFault
from mql5host.lint.parse_expr import ExprParser
from mql5host.lint.syntax import Declarator, Expr, S, Stmt, TypeRef, Variables
from mql5host.tokens import Kind

_STRANGERS = frozenset({"goto", "try", "throw", "catch", "asm", "using", "typedef", "co_await", "co_return"})
_AFTER_DECLARED = frozenset({"=", ";", ",", "[", "(", "{", ":", ")"})


class StmtParser(ExprParser):
    """Reads statements; a fault costs one statement."""

    def block(self) -> Stmt:
        """`{ ... }`"""
        place = self.expect("{").place
        found: list[Stmt] = []
        while self.text not in {"}", ""}:
            found.extend(self._recovering())
        self.expect("}")
        return Stmt(S.BLOCK, place, body=tuple(found))

    def _recovering(self) -> list[Stmt]:
        start = self.at
        try:
            return [self.statement()]
        except SyntaxFault as fault:
            self.report(fault.place, fault.rule, fault.message)
            if self.at == start and self.text != "}":
                self.take()
            self.skip_statement()
            return []

    def statement(self) -> Stmt:
        """Any statement."""
        text = self.text
        reader = _STATEMENTS.get(text)
        if reader is not None:
            return reader(self)
        if text in _STRANGERS:
            self._strange(text)
            return Stmt(S.EMPTY, self.place)
        if self._declares():
            return self._declaration()
        if self.peek().kind is Kind.IDENT and self.peek(1).text == ":" and text != "default":
            raise self.fault("a label is no construct of MQL5", "ML11")
        place = self.place
        expr = self.expression()
        self.expect(";")
        return Stmt(S.EXPR, place, (expr,))

    def _strange(self, text: str) -> None:
        self.note("PS08D" if text == "typedef" else "ML11", f"{text} is outside the subset")
        self.skip_statement()

    def _declares(self) -> bool:
        """Whether a declaration begins here: `T name` cannot begin an expression, whatever T is."""
        text = self.text
        if text in {"const", "static", "auto", "unsigned", "signed", "constexpr", "register", "volatile"}:
            return True
        if text in BUILTIN or text in CPP_TYPES:
            return self.peek(1).text != "("
        if self.peek().kind is not Kind.IDENT:
            return False
        ahead = 1
        while self.peek(ahead).text == "::" and self.peek(ahead + 1).kind is Kind.IDENT:
            ahead += 2
        if self.peek(ahead).text == "<":
            ahead = self._past_angles(ahead)
        marks = 0
        while self.peek(ahead).text in {"*", "&"}:
            ahead, marks = ahead + 1, marks + 1
        if self.peek(ahead).kind is not Kind.IDENT:
            return False
        after = self.peek(ahead + 1).text
        return after in _AFTER_DECLARED and (marks == 0 or after in {"=", ";", "["} or text in self.types)

    def _past_angles(self, ahead: int) -> int:
        """Offset behind a balanced <...> of names, or the offset given if it is none."""
        at, depth = ahead, 0
        while True:
            tok = self.peek(at)
            depth += (tok.text == "<") - (tok.text == ">") - 2 * (tok.text == ">>")
            at += 1
            if depth <= 0:
                return at
            if tok.kind is not Kind.IDENT and tok.text not in {"<", ",", "*", "::"}:
                return ahead

    def _declaration(self) -> Stmt:
        declared = self.variables()
        return Stmt(S.DECLARE, declared.place, declared=declared)

    def variables(self) -> Variables:
        """Modifiers, type, declarators and the closing ;"""
        place, index = self.place, self.at
        static = const = False
        while self.text in {"static", "const", "constexpr", "register", "volatile", "inline", "mutable"}:
            word = self.take()
            static, const = static or word.text == "static", const or word.text == "const"
            if word.text not in {"static", "const"}:
                self.note("ML11", f"{word.text} is no word of MQL5", word.place)
        kind = self.type()
        names = self.declarators(kind._replace(const=const or kind.const))
        self.expect(";")
        return Variables(place, index, names, static, kind.const or const)

    def declarators(self, kind: TypeRef) -> tuple[Declarator, ...]:
        """`a, b[3] = {..}, *c`: the names declared with one type."""
        found = [self.declarator(kind)]
        while self.accept(","):
            pointer = self.accept("*")
            if self.accept("&"):
                self.note("ML12")
            found.append(self.declarator(kind._replace(pointer=pointer, reference=False)))
        if sum(bool(d.dims) for d in found) and len(found) > 1:
            self.note("PS03A", place=found[1].place)
        return tuple(found)

    def declarator(self, kind: TypeRef) -> Declarator:
        """One declared name with its dimensions and initial value."""
        if kind.reference:
            self.note("ML12")
        name = self.name()
        dims = self.dimensions()
        kind = kind._replace(dims=len(dims), reference=False)
        if self.text == ":" and not dims:
            raise self.fault("a range-for is no construct of MQL5", "ML11")
        if self.text == "{":
            self.note("ML08")
            return Declarator(name.text, name.place, kind, dims, self.initialiser())
        if self.text == "(":
            return Declarator(name.text, name.place, kind, dims, ctor=self.arguments())
        init = self.initialiser() if self.accept("=") else None
        return Declarator(name.text, name.place, kind, dims, init)

    def dimensions(self) -> tuple[Expr | None, ...]:
        """`[3][]...`"""
        found: list[Expr | None] = []
        while self.accept("["):
            found.append(None if self.text == "]" else self.expression())
            self.expect("]")
        return tuple(found)

    def _condition(self) -> Expr:
        self.expect("(")
        expr = self.expression()
        self.expect(")")
        return expr

    def if_statement(self) -> Stmt:
        place = self.expect("if").place
        condition = self._condition()
        body = [self._controlled()]
        if self.accept("else"):
            body.append(self._controlled())
        return Stmt(S.IF, place, (condition,), tuple(body))

    def _controlled(self) -> Stmt:
        if self.text == ";":
            self.note("ML24", "an empty statement is controlled")
        return self.statement()

    def while_statement(self) -> Stmt:
        place = self.expect("while").place
        return Stmt(S.LOOP, place, (self._condition(),), (self._controlled(),))

    def do_statement(self) -> Stmt:
        place = self.expect("do").place
        body = self.statement()
        self.expect("while")
        condition = self._condition()
        self.expect(";")
        return Stmt(S.LOOP, place, (condition,), (body,))

    def for_statement(self) -> Stmt:
        place = self.expect("for").place
        self.expect("(")
        if self._declares():
            first = self._declaration()
        else:
            first = Stmt(S.EXPR, self.place, self._list(";"))
            self.expect(";")
        condition = self._list(";")
        self.expect(";")
        steps = self._list(")")
        self.expect(")")
        body = self.statement()
        return Stmt(S.FOR, place, condition + steps, (first, body))

    def _list(self, end: str) -> tuple[Expr, ...]:
        found: list[Expr] = []
        while self.text != end:
            found.append(self.expression())
            if not self.accept(","):
                break
        return tuple(found)

    def switch_statement(self) -> Stmt:
        place = self.expect("switch").place
        return Stmt(S.SWITCH, place, (self._condition(),), (self.block(),))

    def case_statement(self) -> Stmt:
        place = self.place
        value = () if self.take().text == "default" else (self._conditional(),)
        self.expect(":")
        return Stmt(S.CASE, place, value)

    def return_statement(self) -> Stmt:
        place = self.expect("return").place
        value = () if self.text == ";" else (self.expression(),)
        self.expect(";")
        return Stmt(S.RETURN, place, value)

    def delete_statement(self) -> Stmt:
        place = self.expect("delete").place
        if self.text == "[":
            self.note("ML17", "no delete[]: delete each object")
            self.skip_balanced()
        expr = self.expression()
        self.expect(";")
        return Stmt(S.DELETE, place, (expr,))

    def jump_statement(self) -> Stmt:
        place = self.take().place
        self.expect(";")
        return Stmt(S.JUMP, place)

    def empty_statement(self) -> Stmt:
        return Stmt(S.EMPTY, self.take().place)


_STATEMENTS = {
    "{": StmtParser.block,
    "if": StmtParser.if_statement,
    "while": StmtParser.while_statement,
    "do": StmtParser.do_statement,
    "for": StmtParser.for_statement,
    "switch": StmtParser.switch_statement,
    "case": StmtParser.case_statement,
    "default": StmtParser.case_statement,
    "return": StmtParser.return_statement,
    "delete": StmtParser.delete_statement,
    "break": StmtParser.jump_statement,
    "continue": StmtParser.jump_statement,
    ";": StmtParser.empty_statement,
}
