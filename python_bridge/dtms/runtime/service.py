"""
The service as the command line starts it: one desk thread, its inbox, its log.

    service = Service(settings, MemoryJournal(), to_loguru)
    service.start()                 # bound, or PortTaken / StartError
    service.wait_ready(timeout=60)  # a terminal logged on and its positions were reconciled
    ...
    service.stop(timeout=5)         # Logout to every terminal, port free again
"""

import gc
import sys
import threading
from concurrent.futures import Future
from contextlib import ExitStack
from typing import Final

import zmq

from dtms.engine.signals.regime import Zone
from dtms.errors import StartError
from dtms.names import OnSilence
from dtms.runtime.asks import Answer, AskClose, Denial
from dtms.runtime.clock import Clock, SystemClock
from dtms.runtime.decisions import DecisionFile
from dtms.runtime.desk import ConfirmPoison, Desk, Item, Stop
from dtms.runtime.door import Door
from dtms.runtime.inbox import Inbox
from dtms.runtime.keys import Keys
from dtms.runtime.log import Log, Sink
from dtms.runtime.pictures import picture
from dtms.runtime.snapshots import ServiceView
from dtms.runtime.transport import Router
from dtms.settings import Settings
from dtms.store.journal import Journal

# A full collection walks whatever was made since the start, every open trade among it, and stops all threads for that: measured
# 40 to 90 ms beside 1,000 trades, after each close of a bar. One of the middle generation walks what the last ten small ones left:
# with Python's own 700 or 2,000 values to a small one that took up to 8 ms, with 200 it is 1 ms. Values are freed by their count
# of references; cycles can wait.
COLLECTIONS: Final = (200, 10, 35_000)  # values to a small collection, small ones to a middle one, middle ones to a full one
_LOG_FAREWELL_S: Final = 1.0


class Service:
    """Start once, stop once; everything between happens in the desk's thread."""

    def __init__(
        self,
        settings: Settings,
        journal: Journal,
        log: Sink,
        clock: Clock | None = None,
        keys: Keys | None = None,
        *,
        zone: Zone = (),
        decisions: DecisionFile | None = None,
    ) -> None:
        self._settings = settings
        self._journal = journal
        self._log = Log(log)
        self._clock = clock or SystemClock()
        self._context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
        self._router = Router(self._context, None if keys is None else Door(self._context, keys))
        self._inbox: Inbox[Item] = Inbox(self._context)
        self._decisions = decisions
        self._desk = Desk(
            self._router,
            self._inbox,
            journal,
            settings,
            log=self._log,
            elapsed=self._clock.mono_ms,
            zone=zone,
            keep=None if decisions is None else decisions.add,
        )
        self._thread = threading.Thread(target=self._run, name="dtms-desk", daemon=True)
        self._news = threading.Event()  # ready, or ended before it was
        self._ready = False
        self._ended = threading.Event()
        self._started = False
        self._switch_interval_before = sys.getswitchinterval()
        self._collector_before = gc.get_threshold()
        self._failure: BaseException | None = None
        self._view = picture(self._desk, "starting", "", 0, 0)

    @property
    def address(self) -> str:
        """The endpoint that is really bound; empty before ``start``."""
        return self._router.address

    @property
    def failure(self) -> BaseException | None:
        """What ended the desk, if it did not end as asked."""
        return self._failure

    def start(self) -> None:
        """
        Bind and begin.

        Raises:
            PortTaken: Somebody else holds the address; the error says who.
            StartError: The address cannot be bound.
        """
        try:
            self._router.bind(self._settings.link.bind)
        except StartError:
            self._release_sockets()
            raise
        self._started = True
        self._journal.attach(self._inbox.put)
        self._log.start()
        if self._decisions is not None:
            self._decisions.start(self._decisions_lost)
        door = self._router.door
        secured = {"curve": False} if door is None else {"curve": True, "known_keys": door.known}
        self._log.add("=", "bound", address=self.address, mode=self._settings.mode.value, **secured)
        self._switch_interval_before = sys.getswitchinterval()
        sys.setswitchinterval(self._settings.desk.switch_interval_s)
        # What start-up made lives as long as the process: the collector need not walk it again beside every quote.
        gc.collect()
        gc.freeze()
        gc.set_threshold(*COLLECTIONS)
        self._thread.start()

    def snapshot(self) -> ServiceView:
        """Return the last picture; at most ``snapshot_ms`` and one step old."""
        return self._view

    def wait_ready(self, timeout: float | None = None) -> bool:
        """
        Wait until an account's positions are known; return whether they are.

        Raises:
            StartError: The desk ended meanwhile.
        """
        self._news.wait(timeout)
        if self._ended.is_set() and not self._ready:
            raise StartError(f"the service ended before it was ready: {self._failure or 'it was stopped'}")
        return self._ready

    def wait_ended(self, timeout: float | None = None) -> bool:
        """Wait until the desk has ended, as asked or by a failure."""
        return self._ended.wait(timeout)

    def confirm_poison(self, account: str) -> None:
        """The user has seen the bad frames of an account (R26)."""
        self._inbox.put(ConfirmPoison(account))

    def ask_close(self, position_id: int, *, account: str | None = None, by: str = "client", timeout: float = 5.0) -> Answer:
        """
        Have a position closed; return whether that was taken on, from any thread but the desk's own.

        Accepted means that it is tried until the position is gone. ``account`` is LOGIN@SERVER, None the only one. What the desk
        has not taken within ``timeout`` seconds is taken back and will not be done.
        """
        answer: Future[Answer] = Future()
        self._inbox.put(AskClose(position_id, account, by, answer))
        try:
            return answer.result(timeout if self._started and not self._ended.is_set() else 0)
        except TimeoutError:
            if answer.cancel():
                return Answer(Denial.NOT_TAKEN if self._started and not self._ended.is_set() else Denial.ENDED)
            return answer.result()  # the desk is about it

    def stop(self, timeout: float = 5.0, plan: OnSilence = OnSilence.HOLD) -> bool:
        """Take leave of the terminals, which then carry out ``plan``, and free the port; return whether that was done in time."""
        if not self._started:
            self._release_sockets()
            self._ended.set()
            self._news.set()
            return True
        self._inbox.put(Stop(plan))
        self._thread.join(timeout)
        return not self._thread.is_alive()

    def _run(self) -> None:
        self._inbox.belongs_to_this_thread()
        try:
            self._loop()
        except Exception as error:  # noqa: BLE001 - the edge: nothing above could do more than this
            self._failure = error
            self._log.error("desk_failed", cause=error, why=f"{type(error).__name__}: {error}")
        finally:
            self._end()

    def _end(self) -> None:
        # Last first; each step is taken whatever the others raise: the port is freed, and whoever waits for the end is told.
        with ExitStack() as steps:
            steps.callback(self._news.set)
            steps.callback(self._ended.set)
            steps.callback(sys.setswitchinterval, self._switch_interval_before)
            steps.callback(gc.unfreeze)
            steps.callback(gc.set_threshold, *self._collector_before)
            steps.callback(self._log.stop, _LOG_FAREWELL_S)
            steps.callback(self._stop_decisions)
            steps.callback(self._release_sockets)
            steps.callback(self._last_picture)
            steps.callback(self._close_journal)

    def _close_journal(self) -> None:
        try:
            self._journal.close()
        except Exception as error:  # noqa: BLE001 - the edge, as above
            self._failure = self._failure or error
            self._log.error("store_not_closed", cause=error, why=f"{type(error).__name__}: {error}")

    def _stop_decisions(self) -> None:
        if self._decisions is not None:
            self._decisions.stop()

    def _decisions_lost(self, lost: int, why: str, cause: BaseException | None) -> None:
        self._log.error("decisions_lost", cause=cause, lines=lost, why=why)

    def _last_picture(self) -> None:
        self._view = self._picture("failed" if self._failure else "stopped")

    def _loop(self) -> None:
        clock, desk, inbox = self._clock, self._desk, self._inbox
        poller = zmq.Poller()
        poller.register(self._router.socket, zmq.POLLIN)
        poller.register(inbox.socket, zmq.POLLIN)
        for socket in () if self._router.door is None else self._router.door.sockets:
            poller.register(socket, zmq.POLLIN)
        pictured_at = 0
        more = False
        while not desk.stopped:
            woken = dict(poller.poll(0 if more else self._settings.desk.poll_ms))
            if inbox.socket in woken:
                inbox.clear_signal()
            now = clock.mono_ms()
            more = desk.step(now, clock.utc_ms())
            if now - pictured_at >= self._settings.desk.snapshot_ms:
                pictured_at = now
                self._view = self._picture("running")
            if not self._ready and desk.reconciled:
                self._view = self._picture("running")
                self._ready = True
                self._news.set()

    def _picture(self, state: str) -> ServiceView:
        return picture(self._desk, state, self.address, self._clock.mono_ms(), self._clock.utc_ms())

    def _release_sockets(self) -> None:
        self._router.close()
        self._inbox.close()
        self._context.term()
