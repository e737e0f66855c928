"""How the program's sockets behave: the faults a test asks for, and the seam for a network of the host's own."""

from dataclasses import dataclass
from typing import Protocol


class SocketLayer(Protocol):
    """
    A network behind Socket* functions instead of the system's. Sockets are the program's handles.

    Allow list, limits and the speculative byte stay with the runtime; a read may return less than it was asked for,
    0 when the time is over, and a negative number for an error, which closes the connection.
    """

    def connect(self, socket: int, host: str, port: int, timeout_ms: int, /) -> bool: ...
    def is_connected(self, socket: int, /) -> bool: ...

    def readable(self, socket: int, /) -> int:
        """Bytes that can be read at once; -1 for a broken connection with none left."""

    def writable(self, socket: int, /) -> bool: ...
    def read(self, socket: int, size: int, timeout_ms: int, /) -> bytes | int: ...
    def send(self, socket: int, data: bytes, /) -> int: ...
    def close(self, socket: int, /) -> None: ...


@dataclass(frozen=True, slots=True)
class SocketModel:
    """
    Faults of the socket functions.

    Attributes:
        read_limit: Most bytes that one SocketRead returns and SocketIsReadable reports; 0 for no limit.
        send_limit: Most bytes that one SocketSend takes; 0 for no limit.
        speculative_every: Of the calls of SocketIsReadable on an empty buffer the first and each n-th after it
            report 1, as MetaTrader's first call does; 0 for never.
        layer: A network of the host's own; None for the system's.
    """

    read_limit: int = 0
    send_limit: int = 0
    speculative_every: int = 1_000_000_000
    layer: SocketLayer | None = None
