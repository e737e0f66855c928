"""Two sides of a link joined by lists, with a clock moved by hand: a ``Peer`` in the smallest shell, and a ``TerminalSide``."""

from collections import deque

from tests.session.terminal_side import TerminalSide

from dtms.names import Role
from dtms.session.counts import LinkCounts
from dtms.session.events import Event, LinkEnded, LogonReceived
from dtms.session.peer import Peer, accepted
from dtms.session.poison import PoisonLog
from dtms.session.session import Session
from dtms.session.states import State
from dtms.settings import LinkSettings
from dtms.wire.codec import Frame, decode, encode
from dtms.wire.messages import Logon, Message, Ticks

UTC = 1_800_000_000_000


class Joined:
    """The pair. ``to_bridge`` and ``to_terminal`` hold what is on its way; nothing moves by itself."""

    def __init__(self, settings: LinkSettings | None = None, terminal: TerminalSide | None = None, epoch: int = 3) -> None:
        self.settings = settings or LinkSettings()
        self.terminal = terminal or TerminalSide()
        self.counts = LinkCounts()
        self.poison = PoisonLog(self.settings)
        self.epoch = epoch
        self.now = 10_000
        self.peer = Peer(self.settings, self.counts)
        self.sessions: dict[int, Session] = {}
        self.events: list[Event] = []
        self.resumed: list[bool] = []
        self.to_bridge: deque[bytes] = deque()
        self.to_terminal: deque[bytes] = deque()

    @property
    def session(self) -> Session:
        assert self.peer.session is not None
        return self.peer.session

    def stands(self, state: State) -> bool:
        """Whether the bridge's end of the connection is in the state."""
        return self.peer.state is state

    def dial(self) -> None:
        """Begin a connection: what was on its way is lost, the bridge has a fresh peer."""
        self.to_bridge.clear()
        self.to_terminal.clear()
        self.events += self.peer.lost("cut")
        self.peer = Peer(self.settings, self.counts)
        self.terminal.connect(self.now)

    def up(self) -> "Joined":
        """Dial and let everything arrive."""
        self.dial()
        self.settle()
        assert self.peer.state is State.UP
        self.events.clear()
        return self

    def gather(self) -> None:
        """Put what both sides have to send on its way."""
        self.to_bridge.extend(self.terminal.out)
        self.terminal.out.clear()
        self.to_terminal.extend(self.peer.take_outgoing())

    def deliver_to_bridge(self, data: bytes) -> list[Event]:
        events = self.peer.receive(data, self.now, UTC)
        for event in events:
            if isinstance(event, LogonReceived):
                self._accept(event.logon)
            elif isinstance(event, LinkEnded) and event.session_over:
                self.sessions.pop(self.terminal.nonce, None)
        self.events += events
        return events

    def deliver_to_terminal(self, data: bytes) -> None:
        self.terminal.receive(data, self.now)

    def settle(self) -> None:
        """Deliver everything until both are quiet."""
        for _ in range(100):
            self.gather()
            if not self.to_bridge and not self.to_terminal:
                return
            while self.to_bridge:
                self.deliver_to_bridge(self.to_bridge.popleft())
            self.peer.end_batch(self.now)
            while self.to_terminal:
                self.deliver_to_terminal(self.to_terminal.popleft())
        raise AssertionError("the two do not come to rest")

    def pass_time(self, ms: int, step: int = 100) -> None:
        """Let time pass on the bridge's side, in steps, without delivering anything."""
        end = self.now + ms
        while self.now < end:
            self.now = min(self.now + step, end)
            self.events += self.peer.advance(self.now, UTC + self.now)

    def messages(self) -> list[Message | Ticks]:
        """What the bridge's side has handed on, without its own events."""
        return [e for e in self.events if isinstance(e, (Message, Ticks))]

    def _accept(self, logon: Logon) -> None:
        known = self.sessions.get(logon.nonce)
        resume = known is not None and logon.highest_epoch_seen == self.epoch and known.frames_to_resume(logon) is not None
        session = known if known is not None and resume else Session(logon.nonce, self.epoch, self.settings, self.counts, self.now)
        self.sessions[logon.nonce] = session
        self.resumed.append(resume)
        answer = accepted(self.settings, session, Role.MANAGER, resume=resume, config_digest="00", mode_act=True)
        self.peer.accept(session, logon, answer, self.poison, self.now)


def frame_of(joined: Joined, message: Message | Ticks, seq: int = 0, **prefix: int) -> bytes:
    values = {"session": joined.terminal.nonce, "ack": 0, "epoch": joined.epoch, "mono_ms": 1, "flags": 0} | prefix
    return encode(Frame(seq=seq, body=message, **values))


def sent(joined: Joined) -> list[Message | Ticks]:
    return [decode(data).body for data in joined.peer.take_outgoing()]


def ends(joined: Joined) -> list[LinkEnded]:
    return [e for e in joined.events if isinstance(e, LinkEnded)]
