"""
The plan that the terminal carries out for a position when the bridge is silent (R27): never wider, never an opening.

Prices in quote currency, durations in seconds. A plan is made of what the trade's rules would do next: break-even where the rule
would move the stop, then a stop that follows the market. A trade in quarantine keeps its plan: that is what protects it.
"""

from collections.abc import Mapping

from dtms.defence_names import Owner
from dtms.engine.break_even import levels
from dtms.engine.orders import away_from_market
from dtms.engine.trade import Leg, Trade
from dtms.names import OnSilence, OpenKind
from dtms.settings import BreakEvenSettings
from dtms.settings_lease import LeaseSettings
from dtms.wire.messages import LeasePlan, SymbolSpec


def plans(
    trade: Trade, specs: Mapping[str, SymbolSpec], lease: LeaseSettings, rule: BreakEvenSettings, *, grace_s: int
) -> tuple[LeasePlan, ...]:
    """Return the plans of a trade's position and of the legs that DTMS opened for it; none for a trade that is not managed."""
    if not trade.managed or (trade.defence is not None and trade.defence.owner is not Owner.DTMS):
        return ()
    chosen = lease.of(trade.key.account)
    hedge = next((leg for leg in trade.legs if leg.kind is OpenKind.HEDGE), None)
    legs = tuple(_plan(leg.held, specs, chosen, grace_s) for leg in trade.legs if leg is not hedge)
    if trade.defence is not None and trade.defence.gone:
        return legs if hedge is None else (*legs, _plan(hedge.held, specs, chosen, grace_s))
    main = _plan(trade, specs, chosen, grace_s).model_copy(update={"require_stop": lease.require_stop})
    if hedge is not None:
        # A pair is not trailed (R27, reading 33); what ends one leg ends the other.
        return (*_paired(main, hedge, _plan(hedge.held, specs, chosen, grace_s)), *legs)
    if chosen is OnSilence.TIGHTEN:
        main = main.model_copy(update=_following(trade, specs.get(trade.position.symbol), lease, rule))
    return (main, *legs)


def _plan(held: Trade, specs: Mapping[str, SymbolSpec], chosen: OnSilence, grace_s: int) -> LeasePlan:
    position = held.position
    return LeasePlan(
        position_id=position.position_id,
        on_silence=chosen,
        grace_s=grace_s,
        floor_stop=_floor(held, specs.get(position.symbol)),
        breakeven_at=None,
        breakeven_stop=None,
        trail_distance=None,
        max_hold_s=None,
        pair_ticket=0,
        require_stop=False,
        volume=position.volume,
        ticket=position.ticket,
        side=held.side,
    )


def _floor(held: Trade, spec: SymbolSpec | None) -> float | None:
    """Return the stop that there is, else that of the risk the trade began with; None: there is nothing to tell it by."""
    position, side = held.position, held.side
    if position.stop_loss is not None:
        return position.stop_loss
    risk = held.risk if held.defence is None or held.defence.risk is None else held.defence.risk
    if risk is None or spec is None:
        return None
    level = away_from_market(position.price_open - side.direction * risk, side, spec.tick_size)
    return level if level > 0 else None


def _paired(main: LeasePlan, hedge: Leg, plan: LeasePlan) -> tuple[LeasePlan, LeasePlan]:
    return (
        main.model_copy(update={"pair_ticket": hedge.held.position.ticket}),
        plan.model_copy(update={"pair_ticket": main.ticket}),
    )


def _following(
    trade: Trade, spec: SymbolSpec | None, lease: LeaseSettings, rule: BreakEvenSettings
) -> dict[str, float | int | None]:
    """Return what a tightened position does: break-even where the rule would, then the trailing distance, then its end."""
    told: dict[str, float | int | None] = {"max_hold_s": lease.max_hold_s}
    if spec is None or trade.risk is None or trade.risk_synthetic:
        return told
    found = levels(trade, spec, rule) if rule.enabled else None
    if found is not None:
        _cost, told["breakeven_stop"], told["breakeven_at"] = found
    if lease.trail_r is not None:
        told["trail_distance"] = lease.trail_r * trade.risk
    return told
