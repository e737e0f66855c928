"""
Does the comparison with the specification see every small mistake? Each wrong table must be told from the right one.

The list of mutants and what caught each is printed with ``--soak``, and by ``python -m tests.engine.defence.mutation``.
"""

from collections import Counter

import pytest
from tests.engine.defence.mutants import Mutant, mutants
from tests.engine.defence.probe import Probe

from dtms.defence_names import State
from dtms.engine.defence import step
from dtms.engine.defence.states import CHAINED, CHAINING, TIMERS

_SHARDS = 4

# Nothing that the machine does can tell these from the original.
EQUIVALENT = {
    # Where another row for that state stands before it and asks for no more.
    "05 T2 from warning_l2: from hedged too",
    "05 T2 from warning_l2: from recovering too",
    "06 T2 from healthy, warning_l1: from warning_l2 too",
    "06 T2 from healthy, warning_l1: from hedged too",
    "06 T2 from healthy, warning_l1: from recovering too",
    "08 T4 from warning_l1: from healthy too",
    *(f"18 T10 from hedged: from {state} too" for state in ("armed", "healthy", "warning_l1", "warning_l2", "recovering")),
    # A hedge that lives leads from there to HEDGED first, and without one there is no pair.
    *(f"16 T15 from hedged: from {state} too" for state in ("armed", "healthy", "warning_l1", "warning_l2", "recovering")),
    # No two of these hold together.
    "16 T15 and 17 T10 swapped",
    "08 T4 and 09 T5 swapped",
    "09 T5 and 10 T6 swapped",
    "17 T10 and 18 T10 swapped",
}


@pytest.fixture(scope="module")
def probe() -> Probe:
    return Probe(2_500)


@pytest.mark.parametrize("shard", range(_SHARDS))
def test_every_wrong_table_is_told_from_the_right_one(
    shard: int, probe: Probe, pytestconfig: pytest.Config, capsys: pytest.CaptureFixture[str]
) -> None:
    chosen = [mutant for i, mutant in enumerate(mutants()) if i % _SHARDS == shard]
    caught = {mutant.name: caught_by(probe, mutant) for mutant in chosen}
    lines = [f"{name}: {by or 'no behaviour tells it'}" for name, by in caught.items()]
    with capsys.disabled():
        if pytestconfig.getoption("--soak"):
            print("", *lines, sep="\n")  # noqa: T201 - the list is what is asked for
        kinds = Counter(name.rsplit(": ", 1)[-1].split(" ", 1)[0] if ": " in name else "swapped" for name in caught)
        print(f"\n{len(caught)} mutants of the table:", dict(kinds.most_common(8)))  # noqa: T201

    assert {name for name, by in caught.items() if not by} == EQUIVALENT & caught.keys()


def caught_by(probe: Probe, mutant: Mutant) -> str:
    """Return on which facts the mutant's table differs from the specification, nothing where it does on none."""
    try:
        facts = probe.differs(mutant.table, mutant.states, mutant.rows)
    except (TypeError, ValueError) as error:
        return f"{type(error).__name__}: {error}"
    return "" if facts is None else f"{facts.state.value}, S {facts.score}, {facts.event}"


def test_the_mutants_that_are_left_out_are_mutants() -> None:
    assert {mutant.name for mutant in mutants()} >= EQUIVALENT


@pytest.mark.parametrize("lost", sorted(CHAINING))
def test_d_28_a_chain_that_ends_early_is_noticed(lost: str, probe: Probe, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(step, "CHAINING", CHAINING - {lost})

    assert probe.differs(rows=(lost,)) is not None


@pytest.mark.parametrize("lost", sorted(CHAINED))
def test_d_28_a_chain_that_leaves_a_row_out_is_noticed(lost: str, probe: Probe, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(step, "CHAINED", CHAINED - {lost})

    assert probe.differs(rows=(lost,)) is not None


@pytest.mark.parametrize("state", list(TIMERS))
def test_d_25_a_timer_that_is_not_armed_is_noticed(state: State, probe: Probe, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(step, "TIMERS", {key: path for key, path in TIMERS.items() if key is not state})

    assert probe.differs() is not None
