"""
One command for everything a checkout needs; standard library only, Windows, Linux and macOS.

    python3 tools/dev.py demo [...]    the Expert Advisor and the bridge, end to end, on a simulated account
    python3 tools/dev.py test [...]    the whole test suite; further words go to pytest (--soak: full counts and long runs)
    python3 tools/dev.py check         formatting, lint, types and layers only

Each makes ``.venv`` in the repository when it is missing or does not match ``requirements.lock``,
with exactly the versions locked there.
"""

import hashlib
import os
import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
LOCK = ROOT / "requirements.lock"
STAMP = VENV / "dtms-installed"
OLDEST = (3, 11)


def main(words: "list[str]") -> int:
    """Run one command and return its exit status."""
    commands = {"demo": demo, "test": test, "check": check}
    if not words or words[0] not in commands:
        print(__doc__.strip())
        return 0 if words and words[0] in ("-h", "--help") else 2
    if sys.version_info < OLDEST:
        print("Python {}.{} or later is needed; this is {}.{}.".format(*OLDEST, *sys.version_info[:2]))
        return 2
    try:
        install()
        return commands[words[0]](words[1:])
    except subprocess.CalledProcessError as error:
        print(f"{' '.join(map(str, error.cmd))} ended with {error.returncode}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


def demo(words: "list[str]") -> int:
    """Run ``dtms demo``."""
    return run("-m", "dtms.cli.main", "demo", *words)


def test(words: "list[str]") -> int:
    """Run the tests, on both cores unless the caller says otherwise."""
    chosen = any(word == "-n" or word.startswith(("-n", "--numprocesses", "-p")) for word in words)
    return run("-m", "pytest", *([] if chosen else ["-n", "2", "--dist", "loadgroup"]), *words, where=ROOT)


def check(words: "list[str]") -> int:
    """Run every static check; the tests run them too."""
    return run("-m", "pytest", "tests/project/test_checks.py", "-q", *words, where=ROOT)


def run(*words: object, where: "Path | None" = None) -> int:
    """Run the environment's Python, in the caller's folder unless told; Ctrl-C goes to the child, whose status is ours."""
    process = subprocess.Popen([str(python()), *map(str, words)], cwd=where)
    while True:
        try:
            return process.wait()
        except KeyboardInterrupt:
            continue


def python() -> Path:
    """Return the environment's Python."""
    return VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def install() -> None:
    """Make the environment, unless it is there and as the lock file says."""
    wanted = fingerprint()
    if STAMP.is_file() and STAMP.read_text(encoding="ascii") == wanted and python().exists():
        return
    print("Setting up .venv (once; about a minute) ...", flush=True)
    venv.create(VENV, with_pip=True, clear=True)
    pip("install", "--require-hashes", "-r", LOCK)
    pip("install", "--no-deps", "--no-build-isolation", "-e", ROOT)
    STAMP.write_text(wanted, encoding="ascii")


def pip(*words: object) -> None:
    """Run pip in the environment, quietly."""
    command = [str(python()), "-m", "pip", "--disable-pip-version-check", "-q", *map(str, words)]
    subprocess.run(command, check=True, cwd=ROOT)


def fingerprint() -> str:
    """Return what the environment depends on: the lock, the project file and this Python."""
    digest = hashlib.sha256(sys.version.encode() + sys.prefix.encode())
    for path in (LOCK, ROOT / "pyproject.toml"):
        digest.update(path.read_bytes())
    return digest.hexdigest()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
