"""
A simulated terminal as a process: the broker stays with the caller, so that a killed terminal loses nothing of it.

``TerminalProcess.pump`` is called often by the broker's owner; it never blocks for longer than the pipe takes to write.
"""

import multiprocessing
import queue
import threading
from collections import deque
from collections.abc import Iterable, Mapping
from contextlib import suppress

from dtms.sim.messages import Request, Update
from mql5host.child import Boot, Ended, Quit, Said, Shown, main

_KEPT_LINES = 1_000


class TerminalProcess:
    """One terminal with one Expert Advisor; start, feed, read, end or kill."""

    def __init__(self, boot: Boot) -> None:
        self._boot = boot
        self._context = multiprocessing.get_context("spawn")  # the same on every platform, and no threads are inherited
        self._inbox: queue.SimpleQueue[object] = queue.SimpleQueue()
        self._woken = threading.Event()
        self._reader = threading.Thread(target=self._read, name="dtms-terminal-pipe", daemon=True)
        self.lines: deque[str] = deque(maxlen=_KEPT_LINES)
        self.shown: Mapping[str, str] = {}
        self.ended: str | None = None
        self._pipe, far = self._context.Pipe()
        self._process = self._context.Process(target=main, args=(far, boot), name="dtms-terminal", daemon=True)
        self._far = far

    def start(self) -> None:
        """Start the process."""
        self._process.start()
        self._far.close()
        # A thread reads, so that neither side can wait for ever for the other to read.
        self._reader.start()

    @property
    def pid(self) -> int | None:
        """The process id once started."""
        return self._process.pid

    @property
    def alive(self) -> bool:
        """Whether the process runs."""
        return self._process.is_alive()

    def send(self, updates: Iterable[Update]) -> None:
        """Hand the broker's updates to the terminal; a terminal that is gone misses them, as a real one does."""
        with suppress(BrokenPipeError, ConnectionResetError, OSError):
            self._pipe.send(list(updates))

    def wait(self, timeout_s: float) -> bool:
        """Wait until the terminal has said something; return whether it has."""
        said = self._woken.wait(timeout_s)
        self._woken.clear()
        return said

    def take_requests(self) -> list[Request]:
        """Return the order requests that came since the last call; keep what else was said."""
        requests: list[Request] = []
        with suppress(queue.Empty):
            while True:
                message = self._inbox.get_nowait()
                if isinstance(message, list):
                    requests += message
                elif isinstance(message, Said):
                    self.lines.extend(message.lines)
                elif isinstance(message, Shown):
                    self.shown = message.texts
                elif isinstance(message, Ended):
                    self.ended = message.reason
        return requests

    def stop(self, timeout_s: float = 5.0) -> None:
        """Remove the Expert Advisor and end the process; kill it when it does not end in time."""
        with suppress(BrokenPipeError, ConnectionResetError, OSError):
            self._pipe.send(Quit())
        self._process.join(timeout_s)
        self.kill()

    def kill(self) -> None:
        """End the process at once, as a crash or the task manager does."""
        if self._process.is_alive():
            self._process.kill()
        self._process.join()
        self._reader.join()  # what was said last is in the inbox now
        self._pipe.close()

    def _read(self) -> None:
        with suppress(EOFError, OSError):
            while True:
                self._inbox.put(self._pipe.recv())
                self._woken.set()
