"""
The DEALER in MQL5 and strangers: greetings to the byte, refusals with a reason, a thousand hostile connections.
"""

import contextlib
import random
import socket
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from tests.mql5.curve import SECURED, Security
from tests.mql5.curve_server import CurveServer

PING, STATUS = 1001, 1002
PATIENCE_S = 10.0


def command(name: bytes, body: bytes) -> bytes:
    content = bytes([len(name)]) + name + body
    return bytes([4, len(content)]) + content


def prop(name: bytes, value: bytes) -> bytes:
    return bytes([len(name)]) + name + len(value).to_bytes(4, "big") + value


GREETING = b"\xff" + bytes(8) + b"\x7f\x03\x01" + b"NULL".ljust(20, b"\0") + b"\0" + bytes(31)
READY = command(b"READY", prop(b"Socket-Type", b"ROUTER") + prop(b"Identity", b""))


class Raw:
    """A listener of our own in place of a ROUTER, and the echo program that dials it."""

    def __init__(self, start: Callable[..., Any]) -> None:
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.program, self.terminal = start("Echo", {"Port": self.listener.getsockname()[1]})
        assert self.program.init() == 0
        self.peer, _ = self.listener.accept()
        self.peer.setblocking(False)
        self.received = b""

    def status(self) -> dict[str, str]:
        self.program.chart_event(STATUS)
        fields: dict[str, str] = self.terminal.fields()
        return fields

    def pump(self) -> None:
        self.program.timer()
        try:
            self.received += self.peer.recv(65_536)
        except BlockingIOError:
            return

    def until(self, done: Callable[[], bool]) -> None:
        end = time.monotonic() + PATIENCE_S
        while not done():
            assert time.monotonic() < end, self.status()
            self.pump()

    def close(self) -> None:
        self.peer.close()
        self.listener.close()


@pytest.fixture
def raw(start: Callable[..., Any]) -> Iterator[Raw]:
    made = Raw(start)
    yield made
    made.close()


def test_our_greeting_and_ready_are_those_of_the_rfc(raw: Raw) -> None:
    raw.peer.sendall(GREETING)
    raw.until(lambda: len(raw.received) >= 64 + 2 + 6 + 22 + 29)

    assert raw.received[:64] == GREETING
    assert raw.received[64:66] == bytes([4, 6 + 22 + 29])
    assert raw.received[66:].startswith(b"\x05READY" + prop(b"Socket-Type", b"DEALER") + b"\x08Identity\x00\x00\x00\x10")


def test_a_peer_of_zmtp_3_0_is_welcome_and_is_sent_no_ping(raw: Raw) -> None:
    raw.peer.sendall(GREETING[:11] + b"\0" + GREETING[12:] + READY.replace(b"Socket-Type", b"socket-type"))
    raw.until(lambda: raw.received.endswith(b"\0\x05hello"))
    raw.program.chart_event(PING)
    raw.peer.sendall(b"\0\x04back")

    raw.until(lambda: raw.received.endswith(b"\0\x04back"))

    assert b"PING" not in raw.received


def test_a_pong_carries_the_context_of_the_ping(raw: Raw) -> None:
    raw.peer.sendall(GREETING + READY + command(b"PING", b"\0\x0a" + b"context of 16 by"))

    raw.until(lambda: raw.received.endswith(command(b"PONG", b"context of 16 by")))


def test_subscriptions_and_unknown_commands_mean_nothing(raw: Raw) -> None:
    raw.peer.sendall(
        GREETING + READY + command(b"SUBSCRIBE", b"x") + command(b"CANCEL", b"x") + command(b"WHAT", b"") + b"\0\x02ok"
    )

    raw.until(lambda: raw.received.endswith(b"\0\x02ok"))


@pytest.mark.parametrize(
    ("says", "bytes_sent"),
    [
        ("does not speak ZeroMQ", b"HTTP/1.1 400 Bad Request\r\n\r\n"),
        ("does not speak ZeroMQ", b"\xff" + bytes(8) + b"\x01"),
        ("speaks ZMTP 1", b"\xff" + bytes(8) + b"\x7f\x01"),
        ("another security mechanism", GREETING.replace(b"NULL", b"PLAI")),
        ("another security mechanism", GREETING.replace(b"NULL\0", b"NULLS")),
        ("no ROUTER but", GREETING + command(b"READY", prop(b"Socket-Type", b"PUB"))),
        ('no ROUTER but ""', GREETING + command(b"READY", b"")),
        ("malformed READY", GREETING + command(b"READY", b"\x0bSocket-Type\x00\x00\x00\x07ROUTER")),
        ("malformed READY", GREETING + command(b"READY", b"\xff")),
        ("malformed READY", GREETING + command(b"READY", b"\x01A\xff\xff\xff\xff")),
        ("refused the connection: no room", GREETING + command(b"ERROR", b"\x07no room")),
        ("refused the connection", GREETING + command(b"ERROR", b"\xffno room")),
        ("unexpected command", GREETING + command(b"HELLO", b"")),
        ("unexpected command", GREETING + b"\x04\x00"),
        ("before the end of the handshake", GREETING + b"\0\x01a"),
        ("malformed ZMTP frame", GREETING + READY + b"\x08\x00"),
        ("malformed ZMTP frame", GREETING + READY + b"\x05\x00"),
        ("too large", GREETING + b"\x06" + b"\x7f" * 8),
        ("too large", GREETING + READY + b"\x06\x00\x00\x00\x00\x00\x01\x00\x00"),
        ("reports an error: late", GREETING + READY + command(b"ERROR", b"\x04late")),
    ],
)
def test_a_stranger_is_refused_with_a_reason(raw: Raw, says: str, bytes_sent: bytes) -> None:
    raw.peer.sendall(bytes_sent)

    raw.until(lambda: raw.status()["open"] == "0")

    assert says in raw.status()["error"]


def test_a_frame_that_announces_sixteen_exabytes_costs_nothing(raw: Raw) -> None:
    raw.peer.sendall(GREETING + READY + b"\x02" + b"\xff" * 8)

    raw.until(lambda: raw.status()["too_large"] == "1")


def test_pings_of_a_peer_that_reads_nothing_do_not_pile_up(raw: Raw) -> None:
    raw.peer.sendall(GREETING + READY)
    raw.until(lambda: raw.status()["ready"] == "1")
    flood = command(b"PING", b"\0\x0a" + bytes(16)) * 2_000
    for _ in range(1_000):
        with contextlib.suppress(BlockingIOError):
            raw.peer.send(flood)
        raw.program.timer()
        if int(raw.status()["queued"]) > 2_000_000:
            break

    for _ in range(20):  # and as many again: nothing more is taken in
        with contextlib.suppress(BlockingIOError):
            raw.peer.send(flood)
        raw.program.timer()

    assert 2_000_000 < int(raw.status()["queued"]) <= 2_097_152


def _resident_bytes() -> int:
    if sys.platform != "linux":
        pytest.skip("reads /proc")
    with open("/proc/self/statm", encoding="ascii") as file:  # noqa: PTH123
        return int(file.read().split()[1]) * 4096


@dataclass
class Talk:
    """What is still to be said to a client, how many bytes at a time, and what follows upon what it says."""

    rest: bytearray
    pace: int
    answer: Callable[[bytes], bytes] = lambda _: b""


class Hostile:
    """A server that answers each connection with something else, and some of it slowly."""

    def __init__(self, seed: int, security: Security) -> None:
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.listener.setblocking(False)
        self.port = int(self.listener.getsockname()[1])
        self.rng = random.Random(seed)
        self.noise = self.rng.randbytes(300_000)
        self.security = security
        self.greeting = GREETING.replace(b"NULL\0", security.name.encode().ljust(5, b"\0"))
        self.open: dict[socket.socket, Talk] = {}
        self.met = 0

    def step(self) -> None:
        while True:
            try:
                peer, _ = self.listener.accept()
            except BlockingIOError:
                break
            peer.setblocking(False)
            self.met += 1
            self.open[peer] = self.talk(self.met)
            if not self.open[peer].rest:
                self.drop(peer)
        for peer in list(self.open):
            self.feed(peer)

    def feed(self, peer: socket.socket) -> None:
        talk = self.open[peer]
        try:
            with contextlib.suppress(BlockingIOError):
                talk.rest += talk.answer(peer.recv(65_536))
            with contextlib.suppress(BlockingIOError):
                del talk.rest[: peer.send(talk.rest[: talk.pace])]
        except OSError:
            self.drop(peer)
            return
        if not talk.rest and self.rng.random() < 0.1:
            self.drop(peer)

    def drop(self, peer: socket.socket) -> None:
        del self.open[peer]
        peer.close()

    def talk(self, number: int) -> Talk:
        pace = self.rng.choice([1, 7, 100, 100_000])
        openings = self.openings()
        if self.security.name == "NULL" or number % 2:
            return Talk(bytearray(openings[number // 2 % len(openings)]), pace)
        server, at = CurveServer(self.security.keys, self.rng), self.rng.randrange(3)

        def answer(heard: bytes) -> bytes:
            """Honest up to some stage, then anything."""
            before = server.stage
            honest = server.hear(heard)
            if server.stage == before:
                return b""
            if server.stage - 1 == at:
                return self.rng.choice(self.handshakes(server, honest))
            return honest if at < 2 or server.stage == 1 else honest + self.rng.choice(self.messages(server))

        return Talk(bytearray(self.greeting), pace, answer)

    def openings(self) -> list[bytes]:
        """What is said to whoever comes."""
        rng, greeting = self.rng, self.greeting[: self.rng.randrange(64)]
        ready = self.greeting + READY
        return [
            b"",
            rng.randbytes(rng.randrange(1, 400)),
            greeting,
            greeting + rng.randbytes(40),
            GREETING.replace(b"NULL", b"CURV"),
            self.greeting + rng.randbytes(200),
            ready + rng.randbytes(200),
            ready + b"\x02" + rng.randbytes(8),
            self.greeting + b"\x06" + rng.randbytes(8),
            ready + (b"\x01\x40" + bytes(64)) * 2_000,  # a message that never ends
            self.greeting + command(b"READY", prop(b"X-A", b"y") * 20) * 50,
            ready + bytes([rng.randrange(8), rng.randrange(256)]) * 200,
            ready + (b"\x04\x00" * 5_000),
            ready + b"\x02" + (1_048_576).to_bytes(8, "big") + self.noise,
        ]

    def handshakes(self, server: CurveServer, honest: bytes) -> list[bytes]:
        """In place of WELCOME or READY."""
        rng, at = self.rng, self.rng.randrange(len(honest))
        return [
            honest[:at] + rng.randbytes(1) + honest[at + 1 :],
            honest * 2,
            honest[:at] + rng.randbytes(100),
            command(b"WELCOME", rng.randbytes(160)),
            server.welcome(rng.randbytes(rng.choice([0, 31, 127, 128]))),
            server.welcome(bytes(128)),  # a key that shares one secret with everybody
            server.ready(rng.randbytes(rng.randrange(100))),
            server.ready(prop(b"X-A", b"y") * 20),
            command(b"ERROR", b"\x03400"),
        ]

    def messages(self, server: CurveServer) -> list[bytes]:
        """Behind a handshake in order."""
        rng, once = self.rng, server.message(b"once")
        return [
            b"\0\x05plain",
            once + once,
            once[:-1] + b"\0",
            b"".join(server.message(bytes(64), 1) for _ in range(100)),  # a message that never ends
            b"".join(server.message(b"\x04PING\0\x0a" + bytes(16), 2) for _ in range(100)),
            b"".join(server.message(rng.randbytes(rng.randrange(50)), 2) for _ in range(100)),
            server.message(b"", rng.randrange(256)) * 2,
            command(b"MESSAGE", rng.randbytes(40)),
            server.message(self.noise) + b"\x02" + (1_048_576 + 33).to_bytes(8, "big") + self.noise,
            b"\x02" + (1_048_576 + 34).to_bytes(8, "big"),
        ]

    def close(self) -> None:
        for peer in list(self.open):
            self.drop(peer)
        self.listener.close()


@SECURED
def test_a_thousand_hostile_connections_do_no_harm(start: Callable[..., Any], security: Security) -> None:
    server = Hostile(5, security)
    program, terminal = start("Hostile", {"Port": server.port, "Total": 1_000, "PatienceMs": 100}, clock_ms=0)
    program.init()
    before = _resident_bytes()
    rounds, end = 0, time.monotonic() + 100

    def status() -> dict[str, int]:
        program.chart_event(STATUS)
        return {name: int(value) for name, value in terminal.fields().items()}

    while (now := status())["refused"] + now["silent"] < 1_000:
        assert time.monotonic() < end, now
        rounds += 1
        program.set_clock_ms(rounds)  # each has so many rounds' patience, on a slow machine too
        program.timer()
        server.step()
    grown = _resident_bytes() - before
    server.close()

    assert server.met == 1_000
    assert now["refused"] > 400
    assert now["silent"] > 100
    assert now["ready"] > 20  # came past the handshake: about 330 without keys, about 50 with them
    assert program.open_sockets == 0
    assert grown < 64_000_000  # 32 dealers, each with at most one frame and its queue
