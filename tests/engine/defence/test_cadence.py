"""How often a trade is looked at, and what asks for a deep check (T-61, T-62, D-42 to D-46)."""

from dataclasses import replace

import pytest
from tests.engine.defence.scene import M15, OPENED, Scene

from dtms.defence_names import State, Trigger
from dtms.engine.defence.cadence import admitted, deep_due, fast_interval, next_fast
from dtms.engine.defence.record import Defence
from dtms.engine.defence.situation import Situation
from dtms.engine.defence.view import SwingMark
from dtms.engine.defence.watch import next_look, watched
from dtms.names import Outcome, Side
from dtms.settings import BreakEvenSettings
from dtms.settings_defence import CadenceSettings
from dtms.signal_names import Volatility

SIDES = pytest.mark.parametrize("side", list(Side), ids=lambda side: side.name.lower())
CADENCE = CadenceSettings()


@pytest.mark.parametrize(
    ("state", "volatility", "interval"),
    [
        (State.HEALTHY, Volatility.NORMAL, 30_000),
        (State.HEDGED, Volatility.NORMAL, 30_000),
        (State.HEALTHY, Volatility.HIGH, 15_000),
        (State.HEDGED, Volatility.HIGH, 15_000),
        (State.HEALTHY, Volatility.LOW, 60_000),
        (State.WARNING_L1, Volatility.LOW, 30_000),
    ],
)
def test_t_62_d_46_the_interval_follows_volatility_and_state(state: State, volatility: Volatility, interval: int) -> None:
    assert fast_interval(state, volatility, CADENCE) == interval


def test_d_46_fast_checks_have_due_times_of_their_own() -> None:
    assert next_fast(Defence(), Volatility.NORMAL, 77, CADENCE) == 77
    assert next_fast(Defence(fast_at=77), Volatility.NORMAL, 90, CADENCE) == 30_077
    assert deep_due(OPENED, CADENCE) == OPENED + 5_000


@pytest.mark.parametrize(
    ("trigger", "deep_bar", "since_event", "admits"),
    [
        (Trigger.SCHEDULED, 0, 0, True),
        (Trigger.SCHEDULED, 9, 0, False),
        (Trigger.SCHEDULED, 10, 0, False),
        (Trigger.START, 8, 0, True),
        (Trigger.FLIP, 8, 599_999, False),
        (Trigger.FLIP, 8, 600_000, True),
        (Trigger.THREAT, 8, None, True),
        (Trigger.THREAT, 9, None, False),
        (Trigger.EMERGENCY, 9, 0, True),
    ],
)
def test_t_61_d_43_d_44_one_check_a_bar_and_ten_minutes_between_events(
    trigger: Trigger, deep_bar: int, since_event: int | None, admits: bool
) -> None:
    record = Defence(State.HEALTHY, deep_bar=deep_bar, event_at=None if since_event is None else 1_000_000 - since_event)

    assert admitted(record, trigger, 9, 1_000_000, CADENCE) is admits


def test_d_44_a_check_that_is_not_admitted_decides_nothing() -> None:
    scene = Scene()
    scene.deep(0.5)
    scene.deep(-8.0, bars=0)

    assert scene.stands() is State.HEALTHY
    assert scene.command is None


def test_d_43_scheduled_checks_do_not_restart_the_cooldown_and_events_do() -> None:
    scene = Scene()
    scene.deep(0.5)
    assert scene.record.event_at is None
    scene.deep(0.5, trigger=Trigger.FLIP)

    assert scene.record.event_at == scene.now


@SIDES
def test_a_flip_of_vwap_asks_once_until_it_is_released(side: Side) -> None:
    scene = Scene(side)
    scene.passes()
    scene.judgement = scene.judged(-1.0, flip_against=True)
    assert scene.look(ms=1).deep is Trigger.FLIP
    assert scene.look(ms=1).deep is None
    scene.judgement = scene.judged(-1.0)
    assert scene.look(ms=1).deep is None
    scene.judgement = scene.judged(-1.0, flip_against=True)

    assert scene.look(ms=1).deep is Trigger.FLIP


@SIDES
@pytest.mark.parametrize(("price", "asks"), [(-0.79, False), (-0.8, True), (-1.2, True), (0.5, False)])
def test_d_42_the_price_at_the_protective_swing_asks_once_a_swing(side: Side, price: float, asks: bool) -> None:
    """Within a quarter of an ATR of it, or beyond; a move in the trade's favour is no threat."""
    scene = Scene(side, stop=-3.0)
    scene.put(risk=0.004, latches=replace(scene.record.latches, loss=True))
    scene.passes()
    scene.judgement = scene.judged(0.5, swings=(_low(scene, -6), scene.swing(1.4, -3)), fast_close=scene.at(price))
    scene.price = price
    assert (scene.look(ms=1).deep is Trigger.THREAT) is asks
    assert scene.look(ms=1).deep is None
    scene.judgement = scene.judged(0.5, swings=(_low(scene, -1),), fast_close=scene.at(price))

    assert (scene.look(ms=1).deep is Trigger.THREAT) is asks


def _low(scene: Scene, bars: int) -> SwingMark:
    """The swing that protects the trade, at -0.9 R."""
    return SwingMark(scene.bar + bars * M15, scene.at(-0.9), high=scene.side is Side.SELL)


@SIDES
def test_a_loss_of_half_an_r_is_an_emergency_at_each_crossing(side: Side) -> None:
    scene = Scene(side, price=-0.49)
    found = []
    for price in (-0.49, -0.5, -0.6, -0.51, -0.4, -0.5):
        scene.price = price
        found.append(scene.look(ms=1).deep)

    assert found == [None, Trigger.EMERGENCY, None, None, None, Trigger.EMERGENCY]


@SIDES
def test_half_an_r_lost_inside_one_fast_bar_is_an_emergency_once_in_that_bar(side: Side) -> None:
    scene = Scene(side, price=1.0)
    scene.judgement = scene.judged(0.5, swings=())
    found = []
    for price in (0.51, 0.5, 0.2, 0.6, 0.4):
        scene.price = price
        found.append(scene.look(ms=1).deep)

    assert found == [None, Trigger.EMERGENCY, None, None, None]


def test_nothing_asks_for_a_check_of_a_trade_that_is_not_watched_yet_or_ends() -> None:
    for state in (State.ARMED, State.CLOSING):
        scene = Scene(state=state, price=-0.4)
        scene.judgement = scene.judged(-8.0, flip_against=True)
        assert scene.look().deep is None


def test_a_check_is_asked_for_by_what_is_gravest() -> None:
    scene = Scene(price=-0.85)
    scene.judgement = scene.judged(-1.0, flip_against=True)

    assert scene.look().deep is Trigger.EMERGENCY
    assert scene.look(ms=1).deep is Trigger.FLIP


@SIDES
def test_two_prices_bring_a_trade_up(side: Side) -> None:
    armed = Scene(side, state=State.ARMED)
    assert watched(_situation(armed)) == pytest.approx((armed.at(-0.5), armed.at(0.2)))
    scene = Scene(side, price=0.2)
    scene.judgement = scene.judged(0.5, swings=(scene.swing(-0.9, -5),))
    adverse, favourable = watched(_situation(scene))

    assert adverse == pytest.approx(scene.at(-0.3))  # half an R below the last fast close
    assert favourable is None
    for state in (State.CLOSING, State.CLOSED):
        scene.put(state=state)
        assert watched(_situation(scene)) == (None, None)


def _situation(scene: Scene) -> Situation:
    defence = scene.rules.defence
    assert defence is not None
    return Situation(scene.trade, scene.record, scene.market, defence, BreakEvenSettings(), scene.now, scene.utc)


def test_what_is_owed_says_when_it_is_to_be_tried_again() -> None:
    scene = Scene()
    assert next_look(scene.trade) is None
    scene.deep(-3.0)
    assert next_look(scene.trade) is None  # an outcome is awaited
    scene.answer(Outcome.REJECTED)

    assert next_look(scene.trade) == scene.now + 1_000
    assert scene.now == M15
