"""
Farewells, refusals, and a list of several bridges, for a session in MQL5.
"""

import itertools
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest
import zmq
from tests.mql5.conftest import (
    EPOCH,
    LOGOUT,
    STATUS,
    Life,
    Server,
)
from tests.mql5.curve import SECURED

from dtms.names import LogoutWhy, OnSilence, RefuseWhy
from dtms.wire.messages import (
    Logon,
    LogonRefused,
    Logout,
    Subscribe,
)

pytestmark = SECURED


def test_a_logout_is_sent_before_the_connection_closes(link: tuple[Life, Server]) -> None:
    terminal, server = link
    terminal.say("last words")

    terminal.program.chart_event(LOGOUT, lparam=int(LogoutWhy.REMOVED))

    _, logout = server.next(Logout)
    assert (logout.why, logout.plan) == (LogoutWhy.REMOVED, OnSilence.HOLD)
    assert terminal.program.open_sockets == 0
    terminal.advance(20_000, step=100)
    assert terminal.program.open_sockets == 0


def test_a_bridge_that_takes_leave_is_heard(link: tuple[Life, Server]) -> None:
    terminal, server = link

    server.send(Logout(why=LogoutWhy.SHUTDOWN, plan=OnSilence.HOLD))

    terminal.until(lambda: "down the bridge has logged out" in terminal.printed)
    assert f"message {Logout.TYPE} of epoch {EPOCH}" in terminal.printed


def test_a_refusal_is_shown_and_respected(context: zmq.Context[Any], dial: Callable[..., Life]) -> None:
    server = Server(context)
    terminal = dial(server)
    server.next(Logon)

    server.send(LogonRefused(why=RefuseWhy.WRONG_ACCOUNT, detail="not this account", retry_s=60), epoch=0)
    terminal.until(lambda: "refused not this account" in terminal.printed)
    for _ in range(599):
        terminal.advance(100, step=100)
        assert terminal.program.open_sockets == 0
    terminal.advance(200)

    server.next(Logon)


def test_while_one_bridge_refuses_the_other_is_dialed(context: zmq.Context[Any], dial: Callable[..., Life]) -> None:
    first, second = Server(context), Server(context)
    terminal = dial(first, second)
    first.next(Logon)
    first.send(LogonRefused(why=RefuseWhy.NOT_READY, detail="not ready", retry_s=60), epoch=0)
    terminal.until(lambda: "refused not ready" in terminal.printed)

    terminal.advance(300)

    second.log_on()


def test_attempts_come_slower_and_slower(dial: Callable[..., Life], context: zmq.Context[Any]) -> None:
    # Each attempt shows as a change of the server whose turn it is.
    terminal = dial(free_port(), free_port())
    attempts: list[int] = []
    turn = terminal.status()["server"]
    while len(attempts) < 12:
        terminal.advance(10)
        if terminal.status()["server"] != turn:
            turn = terminal.status()["server"]
            attempts.append(terminal.now)

    waits = [b - a for a, b in itertools.pairwise(attempts)]
    bounds = [250, 500, 1_000, 2_000, 4_000, *[8_000] * 6]
    assert all(bound / 2 <= wait <= bound + 20 for wait, bound in zip(waits, bounds, strict=True)), waits
    assert len(set(waits[5:])) > 1


def free_port() -> int:
    with zmq.Context() as context, context.socket(zmq.ROUTER) as probe:
        return int(probe.bind_to_random_port("tcp://127.0.0.1"))


def test_a_dead_server_is_left_for_the_next(context: zmq.Context[Any], dial: Callable[..., Life]) -> None:
    server = Server(context)
    terminal = dial(free_port(), server)

    terminal.advance(300)

    server.log_on()
    assert terminal.status()["server"] == f"127.0.0.1:{server.port}"


def test_a_server_that_answers_no_logon_is_left_for_the_next(context: zmq.Context[Any], dial: Callable[..., Life]) -> None:
    mute, server = Server(context), Server(context)
    terminal = dial(mute, server)
    mute.next(Logon)

    terminal.advance(5_400)

    server.log_on()


STOPPED_BRIDGE = """
import zmq
socket = zmq.Context().socket(zmq.ROUTER)
print(socket.bind_to_random_port("tcp://127.0.0.1"), flush=True)
while True:
    socket.recv_multipart()
"""


def test_a_stopped_server_accepts_and_is_left_for_the_next(context: zmq.Context[Any], dial: Callable[..., Life]) -> None:
    if sys.platform == "win32":
        pytest.skip("no process can be stopped there")
    with subprocess.Popen([sys.executable, "-c", STOPPED_BRIDGE], stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            port = int(process.stdout.readline())
            os.kill(process.pid, signal.SIGSTOP)
            server = Server(context)
            terminal = dial(port, server)
            terminal.pump()
            assert terminal.program.open_sockets == 1  # its kernel took the connection
            terminal.advance(4_900)
            assert terminal.status()["server"] == f"127.0.0.1:{port}"

            terminal.advance(500)

            server.log_on()
        finally:
            process.kill()


def test_a_list_without_a_server_is_no_list(start: Callable[..., Any]) -> None:
    for listed, says in (
        ("", "no server"),
        ("localhost", "no host:port"),
        ("a:0", "a:0"),
        ("a:1,b:70000", "b:70000"),
        ("a:1x", "a:1x"),
    ):
        program, terminal = start("Session", {"Servers": listed})
        assert program.init() != 0
        assert says in terminal.printed[0]


def test_an_address_that_the_terminal_does_not_allow_is_explained(start: Callable[..., Any]) -> None:
    program, terminal = start("Session", {"Servers": "192.0.2.1:5557"})
    program.init()

    program.timer()

    program.chart_event(STATUS)
    assert "add 192.0.2.1 to the allowed list: Tools > Options > Expert Advisors" in terminal.fields()["error"]


def test_the_subscription_reaches_the_handler(link: tuple[Life, Server]) -> None:
    terminal, server = link

    server.send(Subscribe(symbols=["EURUSD"], timeframes=[1]))

    terminal.until(lambda: f"message {Subscribe.TYPE} of epoch {EPOCH}" in terminal.printed)
