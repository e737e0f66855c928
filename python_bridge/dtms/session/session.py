"""
One life of a terminal under one epoch: what survives a connection (R06).

Numbers of both directions, what may have to be sent again, the terminal's clock, the server's offset from UTC, and what the
terminal has told it holds. Sends nothing by itself; ``Peer`` speaks for it.
"""

from dtms.errors import WireError
from dtms.names import RejectWhy
from dtms.session.counts import LinkCounts
from dtms.session.digest import DigestView
from dtms.session.events import DigestDiffers, Event, OffsetChanged, SnapshotArrived, SnapshotUnusable
from dtms.session.numbering import Inbound, Kept, KeptFrame, Place
from dtms.session.openings import Openings
from dtms.session.server_time import ticks_to_utc, to_utc
from dtms.session.snapshot import Assembly
from dtms.settings import LinkSettings
from dtms.wire.messages import (
    ClockOffset,
    Digest,
    Heartbeat,
    Logon,
    Message,
    PositionChanged,
    PositionClosed,
    PositionOpened,
    Snapshot,
    SnapshotRequest,
    Ticks,
)

DISAGREEMENTS_THAT_COUNT = 2  # R13: one may be a frame on its way


class Session:
    """State of one (nonce, epoch)."""

    __slots__ = (
        "_counts",
        "_disagreements",
        "_ea_at",
        "_ea_clock",
        "_inbound",
        "_openings",
        "_view",
        "assembly",
        "epoch",
        "hands_off",
        "kept",
        "nonce",
        "offset_s",
        "settings",
        "ticks_seen",
        "ticks_sent",
        "view_known",
    )

    def __init__(
        self, nonce: int, epoch: int, settings: LinkSettings, counts: LinkCounts, now: int, *, openings: Openings | None = None
    ) -> None:
        self.nonce = nonce
        self.epoch = epoch
        self.settings = settings
        self.kept = Kept(settings.keep_frames, settings.keep_bytes)
        self.ticks_seen = 0
        self.ticks_sent = 0  # as the terminal says in its heartbeats
        self.offset_s: int | None = None
        self.hands_off = False
        self.view_known = False
        self.assembly = Assembly(now, settings.max_positions)
        self._counts = counts
        self._inbound = Inbound()
        self._openings = openings or Openings()  # outlives the session
        self._view = DigestView(settings.max_positions)
        self._disagreements = 0
        self._ea_clock = 0
        self._ea_at = now

    @property
    def seq_seen(self) -> int:
        """The last durable frame received without a hole."""
        return self._inbound.highest

    def frames_to_resume(self, logon: Logon) -> tuple[KeptFrame, ...] | None:
        """Return what the terminal lacks, or None where only a fresh start will do (R11)."""
        return self.kept.since(logon.highest_seq_seen)

    def heard(self, ea_clock: int, now: int) -> None:
        """Take the terminal's clock from a frame."""
        self._ea_clock = ea_clock
        self._ea_at = now

    def deadline(self, now: int, ttl_ms: int) -> int:
        """Return the terminal's clock in ``ttl_ms`` from now: early by the one-way delay, never late (R21)."""
        return self._ea_clock + (now - self._ea_at) + ttl_ms

    def learn_offset(self, offset_s: int | None) -> list[Event]:
        """Take the server's offset from UTC; an unknown one leaves what is known."""
        if offset_s is None or offset_s == self.offset_s:
            return []
        before, self.offset_s = self.offset_s, offset_s
        self._counts.offset_changes += before is not None
        return [OffsetChanged(before, offset_s)]

    def place_ticks(self, ticks: Ticks) -> Ticks | None:
        """
        Return the quotes that are new, times in UTC; None when all came before.

        Raises:
            WireError: Numbers are missing.
        """
        tick_seq, rows = ticks
        repeated = self.ticks_seen - (tick_seq - len(rows))
        if repeated:
            if repeated < 0:
                raise WireError(RejectWhy.GAP, f"quote {tick_seq} in {len(rows)} after {self.ticks_seen}")
            self._counts.duplicates += 1
            rows = rows[repeated:]
            if not rows:
                return None
        self.ticks_seen = tick_seq
        if self.offset_s:
            rows = ticks_to_utc(rows, self.offset_s)
        return ticks if rows is ticks.ticks else Ticks(tick_seq, rows)

    def place(self, seq: int, message: Message, now: int) -> list[Event]:
        """
        Apply a durable message if it is the next one.

        Raises:
            WireError: Numbers are missing.
        """
        place = self._inbound.place(seq)
        if place is Place.NEXT:
            return self._apply(message, now)
        if place is Place.DUPLICATE:
            self._counts.duplicates += 1
            return []
        raise WireError(RejectWhy.GAP, f"frame {seq} after {self._inbound.highest}", seq=seq, message_type=message.TYPE)

    def _apply(self, message: Message, now: int) -> list[Event]:
        events: list[Event] = []
        if isinstance(message, ClockOffset):
            events += self.learn_offset(message.utc_offset_s)
        message = self._openings.settle(message, to_utc(message, self.offset_s or 0), self.offset_s)
        if isinstance(message, Snapshot):
            return events + self._take_part(message, now)
        if isinstance(message, (PositionOpened, PositionChanged)) and not self._view.has_room(message.position.position_id):
            raise WireError(RejectWhy.BAD_VALUE, f"more than {self.settings.max_positions} positions", message_type=message.TYPE)
        self.assembly.note(message)
        if isinstance(message, (PositionOpened, PositionChanged)):
            self._view.put(message.position)
        elif isinstance(message, PositionClosed):
            self._view.remove(message.position_id, message.ticket)
        return [*events, message]

    def _take_part(self, part: Snapshot, now: int) -> list[Event]:
        whole = self.assembly.take(part)
        if isinstance(whole, SnapshotArrived):
            self._view.replace(whole.positions)
            self._openings.keep({position.position_id for position in whole.positions})
            self.view_known = True
            self._disagreements = 0
        elif isinstance(whole, SnapshotUnusable):
            self.view_known = False
            self.assembly.awaited_since = now
            self.assembly.awaited = True
        return [] if whole is None else [whole]

    def own_digest(self) -> Digest | None:
        """Return what we believe, or None while a snapshot is on its way."""
        return self._view.digest() if self.view_known and not self.assembly.awaited else None

    def compare(self, heartbeat: Heartbeat) -> list[Event]:
        """Compare the terminal's digest with ours; the second disagreement in a row is an event (R13)."""
        ours = self.own_digest()
        if ours is None or heartbeat.digest is None or heartbeat.digest == ours:
            self._disagreements = 0
            return []
        self._disagreements += 1
        if self._disagreements < DISAGREEMENTS_THAT_COUNT:
            return []
        self._disagreements = 0
        return [DigestDiffers()]

    def ask_snapshot(self, why: str, now: int) -> SnapshotRequest:
        """Return the request for a fresh snapshot; an unfinished one is void from here on."""
        self.assembly.expect(now)
        return SnapshotRequest(why=why)
