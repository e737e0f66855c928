"""The tokenizer keeps every character of a source and says where each token stands."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mql5host.tokens import Kind, LexicalError, Token, tokenize

PIECES = [
    "name", "_x9", "if", "0", "42", "0xFF", "1.5", "1e-3", ".25", '"text"', '"a\\"b\\\\"', "'c'", "'\\''", "// note", "/* a\nb */",
    "<<=", ">>", "->", "::", "++", "&&", "(", ")", "[", "]", "{", "}", ";", ",", ".", "?", "~",
]  # fmt: skip


def kinds(text: str) -> list[tuple[Kind, str]]:
    return [(token.kind, token.text) for token in tokenize(text)]


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("OnTick", Kind.IDENT),
        ("0xFFFFFFFFFFFFFFFF", Kind.INT),
        ("10ul", Kind.INT),
        ("1'000", Kind.INT),
        ("1.5f", Kind.REAL),
        ("5.", Kind.REAL),
        ("2e10", Kind.REAL),
        ('"a // b /* c"', Kind.STRING),
        ('"\\\\"', Kind.STRING),
        ("'\\x41'", Kind.CHAR),
        ("// to the end", Kind.COMMENT),
        ("/* over\ntwo lines */", Kind.COMMENT),
        (">>=", Kind.PUNCT),
        ("#define A 1", Kind.DIRECTIVE),
    ],
)
def test_a_token_alone_is_read_whole(text: str, kind: Kind) -> None:
    assert kinds(text) == [(kind, text)]


def test_a_preprocessor_line_ends_with_its_line_unless_it_is_continued() -> None:
    assert kinds("#define A \\\n 1\nint n;") == [
        (Kind.DIRECTIVE, "#define A \\\n 1"),
        (Kind.NEWLINE, "\n"),
        (Kind.IDENT, "int"),
        (Kind.IDENT, "n"),
        (Kind.PUNCT, ";"),
    ]


def test_a_preprocessor_line_takes_in_a_comment_that_spans_lines_and_a_string_with_slashes() -> None:
    assert kinds('#define A "http://x" /* a\nb */ 1\n;')[0] == (Kind.DIRECTIVE, '#define A "http://x" /* a\nb */ 1')


def test_a_hash_inside_a_line_begins_no_preprocessor_line() -> None:
    assert [kind for kind, _ in kinds("a #b")] == [Kind.IDENT, Kind.PUNCT, Kind.IDENT]


def test_a_preprocessor_line_may_be_indented() -> None:
    assert kinds("  #endif") == [(Kind.DIRECTIVE, "#endif")]


def test_carriage_returns_are_white_space() -> None:
    assert kinds("a\r\nb") == [(Kind.IDENT, "a"), (Kind.NEWLINE, "\n"), (Kind.IDENT, "b")]


@pytest.mark.parametrize(
    ("text", "line", "col"),
    [("int a=$;", 1, 7), ('x\n "open', 2, 2), ("a\nb 'open\n'", 2, 3), ("price_\u20ac", 1, 7)],
)
def test_what_begins_no_token_is_refused_at_its_place(text: str, line: int, col: int) -> None:
    with pytest.raises(LexicalError) as caught:
        list(tokenize(text))
    assert (caught.value.line, caught.value.col) == (line, col)


def place(token: Token, text: str) -> str:
    """The text that stands where the token says it does."""
    start = sum(len(line) for line in text.splitlines(keepends=True)[: token.line - 1]) + token.col - 1
    return text[start : start + len(token.text)]


@given(st.lists(st.tuples(st.sampled_from(PIECES), st.sampled_from([" ", "\n", "\t ", "\n\n  "])), max_size=30))
def test_every_token_stands_where_it_says_and_none_is_lost(pieces: list[tuple[str, str]]) -> None:
    text = "".join(piece + ("\n" if piece.startswith("//") else space) for piece, space in pieces)
    tokens = list(tokenize(text))
    assert all(place(token, text) == token.text for token in tokens)
    assert [t.text for t in tokens if t.kind is not Kind.NEWLINE] == [piece for piece, _ in pieces]
