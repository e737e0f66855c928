"""
One look at a trade's defence: bars counted, rows taken, what follows owed, the next order chosen.

``defended`` is what ``engine.decide`` calls after it has worked an event in. It orders nothing that closes: closes are owed by the
positions themselves and come first.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from dtms.defence_names import Action, State, Trigger
from dtms.engine.defence import telling
from dtms.engine.defence.actions import Order
from dtms.engine.defence.authority import permitted
from dtms.engine.defence.bars import counted, last_close, marked
from dtms.engine.defence.cadence import admitted, checked, counts_as, told, wanted
from dtms.engine.defence.closing import hedges_asked, main_gone, pursued
from dtms.engine.defence.duties import attempt, drop, owe
from dtms.engine.defence.enrol import enrolled, with_risk
from dtms.engine.defence.notes import Note
from dtms.engine.defence.situation import Situation
from dtms.engine.defence.states import TABLE, Row
from dtms.engine.defence.step import Looked, Taken, step
from dtms.engine.trade import Trade
from dtms.settings import CloseSettings


@dataclass(frozen=True, slots=True)
class Defended:
    """The trade after the look, the order, the deep check that is wanted, and how it came about."""

    trade: Trade
    order: Order | None = None
    deep: Trigger | None = None
    notes: tuple[Note, ...] = ()
    taken: tuple[Taken, ...] = ()
    looked: tuple[Looked, ...] = ()


def defended(now: Situation, closing: CloseSettings, table: Sequence[Row] = TABLE) -> Defended:
    """Look at the trade once."""
    now = prepared(now)
    seen = _stepped(now, closing, table)
    if not busy(seen.trade) and not _over(seen.trade):
        seen = _attempted(now, seen, closing, table)
    if not _over(seen.trade):
        seen = _watched(_with_trade(now, seen.trade), seen)
    return seen


def prepared(now: Situation) -> Situation:
    """Return the situation with what the look itself makes known: R, bars, the score. A deep check not admitted is a fast one."""
    trade = enrolled(now.trade, utc=now.utc)
    now = now if trade is now.trade else _with_trade(now, trade)
    now = now.having(with_risk(now))
    bar, trigger = last_close(now), now.trigger
    if trigger is None or not admitted(now.record, trigger, bar, now.now, now.rules.cadence):
        return replace(now, trigger=None, record=replace(now.record, fast_at=now.now))
    counted_as = counts_as(now.record, trigger, bar)
    return replace(now.having(checked(marked(now.having(counted(now))), trigger, bar, now.now)), trigger=counted_as)


def _stepped(now: Situation, closing: CloseSettings, table: Sequence[Row]) -> Defended:
    record, said = telling.quality(now)
    stepped = step(now.having(record), table)
    trade = now.trade if stepped.record is now.trade.defence else replace(now.trade, defence=stepped.record)
    for row in stepped.taken:
        trade = _applied(trade, row, now)
    trade = _nothing_owed(trade)
    moves = tuple(telling.transition(row, stepped.looked, now) for row in stepped.taken if row.source is not row.to)
    trade = pursued(trade, now.now, closing)
    return Defended(trade, None, _started(stepped.taken, now), said + moves, stepped.taken, stepped.looked)


def _applied(trade: Trade, row: Taken, now: Situation) -> Trade:
    """Return the trade with what a row orders; a close of everything is owed by being in its state."""
    record = trade.defence
    may = permitted(now.record.owner, row.to, now.rules.defence.preset)
    for action in row.actions:
        if record is None or action is Action.CLOSE_ALL:
            continue
        if action is Action.CLOSE_HEDGE:
            record, trade = replace(record, lifted_bar=record.last_bar), hedges_asked(trade)
        elif action in may:
            record = owe(record, action, row.row)
    return replace(trade, defence=record)


def _nothing_owed(trade: Trade) -> Trade:
    """Return the trade without duties where it ends: what a level passed on the way ordered, and what failed since."""
    record = trade.defence
    if record is None or record.state not in {State.CLOSING, State.CLOSED}:
        return trade
    dropped = drop(record, Action)
    return trade if dropped is record else replace(trade, defence=dropped)


def _attempted(now: Situation, seen: Defended, closing: CloseSettings, table: Sequence[Row]) -> Defended:
    """Order what is owed; where a hedge turned out to be impossible, what is done instead is looked up at once."""
    then = _with_trade(now, seen.trade)
    tried = attempt(then)
    seen = replace(seen, trade=replace(seen.trade, defence=tried.record), order=tried.order, notes=seen.notes + tried.notes)
    if tried.order is not None or tried.record.refusals == then.record.refusals:
        return seen
    again = _stepped(replace(_with_trade(now, seen.trade), trigger=None), closing, table)
    return replace(
        again, notes=seen.notes + again.notes, taken=seen.taken + again.taken, looked=seen.looked + again.looked, deep=seen.deep
    )


def _watched(now: Situation, seen: Defended) -> Defended:
    """Say what is said once, latch the edges of this moment, and ask for a deep check."""
    record, near = telling.gap(now)
    record, missing = telling.bare(now.having(record))
    trigger = seen.deep
    if now.trigger is not None:
        record = told(now.having(record))
    elif trigger is None:
        record, trigger = wanted(now.having(record))
    if record is seen.trade.defence and trigger is seen.deep:
        return seen
    return replace(seen, trade=replace(seen.trade, defence=record), deep=trigger, notes=seen.notes + near + missing)


def _started(taken: Sequence[Taken], now: Situation) -> Trigger | None:
    """Return the deep check that the start of monitoring asks for; a start by loss is an emergency, and so is the hedge's loss."""
    if any(row.row == "T11" and row.to is State.RECOVERING for row in taken):
        return Trigger.EMERGENCY
    if not any(row.row == "T0" for row in taken):
        return None
    deep = now.r_now is not None and now.r_now <= -now.rules.defence.start.loss_r
    return Trigger.EMERGENCY if deep else Trigger.START


def busy(trade: Trade) -> bool:
    """Return whether a command for the trade or a leg has no final outcome."""
    return any(owed.under_way for owed in trade.owed())


def _over(trade: Trade) -> bool:
    record = trade.defence
    ending = record is None or record.state in {State.CLOSING, State.CLOSED}
    return ending or main_gone(trade) or trade.quarantine is not None


def _with_trade(now: Situation, trade: Trade) -> Situation:
    return replace(now, trade=trade, record=trade.defence or now.record)
