"""
The plans that the manager carries out when the bridge is silent (R27): sent whole whenever they differ, and kept by the store.

They are sent when the account's positions are known and not before: a list that is empty for want of knowledge would take the
terminal's protection away. What it was told before holds until then.
"""

from collections.abc import Iterable
from typing import Final

from dtms.engine.lease import plans
from dtms.engine.trade import TradeKey
from dtms.runtime.book import Book
from dtms.runtime.links import Link
from dtms.runtime.outbox import Outbox
from dtms.runtime.reign import Reign
from dtms.settings import Mode, Settings
from dtms.store.rows import LeaseDropped, LeaseKept, Row
from dtms.wire.messages import Lease, LeasePlan

_PACE_MS: Final = 250  # between two lists: a thousand plans are 80 kB, and a stop that follows the market changes one at every step

Plans = dict[TradeKey, LeasePlan]


class Leases:
    """One account's."""

    def __init__(self, book: Book, reign: Reign, settings: Settings, outbox: Outbox, kept: Iterable[LeaseKept] = ()) -> None:
        self._book = book
        self._reign = reign
        self._settings = settings
        self._outbox = outbox
        self._kept: Plans = {row.key: row.plan for row in kept}  # as the store has them
        self._of: dict[TradeKey, Plans] = {}  # by trade: its own and those of its legs
        self._told: Link | None = None
        self._told_at = 0
        self._differs = True

    def advance(self, now: int) -> None:
        """Tell the manager, where it has not been told or something has changed since."""
        if self._settings.mode is not Mode.ACT:
            self._book.touched.clear()
            return
        self._renew()
        link = self._reign.links.manager()
        if link is not self._told:
            self._told = None  # another one, or another connection: it is told, whatever was told before
        if link is None or not link.up or not self._reign.view_known or self._reign.superseded:
            return
        if self._told is not None and (not self._differs or now - self._told_at < _PACE_MS):
            return
        wanted = {key: plan for own in self._of.values() for key, plan in own.items()}
        self._told, self._told_at, self._differs = link, now, False
        self._reign.tell(link, Lease(plans=list(wanted.values())), now)
        self._keep(wanted)

    def rewrite(self) -> None:
        """Have the store given every plan anew."""
        kept, self._kept = self._kept, {}
        self._keep(kept)

    def _renew(self) -> None:
        """Make the plans anew of the trades that came, changed or went."""
        touched = self._book.touched
        if not touched:
            return
        specs = {name: state.spec for name, state in self._book.symbols.items() if state.spec is not None}
        for key in touched:
            trade = self._book.get(key)
            made: Plans = {}
            if trade is not None:
                legs = {leg.held.key.position_id: leg.held.key for leg in trade.legs}
                found = plans(trade, specs, self._settings.lease, self._settings.break_even, grace_s=self._settings.link.grace_s)
                made = {legs.get(plan.position_id, key): plan for plan in found}
            if self._of.get(key, {}) == made:
                continue
            self._differs = True
            if made:
                self._of[key] = made
            else:
                del self._of[key]
        touched.clear()

    def _keep(self, wanted: Plans) -> None:
        kept, self._kept = self._kept, wanted
        changed = [LeaseKept.of(key, plan) for key, plan in wanted.items() if kept.get(key) != plan]
        rows: tuple[Row, ...] = (*changed, *(LeaseDropped(key) for key in kept if key not in wanted))
        if rows:
            self._outbox.keep(rows=rows)
