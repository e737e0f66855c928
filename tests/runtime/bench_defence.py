"""
What the defence costs the desk: deep checks of many trades after a bar close, a quote beside many trades.

    python -m tests.runtime.bench_defence

Over a real loopback socket with decisions written to disk; quotes and heartbeats go on meanwhile, and the longest slice of
checks is printed beside the total.
"""

import gc
import sys
import tempfile
from contextlib import closing
from pathlib import Path
from statistics import median
from time import perf_counter, perf_counter_ns, thread_time

from tests.runtime.bench import UTC, Bench, acting, bench
from tests.runtime.defended import BEGIN, ENTRY, FULL, RISK, figures
from tests.runtime.market_side import FAST, SLOW, MarketSide, Tape, quote_at
from tests.session.made import position, spec

from dtms.runtime.account import Account
from dtms.runtime.desk import Desk
from dtms.runtime.service import COLLECTIONS
from dtms.settings import DeskSettings
from dtms.settings_defence import CadenceSettings
from dtms.store.opening import open_store

_CONFIRM_MS = 50


def loaded(desk: Bench, symbols: int, trades: int) -> tuple[MarketSide, dict[str, Tape]]:
    """Connect a terminal with so many trades, evenly over the symbols, and let their markets be known."""
    names = [f"SYM{number:03}" for number in range(symbols)]
    tapes = {name: Tape(BEGIN) for name in names}
    side = MarketSide(specs={name: spec(name) for name in names})
    for name, tape in tapes.items():
        side.history |= {(name, minutes): rows for (_, minutes), rows in tape.history().items()}
    for number in range(1, trades + 1):
        held = position(
            number, symbol=names[number % symbols], price_open=ENTRY, stop_loss=round(ENTRY - RISK, 5), volume=0.1, take_profit=1.2
        )
        side.positions[number] = held
    desk.now = BEGIN - UTC + 1_000
    desk.dial(side)
    side.say(figures(), desk.now)
    for name in names:
        side.quotes(desk.now, quote_at(UTC + desk.now, 1.0964, symbol=name))
    markets = desk.account.markets
    while not all((charts := markets.of(name)) is not None and charts.closes for name in names):
        desk.pass_time(500, step=500)
    desk.pass_time(2_000, step=1_000)
    return side, tapes


def checked(desk: Bench, side: MarketSide, tapes: dict[str, Tape]) -> tuple[float, float, float, int]:
    """
    Let a bar close in every symbol.

    Returns the time to the last check, the longest slice of checks by the clock and by what the processor worked for it (they
    differ on a machine that has something else to do), in ms, and the quotes taken meanwhile.
    """
    for name, tape in tapes.items():
        fast, slow = tape.next()
        for row in fast:
            side.tell_bar(FAST, row, desk.now, name)
        desk.now = max(desk.now, slow.ts_open - 7_200_000 + 900_000 - UTC)
        side.tell_bar(SLOW, slow, desk.now, name)
    side.beat(desk.now)
    wire, sent = desk.wires[0], desk.counter("bridge.quotes_received")
    start_now, began = desk.now, perf_counter()
    due = {trade.key for trade in desk.account.book}
    desk.desk._elapsed = lambda: start_now + int((perf_counter() - began) * 1_000)
    slices, beaten, bars = timed_checks(desk), 0, {key: _bar(desk, key) for key in due}
    first: float | None = None
    while due:
        desk.now = desk.desk._elapsed()
        if desk.now // 250 != beaten:
            beaten = desk.now // 250
            side.beat(desk.now)
        side.quotes(desk.now, *(quote_at(UTC + desk.now, 1.0964, symbol=name) for name in list(tapes)[:20]))
        wire.exchange(desk.now)
        before = perf_counter()
        desk.desk.step(desk.now, UTC + desk.now)
        done = {key for key in due if _bar(desk, key) != bars[key]}
        if done and first is None:
            first = before
        due -= done
    quotes = desk.counter("bridge.quotes_received") - sent
    return (perf_counter() - (first or began)) * 1_000, max(s for s, _ in slices), max(s for _, s in slices), quotes


def timed_checks(desk: Bench) -> list[tuple[float, float]]:
    """Return a list that gets the duration of every slice of checks, by the clock and of the processor, in ms."""
    slices: list[tuple[float, float]] = []
    check = Desk._check

    def timed(account: Account, now: int, utc: int, until: int) -> bool:
        before, worked = perf_counter(), thread_time()
        more = check(desk.desk, account, now, utc, until)
        slices.append(((perf_counter() - before) * 1_000, (thread_time() - worked) * 1_000))
        return more

    desk.desk._check = timed  # type: ignore[method-assign]
    return slices


def _bar(desk: Bench, key: object) -> int:
    trade = desk.account.book.get(key)  # type: ignore[arg-type]
    return -1 if trade is None or trade.defence is None else trade.defence.deep_bar


def settled(symbols: int, trades: int, rounds: int = 4) -> tuple[float, float, float, int]:
    """Return the median time over several closes, the longest slices, all quotes."""
    defence = FULL
    settings = acting(defence=defence, cadence=CadenceSettings(confirm_ms=_CONFIRM_MS), desk=DeskSettings())
    with (
        tempfile.TemporaryDirectory() as folder,
        closing(open_store(Path(folder), settings.store)) as store,
        bench(settings, store) as desk,
    ):
        side, tapes = loaded(desk, symbols, trades)
        gc.collect()
        gc.freeze()  # as the service does after its start
        found = [checked(desk, side, tapes) for _ in range(rounds)]
        gc.unfreeze()
    totals, slices, worked, quotes = zip(*found, strict=True)
    return median(totals), max(slices), max(worked), sum(quotes)


def per_quote(trades: int, quotes: int = 30_000) -> float:
    """Return what a quote costs the desk's own code beside so many open trades of its symbol, in ns."""
    with bench(acting(defence=FULL)) as desk:
        loaded(desk, 1, trades)
        account = desk.account
        link = account.links.manager()
        assert link is not None
        rows = tuple(quote_at(UTC + desk.now, 1.0964 + at % 7 * 0.00001, symbol="SYM000") for at in range(50))
        frame = type("Frame", (), {"ticks": rows})
        spent = []
        for _ in range(quotes // len(rows)):
            began = perf_counter_ns()
            account.quotes.take(link, frame, desk.now, UTC + desk.now)  # type: ignore[arg-type]
            spent.append((perf_counter_ns() - began) / len(rows))
    return median(spent)


def main() -> None:
    sys.setswitchinterval(DeskSettings().switch_interval_s)  # this and the next as the service does
    gc.set_threshold(*COLLECTIONS)
    for symbols, trades, goal in ((28, 1_000, 2_000), (1, 100, 100)):
        total, longest, worked, quotes = settled(symbols, trades)
        said = f"{trades} trades, symbols: {symbols}: {total:.0f} ms to the last deep check (goal < {goal})"
        slices = f"longest slice of checks {longest:.1f} ms, of the processor {worked:.1f} ms (goal < 5)"
        sys.stdout.write(f"{said}, {slices}, {quotes} quotes taken\n")
    costs = {trades: per_quote(trades) for trades in (1, 100, 1_000)}
    told = ", ".join(f"{trades}: {cost:.0f} ns" for trades, cost in costs.items())
    sys.stdout.write(f"the desk's own work for a quote beside so many trades: {told}\n")


if __name__ == "__main__":
    main()
