"""
The network between one program's sockets and the loopback, with what can happen to it: cut, refused, or silent for a while.

It counts the messages that cross it in each direction, so that a test with a clock of its own can wait for those on their way.
"""

import select
import socket
import struct
from dataclasses import dataclass, field

_GREETING_BYTES = 64  # ZMTP 3: what comes before the first frame
_LONG, _COMMAND = 2, 4  # flags of a frame
_REST_S = 0.005


@dataclass(slots=True)
class _Counter:
    """Counts the messages of one direction of a ZMTP connection, of one frame each, and its commands and bytes."""

    rest: bytearray = field(default_factory=bytearray)
    greeted: bool = False
    messages: int = 0
    commands: int = 0
    size: int = 0

    def take(self, data: bytes) -> None:
        self.rest += data
        self.size += len(data)
        if not self.greeted:
            if len(self.rest) < _GREETING_BYTES:
                return
            del self.rest[:_GREETING_BYTES]
            self.greeted = True
        while (end := self._end()) is not None:
            command = bool(self.rest[0] & _COMMAND)
            self.commands += command
            self.messages += not command
            del self.rest[:end]

    def _end(self) -> int | None:
        if len(self.rest) < 2:
            return None
        if not self.rest[0] & _LONG:
            end = 2 + self.rest[1]
        elif len(self.rest) < 9:
            return None
        else:
            end = int(9 + struct.unpack_from(">Q", self.rest, 1)[0])
        return end if len(self.rest) >= end else None


class _Line:
    """One connection: the real socket, what was read from it and not yet by the program, and what waits to leave."""

    def __init__(self, real: socket.socket) -> None:
        self.real = real
        self.inbound = bytearray()
        self.outbound = bytearray()
        self.sent = _Counter()
        self.got = _Counter()
        self.over = False  # the other side or the network has ended it
        self.answered_at = (0, 0)  # bytes sent and got when the last part of the handshake was answered

    def pull(self) -> None:
        """Take what has come."""
        try:
            while not self.over and (data := self.real.recv(65_536)):
                self.inbound += data
                self.got.take(data)
        except BlockingIOError:
            return
        except OSError:
            pass
        self.over = True

    def push(self) -> None:
        """Send what waits."""
        try:
            while self.outbound and not self.over:
                count = self.real.send(self.outbound)
                self.sent.take(bytes(self.outbound[:count]))
                del self.outbound[:count]
        except BlockingIOError:
            return
        except OSError:
            self.over = True

    def shakes_hands(self) -> bool:
        """Whether a part of the handshake has left and its answer has not come."""
        if self.over or self.got.commands:
            return False
        sent, got = self.answered_at
        if self.got.size > got:
            self.answered_at = (self.sent.size, self.got.size)
            return False
        return self.sent.size > sent

    def close(self) -> None:
        self.over = True
        self.real.close()


class Wires:
    """
    A `SocketLayer` for one program.

    Attributes:
        refusing: Nobody can be reached.
        silent: Connections live, and nothing crosses them; what both sides say meanwhile arrives afterwards.
    """

    def __init__(self) -> None:
        self.refusing = False
        self.silent = False
        self._lines: dict[int, _Line] = {}
        self._ghosts: list[_Line] = []
        self._gone = (0, 0)

    @property
    def counts(self) -> tuple[int, int]:
        """Messages sent by the program and arrived at it, on all connections."""
        lines = [*self._lines.values(), *self._ghosts]
        return (self._gone[0] + sum(x.sent.messages for x in lines), self._gone[1] + sum(x.got.messages for x in lines))

    # What a test does

    def cut(self) -> None:
        """Break all connections at once; what is on its way is lost."""
        for line in (*self._lines.values(), *self._ghosts):
            if not line.over:
                line.real.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            line.close()

    def speak(self) -> None:
        """The network works again: what was said meanwhile arrives late."""
        self.silent = False
        for line in (*self._lines.values(), *self._ghosts):
            line.push()
        for ghost in self._ghosts:
            self._forget(ghost)
        self._ghosts.clear()

    def work(self) -> None:
        """Let bytes cross; while the network is silent what comes waits out of the program's sight."""
        for line in (*self._lines.values(), *self._ghosts):
            if not self.silent:
                line.push()
            line.pull()

    @property
    def shakes_hands(self) -> bool:
        """Whether a connection is not ready and something is on its way that it waits for."""
        return not self.silent and any(line.shakes_hands() for line in self._lines.values())

    def wait(self) -> None:
        """Wait a little for something to come."""
        reading = [line.real for line in (*self._lines.values(), *self._ghosts) if not line.over]
        if reading:
            select.select(reading, [], [], _REST_S)

    def close_all(self) -> None:
        for line in (*self._lines.values(), *self._ghosts):
            line.close()
        self._lines.clear()
        self._ghosts.clear()

    def _forget(self, line: _Line) -> None:
        self._gone = (self._gone[0] + line.sent.messages, self._gone[1] + line.got.messages)
        line.close()

    # The socket functions

    def connect(self, handle: int, host: str, port: int, timeout_ms: int) -> bool:
        if self.refusing or self.silent:
            return False
        try:
            real = socket.create_connection((host, port), timeout_ms / 1_000)
        except OSError:
            return False
        real.setblocking(False)
        real.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._lines[handle] = _Line(real)
        return True

    def is_connected(self, handle: int) -> bool:
        line = self._lines[handle]
        return not line.over or bool(line.inbound)

    def readable(self, handle: int) -> int:
        line = self._lines[handle]
        if self.silent:
            return 0
        line.pull()
        return len(line.inbound) or (-1 if line.over else 0)

    def writable(self, handle: int) -> bool:
        return not self._lines[handle].over

    def read(self, handle: int, size: int, timeout_ms: int) -> bytes | int:
        del timeout_ms  # the program reads no more than is there
        line = self._lines[handle]
        if self.silent:
            return b""
        if not line.inbound and line.over:
            return -1
        data = bytes(line.inbound[:size])
        del line.inbound[:size]
        return data

    def send(self, handle: int, data: bytes) -> int:
        line = self._lines[handle]
        if line.over:
            return -1
        line.outbound += data
        if not self.silent:
            line.push()
        return len(data)

    def close(self, handle: int) -> None:
        line = self._lines.pop(handle)
        if self.silent and not line.over:
            self._ghosts.append(line)
        else:
            line.push()
            self._forget(line)
