"""That the book and what the manager's session says of it on heartbeats never part: one account, its bytes handed over by hand."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.runtime.bench import UTC, acting
from tests.session.made import position, tick
from tests.session.terminal_side import TerminalSide

from dtms.names import Side
from dtms.runtime.account import Account
from dtms.runtime.counters import Counters
from dtms.runtime.gate import Refusal
from dtms.runtime.links import Link
from dtms.runtime.log import Log
from dtms.runtime.outbox import Outbox
from dtms.session.digest import DigestView
from dtms.session.events import LogonReceived
from dtms.session.peer import Peer
from dtms.store.journal import Committed, EpochTaken, MemoryJournal
from dtms.wire.messages import Position

IDS = st.integers(1, 4)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("open"), IDS, st.sampled_from(Side)),
        st.tuples(st.just("change"), IDS, st.sampled_from([None, 1.0985, 1.1005, 1.2])),
        st.tuples(st.just("turn"), IDS, st.none()),
        st.tuples(st.just("close"), IDS, st.none()),
        st.tuples(st.just("quote"), st.just(0), st.sampled_from([1.1001, 1.1015])),
        st.tuples(st.just("snapshot"), st.just(0), st.booleans()),
        st.tuples(st.just("dial"), st.sampled_from([0, 0, 1, 2]), st.booleans()),
    ),
    max_size=30,
)


class Direct:
    """An account and terminals of it, without sockets."""

    def __init__(self) -> None:
        self.now = 100_000
        self.settings = acting()
        self.counters = Counters()
        self.acknowledged: list[Any] = []
        journal = MemoryJournal()
        journal.attach(self.acknowledged.append)
        self.outbox = Outbox(journal, self.settings.link, Log(lambda _: None))
        self.account = Account(
            EpochTaken("1001@Demo-Server", 1, store_older=False),
            self.settings,
            config_digest="",
            outbox=self.outbox,
            counters=self.counters,
            log=Log(lambda _: None),
        )
        self.held = {1: position(1), 2: position(2)}
        self.sides: list[TerminalSide] = []
        self.links: dict[int, tuple[Peer, Link | None]] = {}
        for number in (1, 2):
            self.sides.append(TerminalSide(nonce=number, instance_id=f"chart-{number}", positions=self.held))
            self.dial(self.sides[-1])

    def dial(self, side: TerminalSide, *, afresh: bool = False) -> None:
        """Connect the terminal again; ``afresh``: as another life of it."""
        if afresh:
            side.nonce += 10
            side.boot += 1
            side.seq_in = 0
        self.links[id(side)] = Peer(self.settings.link, self.counters.bridge), None
        side.connect(self.now)
        self.settle()

    def settle(self) -> None:
        moved = True
        while moved:
            moved = False
            for side in self.sides:
                moved = self._exchange(side) or moved
            while self.acknowledged:
                match self.acknowledged.pop(0):
                    case Committed(token) if (release := self.outbox.committed(token)) is not None:
                        self.account.trader.orders.release(release, self.now, UTC + self.now)
            self.account.advance(self.now, UTC + self.now)

    def _exchange(self, side: TerminalSide) -> bool:
        peer, link = self.links[id(side)]
        moved = False
        while side.out:
            moved = True
            for event in peer.receive(side.out.popleft(), self.now, UTC + self.now):
                if isinstance(event, LogonReceived):
                    link = self._welcome(side, peer, event)
                elif link is not None:
                    self.account.take(link, event, self.now, UTC + self.now)
        for frame in peer.take_outgoing():
            moved = True
            side.receive(frame, self.now)
        return moved

    def _welcome(self, side: TerminalSide, peer: Peer, event: LogonReceived) -> Link:
        link = self.account.welcome(peer, event.logon, self.now)
        assert not isinstance(link, Refusal)
        self.links[id(side)] = peer, link
        return link

    def do(self, what: str, number: int, value: Any) -> None:
        here = self.held.get(number)
        if what == "dial" and number < len(self.sides):
            self.now += 3_000
            self.dial(self.sides[number], afresh=value)
        elif what == "dial":
            self.now += 40_000  # long enough for the other terminal to become the manager
        for side in self.sides:
            if what == "quote":
                side.quotes(self.now, tick(value))
            elif what == "snapshot":
                side.snapshot(self.now, ok=value)
            else:
                self._happens(side, what, number, value, here)
        self.settle()

    def _happens(self, side: TerminalSide, what: str, number: int, value: Any, here: Position | None) -> None:
        """Something happens to a position, and the terminal says so; both terminals hold the same ones."""
        if what == "open" and here is None:
            side.opened(position(number, side=value), self.now)
        elif what == "change" and here is not None:
            side.changed(here.model_copy(update={"stop_loss": value, "take_profit": None}), self.now)
        elif what == "turn" and here is not None:
            turned = Side.SELL if here.side is Side.BUY else Side.BUY
            side.changed(position(number, side=turned, volume=0.2), self.now)
        elif what == "close" and here is not None:
            self.held[number] = here
            side.closed(number, self.now)


@settings(max_examples=60)
@given(STEPS)
def test_r13_what_the_bridge_says_it_believes_is_what_is_in_its_book(steps: list[tuple[str, int, Any]]) -> None:
    direct = Direct()
    for what, number, value in steps:
        direct.do(what, number, value)
        account, manager = direct.account, direct.account.links.manager()
        if manager is None or not account.view_known or len(account.trader.locks):
            continue
        book = DigestView()
        book.replace(trade.position for trade in account.book)

        assert manager.session.own_digest() == book.digest()
