"""The witness process as the service holds it: frames in, frames out, and an end that no hang in it can delay."""

import os
import queue
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any, Final

import msgpack

from dtms.errors import DtmsError
from dtms.witness.frames import LARGEST, Kind

COMMAND: Final = (sys.executable, "-P", "-m", "dtms.witness.child")  # -P: no module of the working directory is imported
_CHUNK: Final = 65_536
_STATUS_S: Final = 1.0  # between the end of a process' output and its own
_FAREWELL_S: Final = 5.0  # for the system to take away a killed process


class ProcessHung(DtmsError):
    """Nothing came for too long."""


class ProcessGone(DtmsError):
    """The process ended, or could not be started, or what it says cannot be read."""


class WitnessProcess:
    """
    One process, started when made.

    Raises:
        ProcessGone: It cannot be started.
    """

    def __init__(self, command: Sequence[str] = COMMAND, environment: Mapping[str, str] | None = None) -> None:
        flags = 0
        if sys.platform == "win32":
            flags = subprocess.CREATE_NO_WINDOW
        try:
            self._process = subprocess.Popen(  # noqa: S603 - our own module
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                creationflags=flags,
                env=None if environment is None else dict(environment),
                bufsize=0,
            )
        except OSError as error:
            raise ProcessGone(f"{command[0]}: {error}") from error
        self._frames: queue.SimpleQueue[list[Any] | None] = queue.SimpleQueue()
        # A thread reads, because a pipe cannot be waited for with a time limit on every platform.
        self._reader = threading.Thread(target=self._read, name="dtms-witness-pipe", daemon=True)
        self._reader.start()

    @property
    def pid(self) -> int:
        """The process id."""
        return self._process.pid

    def wait_ready(self, timeout_s: float) -> None:
        """Wait until it reads, so that writing to it never waits; ProcessHung, ProcessGone."""
        number, kind, _ = self.receive(timeout_s)
        if (number, kind) != (0, Kind.HELLO):
            raise ProcessGone("what it said first was no greeting")

    def send(self, frame: list[Any]) -> None:
        """Write a question; ProcessGone."""
        pipe = self._process.stdin
        try:
            if pipe is not None:
                rest = memoryview(msgpack.packb(frame))
                while rest:
                    rest = rest[pipe.write(rest) :]
        except OSError as error:
            raise ProcessGone(f"it does not read: {error}") from error

    def receive(self, timeout_s: float) -> tuple[int, Kind, list[Any]]:
        """Return the next frame; ProcessHung, ProcessGone."""
        try:
            frame = self._frames.get(timeout=timeout_s)
        except queue.Empty:
            raise ProcessHung(f"nothing was heard for {timeout_s:g} s") from None
        if frame is None:
            raise ProcessGone(self._ended())
        try:
            number, kind, content = frame
            return int(number), Kind(kind), list(content)
        except (ValueError, TypeError) as error:
            raise ProcessGone(f"what it says cannot be read: {error}") from error

    def kill(self) -> None:
        """End the process at once; whoever waits for a frame is told. Any thread may call it, and more than once."""
        with suppress(OSError):  # it ended by itself
            self._process.kill()

    def close(self) -> None:
        """End the process and free its pipes; for the thread that reads the frames."""
        self.kill()
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(_FAREWELL_S)
        self._reader.join(_FAREWELL_S)
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                with suppress(OSError):
                    pipe.close()

    def _ended(self) -> str:
        try:
            return f"the process ended with {self._process.wait(_STATUS_S)}"
        except subprocess.TimeoutExpired:
            return "what it says cannot be read"

    def _read(self) -> None:
        unpacker = msgpack.Unpacker(max_buffer_size=LARGEST)
        pipe = self._process.stdout
        with suppress(OSError, ValueError, msgpack.UnpackException):  # what cannot be read is the end, as no more of it can be
            while pipe is not None and (chunk := os.read(pipe.fileno(), _CHUNK)):
                unpacker.feed(chunk)
                for frame in unpacker:
                    self._frames.put(frame)
        self._frames.put(None)
