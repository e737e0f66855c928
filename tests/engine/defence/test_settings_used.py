"""Every key of ``[defence]``, ``[cadence]`` and ``[rails]`` changes what is decided; one that is added needs its story here."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any, NamedTuple

import pytest
from pydantic import BaseModel, ValidationError
from tests.engine.defence.scene import BOS, CHOCH, CLEAR, M15, OPENED, Scene
from tests.engine.defence.test_figures import release

from dtms.defence_names import Rail, State, Trigger
from dtms.engine.defence.cadence import deep_due, fast_interval
from dtms.engine.defence.news import blackout, currencies, is_stale
from dtms.engine.defence.rail_memory import RailMemory, equity_seen, figures
from dtms.engine.defence.view import Closure, RailFigures
from dtms.names import Outcome
from dtms.settings import Settings
from dtms.settings_defence import CadenceSettings, DefenceSettings
from dtms.settings_rails import RailsSettings
from dtms.signal_names import Family, Volatility
from dtms.wire.messages import OpenPosition

HEDGING = {"preset": "full", "hedge": {"mode": "hedge"}}
MINUTE = 60_000
HOUR = 60 * MINUTE


class Groups(NamedTuple):
    """The three tables."""

    defence: DefenceSettings
    rails: RailsSettings
    cadence: CadenceSettings


Story = Callable[[Groups], object]


def scene(groups: Groups, **values: Any) -> Scene:
    return Scene(defence=groups.defence, rails=groups.rails, cadence=groups.cadence, **values)


def checks(*scores: float | None, **values: Any) -> Story:
    """Deep checks one after the other, everything ordered done; states, orders and duties tell."""

    setting = {name: value for name, value in values.items() if name in Scene.__dataclass_fields__}
    evidence = {name: value for name, value in values.items() if name not in setting}

    def story(groups: Groups) -> object:
        told = scene(groups, **setting)
        result = []
        for score in scores:
            told.deep(score, **evidence)
            told.settle()
            result.append((told.stands(), told.record.reason))
        return result, [command.model_dump(exclude={"command_id"}) for command in told.sent], told.record.timer, told.record.risk

    return story


def looks(*prices: float, **values: Any) -> Story:
    """Fast checks at these prices; states, orders and wishes tell."""

    def story(groups: Groups) -> object:
        told = scene(groups, **values)
        told.judgement = told.judged(0.5, swings=(), fast_close=None)
        found = []
        for price in prices:
            told.price = price
            decision = told.look(ms=1)
            found.append((told.stands(), decision.deep, [note.text for note in decision.notes]))
            told.settle()
        return found, [command.model_dump(exclude={"command_id"}) for command in told.sent]

    return story


def gated(groups: Groups) -> object:
    told = scene(groups, state=State.WARNING_L1)
    told.deep(-3.0, families=(Family.STRUCTURAL, Family.VWAP), bars=1)
    told.deep(-3.2, families=(Family.STRUCTURAL, Family.VWAP), bars=1)
    return told.stands()


def refused(groups: Groups) -> object:
    """How often a hedge is asked for, and when, while it is refused."""
    told = scene(groups)
    told.deep(-8.0)
    while told.command is not None and not isinstance(told.command, OpenPosition):
        told.answer()
    times = []
    for _ in range(300):
        if isinstance(told.command, OpenPosition):
            times.append(told.now)
            told.answer(Outcome.REJECTED)
        told.look(ms=500)
    return times, told.stands()


def failing(groups: Groups) -> object:
    """When a partial is asked for while it is rejected."""
    told = scene(groups, stop=-0.5, state=State.WARNING_L1)
    told.deep(-5.0)
    times = []
    for _ in range(400):
        if told.command is not None:
            times.append(told.now)
            told.answer(Outcome.REJECTED)
        told.look(ms=100)
    return times, told.said()


def closes_failing(groups: Groups) -> object:
    told = scene(groups, state=State.RECOVERING)
    told.deep(-8.0)
    told.answer(Outcome.REJECTED)
    told.look(ms=10_000)
    told.answer(Outcome.REJECTED)
    return [text for text in told.said() if "close has failed" in text]


def recovered(**values: Any) -> Story:
    def story(groups: Groups) -> object:
        told = scene(groups, volume=0.4, **values)
        told.hedge()
        told.deep(-1.0, event=BOS)
        told.settle()
        told.deep(1.2)
        return [command.model_dump(exclude={"command_id"}) for command in told.settle()], told.stands()

    return story


def half_hedged(groups: Groups) -> object:
    """A half of the position is hedged, and the price goes on against it, up to its own stop."""
    told = scene(groups, volume=0.4)
    told.hedge()
    stops = [command.stop_loss for command in told.sent if isinstance(command, OpenPosition)]
    told.price = -0.59
    told.look(ms=1_000)
    return stops, told.stands(), told.record.reason


def closed_days(groups: Groups) -> object:
    return list(groups.rails.gap.closed("EURUSD", general=True))


def near_the_end(groups: Groups) -> object:
    told = scene(groups, price=0.5)
    starts = told.utc + 50 * MINUTE
    told.view_changes["closure"] = Closure(starts, starts + 23 * HOUR + 30 * MINUTE)
    told.look()
    return told.said(), told.stands()


def at_a_loss(groups: Groups) -> object:
    memory = equity_seen(RailMemory(), 10_000.0, 10_000.0, utc=0, day=1, rails=groups.rails)
    memory = equity_seen(memory, 10_000.0, 9_850.0, utc=30 * MINUTE, day=1, rails=groups.rails)
    later = figures(memory, 100 * MINUTE)
    return memory.day_hit, memory.hour_until, later.hour_hit


def blocked(given: RailFigures) -> Story:
    def story(groups: Groups) -> object:
        told = scene(groups, volume=0.4)
        told.hedge()
        told.deep(-1.0, event=BOS)
        told.settle()
        told.figures = given
        told.deep(1.2)
        return told.settle(), told.said()

    return story


def spreading(groups: Groups) -> object:
    told = scene(groups, spread=0.000025)
    told.deep(-3.0)
    seconds = 0
    while told.command is None and seconds < 100:
        told.look(ms=1_000)
        seconds += 1
    return seconds


def budget(sent: tuple[int, ...], minute: int = 0) -> Story:
    def story(groups: Groups) -> object:
        told = scene(groups, price=0.6, figures=replace(CLEAR, commands_minute=minute))
        told.put(sent_at=tuple(M15 + at for at in sent))
        told.deep(1.0, event=BOS, swings=(told.swing(0.3, -4),))
        return told.command is None

    return story


def news(minute: int, **values: Any) -> Story:
    return lambda groups: blackout([release(100, **values)], currencies(scene(groups).spec), minute * MINUTE, groups.rails)


def flips(groups: Groups) -> object:
    told = scene(groups, price=0.1)
    found = []
    for _ in range(4):
        told.passes()
        told.judgement = told.judged(-1.0, flip_against=True)
        decision = told.look()
        found.append(decision.deep)
        if decision.deep is not None:
            told.deep(-1.0, bars=0, trigger=decision.deep, flip_against=True)
        told.judgement = told.judged(-1.0)
        told.look()
    return found


def twice_a_bar(groups: Groups) -> object:
    told = scene(groups, price=0.1)
    told.deep(0.5)
    told.judgement = told.judged(-1.0, flip_against=True)
    return told.look(ms=1).deep


def shocked(groups: Groups) -> object:
    told = scene(groups, price=1.0)
    told.judgement = told.judged(0.5, swings=())
    told.price = 0.45
    return told.look().deep


def threatened(groups: Groups) -> object:
    told = scene(groups, price=-0.1)
    told.judgement = told.judged(0.5, swings=(told.swing(-0.25, -3),))
    return told.look().deep


def evidence_from_before(groups: Groups) -> object:
    told = scene(groups)
    told.deep(-5.0, event=CHOCH._replace(at=OPENED - M15))
    return told.stands(), told.record.reason


def bare(**values: Any) -> Story:
    return checks(0.5, stop=None, price=0.1, **values)


# Key path: another value, and a story that it changes; ``HEDGING`` is set in both.
STORIES: dict[str, tuple[object, Story]] = {
    "defence.preset": ("guard", checks(-5.0)),
    "defence.choch_terminal": ("always", checks(-1.0, event=CHOCH)),
    "defence.evidence_since_entry": (True, evidence_from_before),
    "defence.start.gain_r": (0.1, looks(0.15, state=None)),
    "defence.start.age_s": (1, looks(0.0, state=None)),
    "defence.start.loss_r": (0.2, looks(-0.3, state=None)),
    "defence.levels.first_warning": (-3.0, checks(-2.5)),
    "defence.levels.second_warning": (-5.0, checks(-4.5)),
    "defence.levels.hedge": (-7.0, checks(-6.5)),
    "defence.levels.healthy_again": (0.5, checks(-3.0, 0.2)),
    "defence.levels.first_again": (-1.0, checks(-1.5, state=State.WARNING_L2)),
    "defence.levels.recovered": (1.5, recovered()),
    "defence.levels.recovery_failed": (-7.0, checks(-6.5, state=State.RECOVERING)),
    "defence.levels.flat_below": (-1.0, checks(-3.0, *[-0.5] * 5)),
    "defence.levels.warnings_gate": (True, gated),
    "defence.levels.gate_score": (-3.5, gated),
    "defence.levels.gate_warnings": (5, gated),
    "defence.levels.gate_families": (3, gated),
    "defence.timers.flat_bars": (3, checks(-3.0, -1.0, -1.0, -1.0)),
    "defence.timers.recovery_bars": (1, checks(-8.0, -1.0, 0.5, event=BOS)),
    "defence.timers.dwell_bars": (2, checks(-3.0, 0.5)),
    "defence.timers.fresh_bars": (3, checks(-8.0, -1.0, event=BOS._replace(age=2))),
    "defence.stops.tighten_r": (0.4, checks(-3.0)),
    "defence.stops.tighten_atr5": (2.0, checks(-3.0)),
    "defence.stops.break_even_ticks": (5, checks(-5.0, price=0.25)),
    "defence.stops.swing_atr": (0.2, checks(1.0, event=BOS, price=0.6)),
    "defence.stops.bare_risk_atr": (2.0, bare()),
    "defence.stops.protect": ("set", bare()),
    "defence.stops.trail_on_bos": (False, checks(1.0, event=BOS, price=0.6)),
    "defence.stops.min_change_r": (2.0, checks(1.0, event=BOS, price=0.6)),
    "defence.volumes.partial_share": (0.25, checks(-5.0)),
    "defence.volumes.max_partials": (0, checks(-5.0)),
    "defence.volumes.re_add_share": (0.25, recovered()),
    "defence.volumes.deviation_points": (7, checks(-5.0)),
    "defence.hedge.mode": ("close", checks(-8.0)),
    "defence.hedge.ratio": (0.5, checks(-8.0)),
    "defence.hedge.stop_mode": ("none", half_hedged),
    "defence.hedge.pair_stop_r": (0.4, half_hedged),
    "defence.hedge.min_stop_atr": (3.0, checks(-8.0)),
    "defence.hedge.margin_level_after": (99_000.0, checks(-8.0)),
    "defence.hedge.refusals": (2, refused),
    "defence.retry.max_attempts": (2, failing),
    "defence.retry.retry_ms": (500, failing),
    "defence.retry.retry_max_ms": (2_000, failing),
    "defence.retry.close_alarm": (2, closes_failing),
    "cadence.fast_ms": (20_000, lambda groups: fast_interval(State.HEDGED, Volatility.NORMAL, groups.cadence)),
    "cadence.fast_high_ms": (10_000, lambda groups: fast_interval(State.HEDGED, Volatility.HIGH, groups.cadence)),
    "cadence.fast_calm_ms": (90_000, lambda groups: fast_interval(State.HEALTHY, Volatility.LOW, groups.cadence)),
    "cadence.confirm_ms": (9_000, lambda groups: deep_due(OPENED, groups.cadence)),
    "cadence.cooldown_ms": (3 * M15, flips),
    "cadence.one_check_a_bar": (False, twice_a_bar),
    "cadence.threat_atr": (0.5, threatened),
    "cadence.emergency_r": (0.3, looks(-0.4)),
    "cadence.shock_r": (0.6, shocked),
    "rails.day_loss": (0.01, blocked(replace(CLEAR, day_loss=0.015))),
    "rails.on_day_loss": ("flatten", looks(0.0, figures=replace(CLEAR, day_hit=True))),
    "rails.hour_loss": (0.005, blocked(replace(CLEAR, hour_loss=0.007))),
    "rails.hour_minutes": (20, at_a_loss),
    "rails.stops_in_a_row": (2, blocked(replace(CLEAR, stops=2))),
    "rails.news_before_min": (60, news(50)),
    "rails.news_after_min": (5, news(110)),
    "rails.news_importance": (2, news(100, importance=2)),
    "rails.calendar_stale_h": (1, lambda groups: is_stale(2 * HOUR, groups.rails)),
    "rails.spread_factor": (3.0, spreading),
    "rails.spread_wait_ms": (10_000, spreading),
    "rails.modify_every_ms": (1_000, budget((-2_000,))),
    "rails.ticket_minute": (3, budget((-9_000, -8_000, -7_000))),
    "rails.account_minute": (5, budget((), minute=10)),
    "rails.gap.guard": ("off", near_the_end),
    "rails.gap.hours": (23.0, near_the_end),
    "rails.gap.minutes": (40, near_the_end),
    "rails.gap.closed_days": (["2026-12-25"], closed_days),
}
# What a story needs besides, on both sides of the comparison.
BESIDES: dict[str, dict[str, object]] = {
    **{f"defence.levels.gate_{name}": {"defence.levels.warnings_gate": True} for name in ("score", "warnings", "families")},
    "defence.hedge.pair_stop_r": {"defence.hedge.stop_mode": "none", "defence.hedge.ratio": 0.5},
    "rails.gap.guard": {"rails.gap.hours": 23.0},
    "rails.gap.minutes": {"rails.gap.hours": 23.0},
    "defence.hedge.refusals": {"defence.retry.retry_ms": 100},
    "defence.retry.retry_max_ms": {"defence.retry.max_attempts": 10},
    "rails.hour_minutes": {"rails.day_loss": 0.5},
}


def keys(model: BaseModel, path: str) -> Iterator[str]:
    for name in type(model).model_fields:
        value = getattr(model, name)
        if isinstance(value, BaseModel):
            yield from keys(value, f"{path}.{name}")
        else:
            yield f"{path}.{name}"


def with_keys(values: dict[str, object]) -> Groups:
    tree: dict[str, Any] = {"defence": {"preset": "full", "hedge": {"mode": "hedge"}}, "rails": {}, "cadence": {}}
    for path, value in values.items():
        *tables, last = path.split(".")
        at = tree
        for table in tables:
            at = at.setdefault(table, {})
        at[last] = value
    settings = Settings.model_validate(tree)
    return Groups(settings.defence, settings.rails, settings.cadence)


def test_every_key_has_a_story() -> None:
    settings = Settings()
    groups = {"defence": settings.defence, "rails": settings.rails, "cadence": settings.cadence}

    assert {key for path, model in groups.items() for key in keys(model, path)} == set(STORIES)


@pytest.mark.parametrize("key", list(STORIES))
def test_a_key_that_is_ignored_would_be_noticed(key: str) -> None:
    value, story = STORIES[key]
    besides = BESIDES.get(key, {})

    assert story(with_keys(besides)) != story(with_keys({**besides, key: value}))


@pytest.mark.parametrize(
    "values",
    [
        {"defence.levels.first_warning": -5.0},
        {"defence.levels.healthy_again": -3.0},
        {"defence.levels.first_again": -4.0},
        {"defence.levels.recovered": -7.0},
        {"defence.volumes.partial_share": 1.0},
        {"defence.timers.flat_bars": 0},
        {"defence.hedge.ratio": 0},
        {"rails.day_loss": 2},
        {"rails.spread_factor": 1},
        {"cadence.fast_ms": 0},
        {"defence.stops.tighten": 0.3},
        {"defence.preset": "Full"},
        {"rails.gap.hours": float("nan")},
        {"rails.modify_every_ms": 60_001},  # what was sent is remembered for a minute
        {"rails.gap.closed_days": ["tomorrow"]},
    ],
    ids=lambda values: next(iter(values)),
)
def test_what_cannot_be_meant_is_refused(values: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        with_keys(values)


def test_the_rails_have_the_names_of_the_specification() -> None:
    assert [rail.value for rail in Rail] == [f"R-{number}" for number in range(1, 10)]
    assert Trigger("emergency") is Trigger.EMERGENCY
