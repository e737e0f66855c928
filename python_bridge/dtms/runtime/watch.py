"""
Sees to it that a desk without a beat does not live on: all stacks are written, and the process ends with 1.

Time counts only while the watch itself runs: a process that was stopped, or a machine that slept, has lost no beat. Where not even
the watch gets a turn, because something holds the interpreter, the process is ended by a timer outside of it.
"""

import faulthandler
import os
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import IO, Final

from dtms.runtime.restarts import Beat
from dtms.settings import DeskSettings

_LOOK_MS: Final = 250
_ARM_MS: Final = 1_000
_SAY_S: Final = 1.0  # the log may be what is stuck


def mono_ms() -> int:
    """Return monotonic milliseconds."""
    return time.monotonic_ns() // 1_000_000


class Watch:
    """``beat`` returns the desk's last one, None when it has ended in order; ``say`` is told why the process ends."""

    def __init__(
        self,
        beat: Callable[[], Beat | None],
        settings: DeskSettings,
        stacks: Path,
        *,
        say: Callable[[str], None],
        end: Callable[[int], object] = os._exit,
        elapsed: Callable[[], int] = mono_ms,
    ) -> None:
        self._beat = beat
        self._freeze_ms = settings.freeze_ms
        self._stuck_ms = settings.stuck_ms
        self._path = stacks
        self._say = say
        self._exit = end
        self._elapsed = elapsed
        self._seen = -1
        self._silent_ms = 0
        self._looked_at = elapsed()
        self._file: IO[str] | None = None
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin."""
        self._looked_at = self._elapsed()
        self._file = self._path.open("a", encoding="utf-8")
        self._arm(self._file)
        self._thread = threading.Thread(target=self._run, args=(self._file,), name="dtms-watch", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End; a file in which nothing stands is removed."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join()
        if self._file is not None:
            self._file.close()
            with suppress(OSError):
                if not self._path.stat().st_size:
                    self._path.unlink()

    def look(self) -> None:
        """Look once."""
        now, beat = self._elapsed(), self._beat()
        passed, self._looked_at = min(now - self._looked_at, 2 * _LOOK_MS), now
        if beat is None or beat.cycles != self._seen:
            self._seen, self._silent_ms = -1 if beat is None else beat.cycles, 0
            return
        self._silent_ms += passed
        if self._silent_ms >= self._freeze_ms:
            self._silent_ms = 0
            self._end()

    def _run(self, file: IO[str]) -> None:
        armed_at = self._elapsed()
        while not self._stop.wait(_LOOK_MS / 1_000):
            if self._elapsed() - armed_at >= _ARM_MS:
                armed_at = self._elapsed()
                self._arm(file)
            self.look()
        faulthandler.cancel_dump_traceback_later()

    def _arm(self, file: IO[str]) -> None:
        faulthandler.dump_traceback_later(self._stuck_ms / 1_000, exit=True, file=file)

    def _end(self) -> None:
        sentence = f"the desk has had no beat for {self._freeze_ms} ms; all stacks are in {self._path}"
        with suppress(OSError, ValueError):
            self._write(sentence)
        telling = threading.Thread(target=self._say, args=(sentence,), daemon=True)
        telling.start()
        telling.join(_SAY_S)
        self._exit(1)

    def _write(self, sentence: str) -> None:
        with self._path.open("a", encoding="utf-8") as file:
            stamp = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
            file.write(f"\n{stamp} process {os.getpid()}: {sentence}\n")
            file.flush()
            faulthandler.dump_traceback(file=file, all_threads=True)
