"""Sockets as the terminal has them, against real connections of this machine and against a network of the test's own."""

# ruff: noqa: ARG002 - a stand-in has the parameters of what it stands for

import select
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from mql5host.native import Program
from mql5host.sockets import SocketModel

from .conftest import Load, PlainTerminal

Do = Callable[..., str]
NEVER = SocketModel(speculative_every=0)


@pytest.fixture
def server() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield listening


@pytest.fixture
def start(load: Load, terminal: PlainTerminal, server: socket.socket) -> Callable[..., tuple[Program, Do]]:
    def started(model: SocketModel = NEVER, **settings: object) -> tuple[Program, Do]:
        port = server.getsockname()[1]
        program = load(Path("sockets.mq5"), inputs={"InpPort": str(port)}, sockets=model, **settings)

        def do(command: str, number: int = 0) -> str:
            program.chart_event(0, number, sparam=command)
            return terminal.lines[-1]

        return program, do

    return started


Start = Callable[..., tuple[Program, Do]]


def connected(do: Do, server: socket.socket) -> socket.socket:
    assert do("create") == "create 1 0"
    assert do("connect") == "connect 1 0"
    peer, _ = server.accept()
    return peer


def wait_readable(peer: socket.socket) -> None:
    assert select.select([peer], [], [], 2)[0]


def test_bytes_go_both_ways(start: Start, server: socket.socket) -> None:
    _, do = start()
    with connected(do, server) as peer:
        assert do("send", 5) == "send 5 0"
        wait_readable(peer)
        assert peer.recv(100) == b"\x07" * 5
        peer.sendall(b"\x01\x02\x03")
        assert do("readable") == "readable 3 0"
        assert do("read", 2) == "read 0102 2 0"
        assert do("read", 1) == "read 03 1 0"
        assert do("readable") == "readable 0 0"
        assert do("writable") == "writable 1 0"
        assert do("connected") == "connected 1 0"
        assert do("close") == "close 1 0"
        assert do("close") == "close 0 5270"


@pytest.mark.parametrize("allowed", [(), ("192.168.0.1",), ("127.0.0.1:1",)])
def test_an_address_that_is_not_listed_is_not_allowed(start: Start, allowed: tuple[str, ...]) -> None:
    _, do = start(allowed=allowed)
    do("create")

    assert do("connect") == "connect 0 4014"
    assert do("connected") == "connected 0 0"


@pytest.mark.parametrize("form", ["127.0.0.1", "127.0.0.1:{port}", "http://127.0.0.1:{port}"])
def test_an_address_may_be_listed_with_its_port_or_without(start: Start, server: socket.socket, form: str) -> None:
    _, do = start(allowed=(form.format(port=server.getsockname()[1]),))
    do("create")

    assert do("connect") == "connect 1 0"


def test_nobody_listening_is_cannot_connect(start: Start, server: socket.socket) -> None:
    _, do = start()
    server.close()
    do("create")

    assert do("connect") == "connect 0 5272"


def test_a_read_waits_for_the_whole_length_and_then_gives_what_there_is(start: Start, server: socket.socket) -> None:
    _, do = start()
    with connected(do, server) as peer:
        peer.sendall(b"\xaa\xbb")
        assert do("read", 10) == "read aabb 2 0"
        assert do("read", 10) == "read  -1 5273"
        assert do("connected") == "connected 1 0", "the end of the time is no end of the connection"
        peer.sendall(b"\xcc")
        assert do("read", 1) == "read cc 1 0"


def test_the_first_look_at_an_empty_buffer_may_report_a_byte_that_is_not_there(start: Start, server: socket.socket) -> None:
    _, do = start(SocketModel())
    with connected(do, server) as peer:
        assert do("readable") == "readable 1 0"
        assert do("read", 1) == "read  -1 5273"
        assert do("readable") == "readable 0 0"
        peer.sendall(b"\x09")
        assert do("readable") == "readable 1 0"
        assert do("read", 1) == "read 09 1 0"


def test_the_speculative_byte_can_come_again_and_again(start: Start, server: socket.socket) -> None:
    _, do = start(SocketModel(speculative_every=2))
    with connected(do, server):
        assert [do("readable") for _ in range(4)] == ["readable 1 0", "readable 0 0", "readable 1 0", "readable 0 0"]


def test_data_outlives_the_connection_and_is_read_in_pieces(start: Start, server: socket.socket) -> None:
    _, do = start()
    peer = connected(do, server)
    peer.sendall(b"\x01\x02\x03")
    peer.close()

    assert do("connected") == "connected 0 0"
    assert do("readable") == "readable 3 0"
    assert do("read", 3) == "read 010203 3 0"
    assert do("readable") == "readable 0 5273"
    assert do("send", 1) == "send -1 5273"
    assert do("connected") == "connected 0 0"


def test_asking_for_more_than_came_before_the_end_is_an_error_that_leaves_the_bytes_in_the_buffer(
    start: Start, server: socket.socket,
) -> None:  # fmt: skip
    _, do = start()
    peer = connected(do, server)
    do("send", 4)
    wait_readable(peer)
    peer.recv(100)
    peer.sendall(b"\x01\x02")
    peer.close()

    assert do("read", 4) == "read  -1 5273"
    assert do("left", 2) == "0102 2 0"


def test_limits_cut_reads_and_sends(start: Start, server: socket.socket) -> None:
    program, do = start(SocketModel(read_limit=2, send_limit=3, speculative_every=0))
    with connected(do, server) as peer:
        assert do("send", 10) == "send 3 0"
        peer.sendall(b"\x01\x02\x03\x04\x05")
        assert do("readable") == "readable 2 0"
        assert do("read", 5) == "read 0102 2 0"
        program.set_socket_model(NEVER)
        assert do("readable") == "readable 3 0"
        assert do("send", 10) == "send 10 0"


def test_a_peer_that_does_not_read_makes_a_send_partial_when_the_time_is_over(start: Start, server: socket.socket) -> None:
    _, do = start()
    with connected(do, server):
        assert do("timeouts", 30) == "timeouts 1 0"
        sent = [int(do("send", 64_000_000).split()[1]) for _ in range(2)]
        while sent[-1] > 0:  # the system's buffers may still grow a little
            sent.append(int(do("send", 64_000_000).split()[1]))
        assert 0 < sent[0] < 64_000_000
        assert do("connected") == "connected 1 0"


def test_a_program_has_128_sockets(start: Start) -> None:
    program, do = start()

    assert do("many") == "many 128 5271"
    assert program.open_sockets == 128


def test_closing_a_program_drops_its_connections(start: Start, server: socket.socket) -> None:
    program, do = start()
    with connected(do, server) as peer:
        program.close()
        wait_readable(peer)
        assert peer.recv(1) == b""


class Loop:
    """A network that gives back what is sent."""

    def __init__(self) -> None:
        self.calls: list[tuple[object, ...]] = []
        self.waiting = b""
        self.broken = False

    def connect(self, socket: int, host: str, port: int, timeout_ms: int) -> bool:
        self.calls.append(("connect", host, timeout_ms))
        return True

    def is_connected(self, socket: int) -> bool:
        return not self.broken

    def readable(self, socket: int) -> int:
        return -1 if self.broken and not self.waiting else len(self.waiting)

    def writable(self, socket: int) -> bool:
        return True

    def read(self, socket: int, size: int, timeout_ms: int) -> bytes | int:
        data, self.waiting = self.waiting[:size], self.waiting[size:]
        return data

    def send(self, socket: int, data: bytes) -> int:
        self.waiting += data[:4]
        return len(data[:4])

    def close(self, socket: int) -> None:
        self.calls.append(("close",))


def test_a_network_of_the_hosts_own_takes_the_place_of_the_systems(start: Start) -> None:
    loop = Loop()
    program, do = start(SocketModel(speculative_every=0, layer=loop))
    do("create")

    assert do("connect") == "connect 1 0"
    assert do("send", 6) == "send 4 0"
    assert do("readable") == "readable 4 0"
    assert do("read", 3) == "read 070707 3 0"
    assert do("writable") == "writable 1 0"
    loop.broken = True
    assert do("connected") == "connected 0 0"
    assert do("read", 1) == "read 07 1 0"
    assert do("readable") == "readable 0 5273"
    program.close()
    assert loop.calls == [("connect", "127.0.0.1", 1000), ("close",)]


def test_the_allow_list_holds_for_every_network(start: Start) -> None:
    loop = Loop()
    _, do = start(SocketModel(layer=loop))
    do("create")

    assert do("connect elsewhere") == "connect 0 4014"
    assert loop.calls == []
