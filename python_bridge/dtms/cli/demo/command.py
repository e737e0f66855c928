"""`dtms demo`: its options, and a run from set-up to report."""

import math
import shutil
import tempfile
import threading
import time
from pathlib import Path
from typing import Annotated, Any

import typer
from loguru import logger
from rich.console import Console

from dtms.cli import logs
from dtms.cli.demo import report as reports
from dtms.cli.demo import scenario as scenarios
from dtms.cli.demo.clock import Turn, turn_of
from dtms.cli.demo.pace import Pace, pace_of
from dtms.cli.demo.scenario import DEFAULT_SYMBOL, Scenario
from dtms.cli.demo.screen import Screen
from dtms.cli.demo.stage import Stage, Wanted
from dtms.cli.run import on_signals
from dtms.errors import DtmsError, StartError, UsageError
from dtms.runtime.log import to_loguru
from mql5host.build import BuildError, Built, build, sources_root

_DEFAULT_SPEED = "120"
_SETTLE_S = 15.0  # the last commands may take their whole time to live
_DRAWN_EVERY_S = 0.1
_OFFSETS_H = 14

Ticks = Annotated[
    Path | None, typer.Option(help="Price file: columns time_msc,bid,ask (UTC ms), or one of the bar layouts.", show_default=False)
]
Symbol = Annotated[str, typer.Option(help="Symbol of the price file; decides its specification.")]
Trades = Annotated[int, typer.Option(help="Trades planted into the prices.", min=0, max=1_000)]
Seed = Annotated[int, typer.Option(help="Decides prices (without a file), places, sides and volumes.")]
Speed = Annotated[
    str, typer.Option(help=f"Times real time, or max; {_DEFAULT_SPEED} without a file, max with one.", show_default=False)
]
Report = Annotated[Path | None, typer.Option(help="Write the figures there, as JSON.", show_default=False)]
Offset = Annotated[float, typer.Option(help="The broker's time minus UTC, in hours.")]
TurnAt = Annotated[
    str,
    typer.Option(
        "--turn",
        metavar="MINUTES:HOURS",
        help="Minutes of market time after which the broker's clock is turned, and its hours ahead of UTC from then on; as 25:+3.",
        show_default=False,
    ),
]
NoRule = Annotated[bool, typer.Option("--no-break-even", help="Switch the managed rule off.")]
Curve = Annotated[bool, typer.Option("--curve", help="Authenticate and encrypt the link, with keys made for this run.")]
Keep = Annotated[
    Path | None, typer.Option(help="Keep data folder and logs there instead of in a temporary folder.", show_default=False)
]


def demo(
    ticks: Ticks = None,
    symbol: Symbol = DEFAULT_SYMBOL,
    trades: Trades = 8,
    seed: Seed = 1,
    speed: Speed = "",
    report: Report = None,
    offset: Offset = 2.0,
    turn: TurnAt = "",
    no_break_even: NoRule = False,
    curve: Curve = False,
    keep: Keep = None,
) -> None:
    """Show the whole: the Expert Advisor's own source, compiled natively, on a simulated account, managed by the service."""
    console = Console(stderr=False)
    offset_s = _offset(offset, "--offset")
    turned = _turn(turn)
    pace = pace_of(speed or (_DEFAULT_SPEED if ticks is None else "max"))
    if ticks is None and symbol != DEFAULT_SYMBOL:
        raise UsageError(f"--symbol {symbol} needs --ticks: without a price file the demo plays {DEFAULT_SYMBOL}")
    if report is not None:
        reports.check(report, ticks)
    play = scenarios.recorded(ticks, symbol, seed, trades, offset_s) if ticks else scenarios.scripted(seed, trades, offset_s)
    if turned is not None and not play.lasts(turned.after_min):
        raise UsageError(f"--turn {turn}: the prices end before that")
    built = _build(console)
    folder = _folder(keep)
    try:
        wanted = Wanted(folder=folder, offset_s=offset_s, break_even=not no_break_even, curve=curve, turn=turned)
        figures = _play(console, play, built, wanted, pace)
    finally:
        logger.remove()
        if keep is None:
            shutil.rmtree(folder, ignore_errors=True)
    _tell(console, figures, report)


def _tell(console: Console, figures: dict[str, Any], report: Path | None) -> None:
    for sentence in reports.sentences(figures):
        console.print(sentence, highlight=False, soft_wrap=True)
    if report is not None:
        reports.write(report, figures)
    if (fault := reports.clock_fault(figures)) is not None:
        raise DtmsError(fault)


def _folder(keep: Path | None) -> Path:
    if keep is None:
        return Path(tempfile.mkdtemp(prefix="dtms-demo-"))
    folder = keep.resolve()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if any(folder.iterdir()):
            raise UsageError(f"--keep {keep}: the folder is not empty")
    except OSError as error:
        raise UsageError(f"--keep {keep}: {error.strerror}") from error
    return folder


def _turn(word: str) -> Turn | None:
    if not word:
        return None
    minutes, hours = turn_of(word)
    return Turn(minutes, _offset(hours, "--turn"))


def _offset(hours: float, option: str) -> int:
    if not math.isfinite(hours) or abs(hours) > _OFFSETS_H or (hours * 4) % 1:
        raise UsageError(f"{option} {hours}: hours between -{_OFFSETS_H} and {_OFFSETS_H}, in quarters")
    return int(hours * 3_600)


def _build(console: Console) -> Built:
    root = sources_root()
    with console.status("Compiling the Expert Advisor (once) ..."):
        try:
            return build(root / "Experts/DTMS/DtmsBridge.mq5", include=root / "Include")
        except (BuildError, OSError) as error:
            raise StartError(f"the Expert Advisor could not be compiled: {error}") from error


def _play(console: Console, play: Scenario, built: Built, wanted: Wanted, pace: Pace) -> dict[str, Any]:
    wanted.folder.mkdir(parents=True, exist_ok=True)
    logs.configure(wanted.folder, console=False)
    asked = on_signals()
    stage = Stage(play, built, wanted, to_loguru)
    began = time.monotonic()
    try:
        stage.open()
        with Screen(console) as screen:
            _run(stage, pace, screen, asked)
        return reports.figures(stage, built, time.monotonic() - began)
    finally:
        stage.close()


def _run(stage: Stage, pace: Pace, screen: Screen, asked: threading.Event) -> None:
    """Feed, carry, look; until the prices are used up and everything is answered, or the user has had enough."""
    drawn = 0.0
    settle_by = math.inf
    while not asked.is_set():
        stage.feed(pace.due(stage))
        stage.step()
        stage.check()
        now = time.monotonic()
        if now - drawn >= _DRAWN_EVERY_S:
            drawn = now
            screen.show(stage)
        if stage.at_end:
            settle_by = min(settle_by, now + _SETTLE_S)
            if stage.settled():
                return
            if now > settle_by:
                raise StartError(f"the last quotes or commands were not answered within {_SETTLE_S:g} s")
