"""Where stops go: behind the price, to break-even, behind swings; on the grid, at the broker's distance, never wider (T-70, 71)."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.engine.defence.scene import BOS, CLEAR, ENTRY, R, Scene, full
from tests.session.made import spec

from dtms.defence_names import Action, NoteKind, Owner, State
from dtms.names import Side
from dtms.settings_defence import HedgeMode, HedgeSettings, Protection, StopSettings
from dtms.wire.messages import ModifyPosition

SIDES = pytest.mark.parametrize("side", list(Side), ids=lambda side: side.name.lower())


def ordered(scene: Scene) -> ModifyPosition:
    assert isinstance(scene.command, ModifyPosition)
    return scene.command


@SIDES
def test_t_70_the_first_warning_tightens_to_three_tenths_of_r_and_keeps_the_target(side: Side) -> None:
    scene = Scene(side, target=3.0)
    scene.deep(-3.0)
    command = ordered(scene)

    assert command.stop_loss == scene.at(-0.6)
    assert (command.expect_stop, command.expect_target) == (scene.at(-1.0), scene.at(3.0))
    assert command.take_profit == scene.at(3.0)


@SIDES
def test_reading_34_half_an_atr_of_m5_keeps_the_stop_off_where_that_is_more(side: Side) -> None:
    scene = Scene(side)
    scene.deep(-3.0, atr5=0.001)

    assert ordered(scene).stop_loss == scene.at(-0.8)


@SIDES
def test_t_70_d_53_a_tighter_stop_is_left_where_it_is(side: Side) -> None:
    scene = Scene(side, stop=-0.5)
    decision = scene.deep(-3.0)

    assert scene.command is None
    assert "tighten_sl: already tighter" in [note.text for note in decision.notes]
    assert scene.stands() is State.WARNING_L1


@pytest.mark.parametrize(("digits", "tick"), [(2, 0.01), (3, 0.001), (5, 0.00001), (2, 0.25)])
@SIDES
def test_t_70_stops_lie_on_the_grid_on_the_side_away_from_the_market(side: Side, digits: int, tick: float) -> None:
    grid = spec(digits=digits, point=tick, tick_size=tick)
    scene = Scene(
        side, spec=grid, entry=5_000 * tick, unit=1_000.37 * tick, spread=tick, figures=replace(CLEAR, spread_median=tick)
    )
    scene.deep(-3.0)
    wanted = scene.at(-0.6)
    stop = ordered(scene).stop_loss

    assert stop is not None
    assert abs(stop / tick - round(stop / tick)) < 1e-6
    assert -1e-6 * tick <= side.direction * (wanted - stop) < tick


@pytest.mark.parametrize(("stops_level", "freeze_level"), [(0, 0), (50, 0), (0, 50)])
@SIDES
def test_the_brokers_distance_is_kept_with_a_tick_to_spare(side: Side, stops_level: int, freeze_level: int) -> None:
    scene = Scene(side, spec=spec(stops_level=stops_level, freeze_level=freeze_level))
    scene.deep(-3.0)
    stop = ordered(scene).stop_loss
    assert stop is not None
    distance = side.direction * (scene.at(scene.price) - stop)

    assert distance == pytest.approx(max(0.3 * R, (max(stops_level, freeze_level) + 1) * 0.00001))


def test_inside_the_freeze_distance_it_is_owed_until_the_market_has_moved() -> None:
    scene = Scene(spec=spec(freeze_level=50), target=0.1)
    scene.deep(-3.0)
    assert scene.command is None
    assert scene.owed() == [Action.TIGHTEN]
    scene.price = -0.45
    scene.look(ms=1_000)

    assert ordered(scene).stop_loss == scene.at(-0.96)


@SIDES
def test_t_71_d_54_break_even_covers_the_costs_where_the_trade_has_gained_enough(side: Side) -> None:
    scene = Scene(side, price=0.25, defence=full(hedge=HedgeSettings(mode=HedgeMode.CLOSE)))
    scene.trade = scene.trade.seen(scene.trade.position.model_copy(update={"commission": -0.5, "volume": 0.1}))
    scene.put(state=State.WARNING_L1, last_bar=scene.bar)
    scene.deep(-5.0)
    scene.answer()  # the partial
    cost = 2 * 0.5 * 0.00001 / 0.05  # both sides, on the lots that are left

    assert ordered(scene).stop_loss == pytest.approx(ENTRY + side.direction * (cost + 0.00001), abs=1.1e-5)
    assert side.direction * ((ordered(scene).stop_loss or 0) - ENTRY) >= cost


@SIDES
def test_t_71_d_54_where_the_trade_loses_break_even_is_the_tighter_stop_instead(side: Side) -> None:
    scene = Scene(side, price=-0.3, defence=full(hedge=HedgeSettings(mode=HedgeMode.CLOSE)))
    scene.put(state=State.WARNING_L1, last_bar=scene.bar)
    scene.deep(-5.0)
    scene.answer()

    assert ordered(scene).stop_loss == scene.at(-0.6)


def test_a_trade_without_tick_value_still_gets_its_break_even() -> None:
    scene = Scene(
        price=0.5, spec=spec(tick_value_profit=0.0, tick_value_loss=0.0), defence=full(hedge=HedgeSettings(mode=HedgeMode.CLOSE))
    )
    scene.trade = scene.trade.seen(scene.trade.position.model_copy(update={"commission": -5.0}))
    scene.put(state=State.WARNING_L1, last_bar=scene.bar)
    scene.deep(-5.0)
    scene.answer()

    assert ordered(scene).stop_loss == 1.10001


@SIDES
def test_d_34_a_break_of_structure_with_a_healthy_trade_trails_the_stop_behind_the_last_swing(side: Side) -> None:
    scene = Scene(side, price=0.6)
    scene.deep(1.0, event=BOS, swings=(scene.swing(-0.9, -9), scene.swing(0.3, -4)))

    assert ordered(scene).stop_loss == pytest.approx(scene.at(0.1))


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"owner": Owner.USM}, id="the trade is somebody else's"),
        pytest.param({"owner": Owner.LEGACY}, id="the trade is not ours alone"),
    ],
)
def test_d_61_only_the_owner_trails(change: dict[str, Any]) -> None:
    scene = Scene(price=0.6)
    scene.put(**change)
    scene.deep(1.0, event=BOS, swings=(scene.swing(0.3, -4),))

    assert scene.command is None


def test_a_routine_move_of_less_than_the_minimum_change_is_left_out() -> None:
    scene = Scene(price=0.6, stop=-0.04, defence=full(stops=StopSettings(swing_atr=0.0)))
    scene.put(risk=R)
    decision = scene.deep(1.0, event=BOS, swings=(scene.swing(0.0, -4),))

    assert scene.command is None
    assert "trail_sl: less than the minimum change" in [note.text for note in decision.notes]


@SIDES
def test_a_position_without_a_stop_gets_an_r_of_its_own_and_a_proposal(side: Side) -> None:
    scene = Scene(side, stop=None, price=0.1)
    decision = scene.deep(0.5)

    assert scene.record.risk_synthetic
    assert scene.record.risk == pytest.approx(0.0006)
    (bare,) = [note for note in decision.notes if note.kind is NoteKind.BARE]
    assert dict(bare.values)["proposed"] == pytest.approx(scene.at(-0.6))
    assert scene.command is None
    assert not [note for note in scene.deep(0.5).notes if note.kind is NoteKind.BARE]


@SIDES
def test_a_position_without_a_stop_gets_one_where_the_user_wants_that(side: Side) -> None:
    scene = Scene(side, stop=None, price=0.1, defence=full(stops=StopSettings(protect=Protection.SET)))
    scene.deep(0.5)

    assert ordered(scene).stop_loss == pytest.approx(scene.at(-0.6))
    assert ordered(scene).expect_stop is None


@SIDES
def test_the_first_stop_of_a_position_that_has_lost_more_than_r_lies_behind_the_price(side: Side) -> None:
    scene = Scene(side, stop=None, price=-1.0, defence=full(stops=StopSettings(protect=Protection.SET)))
    scene.deep(0.5)

    assert ordered(scene).stop_loss == pytest.approx(scene.at(-1.6))


@SIDES
def test_a_stop_beyond_the_entry_is_no_risk_that_was_taken(side: Side) -> None:
    scene = Scene(side, stop=0.2, price=0.5)
    scene.put(risk=None)
    scene.deep(0.5)

    assert scene.record.risk_synthetic
    assert scene.record.risk == pytest.approx(0.0006)
    assert scene.trade.position.stop_loss == scene.at(0.2)


def test_d_33_r_is_captured_once_and_the_traders_own_stop_comes_before_a_made_up_one() -> None:
    scene = Scene(stop=None, state=None, price=0.0)
    scene.judgement = scene.judged(0.5)
    scene.look()
    assert scene.record.risk_synthetic
    scene.trade = scene.trade.seen(scene.trade.position.model_copy(update={"stop_loss": scene.at(-1.0)}))
    scene.look()
    assert not scene.record.risk_synthetic
    assert scene.record.risk == pytest.approx(R)
    scene.trade = scene.trade.seen(scene.trade.position.model_copy(update={"stop_loss": scene.at(-0.1)}))
    scene.look()

    assert scene.record.risk == pytest.approx(R)


@given(
    side=st.sampled_from(list(Side)),
    price=st.floats(-0.99, 3.0),
    stop=st.one_of(st.none(), st.floats(-1.0, 2.9)),
    score=st.sampled_from([-3.0, -5.0, -8.0]),
    level=st.sampled_from([0, 50]),
    atr5=st.one_of(st.none(), st.floats(1e-5, 0.005)),
)
def test_no_order_widens_a_stop_or_puts_it_where_the_broker_takes_none(
    side: Side, price: float, stop: float | None, score: float, level: int, atr5: float | None
) -> None:
    stop = None if stop is not None and stop >= price else stop
    scene = Scene(side, stop=stop, price=price, spec=spec(stops_level=level))
    scene.put(risk=R)
    scene.deep(score, atr5=atr5)
    for _ in range(20):
        command = scene.command
        if command is None:
            break
        if isinstance(command, ModifyPosition):
            there, wanted = command.expect_stop, command.stop_loss
            assert wanted is not None
            assert there is None or side.direction * (wanted - there) > 0
            assert side.direction * (scene.at(scene.price) - wanted) >= (level + 1) * 0.00001 - 1e-9
            assert command.take_profit == command.expect_target
        scene.answer()
