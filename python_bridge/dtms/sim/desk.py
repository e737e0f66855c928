"""The server's counter for requests: when each is processed, and what its caller is told."""

import heapq
from collections.abc import Callable, Sequence
from dataclasses import replace

from dtms.sim.behaviour import Behaviour, Effect
from dtms.sim.execution import Executed, Execution, Liquidity
from dtms.sim.messages import Request, TradeFields, TradeResult, Update
from dtms.sim.mt5 import Action, Reason, Retcode
from dtms.sim.spec import clean_volume
from dtms.sim.standing import Standing
from dtms.sim.witness import Origin, Requested, Witness

Deliver = Callable[[Sequence[Update], int, Effect], None]
"""(updates, port of the caller's terminal, effect on what that terminal hears)."""


class RequestDesk:
    """Requests wait here until the server has got to them and is done with them."""

    def __init__(self, standing: Standing, execution: Execution, witness: Witness, behaviour: Behaviour, deliver: Deliver) -> None:
        self._standing = standing
        self._execution = execution
        self._witness = witness
        self._deliver = deliver
        self.behaviour = behaviour
        self._queue: list[tuple[int, int, Request, Effect]] = []
        self._count = 0
        self._busy_until = 0

    def take(self, request: Request, now_ms: int) -> None:
        """Take a request into the queue."""
        self.enqueue(request, self.behaviour.effect_of(request, now_ms), now_ms)

    def enqueue(self, request: Request, effect: Effect, now_ms: int) -> None:
        if effect.vanish:
            return
        if effect.retcode is None and self._close_under_way(request.trade):
            effect = replace(effect, retcode=Retcode.CLOSE_ORDER_EXIST)
        done_at = now_ms + effect.latency_ms + effect.processing_ms
        if self.behaviour.serial:
            done_at = max(now_ms + effect.latency_ms, self._busy_until) + effect.processing_ms
            self._busy_until = done_at
        self._count += 1
        heapq.heappush(self._queue, (done_at, self._count, request, effect))

    def _close_under_way(self, trade: TradeFields) -> bool:
        """
        Side by side, an order to close finds those before it alive; one after the other it never does.

        Together they may not be for more than there is. Where a symbol has one position, none is an order to close.
        """
        position = self._standing.holdings.positions.get(trade.position)
        if self.behaviour.serial or trade.action != Action.DEAL or position is None or self._standing.account.nets:
            return False
        waiting = (request.trade for _, _, request, effect in self._queue if effect.processing_ms)
        lots = [w.volume for w in waiting if w.action == Action.DEAL and w.position == trade.position]
        return bool(lots) and clean_volume(sum(lots) + trade.volume) > position.volume

    def next_due_ms(self) -> int | None:
        return self._queue[0][0] if self._queue else None

    def step(self, now_ms: int) -> None:
        """Decide all requests whose processing has ended."""
        while self._queue and self._queue[0][0] <= now_ms:
            _, _, request, effect = heapq.heappop(self._queue)
            self.decide(request, effect, now_ms)

    def decide(self, request: Request, effect: Effect, now_ms: int) -> TradeResult:
        """Execute or refuse now, tell everybody, and return what the caller is told."""
        trade = request.trade
        executed = self._execute(trade, effect)
        truth = Retcode(executed.result.retcode)
        told = replace(executed.result, request_id=request.request_id)
        if effect.retcode is not None and effect.execute:
            told = TradeResult(retcode=effect.retcode, request_id=request.request_id, comment=effect.retcode.name.capitalize())
        self._witness.requested(
            Requested(
                market_msc=self._standing.market.time_msc,
                now_ms=now_ms,
                origin=Origin.EXPERT,
                request_id=request.request_id,
                trade=trade,
                retcode=truth,
                told=Retcode(told.retcode) if told.retcode != truth else None,
                port=request.port,
                chart=request.chart,
                sent_ms=request.sent_ms,
            )
        )
        executed.bundle.request(replace(trade, order=told.order), told)
        self._deliver(executed.bundle.updates, request.port, effect)
        return told

    def _execute(self, trade: TradeFields, effect: Effect) -> Executed:
        if effect.retcode is not None and not effect.execute:
            return self._execution.refuse(effect.retcode, trade)
        liquidity = Liquidity(self._offered(trade, effect.fill), effect.slippage_points)
        return self._execution.run(trade, Origin.EXPERT, Reason.EXPERT, liquidity)

    def _offered(self, trade: TradeFields, fill: float | None) -> float | None:
        """The offered lots on the symbol's step, at least one step."""
        spec = self._standing.market.specs.get(trade.symbol)
        if fill is None or spec is None:
            return None
        steps = max(int(fill / spec.volume_step + 1e-9), 1)
        return clean_volume(steps * spec.volume_step)
