"""One connection by the rules of the link; the rule's number stands in each test's name or docstring."""

import math

import pytest

from dtms.errors import LinkLost, WireError
from dtms.names import LogoutWhy, OnSilence, RejectWhy
from dtms.session.events import (
    DigestDiffers,
    End,
    HigherEpoch,
    LinkBack,
    LinkEnded,
    LinkSilent,
    OffsetChanged,
    PoisonAlarm,
    SnapshotArrived,
    SnapshotUnusable,
)
from dtms.session.states import State
from dtms.settings import LinkSettings
from dtms.wire.codec import Frame, decode, encode
from dtms.wire.messages import (
    ClockOffset,
    Credit,
    Heartbeat,
    Logout,
    Message,
    PositionChanged,
    PositionOpened,
    Reject,
    SnapshotRequest,
    Subscribe,
    TestRequest,
    Ticks,
)
from tests.session.joined import UTC, Joined
from tests.session.terminal_side import OFFSET_S, SERVER_MS, TerminalSide, position, tick


def frame_of(joined: Joined, message: Message | Ticks, seq: int = 0, **prefix: int) -> bytes:
    values = {"session": joined.terminal.nonce, "ack": 0, "epoch": joined.epoch, "mono_ms": 1, "flags": 0} | prefix
    return encode(Frame(seq=seq, body=message, **values))


def sent(joined: Joined) -> list[Message | Ticks]:
    return [decode(data).body for data in joined.peer.take_outgoing()]


def ends(joined: Joined) -> list[LinkEnded]:
    return [e for e in joined.events if isinstance(e, LinkEnded)]


# Logging on


def test_r05_a_logon_is_answered_and_the_terminal_starts_with_a_snapshot() -> None:
    joined = Joined(terminal=TerminalSide(positions={1: position()}))
    joined.dial()
    joined.settle()

    assert joined.terminal.accepted is not None
    assert joined.terminal.accepted.epoch == 3
    assert not joined.terminal.accepted.resume
    assert [e.positions[0].position_id for e in joined.events if isinstance(e, SnapshotArrived)] == [1]


def test_before_the_logon_a_bad_frame_only_drops_the_peer_and_is_counted() -> None:
    joined = Joined()
    events = joined.peer.receive(b"GET / HTTP/1.1", joined.now, UTC)

    assert [type(e) for e in events] == [LinkEnded]
    assert joined.peer.state is State.CLOSED
    assert joined.peer.take_outgoing() == []
    assert joined.counts.poison == 1
    assert not joined.poison.kept


def test_a_peer_that_speaks_before_its_logon_is_dropped() -> None:
    joined = Joined()
    joined.deliver_to_bridge(frame_of(joined, TestRequest(test_id=1)))

    assert joined.peer.state is State.CLOSED
    assert joined.counts.strangers == 1
    assert joined.peer.take_outgoing() == []


def test_a_logon_under_another_session_than_its_nonce_is_dropped() -> None:
    joined = Joined()
    joined.deliver_to_bridge(frame_of(joined, joined.terminal.logon(), session=5))

    assert joined.peer.state is State.CLOSED


# Numbering


def test_r12_the_next_number_is_applied_a_lower_one_dropped_and_a_higher_one_ends_the_connection() -> None:
    joined = Joined().up()
    first = frame_of(joined, PositionOpened(ts_event=SERVER_MS, position=position(1)), joined.session.seq_seen + 1)

    assert len(joined.deliver_to_bridge(first)) == 1
    assert joined.deliver_to_bridge(first) == []
    assert joined.counts.duplicates == 1
    joined.deliver_to_bridge(frame_of(joined, PositionOpened(ts_event=SERVER_MS, position=position(2)), joined.session.seq_seen + 2))
    assert ends(joined) == [LinkEnded(End.GAP, ends(joined)[0].detail, session_over=False)]
    refused = sent(joined)[-1]
    assert isinstance(refused, Reject)
    assert refused.why is RejectWhy.GAP
    assert joined.counts.gaps == 1
    assert not joined.poison.kept


def test_r10_quotes_have_their_own_numbers_repeated_ones_are_cut_off_and_a_hole_ends_the_connection() -> None:
    joined = Joined().up()
    joined.deliver_to_bridge(frame_of(joined, Ticks(2, (tick(1.1), tick(1.2)))))
    events = joined.deliver_to_bridge(frame_of(joined, Ticks(3, (tick(1.2), tick(1.3)))))
    assert isinstance(events[0], Ticks)
    assert [t.bid for t in events[0].ticks] == [1.3]
    assert joined.deliver_to_bridge(frame_of(joined, Ticks(3, (tick(1.2), tick(1.3))))) == []
    joined.deliver_to_bridge(frame_of(joined, Ticks(6, (tick(1.5),))))

    assert joined.peer.state is State.CLOSED
    assert joined.counts.gaps == 1


def test_r02_credit_follows_each_batch_and_at_the_latest_a_quarter_of_the_window() -> None:
    joined = Joined(LinkSettings(credit_window=8)).up()
    joined.deliver_to_bridge(frame_of(joined, Ticks(1, (tick(1.1),))))
    assert sent(joined) == []
    joined.deliver_to_bridge(frame_of(joined, Ticks(2, (tick(1.1),))))
    assert sent(joined) == [Credit(tick_seq=2)]
    joined.deliver_to_bridge(frame_of(joined, Ticks(3, (tick(1.1),))))
    joined.peer.end_batch(joined.now)
    joined.peer.end_batch(joined.now)
    assert sent(joined) == [Credit(tick_seq=3)]


def test_r11_after_a_reconnect_each_side_sends_again_what_the_other_has_not_seen() -> None:
    joined = Joined().up()
    joined.peer.send(Subscribe(symbols=["A"], timeframes=[]), joined.now)
    joined.settle()
    for name in ("B", "C"):
        joined.peer.send(Subscribe(symbols=[name], timeframes=[]), joined.now)
    joined.terminal.opened(position(1), joined.now)
    joined.terminal.quotes(joined.now, tick(1.1))
    joined.dial()  # all of it was on its way
    joined.settle()

    assert joined.resumed[-1]
    assert [m.symbols for m in joined.terminal.received if isinstance(m, Subscribe)] == [["A"], ["B"], ["C"]]
    assert [type(m) for m in joined.messages() if not isinstance(m, Heartbeat)] == [PositionOpened, Ticks]
    assert joined.counts.resent == 2


def test_r11_what_is_kept_no_more_makes_a_fresh_start_with_a_snapshot() -> None:
    joined = Joined(LinkSettings(keep_frames=2)).up()
    for number in range(4):
        joined.peer.send(Subscribe(symbols=[str(number)], timeframes=[]), joined.now)
    joined.dial()
    joined.settle()

    assert not joined.resumed[-1]
    assert [type(e) for e in joined.events if isinstance(e, SnapshotArrived)] == [SnapshotArrived]


def test_r06_frames_of_another_session_and_of_an_older_epoch_are_dropped_and_counted() -> None:
    joined = Joined().up()
    opened = PositionOpened(ts_event=SERVER_MS, position=position(1))

    assert joined.deliver_to_bridge(frame_of(joined, opened, joined.session.seq_seen + 1, session=1)) == []
    assert joined.deliver_to_bridge(frame_of(joined, opened, joined.session.seq_seen + 1, epoch=2)) == []
    assert joined.counts.misplaced == 2
    assert joined.peer.state is State.UP


def test_r23_a_higher_epoch_is_told() -> None:
    joined = Joined().up()

    assert joined.deliver_to_bridge(frame_of(joined, TestRequest(test_id=1), epoch=9)) == [HigherEpoch(9)]


def test_an_acknowledgement_of_what_was_never_sent_is_poison() -> None:
    joined = Joined().up()
    joined.deliver_to_bridge(frame_of(joined, TestRequest(test_id=1), ack=100))

    assert ends(joined)[0].why is End.POISON


# Liveness


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
    assert all(950 <= later - earlier <= 1_050 for earlier, later in zip(beats, beats[1:], strict=False))


def test_r25_silence_is_tested_once_and_then_the_link_is_down() -> None:
    joined = Joined().up()
    joined.pass_time(2_400)
    assert not [m for m in sent(joined) if isinstance(m, TestRequest)]
    joined.pass_time(2_500)
    assert len([m for m in sent(joined) if isinstance(m, TestRequest)]) == 1
    assert joined.peer.state is State.UP
    joined.pass_time(200)

    assert [type(e) for e in joined.events] == [LinkSilent]
    assert joined.peer.state is State.SILENT


def test_r25_any_frame_ends_silence_and_a_silent_link_comes_back() -> None:
    joined = Joined().up()
    joined.pass_time(6_000)
    joined.terminal.beat(joined.now)
    joined.settle()

    assert [type(e) for e in joined.events][:3] == [LinkSilent, LinkBack, Heartbeat]
    assert joined.peer.state is State.UP


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
    assert joined.peer.state is State.UP
    joined.pass_time(4_900)
    assert joined.peer.state is State.UP
    joined.pass_time(200)
    assert joined.peer.state is State.SILENT


def test_r25_a_terminal_that_says_it_will_block_is_waited_for_but_not_for_ever() -> None:
    joined = Joined(LinkSettings(busy_cap_ms=20_000)).up()
    joined.deliver_to_bridge(frame_of(joined, decode_beat(joined, 10_000)))
    joined.pass_time(14_900)
    assert joined.peer.state is State.UP
    joined.pass_time(200)
    assert joined.peer.state is State.SILENT
    joined.deliver_to_bridge(frame_of(joined, decode_beat(joined, 4_000_000)))
    joined.pass_time(25_200)
    assert joined.peer.state is State.SILENT


def decode_beat(joined: Joined, busy_ms: int) -> Message | Ticks:
    joined.terminal.beat(joined.now, busy_ms=busy_ms)
    return decode(joined.terminal.out.pop()).body


def test_r08_a_logout_ends_connection_and_session() -> None:
    joined = Joined().up()
    joined.deliver_to_bridge(frame_of(joined, Logout(why=LogoutWhy.REMOVED, plan=OnSilence.HOLD)))

    assert ends(joined) == [LinkEnded(End.LOGOUT, "removed", session_over=True)]


def test_r08_after_our_own_logout_nothing_is_sent() -> None:
    joined = Joined().up()
    joined.peer.logout(LogoutWhy.SHUTDOWN, OnSilence.HOLD, joined.now)

    assert sent(joined)[-1] == Logout(why=LogoutWhy.SHUTDOWN, plan=OnSilence.HOLD)
    with pytest.raises(LinkLost):
        joined.peer.send(TestRequest(test_id=1), joined.now)
    joined.pass_time(3_000)
    assert sent(joined) == []


# Poison

NAN_TICK = tick(1.1)._replace(bid=math.nan, low_bid=math.nan)
BAD = [
    pytest.param(lambda j: b"\xc1\xff", RejectWhy.MALFORMED, id="no-messagepack"),
    pytest.param(lambda j: frame_of(j, Ticks(1, (NAN_TICK,))), RejectWhy.BAD_VALUE, id="nan"),
    pytest.param(lambda j: frame_of(j, Subscribe(symbols=[], timeframes=[]), 1), RejectWhy.WRONG_DIRECTION, id="ours-to-send"),
    pytest.param(lambda j: frame_of(j, TestRequest(test_id=1), 1), RejectWhy.BAD_VALUE, id="volatile-with-number"),
    pytest.param(lambda j: frame_of(j, PositionOpened(ts_event=1, position=position())), RejectWhy.BAD_VALUE, id="durable-without"),
    pytest.param(lambda j: frame_of(j, Ticks(1, (tick(1.1),)), 4), RejectWhy.BAD_VALUE, id="quotes-with-number"),
    pytest.param(lambda j: frame_of(j, j.terminal.logon()), RejectWhy.BAD_VALUE, id="second-logon"),
    pytest.param(lambda j: bytes(1_048_577), RejectWhy.TOO_LARGE, id="too-large"),
]


@pytest.mark.parametrize(("make", "why"), BAD)
def test_r26_poison_is_kept_answered_and_ends_the_session(make: object, why: RejectWhy) -> None:
    joined = Joined().up()
    joined.peer.take_outgoing()
    data = make(joined)  # type: ignore[operator]
    joined.deliver_to_bridge(data)

    assert ends(joined)[0].why is End.POISON
    assert ends(joined)[0].session_over
    answer = sent(joined)[-1]
    assert isinstance(answer, Reject)
    assert answer.why is why
    assert joined.poison.kept[-1].data == data
    assert joined.counts.poison == 1
    assert joined.deliver_to_bridge(data) == []
    joined.dial()
    joined.settle()
    assert not joined.resumed[-1]


def test_r26_a_message_of_several_parts_is_poison_too() -> None:
    joined = Joined().up()
    joined.peer.receive_bad(WireError(RejectWhy.MULTIPART, "3 parts"), b"first", joined.now)

    assert joined.peer.state is State.CLOSED
    assert joined.poison.kept[-1].error.why is RejectWhy.MULTIPART


def test_r26_three_in_a_minute_raise_the_alarm() -> None:
    joined = Joined()
    for _ in range(3):
        joined.up()
        joined.deliver_to_bridge(b"?")

    assert [type(e) for e in joined.events] == [LinkEnded, PoisonAlarm]


def test_a_refusal_from_the_terminal_ends_the_connection() -> None:
    joined = Joined().up()
    joined.deliver_to_bridge(frame_of(joined, Reject(ref_seq=1, ref_type=10, why=RejectWhy.BAD_VALUE, detail="x")))

    assert ends(joined)[0].why is End.REJECTED
    assert joined.counts.rejects == 1


# Snapshots, digests, clocks


def test_r13_the_second_disagreement_in_a_row_asks_for_a_snapshot() -> None:
    joined = Joined(terminal=TerminalSide(positions={1: position()})).up()
    for lying in (True, False, True):
        joined.terminal.beat(joined.now, lying=lying)
        joined.settle()
    assert DigestDiffers() not in joined.events
    joined.terminal.beat(joined.now, lying=True)
    joined.settle()

    assert joined.events.count(DigestDiffers()) == 1
    assert len([m for m in joined.terminal.received if isinstance(m, SnapshotRequest)]) == 1
    assert isinstance(joined.events[-1], SnapshotArrived)


def test_r13_our_heartbeat_bears_the_same_digest_as_the_terminals() -> None:
    joined = Joined(terminal=TerminalSide(positions={1: position(), 2: position(2, stop_loss=None)})).up()
    joined.terminal.opened(position(3), joined.now)
    joined.terminal.changed(position(1, stop_loss=1.0995), joined.now)
    joined.terminal.closed(2, joined.now)
    joined.settle()
    joined.pass_time(1_000)
    joined.terminal.beat(joined.now)
    theirs = decode(joined.terminal.out.pop()).body
    ours = [m for m in sent(joined) if isinstance(m, Heartbeat)][-1]
    assert isinstance(theirs, Heartbeat)

    assert ours.digest == theirs.digest
    assert ours.digest is not None


def test_r15_while_a_snapshot_is_on_its_way_there_is_no_digest_and_it_is_asked_for_again() -> None:
    joined = Joined(LinkSettings(heartbeat_ms=10, test_after_ms=20, down_after_ms=3_000))
    joined.dial()
    joined.gather()
    joined.deliver_to_bridge(joined.to_bridge.popleft())
    joined.gather()  # accepted, but the terminal stays quiet about its positions
    joined.pass_time(100, step=10)
    assert all(m.digest is None for m in sent(joined) if isinstance(m, Heartbeat))
    for _ in range(31):
        joined.deliver_to_bridge(frame_of(joined, TestRequest(test_id=1)))
        joined.pass_time(100, step=10)

    assert [type(m) for m in sent(joined) if isinstance(m, SnapshotRequest)] == [SnapshotRequest]


def test_r15_a_snapshot_cut_by_a_broken_connection_is_asked_for_afresh() -> None:
    held = {n: position(n) for n in range(1, 6)}
    joined = Joined(terminal=TerminalSide(positions=held)).up()
    joined.peer.send(joined.session.ask_snapshot("test", joined.now), joined.now)
    joined.gather()
    joined.deliver_to_terminal(joined.to_terminal.popleft())
    joined.terminal.out.clear()
    joined.terminal.snapshot(joined.now, part_size=2)
    joined.gather()
    joined.deliver_to_bridge(joined.to_bridge.popleft())
    joined.dial()
    joined.settle()

    arrived = [e for e in joined.events if isinstance(e, SnapshotArrived)]
    assert joined.resumed[-1]
    assert len(arrived[-1].positions) == 5
    assert isinstance(joined.terminal.received[-1], (SnapshotRequest, Heartbeat))


def test_r15_not_ok_is_unknown_never_no_positions() -> None:
    joined = Joined(terminal=TerminalSide(positions={1: position()})).up()
    joined.terminal.snapshot(joined.now, ok=False)
    joined.settle()

    assert [type(e) for e in joined.events] == [SnapshotUnusable]
    assert not joined.session.view_known


def test_r28_times_become_utc_by_the_offset_that_the_terminal_measured() -> None:
    joined = Joined().up()
    joined.terminal.opened(position(1), joined.now)
    joined.terminal.quotes(joined.now, tick(1.1))
    joined.settle()
    opened, quotes = joined.messages()
    assert isinstance(opened, PositionOpened)
    assert isinstance(quotes, Ticks)

    assert opened.ts_event == opened.position.ts_open == quotes.ticks[0].ts_event == SERVER_MS - OFFSET_S * 1_000


def test_r28_an_offset_that_changes_is_told_and_counts_from_there_on() -> None:
    joined = Joined().up()
    joined.terminal.say(ClockOffset(ts_event=SERVER_MS, utc_offset_s=10_800, before_s=OFFSET_S), joined.now)
    joined.terminal.changed(position(1), joined.now)
    joined.settle()
    changed = joined.messages()[-1]
    assert isinstance(changed, PositionChanged)

    assert OffsetChanged(OFFSET_S, 10_800) in joined.events
    assert changed.ts_event == SERVER_MS - 10_800_000


def test_r28_with_an_unknown_offset_the_servers_time_is_kept_and_the_session_says_so() -> None:
    joined = Joined(terminal=TerminalSide(utc_offset_s=None)).up()
    joined.terminal.opened(position(1), joined.now)
    joined.settle()
    opened = joined.messages()[0]
    assert isinstance(opened, PositionOpened)

    assert opened.ts_event == SERVER_MS
    assert joined.session.offset_s is None


def test_r21_a_deadline_is_the_terminals_clock_early_by_the_way_and_never_late() -> None:
    joined = Joined().up()
    joined.deliver_to_bridge(frame_of(joined, TestRequest(test_id=1), mono_ms=777_000))
    joined.now += 300

    assert joined.session.deadline(joined.now, 3_000) == 780_300
