"""
A server's side of CURVE (RFC 26) made with libsodium, for servers that know the keys and are hostile nevertheless.
"""

import random

import nacl.bindings as sodium
from zmq.utils import z85

from dtms.runtime.keys import KeyPair

GREETING_SIZE, HELLO_SIZE = 64, 202  # HELLO with its frame's head
HEAD = 2  # of a frame of at most 255 bytes


def frame(content: bytes, flags: int = 0) -> bytes:
    """One ZMTP frame; flags without the one for long frames, which is set by size."""
    if len(content) < 256:
        return bytes([flags, len(content)]) + content
    return bytes([flags | 2]) + len(content).to_bytes(8, "big") + content


def command(name: bytes, body: bytes) -> bytes:
    """One frame of the handshake."""
    return frame(bytes([len(name)]) + name + body, 4)


class CurveServer:
    """
    One connection. `hear` gives what an honest server answers; the rest is for making anything else.

    Attributes:
        stage: frames of the client that were understood: 0 none, 1 HELLO, 2 INITIATE too.
        number: of the last sealed message or READY.
    """

    def __init__(self, server: KeyPair, rng: random.Random) -> None:
        self._secret = z85.decode(server.secret)
        self._short = rng.randbytes(32)
        self._nonce = rng.randbytes(16)
        self._client = self._key = b""
        self._heard = b""
        self.stage = 0
        self.number = 0

    def hear(self, data: bytes) -> bytes:
        """Bytes of the client; WELCOME or READY when it is their turn, else nothing."""
        self._heard += data
        if self.stage == 0 and len(self._heard) >= GREETING_SIZE + HELLO_SIZE:
            self._client = self._heard[GREETING_SIZE + HEAD + 80 :][:32]
            self._heard = self._heard[GREETING_SIZE + HELLO_SIZE :]
            self._key = sodium.crypto_box_beforenm(self._client, self._short)
            self.stage = 1
            return self.welcome(sodium.crypto_scalarmult_base(self._short) + bytes(96))
        if self.stage == 1 and self._heard:
            self.stage = 2
            return self.ready(b"\x0bSocket-Type\x00\x00\x00\x06ROUTER")
        return b""

    def welcome(self, text: bytes) -> bytes:
        box = sodium.crypto_box(text, b"WELCOME-" + self._nonce, self._client, self._secret)
        return command(b"WELCOME", self._nonce + box)

    def ready(self, properties: bytes) -> bytes:
        return command(b"READY", self._boxed(b"CurveZMQREADY---", properties))

    def message(self, text: bytes, flags: int = 0) -> bytes:
        return frame(b"\x07MESSAGE" + self._boxed(b"CurveZMQMESSAGES", bytes([flags]) + text))

    def _boxed(self, prefix: bytes, text: bytes) -> bytes:
        self.number += 1
        number = self.number.to_bytes(8, "big")
        return number + sodium.crypto_box_afternm(text, prefix + number, self._key)
