"""Every account model, every operation, every way in which it may end: what the broker has and what is told."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from dtms.sim.behaviour import Behaviour, Effect, Rule
from dtms.sim.mt5 import Action, MarginMode, Retcode, TransactionType
from dtms.sim.spec import SymbolSpec
from dtms.sim.state import Account

MODELS = {"hedging": MarginMode.HEDGING, "netting": MarginMode.NETTING, "exchange": MarginMode.EXCHANGE}
SPEC = SymbolSpec(name="EURUSD", margin_initial=1_000.0)
HELD = 0.10  # every case begins with a buy of so much


@dataclass(frozen=True)
class Operation:
    """
    A request, and the lots that the account has afterwards, those of sells negative.

    `filled` maps lots that the market gives to what is left by model; a plain list counts for all models.
    """

    fields: dict[str, Any]
    hedging: dict[float, list[float]]
    netting: dict[float, list[float]] = field(default_factory=dict)
    splits: bool = True  # whether the market can give a part of it

    def left(self, model: str, lots: float) -> list[float]:
        return (self.hedging if model == "hedging" or not self.netting else self.netting)[lots]

    def volume(self) -> float:
        return float(self.fields.get("volume", 0.0))


def deal(side: int, volume: float, **fields: Any) -> dict[str, Any]:
    return {"action": Action.DEAL, "type": side, "volume": volume, "type_filling": 1, **fields}


OPERATIONS = {
    "open": Operation(deal(0, 0.1, symbol="OTHER"), {0.1: [HELD, 0.1], 0.03: [HELD, 0.03]}),
    "add": Operation(deal(0, 0.1), {0.1: [HELD, 0.1], 0.03: [HELD, 0.03]}, {0.1: [0.2], 0.03: [0.13]}),
    "reduce": Operation(deal(1, 0.06, position="held"), {0.06: [0.04], 0.03: [0.07]}),
    "close": Operation(deal(1, 0.1, position="held"), {0.1: [], 0.03: [0.07]}),
    "oppose": Operation(deal(1, 0.1), {0.1: [HELD, -0.1], 0.03: [HELD, -0.03]}, {0.1: [], 0.03: [0.07]}),
    "outweigh": Operation(deal(1, 0.25), {0.25: [HELD, -0.25], 0.03: [HELD, -0.03]}, {0.25: [-0.15], 0.03: [0.07]}),
    "levels": Operation({"action": Action.SLTP, "position": "held", "sl": 1.09}, {0.0: [HELD]}, splits=False),
}


@dataclass(frozen=True)
class Outcome:
    """An effect, what the caller is told, and whether the operation took place."""

    effect: Effect
    told: Retcode | None
    took_place: bool = True
    part: float | None = None


OUTCOMES = {
    "done": Outcome(Effect(), Retcode.DONE),
    "partial": Outcome(Effect(fill=0.03), Retcode.DONE_PARTIAL, part=0.03),
    "rejected": Outcome(Effect(retcode=Retcode.REJECT), Retcode.REJECT, took_place=False),
    "timed out": Outcome(Effect(retcode=Retcode.TIMEOUT), Retcode.TIMEOUT, took_place=False),
    "timed out and done": Outcome(Effect(retcode=Retcode.TIMEOUT, execute=True), Retcode.TIMEOUT),
    "late": Outcome(Effect(processing_ms=300, late_ms=400, late_result_ms=300), Retcode.DONE),
    "twice": Outcome(Effect(copies=2), Retcode.DONE),
    "in a gap": Outcome(Effect(gap_ms=50), Retcode.DONE),
    "shuffled": Outcome(Effect(shuffle=True), Retcode.DONE),
    "answer lost": Outcome(Effect(lose_result=True), None),
    "never told": Outcome(Effect(lose_transactions=True), None),
    "never arrived": Outcome(Effect(vanish=True), None, took_place=False),
}


@pytest.fixture(params=MODELS)
def model(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def desk(make_desk: Callable[..., Any], model: str) -> Any:
    """A buy of EURUSD is held; OTHER is quoted too."""
    made = make_desk(SPEC, account=Account(margin_mode=MODELS[model]), behaviour=Behaviour())
    made.broker.add_symbol(SymbolSpec(name="OTHER", margin_initial=1_000.0))
    made.broker.quote("OTHER", made.broker.standing.market.time_msc, 1.2, 1.2001)
    made.quote(1.1, 1.1001)
    made.open(0, HELD)
    made.events()
    return made


def seen(desk: Any) -> Counter[tuple[str, float]]:
    """(symbol, signed lots) of what the terminal shows."""
    records = [desk.terminal.position(ticket) for ticket in desk.terminal.positions()]
    return Counter((r["POSITION_SYMBOL"], (1 - 2 * r["POSITION_TYPE"]) * r["POSITION_VOLUME"]) for r in records)


# Levels are moved or not; there is no part of it.
CASES = [(o, end) for o, wanted in OPERATIONS.items() for end in OUTCOMES if wanted.splits or end != "partial"]


@pytest.mark.parametrize(("operation", "outcome"), CASES)
def test_what_an_operation_leaves_and_what_is_told_of_it(desk: Any, model: str, operation: str, outcome: str) -> None:
    wanted, ended = OPERATIONS[operation], OUTCOMES[outcome]
    before = (desk.broker.positions, len(desk.broker.standing.holdings.deals))
    desk.broker.behaviour.rules.append(Rule(ended.effect, times=1))
    fields = {**wanted.fields, **({"position": desk.broker.positions[0].ticket} if "position" in wanted.fields else {})}
    desk.send(**fields)
    for wait in (0, 50, 250, 400, 300):  # when something is due under one of the effects
        desk.pump(after_ms=wait)

    events = [event for event in desk.events() if event[0] == "transaction"]
    results = [event[3].retcode for event in events if event[1].type == TransactionType.REQUEST]
    assert results == [] if ended.told is None else set(results) == {ended.told}
    assert len(results) == (0 if ended.told is None else 2 if outcome == "twice" else 1)
    if not ended.took_place:
        assert (desk.broker.positions, len(desk.broker.standing.holdings.deals)) == before
    else:
        lots = ended.part if ended.part is not None else wanted.volume()
        assert Counter(desk.signed) == Counter(wanted.left(model, lots))
        moved = [e for e in desk.broker.standing.holdings.deals.values() if e.ticket > before[1] + 40_000_000]
        assert sum(d.volume for d in moved) == lots
    assert desk.broker.volume_errors() == []
    assert seen(desk) == Counter((p.symbol, p.direction * p.volume) for p in desk.broker.positions)


@pytest.mark.parametrize("outcome", ["late", "in a gap"])
def test_until_the_news_arrive_the_terminal_shows_what_was(desk: Any, outcome: str) -> None:
    """Late: the old position. In a gap: nothing at all of a position that was ended or turned."""
    desk.broker.behaviour.rules.append(Rule(OUTCOMES[outcome].effect, times=1))
    desk.deal(1, HELD, position=desk.broker.positions[0].ticket)
    for wait in (0, 49) if outcome == "in a gap" else (0, 300, 399):
        desk.pump(after_ms=wait)

    assert desk.broker.positions == ()
    assert sum(seen(desk).values()) == (0 if outcome == "in a gap" else 1)
    desk.pump(after_ms=1)
    assert desk.terminal.positions() == []


def test_the_exposure_of_the_same_deals_is_the_same_on_every_account(make_desk: Callable[..., Any]) -> None:
    exposures = []
    for mode in MODELS.values():
        desk = make_desk(SPEC, account=Account(margin_mode=mode))
        desk.quote(1.1, 1.1001)
        for side, volume in ((0, 0.2), (1, 0.05), (1, 0.4), (0, 0.25), (0, 0.1)):
            desk.done(side, volume)
        exposures.append((round(sum(desk.signed), 8), desk.broker.volume_errors()))

    assert exposures == [(0.1, [])] * 3


@pytest.mark.parametrize("first", [0.10, 0.04])
@pytest.mark.parametrize("second", [0.10, 0.07])
def test_close_by_leaves_the_difference_on_a_hedging_account(make_desk: Callable[..., Any], first: float, second: float) -> None:
    desk = make_desk(SPEC)
    desk.quote(1.1, 1.1001)
    buy, sell = desk.open(0, first), desk.open(1, second)
    desk.send(action=Action.CLOSE_BY, position=buy.ticket, position_by=sell.ticket)
    desk.pump()

    rest = round(first - second, 8)
    assert desk.signed == ([rest] if rest else [])
    assert desk.broker.volume_errors() == []
