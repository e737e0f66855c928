"""What presets, owners and quarantine let be done (D-37, D-61); the default guard beside the rules that were there before."""

from dataclasses import replace

import pytest
from tests.engine.defence.scene import BOS, CHOCH, Scene, full
from tests.session.made import position

from dtms.defence_names import Action, Owner, State
from dtms.engine.decide import CloseAsked, Look, Moment, Rules, decide
from dtms.engine.defence.authority import MATRIX, PRESETS, permitted
from dtms.engine.defence.enrol import enrolled
from dtms.engine.defence.rules import DefenceRules
from dtms.engine.market import Market
from dtms.engine.trade import TradeKey, first_seen, quarantined
from dtms.names import Side
from dtms.settings import BreakEvenSettings, CloseSettings, Settings
from dtms.settings_defence import DefenceSettings, Preset
from dtms.wire.messages import ModifyPosition, ReducePosition

GUARD = DefenceSettings()


def test_guard_is_the_default_and_tightens_only() -> None:
    assert Settings().defence.preset is Preset.GUARD
    scene = Scene(defence=GUARD)
    scene.deep(-8.0)
    assert [type(command) for command in scene.settle()] == [ModifyPosition]
    for event in (None, CHOCH, BOS):
        scene.deep(-8.0, event=event)
        assert scene.settle() == []

    assert scene.stands() is State.WARNING_L2
    assert scene.held[1].volume == 0.1
    scene.deep(0.5)
    scene.deep(0.5)
    assert scene.stands() is State.HEALTHY


def test_guard_leaves_the_break_even_rule_as_it_was() -> None:
    scene = Scene(defence=GUARD, break_even=BreakEvenSettings(), price=1.5)
    scene.look()

    assert isinstance(scene.command, ModifyPosition)
    assert scene.command.stop_loss == 1.10001


def test_off_decides_nothing_and_keeps_no_record() -> None:
    scene = Scene(defence=full(preset=Preset.OFF), state=None)
    scene.deep(-8.0)

    assert scene.trade.defence is None
    assert scene.decisions[-1].proof is None


def test_a_trade_that_is_only_watched_is_not_defended() -> None:
    trade = first_seen(TradeKey("1@Demo", 1, 1), position(), managed=False)
    rules = Rules(BreakEvenSettings(), CloseSettings(), DefenceRules(full()))
    decision = decide(trade, Look(), Market(None, None), Moment(0, 1, utc=10**13), rules)

    assert decision.trade == trade


def test_without_defence_rules_nothing_of_it_is_there() -> None:
    trade = first_seen(TradeKey("1@Demo", 1, 1), position(), managed=True)
    decision = decide(trade, Look(), Market(None, None), Moment(0, 1), Rules(BreakEvenSettings(), CloseSettings()))

    assert decision.trade.defence is None
    assert decision.trade.ended


@pytest.mark.parametrize(
    ("owner", "normal", "defensive"),
    [
        (Owner.DTMS, True, True),
        (Owner.USM, False, True),
        (Owner.LEGACY, True, True),
        (Owner.NOBODY, True, True),
        (Owner.FOREIGN, False, False),
    ],
)
def test_d_61_the_authority_matrix(owner: Owner, normal: bool, defensive: bool) -> None:
    assert MATRIX[owner] == (normal, defensive)
    for state in State:
        may = defensive if state in {State.WARNING_L2, State.HEDGED} else normal
        assert permitted(owner, state, Preset.FULL) == (frozenset(Action) if may else frozenset())
        assert permitted(owner, state, Preset.OFF) == frozenset()
    assert PRESETS[Preset.GUARD] == {Action.TIGHTEN, Action.PROTECT}


def test_d_61_another_managers_trade_is_changed_in_defence_only() -> None:
    scene = Scene()
    scene.put(owner=Owner.USM)
    scene.deep(-3.0)
    assert (scene.stands(), scene.command) == (State.WARNING_L1, None)
    scene.deep(-5.0)

    assert isinstance(scene.command, ReducePosition)
    assert scene.command.leave_volume == 0.05


def test_ac_27_the_owner_is_looked_at_again_before_every_order() -> None:
    scene = Scene()
    scene.deep(-5.0)
    scene.put(owner=Owner.FOREIGN)
    scene.answer()

    assert scene.command is None
    assert Action.PARTIAL in scene.owed()


def test_d_37_a_trade_that_is_known_keeps_its_record() -> None:
    scene = Scene(state=State.WARNING_L2)
    again = enrolled(scene.trade, recovered=True)

    assert again is scene.trade


def test_what_is_found_at_a_recovery_is_watched_at_once() -> None:
    trade = first_seen(TradeKey("1@Demo", 1, 1), position(), managed=True)
    found, fresh = enrolled(trade, recovered=True).defence, enrolled(trade).defence

    assert found is not None
    assert fresh is not None
    assert (found.state, fresh.state) == (State.HEALTHY, State.ARMED)


def test_in_quarantine_only_what_leaves_no_orphan_goes_on() -> None:
    scene = Scene()
    hedge = scene.hedge()
    scene.trade = quarantined(scene.trade, "it raised")
    scene.deep(-1.0, bars=9, event=CHOCH)
    assert (scene.stands(), scene.command) == (State.HEDGED, None)
    scene.lose(1)

    assert isinstance(scene.command, ReducePosition)
    assert scene.command.ticket == hedge
    scene.settle()
    assert scene.stands() is State.CLOSED


def test_in_quarantine_a_person_can_still_close() -> None:
    scene = Scene()
    scene.trade = quarantined(scene.trade, "it raised")
    scene.on(CloseAsked("user"))

    assert isinstance(scene.command, ReducePosition)


@pytest.mark.parametrize("side", list(Side))
def test_nothing_is_known_of_the_market_and_nothing_is_done(side: Side) -> None:
    scene = Scene(side)
    scene.deep(-3.0)
    scene.without_answer()
    blind = replace(scene.trade)
    decision = decide(blind, Look(), Market(None, None), Moment(scene.now, 99, utc=scene.utc), scene.rules)

    assert decision.command is None
    assert decision.trade.defence is not None
    assert decision.trade.defence.state is State.WARNING_L1
