"""The socket layer's side of the C boundary: callbacks that ask a `SocketLayer`."""

from typing import Any

from mql5host.binding import TerminalBinding, boundary, text_of
from mql5host.sockets import SocketLayer


class SocketBinding:
    """The callbacks of one program's sockets; what they raise is kept with those of its terminal."""

    def __init__(self, layer: SocketLayer, terminal: TerminalBinding) -> None:
        self._layer = layer
        self._ffi = boundary()
        self._terminal = terminal
        self.table = self._ffi.new("mq_sockets *")
        self._callbacks: list[Any] = []
        for name in ("connect", "is_connected", "readable", "writable", "read", "send", "close"):
            type_ = self._ffi.typeof(getattr(self.table, name))
            error = None if type_.result.kind == "void" else -1
            callback = self._ffi.callback(type_, getattr(self, f"_{name}"), error=error, onerror=self._failed)
            self._callbacks.append(callback)
            setattr(self.table, name, callback)

    def _failed(self, _type: Any, error: BaseException, _traceback: Any) -> None:
        if self._terminal.failure is None:
            self._terminal.failure = error

    def _connect(self, _context: Any, socket: int, host: Any, length: int, port: int, timeout_ms: int) -> int:
        return int(self._layer.connect(socket, text_of(host, length), port, timeout_ms))

    def _is_connected(self, _context: Any, socket: int) -> int:
        return int(self._layer.is_connected(socket))

    def _readable(self, _context: Any, socket: int) -> int:
        return self._layer.readable(socket)

    def _writable(self, _context: Any, socket: int) -> int:
        return int(self._layer.writable(socket))

    def _read(self, _context: Any, socket: int, buffer: Any, size: int, timeout_ms: int) -> int:
        data = self._layer.read(socket, size, timeout_ms)
        if isinstance(data, int):
            return data
        self._ffi.memmove(buffer, data, len(data))
        return len(data)

    def _send(self, _context: Any, socket: int, buffer: Any, size: int) -> int:
        return self._layer.send(socket, bytes(self._ffi.buffer(buffer, size)))

    def _close(self, _context: Any, socket: int) -> None:
        self._layer.close(socket)
