"""How much is closed and added: whole steps, no part below the minimum, never more than was taken away (T-72, T-44)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.engine.defence.scene import BOS, CLEAR, RICH, Scene, full
from tests.session.made import spec

from dtms.defence_names import Action, NoteKind, State
from dtms.engine.defence.volumes import left_by_partial, whole_steps
from dtms.names import Outcome, Side
from dtms.settings_defence import HedgeMode, HedgeSettings, VolumeSettings
from dtms.settings_rails import RailsSettings
from dtms.wire.messages import OpenPosition, ReducePosition

CLOSE = full(hedge=HedgeSettings(mode=HedgeMode.CLOSE))


@pytest.mark.parametrize(
    ("volume", "step", "minimum", "left"),
    [
        (0.01, 0.01, 0.01, None),
        (0.02, 0.01, 0.01, 0.01),
        (0.03, 0.01, 0.01, 0.02),
        (0.05, 0.01, 0.01, 0.03),
        (0.29, 0.01, 0.01, 0.15),
        (0.3, 0.1, 0.2, None),  # closing 0.1 is below the minimum
        (3.0, 1.0, 1.0, 2.0),
        (0.5, 0.1, 0.1, 0.3),
    ],
)
def test_t_72_d_55_half_is_closed_in_whole_steps_or_not_at_all(
    volume: float, step: float, minimum: float, left: float | None
) -> None:
    assert left_by_partial(volume, 0.5, spec(volume_step=step, volume_min=minimum)) == left


@given(lots=st.integers(1, 10_000), step=st.sampled_from([0.01, 0.1, 1.0, 0.001]), share=st.floats(0.01, 0.99))
def test_both_parts_add_up_and_neither_is_below_the_minimum(lots: int, step: float, share: float) -> None:
    volume = round(lots * step, 8)
    made = spec(volume_step=step, volume_min=step)
    left = left_by_partial(volume, share, made)

    if left is not None:
        assert left == whole_steps(left, made)
        assert step - 1e-9 <= left <= volume - step + 1e-9
        assert volume - left <= volume * share + 1e-9


def test_t_72_a_position_of_the_minimum_is_left_whole_and_that_is_said() -> None:
    scene = Scene(volume=0.01, defence=CLOSE)
    scene.deep(-5.0)
    scene.settle()

    assert "partial_close: partial_not_possible" in scene.said()
    assert scene.record.was_spent(Action.PARTIAL)
    assert scene.stands() is State.WARNING_L2


def test_d_29_a_partial_that_was_filled_in_part_goes_on_to_the_same_volume() -> None:
    scene = Scene(volume=0.4, defence=CLOSE)
    scene.deep(-5.0)
    scene.answer()
    first = scene.without_answer()
    assert isinstance(first, ReducePosition)
    scene.held[1] = scene.held[1].model_copy(update={"volume": 0.3})
    scene.on(scene.report(first, Outcome.PARTIAL))
    second = scene.command
    assert isinstance(second, ReducePosition)

    assert (first.leave_volume, second.leave_volume) == (0.2, 0.2)
    assert (first.expect_volume, second.expect_volume) == (0.4, 0.3)
    assert scene.record.partials == 0
    scene.settle()
    assert scene.record.partials == 1
    assert scene.record.closed_volume == pytest.approx(0.2)


def recovered(side: Side = Side.BUY, **changes: object) -> Scene:
    scene = Scene(side, **({"volume": 0.4} | changes))  # type: ignore[arg-type]
    scene.hedge()
    scene.deep(-1.0, event=BOS)
    scene.settle()
    return scene


@pytest.mark.parametrize("side", list(Side))
def test_reading_35_what_is_added_risks_no_more_than_the_partial_took_away(side: Side) -> None:
    scene = recovered(side)
    scene.deep(1.0, swings=(scene.swing(-4.5, -5),))  # 4.4 R to its stop: 0.2 lots times R allow 0.04
    added = scene.command

    assert isinstance(added, OpenPosition)
    assert added.volume == 0.04


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"account": RICH.__class__(hedging=False, may_open=True, lots_room=10.0)}, "not a hedging account"),
        ({"figures": CLEAR.__class__(day_hit=True, spread_median=0.00001)}, "a rail forbids it"),
        ({"spec": spec(trade_mode=2)}, "the symbol may not be traded that way"),
    ],
)
def test_d_52_what_forbids_an_addition_skips_it_for_good(change: dict[str, object], why: str) -> None:
    scene = recovered()
    for name, value in change.items():
        setattr(scene, name, value)
    decision = scene.deep(1.0)

    assert scene.command is None
    assert scene.stands() is State.HEALTHY
    assert any(why in note.text for note in decision.notes if note.kind is NoteKind.SKIPPED)
    assert Action.RE_ADD not in scene.owed()


def test_d_52_nothing_is_added_where_nothing_was_closed() -> None:
    scene = recovered(volume=0.01)
    scene.deep(1.0)

    assert scene.command is None


def test_nothing_is_added_without_a_swing_for_its_stop() -> None:
    scene = recovered()
    decision = scene.deep(1.0, swings=())

    assert any("no swing" in note.text for note in decision.notes)
    assert scene.command is None


def test_a_wide_spread_puts_an_addition_off_for_a_minute_and_then_cancels_it() -> None:
    scene = recovered(rails=RailsSettings())
    scene.spread = 0.0005
    scene.deep(1.0)
    assert (scene.command, scene.owed()) == (None, [Action.RE_ADD])
    for _ in range(61):
        scene.look(ms=1_000)

    assert scene.owed() == []
    assert scene.command is None


def test_an_addition_that_is_refused_five_times_is_given_up() -> None:
    scene = recovered()
    scene.deep(1.0)
    for _ in range(5):
        decision = scene.answer(Outcome.RETRYABLE)
        scene.look(ms=10_000)

    assert [note.kind for note in decision.notes] == [NoteKind.ALARM]
    assert scene.command is None


def test_an_addition_never_sought_again_once_the_evidence_is_bad() -> None:
    scene = recovered()
    scene.deep(1.0)
    scene.answer(Outcome.REJECTED)
    scene.deep(-3.0)

    assert Action.RE_ADD not in scene.owed()


@pytest.mark.parametrize(("share", "volume"), [(0.5, 0.1), (0.25, 0.05), (1.0, 0.2)])
def test_the_share_that_is_added_is_a_setting(share: float, volume: float) -> None:
    scene = recovered(defence=full(volumes=VolumeSettings(re_add_share=share)))
    scene.deep(1.0, swings=(scene.swing(-0.9, -3),))

    assert isinstance(scene.command, OpenPosition)
    assert scene.command.volume == volume
