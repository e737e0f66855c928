"""
MessagePack in MQL5: the golden vectors pass through the generated structures unchanged, and no bytes do harm.
"""

import random
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgpack
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dtms.errors import WireError
from dtms.wire.codec import decode

VECTORS = Path(__file__).resolve().parents[2] / "schemas" / "vectors"

U64 = 2**64 - 1
INTEGERS = st.integers(-(2**63), U64) | st.integers(-40_000, 70_000)
TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=300)
LEAVES = st.none() | st.booleans() | INTEGERS | st.floats() | TEXTS
DOCUMENTS = st.recursive(LEAVES, lambda inner: st.lists(inner, max_size=20), max_leaves=60)


def read_all(start: Callable[..., Any], files: Path, documents: list[bytes]) -> tuple[dict[str, int], str]:
    """Counts of what the program took, and for each document whether it could be read and written again."""
    files.mkdir(parents=True, exist_ok=True)
    (files / "documents.bin").write_bytes(b"".join(struct.pack(">I", len(d)) + d for d in documents))
    program, terminal = start("Documents")
    program.start()
    counts = dict(pair.split("=") for pair in terminal.printed[0].split(";"))
    return {name: int(value) for name, value in counts.items()}, terminal.printed[1]


def written(files: Path) -> list[bytes]:
    """What the program wrote for each document."""
    rest = (files / "again.bin").read_bytes()
    found = []
    while rest:
        (length,) = struct.unpack_from(">I", rest)
        found.append(rest[4 : 4 + length])
        rest = rest[4 + length :]
    return found


def test_every_golden_vector_is_read_and_written_again_byte_for_byte(start: Callable[..., Any], tmp_path: Path) -> None:
    files = tmp_path / "Files"
    files.mkdir()
    vectors = sorted(VECTORS.glob("*.msgpack"))
    for vector in vectors:
        (files / vector.name).write_bytes(vector.read_bytes())
    program, terminal = start("Vectors")

    program.start()

    assert terminal.printed == []
    different = [v.name for v in vectors if (files / f"{v.name}.again").read_bytes() != v.read_bytes()]
    assert len(vectors) >= 90
    assert different == []


@pytest.mark.parametrize(
    ("vector", "at", "value"),
    [
        ("position_opened", (1, 4), 1.1e9),
        ("position_opened", (1, 4), 1),
        ("position_opened", (1, 5), 1.1e15),
        ("position_opened", (1, 6), 1.1e15),
        ("reduce_position", (5,), 1.1e9),
        ("clock_offset", (1,), 901),
        ("clock_offset", (1,), -51_300),
        ("clock_offset", (2,), 51_300),
        ("logon_accepted", (1,), 2**20),
        ("heartbeat", (6,), -1),
        ("heartbeat", (6,), 2**31),
    ],
    ids=str,
)
def test_both_languages_refuse_a_value_that_is_out_of_bounds(
    start: Callable[..., Any], tmp_path: Path, vector: str, at: tuple[int, ...], value: float
) -> None:
    files = tmp_path / "Files"
    files.mkdir()
    array = msgpack.unpackb((VECTORS / f"{vector}.typical.msgpack").read_bytes())
    place = array[8]
    for step in at[:-1]:
        place = place[step]
    place[at[-1]] = value
    frame = bytes(msgpack.packb(array))
    (files / "bad.msgpack").write_bytes(frame)
    program, terminal = start("Vectors")

    program.start()

    assert terminal.printed != []
    with pytest.raises(WireError):
        decode(frame)


@pytest.mark.parametrize(("at", "value"), [(5, 2**20), (6, 2**63)], ids=["epoch", "clock"])
def test_both_languages_refuse_a_prefix_that_is_out_of_bounds(
    start: Callable[..., Any], tmp_path: Path, at: int, value: int
) -> None:
    array = msgpack.unpackb((VECTORS / "credit.typical.msgpack").read_bytes())
    array[at] = value
    frame = bytes(msgpack.packb(array))

    counts, _ = read_all(start, tmp_path / "Files", [frame])

    assert counts["taken"] == 1  # as an array, but not as a frame
    with pytest.raises(WireError):
        decode(frame)


def test_a_frame_cut_anywhere_is_refused(start: Callable[..., Any], tmp_path: Path) -> None:
    whole = (VECTORS / "position_opened.typical.msgpack").read_bytes()
    documents = [whole[:length] for length in range(len(whole))]

    counts, verdicts = read_all(start, tmp_path / "Files", [*documents, whole])

    assert verdicts == "0" * len(documents) + "1"
    assert counts["skipped"] == 1


@pytest.mark.parametrize(
    ("what", "document"),
    [
        ("an array that announces 4 billion elements", b"\xdd\xff\xff\xff\xff"),
        ("a text that announces 4 GB", b"\xdb\xff\xff\xff\xff1234"),
        ("a text of 2 GB, negative as a signed number", b"\xdb\x80\x00\x00\x00abc"),
        ("an array of arrays of arrays ...", b"\x91" * 100_000),
        ("the byte that is never used", b"\xc1"),
        ("an overlong zero", b"\xa2\xc0\x80"),
        ("an overlong slash", b"\xa3\xe0\x80\xaf"),
        ("a surrogate", b"\xa3\xed\xa0\x80"),
        ("a character above U+10FFFF", b"\xa4\xf4\x90\x80\x80"),
        ("a zero in a text", b"\xa3a\0b"),
        ("a continuation alone", b"\xa1\x80"),
        ("a float32", b"\xca\x3f\x80\x00\x00"),
        ("two documents", b"\xc0\xc0"),
        ("nothing", b""),
        ("a map that announces more than there is", b"\x92\xdf\xff\xff\xff\xff\xc0"),
        ("an ext that announces more than there is", b"\xc9\xff\xff\xff\xff\x01"),
        ("bytes where a text belongs", b"\xc4\x01a"),
    ],
)
def test_what_is_no_document_of_the_link_is_refused(start: Callable[..., Any], tmp_path: Path, what: str, document: bytes) -> None:
    _, verdicts = read_all(start, tmp_path / "Files", [document])

    assert verdicts == "0", what


def test_an_array_longer_than_its_document_is_refused_at_its_head(start: Callable[..., Any], tmp_path: Path) -> None:
    documents = [b"\x91", b"\x9f" + bytes(14), b"\xdc\x00\x02\xc0", b"\xdd\x00\x00\x00\x05", b"\xdd\xff\xff\xff\xff"]

    counts, _ = read_all(start, tmp_path / "Files", documents)

    assert counts["taken"] == 0


def test_an_integer_is_read_in_every_form_that_holds_it(start: Callable[..., Any], tmp_path: Path) -> None:
    forms = [b"\xcc\x05", b"\xcd\x00\x05", b"\xce\x00\x00\x00\x05", b"\xcf" + b"\0" * 7 + b"\x05"]
    forms += [b"\xd0\x05", b"\xd1\x00\x05", b"\xd2\x00\x00\x00\x05", b"\xd3" + b"\0" * 7 + b"\x05"]
    forms += [b"\xd0\xff", b"\xd1\xff\xff", b"\xd2" + b"\xff" * 4, b"\xd3" + b"\xff" * 8]

    _, verdicts = read_all(start, tmp_path / "Files", forms)

    assert verdicts == "1" * len(forms)
    assert written(tmp_path / "Files") == [b"\x05"] * 8 + [b"\xff"] * 4


def test_random_bytes_do_no_harm(start: Callable[..., Any], tmp_path: Path) -> None:
    rng = random.Random(20_240_607)
    heads = bytes(range(0x80, 0x100))
    documents = [
        bytes(rng.choice(heads) if rng.random() < 0.5 else rng.randrange(256) for _ in range(rng.randrange(1, 200)))
        for _ in range(20_000)
    ]

    counts, verdicts = read_all(start, tmp_path / "Files", documents)

    assert len(verdicts) == len(documents)
    assert counts["skipped"] > 0


def test_a_damaged_document_never_reads_as_another_one(start: Callable[..., Any], tmp_path: Path) -> None:
    rng = random.Random(7)
    whole = [
        (VECTORS / name).read_bytes() for name in ("snapshot.typical.msgpack", "logon.typical.msgpack", "lease.typical.msgpack")
    ]
    damaged = []
    for _ in range(5_000):
        copy = bytearray(rng.choice(whole))
        for _ in range(rng.randrange(1, 4)):
            copy[rng.randrange(len(copy))] = rng.randrange(256)
        damaged.append(bytes(copy))

    _, verdicts = read_all(start, tmp_path / "Files", damaged)

    for document, verdict in zip(damaged, verdicts, strict=True):
        assert verdict == "0" or _is_document(document)


def _is_document(document: bytes) -> bool:
    try:
        msgpack.unpackb(document, raw=False, strict_map_key=True)
    except (msgpack.UnpackException, ValueError):
        return False
    return True


@given(documents=st.lists(DOCUMENTS, min_size=1, max_size=50))
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_every_document_is_written_as_the_other_side_would(
    documents: list[object], start: Callable[..., Any], tmp_path: Path
) -> None:
    packed = [msgpack.packb(document) for document in documents]

    counts, verdicts = read_all(start, tmp_path / "Files", packed)

    assert verdicts == "1" * len(packed)
    assert counts["skipped"] == len(packed)
    assert written(tmp_path / "Files") == packed


def test_the_ends_of_every_integer_form_are_written_in_the_smallest_one(start: Callable[..., Any], tmp_path: Path) -> None:
    numbers = [sign * 2**n + d for n in range(64) for d in (-1, 0, 1) for sign in (1, -1)]
    packed = [msgpack.packb(n) for n in numbers if n >= -(2**63)] + [msgpack.packb(U64)]

    _, verdicts = read_all(start, tmp_path / "Files", packed)

    assert verdicts == "1" * len(packed)
    assert written(tmp_path / "Files") == packed
