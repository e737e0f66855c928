"""
From an MQL5 main file to a native library: translate, compile, link, and remember the result by its content.

Takes g++ or clang++ where there is one, otherwise the compiler of the `ziglang` package. Each finished library is
kept in the user's cache under the hash of everything that went into it, so that a second build is a look-up.
"""

import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path

import platformdirs

from mql5host import api, apigen
from mql5host.translate import translate

_LANGUAGE = ("-std=c++17", "-fno-exceptions", "-fsigned-char", "-fwrapv", "-fno-strict-aliasing")
_CODE = ("-O1", "-g1", "-fPIC", "-fvisibility=hidden", "-fno-threadsafe-statics", "-fno-omit-frame-pointer")
_GNU_ONLY = ("-fno-gnu-unique", "-fno-lifetime-dse")
"""Each loaded copy has variables of its own, and memory filled before a constructor runs stays filled."""

_WINDOWS = ("-fuse-cxa-atexit", "-fno-rtlib-defaultlib")
"""Destructors are registered as elsewhere (cpp/memory.cpp), and no sanitizer library is asked for."""

_WARNINGS = ("-Wall", "-Wextra", "-Wconversion", "-Werror")
_QUIET = (
    # What MQL5 allows without a word.
    "-Wno-switch", "-Wno-implicit-fallthrough", "-Wno-unused-parameter", "-Wno-missing-field-initializers",
    "-Wno-ignored-qualifiers", "-Wno-missing-braces", "-Wno-maybe-uninitialized", "-Wno-unused-function",
    "-Wno-reorder", "-Wno-deprecated-copy", "-Wno-array-bounds", "-Wno-stringop-overflow",
)  # fmt: skip
_CHECKS = (
    # Handled by hooks of the runtime (cpp/entry.cpp); libubsan is not linked.
    "-fsanitize=integer-divide-by-zero,float-divide-by-zero,float-cast-overflow,shift",
    "-fno-sanitize-recover=all",
    "-ftrivial-auto-var-init=pattern",
)


_SANITIZERS = {
    "address": ("-fsanitize=address",),
    # What the checks above leave out. The runtime has no types to ask at run time for vptr, and its hooks are plain functions.
    "undefined": ("-fsanitize=undefined", "-fno-sanitize=vptr", "-fno-sanitize-recover=all"),
    "fuzzer": ("-fsanitize=fuzzer-no-link",),
}
"""Compiler flags by name; "fuzzer" counts edges for libFuzzer and needs clang."""

_AS_WRITTEN = ("-O0",)
"""Nothing that a sanitizer would see is optimised away, and what runs once is compiled in a third of the time."""


class BuildError(Exception):
    """The compiler refused: `output` is what it said, with places in the MQL5 source."""

    def __init__(self, what: str, output: str) -> None:
        super().__init__(f"{what}\n{output}".rstrip())
        self.what = what
        self.output = output


@dataclass(frozen=True, slots=True)
class Built:
    """A native program, the hash of its MQL5 sources, and the compiler that made it."""

    library: Path
    source_sha256: str
    compiler: str


@dataclass(frozen=True, slots=True)
class _Compiler:
    command: tuple[str, ...]
    version: str
    gnu: bool
    zig: bool


def build(
    source: Path,
    *,
    include: Path,
    defines: Iterable[str] = (),
    sanitize: Collection[str] = (),
    compiler: str | None = None,
    cache: Path | None = None,
) -> Built:
    """
    Build the program whose main file is `source`, or find it built.

    Args:
        source: The .mq5 file.
        include: The folder that `#include <...>` means.
        defines: Names, or NAME=value, defined before the first line.
        sanitize: "address" for AddressSanitizer: Python must then run with its library preloaded. "undefined" for what
            UndefinedBehaviorSanitizer finds beyond the checks that every build has.
        compiler: Path or name of a compiler, or "zig"; None takes the first that is there.
        cache: Folder for results; None is the user's cache.

    Raises:
        SourceError: The source is not the portable subset as far as translation can tell.
        BuildError: There is no compiler, or it refused.
    """
    defines = tuple(defines)
    chosen = _compiler(compiler)
    translation = translate(source, include, defines)
    folder = _folder(cache)
    runtime = _runtime(folder, chosen, sanitize)
    arguments = [*_program_flags(chosen), *_sanitizers(sanitize)]
    key = _digest([translation.text, translation.source_sha256, runtime.name, chosen.version, *arguments])
    library = folder / f"{source.stem}-{key}{_suffix()}"
    if not library.exists():
        _compile_program(
            translation.text, arguments, compiler=chosen, runtime=runtime, library=library, sanitize=sanitize,
        )  # fmt: skip
    return Built(library, translation.source_sha256, chosen.version)


def build_fuzzer(source: Path, *, include: Path, driver: Path, defines: Iterable[str] = (), cache: Path | None = None) -> Path:
    """
    Build an executable in which libFuzzer, through `driver`, feeds the program whose main file is `source`, or find it built.

    Args:
        source: The .mq5 file.
        include: The folder that `#include <...>` means.
        driver: C++ source with LLVMFuzzerTestOneInput; it sees host_api.h, and the `defines` as macros.
        defines: Names, or NAME=value, for the program and the driver.
        cache: Folder for results; None is the user's cache.

    Raises:
        SourceError: As `build`.
        BuildError: There is no clang, it has no libFuzzer, or it refused.
    """
    defines = tuple(defines)
    chosen = _compiler("clang++")
    sanitize = ("fuzzer", "address", "undefined")
    translation = translate(source, include, defines)
    folder = _folder(cache)
    runtime = _runtime(folder, chosen, sanitize)
    arguments = [*_program_flags(chosen), *_sanitizers(sanitize)]
    parts = [translation.text, runtime.name, chosen.version, driver.read_text(encoding="utf-8"), *arguments, *defines]
    made = folder / f"{source.stem}-{_digest(parts)}-fuzzer"
    if made.exists():
        return made
    with tempfile.TemporaryDirectory(dir=folder) as scratch:
        work = Path(scratch)
        program, linked = work / "program.cpp", work / made.name
        program.write_text(translation.text, encoding="utf-8", newline="\n")
        command = [*chosen.command, *arguments, *(f"-D{define}" for define in defines), "-isystem", str(runtime)]
        # The hooks of the runtime come before the sanitizers' own functions of the same names.
        command += ["-fsanitize=fuzzer", "-Wl,-z,muldefs", str(runtime / "runtime.o"), str(program), str(driver)]
        _run([*command, "-o", str(linked)], f"no fuzzer of {source.stem}")
        _publish(linked, made)
    return made


def sources_root() -> Path:
    """Folder that holds Experts, Include and Scripts: the package's own copy, else the repository's."""
    inside = Path(__file__).parent / "mql5"
    return inside if inside.is_dir() else Path(__file__).parents[2] / "mql5"


def _folder(cache: Path | None) -> Path:
    folder = cache if cache is not None else Path(platformdirs.user_cache_dir("dtms-bridge")) / "mql5host"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _compiler(wanted: str | None) -> _Compiler:
    candidates = [wanted] if wanted else ["g++", "clang++", "zig"]
    for name in candidates:
        command = _command(name)
        if command is not None:
            return _described(command, zig=name == "zig")
    raise BuildError(f"no C++ compiler: none of {', '.join(candidates)}", "install one, or the package ziglang")


def _command(name: str) -> tuple[str, ...] | None:
    if name == "zig":
        return (sys.executable, "-m", "ziglang", "c++") if importlib.util.find_spec("ziglang") else None
    found = shutil.which(name)
    return (found,) if found else None


@cache
def _described(command: tuple[str, ...], *, zig: bool) -> _Compiler:
    version = _run([*command, "--version"], "the compiler does not start").splitlines()[0]
    named = f"zig, {version}" if zig else version
    return _Compiler(command, named, gnu="clang" not in version and not zig, zig=zig)


def _program_flags(compiler: _Compiler) -> list[str]:
    # One compiler's warnings are the measure; another's must not stop a user whose sources passed it.
    warnings = (*_WARNINGS, *_QUIET) if compiler.gnu else ("-w",)
    return [*_common_flags(compiler), *_CHECKS, *warnings]


def _common_flags(compiler: _Compiler) -> list[str]:
    zig = ("-fno-sanitize=all",) if compiler.zig else ()
    windows = _WINDOWS if sys.platform == "win32" else ()
    return [*_LANGUAGE, *_CODE, *(_GNU_ONLY if compiler.gnu else ()), *zig, *windows]


def _sanitizers(sanitize: Collection[str]) -> list[str]:
    unknown = set(sanitize) - set(_SANITIZERS)
    if unknown:
        raise ValueError(f"unknown sanitizers: {', '.join(sorted(unknown))}")
    as_written = _AS_WRITTEN if sanitize and "fuzzer" not in sanitize else ()
    return [*(flag for name in sanitize for flag in _SANITIZERS[name]), *as_written]


def _digest(parts: Iterable[str]) -> str:
    digest = hashlib.sha256()
    for part in parts:
        digest.update(f"{len(part)}\n{part}".encode())
    return digest.hexdigest()[:24]


def _suffix() -> str:
    return {"win32": ".dll", "darwin": ".dylib"}.get(sys.platform, ".so")


@cache
def _runtime_sources() -> dict[str, str]:
    """The C++ side: file name to text, the generated header included."""
    folder = resources.files("mql5host") / "cpp"
    texts = {file.name: file.read_text(encoding="utf-8") for file in folder.iterdir() if file.name[-4:] in {".cpp", ".hpp"}}
    texts["host_api.h"] = (folder / "host_api.h").read_text(encoding="utf-8")
    texts["api.hpp"] = apigen.header(api.load())
    return dict(sorted(texts.items()))


def _runtime(folder: Path, compiler: _Compiler, sanitize: Collection[str]) -> Path:
    """Object file of the runtime, with its headers beside it in a folder named like it."""
    sources = _runtime_sources()
    arguments = [*_common_flags(compiler), *_sanitizers(sanitize)]
    key = _digest([compiler.version, *arguments, *(part for pair in sources.items() for part in pair)])
    made = folder / f"runtime-{key}"
    if not made.exists():
        with tempfile.TemporaryDirectory(dir=folder) as scratch:
            work = Path(scratch) / "made"
            work.mkdir()
            for name, text in sources.items():
                (work / name).write_text(text, encoding="utf-8", newline="\n")
            command = [*compiler.command, *arguments, "-c", str(work / "runtime.cpp"), "-o", str(work / "runtime.o")]
            _run(command, "the runtime does not compile")
            _publish(work, made)
    return made


def _publish(work: Path, target: Path) -> None:
    """Give a finished file or folder its name; somebody else may have been first, with the same content."""
    try:
        os.replace(work, target)  # noqa: PTH105 - the atomic one, for folders too
    except OSError:
        if not target.exists():
            raise


def _compile_program(
    text: str,
    arguments: Sequence[str],
    *,
    compiler: _Compiler,
    runtime: Path,
    library: Path,
    sanitize: Collection[str],
) -> None:
    with tempfile.TemporaryDirectory(dir=library.parent) as scratch:
        work = Path(scratch)
        source, compiled, linked = work / "program.cpp", work / "program.o", work / f"program{_suffix()}"
        source.write_text(text, encoding="utf-8", newline="\n")
        _run(
            [*compiler.command, *arguments, "-isystem", str(runtime), "-c", str(source), "-o", str(compiled)],
            f"{library.stem.rpartition('-')[0]} does not compile",
        )
        # The runtime's globals have to be there before the program's: constructors run in the order of the objects.
        command = [*compiler.command, "-shared", str(runtime / "runtime.o"), str(compiled), "-o", str(linked)]
        _run([*command, *_link_flags(compiler, sanitize)], "the program uses what the runtime does not have")
        _publish(linked, library)


def _link_flags(compiler: _Compiler, sanitize: Collection[str]) -> list[str]:
    flags = _sanitizers(sanitize)
    if compiler.zig:
        flags.append("-fno-sanitize=all")
    if sys.platform == "win32":
        flags.append("-lws2_32")
    elif sys.platform != "darwin" and not sanitize:
        flags.append("-Wl,-z,defs")
    return flags


def _run(command: Sequence[str], failure: str) -> str:
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, encoding="utf-8", errors="replace")
    except OSError as error:
        raise BuildError(failure, str(error)) from error
    if done.returncode != 0:
        raise BuildError(failure, done.stderr)
    return done.stdout
