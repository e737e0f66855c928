"""
The mutation run, printed: ``python -m tests.engine.defence.mutation`` in the root of the repository; it takes two minutes.

One line for each wrong table and each wrong piece of code around it, with what caught it. The end is 1 where one got through that
is not known to be no mistake at all.
"""

import sys
from collections.abc import Iterator
from itertools import chain
from typing import NamedTuple

import pytest
from tests.engine.defence.mutants import mutants
from tests.engine.defence.probe import Probe
from tests.engine.defence.test_mutants import EQUIVALENT, caught_by
from tests.engine.defence.test_space_mutants import MUTANTS, seen_in

_CASES = 2_500  # drawn at random, beside the grid


class Verdict(NamedTuple):
    """A mutant, and what caught it; nothing where nobody did. ``same``: it is no mistake, the machine does the same."""

    name: str
    by: str
    same: bool = False

    def __str__(self) -> str:
        """Return the line that is printed."""
        return f"{'same' if self.same else 'caught' if self.by else 'MISSED':<7} {self.name}: {self.by or 'nothing tells it'}"


def of_the_table() -> Iterator[Verdict]:
    """Try every wrong table against the specification."""
    probe = Probe(_CASES)
    for mutant in mutants():
        by = caught_by(probe, mutant)
        yield Verdict(f"table {mutant.name}", by, same=not by and mutant.name in EQUIVALENT)


def of_the_code() -> Iterator[Verdict]:
    """Try every wrong piece of code against the visit to every state."""
    for name, space, module, attribute, wrong in MUTANTS:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(module, attribute, wrong)
            yield Verdict(f"{module.__name__.rpartition('.')[2]}.{attribute} ({name})", seen_in(space))


def main() -> int:
    """Print the run; return what the process ends with."""
    missed = same = count = 0
    for verdict in chain(of_the_code(), of_the_table()):
        print(verdict)  # noqa: T201 - the list is what is asked for
        count += 1
        same += verdict.same
        missed += not (verdict.by or verdict.same)
    print(f"{count} mutants: {count - missed - same} caught, {same} that do the same as the original, {missed} missed")  # noqa: T201
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
