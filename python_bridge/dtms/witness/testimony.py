"""
What the second witness answers: a `Testimony`, or `Silent` and why.

Both are frozen and may cross threads. Times are ms UTC. A testimony is complete: it was made of whole answers, and the terminal was
logged on to the account before and after.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import ClassVar

from pydantic import Field

from dtms.session.server_time import to_utc
from dtms.wire.base import Count, Lots, Millis, Money, Name, Price, Record, Text, Ticket
from dtms.wire.codes import ReasonCode, SideCode
from dtms.wire.messages import Deal
from dtms.witness.frames import Ask, Quiet


class SeenPosition(Record):
    """One open position as the package tells it; it knows no commission, else it is as `Position`."""

    position_id: Ticket = Field(description="identifier")
    ticket: Ticket = Field(description="ticket")
    symbol: Name = Field(description="symbol")
    side: SideCode = Field(description="buy or sell")
    volume: Lots = Field(description="lots")
    price_open: Price = Field(description="price_open")
    stop_loss: Price | None = Field(description="None: none")
    take_profit: Price | None = Field(description="None: none")
    magic: Count = Field(description="as unsigned")
    comment: Text = Field(description="comment")
    ts_open: Millis = Field(description="time_msc")
    swap: Money = Field(description="swap")
    profit: Money = Field(description="floating, without swap")
    reason: ReasonCode = Field(description="OTHER where the package has no name for it")


@dataclass(frozen=True, slots=True)
class Testimony:
    """
    What the terminal held and booked.

    ``deals`` are those that were asked for, by position id (0: those of none), in the order of their tickets; ``package`` and
    ``build`` the versions of package and terminal.
    """

    __test__: ClassVar[bool] = False  # not a test class

    ask: Ask
    positions: tuple[SeenPosition, ...]
    deals: Mapping[int, tuple[Deal, ...]]
    package: str
    build: int


@dataclass(frozen=True, slots=True)
class Silent:
    """No testimony; ``code`` is the package's ``last_error`` where it gave one, ``found`` the account that the terminal has."""

    ask: Ask
    quiet: Quiet
    detail: str = ""
    code: int | None = None
    found: str = ""


Answer = Testimony | Silent


def positions_of(rows: Iterable[Sequence[object]], offset_s: int) -> list[SeenPosition]:
    """Return a page of positions; pydantic's ValidationError when a row cannot be one."""
    return [to_utc(SeenPosition.model_validate(row), offset_s) for row in rows]


def deals_of(rows: Iterable[Sequence[object]], offset_s: int) -> list[Deal]:
    """Return a page of deals; pydantic's ValidationError when a row cannot be one."""
    return [to_utc(Deal.model_validate(row), offset_s) for row in rows]


def by_position(deals: Iterable[Deal]) -> Mapping[int, tuple[Deal, ...]]:
    """Return the deals of each position id in the order of their tickets."""
    grouped: dict[int, list[Deal]] = {}
    for deal in sorted(deals, key=lambda deal: deal.deal):
        grouped.setdefault(deal.position_id, []).append(deal)
    return MappingProxyType({position_id: tuple(group) for position_id, group in grouped.items()})
