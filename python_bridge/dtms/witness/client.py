"""
The second witness as the service holds it: questions are put and never waited for, answers come where they are to go.

    witness = Witness(settings.witness)
    witness.start(inbox.put)
    witness.ask("5012345@Broker-Demo", utc=utc, offset_s=7_200)    # later a Testimony or a Silent comes by the inbox
    witness.stop()

A thread of its own holds the process. Every question gets exactly one answer, unless the witness is stopped before. Whatever the
package does in its process (it may block for a minute, or crash), the caller goes on and the process is ended and made anew, with
a rest that doubles.
"""

import queue
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from pydantic import ValidationError

from dtms.settings_witness import WitnessSettings
from dtms.wire.messages import Deal
from dtms.witness.frames import Ask, Kind, Place, Quiet, request
from dtms.witness.process import COMMAND, ProcessGone, ProcessHung, WitnessProcess
from dtms.witness.testimony import Answer, SeenPosition, Silent, Testimony, by_position, deals_of, positions_of

_WAITING: Final = 16  # questions; more at once is a defect of whoever asks
_AHEAD_MS: Final = 86_400_000  # deals are asked for up to a day ahead: neither clock need be right
_SHARE: Final = 0.8  # of the time limit in which the package is to reach its terminal
_REST_S: Final = 0.002  # after a page of history, which takes the interpreter for as long: the desk comes first
_FAREWELL_S: Final = 10.0


class Witness:
    """Start once, stop once; a witness that is not wanted answers that it is off."""

    def __init__(
        self,
        settings: WitnessSettings,
        *,
        platform: str = sys.platform,
        command: Sequence[str] = COMMAND,
        environment: Mapping[str, str] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._settings = settings
        self._wanted = settings.wanted(platform)
        self._command = command
        self._environment = environment
        self._clock = clock
        self._deliver: Callable[[Answer], None] = _nobody
        self._asks: queue.SimpleQueue[Ask | None] = queue.SimpleQueue()
        self._number = 0
        self._ending = threading.Event()
        self._lock = threading.Lock()  # the process changes hands: its thread makes it, whoever stops the witness kills it
        self._process: WitnessProcess | None = None
        self._rest_ms = 0
        self._rests_until = 0.0
        self._thread = threading.Thread(target=self._run, name="dtms-witness", daemon=True)

    @property
    def wanted(self) -> bool:
        """Whether it is any use to ask."""
        return self._wanted

    def start(self, deliver: Callable[[Answer], None]) -> None:
        """Begin; ``deliver`` is called from the witness' thread."""
        self._deliver = deliver
        if self._wanted:
            self._thread.start()

    def stop(self) -> None:
        """End the process and the thread; questions that wait are not answered any more."""
        self._ending.set()
        self._asks.put(None)
        with self._lock:
            if self._process is not None:
                self._process.kill()
        if self._thread.is_alive():
            self._thread.join(_FAREWELL_S)

    def ask(self, account: str, *, utc: int, offset_s: int, since: int | None = None, position_ids: Sequence[int] = ()) -> int:
        """
        Put a question and return its number; for one thread.

        Args:
            account: LOGIN@SERVER that the terminal must be logged on to.
            utc: Now, ms UTC.
            offset_s: Server time minus UTC.
            since: Deals from here on are wanted, ms UTC; None: none.
            position_ids: Deals of these positions are wanted, whenever they were.
        """
        self._number += 1
        ask = Ask(self._number, account, offset_s, since, utc + _AHEAD_MS, tuple(position_ids))
        if not self._thread.is_alive():
            self._deliver(Silent(ask, Quiet.OFF))
        elif self._asks.qsize() >= _WAITING:
            self._deliver(Silent(ask, Quiet.BUSY))
        else:
            self._asks.put(ask)
        return ask.number

    def _run(self) -> None:
        while (ask := self._asks.get()) is not None and not self._ending.is_set():
            answer = self._answer(ask)
            if not self._ending.is_set():
                self._deliver(answer)
        self._drop()

    def _answer(self, ask: Ask) -> Answer:
        left = self._rests_until - self._clock()
        if left > 0:
            return Silent(ask, Quiet.RESTING, f"for another {left:.1f} s")
        try:
            answer = self._hear(self._running(), ask)
        except ProcessHung as error:
            answer = Silent(ask, Quiet.TIMEOUT, str(error))
        except ProcessGone as error:
            answer = Silent(ask, Quiet.CRASHED if self._process is not None else Quiet.NO_PROCESS, str(error))
        except ValidationError as error:
            answer = Silent(ask, Quiet.MALFORMED, str(error.errors(include_url=False)[0]["msg"]))
        if isinstance(answer, Testimony):
            self._rest_ms = 0
        elif answer.quiet in {Quiet.TIMEOUT, Quiet.CRASHED, Quiet.NO_PROCESS, Quiet.MALFORMED}:
            self._rest()
        return answer

    def _running(self) -> WitnessProcess:
        with self._lock:
            if self._ending.is_set():
                raise ProcessGone("the witness is being stopped")
            if self._process is not None:
                return self._process
            self._process = process = WitnessProcess(self._command, self._environment)
        process.wait_ready(self._settings.timeout_s)
        return process

    def _hear(self, process: WitnessProcess, ask: Ask) -> Answer:
        settings = self._settings
        limit_ms = max(int(settings.timeout_s * 1_000 * _SHARE), 1)
        process.send(request(ask, Place(settings.path, settings.portable, limit_ms, settings.most_deals)))
        positions: list[SeenPosition] = []
        deals: list[Deal] = []
        while True:
            number, kind, content = process.receive(settings.timeout_s)
            if number != ask.number:
                raise ProcessGone(f"it answered question {number} instead of {ask.number}")
            match kind, content:
                case Kind.POSITIONS, rows:
                    positions += positions_of(rows, ask.offset_s)
                case Kind.DEALS, rows:
                    deals += deals_of(rows, ask.offset_s)
                    self._ending.wait(_REST_S)
                case Kind.END, [str(package), int(build)]:
                    return Testimony(ask, tuple(positions), by_position(deals), package, build)
                case Kind.SILENT, [int(quiet), str(detail), (int() | None) as code, str(found)]:
                    return Silent(ask, Quiet(quiet), detail, code, found)
                case _:
                    raise ProcessGone(f"it says {kind.name.lower()} in a way that is not ours")

    def _rest(self) -> None:
        self._drop()
        self._rest_ms = min(max(self._rest_ms * 2, self._settings.retry_ms), self._settings.retry_max_ms)
        self._rests_until = self._clock() + self._rest_ms / 1_000

    def _drop(self) -> None:
        with self._lock:
            process, self._process = self._process, None
        if process is not None:
            process.close()


def _nobody(answer: Answer) -> None:
    """Before ``start`` nobody is told."""
