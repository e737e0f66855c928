"""The main thread of `dtms run` once the service works: it says what changes, and judges how the service ended."""

import threading
from collections.abc import Callable
from pathlib import Path

from loguru import logger

from dtms.cli import choices
from dtms.errors import ConfigError, StartError, StoreTaken
from dtms.runtime.service import Service
from dtms.runtime.snapshots import ServiceView
from dtms.runtime.steps import SENTENCES, Step, step_of
from dtms.settings import Settings

LOOK_S = 0.25  # how often the main thread looks at the service and at the signals
_STATUS_S = 60.0
_NEXT = (Step.TERMINAL, Step.POSITIONS, Step.READY)


def said(step: Step) -> None:
    """Say that a step of the start has been taken."""
    logger.info("= {}: {}", step.value, SENTENCES[step])


def serve(service: Service, settings: Settings, folder: Path, stop: threading.Event, wait_s: float | None) -> None:
    """
    Look after a running service until it is to stop.

    A desk that failed too often stays down, and the process stays for whoever looks into it: its log, its page.

    Raises:
        StartError: No terminal came within ``wait_s``, its positions did not, or the service ended by itself.
    """
    watch = _Watch(service, lambda account: pin(folder, account))
    waited = 0.0
    while not stop.wait(LOOK_S):
        if service.failure is not None and not service.degraded:
            break
        ready = watch.look()
        waited += LOOK_S
        if not ready and wait_s is not None and waited >= wait_s and not watch.was_ready and not service.degraded:
            raise StartError(_not_ready(settings, service.snapshot(), wait_s))
    _judge(service)


def _judge(service: Service) -> None:
    failure = service.failure
    if isinstance(failure, StoreTaken):
        raise StartError(f"{failure}; this one commands nothing any more and ends")
    if service.degraded:
        raise StartError(f"the desk failed too often and was not begun anew: {failure}") from failure
    if failure is not None:
        raise StartError(f"the desk failed: {failure}; the log has the trace") from failure


def _not_ready(settings: Settings, view: ServiceView, wait_s: float) -> str:
    if step_of(view) is Step.POSITIONS:
        return f"a terminal logged on, and its positions were not known within {wait_s:g} s"
    refused = f" Refused: {'; '.join(view.refused)}." if view.refused else ""
    return (
        f"no terminal logged on at {settings.link.bind} within {wait_s:g} s.{refused} "
        "Attach DtmsBridge to a chart and look at its panel, or start with --wait."
    )


def pin(folder: Path, account: str) -> None:
    """Keep the demo account that was taken; where that cannot be done the service goes on, and the next start takes one anew."""
    try:
        decided = choices.load(folder)
        if decided.pinned is None:
            choices.save(folder, choices.Choices(decided.allowed, account, decided.confirmed))
    except (OSError, ConfigError) as error:
        logger.error("! {} could not be kept as the account of this service: {}", account, error)


class _Watch:
    """Says what changed at the console, and once a minute how things stand."""

    def __init__(self, service: Service, pin: Callable[[str], None]) -> None:
        self._service = service
        self._pin = pin
        self._pinned: str | None = None
        self._since_status = 0.0
        self._steps = list(_NEXT)  # that have not been taken
        self.was_ready = False

    def look(self) -> bool:
        """Look once; return whether an account's positions are known."""
        view = self._service.snapshot()
        if view.pinned and view.pinned != self._pinned:
            self._pinned = view.pinned
            self._pin(view.pinned)
        step = step_of(view)
        while (
            self._steps and (self._steps[0] is not step or step is Step.READY) and _NEXT.index(self._steps[0]) <= _NEXT.index(step)
        ):
            said(self._steps.pop(0))
        ready = step is Step.READY
        self.was_ready = self.was_ready or ready
        self._since_status += LOOK_S
        if self._since_status >= _STATUS_S:
            self._since_status = 0.0
            _say_status(view)
        return ready


def _say_status(view: ServiceView) -> None:
    for account in view.accounts:
        logger.info(
            "= {} known={} trades={} terminals={} quotes={} commands={}/{}",
            account.key,
            account.view_known,
            len(account.trades),
            len(account.terminals),
            view.counters["bridge.quotes_received"],
            view.counters["commands.done"],
            view.counters["commands.sent"],
        )
