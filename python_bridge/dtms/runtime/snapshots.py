"""
What other threads may see: immutable pictures of the service, replaced as a whole.

Trades and wire messages are frozen and stand in them as they are. Times are ms since 1970 (``utc``).
"""

from collections.abc import Mapping
from dataclasses import dataclass

from dtms.engine.market import Quote
from dtms.engine.trade import Trade
from dtms.names import Permission, Role
from dtms.runtime.restarts import NO_BEAT, Beat
from dtms.settings import Mode
from dtms.wire.messages import Account, SymbolSpec


@dataclass(frozen=True, slots=True)
class TerminalView:
    """
    One terminal.

    ``utc_offset_s`` None: its times could not be converted and are the server's. ``silent_ms`` since its last frame;
    ``longest_beat_gap_ms`` between two of its heartbeats on this connection, ``longest_own_beat_gap_ms`` between two of ours;
    ``quotes_sent`` as the terminal itself says.
    """

    instance_id: str
    session: int
    boot: int
    role: Role
    state: str
    ea_version: str
    terminal_build: int
    permissions: Permission
    hands_off: bool
    utc_offset_s: int | None
    silent_ms: int
    longest_beat_gap_ms: int
    longest_own_beat_gap_ms: int
    poison_alarm: bool
    quotes_sent: int


@dataclass(frozen=True, slots=True)
class MarketView:
    """A symbol's quote and specification."""

    symbol: str
    quote: Quote | None
    spec: SymbolSpec | None


@dataclass(frozen=True, slots=True)
class AccountView:
    """
    One account; ``view_known`` false means that ``trades`` is what was true last, not what is true.

    ``risk_off`` names what keeps new risk off.
    """

    key: str
    currency: str
    company: str
    epoch: int
    view_known: bool
    superseded: bool
    terminals: tuple[TerminalView, ...]
    trades: tuple[Trade, ...]
    markets: tuple[MarketView, ...]
    figures: Account | None
    commands_under_way: int
    risk_off: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ServiceView:
    """
    Everything at one moment.

    ``pinned`` is the account that was taken; ``refused`` the last reasons for which terminals were not. ``state`` is starting,
    running, degraded (the desk failed too often and stays down), failed or stopped.
    """

    utc: int
    state: str
    mode: Mode
    address: str
    config_digest: str
    accounts: tuple[AccountView, ...]
    counters: Mapping[str, int]
    pinned: str | None
    refused: tuple[str, ...]
    store_failed: str | None
    beat: Beat = NO_BEAT
