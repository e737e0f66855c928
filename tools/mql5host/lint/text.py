"""Rules about a file as bytes and as a row of tokens, before anything is understood."""

import re
from collections.abc import Iterator

from mql5host.lint.rules import RULES, Finding
from mql5host.lint.source import Source, parse_macro, split_directive
from mql5host.tokens import Kind, Token

_DIRECTIVES = frozenset({"define", "undef", "ifdef", "ifndef", "else", "endif", "include", "property"})
_RADIX_LETTERS = frozenset("DCBL")
_SUFFIX = re.compile(r"(?:0[xX][0-9a-fA-F]++|(?!0[xX])[0-9.]++(?:[eE][+-]?\d++)?+)[A-Za-z_]+")
_NUL = re.compile(r"(?<!\\)(?:\\\\)*\\(?:0|[xX]0+(?![0-9A-Fa-f]))")
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_ESCAPES = frozenset("nrt\\\"'")
_INT_MAX = 2**31 - 1
_MACRO_PARAMETERS = 8  # MQL5 reference, "Macro substitution"


def check_text(source: Source) -> Iterator[Finding]:
    """All findings that need one file only."""
    yield from _bytes(source)
    if source.error is not None:
        yield Finding(source.path, source.error.line, source.error.col, "ML00", source.error.what)
    yield from _guard(source)
    before: Token | None = None
    for token in source.tokens:
        for rule, message in _token(token, before):
            yield Finding(source.path, token.line, token.col, rule, message or RULES[rule])
        before = token


def _bytes(source: Source) -> Iterator[Finding]:
    raw = source.raw
    if raw[:2] in {b"\xff\xfe", b"\xfe\xff"} or raw.startswith(b"\xef\xbb\xbf"):
        yield Finding(source.path, 1, 1, "TX01", RULES["TX01"])
        return
    for number, line in enumerate(raw.split(b"\n"), 1):
        if b"\r" in line:
            yield Finding(source.path, number, line.index(b"\r") + 1, "TX02", RULES["TX02"])
        strange = next((at for at, byte in enumerate(line) if byte > 126), None) if not line.isascii() else None
        if strange is not None:
            yield Finding(source.path, number, strange + 1, "TX03", RULES["TX03"])
    if raw and not raw.endswith(b"\n"):
        yield Finding(source.path, raw.count(b"\n") + 1, 1, "TX02", RULES["TX02"])


def _guard(source: Source) -> Iterator[Finding]:
    if source.path.suffix != ".mqh":
        return
    parts = [split_directive(t.text) if t.kind is Kind.DIRECTIVE else None for t in source.tokens]
    first = parts[0] if parts else None
    second = parts[1] if len(parts) > 1 else None
    last = parts[-1] if parts else None
    guarded = (
        first is not None
        and second is not None
        and last is not None
        and ((first.word, second.word, last.word) == ("ifndef", "define", "endif") and first.rest == second.rest)
    )
    if not guarded:
        yield Finding(source.path, 1, 1, "TX04", RULES["TX04"])


def _token(token: Token, before: Token | None) -> Iterator[tuple[str, str]]:
    if token.kind is Kind.DIRECTIVE:
        yield from _directive(token)
    elif token.kind in (Kind.INT, Kind.REAL):
        yield from _number(token)
    elif token.kind in (Kind.CHAR, Kind.STRING):
        yield from _quoted(token, before)


def _quoted(token: Token, before: Token | None) -> Iterator[tuple[str, str]]:
    if before is not None and _touches(before, token):
        yield "PS08A", f"{before.text}{token.text}"
    elif token.kind is Kind.STRING and _NUL.search(token.text):
        yield "PS13C", ""
    elif any(escape not in _ESCAPES for escape in _ESCAPE.findall(token.text)):
        yield "PS08I", ""


def _touches(before: Token, token: Token) -> bool:
    radix = before.text.upper() in _RADIX_LETTERS or before.text in {"R", "u8", "u", "U"}
    return radix and before.line == token.line and before.col + len(before.text) == token.col


def _number(token: Token) -> Iterator[tuple[str, str]]:
    text = token.text
    if "'" in text:
        yield "ML09", ""
        return
    suffix = _SUFFIX.fullmatch(text)
    if suffix is not None or (text[:1] == "0" and text[1:2] in {"b", "B"}):
        yield "PS08B", f"{text} has a suffix or a prefix"
    elif text.isdigit() and int(text) > _INT_MAX:
        yield "PS08C", ""
    elif text.isdigit() and text[0] == "0" and len(text) > 1:
        yield "PS08H", ""


def _directive(token: Token) -> Iterator[tuple[str, str]]:
    word, rest = split_directive(token.text)
    if word not in _DIRECTIVES or (word == "property" and rest.startswith("strict")):
        yield "PS08F", f"#{word}"
    if word != "define":
        return
    parsed = parse_macro(rest)
    if parsed is None:
        return
    macro = parsed[1]
    if any(t.text in {"#", "##"} for t in macro.body) or len(macro.params or ()) > _MACRO_PARAMETERS:
        yield "PS08G", ""
    before: Token | None = None
    for inner in macro.body:
        yield from _token(inner, before)
        before = inner
