"""
A ROUTER in place of the bridge, for tests of the whole Expert Advisor.

It answers logons, heartbeats and quotes by itself until a test tells it not to, and keeps what came.
"""

import time
from typing import Any, TypeVar

import zmq

from dtms.names import Role
from dtms.wire.codec import Frame, decode, encode
from dtms.wire.market_messages import Tick, Ticks
from dtms.wire.messages import Body, Credit, Heartbeat, Logon, LogonAccepted, Message

EPOCH = 3
PATIENCE_S = 10.0
M = TypeVar("M", bound=Message)


class Router:
    """
    The bridge's end of the link. It answers logons, heartbeats and quotes by itself until a test tells it not to.

    Attributes:
        frames: what came, oldest first; quotes are in `ticks` as (number, quote) instead.
        accept: fields of the LogonAccepted, or None to leave logons unanswered.
        credit: whether quotes are acknowledged.
        beats: whether heartbeats are sent.
    """

    def __init__(self, context: "zmq.Context[Any]") -> None:
        self._context = context
        self.socket = context.socket(zmq.ROUTER)
        self.socket.setsockopt(zmq.LINGER, 0)
        self.port = int(self.socket.bind_to_random_port("tcp://127.0.0.1"))
        self.accept: dict[str, Any] | None = {}
        self.credit = True
        self.beats = True
        self.epoch = EPOCH
        self.frames: list[Frame] = []
        self.ticks: list[tuple[int, Tick]] = []
        self.frame_sizes: list[int] = []
        self.identity = b""
        self.nonce = 0
        self.seq = 0
        self.ack = 0
        self.tick_seq = 0
        self._counter = 0

    def drain(self, wait_ms: int = 0) -> None:
        """Read and answer what has come."""
        before = self.tick_seq
        while self.socket.poll(wait_ms):
            wait_ms = 0
            identity, data = self.socket.recv_multipart()
            frame = decode(data)
            if isinstance(frame.body, Logon):
                self.identity, self.nonce = identity, frame.session
            elif identity != self.identity:
                continue  # the rest of a connection that is over
            self._take(frame)
        if self.credit and self.tick_seq > before:
            self.send(Credit(tick_seq=self.tick_seq))

    def _take(self, frame: Frame) -> None:
        if isinstance(frame.body, Ticks):
            first = frame.body.tick_seq - len(frame.body.ticks) + 1
            self.ticks.extend((first + i, tick) for i, tick in enumerate(frame.body.ticks))
            self.frame_sizes.append(len(frame.body.ticks))
            self.tick_seq = frame.body.tick_seq
            return
        self.frames.append(frame)
        if frame.seq:
            assert frame.seq == self.ack + 1 or frame.dup, "a hole in the numbering"
            self.ack = max(self.ack, frame.seq)
        if isinstance(frame.body, Logon) and self.accept is not None:
            self.log_on()

    def log_on(self, **changes: Any) -> None:
        """Accept the last logon."""
        fields = accepted() | {"epoch": self.epoch} | (self.accept or {}) | changes
        if fields["resume"]:
            fields |= {"highest_seq_seen": self.ack, "highest_tick_seq_seen": self.tick_seq} | changes
        else:
            self.seq = self.ack = self.tick_seq = 0
        self.send(LogonAccepted(**fields))

    def send(self, body: Body, **changes: int) -> None:
        numbers = {"session": self.nonce, "seq": 0, "ack": self.ack, "epoch": self.epoch, "mono_ms": 1, "flags": 0} | changes
        if isinstance(body, Message) and body.DURABLE and "seq" not in changes:
            self.seq += 1
            numbers["seq"] = self.seq
        self.socket.send_multipart([self.identity, encode(Frame(body=body, **numbers))])

    def beat(self) -> None:
        if self.beats and self.identity:
            fields: dict[str, Any] = dict.fromkeys(Heartbeat.FIELDS, 0)
            fields |= {"highest_seq_sent": self.seq, "tick_seq": self.tick_seq if self.credit else 0}
            self.send(Heartbeat(**(fields | {"utc_offset_s": None, "test_id": None, "hands_off": False, "digest": None})))

    def reopen(self) -> None:
        """Cut the connection, as by a broken network; the program dials the same port again."""
        self.socket.close()
        self.identity = b""
        self.socket = self._context.socket(zmq.ROUTER)
        self.socket.setsockopt(zmq.LINGER, 0)
        end = time.monotonic() + PATIENCE_S
        while True:
            try:
                self.socket.bind(f"tcp://127.0.0.1:{self.port}")
            except zmq.ZMQError as error:  # the old socket's thread has not let the port go
                if error.errno != zmq.EADDRINUSE or time.monotonic() > end:
                    raise
            else:
                return

    def next_id(self) -> int:
        """A command_id that was not used before."""
        self._counter += 1
        return self.epoch << 24 | self._counter

    def of(self, kind: type[M]) -> list[M]:
        """All messages of a type that came, oldest first."""
        return [frame.body for frame in self.frames if isinstance(frame.body, kind)]

    @property
    def commands(self) -> int:
        """How many ids were given out."""
        return self._counter

    def quotes(self, symbol: str) -> list[Tick]:
        return [tick for _, tick in self.ticks if tick.symbol == symbol]


def accepted() -> dict[str, Any]:
    """The fields of a LogonAccepted that lets everything happen."""
    return {
        "protocol": 1,
        "epoch": EPOCH,
        "role": Role.MANAGER,
        "resume": False,
        "highest_seq_seen": 0,
        "highest_tick_seq_seen": 0,
        "config_digest": "",
        "heartbeat_ms": 1_000,
        "test_after_ms": 2_500,
        "down_after_ms": 5_000,
        "credit_window": 4_096,
        "grace_s": 30,
        "mode_act": True,
        "entropy": "",
    }
