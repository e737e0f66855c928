"""Corners of the specification that a plain story does not turn: starts, edges, families and fills that go an unusual way."""

import pytest
from tests.engine.defence.scene import BOS, CHOCH, CLOSE, M15, Scene, changed, halving

from dtms.defence_names import Action, NoteKind, State, Trigger
from dtms.engine.decide import Decision, shown
from dtms.engine.defence.events import DeepCheck
from dtms.engine.defence.saved import dump_trade, load_trade
from dtms.engine.defence.view import Closure
from dtms.engine.obligation import Stage
from dtms.names import OpenKind, Outcome, Side
from dtms.settings_rails import GapGuard, GapSettings, RailsSettings
from dtms.wire.messages import ModifyPosition, OpenPosition, ReducePosition

SIDES = pytest.mark.parametrize("side", list(Side), ids=lambda side: side.name.lower())


def followed(scene: Scene, decision: Decision) -> Decision:
    """Make the deep check that is asked for."""
    assert decision.deep is not None
    return scene.on(DeepCheck(decision.deep))


# The start (2.2, 2.3)


@SIDES
def test_d_33_the_check_of_the_start_is_made_though_a_bar_closed_before_monitoring_began(side: Side) -> None:
    scene = Scene(side, state=None, price=0.0)
    scene.bar -= M15 // 2
    scene.closes = [scene.bar]
    scene.deep(-8.0)
    assert (scene.stands(), scene.command) == (State.ARMED, None)
    scene.price = 0.2
    decision = scene.look(ms=60_000)
    assert decision.deep is Trigger.START
    followed(scene, decision)

    assert scene.stands() is State.WARNING_L2
    assert scene.command is not None


@SIDES
def test_t_60_a_start_by_loss_asks_for_one_emergency_check(side: Side) -> None:
    scene = Scene(side, state=None, price=-0.5)
    scene.judgement = scene.judged(0.5, swings=(), fast_close=scene.at(-0.5))
    decision = scene.look()
    assert decision.deep is Trigger.EMERGENCY
    followed(scene, decision)

    assert scene.look(ms=1).deep is None


# Edges (2.3, readings 29 to 31)


@SIDES
def test_a_flip_that_a_deep_check_has_taken_into_account_asks_for_none(side: Side) -> None:
    scene = Scene(side, price=0.1)
    scene.deep(0.5, flip_against=True)
    scene.passes()
    scene.judgement = scene.judged(0.5, flip_against=True)

    assert scene.look().deep is None


def test_what_an_invalid_score_could_not_weigh_is_asked_about_again() -> None:
    scene = Scene(price=0.1)
    scene.deep(None, flip_against=True)
    scene.passes()
    scene.judgement = scene.judged(0.5, flip_against=True)

    assert scene.look().deep is Trigger.FLIP


@SIDES
def test_reading_29_the_first_check_of_a_bar_is_that_of_its_close_whatever_asked_for_it(side: Side) -> None:
    """An event that asks between the close and its check takes nothing away: the recovery is confirmed by it."""
    scene = Scene(side, state=State.RECOVERING)
    scene.passes()
    scene.judgement = scene.judged(2.0, flip_against=True)
    decision = scene.look(ms=1)
    assert decision.deep is Trigger.FLIP
    followed(scene, decision)

    assert scene.stands() is State.HEALTHY
    assert scene.record.event_at is not None


def test_reading_29_an_emergency_confirms_no_recovery() -> None:
    scene = Scene(state=State.RECOVERING)
    scene.deep(2.0, trigger=Trigger.EMERGENCY)

    assert scene.stands() is State.RECOVERING


@pytest.mark.parametrize("moved", [0.0, -0.6], ids=["nothing but the spread", "the market too"])
@SIDES
def test_reading_30_a_wide_spread_alone_is_no_emergency(side: Side, moved: float) -> None:
    """The exit price of a sell is the ask, that of a buy the bid: the other side of the quote tells whether the market went."""
    scene = Scene(side, price=0.0)
    scene.judgement = scene.judged(0.5, swings=())
    scene.look()
    scene.price, scene.spread = moved - 0.6, 0.6 * 0.001

    assert (scene.look(ms=1).deep is Trigger.EMERGENCY) is (moved < 0)


@SIDES
def test_the_loss_of_the_hedge_is_an_emergency_where_the_trade_goes_on(side: Side) -> None:
    scene = Scene(side)
    hedge = scene.hedge()
    scene.passes()
    scene.judgement = scene.judged(-1.0, event=BOS)
    decision = scene.lose(hedge)

    assert scene.stands() is State.RECOVERING
    assert decision.deep is Trigger.EMERGENCY


# The family


@SIDES
def test_reading_28_the_hedge_goes_at_once_though_nobody_told_what_became_of_the_positions_own_close(side: Side) -> None:
    scene = Scene(side)
    hedge = scene.hedge()
    scene.deep(-1.0, event=CHOCH)
    scene.without_answer()
    scene.lose(1)

    assert isinstance(scene.command, ReducePosition)
    assert scene.command.ticket == hedge


@SIDES
def test_d_51_a_hedge_whose_tag_the_broker_dropped_is_the_one_that_was_asked_for(side: Side) -> None:
    scene = Scene(side)
    scene.deep(-8.0)
    while not isinstance(scene.command, OpenPosition):
        scene.answer()
    opening = scene.command
    scene.vanish()
    scene.without_answer()
    told = scene.opened(opening)
    bare = told.position.model_copy(update={"magic": 0})  # type: ignore[union-attr]
    scene.held[bare.position_id] = bare
    scene.on(told.model_copy(update={"position": bare}))  # type: ignore[union-attr]
    assert (scene.stands(), scene.owed()) == (State.HEDGED, [])
    scene.deep(-1.0, event=CHOCH)
    scene.settle()

    assert scene.stands() is State.CLOSED


@SIDES
def test_d_56_a_hedge_that_was_filled_in_part_raises_an_alarm(side: Side) -> None:
    scene = Scene(side)
    scene.deep(-8.0)
    while not isinstance(scene.command, OpenPosition):
        scene.answer()
    decision = scene.answer(Outcome.PARTIAL, told=False, volume=0.02, position_volume=0.02)

    (alarm,) = [note for note in decision.notes if note.kind is NoteKind.ALARM]
    assert dict(alarm.values) == {"volume": 0.05, "hedge": 0.02}
    assert scene.look(ms=1).notes == ()


def test_d_56_a_position_that_a_person_cut_below_its_hedge_raises_an_alarm_once() -> None:
    scene = Scene()
    scene.hedge()
    scene.held[1] = scene.held[1].model_copy(update={"volume": 0.02})
    alarms = [note.text for _ in range(2) for note in scene.on(changed(scene.held[1])).notes if note.kind is NoteKind.ALARM]

    assert alarms == ["the hedge is larger than it is to be"]


# Fills and people


def test_a_partial_said_to_be_filled_in_part_that_closed_nothing_is_a_failed_attempt() -> None:
    """Asking again at once would go round without end."""
    scene = halving()
    command = scene.without_answer()
    scene.on(scene.report(command, Outcome.PARTIAL))
    duty = scene.record.duty(Action.PARTIAL)

    assert scene.command is None
    assert duty is not None
    assert (duty.work.attempts, duty.work.not_before > scene.now) == (1, True)


def test_a_partial_is_half_of_what_is_there_where_lots_were_added_since_it_failed() -> None:
    scene = halving()
    scene.answer(Outcome.REJECTED)
    scene.held[1] = scene.held[1].model_copy(update={"volume": 0.2})
    scene.on(changed(scene.held[1]))
    scene.look(ms=10_000)
    assert isinstance(scene.command, ReducePosition)
    assert (scene.command.expect_volume, scene.command.leave_volume) == (0.2, 0.1)
    scene.settle()

    assert scene.record.closed_volume == pytest.approx(0.1)


@SIDES
def test_t_70_a_person_tightens_while_our_stop_is_on_its_way_and_ours_is_not_sent_again(side: Side) -> None:
    scene = Scene(side)
    scene.deep(-3.0)
    assert isinstance(scene.command, ModifyPosition)
    scene.held[1] = scene.held[1].model_copy(update={"stop_loss": scene.at(-0.4)})
    scene.on(changed(scene.held[1]))
    scene.answer(Outcome.STALE_VIEW)
    scene.look(ms=10_000)

    assert scene.command is None
    assert scene.trade.position.stop_loss == scene.at(-0.4)
    assert scene.owed() == []


# Observe mode


def observed(scene: Scene) -> None:
    scene.without_answer()
    scene.trade = shown(scene.decisions[-1]).trade


@SIDES
def test_t_126_a_hedge_that_was_only_shown_is_not_replaced_by_a_close(side: Side) -> None:
    """What would be done has been said; that nothing was done is no reason to say something graver."""
    scene = Scene(side)
    scene.deep(-8.0)
    while scene.command is not None:
        observed(scene)
        scene.look(ms=1_000)
    kinds = [type(command) for command in scene.sent]
    assert kinds == [ModifyPosition, ReducePosition, ModifyPosition, OpenPosition]
    for _ in range(3):
        scene.deep(-8.0)
    assert (scene.stands(), scene.command) == (State.WARNING_L2, None)
    scene.deep(-1.0)

    assert scene.stands() is State.WARNING_L1


def test_t_126_what_was_only_shown_is_done_by_a_process_that_may() -> None:
    scene = Scene()
    scene.deep(-8.0)
    while scene.command is not None:
        observed(scene)
        scene.look(ms=1_000)
    scene.trade = load_trade(dump_trade(scene.trade))
    scene.deep(-8.0)

    assert isinstance(scene.command, OpenPosition)
    assert scene.command.kind is OpenKind.HEDGE


def test_t_126_a_close_that_was_only_shown_is_asked_for_by_a_process_that_may() -> None:
    scene = Scene(state=State.WARNING_L2, defence=CLOSE)
    scene.deep(-8.0)
    observed(scene)
    scene.look(ms=60_000)
    assert (scene.stands(), scene.command) == (State.CLOSING, None)
    assert scene.trade.close is not None
    assert scene.trade.close.stage is Stage.OBSERVED
    scene.trade = load_trade(dump_trade(scene.trade))
    scene.look(ms=1)

    assert isinstance(scene.command, ReducePosition)
    assert scene.command.leave_volume == 0


# R-9 beside a hedge


def test_r_9_what_the_gap_guard_is_to_do_waits_for_the_end_of_the_hedge() -> None:
    scene = Scene(rails=RailsSettings(gap=GapSettings(guard=GapGuard.TIGHTEN)), price=0.5)
    hedge = scene.hedge()
    scene.price = 0.9
    scene.passes()
    scene.view_changes = {"closure": Closure(scene.utc + 1_800_000, scene.utc + 60 * 3_600_000)}
    scene.look()
    assert scene.owed() == []
    scene.judgement = scene.judged(-1.0, event=BOS)
    scene.lose(hedge)
    scene.look(ms=1)

    assert scene.stands() is State.RECOVERING
    assert isinstance(scene.command, ModifyPosition)
