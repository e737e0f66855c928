"""A trade written and read back: the next process goes on where this one was (D-26, AC-10, T-87)."""

from tests.engine.defence.scene import BOS, Scene

from dtms.defence_names import Action, State
from dtms.engine.defence.saved import dump_trade, load_trade
from dtms.engine.obligation import Stage
from dtms.wire.messages import ReducePosition


def restarted(scene: Scene) -> None:
    scene.trade = load_trade(dump_trade(scene.trade))
    scene.now = 5  # another process, another clock


def test_t_87_d_26_timer_hedge_and_keys_survive() -> None:
    scene = Scene()
    hedge = scene.hedge()
    for _ in range(3):
        scene.deep(-1.0)
    before = scene.record
    restarted(scene)
    after = scene.record

    assert (after.state, after.dwell, after.timer, after.bars_left) == (State.HEDGED, 3, before.timer, 2)
    assert after.spent == before.spent
    assert [leg.held.position.position_id for leg in scene.trade.legs] == [hedge]
    scene.deep(-1.0, bars=2)
    assert scene.record.reason == "FLAT_TIMER"


def test_what_was_under_way_is_unknown_and_ends_by_what_is_seen() -> None:
    scene = Scene()
    scene.deep(-5.0)
    command = scene.command
    assert command is not None
    restarted(scene)
    duty = scene.record.duty(Action.TIGHTEN)
    assert duty is not None
    assert duty.work.stage is Stage.UNKNOWN
    (event,) = scene.carry_out(command)
    scene.on(event)

    assert scene.record.duty(Action.TIGHTEN) is None
    assert isinstance(scene.command, ReducePosition)


def test_a_close_under_way_is_unknown_too() -> None:
    scene = Scene()
    hedge = scene.hedge()
    scene.deep(-1.0, event=BOS)
    restarted(scene)
    (leg,) = scene.trade.legs
    assert leg.held.close is not None
    assert leg.held.close.stage is Stage.UNKNOWN
    scene.without_answer()
    scene.lose(hedge)

    assert scene.stands() is State.RECOVERING


def test_what_monotonic_time_measured_is_forgotten() -> None:
    scene = Scene()
    scene.passes(3)
    scene.deep(-3.0)
    scene.answer()
    restarted(scene)
    record = scene.record

    assert (record.fast_at, record.deep_at, record.event_at, record.sent_at) == (None, None, None, ())
    assert record.deep_bar == scene.bar
    assert all(duty.work.not_before == 0 for duty in record.duties)


def test_a_trade_without_a_defence_is_written_too() -> None:
    scene = Scene(state=None)

    assert load_trade(dump_trade(scene.trade)) == scene.trade
