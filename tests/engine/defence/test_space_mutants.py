"""Does the visit to every state see what is wrong with the code around the table? Each of these makes it wrong in one place."""

from collections.abc import Callable
from dataclasses import replace
from types import ModuleType
from typing import Any

import pytest
from tests.engine.defence.explore import dead_ends, explore, left_behind
from tests.engine.defence.space import beginning, rules

from dtms.engine.defence import (
    actions,
    closing,
    conduct,
    duties,
    facts,
    outcomes,
    predicates,
    saved,
    stops,
)
from dtms.engine.defence.guards import Flag
from dtms.engine.defence.hedge import HedgePlan, plan_hedge
from dtms.engine.defence.record import Defence, Duty
from dtms.engine.defence.situation import Situation
from dtms.engine.obligation import Stage
from dtms.engine.trade import Trade
from dtms.settings_defence import HedgeMode

Space = tuple[HedgeMode, int, float, float]
HEDGE: Space = (HedgeMode.HEDGE, 2, 0.04, -0.5)
SMALL: Space = (HedgeMode.HEDGE, 1, 0.02, -0.5)
LEAST: Space = (HedgeMode.CLOSE, 1, 0.01, -0.5)
STOPS: Space = (HedgeMode.CLOSE, 2, 0.01, -1.0)


def _legs_only(now: Situation) -> bool:
    return bool(now.trade.legs)


def _as_it_was(trade: Trade, *_: object) -> Trade:
    return trade


def _dropped(trade: Trade, command_id: int) -> Trade:
    record = trade.defence
    assert record is not None
    kept = tuple(duty for duty in record.duties if duty.work.command_id != command_id)
    return replace(trade, defence=replace(record, duties=kept))


def _due_anyway(duty: Duty, record: Defence, now: int) -> bool:
    return duty.work.stage is Stage.ARMED and now >= duty.work.not_before


def _twice(now: Situation) -> object:
    plan = plan_hedge(now)
    return plan._replace(volume=2 * plan.volume) if isinstance(plan, HedgePlan) else plan


def _flags(**wrong: Callable[[Situation], bool]) -> dict[Flag, Callable[[Situation], bool]]:
    return {**predicates.FLAGS, **{Flag[name]: reader for name, reader in wrong.items()}}


MUTANTS: list[tuple[str, Space, ModuleType, str, Any]] = [
    ("once an episode is forgotten", HEDGE, duties, "ONCE", frozenset()),
    ("a hedge that may come is nobody", HEDGE, predicates, "FLAGS", _flags(FAMILY_LEFT=_legs_only)),
    ("flat without what may come", HEDGE, predicates, "_family_left", _legs_only),
    ("the hedge waits for no partial", HEDGE, duties, "_due", _due_anyway),
    ("ordered while another is under way", STOPS, conduct, "busy", lambda _: False),
    ("closes are not pursued", LEAST, conduct, "pursued", _as_it_was),
    ("a leg that is gone is kept", SMALL, facts, "parted", _as_it_was),
    ("the main position is never gone", LEAST, facts, "gone", _as_it_was),
    ("stops may widen", HEDGE, stops, "tighter", lambda *_: True),
    ("an outcome is awaited over a restart", STOPS, saved, "_resumed", lambda owed: replace(owed, not_before=0)),
    ("what a partial closed is not booked", HEDGE, outcomes, "_booked", lambda *given: given[:2]),
    ("the hedge is twice the position", HEDGE, actions, "plan_hedge", _twice),
    ("unknown openings are forgotten", HEDGE, outcomes, "lost", _dropped),
    ("no leg is closed", SMALL, closing, "_asked", lambda leg: leg),
    ("legs are not known as ours", SMALL, facts, "kin", lambda _: None),
]


@pytest.mark.parametrize(("name", "space", "module", "attribute", "wrong"), MUTANTS, ids=[m[0] for m in MUTANTS])
def test_the_visit_sees_it(
    name: str, space: Space, module: ModuleType, attribute: str, wrong: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert hasattr(module, attribute)
    monkeypatch.setattr(module, attribute, wrong)

    assert seen_in(space)


def seen_in(space: Space) -> str:
    """Return the first law that is broken in the space, or what never ends; nothing where all is well."""
    mode, partials, volume, stop = space
    found = explore(beginning(volume, stop), rules(mode, partials), to_first_breach=True)
    if found.breaches:
        return found.breaches[0].partition(":")[0]
    if dead_ends(found, kindly=False):
        return "a state without a way out"
    return "an end that is not reached" if left_behind(found) else ""
