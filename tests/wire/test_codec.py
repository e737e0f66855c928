"""
Frames: what comes out is what went in, and nothing but ``WireError`` comes out of bytes that are no frame.
"""

import contextlib
import json
import math
from pathlib import Path
from typing import Any

import msgpack
import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract.vectors import as_json, frames
from dtms.errors import WireError
from dtms.names import Permission, RejectWhy
from dtms.wire.codec import Frame, decode, encode
from dtms.wire.messages import BY_TYPE, MAX_FRAME_BYTES, MODELS, TICKS_TYPE, Heartbeat, Tick, Ticks

VECTORS = Path(__file__).resolve().parents[2] / "schemas/vectors"
FRAMES = dict(frames())


def raw(kind: int, body: object, **prefix: int) -> bytes:
    values = {"version": 1, "session": 5, "seq": 3, "ack": 0, "epoch": 1, "mono_ms": 9, "flags": 0} | prefix
    order = ["session", "seq", "ack", "epoch", "mono_ms", "flags"]
    return bytes(msgpack.packb([values["version"], kind, *[values[name] for name in order], body]))


def refusal(data: bytes) -> WireError:
    with pytest.raises(WireError) as caught:
        decode(data)
    return caught.value


@pytest.mark.parametrize("name", FRAMES)
def test_a_golden_vector_is_read_and_written_byte_for_byte(name: str) -> None:
    data = (VECTORS / f"{name}.msgpack").read_bytes()

    frame = decode(data)

    assert as_json(frame) == json.loads((VECTORS / f"{name}.json").read_text(encoding="utf-8"))
    assert encode(frame) == data


@pytest.mark.parametrize("model", MODELS, ids=lambda m: m.__name__)
def test_unknown_trailing_elements_are_ignored(model: type) -> None:
    frame = FRAMES[next(name for name, f in FRAMES.items() if type(f.body) is model)]
    array = msgpack.unpackb(encode(frame))

    longer = msgpack.packb([*array[:8], [*array[8], {"later": "version"}], "more"])

    assert decode(longer) == frame


@pytest.mark.parametrize("model", MODELS, ids=lambda m: m.__name__)
def test_a_missing_field_is_refused_and_named(model: type) -> None:
    frame = FRAMES[next(name for name, f in FRAMES.items() if type(f.body) is model)]
    array = msgpack.unpackb(encode(frame))

    error = refusal(bytes(msgpack.packb([*array[:8], array[8][:-1]])))

    assert error.why is RejectWhy.BAD_VALUE
    assert model.__name__ in error.detail
    assert (error.seq, error.message_type) == (frame.seq, BY_TYPE[array[1]].TYPE)


TICK = ["EURUSD", 1_546_383_600_078, 1.1, 1.2, 1.1, 1.2, 1, 0.0, 0.0, 0]


@pytest.mark.parametrize("at", [2, 3, 4, 5], ids=["bid", "ask", "low-bid", "high-ask"])
@pytest.mark.parametrize("price", [math.nan, math.inf, -math.inf, 0.0, -1.0, 1, None, "1.1"], ids=str)
def test_a_price_that_cannot_be_is_refused(at: int, price: object) -> None:
    row = [*TICK]
    row[at] = price

    assert refusal(raw(TICKS_TYPE, [1, [row]])).why in {RejectWhy.BAD_VALUE, RejectWhy.MALFORMED}


def test_a_crossed_quote_is_kept_when_it_says_so_and_refused_when_it_does_not() -> None:
    crossed = [*TICK[:2], 1.2, 1.1, 1.2, 1.1, 1, 0.0, 0.0]

    assert refusal(raw(TICKS_TYPE, [1, [[*crossed, 0]]])).why is RejectWhy.BAD_VALUE
    frame = decode(raw(TICKS_TYPE, [1, [[*crossed, 1]]]))

    assert isinstance(frame.body, Ticks)
    assert frame.body.ticks[0].crossed


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        pytest.param(31, [5, [1, 1, "X", 1, 1.0, math.nan, None, None, 0, "", 1, 0.0, 0.0, 0.0, 1]], id="nan-open-price"),
        pytest.param(31, [5, [1, 1, "X", 1, 0.0, 1.0, None, None, 0, "", 1, 0.0, 0.0, 0.0, 1]], id="no-volume"),
        pytest.param(31, [5, [1, 1, "X", 3, 1.0, 1.0, None, None, 0, "", 1, 0.0, 0.0, 0.0, 1]], id="unknown-side"),
        pytest.param(31, [5, [1, 1, "X", True, 1.0, 1.0, None, None, 0, "", 1, 0.0, 0.0, 0.0, 1]], id="bool-side"),
        pytest.param(31, [5, [0, 1, "X", 1, 1.0, 1.0, None, None, 0, "", 1, 0.0, 0.0, 0.0, 1]], id="no-position"),
        pytest.param(31, [5, [1, 1, "", 1, 1.0, 1.0, None, None, 0, "", 1, 0.0, 0.0, 0.0, 1]], id="no-symbol"),
        pytest.param(31, [5, [1, 1, "X", 1, 1.0, 1.0, 0.0, None, 0, "", 1, 0.0, 0.0, 0.0, 1]], id="stop-of-zero"),
        pytest.param(31, [-5, [1, 1, "X", 1, 1.0, 1.0, None, None, 0, "", 1, 0.0, 0.0, 0.0, 1]], id="negative-time"),
        pytest.param(31, [5, [1, 1, "X", 1, 1, 1.0, None, None, 0, "", 1, 0.0, 0.0, 0.0, 1]], id="volume-an-integer"),
        pytest.param(31, [5, [1, 1, "X", 1, 1.0, 1, None, None, 0, "", 1, 0.0, 0.0, 0.0, 1]], id="price-an-integer"),
        pytest.param(31, [5, [1, 1, "X", 1, 1.0, 1.0, None, None, 0, "", 1, 0, 0.0, 0.0, 1]], id="money-an-integer"),
        pytest.param(31, [5, [1, 1, "X", 1, 1.1e9, 1.0, None, None, 0, "", 1, 0.0, 0.0, 0.0, 1]], id="volume-of-no-broker"),
        pytest.param(31, [5, [1, 1, "X", 1, 1.0, 1.1e15, None, None, 0, "", 1, 0.0, 0.0, 0.0, 1]], id="price-of-no-market"),
        pytest.param(27, [5, 901, None], id="offset-no-quarter"),
        pytest.param(27, [5, 51_300, None], id="offset-beyond-14-hours"),
        pytest.param(27, [5, 0, -51_300], id="offset-before-beyond-14-hours"),
        pytest.param(4, [0, 0, 0, None, 0, None, -1, False, None], id="permissions-negative"),
        pytest.param(4, [0, 0, 0, None, 0, None, 2**31, False, None], id="permissions-beyond-an-int"),
        pytest.param(30, [1, 1, 1, True, 501, 5, [[1] * 15] * 501], id="snapshot-part-too-long"),
        pytest.param(TICKS_TYPE, [65, [["X", 5, 1.0, 1.0, 1.0, 1.0, 1, 0.0, 0.0, 0]] * 65], id="too-many-quotes"),
        pytest.param(TICKS_TYPE, [1, [["X", 5, 1.0, 1.0, 1.0, 1.1e15, 1, 0.0, 0.0, 0]]], id="quote-of-no-market"),
    ],
)
def test_a_value_that_cannot_be_meant_is_refused(kind: int, body: object) -> None:
    assert refusal(raw(kind, body)).why is RejectWhy.BAD_VALUE


@pytest.mark.parametrize(
    ("data", "why"),
    [
        pytest.param(b"", RejectWhy.MALFORMED, id="nothing"),
        pytest.param(b"\xc1", RejectWhy.MALFORMED, id="reserved-byte"),
        pytest.param(b"\x91" * 2_000, RejectWhy.MALFORMED, id="deep-nesting"),
        pytest.param(b"\xdd\xff\xff\xff\xff", RejectWhy.MALFORMED, id="absurd-length"),
        pytest.param(b"\xa2\xff\xfe", RejectWhy.MALFORMED, id="bad-utf-8"),
        pytest.param(b"\x80", RejectWhy.MALFORMED, id="a-map"),
        pytest.param(raw(4, [])[:-1], RejectWhy.MALFORMED, id="truncated"),
        pytest.param(raw(4, []) + b"\x00", RejectWhy.MALFORMED, id="trailing-bytes"),
        pytest.param(raw(4, {}), RejectWhy.MALFORMED, id="body-is-a-map"),
        pytest.param(raw(99, []), RejectWhy.UNKNOWN_TYPE, id="unknown-type"),
        pytest.param(raw(4, [], version=2), RejectWhy.BAD_VERSION, id="other-version"),
        pytest.param(raw(4, [], session=-1), RejectWhy.MALFORMED, id="negative-session"),
        pytest.param(raw(4, [], epoch=2**20), RejectWhy.MALFORMED, id="epoch-beyond-20-bits"),
        pytest.param(raw(4, [], mono_ms=2**63), RejectWhy.MALFORMED, id="clock-beyond-63-bits"),
        pytest.param(b"\x00" * (MAX_FRAME_BYTES + 1), RejectWhy.TOO_LARGE, id="too-large"),
    ],
)
def test_bytes_that_are_no_frame_are_refused_with_the_reason(data: bytes, why: RejectWhy) -> None:
    assert refusal(data).why is why


@given(st.binary(max_size=200))
def test_no_bytes_raise_anything_but_a_wire_error(data: bytes) -> None:
    with contextlib.suppress(WireError):
        decode(data)


def test_a_logon_with_an_epoch_beyond_20_bits_is_refused() -> None:
    array = msgpack.unpackb((VECTORS / "logon.typical.msgpack").read_bytes())
    array[8][20] = 2**20

    assert refusal(bytes(msgpack.packb(array))).why is RejectWhy.BAD_VALUE


def test_an_unknown_bit_of_flags_is_taken_along() -> None:
    frame = decode(raw(4, [0, 0, 0, None, 0, None, 1024 | int(sum(Permission)), False, None]))

    assert isinstance(frame.body, Heartbeat)
    assert set(Permission) <= set(frame.body.permissions)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats() | st.text(max_size=9) | st.binary(max_size=9),
    lambda inner: st.lists(inner, max_size=20) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=40,
)


@given(st.sampled_from([*BY_TYPE, TICKS_TYPE]), JSON | st.lists(JSON, max_size=30))
def test_no_body_raises_anything_but_a_wire_error(kind: int, body: Any) -> None:
    with contextlib.suppress(WireError):
        frame = decode(raw(kind, body))

        assert decode(encode(frame)) == frame


PRICES = st.floats(min_value=5e-324, max_value=1e15)


@given(st.lists(st.tuples(PRICES, PRICES, st.integers(1, 2**32), st.floats(0, 1e300)), max_size=20), st.integers(20, 2**63))
def test_quotes_cross_the_wire_bit_for_bit(rows: list[tuple[float, float, int, float]], tick_seq: int) -> None:
    ticks = tuple(
        Tick("X", 1, min(a, b), max(a, b), min(a, b), max(a, b), quotes, volume, volume, 0) for a, b, quotes, volume in rows
    )
    frame = Frame(1, 0, 0, 1, 1, 0, Ticks(tick_seq, ticks))

    assert decode(encode(frame)) == frame
