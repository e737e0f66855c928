"""
One account's side of the second witness: when to ask, and what of the answers is to be told.

Pure; the desk calls it with its own time. The same disagreement or silence is told once and its end once, so that a witness that is
not there costs one line and not one a minute.
"""

from collections.abc import Iterable
from typing import NamedTuple

from dtms.wire.messages import Position
from dtms.witness.compare import Disagreement, compare, lasting
from dtms.witness.frames import Quiet
from dtms.witness.testimony import Answer, Silent


class Verdict(NamedTuple):
    """What changed with an answer: disagreements that stand now, or the silence; neither: witness and view agree again."""

    disagreements: tuple[Disagreement, ...] = ()
    silent: Silent | None = None


class Hearing:
    """What was asked and heard for one account; times in the desk's monotonic ms."""

    __slots__ = ("_asked", "_before", "_every_ms", "_next", "_told")

    def __init__(self, every_s: int) -> None:
        self._every_ms = every_s * 1_000
        self._next = 0
        self._asked: int | None = None
        self._before: tuple[Disagreement, ...] = ()
        self._told: tuple[tuple[Disagreement, ...], Quiet | None] = ((), None)

    def due(self, now: int) -> bool:
        """Return whether it is time to ask; never while an answer is awaited."""
        return self._asked is None and now >= self._next

    def asked(self, number: int, now: int) -> None:
        """Note that the question was put; every question is answered, if only by silence."""
        self._asked = number
        self._next = now + self._every_ms

    def heard(self, answer: Answer, view: Iterable[Position] | None) -> Verdict | None:
        """
        Take the answer to this account's question beside the positions that we believe in; None: nothing to tell.

        ``view`` is None while the positions are not known: then the answer says nothing.
        """
        if answer.ask.number != self._asked:
            return None
        self._asked = None
        if isinstance(answer, Silent):
            self._before = ()
            return self._tell((), answer)
        if view is None:
            self._before = ()
            return None
        found = compare(view, answer)
        standing, self._before = lasting(self._before, found), found
        return self._tell(standing, None)

    def _tell(self, standing: tuple[Disagreement, ...], silent: Silent | None) -> Verdict | None:
        what = (standing, None if silent is None else silent.quiet)
        if what == self._told:
            return None
        self._told = what
        return Verdict(standing, silent)
