"""Rules to compare with: leave the trade alone, break-even at +1R, ATR trailing, flat over long closures."""

from collections.abc import Sequence
from functools import partial
from math import inf, isfinite
from typing import Final

from dtms.engine.orders import away_from_market, tighter, toward_profit
from dtms.names import RiskClass, Side
from dtms.sim.policies.closures import Closure, closures, next_closure
from dtms.sim.policies.history import History
from dtms.sim.policies.pilot import NEVER, BarClosed, Closes, Event, Look, Policy, Situation, View, Watch
from dtms.wire.messages import Command, ModifyPosition, PositionChanged, ReducePosition

BREAK_EVEN_AT_R: Final = 1.0
TRAIL_ATRS: Final = 2.0
GAP_HOURS: Final = 24.0
GAP_MINUTES: Final = 60.0
_DEVIATION: Final = 100


class _Simple:
    """What the simple rules share: no states, the position as it was told last, ids for commands."""

    state = ""

    def __init__(self, situation: Situation) -> None:
        self._entry = situation.entry
        self._position = situation.position
        self._commands = 0
        self._view = View(situation.entry.time, situation.entry.price, situation.entry.price)
        self.watch: Watch = NEVER

    def take(self, event: Event, view: View) -> Sequence[Command]:
        """Keep what is told; what is to be done."""
        if isinstance(event, PositionChanged):
            self._position = event.position
        self._view = view
        return ()

    @property
    def _price(self) -> float:
        """Where the trade would be closed now."""
        return self._view.bid if self._entry.side is Side.BUY else self._view.ask

    def _reached(self, event: Event) -> bool:
        """Return whether what is waited for has come; it is waited for once."""
        reached = isinstance(event, Look) and self.watch.met(self._price, self._view.time)
        self.watch = NEVER if reached else self.watch
        return reached

    def _id(self) -> int:
        self._commands += 1
        return self._commands

    def _move(self, stop: float) -> Command:
        position = self._position
        return ModifyPosition(
            command_id=self._id(),
            deadline_ms=0,
            risk_class=RiskClass.NEUTRAL,
            ticket=position.ticket,
            expect_stop=position.stop_loss,
            expect_target=position.take_profit,
            stop_loss=stop,
            take_profit=position.take_profit,
        )

    def _close(self) -> Command:
        return ReducePosition(
            command_id=self._id(),
            deadline_ms=0,
            risk_class=RiskClass.REDUCE,
            ticket=self._position.ticket,
            expect_volume=None,
            leave_volume=0.0,
            deviation=_DEVIATION,
        )


class Alone(_Simple):
    """Nothing is done: stop and target as they were set."""


class BreakEven(_Simple):
    """At +1R the stop goes to one tick beyond the entry, once."""

    def __init__(self, situation: Situation) -> None:
        super().__init__(situation)
        entry, spec = self._entry, situation.history.spec
        direction = entry.side.direction
        self._stop = toward_profit(entry.price + direction * spec.tick_size, entry.side, spec.tick_size)
        wanted = spec.to_grid(entry.price + direction * BREAK_EVEN_AT_R * entry.risk)
        if tighter(self._stop, entry.stop, entry.side, spec.tick_size):
            self.watch = Watch(upper=wanted) if direction > 0 else Watch(lower=wanted)

    def take(self, event: Event, view: View) -> Sequence[Command]:
        """Move the stop when its time has come."""
        super().take(event, view)
        return (self._move(self._stop),) if self._reached(event) else ()


class AtrTrail(_Simple):
    """At every closed M15 bar the stop is drawn to two ATR14 behind the exit price, never back."""

    def __init__(self, situation: Situation) -> None:
        super().__init__(situation)
        self._history = situation.history
        self.watch = Watch(closes=Closes.SLOW)

    def take(self, event: Event, view: View) -> Sequence[Command]:
        """Draw the stop after a closed bar."""
        super().take(event, view)
        if not isinstance(event, BarClosed) or event.slow is None:
            return ()
        atr = float(self._history.atr[event.slow + 1])
        if not isfinite(atr):
            return ()
        side, tick = self._entry.side, self._history.spec.tick_size
        stop = away_from_market(self._price - side.direction * TRAIL_ATRS * atr, side, tick)
        return (self._move(stop),) if tighter(stop, self._position.stop_loss, side, tick) else ()


class GapFlat(_Simple):
    """Closed from an hour before a closure longer than 24 hours on."""

    def __init__(self, known: list[Closure], situation: Situation) -> None:
        super().__init__(situation)
        closure = next_closure(known, self._entry.time)
        self.watch = Watch(time=closure.begin - GAP_MINUTES * 60_000 if closure is not None else inf)

    def take(self, event: Event, view: View) -> Sequence[Command]:
        """Close when the time has come."""
        super().take(event, view)
        return (self._close(),) if self._reached(event) else ()


def gap_flat(history: History) -> Policy:
    """Return the rule of R-9 that closes, for this symbol's session table."""
    begin, end = int(history.times[0]), int(history.times[-1]) + 7 * 24 * 3_600_000  # the closure after the last quote too
    known = closures(history.spec.trade_sessions, begin, end, least_s=GAP_HOURS * 3_600, offset_s=history.offset_s)
    return partial(GapFlat, known)
