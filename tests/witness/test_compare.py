"""What a testimony means for the positions that we believe in, and for one that is gone."""

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.session.made import position

from dtms.names import DealEntry, DealType, Reason, Side
from dtms.sim.broker import Broker
from dtms.sim.mt5 import MarginMode
from dtms.sim.spec import SymbolSpec
from dtms.sim.state import Account
from dtms.wire.messages import Deal, Position
from dtms.witness.compare import Disagreement, What, closed, closing_deals, compare, lasting
from dtms.witness.frames import Ask
from dtms.witness.testimony import SeenPosition, Testimony, by_position

ASK = Ask(1, "1@S", 0, None, 0, ())


def seen(held: Position, **values: Any) -> SeenPosition:
    fields = {name: getattr(held, name) for name in SeenPosition.FIELDS}
    return SeenPosition.model_validate(fields | values)


def said(positions: Sequence[SeenPosition] = (), deals: Sequence[Deal] = ()) -> Testimony:
    return Testimony(ASK, tuple(positions), by_position(deals), "5", 5_000)


def deal(number: int, deal_type: DealType, entry: DealEntry, volume: float, **values: Any) -> Deal:
    fields: dict[str, Any] = {
        "ts_event": number,
        "deal": number,
        "order": number,
        "position_id": 1,
        "symbol": "EURUSD",
        "deal_type": deal_type,
        "entry": entry,
        "reason": Reason.CLIENT,
        "volume": volume,
        "price": 1.1,
        "profit": 0.0,
        "commission": 0.0,
        "fee": 0.0,
        "swap": 0.0,
        "magic": 0,
        "comment": "",
    }
    return Deal.model_validate(fields | values)


OPENED = deal(1, DealType.BUY, DealEntry.IN, 0.1, commission=-0.7)
CLOSED = deal(2, DealType.SELL, DealEntry.OUT, 0.1, price=1.2, profit=10.0, swap=-1.0, fee=-0.2, reason=Reason.STOP_LOSS)


def test_the_same_positions_agree_in_any_order() -> None:
    view = [position(1), position(2, side=Side.SELL), position(3, stop_loss=None)]

    assert compare(view, said([seen(p) for p in reversed(view)])) == ()


@pytest.mark.parametrize(
    ("values", "what"),
    [
        ({"volume": 0.2}, What.VOLUME),
        ({"stop_loss": 1.09901}, What.STOP),
        ({"stop_loss": None}, What.STOP),
        ({"take_profit": 1.2}, What.TARGET),
        ({"side": Side.SELL}, What.SIDE),
        ({"symbol": "EURUSD.r"}, What.SYMBOL),
    ],
)
def test_each_value_that_matters_is_compared(values: dict[str, Any], what: What) -> None:
    (found,) = compare([position(1)], said([seen(position(1), **values)]))

    assert (found.position_id, found.what) == (1, what)


def test_binary_dust_is_no_disagreement() -> None:
    held = position(1, volume=0.3, stop_loss=1.1)

    assert compare([held], said([seen(held, volume=0.1 + 0.2, stop_loss=1.1 + 2**-52)])) == ()


def test_positions_that_one_side_alone_has_are_named() -> None:
    found = compare([position(1)], said([seen(position(2, volume=0.25))]))

    assert found == (
        Disagreement(1, What.MISSING, "buy 0.1 EURUSD", ""),
        Disagreement(2, What.EXTRA, "", "buy 0.25 EURUSD"),
    )


@given(st.sets(st.integers(1, 30)), st.sets(st.integers(1, 30)))
def test_every_position_of_either_side_is_accounted_for(ours: set[int], theirs: set[int]) -> None:
    found = compare(map(position, ours), said([seen(position(number)) for number in theirs]))

    assert {d.position_id for d in found if d.what is What.MISSING} == ours - theirs
    assert {d.position_id for d in found if d.what is What.EXTRA} == theirs - ours
    assert len(found) == len(ours ^ theirs)


def test_only_what_two_testimonies_say_alike_lasts() -> None:
    first = compare([position(1), position(2)], said([seen(position(1), stop_loss=1.05)]))
    second = compare([position(1), position(2)], said([seen(position(1), stop_loss=1.06)]))

    assert [d.position_id for d in lasting(first, second)] == [2]


def test_a_position_that_is_gone_is_closed_by_its_deals() -> None:
    found = closed(position(1), said(deals=[CLOSED, OPENED]))

    assert found is not None
    assert (found.reason, found.deal, found.ts_event) == (Reason.STOP_LOSS, 2, 2)
    assert [found.volume, found.price_close] == pytest.approx([0.1, 1.2])
    assert [found.profit, found.swap, found.commission] == pytest.approx([10.0, -1.0, -0.9])


@pytest.mark.parametrize(
    "deals",
    [
        (),
        (OPENED,),
        (CLOSED,),
        (OPENED, deal(2, DealType.SELL, DealEntry.OUT, 0.05)),
        (OPENED, CLOSED.model_copy(update={"position_id": 2})),
        (OPENED, CLOSED.model_copy(update={"deal_type": DealType.OTHER})),
    ],
)
def test_deals_that_leave_something_open_close_nothing(deals: tuple[Deal, ...]) -> None:
    assert closed(position(1), said(deals=deals)) is None


def test_of_several_closing_deals_the_price_is_of_the_volume_that_was_known() -> None:
    """A part of it was told before: what was left then is what is told now."""
    deals = [
        deal(1, DealType.BUY, DealEntry.IN, 0.4),
        deal(2, DealType.SELL, DealEntry.OUT, 0.1, price=9.0, profit=1.0),
        deal(3, DealType.SELL, DealEntry.OUT, 0.1, price=1.0, profit=2.0),
        deal(4, DealType.SELL, DealEntry.OUT_BY, 0.2, price=4.0, profit=3.0),
    ]

    found = closed(position(1, volume=0.3), said(deals=deals))

    assert found is not None
    assert [found.volume, found.price_close, found.profit] == pytest.approx([0.3, 3.0, 6.0])


def of_sim(broker: Broker) -> list[Deal]:
    """The broker's deals as the Expert Advisor and the witness tell them."""
    return [
        deal(
            d.ticket,
            {0: DealType.BUY, 1: DealType.SELL}.get(d.type, DealType.BALANCE),
            DealEntry(d.entry + 1),
            d.volume,
            position_id=d.position_id,
            price=d.price,
            profit=d.profit,
        )
        for d in broker.standing.holdings.deals.values()
    ]


Step = tuple[int, int]


@given(st.lists(st.tuples(st.integers(0, 1), st.integers(1, 5)), min_size=1, max_size=8), st.sampled_from(list(MarginMode)))
def test_exactly_the_positions_that_ended_at_the_broker_are_closed(steps: list[Step], mode: MarginMode) -> None:
    """Parts, additions and turns of netting accounts among them."""
    broker = Broker([SymbolSpec(name="EURUSD")], account=Account(margin_mode=mode), time_msc=1_700_049_600_000, deposit=1e6)
    broker.quote("EURUSD", 1_700_049_601_000, 1.1, 1.1001)
    for side, lots in steps:
        ours = [p for p in broker.positions if p.side != side]
        if mode is MarginMode.HEDGING and ours:
            broker.human_close(ours[0].ticket, min(lots / 10, ours[0].volume))
        else:
            broker.human_open("EURUSD", side, lots / 10)
    testimony = said(deals=of_sim(broker))
    open_now = {p.identifier for p in broker.positions}

    for position_id in {d.position_id for d in broker.standing.holdings.deals.values()} - {0}:
        assert (closed(position(position_id), testimony) is None) == (position_id in open_now)
        assert all(d.entry is not DealEntry.IN for d in closing_deals(position_id, testimony))


def test_disagreements_come_in_the_order_of_positions() -> None:
    view = [position(number) for number in (3, 1, 2)]

    assert [d.position_id for d in compare(view, said())] == [1, 2, 3]
