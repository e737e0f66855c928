"""Pieces of C++ text to one file in which every line is still the line of the MQL5 source."""

from collections.abc import Iterable
from typing import NamedTuple

_FEW_LINES = 8  # shorter gaps are empty lines, longer ones a #line


class Piece(NamedTuple):
    """Text that belongs to a line of a file; `alone` wants a line of its own (a directive)."""

    text: str
    line: int
    file: str
    alone: bool = False


def render(pieces: Iterable[Piece]) -> str:
    """The text of all pieces."""
    out: list[str] = []
    file, line = "", 0
    for piece in pieces:
        if piece.alone or piece.file != file or not line <= piece.line <= line + _FEW_LINES:
            out.append(f'\n#line {piece.line} "{piece.file}"\n')
        else:
            out.append("\n" * (piece.line - line))
        file, line = piece.file, piece.line
        out.append(piece.text)
        if piece.alone:
            out.append("\n")
            line += 1
        else:
            out.append(" ")
    return "".join(out)
