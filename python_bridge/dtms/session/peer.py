"""
One connection: bytes in, events out, bytes to send asked for with ``take_outgoing``.

A peer begins unknown. Its first frame must be a Logon, which comes out as ``LogonReceived``; the shell answers it with ``accept``
or ``refuse``. From then on the connection speaks for a ``Session``.
"""

from dtms.errors import LinkLost, WireError
from dtms.names import LogoutWhy, OnSilence, Permission, RejectWhy, Role
from dtms.session.counts import LinkCounts
from dtms.session.events import (
    End,
    Event,
    HigherEpoch,
    LinkBack,
    LinkEnded,
    LinkSilent,
    LogonReceived,
    PoisonAlarm,
)
from dtms.session.liveness import Liveness
from dtms.session.poison import BadFrame, PoisonLog
from dtms.session.session import Session
from dtms.session.speaker import Speaker
from dtms.session.states import Signal, State, step
from dtms.settings import LinkSettings
from dtms.wire.codec import Frame, decode
from dtms.wire.messages import (
    PROTOCOL_VERSION,
    Credit,
    Heartbeat,
    Logon,
    LogonAccepted,
    LogonRefused,
    Logout,
    Message,
    Reject,
    TestRequest,
    Ticks,
)

_DETAIL_MAX = 512  # Text of the wire
_TYPE_MAX = 2**32 - 1
_CREDIT_PARTS = 4  # PROTOCOL.md 4: acknowledged at the latest when a quarter of the window is open


class Peer:
    """The protocol state of one connection."""

    __slots__ = (
        "_counts",
        "_credited",
        "_liveness",
        "_logon_clock",
        "_nonce",
        "_poison",
        "_quarter",
        "_settings",
        "_speaker",
        "_state",
        "_test_id",
        "session",
    )

    def __init__(self, settings: LinkSettings, counts: LinkCounts) -> None:
        self._settings = settings
        self._counts = counts
        self._state = State.NEW
        self._speaker = Speaker()
        self._liveness = Liveness(settings, 0)
        self._poison: PoisonLog | None = None
        self._quarter = settings.credit_window // _CREDIT_PARTS
        self._nonce = 0
        self._logon_clock = 0
        self._credited = 0
        self._test_id = 0
        self.session: Session | None = None

    @property
    def state(self) -> State:
        """Where the connection stands."""
        return self._state

    @property
    def heard_at(self) -> int:
        """Monotonic ms of the last frame."""
        return self._liveness.heard_at

    def longest_beat_gap(self, now: int) -> int:
        """Return the longest time in ms between two heartbeats received on this connection."""
        return self._liveness.theirs.longest(now)

    def longest_own_beat_gap(self, now: int) -> int:
        """Return the longest time in ms between two heartbeats sent on it."""
        return self._liveness.ours.longest(now)

    def take_outgoing(self) -> list[bytes]:
        """Return the frames to send, in order, and forget them."""
        return self._speaker.take()

    # What the shell decides

    def accept(self, session: Session, logon: Logon, answer: LogonAccepted, poison: PoisonLog, now: int) -> None:
        """Answer the logon with yes; with ``answer.resume`` the terminal gets again what it has not seen."""
        self._state = step(self._state, Signal.ACCEPTED)
        self.session = session
        self._poison = poison
        self._liveness = Liveness(self._settings, now)
        self._credited = session.ticks_seen
        session.heard(self._logon_clock, now)
        if session.offset_s is None:  # a session that goes on hears of a change in its place among what is sent again
            session.learn_offset(logon.utc_offset_s)
        session.hands_off = logon.hands_off
        self._speaker.say(session, answer, now)
        if not answer.resume:
            return
        session.kept.acknowledged(logon.highest_seq_seen)
        self._counts.resent += self._speaker.say_again(session, session.frames_to_resume(logon) or (), now)
        if session.assembly.awaited or session.assembly.unfinished:
            self.send(session.ask_snapshot("the last one was cut off", now), now)

    def refuse(self, answer: LogonRefused, now: int) -> None:
        """Answer the logon with no."""
        self._state = step(self._state, Signal.REFUSED)
        self._speaker.refuse(self._nonce, answer, now)

    def send(self, message: Message, now: int) -> None:
        """
        Queue a message.

        Raises:
            LinkLost: The connection is not up.
        """
        if self.session is None or self._state not in {State.UP, State.SILENT}:
            raise LinkLost(f"connection is {self._state.value}")
        self._speaker.say(self.session, message, now)

    def logout(self, why: LogoutWhy, plan: OnSilence, now: int) -> None:
        """Take leave; nothing is sent after it."""
        self.send(Logout(why=why, plan=plan), now)
        self._state = step(self._state, Signal.LOGOUT)

    def lost(self, detail: str) -> list[Event]:
        """The transport says that the connection is gone or that the peer does not read."""
        return self._end(Signal.LOST, End.LOST, detail)

    def replaced(self) -> list[Event]:
        """A younger connection brought the same session, or a younger life of the same terminal logged on."""
        return self._end(Signal.REPLACED, End.REPLACED, "a younger connection took over")

    def _end(self, signal: Signal, why: End, detail: str, *, session_over: bool = False) -> list[Event]:
        if self._state is State.CLOSED:
            return []
        self._state = step(self._state, signal)
        return [LinkEnded(why, detail, session_over)]

    # What time brings

    def advance(self, now: int, utc: int) -> list[Event]:
        """Look at the clock, after the socket was drained: heartbeat, test request, silence, an overdue snapshot."""
        session = self.session
        if session is None or self._state not in {State.UP, State.SILENT}:
            return []
        due = self._liveness.look(now)
        if due.beat:
            self._heartbeat(session, None, now, utc)
        if due.test:
            self._test_id += 1
            self.send(TestRequest(test_id=self._test_id), now)
        if due.down and self._state is State.UP:
            self._state = step(self._state, Signal.SILENCE)
            return [LinkSilent()]
        if (
            self._state is State.UP
            and session.assembly.awaited
            and now - session.assembly.awaited_since >= self._settings.down_after_ms
        ):
            self.send(session.ask_snapshot("the last one did not come", now), now)
        return []

    def end_batch(self, now: int) -> None:
        """Acknowledge the quotes read since the last time (R02)."""
        session = self.session
        if session is not None and session.ticks_seen > self._credited and self._state is State.UP:
            self._credited = session.ticks_seen
            self.send(Credit(tick_seq=session.ticks_seen), now)

    def _heartbeat(self, session: Session, test_id: int | None, now: int, utc: int) -> None:
        self._credited = session.ticks_seen
        self.send(
            Heartbeat(
                highest_seq_sent=session.kept.highest,
                tick_seq=session.ticks_seen,
                ts_event=utc,
                utc_offset_s=None,
                busy_ms=0,
                test_id=test_id,
                permissions=Permission(0),
                hands_off=session.hands_off,
                digest=session.own_digest(),
            ),
            now,
        )

    # What the peer says

    def receive(self, data: bytes, now: int, utc: int) -> list[Event]:
        """Take one frame's bytes."""
        if self._state is State.CLOSED:
            self._counts.misplaced += 1
            return []
        try:
            frame = decode(data)
            session = self.session
            if session is None:
                return self._before_logon(frame)
            if frame.session != session.nonce or frame.epoch != session.epoch:
                return self._misplaced(frame, session)
            return self._of_session(frame, session, now, utc)
        except WireError as error:
            return self.receive_bad(error, data, now)

    def receive_bad(self, error: WireError, data: bytes, now: int) -> list[Event]:
        """Take a frame that cannot be used: the connection ends and, except for a gap, its session with it (R12, R26)."""
        if self._state is State.CLOSED:
            self._counts.misplaced += 1
            return []
        session, poison, gap = self.session, self._poison, error.why is RejectWhy.GAP
        if gap:
            self._counts.gaps += 1
        else:
            self._counts.poison += 1
        if session is None or poison is None:  # before the logon nothing is answered and nothing kept
            return self._end(Signal.BAD, End.NO_LOGON, str(error))
        self._counts.rejects += 1
        detail = str(error)[:_DETAIL_MAX]
        self._speaker.say(
            session, Reject(ref_seq=error.seq, ref_type=min(error.message_type, _TYPE_MAX), why=error.why, detail=detail), now
        )
        if gap:
            return self._end(Signal.BAD, End.GAP, detail)
        alarm = poison.add(BadFrame(now, data, error))
        ended = self._end(Signal.BAD, End.POISON, detail, session_over=True)
        return [*ended, PoisonAlarm()] if alarm else ended

    def defect(self, detail: str, data: bytes, now: int) -> list[Event]:
        """Our own code failed on the frame or on the peer's behalf: it ends as by a bad frame, and the alarm is raised at once."""
        events = self.receive_bad(WireError(RejectWhy.BAD_VALUE, f"the bridge failed on it: {detail}"), data, now)
        if self._poison is not None:
            self._poison.alarm = True
        return events

    def _before_logon(self, frame: Frame) -> list[Event]:
        logon = frame.body
        if isinstance(logon, Logon) and frame.session == logon.nonce:
            self._state = step(self._state, Signal.LOGON)
            if self._state is State.ASKING:
                self._nonce = logon.nonce
                self._logon_clock = frame.mono_ms
                return [LogonReceived(logon)]
        else:
            self._state = step(self._state, Signal.FRAME)
        self._counts.strangers += 1
        return [LinkEnded(End.NO_LOGON, "spoke out of turn before it was logged on", session_over=False)]

    def _misplaced(self, frame: Frame, session: Session) -> list[Event]:
        self._counts.misplaced += 1
        if frame.session == session.nonce and frame.epoch > session.epoch:
            return [HigherEpoch(frame.epoch)]
        return []

    def _of_session(self, frame: Frame, session: Session, now: int, utc: int) -> list[Event]:
        self._liveness.heard(now)
        session.heard(frame.mono_ms, now)
        if frame.ack > session.kept.highest:
            raise WireError(RejectWhy.BAD_VALUE, f"acknowledges {frame.ack}, sent were {session.kept.highest}", seq=frame.seq)
        session.kept.acknowledged(frame.ack)
        events = self._hear(frame, session, now, utc)
        if self._state is State.SILENT:
            self._state = step(self._state, Signal.FRAME)
            events.insert(0, LinkBack())
        return events

    def _hear(self, frame: Frame, session: Session, now: int, utc: int) -> list[Event]:
        body = frame.body
        if isinstance(body, Ticks):
            return self._quotes(body, frame.seq, session, now)
        if not body.FROM_TERMINAL:
            raise _refused(RejectWhy.WRONG_DIRECTION, frame, f"{type(body).__name__} is ours to send")
        if body.DURABLE is not (frame.seq > 0):
            raise _refused(RejectWhy.BAD_VALUE, frame, f"{type(body).__name__} with number {frame.seq}")
        if body.DURABLE:
            return session.place(frame.seq, body, now)
        return self._volatile(body, frame, session, now, utc)

    def _quotes(self, body: Ticks, seq: int, session: Session, now: int) -> list[Event]:
        if seq:
            raise WireError(RejectWhy.BAD_VALUE, f"quotes with number {seq}", seq=seq)
        fresh = session.place_ticks(body)
        if session.ticks_seen - self._credited >= self._quarter:
            self.end_batch(now)
        return [] if fresh is None else [fresh]

    def _volatile(self, body: Message, frame: Frame, session: Session, now: int, utc: int) -> list[Event]:
        if isinstance(body, Heartbeat):
            return self._beat(body, session, now)
        if isinstance(body, TestRequest):
            self._heartbeat(session, body.test_id, now, utc)
            return []
        if isinstance(body, Logout):
            self._state = step(self._state, Signal.LOGOUT)
            return [LinkEnded(End.LOGOUT, body.why.name.lower(), session_over=True, farewell=body.why)]
        if isinstance(body, Reject):
            self._counts.rejects += 1
            return self._end(
                Signal.BAD, End.REJECTED, f"{body.why.name.lower()}: {body.detail}", session_over=body.why is not RejectWhy.GAP
            )
        raise _refused(RejectWhy.BAD_VALUE, frame, f"{type(body).__name__} on a connection that is logged on")

    def _beat(self, heartbeat: Heartbeat, session: Session, now: int) -> list[Event]:
        self._liveness.theirs.mark(now)
        self._liveness.busy(now, heartbeat.busy_ms)  # 0 ends it
        session.ticks_sent = heartbeat.tick_seq
        events: list[Event] = [*session.learn_offset(heartbeat.utc_offset_s), heartbeat]
        if differs := session.compare(heartbeat):
            self.send(session.ask_snapshot("two digests in a row differ", now), now)
            events += differs
        return events


def accepted(
    settings: LinkSettings, session: Session, role: Role, *, resume: bool, config_digest: str, mode_act: bool, entropy: str = ""
) -> LogonAccepted:
    """Return the answer to a logon that is welcome; ``entropy`` only where nobody can read it but the terminal."""
    return LogonAccepted(
        protocol=0 if role is Role.OBSERVER else PROTOCOL_VERSION,
        epoch=session.epoch,
        role=role,
        resume=resume,
        highest_seq_seen=session.seq_seen,
        highest_tick_seq_seen=session.ticks_seen,
        config_digest=config_digest,
        heartbeat_ms=settings.heartbeat_ms,
        test_after_ms=settings.test_after_ms,
        down_after_ms=settings.down_after_ms,
        credit_window=settings.credit_window,
        grace_s=settings.grace_s,
        mode_act=mode_act,
        entropy=entropy,
    )


def _refused(why: RejectWhy, frame: Frame, detail: str) -> WireError:
    kind = 0 if isinstance(frame.body, Ticks) else frame.body.TYPE
    return WireError(why, detail, seq=frame.seq, message_type=kind)
