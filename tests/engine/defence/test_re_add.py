"""Rebuilding a part of what was closed: bounds of its volume, where its stop goes, and what it is refused for (5.2, reading 35)."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.engine.defence.scene import BOS, CLEAR, RICH, R, Scene, full
from tests.session.made import spec

from dtms.defence_names import Action, State
from dtms.engine.defence.explain import explain
from dtms.engine.defence.re_add import Obstacle, ReAdd, plan_re_add
from dtms.engine.defence.situation import Situation
from dtms.names import Side
from dtms.settings import BreakEvenSettings
from dtms.settings_defence import VolumeSettings
from dtms.wire.messages import OpenPosition, SymbolSpec


def now_at(closed: float = 0.4, *, side: Side = Side.BUY, swing: float = -0.9, share: float = 1.0, **values: Any) -> Situation:
    """A healthy trade of 0.5 lots at -0.3 R of which so many lots were closed."""
    defence = full(volumes=VolumeSettings(re_add_share=share))
    scene = Scene(side, volume=0.5, defence=defence, **values)
    scene.judgement = scene.judged(1.0, swings=(scene.swing(swing, -6),))
    scene.put(closed_volume=closed)
    rules = scene.rules.defence
    assert rules is not None
    return Situation(scene.trade, scene.record, scene.market, rules, BreakEvenSettings(), 0, scene.utc)


def planned(now: Situation) -> ReAdd:
    plan = plan_re_add(now)
    assert isinstance(plan, ReAdd), plan
    return plan


@pytest.mark.parametrize("side", list(Side), ids=lambda side: side.name.lower())
@pytest.mark.parametrize(("share", "lots"), [(0.5, 0.2), (0.25, 0.1), (0.03, 0.01)])
def test_a_share_of_what_was_closed_is_added_behind_the_last_swing(side: Side, share: float, lots: float) -> None:
    plan = planned(now_at(side=side, share=share))

    assert plan.volume == lots
    # The swing at -0.9 R, half of an ATR of 0.4 R beyond it.
    assert side.direction * (plan.stop - 1.1) == pytest.approx(-1.1 * R)


def test_reading_35_its_risk_is_at_most_what_the_partial_took_away() -> None:
    assert planned(now_at(swing=-0.9)).volume == 0.4  # 0.81 R from the entry: all of it would fit
    assert planned(now_at(swing=-1.9)).volume == 0.22  # 1.81 R from it: 0.4 / 1.81


@given(
    side=st.sampled_from(list(Side)),
    closed=st.integers(1, 400),
    share=st.floats(0, 1),
    swing=st.floats(-8.0, -0.4),
    step=st.sampled_from([0.01, 0.1]),
    room=st.floats(0, 5),
)
def test_no_re_add_breaks_a_bound(side: Side, closed: int, share: float, swing: float, step: float, room: float) -> None:
    made = spec(volume_step=step, volume_min=step, volume_max=2.0, volume_limit=3.0)
    now = now_at(closed / 100, side=side, swing=swing, share=share, spec=made, account=replace(RICH, lots_room=room))
    plan = plan_re_add(now)
    if not isinstance(plan, ReAdd):
        assert plan is Obstacle.VOLUME
        return
    risked = side.direction * (plan.entry - plan.stop)

    assert risked > 0
    assert plan.volume * risked <= closed / 100 * R + 1e-9
    assert step - 1e-9 <= plan.volume <= min(share * closed / 100, room, 2.0, 3.0 - 0.5) + 1e-9


@pytest.mark.parametrize(
    ("made", "lots"),
    [
        (spec(volume_limit=0.7), 0.2),
        (spec(volume_limit=0.5), None),
        (spec(volume_limit=0.3), None),
        (spec(volume_limit=0.0), 0.4),  # none
        (spec(volume_max=0.05), 0.05),
        (spec(volume_min=0.5), None),
    ],
)
def test_the_brokers_limits_of_volume_hold(made: SymbolSpec, lots: float | None) -> None:
    plan = plan_re_add(now_at(spec=made))

    assert plan is Obstacle.VOLUME if lots is None else isinstance(plan, ReAdd) and plan.volume == lots


@pytest.mark.parametrize(
    ("change", "obstacle"),
    [
        ({"closed": 0.0}, Obstacle.NOTHING_CLOSED),
        ({"account": replace(RICH, hedging=False)}, Obstacle.ACCOUNT),
        ({"account": replace(RICH, may_open=False)}, Obstacle.ACCOUNT),
        ({"spec": spec(trade_mode=2)}, Obstacle.SYMBOL),
        ({"spec": spec(trade_mode=3)}, Obstacle.SYMBOL),
        ({"figures": replace(CLEAR, stops=3)}, Obstacle.RAIL),
        ({"swing": 0.5}, Obstacle.SWING),
        ({"spec": spec(stops_level=100)}, Obstacle.SWING),
        ({"account": replace(RICH, lots_room=0.009)}, Obstacle.VOLUME),
    ],
)
def test_what_it_is_refused_for(change: dict[str, Any], obstacle: Obstacle) -> None:
    assert plan_re_add(now_at(**change)) is obstacle


def recovering(**values: Any) -> Scene:
    """A trade whose hedge is lifted."""
    scene = Scene(volume=0.4, **values)
    scene.hedge()
    scene.deep(-1.0, event=BOS)
    scene.settle()
    assert scene.stands() is State.RECOVERING
    return scene


def test_a_rail_that_forbids_it_is_named_with_its_figure() -> None:
    scene = recovering()
    scene.figures = replace(CLEAR, day_loss=0.03)
    scene.deep(1.2)
    assert scene.stands() is State.HEALTHY
    said = "re_add: a rail forbids it: R-1, loss of the day 3.00% of 2.00%"
    assert said in scene.said()
    proof = scene.decisions[-1].proof
    assert proof is not None

    assert f"Skipped: {said}." in explain(proof)
    assert not [command for command in scene.sent if isinstance(command, OpenPosition) and command.side is Side.BUY]
    assert scene.record.was_spent(Action.RE_ADD)


def test_a_spread_that_stays_wide_is_named_too() -> None:
    scene = recovering()
    scene.spread = 0.00005
    scene.deep(1.2)
    for _ in range(61):
        scene.look(ms=1_000)

    assert "re_add: R-5, spread 5e-05, usual 1e-05" in scene.said()
    assert scene.command is None
