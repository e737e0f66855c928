"""What the store is told of a trade's change: whether it is worth a row, and the rows beside the trade itself."""

from dataclasses import replace

from dtms.defence_names import Action, NoteKind
from dtms.engine.decide import Decision
from dtms.engine.defence.notes import Note
from dtms.engine.defence.record import Defence
from dtms.engine.market import Market
from dtms.engine.trade import Leg, Trade, TradeKey
from dtms.names import OpenKind
from dtms.store.rows import Hedge, HedgeClosed, Progress, Row, ScoreTaken, Transition, TransitionEnded


def differs(before: Trade, after: Trade) -> bool:
    """Return whether something changed that has to outlive the process: no floating result, no stamp of the process's clock."""
    if before is after:
        return False
    if after.position is not before.position:
        figures = {"profit": before.position.profit, "swap": before.position.swap}
        after = replace(after, position=after.position.model_copy(update=figures))
    return replace(after, defence=_stamped(before.defence, after.defence)) != before


def _stamped(before: Defence | None, after: Defence | None) -> Defence | None:
    if before is None or after is None or before is after:
        return after
    return replace(after, fast_at=before.fast_at, deep_at=before.deep_at, event_at=before.event_at, sent_at=before.sent_at)


def rows(before: Trade | None, decision: Decision, market: Market, utc: int) -> tuple[Row, ...]:
    """Return what goes with the next value of a trade: transitions, a score, hedges that came or went."""
    after = decision.trade
    if before is None or after.defence is None or after.defence is before.defence:
        return ()
    return (
        *_transitions(before.defence, after.defence, decision, market, utc),
        *_score(before.defence, after),
        *_hedges(before, after, utc),
    )


def _transitions(before: Defence | None, defence: Defence, decision: Decision, market: Market, utc: int) -> list[Row]:
    key = decision.trade.key
    told: list[Row] = [
        _transition(key, defence, note, _regime(market), utc) for note in decision.notes if note.kind is NoteKind.TRANSITION
    ]
    if not told and before is not None and before.duties and not defence.duties:
        failed = any(note.kind is NoteKind.ALARM for note in decision.notes)
        told.append(TransitionEnded(key, Progress.FAILED if failed else Progress.DONE))
    return told


def _transition(key: TradeKey, defence: Defence, note: Note, regime: str, utc: int) -> Row:
    values, mark = dict(note.values), defence.mark
    score = values["score"]  # a fact that led to the state has none; then what was judged last counts
    if score is None and mark is not None:
        score = mark.total
    return Transition(
        key,
        utc,
        str(values["source"]),
        str(values["to"]),
        f"{values['row']}: {note.text.partition(': ')[2]}",
        float(score) if isinstance(score, float | int) else None,
        None if mark is None else mark.coverage,
        regime,
        Progress.PENDING if defence.duties else Progress.DONE,
    )


def _regime(market: Market) -> str:
    judgement = None if market.view is None else market.view.judgement
    return "" if judgement is None else judgement.volatility.value


def _score(before: Defence | None, after: Trade) -> list[Row]:
    mark = None if after.defence is None else after.defence.mark
    if mark is None or (before is not None and before.mark is not None and before.mark.bar == mark.bar):
        return []
    groups = {group.name: group.contribution for group in mark.groups}
    return [ScoreTaken(after.key, mark.bar, mark.total, groups, mark.coverage)]


def _hedges(before: Trade, after: Trade, utc: int) -> list[Row]:
    if before.legs is after.legs:
        return []
    were, there = _by_number(before), _by_number(after)
    reason = "" if before.defence is None else next((d.row for d in before.defence.duties if d.action is Action.OPEN_HEDGE), "")
    came = [_hedge(after, leg, reason, utc) for number, leg in there.items() if number not in were]
    return [*came, *(HedgeClosed(after.key, leg.held.position.ticket, utc) for number, leg in were.items() if number not in there)]


def _by_number(trade: Trade) -> dict[int, Leg]:
    return {leg.held.key.position_id: leg for leg in trade.legs if leg.kind is OpenKind.HEDGE}


def open_hedges(trade: Trade) -> list[Row]:
    """Return the hedges that a trade has now; which row of the state table asked for them is not known any more."""
    return [_hedge(trade, leg, "", leg.held.position.ts_open) for leg in _by_number(trade).values()]


def _hedge(trade: Trade, leg: Leg, reason: str, utc: int) -> Row:
    held = leg.held.position
    return Hedge(trade.key, held.ticket, held.volume, held.price_open, held.stop_loss, utc, None, reason)
