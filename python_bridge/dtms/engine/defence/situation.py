"""
One trade at one moment: everything that a condition or an action reads.

Prices in quote currency, volumes in lots, ``now`` monotonic ms, ``utc`` ms. What is not known is None.
"""

from dataclasses import dataclass, replace
from typing import Final

from dtms.defence_names import Action, Trigger
from dtms.engine.defence.authority import permitted
from dtms.engine.defence.record import Defence, Duty
from dtms.engine.defence.rules import DefenceRules
from dtms.engine.defence.view import BLIND, Judgement, View
from dtms.engine.market import Market, Quote
from dtms.engine.trade import Leg, Trade
from dtms.names import OpenKind
from dtms.settings import BreakEvenSettings
from dtms.wire.messages import SymbolSpec

# Figures come from decimal prices: at exactly a limit the quotient may fall short of it by binary dust.
_DECIMALS: Final = 9


def clean(value: float) -> float:
    """Return the figure without binary dust."""
    return round(value, _DECIMALS)


@dataclass(frozen=True, slots=True)
class Situation:
    """
    The trade with its record, the market, the moment.

    ``trigger`` is that of an admitted deep check, None on every other occasion. ``costs`` says how commission counts.
    """

    trade: Trade
    record: Defence
    market: Market
    rules: DefenceRules
    costs: BreakEvenSettings
    now: int
    utc: int
    command_id: int = 0
    trigger: Trigger | None = None

    @property
    def view(self) -> View:
        """What is seen besides quote and specification."""
        return self.market.view or BLIND

    @property
    def spec(self) -> SymbolSpec | None:
        """The symbol's specification."""
        return self.market.spec

    @property
    def quote(self) -> Quote | None:
        """The last quote that may be decided by."""
        return self.market.quote

    @property
    def direction(self) -> int:
        """+1 for a buy, -1 for a sell."""
        return self.trade.side.direction

    @property
    def exit_price(self) -> float | None:
        """Where the position would be closed now."""
        return None if self.quote is None else self.quote.exit_price(self.trade.side)

    @property
    def r_now(self) -> float | None:
        """The gain in R."""
        price, risk = self.exit_price, self.record.risk
        if price is None or not risk:
            return None
        return clean(self.direction * (price - self.trade.position.price_open) / risk)

    @property
    def judgement(self) -> Judgement | None:
        """The last judgement, unless its bars are overdue by now (R-6)."""
        judgement = self.view.judgement
        if judgement is None or (judgement.stale_at is not None and self.utc >= judgement.stale_at):
            return None
        return judgement

    @property
    def valid(self) -> Judgement | None:
        """The last judgement, if its score may be believed."""
        judgement = self.judgement
        return judgement if judgement is not None and judgement.valid and judgement.total is not None else None

    @property
    def scored(self) -> Judgement | None:
        """The judgement of a deep check that is being made, if its score may be believed."""
        return None if self.trigger is None else self.valid

    @property
    def allowed(self) -> frozenset[Action]:
        """What preset and owner let be done in this state."""
        return permitted(self.record.owner, self.record.state, self.rules.defence.preset)

    @property
    def hedges(self) -> tuple[Leg, ...]:
        """The hedges that live."""
        return tuple(leg for leg in self.trade.legs if leg.kind is OpenKind.HEDGE)

    def opening(self) -> tuple[Duty, ...]:
        """Return what may still bring a leg: openings without an outcome."""
        opens = {Action.OPEN_HEDGE, Action.RE_ADD}
        return tuple(duty for duty in self.record.duties if duty.action in opens and duty.work.under_way)

    def having(self, record: Defence) -> "Situation":
        """Return the situation with the record as it becomes."""
        return self if record is self.record else replace(self, record=record)
