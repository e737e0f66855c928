"""What connections count, summed over all of them."""

from dataclasses import dataclass


@dataclass(slots=True)
class LinkCounts:
    """Plain numbers that only the desk's thread changes."""

    quotes_received: int = 0  # rows of Ticks frames
    quotes_covered: int = 0  # quotes of the terminal that they stand for
    gaps: int = 0
    duplicates: int = 0
    rejects: int = 0  # frames that we refused or that a terminal refused of ours
    poison: int = 0
    crossed: int = 0
    strangers: int = 0  # frames from peers that have not logged on
    misplaced: int = 0  # frames of another session or an older epoch, dropped (PROTOCOL.md 3.6)
    resent: int = 0
    refused_keys: int = 0  # connections that ended before their handshake: no key, or one that is not known (R29)
    unspecified: int = 0  # quotes of symbols whose specification has not come
    offset_changes: int = 0  # how often a server's known offset from UTC changed (R28)
