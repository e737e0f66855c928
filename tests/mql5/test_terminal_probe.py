"""
The probe that an Expert Advisor can do and a script cannot, against the broker model: timer, request numbers, magic numbers.
"""

from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

from dtms.sim.broker import Broker
from dtms.sim.derive import derive_spec
from dtms.sim.terminal import SimTerminal
from mql5host.build import Built, build, sources_root
from mql5host.native import Program
from mql5host.terminal import Record, TradeResult

T0 = 1_709_632_800_000  # Tuesday, 5 March 2024, 10:00 UTC: every market is open
START_MS = 1_000_000
CHECKS = (
    "timer", "open sent", "open request id", "magic of position", "close sent", "close request id",
    "magic of deals and orders", "closed",
)  # fmt: skip


@cache
def built() -> Built:
    return build(sources_root() / "Experts/DTMS/TerminalProbe.mq5", include=sources_root() / "Include")


class Demo(SimTerminal):
    """A terminal whose stories a test can change."""

    def __init__(self, broker: Broker, clock: Callable[[], int]) -> None:
        super().__init__(call=lambda request: broker.call(request, clock()))
        self.account_changes: dict[str, int] = {}
        self.magic_of_deals: int | None = None
        self.magic_of_positions: int | None = None

    def account(self) -> Record:
        return {**super().account(), **self.account_changes}

    def deal(self, ticket: int) -> Record | None:
        return self._changed(super().deal(ticket), "DEAL_MAGIC", self.magic_of_deals)

    def position(self, ticket: int) -> Record | None:
        return self._changed(super().position(ticket), "POSITION_MAGIC", self.magic_of_positions)

    @staticmethod
    def _changed(record: Record | None, name: str, value: int | None) -> Record | None:
        return record if record is None or value is None else {**record, name: value}


class Probe:
    """The probe, its terminal and its broker, in one thread and on virtual time."""

    def __init__(self, folder: Path) -> None:
        self.now = START_MS
        self.file = folder / "Files" / "DTMS" / "terminalprobe.txt"
        self.broker = Broker([derive_spec("EURUSD")], deposit=10_000.0, time_msc=T0, offset_ms=0)
        self.broker.quote("EURUSD", T0, 1.1, 1.1001)
        self.terminal = Demo(self.broker, lambda: self.now)
        self.terminal.apply_all(self.broker.full_state())
        self.terminal.take_events()
        self.timer_ms = 10
        self.deaf = False  # answers of the broker come without the number of the request

    def run(self, inputs: dict[str, str] | None = None) -> list[str]:
        """The report's lines, from start to end."""
        with Program(
            built(),
            self.terminal,
            files=self.file.parents[1],
            symbol="EURUSD",
            inputs=inputs,
            virtual_clock_ms=self.now,
        ) as program:
            assert program.init() == 0
            while not program.removed:
                assert self.now < START_MS + 120_000
                self.step(program)
            program.deinit()
        lines = self.file.read_bytes().decode("ascii").split("\r\n")
        assert lines.pop() == ""
        assert list(self.terminal.logs) == lines
        return lines

    def step(self, program: Program) -> None:
        self.now += self.timer_ms
        program.set_clock_ms(self.now)
        self.broker.receive(self.terminal.take_requests(), self.now)
        self.broker.step(self.now)
        self.terminal.apply_all(self.broker.take_updates())
        self.terminal.step(self.now)
        for event in self.terminal.take_events():
            if event[0] == "transaction":
                trans, request, result = event[1:]
                program.trade_transaction(trans, request, TradeResult() if self.deaf else result)
        program.timer()


@pytest.fixture
def probe(tmp_path: Path) -> Probe:
    return Probe(tmp_path)


ON = {"SendOrders": "true"}


def failed(lines: list[str]) -> list[str]:
    return [line.removeprefix("FAIL ") for line in lines if line.startswith("FAIL ")]


def test_a_terminal_as_it_should_be_passes_and_holds_nothing_afterwards(probe: Probe) -> None:
    lines = probe.run(ON)

    assert [line for line in lines if line.startswith("PASS")] == [f"PASS {name}" for name in CHECKS]
    assert lines[-1] == f"TERMINAL PROBE: {len(CHECKS)} passed, 0 failed, 0 skipped"
    assert "NOTE timer: a timer of 10 ms fires every 10000 us" in lines
    assert probe.broker.positions == ()


@pytest.mark.parametrize(
    ("inputs", "account", "says"),
    [
        ({}, {}, "SKIP orders: the input SendOrders is false"),
        (ON, {"ACCOUNT_TRADE_MODE": 2}, "SKIP orders: this is no demo account"),
        (ON, {"ACCOUNT_TRADE_EXPERT": 0}, "SKIP orders: the broker does not allow Expert Advisors on this account"),
    ],
    ids=["not asked for", "real", "not allowed"],
)
def test_nothing_is_sent_where_it_must_not_be(probe: Probe, inputs: dict[str, str], account: dict[str, int], says: str) -> None:
    probe.terminal.account_changes = account

    lines = probe.run(inputs)

    assert says in lines
    assert lines[-1] == "TERMINAL PROBE: 1 passed, 0 failed, 1 skipped"
    assert probe.broker.positions == ()
    assert not [line for line in lines if "sent" in line]


def test_a_slow_timer_is_told(probe: Probe) -> None:
    probe.timer_ms = 40

    assert failed(probe.run()) == ["timer: a timer of 10 ms fires every 40000 us"]


def test_answers_without_the_request_number_are_told(probe: Probe) -> None:
    probe.deaf = True

    found = failed(probe.run(ON))

    assert [line.split(":")[0] for line in found] == ["open request id", "close request id"]
    assert "seen: 0" in found[0]
    assert probe.broker.positions == ()


def test_a_position_without_our_magic_is_told(probe: Probe) -> None:
    probe.terminal.magic_of_positions = 0x2D7D_4000

    found = failed(probe.run(ON))

    assert len(found) == 1
    assert found[0].startswith("magic of position: no position bears 3277863986538317669")
    assert found[0].endswith("in 10 s; close what was opened by hand")


def test_deals_that_lost_the_magic_are_told(probe: Probe) -> None:
    probe.terminal.magic_of_deals = 5

    found = failed(probe.run(ON))

    assert len(found) == 1
    assert "bears 5, sent was 3277863986538317669" in found[0]
