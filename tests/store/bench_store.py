"""
What the store costs: 10,000 open trades into the book beside the bare SELECT, an intent beside a bare write and flush.

    python -m tests.store.bench_store

Both sides of a row are measured in turn in one run; a row shows the median of the ratios.
"""

import gc
import os
import random
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path
from queue import SimpleQueue
from statistics import median
from time import perf_counter

from tests.store.made import ACCOUNT, UTC, command, entry, trade

from dtms.defence_names import Action, Quality, State
from dtms.engine.defence.record import Defence, Duty, Mark, Spent, Timer
from dtms.engine.defence.view import GroupMark
from dtms.engine.trade import Trade
from dtms.settings_store import StoreSettings
from dtms.signal_names import Group
from dtms.store import database, reading
from dtms.store.journal import Acknowledgement, Committed, Note
from dtms.store.opening import open_store
from dtms.store.sqlite import SqliteJournal

_TRADES = 10_000
_SYMBOLS = 20
_STATES = (*[State.HEALTHY] * 8, State.WARNING_L1, State.WARNING_L2)
_PAGE = 8_192  # bytes that an intent adds to the log, about


@contextmanager
def _store() -> Iterator[tuple[SqliteJournal, "SimpleQueue[Acknowledgement]", Path]]:
    with tempfile.TemporaryDirectory(dir=Path.cwd()) as name:
        folder = Path(name)
        with closing(open_store(folder, StoreSettings(backup_ms=86_400_000, close_ms=60_000), lambda: UTC)) as journal:
            told: SimpleQueue[Acknowledgement] = SimpleQueue()
            journal.attach(told.put)
            yield journal, told, folder


def _written(told: "SimpleQueue[Acknowledgement]", count: int) -> None:
    while count:
        count -= isinstance(told.get(), Committed)


def _mark(dice: random.Random) -> Mark:
    groups = tuple(GroupMark(group.value.lower(), dice.random(), 3.0, 1.0, dice.random()) for group in Group)
    return Mark(dice.random(), 0.9, valid=True, bar=UTC, groups=groups)


def _defended(number: int, marks: list[Mark], dice: random.Random) -> Trade:
    """A trade with a record as it looks after hours; the last score is that of its symbol and side."""
    state = dice.choice(_STATES)
    first = state is State.WARNING_L1
    defence = Defence(
        state=state,
        entered=UTC - dice.randrange(10**8),
        last_bar=UTC,
        dwell=dice.randrange(50),
        timer=Timer(UTC, 5) if first else None,
        episode=dice.randrange(3),
        risk=dice.random() / 1_000,
        mark=marks[number % len(marks)],
        quality=Quality.GOOD,
        deep_bar=UTC,
        duties=(Duty(Action.TIGHTEN, "T3", 1),) if first else (),
        spent=(Spent(1, Action.PARTIAL),) if state is State.WARNING_L2 else (),
    )
    return replace(trade(number, symbol=f"SYM{number % _SYMBOLS:03}"), defence=defence)


def loaded(rounds: int = 15) -> tuple[float, float, float]:
    """Return ms of the bare SELECT, ms into trades, and their ratio."""
    dice = random.Random(1)
    marks = [_mark(dice) for _ in range(2 * _SYMBOLS)]
    select = reading.TRADES
    with _store() as (journal, told, _):
        for number in range(1, _TRADES + 1):
            journal.keep(Note(number, (_defended(number, marks, dice),)))
        _written(told, _TRADES)
        bare, full = [], []
        with closing(database.read(journal.path)) as connection:
            for _ in range(rounds):
                gc.collect()
                gc.disable()
                began = perf_counter()
                connection.execute(select, (ACCOUNT,)).fetchall()
                bare.append(perf_counter() - began)
                gc.enable()
                began = perf_counter()
                found = reading.trades(connection, ACCOUNT, [])
                full.append(perf_counter() - began)
                assert len(found) == _TRADES
    return median(bare) * 1_000, median(full) * 1_000, median(b / a for a, b in zip(bare, full, strict=True))


def committed(rounds: int = 30, each: int = 20) -> tuple[float, float, float]:
    """Return µs of a write and flush of as many bytes, µs from an intent to its acknowledgement, and their ratio."""
    floors, intents, ratios = [], [], []
    with _store() as (journal, told, folder):
        handle = os.open(folder / "raw", os.O_RDWR | os.O_CREAT)
        os.write(handle, bytes(512 * _PAGE))
        os.fsync(handle)
        flush = getattr(os, "fdatasync", os.fsync)
        for turn in range(rounds):
            floor, intent = [], []
            for at in range(each):
                began = perf_counter()
                os.lseek(handle, (turn * each + at) % 512 * _PAGE, os.SEEK_SET)
                os.write(handle, bytes(_PAGE))
                flush(handle)
                floor.append(perf_counter() - began)
                one = entry(turn * each + at + 1)
                began = perf_counter()
                journal.append(one)
                _written(told, 1)
                intent.append(perf_counter() - began)
            floors += floor
            intents += intent
            ratios.append(median(intent) / median(floor))
        os.close(handle)
    return median(floors) * 1e6, median(intents) * 1e6, median(ratios)


def together(count: int = 20_000) -> float:
    """Return commits a second when all are waiting."""
    with _store() as (journal, told, _):
        began = perf_counter()
        for number in range(1, count + 1):
            journal.append(entry(number, trade(number % 500 + 1), command=command(number)))
        _written(told, count)
        return count / (perf_counter() - began)


def main() -> None:
    bare, full, ratio = loaded()
    sys.stdout.write(f"{_TRADES} trades: SELECT {bare:.0f} ms, into trades {full:.0f} ms, ratio {ratio:.2f} (goal <= 2)\n")
    floor, intent, ratio = committed()
    sys.stdout.write(f"intent: write and flush {floor:.0f} µs, committed {intent:.0f} µs, ratio {ratio:.2f} (goal <= 1.25)\n")
    sys.stdout.write(f"all waiting: {together():.0f} commits a second\n")


if __name__ == "__main__":
    main()
