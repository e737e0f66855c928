"""A terminal's side of OrderSend, OrderSendAsync and OrderCheck: what it refuses itself, and what it sends."""

from collections.abc import Callable
from typing import Protocol

from dtms.sim.cache import Cache
from dtms.sim.checks import check
from dtms.sim.messages import Answer, Request, TradeAnswer, TradeFields, TradeResult
from dtms.sim.mt5 import ERR_TRADE_DISABLED, ERR_TRADE_SEND_FAILED, EXECUTED, Retcode

Call = Callable[[Request], Answer]


class TradeRequestLike(Protocol):
    """MqlTradeRequest as the host of a program gives it."""

    @property
    def action(self) -> int: ...
    @property
    def magic(self) -> int: ...
    @property
    def order(self) -> int: ...
    @property
    def symbol(self) -> str: ...
    @property
    def volume(self) -> float: ...
    @property
    def price(self) -> float: ...
    @property
    def stoplimit(self) -> float: ...
    @property
    def sl(self) -> float: ...
    @property
    def tp(self) -> float: ...
    @property
    def deviation(self) -> int: ...
    @property
    def type(self) -> int: ...
    @property
    def type_filling(self) -> int: ...
    @property
    def type_time(self) -> int: ...
    @property
    def expiration(self) -> int: ...
    @property
    def comment(self) -> str: ...
    @property
    def position(self) -> int: ...
    @property
    def position_by(self) -> int: ...


def fields_of(request: TradeRequestLike) -> TradeFields:
    return TradeFields(
        action=request.action,
        magic=request.magic,
        order=request.order,
        symbol=request.symbol,
        volume=request.volume,
        price=request.price,
        stoplimit=request.stoplimit,
        sl=request.sl,
        tp=request.tp,
        deviation=request.deviation,
        type=request.type,
        type_filling=request.type_filling,
        type_time=request.type_time,
        expiration=request.expiration,
        comment=request.comment,
        position=request.position,
        position_by=request.position_by,
    )


class Trading:
    """
    Attributes:
        algo_button: the terminal's Algo Trading button.
        program_allowed: the box in the program's dialog.
        local_checks: refuse at once, with 4756, what the broker would refuse by what the terminal knows.
        blocked_ms: monotonic time that waiting calls have lasted; the host takes it and sets it to 0.
    """

    def __init__(self, cache: Cache, port: int, call: Call | None, *, immediate: bool, local_checks: bool) -> None:
        self._cache = cache
        self._port = port
        self._call = call
        self._immediate = immediate and call is not None
        self.local_checks = local_checks
        self.algo_button = True
        self.program_allowed = True
        self.blocked_ms = 0
        self._last_id = 0
        self._requests: list[Request] = []

    def take_requests(self) -> list[Request]:
        taken, self._requests = self._requests, []
        return taken

    def check(self, request: TradeRequestLike) -> TradeAnswer:
        """OrderCheck: 0 is the return code of what may be sent."""
        objection = check(self._cache.standing, fields_of(request), expert=True)
        if objection is not None:
            return _refused(ERR_TRADE_SEND_FAILED, objection)
        return TradeAnswer(ok=True, comment="Done")

    def send(self, request: TradeRequestLike, *, asynchronous: bool, chart: str = "", now_ms: int = 0) -> TradeAnswer:
        """OrderSendAsync gives 10008 and an id; OrderSend waits for the outcome."""
        if not (self.algo_button and self.program_allowed):
            return _refused(ERR_TRADE_DISABLED, Retcode.CLIENT_DISABLES_AT)
        if not self._cache.connected:
            return _refused(ERR_TRADE_SEND_FAILED, Retcode.CONNECTION)
        fields = fields_of(request)
        if self.local_checks:
            objection = check(self._cache.standing, fields, expert=True)
            if objection is not None:
                return _refused(ERR_TRADE_SEND_FAILED, objection)
        self._last_id += 1
        sent = Request(self._last_id, fields, self._port, not asynchronous, chart, now_ms)
        if not asynchronous:
            return self._wait(sent)
        if self._immediate and self._call is not None:
            self._take(self._call(sent))
        else:
            self._requests.append(sent)
        return TradeAnswer(ok=True, retcode=Retcode.PLACED, request_id=sent.request_id)

    def _wait(self, sent: Request) -> TradeAnswer:
        if self._call is None:
            return _refused(ERR_TRADE_SEND_FAILED, Retcode.CONNECTION)
        answer = self._call(sent)
        self.blocked_ms += answer.took_ms
        self._take(answer)
        return _answer(answer.result if answer.result is not None else TradeResult(retcode=Retcode.TIMEOUT))

    def _take(self, answer: Answer) -> None:
        for update in answer.updates:
            self._cache.apply(update)


def _refused(error: int, retcode: Retcode) -> TradeAnswer:
    return TradeAnswer(ok=False, error=error, retcode=retcode, comment=retcode.name.replace("_", " ").capitalize())


def _answer(result: TradeResult) -> TradeAnswer:
    ok = result.retcode in EXECUTED or result.retcode == Retcode.PLACED
    return TradeAnswer(
        ok=ok,
        error=0 if ok else ERR_TRADE_SEND_FAILED,
        retcode=result.retcode,
        deal=result.deal,
        order=result.order,
        volume=result.volume,
        price=result.price,
        bid=result.bid,
        ask=result.ask,
        comment=result.comment,
        request_id=result.request_id,
        retcode_external=result.retcode_external,
    )
