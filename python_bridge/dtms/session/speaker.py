"""What one connection sends: frames with the session's numbers, in order, until the shell takes them."""

from collections.abc import Iterable

from dtms.session.numbering import KeptFrame
from dtms.session.session import Session
from dtms.wire.codec import FLAG_DUP, Frame, encode
from dtms.wire.messages import LogonRefused, Message


class Speaker:
    """Bytes on their way out."""

    __slots__ = ("_out",)

    def __init__(self) -> None:
        self._out: list[bytes] = []

    def take(self) -> list[bytes]:
        """Return the frames to send and forget them."""
        out, self._out = self._out, []
        return out

    def refuse(self, nonce: int, message: LogonRefused, now: int) -> None:
        """Answer a logon for which there is no session."""
        self._out.append(encode(Frame(nonce, 0, 0, 0, now, 0, message)))

    def say(self, session: Session, message: Message, now: int) -> None:
        """Queue a message; a durable one is numbered and kept until the peer acknowledges it."""
        if not message.DURABLE:
            self._out.append(_encode(session, 0, message, now, 0))
            return
        data = _encode(session, session.kept.highest + 1, message, now, 0)
        session.kept.add(message, len(data))
        self._out.append(data)

    def say_again(self, session: Session, frames: Iterable[KeptFrame], now: int) -> int:
        """Queue kept frames once more, marked as such; return how many."""
        again = [_encode(session, frame.seq, frame.message, now, FLAG_DUP) for frame in frames]
        self._out.extend(again)
        return len(again)


def _encode(session: Session, seq: int, message: Message, now: int, flags: int) -> bytes:
    return encode(Frame(session.nonce, seq, session.seq_seen, session.epoch, now, flags, message))
