"""
Who may connect once keys are configured (R29): CURVE on the ROUTER, and answers to libzmq, which asks whether it knows a client
(ZAP, RFC 27).

The questions are answered in the desk's own poll loop: the authenticators of ``zmq.auth`` bring an asyncio loop, which on Windows
needs another library. Refused connections are counted from the socket's monitor, whatever they failed at: an unknown client key,
another server key, no keys at all. It is told of beginnings and ends only. libzmq's own events about failed handshakes are not
asked for: with somebody listening to them libzmq 4.3.5 loses the error code of a forged message and, instead of closing the
connection, stops reading from it.
"""

import contextlib
import struct
from typing import Final

import zmq

from dtms.runtime.keys import KEY_BYTES, Keys, KnownClients
from dtms.runtime.log import Log
from dtms.session.counts import LinkCounts

SEAL_BYTES: Final = 33  # RFC 26: what MESSAGE adds to a frame
_ZAP: Final = "inproc://zeromq.zap.01"
_DOMAIN: Final = "dtms"
_VERSION: Final = b"1.0"
_PARTS: Final = 7  # of a question about CURVE: version, id, domain, address, identity, mechanism, key
_BATCH: Final = 64  # of either in one step; the rest waits for the next poll
_SAY_EVERY_MS: Final = 1_000  # a stranger who knocks all day does not fill the log
_WATCHED: Final = zmq.EVENT_ACCEPTED | zmq.EVENT_HANDSHAKE_SUCCEEDED | zmq.EVENT_DISCONNECTED


class Door:
    """Belongs to the desk's thread from ``guard`` on."""

    def __init__(self, context: "zmq.Context[zmq.Socket[bytes]]", keys: Keys) -> None:
        self._keys = keys
        self._known = KnownClients(keys.clients)
        self._questions = context.socket(zmq.REP)
        self._questions.set(zmq.LINGER, 0)
        self._questions.bind(_ZAP)
        self._guarded: zmq.Socket[bytes] | None = None
        self._monitor: zmq.Socket[bytes] | None = None
        self._handshakes = Handshakes()
        self._said_at: int | None = None
        self._unsaid = 0
        self._unknown = 0

    def guard(self, router: "zmq.Socket[bytes]") -> None:
        """Put the door before a ROUTER that is not bound yet. It fails closed: with nobody to ask, nobody is admitted."""
        router.set(zmq.CURVE_SERVER, 1)
        router.set(zmq.CURVE_SECRETKEY, self._keys.server.secret)
        router.set(zmq.CURVE_PUBLICKEY, self._keys.server.public)
        router.set_string(zmq.ZAP_DOMAIN, _DOMAIN)
        router.set(zmq.ZAP_ENFORCE_DOMAIN, 1)
        self._guarded = router
        self._monitor = router.get_monitor_socket(_WATCHED)

    @property
    def sockets(self) -> "tuple[zmq.Socket[bytes], ...]":
        """What to poll."""
        return (self._questions,) if self._monitor is None else (self._questions, self._monitor)

    @property
    def known(self) -> int:
        """How many terminals may connect."""
        return len(self._known)

    def work(self, counts: LinkCounts, log: Log, now: int) -> None:
        """Answer what was asked, count who was refused."""
        with contextlib.suppress(zmq.Again):
            for _ in range(_BATCH):
                self._answer(self._questions.recv_multipart(zmq.NOBLOCK))
        if self._monitor is not None:
            with contextlib.suppress(zmq.Again):
                for _ in range(_BATCH):
                    self._watch(self._monitor.recv_multipart(zmq.NOBLOCK), counts, log, now)

    def close(self) -> None:
        """Close; to be called before the ROUTER is closed."""
        if self._guarded is not None:
            self._guarded.disable_monitor()
        if self._monitor is not None:
            self._monitor.close(linger=0)
        self._questions.close(linger=0)

    def _answer(self, question: list[bytes]) -> None:
        request = question[1] if len(question) > 1 else b""
        name = None
        if len(question) == _PARTS and question[0] == _VERSION and question[5] == b"CURVE" and len(question[6]) == KEY_BYTES:
            name = self._known.name_of(question[6])
        if name is None:
            self._unknown += 1
        status, text = (b"400", b"this key is not known") if name is None else (b"200", b"")
        self._questions.send_multipart([_VERSION, request, status, text, (name or "").encode(), b""])

    def _watch(self, message: list[bytes], counts: LinkCounts, log: Log, now: int) -> None:
        event, value = struct.unpack("=hi", message[0])
        if event == zmq.EVENT_ACCEPTED:
            self._handshakes.began(value)
        elif event == zmq.EVENT_HANDSHAKE_SUCCEEDED:
            self._handshakes.succeeded()
        elif self._handshakes.ended(value):
            counts.refused_keys += 1
            self._say(log, now)

    def _say(self, log: Log, now: int) -> None:
        self._unsaid += 1
        if self._said_at is None or now - self._said_at >= _SAY_EVERY_MS:
            log.add("!", "refused_key", connections=self._unsaid, unknown_client_keys=self._unknown)
            self._said_at, self._unsaid, self._unknown = now, 0, 0


class Handshakes:
    """
    Tells connections that ended before their handshake from those that ended behind it.

    A success does not say whose it is: with several under way at once, one that ends before all are settled counts as refused.
    """

    def __init__(self) -> None:
        self._unsettled: list[int] = []
        self._through = 0  # successes among them

    def began(self, connection: int) -> None:
        """A connection was accepted."""
        self._unsettled.append(connection)

    def succeeded(self) -> None:
        """One of them came through."""
        self._through += 1
        self._settle()

    def ended(self, connection: int) -> bool:
        """A connection is gone; return whether it was refused."""
        if connection not in self._unsettled:
            return False
        self._unsettled.remove(connection)
        self._settle()
        return True

    def _settle(self) -> None:
        if self._through >= len(self._unsettled):
            self._unsettled.clear()
            self._through = 0
