"""
The session in MQL5 against a ROUTER: logon, numbers, resume and resend, epochs.
"""

from collections.abc import Callable
from typing import Any

import zmq
from tests.mql5.conftest import (
    EPOCH,
    READY,
    START_MS,
    VOLATILE,
    Life,
    Server,
    hands_off,
)
from tests.mql5.curve import SECURED

from dtms.names import Role
from dtms.wire.codec import FLAG_DUP
from dtms.wire.messages import (
    Credit,
    HandsOff,
    Heartbeat,
    Logon,
    ModifyPosition,
    RoleChanged,
    TestRequest,
)
from mql5host.sockets import SocketModel

pytestmark = SECURED


def test_the_first_frame_is_a_logon_that_says_how_far_the_session_is(context: zmq.Context[Any], dial: Callable[..., Life]) -> None:
    server = Server(context)
    dial(server, HighestEpoch=3)

    frame, logon = server.next(Logon)

    assert (frame.seq, frame.ack, frame.epoch, frame.mono_ms, frame.flags) == (0, 0, 0, START_MS, 0)
    assert (logon.protocol_min, logon.protocol_max) == (1, 1)
    assert logon.nonce == frame.session != 0
    assert (logon.highest_seq_seen, logon.highest_epoch_seen) == (0, 3)


def test_two_instances_of_the_same_moment_have_different_sessions(context: zmq.Context[Any], dial: Callable[..., Life]) -> None:
    server = Server(context)
    nonces = set()
    for number in range(10):
        dial(server, Instance=f"chart {number}")
        nonces.add(server.next(Logon)[1].nonce)

    assert len(nonces) == 10


def test_nothing_is_sent_before_the_logon_is_answered(context: zmq.Context[Any], dial: Callable[..., Life]) -> None:
    server = Server(context)
    terminal = dial(server)
    server.next(Logon)

    terminal.say("too early")
    terminal.program.chart_event(VOLATILE, lparam=1)
    terminal.advance(3_000)

    assert terminal.printed == ["not kept too early", "not sent"]
    assert server.frames == []


def test_nobody_is_dialed_before_the_terminal_is_ready(context: zmq.Context[Any], dial: Callable[..., Life]) -> None:
    server = Server(context)
    terminal = dial(server)
    terminal.program.chart_event(READY, lparam=0)
    terminal.advance(1_000)
    assert terminal.program.open_sockets == 0

    terminal.program.chart_event(READY, lparam=1)

    server.next(Logon)


def test_a_second_init_without_unloading_begins_another_session(link: tuple[Life, Server]) -> None:
    # MetaTrader does so when the chart's symbol or period changes; globals keep their values.
    terminal, server = link
    nonce = server.nonce
    terminal.say("of the life before")

    assert terminal.program.init() == 0
    server.dialed_again()

    _, logon = server.next(Logon)
    assert logon.nonce != nonce
    assert logon.highest_seq_seen == 0
    assert terminal.program.open_sockets == 1


def test_a_tick_dials_nobody(context: zmq.Context[Any], dial: Callable[..., Life]) -> None:
    terminal = dial(Server(context))

    terminal.program.tick()
    assert terminal.program.open_sockets == 0

    terminal.program.timer()
    assert terminal.program.open_sockets == 1


def test_durable_messages_are_numbered_and_each_frame_acknowledges(link: tuple[Life, Server]) -> None:
    terminal, server = link
    server.send(hands_off("a"))
    server.send(hands_off("b"))
    terminal.until(lambda: "heard b" in terminal.printed)

    terminal.say("one")
    terminal.say("two")

    one, two = server.next(HandsOff), server.next(HandsOff)
    assert [(f.seq, f.ack, f.epoch, f.flags, m.by) for f, m in (one, two)] == [(2, 2, EPOCH, 0, "one"), (3, 2, EPOCH, 0, "two")]
    assert [line for line in terminal.printed if line.startswith("heard")] == ["heard a", "heard b"]


def test_a_role_that_is_sent_again_is_older_than_the_answer_to_the_logon(link: tuple[Life, Server]) -> None:
    terminal, server = link
    server.send(RoleChanged(role=Role.FEED), flags=FLAG_DUP)
    server.send(TestRequest(test_id=77))
    while server.next(Heartbeat)[1].test_id != 77:
        pass

    assert terminal.status()["role"] == str(int(Role.MANAGER))


def test_the_role_is_that_of_the_bridge_and_may_change(link: tuple[Life, Server]) -> None:
    terminal, server = link
    assert terminal.status()["role"] == str(int(Role.MANAGER))

    server.send(RoleChanged(role=Role.FEED))

    terminal.until(lambda: terminal.status()["role"] == str(int(Role.FEED)))
    assert f"message {RoleChanged.TYPE} of epoch {EPOCH}" in terminal.printed


def lose(terminal: Life, server: Server, context: zmq.Context[Any]) -> Server:
    """The connection breaks; a ROUTER comes back on the same port and knows how far the old one was."""
    server.close()
    terminal.servers.remove(server)
    terminal.until(lambda: terminal.status()["up"] == "0")
    back = Server(context, terminal, server.port)
    back.seq, back.ack = server.seq, server.ack
    return back


def test_a_resumed_session_sends_again_what_the_bridge_lacks(link: tuple[Life, Server], context: zmq.Context[Any]) -> None:
    terminal, server = link
    server.send(hands_off("a"))
    terminal.until(lambda: "heard a" in terminal.printed)
    terminal.say("two")
    server.next(HandsOff)
    server = lose(terminal, server, context)
    terminal.say("three")
    terminal.advance(400)

    _, logon = server.next(Logon)
    assert (logon.highest_seq_seen, logon.highest_epoch_seen) == (1, EPOCH)
    server.accept(resume=True, seen=1)

    two, three = server.next(HandsOff), server.next(HandsOff)
    assert (two[0].seq, two[0].flags, two[1].by) == (2, FLAG_DUP, "two")
    assert (three[0].seq, three[0].flags, three[1].by) == (3, 0, "three")
    assert "accepted resume=1" in terminal.printed
    assert terminal.printed.count("accepted resume=0") == 1


def test_a_resent_frame_of_the_bridge_is_applied_once(link: tuple[Life, Server], context: zmq.Context[Any]) -> None:
    terminal, server = link
    server.send(hands_off("a"))
    terminal.until(lambda: "heard a" in terminal.printed)
    server = lose(terminal, server, context)
    terminal.advance(400)
    server.log_on(resume=True, seen=1)

    server.send(hands_off("a"), seq=1, flags=FLAG_DUP)
    server.send(hands_off("b"), seq=2)
    terminal.until(lambda: "heard b" in terminal.printed)

    assert terminal.printed.count("heard a") == 1
    assert terminal.status()["duplicates"] == "1"


def test_a_restarted_bridge_begins_anew(link: tuple[Life, Server], context: zmq.Context[Any]) -> None:
    terminal, server = link
    server.send(hands_off("old"))
    terminal.until(lambda: "heard old" in terminal.printed)
    terminal.say("two")
    server = lose(terminal, server, context)
    terminal.say("of the session before")
    terminal.advance(400)
    _, logon = server.next(Logon)
    server.epoch = EPOCH + 1

    server.accept()

    frame, first = server.next(HandsOff)
    assert (frame.seq, frame.epoch, frame.flags, first.by) == (1, EPOCH + 1, 0, "snapshot")
    assert frame.session == logon.nonce
    assert not any(isinstance(f.body, HandsOff) for f in server.frames)
    assert terminal.status()["highest"] == str(EPOCH + 1)
    server.send(hands_off("number one of the next epoch"), seq=1)
    terminal.until(lambda: "heard number one of the next epoch" in terminal.printed)


def test_a_bridge_that_wants_what_is_gone_gets_a_fresh_session(link: tuple[Life, Server], context: zmq.Context[Any]) -> None:
    terminal, server = link
    nonce = server.nonce
    server = lose(terminal, server, context)
    terminal.advance(400)
    server.next(Logon)

    server.accept(resume=True, seen=99)
    server.dialed_again()

    _, logon = server.next(Logon)
    assert logon.nonce != nonce
    assert logon.highest_seq_seen == 0


def test_more_than_can_be_kept_ends_the_session(context: zmq.Context[Any], dial: Callable[..., Life]) -> None:
    server = Server(context)
    terminal = dial(server, KeptFrames=4)
    nonce = server.log_on().nonce
    server.ack = 0

    for number in range(5):
        terminal.say(f"{number}")
    assert terminal.printed[-2:] == ["not kept 3", "not kept 4"]
    terminal.advance(400)

    _, logon = server.next(Logon)
    assert logon.nonce != nonce
    server.accept()
    server.next(HandsOff)
    assert terminal.printed[-1] == "accepted resume=0"


def test_acknowledged_frames_make_room(context: zmq.Context[Any], dial: Callable[..., Life]) -> None:
    server = Server(context)
    terminal = dial(server, KeptFrames=4)
    server.log_on()
    for number in range(50):
        terminal.say(f"{number}")
        server.next(HandsOff)
        server.send(Credit(tick_seq=0))
        terminal.until(lambda: f"message {Credit.TYPE} of epoch {EPOCH}" in terminal.printed)
        terminal.printed.remove(f"message {Credit.TYPE} of epoch {EPOCH}")

    assert not any(line.startswith("not kept") for line in terminal.printed)


def test_a_long_resend_loses_nothing_and_no_heartbeat_waits_for_its_end(
    link: tuple[Life, Server], context: zmq.Context[Any]
) -> None:
    terminal, server = link
    server = lose(terminal, server, context)
    for number in range(1_900):  # about 1 MB
        terminal.say(f"{number:500}")
    server.dialed_again()
    server.next(Logon)
    server.accept(resume=True, seen=1)
    terminal.program.set_socket_model(SocketModel(send_limit=2_000))
    terminal.until(lambda: bool(server.frames))

    terminal.advance(1_000, step=100)
    terminal.until(lambda: any(isinstance(f.body, Heartbeat) for f in server.frames))
    before = len(server.frames)
    terminal.program.set_socket_model(SocketModel())
    terminal.until(lambda: sum(isinstance(f.body, HandsOff) for f in server.frames) == 1_900)

    assert before < 400
    assert [f.seq for f in server.frames if f.seq] == list(range(2, 1_902))
    terminal.until(lambda: terminal.status()["room"] == "1")


def modify() -> ModifyPosition:
    fields: dict[str, Any] = dict.fromkeys(ModifyPosition.FIELDS, 1)
    fields |= {name: 1.5 for name in fields if "stop" in name or "target" in name or "profit" in name}
    return ModifyPosition.model_validate(fields | {"command_id": EPOCH << 24 | 1})


def test_a_frame_of_another_session_is_dropped(link: tuple[Life, Server]) -> None:
    terminal, server = link

    server.send(hands_off("stray"), session=server.nonce ^ 1, seq=1)
    server.send(hands_off("ours"))
    terminal.until(lambda: "heard ours" in terminal.printed)

    assert "heard stray" not in terminal.printed
    assert terminal.status()["dropped"] == "1"


def test_of_an_earlier_epoch_only_commands_reach_the_handler(link: tuple[Life, Server]) -> None:
    terminal, server = link

    server.send(hands_off("late"), seq=7, epoch=EPOCH - 1)
    server.send(modify(), seq=8, epoch=EPOCH - 1)
    server.send(hands_off("in time"))
    terminal.until(lambda: "heard in time" in terminal.printed)

    assert "heard late" not in terminal.printed
    assert f"message {ModifyPosition.TYPE} of epoch {EPOCH - 1}" in terminal.printed


def test_a_bridge_of_an_epoch_that_is_over_is_left(context: zmq.Context[Any], dial: Callable[..., Life]) -> None:
    old, new = Server(context), Server(context)
    terminal = dial(old, new, HighestEpoch=EPOCH)
    old.epoch = EPOCH - 1
    old.next(Logon)

    old.accept()
    terminal.until(lambda: "waiting" in terminal.status()["state"])
    terminal.advance(300)

    new.log_on()
    assert terminal.printed[0] == "accepted resume=0"
    assert terminal.status()["epoch"] == str(EPOCH)
