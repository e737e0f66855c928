"""
The rewriting itself: a run of MQL5 tokens to pieces of C++.

One method a construct; each looks at the tokens from a position on, appends pieces and returns the position after
what it has dealt with.
"""

from collections.abc import Callable, Sequence

from mql5host.emit import Piece
from mql5host.names import NOT_TYPES, Names, opening, skip_template
from mql5host.sources import SourceError, Tok
from mql5host.tokens import Kind

_TYPES = {"long": "mq_long"}
_PLACE_NAMES = frozenset({"__FILE__", "__FUNCTION__", "__FUNCSIG__", "__PATH__"})
_END = Tok(Kind.NEWLINE, "", 0, "")


def _integer(text: str) -> str:
    """An integer literal whose type does not depend on the platform's long."""
    try:
        value = int(text, 0) if text[:1] != "0" or text[1:2] in {"x", "X"} else int(text)
    except ValueError:
        return text
    if value > 0x7FFFFFFFFFFFFFFF:
        return f"{text}ULL"
    is_int = value <= 0x7FFFFFFF or (value <= 0xFFFFFFFF and text[1:2] in {"x", "X"})
    return text if is_int else f"{text}LL"


class Rewriter:
    """Rewrites one run of tokens."""

    def __init__(self, tokens: Sequence[Tok], names: Names) -> None:
        self._tokens = tokens
        self._names = names
        self._pieces: list[Piece] = []
        self._origin: list[int] = []  # of each piece: the token it came from
        self._doubled: set[int] = set()  # closing braces of arrays' initialisers
        self._words: dict[str, Callable[[int], int]] = {
            "input": self._input,
            "sinput": self._input,
            "new": self._new,
            "delete": self._delete,
            "this": self._this,
            "dynamic_cast": self._dynamic_cast,
            "class": self._class,
            "struct": self._struct,
            "enum": self._enum,
            "sizeof": self._sizeof,
        }

    def run(self) -> list[Piece]:
        """All pieces."""
        at = 0
        while at < len(self._tokens):
            at = self._step(at)
        return self._pieces

    def _step(self, at: int) -> int:
        tok = self._tokens[at]
        if tok.kind is Kind.IDENT:
            return self._word(at)
        if tok.text == "." and tok.kind is Kind.PUNCT:
            return self._dot(at)
        return self._put(at, self._literal(at))

    def _literal(self, at: int) -> str:
        tok = self._tokens[at]
        match tok.kind:
            case Kind.STRING:
                return f"u{tok.text}_s"
            case Kind.CHAR:
                return f"((ushort)u{tok.text})"
            case Kind.INT:
                return _integer(tok.text)
        if at in self._doubled:
            return "}}"
        return "::mql5::program::" if tok.text == "::" and not self._qualifies(at) else tok.text

    def _word(self, at: int) -> int:
        text = self._tokens[at].text
        if text in self._words:
            return self._words[text](at)
        if text in _PLACE_NAMES:
            return self._put(at, f"string::Ascii_({text})")
        if text in self._names.types and self._text(at - 1) != ".":
            return self._type(at)
        return self._put(at, text)

    # ---- helpers

    def _tok(self, at: int) -> Tok:
        return self._tokens[at] if 0 <= at < len(self._tokens) else _END

    def _text(self, at: int) -> str:
        return self._tok(at).text

    def _put(self, at: int, text: str, used: int = 1) -> int:
        tok = self._tokens[at]
        self._pieces.append(Piece(text, tok.line, tok.file))
        self._origin.append(at)
        return at + used

    def _error(self, at: int, what: str) -> SourceError:
        tok = self._tok(min(at, len(self._tokens) - 1))
        return SourceError(tok.file, tok.line, what)

    def _qualifies(self, at: int) -> bool:
        """Whether the `::` at this place has a name before it."""
        before = self._tok(at - 1)
        return before.text == ">" or (before.kind is Kind.IDENT and before.text not in NOT_TYPES)

    def _sub(self, start: int, end: int) -> str:
        """The C++ text of a few tokens inside something else."""
        return " ".join(piece.text for piece in Rewriter(self._tokens[start:end], self._names).run())

    def _take_const(self) -> bool:
        """Remove a `const` that was just put out, and say whether there was one."""
        if self._pieces and self._pieces[-1].text == "const":
            self._pieces.pop()
            self._origin.pop()
            return True
        return False

    def _closing(self, at: int) -> int:
        """Index of the bracket that closes the one at `at`."""
        depth = 0
        for index in range(at, len(self._tokens)):
            tok = self._tokens[index]
            if tok.kind is Kind.PUNCT:
                depth += {"(": 1, "[": 1, "{": 1, ")": -1, "]": -1, "}": -1}.get(tok.text, 0)
                if depth == 0:
                    return index
        raise self._error(at, f"nothing closes this {self._text(at)}")

    # ---- types and declarations

    def _type_name(self, at: int) -> tuple[str, int]:
        """A type without pointers: its C++ text and the index after it."""
        text = _TYPES.get(self._text(at), self._text(at))
        end = at + 1
        while self._text(end) == "::" and self._text(end + 1) in self._names.types:
            text += f"::{self._text(end + 1)}"
            end += 2
        if self._text(end) == "<" and self._text(end - 1) in self._names.templates:
            close = skip_template(self._tokens, end)
            text += self._template_arguments(end, close)
            end = close
        return text, end

    def _template_arguments(self, start: int, end: int) -> str:
        last = self._tokens[end - 1]
        inner = [*self._tokens[start + 1 : end - 1]]
        if last.text == ">>":
            inner.append(last._replace(text=">"))
        return f"<{' '.join(piece.text for piece in Rewriter(inner, self._names).run())}>"

    def _type(self, at: int) -> int:
        text, end = self._type_name(at)
        base = self._text(end - 1)
        while self._text(end) == "*" and (base in self._names.classes or base in self._names.templates or base == ">"):
            text = f"Ptr<{'const ' if self._take_const() else ''}{text}>"
            end += 1
        return self._declarator(at, text, end)

    def _declarator(self, at: int, text: str, end: int) -> int:
        """After a type: an array's name and dimensions, or whatever else, which stays as it is."""
        reference = self._text(end) == "&"
        name = end + reference
        after = name
        while self._tok(after).kind is Kind.IDENT and self._text(after + 1) == "::":
            after += 2
        if self._tok(after).kind is not Kind.IDENT or self._text(after) in NOT_TYPES or self._text(after + 1) != "[":
            return self._put(at, text, end - at)
        dimensions, following = self._dimensions(after + 1)
        item = text
        for dimension in reversed(dimensions[1:]):
            item = f"Fixed<{item}, {dimension}>"
        if reference:
            array = f"CARef<{item}>" if self._take_const() else f"ARef<{item}>"
        elif not dimensions[0] and self._text(following) == "=":
            array = f"Fixed<{item}, {self._deduced(following + 1, dimensions[1:])}>"
        else:
            array = f"Fixed<{item}, {dimensions[0]}>" if dimensions[0] else f"Dyn<{item}>"
        self._put(at, array)
        self._put(name, "".join(self._text(index) for index in range(name, after + 1)))
        if self._text(following) == "=" and self._text(following + 1) == "{":
            self._doubled.add(self._closing(following + 1))
            return self._put(following, "= {{", 2)
        return following

    def _dimensions(self, at: int) -> tuple[list[str], int]:
        found: list[str] = []
        while self._text(at) == "[":
            close = self._closing(at)
            found.append(self._sub(at + 1, close))
            at = close + 1
        return found, at

    def _deduced(self, at: int, inner: Sequence[str]) -> str:
        """How many items an initialiser has; flat ones of arrays with more dimensions are divided."""
        if self._text(at) != "{":
            raise self._error(at, "an array of no size needs an initialiser in braces")
        close = self._closing(at)
        commas, depth = 0, 0
        for index in range(at + 1, close):
            tok = self._tokens[index]
            if tok.kind is Kind.PUNCT:
                depth += {"(": 1, "[": 1, "{": 1, ")": -1, "]": -1, "}": -1}.get(tok.text, 0)
                commas += tok.text == "," and depth == 0
        count = 0 if close == at + 1 else commas + (self._text(close - 1) != ",")
        if not inner or self._text(at + 1) == "{":
            return str(count)
        product = " * ".join(f"({dimension})" for dimension in inner)
        return f"({count} + {product} - 1) / ({product})"

    def _input(self, at: int) -> int:
        if self._text(at + 1) == "group":
            end = at + 2
            while self._tok(end).kind is Kind.STRING or self._text(end) == ";":
                end += 1
            return end
        type_, name = self._type_name(at + 1)
        end = name
        while self._text(end) not in {";", ""}:
            end += 1
        if self._tok(name).kind is not Kind.IDENT or self._text(name + 1) != "=":
            raise self._error(at, "an input is `input TYPE NAME = VALUE;`")
        spelled = self._text(name)
        self._put(at, f"static {type_} mq_input_{spelled} = {self._sub(name + 2, end)};")
        self._put(at, f'static MqInput_ mq_setting_{spelled}("{spelled}", mq_input_{spelled});')
        self._put(at, f"extern const {type_} &{spelled}; const {type_} &{spelled} = mq_input_{spelled};")
        return end + 1

    def _class(self, at: int) -> int:
        name = at + 1
        if self._text(name + 1) not in {"{", "final"} or self._tok(name).kind is not Kind.IDENT:
            return self._put(at, "class")
        self._put(at, f"class {self._text(name)}")
        end = name + 1
        if self._text(end) == "final":
            end = self._put(end, "final")
        if self._text(end) == "{":
            self._put(end, ": public MqObject_")
        return end

    def _struct(self, at: int) -> int:
        end = at + 1
        if self._text(end) == "pack" and self._text(end + 1) == "(":
            end = self._closing(end + 1) + 1
        return self._put(at, "struct", end - at)

    def _enum(self, at: int) -> int:
        end = self._put(at, "enum")
        if self._tok(end).kind is Kind.IDENT:
            end = self._put(end, self._text(end))
        if self._text(end) == "{":
            self._put(end, ": int")
        return end

    # ---- expressions

    def _sizeof(self, at: int) -> int:
        return self._put(at, "(int)sizeof")  # the same type on every platform

    def _new(self, at: int) -> int:
        type_, end = self._type_name(at + 1)
        self._put(at, f"MqNew_<{type_}>" if self._text(end) == "(" else f"MqNew_<{type_}>()")
        return end

    def _delete(self, at: int) -> int:
        if self._text(at - 1) == "=":
            return self._put(at, "delete")
        end = at + 1
        while self._text(end) not in {";", ""}:
            end += 1
        self._put(at, f"MqDelete_({self._sub(at + 1, end)})")
        return end

    def _this(self, at: int) -> int:
        return self._put(at, "this->", 2) if self._text(at + 1) == "." else self._put(at, "MqThis_(this)")

    def _dynamic_cast(self, at: int) -> int:
        type_, end = self._type_name(at + 2)
        if self._text(at + 1) != "<" or self._text(end) != "*" or self._text(end + 1) != ">":
            raise self._error(at, "dynamic_cast wants a pointer to a class")
        return self._put(at, f"MqCast_<{type_}>", end + 2 - at)

    def _dot(self, at: int) -> int:
        name, start = self._accessed(at - 1)
        if name in self._names.ambiguous:
            place = next(index for index, origin in enumerate(self._origin) if origin >= start)
            first = self._pieces[place]
            self._pieces.insert(place, first._replace(text="MqA_("))
            self._origin.insert(place, start)
            return self._put(at, ")->")
        return self._put(at, ".P_()->" if name in self._names.pointers else ".")

    def _accessed(self, at: int) -> tuple[str, int]:
        """
        Name of what stands before a `.` and where its expression begins.

        `p`, `p[i]`, `Get(i)` have their name; `GetPointer(x)`, `dynamic_cast<C *>(x)` and `((C *)x)` are pointers.
        """
        end = at
        while self._text(at) in {"]", ")"} and self._tok(at).kind is Kind.PUNCT:
            begin = opening(self._tokens, at)
            if self._text(begin) == "(" and self._tok(begin - 1).kind is not Kind.IDENT:
                return self._grouped(begin, at), begin
            at = begin - 1
        name = self._text(at)
        if name == "GetPointer":
            self._names.pointers.add(name)
        while self._text(at - 1) in {".", "::"}:
            at -= 2
            while self._text(at) in {"]", ")"} and self._tok(at).kind is Kind.PUNCT:
                at = opening(self._tokens, at) - 1
        return (name if end >= at else ""), at

    def _grouped(self, begin: int, end: int) -> str:
        """Name that stands for a grouping or a cast: a pointer's if it is one."""
        cast = self._text(begin - 1) == ">" or (self._text(begin + 1) == "(" and self._text(self._closing(begin + 1) - 1) == "*")
        if cast:
            self._names.pointers.add("dynamic_cast")
            return "dynamic_cast"
        inner = end - 1
        return self._text(inner) if inner == begin + 1 else ""
