"""
Every state of one trade, its commands and its broker, visited: no dead end, no orphan, nothing done twice, no stop widened.

Outcomes that are known, late, unknown or never told, the loss of any leg, a restart at any moment: all are moves like deep checks.
"""

from dataclasses import replace

import pytest
from tests.engine.defence.explore import Explored, dead_ends, explore, left_behind
from tests.engine.defence.space import World, beginning, rules

from dtms.defence_names import State
from dtms.engine.decide import Rules
from dtms.settings_defence import HedgeMode, Preset

FULL = [
    pytest.param((HedgeMode.HEDGE, 2, 0.04, -1.0), id="everything", marks=pytest.mark.soak),
    pytest.param((HedgeMode.CLOSE, 2, 0.04, -1.0), id="everything but the hedge", marks=pytest.mark.soak),
]
PARTS = [
    pytest.param((HedgeMode.HEDGE, 2, 0.04, -0.5), id="partials, hedge and re-add"),
    pytest.param((HedgeMode.CLOSE, 2, 0.01, -1.0), id="stops"),
]


@pytest.fixture(scope="module", params=[*PARTS, *FULL])
def found(request: pytest.FixtureRequest) -> Explored:
    mode, partials, volume, stop = request.param
    return explore(beginning(volume, stop), rules(mode, partials))


@pytest.mark.timeout(900)
def test_no_move_breaks_a_law(found: Explored) -> None:
    assert not found.breaches, found.breaches[:5]


@pytest.mark.timeout(900)
def test_d_25_no_world_is_a_dead_end(found: Explored) -> None:
    assert not dead_ends(found, kindly=False)


@pytest.mark.timeout(900)
def test_what_is_to_end_ends_when_the_broker_does_what_it_is_asked(found: Explored) -> None:
    """D-57: nothing but answers and time is needed once the end was decided, or the position is gone."""
    assert not left_behind(found)


def test_d_25_hedged_ends_by_time_alone(found: Explored) -> None:
    hedged = [world for world in found.worlds.values() if world.record.state is State.HEDGED]

    assert all(world.record.timer is not None for world in hedged)


def test_guard_reaches_no_state_that_only_a_fuller_preset_leads_out_of() -> None:
    law = _with_preset(rules(HedgeMode.HEDGE), Preset.GUARD)
    found = explore(beginning(0.02, -1.0), law)

    assert not found.breaches
    assert not dead_ends(found, kindly=False)
    assert not {State.HEDGED, State.RECOVERING} & {world.record.state for world in found.worlds.values()}
    assert all(world.trade.position.volume == 0.02 for world in found.worlds.values())


def test_a_hedge_is_ended_by_a_preset_that_would_not_have_opened_it(found: Explored) -> None:
    """A switch of presets while a hedge lives leaves no orphan."""
    hedged = [world for world in found.worlds.values() if world.record.state is State.HEDGED and not world.pending]
    for world in hedged[:3]:
        for preset in (Preset.GUARD, Preset.OFF):
            after = explore(_fresh(world), _with_preset(rules(HedgeMode.HEDGE), preset))
            assert not after.breaches
            assert not dead_ends(after, kindly=False)


def _with_preset(law: Rules, preset: Preset) -> Rules:
    assert law.defence is not None
    return law._replace(defence=law.defence._replace(defence=law.defence.defence.model_copy(update={"preset": preset})))


def _fresh(world: World) -> World:
    return replace(world, pending=())
