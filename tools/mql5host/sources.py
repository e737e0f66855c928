"""
The source of one program: the main file with its includes put in place, as one list of tokens.

Conditional compilation is decided here (MQL5 has only #ifdef, #ifndef, #else, #endif), so that what follows sees
live code alone. `#property` lines are kept as data; `#define` and `#undef` stay in the list as directives.
"""

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from mql5host.tokens import Kind, LexicalError, tokenize


class Tok(NamedTuple):
    """One token of the program with the file it stands in."""

    kind: Kind
    text: str
    line: int
    file: str


class SourceError(Exception):
    """A source that cannot be read as MQL5: `file` and `line` say where, `what` says why."""

    def __init__(self, file: str, line: int, what: str) -> None:
        super().__init__(f"{file}:{line}: {what}")
        self.file = file
        self.line = line
        self.what = what


@dataclass
class Program:
    """The program's tokens without comments and ends of lines, its files in include order, its properties."""

    tokens: list[Tok] = field(default_factory=list)
    files: dict[str, bytes] = field(default_factory=dict)
    properties: dict[str, str] = field(default_factory=dict)

    @property
    def sha256(self) -> str:
        """SHA-256 over the names and bytes of all files, in include order."""
        digest = hashlib.sha256()
        for name, content in self.files.items():
            digest.update(f"{name}\n{len(content)}\n".encode())
            digest.update(content)
        return digest.hexdigest()


def read_program(source: Path, include: Path, defines: Iterable[str] = ()) -> Program:
    """
    Read `source` and everything it includes: `<x>` from the folder `include`, "x" beside the including file.

    `defines` are names, or NAME=value, that count as defined from the start.

    Raises:
        SourceError: An include that is not there, an unbalanced condition, or no MQL5 at all.
    """
    reader = _Reader(include, defines)
    reader.read(source)
    return reader.program


def display_name(path: Path, include: Path) -> str:
    """Name under which compiler, debugger and critical errors speak of a file: relative to the folder of Include."""
    root = include.resolve().parent
    resolved = path.resolve()
    return resolved.relative_to(root).as_posix() if resolved.is_relative_to(root) else path.name


_DIRECTIVE = re.compile(r"#\s*(\w+)\s*(.*)", re.DOTALL)
_INCLUDE = re.compile(r"[<\"]([^>\"]+)[>\"]")
_COMMENT = re.compile(r"\"(?:\\.|[^\"\\\n])*\"|//[^\n]*|/\*.*?\*/", re.DOTALL)


def _decode(content: bytes, name: str) -> str:
    encoding = "utf-16" if content[:2] in {b"\xff\xfe", b"\xfe\xff"} else "utf-8-sig"
    try:
        return content.decode(encoding).replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        raise SourceError(name, 1, f"not {encoding}: {error.reason}") from error


class _Reader:
    def __init__(self, include: Path, defines: Iterable[str]) -> None:
        self.program = Program()
        self._include = include
        self._defined = {define.partition("=")[0] for define in defines}

    def read(self, path: Path) -> None:
        name = display_name(path, self._include)
        if name in self.program.files:  # each file counts once, with or without a guard of its own
            return
        content = path.read_bytes()
        self.program.files[name] = content
        conditions: list[bool] = []
        last = 1
        for tok in self._tokens(_decode(content, name), name):
            last = tok.line
            if tok.kind is Kind.DIRECTIVE:
                self._directive(tok, path, conditions)
            elif all(conditions):
                self.program.tokens.append(tok)
        if conditions:
            raise SourceError(name, last, "#ifdef without #endif")

    def _tokens(self, text: str, name: str) -> Iterator[Tok]:
        try:
            for token in tokenize(text):
                if token.kind not in {Kind.COMMENT, Kind.NEWLINE}:
                    yield Tok(token.kind, token.text, token.line, name)
        except LexicalError as error:
            raise SourceError(name, error.line, error.what) from error

    def _directive(self, tok: Tok, path: Path, conditions: list[bool]) -> None:
        text = _COMMENT.sub(lambda m: m.group() if m.group().startswith('"') else " ", tok.text)
        match = _DIRECTIVE.match(text.replace("\\\n", " "))
        if match is None:
            raise SourceError(tok.file, tok.line, "an empty directive")
        word, rest = match[1], match[2].strip()
        if word in {"ifdef", "ifndef", "else", "endif"}:
            self._condition(tok, word, rest, conditions)
        elif all(conditions):
            self._live(tok._replace(text=f"#{word} {rest}"), word, rest, path)

    def _condition(self, tok: Tok, word: str, name: str, conditions: list[bool]) -> None:
        if word in {"ifdef", "ifndef"}:
            conditions.append((name in self._defined) == (word == "ifdef"))
            return
        if not conditions:
            raise SourceError(tok.file, tok.line, f"#{word} without #ifdef")
        if word == "endif":
            conditions.pop()
        else:
            conditions[-1] = not conditions[-1]

    def _live(self, tok: Tok, word: str, rest: str, path: Path) -> None:
        match word:
            case "include":
                self._included(tok, rest, path)
            case "property":
                key, _, value = rest.partition(" ")
                said = self.program.properties.get(key)
                value = value.strip().strip('"')
                self.program.properties[key] = value if said is None else f"{said}\n{value}"  # description has lines
            case "define" | "undef":
                name = re.split(r"\W", rest, maxsplit=1)[0]
                (self._defined.add if word == "define" else self._defined.discard)(name)
                self.program.tokens.append(tok)
            case _:
                raise SourceError(tok.file, tok.line, f"#{word} is not in the portable subset")

    def _included(self, tok: Tok, rest: str, path: Path) -> None:
        match = _INCLUDE.match(rest)
        if match is None:
            raise SourceError(tok.file, tok.line, f"no file name in #include {rest}")
        relative = match[1].replace("\\", "/")
        target = (self._include if rest.startswith("<") else path.parent) / relative
        if not target.is_file():
            raise SourceError(tok.file, tok.line, f"no such include: {rest}")
        self.read(target)


def defined_values(defines: Iterable[str]) -> Mapping[str, str]:
    """NAME or NAME=value to name and value."""
    pairs = (define.partition("=") for define in defines)
    return {name: value for name, _, value in pairs}
