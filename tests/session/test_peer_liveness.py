"""Heartbeats, silence, pauses and farewells of one connection (R08, R25)."""

from itertools import pairwise

import pytest
from tests.session.joined import Joined, ends, frame_of, sent

from dtms.errors import LinkLost
from dtms.names import LogoutWhy, OnSilence
from dtms.session.events import (
    End,
    LinkBack,
    LinkEnded,
    LinkSilent,
)
from dtms.session.states import State
from dtms.settings import LinkSettings
from dtms.wire.codec import decode
from dtms.wire.messages import (
    Credit,
    Heartbeat,
    Logout,
    Message,
    TestRequest,
    Ticks,
)


def test_r25_heartbeats_go_out_on_schedule_whatever_else_was_sent() -> None:
    joined = Joined().up()
    joined.peer.take_outgoing()
    for _ in range(10):
        joined.terminal.beat(joined.now)
        joined.gather()
        while joined.to_bridge:
            joined.deliver_to_bridge(joined.to_bridge.popleft())
        joined.peer.send(Credit(tick_seq=0), joined.now)
        joined.pass_time(470, step=47)
    joined.to_terminal.extend(joined.peer.take_outgoing())
    beats = [f.mono_ms for f in map(decode, joined.to_terminal) if isinstance(f.body, Heartbeat)]

    assert len(beats) == 5
    assert all(950 <= later - earlier <= 1_050 for earlier, later in pairwise(beats))


def test_r25_silence_is_tested_once_and_then_the_link_is_down() -> None:
    joined = Joined().up()
    joined.pass_time(2_400)
    assert not [m for m in sent(joined) if isinstance(m, TestRequest)]
    joined.pass_time(2_500)
    assert len([m for m in sent(joined) if isinstance(m, TestRequest)]) == 1
    assert joined.stands(State.UP)
    joined.pass_time(200)

    assert [type(e) for e in joined.events] == [LinkSilent]
    assert joined.stands(State.SILENT)


def test_r25_any_frame_ends_silence_and_a_silent_link_comes_back() -> None:
    joined = Joined().up()
    joined.pass_time(6_000)
    joined.terminal.beat(joined.now)
    joined.settle()

    assert [type(e) for e in joined.events][:3] == [LinkSilent, LinkBack, Heartbeat]
    assert joined.stands(State.UP)


def test_r25_a_test_request_is_answered_at_once_with_its_number() -> None:
    joined = Joined().up()
    joined.peer.take_outgoing()
    joined.deliver_to_bridge(frame_of(joined, TestRequest(test_id=42)))
    answer = sent(joined)[0]

    assert isinstance(answer, Heartbeat)
    assert answer.test_id == 42


def test_r25_a_pause_of_our_own_is_not_the_peers_silence() -> None:
    joined = Joined().up()
    joined.pass_time(60_000, step=60_000)
    assert joined.stands(State.UP)
    joined.pass_time(4_900)
    assert joined.stands(State.UP)
    joined.pass_time(200)
    assert joined.stands(State.SILENT)


def test_r25_a_terminal_that_says_it_will_block_is_waited_for_but_not_for_ever() -> None:
    joined = Joined(LinkSettings(busy_cap_ms=20_000)).up()
    joined.deliver_to_bridge(frame_of(joined, decode_beat(joined, 10_000)))
    joined.pass_time(14_900)
    assert joined.stands(State.UP)
    joined.pass_time(200)
    assert joined.stands(State.SILENT)
    joined.deliver_to_bridge(frame_of(joined, decode_beat(joined, 4_000_000)))
    joined.pass_time(25_200)
    assert joined.stands(State.SILENT)


def test_r25_the_next_heartbeat_ends_the_time_for_which_a_terminal_said_it_would_block() -> None:
    joined = Joined().up()
    joined.deliver_to_bridge(frame_of(joined, decode_beat(joined, 50_000)))
    joined.pass_time(1_000)
    joined.deliver_to_bridge(frame_of(joined, decode_beat(joined, 0)))
    joined.pass_time(4_900)
    assert joined.stands(State.UP)
    joined.pass_time(200)

    assert joined.stands(State.SILENT)


def decode_beat(joined: Joined, busy_ms: int) -> Message | Ticks:
    joined.terminal.beat(joined.now, busy_ms=busy_ms)
    return decode(joined.terminal.out.pop()).body


def test_r08_a_logout_ends_connection_and_session() -> None:
    joined = Joined().up()
    joined.deliver_to_bridge(frame_of(joined, Logout(why=LogoutWhy.REMOVED, plan=OnSilence.HOLD)))

    assert ends(joined) == [LinkEnded(End.LOGOUT, "removed", session_over=True, farewell=LogoutWhy.REMOVED)]


def test_r08_after_our_own_logout_nothing_is_sent() -> None:
    joined = Joined().up()
    joined.peer.logout(LogoutWhy.SHUTDOWN, OnSilence.HOLD, joined.now)

    assert sent(joined)[-1] == Logout(why=LogoutWhy.SHUTDOWN, plan=OnSilence.HOLD)
    with pytest.raises(LinkLost):
        joined.peer.send(TestRequest(test_id=1), joined.now)
    joined.pass_time(3_000)
    assert sent(joined) == []
