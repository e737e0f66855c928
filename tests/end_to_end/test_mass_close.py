"""
Fifty positions closed at once at a broker that takes them one by one: heartbeats keep their rhythm, no command acts late, and every
position is closed once. The service runs here, the Expert Advisor in its own process, the broker model carries the truth.
"""

import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from tests.end_to_end.account import SYMBOL, SimulatedAccount

from dtms.names import Outcome
from dtms.runtime.log import Line
from dtms.runtime.service import Service
from dtms.runtime.snapshots import TerminalView
from dtms.settings import AdoptSettings, BreakEvenSettings, LinkSettings, Mode, Scope, Settings
from dtms.sim.behaviour import Effect, Rule
from dtms.sim.mt5 import Entry as DealEntry
from dtms.sim.witness import Booked
from dtms.store.journal import Entry, MemoryJournal

pytestmark = pytest.mark.timeout(120)

PROCESSING_MS = 300
BEAT_GAP_MS = 1_500  # half a beat more than the rhythm of one second
CARRIED_MS = 300  # what a request may need from the Expert Advisor's process to the broker model beside busy test runners
COMMAND_BITS = 44  # of a request's magic number


class WatchedAccount(SimulatedAccount):
    """Notes when a request reaches the broker: (ms since 1970, command id)."""

    def __init__(self, folder: Path, servers: str) -> None:
        super().__init__(folder, servers)
        self.broker.behaviour.serial = True
        self.broker.behaviour.rules.append(Rule(Effect(processing_ms=PROCESSING_MS)))
        self.asked: list[tuple[int, int]] = []

    def step(self) -> None:
        """Carry messages both ways once."""
        requests = self.terminal.take_requests()
        utc, now = time.time_ns() // 1_000_000, time.monotonic_ns() // 1_000_000
        self.asked += [(utc, request.trade.magic % (1 << COMMAND_BITS)) for request in requests]
        self.broker.receive(requests, now)
        self.broker.step(now)
        if updates := self.broker.take_updates():
            self.terminal.send(updates)
        self.terminal.wait(0.005)


@dataclass
class Scene:
    """Service and account, and what was written down."""

    service: Service
    account: WatchedAccount
    journal: MemoryJournal
    lines: list[Line] = field(default_factory=list)

    def commands(self) -> dict[int, Entry]:
        return {entry.command.command_id: entry for entry in self.journal.entries if entry.command is not None}

    def reports(self) -> list[tuple[int, str]]:
        return [(int(str(line.fields["command"])), str(line.fields["outcome"])) for line in self.lines if line.name == "report"]

    def trades(self) -> int:
        return sum(len(account.trades) for account in self.service.snapshot().accounts)

    def terminal(self) -> TerminalView:
        return self.service.snapshot().accounts[0].terminals[0]


@contextmanager
def scene(folder: Path, ttl_ms: int) -> Iterator[Scene]:
    settings = Settings(
        mode=Mode.ACT,
        link=LinkSettings(bind="tcp://127.0.0.1:*", ttl_reduce_ms=ttl_ms),
        adopt=AdoptSettings(scope=Scope.ALL, confirmed=True),
        break_even=BreakEvenSettings(enabled=False),
    )
    lines: list[Line] = []
    journal = MemoryJournal()
    service = Service(settings, journal, lines.append)
    service.start()
    account = WatchedAccount(folder, service.address.removeprefix("tcp://"))
    try:
        account.start()
        yield Scene(service, account, journal, lines)
    finally:
        account.terminal.kill()
        service.stop()


@pytest.mark.parametrize(
    ("positions", "ttl_ms", "some_expire"),
    [
        pytest.param(50, 15_000, False, id="fifty-in-their-time"),
        pytest.param(25, 3_000, True, id="time-for-a-part-of-them"),
    ],
)
def test_all_positions_closed_at_once_end_closed_once_and_no_heartbeat_is_late(
    tmp_path: Path, positions: int, ttl_ms: int, *, some_expire: bool
) -> None:
    with scene(tmp_path, ttl_ms) as s:
        account, service = s.account, s.service
        account.until(lambda: service.wait_ready(0), "the Expert Advisor logs on")
        account.quote(1.1000, 1.1001)
        tickets = {account.broker.human_open(SYMBOL, number % 2, 0.01) for number in range(positions)}
        account.until(lambda: s.trades() == positions, "every position is known")

        began = time.monotonic()
        answers = [service.ask_close(ticket, by="test") for ticket in tickets]
        account.until(lambda: not account.broker.positions, "the broker has closed everything")
        account.until(lambda: s.trades() == 0 and len(s.reports()) >= len(s.commands()), "every report is there")
        took, terminal, counters = time.monotonic() - began, s.terminal(), service.snapshot().counters

    commands, reports = s.commands(), s.reports()
    late = [utc - commands[number].decided_utc - commands[number].ttl_ms for utc, number in account.asked]
    outcomes = Counter(outcome for _, outcome in reports)
    figures = (
        f"{took:.1f} s, {len(commands)} commands, {dict(outcomes)}, latest request {max(late)} ms past its deadline, longest gaps "
        f"between heartbeats: {terminal.longest_beat_gap_ms} ms received, {terminal.longest_own_beat_gap_ms} ms sent"
    )
    print(figures)  # noqa: T201 - what was measured, for whoever runs it with -s

    assert all(answer.accepted for answer in answers)
    assert terminal.longest_beat_gap_ms <= BEAT_GAP_MS
    assert terminal.longest_own_beat_gap_ms <= BEAT_GAP_MS
    assert sorted(number for number, _ in reports) == sorted(commands)
    assert outcomes.keys() <= {Outcome.DONE.name.lower(), Outcome.EXPIRED.name.lower()}
    assert (outcomes["expired"] > 0) is some_expire
    assert counters["commands.unknown"] == counters["commands.stray"] == 0
    assert max(late) <= CARRIED_MS
    assert Counter(number for _, number in account.asked).most_common(1)[0][1] == 1
    deals = [entry.deal for entry in account.broker.witness.history if isinstance(entry, Booked)]
    assert sorted(deal.position_id for deal in deals if deal.entry is DealEntry.OUT) == sorted(tickets)
