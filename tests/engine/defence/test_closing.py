"""Closing what belongs together: in order, again and again, until every leg is gone (T-75, T-78, D-50, D-51, D-57)."""

import pytest
from tests.engine.defence.scene import BOS, CHOCH, Scene, changed
from tests.session.made import position

from dtms.defence_names import NoteKind, State
from dtms.engine.defence.family import kin, orphan
from dtms.names import OpenKind, Outcome
from dtms.settings import CloseSettings
from dtms.wire.messages import PositionOpened, ReducePosition
from dtms.wire.tag import command_of, kind_of, tag


def ending() -> tuple[Scene, int]:
    """A hedged trade whose end was decided: the first close is ordered."""
    scene = Scene()
    hedge = scene.hedge()
    scene.deep(-1.0, event=CHOCH)
    assert scene.stands() is State.CLOSING
    return scene, hedge


def ticket(scene: Scene) -> int:
    assert isinstance(scene.command, ReducePosition)
    assert scene.command.leave_volume == 0
    assert scene.command.expect_volume is None
    return scene.command.ticket


def test_close_all_closes_the_position_and_then_the_hedge() -> None:
    scene, hedge = ending()
    assert ticket(scene) == 1
    scene.answer()
    assert ticket(scene) == hedge
    scene.answer()

    assert scene.stands() is State.CLOSED


def test_t_75_d_57_a_leg_that_fails_twice_is_tried_until_it_is_gone() -> None:
    scene, hedge = ending()
    scene.answer()
    for _ in range(2):
        assert ticket(scene) == hedge
        scene.answer(Outcome.REJECTED)
        assert scene.stands() is State.CLOSING
        scene.look(ms=10_000)
    scene.answer()

    assert scene.held == {}
    assert scene.stands() is State.CLOSED


def test_t_75_after_three_failures_there_is_an_alarm_and_no_end_to_trying() -> None:
    scene, _ = ending()
    scene.answer()
    alarms = 0
    for _ in range(9):
        decision = scene.answer(Outcome.REJECTED)
        alarms += sum(note.kind is NoteKind.ALARM for note in decision.notes)
        scene.look(ms=10_000)

    assert alarms == 1
    assert scene.command is not None


def test_a_refusal_that_no_repetition_can_change_is_repeated_after_the_longest_pause() -> None:
    scene, _ = ending()
    scene.answer(Outcome.REJECTED, retcode=10013)
    scene.settle()  # the hedge meanwhile
    scene.look(ms=7_000)
    assert scene.command is None
    scene.look(ms=2_000)

    assert ticket(scene) == 1


def test_the_position_whose_close_is_unknown_does_not_hold_up_its_hedge() -> None:
    scene, hedge = ending()
    scene.vanish()
    scene.look(ms=1)

    assert ticket(scene) == hedge


def test_a_close_reported_done_whose_position_stays_is_asked_for_anew() -> None:
    scene, hedge = ending()
    scene.answer()
    scene.on(scene.report(scene.without_answer(), Outcome.DONE))
    assert scene.command is None
    scene.look(ms=6_000)

    assert ticket(scene) == hedge


def test_lifting_the_hedge_closes_it_alone() -> None:
    scene = Scene()
    hedge = scene.hedge()
    scene.deep(-1.0, event=BOS)

    assert ticket(scene) == hedge
    scene.answer(Outcome.REJECTED)
    scene.look(ms=10_000)
    assert ticket(scene) == hedge
    scene.answer()
    assert scene.stands() is State.RECOVERING


def test_a_hedge_that_cannot_be_lifted_before_the_next_bar_ends_the_trade_when_its_time_is_up() -> None:
    scene = Scene()
    scene.hedge()
    scene.deep(-1.0, bars=5, event=BOS)
    scene.answer(Outcome.REJECTED)
    scene.deep(-1.0)

    assert scene.record.reason == "FLAT_TIMER"


def test_d_57_nothing_is_closed_while_a_leg_may_still_come_to_light() -> None:
    scene, hedge = ending()
    scene.answer()
    scene.lose(hedge)

    assert scene.stands() is State.CLOSED
    assert scene.trade.ended


@pytest.mark.parametrize("kind", [OpenKind.HEDGE, OpenKind.READD])
def test_t_78_d_51_a_position_of_ours_is_known_by_its_tag(kind: OpenKind) -> None:
    found = kin(position(9, magic=tag(kind, 0x1_000_007)))

    assert found is not None
    assert (found.kind, found.command_id, found.for_position) == (kind, 0x1_000_007, None)


@pytest.mark.parametrize(
    ("comment", "kind", "number"),
    [("DTMS_HEDGE_12", OpenKind.HEDGE, 12), ("DTMS_READD_7", OpenKind.READD, 7), ("DTMS_HEDGE_", OpenKind.HEDGE, None)],
)
def test_t_78_d_51_or_by_its_comment_where_the_broker_dropped_the_tag(comment: str, kind: OpenKind, number: int | None) -> None:
    found = kin(position(9, comment=comment))

    assert found is not None
    assert (found.kind, found.command_id, found.for_position) == (kind, 0, number)


@pytest.mark.parametrize(
    "values",
    [{}, {"magic": 1}, {"comment": "hedge"}, {"magic": tag(OpenKind.REDUCE, 5)}, {"magic": (1 << 63) - 1}],
)
def test_t_78_every_other_position_is_a_trade_of_its_own(values: dict[str, object]) -> None:
    assert kin(position(9, **values)) is None


def test_a_tag_tells_kind_and_command() -> None:
    magic = tag(OpenKind.HEDGE, 2**44 - 1)

    assert magic < 2**63
    assert (kind_of(magic), command_of(magic)) == (OpenKind.HEDGE, 2**44 - 1)
    assert (kind_of(12345), command_of(12345)) == (None, 0)


def test_an_orphan_is_closed_whole() -> None:
    command = orphan(position(9), 4, CloseSettings())

    assert (command.ticket, command.leave_volume, command.expect_volume) == (9, 0.0, None)


def test_t_80_a_hedge_found_at_a_recovery_makes_its_trade_hedged() -> None:
    scene = Scene()
    found = position(500, side=2, volume=0.1, magic=tag(OpenKind.HEDGE, 77), comment="DTMS_HEDGE_1", ts_open=scene.utc)
    scene.held[500] = found
    scene.on(PositionOpened(ts_event=1, position=found))

    assert scene.stands() is State.HEDGED
    assert scene.record.timer is not None


def test_a_position_that_is_no_kin_changes_nothing() -> None:
    scene = Scene()
    before = scene.trade.legs
    scene.on(PositionOpened(ts_event=1, position=position(500)))

    assert scene.trade.legs == before


def test_a_position_that_comes_back_is_there_again() -> None:
    """A position in no list for an instant is not closed for good."""
    scene = Scene()
    scene.hedge()
    held = scene.held[1]
    scene.lose(1)
    scene.held[1] = held
    scene.on(changed(held))

    assert not scene.record.gone
    assert scene.stands() is State.CLOSING
    scene.settle()
    assert scene.held == {}
