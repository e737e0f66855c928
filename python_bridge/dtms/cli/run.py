"""
`dtms run`: the service, until it is told to stop.

Configuration, then the address, then the terminal: a step that fails ends the process with 1 and one sentence.
"""

import ipaddress
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Annotated

import typer
from loguru import logger

from dtms.cli import choices, config, consent, logs
from dtms.cli.zones import zone_table
from dtms.errors import ConfigError, StartError
from dtms.names import OnSilence
from dtms.runtime import keys
from dtms.runtime.decisions import DecisionFile
from dtms.runtime.log import to_loguru
from dtms.runtime.service import Service
from dtms.runtime.snapshots import ServiceView
from dtms.settings import Mode, Scope, Settings
from dtms.store.epochs import EpochFile
from dtms.store.journal import MemoryJournal

_LOOK_S = 0.25  # how often the main thread looks at the service and at the signals
_STATUS_S = 60.0
_PORTS = 65_536
_ZONE_BACK_MS = 60 * 86_400_000  # further than any bar that is looked at
_ZONE_AHEAD_MS = 2 * 366 * 86_400_000
_STOP_S = 5.0  # what an orderly end may take

ConfigFile = Annotated[
    Path | None, typer.Option("--config", help="Configuration file; else dtms.toml in the data folder.", show_default=False)
]
Folder = Annotated[Path | None, typer.Option("--data", help="Data folder instead of the user's own.", show_default=False)]
ModeChoice = Annotated[Mode | None, typer.Option("--mode", help="Overrides the file.", show_default=False)]
Wait = Annotated[bool, typer.Option("--wait", help="Wait for a terminal for ever instead of ending with 1.")]
Quiet = Annotated[bool, typer.Option("--quiet", help="Nothing on the console but errors.")]


def run(file: ConfigFile = None, data: Folder = None, mode: ModeChoice = None, wait: Wait = False, quiet: Quiet = False) -> None:
    """Run the service: terminals connect to it, and it manages their open positions."""
    folder = config.data_folder(data)
    settings = config.load(file, folder)
    if mode is not None:
        settings = settings.model_copy(update={"mode": mode})
    refuse_open_door(settings)
    refuse_idle_lists(settings)
    link_keys = keys.load(settings.link.curve_server_key_file, settings.link.curve_clients_folder, folder)
    settings = consent.settled(settings, folder)
    settings = with_choices(settings, choices.load(folder))
    try:
        path = logs.configure(folder, console=True, level="ERROR" if quiet else "INFO")
    except OSError as error:
        raise StartError(f"the log folder in {folder} cannot be written: {error}") from error
    stop = on_signals()
    service = Service(
        settings,
        MemoryJournal(EpochFile(folder)),
        to_loguru,
        keys=link_keys,
        zone=session_zone(settings),
        decisions=DecisionFile(folder),
    )
    service.start()
    logger.info("= waiting for the Expert Advisor at {}; mode {}; log {}", service.address, settings.mode.value, path)
    if sentence := idle(settings):
        logger.warning("! {}", sentence)
    try:
        _supervise(service, settings, folder, stop, None if wait else settings.ea_wait_s)
    finally:
        ended = service.stop(_STOP_S, OnSilence.HOLD)
    if not ended:
        raise StartError(f"the service did not end within {_STOP_S:g} s")


def refuse_open_door(settings: Settings) -> None:
    """
    Keep the link on this machine unless keys encrypt it (R29).

    Raises:
        ConfigError: The address is not a loopback address and there are no keys.
    """
    bind = settings.link.bind
    host, _, port = bind.removeprefix("tcp://").rpartition(":")
    if port != "*" and not (port.isascii() and port.isdigit() and 0 < int(port) < _PORTS):
        raise ConfigError("settings", "link.bind", None, f"{bind} has no port from 1 to {_PORTS - 1}")
    host = host.strip("[]")
    try:
        closed = bind.startswith("tcp://") and (host == "localhost" or ipaddress.ip_address(host).is_loopback)
    except ValueError:
        closed = False
    if not closed and not settings.link.curve_server_key_file:
        reason = (
            f"{bind} is no loopback address such as tcp://127.0.0.1:5557, and without keys nothing authenticates or encrypts the "
            "link; dtms keygen makes them and says what to set"
        )
        raise ConfigError("settings", "link.bind", None, reason)


def refuse_idle_lists(settings: Settings) -> None:
    """
    Refuse lists that would not be looked at.

    Raises:
        ConfigError: ``[adopt]`` has lists without scope "filter", or scope "filter" without a list.
    """
    adopt = settings.adopt
    listed = bool(adopt.magic or adopt.symbol or adopt.comment)
    if listed and adopt.scope is not Scope.FILTER:
        raise ConfigError("settings", "adopt.scope", None, 'magic, symbol and comment are looked at with scope = "filter" only')
    if adopt.scope is Scope.FILTER and not listed:
        raise ConfigError("settings", "adopt", None, 'scope = "filter" needs at least one of magic, symbol and comment')


def with_choices(settings: Settings, decided: choices.Choices) -> Settings:
    """Return the settings with the accounts that were allowed at the command line, and the account that was pinned before."""
    account = settings.account
    update: dict[str, object] = {"real_allowed": tuple(dict.fromkeys((*account.real_allowed, *decided.allowed)))}
    if decided.pinned and account.login is None and account.server is None:
        login, _, server = decided.pinned.partition("@")
        update |= {"login": int(login), "server": server}
    return settings.model_copy(update={"account": account.model_copy(update=update)})


def session_zone(settings: Settings) -> tuple[tuple[int, int], ...]:
    """Return the table of the time zone that the sessions' hours follow, for as long as a process may live."""
    now = time.time_ns() // 1_000_000
    return zone_table(settings.signals.session.zone, now - _ZONE_BACK_MS, now + _ZONE_AHEAD_MS)


def idle(settings: Settings) -> str | None:
    """Return the sentence that is due when the service will manage no position by itself, or None."""
    if settings.mode is not Mode.ACT or settings.adopt.scope not in {None, Scope.REGISTERED}:
        return None
    return 'mode act with scope "registered" manages no position by itself; set scope in [adopt] to "filter" or "all"'


def on_signals() -> threading.Event:
    """Return the event that Ctrl-C, SIGTERM and, on Windows, Ctrl-Break set."""
    stop = threading.Event()

    def asked(_number: int, _frame: FrameType | None) -> None:
        stop.set()

    for name in ("SIGINT", "SIGTERM", "SIGBREAK"):
        if (number := getattr(signal, name, None)) is not None:
            signal.signal(number, asked)
    return stop


def _supervise(service: Service, settings: Settings, folder: Path, stop: threading.Event, wait_s: float | None) -> None:
    watch = _Watch(service, lambda account: pin(folder, account))
    waited = 0.0
    while not stop.wait(_LOOK_S):
        if service.failure is not None:
            raise StartError(f"the desk failed: {service.failure}; the log has the trace") from service.failure
        ready = watch.look()
        waited += _LOOK_S
        if not ready and wait_s is not None and waited >= wait_s and not watch.was_ready:
            raise StartError(_nobody_came(settings, service.snapshot(), wait_s))


def _nobody_came(settings: Settings, view: ServiceView, wait_s: float) -> str:
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
        self.was_ready = False

    def look(self) -> bool:
        """Look once; return whether an account's positions are known."""
        view = self._service.snapshot()
        if view.pinned and view.pinned != self._pinned:
            self._pinned = view.pinned
            self._pin(view.pinned)
        ready = any(account.view_known for account in view.accounts)
        self.was_ready = self.was_ready or ready
        self._since_status += _LOOK_S
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
