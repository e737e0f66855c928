"""
Log lines of the desk: appended there, formatted and written in a thread of their own.

A line has a mark for its direction: ``<`` from the terminal, ``>`` to it, ``=`` a state, ``!`` something to look at. A log that
cannot keep up drops lines and says how many; it never holds up a trade.
"""

import threading
from collections.abc import Callable
from queue import SimpleQueue
from typing import Final, NamedTuple

from loguru import logger

Value = str | int | float | bool | None
Sink = Callable[[str, str], None]
"""Takes level (``INFO``, ``WARNING``, ``ERROR``) and text."""

_CAPACITY: Final = 100_000


class Line(NamedTuple):
    """A line before it is text."""

    level: str
    mark: str
    name: str
    fields: dict[str, Value]


class Log:
    """The queue and its thread."""

    def __init__(self, sink: Sink) -> None:
        self._sink = sink
        self._queue: SimpleQueue[Line | None] = SimpleQueue()
        self._dropped = 0
        self._thread: threading.Thread | None = None

    def add(self, mark: str, name: str, **fields: Value) -> None:
        """Append a line."""
        self._append(Line("WARNING" if mark == "!" else "INFO", mark, name, fields))

    def error(self, name: str, **fields: Value) -> None:
        """Append a line about something that must not happen."""
        self._append(Line("ERROR", "!", name, fields))

    def start(self) -> None:
        """Start writing."""
        self._thread = threading.Thread(target=self._write, name="dtms-log", daemon=True)
        self._thread.start()

    def stop(self, timeout: float) -> None:
        """Write what is there and end."""
        if self._thread is not None:
            self._queue.put(None)
            self._thread.join(timeout)

    def _append(self, line: Line) -> None:
        if self._queue.qsize() < _CAPACITY:
            self._queue.put(line)
        else:
            self._dropped += 1

    def _write(self) -> None:
        while (line := self._queue.get()) is not None:
            self._sink(line.level, text_of(line))
            if self._dropped and self._queue.empty():
                dropped, self._dropped = self._dropped, 0
                self._sink("WARNING", f"! log dropped={dropped}")


def text_of(line: Line) -> str:
    """Return the line as text: mark, name, key=value."""
    fields = " ".join(f"{key}={value}" for key, value in line.fields.items())
    return f"{line.mark} {line.name} {fields}".rstrip()


def to_loguru(level: str, text: str) -> None:
    """Write a line with loguru, as its sinks are configured."""
    logger.opt(depth=1).log(level, "{}", text)
