"""
What a server does to positions and symbols outside of trading: tickets, nights, splits, names.

A position that the server closes and opens again shows as two deals of its identifier, out and in, with the reason;
how a real server books a split is not documented, this is the model's choice. Every function gives the updates that
tell of it.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from dtms.sim.accounting import Accounting, NoOrder
from dtms.sim.bundle import Bundle
from dtms.sim.errors import SymbolTaken, UnknownSymbol
from dtms.sim.messages import PositionGone, SymbolGone, SymbolSet, Update
from dtms.sim.mt5 import Entry, MarginMode, Reason, SwapMode
from dtms.sim.spec import SymbolSpec, clean_volume
from dtms.sim.standing import Standing
from dtms.sim.state import Position
from dtms.sim.tape import Tape
from dtms.sim.witness import Adjusted, Origin, Witness

REOPENS = frozenset({SwapMode.REOPEN_CURRENT, SwapMode.REOPEN_BID})


class Service:
    """The server's own work on the broker's standing."""

    def __init__(self, standing: Standing, accounting: Accounting, tape: Tape, witness: Witness) -> None:
        self._standing = standing
        self._accounting = accounting
        self._tape = tape
        self._witness = witness

    def give_ticket(self, position: Position) -> tuple[Position, Bundle]:
        """A fresh ticket for the same position, with no deal."""
        renamed = self._accounting.change(position, ticket=self._accounting.next_order())
        bundle = Bundle()
        bundle.updates.append(PositionGone(position.ticket, renamed.revision))
        bundle.position_changed(renamed)
        return renamed, bundle

    def reopen_overnight(self, position: Position, nights: int) -> Bundle:
        """
        The swap of the re-opening modes: closed at the end of the day, opened again at a worse price, a fresh ticket.

        On an exchange stop and target are gone afterwards, elsewhere they stay.
        """
        spec, quote = self._standing.market.specs[position.symbol], self._standing.market.quotes[position.symbol]
        closed = quote.bid if position.side == 0 else quote.ask
        base = quote.bid if spec.swap_mode == SwapMode.REOPEN_BID else closed
        rate = spec.swap_long if position.side == 0 else spec.swap_short
        exchange = self._standing.account.margin_mode == MarginMode.EXCHANGE
        after = replace(
            position,
            ticket=self._accounting.next_order(),
            price_open=round(base - position.direction * rate * nights * spec.point, spec.digits),
            sl=0.0 if exchange else position.sl,
            tp=0.0 if exchange else position.tp,
        )
        return self._reopened(position, closed, after, Reason.ROLLOVER)

    def _reopened(self, position: Position, closed: float, after: Position, reason: Reason) -> Bundle:
        cause = NoOrder(position.magic, reason, position.comment)
        reopened = self._accounting.reopen(position, cause, closed, after)
        bundle = Bundle()
        bundle.deal_add(reopened.closing, self._standing.account, position, reopened.position)
        bundle.deal_add(reopened.opening, self._standing.account, reopened.position, reopened.position)
        bundle.position_changed(reopened.position, told_only=True)
        bundle.traded()
        return bundle

    def split(self, symbol: str, ratio: float, reason: Reason, *, keep_levels: bool) -> list[Bundle]:
        """
        Every lot becomes `ratio` lots at prices divided by it; stop and target follow or go.

        What no longer makes a volume step, or less than the minimal volume, is closed at the market.
        """
        spec = self._spec(symbol)
        bundles: list[Bundle] = []
        for position in list(self._standing.holdings.of_symbol(symbol)):
            steps = math.floor(position.volume * ratio / spec.volume_step + 1e-6)
            volume = clean_volume(steps * spec.volume_step)
            volume = volume if volume >= spec.volume_min else 0.0
            bundles += self._split_one(position, spec, volume, ratio, reason, keep_levels=keep_levels)
            self._witness.adjusted(Adjusted(self._standing.market.time_msc, position.identifier, ratio))
        return bundles

    def _split_one(
        self, position: Position, spec: SymbolSpec, volume: float, ratio: float, reason: Reason, *, keep_levels: bool
    ) -> list[Bundle]:
        """The fraction is paid out first, so that the rest is re-opened without profit or loss."""
        lost = clean_volume(position.volume - volume / ratio)
        bundles: list[Bundle] = []
        whole: Position | None = position
        if lost > 0:
            quote = self._standing.market.quotes.get(spec.name)
            price = position.price_open if quote is None else quote.bid if position.side == 0 else quote.ask
            cause = NoOrder(position.magic, reason, position.comment)
            deal, whole = self._accounting.reduce(position, cause, lost, price, entry=Entry.OUT, origin=Origin.SERVER)
            bundles.append(Bundle())
            bundles[-1].deal_add(deal, self._standing.account, position, whole)
            bundles[-1].traded()
        if whole is not None:
            levels = (spec.to_grid(level / ratio) if keep_levels else 0.0 for level in (whole.sl, whole.tp))
            after = replace(whole, volume=volume, price_open=whole.price_open / ratio)
            after = replace(after, sl=next(levels), tp=next(levels))
            bundles.append(self._reopened(whole, whole.price_open, after, reason))
        return bundles

    def rename(self, old: str, new: str, fields: Mapping[str, Any]) -> Sequence[Update]:
        """
        A symbol gets another name, maybe other properties: its quotes and positions carry it, the old one is gone.

        Deals and orders of the past keep the name that they were made under.
        """
        spec, market = self._spec(old), self._standing.market
        if new in market.specs:
            raise SymbolTaken(new)
        path = spec.path.removesuffix(old) + new if spec.path.endswith(old) else spec.path
        renamed = market.specs[new] = replace(spec, **{"path": path, **fields, "name": new})
        if old in market.quotes:
            market.quotes[new] = market.quotes.pop(old)
        self._tape.rename(old, new)
        self._tape.rescale(new)
        bundle = Bundle()
        bundle.updates += SymbolSet(renamed), self._tape.history(new)
        for position in list(self._standing.holdings.of_symbol(old)):
            bundle.position_changed(self._accounting.change(position, symbol=new))
        del market.specs[old]
        bundle.updates.append(SymbolGone(old))
        return bundle.updates

    def change_symbol(self, name: str, fields: Mapping[str, Any]) -> Sequence[Update]:
        """Other properties of a symbol; other digits bring their own tick size unless one is given."""
        spec = self._spec(name)
        if "digits" in fields and "tick_size" not in fields:
            fields = {**fields, "tick_size": round(10.0 ** -int(fields["digits"]), int(fields["digits"]))}
        changed = self._standing.market.specs[name] = replace(spec, **fields)
        self._tape.rescale(name)
        return [SymbolSet(changed)]

    def _spec(self, name: str) -> SymbolSpec:
        spec = self._standing.market.specs.get(name)
        if spec is None:
            raise UnknownSymbol(name)
        return spec
