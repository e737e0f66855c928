"""
What the defence does where it may not do everything: no hedge, the preset guard, observe mode, a restart while a hedge is open.
"""

from pathlib import Path
from typing import Any

import pytest
from tests.end_to_end.defended import FULL, Defended, acting, defended

from dtms.defence_names import State
from dtms.names import OpenKind
from dtms.settings import Mode
from dtms.settings_defence import DefenceSettings, LevelSettings
from dtms.settings_rails import OnLoss, RailsSettings
from dtms.sim.mt5 import Entry, MarginMode, Reason
from dtms.sim.state import Account

pytestmark = pytest.mark.timeout(120)

UNHEDGED = [
    pytest.param({"account": Account(hedge_allowed=False)}, id="not-allowed"),
    pytest.param({"max_open_lots": "0"}, id="no-lots"),
    pytest.param({"max_open_lots": "0.02"}, id="too-few-lots"),
    pytest.param({"account": Account(margin_mode=MarginMode.NETTING)}, id="netting"),
    pytest.param({"account": Account(margin_mode=MarginMode.NETTING), "sell": True}, id="netting-sell"),
    pytest.param({"account": Account(margin_mode=MarginMode.NETTING), "lots": 0.01}, id="netting-smallest"),
    pytest.param({"account": Account(margin_mode=MarginMode.NETTING), "lots": 0.02}, id="netting-small"),
]


def opened(on: Defended) -> int:
    """How many deals of ours opened something."""
    return len([deal for deal in on.deals() if deal.entry is not Entry.OUT])


@pytest.mark.parametrize("where", UNHEDGED)
def test_where_no_hedge_is_possible_everything_is_closed_instead(tmp_path: Path, where: dict[str, Any]) -> None:
    with defended(tmp_path, **where) as on:
        ticket = on.buy()
        on.until_state(State.WARNING_L2)
        held = on.held(ticket)
        assert held is not None
        assert held.volume == {0.01: 0.01, 0.02: 0.01, 0.05: 0.03}[on.kind.lots]

        on.until_flat(bars=4)
        assert on.states[-2:] == [State.WARNING_L2, State.CLOSING]
        assert on.reason == "NO_HEDGE"
        assert opened(on) == 0
        assert on.broker.witness.closed[Reason.SL] == 0
        assert on.sound()


def test_a_netting_account_is_never_added_to(tmp_path: Path) -> None:
    """The score comes back after the partial: the trade is healthy again, and nothing was opened."""
    settings = acting(FULL.model_copy(update={"levels": LevelSettings(hedge=-20)}))
    with defended(tmp_path, settings=settings, account=Account(margin_mode=MarginMode.NETTING)) as on:
        ticket = on.buy()
        on.until_state(State.WARNING_L2)
        on.until_state(State.HEALTHY)
        held = on.held(ticket)
        assert held is not None
        assert held.volume == 0.03
        assert opened(on) == 0
        assert on.sound()


def test_the_preset_guard_tightens_and_does_nothing_else(tmp_path: Path) -> None:
    with defended(tmp_path, settings=acting(DefenceSettings())) as on:
        ticket = on.buy()
        before = on.held(ticket)
        for _ in range(6):
            on.step()

        held = on.held(ticket)
        assert held is not None
        assert before is not None
        assert held.sl > before.sl
        assert (held.volume, held.tp) == (before.volume, before.tp)
        assert len(on.moved(ticket)) == 1
        assert on.deals() == []
        assert on.sound()


def test_observe_shows_what_it_would_do_and_sends_nothing(tmp_path: Path) -> None:
    with defended(tmp_path, settings=acting(mode=Mode.OBSERVE)) as on:
        on.buy()
        before = on.broker.positions
        on.until_state(State.WARNING_L2)
        for _ in range(3):
            on.step()
        on.until(lambda: "would_open_hedge" in {line.name for line in on.scene.lines})

        shown = [line for line in on.scene.lines if line.name.startswith("would_")]
        assert [line.name for line in shown] == ["would_move_stop", "would_reduce", "would_move_stop", "would_open_hedge"]
        assert (shown[1].fields["leave"], shown[3].fields["side"]) == (0.03, "sell")
        assert on.broker.positions == before
        assert on.scene.requests() == []


def test_money_that_is_moved_is_no_loss_and_a_restart_does_not_make_it_one(tmp_path: Path) -> None:
    with defended(tmp_path, settings=acting(rails=RailsSettings(on_day_loss=OnLoss.FLATTEN))) as on:
        on.buy()
        on.until_state(State.WARNING_L2)
        on.broker.deposit(-400_000)
        on.until_state(State.HEDGED)
        on.broker.deposit(500_000)
        on.rest()
        on.restart()
        on.step()
        on.scene.detach("manager")
        on.scene.attach("manager")
        on.until(lambda: on.scene.managed("manager"))
        on.step()

        assert on.stands(State.HEDGED)
        assert on.sound()


def test_after_a_restart_the_hedge_is_joined_to_its_trade_and_lifted_when_structure_resumes(tmp_path: Path) -> None:
    """Without a store the re-add is lost: nobody knows any more that a part was closed."""
    with defended(tmp_path) as on:
        ticket = on.buy()
        on.until_state(State.HEDGED)
        (hedge,) = on.legs(OpenKind.HEDGE)
        pair = on.broker.positions

        on.restart()
        assert on.stands(State.HEDGED)
        assert [leg.held.position.position_id for leg in on.trade.legs] == [hedge.identifier]
        on.step()
        assert on.broker.positions == pair

        on.until_state(State.RECOVERING)
        assert [p.ticket for p in on.broker.positions] == [ticket]
        on.until_state(State.HEALTHY)
        assert [p.ticket for p in on.broker.positions] == [ticket]
        assert on.broker.witness.closed[Reason.SL] == 0
        assert on.sound()


def test_a_hedge_whose_trade_ended_while_nobody_looked_is_closed(tmp_path: Path) -> None:
    with defended(tmp_path) as on:
        ticket = on.buy()
        on.until_state(State.HEDGED)

        on.restart(lambda: on.broker.human_close(ticket))
        on.until(lambda: not on.broker.positions)
        assert on.trades == []
        assert on.sound()


def test_a_re_add_is_joined_after_a_restart_and_ends_with_its_trade(tmp_path: Path) -> None:
    with defended(tmp_path) as on:
        ticket = on.buy()
        on.until_state(State.RECOVERING)
        on.until_state(State.HEALTHY)
        (child,) = on.legs(OpenKind.READD)

        on.restart()
        assert [leg.held.position.position_id for leg in on.trade.legs] == [child.identifier]
        on.broker.human_close(ticket)
        on.until(lambda: not on.trades)
        assert on.flat()
        assert on.sound()
