"""The hedge: when there is one, how large, with which stop, and what the pair can lose (T-73, T-74)."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.engine.defence.scene import CLEAR, RICH, R, Scene, full
from tests.session.made import spec

from dtms.defence_names import Action, State
from dtms.names import OpenKind, Outcome, Side
from dtms.settings import BreakEvenSettings
from dtms.settings_defence import HedgeMode, HedgeSettings
from dtms.wire.messages import OpenPosition, PositionOpened

SIDES = pytest.mark.parametrize("side", list(Side), ids=lambda side: side.name.lower())


def hedging(scene: Scene) -> OpenPosition:
    """Let the evidence be worst, and everything but the hedge be done."""
    scene.deep(-8.0)
    while scene.command is not None and not isinstance(scene.command, OpenPosition):
        scene.answer()
    assert isinstance(scene.command, OpenPosition), scene.record.reason
    return scene.command


@SIDES
def test_d_56_the_hedge_is_as_large_as_what_is_left_and_its_stop_beyond_the_last_swing(side: Side) -> None:
    scene = Scene(side)
    command = hedging(scene)

    assert command.side is not side
    assert command.volume == scene.held[1].volume == 0.05
    assert command.stop_loss == pytest.approx(scene.at(0.4 + 0.2))
    assert (command.kind, command.for_position, command.comment) == (OpenKind.HEDGE, 1, "DTMS_HEDGE_1")
    assert command.take_profit is None


@SIDES
@pytest.mark.parametrize("swings", [True, False], ids=["a near swing", "no swing"])
def test_reading_33_its_stop_is_at_least_one_atr_away(side: Side, swings: bool) -> None:
    scene = Scene(side)
    scene.deep(-8.0, swings=(scene.swing(-0.25, -3),) if swings else ())
    while not isinstance(scene.command, OpenPosition):
        scene.answer()

    stop = scene.command.stop_loss
    assert stop is not None
    assert side.direction * (stop - scene.at(-0.3)) >= 0.4 * R - 1e-9
    assert side.direction * (stop - scene.at(-0.3)) <= 0.42 * R


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"account": replace(RICH, hedging=False)}, id="netting"),
        pytest.param({"account": replace(RICH, hedge_allowed=False)}, id="prohibited"),
        pytest.param({"account": replace(RICH, may_open=False)}, id="the Expert Advisor may not open"),
        pytest.param({"account": replace(RICH, lots_room=0.04)}, id="max_open_lots too small"),
        pytest.param({"account": replace(RICH, equity=None)}, id="equity not known"),
        pytest.param({"account": replace(RICH, equity=4_000.0, margin=1_300.0)}, id="margin level"),
        pytest.param({"spec": spec(trade_mode=1)}, id="long only"),
        pytest.param({"spec": spec(trade_mode=3)}, id="close only"),
        pytest.param({"spec": spec(volume_max=0.04)}, id="above the largest volume"),
        pytest.param({"figures": replace(CLEAR, blackout="USD Payrolls")}, id="news"),
        pytest.param({"figures": replace(CLEAR, link_up=False)}, id="link down"),
        pytest.param({"defence": full(hedge=HedgeSettings(mode=HedgeMode.CLOSE))}, id="mode close"),
    ],
)
def test_t_73_where_no_hedge_is_possible_everything_is_closed(change: dict[str, Any]) -> None:
    scene = Scene(**change)
    scene.deep(-8.0)

    assert (scene.stands(), scene.record.reason) == (State.CLOSING, "NO_HEDGE")
    scene.settle()
    assert scene.held == {}


def test_t_73_a_hedge_that_becomes_impossible_before_it_is_ordered_is_substituted_at_once() -> None:
    scene = Scene()
    scene.deep(-8.0)
    scene.answer()
    scene.account = replace(RICH, may_open=False)
    scene.answer()

    assert (scene.stands(), scene.record.reason) == (State.CLOSING, "NO_HEDGE")


def test_t_73_after_three_refusals_everything_is_closed() -> None:
    scene = Scene()
    hedging(scene)
    for refusal in (1, 2):
        scene.answer(Outcome.REJECTED)
        assert scene.stands() is State.WARNING_L2
        assert scene.record.refusals == refusal
        scene.look(ms=10_000)
        assert isinstance(scene.command, OpenPosition)
    scene.answer(Outcome.REJECTED)

    assert (scene.stands(), scene.record.reason) == (State.CLOSING, "NO_HEDGE")


def test_t_73_a_wide_spread_is_waited_for_a_minute_three_times() -> None:
    scene = Scene()
    scene.deep(-8.0)
    scene.answer()
    scene.spread = 0.00005
    scene.answer()
    seconds = 0
    while scene.stands() is State.WARNING_L2:
        scene.look(ms=1_000)
        seconds += 1
        assert seconds < 300

    assert 180 <= seconds <= 190
    assert scene.record.reason == "NO_HEDGE"


def test_t_73_a_spread_that_narrows_again_lets_the_hedge_go() -> None:
    scene = Scene()
    scene.deep(-8.0)
    scene.answer()
    scene.spread = 0.00005
    scene.answer()
    assert scene.command is None
    scene.spread = 0.00001
    scene.look(ms=1_000)

    assert isinstance(scene.command, OpenPosition)
    assert scene.record.refusals == 0


def test_t_7_the_state_changes_only_when_the_hedge_is_filled() -> None:
    scene = Scene()
    hedging(scene)
    assert scene.stands() is State.WARNING_L2
    scene.vanish()
    assert scene.stands() is State.WARNING_L2
    scene.deep(3.0)  # whatever the evidence says meanwhile
    assert scene.stands() is State.WARNING_L2
    assert isinstance(scene.command, OpenPosition)
    event = scene.opened(scene.command)
    scene.on(event)

    assert scene.stands() is State.HEDGED
    assert scene.owed() == []


def test_t_76_an_unknown_outcome_opens_nothing_twice() -> None:
    scene = Scene()
    hedging(scene)
    scene.vanish()
    for _ in range(30):
        scene.look(ms=1_000)
        scene.deep(-8.0)
    assert sum(isinstance(command, OpenPosition) for command in scene.sent) == 1
    scene.expire()

    assert scene.record.refusals == 1
    scene.look(ms=2_000)
    assert sum(isinstance(command, OpenPosition) for command in scene.sent) == 2


def test_a_hedge_filled_and_stopped_out_before_anybody_was_told_is_a_hedge_lost() -> None:
    scene = Scene()
    hedging(scene)
    scene.answer(told=False, position_volume=0.0)

    assert scene.stands() is State.CLOSING
    assert not scene.trade.legs


def test_d_57_a_hedge_that_fills_after_the_end_was_decided_is_closed_too() -> None:
    scene = Scene()
    opening = hedging(scene)
    scene.vanish()
    scene.without_answer()
    scene.deep(-5.0, event=None)
    scene.put(state=State.CLOSING)
    scene.look()
    scene.settle()
    assert scene.stands() is State.CLOSING  # the hedge may still come
    scene.on(scene.opened(opening))
    scene.settle()

    assert scene.held == {}
    assert scene.stands() is State.CLOSED


def test_d_56_a_hedge_with_half_the_volume_leaves_the_other_half_naked_and_that_is_weighed() -> None:
    scene = Scene(defence=full(hedge=HedgeSettings(mode=HedgeMode.HEDGE, ratio=0.5)), volume=0.4)

    assert hedging(scene).volume == 0.1


@pytest.mark.parametrize(("figures", "opens"), [(CLEAR, True), (replace(CLEAR, day_hit=True), False)])
def test_a_hedge_larger_than_the_position_raises_risk(figures: Any, opens: bool) -> None:
    scene = Scene(figures=figures, defence=full(hedge=HedgeSettings(mode=HedgeMode.HEDGE, ratio=1.2)), volume=0.4, price=-0.1)
    scene.deep(-8.0, swings=())
    sent = scene.settle()

    assert any(isinstance(command, OpenPosition) for command in sent) is opens


@given(
    side=st.sampled_from(list(Side)),
    price=st.floats(-0.95, 2.0),
    spread=st.integers(1, 2),
    ratio=st.sampled_from([0.5, 1.0, 1.3]),
    lots=st.integers(2, 50),
)
def test_t_74_the_pair_never_risks_more_than_the_position_did(
    side: Side, price: float, spread: int, ratio: float, lots: int
) -> None:
    """Whichever leg ends first, the other is closed at once: the difference of the entries and one spread."""
    scene = Scene(
        side,
        price=price,
        spread=spread * 0.00001,
        volume=lots * 0.01,
        defence=full(hedge=HedgeSettings(mode=HedgeMode.HEDGE, ratio=ratio)),
    )
    scene.deep(-8.0)
    while scene.command is not None and not isinstance(scene.command, OpenPosition):
        scene.answer()
    if scene.command is None:
        return
    main, hedge, direction = scene.held[1], scene.command, side.direction
    assert main.stop_loss is not None
    assert hedge.stop_loss is not None
    before = direction * (main.price_open - main.stop_loss) * main.volume
    paired = min(main.volume, hedge.volume)
    locked = direction * (main.price_open - scene.at(price)) + scene.spread
    rest = direction * (main.price_open - main.stop_loss) * (main.volume - paired)
    beyond = abs(hedge.stop_loss - scene.at(price)) * (hedge.volume - paired)

    assert paired * locked + rest + beyond <= before + 1e-9


@SIDES
def test_reading_33_while_hedged_nothing_is_trailed(side: Side) -> None:
    scene = Scene(side, break_even=BreakEvenSettings(at_r=2.0))
    scene.hedge()
    scene.price = 5.0
    scene.look(ms=1_000)

    assert scene.command is None
    assert scene.stands() is State.HEDGED


def test_d_51_a_second_hedge_that_turns_up_is_closed_and_the_first_stays() -> None:
    scene = Scene()
    hedge = scene.hedge()
    stray = scene.held[hedge].model_copy(update={"position_id": 900, "ticket": 900})
    scene.held[900] = stray
    scene.on(PositionOpened(ts_event=1, position=stray))
    assert getattr(scene.command, "ticket", None) == 900
    scene.settle()

    assert sorted(scene.held) == [1, hedge]
    assert scene.stands() is State.HEDGED
    assert scene.record.duty(Action.OPEN_HEDGE) is None
