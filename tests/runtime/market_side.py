"""A terminal with bars and room to open, and markets to script: the other end of the link for tests of the defence."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from tests.session.made import OFFSET_S, SERVER_MS, tick
from tests.session.terminal_side import TerminalSide

from dtms.names import Operation, Outcome, Why
from dtms.wire.messages import (
    BarClosed,
    BarRow,
    Bars,
    BarsRequest,
    Caps,
    Command,
    Logon,
    Message,
    OpenPosition,
    Position,
    ReducePosition,
    Tick,
)
from dtms.wire.tag import tag

MINUTE_MS = 60_000
FAST, SLOW = 5, 15
POINT = 0.00001
PART = 500


def bar(opened_utc: int, open_: float, close: float, *, wick: float = 0.00005, volume: int = 100) -> BarRow:
    """One bar by its time in UTC, as the terminal tells it."""
    high, low = max(open_, close) + wick, min(open_, close) - wick
    return BarRow(
        ts_open=opened_utc + OFFSET_S * 1_000,
        open=round(open_, 5),
        high=round(high, 5),
        low=round(low, 5),
        close=round(close, 5),
        tick_volume=volume,
        spread=10,
        real_volume=0,
    )


def fast_bars(begin_utc: int, closes: Sequence[float]) -> list[BarRow]:
    """Bars of M5 from these closes; the first one is only where the next begins."""
    return [bar(begin_utc + at * FAST * MINUTE_MS, *pair) for at, pair in enumerate(pairwise(closes))]


def slow_of(rows: Sequence[BarRow]) -> list[BarRow]:
    """Bars of M15 from whole threes of M5."""
    made = []
    for at in range(0, len(rows) - 2, 3):
        first, *_, last = part = rows[at : at + 3]
        update = {
            "high": max(row.high for row in part),
            "low": min(row.low for row in part),
            "close": last.close,
            "tick_volume": sum(row.tick_volume for row in part),
        }
        made.append(first.model_copy(update=update))
    return made


def legs(start: float, *moves: tuple[int, float], swing: float = 0.0) -> list[float]:
    """Closes of M5 bars: in each move so many bars cover so many points evenly, every other bar a little more and less."""
    closes = [start]
    for count, points in moves:
        base = closes[-1]
        for step in range(1, count + 1):
            wiggle = swing * (1 if step % 2 else -1) if step < count else 0.0
            closes.append(base + points * POINT * step / count + wiggle * POINT)
    return closes


@dataclass
class MarketSide(TerminalSide):
    """It answers BarsRequest from ``history`` (symbol, minutes), tells bars that close, and opens what is asked for."""

    history: dict[tuple[str, int], list[BarRow]] = field(default_factory=dict)
    lots: float = 5.0
    unreadable: int = 0
    """So many requests for history it cannot read."""
    mute: bool = False
    """It answers no request for history."""
    asked: list[BarsRequest] = field(default_factory=list)
    next_id: int = 900

    def logon(self, **values: object) -> Logon:
        caps = Caps(
            max_open_lots=self.lots,
            max_orders_per_minute=60,
            operations=Operation(sum(Operation)),
            symbols=[],
            allow_autonomous_modify=False,
            allow_autonomous_close=False,
        )
        return super().logon(**({"caps": caps} | values))

    def _durable(self, seq: int, body: Message, now: int) -> None:
        before = self.seq_in
        super()._durable(seq, body, now)
        if self.seq_in > before and isinstance(body, BarsRequest):
            self.asked.append(body)
            if not self.mute:
                self._tell_history(body, now)

    def _tell_history(self, request: BarsRequest, now: int) -> None:
        ok = self.unreadable == 0
        self.unreadable -= not ok
        rows = self.history.get((request.symbol, request.timeframe), [])[-request.count :] if ok else []
        parts = [rows[at : at + PART] for at in range(0, len(rows), PART)] or [[]]
        for number, part in enumerate(parts, 1):
            fields = {"request_id": request.request_id, "symbol": request.symbol, "timeframe": request.timeframe}
            self.say(Bars.model_validate(fields | {"part": number, "parts": len(parts), "ok": ok, "bars": part}), now)

    def tell_bar(self, minutes: int, row: BarRow, now: int, symbol: str = "EURUSD") -> None:
        """A bar closed; it belongs to the history from here on."""
        self.history.setdefault((symbol, minutes), []).append(row)
        self.say(BarClosed(symbol=symbol, timeframe=minutes, bar=row), now)

    def execute(self, command: Command, now: int, outcome: Outcome | None = None, why: Why = Why.NONE) -> None:
        if isinstance(command, ReducePosition) and command.leave_volume and outcome is None and self.failing is None:
            self._reduce_to(command, now)
            return
        if not isinstance(command, OpenPosition):
            super().execute(command, now, outcome, why)
            return
        outcome = outcome or self.failing or Outcome.DONE
        held = self._open(command) if outcome is Outcome.DONE else None
        self.executed.append(command.command_id)
        report = self.report(command, outcome, why, held)
        if held is not None:
            report = report.model_copy(update={"volume": held.volume, "price": held.price_open, "deal": held.ticket})
        self.say(report, now)
        if held is not None:
            self.opened(held, now)

    def _reduce_to(self, command: ReducePosition, now: int) -> None:
        before = next(p for p in self.positions.values() if p.ticket == command.ticket)
        after = self.positions[before.position_id] = before.model_copy(update={"volume": command.leave_volume})
        self.executed.append(command.command_id)
        self.say(self.report(command, Outcome.DONE, Why.NONE, after), now)
        self.changed(after, now, 1)

    def _open(self, command: OpenPosition) -> Position:
        self.next_id += 1
        return Position.model_validate(
            {
                "position_id": self.next_id,
                "ticket": self.next_id,
                "symbol": command.symbol,
                "side": command.side,
                "volume": command.volume,
                "price_open": 1.1,
                "stop_loss": command.stop_loss,
                "take_profit": command.take_profit,
                "magic": tag(command.kind, command.command_id),
                "comment": command.comment,
                "ts_open": SERVER_MS,
                "swap": 0.0,
                "commission": 0.0,
                "profit": 0.0,
                "reason": 4,
            }
        )


def quote_at(utc: int, bid: float, **values: Any) -> Tick:
    """A quote at a time in UTC, a spread of one pip."""
    return tick(round(bid, 5), round(bid + 0.0001, 5), ts_event=utc + OFFSET_S * 1_000, **values)


# A market whose score for a buy is known; found by trying, the tests say which figures they rely on.
# Down in steps, sideways until the structure's last break is forgotten, one step further down, and up again.
DOWN = [(9, -60), (6, 30)]
BEFORE = [*[(6, 20), (6, -20)] * 150, *DOWN * 12, (3, 5)]
WORSE = [(3, -8), (3, -10), (3, -25), (3, -40)]
BETTER = [(6, 60), (6, -25), (6, 60), (6, -20), (9, 80), (6, -30), (9, 60), (9, 40)]
SCRIPT = legs(1.1, *BEFORE, *WORSE, *BETTER, swing=4)
BEGUN = sum(count for count, _ in BEFORE)  # bars of M5 before the worse ones
FIRST_SCORES = (-2.5, -4.5, -4.5, -5.5, -8.5)  # of a buy: at the last bar before, and at the four worse ones


class Tape:
    """The script played to a terminal, one bar of M15 after the other; the clock is moved along."""

    def __init__(self, begin_utc: int, closes: Sequence[float] = SCRIPT, played: int = BEGUN) -> None:
        count = (len(closes) - 1) // 3 * 3
        self.rows = fast_bars(begin_utc - played * FAST * MINUTE_MS, closes[: count + 1])
        self.slow = slow_of(self.rows)
        self.at = played // 3  # the next bar of M15

    def history(self) -> dict[tuple[str, int], list[BarRow]]:
        """What the terminal holds at the beginning."""
        return {("EURUSD", FAST): self.rows[: self.at * 3], ("EURUSD", SLOW): self.slow[: self.at]}

    @property
    def price(self) -> float:
        """The last close."""
        return self.slow[self.at - 1].close

    def next(self) -> tuple[list[BarRow], BarRow]:
        """Return the next bar of M15 and its three of M5."""
        self.at += 1
        return self.rows[self.at * 3 - 3 : self.at * 3], self.slow[self.at - 1]
