"""
A second authority: deals and orders that bear our mark and that nobody here ordered (R09).

Judged is what was made after our epoch began. What closes a position without a request of ours (a stop, a person) bears the mark of
the request that opened it, so only an opening speaks for the command in its mark, or a deal of the kind that reductions have. The
Expert Advisor's own acts are none of a second authority.
"""

from collections.abc import Iterable
from typing import Final

from dtms.names import DealEntry, OpenKind
from dtms.runtime.links import Link
from dtms.runtime.reign import Reign
from dtms.session.commands import COUNTER_BITS, OURS, CommandIds
from dtms.wire.messages import Deal, OrderSeen
from dtms.wire.tag import command_of, kind_of

_SKEW_MS: Final = 10_000  # between the server's clock and ours


class Authority:
    """One account's; ``known`` are commands of earlier epochs that may still be executed."""

    def __init__(self, reign: Reign, ids: CommandIds, known: Iterable[int]) -> None:
        self._reign = reign
        self._ids = ids
        self._known = frozenset(known)
        self._began: int | None = None

    def begin(self, utc: int) -> None:
        """The first look at the clock under this epoch."""
        if self._began is None:
            self._began = utc

    def deal(self, link: Link, event: Deal) -> None:
        """Look at a deal."""
        if kind_of(event.magic) is OpenKind.REDUCE or event.entry is DealEntry.IN:
            self._judge(link, event.magic, event.ts_event, f"deal {event.deal}, {event.volume:g} lots of {event.symbol}")

    def order(self, link: Link, event: OrderSeen) -> None:
        """Look at an order."""
        if kind_of(event.magic) is OpenKind.REDUCE or event.position_id in {0, event.order}:
            self._judge(link, event.magic, event.ts_event, f"order {event.order}, {event.volume_initial:g} lots of {event.symbol}")

    def _judge(self, link: Link, magic: int, at: int, what: str) -> None:
        kind, command_id = kind_of(magic), command_of(magic)
        if kind is None or kind is OpenKind.AUTONOMOUS or command_id & OURS or self._ids.gave(command_id):
            return
        own = command_id >> COUNTER_BITS >= self._ids.epoch  # no earlier process can have given it
        if not own and (command_id in self._known or not self._after(link, at)):
            return
        self._reign.dispute(f"{what}: command {command_id} is none of ours")

    def _after(self, link: Link, at: int) -> bool:
        """Return whether something was made under our epoch; without the server's offset from UTC that cannot be told."""
        return link.session.offset_s is not None and self._began is not None and at > self._began + _SKEW_MS
