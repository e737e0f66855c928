"""
For tests of CURVE: links of either security, a ROUTER behind a door, the echo program with a key file, and a wire tap between
them; all pumped by hand.
"""

import socket
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest
import zmq

from dtms.cli import keyfiles
from dtms.runtime import keys
from dtms.runtime.door import Door
from dtms.runtime.log import Log
from dtms.session.counts import LinkCounts
from mql5host.native import Program

PING, STATUS, DIAL = 1001, 1002, 1003
PATIENCE_S = 10.0
KEY_FILE = "dtms-ea.key"
Context = zmq.Context[zmq.Socket[bytes]]


def make_keys(folder: Path, *, name: str = "ea", service: str = "data", files: str = "Files") -> keys.Keys:
    """Make keys as `dtms keygen` does, the key file where the program finds it; return the service's."""
    keyfiles.make(name, folder / service, folder / files, replace=True)
    found = keys.load(keyfiles.SERVER_FILE, keyfiles.CLIENTS, folder / service)
    assert found is not None
    return found


@dataclass(frozen=True)
class Security:
    """What the two ends of a link need: nothing, or CURVE with keys below `folder`."""

    name: str
    folder: Path

    def inputs(self) -> dict[str, object]:
        """Of a program whose files are in `folder`/Files; each has a key file of its own."""
        if self.name == "NULL":
            return {}
        name = f"ea{len(list(self.folder.glob('Files/*.key')))}"
        make_keys(self.folder, name=name)
        return {"KeyFile": f"dtms-{name}.key"}

    @cached_property
    def keys(self) -> keys.KeyPair:
        """The server's; made on demand."""
        return make_keys(self.folder, name="nobody").server

    def context(self) -> "zmq.Context[Any]":
        """Sockets that it makes admit whoever knows the server's key."""
        context: zmq.Context[Any] = zmq.Context()
        if self.name != "NULL":
            context.setsockopt(zmq.CURVE_SERVER, 1)
            context.setsockopt(zmq.CURVE_SECRETKEY, self.keys.secret)
        return context


SECURED = pytest.mark.parametrize("security", ["NULL", "CURVE"], indirect=True)
"""A test, or all tests of a file, once without keys and once with them."""


def contents(path: Path) -> dict[str, str]:
    """A key file's lines by their names."""
    return dict(line.split(" ", 1) for line in path.read_text(encoding="ascii").splitlines())


class Guarded:
    """A ROUTER, or another kind, that admits known keys only; without keys anybody."""

    def __init__(self, service: keys.Keys | None, port: int = 0, *, kind: int = zmq.ROUTER, **options: int) -> None:
        self.context: Context = zmq.Context()
        self.counts = LinkCounts()
        self._log = Log(lambda *_: None)
        self.socket = self.context.socket(kind)
        self.socket.setsockopt(zmq.LINGER, 0)
        self.door = None if service is None else Door(self.context, service)
        if self.door is not None:
            self.door.guard(self.socket)
        for name, value in options.items():
            self.socket.setsockopt(getattr(zmq, name), value)
        self.port = port or self.socket.bind_to_random_port("tcp://127.0.0.1")
        if port:
            self.socket.bind(f"tcp://127.0.0.1:{port}")

    def pump(self, wait_ms: int = 0) -> bool:
        """Answer who may come in; whether a message is there."""
        if self.socket.closed:
            return False
        if self.door is not None:
            self.door.work(self.counts, self._log, 0)
        return bool(self.socket.poll(wait_ms))

    def close(self) -> None:
        if self.socket.closed:
            return
        if self.door is not None:
            self.door.close()
        self.socket.close()
        self.context.destroy(linger=0)


class Tap:
    """Between program and ROUTER; ``up`` and ``down`` may change what passes, frame by frame, the greeting being the first."""

    def __init__(self, port: int) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._listener.setblocking(False)
        self.port: int = self._listener.getsockname()[1]
        self._target = port
        self._sides: list[socket.socket] = []
        self._held = [b"", b""]
        self.seen: list[list[bytes]] = [[], []]
        self.up: Callable[[int, bytes], list[bytes]] = lambda _, frame: [frame]
        self.down: Callable[[int, bytes], list[bytes]] = lambda _, frame: [frame]

    def pump(self) -> None:
        try:
            client, _ = self._listener.accept()
        except BlockingIOError:
            pass
        else:
            self._hang_up()
            server = socket.create_connection(("127.0.0.1", self._target))
            self._sides = [client, server]
            for side in self._sides:
                side.setblocking(False)
        for way in range(len(self._sides)):
            self._carry(way)

    def _carry(self, way: int) -> None:
        if len(self._sides) < 2:
            return
        try:
            data = self._sides[way].recv(65_536)
        except BlockingIOError:
            return
        except ConnectionError:
            data = b""
        if not data:
            self._hang_up()
            return
        self._held[way] += data
        for frame in self._frames(way):
            self.seen[way].append(frame)
            for out in (self.up, self.down)[way](len(self.seen[way]) - 1, frame):
                self._sides[1 - way].sendall(out)

    def _frames(self, way: int) -> list[bytes]:
        frames: list[bytes] = []
        held = self._held[way]
        while (size := self._next(held, greeting=not self.seen[way] and not frames)) and len(held) >= size:
            frames.append(held[:size])
            held = held[size:]
        self._held[way] = held
        return frames

    @staticmethod
    def _next(held: bytes, *, greeting: bool) -> int:
        if greeting:
            return 64
        if len(held) < 2 or (held[0] & 2 and len(held) < 9):
            return 0
        return 9 + int.from_bytes(held[1:9], "big") if held[0] & 2 else 2 + held[1]

    def _hang_up(self) -> None:
        for side in self._sides:
            side.close()
        self._sides = []
        self._held = [b"", b""]
        self.seen = [[], []]

    @property
    def connected(self) -> bool:
        return bool(self._sides)

    def close(self) -> None:
        self._hang_up()
        self._listener.close()


class Echo:
    """The echo program and who it has dialed."""

    def __init__(self, program: Program, terminal: Any, router: Guarded, tap: Tap | None = None) -> None:
        self.program = program
        self.terminal = terminal
        self.router = router
        self.tap = tap
        self.identity = b""

    def status(self) -> dict[str, str]:
        self.program.chart_event(STATUS)
        fields: dict[str, str] = self.terminal.fields()
        return fields

    def pump(self) -> bool:
        self.program.timer()
        if self.tap is not None:
            self.tap.pump()
        return self.router.pump(1)

    def until(self, done: Callable[[], object]) -> None:
        end = time.monotonic() + PATIENCE_S
        while not done():
            assert time.monotonic() < end, self.status()
            self.pump()

    def receive(self) -> bytes:
        self.until(lambda: self.router.socket.poll(0))
        self.identity, message = self.router.socket.recv_multipart()
        return message

    def send(self, *parts: bytes) -> None:
        self.router.socket.send_multipart([self.identity, *parts])

    def dial(self) -> None:
        """Begin the next connection and let it come up."""
        self.program.chart_event(DIAL)
        assert self.receive() == b"hello"

    def refused(self) -> str:
        """Wait for the end of the connection; why it ended. The ROUTER must not have heard anything."""
        self.until(lambda: self.status()["open"] == "0")
        assert self.router.socket.poll(0) == 0
        return self.status()["error"]
