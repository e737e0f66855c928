"""
Every message that crosses the wire, in both directions.

The Expert Advisor and the bridge share this vocabulary. Its normative text is ``schemas/PROTOCOL.md``: change that first, then the
modules named here, then run ``python -m contract`` for the tables, schemas, MQL5 constants and golden vectors.

Events are facts, commands are requests and have imperative names. No message changes once built.
"""

from collections.abc import Mapping
from types import MappingProxyType

from dtms.wire.base import Message, Record
from dtms.wire.command_messages import CloseBy, Command, ExecutionReport, ModifyPosition, OpenPosition, ReducePosition
from dtms.wire.link_messages import (
    Caps,
    Credit,
    Digest,
    HandsOff,
    Heartbeat,
    Lease,
    LeasePlan,
    Logon,
    LogonAccepted,
    LogonRefused,
    Logout,
    Reject,
    RoleChanged,
    SnapshotRequest,
    Subscribe,
    TestRequest,
)
from dtms.wire.market_messages import (
    MAX_TICKS_FRAME,
    TICKS_TYPE,
    Account,
    BarClosed,
    BarRow,
    Bars,
    BarsRequest,
    CalendarEvent,
    ClockOffset,
    Session,
    SymbolSpec,
    Tick,
    Ticks,
)
from dtms.wire.position_messages import (
    Deal,
    Notice,
    OrderSeen,
    Position,
    PositionChanged,
    PositionClosed,
    PositionOpened,
    Snapshot,
)

PROTOCOL_VERSION = 1
MAX_FRAME_BYTES = 1024 * 1024  # R04
MAX_SNAPSHOT_PART = 500  # R15

MODELS: tuple[type[Message], ...] = (
    Logon,
    LogonAccepted,
    LogonRefused,
    Heartbeat,
    TestRequest,
    Reject,
    Logout,
    Credit,
    RoleChanged,
    Subscribe,
    Lease,
    HandsOff,
    SnapshotRequest,
    BarClosed,
    BarsRequest,
    Bars,
    SymbolSpec,
    Account,
    CalendarEvent,
    ClockOffset,
    Snapshot,
    PositionOpened,
    PositionChanged,
    PositionClosed,
    Deal,
    OrderSeen,
    Notice,
    ModifyPosition,
    ReducePosition,
    OpenPosition,
    CloseBy,
    ExecutionReport,
)

BY_TYPE: Mapping[int, type[Message]] = MappingProxyType({model.TYPE: model for model in MODELS})

Body = Message | Ticks

__all__ = [
    "BY_TYPE",
    "MAX_FRAME_BYTES",
    "MAX_SNAPSHOT_PART",
    "MAX_TICKS_FRAME",
    "MODELS",
    "PROTOCOL_VERSION",
    "TICKS_TYPE",
    "Account",
    "BarClosed",
    "BarRow",
    "Bars",
    "BarsRequest",
    "Body",
    "CalendarEvent",
    "Caps",
    "ClockOffset",
    "CloseBy",
    "Command",
    "Credit",
    "Deal",
    "Digest",
    "ExecutionReport",
    "HandsOff",
    "Heartbeat",
    "Lease",
    "LeasePlan",
    "Logon",
    "LogonAccepted",
    "LogonRefused",
    "Logout",
    "Message",
    "ModifyPosition",
    "Notice",
    "OpenPosition",
    "OrderSeen",
    "Position",
    "PositionChanged",
    "PositionClosed",
    "PositionOpened",
    "Record",
    "ReducePosition",
    "Reject",
    "RoleChanged",
    "Session",
    "Snapshot",
    "SnapshotRequest",
    "Subscribe",
    "SymbolSpec",
    "TestRequest",
    "Tick",
    "Ticks",
]
