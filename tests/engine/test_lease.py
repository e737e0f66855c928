"""
The plan for a silent link: what the terminal may do by itself with one position.

The effects of a plan are tested where it is carried out (``tests/mql5/test_lease*``); here it is made.
"""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from tests.session.made import position, spec

from dtms.engine.defence.enrol import enrolled
from dtms.engine.lease import plans
from dtms.engine.trade import Leg, Trade, TradeKey, first_seen, quarantined
from dtms.names import OnSilence, OpenKind, Side
from dtms.settings import BreakEvenSettings, Settings
from dtms.settings_lease import LeaseSettings
from dtms.wire.messages import LeasePlan, Position

RULE = BreakEvenSettings()
TIGHTEN = LeaseSettings.model_validate({"on_silence": "tighten"})
CLOSE = LeaseSettings.model_validate({"on_silence": "close"})


def trade(held: Position | None = None, *, managed: bool = True) -> Trade:
    return first_seen(TradeKey("1@Demo", 1, 1), held or position(), managed=managed)


def planned(one: Trade, lease: LeaseSettings = TIGHTEN, rule: BreakEvenSettings = RULE) -> tuple[LeasePlan, ...]:
    return plans(one, {spec().symbol: spec()}, lease, rule, grace_s=30)


def hedged(one: Trade) -> Trade:
    against = Side.SELL if one.side is Side.BUY else Side.BUY
    leg = first_seen(TradeKey("1@Demo", 2, 1), position(position_id=2, ticket=2, side=against, stop_loss=None), managed=False)
    return replace(one, legs=(Leg(OpenKind.HEDGE, leg),))


def test_a_position_that_is_not_managed_has_no_plan() -> None:
    assert planned(trade(managed=False)) == ()


def test_hold_is_what_nobody_chose_otherwise_and_moves_nothing() -> None:
    (plan,) = planned(trade(), LeaseSettings())
    assert plan.on_silence is OnSilence.HOLD
    assert (plan.breakeven_at, plan.breakeven_stop, plan.trail_distance, plan.max_hold_s) == (None, None, None, None)


def test_an_account_may_choose_otherwise_than_the_rest() -> None:
    lease = LeaseSettings.model_validate({"account": [{"name": "1@Demo", "on_silence": "close"}]})
    assert planned(trade(), lease)[0].on_silence is OnSilence.CLOSE
    other = first_seen(TradeKey("2@Demo", 1, 1), position(), managed=True)
    assert planned(other, lease)[0].on_silence is OnSilence.HOLD


@pytest.mark.parametrize(
    "accounts",
    [[{"name": "Demo", "on_silence": "hold"}], [{"name": "1@D", "on_silence": "hold"}] * 2, [{"name": "1@D", "on_silence": "x"}]],
)
def test_an_account_that_is_no_account_or_named_twice_is_refused(accounts: object) -> None:
    with pytest.raises(ValidationError):
        LeaseSettings.model_validate({"account": accounts})


@given(side=st.sampled_from(Side), points=st.integers(10, 5_000))
def test_tighten_moves_the_stop_where_the_break_even_rule_would_and_trails_by_r(side: Side, points: int) -> None:
    stop = round(1.1 - side.direction * points / 100_000, 5)
    (plan,) = planned(trade(position(side=side, price_open=1.1, stop_loss=stop, commission=0.0, swap=0.0)))
    assert plan.breakeven_at == pytest.approx(
        1.1 + side.direction * max(points, 1) / 100_000, abs=1.1e-5 * max(1, spec().stops_level)
    )
    assert plan.breakeven_stop == pytest.approx(1.1 + side.direction * 0.00001, abs=1e-9)
    assert plan.trail_distance == pytest.approx(points / 100_000, abs=1e-9)
    assert plan.floor_stop == stop


def test_no_break_even_rule_means_no_break_even_by_itself() -> None:
    (plan,) = planned(trade(), rule=BreakEvenSettings(enabled=False))
    assert plan.breakeven_at is None
    assert plan.trail_distance is not None


def test_a_trade_in_quarantine_keeps_its_plan() -> None:
    assert planned(quarantined(trade(), "raised")) == planned(trade())


def test_the_floor_of_a_position_that_lost_its_stop_is_the_risk_it_began_with() -> None:
    began = trade(position(price_open=1.1, stop_loss=1.095))
    (plan,) = planned(began.seen(position(price_open=1.1, stop_loss=None)))
    assert plan.floor_stop == pytest.approx(1.095)


def test_a_position_that_never_had_a_stop_has_no_floor_to_tell() -> None:
    (plan,) = planned(trade(position(stop_loss=None)))
    assert plan.floor_stop is None
    assert plan.breakeven_at is None


def test_require_stop_is_the_users_choice_and_about_mains_only() -> None:
    lease = LeaseSettings(require_stop=True)
    main, leg = planned(hedged(trade()), lease)
    assert main.require_stop
    assert not leg.require_stop
    assert not planned(trade())[0].require_stop


def test_the_legs_of_a_pair_name_each_other_and_neither_is_trailed() -> None:
    main, leg = planned(hedged(trade(position(ticket=7))))
    assert (main.pair_ticket, leg.pair_ticket) == (leg.ticket, main.ticket)
    assert [plan.breakeven_at for plan in (main, leg)] == [None, None]
    assert [plan.trail_distance for plan in (main, leg)] == [None, None]


def test_a_pair_whose_main_leg_is_gone_leaves_a_plan_for_the_other() -> None:
    one = enrolled(hedged(trade()), recovered=True)
    assert one.defence is not None
    gone = replace(one, defence=replace(one.defence, gone=True))
    assert [plan.position_id for plan in planned(gone, CLOSE)] == [2]


@pytest.mark.parametrize(
    ("key", "value"),
    [("on_silence", "close"), ("trail_r", 2.0), ("max_hold_s", 60), ("require_stop", True)],
)
def test_every_setting_of_the_lease_is_heeded(key: str, value: object) -> None:
    lease = Settings.model_validate({"lease": {"on_silence": "tighten", key: value}}).lease
    assert planned(trade(), lease) != planned(trade())
