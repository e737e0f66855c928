"""The log file: one JSON object a line, one key a value, and nothing of the line's own overwritten."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from loguru import logger

from dtms.cli import logs
from dtms.runtime.log import Line, to_loguru


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path
    logger.remove()


def test_every_field_is_a_key_of_its_own_with_its_type(folder: Path) -> None:
    path = logs.configure(folder, console=False)
    to_loguru(Line("WARNING", "!", "report", {"command": 7, "price": 1.5, "why": None, "dup": True, "detail": "{a} b=c"}))

    (line,) = map(json.loads, path.read_text(encoding="utf-8").splitlines())
    assert (line["event"], line["level"]) == ("! report", "warning")
    assert {key: line[key] for key in ("command", "price", "why", "dup", "detail")} == {
        "command": 7,
        "price": 1.5,
        "why": None,
        "dup": True,
        "detail": "{a} b=c",
    }


def test_a_field_named_as_one_of_the_lines_own_takes_nothing_away(folder: Path) -> None:
    path = logs.configure(folder, console=False)
    names = ("ts", "level", "event", "thread", "where")
    to_loguru(Line("INFO", "=", "names", dict.fromkeys(names, "mine")))

    (line,) = map(json.loads, path.read_text(encoding="utf-8").splitlines())
    assert (line["event"], line["level"]) == ("= names", "info")
    assert all(line[f"{name}_"] == "mine" != line[name] for name in names)


def test_the_console_shows_a_mark_the_name_and_the_values(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure(folder, console=True)
    to_loguru(Line("WARNING", "!", "unknown", {"command": 7}))
    logger.warning("disk full")

    first, second = (line.split(" ", 1)[1] for line in capsys.readouterr().err.splitlines())
    assert (first, second) == ("! unknown command=7", "! disk full")


FULL = """
import sys
from pathlib import Path
from dtms.cli import logs
from dtms.runtime.log import Log, to_loguru

logs.configure(Path(sys.argv[1]), console=True)
log = Log(to_loguru)
log.start()
for number in range(3):
    log.add("!", "unknown", command=number)
log.stop(5.0)
print("went on")
"""


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a disk that is always full is at hand on Linux only")
def test_63_a_full_log_loses_lines_and_stops_nothing(folder: Path) -> None:
    (folder / "logs").mkdir()
    (folder / "logs" / "dtms.jsonl").symlink_to("/dev/full")
    done = subprocess.run([sys.executable, "-c", FULL, folder], capture_output=True, text=True, check=False, timeout=30)

    assert done.stdout == "went on\n"
    assert all(f"! unknown command={number}" in done.stderr for number in range(3))
    assert "No space left on device" in done.stderr
