"""
Frames lost, doubled and swapped, connections cut at any moment: nothing is applied twice or out of order, and in the end all of
it is.

A real connection does none of this inside itself; the rules must hold against it all the same (R11, R12, PROTOCOL.md part 4).
"""

from collections import deque

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from tests.session.joined import Joined
from tests.session.made import position, tick

from dtms.session.states import State
from dtms.settings import LinkSettings
from dtms.wire.messages import PositionOpened, Subscribe, Ticks

BRIDGE, TERMINAL = "bridge", "terminal"
WAYS = st.sampled_from([BRIDGE, TERMINAL])


class FaultyLink(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.joined = Joined(LinkSettings(credit_window=8)).up()
        self.opened: list[int] = []
        self.bids: list[float] = []
        self.asked: list[str] = []

    def way(self, to: str) -> deque[bytes]:
        self.joined.gather()
        return self.joined.to_bridge if to == BRIDGE else self.joined.to_terminal

    @rule()
    def the_terminal_reports(self) -> None:
        self.opened.append(len(self.opened) + 1)
        self.joined.terminal.opened(position(self.opened[-1]), self.joined.now)

    @rule(count=st.integers(1, 4))
    def the_terminal_quotes(self, count: int) -> None:
        fresh = [float(len(self.bids) + n) for n in range(1, count + 1)]
        self.bids += fresh
        self.joined.terminal.quotes(self.joined.now, *[tick(bid) for bid in fresh])

    @precondition(lambda self: self.joined.peer.state is State.UP)
    @rule()
    def the_bridge_sends(self) -> None:
        self.asked.append(str(len(self.asked)))
        self.joined.peer.send(Subscribe(symbols=[self.asked[-1]], timeframes=[]), self.joined.now)

    @rule(to=WAYS, count=st.integers(1, 5))
    def frames_arrive(self, to: str, count: int) -> None:
        way = self.way(to)
        for _ in range(min(count, len(way))):
            self.arrive(to, way.popleft())

    @rule(to=WAYS)
    def a_frame_is_lost(self, to: str) -> None:
        way = self.way(to)
        if way:
            way.popleft()

    @rule(to=WAYS)
    def a_frame_comes_twice(self, to: str) -> None:
        way = self.way(to)
        if way:
            self.arrive(to, way[0])

    @rule(to=WAYS)
    def two_frames_change_places(self, to: str) -> None:
        way = self.way(to)
        if len(way) > 1:
            way[0], way[1] = way[1], way[0]

    @rule()
    def the_connection_is_cut_and_dialled_again(self) -> None:
        self.joined.dial()

    @rule()
    def the_batch_ends(self) -> None:
        self.joined.peer.end_batch(self.joined.now)

    def arrive(self, to: str, data: bytes) -> None:
        if to == BRIDGE:
            self.joined.deliver_to_bridge(data)
        else:
            self.joined.deliver_to_terminal(data)

    def arrived(self) -> tuple[list[int], list[float], list[str]]:
        messages = self.joined.messages()
        opened = [m.position.position_id for m in messages if isinstance(m, PositionOpened)]
        bids = [t.bid for m in messages if isinstance(m, Ticks) for t in m.ticks]
        asked = [m.symbols[0] for m in self.joined.terminal.received if isinstance(m, Subscribe)]
        return opened, bids, asked

    @invariant()
    def what_was_applied_is_a_beginning_of_what_was_said(self) -> None:
        opened, bids, asked = self.arrived()

        assert opened == self.opened[: len(opened)]
        assert bids == self.bids[: len(bids)]
        assert asked == self.asked[: len(asked)]

    def teardown(self) -> None:
        self.joined.dial()
        self.joined.settle()

        assert self.arrived() == (self.opened, self.bids, self.asked)
        assert not self.joined.terminal.kept_ticks
        assert len(self.joined.session.kept) == 0 or self.joined.terminal.seq_in == self.joined.session.kept.highest


TestFaultyLink = FaultyLink.TestCase
TestFaultyLink.settings = settings(max_examples=60, stateful_step_count=60, deadline=None)
