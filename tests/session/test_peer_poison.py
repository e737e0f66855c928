"""Bad frames after the logon (R26)."""

import math

import pytest
from tests.session.joined import Joined, ends, frame_of, sent
from tests.session.made import position, tick

from dtms.errors import WireError
from dtms.names import RejectWhy
from dtms.session.events import (
    End,
    LinkEnded,
    PoisonAlarm,
)
from dtms.session.states import State
from dtms.settings import LinkSettings
from dtms.wire.messages import (
    PositionOpened,
    Reject,
    Subscribe,
    TestRequest,
    Ticks,
)

NAN_TICK = tick(1.1)._replace(bid=math.nan, low_bid=math.nan)
BAD = [
    pytest.param(lambda _: b"\xc1\xff", RejectWhy.MALFORMED, id="no-messagepack"),
    pytest.param(lambda j: frame_of(j, Ticks(1, (NAN_TICK,))), RejectWhy.BAD_VALUE, id="nan"),
    pytest.param(lambda j: frame_of(j, Subscribe(symbols=[], timeframes=[]), 1), RejectWhy.WRONG_DIRECTION, id="ours-to-send"),
    pytest.param(lambda j: frame_of(j, TestRequest(test_id=1), 1), RejectWhy.BAD_VALUE, id="volatile-with-number"),
    pytest.param(lambda j: frame_of(j, PositionOpened(ts_event=1, position=position())), RejectWhy.BAD_VALUE, id="durable-without"),
    pytest.param(lambda j: frame_of(j, Ticks(1, (tick(1.1),)), 4), RejectWhy.BAD_VALUE, id="quotes-with-number"),
    pytest.param(lambda j: frame_of(j, j.terminal.logon()), RejectWhy.BAD_VALUE, id="second-logon"),
    pytest.param(lambda _: bytes(1_048_577), RejectWhy.TOO_LARGE, id="too-large"),
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
    assert joined.poison.kept[-1].data == data[:4_096]
    assert joined.counts.poison == 1
    assert joined.deliver_to_bridge(data) == []
    joined.dial()
    joined.settle()
    assert not joined.resumed[-1]


def test_more_positions_than_are_managed_are_poison_and_never_held() -> None:
    joined = Joined(LinkSettings(max_positions=3)).up()
    for number in range(1, 6):
        joined.terminal.opened(position(number), joined.now)
    joined.settle()

    assert ends(joined)[0].why is End.POISON
    assert "positions" in ends(joined)[0].detail
    assert joined.counts.poison == 1


def test_r26_a_message_of_several_parts_is_poison_too() -> None:
    joined = Joined().up()
    joined.peer.receive_bad(WireError(RejectWhy.MULTIPART, "3 parts"), b"first", joined.now)

    assert joined.stands(State.CLOSED)
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
