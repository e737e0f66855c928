"""
The ROUTER that terminals connect to (R01): whole frames in, frames out, never waiting.

A message of other than identity and one part is read to its end and handed on as bad. What a peer does not take is ``LinkLost``.
"""

import errno
from typing import Final, NamedTuple

import zmq

from dtms.errors import LinkLost, PortTaken, StartError, WireError
from dtms.names import RejectWhy
from dtms.runtime.door import SEAL_BYTES, Door
from dtms.runtime.holder import holder_of
from dtms.wire.messages import MAX_FRAME_BYTES

_SEND_HWM: Final = 1_000  # R01: full means that the peer does not read
_HEARTBEAT_MS: Final = 2_000  # R01: ZMTP PING
_HEARTBEAT_TIMEOUT_MS: Final = 6_000
_HANDSHAKE_MS: Final = 3_000
_FAREWELL_MS: Final = 250  # what Logout gets to leave the process
_LOST: Final = frozenset({errno.EAGAIN, errno.EHOSTUNREACH, zmq.EHOSTUNREACH})


class Arrival(NamedTuple):
    """One message: who from, its bytes, and what is wrong with its shape, if anything."""

    identity: bytes
    data: bytes
    fault: WireError | None


class Router:
    """The socket. Belongs to the desk's thread from ``bind`` on."""

    def __init__(self, context: "zmq.Context[zmq.Socket[bytes]]", door: Door | None = None) -> None:
        socket = context.socket(zmq.ROUTER)
        for option, value in (
            (zmq.ROUTER_MANDATORY, 1),
            (zmq.LINGER, 0),
            (zmq.MAXMSGSIZE, MAX_FRAME_BYTES if door is None else MAX_FRAME_BYTES + SEAL_BYTES),
            (zmq.SNDHWM, _SEND_HWM),
            (zmq.HEARTBEAT_IVL, _HEARTBEAT_MS),
            (zmq.HEARTBEAT_TIMEOUT, _HEARTBEAT_TIMEOUT_MS),
            (zmq.HANDSHAKE_IVL, _HANDSHAKE_MS),
        ):
            socket.set(option, value)
        if door is not None:
            door.guard(socket)
        self.door = door
        self.socket = socket
        self.address = ""

    def bind(self, address: str) -> None:
        """
        Bind; ``address`` then says where, also when the port was left to the system.

        Raises:
            PortTaken: Somebody else is there.
            StartError: The address cannot be bound for another reason.
        """
        try:
            self.socket.bind(address)
        except zmq.ZMQError as error:
            if error.errno == zmq.EADDRINUSE:
                raise PortTaken(address, _holder(address)) from error
            raise StartError(f"{address} cannot be bound: {error.strerror}") from error
        self.address = self.socket.get_string(zmq.LAST_ENDPOINT).rstrip("\0")

    def receive(self) -> Arrival | None:
        """Return the next message, or None when there is none."""
        socket = self.socket
        try:
            identity = socket.recv(zmq.NOBLOCK)
        except zmq.Again:
            return None
        if not socket.get(zmq.RCVMORE):
            return Arrival(identity, b"", WireError(RejectWhy.MALFORMED, "no part behind the identity"))
        data = socket.recv(zmq.NOBLOCK)
        if not socket.get(zmq.RCVMORE):
            return Arrival(identity, data, None)
        parts = 1
        while socket.get(zmq.RCVMORE):
            socket.recv(zmq.NOBLOCK)
            parts += 1
        return Arrival(identity, data, WireError(RejectWhy.MULTIPART, f"{parts} parts"))

    def send(self, identity: bytes, data: bytes) -> None:
        """
        Hand a frame to the peer's queue.

        Raises:
            LinkLost: The peer is gone, or has not read for a whole queue.
        """
        try:
            self.socket.send(identity, zmq.SNDMORE | zmq.NOBLOCK)
            self.socket.send(data, zmq.NOBLOCK)
        except zmq.ZMQError as error:
            if error.errno in _LOST:
                raise LinkLost("the peer is gone" if error.errno != errno.EAGAIN else "the peer does not read") from error
            raise

    def close(self) -> None:
        """Let go of the port; what was queued has a moment to leave."""
        if self.door is not None:
            self.door.close()
        self.socket.close(linger=_FAREWELL_MS)


def _holder(address: str) -> str | None:
    port = address.rpartition(":")[2]
    return holder_of(int(port)) if port.isdigit() else None
