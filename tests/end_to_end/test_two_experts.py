"""
Two Expert Advisors on one account (R09): whatever happens to them, at no instant do two managers act.

Judged by the broker's history, in which each request bears the mark of the program that sent it, and by the roles that crossed the
wire.
"""

import random
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from tests.end_to_end.experts import (
    EXTRA_MS,
    GRACE_MS,
    STEP_MS,
    Asked,
    Scene,
    Seat,
    scene,
    shrunk,
)
from tests.end_to_end.reigns import acts_outside_its_reign, executed_twice, takeovers_too_early

from dtms.names import Role
from dtms.sim.behaviour import Behaviour, Chances, Effect, Rule
from dtms.sim.mt5 import Entry
from dtms.sim.witness import Booked

ONE_TERMINAL = (Seat("A", 0, 0), Seat("B", 0, 1))
TWO_TERMINALS = (Seat("A", 0, 0), Seat("B", 1, 1))
TURNS = 16
SEEDS, SOAK_SEEDS = range(12), range(12, 200)


def judged(made: Scene) -> None:
    """What holds for every run."""
    assert acts_outside_its_reign(made) == []
    assert takeovers_too_early(made) == []
    assert executed_twice(made) == []
    assert made.broker.volume_errors() == []


def opened(made: Scene, count: int) -> list[int]:
    """Positions that a human opens and the desk knows."""
    tickets = [made.broker.human_open("EURUSD", 0, 0.1, sl=1.099) for _ in range(count)]
    made.until(lambda: len(made.account.book) == count)
    return tickets


@contextmanager
def begun(folder: Path, seats: Sequence[Seat] = ONE_TERMINAL, **options: Any) -> Iterator[Scene]:
    """A scene in which A manages and B feeds."""
    with scene(folder, seats, **options) as made:
        made.quote(1.1)
        made.stall("B", on=True)
        made.until(lambda: made.managed("A"))
        made.stall("B", on=False)
        made.until(lambda: made.role_of("B") is Role.FEED)
        yield made
        judged(made)


def senders(made: Scene) -> list[str]:
    return [request.chart for request in made.requests()]


def test_detaching_the_manager_hands_the_account_over_at_once(tmp_path: Path) -> None:
    with begun(tmp_path) as made:
        tickets = opened(made, 2)
        made.quote(1.1013)
        made.until(lambda: len(made.requests()) == 2)
        made.detach("A")
        left = made.now
        made.until(lambda: made.managed("B"))
        assert made.now - left < GRACE_MS
        made.ask_close(tickets[0])
        made.until(lambda: len(made.broker.positions) == 1)
        made.attach("A")
        made.until(lambda: made.role_of("A") is Role.FEED)
        made.ask_close(tickets[1])
        made.until(lambda: not made.broker.positions)

        assert senders(made) == ["A", "A", "B", "B"]


def test_another_timeframe_leaves_the_manager_what_it_is(tmp_path: Path) -> None:
    with begun(tmp_path) as made:
        (ticket,) = opened(made, 1)
        made.timeframe("A")
        made.pass_time(200)
        asked = made.ask_close(ticket)
        made.until(lambda: made.managed("A"))
        if not asked.accepted:
            made.ask_close(ticket)
        made.until(lambda: not made.broker.positions)

        assert senders(made) == ["A"]
        assert made.role_of("B") is Role.FEED


def test_a_chart_that_does_not_come_back_from_its_change_is_replaced(tmp_path: Path) -> None:
    with begun(tmp_path) as made:
        made.wires["A"].refusing = True
        made.timeframe("A")
        left = made.now
        made.until(lambda: made.managed("B"))
        assert made.now - left >= made.desk.settings.link.chart_change_ms
        made.wires["A"].refusing = False
        made.until(lambda: made.role_of("A") is Role.FEED)


@pytest.mark.parametrize("killed", [False, True])
def test_a_terminal_that_restarts_has_one_manager_again(tmp_path: Path, *, killed: bool) -> None:
    with begun(tmp_path) as made:
        tickets = opened(made, 2)
        made.ask_close(tickets[0])
        made.until(lambda: len(made.requests()) == 1)
        made.houses[0].close(killed=killed)
        made.pass_time(1_000)
        made.houses[0].start()
        made.until(lambda: made.managed("A") or made.managed("B"))
        made.until(lambda: {made.role_of("A"), made.role_of("B")} == {Role.MANAGER, Role.FEED})
        made.ask_close(tickets[1])
        made.until(lambda: not made.broker.positions)

        assert len(made.requests()) == 2


def test_commands_that_a_stalled_manager_has_not_read_are_never_carried_out_beside_those_of_the_next(tmp_path: Path) -> None:
    """Time to live beyond the wait for a successor: without the look at the last deadline both would act."""
    settings = shrunk(ttl_reduce_ms=GRACE_MS + EXTRA_MS + 3_000)
    with begun(tmp_path, settings=settings) as made:
        tickets = opened(made, 4)
        made.stall("A", on=True)
        stalled = made.now
        asked = [made.ask_close(ticket) for ticket in tickets]
        made.pass_time(GRACE_MS + EXTRA_MS + 1_000)
        assert all(x.accepted for x in asked)
        assert made.role_of("B") is Role.FEED
        made.until(lambda: made.managed("B"))
        assert made.now - stalled > GRACE_MS + EXTRA_MS + 3_000
        made.stall("A", on=False)
        made.until(lambda: not made.broker.positions)
        made.until(lambda: made.role_of("A") is Role.FEED)

        assert set(senders(made)) == {"B"}


def test_a_role_that_was_said_while_the_link_was_dead_does_not_count_when_it_lives_again(tmp_path: Path) -> None:
    """A was told that it is a feed, did not hear it, and came back when B was gone: the answer to its logon is the truth."""
    with begun(tmp_path) as made:
        (ticket,) = opened(made, 1)
        made.wires["A"].silent = True
        made.until(lambda: made.managed("B"))
        made.stall("B", on=True)
        made.wires["A"].refusing = True
        made.wires["A"].speak()
        made.wires["A"].cut()
        made.pass_time(GRACE_MS + EXTRA_MS + 2_000)
        made.wires["A"].refusing = False
        made.until(lambda: made.managed("A"))
        made.ask_close(ticket)
        made.until(lambda: not made.broker.positions)

        assert senders(made) == ["A"]
        made.stall("B", on=False)
        made.until(lambda: made.role_of("B") is Role.FEED)


def test_hands_off_at_the_feeds_chart_stops_what_waits_at_the_managers(tmp_path: Path) -> None:
    behaviour = Behaviour(serial=True)
    behaviour.rules.append(Rule(Effect(processing_ms=2_000)))
    inputs = {"ShowPanel": "true", "ResultTimeoutMs": "60000"}
    with begun(tmp_path, settings=shrunk(ttl_reduce_ms=20_000), behaviour=behaviour, inputs=inputs) as made:
        tickets = opened(made, 12)
        asked = [made.ask_close(ticket) for ticket in tickets]
        made.until(lambda: len(made.houses[0].sent) == 8)  # the others wait in the manager's Expert Advisor
        assert all(x.accepted for x in asked)
        made.click("B", "handsoff")
        made.pass_time(18_000)
        assert (len(made.houses[0].sent), len(made.broker.positions)) == (8, 4)

        made.click("B", "handsoff")
        made.until(lambda: made.managed("A"))
        for position in made.broker.positions:
            made.ask_close(position.ticket)
        made.until(lambda: not made.broker.positions)
        assert {request.chart for request in made.houses[0].sent} == {"A"}


class Story:
    """A seeded run: things happen to both Expert Advisors while positions are opened, moved to break-even and closed."""

    def __init__(self, made: Scene, rng: random.Random) -> None:
        self.scene = made
        self.rng = rng
        self.asked: list[Asked] = []
        self.due: list[tuple[int, Callable[[], None]]] = []  # what ends later, and when
        self.busy: set[str] = set()  # those to whom something happens now

    def run(self) -> None:
        scene = self.scene
        scene.quote(1.1)
        scene.until(lambda: scene.managed("A") or scene.managed("B"))
        for _ in range(TURNS):
            self.happen()
            self.trade(self.rng.randrange(200, 4_000))
        while self.due:
            self.trade(200)
        scene.until(lambda: scene.managed("A") or scene.managed("B"))
        self.trade(2_000)
        gone = {x.ticket for x in self.asked if x.accepted}
        scene.until(lambda: not gone & {p.ticket for p in scene.broker.positions})
        scene.pass_time(3_000)

    def trade(self, ms: int) -> None:
        """Let time pass on a moving market, with positions opened and closes asked."""
        scene, rng = self.scene, self.rng
        for _ in range(0, ms, 5 * STEP_MS):
            scene.quote(1.1 + rng.randrange(0, 30) * 1e-4)
            if rng.random() < 0.1:
                scene.broker.human_open("EURUSD", 0, 0.1, sl=1.098)
            if rng.random() < 0.1 and (held := [p.ticket for p in scene.broker.positions]):
                self.asked.append(scene.ask_close(rng.choice(held)))
            scene.pass_time(5 * STEP_MS)
            for one in [one for one in self.due if one[0] <= scene.now]:
                self.due.remove(one)
                one[1]()

    def later(self, least_ms: int, most_ms: int, *names: str, end: Callable[[], None]) -> None:
        self.busy.update(names)

        def over() -> None:
            self.busy.difference_update(names)
            end()

        self.due.append((self.scene.now + self.rng.randrange(least_ms, most_ms), over))

    def happen(self) -> None:
        """Let something happen to one of them, or to the terminal of both."""
        free = [name for name in ("A", "B") if name not in self.busy and self.scene.attached(name)]
        if not free:
            return
        name = self.rng.choice(free)
        self.rng.choice([self.detach, self.timeframe, self.restart, self.cut, self.refuse, self.hush, self.stall])(name)

    def detach(self, name: str) -> None:
        self.scene.detach(name)
        self.later(100, 4_000, name, end=lambda: self.scene.attach(name))

    def timeframe(self, name: str) -> None:
        self.scene.timeframe(name, self.rng.choice([60, 300, 3_600]))

    def restart(self, name: str) -> None:
        house = self.scene.houses[self.scene.seats[name].terminal]
        inside = [seat.name for seat in house.profile]
        if self.busy.intersection(inside):
            return
        house.close(killed=self.rng.random() < 0.5)
        self.later(100, 5_000, *inside, end=house.start)

    def cut(self, name: str) -> None:
        self.scene.wires[name].cut()

    def refuse(self, name: str) -> None:
        wires = self.scene.wires[name]
        wires.cut()
        wires.refusing = True
        self.later(200, 5_000, name, end=lambda: setattr(wires, "refusing", False))

    def hush(self, name: str) -> None:
        wires = self.scene.wires[name]
        wires.silent = True
        self.later(200, 5_000, name, end=wires.speak)

    def stall(self, name: str) -> None:
        self.scene.stall(name, on=True)
        self.later(200, 6_000, name, end=lambda: self.scene.stall(name, on=False))


def told_by_seed(folder: Path, seed: int) -> None:
    rng = random.Random(seed)
    chances = Chances(latency_ms=(0, 120), lose_result=0.05, twice=0.05, gap=0.05)
    seats = TWO_TERMINALS if seed % 3 == 2 else ONE_TERMINAL
    with scene(folder, seats, behaviour=Behaviour(rng=random.Random(seed), chances=chances)) as made:
        story = Story(made, rng)
        story.run()

        judged(made)
        accepted = {x.ticket for x in story.asked if x.accepted}
        deals = [entry.deal for entry in made.broker.witness.history if isinstance(entry, Booked)]
        assert accepted <= {deal.position_id for deal in deals if deal.entry is Entry.OUT}
        managers = [name for name in ("A", "B") if made.role_of(name) is Role.MANAGER]
        assert len(managers) == 1
        assert made.managed(managers[0])
        assert len(made.requests()) > 5, "nothing happened"


@pytest.mark.parametrize("seed", SEEDS)
def test_two_experts_never_act_at_the_same_time(tmp_path: Path, seed: int) -> None:
    told_by_seed(tmp_path, seed)


@pytest.mark.soak
@pytest.mark.parametrize("seed", SOAK_SEEDS)
def test_two_experts_never_act_at_the_same_time_in_many_runs(tmp_path: Path, seed: int) -> None:
    told_by_seed(tmp_path, seed)
