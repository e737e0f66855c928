"""What crosses the wire between the desk and its terminals, noted by the desk's own socket."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import zmq

from dtms.runtime.transport import Arrival, Router
from dtms.wire.codec import FLAG_DUP, Frame, decode
from dtms.wire.messages import Logon, Message


@dataclass(frozen=True, slots=True)
class Told:
    """
    A frame that crossed the wire.

    ``at`` is in monotonic ms of the desk, ``turn`` in the order of all; ``again`` says that it may have been sent before.
    """

    at: int
    turn: int
    name: str
    body: Message
    again: bool


class TappedRouter(Router):
    """The real one; it notes what it hands on, by the name of the Expert Advisor."""

    def __init__(self, context: "zmq.Context[zmq.Socket[bytes]]", names: Mapping[str, str], clock: Callable[[], int]) -> None:
        super().__init__(context)
        self.received = self.sent = 0
        self.heard: list[Told] = []
        self.told: list[Told] = []
        self._turn = 0
        self._names = names  # by instance_id
        self._clock = clock
        self._peers: dict[bytes, str] = {}

    def receive(self) -> Arrival | None:
        arrival = super().receive()
        if arrival is not None:
            self.received += 1
            frame = decode(arrival.data)
            if isinstance(frame.body, Logon):
                self._peers[arrival.identity] = self._names[frame.body.instance_id]
            self._note(self.heard, arrival.identity, frame)
        return arrival

    def send(self, identity: bytes, data: bytes) -> None:
        super().send(identity, data)
        self.sent += 1
        self._note(self.told, identity, decode(data))

    def _note(self, kept: list[Told], identity: bytes, frame: Frame) -> None:
        self._turn += 1
        if isinstance(frame.body, Message):
            again = bool(frame.flags & FLAG_DUP)
            kept.append(Told(self._clock(), self._turn, self._peers[identity], frame.body, again))
