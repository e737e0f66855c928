"""
The project keeps its own rules: style, types on both platforms, layers, encodings, generated files.

Each check is the tool that a contributor would run by hand; its output is the failure's message.
"""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
MQL5 = sorted(p.relative_to(ROOT).as_posix() for p in (ROOT / "mql5").rglob("*.mq[h5]"))


def run(*words: str) -> None:
    result = subprocess.run([sys.executable, "-m", *words], cwd=ROOT, capture_output=True, text=True, check=False)

    assert result.returncode == 0, result.stdout + result.stderr


def test_ruff_finds_nothing() -> None:
    run("ruff", "check", ".")


def test_the_formatter_would_change_nothing() -> None:
    run("ruff", "format", "--check", ".")


@pytest.mark.timeout(300)
@pytest.mark.parametrize("platform", ["linux", "win32"])
def test_types_hold_on(platform: str) -> None:
    run("mypy", "--platform", platform, "--cache-dir", f".mypy_cache/{platform}")


def test_no_layer_imports_what_is_above_it() -> None:
    tool = shutil.which("lint-imports", path=str(Path(sys.executable).parent))
    assert tool is not None, "import-linter is not installed"

    result = subprocess.run([tool, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False)

    assert result.returncode == 0, result.stdout + result.stderr


def test_what_is_generated_from_the_messages_is_not_stale() -> None:
    run("contract", "--check")


@pytest.mark.parametrize("name", MQL5)
def test_mql5_sources_are_ascii_with_unix_line_ends(name: str) -> None:
    """MetaEditor likes to save UTF-16 or a byte order mark; git and the translator want neither."""
    data = (ROOT / name).read_bytes()

    assert data.isascii()
    assert b"\r" not in data
    assert data.endswith(b"\n")


def test_no_file_of_the_repository_names_a_path_outside_it() -> None:
    """Two lines of the CI script apart."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout
    needles = [b"../" + b"shared", b"/work" + b"/", b"/home" + b"/"]
    found = [
        name
        for name in listed.decode().split("\0")
        if name != ".ci/run" and (ROOT / name).is_file() and any(needle in (ROOT / name).read_bytes() for needle in needles)
    ]

    assert found == []
