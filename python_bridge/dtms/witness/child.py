"""
The witness process: ``python -m dtms.witness.child``, questions on its standard input, answers on its standard output.

It ends when its input ends, so it never outlives the service by more than the call that it is in. The package is imported with
the first question, when nothing waits to be read any more: a package that hangs can hold up this process and nobody else.
"""

import importlib
import os
import queue
import signal
import threading
from typing import Any, Final

import msgpack

from dtms.witness.constants import differences
from dtms.witness.frames import LARGEST, Ask, Kind, Place, Quiet, understood
from dtms.witness.terminal import CannotSay, Terminal, reading

PACKAGE: Final = "MetaTrader5"
_CHUNK: Final = 65_536


class Voice:
    """Writes frames; nothing else in the process may write where they go."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def say(self, number: int, kind: Kind, content: list[Any]) -> None:
        """Write one frame."""
        rest = memoryview(msgpack.packb([number, int(kind), content]))
        while rest:
            rest = rest[os.write(self._descriptor, rest) :]


class Process:
    """Answers questions with the package, which it finds with the first of them."""

    def __init__(self, voice: Voice) -> None:
        self._voice = voice
        self._terminal: Terminal | None = None
        self._version = ""

    def answer(self, ask: Ask, place: Place) -> None:
        """Answer one question."""
        try:
            terminal = self._found()
            for kind, content in terminal.testify(ask, place):
                self._voice.say(ask.number, kind, [self._version, *content] if kind is Kind.END else content)
        except CannotSay as why:
            self._voice.say(ask.number, Kind.SILENT, [int(why.quiet), why.detail, why.code, why.found])

    def _found(self) -> Terminal:
        if self._terminal is None:
            try:
                package = importlib.import_module(PACKAGE)
            except ImportError as error:
                raise CannotSay(Quiet.NOT_INSTALLED, str(error)) from error
            self._version = str(getattr(package, "__version__", "unknown"))
            strange = differences(package)
            if strange:
                raise CannotSay(Quiet.PACKAGE, f"{PACKAGE} {self._version}: {'; '.join(strange)}"[:500])
            self._terminal = Terminal(reading(package))
        return self._terminal


def _read(questions: "queue.SimpleQueue[list[Any]]") -> None:
    unpacker = msgpack.Unpacker(max_buffer_size=LARGEST)
    while chunk := os.read(0, _CHUNK):
        unpacker.feed(chunk)
        for question in unpacker:
            questions.put(question)
    os._exit(0)  # the service is gone, and whatever the package is doing is for nobody


def main() -> None:
    """Answer until the input ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the service's, which ends this process
    voice = Voice(os.dup(1))
    os.dup2(2, 1)  # what libraries print is no frame
    questions: queue.SimpleQueue[list[Any]] = queue.SimpleQueue()
    threading.Thread(target=_read, args=(questions,), daemon=True).start()
    process = Process(voice)
    voice.say(0, Kind.HELLO, [])
    while True:
        ask, place = understood(questions.get())
        try:
            process.answer(ask, place)
        except Exception as error:  # noqa: BLE001 - the edge of the process: it is told, and the next one starts clean
            voice.say(ask.number, Kind.SILENT, [int(Quiet.CRASHED), f"{type(error).__name__}: {error}"[:500], None, ""])
            os._exit(1)


if __name__ == "__main__":
    main()
