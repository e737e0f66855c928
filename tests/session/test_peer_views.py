"""What a connection makes of snapshots, digests and clocks (R13, R15, R21, R28)."""

from tests.session.joined import Joined, frame_of, sent
from tests.session.made import OFFSET_S, SERVER_MS, position, tick
from tests.session.terminal_side import TerminalSide

from dtms.session.events import (
    DigestDiffers,
    OffsetChanged,
    SnapshotArrived,
    SnapshotUnusable,
)
from dtms.settings import LinkSettings
from dtms.wire.codec import decode
from dtms.wire.messages import (
    ClockOffset,
    Heartbeat,
    PositionChanged,
    PositionOpened,
    SnapshotRequest,
    TestRequest,
    Ticks,
)


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
    joined.terminal.snapshot(joined.now, part_size=2)
    joined.gather()
    joined.deliver_to_bridge(joined.to_bridge.popleft())
    joined.dial()
    joined.settle()

    arrived = [e for e in joined.events if isinstance(e, SnapshotArrived)]
    assert joined.resumed[-1]
    assert [len(e.positions) for e in arrived] == [5]
    assert len([m for m in joined.terminal.received if isinstance(m, SnapshotRequest)]) == 1


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


def test_r28_a_change_is_one_event_however_often_it_is_told() -> None:
    joined = Joined().up()
    joined.terminal.say(ClockOffset(ts_event=SERVER_MS, utc_offset_s=10_800, before_s=OFFSET_S), joined.now)
    joined.terminal.utc_offset_s = 10_800
    for _ in range(5):
        joined.terminal.beat(joined.now)
    joined.dial()
    joined.settle()
    joined.terminal.beat(joined.now)
    joined.settle()

    assert joined.resumed == [False, True]
    assert [event for event in joined.events if isinstance(event, OffsetChanged)] == [OffsetChanged(OFFSET_S, 10_800)]


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
