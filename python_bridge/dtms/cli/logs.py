"""
Logs: one JSON object a line to a file, short lines to the console.

What a line means stands in its ``event``; everything else is key and value. Marks carry direction: ``<`` from the terminal,
``>`` to it, ``=`` a change of state, ``!`` something wrong. A value whose key is one of the line's own gets a ``_`` behind it.
"""

import json
import sys
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Any

from loguru import logger

if TYPE_CHECKING:
    from loguru import Message, Record

FILE = "dtms.jsonl"
STANDBY = "standby.jsonl"  # of a process that waits its turn: the other file is the working one's
_ROTATION = "20 MB"  # with 10 kept: 200 MB at most, weeks of ordinary running
_KEPT = 10


def configure(folder: Path, *, console: bool, level: str = "INFO", file: str = FILE) -> Path:
    """
    Send log records to ``file`` in ``folder/logs`` and, if wanted, to the console.

    Returns the file's path. A full disk loses log lines and nothing else: loguru reports it on standard error and goes on.
    """
    path = folder / "logs" / file
    logger.remove()
    logger.add(
        path, format=_as_template, level="DEBUG", rotation=_ROTATION, retention=_KEPT, encoding="utf-8", enqueue=False, catch=True
    )
    if console:
        logger.add(_to_console, level=level, format="{message}", filter=_for_console)
    return path


def to_file_only(level: str, sentence: str) -> None:
    """Log what the console is told by somebody else."""
    logger.bind(_file_only=True).log(level, "! {}", sentence)


def _for_console(record: "Record") -> bool:
    return "_file_only" not in record["extra"]


def _as_template(record: "Record") -> str:
    record["extra"]["_line"] = json.dumps(as_json(record), ensure_ascii=False, default=str)
    return "{extra[_line]}\n"


def as_json(record: "Record") -> dict[str, Any]:
    """Return the object that one line of the file holds."""
    line: dict[str, Any] = {
        "ts": record["time"].isoformat(timespec="milliseconds"),
        "level": record["level"].name.lower(),
        "event": record["message"],
        "thread": record["thread"].name,
        "where": f"{record['module']}:{record['line']}",
    }
    line |= {f"{key}_" if key in line else key: value for key, value in record["extra"].items() if not key.startswith("_")}
    if (failure := record["exception"]) is not None:
        line["traceback"] = "".join(traceback.format_exception(failure.type, failure.value, failure.traceback))
    return line


def _to_console(message: "Message") -> None:
    record = message.record
    extra = " ".join(f"{key}={value}" for key, value in record["extra"].items() if not key.startswith("_"))
    wrong = record["level"].no >= logger.level("WARNING").no
    mark = "! " if wrong and not record["message"].startswith("!") else ""
    sys.stderr.write(f"{record['time']:HH:mm:ss} {mark}{record['message']}{' ' + extra if extra else ''}\n")
