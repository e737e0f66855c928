"""
The table against the specification: every row, on and beside every limit, for buys and mirrored sells; and its laws as a whole.
"""

from dataclasses import replace

import pytest
from tests.engine.defence.facts import Facts, samples
from tests.engine.defence.oracle import Go
from tests.engine.defence.probe import Probe, stepped

from dtms.defence_names import Action, State
from dtms.engine.defence.states import TABLE, TIMERS
from dtms.names import Side


@pytest.fixture(scope="module")
def probe() -> Probe:
    return Probe(6_000)


def taken(facts: Facts) -> tuple[Go, ...]:
    return stepped(facts).taken


def test_t_40_the_table_does_what_the_specification_says(probe: Probe) -> None:
    facts = probe.differs()

    assert facts is None, stepped(facts)


def test_t_40_the_comparison_takes_every_row_from_every_state_for_buys_and_sells(probe: Probe) -> None:
    rows = {(go.row, facts.side, go.source, go.to) for facts, _, wanted in probe.cases for go in wanted.taken}
    leading = {(row.id, side, source, row.to or source) for row in TABLE for side in Side for source in row.sources}

    assert leading <= rows


def test_every_open_state_leads_to_the_end_and_the_end_leads_nowhere() -> None:
    reached = {State.CLOSED}
    while True:
        more = {source for row in TABLE if row.to in reached for source in row.sources} - reached
        if not more:
            break
        reached |= more

    assert reached == set(State)
    assert not any(State.CLOSED in row.sources for row in TABLE)


def test_facts_about_the_broker_are_entered_on_nothing_else() -> None:
    """R22: no row that a score alone can fulfil leads into HEDGED, RECOVERING or CLOSED."""
    for facts in samples(4_000, seed=2):
        if facts.hedge or facts.gone or facts.state in {State.HEDGED, State.CLOSING}:
            continue
        entered = {go.to for go in taken(facts) if go.to is not go.source}
        assert not {State.HEDGED, State.RECOVERING, State.CLOSED} & entered, facts


def test_d_25_entering_a_state_with_a_timer_arms_it_and_leaving_ends_it() -> None:
    for facts in samples(3_000, seed=3):
        after = stepped(facts)
        last = after.taken[-1].to if after.taken else facts.state
        if last is not facts.state:
            assert (after.bars_left is not None) is (last in TIMERS)
            assert after.dwell == 0


def test_d_21_a_score_that_is_not_valid_moves_nothing_but_facts_timers_and_rails() -> None:
    allowed = {"T16", "T1", "T0", "T7", "T9", "T10", "T11", "T14", "T15", "R-9", "PROTECT"}
    for facts in samples(3_000, seed=4):
        if facts.score is None:
            assert {go.row for go in taken(facts)} <= allowed, facts


def test_d_32_a_mirrored_trade_takes_the_same_rows() -> None:
    for facts in samples(1_000, seed=5):
        assert taken(replace(facts, side=Side.BUY)) == taken(replace(facts, side=Side.SELL))


def test_what_ends_a_trade_drops_everything_that_is_owed() -> None:
    for row in TABLE:
        if row.to in {State.CLOSING, State.CLOSED}:
            assert row.cancels == frozenset(Action)
