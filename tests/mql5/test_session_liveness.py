"""
Heartbeats, silence and pauses of a session in MQL5 (R25).
"""

from collections.abc import Callable
from typing import Any

import zmq
from tests.mql5.conftest import BUSY, EPOCH, START_MS, Life, Server, beat, hands_off, keep_alive

from dtms.wire.messages import Credit, Heartbeat, Logon, TestRequest


def test_heartbeats_keep_their_schedule_on_a_coarse_timer(link: tuple[Life, Server]) -> None:
    terminal, server = link

    keep_alive(terminal, server, 10_000, step=16)

    terminal.until(lambda: sum(isinstance(f.body, Heartbeat) for f in server.frames) >= 10)
    times = [f.mono_ms - START_MS for f in server.frames if isinstance(f.body, Heartbeat)]
    assert len(times) == 10
    assert all(0 <= at - 1_000 * (n + 1) < 16 + 16 for n, at in enumerate(times)), times


def test_a_pause_makes_no_burst_of_heartbeats(link: tuple[Life, Server]) -> None:
    terminal, server = link

    terminal.advance(4_300, step=4_300)
    terminal.until(lambda: any(isinstance(f.body, Heartbeat) for f in server.frames))
    terminal.advance(400)

    assert len([f for f in server.frames if isinstance(f.body, Heartbeat)]) == 1
    terminal.advance(400)
    assert server.next(Heartbeat)
    assert server.next(Heartbeat)[0].mono_ms == START_MS + 5_000


def test_a_heartbeat_says_what_was_sent(link: tuple[Life, Server]) -> None:
    terminal, server = link
    terminal.say("two")

    terminal.advance(1_000)

    _, heartbeat = server.next(Heartbeat)
    assert (heartbeat.highest_seq_sent, heartbeat.tick_seq, heartbeat.busy_ms, heartbeat.test_id) == (2, 77, 0, None)


def test_silence_is_asked_about_once_and_then_ends_the_link(link: tuple[Life, Server]) -> None:
    terminal, server = link

    terminal.advance(2_490)
    assert not any(isinstance(f.body, TestRequest) for f in server.frames)
    terminal.advance(20)
    frame, _ = server.next(TestRequest)
    assert frame.mono_ms == START_MS + 2_500
    terminal.advance(2_480)
    assert terminal.status()["up"] == "1"
    terminal.advance(20)

    assert terminal.status()["up"] == "0"
    assert terminal.printed[-1] == "down silent"
    assert not any(isinstance(f.body, TestRequest) for f in server.frames)


def test_any_frame_ends_silence(link: tuple[Life, Server]) -> None:
    terminal, server = link
    for _ in range(5):
        terminal.advance(2_400)
        server.send(Credit(tick_seq=0))
        terminal.until(lambda: f"message {Credit.TYPE} of epoch {EPOCH}" in terminal.printed)
        terminal.printed.clear()

    assert terminal.status()["up"] == "1"
    assert not any(isinstance(f.body, TestRequest) for f in server.frames)


def test_each_silence_is_asked_about_anew(link: tuple[Life, Server]) -> None:
    terminal, server = link
    for _ in range(3):
        terminal.advance(2_600)
        server.next(TestRequest)
        server.send(beat())
        terminal.until(lambda: f"message {Heartbeat.TYPE} of epoch {EPOCH}" in terminal.printed)
        terminal.printed.clear()


def test_a_test_request_is_answered_at_once(link: tuple[Life, Server]) -> None:
    _, server = link

    server.send(TestRequest(test_id=4_711))

    assert server.next(Heartbeat)[1].test_id == 4_711


def test_a_pause_of_our_own_is_no_silence_of_the_peer(link: tuple[Life, Server]) -> None:
    terminal, server = link
    terminal.advance(2_000)

    terminal.advance(60_000, step=60_000)  # the terminal slept

    assert terminal.status()["up"] == "1"
    terminal.advance(4_900)
    assert terminal.status()["up"] == "1"
    terminal.advance(200)
    assert terminal.status()["up"] == "0"
    assert server.frames


def test_a_pause_of_our_own_does_not_end_a_logon_under_way(context: zmq.Context[Any], dial: Callable[..., Life]) -> None:
    server = Server(context)
    terminal = dial(server)
    server.next(Logon)

    terminal.advance(60_000, step=60_000)

    server.accept()
    terminal.until(lambda: terminal.status()["up"] == "1")


def test_what_arrived_in_a_pause_is_read_before_silence_is_judged(link: tuple[Life, Server]) -> None:
    terminal, server = link
    server.send(hands_off("while asleep"))
    server.socket.poll(20)

    terminal.advance(60_000, step=60_000)
    terminal.until(lambda: "heard while asleep" in terminal.printed)

    assert terminal.status()["up"] == "1"


def test_a_busy_peer_is_waited_for(link: tuple[Life, Server]) -> None:
    terminal, server = link
    server.send(beat(busy_ms=10_000))
    terminal.until(lambda: f"message {Heartbeat.TYPE} of epoch {EPOCH}" in terminal.printed)

    terminal.advance(14_900)
    assert terminal.status()["up"] == "1"
    terminal.advance(200)

    assert terminal.status()["up"] == "0"


def test_a_peer_cannot_be_busy_for_ever(link: tuple[Life, Server]) -> None:
    terminal, server = link
    server.send(beat(busy_ms=2**32 - 1))
    terminal.until(lambda: f"message {Heartbeat.TYPE} of epoch {EPOCH}" in terminal.printed)

    terminal.advance(65_100, step=100)

    assert terminal.status()["up"] == "0"


def test_our_own_busy_time_is_told(link: tuple[Life, Server]) -> None:
    terminal, server = link

    terminal.program.chart_event(BUSY, lparam=45_000)

    assert server.next(Heartbeat)[1].busy_ms == 45_000
