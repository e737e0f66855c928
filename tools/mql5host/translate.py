"""
MQL5 to C++: one program's tokens rewritten so that a C++17 compiler takes them behind cpp/mql5.hpp.

What differs is rewritten and nothing else: arrays, pointers (checked handles), `new`, `delete`, `this`, literals,
inputs, classes' common base, the sizes of `long`. Lines keep their numbers, and `#line` names the MQL5 file, so
that compiler, debugger and sanitizers speak of the source that its author wrote.
"""

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from mql5host import api
from mql5host.emit import Piece, render
from mql5host.names import NOT_TYPES, Names, collect, opening
from mql5host.rewrite import Rewriter
from mql5host.sources import Program, SourceError, Tok, defined_values, read_program
from mql5host.tokens import Kind, tokenize

HANDLERS = {
    "OnInit": "init",
    "OnDeinit": "deinit",
    "OnTick": "tick",
    "OnTimer": "timer",
    "OnTrade": "trade",
    "OnTradeTransaction": "transaction",
    "OnChartEvent": "chart_event",
    "OnStart": "start",
    "OnBookEvent": "book",
}
"""MQL5 event handlers and the fields of cpp/functions.hpp's MqHandlers_, in its order."""


@dataclass(frozen=True, slots=True)
class Translation:
    """The C++ text of a program and the SHA-256 of the sources it came from."""

    text: str
    source_sha256: str
    files: tuple[str, ...]


def translate(source: Path, include: Path, defines: Iterable[str] = ()) -> Translation:
    """
    Translate the program whose main file is `source`.

    Raises:
        SourceError: The source cannot be read, or uses what the translator does not know.
    """
    program = read_program(source, include, defines)
    names = collect(program.tokens, api.load())
    body = render(_pieces(program.tokens, names))
    text = "".join([_prologue(defines), body, _epilogue(program)])
    return Translation(text, program.sha256, tuple(program.files))


def _pieces(tokens: Sequence[Tok], names: Names) -> list[Piece]:
    pieces: list[Piece] = []
    start = 0
    for at, tok in enumerate(tokens):
        if tok.kind is Kind.DIRECTIVE:
            pieces += Rewriter(tokens[start:at], names).run()
            pieces.append(Piece(_directive(tok, names), tok.line, tok.file, alone=True))
            start = at + 1
    return pieces + Rewriter(tokens[start:], names).run()


_DEFINE = re.compile(r"#define (\w+)(\([^)]*\))?\s*(.*)", re.DOTALL)


def _directive(tok: Tok, names: Names) -> str:
    match = _DEFINE.fullmatch(tok.text)
    if match is None:
        return tok.text
    name, params, text = match[1], match[2] or "", match[3]
    if params and not tok.text.startswith(f"#define {name}("):
        params, text = "", f"{params} {text}"
    body = [Tok(t.kind, t.text, tok.line, tok.file) for t in tokenize(text) if t.kind is not Kind.COMMENT]
    return f"#define {name}{params} {' '.join(piece.text for piece in Rewriter(body, names).run())}"


def _prologue(defines: Iterable[str]) -> str:
    lines = ['#include "mql5.hpp"', *(f"#define {name} {value}" for name, value in defined_values(defines).items())]
    return "\n".join([*lines, "namespace mql5 { namespace program { using namespace mql5;", ""])


def _epilogue(program: Program) -> str:
    present = _functions(program.tokens)
    fields = []
    for handler in HANDLERS:
        call = f"program::{handler}"
        if handler in present and present[handler] == "void" and handler == "OnInit":
            call = "[]() -> int { program::OnInit(); return 0; }"
        elif handler in present and present[handler] == "int" and handler == "OnStart":
            call = "[]() -> void { program::OnStart(); }"
        fields.append(call if handler in present else "nullptr")
    properties = json.dumps(json.dumps(program.properties))
    return "\n".join(
        [
            "",
            '#line 1 "host"',
            "}  // namespace program",
            "const MqHandlers_& MqProgramHandlers_() {",
            f"  static const MqHandlers_ handlers = {{{', '.join(fields)}}};",
            "  return handlers;",
            "}",
            f"const char* MqProgramProperties_() {{ return {properties}; }}",
            "}  // namespace mql5",
            "",
        ],
    )


def _functions(tokens: Sequence[Tok]) -> dict[str, str]:
    """Functions defined at file level: name to the type they return."""
    found: dict[str, str] = {}
    depth = 0
    for at, tok in enumerate(tokens):
        depth += {"{": 1, "}": -1}.get(tok.text, 0)
        if depth == 0 and tok.text in HANDLERS and at and tokens[at + 1 : at + 2] and tokens[at + 1].text == "(":
            found[tok.text] = tokens[at - 1].text
    return found


__all__ = ["NOT_TYPES", "SourceError", "Translation", "opening", "translate"]
