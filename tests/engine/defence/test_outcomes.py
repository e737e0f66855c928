"""What becomes of what was ordered: done, refused, put off, unknown, told late, or seen in the position (T-76, T-77, D-30, 41)."""

from typing import Any

import pytest
from tests.engine.defence.scene import CLOSE, Scene, changed, halving

from dtms.defence_names import Action, NoteKind, State
from dtms.engine.decide import shown, withdrawn
from dtms.engine.obligation import Stage
from dtms.engine.unsent import taken_back
from dtms.names import Outcome, Side, Why
from dtms.wire.messages import ModifyPosition, OpenPosition, ReducePosition


def warned() -> Scene:
    """At the first warning, the tighter stop ordered."""
    scene = Scene(defence=CLOSE)
    scene.deep(-3.0)
    return scene


def stage(scene: Scene, action: Action) -> tuple[Stage, int, int]:
    duty = scene.record.duty(action)
    assert duty is not None
    return duty.work.stage, duty.work.attempts, duty.work.waits


@pytest.mark.parametrize("outcome", [Outcome.REJECTED, Outcome.DENIED, Outcome.STALE_VIEW, Outcome.STALE_EPOCH])
def test_t_77_a_refusal_is_an_attempt(outcome: Outcome) -> None:
    scene = warned()
    scene.answer(outcome)

    assert stage(scene, Action.TIGHTEN) == (Stage.ARMED, 1, 0)


@pytest.mark.parametrize(
    "values",
    [
        pytest.param({"outcome": Outcome.RETRYABLE, "retcode": 10004}, id="requote"),
        pytest.param({"outcome": Outcome.RETRYABLE, "retcode": 10018}, id="market closed"),
        pytest.param({"outcome": Outcome.RETRYABLE, "retcode": 10024}, id="too many requests"),
        pytest.param({"outcome": Outcome.EXPIRED}, id="expired"),
        pytest.param({"outcome": Outcome.DENIED, "why": Why.STOPS_LEVEL}, id="too near"),
        pytest.param({"outcome": Outcome.DENIED, "why": Why.TICKET_BUSY}, id="busy"),
    ],
)
def test_t_77_a_cause_that_passes_is_no_attempt(values: dict[str, Any]) -> None:
    scene = warned()
    command = scene.without_answer()
    scene.on(scene.report(command, Outcome.RETRYABLE).model_copy(update=values))

    assert stage(scene, Action.TIGHTEN) == (Stage.ARMED, 0, 1)


def test_a_slow_cause_waits_the_longest_pause() -> None:
    scene = warned()
    scene.answer(Outcome.RETRYABLE, retcode=10018)
    scene.look(ms=7_999)
    assert scene.command is None
    scene.look(ms=1)

    assert isinstance(scene.command, ModifyPosition)


def test_a_cause_that_passes_raises_the_alarm_once_and_is_tried_on() -> None:
    scene = warned()
    alarms = 0
    for _ in range(12):
        decision = scene.answer(Outcome.RETRYABLE)
        alarms += sum(note.kind is NoteKind.ALARM for note in decision.notes)
        scene.look(ms=10_000)

    assert alarms == 1
    assert isinstance(scene.command, ModifyPosition)


def test_t_76_an_unknown_stop_that_is_seen_is_done() -> None:
    scene = warned()
    command = scene.command
    scene.vanish()
    assert stage(scene, Action.TIGHTEN)[0] is Stage.UNKNOWN
    assert command is not None
    (event,) = scene.carry_out(command)
    scene.on(event)

    assert scene.owed() == []


def test_t_76_an_unknown_partial_that_is_seen_is_done_and_booked() -> None:
    scene = halving()
    scene.vanish()
    scene.on(changed(scene.held[1].model_copy(update={"volume": 0.05})))

    assert scene.record.was_spent(Action.PARTIAL)
    assert scene.record.closed_volume == pytest.approx(0.05)
    assert scene.record.partials == 1


def test_t_76_nothing_but_a_close_is_ordered_while_an_outcome_is_unknown() -> None:
    scene = halving()
    scene.vanish()
    sent = len(scene.sent)
    for _ in range(20):
        scene.look(ms=5_000)
    assert len(scene.sent) == sent
    scene.deep(-8.0)

    assert isinstance(scene.sent[-1], ReducePosition)
    assert scene.sent[-1].leave_volume == 0


def test_t_76_a_partial_known_not_to_be_done_is_ordered_anew_to_the_same_volume() -> None:
    scene = halving()
    first = scene.command
    scene.vanish()
    scene.expire()
    scene.look(ms=10_000)

    assert isinstance(first, ReducePosition)
    assert isinstance(scene.command, ReducePosition)
    assert scene.command.leave_volume == first.leave_volume
    assert scene.command.command_id != first.command_id


def test_an_unknown_report_waits_for_the_second_one() -> None:
    scene = halving()
    command = scene.command
    assert command is not None
    scene.answer(Outcome.UNKNOWN)
    assert stage(scene, Action.PARTIAL)[0] is Stage.UNKNOWN
    scene.unanswered.append(command)
    scene.answer(Outcome.DONE)

    assert scene.record.was_spent(Action.PARTIAL)


def test_a_position_event_before_the_report_changes_nothing_twice() -> None:
    scene = halving()
    command = scene.command
    assert isinstance(command, ReducePosition)
    (event,) = scene.carry_out(command)
    scene.on(event)
    scene.on(scene.report(scene.without_answer(), Outcome.DONE))

    assert scene.record.closed_volume == pytest.approx(0.05)
    assert scene.record.partials == 1


def test_done_where_the_stop_is_not_there_is_no_confirmation() -> None:
    scene = warned()
    scene.on(scene.report(scene.without_answer(), Outcome.DONE))

    assert stage(scene, Action.TIGHTEN) == (Stage.ARMED, 0, 1)


def test_what_another_position_holds_is_not_read_back() -> None:
    scene = warned()
    scene.answer(Outcome.DONE, told=False, position_id=77, ticket=77, stop_loss=1.0999)

    assert scene.trade.position.stop_loss == 1.099


def test_the_answer_to_a_command_that_is_nobodys_changes_nothing() -> None:
    scene = warned()
    before = scene.record
    command = scene.command
    assert command is not None
    scene.on(scene.report(command, Outcome.REJECTED).model_copy(update={"command_id": 999}))

    assert scene.record.duties == before.duties


def test_t_49_d_58_every_note_of_a_failure_names_the_action() -> None:
    scene = halving()
    for _ in range(5):
        decision = scene.answer(Outcome.REJECTED)
        scene.look(ms=10_000)
    (alarm,) = decision.notes

    assert dict(alarm.values)["action"] == "partial_close"
    assert scene.trade.key.position_id == 1


def test_an_opening_reported_done_without_a_position_is_unknown_until_it_is_seen() -> None:
    scene = Scene()
    scene.deep(-8.0)
    while not isinstance(scene.command, OpenPosition):
        scene.answer()
    opening = scene.command
    scene.answer(Outcome.DONE, told=False, position_id=0, order=0, ticket=0, volume=0.05)
    assert scene.stands() is State.WARNING_L2
    assert stage(scene, Action.OPEN_HEDGE)[0] is Stage.UNKNOWN
    scene.on(scene.opened(opening))

    assert scene.stands() is State.HEDGED


def test_what_is_withdrawn_is_no_attempt_and_is_ordered_again() -> None:
    for make in (warned, halving):
        scene = make()
        command = scene.without_answer()
        last = next(decision for decision in reversed(scene.decisions) if decision.command is command)
        assert withdrawn(last).command is None
        scene.trade = taken_back(scene.trade, command.command_id)
        assert not any(owed.under_way for owed in scene.trade.owed())
        scene.look(ms=1)
        assert scene.command is not None


def observe(scene: Scene) -> None:
    command = scene.without_answer()
    decision = shown(scene.decisions[-1])
    assert (scene.decisions[-1].command, decision.command) == (command, None)
    scene.trade = decision.trade


def test_in_observe_mode_what_would_be_done_is_on_record_and_not_said_again() -> None:
    scene = Scene(side=Side.SELL, defence=CLOSE)
    scene.deep(-5.0)
    orders = 0
    for _ in range(10):
        if scene.command is not None:
            orders += 1
            observe(scene)
        scene.look(ms=10_000)

    assert orders == 3  # stop, partial, break-even
    assert scene.stands() is State.WARNING_L2
    assert scene.record.was_spent(Action.PARTIAL)
    scene.deep(-8.0)
    observe(scene)
    scene.look(ms=60_000)
    assert (scene.stands(), scene.command) == (State.CLOSING, None)
