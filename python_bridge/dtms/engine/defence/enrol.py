"""The first record of a trade, and the figures that are captured once."""

from dataclasses import replace

from dtms.defence_names import Owner, State
from dtms.engine.defence.record import Defence
from dtms.engine.defence.situation import Situation
from dtms.engine.trade import Trade


def enrolled(trade: Trade, *, recovered: bool = False, owner: Owner = Owner.DTMS, utc: int = 0) -> Trade:
    """Return the trade with a record; one that has it keeps it (D-37). What is found at a recovery is watched at once (2.2)."""
    if trade.defence is not None:
        return trade
    state = State.HEALTHY if recovered else State.ARMED
    return replace(trade, defence=Defence(state=state, previous=state, owner=owner, entered=utc))


def with_risk(now: Situation) -> Defence:
    """
    Return the record with R, captured once: the first stop's distance, or a multiple of ATR where that is no risk.

    A stop that is set while nothing is watched yet is the trader's first one, and takes the place of the multiple.
    """
    record, trade = now.record, now.trade
    real = trade.risk if trade.risk and not trade.risk_synthetic else None
    if record.risk is not None:
        late = record.risk_synthetic and real is not None and record.state is State.ARMED
        return replace(record, risk=real, risk_synthetic=False) if late else record
    if real is not None:
        return replace(record, risk=real)
    judgement = now.judgement
    if judgement is None or judgement.atr15 is None:
        return record
    return replace(record, risk=now.rules.defence.stops.bare_risk_atr * judgement.atr15, risk_synthetic=True)
