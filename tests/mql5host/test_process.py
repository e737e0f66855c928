"""
A terminal in a process of its own: what its Expert Advisor does is seen at the broker, which stays with the test.
"""

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from dtms.sim.broker import Broker
from dtms.sim.derive import derive_spec
from dtms.sim.witness import Requested
from mql5host.build import Built, build, sources_root
from mql5host.child import Beside, Boot
from mql5host.process import TerminalProcess

MONDAY = 1_704_700_800_000
TRADER = Path(__file__).parent / "fixtures/Trader.mq5"


@pytest.fixture(scope="module")
def built() -> Built:
    return build(TRADER, include=sources_root() / "Include")


@pytest.fixture
def broker() -> Broker:
    return Broker([derive_spec("EURUSD")], deposit=10_000, time_msc=MONDAY)


@pytest.fixture
def terminal(built: Built, tmp_path: Path) -> Iterator[TerminalProcess]:
    process = TerminalProcess(Boot(built=built, files=tmp_path, symbol="EURUSD"))
    process.start()
    yield process
    process.kill()


def pump(broker: Broker, terminal: TerminalProcess, until: Callable[[], bool]) -> None:
    """Carry messages both ways until something is so; the limit is for a terminal that hangs."""
    limit = time.monotonic() + 20
    while not until():
        assert time.monotonic() < limit, (list(terminal.lines), terminal.ended)
        now = time.monotonic_ns() // 1_000_000
        broker.receive(terminal.take_requests(), now)
        broker.step(now)
        if updates := broker.take_updates():
            terminal.send(updates)
        terminal.wait(0.01)


def test_an_order_reaches_the_broker_and_its_answer_the_expert_advisor(broker: Broker, terminal: TerminalProcess) -> None:
    terminal.send(broker.full_state())
    pump(broker, terminal, lambda: any(line.startswith("ready") for line in terminal.lines))

    broker.quote("EURUSD", MONDAY, 1.1, 1.1001)

    pump(broker, terminal, lambda: "answer 10009" in terminal.lines)
    assert [(p.symbol, p.volume) for p in broker.positions] == [("EURUSD", 0.1)]


def test_a_killed_terminal_loses_nothing_of_the_broker(broker: Broker, terminal: TerminalProcess) -> None:
    terminal.send(broker.full_state())
    broker.quote("EURUSD", MONDAY, 1.1, 1.1001)
    pump(broker, terminal, lambda: bool(broker.positions))

    terminal.kill()
    broker.quote("EURUSD", MONDAY + 1, 1.2, 1.2001)
    terminal.send(broker.take_updates())

    assert not terminal.alive
    assert [p.volume for p in broker.positions] == [0.1]


def test_what_the_chart_shows_is_reported(broker: Broker, terminal: TerminalProcess) -> None:
    terminal.send(broker.full_state())
    pump(broker, terminal, lambda: bool(terminal.lines))

    broker.quote("EURUSD", MONDAY, 1.1, 1.1001)

    pump(broker, terminal, lambda: terminal.shown.get("count") == "1")


def test_quitting_removes_the_expert_advisor_from_its_chart(broker: Broker, terminal: TerminalProcess) -> None:
    terminal.send(broker.full_state())
    pump(broker, terminal, lambda: bool(terminal.lines))

    terminal.stop()

    terminal.take_requests()
    assert terminal.lines[-1] == "removed 1"
    assert not terminal.alive


def test_two_charts_of_one_process_share_the_account_and_each_request_says_whose_it_is(
    broker: Broker, built: Built, tmp_path: Path
) -> None:
    process = TerminalProcess(
        Boot(built=built, files=tmp_path, symbol="EURUSD", beside=(Beside(name="second", built=built, symbol="EURUSD"),))
    )
    process.start()
    process.send(broker.full_state())
    pump(broker, process, lambda: "second: ready 10000001" in process.lines)

    broker.quote("EURUSD", MONDAY, 1.1, 1.1001)
    pump(broker, process, lambda: {"answer 10009", "second: answer 10009"} <= set(process.lines))
    pump(broker, process, lambda: dict(process.shown) == {"count": "1", "second/count": "1"})
    process.stop()
    process.take_requests()

    sent = [entry.chart for entry in broker.witness.history if isinstance(entry, Requested)]
    assert sorted(sent) == ["", "second"]
    assert list(process.lines)[-2:] == ["removed 1", "second: removed 1"]
