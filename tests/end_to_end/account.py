"""
A simulated account with the Expert Advisor attached, for tests that run the service as a process of its own.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from dtms.sim.broker import Broker
from dtms.sim.derive import derive_spec
from dtms.sim.spec import SymbolSpec
from dtms.sim.state import Account
from mql5host.build import build, sources_root
from mql5host.child import Boot
from mql5host.process import TerminalProcess

MONDAY = 1_704_700_800_000  # 2024-01-08 08:00 UTC
SYMBOL = "EURUSD"
LIMIT_S = 30.0


class SimulatedAccount:
    """Broker model here, terminal with the Expert Advisor in a process; quotes are a tick apart."""

    def __init__(
        self, folder: Path, servers: str, *, account: Account | None = None, spec: SymbolSpec | None = None, **inputs: str
    ) -> None:
        symbols = [spec or derive_spec(SYMBOL)]
        self.broker = Broker(symbols, account=account, deposit=10_000, time_msc=MONDAY, offset_ms=7_200_000)
        self._folder = folder
        self._inputs = {"Servers": servers, "ReconnectMinMs": "100", "ReconnectMaxMs": "400"} | inputs
        self._at = MONDAY
        self._root = sources_root()
        self.terminal = self._made()

    def _made(self) -> TerminalProcess:
        built = build(self._root / "Experts/DTMS/DtmsBridge.mq5", include=self._root / "Include")
        return TerminalProcess(Boot(built=built, files=self._folder, symbol=SYMBOL, inputs=self._inputs))

    def start(self) -> None:
        """Start the terminal; after ``kill`` this is a restart."""
        if self.terminal.pid is not None:
            self.terminal = self._made()
        self.terminal.start()
        self.terminal.send(self.broker.full_state())

    def quote(self, bid: float, ask: float, symbol: str = SYMBOL) -> int:
        """Let one quote happen, 100 ms after the one before; its UTC time."""
        self._at += 100
        self.broker.quote(symbol, self._at, bid, ask)
        return self._at

    def step(self) -> None:
        """Carry messages both ways once."""
        now = time.monotonic_ns() // 1_000_000
        self.broker.receive(self.terminal.take_requests(), now)
        self.broker.step(now)
        if updates := self.broker.take_updates():
            self.terminal.send(updates)
        self.terminal.wait(0.005)

    def until(self, reached: Callable[[], bool], what: str) -> None:
        """Carry messages until something is so."""
        limit = time.monotonic() + LIMIT_S
        while not reached():
            self.step()
            assert time.monotonic() < limit, f"{what}: {list(self.terminal.lines)[-5:]} {dict(self.terminal.shown)}"

    def pass_time(self, seconds: float) -> None:
        """Carry messages for a while in which nothing must happen."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.step()

    def shows(self, text: str) -> bool:
        """Whether a text stands on the chart; its lines are read as one."""
        lines = [self.terminal.shown[name] for name in sorted(self.terminal.shown)]
        return text in " ".join(line for line in lines if line)

    def stop_of(self, ticket: int) -> float:
        """The stop that the broker holds for a position."""
        return next(p.sl for p in self.broker.positions if p.ticket == ticket)


@contextmanager
def attached(folder: Path, servers: str, **inputs: str) -> Iterator[SimulatedAccount]:
    """An account whose terminal is started and ended."""
    account = SimulatedAccount(folder, servers, account=None, spec=None, **inputs)
    account.start()
    try:
        yield account
    finally:
        account.terminal.kill()
