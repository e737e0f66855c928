"""Golden vectors: one or more frames of every message, as bytes and as JSON, read by both languages."""

import enum
import json
import typing
from collections.abc import Iterator

from contract.shapes import Shape, shapes, snake
from dtms.wire.base import Message, Record
from dtms.wire.codec import Frame, encode
from dtms.wire.messages import MODELS, TICKS_TYPE, Tick, Ticks

_SESSION = 0xFEDC_BA98_7654_3210
_BIG = {"ulong": 2**64 - 1, "uint": 2**32 - 1, "long": -(2**63), "millis": 2**63 - 1}


def vector_files() -> dict[str, bytes]:
    """Return the files of ``schemas/vectors`` by name."""
    files: dict[str, bytes] = {}
    for name, frame in frames():
        files[f"{name}.msgpack"] = encode(frame)
        files[f"{name}.json"] = (json.dumps(as_json(frame), indent=1, ensure_ascii=False) + "\n").encode()
    return files


def frames() -> Iterator[tuple[str, Frame]]:
    """Yield every vector: each message with ordinary values, with nils and empty lists, and at its limits."""
    for model in MODELS:
        for style in ("typical", "sparse", "limits"):
            seq = 7 if model.DURABLE else 0
            body = typing.cast("Message", _build(model, style))
            yield f"{snake(model.__name__).lower()}.{style}", Frame(_SESSION, seq, 300, 70_000, 2**40, 0, body)
    quote = Tick("EURUSD", 1_546_383_600_078, 1.14605, 1.14643, 1.14605, 1.14643, 1, 0.0, 0.0, 0)
    crossed = Tick("EURUSD", 1_546_383_600_079, 1.1461, 1.146, 1.146, 1.1462, 5, 2.0, 3.0, 1)
    yield "ticks.typical", Frame(_SESSION, 0, 300, 70_000, 2**40, 0, Ticks(2, (quote, crossed)))
    yield "ticks.empty", Frame(_SESSION, 0, 0, 1, 0, 1, Ticks(0, ()))


def _build(model: type[Record], style: str) -> Record:
    return model.model_validate({field.name: _value(field, style, i) for i, field in enumerate(shapes(model))})


def _value(field: Shape, style: str, i: int) -> object:
    if field.nilable and style == "sparse":
        return None
    if field.listed:
        return [] if style == "sparse" else [_one(field, style, i + k) for k in range(2)]
    return _one(field, style, i)


def _one(field: Shape, style: str, i: int) -> object:
    if field.record is not None:
        return _build(field.record, style)
    if field.enum is not None:
        return _member(field.enum, style, i)
    if field.kind == "bool":
        return (i % 2 == 0) != (style == "limits")
    if field.kind == "string":
        return _string(field, style, i)
    if field.kind == "double":
        return _number(field, style, i)
    return _integer(field, style, i)


def _integer(field: Shape, style: str, i: int) -> int:
    if style == "limits":
        return int(field.low) if field.step and field.low else min(_BIG[field.kind], int(field.high or _BIG[field.kind]))
    return max(int(field.low or 0), 0) + (i * (field.step or 37) if style == "typical" else 0)


def _member(kind: type[enum.IntEnum | enum.IntFlag], style: str, i: int) -> enum.Enum:
    members = list(kind)
    return members[-1] if style == "limits" else members[i % len(members)]


def _string(field: Shape, style: str, i: int) -> str:
    if style == "typical":
        return f"text {i}"
    low = int(field.low or 0)
    return "x" * low if style == "sparse" else "\u00e9\u20ac" * ((field.most or 64) // 2)


def _number(field: Shape, style: str, i: int) -> float:
    if style == "limits":
        if field.high is not None:
            return field.high
        return 1.7976931348623157e308 if field.low is not None else -1.7976931348623157e308
    if style == "sparse":
        return 5e-324 if field.above is not None else 0.0
    return 1.14605 + i


def as_json(frame: Frame) -> dict[str, object]:
    """Return a frame as the JSON file shows it: the prefix by name, the body as an object."""
    body = frame.body
    if isinstance(body, Ticks):
        kind, plain = TICKS_TYPE, {"tick_seq": body.tick_seq, "ticks": [tick._asdict() for tick in body.ticks]}
    else:
        kind, plain = body.TYPE, body.model_dump(mode="json")
    prefix = {name: getattr(frame, name) for name in ("version", "session", "seq", "ack", "epoch", "mono_ms", "flags")}
    return {"type": kind, "name": type(body).__name__, **prefix, "body": plain}
