"""
Commands and their answer.

Normative text: ``schemas/PROTOCOL.md``, part "Commands" (R16 to R24). Targets are absolute, expectations are compared, a deadline
is a value of the Expert Advisor's own clock. The epoch that R16 lists is the frame's.
"""

from typing import ClassVar

from pydantic import Field

from dtms.wire.base import (
    Count,
    FromTerminal,
    Lots,
    LotsOrNone,
    Millis,
    Name,
    NotNegative,
    Price,
    Small,
    Text,
    Ticket,
    ToTerminal,
)
from dtms.wire.codes import OpenKindCode, OutcomeCode, RiskClassCode, SideCode, WhyCode


class Command(ToTerminal):
    """What every command begins with."""

    command_id: Ticket = Field(description="epoch (20 bits) and counter (24 bits); never used twice (R23)")
    deadline_ms: Count = Field(description="GetTickCount64 of the EA after which it must not be executed (R21)")
    risk_class: RiskClassCode = Field(description="reduce, neutral, raise")


class ModifyPosition(Command):
    """Set stop and target of a position; nil removes one, as TRADE_ACTION_SLTP does."""

    TYPE: ClassVar[int] = 40

    ticket: Ticket = Field(description="POSITION_TICKET")
    expect_stop: Price | None = Field(description="stop that must be there, within half a tick; nil: none must be")
    expect_target: Price | None = Field(description="target that must be there; nil: none must be")
    stop_loss: Price | None = Field(description="stop to set; nil: none")
    take_profit: Price | None = Field(description="target to set; nil: none")


class ReducePosition(Command):
    """Bring a position down to a volume; 0 closes it."""

    TYPE: ClassVar[int] = 41

    ticket: Ticket = Field(description="POSITION_TICKET")
    expect_volume: Lots | None = Field(description="volume that must be there, within half a step; nil: not compared")
    leave_volume: LotsOrNone = Field(description="lots that shall remain; 0 closes")
    deviation: Small = Field(description="points of slippage accepted where the broker asks for it")


class OpenPosition(Command):
    """Open a hedge or re-add; needs room under the EA's ``max_open_lots``."""

    TYPE: ClassVar[int] = 42

    symbol: Name = Field(description="symbol")
    side: SideCode = Field(description="buy or sell")
    volume: Lots = Field(description="lots")
    stop_loss: Price | None = Field(description="nil: none")
    take_profit: Price | None = Field(description="nil: none")
    deviation: Small = Field(description="points of slippage accepted where the broker asks for it")
    kind: OpenKindCode = Field(description="hedge or re-add")
    for_position: Ticket = Field(description="position_id of the trade it belongs to")
    comment: Text = Field(description="at most 31 characters; a second witness, brokers cut it")


class CloseBy(Command):
    """Close two opposite positions of one symbol against each other."""

    TYPE: ClassVar[int] = 43

    ticket: Ticket = Field(description="POSITION_TICKET")
    by_ticket: Ticket = Field(description="POSITION_TICKET of the opposite one")
    expect_volume: Lots | None = Field(description="volume of the first; nil: not compared")
    expect_by_volume: Lots | None = Field(description="volume of the second; nil: not compared")


class ExecutionReport(FromTerminal):
    """What became of one command. Final unless the outcome is unknown; then another follows."""

    TYPE: ClassVar[int] = 44

    ts_event: Millis = Field(description="server time")
    command_id: Ticket = Field(description="of the command")
    outcome: OutcomeCode = Field(description="see Outcome")
    retcode: Small = Field(description="MT5 trade server return code, unchanged; 0: the broker was not asked")
    why: WhyCode = Field(description="reason beside the return code")
    position_id: Count = Field(description="position concerned; 0: none")
    ticket: Count = Field(description="its ticket; 0: none")
    order: Count = Field(description="order made; 0: none")
    deal: Count = Field(description="deal made; 0: none")
    volume: LotsOrNone = Field(description="lots of the deal; 0: none")
    price: NotNegative = Field(description="price of the deal; 0: none")
    position_volume: LotsOrNone = Field(description="lots of the position as the terminal sees it now; 0: gone")
    stop_loss: Price | None = Field(description="its stop now; nil: none")
    take_profit: Price | None = Field(description="its target now; nil: none")
    attempts: Small = Field(description="requests made to the broker")
    elapsed_ms: Small = Field(description="from the command's arrival to this report")
    detail: Text = Field(description="the broker's comment, or one sentence")
