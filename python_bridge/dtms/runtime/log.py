"""
Log lines of the desk: appended there, written in a thread of their own.

A line has a mark for its direction: ``<`` from the terminal, ``>`` to it, ``=`` a state, ``!`` something to look at. A log that
cannot keep up drops lines and says how many; it never holds up a trade.
"""

import threading
from collections import deque
from collections.abc import Callable
from typing import Final, NamedTuple

from loguru import logger

Value = str | int | float | bool | None
_CAPACITY: Final = 100_000
_PERIOD_S: Final = 0.05


class Line(NamedTuple):
    """A line as data; ``level`` is ``INFO``, ``WARNING``, ``ERROR`` or ``CRITICAL``. The traceback of ``cause`` belongs to it."""

    level: str
    mark: str
    name: str
    fields: dict[str, Value]
    cause: BaseException | None = None


Sink = Callable[[Line], None]


class Log:
    """
    The lines and the thread that writes them.

    The thread looks every ``_PERIOD_S`` and is never woken: beside a decision it would take the interpreter away from it.
    """

    def __init__(self, sink: Sink) -> None:
        self._sink = sink
        self._lines: deque[Line] = deque()
        self._dropped = 0
        self._told = 0  # of those dropped
        self._lost = 0  # by the sink
        self._failure: Exception | None = None  # its last one
        self._ending = threading.Event()
        self._thread: threading.Thread | None = None

    def add(self, mark: str, name: str, **fields: Value) -> None:
        """Append a line."""
        self._append(Line("WARNING" if mark == "!" else "INFO", mark, name, fields))

    def error(self, name: str, *, cause: BaseException | None = None, **fields: Value) -> None:
        """Append a line about something that must not happen."""
        self._append(Line("ERROR", "!", name, fields, cause))

    def critical(self, name: str, **fields: Value) -> None:
        """Append a line about something that nothing but a human can mend."""
        self._append(Line("CRITICAL", "!", name, fields))

    def start(self) -> None:
        """Start writing."""
        self._thread = threading.Thread(target=self._write, name="dtms-log", daemon=True)
        self._thread.start()

    def stop(self, timeout: float) -> None:
        """Write what is there and end."""
        self._ending.set()
        if self._thread is not None:
            self._thread.join(timeout)

    def _append(self, line: Line) -> None:
        if len(self._lines) < _CAPACITY:
            self._lines.append(line)
        else:
            self._dropped += 1

    def _write(self) -> None:
        while not self._ending.wait(_PERIOD_S):
            self._drain()
        self._drain()

    def _drain(self) -> None:
        while self._lines:
            self._lost += not self._put(self._lines.popleft())
        dropped = self._dropped - self._told
        fields: dict[str, Value] = {"dropped": dropped, "not_written": self._lost}
        if (dropped or self._lost) and self._put(Line("WARNING", "!", "log", fields, self._failure)):
            self._told += dropped
            self._lost, self._failure = 0, None

    def _put(self, line: Line) -> bool:
        try:
            self._sink(line)
        except Exception as error:  # noqa: BLE001 - the edge: a line that cannot be written is told of when one can
            self._failure = error
            return False
        return True


def to_loguru(line: Line) -> None:
    """Write a line with loguru, as its sinks are configured; its fields are the record's ``extra``."""
    logger.opt(exception=line.cause).bind(**line.fields).log(line.level, "{} {}", line.mark, line.name)
