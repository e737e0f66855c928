"""Somebody else who commands under our mark is noticed by what it does, and ends our own commands (R09)."""

from collections.abc import Iterator
from typing import Any

import pytest
from tests.runtime.bench import UTC, Bench, acting, bench
from tests.runtime.lives import QUICK, deal
from tests.runtime.market_side import MarketSide
from tests.session.made import OFFSET_S, position, tick
from tests.store.made import ACCOUNT

from dtms.names import DealEntry, OpenKind, OrderState
from dtms.runtime.desk import ConfirmAuthority
from dtms.wire.messages import Deal, OrderSeen
from dtms.wire.tag import tag

FOREIGN = (1 << 24) + 500
EARLIER = 7
SELF = 0x800000


@pytest.fixture
def desk() -> Iterator[Bench]:
    with bench(acting(desk=QUICK)) as made:
        yield made


@pytest.fixture
def side(desk: Bench) -> MarketSide:
    terminal = MarketSide(positions={1: position(1)})
    desk.dial(terminal)
    return terminal


def made_now(desk: Bench, command_id: int, kind: OpenKind = OpenKind.HEDGE, **values: Any) -> Deal:
    entry = DealEntry.OUT if kind is OpenKind.REDUCE else DealEntry.IN
    late = UTC + desk.now + OFFSET_S * 1_000 + 60_000
    return deal(3, 0.1, **({"magic": tag(kind, command_id), "entry": entry, "ts_event": late} | values))


def order(desk: Bench, command_id: int, **values: Any) -> OrderSeen:
    fields: dict[str, Any] = {
        "ts_event": UTC + desk.now + OFFSET_S * 1_000 + 60_000,
        "order": 77,
        "position_id": 0,
        "symbol": "EURUSD",
        "order_type": 1,
        "state": OrderState.FILLED,
        "volume_initial": 0.1,
        "volume_current": 0.0,
        "price_open": 1.1,
        "magic": tag(OpenKind.HEDGE, command_id),
        "comment": "",
    }
    return OrderSeen.model_validate(fields | values)


def commands(desk: Bench, side: MarketSide) -> int:
    """How many commands follow from a price at which the stop is to be moved."""
    side.quotes(desk.now, tick(1.1011))
    desk.pass_time(1_500)
    return len(side.commands)


@pytest.mark.parametrize("kind", [OpenKind.HEDGE, OpenKind.READD, OpenKind.REDUCE])
def test_a_deal_under_our_mark_that_nobody_ordered_ends_all_commands_until_the_user_says_so(
    desk: Bench, side: MarketSide, kind: OpenKind
) -> None:
    side.say(made_now(desk, FOREIGN, kind), desk.now)
    desk.pump()

    assert commands(desk, side) == 0
    assert "somebody else commands under our mark" in desk.account.reign.risk_off(desk.now)
    desk.inbox.put(ConfirmAuthority(ACCOUNT))
    desk.pump()
    assert commands(desk, side) == 1


def test_an_order_under_our_mark_that_nobody_gave_does_the_same(desk: Bench, side: MarketSide) -> None:
    side.say(order(desk, FOREIGN), desk.now)
    desk.pump()
    assert commands(desk, side) == 0


def test_a_command_of_an_earlier_epoch_that_is_carried_out_under_ours_is_somebody_elses(desk: Bench, side: MarketSide) -> None:
    side.say(made_now(desk, EARLIER), desk.now)
    desk.pump()
    assert commands(desk, side) == 0


@pytest.mark.parametrize(
    "values",
    [
        {"magic": tag(OpenKind.AUTONOMOUS, FOREIGN)},
        {"magic": tag(OpenKind.REDUCE, FOREIGN | SELF), "entry": DealEntry.OUT},
        {"magic": 12345},
        {"magic": tag(OpenKind.HEDGE, EARLIER), "entry": DealEntry.OUT},
        {"magic": tag(OpenKind.HEDGE, EARLIER), "ts_event": UTC + OFFSET_S * 1_000},
    ],
    ids=["autonomous", "its-own-number", "a-persons", "the-stop-of-our-hedge", "before-our-epoch"],
)
def test_what_is_no_second_authority(desk: Bench, side: MarketSide, values: dict[str, Any]) -> None:
    side.say(made_now(desk, EARLIER, **values), desk.now)
    desk.pump()
    assert commands(desk, side) == 1


def test_our_own_deals_are_ours(desk: Bench, side: MarketSide) -> None:
    assert commands(desk, side) == 1
    own = side.commands[0].command_id
    side.say(made_now(desk, own, OpenKind.REDUCE), desk.now)
    side.say(order(desk, own), desk.now)
    desk.pump()
    assert not desk.account.reign.disputed
    side.say(made_now(desk, own + 1, OpenKind.REDUCE), desk.now)
    desk.pump()
    assert desk.account.reign.disputed


def test_the_order_of_a_stop_bears_the_mark_of_its_position(desk: Bench, side: MarketSide) -> None:
    side.say(order(desk, EARLIER, order=80, position_id=77), desk.now)
    desk.pump()
    assert not desk.account.reign.disputed
