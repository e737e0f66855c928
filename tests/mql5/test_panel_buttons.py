"""
What the trader may press on the chart: hands off, and the confirmation of an alarm (R26).
"""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.mql5.support import CHARTEVENT_OBJECT_CLICK, Harness, running

from dtms.names import OpenKind, Outcome, RejectWhy, RiskClass, Side, Why
from dtms.sim.mt5 import Retcode
from dtms.wire.messages import HandsOff, Heartbeat, Logon, OpenPosition, Reject, Snapshot

REASON_CHARTCHANGE, REASON_PARAMETERS = 3, 5


@pytest.fixture
def life(tmp_path: Path) -> Iterator[Harness]:
    with running(tmp_path, inputs={"MaxOpenLots": 1.0}) as harness:
        harness.advance(1_000)
        yield harness


def press(life: Harness, button: str) -> None:
    (name,) = [name for name in life.program.objects() if name.endswith(button)]
    life.program.chart_event(CHARTEVENT_OBJECT_CLICK, sparam=name)


def told(life: Harness) -> bool:
    """Hands off, as the next heartbeat has it."""
    life.advance(1_100)
    life.settle()
    return life.router.of(Heartbeat)[-1].hands_off


def an_opening(life: Harness, ttl_ms: int = 3_000, command_id: int | None = None) -> int:
    command_id = command_id or life.router.next_id()
    life.router.send(
        OpenPosition(
            command_id=command_id,
            symbol="EURUSD",
            side=Side.BUY,
            volume=0.1,
            kind=OpenKind.READD,
            stop_loss=None,
            take_profit=None,
            deadline_ms=life.now + ttl_ms,
            risk_class=RiskClass(3),
            deviation=20,
            for_position=1,
            comment="",
        )
    )
    return command_id


def test_hands_off_of_the_chart_is_not_undone_by_the_bridge(life: Harness) -> None:
    press(life, "handsoff")
    life.router.send(HandsOff(on=False, by="a late release"))
    assert told(life)

    press(life, "handsoff")
    assert not told(life)


def test_hands_off_of_the_bridge_is_not_undone_by_the_chart(life: Harness) -> None:
    life.router.send(HandsOff(on=True, by="phone"))
    assert told(life)
    press(life, "handsoff")
    press(life, "handsoff")
    life.settle()
    assert [message.on for message in life.router.of(HandsOff)] == [True, True], "what is in force is told"
    assert told(life)

    life.router.send(HandsOff(on=False, by="phone"))
    assert not told(life)


def alarm(life: Harness) -> None:
    """Three rejections in a row."""
    for number in range(3):
        life.router.frames.clear()
        life.router.send(Reject(ref_seq=0, ref_type=1, why=RejectWhy.BAD_VALUE, detail=f"number {number}"))
        life.until(lambda: life.router.of(Logon))
    life.settle()
    life.advance(1_000)


def test_an_alarm_denies_openings_until_it_is_confirmed_and_protection_goes_on(life: Harness) -> None:
    ticket = life.hold()
    assert not [name for name in life.program.objects() if name.endswith("confirm")]
    alarm(life)
    assert "three bad frames" in life.to_do()

    denied = life.report(an_opening(life))
    assert (denied.outcome, denied.why) == (Outcome.DENIED, Why.HANDS_OFF)
    assert "confirm" in denied.detail
    assert life.report(life.modify(ticket, expect=(1.09, None), to=(1.095, None))).outcome is Outcome.DONE
    assert life.report(life.reduce(ticket)).outcome is Outcome.DONE

    press(life, "confirm")
    life.advance(1_000)
    assert not [name for name in life.program.objects() if name.endswith("confirm")]
    assert life.report(an_opening(life)).outcome is Outcome.DONE


def test_without_a_panel_an_alarm_is_confirmed_by_ok_in_the_inputs_and_by_nothing_else(tmp_path: Path) -> None:
    with running(tmp_path, inputs={"MaxOpenLots": 1.0, "ShowPanel": False}) as life:
        alarm(life)
        for reason, outcome in ((REASON_CHARTCHANGE, Outcome.DENIED), (REASON_PARAMETERS, Outcome.DONE)):
            life.program.deinit(reason)
            life.router.drain(500)
            life.router.frames.clear()
            assert life.program.init() == 0
            life.until(lambda: life.router.of(Snapshot))
            assert life.report(an_opening(life)).outcome is outcome


def test_an_opening_that_waits_for_a_quote_is_denied_when_an_alarm_comes_meanwhile(life: Harness) -> None:
    life.rule(times=1, retcode=Retcode.PRICE_OFF)
    command_id = an_opening(life, ttl_ms=60_000)
    life.until(lambda: life.sent)
    alarm(life)
    life.quote(bid=1.1002)
    life.advance(1_000)
    report = life.report(an_opening(life, command_id=command_id))  # the answer may have gone down with a connection: asked again

    assert (report.outcome, report.why) == (Outcome.DENIED, Why.HANDS_OFF)
    assert len(life.sent) == 1
