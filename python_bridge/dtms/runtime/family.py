"""
Which positions belong to which trade: the hedges and re-adds that DTMS opened are never trades of their own (D-51).

A position of ours is found by what it says of itself, or by the command that opened it, or because its trade knows it.
"""

from dtms.engine.defence.family import kin
from dtms.engine.trade import Trade, TradeKey
from dtms.runtime.book import Book
from dtms.wire.messages import Command, ExecutionReport, OpenPosition, Position, ReducePosition

_OPENINGS_KEPT = 10_000


class Family:
    """Legs and openings of one account by the trade that they are of."""

    __slots__ = ("_book", "_legs", "_openings")

    def __init__(self, book: Book) -> None:
        self._book = book
        self._legs: dict[int, TradeKey] = {}  # by position id
        self._openings: dict[int, TradeKey] = {}  # by command id

    def __contains__(self, position_id: int) -> bool:
        return position_id in self._legs

    def owner(self, position_id: int) -> Trade | None:
        """Return the trade that a position is a leg of."""
        key = self._legs.get(position_id)
        return None if key is None else self._book.get(key)

    def claim(self, position: Position) -> Trade | None:
        """Return the trade that a position of ours is for, None where there is no such trade any more."""
        known = self.owner(position.position_id)
        said = kin(position)
        if known is not None or said is None:
            return known
        key = self._openings.get(said.command_id)
        # A record that was put away for a fresh one of the same position leaves its legs to that.
        opener = None if key is None else self._book.get(key) or self._book.of_position(key.position_id)
        if opener is not None or said.for_position is None:
            return opener
        return self._book.of_position(said.for_position)

    @staticmethod
    def is_ours(position: Position) -> bool:
        """Return whether DTMS opened a position."""
        return kin(position) is not None

    def ordered(self, key: TradeKey, command: Command) -> None:
        """Take that a command is on its way."""
        if isinstance(command, OpenPosition):
            self.opened(key, command.command_id)

    def opened(self, key: TradeKey, command_id: int) -> None:
        """Take that this command is to open a leg, or has."""
        self._openings[command_id] = key
        while len(self._openings) > _OPENINGS_KEPT:
            del self._openings[next(iter(self._openings))]

    def became(self, before: Trade | None, after: Trade) -> None:
        """Take the next value of a trade."""
        held = () if before is None else before.legs
        if held is after.legs:
            return
        for leg in held:
            self._legs.pop(leg.held.key.position_id, None)
        for leg in after.legs:
            self._legs[leg.held.key.position_id] = after.key

    def ended(self, trade: Trade) -> None:
        """The trade is no more."""
        for leg in trade.legs:
            self._legs.pop(leg.held.key.position_id, None)

    def absent(self, positions: set[int]) -> list[tuple[TradeKey, int]]:
        """Return the legs, with their trade, that are none of these positions."""
        return [(key, number) for number, key in self._legs.items() if number not in positions]

    def lots(self) -> float:
        """Return the volume of all legs."""
        keys = dict.fromkeys(self._legs.values())
        trades = (self._book.get(key) for key in keys)
        return sum(leg.held.position.volume for trade in trades if trade is not None for leg in trade.legs)


def speaks_of(trade: Trade, command: Command | None, report: ExecutionReport) -> bool:
    """Return whether a report can be the answer to a command of this trade, by the position that it names."""
    named = report.position_id
    if named in {0, trade.key.position_id} or isinstance(command, OpenPosition):
        return True
    if isinstance(command, ReducePosition) and report.ticket == command.ticket:
        return True  # a leg whose end was told before the answer to its close
    return any(leg.held.key.position_id == named for leg in trade.legs)
