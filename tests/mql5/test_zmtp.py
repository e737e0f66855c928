"""
The DEALER in MQL5 against libzmq's ROUTER, with keys and without.
"""

import itertools
import random
import time
from collections.abc import Callable, Iterator
from typing import Any

import msgpack
import pytest
import zmq
from tests.mql5.curve import SECURED

from mql5host.native import Program
from mql5host.sockets import SocketModel

pytestmark = SECURED

PING, STATUS = 1001, 1002
PATIENCE_S = 10.0


@pytest.fixture
def router(context: zmq.Context[Any]) -> Iterator[zmq.Socket[bytes]]:
    bound = context.socket(zmq.ROUTER)
    bound.setsockopt(zmq.LINGER, 0)
    bound.setsockopt(zmq.SNDHWM, 0)
    bound.setsockopt(zmq.RCVHWM, 0)
    bound.setsockopt(zmq.ROUTER_MANDATORY, 1)
    yield bound
    bound.close()


def bind(router: zmq.Socket[bytes]) -> int:
    return int(router.bind_to_random_port("tcp://127.0.0.1"))


class Echo:
    """The echo program and the ROUTER it has dialed, in one thread."""

    def __init__(self, router: zmq.Socket[bytes], program: Program, terminal: Any) -> None:
        self.router = router
        self.program = program
        self.terminal = terminal
        self.identity = b""

    def status(self) -> dict[str, str]:
        self.program.chart_event(STATUS)
        fields: dict[str, str] = self.terminal.fields()
        return fields

    def until(self, done: Callable[[], bool]) -> None:
        end = time.monotonic() + PATIENCE_S
        while not done():
            assert time.monotonic() < end, self.status()
            self.program.timer()
            self.router.poll(1)

    def receive(self) -> bytes:
        self.until(lambda: bool(self.router.poll(0)))
        self.identity, message = self.router.recv_multipart()
        return message


@pytest.fixture
def echo(router: zmq.Socket[bytes], start: Callable[..., Any]) -> Callable[..., Echo]:
    def dial(
        *, documents: bool = False, sockets: SocketModel | None = None, before: Callable[[zmq.Socket[bytes]], None] | None = None
    ) -> Echo:
        if before is not None:
            before(router)
        program, terminal = start("Echo", {"Port": bind(router), "Documents": documents}, sockets=sockets)
        assert program.init() == 0
        made = Echo(router, program, terminal)
        assert made.receive() == b"hello"
        return made

    return dial


def send(echo: Echo, *parts: bytes) -> None:
    echo.router.send_multipart([echo.identity, *parts])


@pytest.mark.parametrize("size", [0, 1, 221, 222, 223, 254, 255, 256, 257, 65_535, 65_536, 1_048_576])
def test_a_message_of_any_size_comes_back_as_it_was(echo: Callable[..., Echo], size: int) -> None:
    made = echo()
    message = random.Random(size).randbytes(size)

    send(made, message)

    assert made.receive() == message


def test_each_connection_has_an_identity_of_its_own(start: Callable[..., Any], router: zmq.Socket[bytes]) -> None:
    port = bind(router)
    identities: set[bytes] = set()
    for _ in range(20):
        program, terminal = start("Echo", {"Port": port}, clock_ms=1_000)  # the clock stands still for all of them
        terminal.folder = f"C:\\Terminal {len(identities)}"
        program.init()
        made = Echo(router, program, terminal)
        made.receive()
        identities.add(made.identity)

    assert len(identities) == 20
    assert {len(identity) for identity in identities} == {16}
    assert all(identity[0] != 0 for identity in identities)


def random_document(rng: random.Random, depth: int = 0) -> object:
    kind = rng.randrange(7 if depth < 4 else 6)
    if kind == 6:
        return [
            random_document(rng, depth + 1) for _ in range(rng.choice([0, 1, 3, 15, 16, 20]) if depth < 2 else rng.randrange(4))
        ]
    if kind == 5:
        return "".join(rng.choice("abc\u00e9\u20ac\U0001f4b6") for _ in range(rng.choice([0, 1, 9, 31, 32, 100, 255, 256])))
    if kind == 4:
        return rng.choice([0.0, -0.0, 1.1, 5e-324, 1.7976931348623157e308, float("inf"), float("nan"), rng.gauss(0, 1e5)])
    if kind == 3:
        return -rng.getrandbits(rng.randrange(1, 64))
    if kind == 2:
        return rng.getrandbits(rng.randrange(1, 65))
    return [None, rng.random() < 0.5][kind]


def test_ten_thousand_documents_pass_through_tiny_reads_and_partial_sends(echo: Callable[..., Echo]) -> None:
    made = echo(documents=True, sockets=SocketModel(read_limit=7, send_limit=41, speculative_every=5_000))
    rng = random.Random(31)
    sent = [msgpack.packb(random_document(rng)) for _ in range(10_000)]
    back: list[bytes] = []
    waiting = iter(sent)
    while len(back) < len(sent):
        for message in itertools.islice(waiting, 100):
            send(made, message)
        made.program.timer()
        while made.router.poll(0):
            back.append(made.router.recv_multipart()[1])

    assert back == sent


def test_a_ping_of_the_peer_is_answered_and_ours_is_answered_by_it(echo: Callable[..., Echo]) -> None:
    def heartbeat(router: zmq.Socket[bytes]) -> None:
        router.setsockopt(zmq.HEARTBEAT_IVL, 50)
        router.setsockopt(zmq.HEARTBEAT_TIMEOUT, 150)

    made = echo(before=heartbeat)
    made.program.chart_event(PING)

    made.until(lambda: int(made.status()["pings"]) >= 5 and made.status()["pongs"] == "1")

    send(made, b"still there after five times the peer's interval")
    assert made.receive() == b"still there after five times the peer's interval"


def test_a_peer_that_is_not_pumped_is_left_by_libzmq(echo: Callable[..., Echo]) -> None:
    # The other side of the test above: without PONG the heartbeat does end the connection.
    def heartbeat(router: zmq.Socket[bytes]) -> None:
        router.setsockopt(zmq.HEARTBEAT_IVL, 30)
        router.setsockopt(zmq.HEARTBEAT_TIMEOUT, 60)

    made = echo(before=heartbeat)
    made.router.poll(300)

    made.until(lambda: made.status()["open"] == "0")
    assert "lost" in made.status()["error"]


def test_a_message_of_more_parts_is_told_once_and_dropped(echo: Callable[..., Echo]) -> None:
    made = echo()

    send(made, b"first", b"second", b"", b"fourth")
    send(made, b"single")

    assert made.receive() == b"single"
    assert made.status()["multiparts"] == "1"
    assert made.status()["multipart_size"] == "5"


def test_a_frame_above_one_mebibyte_is_not_taken_in(echo: Callable[..., Echo]) -> None:
    made = echo()

    send(made, bytes(1_048_577))

    made.until(lambda: made.status()["too_large"] == "1")


@pytest.mark.parametrize("kind", [zmq.DEALER, zmq.REP, zmq.PUB, zmq.PULL])
def test_a_peer_that_is_no_router_is_refused(start: Callable[..., Any], context: zmq.Context[Any], kind: int) -> None:
    with context.socket(kind) as peer:
        peer.setsockopt(zmq.LINGER, 0)
        program, terminal = start("Echo", {"Port": bind(peer)})
        program.init()
        made = Echo(peer, program, terminal)

        made.until(lambda: made.status()["open"] == "0")

        assert made.status()["ready"] == "0"
        assert made.status()["error"] != ""
