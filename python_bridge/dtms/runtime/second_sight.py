"""
The account as the MetaTrader5 package sees it, beside what the Expert Advisor tells: a lasting disagreement is an alarm, no more.

Nothing is closed, changed or commanded for it: which of the two is wrong cannot be told from here.
"""

from collections.abc import Iterator

from dtms.runtime.book import Book
from dtms.runtime.counters import WitnessCounts
from dtms.runtime.log import Log
from dtms.runtime.reign import Reign
from dtms.wire.messages import Position
from dtms.witness.client import Witness
from dtms.witness.compare import Disagreement, What
from dtms.witness.hearing import Hearing
from dtms.witness.testimony import Answer, Silent


class SecondSight:
    """One account's."""

    __slots__ = ("_book", "_counts", "_hearing", "_log", "_reign", "_witness")

    def __init__(self, witness: Witness, reign: Reign, book: Book, every_s: int, *, counts: WitnessCounts, log: Log) -> None:
        self._witness = witness
        self._reign = reign
        self._book = book
        self._hearing = Hearing(every_s)
        self._counts = counts
        self._log = log

    def advance(self, now: int, utc: int) -> None:
        """Ask when it is time; only while the terminal is connected, as the package would start one that is closed."""
        link = self._reign.links.manager()
        if not (self._witness.wanted and self._reign.view_known and link is not None and link.up):
            return
        offset_s = link.session.offset_s
        if offset_s is not None and self._hearing.due(now):
            self._hearing.asked(self._witness.ask(self._reign.key, utc=utc, offset_s=offset_s), now)

    def heard(self, answer: Answer) -> None:
        """Take an answer; while the positions are not known there is nothing to compare it with."""
        silent = isinstance(answer, Silent)
        self._counts.silences += silent
        self._counts.testimonies += not silent
        verdict = self._hearing.heard(answer, tuple(self._held()) if self._reign.view_known else None)
        if verdict is None:
            return
        if verdict.silent is not None:
            why, detail = verdict.silent.quiet.name.lower(), verdict.silent.detail
            self._log.add("!", "witness_silent", account=self._reign.key, why=why, detail=detail)
        elif verdict.disagreements:
            self._counts.disagreements += len(verdict.disagreements)
            told = "; ".join(_in_words(one) for one in verdict.disagreements)
            self._log.error("witness_disagrees", account=self._reign.key, what=told)
        else:
            self._log.add("=", "witness_agrees", account=self._reign.key)

    def _held(self) -> Iterator[Position]:
        for trade in self._book:
            if trade.defence is None or not trade.defence.gone:
                yield trade.position
            for leg in trade.legs:
                yield leg.held.position


def _in_words(one: Disagreement) -> str:
    match one.what:
        case What.MISSING:
            return f"#{one.position_id} ({one.ours}) is not seen by the package"
        case What.EXTRA:
            return f"#{one.position_id} ({one.theirs}) is seen by the package only"
        case _:
            return f"#{one.position_id} {one.what.value} {one.ours} here, {one.theirs} there"
