"""Defects that no other test of the defence names, and readings that are easily taken the other way."""

from dataclasses import fields, is_dataclass

import pytest
from tests.engine.defence.scene import BOS, M15, R, Scene, changed
from tests.session.made import spec

from dtms.defence_names import Action, State, Trigger
from dtms.engine.decide import Look, Moment, decide
from dtms.engine.defence.enrol import enrolled
from dtms.engine.defence.events import DeepCheck, Gone
from dtms.engine.defence.record import Defence, Duty
from dtms.engine.defence.saved import dump_trade, load_trade
from dtms.engine.market import Market
from dtms.engine.obligation import Obligation, Stage
from dtms.engine.trade import first_seen
from dtms.names import Outcome, RiskClass, Side
from dtms.settings_defence import HedgeMode, HedgeSettings, Protection, StopSettings
from dtms.wire.messages import ModifyPosition, OpenPosition, PositionClosed, PositionOpened, ReducePosition

SIDES = pytest.mark.parametrize("side", list(Side), ids=lambda side: side.name.lower())


def test_d_31_nothing_but_a_told_end_ends_a_trade() -> None:
    """No quote, no specification, no bars, hours of silence: the trade is where it was."""
    scene = Scene()
    scene.deep(-5.0)
    scene.settle()
    before = scene.stands()
    for hours in range(1, 50):
        moment = Moment(scene.now + hours * 3_600_000, 1_000 + hours, utc=scene.utc + hours * 3_600_000)
        scene.trade = decide(scene.trade, Look(), Market(None, None), moment, scene.rules).trade

    assert scene.stands() is before
    assert not scene.record.gone


def test_d_31_a_close_deal_ends_it() -> None:
    scene = Scene()
    told = {
        "ts_event": 1,
        "position_id": 1,
        "ticket": 1,
        "symbol": "EURUSD",
        "side": 1,
        "volume": 0.1,
        "price_close": 1.099,
        "profit": -10.0,
        "swap": 0.0,
        "commission": 0.0,
        "reason": 5,
        "deal": 9,
        "by_command": 0,
    }
    scene.on(PositionClosed.model_validate(told))

    assert scene.stands() is State.CLOSED
    assert scene.trade.ended


def test_d_38_the_same_trade_event_market_and_moment_give_the_same_decision() -> None:
    scene = Scene()
    scene.passes()
    scene.judgement = scene.judged(-8.0)
    given = (scene.trade, DeepCheck(Trigger.SCHEDULED), scene.market, Moment(scene.now, 9, utc=scene.utc), scene.rules)

    assert decide(*given) == decide(*given)


@pytest.mark.parametrize("kind", [Defence, Duty, Obligation])
def test_d_39_what_an_action_needs_is_in_a_value_that_cannot_be_changed(kind: type) -> None:
    assert is_dataclass(kind)
    assert kind.__dataclass_params__.frozen  # type: ignore[attr-defined]
    assert {"state", "risk", "duties", "spent", "timer"} <= {field.name for field in fields(Defence)}


def test_d_59_every_command_has_an_id_of_its_own_an_expectation_and_a_class_of_risk() -> None:
    scene = Scene(volume=0.4)
    scene.hedge()
    scene.deep(-1.0, event=BOS)
    scene.settle()
    scene.deep(1.0)
    scene.settle()
    ids = [command.command_id for command in scene.sent]

    assert len(ids) == len(set(ids)) == 5
    for command in scene.sent:
        match command:
            case ModifyPosition():
                assert (command.risk_class, command.expect_stop is not None) == (RiskClass.NEUTRAL, True)
            case ReducePosition():
                assert command.risk_class is RiskClass.REDUCE
                assert command.leave_volume == 0 or command.expect_volume is not None
            case OpenPosition():
                assert command.risk_class is RiskClass.RAISE
                assert command.stop_loss is not None


def test_reading_30_a_spread_spike_is_no_emergency() -> None:
    scene = Scene(price=0.0)
    scene.judgement = scene.judged(0.5, swings=())
    scene.spread = 0.01

    assert scene.look().deep is None


def test_reading_25_a_change_of_character_older_than_the_trade_counts() -> None:
    scene = Scene()
    event = BOS._replace(choch=True, against=True, at=scene.trade.position.ts_open - 3 * M15, age=4)
    scene.deep(-4.0, event=event)

    assert scene.record.reason == "CHOCH"


def test_reading_29_a_close_before_the_hedge_was_filled_does_not_count() -> None:
    scene = Scene()
    scene.deep(-8.0)
    while not isinstance(scene.command, OpenPosition):
        scene.answer()
    scene.passes()  # the bar closes, then the hedge is filled, then the bar is looked at
    scene.answer()
    assert scene.stands() is State.HEDGED
    scene.deep(-1.0, bars=0)
    assert scene.record.dwell == 0
    scene.deep(-1.0)

    assert scene.record.dwell == 1


def test_a_position_that_a_person_cut_is_taken_as_it_is() -> None:
    scene = Scene(defence=Scene().defence.model_copy(update={"hedge": HedgeSettings(mode=HedgeMode.CLOSE)}))
    scene.held[1] = scene.held[1].model_copy(update={"volume": 0.06})
    scene.on(changed(scene.held[1]))
    scene.deep(-5.0)
    scene.settle()

    assert scene.held[1].volume == 0.03
    assert scene.record.closed_volume == pytest.approx(0.03)


def test_a_partial_that_a_person_did_meanwhile_is_not_done_again() -> None:
    scene = Scene(defence=Scene().defence.model_copy(update={"hedge": HedgeSettings(mode=HedgeMode.CLOSE)}))
    scene.deep(-5.0)
    scene.answer()
    scene.answer(Outcome.STALE_VIEW)
    scene.held[1] = scene.held[1].model_copy(update={"volume": 0.05})
    scene.on(changed(scene.held[1]))
    scene.look(ms=10_000)

    assert not any(isinstance(command, ReducePosition) and command.leave_volume < 0.05 for command in scene.sent)
    assert scene.record.was_spent(Action.PARTIAL)


def test_a_split_scales_what_is_kept_in_prices_and_lots() -> None:
    partial = Duty(Action.PARTIAL, "T4", 1, Obligation(Stage.PENDING, 1, target=0.2), volume=0.4)
    stop = Duty(Action.TIGHTEN, "T3", 1, Obligation(Stage.PENDING, 1, target=1.1))
    record = Defence(risk=R, closed_volume=0.2, duties=(partial, stop)).scaled(0.5)

    assert (record.risk, record.closed_volume) == (R / 2, 0.4)
    assert [(duty.work.target, duty.volume) for duty in record.duties] == [(0.4, 0.8), (None, None)]


def test_a_symbol_whose_specification_is_not_there_yet_keeps_its_duties() -> None:
    scene = Scene()
    blind = scene.market._replace(spec=None)
    scene.passes()
    scene.judgement = scene.judged(-3.0)
    market = blind._replace(view=scene.market.view)
    scene.trade = decide(scene.trade, DeepCheck(Trigger.SCHEDULED), market, Moment(scene.now, 5, utc=scene.utc), scene.rules).trade
    assert scene.owed() == [Action.TIGHTEN]
    scene.spec = spec()
    scene.look(ms=1_000)

    assert isinstance(scene.command, ModifyPosition)


@SIDES
def test_d_74_a_hedged_trade_is_hedged_after_a_restart(side: Side) -> None:
    """With its record it goes on as it was; without one it is taken up from the hedge that lives."""
    scene = Scene(side)
    hedge = scene.hedge()
    kept = load_trade(dump_trade(scene.trade))
    assert kept.defence is not None
    assert (kept.defence.state, len(kept.legs)) == (State.HEDGED, 1)
    scene.trade = enrolled(first_seen(scene.trade.key, scene.held[1], managed=True), recovered=True)
    scene.on(PositionOpened(ts_event=1, position=scene.held[hedge]))

    assert scene.stands() is State.HEDGED


@SIDES
def test_d_75_a_position_that_is_missing_from_nothing_stays_and_its_record_too(side: Side) -> None:
    """Only an end that was told takes a trade away; its record is there to be kept even then."""
    scene = Scene(side)
    scene.deep(-5.0)
    scene.settle()
    scene.on(Gone(4711))
    assert scene.stands() is State.WARNING_L2
    scene.lose(1)

    assert (scene.stands(), scene.record.previous) == (State.CLOSED, State.WARNING_L2)


@SIDES
def test_d_79_d_80_break_even_beyond_entry_and_stop_is_set_and_one_that_is_there_is_not_set_again(side: Side) -> None:
    scene = Scene(side, state=State.WARNING_L1, price=0.8, defence=Scene().defence.model_copy(update={"hedge": HedgeSettings()}))
    scene.deep(-5.0)
    sent = [command for command in scene.settle() if isinstance(command, ModifyPosition)]
    assert [side.direction * ((command.stop_loss or 0.0) - scene.entry) >= 0 for command in sent] == [True]
    before = scene.trade.position.stop_loss
    scene.put(state=State.WARNING_L1)
    scene.deep(-5.0)

    assert not any(isinstance(command, ModifyPosition) for command in scene.settle())
    assert scene.trade.position.stop_loss == before


@SIDES
def test_d_90_a_partial_that_is_refused_is_not_taken_for_done(side: Side) -> None:
    scene = Scene(side, state=State.WARNING_L1)
    scene.deep(-5.0)
    while not isinstance(scene.command, ReducePosition):
        scene.answer()
    scene.answer(Outcome.REJECTED)

    assert (scene.record.partials, scene.record.closed_volume) == (0, 0.0)
    assert not scene.record.was_spent(Action.PARTIAL)


@SIDES
def test_d_91_the_first_stop_of_a_position_without_one_lies_on_its_losing_side(side: Side) -> None:
    """No stop is nothing that a stop could be worse than."""
    scene = Scene(side, stop=None, defence=Scene().defence.model_copy(update={"stops": StopSettings(protect=Protection.SET)}))
    scene.deep(0.5)

    assert isinstance(scene.command, ModifyPosition)
    assert scene.command.stop_loss is not None
    assert side.direction * (scene.command.stop_loss - scene.at(scene.price)) < 0


@SIDES
def test_d_92_no_order_touches_the_target_that_stands_there_now(side: Side) -> None:
    scene = Scene(side, target=2.0)
    scene.held[1] = scene.held[1].model_copy(update={"take_profit": scene.at(3.0)})
    scene.on(changed(scene.held[1]))
    scene.deep(-3.0)

    assert isinstance(scene.command, ModifyPosition)
    assert (scene.command.expect_target, scene.command.take_profit) == (scene.at(3.0), scene.at(3.0))


@SIDES
def test_d_106_gain_and_loss_are_those_of_the_exit_price_whatever_the_bar_closed_at(side: Side) -> None:
    scene = Scene(side, state=None, price=0.1)
    scene.judgement = scene.judged(0.5, fast_close=scene.at(0.9), swings=())
    scene.look()
    assert scene.stands() is State.ARMED
    scene.price = 0.2
    scene.look(ms=1)

    assert scene.stands() is State.HEALTHY
