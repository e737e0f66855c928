"""
Atheris and the Python codec: any bytes end in a frame that has one form, or in WireError.

Run as a program; its words are libFuzzer's (corpus folders, ``-max_total_time=10`` and the like).
"""

import random
import sys
from typing import Any

import atheris  # type: ignore[import-untyped]  # its stubs are a package of their own
import msgpack

with atheris.instrument_imports(include=["dtms"]):
    from dtms.errors import WireError
    from dtms.wire.codec import decode, encode

EDGES: tuple[Any, ...] = (
    None, False, True, 0, 1, -1, 20, 127, 128, -33, 2**31, 2**32 - 1, 2**32, 2**53, 2**63 - 1, 2**63, 2**64 - 1, -(2**63),
    0.0, -0.0, 1.5, -1.5, 5e-324, 1.7976931348623157e308, float("inf"), float("nan"),
    "", "EURUSD", "\u20ac" * 80, "\0", b"", b"x", [], [[]], {}, {"a": 1},
)  # fmt: skip


def one_input(data: bytes) -> None:
    """
    Decode, and if that gives a frame, encode it and go round once more.

    Raises:
        AssertionError: A frame was written in a way that reads as another one.
    """
    try:
        frame = decode(data)
    except WireError:
        return
    written = encode(frame)
    again = decode(written)
    assert again == frame, (again, frame)
    assert encode(again) == written


def mutate(data: bytes, most: int, seed: int) -> bytes:
    """Change bytes, or one element of the document that they are: blind changes seldom get past MessagePack."""
    rng = random.Random(seed)
    try:
        document = msgpack.unpackb(data, raw=False, strict_map_key=True)
    except (msgpack.UnpackException, ValueError, TypeError, RecursionError):
        document = None
    if not isinstance(document, list) or not document or rng.random() < 0.3:
        changed = atheris.Mutate(data, most)
    else:
        _change(document, rng)
        changed = msgpack.packb(document, use_bin_type=True)
    return bytes(changed[:most])


def _change(document: list[Any], rng: random.Random) -> None:
    at = rng.randrange(len(document))
    inner = document[at]
    if isinstance(inner, list) and inner and rng.random() < 0.8:
        _change(inner, rng)
        return
    way = rng.randrange(6)
    if way == 0:
        document.insert(at, rng.choice(EDGES))
    elif way == 1:
        del document[at]
    elif way == 2:
        document.append(document[at])
    elif way == 3 and type(inner) is int and -(2**62) < inner < 2**62:
        document[at] = inner + rng.randrange(-2, 3)
    else:
        document[at] = rng.choice(EDGES)


def main() -> None:
    """Hand the command line over to libFuzzer."""
    atheris.Setup(sys.argv, one_input, custom_mutator=mutate)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
