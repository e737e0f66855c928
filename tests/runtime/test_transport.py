"""The socket by itself: shape of messages, peers that are gone or do not read, a port that is taken."""

import os
import sys
from collections.abc import Iterator

import pytest
import zmq

from dtms.errors import LinkLost, PortTaken, StartError
from dtms.names import RejectWhy
from dtms.runtime.holder import holder_of
from dtms.runtime.transport import Arrival, Router

Context = zmq.Context[zmq.Socket[bytes]]


@pytest.fixture
def context() -> Iterator[Context]:
    made: Context = zmq.Context()
    yield made
    made.destroy(linger=0)


@pytest.fixture
def router(context: Context) -> Iterator[Router]:
    made = Router(context)
    made.bind("tcp://127.0.0.1:*")
    yield made
    made.close()


@pytest.fixture
def dealer(context: Context, router: Router) -> Iterator["zmq.Socket[bytes]"]:
    socket = context.socket(zmq.DEALER)
    socket.set(zmq.LINGER, 0)
    socket.set(zmq.IDENTITY, b"\x01abc")
    socket.connect(router.address)
    yield socket
    socket.close()


def arrival(router: Router) -> Arrival:
    assert router.socket.poll(5_000)
    arrived = router.receive()
    assert arrived is not None
    return arrived


def test_the_address_says_the_port_that_the_system_gave(router: Router) -> None:
    assert router.address.startswith("tcp://127.0.0.1:")
    assert int(router.address.rpartition(":")[2]) > 0


def test_a_frame_comes_with_its_sender_and_an_answer_goes_back(dealer: "zmq.Socket[bytes]", router: Router) -> None:
    dealer.send(b"one")
    arrived = arrival(router)
    router.send(arrived.identity, b"two")

    assert arrived == (b"\x01abc", b"one", None)
    assert dealer.recv() == b"two"
    assert router.receive() is None


def test_several_parts_are_read_to_the_end_and_handed_on_as_bad(dealer: "zmq.Socket[bytes]", router: Router) -> None:
    dealer.send_multipart([b"a", b"b", b"c"])
    dealer.send(b"next")
    first, second = arrival(router), arrival(router)

    assert first.fault is not None
    assert first.fault.why is RejectWhy.MULTIPART
    assert second == (b"\x01abc", b"next", None)


def test_a_peer_that_is_not_there_is_lost(router: Router) -> None:
    with pytest.raises(LinkLost, match="gone"):
        router.send(b"\x01nobody", b"x")


def test_a_peer_that_does_not_read_is_lost_and_no_queue_grows(dealer: "zmq.Socket[bytes]", router: Router) -> None:
    dealer.send(b"here")
    identity = arrival(router).identity
    sent: list[int] = []

    def send_without_end() -> None:
        while len(sent) < 100_000:
            router.send(identity, bytes(60_000))
            sent.append(1)

    with pytest.raises(LinkLost, match="read"):
        send_without_end()
    assert len(sent) < 20_000


def test_a_taken_port_names_who_holds_it(context: Context, router: Router) -> None:
    other = Router(context)
    try:
        with pytest.raises(PortTaken) as caught:
            other.bind(router.address)
    finally:
        other.close()

    assert router.address in str(caught.value)
    if sys.platform == "linux":
        assert f"process {os.getpid()}" in str(caught.value)


def test_an_address_that_cannot_be_bound_is_a_failed_start(context: Context) -> None:
    router = Router(context)
    try:
        with pytest.raises(StartError, match=r"203\.0\.113\.1"):
            router.bind("tcp://203.0.113.1:5557")
    finally:
        router.close()


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_of_a_port_that_nobody_holds_nobody_is_named() -> None:
    assert holder_of(1) is None
