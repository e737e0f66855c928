"""
Prices from files: quotes as they were recorded, or bars turned into quotes.

Three layouts are known, told apart by the columns that their header names, in any order and beside others: quotes
(``time_msc,bid,ask``), minute bars of bid and ask, and M15 bars as a terminal exports them. A bar becomes four quotes spread
evenly over it: open, the nearer of high and low, the other, close. **The path inside a bar is then modelled**, and whoever shows
results must say so (`PriceSeries.modelled`). Quotes with ask below bid are kept.
"""

import gzip
import math
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, NamedTuple

from dtms.sim.errors import PriceFileError
from dtms.sim.feed import MINUTE_S, Bar, BarStore, unpack_bars

_MODELLED_SPREAD_POINTS: Final = 20  # for files that carry no ask; a wide retail spread on a 5-digit pair
_M15_S: Final = 900
_MOST: Final = 2**53  # whole numbers up to here are exact everywhere


class PricePoint(NamedTuple):
    """One quote: market time in ms UTC, bid and ask in quote currency."""

    time_msc: int
    bid: float
    ask: float


@dataclass(frozen=True, slots=True)
class PriceSeries:
    """
    The quotes of one file.

    Attributes:
        digits: decimals of its prices, at most 8.
        modelled: None when every quote was recorded, else what was modelled, in words for the output.
        bar_s: seconds of the bars that the file holds, each of them four quotes; 0 for recorded quotes.
        volumes: the bars' tick volumes, where the file names them.
    """

    source: str
    points: Sequence[PricePoint]
    digits: int
    modelled: str | None
    bar_s: int = 0
    volumes: Sequence[int] = ()

    @property
    def is_export(self) -> bool:
        """Whether these are bars without an ask and on a server's clock, as a terminal exports them."""
        return bool(self.volumes)

    @property
    def crossed(self) -> int:
        """How many quotes have the ask below the bid."""
        return sum(point.ask < point.bid for point in self.points)


class _BadLine(Exception):
    """Why a line cannot be used; never leaves this module."""


def read_prices(path: Path, *, spread: float | None = None, offset_s: int = 0) -> PriceSeries:
    """
    Read a price file, plain or ``.gz``.

    Args:
        path: the file.
        spread: ask minus bid for files without an ask; 20 points of the file's own grid if not given.
        offset_s: what the times of M15 bars, which are a server's, are ahead of UTC.

    Raises:
        PriceFileError: the file or a line of it cannot be used.
    """
    lines = _lines(path)
    header = [name.strip().strip('"') for name in next(lines, (1, ""))[1].split(",")]
    if columns := _places(header, _TICK_COLUMNS):
        points, digits = _collect(path, lines, columns, _tick_line)
        return PriceSeries(path.name, points, digits, None)
    if columns := _places(header, _M1_COLUMNS):
        points, digits = _collect(path, lines, columns, _m1_line)
        return PriceSeries(path.name, points, digits, "the path inside each M1 bar is modelled", MINUTE_S)
    if columns := _places(header, _M15_COLUMNS):
        volumes: list[int] = []
        bids, digits = _collect(path, lines, columns, _m15_line(offset_s, volumes))
        width = spread if spread is not None else _MODELLED_SPREAD_POINTS * 10.0**-digits
        points = [PricePoint(p.time_msc, p.bid, round(p.bid + width, 8)) for p in bids]
        modelled = f"the path inside each M15 bar and the spread ({width:.8g}) are modelled"
        return PriceSeries(path.name, points, digits, modelled, _M15_S, volumes)
    known = "time_msc,bid,ask; time,open,high,low,close,tick_volume; time and OHLC of bid and ask"
    raise PriceFileError(path, 1, f"header {','.join(header)[:80]!r} is none of the known layouts: {known}")


class _Columns(NamedTuple):
    """Which of a line's fields are wanted, in the layout's order, and how many fields a line has."""

    places: tuple[int, ...]
    width: int


def _places(header: Sequence[str], wanted: Sequence[str]) -> _Columns | None:
    """Where the wanted columns stand, whatever else is there and in whatever order; None when one is missing."""
    if not set(wanted) <= set(header):
        return None
    return _Columns(tuple(header.index(name) for name in wanted), len(header))


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    """Numbered lines from 1, without those that are blank."""
    opener: Callable[..., Iterable[str]] = gzip.open if path.suffix == ".gz" else open
    number = 0
    try:
        with opener(path, "rt", encoding="utf-8-sig", newline=None) as file:  # type: ignore[attr-defined]
            for number, line in enumerate(file, 1):
                if text := line.strip():
                    yield number, text
    except (OSError, EOFError, zlib.error) as error:
        raise PriceFileError(path, 0, getattr(error, "strerror", None) or str(error)) from error
    except UnicodeDecodeError as error:
        raise PriceFileError(path, number + 1, "is not UTF-8 text") from error


_LineReader = Callable[[list[str]], list[PricePoint]]


def _collect(path: Path, lines: Iterator[tuple[int, str]], columns: _Columns, read: _LineReader) -> tuple[list[PricePoint], int]:
    points: list[PricePoint] = []
    digits, last = 0, -math.inf
    for number, line in lines:
        try:
            fields = _picked(line, columns)
            quotes = read(fields)
        except _BadLine as bad:
            raise PriceFileError(path, number, str(bad)) from None
        if quotes[0].time_msc < last:
            raise PriceFileError(path, number, f"time goes back, from {last:.0f} ms to {quotes[0].time_msc} ms")
        last = quotes[-1].time_msc
        points += quotes
        digits = max(digits, *(len(f.partition(".")[2]) for f in fields[1:]))
    if not points:
        raise PriceFileError(path, 1, "holds no prices")
    return points, min(digits, 8)


def _picked(line: str, columns: _Columns) -> list[str]:
    fields = line.split(",")
    if len(fields) != columns.width:
        raise _BadLine(f"{len(fields)} fields where {columns.width} are expected")
    return [fields[place].strip() for place in columns.places]


def _integer(text: str, what: str) -> int:
    if not text.isascii() or not text.isdigit():
        raise _BadLine(f"{what} {text!r} is not a whole number")
    if len(text) > len(str(_MOST)) or int(text) > _MOST:
        raise _BadLine(f"{what} {text[:40]!r} is too large")
    return int(text)


def _on_grid(begin_s: int, period_s: int) -> int:
    """Return the time at which a bar opens in seconds, which is a multiple of its period."""
    if begin_s % period_s:
        raise _BadLine(f"a bar of {period_s // 60} minutes cannot open {begin_s % period_s} s after a full one")
    return begin_s


def _price(text: str, what: str) -> float:
    try:
        price = float(text) if "_" not in text else math.nan
    except ValueError:
        price = math.nan
    if not (math.isfinite(price) and price > 0):
        raise _BadLine(f"{what} {text!r} is not a finite positive number")
    return price


def _tick_line(fields: list[str]) -> list[PricePoint]:
    return [PricePoint(_integer(fields[0], "time_msc"), _price(fields[1], "bid"), _price(fields[2], "ask"))]


_TICK_COLUMNS: Final = ("time_msc", "bid", "ask")
_M1_COLUMNS: Final = (
    "time",
    "open_bid",
    "high_bid",
    "low_bid",
    "close_bid",
    "open_ask",
    "high_ask",
    "low_ask",
    "close_ask",
)
_M15_COLUMNS: Final = ("time", "open", "high", "low", "close", "tick_volume")

Ohlc = tuple[float, float, float, float]


def _ohlc(texts: list[str], names: Sequence[str]) -> Ohlc:
    open_, high, low, close = (_price(text, name) for text, name in zip(texts, names, strict=True))
    if not low <= min(open_, close) <= max(open_, close) <= high:
        raise _BadLine(f"open {open_}, high {high}, low {low}, close {close} are not a bar")
    return open_, high, low, close


def path_order(bar: Ohlc) -> tuple[int, int, int, int]:
    """The order in which a bar's (open, high, low, close) are passed: the nearer of high and low first."""
    open_, high, low, _ = bar
    return (0, 1, 2, 3) if high - open_ <= open_ - low else (0, 2, 1, 3)


def _m1_line(fields: list[str]) -> list[PricePoint]:
    """Bid and ask pass their extremes together, in the bid's order."""
    begin = _on_grid(_integer(fields[0], "time"), MINUTE_S) * 1_000
    bids, asks = _ohlc(fields[1:5], _M1_COLUMNS[1:5]), _ohlc(fields[5:9], _M1_COLUMNS[5:9])
    step = MINUTE_S * 1_000 // 4
    return [PricePoint(begin + i * step, bids[at], asks[at]) for i, at in enumerate(path_order(bids))]


def _m15_line(offset_s: int, volumes: list[int]) -> _LineReader:
    def read(fields: list[str]) -> list[PricePoint]:
        try:
            opened = datetime.fromisoformat(fields[0]).replace(tzinfo=UTC)
        except ValueError:
            raise _BadLine(f"time {fields[0]!r} is not a date and time") from None
        begin = (_on_grid(int(opened.timestamp()), _M15_S) - offset_s) * 1_000
        volumes.append(_integer(fields[5], "tick_volume"))
        bids = _ohlc(fields[1:5], _M15_COLUMNS[1:5])
        step = _M15_S * 1_000 // 4
        return [PricePoint(begin + i * step, bids[at], bids[at]) for i, at in enumerate(path_order(bids))]

    return read


def bars_of(points: Iterable[PricePoint], timeframe_s: int, point: float, offset_ms: int = 0) -> list[Bar]:
    """Bars of the bids, with times in server seconds; the last one may be cut short."""
    store = BarStore(timeframe_s)
    for time_msc, bid, ask in points:
        store.quote((time_msc + offset_ms) // 1_000, bid, round((ask - bid) / point))
    return unpack_bars(store.dump())
