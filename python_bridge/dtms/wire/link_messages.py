"""
Messages about the link itself: who is there, in which role, is it alive, what was refused.

Normative text: ``schemas/PROTOCOL.md``, part "The link".
"""

from typing import ClassVar

from pydantic import Field

from dtms.wire.base import (
    BothWays,
    Count,
    Epoch,
    FromTerminal,
    Lots,
    LotsOrNone,
    Millis,
    Name,
    Offset,
    Price,
    Record,
    Small,
    Text,
    Ticket,
    ToTerminal,
)
from dtms.wire.codes import (
    LogoutWhyCode,
    MarginModeCode,
    OnSilenceCode,
    OperationCode,
    PermissionCode,
    RefuseWhyCode,
    RejectWhyCode,
    RoleCode,
    SideCode,
    TradeModeCode,
)


class Caps(Record):
    """The hard limits in the Expert Advisor's inputs; no message can raise them (R24)."""

    max_open_lots: LotsOrNone = Field(description="lots that DTMS may have open of its own; 0: opens nothing")
    max_orders_per_minute: Small = Field(description="requests to the broker in any 60 s; reductions are never held back")
    operations: OperationCode = Field(description="bits of Operation that commands may use")
    symbols: list[Name] = Field(description="symbols that may be opened; empty: any")
    allow_autonomous_modify: bool = Field(description="may tighten stops by itself after silence (R27)")
    allow_autonomous_close: bool = Field(description="may close by itself after silence (R27)")


class Logon(FromTerminal):
    """The first frame of every connection: who this is, and how far it got (R05)."""

    TYPE: ClassVar[int] = 1
    DURABLE: ClassVar[bool] = False

    protocol_min: Small = Field(description="lowest protocol version spoken")
    protocol_max: Small = Field(description="highest protocol version spoken")
    ea_version: Text = Field(description="version of the Expert Advisor")
    source_hash: Text = Field(description="SHA-256 of the contract the EA was generated from, hex")
    terminal_build: Small = Field(description="TERMINAL_BUILD")
    login: Count = Field(description="ACCOUNT_LOGIN")
    server: Name = Field(description="ACCOUNT_SERVER")
    company: Text = Field(description="ACCOUNT_COMPANY")
    currency: Text = Field(description="ACCOUNT_CURRENCY")
    margin_mode: MarginModeCode = Field(description="netting, exchange or hedging")
    trade_mode: TradeModeCode = Field(description="demo, contest or real")
    hedge_allowed: bool = Field(description="ACCOUNT_HEDGE_ALLOWED")
    fifo_close: bool = Field(description="ACCOUNT_FIFO_CLOSE")
    permissions: PermissionCode = Field(description="bits of Permission")
    caps: Caps = Field(description="the inputs' limits")
    hands_off: bool = Field(description="the user pressed hands off")
    instance_id: Name = Field(description="stable name of this EA on its chart")
    boot: Count = Field(description="lives of the EA so far, from its file; 0 while there is none")
    nonce: Count = Field(description="random; equality tells one life of the EA from another; the frame's session")
    highest_seq_seen: Count = Field(description="last durable frame received from the bridge in this session and epoch")
    highest_epoch_seen: Epoch = Field(description="highest epoch ever received for the account")
    ts_event: Millis = Field(description="server time")
    utc_offset_s: Offset | None = Field(description="server time minus UTC; nil while it cannot be told")
    chart_symbol: Name = Field(description="symbol of the chart")


class LogonAccepted(ToTerminal):
    """Welcome; numbering goes on when ``resume`` is true, else both sides start at 1 and the EA sends a snapshot."""

    TYPE: ClassVar[int] = 2
    DURABLE: ClassVar[bool] = False

    protocol: Small = Field(description="version both sides speak from here on; 0 for an observer")
    epoch: Epoch = Field(description="epoch of this process for the account (R23)")
    role: RoleCode = Field(description="what the EA is to the account")
    resume: bool = Field(description="same session and epoch as before: send again what is missing (R11)")
    highest_seq_seen: Count = Field(description="last durable frame received from the EA in this session and epoch")
    highest_tick_seq_seen: Count = Field(description="last quote received; later ones are sent again")
    config_digest: Text = Field(description="SHA-256 of the configuration in force, hex")
    heartbeat_ms: Small = Field(description="a heartbeat each way at least this often (R25)")
    test_after_ms: Small = Field(description="silence after which a TestRequest is sent")
    down_after_ms: Small = Field(description="silence after which the link is down")
    credit_window: Small = Field(description="quotes that may be on the way unacknowledged (R02)")
    grace_s: Small = Field(description="silence after which lease plans act (R27)")
    mode_act: bool = Field(description="true: commands will come; false: observe, none will")
    entropy: Text = Field(description="under CURVE 64 hexadecimal digits for the EA's seed, fresh for each logon; else empty")


class LogonRefused(ToTerminal):
    """The EA is not wanted here; it shows the reason and tries again later, slowly."""

    TYPE: ClassVar[int] = 3
    DURABLE: ClassVar[bool] = False

    why: RefuseWhyCode = Field(description="reason")
    detail: Text = Field(description="one sentence for the user")
    retry_s: Small = Field(description="not before this many seconds")


class Digest(Record):
    """What a side believes the account holds; two disagreements in a row force a snapshot (R13)."""

    positions: Small = Field(description="number of positions")
    tickets: Count = Field(description="sum of tickets modulo 2^64")
    volume: Count = Field(description="sum of volumes in 1e-8 lots, modulo 2^64")
    stops: Count = Field(description="sum over positions of FNV-1a 64 of (ticket, stop, target), modulo 2^64")


class Heartbeat(BothWays):
    """I am here, this far (R25)."""

    TYPE: ClassVar[int] = 4
    DURABLE: ClassVar[bool] = False

    highest_seq_sent: Count = Field(description="last durable frame this side sent")
    tick_seq: Count = Field(description="EA: last quote sent; bridge: last quote received (credit)")
    ts_event: Millis = Field(description="EA: server time; bridge: UTC")
    utc_offset_s: Offset | None = Field(description="EA: server time minus UTC, nil while unknown; bridge: nil")
    busy_ms: Small = Field(description="this side may be silent for so long from now; 0: no")
    test_id: Count | None = Field(description="answers that TestRequest")
    permissions: PermissionCode = Field(description="EA: bits of Permission; bridge: 0")
    hands_off: bool = Field(description="EA: pressed; bridge: as it knows it")
    digest: Digest | None = Field(description="EA and bridge: what they believe; nil while a snapshot is on its way")


class TestRequest(BothWays):
    """Are you there? Answered at once by a Heartbeat with the same id."""

    __test__: ClassVar[bool] = False  # not a test class

    TYPE: ClassVar[int] = 5
    DURABLE: ClassVar[bool] = False

    test_id: Count = Field(description="chosen by the asking side")


class Reject(BothWays):
    """Your frame was not understood; the session ends (R26)."""

    TYPE: ClassVar[int] = 6
    DURABLE: ClassVar[bool] = False

    ref_seq: Count = Field(description="seq of the refused frame, 0 when it could not be read")
    ref_type: Small = Field(description="its type, 0 when it could not be read")
    why: RejectWhyCode = Field(description="reason")
    detail: Text = Field(description="one sentence")


class Logout(BothWays):
    """An orderly farewell (R08); the sender sends nothing after it."""

    TYPE: ClassVar[int] = 7
    DURABLE: ClassVar[bool] = False

    why: LogoutWhyCode = Field(description="reason")
    plan: OnSilenceCode = Field(description="bridge: what the EA does from now on; EA: hold")


class Credit(ToTerminal):
    """Quotes up to here have arrived (R02)."""

    TYPE: ClassVar[int] = 8
    DURABLE: ClassVar[bool] = False

    tick_seq: Count = Field(description="last quote received")


class RoleChanged(ToTerminal):
    """What the EA is to its account from here on (R09)."""

    TYPE: ClassVar[int] = 9

    role: RoleCode = Field(description="role")


class Subscribe(ToTerminal):
    """The whole list of what this connection is to send; replaces the one before (R09)."""

    TYPE: ClassVar[int] = 10

    symbols: list[Name] = Field(description="quotes, specification and bars of these; open positions' symbols always")
    timeframes: list[Small] = Field(description="minutes of the closed bars wanted")


class LeasePlan(Record):
    """What to do with one position when the link stays silent (R27)."""

    position_id: Ticket = Field(description="POSITION_IDENTIFIER")
    on_silence: OnSilenceCode = Field(description="hold, tighten or close")
    grace_s: Small = Field(description="seconds of silence before")
    floor_stop: Price | None = Field(description="stop for a position that has none; nil: none")
    breakeven_at: Price | None = Field(description="exit price from which the stop goes to break-even")
    breakeven_stop: Price | None = Field(description="the break-even stop, net of costs")
    trail_distance: Price | None = Field(description="price distance of the trailing stop; nil: none")
    max_hold_s: Small | None = Field(description="close after this much silence; nil: never")
    pair_ticket: Count = Field(description="the other leg of a hedged pair; 0: none")
    require_stop: bool = Field(description="a bare position gets its floor also while heartbeats flow")
    volume: Lots = Field(description="volume that the plan was made for")
    ticket: Ticket = Field(description="ticket that the plan was made for")
    side: SideCode = Field(description="side that the plan was made for")


class Lease(ToTerminal):
    """The whole list of plans; renewed by every heartbeat, replaced by the next Lease."""

    TYPE: ClassVar[int] = 11

    plans: list[LeasePlan] = Field(description="one a managed position; no entry: no plan")


class HandsOff(BothWays):
    """The user wants no more acts of DTMS on this account, or allows them again."""

    TYPE: ClassVar[int] = 12

    on: bool = Field(description="true: nothing but reports")
    by: Text = Field(description="who or what pressed it")


class SnapshotRequest(ToTerminal):
    """Send everything you hold, now (R13, R15)."""

    TYPE: ClassVar[int] = 13

    why: Text = Field(description="for the log")
