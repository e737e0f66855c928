"""Putting a snapshot together from its parts, and asking for another when it does not come (R15)."""

from dtms.session.events import SnapshotArrived, SnapshotUnusable
from dtms.wire.messages import Message, Position, PositionChanged, PositionClosed, PositionOpened, Snapshot


class Assembly:
    """
    The parts of one snapshot.

    A new snapshot makes an unfinished older one void. Position events between the parts are younger than the snapshot and win
    over it.
    """

    __slots__ = ("_announced", "_gone", "_id", "_max_positions", "_parts", "_positions", "_younger", "awaited", "awaited_since")

    def __init__(self, now: int, max_positions: int) -> None:
        self._max_positions = max_positions
        self._announced = (0, 0)
        self.awaited = True
        self.awaited_since = now
        self._id = 0
        self._parts = 0
        self._positions: list[Position] = []
        self._younger: dict[int, Position] = {}
        self._gone: dict[int, int] = {}  # ticket by position id

    def expect(self, now: int) -> None:
        """A snapshot was asked for; what is unfinished counts no more."""
        self.awaited = True
        self.awaited_since = now
        self._start(0)

    @property
    def unfinished(self) -> bool:
        """Whether parts came and more are to come."""
        return self._parts > 0

    def note(self, message: Message) -> None:
        """Take a position event that came while parts are missing."""
        if not self._parts:
            return
        if isinstance(message, (PositionOpened, PositionChanged)):
            self._younger[message.position.position_id] = message.position
            self._gone.pop(message.position.position_id, None)
        elif isinstance(message, PositionClosed):
            younger = self._younger.get(message.position_id)
            if younger is not None and younger.ticket != message.ticket:
                return  # what ended is an earlier generation of it
            self._younger.pop(message.position_id, None)
            self._gone[message.position_id] = message.ticket
            if len(self._gone) > self._max_positions:
                self._start(0)  # no snapshot takes so long: another is asked for

    def take(self, part: Snapshot) -> SnapshotArrived | SnapshotUnusable | None:
        """Take a part; return the whole when it is the last, or why it cannot be used."""
        if part.part == 1:
            self._start(part.snapshot_id)
            self._announced = (part.parts, part.count)
        elif part.snapshot_id != self._id or not self._parts:
            return None  # the rest of one that was given up
        if (fault := self._fault(part)) is not None:
            self._start(0)
            return SnapshotUnusable(fault)
        self._parts += 1
        self._positions.extend(part.positions)
        return self._finish(part) if part.part == part.parts else None

    def _fault(self, part: Snapshot) -> str | None:
        held = len(self._positions) + len(part.positions)
        if not part.ok:
            return "the terminal could not read its positions"
        if part.part != self._parts + 1 or part.part > part.parts:
            return f"part {part.part} of {part.parts} came after part {self._parts}"
        if (part.parts, part.count) != self._announced or part.parts > part.count + 1:
            return f"{part.count} positions in {part.parts} parts, announced were {self._announced[1]} in {self._announced[0]}"
        if part.count > self._max_positions:
            return f"{part.count} positions, at most {self._max_positions} are managed"
        return f"{held} positions came, {part.count} were announced" if held > part.count else None

    def _finish(self, last: Snapshot) -> SnapshotArrived | SnapshotUnusable:
        held, younger, gone = self._positions, self._younger, self._gone
        self._start(0)
        if len(held) != last.count or len({p.position_id for p in held}) != last.count:
            return SnapshotUnusable(f"{len(held)} positions came, {last.count} were announced")
        self.awaited = False
        merged = {position.position_id: position for position in held} | younger
        for position_id, ticket in gone.items():
            if position_id in merged and merged[position_id].ticket == ticket:
                del merged[position_id]
        return SnapshotArrived(tuple(merged.values()), last.ts_event)

    def _start(self, snapshot_id: int) -> None:
        self._id = snapshot_id
        self._parts = 0
        self._positions = []
        self._younger = {}
        self._gone = {}
