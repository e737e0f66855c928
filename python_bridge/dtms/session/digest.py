"""What a side believes the account holds, as four sums that cost a step per change and nothing per heartbeat (R13)."""

import struct
from collections.abc import Iterable

from dtms.wire.messages import Digest, Position

_MODULUS = 2**64
_FNV_OFFSET = 0xCBF29CE484222325
_FNV_PRIME = 0x100000001B3
_PACK = struct.Struct("<Qdd").pack
_VOLUME_UNIT = 1e8  # 1e-8 lots: every volume step of MT5 is a multiple


def fingerprint(ticket: int, stop_loss: float | None, take_profit: float | None) -> int:
    """Return FNV-1a 64 of ticket, stop and target as PROTOCOL.md, part 5, lays them out; 0.0 stands for none."""
    value = _FNV_OFFSET
    for byte in _PACK(ticket, stop_loss or 0.0, take_profit or 0.0):
        value = ((value ^ byte) * _FNV_PRIME) % _MODULUS
    return value


class DigestView:
    """The positions told so far, by position id, and their sums."""

    __slots__ = ("_most", "_parts", "_stops", "_tickets", "_volume")

    def __init__(self, most: int = 2**32 - 1) -> None:
        self._most = most
        self._parts: dict[int, tuple[int, int, int]] = {}
        self._tickets = 0
        self._volume = 0
        self._stops = 0

    def replace(self, positions: Iterable[Position]) -> None:
        """Take a whole snapshot."""
        self._parts.clear()
        self._tickets = self._volume = self._stops = 0
        for position in positions:
            self.put(position)

    def put(self, position: Position) -> None:
        """Take a position as it is now."""
        self.remove(position.position_id)
        stops = fingerprint(position.ticket, position.stop_loss, position.take_profit)
        part = (position.ticket, round(position.volume * _VOLUME_UNIT), stops)
        self._parts[position.position_id] = part
        self._add(part, 1)

    def has_room(self, position_id: int) -> bool:
        """Return whether the position is there, or one more may be."""
        return position_id in self._parts or len(self._parts) < self._most

    def remove(self, position_id: int, ticket: int | None = None) -> None:
        """Take that a position is gone; with ``ticket`` only if that is its ticket now."""
        part = self._parts.get(position_id)
        if part is not None and ticket in {None, part[0]}:
            del self._parts[position_id]
            self._add(part, -1)

    def digest(self) -> Digest:
        """Return the sums as they go on a heartbeat."""
        return Digest(positions=len(self._parts), tickets=self._tickets, volume=self._volume, stops=self._stops)

    def _add(self, part: tuple[int, int, int], sign: int) -> None:
        self._tickets = (self._tickets + sign * part[0]) % _MODULUS
        self._volume = (self._volume + sign * part[1]) % _MODULUS
        self._stops = (self._stops + sign * part[2]) % _MODULUS
