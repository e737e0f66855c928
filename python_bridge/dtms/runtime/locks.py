"""
Ticket locks: records in the book, taken and freed by the desk alone, which never waits for one.

A lock covers a trade from the decision to the outcome. What happens to the trade meanwhile is queued on the lock, the last of
each kind, because a position event carries the whole position. An outcome that does not come makes the lock *unknown*: it blocks
changes, not facts.

A kind is an event's type; of a position event also whose position, main or leg, of a deep check also why.
"""

from dataclasses import dataclass, field

from dtms.engine.decide import Event
from dtms.engine.defence.events import DeepCheck, Gone
from dtms.engine.trade import TradeKey
from dtms.wire.messages import PositionChanged, PositionClosed, PositionOpened


@dataclass(slots=True)
class Lock:
    """Who holds it (a command id), since when (monotonic ms), for what."""

    holder: int
    since: int
    what: str
    unknown: bool = False
    queued: dict[object, Event] = field(default_factory=dict)


class Locks:
    """All locks of one account."""

    __slots__ = ("_held",)

    def __init__(self) -> None:
        self._held: dict[TradeKey, Lock] = {}

    def __len__(self) -> int:
        return len(self._held)

    def get(self, key: TradeKey) -> Lock | None:
        """Return the trade's lock, if it is held."""
        return self._held.get(key)

    def take(self, key: TradeKey, holder: int, since: int, what: str, *, overtakes: bool = False) -> bool:
        """Take the lock; false when another holds it. A close overtakes (R17): it inherits what is queued."""
        held = self._held.get(key)
        if held is not None and not overtakes:
            return False
        queued = {} if held is None else held.queued
        self._held[key] = Lock(holder, since, what, queued=queued)
        return True

    def queue(self, key: TradeKey, event: Event) -> bool:
        """Queue an event on the trade; false when its lock is free or unknown, and the event is to be worked in now."""
        held = self._held.get(key)
        if held is None or held.unknown:
            return False
        kind = _kind(event)
        held.queued.pop(kind, None)  # the last of its kind, in the order of the last ones
        held.queued[kind] = event
        return True

    def overtaken(self, key: TradeKey, position_id: int) -> None:
        """A position is gone: what was queued of it is older than its end and would bring it back."""
        held = self._held.get(key)
        if held is not None:
            held.queued.pop((PositionOpened, position_id), None)
            held.queued.pop((PositionChanged, position_id), None)

    def became_unknown(self, key: TradeKey, holder: int) -> list[Event]:
        """Mark the lock as unknown if the holder still has it; return what was queued."""
        held = self._held.get(key)
        if held is None or held.holder != holder:
            return []
        held.unknown = True
        return _take(held)

    def free(self, key: TradeKey, holder: int) -> list[Event]:
        """Free the lock if the holder still has it; return what was queued."""
        held = self._held.get(key)
        if held is None or held.holder != holder:
            return []
        del self._held[key]
        return _take(held)

    def forget(self, key: TradeKey) -> None:
        """The trade is gone, and with it whatever was queued."""
        self._held.pop(key, None)


def _kind(event: Event) -> object:
    match event:
        case PositionOpened() | PositionChanged():
            return type(event), event.position.position_id
        case PositionClosed() | Gone():
            return type(event), event.position_id
        case DeepCheck():
            return event
        case _:
            return type(event)


def _take(lock: Lock) -> list[Event]:
    events = list(lock.queued.values())
    lock.queued.clear()
    return events
