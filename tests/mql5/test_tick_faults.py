"""
Quotes when the terminal, the broker's clock or the bridge's list play tricks: reads that hang, stamps from the future (R02, R03).
"""

from collections.abc import Callable
from pathlib import Path

import pytest
from tests.mql5.support import OFFSET_MS, Harness, running

from dtms.sim.derive import derive_spec
from dtms.sim.terminal import SimTerminal
from dtms.wire.messages import Subscribe

HANGS_MS = 45_000
SPECS = ("EURUSD", "GBPUSD")


class Hanging(SimTerminal):
    """A terminal that never gets the quotes of one symbol, and takes its time to say so."""

    let_pass: Callable[[int], None] | None = None
    answer: bytes | int | None = None
    calls = 0

    def copy_ticks(self, symbol: str, flags: int, from_msc: int, count: int) -> bytes | int:
        if symbol != "GBPUSD" or self.answer is None:
            return super().copy_ticks(symbol, flags, from_msc, count)
        self.calls += 1
        if self.let_pass is not None:
            self.let_pass(HANGS_MS)
        return self.answer


def a_hanging_program(tmp_path: Path, answer: bytes | int) -> Harness:
    life = Harness(tmp_path, specs=[derive_spec(name) for name in SPECS], terminal_type=Hanging, inputs={"Symbols": "GBPUSD"})

    def let_pass(ms: int) -> None:
        life.now += ms
        life.program.set_clock_ms(life.now)

    life.terminal.let_pass = let_pass  # type: ignore[attr-defined]
    life.terminal.answer = answer  # type: ignore[attr-defined]
    return life


@pytest.mark.parametrize("answer", [b"", -4403])
def test_a_first_read_that_hangs_is_not_tried_again_soon(tmp_path: Path, answer: bytes | int) -> None:
    with a_hanging_program(tmp_path, answer) as life:
        life.start()
        begin = life.now
        while life.now - begin < 600_000:
            life.quote("EURUSD", 1.1)
            life.step(50)

        assert life.terminal.calls <= 4  # type: ignore[attr-defined]


def test_quotes_of_a_symbol_whose_read_hangs_are_followed_one_by_one(tmp_path: Path) -> None:
    with a_hanging_program(tmp_path, -4403) as life:
        life.start()
        life.until(lambda: life.terminal.calls == 1, limit_ms=120_000)  # type: ignore[attr-defined]
        life.settle()
        before = len(life.router.quotes("GBPUSD"))
        bids = [round(1.25 + n * 1e-5, 5) for n in range(1, 6)]
        for bid in bids:
            life.quote("GBPUSD", bid)
            life.advance(100)
        life.settle()
        assert [quote.bid for quote in life.router.quotes("GBPUSD")[before:]] == bids

        life.terminal.answer = None  # type: ignore[attr-defined]
        life.advance(61_000, step=50)
        life.quote("GBPUSD", 1.26)
        life.settle()
        assert [quote.bid for quote in life.router.quotes("GBPUSD")[before:]] == [*bids, 1.26]


def test_a_first_read_waits_while_the_broker_owes_an_answer(tmp_path: Path) -> None:
    with running(tmp_path, specs=[derive_spec(name) for name in SPECS], terminal_type=Hanging) as life:
        ticket = life.hold()
        life.rule(latency_ms=2_000)
        life.terminal.answer = -4403  # type: ignore[attr-defined]
        command = life.modify(ticket, expect=(1.09, None), to=(1.095, None))
        life.router.send(Subscribe(symbols=["GBPUSD"], timeframes=[]))
        life.settle()
        life.advance(1_000)
        assert life.terminal.calls == 0  # type: ignore[attr-defined]

        life.report(command)
        life.until(lambda: life.terminal.calls)  # type: ignore[attr-defined]


def test_one_quote_from_the_future_does_not_silence_the_ones_after_it(tmp_path: Path) -> None:
    with running(tmp_path) as life:
        life.quote(bid=1.1001)
        life.settle()
        life.broker.set_offset(OFFSET_MS + 9 * 60_000)
        life.quote(bid=1.1003)
        life.exchange()
        life.program.timer()
        life.broker.set_offset(OFFSET_MS)
        life.settle()
        before = len(life.router.quotes("EURUSD"))
        bids = [round(1.1 + n * 1e-5, 5) for n in range(100)]
        for bid in bids:
            life.quote(bid=bid)
            life.advance(6_000, step=500)
        life.settle()

        assert [quote.bid for quote in life.router.quotes("EURUSD")[before:]] == bids


def test_a_new_subscription_does_not_tell_the_last_quote_again(tmp_path: Path) -> None:
    with running(tmp_path, specs=[derive_spec(name) for name in SPECS]) as life:
        for symbols in (["GBPUSD"], [], ["GBPUSD"], [], ["GBPUSD"]):
            life.router.send(Subscribe(symbols=symbols, timeframes=[]))
            life.settle()
            life.advance(500)
        assert len(life.router.quotes("GBPUSD")) == 1

        life.quote("GBPUSD", 1.3)
        life.settle()
        assert [quote.bid for quote in life.router.quotes("GBPUSD")] == [1.25, 1.3]
