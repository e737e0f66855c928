"""Building: what is remembered, what is refused and how it is said, which compilers serve."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from mql5host.build import BuildError, build, sources_root
from mql5host.native import CriticalError, Program

from .conftest import FIXTURES, PlainTerminal

INCLUDE = FIXTURES / "Include"


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "x.mq5"
    path.write_text('#include "y.mqh"\nvoid OnStart()\n  {\n   Print(Twice(4));\n  }\n', encoding="utf-8")
    (tmp_path / "y.mqh").write_text("int Twice(const int n)\n  {\n   return(2*n);\n  }\n", encoding="utf-8")
    return path


def test_the_same_sources_are_built_once_and_known_by_their_hash(source: Path, library_cache: Path) -> None:
    first = build(source, include=INCLUDE, cache=library_cache)
    stamp = first.library.stat().st_mtime_ns
    again = build(source, include=INCLUDE, cache=library_cache)
    (source.parent / "y.mqh").write_text("int Twice(const int n)\n  {\n   return(n+n);\n  }\n", encoding="utf-8")
    changed = build(source, include=INCLUDE, cache=library_cache)

    assert again == first
    assert first.library.stat().st_mtime_ns == stamp
    assert changed.source_sha256 != first.source_sha256
    assert changed.library != first.library


def test_a_define_makes_another_library_of_the_same_sources(source: Path, library_cache: Path) -> None:
    plain, defined = (
        build(source, include=INCLUDE, cache=library_cache),
        build(source, include=INCLUDE, cache=library_cache, defines=["SOME=1"]),
    )

    assert plain.source_sha256 == defined.source_sha256
    assert plain.library != defined.library


def test_results_go_to_the_folder_that_was_asked_for(source: Path, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    built = build(source, include=INCLUDE, cache=cache)

    assert built.library.parent == cache
    assert not list(cache.glob("tmp*"))


REFUSED = {
    "an unknown function": ('void OnStart()\n  {\n   atoi("1");\n  }\n', "x.mq5:3"),
    "a narrowing": ("void OnStart()\n  {\n   long l=5;\n   int i=l;\n   Print(i);\n  }\n", "x.mq5:4"),
    "a number in a text": ('void OnStart()\n  {\n   string s="a"+5;\n   Print(s);\n  }\n', "x.mq5:3"),
    "signed against unsigned": ("void OnStart()\n  {\n   uint u=5;\n   int i=3;\n   Print(i<u);\n  }\n", "x.mq5:5"),
    "arithmetic of pointers": ("class C {};\nvoid OnStart()\n  {\n   C *p_c=NULL;\n   p_c++;\n  }\n", "x.mq5:5"),
    "an int for an enumeration": ("enum E { A,B };\nvoid OnStart()\n  {\n   E e=1;\n   Print(e);\n  }\n", "x.mq5:4"),
}


@pytest.mark.parametrize("case", REFUSED, ids=list(REFUSED))
def test_what_does_not_belong_is_refused_with_its_place_in_the_mql5_source(source: Path, case: str, library_cache: Path) -> None:
    text, place = REFUSED[case]
    source.write_text(text, encoding="utf-8")

    with pytest.raises(BuildError) as caught:
        build(source, include=INCLUDE, cache=library_cache)

    assert place in caught.value.output


def test_a_fault_in_an_include_names_the_include(source: Path, library_cache: Path) -> None:
    (source.parent / "y.mqh").write_text("int Twice(const int n)\n  {\n   return(unknown);\n  }\n", encoding="utf-8")

    with pytest.raises(BuildError) as caught:
        build(source, include=INCLUDE, cache=library_cache)

    assert "y.mqh:3" in caught.value.output


def test_a_compiler_that_is_not_there_is_said(source: Path, library_cache: Path) -> None:
    with pytest.raises(BuildError, match="no-such-compiler"):
        build(source, include=INCLUDE, cache=library_cache, compiler="no-such-compiler")


def test_the_sources_folder_holds_the_experts_and_what_they_include() -> None:
    assert (sources_root() / "Include").is_dir()
    assert (sources_root() / "Experts").is_dir()


@pytest.mark.soak
@pytest.mark.timeout(600)
def test_zig_builds_programs_that_notice_the_same_errors(terminal: PlainTerminal, tmp_path: Path, library_cache: Path) -> None:
    pytest.importorskip("ziglang")
    built = build(FIXTURES / "language.mq5", include=INCLUDE, cache=library_cache, compiler="zig")
    with Program(built, terminal, files=tmp_path / "a", symbol="EURUSD") as program:
        program.start()
    lines = list(terminal.lines)
    terminal.lines.clear()
    with Program(
        build(FIXTURES / "language.mq5", include=INCLUDE, cache=library_cache), terminal, files=tmp_path / "b", symbol="EURUSD"
    ) as program:
        program.start()
    assert lines == terminal.lines

    faults = {
        "int z=g_z; Print(5/z);": "zero divide",
        "double z=g_z; Print(1.0/z);": "zero divide",
        "int n=32+g_z; Print(1<<n);": "shift out of range",
        "double d=1e10+g_z; Print((int)d);": "number out of range",
        "int a[2]={1,2}; int i=2+g_z; Print(a[i]);": "array out of range",
    }
    for body, kind in faults.items():
        path = tmp_path / "fault.mq5"
        path.write_text(f"int g_z=0;\nvoid OnStart()\n  {{\n   {body}\n  }}\n", encoding="utf-8")
        built = build(path, include=INCLUDE, cache=library_cache, compiler="zig")
        with Program(built, terminal, files=tmp_path / "c", symbol="EURUSD") as program, pytest.raises(CriticalError) as caught:
            program.start()
        assert (caught.value.kind, caught.value.line) == (kind, 4)


@pytest.mark.soak
@pytest.mark.skipif(sys.platform != "linux", reason="the sanitizer's library is preloaded")
def test_the_runtime_is_clean_under_address_sanitizer(tmp_path: Path) -> None:
    code = f"""
import sys
sys.path.insert(0, {str(Path(__file__).parents[2])!r})
from pathlib import Path
from mql5host.build import build
from mql5host.native import Program
from tests.mql5host.conftest import PlainTerminal
terminal = PlainTerminal()
built = build(Path({str(FIXTURES / "language.mq5")!r}), include=Path({str(INCLUDE)!r}), sanitize=["address"])
with Program(built, terminal, files=Path({str(tmp_path)!r}), symbol="EURUSD") as program:
    program.start()
print(len(terminal.lines))
"""
    names = ("libasan.so", "libstdc++.so")
    found = [subprocess.run(["g++", f"-print-file-name={name}"], capture_output=True, text=True, check=True) for name in names]
    environment = {
        **os.environ,
        "LD_PRELOAD": " ".join(done.stdout.strip() for done in found),
        "ASAN_OPTIONS": "detect_leaks=0:abort_on_error=0",
    }
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, env=environment)

    assert (done.stdout.strip(), done.returncode) == ("26", 0), done.stderr
