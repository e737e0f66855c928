"""
The defence at work on a simulated trade: ``engine.decide`` is asked as the service asks it, with the same events and rules.

Monotonic time is market time. Between the closes of bars nothing can change but the price and the clock, so it is asked at the
prices that it watches and when something that it owes may be tried again, instead of every few seconds.
"""

from collections.abc import Sequence
from functools import partial
from math import inf
from typing import Final

from dtms.defence_names import State, Trigger
from dtms.engine.decide import decide
from dtms.engine.defence.enrol import enrolled
from dtms.engine.defence.events import DeepCheck
from dtms.engine.defence.record import Defence
from dtms.engine.defence.rules import DefenceRules
from dtms.engine.defence.situation import Situation as Seen
from dtms.engine.defence.watch import next_look, watched
from dtms.engine.events import Event as Asked
from dtms.engine.events import Look, Moment, Rules
from dtms.engine.market import Market, Quote
from dtms.engine.trade import TradeKey, first_seen
from dtms.names import Side
from dtms.settings import Settings, digest
from dtms.settings_defence import HedgeMode, Preset
from dtms.settings_rails import GapGuard
from dtms.sim.policies import pilot
from dtms.sim.policies.pilot import BarClosed, Closes, Event, Policy, Situation, View, Watch
from dtms.sim.policies.sight import Sight
from dtms.sim.policies.wiring import wire_spec
from dtms.wire.messages import Command

_ACCOUNT: Final = "1@simulation"
_QUIET: Final = frozenset({State.ARMED, State.HEALTHY, State.WARNING_L1, State.WARNING_L2})  # where only closed M15 bars decide
_DEEP_CHECKS: Final = 8  # that may follow one event; the engine asks for one more at most


class Defended:
    """The defence of one trade."""

    def __init__(self, sight: Sight, rules: Rules, situation: Situation) -> None:
        entry, history = situation.entry, situation.history
        self._views = sight.views[entry.side]
        self._rules = rules
        self._gap = (rules.defence or DefenceRules()).rails.gap
        self._spec = wire_spec(history.spec)
        self._closed = history.fast_block(entry.index) - 1  # the last closed bar
        self._commands = 0
        key = TradeKey(_ACCOUNT, situation.position.position_id, 1)
        self._trade = enrolled(first_seen(key, situation.position, managed=True), utc=entry.time)
        self.watch = Watch(lower=-inf, upper=inf, time=entry.time, closes=Closes.FAST)  # look at the first quote

    @property
    def state(self) -> str:
        """The state of the record."""
        return self._record.state.value

    @property
    def _record(self) -> Defence:
        return self._trade.defence or Defence()

    def take(self, event: Event, view: View) -> Sequence[Command]:
        """Ask the engine; what it commands."""
        asked: Asked
        if isinstance(event, BarClosed):
            self._closed = event.fast
            asked = DeepCheck(Trigger.SCHEDULED) if event.slow is not None else Look()
            if event.slow is None and self._is_quiet(view):
                return ()
        else:
            asked = Look() if isinstance(event, pilot.Look) else event
        commands = self._decided(asked, view)
        self.watch = self._next(view)
        return commands

    def _is_quiet(self, view: View) -> bool:
        """Set the watch by a fast bar that closed; return whether a look at it could only find what is known already."""
        self.watch = watch = self._next(view)
        trade, record = self._trade, self._record
        if record.state not in _QUIET or record.risk is None or record.duties or trade.legs or trade.close is not None:
            return False
        seen = self._views[self._closed]
        judgement = seen.judgement
        if judgement is None or judgement.flip_against != record.latches.flip or self._gap_acts(view):
            return False
        if judgement.stale_at is not None and view.time >= judgement.stale_at:
            return False
        price = view.bid if trade.side is Side.BUY else view.ask
        return watch.lower < price < watch.upper and view.time < watch.time

    def _gap_acts(self, view: View) -> bool:
        """Return whether R-9 does more than warn, and may do it now."""
        closure, gap = self._views[self._closed].closure, self._gap
        acts = gap.guard in {GapGuard.TIGHTEN, GapGuard.CLOSE}
        return acts and closure is not None and view.time >= closure.starts - gap.minutes * 60_000

    def _decided(self, asked: Asked, view: View) -> list[Command]:
        commands: list[Command] = []
        for _ in range(_DEEP_CHECKS):
            moment = Moment(view.time, self._commands + 1, utc=view.time)
            decision = decide(self._trade, asked, self._market(view), moment, self._rules)
            self._trade = decision.trade
            if decision.command is not None:
                self._commands += 1
                commands.append(decision.command)
            if decision.deep is None:
                break
            asked = DeepCheck(decision.deep)
        return commands

    def _market(self, view: View) -> Market:
        seen = self._views[self._closed] if self._closed >= 0 else None
        return Market(self._spec, Quote(view.bid, view.ask, view.time), seen)

    def _next(self, view: View) -> Watch:
        """Return when to ask again before the next bar closes."""
        record, rules = self._record, self._rules.defence or DefenceRules()
        now = Seen(self._trade, record, self._market(view), rules, self._rules.break_even, view.time, view.time)
        found = watched(now)
        adverse, favourable = found.adverse, found.favourable
        if record.latches.loss and record.risk is not None:  # the emergency may fire again once its depth is left
            again = -rules.cadence.emergency_r * record.risk + self._spec.tick_size
            favourable = self._trade.position.price_open + self._trade.side.direction * again
        times = [time for time in (next_look(self._trade), self._start()) if time is not None]
        below, above = (adverse, favourable) if self._trade.side is Side.BUY else (favourable, adverse)
        return Watch(
            lower=-inf if below is None else below,
            upper=inf if above is None else above,
            time=min(times, default=inf),
            closes=Closes.FAST,
        )

    def _start(self) -> int | None:
        """Return when monitoring begins by age, in ms UTC."""
        if self._record.state is not State.ARMED or self._rules.defence is None:
            return None
        return self._trade.position.ts_open + self._rules.defence.defence.start.age_s * 1_000


def defended(sight: Sight, settings: Settings, preset: Preset, mode: HedgeMode = HedgeMode.CLOSE) -> Policy:
    """Return the rule that a preset is; the break-even rule, compared by itself, is off."""
    hedge = settings.defence.hedge.model_copy(update={"mode": mode})
    defence = settings.defence.model_copy(update={"preset": preset, "hedge": hedge})
    settings = settings.model_copy(
        update={"defence": defence, "break_even": settings.break_even.model_copy(update={"enabled": False})}
    )
    rules = Rules(
        settings.break_even,
        settings.close,
        DefenceRules(settings.defence, settings.rails, settings.cadence, digest(settings), settings.signals.warnings),
    )
    return partial(Defended, sight, rules)
