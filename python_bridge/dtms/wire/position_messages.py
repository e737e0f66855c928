"""
Messages about what the account holds: snapshots, position events, orders, deals, notices.

Normative text: ``schemas/PROTOCOL.md``, part "Positions". Every one is a fact the EA found by comparing two looks at the
terminal (R14), never a repetition of a transaction event.
"""

from typing import ClassVar

from pydantic import Field

from dtms.wire.base import (
    Count,
    FromTerminal,
    Lots,
    LotsOrNone,
    Millis,
    Money,
    Name,
    NotNegative,
    Price,
    Record,
    Signed,
    Small,
    Text,
    Ticket,
)
from dtms.wire.codes import (
    ChangedCode,
    DealEntryCode,
    DealTypeCode,
    NoticeCodeCode,
    OrderStateCode,
    ReasonCode,
    SideCode,
)


class Position(Record):
    """One open position as the terminal holds it."""

    position_id: Ticket = Field(description="POSITION_IDENTIFIER: fixed for its life")
    ticket: Ticket = Field(description="POSITION_TICKET: what commands name; can change")
    symbol: Name = Field(description="POSITION_SYMBOL")
    side: SideCode = Field(description="buy or sell")
    volume: Lots = Field(description="lots")
    price_open: Price = Field(description="POSITION_PRICE_OPEN")
    stop_loss: Price | None = Field(description="nil: none")
    take_profit: Price | None = Field(description="nil: none")
    magic: Count = Field(description="POSITION_MAGIC, as unsigned")
    comment: Text = Field(description="POSITION_COMMENT; brokers cut and rewrite it")
    ts_open: Millis = Field(description="POSITION_TIME_MSC, server time")
    swap: Money = Field(description="POSITION_SWAP")
    commission: Money = Field(
        description="commission and fees of the deals that opened it, for the volume that is left; negative is a cost"
    )
    profit: Money = Field(description="floating, without swap and commission")
    reason: ReasonCode = Field(description="POSITION_REASON")


class Snapshot(FromTerminal):
    """Part of everything the terminal holds; used only when complete and ok (R15)."""

    TYPE: ClassVar[int] = 30

    snapshot_id: Count = Field(description="counts up in a session")
    part: Small = Field(description="from 1")
    parts: Small = Field(description="how many parts there are, at least 1")
    ok: bool = Field(description="false: the terminal cannot tell; says nothing about positions")
    count: Small = Field(description="positions in all parts together")
    ts_event: Millis = Field(description="server time")
    positions: list[Position] = Field(max_length=500, description="at most 500")


class PositionOpened(FromTerminal):
    """The terminal holds a position it did not hold before."""

    TYPE: ClassVar[int] = 31

    ts_event: Millis = Field(description="server time")
    position: Position = Field(description="the position")


class PositionChanged(FromTerminal):
    """A position differs from what was told last."""

    TYPE: ClassVar[int] = 32

    ts_event: Millis = Field(description="server time")
    position: Position = Field(description="as it is now")
    changed: ChangedCode = Field(description="bits of Changed")
    by_command: Count = Field(description="command that is known to have done it; 0: something else, or not known")


class PositionClosed(FromTerminal):
    """A position is gone, and its closing deal was found or searched for in vain."""

    TYPE: ClassVar[int] = 33

    ts_event: Millis = Field(description="server time")
    position_id: Ticket = Field(description="POSITION_IDENTIFIER")
    ticket: Ticket = Field(description="last ticket known")
    symbol: Name = Field(description="symbol")
    side: SideCode = Field(description="side it had")
    volume: LotsOrNone = Field(description="volume of the closing deals since it was told last; 0: no deal found")
    price_close: NotNegative = Field(description="volume-weighted price of them; 0: no deal found")
    profit: Money = Field(description="of all its deals")
    swap: Money = Field(description="of all its deals")
    commission: Money = Field(description="commission and fees of all its deals")
    reason: ReasonCode = Field(description="DEAL_REASON of the last closing deal")
    deal: Count = Field(description="ticket of the last closing deal; 0: none found")
    by_command: Count = Field(description="command that is known to have done it; 0: something else, or not known")


class Deal(FromTerminal):
    """A deal of the account, told once, keyed by its ticket (R14)."""

    TYPE: ClassVar[int] = 34

    ts_event: Millis = Field(description="DEAL_TIME_MSC, server time")
    deal: Ticket = Field(description="DEAL_TICKET")
    order: Count = Field(description="DEAL_ORDER")
    position_id: Count = Field(description="DEAL_POSITION_ID; 0 for balance operations")
    symbol: Text = Field(description="empty for balance operations")
    deal_type: DealTypeCode = Field(description="buy, sell, balance, other")
    entry: DealEntryCode = Field(description="in, out, in-out, out by")
    reason: ReasonCode = Field(description="DEAL_REASON")
    volume: LotsOrNone = Field(description="lots")
    price: NotNegative = Field(description="price; 0 for balance operations")
    profit: Money = Field(description="DEAL_PROFIT")
    commission: Money = Field(description="DEAL_COMMISSION")
    fee: Money = Field(description="DEAL_FEE")
    swap: Money = Field(description="DEAL_SWAP")
    magic: Count = Field(description="DEAL_MAGIC, as unsigned")
    comment: Text = Field(description="DEAL_COMMENT")


class OrderSeen(FromTerminal):
    """An order that bears our tag, or a live order of the account, was met or changed its state."""

    TYPE: ClassVar[int] = 35

    ts_event: Millis = Field(description="server time")
    order: Ticket = Field(description="ORDER_TICKET")
    position_id: Count = Field(description="ORDER_POSITION_ID; 0: none")
    symbol: Name = Field(description="ORDER_SYMBOL")
    order_type: Small = Field(description="ORDER_TYPE: 0 buy, 1 sell, 2 to 7 pending, 8 close by")
    state: OrderStateCode = Field(description="live, filled, canceled, rejected, expired")
    volume_initial: LotsOrNone = Field(description="lots asked for")
    volume_current: LotsOrNone = Field(description="lots not filled")
    price_open: NotNegative = Field(description="ORDER_PRICE_OPEN")
    magic: Count = Field(description="ORDER_MAGIC, as unsigned")
    comment: Text = Field(description="ORDER_COMMENT")


class Notice(FromTerminal):
    """Something the user should know that is no fact about a position."""

    TYPE: ClassVar[int] = 36

    ts_event: Millis = Field(description="server time")
    code: NoticeCodeCode = Field(description="what it is about")
    symbol: Text = Field(description="empty: none")
    value: Signed = Field(description="see NoticeCode")
    text: Text = Field(description="one sentence")
