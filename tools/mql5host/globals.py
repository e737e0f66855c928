"""Global variables of the terminal: one store for all programs of a terminal, kept when programs come and go."""

from dataclasses import dataclass, field
from typing import Any

from mql5host.binding import TerminalBinding, boundary, text_of


@dataclass(slots=True)
class GlobalVariables:
    """Values by name, each with the time of its last use in seconds."""

    values: dict[str, tuple[float, int]] = field(default_factory=dict)


class GlobalsBinding:
    """The callbacks of one program; what they raise is kept with those of its terminal."""

    def __init__(self, variables: GlobalVariables, terminal: TerminalBinding) -> None:
        self._values = variables.values
        self._ffi = boundary()
        self._terminal = terminal
        self._kept: Any = None
        self.table = self._ffi.new("mq_globals *")
        self._callbacks: list[Any] = []
        for name in ("find", "put", "erase", "total", "name_at"):
            type_ = self._ffi.typeof(getattr(self.table, name))
            error = None if type_.result.kind == "void" else 0
            callback = self._ffi.callback(type_, getattr(self, f"_{name}"), error=error, onerror=self._failed)
            self._callbacks.append(callback)
            setattr(self.table, name, callback)

    def _failed(self, _type: Any, error: BaseException, _traceback: Any) -> None:
        if self._terminal.failure is None:
            self._terminal.failure = error

    def _find(self, _context: Any, name: Any, length: int, value: Any, time: Any) -> int:
        found = self._values.get(text_of(name, length))
        if found is None:
            return 0
        value[0], time[0] = found
        return 1

    def _put(self, _context: Any, name: Any, length: int, value: float, time: int) -> None:
        self._values[text_of(name, length)] = (value, time)

    def _erase(self, _context: Any, name: Any, length: int) -> int:
        return int(self._values.pop(text_of(name, length), None) is not None)

    def _total(self, _context: Any) -> int:
        return len(self._values)

    def _name_at(self, _context: Any, index: int, name: Any, length: Any) -> int:
        encoded = sorted(self._values)[index].encode("utf-16-le", "surrogatepass")
        self._kept = self._ffi.from_buffer("uint16_t[]", encoded)  # lives until the next call
        name[0], length[0] = self._kept, len(encoded) // 2
        return 1
