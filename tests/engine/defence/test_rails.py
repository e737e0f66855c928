"""What each rail blocks, puts off and demands (T-79, D-48, D-49)."""

from dataclasses import replace
from typing import Any

import pytest
from tests.engine.defence.scene import BOS, CLEAR, RICH, R, Scene, full

from dtms.defence_names import Action, NoteKind, Rail, State
from dtms.engine.defence.explain import explain
from dtms.engine.defence.rails import BLOCKS, blocking, hit, holding, must_close, told
from dtms.engine.defence.record import Duty
from dtms.engine.defence.rules import DefenceRules
from dtms.engine.defence.situation import Situation
from dtms.engine.defence.view import Closure, RailFigures
from dtms.settings import BreakEvenSettings
from dtms.settings_defence import HedgeMode, HedgeSettings, Preset
from dtms.settings_rails import GapGuard, GapSettings, OnLoss, RailsSettings
from dtms.wire.messages import ModifyPosition, ReducePosition

HOUR = 3_600_000
REDUCING = (Action.TIGHTEN, Action.BREAK_EVEN, Action.PARTIAL, Action.CLOSE_ALL, Action.CLOSE_HEDGE, Action.TRAIL, Action.PROTECT)


def situation(figures: RailFigures = CLEAR, *, ratio: float = 1.0, gap: float | None = None, **changes: Any) -> Situation:
    """A healthy trade with a valid score; ``gap``: a long closure in so many minutes."""
    scene = Scene(figures=figures)
    scene.judgement = scene.judged(0.5)
    if gap is not None:
        starts = scene.utc + int(gap * 60_000)
        scene.view_changes["closure"] = Closure(starts, starts + 48 * HOUR)
    defence = full(hedge=HedgeSettings(mode=HedgeMode.HEDGE, ratio=ratio))
    rules = DefenceRules(defence, changes.pop("rails", RailsSettings()))
    now = Situation(scene.trade, scene.record, scene.market, rules, BreakEvenSettings(), 0, scene.utc)
    return replace(now, **changes)


HITS = [
    pytest.param(Rail.DAILY_LOSS, {"figures": replace(CLEAR, day_loss=0.02)}, id="R-1"),
    pytest.param(Rail.DAILY_LOSS, {"figures": replace(CLEAR, day_hit=True)}, id="R-1, earlier that day"),
    pytest.param(Rail.DAILY_LOSS, {"figures": replace(CLEAR, day_loss=None)}, id="R-1 not known"),
    pytest.param(Rail.HOURLY_LOSS, {"figures": replace(CLEAR, hour_loss=0.01)}, id="R-2"),
    pytest.param(Rail.HOURLY_LOSS, {"figures": replace(CLEAR, hour_hit=True)}, id="R-2, less than an hour ago"),
    pytest.param(Rail.HOURLY_LOSS, {"figures": replace(CLEAR, hour_loss=None)}, id="R-2 not known"),
    pytest.param(Rail.STOPS_IN_A_ROW, {"figures": replace(CLEAR, stops=3)}, id="R-3"),
    pytest.param(Rail.STOPS_IN_A_ROW, {"figures": replace(CLEAR, stops=None)}, id="R-3 not known"),
    pytest.param(Rail.NEWS, {"figures": replace(CLEAR, blackout="USD Payrolls")}, id="R-4"),
    pytest.param(Rail.LINK, {"figures": replace(CLEAR, link_up=False)}, id="R-8"),
    pytest.param(Rail.GAP, {"gap": 60}, id="R-9"),
]


@pytest.mark.parametrize(("rail", "given"), HITS)
def test_t_79_a_rail_blocks_what_raises_risk_and_nothing_that_reduces_it(rail: Rail, given: dict[str, Any]) -> None:
    now = situation(**given)

    assert blocking(Action.RE_ADD, now) is rail
    assert all(blocking(action, now) is None for action in REDUCING)


@pytest.mark.parametrize(("rail", "given"), HITS)
def test_t_79_loss_rails_let_a_hedge_pass_that_raises_no_risk(rail: Rail, given: dict[str, Any]) -> None:
    neutral = rail in {Rail.DAILY_LOSS, Rail.HOURLY_LOSS, Rail.STOPS_IN_A_ROW}

    assert (blocking(Action.OPEN_HEDGE, situation(**given)) is None) is neutral
    assert blocking(Action.OPEN_HEDGE, situation(**given, ratio=1.01)) is rail


@pytest.mark.parametrize(
    ("given"),
    [
        {"figures": replace(CLEAR, day_loss=0.0199, hour_loss=0.0099, stops=2)},
        {"gap": 61},
        {"gap": -1},
        {"gap": 60, "rails": RailsSettings(gap=GapSettings(guard=GapGuard.OFF))},
    ],
)
def test_t_79_just_below_nothing_is_blocked(given: dict[str, Any]) -> None:
    now = situation(**given)

    assert blocking(Action.RE_ADD, now) is None
    assert hit(now) == frozenset()


def test_r_6_without_a_valid_score_nothing_is_opened() -> None:
    now = situation()
    judgement = now.view.judgement
    assert judgement is not None
    for bad in (None, replace(judgement, valid=False, total=None), replace(judgement, stale_at=now.utc)):
        blind = replace(now, market=now.market._replace(view=replace(now.view, judgement=bad)))
        assert blocking(Action.RE_ADD, blind) is Rail.DATA
        assert blocking(Action.OPEN_HEDGE, blind) is Rail.DATA


@pytest.mark.parametrize(
    ("rail", "given", "words"),
    [
        (Rail.DAILY_LOSS, {"figures": replace(CLEAR, day_loss=0.0215)}, "R-1, loss of the day 2.15% of 2.00%"),
        (
            Rail.DAILY_LOSS,
            {"figures": replace(CLEAR, day_hit=True, day_loss=0.011)},
            "R-1, loss of the day 2.00% earlier that day, now 1.10%",
        ),
        (Rail.DAILY_LOSS, {"figures": replace(CLEAR, day_loss=None)}, "R-1, loss of the day not known"),
        (Rail.HOURLY_LOSS, {"figures": replace(CLEAR, hour_loss=0.0125)}, "R-2, loss of the hour 1.25% of 1.00%"),
        (Rail.STOPS_IN_A_ROW, {"figures": replace(CLEAR, stops=4)}, "R-3, losing stops in a row 4 of 3"),
        (Rail.STOPS_IN_A_ROW, {"figures": replace(CLEAR, stops=None)}, "R-3, losing stops in a row not known"),
        (Rail.NEWS, {"figures": replace(CLEAR, blackout="USD Payrolls")}, "R-4, news: USD Payrolls"),
        (Rail.SPREAD, {}, "R-5, spread 1e-05, usual 1e-05"),
        (Rail.SPREAD, {"figures": replace(CLEAR, spread_median=None)}, "R-5, usual spread not known"),
        (Rail.DATA, {}, "R-6, the score is not valid"),
        (Rail.BUDGET, {}, "R-7, too many commands"),
        (Rail.LINK, {}, "R-8, the link is down"),
        (Rail.GAP, {"gap": 30}, "R-9, the market closes in 30 min for 48 h"),
        (Rail.GAP, {}, "R-9, the market's sessions are not known"),
    ],
)
def test_a_rail_is_told_with_its_figure(rail: Rail, given: dict[str, Any], words: str) -> None:
    assert told(rail, situation(**given)) == words


def test_a_hedge_that_a_rail_forbids_names_it_in_note_proof_and_explanation() -> None:
    scene = Scene(figures=replace(CLEAR, blackout="USD Payrolls"))
    scene.deep(-8.0)
    decision = scene.decisions[-1]
    words = "a rail forbids it: R-4, news: USD Payrolls"
    assert scene.record.reason == "NO_HEDGE"
    assert f"warning_l2 -> closing: NO_HEDGE ({words})" in scene.said()
    assert decision.proof is not None

    checks = [check for looked in decision.proof.looked for check in looked.checks]
    assert [check.why for check in checks if check.name == "a hedge is possible"] == [words]
    assert f"Not T7: it needs a hedge is possible ({words})." in explain(decision.proof)


def test_a_hedge_that_a_rail_forbids_before_it_is_ordered_names_it() -> None:
    scene = Scene()
    scene.deep(-8.0)
    scene.answer()
    scene.figures = replace(CLEAR, blackout="USD Payrolls")
    scene.answer()

    assert scene.record.reason == "NO_HEDGE"
    assert "open_hedge: a rail forbids it: R-4, news: USD Payrolls" in scene.said()


def test_any_other_hindrance_is_named_too() -> None:
    scene = Scene(account=replace(RICH, lots_room=0.04))
    scene.deep(-8.0)

    assert "warning_l2 -> closing: NO_HEDGE (max_open_lots is too small)" in scene.said()


def test_the_end_that_a_rail_demands_names_it_in_the_explanation() -> None:
    scene = Scene(rails=RailsSettings(on_day_loss=OnLoss.FLATTEN), figures=replace(CLEAR, day_loss=0.025), price=0.0)
    proof = scene.look().proof
    assert proof is not None

    assert any("a rail demands the end (R-1, loss of the day 2.50% of 2.00%)" in line for line in explain(proof))
    assert "healthy -> closing: RAIL (R-1, loss of the day 2.50% of 2.00%)" in scene.said()


def test_r_5_a_hedge_that_waited_in_vain_says_for_what() -> None:
    scene = Scene()
    scene.deep(-8.0)
    scene.answer()
    scene.spread = 0.00005
    scene.answer()
    while scene.stands() is State.WARNING_L2:
        scene.look(ms=1_000)

    assert scene.said().count("open_hedge: R-5, spread 5e-05, usual 1e-05") == 3


def test_every_rail_that_blocks_blocks_both_openings() -> None:
    assert all(actions == {Action.OPEN_HEDGE, Action.RE_ADD} for actions in BLOCKS.values())
    assert set(Rail) - BLOCKS.keys() == {Rail.SPREAD, Rail.BUDGET}


def at_a_spread(ticks: int, median: float | None = 0.00001) -> Situation:
    now = situation(replace(CLEAR, spread_median=median))
    quote = now.quote
    assert quote is not None
    return replace(now, market=now.market._replace(quote=quote._replace(ask=round(quote.bid + ticks * 0.00001, 7))))


@pytest.mark.parametrize("action", [Action.TIGHTEN, Action.BREAK_EVEN, Action.TRAIL, Action.OPEN_HEDGE, Action.RE_ADD])
def test_r_5_a_spike_puts_off_what_the_price_of_the_instant_decides(action: Action) -> None:
    assert holding(Duty(action, "T3", 1), at_a_spread(3)) is Rail.SPREAD
    assert holding(Duty(action, "T3", 1), at_a_spread(2)) is None


@pytest.mark.parametrize("action", [Action.PARTIAL, Action.PROTECT])
def test_r_5_a_spike_holds_up_no_other_action(action: Action) -> None:
    assert holding(Duty(action, "T4", 1), at_a_spread(3)) is None


def test_r_5_after_a_minute_stops_that_are_owed_move_all_the_same() -> None:
    now = replace(at_a_spread(3), now=60_000)

    assert holding(Duty(Action.TIGHTEN, "T3", 1, held_at=1), now) is Rail.SPREAD
    assert holding(Duty(Action.TIGHTEN, "T3", 1, held_at=0), now) is None
    assert holding(Duty(Action.TRAIL, "TRAIL", 1, held_at=0), now) is Rail.SPREAD


def test_d_49_a_median_that_is_not_known_stops_openings_and_nothing_else() -> None:
    now = at_a_spread(30, median=None)

    assert holding(Duty(Action.OPEN_HEDGE, "T7", 1), now) is Rail.SPREAD
    assert holding(Duty(Action.TIGHTEN, "T3", 1), now) is None


def test_r_5_end_to_end_the_first_warnings_stop_waits_a_minute() -> None:
    scene = Scene(spread=0.00005)
    scene.deep(-3.0)
    seconds = 0
    while scene.command is None:
        scene.look(ms=1_000)
        seconds += 1
        assert seconds < 100

    assert seconds == 60
    assert isinstance(scene.command, ModifyPosition)


def test_r_5_a_wait_for_commands_to_be_allowed_is_no_wait_for_the_spread() -> None:
    scene = Scene()
    scene.put(sent_at=tuple(899_000 + at for at in range(10)))  # the minute's budget is spent a second before
    scene.deep(-3.0)
    for _ in range(58):
        scene.look(ms=1_000)
    assert scene.command is None
    scene.spread = 0.00005
    seconds = 0
    while scene.command is None:
        scene.look(ms=1_000)
        seconds += 1

    assert seconds >= 60


def test_r_5_a_spike_holds_the_break_even_rule_too() -> None:
    scene = Scene(price=1.5, spread=0.00005, break_even=BreakEvenSettings())
    scene.look()
    assert scene.command is None
    scene.spread = 0.00001
    scene.look()

    assert isinstance(scene.command, ModifyPosition)


@pytest.mark.parametrize(
    ("sent", "figures", "action", "rail"),
    [
        ((0,), CLEAR, Action.TRAIL, Rail.BUDGET),
        ((0,), CLEAR, Action.TIGHTEN, None),
        (tuple(range(10)), CLEAR, Action.TIGHTEN, Rail.BUDGET),
        (tuple(range(9)), CLEAR, Action.TIGHTEN, None),
        (tuple(range(10)), CLEAR, Action.PARTIAL, None),
        ((), replace(CLEAR, commands_minute=60), Action.TIGHTEN, Rail.BUDGET),
        ((), replace(CLEAR, commands_minute=59), Action.TIGHTEN, None),
    ],
)
def test_r_7_the_budget(sent: tuple[int, ...], figures: RailFigures, action: Action, rail: Rail | None) -> None:
    now = replace(situation(figures), now=4_999)
    now = now.having(replace(now.record, sent_at=sent))

    assert holding(Duty(action, "T3", 1), now) is rail


def test_r_7_five_seconds_and_a_minute_later_there_is_room_again() -> None:
    now = situation()

    spaced = replace(now.having(replace(now.record, sent_at=(0,))), now=5_000)
    assert holding(Duty(Action.TRAIL, "TRAIL", 1), spaced) is None
    spent = replace(now.having(replace(now.record, sent_at=tuple(range(10)))), now=60_000)
    assert holding(Duty(Action.TIGHTEN, "T3", 1), spent) is None


@pytest.mark.parametrize(
    ("given", "rail"),
    [
        ({"figures": replace(CLEAR, day_hit=True)}, None),
        ({"figures": replace(CLEAR, day_hit=True), "rails": RailsSettings(on_day_loss=OnLoss.FLATTEN)}, Rail.DAILY_LOSS),
        ({"figures": replace(CLEAR, day_loss=None), "rails": RailsSettings(on_day_loss=OnLoss.FLATTEN)}, None),
        ({"gap": 30, "rails": RailsSettings(gap=GapSettings(guard=GapGuard.CLOSE))}, Rail.GAP),
        ({"gap": 30}, None),
    ],
)
def test_t_15_a_rail_demands_the_end_only_where_the_user_chose_that(given: dict[str, Any], rail: Rail | None) -> None:
    assert must_close(situation(**given)) is rail


@pytest.mark.parametrize("state", [state for state in State if state not in {State.CLOSING, State.CLOSED, State.HEDGED}])
@pytest.mark.parametrize("preset", [Preset.GUARD, Preset.FULL])
def test_t_15_flatten_closes_a_trade_in_every_state_and_preset(state: State, preset: Preset) -> None:
    rails = RailsSettings(on_day_loss=OnLoss.FLATTEN)
    scene = Scene(state=state, rails=rails, figures=replace(CLEAR, day_hit=True), defence=full(preset=preset), price=0.0)
    decision = scene.look()

    assert isinstance(scene.command, ReducePosition)
    assert any("R-1" in note.text for note in decision.notes)


def near_a_gap(guard: GapGuard, **changes: Any) -> Scene:
    scene = Scene(rails=RailsSettings(gap=GapSettings(guard=guard)), price=0.5, **changes)
    starts = scene.utc + 30 * 60_000
    scene.view_changes["closure"] = Closure(starts, starts + 49 * HOUR)
    return scene


def test_r_9_by_default_a_long_closure_is_announced_once() -> None:
    scene = near_a_gap(GapSettings().guard)
    notes = [note for _ in range(5) for note in scene.look(ms=1_000).notes if note.kind is NoteKind.GAP]

    assert len(notes) == 1
    assert notes[0].text == "the market closes for long; guard: warn; tighten would set the stop to 1.1002"
    assert dict(notes[0].values)["tightened"] == scene.at(0.2)
    assert scene.sent == []


def test_r_9_before_a_long_closure_stops_are_tightened_once() -> None:
    scene = near_a_gap(GapGuard.TIGHTEN)
    scene.look()
    assert isinstance(scene.command, ModifyPosition)
    assert scene.command.stop_loss == scene.at(0.2)
    scene.settle()
    scene.price = 1.5
    scene.look(ms=10_000)

    assert scene.command is None
    assert scene.stands() is State.HEALTHY


def test_r_9_or_the_trade_is_closed() -> None:
    scene = near_a_gap(GapGuard.CLOSE)
    scene.look()

    assert scene.stands() is State.CLOSING
    scene.settle()
    assert scene.held == {}


@pytest.mark.parametrize("hours", [24.0, 23.9])
def test_r_9_a_night_is_no_long_closure(hours: float) -> None:
    scene = near_a_gap(GapGuard.CLOSE)
    starts = scene.utc + 60_000
    scene.view_changes["closure"] = Closure(starts, starts + int(hours * HOUR))
    scene.look()

    assert scene.stands() is State.HEALTHY


def test_d_34_trailing_is_held_by_the_budget_and_goes_on_after_it() -> None:
    scene = Scene(price=0.6)
    scene.put(sent_at=(899_000,))
    scene.deep(1.0, event=BOS, swings=(scene.swing(0.3, -4),))
    assert scene.command is None
    scene.look(ms=5_000)

    assert isinstance(scene.command, ModifyPosition)
    assert scene.command.stop_loss == pytest.approx(1.1 + 0.1 * R)
