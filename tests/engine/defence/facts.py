"""
Abstract facts about a trade, and the situation that shows them: what oracle, table and mutants are compared on.

One value for each thing that a row can ask. Figures lie on, just below and just above every limit of the default settings.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import product
from typing import Any, Final

from tests.engine.defence.scene import CLEAR, ENTRY, M15, OPENED, RICH, R, full
from tests.session.made import position, spec

from dtms.defence_names import Action, Owner, State, Trigger
from dtms.engine.defence.record import Defence, Duty, Latches, Spent, Timer
from dtms.engine.defence.rules import DefenceRules
from dtms.engine.defence.situation import Situation
from dtms.engine.defence.view import BreakMark, Closure, Judgement, SwingMark, View
from dtms.engine.market import Market, Quote
from dtms.engine.obligation import Obligation, Stage
from dtms.engine.signals.warnings import Counter, Warnings
from dtms.engine.trade import Leg, Trade, TradeKey, first_seen
from dtms.names import OpenKind, Side
from dtms.settings import BreakEvenSettings
from dtms.settings_defence import (
    ChochTerminal,
    HedgeMode,
    HedgeSettings,
    HedgeStop,
    LevelSettings,
    Preset,
    Protection,
    StopSettings,
)
from dtms.settings_rails import GapGuard, GapSettings, OnLoss, RailsSettings
from dtms.signal_names import Family
from dtms.wire.messages import Position

LIMITS: Final = (-6.0, -4.0, -3.0, -2.0, 0.0, 1.0)
SCORES: Final = (-8.0, *(limit + step for limit in LIMITS for step in (-0.01, 0.0, 0.01)), 3.0)
PAIRS: Final = (0.3, 0.99, 1.0, 1.01)  # losses of the pair in R
GAINS: Final = (-0.51, -0.5, -0.49, 0.0, 0.19, 0.2, 0.21)
AGES: Final = (0, 899, 900, 901)
OWED: Final = (Action.TIGHTEN, Action.PARTIAL, Action.BREAK_EVEN, Action.OPEN_HEDGE, Action.RE_ADD, Action.TRAIL, Action.PROTECT)
EVENTS: Final = ("none", "choch", "choch unconfirmed", "choch with", "bos", "bos old", "bos before the hedge", "bos against")
UNUSUAL: Final[tuple[dict[str, Any], ...]] = (
    {"fits": False},
    {"opening": Action.OPEN_HEDGE},
    {"opening": Action.OPEN_HEDGE, "fits": False},
    {"shown": True},
    {"quarantined": True},
    {"trigger": None},
    {"trigger": Trigger.EMERGENCY},
    {"always": True},
    {"confluence": True},
    {"gone": True},
    {"hedge": True},
)
# Beside few scores: nothing in these depends on where a score lies.
RARE: Final[tuple[dict[str, Any], ...]] = (
    *({"equity": equity, "pair": pair} for equity in ("no", "chosen", "bare") for pair in (0.99, 1.0, 1.01)),
    {"equity": "chosen", "pair": 1.01, "quarantined": True},
    {"gone": True, "quarantined": True},
    {"rail": True},
    {"rail": True, "hedge": False, "bars_left": 3},
    {"equity": "chosen", "pair": 1.01, "trigger": None},
)


@dataclass(frozen=True)
class Facts:
    """What is so."""

    state: State
    side: Side = Side.BUY
    preset: Preset = Preset.FULL
    owner: Owner = Owner.DTMS
    quarantined: bool = False
    trigger: Trigger | None = Trigger.SCHEDULED
    score: float | None = 0.5
    event: str = "none"
    confluence: bool = False
    gain: float = 0.0
    age: int = 0
    dwell: int = 3
    bars_left: int | None = 3
    gone: bool = False
    hedge: bool = False
    child: bool = False
    opening: Action | None = None
    shown: bool = False  # a hedge, in observe mode
    refusals: int = 0
    fits: bool = True
    equity: str = "no"  # the pair's stop: chosen by the setting, or because the hedge has none
    pair: float = 0.3
    lifted: str = "no"
    rail: bool = False
    always: bool = False
    gate: bool = False
    warnings: int = 0
    families: int = 0
    trails: bool = True
    gap: bool = False
    bare: bool = False
    owed: bool = False  # one of every action, not under way


def situation(facts: Facts) -> Situation:
    """Return a situation in which the facts are so."""
    bar = OPENED + 10 * M15
    utc = OPENED + facts.age * 1_000
    trade, record = _trade(facts), _record(facts, bar)
    judgement = None if facts.score is None else _judgement(facts, bar)
    closure = Closure(utc + 60_000, utc + 60_000 + 48 * 3_600_000) if facts.gap else None
    figures = replace(CLEAR, day_hit=facts.rail)
    account = replace(RICH, hedging=facts.fits)
    view = View(judgement, (bar,), account, figures, closure)
    price = ENTRY + facts.side.direction * facts.gain * R
    bid = price if facts.side is Side.BUY else price - 0.00001
    market = Market(spec(), Quote(round(bid, 7), round(bid + 0.00001, 7), 0), view)
    return Situation(replace(trade, defence=record), record, market, _rules(facts), BreakEvenSettings(), 0, utc, 5, facts.trigger)


def _rules(facts: Facts) -> DefenceRules:
    stops = StopSettings(trail_on_bos=facts.trails, protect=Protection.SET if facts.bare else Protection.PROPOSE, tighten_atr5=0.5)
    defence = full(
        preset=facts.preset,
        stops=stops,
        levels=LevelSettings(warnings_gate=facts.gate),
        hedge=HedgeSettings(mode=HedgeMode.HEDGE, stop_mode=HedgeStop.NONE if facts.equity == "chosen" else HedgeStop.SWING),
        choch_terminal=ChochTerminal.ALWAYS if facts.always else ChochTerminal.GUARDED,
    )
    gap = GapSettings(guard=GapGuard.TIGHTEN)
    return DefenceRules(defence, RailsSettings(on_day_loss=OnLoss.FLATTEN, gap=gap))


def _trade(facts: Facts) -> Trade:
    stop = None if facts.bare else round(ENTRY - facts.side.direction * R, 7)
    held = position(side=facts.side, stop_loss=stop, ts_open=OPENED)
    trade = first_seen(TradeKey("1@Demo", 1, 1), held, managed=True)
    legs = []
    for number, kind, there in ((2, OpenKind.HEDGE, facts.hedge), (3, OpenKind.READD, facts.child)):
        if there:
            leg = _hedge(facts) if kind is OpenKind.HEDGE else position(number, side=facts.side)
            legs.append(Leg(kind, first_seen(TradeKey("1@Demo", number, 1), leg, managed=False)))
    return replace(trade, legs=tuple(legs), quarantine="it raised" if facts.quarantined else None)


def _hedge(facts: Facts) -> Position:
    """A hedge of the position's volume, opened where the pair loses what the facts say, of twice that volume."""
    side = Side.SELL if facts.side is Side.BUY else Side.BUY
    held = position(2, side=side)
    price, own = ENTRY + facts.side.direction * facts.gain * R, side.direction
    exit_price = price + (0.00001 if side is Side.SELL else -0.00001)
    entry = exit_price + own * (2 * facts.pair + facts.gain) * R
    return held.model_copy(update={"price_open": entry, "stop_loss": None if facts.equity == "bare" else 1.0})


def _record(facts: Facts, bar: int) -> Defence:
    duties = tuple(Duty(action, "T0", 1) for action in OWED if facts.owed)
    if facts.opening is not None:
        duties = (Duty(facts.opening, "T0", 1, Obligation(Stage.PENDING, 1, command_id=4)), *duties)
    counters = tuple(
        Counter(family, facts.warnings if i == 0 else 1, OPENED * 2, bar)
        for i, family in enumerate(sorted(Family))
        if i < facts.families
    )
    return Defence(
        state=facts.state,
        previous=facts.state,
        last_bar=bar,
        dwell=facts.dwell,
        timer=None if facts.bars_left is None else Timer(OPENED, facts.dwell + facts.bars_left),
        episode=1,
        risk=R,
        refusals=facts.refusals,
        lifted_bar={"no": 0, "before": bar - M15, "now": bar}[facts.lifted],
        hedged_at_utc=OPENED + 6 * M15,
        hedged_volume=2 * position().volume,
        gone=facts.gone,
        duties=duties,
        warnings=Warnings(counters),
        owner=facts.owner,
        latches=Latches(),
        spent=(Spent(0, Action.PARTIAL), *((Spent(1, Action.OPEN_HEDGE, shown=True),) if facts.shown else ())),
    )


def _judgement(facts: Facts, bar: int) -> Judgement:
    marks = {
        "choch": BreakMark(choch=True, against=True, confirmed=True, at=bar, age=0),
        "choch unconfirmed": BreakMark(choch=True, against=True, confirmed=False, at=bar, age=0),
        "choch with": BreakMark(choch=True, against=False, confirmed=True, at=bar, age=0),
        "bos": BreakMark(choch=False, against=False, confirmed=True, at=bar, age=0),
        "bos old": BreakMark(choch=False, against=False, confirmed=True, at=bar - M15, age=1),
        "bos before the hedge": BreakMark(choch=False, against=False, confirmed=True, at=OPENED, age=0),
        "bos against": BreakMark(choch=False, against=True, confirmed=True, at=bar, age=0),
    }
    low, high = (-0.9, 0.4) if facts.side is Side.BUY else (0.9, -0.4)
    swings = (
        SwingMark(OPENED, ENTRY + low * R, facts.side is Side.SELL),
        SwingMark(OPENED, ENTRY + high * R, facts.side is Side.BUY),
    )
    return Judgement(
        bar,
        bar,
        facts.score,
        True,
        event=marks.get(facts.event),
        confluence=facts.confluence,
        atr5=0.0002,
        atr15=0.0004,
        swings=swings,
    )


def grid() -> Iterator[Facts]:
    """Return every state with every score and event, the timer running and run out, and otherwise nothing unusual."""
    for state, score, event, left in product(State, SCORES, EVENTS, (0, 3)):
        side = Side.BUY if left else Side.SELL
        yield Facts(state, side=side, score=score, event=event, bars_left=left, hedge=state is State.HEDGED, owed=left > 0)
    for state, score, event, values in product(State, SCORES, ("none", "choch", "bos"), UNUSUAL):
        plain = Facts(state, score=score, event=event, bars_left=0, hedge=state is State.HEDGED)
        yield replace(plain, **values)
    for state, score, event, values in product(State, (-8.0, -1.0, 3.0), ("none", "choch", "bos"), RARE):
        yield replace(Facts(state, score=score, event=event, bars_left=0, hedge=state is State.HEDGED), **values)
    for score, warnings, families in product(SCORES, (1, 2, 3), (1, 2, 3)):
        yield Facts(State.WARNING_L1, score=score, gate=True, warnings=warnings, families=families)


def samples(count: int, seed: int = 1) -> Iterator[Facts]:
    """Return facts drawn at random; those that matter little are seldom unusual."""
    draw = random.Random(seed)
    for _ in range(count):
        yield _sample(draw, draw.choice(list(State)))


def _sample(draw: random.Random, state: State) -> Facts:
    def seldom(share: float = 0.08) -> bool:
        return draw.random() < share

    return Facts(
        state,
        side=draw.choice(list(Side)),
        preset=Preset.FULL if not seldom(0.2) else draw.choice(list(Preset)),
        owner=Owner.DTMS if not seldom(0.15) else draw.choice(list(Owner)),
        quarantined=seldom(0.04),
        trigger=draw.choice([Trigger.SCHEDULED, Trigger.SCHEDULED, Trigger.EMERGENCY, None]),
        score=None if seldom(0.15) else draw.choice(SCORES),
        event=draw.choice((*EVENTS, "choch", "bos", "bos")) if seldom(0.6) else "none",
        confluence=seldom(0.15),
        gain=draw.choice(GAINS),
        age=draw.choice(AGES) if seldom(0.5) else 5,
        dwell=draw.choice([0, 1, 2, 5]),
        bars_left=draw.choice([None, 0, 0, 1, 3]),
        gone=seldom(0.1),
        hedge=seldom(0.9 if state is State.HEDGED and draw.random() < 0.6 else 0.06),
        child=seldom(0.15),
        opening=draw.choice([Action.OPEN_HEDGE, Action.RE_ADD]) if seldom(0.15) else None,
        refusals=draw.choice([0, 0, 2, 3, 4]),
        fits=not seldom(0.3),
        equity=draw.choice(["no", "no", "chosen", "bare"]),
        pair=draw.choice(PAIRS),
        lifted=draw.choice(["no", "no", "before", "now"]),
        rail=seldom(0.05),
        always=seldom(0.15),
        gate=seldom(0.4),
        warnings=draw.choice([0, 1, 2]),
        families=draw.choice([0, 1, 2, 3]),
        trails=not seldom(0.3),
        gap=seldom(0.1),
        bare=seldom(0.1),
        owed=seldom(0.3),
        shown=seldom(0.06),
    )
