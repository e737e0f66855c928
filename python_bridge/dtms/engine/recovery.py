"""
What becomes of a record when it is held against what the terminal holds, and of a position that no record knows.

Read MATRIX first: rows are tried from the top, the first that fits is taken. Nothing here is decided on a view that is not
complete: what is not known is left alone (R15). What a running process has seen itself needs no second look; only a record that an
earlier process left is doubted before its position counts as gone.
"""

import enum
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Final, NamedTuple

from dtms.defence_names import Quality
from dtms.engine.defence.family import Kin
from dtms.engine.generation import same_trade
from dtms.engine.trade import Trade
from dtms.names import DealEntry
from dtms.wire.messages import Deal, Position, PositionClosed

MISSES: Final = 3  # the snapshot that it was first missing from, and two more
_LOT_DUST: Final = 1e-9  # finer than any volume step


class Verdict(enum.StrEnum):
    """What is to be done."""

    NOTHING = "nothing"  # not even forgotten
    RESUME = "resume"  # the record goes on
    ADAPT = "adapt"  # it goes on with the terminal's figures; the difference is written down
    REPLACE = "replace"  # it is put away under quarantine, and the position is registered as a fresh one
    END = "end"  # T1, with the reason and result of the deals
    DOUBT = "doubt"  # state kept, nothing commanded, looked at again
    GONE = "gone"  # T1, and nobody knows why
    LEG_GONE = "leg gone"  # T11 where it was the hedge
    JOIN = "join"  # it is a leg of a trade
    ORPHAN = "orphan"  # closed, with an alarm
    ADOPT = "adopt"  # registered, where the user wants that


class Case(NamedTuple):
    """
    One position, by its record or by the terminal or both.

    ``owner`` is the trade that it is a leg of; ``kin`` what it says of itself where DTMS opened it. ``told``: the deals that closed
    all of it are known. ``missing``: from so many complete snapshots, this one counted.
    """

    record: Trade | None = None
    seen: Position | None = None
    owner: Trade | None = None
    kin: Kin | None = None
    told: bool = False
    missing: int = 0
    complete: bool = True


@dataclass(frozen=True, slots=True)
class Row:
    """One row; ``why`` is said in logs and in the journal."""

    id: str
    fits: Callable[[Case], bool]
    verdict: Verdict
    why: str


def _both(case: Case) -> bool:
    return case.record is not None and case.seen is not None


MATRIX: Final[tuple[Row, ...]] = (
    Row("UNKNOWN", lambda c: not c.complete, Verdict.NOTHING, "the terminal's positions are not known"),
    # A record, and the position is there.
    Row("OTHER", lambda c: _both(c) and _other(c), Verdict.REPLACE, "another symbol, side or opening under the same number"),
    Row("DIFFERS", lambda c: _both(c) and bool(differences(c)), Verdict.ADAPT, "changed while nobody looked"),
    Row("SAME", _both, Verdict.RESUME, "as it was left"),
    # A record, and the position is missing.
    Row("KNOWN_GONE", lambda c: _ended(c.record), Verdict.RESUME, "it was gone before; its legs are not"),
    Row("TOLD", lambda c: c.record is not None and c.told, Verdict.END, "its closing deals are known"),
    Row("MISSING", lambda c: c.record is not None and c.missing < MISSES, Verdict.DOUBT, "missing, and no deal says why"),
    Row("LOST", lambda c: c.record is not None, Verdict.GONE, "missing from three complete snapshots, and no deal says why"),
    # A leg, or a position of ours.
    Row("LEG_MISSING", lambda c: c.owner is not None and c.seen is None, Verdict.LEG_GONE, "a leg is missing"),
    Row("LEG", lambda c: c.owner is not None, Verdict.JOIN, "opened for a trade that is there"),
    Row("ORPHAN", lambda c: c.kin is not None, Verdict.ORPHAN, "opened for a trade that is no more"),
    # Anybody else's.
    Row("FRESH", lambda c: c.seen is not None, Verdict.ADOPT, "no record knows it"),
)


def look_up(case: Case) -> Row:
    """
    Return the first row that fits.

    Raises:
        LookupError: There is neither a record nor a position.
    """
    for row in MATRIX:
        if row.fits(case):
            return row
    raise LookupError("neither a record nor a position")


def _ended(record: Trade | None) -> bool:
    return record is not None and record.defence is not None and record.defence.gone


def _other(case: Case) -> bool:
    if case.record is None or case.seen is None:
        return False
    held = case.record.position
    return held.symbol != case.seen.symbol or not same_trade(held, case.seen)


class Difference(NamedTuple):
    """One figure, as it was recorded and as it is; ``loosened``: a stop that gives more room than was recorded."""

    what: str
    before: float | None
    after: float | None
    loosened: bool = False

    def __str__(self) -> str:
        said = f"{self.what} {_figure(self.before)} -> {_figure(self.after)}"
        return f"{said} (looser; kept)" if self.loosened else said


def _figure(value: float | None) -> str:
    return "none" if value is None else f"{value:.10g}"


def differences(case: Case) -> tuple[Difference, ...]:
    """Return in what the terminal differs from the record."""
    if case.record is None or case.seen is None:
        return ()
    held, seen, found = case.record.position, case.seen, list[Difference]()
    if abs(held.volume - seen.volume) > _LOT_DUST:
        what = "external partial: volume" if seen.volume < held.volume else "volume"
        found.append(Difference(what, held.volume, seen.volume))
    if held.stop_loss != seen.stop_loss:
        found.append(Difference("stop", held.stop_loss, seen.stop_loss, _looser(case.record, seen)))
    if held.take_profit != seen.take_profit:
        found.append(Difference("target", held.take_profit, seen.take_profit))
    return tuple(found)


def _looser(record: Trade, seen: Position) -> bool:
    before, after = record.position.stop_loss, seen.stop_loss
    return before is not None and (after is None or record.side.direction * (after - before) < 0)


def doubted(trade: Trade) -> Trade:
    """Return the trade as one whose position is missing; its state stays."""
    return trade if trade.defence is None else replace(trade, defence=replace(trade.defence, quality=Quality.SUSPECT))


def believed(trade: Trade) -> Trade:
    """Return the trade as one whose position was seen again."""
    record = trade.defence
    doubt = record is not None and record.quality is Quality.SUSPECT
    return replace(trade, defence=replace(record, quality=Quality.UNKNOWN)) if doubt and record is not None else trade


def admitted(trade: Trade, *, wanted: bool) -> Trade:
    """
    Return the record under the user's choice of now.

    What is not managed any more has no defence; one that opened legs is led to its end all the same.
    """
    if trade.managed is wanted or trade.legs:
        return trade
    return replace(trade, managed=wanted, defence=trade.defence if wanted else None)


def ending(trade: Trade, deals: Iterable[Deal]) -> PositionClosed | None:
    """Return the end of a position as its deals tell it, the last one's reason with the sum of them; None: lots are missing."""
    last: Deal | None = None
    volume = worth = profit = swap = cost = 0.0
    for deal in sorted(deals, key=lambda deal: (deal.ts_event, deal.deal), reverse=True):
        if deal.entry is DealEntry.IN or volume >= trade.position.volume - _LOT_DUST:
            continue
        last = last or deal
        volume, worth = volume + deal.volume, worth + deal.volume * deal.price
        profit, swap, cost = profit + deal.profit, swap + deal.swap, cost + deal.commission + deal.fee
    if last is None or volume < trade.position.volume - _LOT_DUST:
        return None
    return PositionClosed(
        ts_event=last.ts_event,
        position_id=trade.key.position_id,
        ticket=trade.position.ticket,
        symbol=trade.position.symbol,
        side=trade.side,
        volume=volume,
        price_close=worth / volume,
        profit=profit,
        swap=swap,
        commission=cost,
        reason=last.reason,
        deal=last.deal,
        by_command=0,
    )
