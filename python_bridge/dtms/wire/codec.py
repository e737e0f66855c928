"""
Frames to messages and back: MessagePack, one array a frame (R04).

``[version, type, session, seq, ack, epoch, mono_ms, flags, body]``, at most 1 MiB. Every way in which a frame can be wrong ends in
``WireError``; nothing else leaves this module for bytes from outside.
"""

from typing import Any, NamedTuple

import msgpack
from pydantic import ValidationError

from dtms.errors import WireError
from dtms.names import RejectWhy
from dtms.wire.base import EPOCH_MAX
from dtms.wire.market_messages import TICKS_TYPE, Ticks, check_ticks
from dtms.wire.messages import BY_TYPE, MAX_FRAME_BYTES, PROTOCOL_VERSION, Body

FLAG_DUP = 1
_PREFIX = 9
_U64 = 2**64
_U32 = 2**32
_CLOCKS = 2**63  # a deadline, which is a clock and a time to live, fits 64 bits


class Frame(NamedTuple):
    """One frame: the session's numbers and the message."""

    session: int
    seq: int
    ack: int
    epoch: int
    mono_ms: int
    flags: int
    body: Body
    version: int = PROTOCOL_VERSION

    @property
    def dup(self) -> bool:
        """Whether the sender says that it has sent this frame before."""
        return bool(self.flags & FLAG_DUP)


def encode(frame: Frame) -> bytes:
    """Return the frame's bytes."""
    body = frame.body
    kind, plain = (TICKS_TYPE, _plain_ticks(body)) if isinstance(body, Ticks) else (body.TYPE, body.to_array())
    prefix = [frame.version, kind, frame.session, frame.seq, frame.ack, frame.epoch, frame.mono_ms, frame.flags]
    return bytes(msgpack.packb([*prefix, plain], use_bin_type=True))


def _plain_ticks(ticks: Ticks) -> list[Any]:
    return [ticks.tick_seq, [list(tick) for tick in ticks.ticks]]


def decode(data: bytes) -> Frame:
    """
    Return the frame that the bytes hold.

    Raises:
        WireError: They hold none; ``seq`` and ``message_type`` are set as far as they could be read.
    """
    if len(data) > MAX_FRAME_BYTES:
        raise WireError(RejectWhy.TOO_LARGE, f"{len(data)} bytes")
    array = _unpack(data)
    version, kind, session, seq, ack, epoch, mono_ms, flags = _check_prefix(array)
    if version != PROTOCOL_VERSION:
        raise WireError(RejectWhy.BAD_VERSION, f"version {version}", seq=seq, message_type=kind)
    try:
        body = _decode_body(kind, array[_PREFIX - 1])
    except WireError as error:
        raise WireError(error.why, error.detail, seq=seq, message_type=kind) from error
    return Frame(session, seq, ack, epoch, mono_ms, flags, body, version)


def _unpack(data: bytes) -> list[Any]:
    try:
        array = msgpack.unpackb(data, raw=False, strict_map_key=True)
    # The library's own family, and what Python raises for bad UTF-8, absurd lengths, nesting and unhashable keys.
    except (msgpack.UnpackException, ValueError, TypeError, RecursionError) as error:
        raise WireError(RejectWhy.MALFORMED, f"not MessagePack: {type(error).__name__}") from error
    if not isinstance(array, list) or len(array) < _PREFIX:
        raise WireError(RejectWhy.MALFORMED, "not an array of nine")
    return array


def _check_prefix(array: list[Any]) -> tuple[int, int, int, int, int, int, int, int]:
    for value in array[: _PREFIX - 1]:
        if type(value) is not int or not 0 <= value < _U64:
            raise WireError(RejectWhy.MALFORMED, "prefix: not a small unsigned integer")
    version, kind, session, seq, ack, epoch, mono_ms, flags = array[: _PREFIX - 1]
    if version >= _U32 or kind >= _U32 or epoch > EPOCH_MAX or mono_ms >= _CLOCKS or flags >= _U32:
        raise WireError(RejectWhy.MALFORMED, "prefix: version, type, epoch, clock or flags out of range")
    return version, kind, session, seq, ack, epoch, mono_ms, flags


def _decode_body(kind: int, body: object) -> Body:
    if kind == TICKS_TYPE:
        return check_ticks(body)
    model = BY_TYPE.get(kind)
    if model is None:
        raise WireError(RejectWhy.UNKNOWN_TYPE, f"type {kind}")
    if not isinstance(body, list):
        raise WireError(RejectWhy.MALFORMED, f"{model.__name__}: body is no array")
    try:
        return model.model_validate(body)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(step) for step in first["loc"])
        raise WireError(RejectWhy.BAD_VALUE, f"{model.__name__}.{where}: {first['msg']}") from error
