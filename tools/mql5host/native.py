"""
A built program at work: one instance per `Program`, each with a library copy and so with globals of its own.

The caller delivers events one after another, as MetaTrader does; nothing here has a thread or a queue. A critical
error of the program (array out of range, zero divide, invalid pointer, ...) ends it for good.
"""

import json
import os
import shutil
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from mql5host import api
from mql5host.binding import TerminalBinding, boundary
from mql5host.build import Built
from mql5host.chart import ChartObject, chart_object
from mql5host.globals import GlobalsBinding, GlobalVariables
from mql5host.socketbinding import SocketBinding
from mql5host.sockets import SocketLayer, SocketModel
from mql5host.terminal import Terminal, TradeRequest, TradeResult, TradeTransaction

_INIT, _DEINIT, _TICK, _TIMER, _TRADE, _TRANSACTION, _CHART_EVENT, _START, _BOOK = range(9)
_DONE, _CRITICAL, _STOPPED, _NO_HANDLER = range(4)
_HANDLERS = ("OnInit", "OnDeinit", "OnTick", "OnTimer", "OnTrade", "OnTradeTransaction", "OnChartEvent", "OnStart", "OnBookEvent")
_KEEP = "MQL5HOST_KEEP"  # set in the environment: the loaded copy stays on disk, for a debugger or a sanitizer's report
CHART_ID = 131_000_000_000_001  # chart identifiers of MetaTrader are of this size


class HostError(Exception):
    """Base of what a hosted program can raise."""


class CriticalError(HostError):
    """
    The program did what ends a program in MetaTrader.

    Attributes:
        kind: In MetaTrader's words: "array out of range", "zero divide", "invalid pointer access", ...
        message: The particulars.
        file: MQL5 file, named from the folder above Include.
        line: Line in it.
    """

    def __init__(self, kind: str, message: str, file: str, line: int) -> None:
        super().__init__(f"{kind} ({message}) in {file}:{line}")
        self.kind = kind
        self.message = message
        self.file = file
        self.line = line


class StoppedError(HostError):
    """An event for a program that a critical error has ended, or that has been closed."""


class InputError(HostError):
    """An input that the program does not have, or a text that is no value of its type."""

    def __init__(self, name: str, value: str, why: str) -> None:
        super().__init__(f"input {name}={value!r}: {why}")
        self.name = name
        self.value = value


class Program:
    """
    One running program.

    Args:
        built: What `mql5host.build.build` returned.
        terminal: The terminal that answers it.
        files: Folder that is MQL5/Files to it; made if missing.
        symbol: Symbol of its chart.
        period_s: Time frame of its chart, in seconds.
        allowed: Addresses in the terminal's allowed list, `host` or `host:port`.
        inputs: Input name to text, as in a .set file.
        virtual_clock_ms: Start of a clock that only `set_clock_ms` and Sleep move; None for the real one.
        sockets: Faults of the socket functions, or a network of the host's own.
        common_files: Folder for FILE_COMMON; None for one beside `files`.
        chart_id: ChartID; programs of one terminal have different ones.
        variables: Global variables of the terminal that it shares with other programs; None for its own.

    Raises:
        InputError: An input is unknown or its text no value of its type.
    """

    def __init__(
        self,
        built: Built,
        terminal: Terminal,
        *,
        files: Path,
        symbol: str,
        period_s: int = 60,
        allowed: Sequence[str] = ("127.0.0.1",),
        inputs: Mapping[str, str] | None = None,
        virtual_clock_ms: int | None = None,
        sockets: SocketModel = SocketModel(),  # noqa: B008 - frozen
        common_files: Path | None = None,
        chart_id: int = CHART_ID,
        variables: GlobalVariables | None = None,
    ) -> None:
        self._ffi = boundary()
        self._copy = Path(tempfile.mkdtemp(prefix="mql5host-")) / built.library.name
        shutil.copyfile(built.library, self._copy)
        self._library: Any = self._ffi.dlopen(str(self._copy))
        if sys.platform != "win32" and _KEEP not in os.environ:
            shutil.rmtree(self._copy.parent)  # it stays loaded, and a killed process leaves nothing behind
        self._binding = TerminalBinding(terminal)
        self._socket_binding: SocketBinding | None = None
        self._globals_binding = None if variables is None else GlobalsBinding(variables, self._binding)
        self._busy = False
        self._closed = False
        self._deinitialised = False
        self._undeleted = 0
        self._critical: CriticalError | None = None
        self._symbol = symbol
        common = common_files if common_files is not None else files.parent / "Common" / "Files"
        for folder in (files, common):
            folder.mkdir(parents=True, exist_ok=True)
        self.set_socket_model(sockets)
        self._open(files, common, sockets.layer, (_timeframe(period_s), period_s, chart_id), virtual_clock_ms)
        for address in allowed:
            self._library.mq_allow(address.encode())
        try:
            self._set_inputs(inputs or {})
        except InputError:
            self.close()
            raise

    # ---- life

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """
        Unload the program. After `deinit` destructors of its globals run and its files are written. Without, it is a
        terminal that was killed: sockets are dropped, and what was written but not flushed is lost.

        Raises:
            CriticalError: A destructor did what ends a program; it is unloaded all the same.
        """
        if self._closed:
            return
        before = self._critical
        self._closed = True
        self._undeleted = int(self._library.mq_close(int(self._deinitialised)))
        self._critical = before or self._read_critical()
        self._ffi.dlclose(self._library)
        shutil.rmtree(self._copy.parent, ignore_errors=True)
        self._raise_failure()
        if before is None and self._critical is not None:
            raise self._critical

    def _open(
        self, files: Path, common: Path, layer: SocketLayer | None, chart: tuple[int, int, int], virtual_clock_ms: int | None
    ) -> None:
        setup = self._ffi.new("mq_setup *")
        setup.terminal = self._binding.table
        if layer is not None:
            self._socket_binding = SocketBinding(layer, self._binding)
            setup.sockets = self._socket_binding.table
        if self._globals_binding is not None:
            setup.globals = self._globals_binding.table
        kept = [self._ffi.new("char[]", str(folder.resolve()).encode()) for folder in (files, common)]
        setup.files, setup.common_files = kept
        symbol, setup.symbol_length = self._units(self._symbol)
        setup.symbol = symbol
        setup.period, setup.period_s, setup.chart_id = chart
        setup.virtual_clock = int(virtual_clock_ms is not None)
        setup.clock_ms = virtual_clock_ms or 0
        self._library.mq_open(setup)
        self._raise_failure()

    def _set_inputs(self, inputs: Mapping[str, str]) -> None:
        for name, value in inputs.items():
            units, length = self._units(value)
            result = self._library.mq_set_input(name.encode(), units, length)
            if result:
                raise InputError(name, value, "the program has no such input" if result == 1 else "not of its type")

    def _units(self, text: str) -> tuple[Any, int]:
        encoded = text.encode("utf-16-le", "surrogatepass")
        return self._ffi.from_buffer("uint16_t[]", encoded or b"\0\0"), len(encoded) // 2

    # ---- events

    def init(self) -> int:
        """OnInit; 0 is success. After another result MetaTrader calls OnDeinit with REASON_INITFAILED."""
        self._library.mq_set_stopped(0)
        return self._run(_INIT)

    def deinit(self, reason: int = 0) -> None:
        """OnDeinit with a reason (REASON_*); IsStopped is true from here on."""
        self._library.mq_set_stopped(1)
        self._library.mq_set_uninit_reason(reason)
        self._run(_DEINIT, a=reason)
        self._deinitialised = True

    def tick(self) -> None:
        self._run(_TICK)

    def timer(self) -> None:
        self._run(_TIMER)

    def trade(self) -> None:
        self._run(_TRADE)

    def start(self) -> None:
        """OnStart of a script or a service."""
        self._run(_START)

    def chart_event(self, event_id: int, lparam: int = 0, dparam: float = 0.0, sparam: str = "") -> None:
        units, length = self._units(sparam)
        self._run(_CHART_EVENT, a=event_id, lparam=lparam, dparam=dparam, text=units, text_length=length)

    def book(self, symbol: str) -> None:
        units, length = self._units(symbol)
        self._run(_BOOK, text=units, text_length=length)

    def trade_transaction(self, trans: Any, request: Any = TradeRequest(), result: Any = TradeResult()) -> None:  # noqa: B008
        """OnTradeTransaction with objects that have the attributes of the MQL5 structures."""
        kept: list[Any] = []
        self._run(
            _TRANSACTION,
            transaction=self._struct("mq_transaction *", trans, _TRANSACTION_FIELDS, kept),
            request=self._struct("mq_request *", request, _REQUEST_FIELDS, kept),
            result=self._struct("mq_answer *", result, _RESULT_FIELDS, kept),
        )

    def _struct(self, type_: str, source: Any, fields: Sequence[str], kept: list[Any]) -> Any:
        made = self._ffi.new(type_)
        for name in fields:
            value = getattr(source, name)
            if isinstance(value, str):
                units, length = self._units(value)
                kept.append(units)
                setattr(made, name, units)
                setattr(made, f"{name}_length", length)
            else:
                setattr(made, name, value)
        kept.append(made)
        return made

    def _run(self, handler: int, **fields: Any) -> int:
        if self._closed or self._critical is not None:
            raise StoppedError(f"{_HANDLERS[handler]} after the program's end")
        if self._busy:
            raise HostError(f"{_HANDLERS[handler]} inside another event: a program has one thread")
        event = self._ffi.new("mq_event *", fields)
        result = self._ffi.new("int64_t *")
        self._busy = True
        try:
            outcome = self._library.mq_run(handler, event, result)
        finally:
            self._busy = False
        if outcome == _CRITICAL:
            self._critical = self._read_critical()
        self._raise_failure()
        if self._critical is not None:
            raise self._critical
        return int(result[0])

    def _raise_failure(self) -> None:
        failure, self._binding.failure = self._binding.failure, None
        if failure is not None:
            raise failure

    def _read_critical(self) -> CriticalError | None:
        found = self._ffi.new("mq_critical *")
        self._library.mq_get_critical(found)
        if not found.kind:
            return None
        text = [self._ffi.string(part).decode() for part in (found.kind, found.message, found.file)]
        return CriticalError(text[0], text[1], text[2], found.line)

    # ---- state

    def _state(self) -> Any:
        if self._closed:
            raise StoppedError("the program has been closed")
        state = self._ffi.new("mq_state *")
        self._library.mq_get_state(state)
        return state

    @property
    def timer_ms(self) -> int:
        """Interval of the program's timer; 0 if it has none."""
        return int(self._state().timer_ms)

    @property
    def removed(self) -> bool:
        """Whether the program asked to be removed (ExpertRemove)."""
        return bool(self._state().removed)

    @property
    def uninit_reason(self) -> int:
        return int(self._state().uninit_reason)

    @property
    def last_error(self) -> int:
        """GetLastError of the program."""
        return int(self._state().last_error)

    @property
    def undeleted(self) -> int:
        """Objects that `new` made and nobody has deleted: until now, or after `close` at all."""
        return self._undeleted if self._closed else int(self._state().undeleted)

    @property
    def open_sockets(self) -> int:
        return int(self._state().open_sockets)

    @property
    def open_files(self) -> int:
        return int(self._state().open_files)

    @property
    def handlers(self) -> frozenset[str]:
        """Names of the event handlers that the program has."""
        bits = int(self._state().handlers)
        return frozenset(name for bit, name in enumerate(_HANDLERS) if bits >> bit & 1)

    @property
    def critical(self) -> CriticalError | None:
        """What ended the program, if something did."""
        return self._critical

    @property
    def stopped(self) -> bool:
        """Whether the program takes no more events."""
        return self._closed or self._critical is not None

    @property
    def clock_ms(self) -> int:
        """GetTickCount64 of the program."""
        return int(self._state().clock_ms)

    def set_period(self, period_s: int) -> None:
        """Another time frame of the chart; OnDeinit comes before it and OnInit after it."""
        self._library.mq_set_period(_timeframe(period_s), period_s)

    def set_clock_ms(self, clock_ms: int) -> None:
        """Set the virtual clock."""
        self._library.mq_set_clock(clock_ms)

    def set_stopped(self, stopped: bool) -> None:
        """Set what IsStopped says."""
        self._library.mq_set_stopped(int(stopped))

    def set_socket_model(self, model: SocketModel) -> None:
        """Change the faults of the socket functions; the layer stays what it was."""
        limits = self._ffi.new("mq_socket_model *", (model.read_limit, model.send_limit, model.speculative_every))
        self._library.mq_model(limits)

    def inputs(self) -> Mapping[str, tuple[str, str]]:
        """Inputs in the order of the source: name to type and current value as text."""
        read: dict[str, list[str]] = json.loads(self._ffi.string(self._library.mq_inputs()))
        return {name: (type_, value) for name, (type_, value) in read.items()}

    def properties(self) -> Mapping[str, str]:
        """The source's #property lines."""
        read: dict[str, str] = json.loads(self._ffi.string(self._library.mq_properties()))
        return read

    def objects(self) -> Mapping[str, ChartObject]:
        """What the program has drawn, by object name."""
        read: dict[str, dict[str, Any]] = json.loads(self._ffi.string(self._library.mq_objects()))
        return {name: chart_object(raw) for name, raw in read.items()}


def _timeframe(period_s: int) -> int:
    minutes = period_s // 60
    name = {10080: "W1", 43200: "MN1", 1440: "D1"}.get(minutes) or (f"M{minutes}" if minutes < 60 else f"H{minutes // 60}")
    return api.load().enums["ENUM_TIMEFRAMES"][f"PERIOD_{name}"]


_TRANSACTION_FIELDS = tuple(TradeTransaction.__dataclass_fields__)
_REQUEST_FIELDS = tuple(TradeRequest.__dataclass_fields__)
_RESULT_FIELDS = tuple(TradeResult.__dataclass_fields__)
