"""`dtms simulate`: its options, and a run from the price file to the reports."""

import math
import re
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Final

import typer
from rich.console import Console
from rich.status import Status

from dtms.cli.simulate import outputs, page, report, scorefile, table
from dtms.cli.simulate.assume import assumptions
from dtms.cli.simulate.report import LAYOUTS, Report
from dtms.errors import UsageError
from dtms.settings import Settings, digest
from dtms.sim.derive import derive_spec
from dtms.sim.policies.compare import Comparison, Rule, compare
from dtms.sim.policies.conclusions import conclusions
from dtms.sim.policies.entries import Entry, random_entries
from dtms.sim.policies.history import History, make_history
from dtms.sim.policies.ruleset import all_rules, counted, placebo_seeds
from dtms.sim.policies.sight import sight_of, walk
from dtms.sim.policies.tradefile import read_trades
from dtms.sim.prices import PriceSeries, read_prices
from dtms.sim.spec import SymbolSpec

_OFFSETS_H: Final = 14
_MOST_ENTRIES: Final = 100_000
_MOST_SPREAD: Final = 0.1  # of the price; with more, stops and targets that are some spreads away would fall below 0
_NAME: Final = re.compile(r"[\w.#$&+!-]{1,31}")  # what MT5 allows, blanks apart

Prices = Annotated[
    Path, typer.Option(help="Price file, plain or .gz: recorded quotes, M1 bars of bid and ask, or exported M15 bars.")
]
Bars = Annotated[
    str | None, typer.Option(help="M1, M15 or ticks: what the file must hold; else told from its header.", show_default=False)
]
Symbol = Annotated[str, typer.Option(help="Symbol of the prices; decides its specification.")]
Trades = Annotated[
    Path | None,
    typer.Option(help="CSV of trades: ticket, symbol, side, volume, entry time, entry, stop, target.", show_default=False),
]
Entries = Annotated[
    int | None,
    typer.Option(help="Instead of a file: so many trades at random places.", min=1, max=_MOST_ENTRIES, show_default=False),
]
Seed = Annotated[int, typer.Option(help="Decides the random trades, the bootstrap and the placebo.", min=0)]
Json = Annotated[Path | None, typer.Option("--json", help="Write the figures there, as JSON.", show_default=False)]
Html = Annotated[Path | None, typer.Option("--html", help="Write a page with charts there.", show_default=False)]
Scores = Annotated[Path | None, typer.Option(help="Write the score at every closed M15 bar there, as CSV.", show_default=False)]
Offset = Annotated[float, typer.Option(help="M15 files: their clock minus UTC, in hours.")]
Spread = Annotated[
    float | None, typer.Option(help="M15 files: ask minus bid, in price; 20 points if not given.", show_default=False)
]
Commission = Annotated[float, typer.Option(help="Per lot and side, in the currency of the prices.", min=0)]
Latency = Annotated[int, typer.Option(help="From a decision to the broker, in ms.", min=0, max=60_000)]


def simulate(
    prices: Prices,
    symbol: Symbol,
    bars: Bars = None,
    trades: Trades = None,
    entries: Entries = None,
    seed: Seed = 1,
    json: Json = None,
    html: Html = None,
    scores: Scores = None,
    offset: Offset = 0.0,
    spread: Spread = None,
    commission: Commission = 0.0,
    latency: Latency = 0,
) -> None:
    """Compare rules of trade management, DTMS among them, on recorded prices and a list of trades."""
    console = Console()
    outputs.check({"--json": json, "--html": html, "--scores": scores}, [prices, trades])
    if (trades is None) == (entries is None):
        raise UsageError("one of --trades FILE and --entries N is needed")
    offset_s = _offset_s(offset)
    series, spec = _prices(prices, symbol, bars, offset_s, spread, commission)
    history = make_history(series, spec, offset_s=offset_s)
    planted = read_trades(trades, history) if trades is not None else random_entries(history, entries or 0, seed)
    settings = Settings()
    with console.status("scores") as status:
        walked = list(walk(series, spec, settings))
        if scores is not None:
            scorefile.write(scores, walked)
        rules = all_rules(history, sight_of(history, walked, settings), settings, seed)
        comparison = _compared(status, history, planted, rules, seed, latency)
    made = Report(
        history=history,
        comparison=comparison,
        source=trades.name if trades is not None else f"{entries} at random places",
        seeds={"entries": None if trades is not None else seed, "bootstrap": seed, "placebo": placebo_seeds(seed)},
        score=counted(walked),
        config_digest=digest(settings),
        assumptions=assumptions(
            history, planted, counted(walked), commission=commission, latency_ms=latency, made_up=trades is None
        ),
        conclusions=conclusions(comparison),
    )
    _show(console, made)
    if json is not None:
        report.write(json, made)
    if html is not None:
        page.write(html, made)


def _offset_s(hours: float) -> int:
    if not math.isfinite(hours) or abs(hours) > _OFFSETS_H or (hours * 4) % 1:
        raise UsageError(f"--offset {hours}: hours between -{_OFFSETS_H} and {_OFFSETS_H}, in quarters")
    return int(hours * 3_600)


def _prices(
    prices: Path, symbol: str, layout: str | None, offset_s: int, spread: float | None, commission: float
) -> tuple[PriceSeries, SymbolSpec]:
    """Return the prices and what is known of their symbol."""
    if not _NAME.fullmatch(symbol):
        raise UsageError(f"--symbol {symbol!r}: 1 to 31 letters, digits and any of . # $ & + ! - _")
    known = {name.lower(): seconds for seconds, name in LAYOUTS.items()}
    if layout is not None and layout.lower() not in known:
        raise UsageError(f"--bars {layout}: M1, M15 or ticks")
    if spread is not None and not (math.isfinite(spread) and spread >= 0):
        raise UsageError(f"--spread {spread}: a price difference, 0 or more")
    if not math.isfinite(commission):
        raise UsageError(f"--commission {commission}: a sum of money, 0 or more")
    series = read_prices(prices, spread=spread, offset_s=offset_s)
    if layout is not None and known[layout.lower()] != series.bar_s:
        raise UsageError(f"--bars {layout}: {prices.name} holds {LAYOUTS[series.bar_s]}")
    if not series.is_export and offset_s:
        raise UsageError(f"--offset: the times of {prices.name} are UTC already")
    if not series.is_export and spread is not None:
        raise UsageError(f"--spread: {prices.name} has an ask of its own")
    spec = derive_spec(symbol, digits=series.digits, offset_s=offset_s, commission=commission)
    _check_spread(spread, series, spec)
    # What a night costs is not in a price file; a made-up swap would only blur what the rules do.
    return series, replace(spec, swap_long=0.0, swap_short=0.0)


def _check_spread(spread: float | None, series: PriceSeries, spec: SymbolSpec) -> None:
    if spread is None:
        return
    if spread > _MOST_SPREAD * min(point.bid for point in series.points):
        raise UsageError(f"--spread {spread:g}: more than {_MOST_SPREAD:.0%} of the lowest price")
    if not spec.on_grid(spread):
        raise UsageError(f"--spread {spread:g}: not on the grid of the prices, {spec.tick_size:.10g}")


def _compared(status: Status, history: History, planted: list[Entry], rules: list[Rule], seed: int, latency_ms: int) -> Comparison:
    def progress(name: str, done: int, total: int) -> None:
        status.update(f"{name}: {done} of {total} trades")

    return compare(history, planted, rules, seed=seed, latency_ms=latency_ms, progress=progress)


def _show(console: Console, made: Report) -> None:
    table.show(console, made.comparison)
    for sentence in made.conclusions:
        console.print(sentence, highlight=False, soft_wrap=True)
    for sentence in made.assumptions:
        console.print(f"Note: {sentence}", highlight=False, soft_wrap=True, style="dim")
