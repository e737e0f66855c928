"""What can happen to a trade, with what moment and by which rules it is decided; messages of the wire are events as they are."""

from typing import NamedTuple

from dtms.engine import close
from dtms.engine.defence.events import DeepCheck, Gone
from dtms.engine.defence.rules import DefenceRules
from dtms.settings import BreakEvenSettings, CloseSettings
from dtms.wire.messages import ExecutionReport, PositionChanged, PositionClosed, PositionOpened, SymbolSpec


class Look(NamedTuple):
    """Nothing happened to the trade itself: a trigger price was reached, or a check is due. It is the defence's fast check."""


class Vanished(NamedTuple):
    """A command became unknown: no outcome came in time (R19)."""

    command_id: int


class Expired(NamedTuple):
    """A command's time ran out and it is known not to have been carried out."""

    command_id: int


class CloseAsked(NamedTuple):
    """Somebody wants the position closed."""

    by: str


Ending = ExecutionReport | Vanished | Expired  # of a command
Event = (
    PositionOpened
    | PositionChanged
    | PositionClosed
    | Gone
    | SymbolSpec
    | Look
    | DeepCheck
    | CloseAsked
    | ExecutionReport
    | Vanished
    | Expired
)


class Moment(NamedTuple):
    """Time (monotonic ms), the id that a command would get, where the trade's close stands among others, the time in ms UTC."""

    now: int
    command_id: int
    turn: close.Turn = close.Turn.NOW
    utc: int = 0


class Rules(NamedTuple):
    """What the user set; without the last, nothing but closes and the break-even rule is decided."""

    break_even: BreakEvenSettings
    close: CloseSettings
    defence: DefenceRules | None = None
