"""
What a decision of the defence carries: its inputs, every condition that was read with limit and margin, the rows taken, the result.

Built of references to frozen values, so that it costs a decision next to nothing; written out by ``verify.dump``.
"""

from dataclasses import dataclass

from dtms.defence_names import State
from dtms.engine.defence.notes import Note
from dtms.engine.defence.step import Looked, Taken
from dtms.engine.events import Event, Moment, Rules
from dtms.engine.market import Market
from dtms.engine.trade import Trade
from dtms.wire.messages import Command


@dataclass(frozen=True, slots=True)
class Proof:
    """
    Inputs: ``before``, ``event``, ``market`` with score and groups, ``moment``, ``rules``. The rest follows from them.

    ``digest`` names the whole configuration. ``looked`` are the conditions in the order in which they were read.
    """

    before: Trade
    event: Event
    market: Market
    moment: Moment
    rules: Rules
    digest: str
    looked: tuple[Looked, ...]
    taken: tuple[Taken, ...]
    state: State
    command: Command | None
    notes: tuple[Note, ...]

    @property
    def rule(self) -> str:
        """The rows that were taken, or that none was."""
        return " ".join(row.row for row in self.taken) or "none"
