"""
CURVE in MQL5 against libzmq: who is let in, and what a frame that was touched on its way leads to.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from tests.mql5.curve import KEY_FILE, PING, Echo, Guarded, Tap, contents, make_keys

from dtms.runtime.keys import Keys
from mql5host.sockets import SocketModel

# Places in the tap's list of frames, both ways: greeting, HELLO and WELCOME, INITIATE and READY, then messages.
HANDSHAKE, MESSAGES = 2, 3


@pytest.fixture
def service(tmp_path: Path) -> Keys:
    return make_keys(tmp_path)


@pytest.fixture
def connect(start: Callable[..., Any]) -> Iterator[Callable[..., Echo]]:
    """Dial a ROUTER with keys, or what else is wanted; through a wire tap if wanted."""
    with ExitStack() as stack:

        def _connect(
            service: Keys | None,
            *,
            tapped: bool = False,
            key_file: str = KEY_FILE,
            touch: Callable[[Tap], None] | None = None,
            sockets: SocketModel | None = None,
            **options: int,
        ) -> Echo:
            router = Guarded(service, **options)
            stack.callback(router.close)
            tap = None
            if tapped or touch is not None:
                tap = Tap(router.port)
                stack.callback(tap.close)
                if touch is not None:
                    touch(tap)
            port = router.port if tap is None else tap.port
            program, terminal = start("Echo", {"Port": port, "KeyFile": key_file}, sockets=sockets)
            assert program.init() == 0
            return Echo(program, terminal, router, tap)

        yield _connect


def test_a_ping_is_answered_and_ours_is_answered_within_the_encryption(connect: Callable[..., Echo], service: Keys) -> None:
    echo = connect(service, tapped=True, HEARTBEAT_IVL=50, HEARTBEAT_TIMEOUT=150)
    assert echo.receive() == b"hello"
    echo.program.chart_event(PING)

    echo.until(lambda: int(echo.status()["pings"]) >= 5 and echo.status()["pongs"] == "1")

    assert echo.tap is not None
    assert not any(word in frame for way in echo.tap.seen for frame in way for word in (b"PING", b"PONG"))


def test_the_wire_shows_neither_text_nor_keys(connect: Callable[..., Echo], service: Keys, tmp_path: Path) -> None:
    echo = connect(service, tapped=True)
    echo.receive()
    echo.send(b"a secret of some length")
    assert echo.receive() == b"a secret of some length"

    assert echo.tap is not None
    passed = b"".join(frame for way in echo.tap.seen for frame in way)
    assert b"hello" not in passed
    assert b"secret" not in passed
    names = contents(tmp_path / "Files" / KEY_FILE)
    assert not any(bytes.fromhex(names[name]) in passed for name in ("client", "secret", "seed", "server"))


def test_a_server_that_comes_back_with_its_keys_is_taken_again(connect: Callable[..., Echo], service: Keys) -> None:
    echo = connect(service)
    assert echo.receive() == b"hello"
    port = echo.router.port
    echo.router.close()
    echo.router = Guarded(service, port=port)
    echo.until(lambda: echo.status()["open"] == "0")

    echo.dial()
    echo.send(b"again")

    assert echo.receive() == b"again"
    echo.router.close()


def test_an_unknown_client_key_is_refused_counted_and_told(connect: Callable[..., Echo], service: Keys) -> None:
    (service.clients / "ea.key").unlink()

    echo = connect(service)

    assert "does not know the client key of dtms-ea.key" in echo.refused()
    echo.until(lambda: echo.router.counts.refused_keys == 1)


def test_a_client_key_that_is_put_there_is_known_at_the_next_connection(connect: Callable[..., Echo], service: Keys) -> None:
    public = service.clients / "ea.key"
    text = public.read_bytes()
    public.unlink()
    echo = connect(service)
    echo.refused()

    public.write_bytes(text)

    echo.dial()


def test_another_server_key_is_refused_by_the_server_it_is_not(connect: Callable[..., Echo], service: Keys, tmp_path: Path) -> None:
    other = make_keys(tmp_path, service="other", files="elsewhere")

    echo = connect(other)

    assert "server key is not that of the key file dtms-ea.key" in echo.refused()
    echo.until(lambda: echo.router.counts.refused_keys == 1)


def test_a_server_without_keys_is_not_spoken_to(connect: Callable[..., Echo], service: Keys) -> None:
    echo = connect(None)

    assert "a bridge that has no keys" in echo.refused()


def test_a_client_without_keys_is_refused_and_told_what_is_missing(connect: Callable[..., Echo], service: Keys) -> None:
    echo = connect(service, key_file="")

    assert "name a key file in the input KeyFile" in echo.refused()
    echo.until(lambda: echo.router.counts.refused_keys == 1)


Touch = Callable[[list[bytes]], list[bytes]]


def at(place: int, change: Callable[[bytes], list[bytes]]) -> Callable[[int, bytes], list[bytes]]:
    """What to do with the frame at a place; the others pass."""
    return lambda index, frame: change(frame) if index == place else [frame]


def flipped(frame: bytes, place: int) -> list[bytes]:
    changed = bytearray(frame)
    changed[place] ^= 1
    return [bytes(changed)]


def cut(frame: bytes) -> list[bytes]:
    """The frame without its last byte, its size set accordingly."""
    return [bytes([frame[0], frame[1] - 1]) + frame[2:-1]]


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda frame: [frame, frame], id="sent-twice"),
        pytest.param(cut, id="shortened"),
        pytest.param(lambda frame: [bytes([frame[0], frame[1] + 1]) + frame[2:] + b"\0"], id="lengthened"),
        pytest.param(lambda frame: flipped(frame, 3), id="name-altered"),
        pytest.param(lambda frame: flipped(frame, 17), id="nonce-altered"),
        pytest.param(lambda frame: flipped(frame, 18), id="tag-altered"),
        pytest.param(lambda frame: flipped(frame, 34), id="flags-altered"),
        pytest.param(lambda frame: flipped(frame, -1), id="text-altered"),
        pytest.param(lambda _: [b"\0\x05plain"], id="replaced-by-plain-text"),
        pytest.param(lambda frame: [b"\x04\x05\x04PING", frame], id="a-plain-command-put-in"),
    ],
)
def test_a_frame_of_the_server_that_was_touched_ends_the_session(
    connect: Callable[..., Echo], service: Keys, change: Callable[[bytes], list[bytes]]
) -> None:
    def touch(tap: Tap) -> None:
        tap.down = at(MESSAGES, change)

    echo = connect(service, touch=touch)
    assert echo.receive() == b"hello"

    echo.send(b"touched")
    echo.until(lambda: echo.status()["open"] == "0")

    assert "not the bridge's: forged, altered or sent again" in echo.status()["error"]


def test_frames_of_the_server_in_another_order_end_the_session(connect: Callable[..., Echo], service: Keys) -> None:
    held: list[bytes] = []

    def down(index: int, frame: bytes) -> list[bytes]:
        if index == MESSAGES:
            held.append(frame)
            return []
        return [frame, *held] if index == MESSAGES + 1 else [frame]

    def touch(tap: Tap) -> None:
        tap.down = down

    echo = connect(service, touch=touch)
    assert echo.receive() == b"hello"
    echo.send(b"first")
    echo.send(b"second")

    echo.until(lambda: echo.status()["open"] == "0")

    assert "sent again" in echo.status()["error"]


def test_a_frame_of_an_earlier_connection_is_not_taken_in_a_later_one(connect: Callable[..., Echo], service: Keys) -> None:
    echo = connect(service, tapped=True)
    assert echo.receive() == b"hello"
    echo.send(b"pay 100")
    assert echo.receive() == b"pay 100"
    assert echo.tap is not None
    recorded = echo.tap.seen[1][MESSAGES]

    echo.tap.down = at(MESSAGES, lambda _: [recorded])
    echo.dial()
    echo.send(b"pay 200")
    echo.until(lambda: echo.status()["open"] == "0")

    assert "not the bridge's" in echo.status()["error"]


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda frame: [frame, frame], id="sent-twice"),
        pytest.param(cut, id="shortened"),
        pytest.param(lambda frame: flipped(frame, -1), id="altered"),
    ],
)
def test_a_frame_of_ours_that_was_touched_ends_the_session_at_the_server(
    connect: Callable[..., Echo], service: Keys, change: Callable[[bytes], list[bytes]]
) -> None:
    def touch(tap: Tap) -> None:
        tap.up = at(MESSAGES + 1, change)

    echo = connect(service, touch=touch)
    assert echo.receive() == b"hello"
    echo.send(b"once")
    echo.until(lambda: echo.status()["open"] == "0")

    received = []
    while echo.router.socket.poll(0):
        received.append(echo.router.socket.recv_multipart()[1])
    assert received in ([], [b"once"])


@pytest.mark.parametrize("place", [1, HANDSHAKE], ids=["WELCOME", "READY"])
@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda frame: flipped(frame, -1), id="altered"),
        pytest.param(cut, id="shortened"),
        pytest.param(lambda frame: [frame, frame], id="sent-twice"),
        pytest.param(lambda _: [b"\x04\x06\x05READY"], id="replaced-by-an-open-READY"),
        pytest.param(lambda frame: [b"\0" + frame[1:]], id="as-a-message"),
        pytest.param(lambda _: [b"\x04\x0a\x05ERROR\xff400"], id="replaced-by-a-malformed-ERROR"),
    ],
)
def test_a_handshake_that_was_touched_comes_to_nothing(
    connect: Callable[..., Echo], service: Keys, place: int, change: Callable[[bytes], list[bytes]]
) -> None:
    def touch(tap: Tap) -> None:
        tap.down = at(place, change)

    echo = connect(service, touch=touch)

    echo.until(lambda: echo.status()["open"] == "0")
    assert echo.status()["error"] != ""


def test_the_flags_of_a_frame_s_head_are_anybody_s_word_and_change_nothing(connect: Callable[..., Echo], service: Keys) -> None:
    def touch(tap: Tap) -> None:
        tap.down = lambda index, frame: [bytes([frame[0] | 1]) + frame[1:]] if index >= MESSAGES else [frame]

    echo = connect(service, touch=touch)
    assert echo.receive() == b"hello"

    echo.send(b"of one part")

    assert echo.receive() == b"of one part"
    assert echo.status()["multiparts"] == "0"
