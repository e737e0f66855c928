"""
`dtms run`: the service, until it is told to stop.

Configuration, store, address, terminal, positions: a step that fails ends the process with 1 and one sentence. A second process on
the same data folder does not start; with ``--standby`` it waits its turn, its address unbound, so that terminals go on to it when
it is there.

Exit status: 0 ended as asked; 1 a step of the start failed, the desk failed too often or stood still, or another process took over;
2 wrong usage.
"""

import ipaddress
import signal
import threading
import time
from contextlib import closing
from pathlib import Path
from types import FrameType
from typing import Annotated

import typer
from loguru import logger

from dtms.cli import choices, config, consent, logs
from dtms.cli.serving import LOOK_S, said, serve
from dtms.cli.zones import zone_table
from dtms.errors import ConfigError, StartError
from dtms.runtime import keys
from dtms.runtime.log import to_loguru
from dtms.runtime.service import Service
from dtms.runtime.steps import Step
from dtms.runtime.watch import Watch
from dtms.settings import Mode, Scope, Settings
from dtms.store.opening import open_store
from dtms.store.sqlite import SqliteJournal
from dtms.store.standby import Standby

_PORTS = 65_536
_ZONE_BACK_MS = 60 * 86_400_000  # further than any bar that is looked at
_ZONE_AHEAD_MS = 2 * 366 * 86_400_000
_STOP_S = 5.0  # what an orderly end may take

ConfigFile = Annotated[
    Path | None, typer.Option("--config", help="Configuration file; else dtms.toml in the data folder.", show_default=False)
]
Folder = Annotated[Path | None, typer.Option("--data", help="Data folder instead of the user's own.", show_default=False)]
ModeChoice = Annotated[Mode | None, typer.Option("--mode", help="Overrides the file.", show_default=False)]
BindChoice = Annotated[
    str | None,
    typer.Option("--bind", help="Address for terminals, as tcp://127.0.0.1:5558; overrides the file.", show_default=False),
]
Wait = Annotated[bool, typer.Option("--wait", help="Wait for a terminal for ever instead of ending with 1.")]
StandBy = Annotated[
    bool, typer.Option("--standby", help="Wait until the service on this data folder has ended or is silent, then take over.")
]
Quiet = Annotated[bool, typer.Option("--quiet", help="Nothing on the console but errors.")]


def run(
    file: ConfigFile = None,
    data: Folder = None,
    mode: ModeChoice = None,
    bind: BindChoice = None,
    wait: Wait = False,
    standby: StandBy = False,
    quiet: Quiet = False,
) -> None:
    """Run the service: terminals connect to it, and it manages their open positions."""
    folder = config.data_folder(data)
    settings = _with_words(config.load(file, folder), mode, bind)
    refuse_open_door(settings)
    refuse_idle_lists(settings)
    link_keys = keys.load(settings.link.curve_server_key_file, settings.link.curve_clients_folder, folder)
    settings = consent.settled(settings, folder)
    settings = with_choices(settings, choices.load(folder))
    level = "ERROR" if quiet else "INFO"
    path = _logging(folder, level, standby=standby)
    said(Step.CONFIGURATION)
    stop = on_signals()
    try:
        store = _stood_by(folder, settings, stop) if standby else open_store(folder, settings.store)
        if store is None:
            return
        if standby:
            path = _logging(folder, level, standby=False)
        said(Step.STORE)
        with closing(store):
            service = Service(settings, store, to_loguru, keys=link_keys, zone=session_zone(settings))
            _serve(service, settings, folder, stop, None if wait else settings.ea_wait_s, path)
    except StartError as error:
        logs.to_file_only("CRITICAL", str(error))  # the console has it from whoever catches this
        raise


def _serve(service: Service, settings: Settings, folder: Path, stop: threading.Event, wait_s: float | None, log: Path) -> None:
    watch = Watch(lambda: service.beat, settings.desk, folder / "stacks.txt", say=logger.critical)
    service.start()
    said(Step.LINK)
    logger.info("= waiting for the Expert Advisor at {}; mode {}; log {}", service.address, settings.mode.value, log)
    if sentence := idle(settings):
        logger.warning("! {}", sentence)
    try:
        watch.start()
        serve(service, settings, folder, stop, wait_s)
    finally:
        watch.stop()
        ended = service.stop(_STOP_S)
    if not ended:
        raise StartError(f"the service did not end within {_STOP_S:g} s")


def _logging(folder: Path, level: str, *, standby: bool) -> Path:
    try:
        return logs.configure(folder, console=True, level=level, file=logs.STANDBY if standby else logs.FILE)
    except OSError as error:
        raise StartError(f"the log folder in {folder} cannot be written: {error}") from error


def _stood_by(folder: Path, settings: Settings, stop: threading.Event) -> SqliteJournal | None:
    """Return the store once this process may work on it, None when it is to stop before."""
    waiting = Standby(folder, settings.store)
    told: str | None = None
    while (store := waiting.attempt()) is None:
        holder = "another process" if waiting.holder is None else f"process {waiting.holder}"
        sentence = waiting.obstacle or f"standing by: {holder} works on the store in {folder}"
        if sentence != told:
            told = sentence
            logger.info("= {}", sentence)
        if stop.wait(LOOK_S):
            return None
    return store


def _with_words(settings: Settings, mode: Mode | None, bind: str | None) -> Settings:
    """Return the settings with what the command line overrides."""
    if mode is not None:
        settings = settings.model_copy(update={"mode": mode})
    if bind is not None:
        settings = settings.model_copy(update={"link": settings.link.model_copy(update={"bind": bind})})
    return settings


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
