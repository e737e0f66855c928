"""Cuts, restarts and bad frames, over real loopback sockets: what is sent again, what starts afresh, what nobody loses."""

import math
from collections.abc import Iterator

import pytest
from tests.runtime.bench import ANY_PORT, Bench, Wire, acting, bench
from tests.session.made import position, tick
from tests.session.terminal_side import TerminalSide

from dtms.names import RejectWhy
from dtms.session.states import State
from dtms.settings import DeskSettings, LinkSettings
from dtms.wire.codec import Frame, encode
from dtms.wire.messages import (
    Heartbeat,
    ModifyPosition,
    PositionOpened,
    Reject,
    Subscribe,
    Ticks,
)

AT_ONE_R = tick(1.10101)


@pytest.fixture
def desk() -> Iterator[Bench]:
    with bench(acting(desk=DeskSettings(check_ms=100))) as made:
        yield made


def terminal(**values: object) -> TerminalSide:
    return TerminalSide(positions={1: position(1)}, **values)  # type: ignore[arg-type]


def rejects(side: TerminalSide) -> list[RejectWhy]:
    return [m.why for m in side.received if isinstance(m, Reject)]


# Cuts and restarts


def test_after_a_cut_inside_a_session_the_command_is_sent_again_with_its_id_and_done_once(desk: Bench) -> None:
    side = terminal()
    wire = desk.dial(side)
    side.quotes(desk.now, AT_ONE_R)
    while side.out:  # the quote leaves, the answer is never read
        wire.send_raw(side.out.popleft())
    desk.pump_desk_until(lambda: desk.counter("commands.sent") == 1)
    desk.redial(wire)

    assert side.accepted is not None
    assert side.accepted.resume
    assert len(side.commands) == len(side.executed) == 1
    assert desk.counter("commands.done") == 1
    assert desk.account.view_known


def test_a_report_that_was_lost_comes_again_after_the_cut(desk: Bench) -> None:
    side = terminal(answering=False)
    wire = desk.dial(side)
    side.quotes(desk.now, AT_ONE_R)
    desk.pump()
    wire.cut()
    side.up = False
    side.execute(side.commands[0], desk.now)
    desk.pass_time(9_000)
    assert desk.counter("commands.unknown") == 1
    desk.redial(wire)

    assert desk.counter("commands.done") == 1
    assert len(side.executed) == 1
    assert len(desk.account.trader.commands) == len(desk.account.trader.locks) == 0


def test_the_same_life_that_starts_afresh_gets_what_is_in_time_again_with_its_id(desk: Bench) -> None:
    side = terminal(answering=False)
    wire = desk.dial(side)
    side.quotes(desk.now, AT_ONE_R)
    desk.pump()
    wire.send_raw(b"?")
    desk.pump()
    desk.now += 1_000
    side.answering = True
    desk.redial(wire)

    assert side.accepted is not None
    assert not side.accepted.resume
    assert len(side.commands) == 2
    assert len({c.command_id for c in side.commands}) == 1
    assert side.commands[1].deadline_ms <= desk.now + side.clock_ahead + 2_000
    assert side.positions[1].stop_loss == 1.10001
    assert desk.counter("commands.done") == 1


def restarted(desk: Bench, before: TerminalSide, **values: object) -> TerminalSide:
    """The next life of the terminal, whose predecessor has a command that it has not answered."""
    wire = desk.dial(before)
    before.quotes(desk.now, AT_ONE_R)
    desk.pump()
    assert len(before.commands) == 1
    wire.cut()
    desk.now += 1_000
    after = terminal(nonce=2, boot=2, highest_epoch=before.highest_epoch) if not values else TerminalSide(**values)  # type: ignore[arg-type]
    desk.dial(after)
    return after


def test_another_life_of_the_terminal_does_not_get_what_the_one_before_may_have_done(desk: Bench) -> None:
    before = terminal(answering=False)
    after = restarted(desk, before)
    after.quotes(desk.now, AT_ONE_R)
    desk.pass_time(4_000)
    assert after.commands == []
    assert desk.counter("commands.unknown") == 1
    desk.pass_time(2_500)

    assert desk.counter("commands.expired") == 1
    assert len(after.executed) == 1
    assert after.commands[0].command_id != before.commands[0].command_id


def test_what_the_snapshot_of_the_next_life_shows_was_done(desk: Bench) -> None:
    moved = {1: position(1, stop_loss=1.10001)}
    after = restarted(desk, terminal(answering=False), nonce=2, boot=2, highest_epoch=1, positions=moved)
    desk.pass_time(7_000)

    assert after.commands == []
    assert desk.counter("commands.done") == 1
    assert len(desk.account.trader.commands) == len(desk.account.trader.locks) == 0


def test_a_second_connection_of_a_session_replaces_the_first_whose_late_frames_are_dropped(desk: Bench) -> None:
    side = terminal()
    first = desk.dial(side)
    old = first.socket
    first.socket = None
    desk.wires.remove(first)
    second = Wire(desk.context, side)
    desk.wires.append(second)
    desk.redial(second)
    assert old is not None
    strangers = desk.counter("bridge.strangers")
    old.send(encode(Frame(side.nonce, side.seq_out + 1, 0, side.epoch, 1, 0, PositionOpened(ts_event=1, position=position(5)))))
    desk.pump(lambda: desk.counter("bridge.strangers") > strangers)
    old.close(linger=0)

    assert desk.counter("bridge.strangers") == strangers + 1
    assert [t.key.position_id for t in desk.account.book] == [1]
    assert [link.peer.state for link in desk.account.links.by_nonce.values()] == [State.UP]


def test_a_terminal_that_vanishes_is_noticed_by_the_next_heartbeat(desk: Bench) -> None:
    wire = desk.dial(terminal())
    wire.cut()
    desk.pump()
    desk.pass_time(1_100)
    desk.pump()

    assert not desk.account.view_known
    assert len(desk.account.book) == 1


# Bad frames

NAN = tick(1.1)._replace(bid=math.nan, low_bid=math.nan)


def nan_frame(side: TerminalSide) -> bytes:
    return encode(Frame(side.nonce, 0, 0, side.epoch, 1, 0, Ticks(side.tick_seq + 1, (NAN,))))


@pytest.mark.parametrize(
    ("parts", "why"),
    [
        pytest.param(lambda _: (b"\x93\x01",), RejectWhy.MALFORMED, id="garbage"),
        pytest.param(lambda _: (b"",), RejectWhy.MALFORMED, id="empty"),
        pytest.param(lambda _: (b"a", b"b", b"c"), RejectWhy.MULTIPART, id="multipart"),
        pytest.param(lambda s: (nan_frame(s),), RejectWhy.BAD_VALUE, id="nan"),
        pytest.param(
            lambda s: (encode(Frame(s.nonce, 1, 0, s.epoch, 1, 0, Subscribe(symbols=[], timeframes=[]))),),
            RejectWhy.WRONG_DIRECTION,
            id="ours",
        ),
    ],
)
def test_r26_a_bad_frame_after_the_logon_is_rejected_and_the_next_logon_starts_afresh(
    desk: Bench, parts: object, why: RejectWhy
) -> None:
    side = terminal()
    wire = desk.dial(side)
    wire.send_raw(*parts(side))  # type: ignore[operator]
    desk.pump()
    assert rejects(side) == [why]
    assert desk.counter("bridge.poison") == 1
    assert not desk.account.view_known
    assert len(desk.account.book) == 1
    desk.redial(wire)

    assert side.accepted is not None
    assert not side.accepted.resume
    assert desk.account.view_known


def test_r26_three_bad_frames_in_a_minute_keep_new_risk_off_and_protection_goes_on(desk: Bench) -> None:
    side = terminal()
    wire = desk.dial(side)
    for _ in range(3):
        wire.send_raw(b"?")
        desk.pump()
        desk.redial(wire)
    assert "bad frames" in desk.account.reign.risk_off(desk.now)
    side.quotes(desk.now, AT_ONE_R)
    desk.pump()

    assert len(side.executed) == 1


def test_before_the_logon_nothing_is_answered_and_nothing_is_kept(desk: Bench) -> None:
    side = terminal()
    wire = Wire(desk.context, side)
    desk.wires.append(wire)
    wire.dial(desk.router.address, desk.now)
    side.out.clear()
    for data in (b"GET / HTTP/1.1\r\n", b"\xff" * 100, nan_frame(side)):
        wire.send_raw(data)
    wire.send_raw(b"a", b"b")
    desk.pump()

    assert side.received == []
    assert desk.counter("bridge.poison") + desk.counter("bridge.misplaced") == 4  # the rest of a batch meets a closed peer
    assert desk.desk._connections == {}


def test_a_frame_of_more_than_a_mebibyte_never_arrives_and_the_service_goes_on(desk: Bench) -> None:
    side = terminal()
    wire = desk.dial(side)
    wire.send_raw(bytes(1_048_577))
    desk.pump()
    desk.redial(wire)
    side.quotes(desk.now, AT_ONE_R)
    desk.pump()

    assert len(side.executed) == 1


def test_a_hole_in_the_numbers_ends_the_connection_and_the_session_is_resumed(desk: Bench) -> None:
    side = terminal()
    wire = desk.dial(side)
    side.opened(position(2), desk.now)
    side.out.clear()  # lost
    side.opened(position(3), desk.now)
    desk.pump()
    assert rejects(side) == [RejectWhy.GAP]
    desk.redial(wire)

    assert side.accepted is not None
    assert side.accepted.resume
    assert sorted(t.key.position_id for t in desk.account.book) == [1, 2, 3]
    assert desk.counter("bridge.gaps") == 1


def test_credit_and_heartbeats_flow(desk: Bench) -> None:
    side = terminal()
    desk.dial(side)
    side.quotes(desk.now, *[tick(1.1001) for _ in range(50)])
    desk.pass_time(2_100)

    assert side.credit == 50
    assert not side.kept_ticks
    assert len([m for m in side.received if isinstance(m, Heartbeat)]) >= 3
    assert desk.counter("bridge.quotes_received") == desk.counter("bridge.quotes_covered") == 50


def test_what_the_settings_ask_of_the_manager_is_subscribed() -> None:
    with bench(acting(link=LinkSettings(bind=ANY_PORT, symbols=("GBPUSD",), timeframes=(5, 15)))) as desk:
        side = terminal()
        desk.dial(side)

        assert [m for m in side.received if isinstance(m, Subscribe)] == [Subscribe(symbols=["GBPUSD"], timeframes=[5, 15])]
        assert all(isinstance(c, ModifyPosition) for c in side.commands)
