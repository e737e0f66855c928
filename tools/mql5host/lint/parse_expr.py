"""
Types and expressions of the subset: the lower half of the parser.

Constructs of C++ that MQL5 lacks are recognised where they would begin, reported by their own rule and, where that is
possible, read over, so that one of them does not hide the next.
"""

from mql5host.lint.cursor import BUILTIN, CPP_TYPES, CPP_WORDS, Cursor
from mql5host.lint.source import Place, Report, Tok
from mql5host.lint.syntax import E, Expr, TypeRef
from mql5host.tokens import Kind

_BINARY = {
    "||": 1, "&&": 2, "|": 3, "^": 4, "&": 5, "==": 6, "!=": 6, "<": 7, ">": 7, "<=": 7, ">=": 7,
    "<<": 8, ">>": 8, "+": 9, "-": 9, "*": 10, "/": 10, "%": 10,
}  # fmt: skip
_ASSIGN = frozenset({"=", "+=", "-=", "*=", "/=", "%=", "&=", "|=", "^=", "<<=", ">>="})
_PREFIX = frozenset({"!", "~", "-", "+", "++", "--", "*", "&"})
_LITERALS = {Kind.INT: E.INT, Kind.REAL: E.REAL, Kind.STRING: E.STRING, Kind.CHAR: E.CHAR}
_OPERAND_STARTS = frozenset({Kind.IDENT, Kind.INT, Kind.REAL, Kind.STRING, Kind.CHAR})
_CPP_CASTS = frozenset({"static_cast", "const_cast", "reinterpret_cast"})
_WORDS = frozenset({"true", "false", "NULL", "this"})


class ExprParser(Cursor):
    """Reads types and expressions. `types` and `templates` hold what is declared so far."""

    def __init__(self, tokens: list[Tok], report: Report, types: set[str]) -> None:
        super().__init__(tokens, report)
        self.types = types
        self.templates: set[str] = set()

    # -- types -------------------------------------------------------------------------------------------------

    def type(self) -> TypeRef:
        """`const`? name template-arguments? (`*` | `&`)?"""
        const = self.accept("const")
        name = self._type_name()
        args = self._template_arguments() if self.text == "<" else ()
        const = self.accept("const") or const
        pointer = self.accept("*")
        if self.accept("*"):
            self.note("ML19", "a pointer to a pointer does not exist")
        const = (pointer and self.accept("const")) or const
        return TypeRef(name, args, pointer, self.accept("&"), const)

    def _type_name(self) -> str:
        if self.text in {"long", "short", "unsigned", "signed"} and self._old_number_type():
            return "long"
        tok = self.name()
        if tok.text in CPP_TYPES and tok.text not in self.types:
            self.note("ML07", f"{tok.text} is no type of MQL5", tok.place)
        elif tok.text in CPP_WORDS:
            self.note("ML11", f"{tok.text} is no word of MQL5", tok.place)
        name = tok.text
        while self.text == "::" and self.peek(1).kind is Kind.IDENT and self.peek(2).text != "(":
            self.take()
            name += "::" + self.take().text
        return name

    def _old_number_type(self) -> bool:
        """`unsigned int`, `long long` and the like: reported, read over."""
        words = {"long", "short", "int", "char", "double", "unsigned", "signed"}
        if self.text in {"long", "short"} and self.peek(1).text not in words:
            return False
        self.note("ML07", f"{self.text} {self.peek(1).text} is no type of MQL5")
        while self.text in words:
            self.take()
        return True

    def _template_arguments(self) -> tuple[TypeRef, ...]:
        self.expect("<")
        found = [self.type()]
        while self.accept(","):
            found.append(self.type())
        if self.text == ">>":  # two template argument lists end here: leave one > for the outer
            self.tokens[self.at] = self.peek()._replace(text=">")
        else:
            self.expect(">")
        return tuple(found)

    def is_type_at(self, ahead: int = 0) -> bool:
        """Whether the token there begins the name of a known type."""
        text = self.peek(ahead).text
        return text in self.types or text in BUILTIN or text in CPP_TYPES

    # -- expressions -------------------------------------------------------------------------------------------

    def expression(self) -> Expr:
        """An assignment expression; there is no comma operator in the subset."""
        left = self._conditional()
        if self.text in _ASSIGN:
            sign = self.take()
            right = self.initialiser() if self.text == "{" else self.expression()
            return Expr(E.ASSIGN, sign.place, sign.text, (left, right))
        return left

    def initialiser(self) -> Expr:
        """What may stand after = in a declaration: an expression or a list in braces."""
        if self.text != "{":
            return self.expression()
        place = self.take().place
        items: list[Expr] = []
        while self.text != "}":
            items.append(self.initialiser())
            if not self.accept(","):
                break
        self.expect("}")
        return Expr(E.LIST, place, "{}", tuple(items))

    def arguments(self) -> tuple[Expr, ...]:
        """The arguments of a call, parentheses included."""
        self.expect("(")
        found: list[Expr] = []
        while self.text != ")":
            found.append(self.expression())
            if not self.accept(","):
                break
        self.expect(")")
        return tuple(found)

    def _conditional(self) -> Expr:
        condition = self._binary(1)
        if self.text != "?":
            return condition
        place = self.take().place
        yes = self.expression()
        self.expect(":")
        return Expr(E.COND, place, "?", (condition, yes, self.expression()))

    def _binary(self, lowest: int) -> Expr:
        left = self._unary()
        while (level := _BINARY.get(self.text, 0)) >= lowest:
            sign = self.take()
            right = self._binary(level + 1)
            left = Expr(E.BINARY, sign.place, sign.text, (left, right))
        return left

    def _unary(self) -> Expr:
        text, place = self.text, self.place
        if text in _PREFIX:
            self.take()
            operand = self._unary()
            if text in {"*", "&"}:
                self.note("ML10", place=place)
                return operand
            return Expr(E.UNARY, place, text, (operand,))
        if text == "new":
            return self._new()
        if text == "(" and (cast := self._cast()) is not None:
            return cast
        return self._postfix(self._primary())

    def _cast(self) -> Expr | None:
        """A cast `(T)x`, or None when the parenthesis is one of an expression."""
        if self.peek(1).kind is not Kind.IDENT:
            return None
        start = self.at
        known = self.is_type_at(2 if self.peek(1).text == "const" else 1)
        if not known and not (self.peek(2).text == ")" and self.peek(3).kind in _OPERAND_STARTS):
            return None
        if known and self.peek(2).text == "(":  # a conversion in function form: (int(x)+1)
            return None
        place = self.take().place
        of = self.type()
        if not self.accept(")"):
            self.at = start
            return None
        return Expr(E.CAST, place, str(of), (self._unary(),), of)

    def _new(self) -> Expr:
        place = self.expect("new").place
        of = self.type()
        if self.text == "[":
            self.note("ML17", "no new T[]: use a dynamic array and ArrayResize")
            self.skip_balanced()
        args = self.arguments() if self.text == "(" else ()
        return Expr(E.NEW, place, str(of), args, of._replace(pointer=True))

    def _postfix(self, expr: Expr) -> Expr:
        while True:
            text, place = self.text, self.place
            if text == "(":
                expr = Expr(E.CALL, place, "", (expr, *self.arguments()))
            elif text == "[":
                self.take()
                expr = Expr(E.INDEX, place, "", (expr, self.expression()))
                self.expect("]")
            elif text in {".", "->"}:
                expr = self._member(expr)
            elif text in {"++", "--"}:
                self.take()
                expr = Expr(E.POSTFIX, place, text, (expr,))
            else:
                return expr

    def _member(self, left: Expr) -> Expr:
        if self.take().text == "->":
            self.at -= 1
            self.note("ML01")
            self.at += 1
        self.accept("~")  # an explicit call of a destructor: unknown member later
        name = self.name()
        return Expr(E.MEMBER, name.place, name.text, (left,))

    def _primary(self) -> Expr:
        tok = self.peek()
        if tok.kind in _LITERALS:
            return self._literal()
        if self.accept("("):
            inner = self.expression()
            self.expect(")")
            return Expr(E.UNARY, tok.place, "()", (inner,))
        if tok.text == "[":
            raise self.fault("a lambda is no construct of MQL5", "ML11")
        if tok.text == "{":
            raise self.fault("braces in an expression")
        if tok.text == "::":
            self.take()
            return Expr(E.NAME, tok.place, "::" + self.name().text)
        return self._word()

    def _literal(self) -> Expr:
        tok = self.take()
        text = tok.text
        while tok.kind is Kind.STRING and self.peek().kind is Kind.STRING:
            text = text[:-1] + self.take().text[1:]
        return Expr(_LITERALS[tok.kind], tok.place, text)

    def _word(self) -> Expr:
        tok = self.name()
        text = tok.text
        if text in _WORDS:
            return Expr(E.WORD, tok.place, text)
        if text in {"sizeof", "typename", "offsetof"}:
            return self._intrinsic(tok)
        if text == "dynamic_cast" or text in _CPP_CASTS:
            return self._named_cast(tok)
        if text in CPP_WORDS:
            self.note("ML11", f"{text} is no word of MQL5", tok.place)
            return Expr(E.WORD, tok.place, "NULL") if text == "nullptr" else Expr(E.NAME, tok.place, text)
        if text in BUILTIN and self.text == "(":
            return self._functional_cast(tok)
        return self._qualified(tok)

    def _functional_cast(self, tok: Tok) -> Expr:
        args = self.arguments()
        if len(args) != 1:
            raise self.fault(f"a conversion to {tok.text} has one operand")
        return Expr(E.CAST, tok.place, tok.text, args, TypeRef(tok.text))

    def _intrinsic(self, tok: Tok) -> Expr:
        if tok.text != "sizeof":
            self.note("PS08E" if tok.text == "typename" else "ML11", f"{tok.text} is outside the subset", tok.place)
        if self.text == "(":
            self.skip_balanced()
        return Expr(E.SIZEOF, tok.place, tok.text)

    def _named_cast(self, tok: Tok) -> Expr:
        if tok.text != "dynamic_cast":
            self.note("ML11", f"{tok.text} is no word of MQL5: write (T)x", tok.place)
        self.expect("<")
        of = self.type()
        self.expect(">")
        inner = self.arguments()
        return Expr(E.CAST, tok.place, str(of), inner[:1], of)

    def _qualified(self, tok: Tok) -> Expr:
        name = tok.text
        while self.text == "::" and self.peek(1).kind is Kind.IDENT:
            self.take()
            name += "::" + self.take().text
        if self.text == "<" and name in self.templates:
            of = self._template_arguments()[0]
            return Expr(E.NAME, tok.place, name, (), of)
        return Expr(E.NAME, tok.place, name)


def place_of(expr: Expr) -> Place:
    """Where an expression begins, as far as its own first operand tells."""
    leftmost = {E.CALL, E.MEMBER, E.INDEX, E.POSTFIX, E.BINARY, E.ASSIGN, E.COND}
    while expr.kind in leftmost and expr.args:
        expr = expr.args[0]
    return expr.place
