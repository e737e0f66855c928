"""The digest of positions, as PROTOCOL.md defines it, apart from the code under test."""

import struct

from dtms.wire.link_messages import Digest
from dtms.wire.position_messages import Position

MASK = 2**64 - 1


def fnv(data: bytes) -> int:
    value = 0xCBF29CE484222325
    for byte in data:
        value = (value ^ byte) * 0x100000001B3 & MASK
    return value


def digest_of(positions: list[Position]) -> Digest:
    """As PROTOCOL.md defines it."""
    return Digest(
        positions=len(positions),
        tickets=sum(p.ticket for p in positions) & MASK,
        volume=sum(round(p.volume * 1e8) for p in positions),
        stops=sum(fnv(struct.pack("<Qdd", p.ticket, p.stop_loss or 0.0, p.take_profit or 0.0)) for p in positions) & MASK,
    )
