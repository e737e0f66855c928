"""
How the broker treats each request: promptly by default, badly on demand.

A `Behaviour` answers one question: what happens to the n-th request? A script of `Rule`s answers first; what no
rule wants is left to seeded `Chances`. The random generator is the caller's, so a seed decides a run.
"""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from dtms.sim.messages import Request
from dtms.sim.mt5 import Retcode


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """
    What happens to one request; all durations in monotonic ms.

    Attributes:
        latency_ms: on the way to the server, before its processing begins.
        processing_ms: what the server needs; with `Behaviour.serial` the next request waits for it.
        retcode: told to the caller instead of the truth. Not executed, unless `execute`.
        execute: with `retcode`: it was executed all the same, as after a time-out.
        slippage_points: by which the price is worse than quoted.
        fill: lots that the market offers at most; less than asked is a partial fill.
        late_ms: delay of everything that the terminal hears.
        late_result_ms: further delay of the REQUEST transaction alone.
        copies: how often each transaction arrives.
        lose_result: the REQUEST transaction never arrives.
        lose_transactions: no transaction at all arrives; the state behind them does.
        shuffle: the transactions arrive in a seeded order.
        gap_ms: that long, order and position are in neither list: ORDER_DELETE first, the rest later.
        early: what follows is queued before OrderSendAsync returns.
        vanish: the request is lost before the server saw it.
    """

    latency_ms: int = 0
    processing_ms: int = 0
    retcode: Retcode | None = None
    execute: bool = False
    slippage_points: int = 0
    fill: float | None = None
    late_ms: int = 0
    late_result_ms: int = 0
    copies: int = 1
    lose_result: bool = False
    lose_transactions: bool = False
    shuffle: bool = False
    gap_ms: int = 0
    early: bool = False
    vanish: bool = False


PROMPT: Final = Effect()


@dataclass(slots=True)
class Rule:
    """
    An effect for certain requests.

    Attributes:
        effect: what happens to them.
        nth: the request's number, from 1; None means any.
        when: a further condition on the request.
        times: how often the rule applies; None means always.
    """

    effect: Effect
    nth: int | None = None
    when: Callable[[Request], bool] | None = None
    times: int | None = None

    def wants(self, number: int, request: Request) -> bool:
        if self.times == 0 or (self.nth is not None and self.nth != number):
            return False
        return self.when is None or self.when(request)

    def use(self) -> Effect:
        if self.times is not None:
            self.times -= 1
        return self.effect


@dataclass(frozen=True, slots=True, kw_only=True)
class Chances:
    """
    Probabilities of faults, each drawn apart for every request; ranges are inclusive, in ms or points.

    `retcodes` are those from which a refusal is drawn; `timeout_executed` is 10012 with the trade done.
    """

    latency_ms: tuple[int, int] = (0, 0)
    processing_ms: tuple[int, int] = (0, 0)
    slippage_points: tuple[int, int] = (0, 0)
    refuse: float = 0.0
    retcodes: Sequence[Retcode] = (Retcode.REJECT, Retcode.REQUOTE, Retcode.PRICE_CHANGED, Retcode.PRICE_OFF)
    timeout: float = 0.0
    timeout_executed: float = 0.0
    partial: float = 0.0
    late: float = 0.0
    late_ms: tuple[int, int] = (100, 3_000)
    twice: float = 0.0
    lose_result: float = 0.0
    lose_transactions: float = 0.0
    shuffle: float = 0.0
    gap: float = 0.0
    gap_ms: tuple[int, int] = (1, 200)
    early: float = 0.0
    vanish: float = 0.0


CALM: Final = Chances()


class Behaviour:
    """
    Decides the effect of each request.

    Attributes:
        serial: requests are processed one after the other, otherwise side by side.
        rules: the script; may be extended while running, the first that wants a request has it.
        chances: seeded faults for the rest; may be exchanged while running.
        max_requests_per_s: more than that in one second of monotonic time give 10024; None is no limit.
    """

    def __init__(
        self,
        *,
        rules: Sequence[Rule] = (),
        chances: Chances = CALM,
        rng: random.Random | None = None,
        serial: bool = False,
        max_requests_per_s: int | None = None,
    ) -> None:
        self.rules = list(rules)
        self.chances = chances
        self.serial = serial
        self.max_requests_per_s = max_requests_per_s
        self.rng = rng if rng is not None else random.Random(0)
        self._number = 0
        self._recent: list[int] = []

    def effect_of(self, request: Request, now_ms: int) -> Effect:
        """The effect on the next request; to be asked exactly once for each."""
        self._number += 1
        if self._too_many(now_ms):
            return Effect(retcode=Retcode.TOO_MANY_REQUESTS)
        for rule in self.rules:
            if rule.wants(self._number, request):
                return rule.use()
        return PROMPT if self.chances is CALM else self._draw(request)

    def _too_many(self, now_ms: int) -> bool:
        limit = self.max_requests_per_s
        if limit is None:
            return False
        self._recent = [at for at in self._recent if now_ms - at < 1_000]
        self._recent.append(now_ms)
        return len(self._recent) > limit

    def _draw(self, request: Request) -> Effect:
        """Every chance is drawn whether needed or not, so that one setting does not shift the others."""
        chances, rng = self.chances, self.rng
        effect = Effect(
            latency_ms=rng.randint(*chances.latency_ms),
            processing_ms=rng.randint(*chances.processing_ms),
            slippage_points=rng.randint(*chances.slippage_points),
            late_ms=self._if(chances.late, chances.late_ms),
            gap_ms=self._if(chances.gap, chances.gap_ms),
            copies=2 if self._hit(chances.twice) else 1,
            lose_result=self._hit(chances.lose_result),
            lose_transactions=self._hit(chances.lose_transactions),
            shuffle=self._hit(chances.shuffle),
            early=self._hit(chances.early),
            vanish=self._hit(chances.vanish),
        )
        return self._outcome(effect, request)

    def _outcome(self, effect: Effect, request: Request) -> Effect:
        chances, rng = self.chances, self.rng
        part = request.trade.volume * rng.random()
        refusal = rng.choice(chances.retcodes)
        refuse, silent, done = self._hit(chances.refuse), self._hit(chances.timeout), self._hit(chances.timeout_executed)
        if self._hit(chances.partial):
            effect = replace(effect, fill=part)
        if refuse:
            return replace(effect, retcode=refusal)
        if silent or done:
            return replace(effect, retcode=Retcode.TIMEOUT, execute=done)
        return effect

    def _hit(self, chance: float) -> bool:
        return self.rng.random() < chance

    def _if(self, chance: float, span: tuple[int, int]) -> int:
        value = self.rng.randint(*span)
        return value if self._hit(chance) else 0
