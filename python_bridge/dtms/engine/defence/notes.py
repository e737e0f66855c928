"""What a decision has to say beside its command, for log, pages and notifications."""

from typing import NamedTuple

from dtms.defence_names import NoteKind

Value = float | int | str | None


class Note(NamedTuple):
    """One sentence with its figures."""

    kind: NoteKind
    text: str
    values: tuple[tuple[str, Value], ...] = ()


def note(kind: NoteKind, text: str, **values: Value) -> Note:
    """Return a note with its figures in the order given."""
    return Note(kind, text, tuple(values.items()))
