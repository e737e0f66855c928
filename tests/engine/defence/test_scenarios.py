"""Whole stories of a trade at a broker that does what it is told, for buys and mirrored sells (T-40 to T-49, T-60, T-61)."""

from typing import Any

import pytest
from tests.engine.defence.scene import BOS, CHOCH, Scene, changed, full

from dtms.defence_names import Action, NoteKind, Quality, State, Trigger
from dtms.engine.decide import CloseAsked
from dtms.engine.obligation import Stage
from dtms.names import OpenKind, Outcome, Side, Why
from dtms.settings_defence import DefenceSettings, HedgeMode, HedgeSettings, Preset, VolumeSettings
from dtms.wire.messages import Command, ModifyPosition, OpenPosition, ReducePosition

SIDES = pytest.mark.parametrize("side", list(Side), ids=lambda side: side.name.lower())


def kinds(commands: list[Command]) -> list[str]:
    return [type(command).__name__ for command in commands]


@SIDES
def test_t_41_d_28_one_check_may_pass_every_level_and_the_orders_keep_their_order(side: Side) -> None:
    scene = Scene(side)
    decision = scene.deep(-8.0)

    assert [note.values[2][1] for note in decision.notes if note.kind is NoteKind.TRANSITION] == ["warning_l1", "warning_l2"]
    assert scene.owed() == [Action.TIGHTEN, Action.PARTIAL, Action.BREAK_EVEN, Action.OPEN_HEDGE]
    assert kinds(scene.settle()) == ["ModifyPosition", "ReducePosition", "OpenPosition"]  # break-even: already tighter
    assert scene.stands() is State.HEDGED


@SIDES
def test_t_41_by_default_the_substitute_closes_everything_at_once(side: Side) -> None:
    scene = Scene(side, defence=DefenceSettings(preset=Preset.FULL))
    scene.deep(-8.0)

    assert scene.stands() is State.CLOSING
    assert scene.record.reason == "NO_HEDGE"
    assert scene.owed() == []
    assert kinds(scene.settle()) == ["ReducePosition"]
    assert scene.stands() is State.CLOSED


@SIDES
def test_t_42_d_29_oscillation_closes_half_once_an_episode_and_twice_a_trade(side: Side) -> None:
    scene = Scene(side, volume=0.8)
    for score in (-3.0, -5.0, -2.0, -5.0, -2.0, -5.0):
        scene.deep(score)
        scene.settle()
    assert scene.held[1].volume == 0.4
    for _ in range(3):
        for score in (-2.0, 0.0, -3.0, -5.0):
            scene.deep(score)
            scene.settle()

    assert scene.held[1].volume == 0.2
    assert scene.record.partials == 2


@SIDES
def test_t_43_d_25_d_26_a_hedge_stays_five_bars_and_not_one_bar_of_a_weekend(side: Side) -> None:
    scene = Scene(side)
    scene.hedge()
    for _ in range(4):
        scene.deep(-1.0)
    scene.bar += 48 * 3_600_000  # the market is closed: no bar, no count
    scene.now += 48 * 3_600_000
    scene.look()
    assert scene.stands() is State.HEDGED
    scene.deep(-1.0)

    assert scene.record.reason == "FLAT_TIMER"
    assert kinds(scene.settle()) == ["ReducePosition", "ReducePosition"]
    assert scene.held == {}
    assert scene.stands() is State.CLOSED


@SIDES
def test_t_44_d_27_d_52_the_structure_resumes_the_hedge_is_lifted_and_a_part_is_added_again(side: Side) -> None:
    scene = Scene(side, volume=0.4, target=2.0)
    scene.hedge()
    scene.deep(-1.0, event=BOS)
    assert scene.stands() is State.HEDGED  # until the hedge is known to be gone
    assert kinds(scene.settle()) == ["ReducePosition"]
    assert scene.stands() is State.RECOVERING
    scene.deep(1.0)
    assert scene.stands() is State.HEALTHY
    (added,) = scene.settle()

    assert isinstance(added, OpenPosition)
    assert (added.kind, added.side, added.volume) == (OpenKind.READD, side, 0.1)
    assert added.take_profit == scene.at(2.0)
    assert added.stop_loss == pytest.approx(scene.at(-0.9) - side.direction * 0.0002)
    assert added.comment == "DTMS_READD_1"
    assert [leg.kind for leg in scene.trade.legs] == [OpenKind.READD]


@SIDES
def test_d_35_recovering_is_watched_all_the_time_not_only_when_its_time_is_up(side: Side) -> None:
    for event, score in ((CHOCH._replace(confirmed=False), 0.5), (None, -6.0)):
        scene = Scene(side, state=State.RECOVERING)
        scene.deep(score, event=event)
        assert scene.record.reason == "RECOVERY_BROKEN"


@SIDES
def test_t_14_a_recovery_that_is_not_confirmed_in_time_ends_the_trade(side: Side) -> None:
    scene = Scene(side)
    scene.hedge()
    scene.deep(-1.0, event=BOS)
    scene.settle()
    scene.deep(0.9)
    assert scene.stands() is State.RECOVERING
    scene.deep(0.9)

    assert scene.record.reason == "RECOVERY_FAILED"


@SIDES
def test_t_45_d_27_a_confirmed_change_of_character_closes_the_trade(side: Side) -> None:
    scene = Scene(side, state=State.WARNING_L2)
    scene.deep(-1.0, event=CHOCH._replace(confirmed=False))
    assert scene.stands() is not State.CLOSING
    scene.put(state=State.WARNING_L2)
    scene.deep(-3.0, event=CHOCH)

    assert scene.record.reason == "CHOCH"
    scene.settle()
    assert scene.stands() is State.CLOSED


@SIDES
@pytest.mark.parametrize(("event", "state"), [(None, State.CLOSING), (BOS, State.RECOVERING)])
def test_t_46_d_50_a_hedge_that_is_stopped_out_is_noticed_at_once(side: Side, event: Any, state: State) -> None:
    """Never hedged without a hedge: the structure decides at once whether the trade goes on."""
    scene = Scene(side)
    hedge = scene.hedge()
    scene.passes()
    scene.judgement = scene.judged(-1.0, event=event)
    scene.lose(hedge)

    assert scene.stands() is state


@SIDES
def test_reading_27_a_break_of_structure_on_the_last_bar_saves_the_trade(side: Side) -> None:
    scene = Scene(side)
    scene.hedge()
    scene.deep(-1.0, bars=5, event=BOS)
    scene.look(ms=1_000)  # the hedge is being closed: its time being up does not end the trade meanwhile
    scene.settle()

    assert scene.stands() is State.RECOVERING


@SIDES
def test_reading_28_when_the_position_goes_hedge_and_re_add_go_with_it(side: Side) -> None:
    scene = Scene(side)
    scene.hedge()
    scene.lose(1)

    assert scene.stands() is State.CLOSING
    assert kinds(scene.settle()) == ["ReducePosition"]
    assert scene.held == {}
    assert scene.trade.ended


@SIDES
def test_t_47_d_36_no_state_improves_before_a_bar_has_closed_in_it(side: Side) -> None:
    scene = Scene(side)
    scene.deep(-3.0)
    scene.settle()
    scene.deep(3.0, bars=0, trigger=Trigger.EMERGENCY)
    assert scene.stands() is State.WARNING_L1
    scene.deep(3.0)

    assert scene.stands() is State.HEALTHY


@SIDES
def test_improvement_goes_one_level_a_check(side: Side) -> None:
    scene = Scene(side, state=State.WARNING_L2)
    scene.deep(3.0)
    assert scene.stands() is State.WARNING_L1
    scene.deep(3.0)

    assert scene.stands() is State.HEALTHY


@SIDES
@pytest.mark.parametrize("state", [State.HEALTHY, State.WARNING_L1, State.WARNING_L2, State.HEDGED])
def test_t_48_d_21_d_36_an_invalid_score_holds_the_state_and_is_told(side: Side, state: State) -> None:
    """An invalid score never looks like a recovery, whatever stood before it."""
    scene = Scene(side)
    if state is State.HEDGED:
        scene.hedge()
    else:
        scene.put(state=state)
    decision = scene.deep(None, event=BOS)

    assert scene.stands() is state
    assert scene.command is None
    assert scene.record.quality is Quality.INVALID
    assert NoteKind.DATA in {note.kind for note in decision.notes}


def test_t_48_d_22_bars_that_are_overdue_make_the_score_invalid() -> None:
    scene = Scene()
    scene.passes()
    scene.judgement = scene.judged(-8.0, stale_at=scene.utc)
    scene.deep(-8.0, bars=0, stale_at=scene.utc)

    assert scene.stands() is State.HEALTHY


@SIDES
def test_t_49_d_30_d_41_a_failed_action_is_owed_until_it_is_done(side: Side) -> None:
    scene = Scene(side, defence=full(hedge=HedgeSettings(mode=HedgeMode.CLOSE)))
    scene.deep(-5.0)
    scene.answer()  # the stop
    for attempt in range(1, 5):
        assert isinstance(scene.command, ReducePosition)
        scene.answer(Outcome.REJECTED)
        duty = scene.record.duty(Action.PARTIAL)
        assert duty is not None
        assert (duty.work.stage, duty.work.attempts) == (Stage.ARMED, attempt)
        assert not scene.record.was_spent(Action.PARTIAL)
        scene.look(ms=10_000)
    scene.settle()

    assert scene.held[1].volume == 0.05
    assert scene.record.was_spent(Action.PARTIAL)


def test_t_49_after_five_attempts_there_is_an_alarm_and_the_state_stays() -> None:
    scene = Scene(defence=full(hedge=HedgeSettings(mode=HedgeMode.CLOSE)))
    scene.deep(-5.0)
    scene.answer()
    for _ in range(5):
        decision = scene.answer(Outcome.REJECTED)
        scene.look(ms=10_000)

    assert [note.kind for note in decision.notes] == [NoteKind.ALARM]
    assert Action.PARTIAL not in scene.owed()
    assert scene.stands() is State.WARNING_L2
    assert not scene.record.was_spent(Action.PARTIAL)


@pytest.mark.parametrize(
    ("price", "seconds", "trigger"),
    [
        pytest.param(0.19, 899, None, id="not yet"),
        pytest.param(0.2, 1, Trigger.START, id="gain"),
        pytest.param(0.0, 900, Trigger.START, id="age"),
        pytest.param(-0.5, 1, Trigger.EMERGENCY, id="loss"),
    ],
)
@SIDES
def test_t_60_d_33_monitoring_begins_by_gain_age_or_loss(side: Side, price: float, seconds: int, trigger: Trigger | None) -> None:
    """A start by loss is an emergency: a deep check at once."""
    scene = Scene(side, state=None, price=price)
    scene.bar = scene.trade.position.ts_open + seconds * 1_000 - 5_000
    decision = scene.look()

    assert scene.stands() is (State.ARMED if trigger is None else State.HEALTHY)
    assert decision.deep is trigger


def test_t_61_an_emergency_ignores_cooldown_and_the_bar_that_was_judged() -> None:
    scene = Scene(price=0.1)
    scene.deep(0.5, trigger=Trigger.FLIP)
    scene.price = -0.5
    assert scene.look(ms=1_000).deep is Trigger.EMERGENCY
    scene.deep(-8.0, bars=0, trigger=Trigger.EMERGENCY)

    assert scene.stands() is State.WARNING_L2


@SIDES
def test_a_stop_that_a_person_moved_is_kept_and_a_looser_one_is_told(side: Side) -> None:
    scene = Scene(side)
    held = scene.held[1]
    for stop, told in ((-0.2, 0), (-2.0, 1)):
        moved = held.model_copy(update={"stop_loss": scene.at(stop)})
        decision = scene.on(changed(moved))
        assert scene.trade.position.stop_loss == scene.at(stop)
        assert [note.kind for note in decision.notes].count(NoteKind.LOOSENED) == told
    scene.deep(-3.0)

    assert isinstance(scene.command, ModifyPosition)
    assert scene.command.expect_stop == scene.at(-2.0)


def test_a_trade_that_somebody_wants_closed_is_left_to_that() -> None:
    scene = Scene()
    scene.hedge()
    scene.on(CloseAsked("user"))
    assert isinstance(scene.command, ReducePosition)
    scene.deep(-8.0)
    assert scene.stands() is State.HEDGED
    scene.settle()

    assert scene.held == {}
    assert scene.trade.ended


def test_the_partial_of_an_episode_that_is_over_is_not_made_up_for() -> None:
    """What a level ordered and the broker did not do is dropped when the level is left upwards."""
    scene = Scene(defence=full(hedge=HedgeSettings(mode=HedgeMode.CLOSE)))
    scene.deep(-5.0)
    scene.answer()
    scene.answer(Outcome.REJECTED, why=Why.NONE)
    scene.deep(-1.0)

    assert scene.stands() is State.WARNING_L1
    assert Action.PARTIAL not in scene.owed()


def test_no_partial_where_the_settings_allow_none() -> None:
    scene = Scene(defence=full(volumes=VolumeSettings(max_partials=0), hedge=HedgeSettings(mode=HedgeMode.CLOSE)))
    scene.deep(-5.0)
    scene.settle()

    assert scene.held[1].volume == 0.1
    assert scene.record.was_spent(Action.PARTIAL)  # skipped for a reason


def test_bars_that_closed_while_nobody_looked_count_when_somebody_does() -> None:
    scene = Scene()
    scene.deep(-3.0)
    scene.settle()
    scene.deep(-1.0, bars=5)

    assert scene.stands() is State.WARNING_L2
