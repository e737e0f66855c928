"""
Files to one stream of tokens: reading, conditional parts, includes and macros, as the MQL5 compiler would.

A unit is one .mq5 (or an .mqh that no .mq5 includes) with all it includes, each file once. Macros are expanded, and
what they expand to stands at the place of the use, so that a finding points to a line somebody wrote.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from mql5host.tokens import Kind, LexicalError, Token, tokenize

Report = Callable[["Place", str, str], None]


class Place(NamedTuple):
    """Where something stands: a file, a line and a column from 1."""

    path: Path
    line: int
    col: int


class Tok(NamedTuple):
    """A token of the stream."""

    kind: Kind
    text: str
    place: Place


@dataclass(frozen=True, slots=True)
class Source:
    """
    One file, read and tokenised; comments and ends of lines are gone. `parts` are its directives and the stretches of
    code between them, made once for all the units that take the file in.
    """

    path: Path
    tokens: tuple[Token, ...]
    raw: bytes
    parts: "tuple[Token | list[Tok], ...]"
    error: LexicalError | None = None


class Directive(NamedTuple):
    """A preprocessor line, taken apart: `#define NAME(a, b) body` is (define, "NAME(a, b) body")."""

    word: str
    rest: str


class Macro(NamedTuple):
    """What a #define says; params is None for a macro without parentheses."""

    params: tuple[str, ...] | None
    body: tuple[Token, ...]


_DIRECTIVE = re.compile(r"#\s*(\w*)\s*(.*)", re.DOTALL)
_DEFINE = re.compile(r"([A-Za-z_]\w*)(\(([^)]*)\))?\s*(.*)", re.DOTALL)
_LAYOUT = (Kind.COMMENT, Kind.NEWLINE)
_SPLICE = re.compile(r"\\\r?\n")
_COMMENT = re.compile(r'("(?:\\.|[^"\\\n])*")|//[^\n]*|/\*.*?\*/', re.DOTALL)


def read_source(path: Path) -> Source:
    """Read and tokenise one file. Bytes that are no UTF-8 are replaced: the text rules report them."""
    raw = path.read_bytes()
    text = raw.decode("utf-16" if raw[:2] in {b"\xff\xfe", b"\xfe\xff"} else "utf-8-sig", "replace")
    tokens: list[Token] = []
    error: LexicalError | None = None
    try:
        tokens.extend(t for t in tokenize(text) if t.kind not in _LAYOUT)
    except LexicalError as fault:  # what came before it is kept
        error = fault
    return Source(path, tuple(tokens), raw, tuple(_parts(path, tokens)), error)


def _parts(path: Path, tokens: list[Token]) -> Iterator[Token | list[Tok]]:
    code: list[Tok] = []
    for token in tokens:
        if token.kind is Kind.DIRECTIVE:
            yield code
            yield token
            code = []
        else:
            code.append(Tok(token.kind, token.text, Place(path, token.line, token.col)))
    yield code


def split_directive(text: str) -> Directive:
    """Word and rest of a preprocessor line, continuations joined and comments removed."""
    plain = _COMMENT.sub(lambda found: found.group(1) or " ", _SPLICE.sub(" ", text))
    match = _DIRECTIVE.match(plain)
    return Directive(match.group(1), match.group(2).strip()) if match else Directive("", "")


def parse_macro(rest: str) -> tuple[str, Macro] | None:
    """Name and meaning of a #define, None for one that is malformed."""
    match = _DEFINE.match(rest)
    if match is None:
        return None
    params = None if match[2] is None else tuple(p.strip() for p in match[3].split(",") if p.strip())
    try:
        # The word in front keeps a leading # from being read as a directive.
        body = tuple(t for t in tokenize(f"_ {match[4]}") if t.kind is not Kind.NEWLINE)[1:]
    except LexicalError:
        return None
    return match[1], Macro(params, body)


def included_path(source: Path, rest: str) -> Path | None:
    """File that an #include names, None if there is none: <x> below the Include folder, "x" beside the source."""
    match = re.match(r'<([^>]+)>|"([^"]+)"', rest)
    if match is None:
        return None
    name = (match[1] or match[2]).replace("\\", "/")
    roots = [source.parent] if match[2] else [up / "Include" for up in source.parents]
    return next((found for root in roots if (found := (root / name).resolve()).is_file()), None)


@dataclass(slots=True)
class Unit:
    """One translation unit: the stream of tokens and the files it came from, in order."""

    tokens: list[Tok] = field(default_factory=list)
    files: list[Path] = field(default_factory=list)


def assemble(root: Path, sources: Mapping[Path, Source], report: Report) -> Unit:
    """Build the unit of a file. `sources` must hold every file that an include can reach."""
    assembler = _Assembler(sources, report)
    assembler.add(root)
    return assembler.unit


class _Assembler:
    """Walks the files of a unit and keeps what #define and #ifdef need."""

    def __init__(self, sources: Mapping[Path, Source], report: Report) -> None:
        self.unit = Unit()
        self._sources = sources
        self._report = report
        self._macros: dict[str, Macro] = {}
        self._actions: dict[str, Callable[[Place, str], None]] = {
            "define": self._define,
            "undef": lambda _, rest: self._macros.pop(rest, None) and None,
            "include": self._include,
        }

    def add(self, path: Path) -> None:
        self.unit.files.append(path)
        active = [True]
        for part in self._sources[path].parts:
            if isinstance(part, list):
                if all(active):
                    self._emit(part)
                continue
            word, rest = split_directive(part.text)
            if not self._conditional(word, rest, active) and all(active) and word in self._actions:
                self._actions[word](Place(path, part.line, part.col), rest)

    def _conditional(self, word: str, rest: str, active: list[bool]) -> bool:
        if word in {"ifdef", "ifndef"}:
            active.append((rest in self._macros or rest == "__MQL5__") == (word == "ifdef"))
        elif word == "else" and len(active) > 1:
            active[-1] = not active[-1]
        elif word == "endif" and len(active) > 1:
            active.pop()
        else:
            return False
        return True

    def _define(self, place: Place, rest: str) -> None:
        macro = parse_macro(rest)
        if macro is None:
            self._report(place, "ML00", f"malformed #define {rest[:40]}")
        else:
            self._macros[macro[0]] = macro[1]

    def _include(self, place: Place, rest: str) -> None:
        path = included_path(place.path, rest)
        if path is None or path not in self._sources:
            self._report(place, "TX05", f"no such file: {rest}")
        elif path not in self.unit.files:
            self.add(path)

    def _emit(self, code: list[Tok]) -> None:
        plain = self._macros.keys().isdisjoint(tok.text for tok in code)
        self.unit.tokens.extend(code if plain else self._expand(code, frozenset()))

    def _expand(self, stream: list[Tok], hidden: frozenset[str]) -> Iterator[Tok]:
        at = 0
        while at < len(stream):
            tok = stream[at]
            at += 1
            macro = self._macros.get(tok.text) if tok.kind is Kind.IDENT and tok.text not in hidden else None
            if macro is None:
                yield tok
                continue
            arguments: list[list[Tok]] = []
            if macro.params is not None:
                if at >= len(stream) or stream[at].text != "(":
                    yield tok
                    continue
                arguments, at = _arguments(stream, at)
            yield from self._expand(_substitute(macro, arguments, tok.place), hidden | {tok.text})


def _arguments(stream: list[Tok], at: int) -> tuple[list[list[Tok]], int]:
    """Arguments of a macro call whose parenthesis opens at `at`, and where the text goes on."""
    found: list[list[Tok]] = [[]]
    depth = 0
    while at < len(stream):
        tok = stream[at]
        at += 1
        depth += (tok.text in {"(", "[", "{"}) - (tok.text in {")", "]", "}"})
        if depth == 0:
            break
        if tok.text == "," and depth == 1:
            found.append([])
        elif depth > 1 or tok.text != "(":
            found[-1].append(tok)
    return found, at


def _substitute(macro: Macro, arguments: list[list[Tok]], place: Place) -> list[Tok]:
    values = dict(zip(macro.params or (), arguments, strict=False))
    out: list[Tok] = []
    for token in macro.body:
        if token.kind is Kind.IDENT and token.text in values:
            out.extend(values[token.text])
        else:
            out.append(Tok(token.kind, token.text, place))
    return out
