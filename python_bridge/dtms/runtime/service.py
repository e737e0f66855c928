"""
The service as the command line starts it: one desk thread, its inbox, its log.

A desk that fails is followed by another over the same store, a few times an hour (``DeskSettings.restarts``).

    service = Service(settings, MemoryJournal(), to_loguru)
    service.start()                 # bound, or PortTaken / StartError
    service.wait_ready(timeout=60)  # a terminal logged on and its positions were reconciled
    ...
    service.stop(timeout=5)         # Logout to every terminal, port free again
"""

import gc
import sys
import threading
import time
from concurrent.futures import Future
from contextlib import ExitStack
from typing import Final

from dtms.engine.signals.regime import Zone
from dtms.errors import StartError, StoreTaken
from dtms.names import OnSilence
from dtms.runtime.asks import Answer, AskClose, Denial
from dtms.runtime.clock import Clock, SystemClock
from dtms.runtime.desk import ConfirmAuthority, ConfirmPoison, Item, Stop
from dtms.runtime.keys import Keys
from dtms.runtime.life import Life, World
from dtms.runtime.log import Log, Sink
from dtms.runtime.pictures import picture
from dtms.runtime.restarts import Beat, Restarts
from dtms.runtime.snapshots import ServiceView
from dtms.settings import Settings
from dtms.store.journal import Journal
from dtms.witness.client import Witness

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
        witness: Witness | None = None,
    ) -> None:
        self._settings = settings
        self._journal = journal
        self._log = Log(log)
        self._clock = clock or SystemClock()
        self._witness = witness or Witness(settings.witness)
        self._world = World(settings, journal, self._log, self._clock.mono_ms, keys, zone, self._witness)
        self._life = Life(self._world)
        self._lives = threading.Lock()  # held while one life follows another, and to reach the present one's inbox
        self._restarts = Restarts(settings.desk)
        self._beat = Beat()
        self._thread = threading.Thread(target=self._run, name="dtms-desk", daemon=True)
        self._news = threading.Event()  # ready, or ended before it was
        self._ready = False
        self._ended = threading.Event()
        self._started = False
        self._switch_interval_before = sys.getswitchinterval()
        self._collector_before = gc.get_threshold()
        self._failure: BaseException | None = None
        self._degraded = False
        self._address = ""
        self._view = self._picture("starting")

    @property
    def address(self) -> str:
        """The endpoint that is really bound; empty before ``start``."""
        return self._address

    @property
    def failure(self) -> BaseException | None:
        """What ended the desk for good, if it did not end as asked; StoreTaken: another process goes on."""
        return self._failure

    @property
    def degraded(self) -> bool:
        """Whether the desk failed so often that it is not begun anew."""
        return self._degraded

    @property
    def beat(self) -> Beat | None:
        """The desk's last cycle; None before the first life and after the last."""
        return self._beat if self._started and not self._ended.is_set() else None

    def start(self) -> None:
        """
        Bind and begin.

        Raises:
            PortTaken: Somebody else holds the address; the error says who.
            StartError: The address cannot be bound.
        """
        try:
            self._life.open(self._settings.link.bind)
        except StartError:
            self._life.release()
            raise
        self._started = True
        self._address = self._life.router.address
        self._log.start()
        self._witness.start(self._put)
        door = self._life.router.door
        secured = {"curve": False} if door is None else {"curve": True, "known_keys": door.known}
        self._log.add("=", "bound", address=self._address, mode=self._settings.mode.value, **secured)
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
        self._put(ConfirmPoison(account))

    def confirm_authority(self, account: str) -> None:
        """The user says that nobody else commands an account any more (R09)."""
        self._put(ConfirmAuthority(account))

    def ask_close(self, position_id: int, *, account: str | None = None, by: str = "client", timeout: float = 5.0) -> Answer:
        """
        Have a position closed; return whether that was taken on, from any thread but the desk's own.

        Accepted means that it is tried until the position is gone. ``account`` is LOGIN@SERVER, None the only one. What the desk
        has not taken within ``timeout`` seconds is taken back and will not be done.
        """
        answer: Future[Answer] = Future()
        self._put(AskClose(position_id, account, by, answer))
        try:
            return answer.result(timeout if self._started and not self._ended.is_set() else 0)
        except TimeoutError:
            if answer.cancel():
                return Answer(Denial.NOT_TAKEN if self._started and not self._ended.is_set() else Denial.ENDED)
            return answer.result()  # the desk is about it

    def stop(self, timeout: float = 5.0, plan: OnSilence | None = None) -> bool:
        """
        Take leave of the terminals and free the port; return whether that was done in time.

        The terminals carry out ``plan`` from then on, None: what the settings say for their account (R08, R27).
        """
        if not self._started:
            self._life.release()
            self._ended.set()
            self._news.set()
            return True
        self._put(Stop(plan))
        self._thread.join(timeout)
        return not self._thread.is_alive()

    def _put(self, item: Item) -> None:
        with self._lives:
            self._life.inbox.put(item)

    def _run(self) -> None:
        try:
            while not self._lived():
                self._begin_anew()
        except Exception as error:  # noqa: BLE001 - the edge: a desk that cannot begin anew has ended
            self._fail(error)
        finally:
            self._end()

    def _lived(self) -> bool:
        """Let a desk live; return whether none follows it."""
        self._life.inbox.belongs_to_this_thread()
        try:
            self._loop()
        except StoreTaken as error:
            self._fail(error)
        except Exception as error:  # noqa: BLE001 - the edge: nothing above could do more than this
            self._beat = self._beat._replace(errors=self._beat.errors + 1)
            self._log.error("desk_failed", cause=error, why=f"{type(error).__name__}: {error}")
            if not self._life.desk.stopped and self._restarts.take(time.monotonic_ns() // 1_000_000):
                return False  # the error is let go of here: with its traceback it holds all that the desk had
            self._degraded = not self._life.desk.stopped
            self._failure = error
            if self._degraded:
                self._log.critical("desk_given_up", restarts=self._settings.desk.restarts)
        return True

    def _begin_anew(self) -> None:
        """
        Give the desk another life over the same store and address.

        Raises:
            StartError: The address cannot be bound again.
        """
        before = self._life
        before.release()
        gc.unfreeze()
        gc.collect()
        following = Life(self._world)
        try:
            following.open(self._address)
        except StartError:
            following.release()
            raise
        gc.freeze()
        with self._lives:
            self._life = following
            for item in before.left():
                following.inbox.put(item)
        self._log.critical("desk_begun_anew", errors=self._beat.errors)

    def _fail(self, error: Exception) -> None:
        self._failure = error
        self._log.error("desk_ended", cause=error, why=f"{type(error).__name__}: {error}")

    def _end(self) -> None:
        # Last first; each step is taken whatever the others raise: the port is freed, and whoever waits for the end is told.
        with ExitStack() as steps:
            steps.callback(self._news.set)
            steps.callback(self._ended.set)
            steps.callback(sys.setswitchinterval, self._switch_interval_before)
            steps.callback(gc.unfreeze)
            steps.callback(gc.set_threshold, *self._collector_before)
            steps.callback(self._log.stop, _LOG_FAREWELL_S)
            steps.callback(self._life.release)
            steps.callback(self._last_picture)
            steps.callback(self._witness.stop)
            steps.callback(self._close_journal)

    def _close_journal(self) -> None:
        try:
            self._journal.close()
        except Exception as error:  # noqa: BLE001 - the edge, as above
            self._failure = self._failure or error
            self._log.error("store_not_closed", cause=error, why=f"{type(error).__name__}: {error}")

    def _last_picture(self) -> None:
        self._view = self._picture("degraded" if self._degraded else "failed" if self._failure else "stopped")

    def _loop(self) -> None:
        clock, desk, inbox = self._clock, self._life.desk, self._life.inbox
        poller = self._life.poller()
        pictured_at = 0
        more = False
        while not desk.stopped:
            woken = dict(poller.poll(0 if more else self._settings.desk.poll_ms))
            if inbox.socket in woken:
                inbox.clear_signal()
            now, utc = clock.mono_ms(), clock.utc_ms()
            more = desk.step(now, utc)
            took = clock.mono_ms() - now
            self._beat = Beat(self._beat.cycles + 1, utc, utc + took, took, self._beat.errors)
            if now - pictured_at >= self._settings.desk.snapshot_ms:
                pictured_at = now
                self._view = self._picture("running")
            if not self._ready and desk.reconciled:
                self._view = self._picture("running")
                self._ready = True
                self._news.set()

    def _picture(self, state: str) -> ServiceView:
        clock = self._clock
        return picture(self._life.desk, state, self._address, now=clock.mono_ms(), utc=clock.utc_ms(), beat=self._beat)
