"""One connection by the rules of the link: logging on, numbers, sending again. The rule's number stands in the test's name."""

from tests.session.joined import UTC, Joined, ends, frame_of, sent
from tests.session.made import SERVER_MS, position, tick
from tests.session.terminal_side import TerminalSide

from dtms.names import RejectWhy
from dtms.session.events import (
    End,
    HigherEpoch,
    LinkEnded,
    SnapshotArrived,
)
from dtms.session.states import State
from dtms.settings import LinkSettings
from dtms.wire.messages import (
    Credit,
    Heartbeat,
    PositionOpened,
    Reject,
    Subscribe,
    TestRequest,
    Ticks,
)


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
    assert joined.stands(State.CLOSED)
    assert joined.peer.take_outgoing() == []
    assert joined.counts.poison == 1
    assert not joined.poison.kept


def test_a_peer_that_speaks_before_its_logon_is_dropped() -> None:
    joined = Joined()
    joined.deliver_to_bridge(frame_of(joined, TestRequest(test_id=1)))

    assert joined.stands(State.CLOSED)
    assert joined.counts.strangers == 1
    assert joined.peer.take_outgoing() == []


def test_a_logon_under_another_session_than_its_nonce_is_dropped() -> None:
    joined = Joined()
    joined.deliver_to_bridge(frame_of(joined, joined.terminal.logon(), session=5))

    assert joined.stands(State.CLOSED)


def test_r12_the_next_number_is_applied_a_lower_one_dropped_and_a_higher_one_ends_the_connection() -> None:
    joined = Joined().up()
    first = frame_of(joined, PositionOpened(ts_event=SERVER_MS, position=position(1)), joined.session.seq_seen + 1)

    assert len(joined.deliver_to_bridge(first)) == 1
    assert joined.deliver_to_bridge(first) == []
    assert joined.counts.duplicates == 1
    joined.deliver_to_bridge(
        frame_of(joined, PositionOpened(ts_event=SERVER_MS, position=position(2)), joined.session.seq_seen + 2)
    )
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

    assert joined.stands(State.CLOSED)
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
    assert joined.stands(State.UP)


def test_r23_a_higher_epoch_is_told() -> None:
    joined = Joined().up()

    assert joined.deliver_to_bridge(frame_of(joined, TestRequest(test_id=1), epoch=9)) == [HigherEpoch(9)]


def test_an_acknowledgement_of_what_was_never_sent_is_poison() -> None:
    joined = Joined().up()
    joined.deliver_to_bridge(frame_of(joined, TestRequest(test_id=1), ack=100))

    assert ends(joined)[0].why is End.POISON
