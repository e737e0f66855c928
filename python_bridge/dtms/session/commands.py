"""
Commands that are under way: their clock, their answer, and what becomes of them after a reconnect (R16 to R23).

One registry an account; it outlives sessions. What it holds is never forgotten before its outcome is known.
"""

import enum
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, NamedTuple

from dtms.errors import DtmsError
from dtms.names import RiskClass
from dtms.session.session import Session
from dtms.settings import LinkSettings
from dtms.wire.messages import Command, ExecutionReport

COUNTER_BITS: Final = 24  # R23: command_id = epoch (20 bits) and a counter
OURS: Final = 1 << 23  # counters below are the bridge's; those with this bit are the Expert Advisor's own acts (R27)
EPOCH_BITS: Final = 20


class Stage(enum.Enum):
    """How far a command got."""

    WAITING = "waiting"  # its intent is not committed yet
    SENT = "sent"
    UNKNOWN = "unknown"  # no outcome in time, or the terminal says so; only evidence ends it


class CommandIds:
    """Numbers that no other process and no other life of this one gives (R23)."""

    __slots__ = ("_counter", "epoch")

    def __init__(self, epoch: int) -> None:
        if not 0 < epoch < 1 << EPOCH_BITS:
            raise DtmsError(f"epoch {epoch} does not fit its {EPOCH_BITS} bits")
        self.epoch = epoch
        self._counter = 0

    def peek(self) -> int:
        """Return the id that ``take`` will give."""
        return self.epoch << COUNTER_BITS | self._counter + 1

    def gave(self, command_id: int) -> bool:
        """Return whether the id was given here."""
        return 0 < command_id - (self.epoch << COUNTER_BITS) <= self._counter

    def take(self) -> int:
        """Return the next id and never give it again."""
        self._counter += 1
        if self._counter >= OURS:
            raise DtmsError("an epoch has no more command ids; restart the service for another")
        return self.epoch << COUNTER_BITS | self._counter


@dataclass(slots=True)
class Outstanding:
    """
    A command without its final outcome.

    Times are ms: ``decided_utc`` since 1970, the others monotonic. ``command.deadline_ms`` and ``session`` (the nonce of the life
    it was sent to) are 0 until it is stamped. After ``settled_at`` a complete snapshot tells what became of it.
    """

    command: Command
    decided_at: int
    decided_utc: int
    ttl_ms: int
    stage: Stage = Stage.WAITING
    sent_at: int = 0
    reported: bool = False
    session: int = 0
    settled_at: int = 0

    def left_ms(self, now: int, utc: int) -> int:
        """Return what is left of its time to live by both clocks."""
        return self.ttl_ms - max(now - self.decided_at, utc - self.decided_utc)


class Renewed(NamedTuple):
    """What a fresh session does to the outstanding commands."""

    again: list[Outstanding]
    expired: list[Outstanding]
    unknown: list[Outstanding]


class Commands:
    """The registry."""

    __slots__ = ("_held", "_settings")

    def __init__(self, settings: LinkSettings) -> None:
        self._settings = settings
        self._held: dict[int, Outstanding] = {}

    def __len__(self) -> int:
        return len(self._held)

    def __iter__(self) -> Iterator[Outstanding]:
        return iter(tuple(self._held.values()))

    def get(self, command_id: int) -> Outstanding | None:
        """Return what is known of a command under way."""
        return self._held.get(command_id)

    def time_to_live(self, risk: RiskClass) -> int:
        """Return the time to live in ms (R21)."""
        times = {
            RiskClass.RAISE: self._settings.ttl_raise_ms,
            RiskClass.NEUTRAL: self._settings.ttl_modify_ms,
            RiskClass.REDUCE: self._settings.ttl_reduce_ms,
        }
        return times[risk]

    def decide(self, command: Command, now: int, utc: int) -> Outstanding:
        """Take a command that was decided now and is not sent yet."""
        entry = Outstanding(command, now, utc, self.time_to_live(command.risk_class))
        self._held[command.command_id] = entry
        return entry

    def recall(self, command: Command, decided_utc: int, ttl_ms: int, now: int, utc: int) -> Outstanding:
        """
        Take a command of the process before that has no final answer: nobody knows whether it left, or what became of it.

        By the clock it is in time until its time to live is over; one that was decided in the future is not, for the clock was
        turned back.
        """
        age = utc - decided_utc if utc >= decided_utc else ttl_ms
        entry = Outstanding(command, now - age, decided_utc, ttl_ms, Stage.UNKNOWN)
        entry.settled_at = now + max(ttl_ms - age, 0) + self._settings.unknown_after_ms
        self._held[command.command_id] = entry
        return entry

    def recalled(self) -> list[Outstanding]:
        """Return those of the process before that have not been sent by this one."""
        return [entry for entry in self._held.values() if entry.stage is Stage.UNKNOWN and entry.session == 0]

    def stamp(self, entry: Outstanding, session: Session, now: int, utc: int) -> Command | None:
        """Return the command with its deadline for this session, or None when its time is up."""
        left = entry.left_ms(now, utc)
        if left <= 0:
            return None
        entry.command = entry.command.model_copy(update={"deadline_ms": session.deadline(now, left)})
        entry.stage = Stage.SENT
        entry.sent_at = now
        entry.reported = False
        entry.session = session.nonce
        entry.settled_at = now + entry.ttl_ms + self._settings.unknown_after_ms
        return entry.command

    def answer(self, report: ExecutionReport) -> Outstanding | None:
        """Return the command that the report answers; a final outcome ends it. None: no such command is under way."""
        entry = self._held.get(report.command_id)
        if entry is None:
            return None
        if report.outcome.final:
            del self._held[report.command_id]
        else:
            entry.stage = Stage.UNKNOWN
            entry.reported = True
        return entry

    def doubt(self, command_id: int) -> None:
        """Take that the answer to a command cannot be believed: it is unknown until the position tells."""
        entry = self._held.get(command_id)
        if entry is not None:
            entry.stage = Stage.UNKNOWN
            entry.reported = False

    def close(self, command_id: int) -> None:
        """End a command whose outcome was learned in another way than by a report."""
        self._held.pop(command_id, None)

    def overdue(self, now: int) -> list[Outstanding]:
        """
        Return, once each, the commands that have become unknown for want of an answer (R19).

        A command may wait in the terminal for all its time to live; the time for an outcome begins with the request.
        """
        late = [e for e in self._held.values() if e.stage is Stage.SENT and now >= e.settled_at]
        for entry in late:
            entry.stage = Stage.UNKNOWN
        return late

    def unanswered(self, now: int) -> list[int]:
        """Return the commands that nobody will answer any more and whose time has passed: only a look at the position can tell."""
        held = self._held.values()
        return [e.command.command_id for e in held if e.stage is Stage.UNKNOWN and not e.reported and now > e.settled_at]

    def may_act_until(self, nonce: int) -> int:
        """Return the last moment at which this life of the terminal may still make a request; 0: it owes no answer."""
        held = (e.settled_at for e in self._held.values() if e.session == nonce and e.stage is not Stage.WAITING)
        return max(held, default=self._settings.unknown_after_ms) - self._settings.unknown_after_ms

    def life_ended(self, nonce: int, now: int) -> None:
        """This life of the terminal makes no request any more; one that it made is decided so long after."""
        for entry in self._held.values():
            if entry.session == nonce:
                entry.settled_at = min(entry.settled_at, now + self._settings.unknown_after_ms)

    def renew(self, nonce: int, now: int, utc: int) -> Renewed:
        """
        A fresh session began: say which commands are sent again with their ids, and which are out of time (R21).

        A deadline holds only for its session, so the terminal will not run an old frame. What went to another life of a terminal
        is neither sent again nor ended, in time or not: that life may have made the request, and this one knows nothing of it. It
        is unknown until the position tells, even if that life had said so. The same holds for one that may have raised risk.
        """
        renewed = Renewed([], [], [])
        for entry in tuple(self._held.values()):
            if entry.stage is Stage.WAITING:
                continue
            if entry.session != nonce:
                if entry.stage is Stage.SENT:
                    renewed.unknown.append(entry)
                entry.stage = Stage.UNKNOWN
                entry.reported = False
            elif entry.left_ms(now, utc) > 0:
                renewed.again.append(entry)
            elif entry.command.risk_class is RiskClass.RAISE:
                entry.stage = Stage.UNKNOWN
            else:
                del self._held[entry.command.command_id]
                renewed.expired.append(entry)
        return renewed
