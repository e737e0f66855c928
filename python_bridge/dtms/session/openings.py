"""
By which offset from UTC a position's time of opening is to be taken (R28).

A server does not restate that time when its clock turns. So the offset that was in force when the time was first told goes on to
count for it, in every later message and session of the account; a position that is turned round brings another time.
"""

from typing import Final

from dtms.wire.messages import Message, Position, PositionChanged, PositionClosed, PositionOpened, Snapshot

_MS: Final = 1_000


class Openings:
    """One account's open positions."""

    __slots__ = ("_known",)

    def __init__(self) -> None:
        self._known: dict[int, tuple[int, int]] = {}  # by position id: time as the server tells it, offset in seconds

    def settle(self, raw: Message, utc: Message, offset_s: int | None) -> Message:
        """Return ``utc``, the message ``raw`` by the offset of now, with its times of opening set right."""
        if isinstance(raw, (PositionOpened, PositionChanged)):
            return utc.model_copy(update={"position": self._opened(raw.position, offset_s)})
        if isinstance(raw, Snapshot):
            return utc.model_copy(update={"positions": [self._opened(position, offset_s) for position in raw.positions]})
        if isinstance(raw, PositionClosed):
            self._known.pop(raw.position_id, None)
        return utc

    def keep(self, position_ids: set[int]) -> None:
        """Forget all others: these are all that there are."""
        for position_id in self._known.keys() - position_ids:
            del self._known[position_id]

    def _opened(self, position: Position, offset_s: int | None) -> Position:
        """Return the position, as it came, with its time in UTC; while the offset is unknown nothing is kept and the time stays."""
        raw, known = position.ts_open, self._known.get(position.position_id)
        if known is not None and known[0] == raw:
            offset_s = known[1]
        elif offset_s is not None:
            self._known[position.position_id] = raw, offset_s
        return position.model_copy(update={"ts_open": max(raw - offset_s * _MS, 0)}) if offset_s else position
