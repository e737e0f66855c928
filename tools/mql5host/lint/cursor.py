"""A reading position in a stream of tokens, and the little that every part of the parser asks of it."""

from pathlib import Path

from mql5host.lint.rules import RULES
from mql5host.lint.source import Place, Report, Tok
from mql5host.tokens import Kind

NUMBERS = frozenset({
    "bool", "char", "uchar", "short", "ushort", "int", "uint", "long", "ulong", "float", "double", "color", "datetime",
})  # fmt: skip
BUILTIN = NUMBERS | {"string", "void"}

# Words of C++ that are no words of MQL5, and so are refused wherever they stand as themselves.
CPP_WORDS = frozenset({
    "alignas", "alignof", "and", "and_eq", "asm", "auto", "bitand", "bitor", "catch", "char16_t", "char32_t", "char8_t",
    "co_await", "co_return", "co_yield", "compl", "concept", "const_cast", "consteval", "constexpr", "constinit",
    "decltype", "explicit", "friend", "goto", "inline", "mutable", "noexcept", "not", "not_eq", "nullptr", "or", "or_eq",
    "register", "reinterpret_cast", "requires", "signed", "static_assert", "static_cast", "thread_local", "throw", "try",
    "typedef", "typeid", "unsigned", "using", "volatile", "wchar_t", "xor", "xor_eq",
})  # fmt: skip
CPP_TYPES = frozenset({
    "size_t", "ssize_t", "ptrdiff_t", "intptr_t", "uintptr_t", "time_t", "byte", "BYTE", "WORD", "DWORD", "int8_t",
    "int16_t", "int32_t", "int64_t", "uint8_t", "uint16_t", "uint32_t", "uint64_t", "unsigned", "signed", "wchar_t",
    "char8_t", "char16_t", "char32_t",
})  # fmt: skip


class SyntaxFault(Exception):
    """The text does not follow the grammar; already reported when `reported` is set."""

    def __init__(self, place: Place, rule: str, message: str) -> None:
        super().__init__(message)
        self.place = place
        self.rule = rule
        self.message = message


class Cursor:
    """Position in a stream. Beyond the last token it reads tokens with an empty text."""

    def __init__(self, tokens: list[Tok], report: Report) -> None:
        end = tokens[-1].place if tokens else Place(Path(), 1, 1)
        self.tokens = tokens
        self.at = 0
        self.report = report
        self._end = Tok(Kind.NEWLINE, "", end)

    def peek(self, ahead: int = 0) -> Tok:
        """The token `ahead` places on."""
        at = self.at + ahead
        return self.tokens[at] if at < len(self.tokens) else self._end

    @property
    def text(self) -> str:
        """Text of the current token; a literal is never mistaken for a word or a sign, its quotes are kept."""
        return self.tokens[self.at].text if self.at < len(self.tokens) else ""

    @property
    def place(self) -> Place:
        return self.peek().place

    def take(self) -> Tok:
        """The current token, and go on."""
        tok = self.peek()
        self.at += 1
        return tok

    def accept(self, text: str) -> bool:
        """Go past the text if it stands here."""
        if self.text == text:
            self.at += 1
            return True
        return False

    def expect(self, text: str) -> Tok:
        """Go past a text that must stand here."""
        if self.text != text:
            raise self.fault(f"{text!r} expected before {self.text or 'the end'!r}")
        return self.take()

    def name(self) -> Tok:
        """Take an identifier."""
        if self.peek().kind is not Kind.IDENT:
            raise self.fault(f"a name expected before {self.text or 'the end'!r}")
        return self.take()

    def fault(self, message: str, rule: str = "ML00") -> SyntaxFault:
        """A fault at the current token, to be raised."""
        return SyntaxFault(self.place, rule, message)

    def note(self, rule: str, message: str = "", place: Place | None = None) -> None:
        """Report a finding here and read on."""
        self.report(place or self.place, rule, message or RULES[rule])

    def skip_balanced(self) -> None:
        """Go past the bracket that opens here and all up to the one that closes it."""
        depth = 0
        while self.at < len(self.tokens):
            text = self.take().text
            depth += (text in {"(", "[", "{"}) - (text in {")", "]", "}"})
            if depth <= 0:
                return

    def skip_statement(self) -> None:
        """After a fault: go past the next ; at this level, or up to the } that closes the level."""
        while self.at < len(self.tokens):
            if self.text in {"(", "[", "{"}:
                braces = self.text == "{"
                self.skip_balanced()
                if braces and self.text != ";":
                    return
            elif self.text == "}" or self.take().text == ";":
                return
