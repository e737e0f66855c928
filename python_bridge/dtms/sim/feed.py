"""
One symbol's quotes and bars, packed as MqlTick and MqlRates so that copying them is slicing bytes.

Bars are made of bids, as the platform does, and grow with every quote; none is ever built again.
"""

import bisect
import struct
from collections.abc import Sequence
from typing import Final, NamedTuple

TICK: Final = struct.Struct("<qdddQqId")  # time s, bid, ask, last, volume, time_msc, flags, volume_real
RATE: Final = struct.Struct("<qddddqiq")  # time s, open, high, low, close, tick_volume, spread, real_volume
MINUTE_S: Final = 60
FAST_TICKS: Final = 4_096  # the terminal's fast cache of one symbol; older quotes come from its disk
KEPT_BARS: Final = 100_000  # TERMINAL_MAXBARS of a fresh installation
_INFO: Final = 1  # COPY_TICKS_INFO: only quotes whose bid or ask changed
_TRADE: Final = 2  # COPY_TICKS_TRADE: none, for these symbols have no last price


class Bar(NamedTuple):
    """A bar of bids; time is its opening in seconds of the server, spread in points is the smallest seen."""

    time: int
    open: float
    high: float
    low: float
    close: float
    tick_volume: int
    spread: int


def pack_bars(bars: Sequence[Bar]) -> bytes:
    return b"".join(RATE.pack(*bar, 0) for bar in bars)


def unpack_bars(packed: bytes) -> list[Bar]:
    return [Bar(*row[:7]) for row in RATE.iter_unpack(packed)]


class TickStore:
    """The quotes of one symbol, oldest first; between `keep` and twice as many of them."""

    def __init__(self, keep: int) -> None:
        self._keep = keep
        self._packed = bytearray()
        self._times: list[int] = []  # running maximum: the server's clock may step back
        self.slow_reads = 0  # copies that went beyond the fast cache
        self.last: bytes | None = None

    def __len__(self) -> int:
        return len(self._times)

    def add(self, server_msc: int, bid: float, ask: float, flags: int) -> None:
        packed = TICK.pack(server_msc // 1_000, bid, ask, 0.0, 0, server_msc, flags, 0.0)
        self._add(packed, server_msc)

    def _add(self, packed: bytes, server_msc: int) -> None:
        self.last = packed
        self._packed += packed
        times = self._times
        times.append(server_msc if not times or server_msc >= times[-1] else times[-1])
        if len(times) > 2 * self._keep:
            del times[: self._keep]
            del self._packed[: self._keep * TICK.size]

    def load(self, packed: bytes) -> None:
        """Replace all by packed quotes."""
        self._packed.clear()
        self._times.clear()
        self.last = None
        for at in range(0, len(packed), TICK.size):
            row = packed[at : at + TICK.size]
            self._add(row, TICK.unpack(row)[5])

    def dump(self) -> bytes:
        return bytes(self._packed[-self._keep * TICK.size :])

    def copy(self, flags: int, from_msc: int, count: int) -> bytes:
        """CopyTicks: the last `count`, or `count` from a server time on, oldest first; 0 stands for 2,000."""
        wanted = count or 2_000
        total = len(self._times)
        begin = max(total - wanted, 0) if from_msc == 0 else bisect.bisect_left(self._times, from_msc)
        if begin < total - FAST_TICKS:
            self.slow_reads += 1
        if flags == _TRADE:
            return b""
        if flags == _INFO:
            return self._changed(begin, wanted)
        return bytes(self._packed[begin * TICK.size : (begin + wanted) * TICK.size])

    def _changed(self, begin: int, wanted: int) -> bytes:
        size = TICK.size
        rows = (bytes(self._packed[i * size : (i + 1) * size]) for i in range(begin, len(self._times)))
        return b"".join([row for row in rows if TICK.unpack(row)[6]][:wanted])


class BarStore:
    """The bars of one symbol and timeframe; the last one is forming."""

    def __init__(self, timeframe_s: int) -> None:
        self.timeframe_s = timeframe_s
        self._closed = bytearray()
        self._times: list[int] = []
        self._forming: Bar | None = None

    def __len__(self) -> int:
        return len(self._times) + (self._forming is not None)

    def quote(self, server_s: int, bid: float, spread: int) -> None:
        """One quote. After a step back of the server's clock it still counts for the bar that is forming."""
        forming = self._forming
        opened = server_s - server_s % self.timeframe_s
        if forming is None or opened > forming.time:
            self.bar(Bar(opened, bid, bid, bid, bid, 1, spread))
            return
        time, open_, high, low, _, volume, least = forming
        self._forming = Bar(
            time,
            open_,
            max(bid, high),
            min(bid, low),
            bid,
            volume + 1,
            min(spread, least),
        )

    def bar(self, bar: Bar) -> None:
        """A whole bar of this or a shorter timeframe, merged into the one that it belongs to."""
        opened = bar.time - bar.time % self.timeframe_s
        forming = self._forming
        if forming is None or opened > forming.time:
            self._close()
            self._forming = bar._replace(time=opened)
            return
        self._forming = Bar(
            forming.time,
            forming.open,
            max(forming.high, bar.high),
            min(forming.low, bar.low),
            bar.close,
            forming.tick_volume + bar.tick_volume,
            min(forming.spread, bar.spread),
        )

    def _close(self) -> None:
        if self._forming is None:
            return
        self._times.append(self._forming.time)
        self._closed += RATE.pack(*self._forming, 0)
        if len(self._times) > 2 * KEPT_BARS:
            del self._times[:KEPT_BARS]
            del self._closed[: KEPT_BARS * RATE.size]

    def dump(self) -> bytes:
        return bytes(self._closed) + self._forming_packed()

    def _forming_packed(self) -> bytes:
        return RATE.pack(*self._forming, 0) if self._forming is not None else b""

    def copy(self, start_pos: int, count: int) -> bytes:
        """`count` bars that end `start_pos` bars before the newest, oldest first."""
        end = len(self) - start_pos
        begin = max(end - count, 0)
        if end <= begin:
            return b""
        closed = bytes(self._closed[begin * RATE.size : end * RATE.size])
        return closed + self._forming_packed() if start_pos == 0 else closed

    def copy_range(self, from_s: int, to_s: int) -> bytes:
        """Bars that open between two server times, both included, oldest first."""
        begin, end = bisect.bisect_left(self._times, from_s), bisect.bisect_right(self._times, to_s)
        closed = bytes(self._closed[begin * RATE.size : end * RATE.size])
        forming = self._forming
        return closed + self._forming_packed() if forming and from_s <= forming.time <= to_s else closed


class SymbolFeed:
    """Quotes and bars of one symbol. Minutes always grow; other timeframes from the day they are asked for."""

    def __init__(self, keep_ticks: int, point: float) -> None:
        self.ticks = TickStore(keep_ticks)
        self._per_point = 1.0 / point
        self._bars = {MINUTE_S: BarStore(MINUTE_S)}

    def rescale(self, point: float) -> None:
        """Spreads are counted in another point from now on; what is recorded stays."""
        self._per_point = 1.0 / point

    def quote(self, server_msc: int, bid: float, ask: float, flags: int) -> None:
        self.ticks.add(server_msc, bid, ask, flags)
        spread = round((ask - bid) * self._per_point)
        for store in self._bars.values():
            store.quote(server_msc // 1_000, bid, spread)

    def bars(self, timeframe_s: int) -> BarStore:
        """The bars of a timeframe, built from the minutes when they are asked for the first time."""
        store = self._bars.get(timeframe_s)
        if store is None:
            store = self._bars[timeframe_s] = BarStore(timeframe_s)
            for bar in unpack_bars(self._bars[MINUTE_S].dump()):
                store.bar(bar)
        return store

    def load_bars(self, timeframe_s: int, packed: bytes) -> None:
        """Replace the bars of a timeframe; the last one goes on forming."""
        store = self._bars[timeframe_s] = BarStore(timeframe_s)
        for bar in unpack_bars(packed):
            store.bar(bar)

    def dump_bars(self) -> tuple[tuple[int, bytes], ...]:
        return tuple((timeframe_s, store.dump()) for timeframe_s, store in self._bars.items())
