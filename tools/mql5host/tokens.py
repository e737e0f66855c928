"""
MQL5 text to tokens: the one tokenizer that translator and lint share.

White space is dropped, everything else is kept, comments and preprocessor lines included, so that a
caller can decide what matters to it. Positions are those of the file: line and column from 1.

Source for the lexical rules: MQL5 reference, "Syntax" (comments, identifiers, literals).
"""

import enum
import re
from collections.abc import Iterator
from typing import NamedTuple


class Kind(enum.Enum):
    """What a token is."""

    IDENT = "identifier"  # keywords too: which words are reserved is the caller's knowledge
    INT = "integer literal"
    REAL = "real literal"
    STRING = "string literal"
    CHAR = "character literal"
    PUNCT = "punctuation"
    COMMENT = "comment"
    DIRECTIVE = "preprocessor line"  # from # to the end of the line, continuations joined
    NEWLINE = "end of line"


class Token(NamedTuple):
    """One token and where it stands."""

    kind: Kind
    text: str
    line: int
    col: int


class LexicalError(Exception):
    """A character that no MQL5 token can begin with, or a literal without an end."""

    def __init__(self, line: int, col: int, what: str) -> None:
        super().__init__(f"line {line}, column {col}: {what}")
        self.line = line
        self.col = col
        self.what = what


_PUNCTUATION = (
    "<<=", ">>=", "...", "->*", "::", "->", "++", "--", "<<", ">>", "<=", ">=", "==", "!=", "&&", "||",
    "+=", "-=", "*=", "/=", "%=", "&=", "|=", "^=", "##",
)  # fmt: skip

_TOKEN = re.compile(
    r"""
    (?P<space>[ \t\r\f\v]+)
  | (?P<newline>\n)
  | (?P<comment>//[^\n]*|/\*.*?\*/)
  | (?P<string>"(?:\\.|[^"\\\n])*")
  | (?P<char>'(?:\\.|[^'\\\n])*')
  | (?P<real>(?:\d+\.\d*|\.\d+)(?:[eE][+-]?\d+)?[A-Za-z_]*|\d+[eE][+-]?\d+[A-Za-z_]*)
  | (?P<int>0[xX][0-9A-Fa-f]+[A-Za-z_]*|\d[\w']*)
  | (?P<ident>[A-Za-z_]\w*)
  | (?P<punct>"""
    + "|".join(re.escape(p) for p in _PUNCTUATION)
    + r"""|[-+*/%=<>!&|^~?:;,.(){}\[\]\#\\])
    """,
    re.VERBOSE | re.DOTALL,
)
_DIRECTIVE = re.compile(r"#(?:\\\r?\n|//[^\n]*|\"(?:\\.|[^\"\\\n])*\"|[^\n/\\]|/(?![/*])|\\(?!\r?\n)|/\*.*?\*/)*", re.DOTALL)


def tokenize(text: str) -> Iterator[Token]:
    """
    Yield the tokens of one file, ends of lines included.

    Raises:
        LexicalError: A character that begins no token, or a literal or comment without an end.
    """
    at, line, start_of_line, fresh = 0, 1, 0, True
    while at < len(text):
        col = at - start_of_line + 1
        match = _DIRECTIVE.match(text, at) if fresh and text[at] == "#" else _TOKEN.match(text, at)
        if match is None:
            raise LexicalError(line, col, f"no token begins with {text[at : at + 12]!r}")
        group = match.lastgroup
        if group is None:
            yield Token(Kind.DIRECTIVE, match.group(), line, col)
        elif group == "newline":
            yield Token(Kind.NEWLINE, "\n", line, col)
        elif group != "space":
            yield Token(_KINDS[group], match.group(), line, col)
        fresh = group == "newline" or (fresh and group == "space")
        text_of_token = match.group()
        if "\n" in text_of_token:
            line += text_of_token.count("\n")
            start_of_line = at + text_of_token.rindex("\n") + 1
        at = match.end()


_KINDS = {
    "comment": Kind.COMMENT,
    "string": Kind.STRING,
    "char": Kind.CHAR,
    "real": Kind.REAL,
    "int": Kind.INT,
    "ident": Kind.IDENT,
    "punct": Kind.PUNCT,
}
