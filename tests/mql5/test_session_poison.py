"""
What a session in MQL5 does with frames that it does not understand (R26).
"""

from collections.abc import Callable
from typing import Any

import pytest
import zmq
from tests.mql5.conftest import (
    CONFIRM,
    EPOCH,
    Life,
    Server,
    accepted,
    beat,
    hands_off,
    keep_alive,
)
from tests.mql5.curve import SECURED

from dtms.names import RejectWhy
from dtms.wire.codec import Frame, encode
from dtms.wire.messages import (
    Body,
    HandsOff,
    Logon,
    Reject,
    Ticks,
)

pytestmark = SECURED


def poison(terminal: Life, server: Server, *parts: bytes) -> Reject:
    server.raw(*parts)
    _, reject = server.next(Reject)
    terminal.until(lambda: terminal.status()["up"] == "0")
    return reject


def frame_of(server: Server, body: Body, **numbers: int) -> bytes:
    values = {"session": server.nonce, "seq": 0, "ack": 0, "epoch": server.epoch, "mono_ms": 1, "flags": 0} | numbers
    return encode(Frame(body=body, **values))


def test_a_gap_is_rejected_and_ends_the_connection(link: tuple[Life, Server]) -> None:
    terminal, server = link

    reject = poison(terminal, server, frame_of(server, hands_off("third"), seq=3))

    assert (reject.why, reject.ref_seq, reject.ref_type) == (RejectWhy.GAP, 3, HandsOff.TYPE)
    assert "heard third" not in terminal.printed


def test_a_heartbeat_that_tells_of_a_lost_frame_is_a_gap(link: tuple[Life, Server]) -> None:
    terminal, server = link

    assert poison(terminal, server, frame_of(server, beat(highest_seq_sent=1))).why is RejectWhy.GAP


@pytest.mark.parametrize(
    ("why", "make"),
    [
        (RejectWhy.MALFORMED, lambda _: b"\xc1"),
        (RejectWhy.MALFORMED, lambda _: b""),
        (RejectWhy.MALFORMED, lambda server: frame_of(server, beat())[:-1]),
        (RejectWhy.MALFORMED, lambda server: frame_of(server, beat()) + b"\0"),
        (RejectWhy.BAD_VERSION, lambda server: b"\x99\x02" + frame_of(server, beat())[2:]),
        (RejectWhy.UNKNOWN_TYPE, lambda server: b"\x99\x01\x63" + frame_of(server, beat())[3:]),
        (RejectWhy.WRONG_DIRECTION, lambda server: frame_of(server, Ticks(tick_seq=0, ticks=()))),
        (RejectWhy.BAD_VALUE, lambda server: frame_of(server, hands_off("uncounted"))),
        (RejectWhy.BAD_VALUE, lambda server: frame_of(server, beat(), seq=1)),
        (RejectWhy.BAD_VALUE, lambda server: frame_of(server, beat(), ack=99)),
        (RejectWhy.BAD_VALUE, lambda server: frame_of(server, accepted())),
        (RejectWhy.BAD_VALUE, lambda server: frame_of(server, hands_off("x"), seq=1).replace(b"\x92\xc3", b"\x92\x03")),
        (RejectWhy.WRONG_EPOCH, lambda server: frame_of(server, beat(), epoch=EPOCH + 1)),
    ],
)
def test_a_bad_frame_is_rejected_and_kept(link: tuple[Life, Server], why: RejectWhy, make: Callable[[Server], bytes]) -> None:
    terminal, server = link
    frame = make(server)

    reject = poison(terminal, server, frame)

    assert reject.why is why
    assert terminal.status()["bad"] == "1"
    assert terminal.status()["bad_size"] == str(len(frame))
    assert any(line.startswith("down a bad frame") for line in terminal.printed)


def test_a_message_of_two_parts_is_rejected(link: tuple[Life, Server]) -> None:
    terminal, server = link

    assert poison(terminal, server, frame_of(server, beat()), b"more").why is RejectWhy.MULTIPART


def test_a_frame_above_one_mebibyte_is_rejected(link: tuple[Life, Server]) -> None:
    terminal, server = link

    assert poison(terminal, server, bytes(1_048_577)).why is RejectWhy.TOO_LARGE


def test_three_bad_frames_in_a_minute_are_an_alarm_until_it_is_confirmed(link: tuple[Life, Server]) -> None:
    terminal, server = link
    for _ in range(3):
        assert terminal.status()["alarm"] == ""
        poison(terminal, server, b"\xc1")
        server.dialed_again()
        server.log_on()
    assert "three bad frames" in terminal.status()["alarm"]

    terminal.program.chart_event(CONFIRM)

    assert terminal.status()["alarm"] == ""


def test_bad_frames_far_apart_are_no_alarm(link: tuple[Life, Server]) -> None:
    terminal, server = link
    for _ in range(5):
        poison(terminal, server, b"\xc1")
        server.dialed_again()
        server.log_on()
        keep_alive(terminal, server, 30_000, step=100)

    assert terminal.status()["alarm"] == ""


def test_before_the_logon_a_bad_frame_ends_the_connection_without_a_word(
    context: zmq.Context[Any], dial: Callable[..., Life]
) -> None:
    server = Server(context)
    terminal = dial(server)
    server.next(Logon)

    server.raw(b"\xc1")
    terminal.until(lambda: terminal.status()["bad"] == "1")
    terminal.advance(300)

    server.next(Logon)
    assert not any(isinstance(f.body, Reject) for f in server.frames)
    assert terminal.status()["alarm"] == ""


def test_a_rejecting_bridge_is_dialed_again(link: tuple[Life, Server]) -> None:
    terminal, server = link

    server.send(Reject(ref_seq=1, ref_type=12, why=RejectWhy.BAD_VALUE, detail="no such thing"))
    terminal.until(lambda: terminal.status()["up"] == "0")
    terminal.advance(300)

    server.next(Logon)
    assert "no such thing" in terminal.status()["error"]
