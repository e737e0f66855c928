"""
The tag that every request of ours which makes a deal carries in its magic number (R19).

63 bits: prefix (15), kind (4), command id (44). The Expert Advisor makes it; this side only reads it.
"""

from typing import Final

from dtms.names import OpenKind

TAG_PREFIX: Final = 0x2D7D  # 15 bits that say "ours"
KIND_SHIFT: Final = 44
PREFIX_SHIFT: Final = 48
_COMMAND_MASK: Final = (1 << KIND_SHIFT) - 1
_KINDS: Final = {int(kind): kind for kind in OpenKind}


def tag(kind: OpenKind, command_id: int) -> int:
    """Return the magic number of a request."""
    return TAG_PREFIX << PREFIX_SHIFT | kind << KIND_SHIFT | command_id & _COMMAND_MASK


def kind_of(magic: int) -> OpenKind | None:
    """Return what kind of request made a deal, None where it was none of ours or of a kind that is not known."""
    return _KINDS.get(magic >> KIND_SHIFT & 0xF) if magic >> PREFIX_SHIFT == TAG_PREFIX else None


def command_of(magic: int) -> int:
    """Return the command that made the request, 0 if it was none of ours."""
    return magic & _COMMAND_MASK if magic >> PREFIX_SHIFT == TAG_PREFIX else 0
