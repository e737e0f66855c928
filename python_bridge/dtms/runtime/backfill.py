"""
Closed bars asked of the terminal: which are wanted, what was asked, the parts of the answer.

A terminal answers one request after another and may need a while for a symbol's first one; so few are asked at a time. One that it
could not answer, or that got no answer, is asked again after a pause.
"""

from dataclasses import dataclass, field
from typing import Final, NamedTuple

from dtms.wire.messages import BarRow, Bars, BarsRequest

_AT_ONCE: Final = 4  # of one terminal; its queue is short
_AGAIN_MS: Final = 5_000  # after one that it could not answer
_ANSWER_MS: Final = 90_000  # the first look at a symbol's history may block the terminal for 45 s


class Line(NamedTuple):
    """A symbol's bars of one timeframe in minutes."""

    symbol: str
    minutes: int


class Filled(NamedTuple):
    """A whole answer."""

    line: Line
    rows: list[BarRow]


@dataclass(slots=True)
class _Asked:
    count: int
    not_before: int = 0
    request_id: int = 0  # 0: not asked yet
    asked_at: int = 0
    parts: int = 0  # so many have come
    rows: list[BarRow] = field(default_factory=list)


class Backfill:
    """What is wanted of one account's manager; times are monotonic ms."""

    def __init__(self) -> None:
        self._wanted: dict[Line, _Asked] = {}
        self._ids = 0

    def __contains__(self, line: Line) -> bool:
        return line in self._wanted

    def want(self, line: Line, count: int) -> None:
        """Ask for the last ``count`` closed bars; a request that is under way is enough."""
        self._wanted.setdefault(line, _Asked(count))

    def asked_in_vain(self) -> None:
        """Another session or terminal: what was asked of the one before gets no answer."""
        for asked in self._wanted.values():
            asked.request_id = 0

    def due(self, now: int) -> list[BarsRequest]:
        """Return what is to be asked now."""
        unanswered = [line for line, asked in self._wanted.items() if asked.request_id and now - asked.asked_at >= _ANSWER_MS]
        for line in unanswered:
            self._postpone(line, now)
        room = _AT_ONCE - sum(asked.request_id != 0 for asked in self._wanted.values())
        requests: list[BarsRequest] = []
        for line, asked in self._wanted.items():
            if len(requests) >= room:
                break
            if asked.request_id == 0 and now >= asked.not_before:
                requests.append(self._ask(line, asked, now))
        return requests

    def _postpone(self, line: Line, now: int) -> None:
        """Ask again later, after all others: a symbol that brings nothing must not keep the place of those that would."""
        asked = self._wanted[line] = self._wanted.pop(line)
        asked.request_id, asked.not_before = 0, now + _AGAIN_MS

    def _ask(self, line: Line, asked: _Asked, now: int) -> BarsRequest:
        self._ids += 1
        asked.request_id, asked.asked_at, asked.parts, asked.rows = self._ids, now, 0, []
        return BarsRequest(request_id=self._ids, symbol=line.symbol, timeframe=line.minutes, count=asked.count, from_ms=0)

    def take(self, message: Bars, now: int) -> Filled | None:
        """Take a part; return the whole once it is complete. What was not asked, or is out of order, is left."""
        line = Line(message.symbol, message.timeframe)
        asked = self._wanted.get(line)
        if asked is None or asked.request_id == 0 or asked.request_id != message.request_id:
            return None
        if not message.ok or message.part != asked.parts + 1:
            self._postpone(line, now)
            return None
        asked.parts = message.part
        asked.rows.extend(message.bars)
        if asked.parts < message.parts:
            return None
        del self._wanted[line]
        return Filled(line, asked.rows)
