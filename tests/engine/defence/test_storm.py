"""Random weather over one trade: whatever comes in whatever order, no law is broken, nothing raises, the family ends together."""

from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule
from tests.engine.defence.scene import BOS, CHOCH, Scene, full
from tests.engine.defence.storm import MAIN, REFUSALS, Asked, Storm

from dtms.defence_names import State, Trigger
from dtms.engine.decide import CloseAsked, Look
from dtms.engine.defence.events import DeepCheck
from dtms.engine.trade import quarantined
from dtms.names import Outcome, Side
from dtms.settings_defence import HedgeMode, HedgeSettings, Preset, Protection, StopSettings
from dtms.settings_rails import RailsSettings

_SCORES = st.sampled_from([None, -8.0, -6.0, -5.0, -3.0, -2.0, -1.0, 0.0, 1.0, 3.0])
_EVENTS = st.sampled_from([None, None, BOS, CHOCH, CHOCH._replace(confirmed=False)])
_TRIGGERS = st.sampled_from([Trigger.SCHEDULED, Trigger.SCHEDULED, Trigger.EMERGENCY, Trigger.FLIP, Trigger.THREAT])
_PICK = st.integers(0, 5)
_WAY = ((State.WARNING_L2, -5.0, None), (State.HEDGED, -8.0, None), (State.RECOVERING, -1.0, BOS))
_LATER = tuple(state for state, _, _ in _WAY)


def _at_first(state: State | None) -> State | None:
    return State.HEALTHY if state in _LATER else state


class Weather(RuleBasedStateMachine):
    """Everything that can happen to a trade."""

    storm: Storm

    @initialize(
        side=st.sampled_from(Side),
        preset=st.sampled_from([Preset.FULL] * 5 + [Preset.GUARD]),
        mode=st.sampled_from([HedgeMode.HEDGE, HedgeMode.HEDGE, HedgeMode.CLOSE]),
        volume=st.sampled_from([0.01, 0.02, 0.05, 0.4]),
        stop=st.sampled_from([-1.0, -1.0, -2.0, None, 0.2]),
        state=st.sampled_from([None, State.HEALTHY, *_LATER]),
        observes=st.sampled_from([False] * 5 + [True]),
    )
    def begins(self, **given: Any) -> None:
        defence = full(preset=given["preset"], hedge=HedgeSettings(mode=given["mode"]), stops=StopSettings(protect=Protection.SET))
        rails = RailsSettings(ticket_minute=1_000)
        scene = Scene(
            given["side"], defence, rails, volume=given["volume"], stop=given["stop"], state=_at_first(given["state"]), price=-0.05
        )
        self.storm = Storm(scene, observes=given["observes"])
        self._comes_to(given["state"])

    def _comes_to(self, state: State | None) -> None:
        """Let the evidence take the trade there, as far as its preset goes."""
        for later, total, event in _WAY if state in _LATER else ():
            self.is_judged(total, event, Trigger.SCHEDULED, 1, flip=False)
            if later is not state or state is not State.WARNING_L2:
                self.all_is_done()
            if later is state:
                return

    @property
    def scene(self) -> Scene:
        return self.storm.scene

    def _one(self, pick: int) -> Asked:
        return self.storm.asked[pick % len(self.storm.asked)]

    # The market

    @rule(total=_SCORES, event=_EVENTS, trigger=_TRIGGERS, bars=st.sampled_from([0, 1, 1, 1, 5]), flip=st.booleans())
    def is_judged(self, total: float | None, event: Any, trigger: Trigger, bars: int, flip: bool) -> None:
        self.scene.passes(bars)
        self.scene.judgement = self.scene.judged(total, event=event, flip_against=flip)
        self.storm.happens(DeepCheck(trigger))

    @rule(ms=st.sampled_from([1, 1_000, 10_000, 600_000]))
    def is_looked_at(self, ms: int) -> None:
        self.scene.now += ms
        self.storm.happens(Look())

    @rule(price=st.sampled_from([-0.9, -0.51, -0.3, 0.0, 0.3, 1.5]), wide=st.booleans())
    def price_goes(self, price: float, wide: bool) -> None:
        self.scene.price, self.scene.spread = price, 0.0001 if wide else 0.00001
        self.storm.happens(Look())

    # The broker

    @rule()
    def all_is_done(self) -> None:
        for _ in range(6):
            for asked in list(self.storm.asked):
                self.storm.carries_out(asked)
                self.storm.answers(asked, Outcome.REJECTED)
            while self.storm.untold:
                self.storm.happens(self.storm.untold.pop(0))

    @precondition(lambda self: self.storm.asked)
    @rule(pick=_PICK, part=st.sampled_from([False, False, True]))
    def is_carried_out(self, pick: int, part: bool) -> None:
        self.storm.carries_out(self._one(pick), part=part)

    @precondition(lambda self: self.storm.asked)
    @rule(pick=_PICK, done=st.booleans(), refusal=st.sampled_from(REFUSALS))
    def is_answered(self, pick: int, done: bool, refusal: Outcome) -> None:
        asked = self._one(pick)
        if done:
            self.storm.carries_out(asked)
        self.storm.answers(asked, refusal)

    @precondition(lambda self: self.storm.asked)
    @rule(pick=_PICK)
    def is_unknown(self, pick: int) -> None:
        self.storm.vanishes(self._one(pick))

    @precondition(lambda self: self.storm.asked)
    @rule(pick=_PICK)
    def has_expired(self, pick: int) -> None:
        self.storm.expires(self._one(pick))

    @precondition(lambda self: self.storm.untold)
    @rule(pick=st.sampled_from([0, 0, 0, 1, 2]))
    def is_told(self, pick: int) -> None:
        untold = self.storm.untold
        self.storm.happens(untold.pop(pick % len(untold)))

    @precondition(lambda self: self.storm.last is not None)
    @rule()
    def is_told_twice(self) -> None:
        assert self.storm.last is not None
        self.storm.happens(self.storm.last)

    @rule()
    def is_listed(self) -> None:
        self.storm.snapshot()

    @precondition(lambda self: len(self.storm.scene.held) > 1)
    @rule(pick=_PICK)
    def leg_is_lost(self, pick: int) -> None:
        legs = sorted(self.scene.held.keys() - {MAIN})
        if legs:
            self.storm.loses(legs[pick % len(legs)])

    # People

    @precondition(lambda self: MAIN in self.storm.scene.held)
    @rule(stop=st.sampled_from([None, -2.0, -0.9, -0.2]))
    def somebody_moves_the_stop(self, stop: float | None) -> None:
        self.storm.moved(MAIN, stop_loss=None if stop is None else self.scene.at(stop))

    @precondition(lambda self: MAIN in self.storm.scene.held)
    @rule(factor=st.sampled_from([0.5, 2.0]))
    def somebody_changes_the_volume(self, factor: float) -> None:
        volume = round(self.scene.held[MAIN].volume * factor, 2)
        if 0.01 <= volume <= 2.0:
            self.storm.moved(MAIN, volume=volume)

    # The process

    @rule()
    def restarts(self) -> None:
        self.storm.restarts()

    @rule(there=st.sampled_from([True, True, False]))
    def hands(self, there: bool) -> None:
        self.storm.hands = there

    @rule(what=st.sampled_from(["nothing"] * 10 + ["somebody wants the end", "it raised", "the main position is lost"]))
    def is_over(self, what: str) -> None:
        if what == "somebody wants the end":
            self.storm.happens(CloseAsked("user"))
        elif what == "it raised":
            self.scene.trade = quarantined(self.scene.trade, what)
        elif what == "the main position is lost" and MAIN in self.scene.held:
            self.storm.loses(MAIN)

    def teardown(self) -> None:
        """Fine weather: what is known is what is there. Then the position ends, and everything that was opened for it goes too."""
        if not hasattr(self, "storm"):
            return
        self.storm.calms()
        if MAIN in self.scene.held:
            self.storm.loses(MAIN)
        self.storm.calms()
        assert self.scene.held == {}
        assert self.scene.trade.ended


TestWeather = Weather.TestCase
TestWeather.settings = settings(max_examples=150, stateful_step_count=30, deadline=None)
