"""
Coverage-guided fuzzing of everything that reads bytes from outside: MessagePack, ZMTP and CURVE in MQL5, the codec in Python.

The MQL5 readers are built with libFuzzer, AddressSanitizer and UndefinedBehaviorSanitizer; a critical error of the
program, a broken law of programs/Fuzz*.mq5, more than 5 s or more than 1 GiB for one input is a finding. The corpus is
kept; what a finding's message names goes into it, under a name that says what it was.
"""

import importlib.util
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NoReturn

import msgpack
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dtms.errors import WireError
from dtms.wire.codec import decode, encode
from mql5host.build import BuildError, build_fuzzer, sources_root

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
CORPUS = HERE / "corpus"
VECTORS = ROOT / "schemas" / "vectors"
LIMITS = ("-timeout=5", "-rss_limit_mb=1024", "-max_len=4096", "-print_final_stats=1")
WRONG: dict[type, tuple[Any, ...]] = {
    float: ("text", -1.0, 0.0, float("nan")),
    int: (-1, 0, 2**31, 2**32, 2**64 - 1),
    str: ("", "x" * 700),
    list: (None, [[]]),
}
READERS = ("msgpack", "zmtp", "curve", "codec")
SHORT_S, LONG_S = 10, 1_800


def missing(reason: str) -> NoReturn:
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)


def native(program: str, *defines: str) -> list[str]:
    try:
        made = build_fuzzer(
            HERE / "programs" / f"{program}.mq5",
            include=sources_root() / "Include",
            driver=HERE / "driver.cpp",
            defines=defines,
        )
    except BuildError as error:
        if "no C++ compiler" in error.what or "libclang_rt" in error.output:
            missing(f"no clang with libFuzzer: {error.what}")
        raise
    return [str(made)]


def fuzzer(reader: str) -> list[str]:
    """The command that fuzzes one reader."""
    if reader == "msgpack":
        return native("FuzzMsgPack")
    if reader == "zmtp":
        return native("FuzzZmtp", "PACED")
    if reader == "curve":
        return native("FuzzCurve", "PACED", "SCRIPTED")
    if importlib.util.find_spec("atheris") is None:
        missing("no package atheris: the codec is tried without coverage only")
    return [sys.executable, str(HERE / "codec_target.py")]


def seeds(reader: str, folder: Path) -> list[str]:
    """The corpus, and for documents the golden vectors, whole and with one element of another type."""
    if reader in {"zmtp", "curve"}:
        return [str(CORPUS / reader)]
    folder.mkdir()
    for vector in VECTORS.glob("*.msgpack"):
        (folder / vector.name).write_bytes(vector.read_bytes())
    for vector in VECTORS.glob("*.typical.msgpack"):
        for number, damaged in enumerate(damages(msgpack.unpackb(vector.read_bytes()))):
            (folder / f"{vector.name}.{number}").write_bytes(msgpack.packb(damaged))
    return [str(CORPUS / reader), str(folder)]


def damages(document: list[Any]) -> Iterator[list[Any]]:
    """The document with each element in turn, inner ones too, replaced by what it is not, and without its last element."""
    yield document[:-1]
    for at, element in enumerate(document):
        inner = damages(element) if isinstance(element, list) else iter(())
        wrong = WRONG.get(type(element), ())
        for instead in (*inner, -1.5, *wrong):
            yield [*document[:at], instead, *document[at + 1 :]]


def fuzz(command: Sequence[str], words: Sequence[str], folder: Path) -> dict[str, int]:
    """Run to the end; libFuzzer's closing figures, with the last `cov:` it told."""
    done = subprocess.run(
        [*command, *LIMITS, f"-artifact_prefix={folder}/", *words],
        cwd=ROOT,
        env={**os.environ, "ASAN_OPTIONS": "quarantine_size_mb=64"},
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
    )
    assert done.returncode == 0, done.stderr[-6_000:]
    figures = {name: int(value) for name, value in re.findall(r"^stat::(\w+):\s+(\d+)", done.stderr, re.MULTILINE)}
    return figures | {"cov": int(re.findall(r"cov: (\d+)", done.stderr)[-1])}


@pytest.mark.parametrize("reader", READERS)
def test_the_whole_corpus_passes(reader: str, tmp_path: Path) -> None:
    folders = seeds(reader, tmp_path / "vectors")
    files = sum(1 for folder in folders for _ in Path(folder).iterdir())

    figures = fuzz(fuzzer(reader), ["-runs=0", *folders], tmp_path)

    assert figures["number_of_executed_units"] >= files > 20


@pytest.mark.parametrize(
    ("reader", "seconds"),
    [
        pytest.param(reader, seconds, marks=[pytest.mark.soak] if seconds == LONG_S else [], id=f"{reader}-{seconds}s")
        for seconds in (SHORT_S, LONG_S)
        for reader in READERS
    ],
)
@pytest.mark.timeout(LONG_S + 300)
def test_bytes_that_nobody_thought_of_do_no_harm(reader: str, seconds: int, tmp_path: Path) -> None:
    found = tmp_path / "found"
    found.mkdir()

    figures = fuzz(fuzzer(reader), [f"-max_total_time={seconds}", str(found), *seeds(reader, tmp_path / "vectors")], tmp_path)

    assert figures["number_of_executed_units"] > 1_000
    print(f"{reader}: {figures['average_exec_per_sec']} runs a second, {figures['cov']} edges")  # noqa: T201 - for pytest -rP


@pytest.mark.parametrize(
    ("defect", "says"),
    [
        (b"bar", "array out of range (index 3 of 3) in Canary.mq5"),
        (b"bah", "timeout"),
        (b"bam", "out-of-memory"),
        (b"bal", "broken law: this input does not exist"),
        (b"bax", ""),
    ],
    ids=["range", "hang", "memory", "law", "none"],
)
def test_a_defect_is_found(defect: bytes, says: str, tmp_path: Path) -> None:
    one = tmp_path / "input"
    one.write_bytes(defect)
    command = native("Canary")

    done = subprocess.run(
        [*command, "-timeout=2", "-rss_limit_mb=512", f"-artifact_prefix={tmp_path}/", str(one)],
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
    )

    assert (done.returncode != 0) == bool(says)
    assert says in done.stderr


def one_form(data: bytes) -> bool:
    """Whether the bytes are a frame; if so it has one form, and that reads as the same frame."""
    try:
        frame = decode(data)
    except WireError:
        return False
    assert decode(encode(frame)) == frame
    return True


def test_the_codec_answers_every_file_of_the_corpora() -> None:
    files = [*VECTORS.glob("*.msgpack"), *(CORPUS / "codec").iterdir(), *(CORPUS / "msgpack").iterdir()]

    assert sum(one_form(path.read_bytes()) for path in files) >= 98


@given(data=st.data())
def test_the_codec_answers_damaged_frames(data: st.DataObject) -> None:
    """Without coverage, so that it runs wherever Python does."""
    whole = bytearray(data.draw(st.sampled_from(sorted(VECTORS.glob("*.msgpack")))).read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(whole) - 1))
        whole[at : at + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=9))
        if not whole:
            break

    one_form(bytes(whole))
