"""
The Expert Advisor as a whole: when it logs on, what it says of itself, restarts, figures, hands off.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.mql5.curve import SECURED, Security
from tests.mql5.support import INIT_FAILED, INIT_PARAMETERS_INCORRECT, Harness, running

from dtms.names import (
    LogoutWhy,
    MarginMode,
    Operation,
    Outcome,
    Permission,
    RefuseWhy,
    TradeMode,
)
from dtms.sim.terminal import SimTerminal
from dtms.wire.messages import (
    ExecutionReport,
    HandsOff,
    Logon,
    LogonRefused,
    Logout,
    PositionOpened,
    Reject,
    Snapshot,
)

REASON_CHARTCHANGE = 3
ALL = (
    Permission.CONNECTED
    | Permission.TERMINAL_TRADE
    | Permission.PROGRAM_TRADE
    | Permission.ACCOUNT_TRADE
    | Permission.ACCOUNT_EXPERT
)


@pytest.fixture
def life(tmp_path: Path, security: Security) -> Iterator[Harness]:
    with running(tmp_path, security=security) as harness:
        yield harness


@SECURED
def test_the_logon_says_who_this_is(tmp_path: Path, security: Security) -> None:
    inputs = {"MaxOpenLots": 0.5, "MaxOrdersPerMinute": 30, "AllowReduce": False, "AllowedSymbols": " EURUSD ,GBPUSD\r"}
    with Harness(tmp_path, inputs=inputs, security=security) as life:
        logon = life.start()

        assert (logon.login, logon.server, logon.company, logon.currency) == (
            10_000_001,
            "Simulated-Demo",
            "Simulated Broker",
            "USD",
        )
        assert (logon.margin_mode, logon.trade_mode) == (MarginMode.HEDGING, TradeMode.DEMO)
        assert (logon.hedge_allowed, logon.fifo_close, logon.permissions) == (True, False, ALL)
        assert (logon.caps.max_open_lots, logon.caps.max_orders_per_minute) == (0.5, 30)
        assert logon.caps.operations == Operation.MODIFY | Operation.OPEN
        assert logon.caps.symbols == ["EURUSD", "GBPUSD"]
        assert (logon.chart_symbol, logon.boot, logon.hands_off) == ("EURUSD", 1, False)
        assert logon.instance_id.startswith("DtmsBridge-")
        assert logon.ts_event == life.server_ms // 1_000 * 1_000


@pytest.mark.parametrize("modify", [False, True])
@pytest.mark.parametrize("close", [False, True])
def test_the_logon_says_what_may_be_done_without_a_command(tmp_path: Path, modify: bool, close: bool) -> None:
    with Harness(tmp_path, inputs={"AllowAutonomousModify": modify, "AllowAutonomousClose": close}) as life:
        caps = life.start().caps

        assert (caps.allow_autonomous_modify, caps.allow_autonomous_close) == (modify, close)


def test_what_may_not_be_commanded_may_not_be_done_without_a_command(tmp_path: Path) -> None:
    allowed = {"AllowAutonomousModify": True, "AllowAutonomousClose": True}
    with Harness(tmp_path, inputs=allowed | {"AllowModify": False, "AllowReduce": False}) as life:
        caps = life.start().caps

        assert (caps.allow_autonomous_modify, caps.allow_autonomous_close) == (False, False)


def test_nothing_is_said_before_the_terminal_has_its_broker(tmp_path: Path) -> None:
    with Harness(tmp_path) as life:
        life.broker.disconnect()
        life.exchange()
        assert life.program.init() == 0
        life.advance(2_000)
        assert (life.router.frames, life.program.open_sockets) == ([], 0)

        life.broker.connect()
        life.until(lambda: life.router.of(Snapshot))


class NoLogin(SimTerminal):
    """A terminal that has not logged on."""

    login = 0

    def account(self) -> dict[str, int | float | str]:
        return {**super().account(), **({"ACCOUNT_LOGIN": 0} if self.login == 0 else {})}


def test_nothing_is_said_before_the_account_is_known(tmp_path: Path) -> None:
    with Harness(tmp_path, terminal_type=NoLogin) as life:
        assert life.program.init() == 0
        life.advance(2_000)
        assert life.router.frames == []

        life.terminal.login = 1  # type: ignore[attr-defined]
        life.until(lambda: life.router.of(Snapshot))


def test_a_refusal_is_shown_and_the_logon_comes_again_after_the_pause(tmp_path: Path) -> None:
    with Harness(tmp_path) as life:
        life.router.accept = None
        assert life.program.init() == 0
        life.until(lambda: life.router.of(Logon))
        refused = life.now
        life.router.send(LogonRefused(why=RefuseWhy.WRONG_ACCOUNT, detail="this is not account 7", retry_s=3))
        life.until(lambda: "this is not account 7" in life.to_do())
        life.router.accept = {}
        life.until(lambda: life.router.of(Snapshot))

        assert life.now - refused >= 3_000
        life.advance(1_000)
        assert life.to_do() == "nothing is missing"


class InTester(SimTerminal):
    def program_info(self) -> dict[str, int | float | str]:
        return {**super().program_info(), "MQL_TESTER": 1}


def test_in_the_strategy_tester_it_says_why_it_stops(tmp_path: Path) -> None:
    with Harness(tmp_path, terminal_type=InTester) as life:
        assert life.program.init() == INIT_FAILED
        (line,) = life.printed
        assert "Strategy Tester" in line
        life.program.timer()
        assert life.program.open_sockets == 0


@pytest.mark.parametrize(
    "inputs",
    [{"TimerMs": 0}, {"MaxOpenLots": -1}, {"ScanMs": 0}, {"ReconnectMinMs": 9_000}, {"Servers": "nonsense"}, {"Servers": ""}]
    + [{"Servers": server} for server in ("::1:5557", "[::1]", "[]:5557", "[::1:5557", "[::1]:0", "[::2]:5557")]
    + [
        {"Servers": f"127.0.0.1:5557, {far}:5557"}
        for far in ("203.0.113.7", "bridge.example.com", "127.example.com", "127.0.0.1.example.com", "127.0.0.256", "10.0.0.1")
    ],
)
def test_inputs_that_cannot_be_meant_are_refused_in_one_sentence(tmp_path: Path, inputs: dict[str, object]) -> None:
    with Harness(tmp_path, inputs=inputs) as life:
        assert life.program.init() == INIT_PARAMETERS_INCORRECT
        assert len(life.printed) == 1


def test_an_ipv6_address_stands_in_brackets(tmp_path: Path) -> None:
    with Harness(tmp_path, inputs={"Servers": "[::1]:5557"}) as life:
        assert life.program.init() == 0
        life.advance(500)
        assert any("[::1]:5557" in line for line in life.panel())
        assert life.printed == []


def test_the_timer_runs_at_the_inputs_pace(tmp_path: Path) -> None:
    with Harness(tmp_path, inputs={"TimerMs": 25}) as life:
        life.program.init()
        assert life.program.timer_ms == 25


@SECURED
def test_leaving_is_said_and_does_not_wait(life: Harness) -> None:
    life.program.deinit(1)
    life.router.drain(500)

    assert life.router.of(Logout)[0].why is LogoutWhy.REMOVED
    assert (life.program.open_sockets, life.program.objects(), life.program.timer_ms) == (0, {}, 0)


@SECURED
def test_a_chart_that_changes_is_a_new_session_that_remembers_its_commands(life: Harness) -> None:
    ticket = life.broker.human_open("EURUSD", 0, 0.3)
    life.until(lambda: life.router.of(PositionOpened))
    command_id = life.reduce(ticket, 0.2)
    report = life.report(command_id)
    (before,) = life.router.of(Logon)

    life.program.deinit(REASON_CHARTCHANGE)
    life.router.drain(500)
    assert life.router.of(Logout)[0].why is LogoutWhy.CHART_CHANGED
    life.router.frames.clear()
    assert life.program.init() == 0
    life.until(lambda: life.router.of(Snapshot))
    (after,) = life.router.of(Logon)
    assert after.nonce != before.nonce
    assert after.instance_id == before.instance_id
    assert life.router.of(Snapshot)[0].positions[0].volume == pytest.approx(0.2)

    life.reduce(ticket, 0.2, command_id=command_id)
    assert life.report(command_id) == report
    assert len(life.sent) == 1
    life.until(lambda: life.router.ticks)
    life.quote(bid=1.2)
    life.until(lambda: life.router.ticks[-1][1].bid == 1.2)


def test_a_request_under_way_while_the_chart_changes_is_searched_for(life: Harness) -> None:
    ticket = life.broker.human_open("EURUSD", 0, 0.3)
    life.until(lambda: life.router.of(PositionOpened))
    command_id = life.reduce(ticket)
    life.until(lambda: life.sent or life.router.of(ExecutionReport))
    life.router.frames.clear()
    life.program.deinit(REASON_CHARTCHANGE)
    life.broker.receive([], life.now)
    life.terminal.apply_all(life.broker.take_updates())
    life.terminal.take_events()  # nobody is there to hear of the answer
    assert life.program.init() == 0
    life.until(lambda: life.router.of(Snapshot))
    life.reduce(ticket, command_id=command_id)

    life.until(lambda: [r for r in life.router.of(ExecutionReport) if r.outcome is Outcome.DONE])
    assert len(life.sent) == 1


def test_a_broken_frame_after_the_logon_is_rejected_and_a_new_session_follows(life: Harness) -> None:
    life.router.socket.send_multipart([life.router.identity, b"\xc1"])
    life.until(lambda: life.router.of(Reject))
    life.until(lambda: len(life.router.of(Logon)) == 2)


@SECURED
def test_hands_off_is_said_by_the_logon_after_a_restart_of_the_bridge(life: Harness) -> None:
    life.router.send(HandsOff(on=True, by="a test"))
    life.settle()
    life.router.frames.clear()
    life.router.epoch += 1
    life.router.reopen()
    life.until(lambda: life.router.of(Snapshot))

    assert life.router.of(Logon)[0].hands_off


@SECURED
def test_a_report_that_the_break_swallowed_comes_again_when_the_session_goes_on(life: Harness) -> None:
    ticket = life.broker.human_open("EURUSD", 0, 0.3)
    life.until(lambda: life.router.of(PositionOpened))
    command_id = life.reduce(ticket)
    life.until(lambda: life.sent)
    life.router.accept = {"resume": True}
    life.router.reopen()

    assert life.report(command_id).outcome is Outcome.DONE
    assert len(life.router.of(Snapshot)) == 1


@SECURED
def test_a_flood_of_quotes_does_not_delay_a_report(tmp_path: Path, security: Security) -> None:
    with running(tmp_path, accept={"credit_window": 65_536}, security=security) as life:
        ticket = life.broker.human_open("EURUSD", 0, 0.3)
        life.until(lambda: life.router.of(PositionOpened))
        for i in range(8_000):
            life.quote(bid=1.1 + i % 50 * 1e-5)
        command_id = life.reduce(ticket)
        sent = life.now
        report = life.report(command_id)

        assert report.outcome is Outcome.DONE
        assert life.now - sent < 500
        assert report.elapsed_ms <= 20


def test_twenty_minutes_of_quotes_leave_nothing_behind(life: Harness) -> None:
    """Frames acknowledged, sockets one, no object forgotten (the harness looks at the end)."""
    for minute in range(20):
        life.quote(bid=1.1 + minute % 7 * 1e-4)
        life.advance(60_000, step=1_000)
    life.settle()

    assert len(life.router.of(Logon)) == 1, "the link never broke"
    assert life.program.open_sockets == 1
