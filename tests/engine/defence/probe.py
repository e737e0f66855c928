"""One step of the table beside the oracle's, and the first facts on which they differ."""

from collections.abc import Collection, Sequence
from typing import NamedTuple

from tests.engine.defence.facts import Facts, grid, samples, situation
from tests.engine.defence.oracle import Go, Outcome, outcome

from dtms.defence_names import State
from dtms.engine.defence.situation import Situation
from dtms.engine.defence.states import TABLE, Row
from dtms.engine.defence.step import step
from dtms.engine.obligation import Stage


def stepped(facts: Facts, table: Sequence[Row] = TABLE) -> Outcome:
    """Return what the table does with the facts."""
    return _stepped(situation(facts), table)


def _stepped(now: Situation, table: Sequence[Row]) -> Outcome:
    found = step(now, table)
    record = found.record
    return Outcome(
        tuple(Go(row.row, row.source, row.to, row.actions) for row in found.taken),
        frozenset(duty.action for duty in record.duties if duty.work.stage is Stage.ARMED),
        record.bars_left,
        record.dwell,
        record.refusals,
        record.lifted_bar > 0,
    )


class Case(NamedTuple):
    """Facts, the situation that shows them, what the specification says of them."""

    facts: Facts
    now: Situation
    wanted: Outcome


class Probe:
    """The cases, worked out once. One that told a wrong table from the right one is tried earlier with the next."""

    def __init__(self, count: int) -> None:
        self.cases = [Case(facts, situation(facts), outcome(facts)) for facts in (*grid(), *samples(count))]
        self._through: dict[State, list[Case]] = {state: [] for state in State}
        self._taking: dict[str, list[Case]] = {row.id: [] for row in TABLE}
        for case in self.cases:
            for state in {case.facts.state, *(go.to for go in case.wanted.taken)}:
                self._through[state].append(case)
            for go in case.wanted.taken:
                self._taking[go.row].append(case)

    def differs(
        self, table: Sequence[Row] = TABLE, states: Collection[State] = tuple(State), rows: Collection[str] = ()
    ) -> Facts | None:
        """Return facts on which the table and the specification differ; of those that lead through one of the states."""
        for cases in (*(self._taking[row] for row in rows), *(self._through[state] for state in states)):
            for i, case in enumerate(cases):
                if _stepped(case.now, table) != case.wanted:
                    cases.insert(0, cases.pop(i))
                    return case.facts
        return None
