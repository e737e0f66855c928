"""The hedge without a stop of its own, and the equity stop of the pair (5.4, ``hedge.stop_mode = none``)."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from tests.engine.defence import space
from tests.engine.defence.explore import dead_ends, explore, left_behind
from tests.engine.defence.scene import BOS, ENTRY, R, Scene, changed, full
from tests.session.made import spec

from dtms.defence_names import NoteKind, State
from dtms.engine.decide import Rules
from dtms.engine.defence.explain import explain
from dtms.engine.defence.hedge import HedgePlan, Hindrance, plan_hedge
from dtms.engine.defence.pair import pair_loss_r
from dtms.engine.defence.record import Defence
from dtms.engine.defence.saved import dump_trade, load_trade
from dtms.engine.defence.situation import Situation
from dtms.engine.defence.verify import dump, verify
from dtms.engine.defence.watch import Watched, watched
from dtms.engine.market import Market, Quote
from dtms.names import Side
from dtms.settings import BreakEvenSettings
from dtms.settings_defence import HedgeMode, HedgeSettings, HedgeStop, Protection, StopSettings
from dtms.wire.messages import ModifyPosition, OpenPosition, ReducePosition

SIDES = pytest.mark.parametrize("side", list(Side), ids=lambda side: side.name.lower())
TICK = 0.00001


def unstopped(**values: Any) -> HedgeSettings:
    return HedgeSettings(mode=HedgeMode.HEDGE, stop_mode=HedgeStop.NONE, **values)


def paired(side: Side = Side.BUY, *, stops: StopSettings | None = None, **values: Any) -> Scene:
    """A trade of 0.4 lots at -0.3 R that is hedged; half of it was closed, and its stop is 0.3 R behind the price."""
    hedge = unstopped(**({"ratio": 0.5, "pair_stop_r": 0.4} | values))
    scene = Scene(side, volume=0.4, defence=full(hedge=hedge, **({} if stops is None else {"stops": stops})))
    scene.hedge()
    return scene


def now_at(scene: Scene) -> Situation:
    rules = scene.rules.defence
    assert rules is not None
    return Situation(scene.trade, scene.record, scene.market, rules, BreakEvenSettings(), scene.now, scene.utc)


def loss_at(scene: Scene, price: float) -> float:
    """What the legs that the broker holds lose at an exit price of the position, in R of 0.2 lots."""
    scene.price = price
    quote = scene.market.quote
    assert quote is not None
    lost = sum(p.side.direction * (p.price_open - quote.exit_price(p.side)) * p.volume for p in scene.held.values())
    return lost / (R * 0.2)


@SIDES
def test_the_hedge_is_opened_without_a_stop_and_what_the_pair_can_lose_is_said(side: Side) -> None:
    scene = Scene(side, defence=full(hedge=unstopped()))
    scene.deep(-8.0)
    while not isinstance(scene.command, OpenPosition):
        scene.answer()
    assert (scene.command.stop_loss, scene.command.side is side, scene.command.volume) == (None, False, 0.05)
    (said,) = [note for decision in scene.decisions for note in decision.notes if note.kind is NoteKind.ORDERED]
    assert "no stop of its own: the pair can lose 1.55e-05 in price x lots, equity stop 5e-05" in said.text  # 0.31 and 1 R
    scene.settle()

    assert scene.stands() is State.HEDGED


def test_a_hedge_with_a_stop_says_what_the_pair_can_lose_too() -> None:
    scene = Scene()
    scene.hedge()
    (said,) = [note for decision in scene.decisions for note in decision.notes if note.kind is NoteKind.ORDERED]

    assert said.text == (
        "open_hedge: sell 0.05 lots, stop 1.1006: the pair can lose 1.55e-05 in price x lots; the position alone 3e-05"
    )


@SIDES
def test_everything_is_closed_once_the_pair_has_lost_its_limit(side: Side) -> None:
    scene = paired(side)
    assert loss_at(scene, -0.48) < 0.4 <= loss_at(scene, -0.49) + 1e-9

    scene.price = -0.48
    scene.look(ms=1_000)
    assert (scene.stands(), scene.command) == (State.HEDGED, None)
    scene.price = -0.49
    decision = scene.look(ms=1_000)
    assert (scene.stands(), scene.record.reason) == (State.CLOSING, "PAIR_STOP")
    assert [(looked.row, looked.source) for looked in decision.proof.looked if looked.holds] == [("T15", State.HEDGED)]  # type: ignore[union-attr]
    scene.settle()

    assert scene.held == {}


@SIDES
def test_the_price_at_which_the_pair_reaches_its_limit_is_watched(side: Side) -> None:
    scene = paired(side)
    scene.judgement = scene.judged(-6.0, swings=(), fast_close=None)
    scene.put(latches=replace(scene.record.latches, loss=True))

    assert watched(now_at(scene)) == Watched(scene.at(-0.49), None)


def test_a_pair_that_covers_all_has_no_such_price() -> None:
    scene = paired(ratio=1.0)
    scene.judgement = scene.judged(-6.0, swings=(), fast_close=None)
    scene.put(latches=replace(scene.record.latches, loss=True))

    assert watched(now_at(scene)) == Watched(None, None)


@given(
    side=st.sampled_from(list(Side)),
    ratio=st.sampled_from([0.25, 0.5, 0.75]),
    limit=st.floats(0.35, 0.55),
    spread=st.integers(1, 2),
    digits=st.sampled_from([3, 5]),
)
def test_at_the_watched_price_the_stop_is_reached_and_a_tick_before_it_is_not(
    side: Side, ratio: float, limit: float, spread: int, digits: int
) -> None:
    tick, entry = (0.001, 110.0) if digits == 3 else (TICK, ENTRY)
    scene = Scene(
        side,
        volume=0.8,
        entry=entry,
        unit=100 * tick,
        spread=spread * tick,
        spec=spec(digits=digits, point=tick, tick_size=tick),
        defence=full(hedge=unstopped(ratio=ratio, pair_stop_r=limit)),
    )
    scene.figures = replace(scene.figures, spread_median=spread * tick)
    scene.hedge()
    scene.judgement = scene.judged(-6.0, swings=(), fast_close=None)
    scene.put(latches=replace(scene.record.latches, loss=True))
    level = watched(now_at(scene)).adverse
    assert level is not None
    for nearer, reached in ((0, True), (1, False)):
        scene.price = side.direction * (level - entry) / scene.unit + nearer / 100
        lost = pair_loss_r(now_at(scene))
        assert lost is not None
        assert (lost >= limit - 1e-9) is reached


def test_where_the_hedge_is_the_larger_its_side_of_the_price_is_watched() -> None:
    """A person closed a part of the position while it was hedged: what is left of it gains less than the hedge loses."""
    scene = paired(ratio=1.0)
    scene.held[1] = scene.held[1].model_copy(update={"volume": 0.05})
    scene.on(changed(scene.held[1]))
    scene.judgement = scene.judged(-6.0, swings=(), fast_close=None)
    level = watched(now_at(scene)).favourable
    assert level is not None
    scene.price = (level - ENTRY) / R - 0.01
    scene.look(ms=1_000)
    assert scene.stands() is State.HEDGED
    scene.price += 0.01
    scene.look(ms=1_000)

    assert scene.record.reason == "PAIR_STOP"


def test_the_limit_is_counted_from_what_the_position_had_when_the_hedge_was_ordered() -> None:
    scene = paired(ratio=1.0)
    before = pair_loss_r(now_at(scene))
    assert scene.record.hedged_volume == 0.2
    scene.held[1] = scene.held[1].model_copy(update={"volume": 0.1})
    scene.on(changed(scene.held[1]))

    assert scene.record.hedged_volume == 0.2
    assert before == pytest.approx(0.31)
    assert pair_loss_r(now_at(scene)) == pytest.approx((0.1 * 0.3 + 0.2 * 0.01) / 0.2)


def test_a_hedge_that_was_found_is_counted_from_what_the_position_has() -> None:
    scene = paired(ratio=1.0)
    scene.put(hedged_volume=0.0)

    assert pair_loss_r(now_at(scene)) == pytest.approx(0.31)


def test_commission_and_swap_are_lost_too() -> None:
    """A pair that covers all is constant, apart from its costs."""
    scene = paired(ratio=1.0)
    for number, cost in ((1, 0.6), (scene.next_position, 1.0)):  # money; 0.09 R of 0.2 lots are 1.8
        scene.held[number] = scene.held[number].model_copy(update={"swap": -cost})
        scene.on(changed(scene.held[number]))
    scene.look(ms=1_000)
    assert scene.stands() is State.HEDGED
    hedge = scene.next_position
    scene.held[hedge] = scene.held[hedge].model_copy(update={"commission": -0.1})
    scene.on(changed(scene.held[hedge]))

    assert pair_loss_r(now_at(scene)) == pytest.approx(0.4)
    assert (scene.stands(), scene.record.reason) == (State.CLOSING, "PAIR_STOP")


def test_it_needs_no_valid_score_and_stands_before_the_evidence() -> None:
    blind = paired()
    blind.price = -0.5
    blind.deep(None)
    assert blind.record.reason == "PAIR_STOP"

    resumed = paired()
    resumed.price = -0.5
    resumed.deep(-1.0, event=BOS)
    assert resumed.record.reason == "PAIR_STOP"


def test_without_a_quote_nothing_is_known_of_it() -> None:
    scene = paired()
    now = now_at(scene)
    blind = replace(now, market=now.market._replace(quote=None))

    assert pair_loss_r(blind) is None


@pytest.mark.parametrize("protect", list(Protection))
def test_the_hedge_is_no_position_that_lacks_a_stop(protect: Protection) -> None:
    scene = paired(stops=StopSettings(protect=protect))
    hedge, sent = scene.next_position, len(scene.sent)
    for _ in range(4):
        scene.deep(-3.0)
        scene.settle()
        scene.look(ms=30_000)

    assert scene.held[hedge].stop_loss is None
    assert not [command for command in scene.sent[sent:] if isinstance(command, ModifyPosition)]
    assert not [note for decision in scene.decisions for note in decision.notes if note.kind is NoteKind.BARE]


def test_a_hedge_whose_stop_a_person_took_away_leaves_the_pair_its_equity_stop() -> None:
    scene = Scene(volume=0.4, defence=full(hedge=HedgeSettings(mode=HedgeMode.HEDGE, ratio=0.5, pair_stop_r=0.4)))
    hedge = scene.hedge()
    scene.price = -0.5
    scene.look(ms=1_000)
    assert scene.stands() is State.HEDGED
    scene.held[hedge] = scene.held[hedge].model_copy(update={"stop_loss": None})
    scene.on(changed(scene.held[hedge]))

    assert scene.record.reason == "PAIR_STOP"


def test_with_a_stop_of_its_own_the_pair_has_no_equity_stop() -> None:
    scene = Scene(volume=0.4, defence=full(hedge=HedgeSettings(mode=HedgeMode.HEDGE, ratio=0.5, pair_stop_r=0.4)))
    scene.hedge()
    scene.judgement = scene.judged(-6.0, swings=(), fast_close=None)
    scene.put(latches=replace(scene.record.latches, loss=True))

    assert watched(now_at(scene)) == Watched(None, None)


@pytest.mark.parametrize("of", ["position", "hedge"])
def test_reading_32_when_one_leg_ends_the_other_is_closed_at_once(of: str) -> None:
    scene = paired()
    scene.lose(1 if of == "position" else scene.next_position)
    assert isinstance(scene.command, ReducePosition)
    scene.settle()

    assert scene.held == {}


# Where there is no such hedge


def refused(scene: Scene) -> str:
    scene.deep(-8.0)
    assert (scene.stands(), scene.record.reason) == (State.CLOSING, "NO_HEDGE")
    return scene.said()[-1]


def test_a_pair_that_stands_beyond_its_limit_at_once_is_none() -> None:
    assert "equity stop" in refused(Scene(defence=full(hedge=unstopped(pair_stop_r=0.31))))
    assert isinstance(plan_hedge(now_at(Scene(defence=full(hedge=unstopped(pair_stop_r=0.32))))), str)  # without a score


def test_costs_count_there_too() -> None:
    scene = Scene(defence=full(hedge=unstopped(pair_stop_r=0.35)))
    scene.held[1] = scene.held[1].model_copy(update={"swap": -0.5})  # 0.05 R of 0.1 lots
    scene.on(changed(scene.held[1]))

    assert "equity stop" in refused(scene)


def test_without_r_there_is_no_limit_and_no_hedge() -> None:
    scene = Scene(stop=None, defence=full(hedge=unstopped()))
    scene.deep(-8.0, atr15=None)

    assert scene.record.risk is None
    assert (scene.stands(), scene.record.reason) == (State.CLOSING, "NO_HEDGE")


@SIDES
@pytest.mark.parametrize(("ratio", "pair_stop_r", "worst"), [(0.5, 1.0, 1.0), (0.5, 0.6, 0.6), (1.0, 3.0, 0.31), (0.5, 1.1, None)])
def test_where_the_position_has_no_stop_the_pairs_is_all_that_ends_it(
    side: Side, ratio: float, pair_stop_r: float, worst: float | None
) -> None:
    scene = Scene(side, stop=None, state=State.WARNING_L2, defence=full(hedge=unstopped(ratio=ratio, pair_stop_r=pair_stop_r)))
    scene.put(risk=R)
    scene.judgement = scene.judged(-8.0)
    plan = plan_hedge(now_at(scene))

    if worst is None:
        assert plan is Hindrance.PAIR
    else:
        assert isinstance(plan, HedgePlan)
        assert plan.worst == pytest.approx(worst * R * 0.1)


@given(
    side=st.sampled_from(list(Side)),
    price=st.floats(-0.95, 2.0),
    ratio=st.sampled_from([0.25, 0.5, 1.0]),
    lots=st.integers(2, 50),
    pair_stop_r=st.floats(0.1, 3.0),
    stop=st.sampled_from([-1.0, None]),
)
def test_t_74_the_pair_never_risks_more_than_the_position_did(
    side: Side, price: float, ratio: float, lots: int, pair_stop_r: float, stop: float | None
) -> None:
    hedge = unstopped(ratio=ratio, pair_stop_r=pair_stop_r)
    scene = Scene(side, price=price, volume=lots * 0.01, stop=stop, defence=full(hedge=hedge))
    scene.put(risk=R)
    scene.deep(-8.0)
    scene.put(risk=R)
    while scene.command is not None and not isinstance(scene.command, OpenPosition):
        scene.answer()
    if scene.command is None:
        return
    plan = plan_hedge(replace(now_at(scene), record=replace(scene.record, duties=())))
    assert isinstance(plan, HedgePlan)
    main = scene.held[1]
    ends_at = scene.at(-50.0) if main.stop_loss is None else main.stop_loss
    uncovered = main.volume - plan.volume
    locked = side.direction * (main.price_open - scene.at(price)) + scene.spread
    at_its_end = plan.volume * locked + uncovered * side.direction * (main.price_open - ends_at)
    before = main.volume * (R if main.stop_loss is None else side.direction * (main.price_open - main.stop_loss))

    assert plan.volume <= main.volume + 1e-9
    assert plan.stop is None
    assert min(at_its_end, pair_stop_r * R * main.volume) <= plan.worst + 1e-9
    assert plan.worst <= before + 1e-8


# What is set, kept and told


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"stop_mode": "none", "ratio": 1.01}, "stop_mode = none needs ratio <= 1"),
        ({"pair_stop_r": 0}, "pair_stop_r"),
        ({"pair_stop_r": 20.1}, "pair_stop_r"),
        ({"pair_stop_r": float("inf")}, "pair_stop_r"),
        ({"stop_mode": "off"}, "stop_mode"),
    ],
)
def test_what_cannot_be_meant_is_refused(values: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        HedgeSettings(**values)


def test_a_restart_keeps_the_limit_and_a_split_its_proportions() -> None:
    scene = paired()
    kept = load_trade(dump_trade(scene.trade)).defence
    assert kept is not None
    assert kept.hedged_volume == 0.2
    assert Defence(hedged_volume=0.2, risk=R).scaled(0.5).hedged_volume == 0.4


def test_the_proof_shows_how_far_the_pair_is_from_its_stop_and_is_explained() -> None:
    scene = paired()
    scene.deep(-3.0)
    far = scene.decisions[-1].proof
    scene.price = -0.5
    near = scene.look(ms=1_000).proof
    assert far is not None
    assert near is not None

    assert any("Not T15 to closing: it needs loss of the pair in R 0.305 >= 0.4, short by 0.095" in line for line in explain(far))
    assert any(
        "T15: hedged -> closing (PAIR_STOP); ordered: close_all, because the pair has an equity stop and loss of the pair" in line
        for line in explain(near)
    )
    for proof in (far, near):
        assert verify(dump(proof)) == (True, ())


def test_with_a_preset_that_has_no_hedges_a_pair_that_is_there_keeps_its_stop() -> None:
    for preset in ("guard", "off"):
        scene = paired()
        scene.defence = scene.defence.model_copy(update={"preset": preset})
        scene.price = -0.5
        scene.look(ms=1_000)

        assert scene.record.reason == "PAIR_STOP"


# Every state of such a trade


def law() -> Rules:
    made = space.rules(HedgeMode.HEDGE)
    assert made.defence is not None
    hedge = unstopped(refusals=2, pair_stop_r=0.33)
    return made._replace(defence=made.defence._replace(defence=made.defence.defence.model_copy(update={"hedge": hedge})))


def test_no_move_of_a_pair_with_an_equity_stop_breaks_a_law_and_no_world_is_a_dead_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """In the place of the day's loss the spread widens until the pair, which covers all, reaches its stop."""
    plain = space._market

    def market(world: space.World, score: float | None, event: Any, *, day_hit: bool = False) -> Market:
        made = plain(world, score, event)
        assert made.quote is not None
        wide = Quote(made.quote.bid, round(made.quote.bid + 0.05 * R, 7), 0)
        return made._replace(quote=wide) if day_hit else made

    monkeypatch.setattr(space, "_market", market)
    found = explore(space.beginning(0.02, -0.5), law())
    hedged = [world for world in found.worlds.values() if world.record.state is State.HEDGED]
    widened = [step.after.record for world in hedged for step in space.moves(world, law()) if step.name == "day's loss"]
    hedges = [held for world in found.worlds.values() for held in world.held if space.kind_of(held) == "DTMS_HEDGE"]

    assert not found.breaches, found.breaches[:5]
    assert not dead_ends(found, kindly=False)
    assert not left_behind(found)
    assert "PAIR_STOP" in {record.reason for record in widened}
    assert State.HEDGED not in {record.state for record in widened}
    assert hedges
    assert all(hedge.stop_loss is None for hedge in hedges)
