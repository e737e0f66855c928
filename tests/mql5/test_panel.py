"""
What the trader sees on the chart, in plain words.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.mql5.support import Harness, running

from dtms.names import Role
from dtms.wire.messages import HandsOff, PositionOpened, RoleChanged


@pytest.fixture
def life(tmp_path: Path) -> Iterator[Harness]:
    with running(tmp_path) as harness:
        harness.advance(1_000)
        yield harness


def shown(life: Harness) -> str:
    """All lines, after the half second that the panel rests."""
    life.advance(1_000)
    return "\n".join(life.panel())


def test_a_link_that_is_up_shows_server_role_and_mode(life: Harness) -> None:
    text = shown(life)

    assert "link: up" in text
    assert f"server: 127.0.0.1:{life.router.port}" in text
    assert "role: manager, mode: act" in text
    assert "hands off: no" in text
    assert "positions watched: 0" in text
    assert "last command: none" in text
    assert "nothing is missing" in text


def test_positions_and_the_last_command_are_shown(life: Harness) -> None:
    ticket = life.broker.human_open("EURUSD", 0, 0.1)
    life.broker.human_open("EURUSD", 0, 0.1)
    life.until(lambda: len(life.router.of(PositionOpened)) == 2)
    life.report(life.modify(ticket, expect=(None, None), to=(1.05, None)))

    text = shown(life)

    assert "positions watched: 2" in text
    assert f"last command: modify #{ticket}" in text


def test_roles_modes_and_hands_off_are_shown(tmp_path: Path) -> None:
    with running(tmp_path, accept={"mode_act": False}) as life:
        assert "mode: observe" in shown(life)
        life.router.send(RoleChanged(role=Role.FEED))
        life.router.send(HandsOff(on=True, by="a test"))
        text = shown(life)

        assert "role: feed" in text
        assert "hands off: on" in text


def test_an_address_that_is_not_on_the_allowed_list_is_said(tmp_path: Path) -> None:
    with Harness(tmp_path, allowed=()) as life:
        assert life.program.init() == 0
        life.advance(2_000)

        assert "add 127.0.0.1 to the allowed list: Tools > Options > Expert Advisors" in life.to_do()


def test_a_bridge_that_does_not_answer_is_said(life: Harness) -> None:
    life.router.accept = None
    life.router.reopen()
    life.advance(2_000)

    text = "\n".join(life.panel())
    assert "link: up" not in text
    assert "role: none while there is no link" in text
    assert life.to_do().startswith("to do: ")


@pytest.mark.parametrize(
    ("what", "words"),
    [
        ("algo_button", "switch Algo Trading on"),
        ("program_allowed", "tick Allow Algo Trading"),
        ("trade_allowed", "investor password: trading not allowed"),
        ("trade_expert", "the broker does not allow Expert Advisors"),
        ("connected", "no connection to the broker"),
    ],
)
def test_what_is_missing_is_said_with_what_to_do(life: Harness, what: str, words: str) -> None:
    if what == "connected":
        life.broker.disconnect()
    elif what in {"algo_button", "program_allowed"}:
        setattr(life.terminal.trading, what, False)
    else:
        life.broker.change_account(**{what: False})

    life.advance(1_000)

    assert words in life.to_do()


def test_the_panel_can_be_left_out(tmp_path: Path) -> None:
    with running(tmp_path, inputs={"ShowPanel": False}) as life:
        life.advance(1_000)
        assert life.program.objects() == {}


def test_texts_are_changed_at_most_twice_a_second(life: Harness) -> None:
    before = life.panel()
    life.advance(600)
    life.router.send(HandsOff(on=True, by="a test"))
    life.until(lambda: life.panel() != before)
    changed = life.panel()
    life.router.send(HandsOff(on=False, by="a test"))
    for _ in range(40):
        life.step()
    assert life.panel() == changed
    life.advance(200)
    assert life.panel() == before


def test_the_panel_leaves_the_chart_with_the_program(life: Harness) -> None:
    assert life.program.objects()
    life.program.deinit(1)
    assert life.program.objects() == {}
