"""
Trades from a CSV file: ticket, symbol, side, volume, entry time, entry, stop, target, in any order and beside other columns.

Fields are parted by commas, semicolons or tabs. Names are read by their letters and digits alone, without regard to case. A time
is seconds or milliseconds since 1970 (UTC) or ISO text; text without a zone is UTC, or the server's time where the price file's
times are. Stop and target may be empty or 0 for none. A stop that is not on the losing side of the entry, as lists show it that
tell the last stop instead of the first, cannot have been there at the entry: the trade begins without one.
"""

import csv
import math
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, TextIO

from dtms.errors import InputFileError
from dtms.names import Side
from dtms.sim.policies.bars import SLOW_S
from dtms.sim.policies.entries import STOP_ATRS, Entry
from dtms.sim.policies.history import History
from dtms.sim.spec import SymbolSpec

_COLUMNS: Final = ("ticket", "symbol", "side", "volume", "entrytime", "entry", "stop", "target")
_ALIASES: Final = {
    "side": ("type", "direction"),
    "volume": ("lots",),
    "entrytime": ("opentime", "time"),
    "entry": ("entryprice", "openprice", "price"),
    "stop": ("stoploss", "sl"),
    "target": ("takeprofit", "tp"),
}
_DELIMITERS: Final = (",", ";", "\t")
_SIDES: Final = {"buy": Side.BUY, "long": Side.BUY, "sell": Side.SELL, "short": Side.SELL}
_MOST_SECONDS: Final = 10**11  # a larger number is milliseconds; seconds reach it in the year 5138
_LARGEST: Final = 10**6  # trades in one file
_TICKET_DIGITS: Final = 19  # a terminal's tickets are 64 bits wide
_LONGEST: Final = 64  # characters of a field that is read


class _BadLine(Exception):
    """Why a line cannot be used; never leaves this module."""


def read_trades(path: Path, history: History) -> list[Entry]:
    """
    Return the trades of a file, ordered by entry time.

    Raises:
        UsageError: the file, or a line of it, cannot be used with these prices.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            return _read(path, file, history)
    except OSError as error:
        raise InputFileError(path, 0, error.strerror or str(error)) from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise InputFileError(path, 0, f"is not CSV text ({error})") from error


def _read(path: Path, lines: TextIO, history: History) -> list[Entry]:
    header = lines.readline()
    delimiter = max(_DELIMITERS, key=header.count)
    places = _places(path, next(csv.reader([header], delimiter=delimiter), []))
    rows = csv.reader(lines, delimiter=delimiter)
    entries: dict[int, Entry] = {}
    for row in rows:
        if not any(field.strip() for field in row):
            continue
        try:
            entry = _entry(_fields(row, places), history)
        except _BadLine as bad:
            raise InputFileError(path, rows.line_num + 1, str(bad)) from None
        if entry.ticket in entries:
            raise InputFileError(path, rows.line_num + 1, f"ticket {entry.ticket} was there already")
        entries[entry.ticket] = entry
        if len(entries) > _LARGEST:
            raise InputFileError(path, rows.line_num + 1, f"more than {_LARGEST} trades")
    if not entries:
        raise InputFileError(path, 1, "holds no trades")
    return sorted(entries.values(), key=lambda entry: (entry.time, entry.ticket))


def _places(path: Path, header: list[str]) -> dict[str, int]:
    """Return where the columns stand; a column's own name goes before the other names that it may have."""
    names = ["".join(letter for letter in name.lower() if letter.isalnum()) for name in header]
    places: dict[str, int] = {}
    for column in _COLUMNS:
        name = next((name for name in (column, *_ALIASES.get(column, ())) if name in names), None)
        if name is None:
            raise InputFileError(path, 1, f"no column {_written(column)!r}: {', '.join(map(_written, _COLUMNS))} are needed")
        if names.count(name) > 1:
            raise InputFileError(path, 1, f"column {_written(name)!r} is there {names.count(name)} times")
        places[column] = names.index(name)
    return places


def _written(column: str) -> str:
    return "entry_time" if column == "entrytime" else column


def _fields(row: list[str], places: Mapping[str, int]) -> dict[str, str]:
    if len(row) <= max(places.values()):
        raise _BadLine(f"{len(row)} fields are too few")
    fields = {name: row[place].strip() for name, place in places.items()}
    for name, text in fields.items():
        if len(text) > _LONGEST:
            raise _BadLine(f"{_written(name)} of {len(text)} characters")
    return fields


def _entry(fields: Mapping[str, str], history: History) -> Entry:
    spec = history.spec
    if fields["symbol"] != spec.name:
        raise _BadLine(f"symbol {fields['symbol']!r}: the prices are those of {spec.name!r}")
    side = _SIDES.get(fields["side"].lower())
    if side is None:
        raise _BadLine(f"side {fields['side']!r} is neither buy nor sell")
    time = _time(fields["entrytime"], history)
    price = _number(fields["entry"], "entry")
    stop, target = _level(fields["stop"], "stop", spec), _level(fields["target"], "target", spec)
    if target is not None and side.direction * (target - price) <= 0:
        raise _BadLine(f"target {target} is not on the winning side of entry {price}")
    index = history.at_or_after(time)
    if stop is not None and side.direction * (price - stop) <= 0:
        stop = None
    risk, is_synthetic = _risk(side, price, stop, history, index)
    _near(price, risk, index, history)
    _apart(side, price, stop, index, history)
    return Entry(
        _ticket(fields["ticket"]), side, _volume(fields["volume"], spec), time, index, price, stop, target, risk, is_synthetic
    )


def _ticket(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= _TICKET_DIGITS and int(text)):
        raise _BadLine(f"ticket {text!r} is not a whole number above 0")
    return int(text)


def _number(text: str, what: str) -> float:
    try:
        value = float(text) if "_" not in text else math.nan
    except ValueError:
        value = math.nan
    if not (math.isfinite(value) and value > 0):
        raise _BadLine(f"{what} {text!r} is not a finite positive number")
    return value


def _level(text: str, what: str, spec: SymbolSpec) -> float | None:
    if not text or (text.strip("0.") == "" and "0" in text and text.count(".") <= 1):
        return None
    level = _number(text, what)
    if not spec.on_grid(level):
        raise _BadLine(f"{what} {text} is not on the grid of the prices, {spec.tick_size:.10g}")
    return spec.to_grid(level)


def _volume(text: str, spec: SymbolSpec) -> float:
    volume = _number(text, "volume")
    if not (spec.volume_min - 1e-9 <= volume <= spec.volume_max and spec.volume_on_step(volume)):
        raise _BadLine(f"volume {text}: {spec.volume_min:g} to {spec.volume_max:g} in steps of {spec.volume_step:g} are possible")
    return volume


def _time(text: str, history: History) -> int:
    plain = text.replace(".", "", 1)
    time = _epoch_ms(text) if plain.isascii() and plain.isdigit() else _iso_ms(text, history)
    first, last = int(history.times[0]), int(history.times[-1])
    if not first <= time < last:
        raise _BadLine(f"entry time {text!r} is outside the prices, {_shown(first)} to {_shown(last)}")
    return time


def _epoch_ms(text: str) -> int:
    value = float(text)
    return round(value * 1_000) if value < _MOST_SECONDS else round(value)


def _iso_ms(text: str, history: History) -> int:
    try:
        moment = datetime.fromisoformat(text.replace(".", "-", 2) if text[4:5] == "." else text)
    except ValueError:
        raise _BadLine(f"entry time {text!r} is neither a date and time nor seconds since 1970") from None
    if moment.tzinfo is not None:
        return round(moment.timestamp() * 1_000)
    offset_s = history.offset_s if history.bar_s == SLOW_S else 0
    return round((moment.replace(tzinfo=UTC).timestamp() - offset_s) * 1_000)


def _shown(time_ms: int) -> str:
    return datetime.fromtimestamp(time_ms / 1_000, UTC).strftime("%Y-%m-%d %H:%M:%S")


def _risk(side: Side, price: float, stop: float | None, history: History, index: int) -> tuple[float, bool]:
    """Return R, and whether it had to be made up because there is no stop."""
    if stop is not None:
        return side.direction * (price - stop), False
    atr = history.atr_at(index)
    if not math.isfinite(atr):
        raise _BadLine("the stop gives no risk, and ATR14 is not known so early in the prices")
    return STOP_ATRS * atr, True


def _near(price: float, risk: float, index: int, history: History) -> None:
    """See that the trade can be one of these prices: no further away than R from those around it."""
    around = slice(max(index - 1, 0), index + 1)
    low, high = float(history.bid[around].min()), float(history.ask[around].max())
    if not low - risk <= price <= high + risk:
        raise _BadLine(f"entry {price} is more than R ({risk:.6g}) away from the prices at that time, {low} to {high}")


def _apart(side: Side, price: float, stop: float | None, index: int, history: History) -> None:
    """See that the stop is not met by the price at which the trade could be closed at once."""
    spec, spread = history.spec, float(history.ask[index] - history.bid[index])
    if stop is not None and side.direction * (spec.to_grid(price - side.direction * spread) - stop) < spec.tick_size / 2:
        raise _BadLine(f"stop {stop} is within the spread ({spread:.6g}) of entry {price}")
