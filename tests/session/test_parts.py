"""The parts that a session is made of: digest, server time, kept frames, snapshot assembly, poison."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.session.made import SERVER_MS, position, tick

from dtms.errors import WireError
from dtms.names import RejectWhy
from dtms.session.digest import DigestView, fingerprint
from dtms.session.events import SnapshotArrived, SnapshotUnusable
from dtms.session.liveness import Gaps
from dtms.session.numbering import Inbound, Kept, Place
from dtms.session.poison import BadFrame, PoisonLog
from dtms.session.server_time import ticks_to_utc, to_utc
from dtms.session.snapshot import Assembly
from dtms.settings import LinkSettings
from dtms.wire.codec import decode
from dtms.wire.messages import BarClosed, BarRow, Bars, PositionChanged, PositionClosed, PositionOpened, Snapshot, TestRequest


def fnv(data: bytes) -> int:
    value = 14695981039346656037
    for byte in data:
        value = (value ^ byte) * 1099511628211 % 2**64
    return value


def test_the_fingerprint_is_fnv_1a_over_ticket_stop_and_target_little_endian() -> None:
    assert fnv(b"") == 0xCBF29CE484222325
    assert fnv(b"a") == 0xAF63DC4C8601EC8C  # published test vector
    assert fingerprint(7, 1.5, None) == fnv(struct.pack("<Q", 7) + struct.pack("<d", 1.5) + bytes(8))


HELD = st.builds(
    lambda number, stop, volume: position(number, stop_loss=stop, volume=volume / 100, ticket=2**64 - number),
    st.integers(1, 6),
    st.sampled_from([None, 1.0, 1.099]),
    st.integers(1, 300),
)


@given(st.lists(st.one_of(st.tuples(st.just("put"), HELD), st.tuples(st.just("remove"), HELD)), max_size=40))
def test_a_digest_kept_in_step_equals_one_made_from_the_whole(changes: list[tuple[str, object]]) -> None:
    view, held = DigestView(), {}
    for kind, one in changes:
        assert hasattr(one, "position_id")
        if kind == "put":
            view.put(one)  # type: ignore[arg-type]
            held[one.position_id] = one
        else:
            view.remove(one.position_id)
            held.pop(one.position_id, None)
    whole = DigestView()
    whole.replace(held.values())  # type: ignore[arg-type]

    assert view.digest() == whole.digest()


def test_times_inside_records_and_lists_become_utc() -> None:
    bar = BarRow.model_validate([SERVER_MS, 1.0, 1.0, 1.0, 1.0, 1, 0, 0])
    opened = PositionOpened(ts_event=SERVER_MS, position=position())
    bars = Bars(request_id=1, symbol="EURUSD", timeframe=1, part=1, parts=1, ok=True, bars=[bar, bar])

    shifted = to_utc(opened, 7_200)
    assert shifted.ts_event == SERVER_MS - 7_200_000
    assert shifted.position.ts_open == SERVER_MS - 7_200_000
    assert [b.ts_open for b in to_utc(bars, -3_600).bars] == [SERVER_MS + 3_600_000] * 2
    assert to_utc(BarClosed(symbol="EURUSD", timeframe=1, bar=bar), 60).bar.ts_open == SERVER_MS - 60_000
    assert ticks_to_utc((tick(1.1),), 7_200)[0].ts_event == SERVER_MS - 7_200_000
    assert to_utc(TestRequest(test_id=SERVER_MS), 7_200).test_id == SERVER_MS


def test_a_number_is_next_or_duplicate_or_shows_a_gap() -> None:
    inbound = Inbound()

    assert [inbound.place(n) for n in (1, 2, 1, 2, 4, 3)] == [
        Place.NEXT,
        Place.NEXT,
        Place.DUPLICATE,
        Place.DUPLICATE,
        Place.GAP,
        Place.NEXT,
    ]


@given(st.lists(st.integers(1, 50), max_size=60), st.integers(1, 10), st.integers(0, 60), st.integers(0, 60))
def test_kept_frames_are_given_back_whole_or_not_at_all(sizes: list[int], frames: int, acknowledged: int, seen: int) -> None:
    kept = Kept(frames, 200)
    for size in sizes:
        kept.add(TestRequest(test_id=size), size)
    kept.acknowledged(min(acknowledged, len(sizes)))
    again = kept.since(seen)

    assert len(kept) <= frames
    if again is not None:
        assert [frame.seq for frame in again] == list(range(seen + 1, len(sizes) + 1))
    elif seen <= len(sizes) <= frames and sum(sizes) <= 200:
        assert seen < acknowledged


def part(number: int, parts: int, count: int, *positions: int, ok: bool = True, snapshot_id: int = 1) -> Snapshot:
    held = [position(n) for n in positions]
    return Snapshot(snapshot_id=snapshot_id, part=number, parts=parts, ok=ok, count=count, ts_event=SERVER_MS, positions=held)


def test_a_snapshot_counts_only_when_it_is_complete() -> None:
    assembly = Assembly(0, 1_000)

    assert assembly.take(part(1, 2, 3, 1, 2)) is None
    assert assembly.unfinished
    whole = assembly.take(part(2, 2, 3, 3))
    assert isinstance(whole, SnapshotArrived)
    assert [p.position_id for p in whole.positions] == [1, 2, 3]
    assert not assembly.awaited


def test_no_positions_is_something_a_complete_snapshot_can_say() -> None:
    whole = Assembly(0, 1_000).take(part(1, 1, 0))

    assert whole == SnapshotArrived((), SERVER_MS)


def test_not_ok_or_too_few_or_out_of_order_is_unusable() -> None:
    assert isinstance(Assembly(0, 1_000).take(part(1, 1, 0, ok=False)), SnapshotUnusable)
    assert isinstance(Assembly(0, 1_000).take(part(1, 1, 2, 1)), SnapshotUnusable)
    assert isinstance(Assembly(0, 1_000).take(part(1, 1, 2, 1, 1)), SnapshotUnusable)
    skipping = Assembly(0, 1_000)
    skipping.take(part(1, 3, 3, 1))
    assert isinstance(skipping.take(part(3, 3, 3, 3)), SnapshotUnusable)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        pytest.param(part(1, 2**32 - 1, 3, 1), None, id="more-parts-than-positions"),
        pytest.param(part(1, 2, 1, 1, 2), None, id="more-positions-than-announced"),
        pytest.param(part(1, 1_001, 1_001, 1), None, id="more-positions-than-are-managed"),
        pytest.param(part(1, 3, 3, 1), part(2, 4, 3, 2), id="another-number-of-parts"),
        pytest.param(part(1, 3, 3, 1), part(2, 3, 4, 2), id="another-count"),
        pytest.param(part(1, 3, 2, 1, 2), part(2, 3, 2, 3), id="too-many-later"),
    ],
)
def test_a_snapshot_is_given_up_as_soon_as_it_cannot_become_whole(first: Snapshot, second: Snapshot | None) -> None:
    assembly = Assembly(0, 1_000)
    answers = [assembly.take(one) for one in (first, second) if one is not None]

    assert isinstance(answers[-1], SnapshotUnusable)
    assert answers[:-1] == [None] * (len(answers) - 1)
    assert not assembly.unfinished


def test_more_closes_between_the_parts_than_there_can_be_positions_end_the_snapshot() -> None:
    assembly = Assembly(0, 10)
    assembly.take(part(1, 2, 2, 1))
    for number in range(1, 12):
        assembly.note(PositionClosed.model_validate([1, number, 2, "EURUSD", 1, 0.1, 1.1, 0.0, 0.0, 0.0, 5, 1, 0]))

    assert not assembly.unfinished
    assert assembly.take(part(2, 2, 2, 2)) is None


def test_a_younger_snapshot_makes_an_unfinished_one_void() -> None:
    assembly = Assembly(0, 1_000)
    assembly.take(part(1, 2, 2, 1))
    assembly.take(part(1, 2, 2, 5, snapshot_id=2))

    assert assembly.take(part(2, 2, 2, 2)) is None
    whole = assembly.take(part(2, 2, 2, 6, snapshot_id=2))
    assert isinstance(whole, SnapshotArrived)
    assert [p.position_id for p in whole.positions] == [5, 6]


def test_events_between_the_parts_win_over_them() -> None:
    assembly = Assembly(0, 1_000)
    assembly.take(part(1, 2, 3, 1, 2))
    assembly.note(
        PositionChanged.model_validate({"ts_event": 1, "position": position(1, stop_loss=1.0995), "changed": 2, "by_command": 0})
    )
    assembly.note(PositionOpened(ts_event=1, position=position(9)))
    closed = PositionClosed.model_validate([1, 2, 2, "EURUSD", 1, 0.1, 1.1, 0.0, 0.0, 0.0, 5, 1, 0])
    assembly.note(closed)
    whole = assembly.take(part(2, 2, 3, 3))

    assert isinstance(whole, SnapshotArrived)
    assert {p.position_id: p.stop_loss for p in whole.positions} == {1: 1.0995, 3: 1.099, 9: 1.099}


def test_three_bad_frames_in_a_minute_raise_the_alarm_once_until_it_is_confirmed() -> None:
    log = PoisonLog(LinkSettings())
    error = WireError(RejectWhy.MALFORMED, "x")
    raised = [log.add(BadFrame(at, b"?", error)) for at in (0, 50_000, 70_000, 100_000, 110_000, 111_000)]

    assert raised == [False, False, False, True, False, False]
    assert log.alarm
    log.confirm()
    assert not log.alarm
    assert [log.add(BadFrame(at, b"?", error)) for at in (112_000, 113_000, 114_000)] == [False, False, True]
    assert len(log.kept) == 9


def test_of_a_bad_frame_only_its_beginning_and_its_reason_are_kept() -> None:
    log = PoisonLog(LinkSettings())
    with pytest.raises(WireError) as caught:
        decode(bytes(1_000_000))
    log.add(BadFrame(5, bytes(1_000_000), caught.value))
    kept = log.kept[-1]

    assert kept.data == bytes(4_096)
    assert (kept.error.why, kept.error.detail) == (caught.value.why, caught.value.detail)
    assert kept.error.__traceback__ is None


def test_the_longest_gap_between_heartbeats_counts_the_one_that_lasts() -> None:
    gaps = Gaps(0)
    gaps.mark(1_000)
    gaps.mark(2_300)
    gaps.mark(3_300)

    assert gaps.longest(3_400) == 1_300
    assert gaps.longest(5_000) == 1_700
