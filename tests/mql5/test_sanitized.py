"""
The transport tests and those of the runtime once more, on programs built with AddressSanitizer and UndefinedBehaviorSanitizer.

Each run is a pytest of its own, as the sanitizers' libraries have to be there before Python's first allocation.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
from tests.mql5.conftest import PROGRAMS

from mql5host.build import build, sources_root

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
SANITIZERS = ("address", "undefined")
FAST = (
    "test_msgpack.py::test_every_golden_vector_is_read_and_written_again_byte_for_byte",
    "test_msgpack.py::test_what_is_no_document_of_the_link_is_refused",
    "test_msgpack.py::test_random_bytes_do_no_harm",
    "test_zmtp.py::test_ten_thousand_documents_pass_through_tiny_reads_and_partial_sends",
    "test_zmtp_strangers.py::test_a_thousand_hostile_connections_do_no_harm",
    "test_bridge.py::test_the_logon_says_who_this_is",
    "test_bridge.py::test_hands_off_is_said_by_the_logon_after_a_restart_of_the_bridge",
    "test_bridge.py::test_a_report_that_the_break_swallowed_comes_again_when_the_session_goes_on",
    "test_tick_feed.py::test_every_quote_arrives_in_order_and_bit_for_bit",
    "test_trade_gateway.py::test_a_modification_sets_both_levels_and_is_reported_with_them",
)
"""Bytes from outside and the main lines of the whole Expert Advisor, without keys and with them. Most of the time is its build."""

TRANSPORT = [
    path.name
    for pattern in ("test_msgpack.py", "test_zmtp*.py", "test_session_*.py", "test_curve_*.py")
    for path in sorted(HERE.glob(pattern))
]
EXPERT = [path.name for path in sorted(HERE.glob("test_*.py")) if path.name not in {*TRANSPORT, Path(__file__).name}]
"""Everything else that there is of it: trade, positions, quotes, panel, self test."""

RUNTIME = [f"../mql5host/test_{part}.py" for part in ("language", "strings", "files", "sockets", "binding", "native")]


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """Variables for a Python that loads sanitized programs; findings go to files in the test's folder."""
    if sys.platform != "linux" or shutil.which("g++") is None:
        reason = "the sanitizers' libraries are preloaded: needs Linux and g++"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    names = ("libasan.so", "libstdc++.so")  # without the second no exception of a C++ library would find its way
    found = [subprocess.run(["g++", f"-print-file-name={name}"], capture_output=True, text=True, check=True) for name in names]
    log = f"log_path={tmp_path}/finding"
    return {
        **os.environ,
        "LD_PRELOAD": " ".join(done.stdout.strip() for done in found),
        # Python keeps what it allocates; the host itself counts what a program leaves behind.
        "ASAN_OPTIONS": f"detect_leaks=0:quarantine_size_mb=16:{log}",
        "UBSAN_OPTIONS": f"print_stacktrace=1:{log}",
        "MQL5HOST_KEEP": "1",
        "TMPDIR": str(tmp_path),
    }


def run(words: Sequence[str], environment: dict[str, str]) -> tuple[int, str]:
    """Exit status, and what was found or else said."""
    done = subprocess.run([sys.executable, *words], cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    findings = [path.read_text(errors="replace") for path in Path(environment["TMPDIR"]).glob("finding*")]
    return done.returncode or len(findings), "\n".join(findings) or done.stdout + done.stderr


def child_pytest(names: Sequence[str], environment: dict[str, str]) -> tuple[int, str]:
    words = ["-m", "pytest", "-q", "-s", "-o", f"cache_dir={environment['TMPDIR']}/cache", "--sanitize", ",".join(SANITIZERS)]
    return run([*words, *(f"tests/mql5/{name}" for name in names)], environment)


@pytest.mark.timeout(600)
def test_hostile_bytes_make_no_sanitizer_speak(environment: dict[str, str]) -> None:
    status, said = child_pytest(FAST, environment)

    assert status == 0, said


@pytest.mark.soak
@pytest.mark.timeout(1_200)
@pytest.mark.parametrize("names", [TRANSPORT, EXPERT, RUNTIME], ids=["transport", "expert", "runtime"])
def test_no_test_makes_a_sanitizer_speak(environment: dict[str, str], names: list[str]) -> None:
    status, said = child_pytest(names, environment)

    assert status == 0, said


@pytest.mark.parametrize(
    ("defect", "says"),
    [(0, ""), (1, "heap-use-after-free"), (2, "is not a valid value for type 'bool'")],
    ids=["none", "memory", "flag"],
)
def test_a_defect_that_only_a_sanitizer_sees_is_seen(environment: dict[str, str], tmp_path: Path, defect: int, says: str) -> None:
    library = build(PROGRAMS / "Unclean.mq5", include=sources_root() / "Include", sanitize=SANITIZERS)
    code = f"""
from pathlib import Path
from tests.mql5.conftest import BareTerminal
from mql5host.build import Built
from mql5host.native import Program
built = Built(Path({str(library.library)!r}), "", "")
with Program(built, BareTerminal(), files=Path({str(tmp_path / "Files")!r}), symbol="", inputs={{"Defect": "{defect}"}}) as program:
    program.start()
"""

    status, said = run(["-c", code], environment)

    assert (status != 0) == bool(says)
    assert says in said
