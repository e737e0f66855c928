"""
A defended trade from its opening through every warning, the hedge and the recovery, as the broker sees it.

The Expert Advisor is native, the account the broker model's; the market is a script whose scores are known.
"""

from itertools import product
from pathlib import Path

import pytest
from tests.end_to_end.defended import ENTRY, RISK, SPREAD, Defended, Kind, defended
from tests.runtime.market_side import BEGUN

from dtms.defence_names import State
from dtms.names import OpenKind
from dtms.sim.mt5 import Reason
from dtms.sim.state import Position

pytestmark = pytest.mark.timeout(120)

MARKETS = {2: ("XAUUSD", 1_000.0), 3: ("USDJPY", 100.0), 5: ("EURUSD", 1.0)}
LEFT = {0.01: 0.01, 0.02: 0.01, 0.05: 0.03}  # by the partial; of the smallest position none is possible
ADDED = {0.01: None, 0.02: None, 0.05: 0.01}  # half of what was closed, in whole steps
CASES = [*product(MARKETS, LEFT, (0, 50), (False, True))]


def main(on: Defended, ticket: int) -> Position:
    held = on.held(ticket)
    assert held is not None
    return held


def better(on: Defended, nearer: float, farther: float) -> bool:
    """Whether the first of two stops is nearer to the market, or as near."""
    return nearer <= farther if on.kind.sell else nearer >= farther


def exit_price(on: Defended) -> float:
    return on.price(on.tape.price + (SPREAD if on.kind.sell else 0.0))


@pytest.mark.parametrize("sell", [pytest.param(False, id="buy"), pytest.param(True, id="sell")])
def test_a_trade_is_defended_hedged_and_taken_up_again(tmp_path: Path, sell: bool) -> None:
    """D-40: every order of the decision core is one that the Expert Advisor knows and the broker carries out."""
    with defended(tmp_path, sell=sell) as on:
        towards, against = (-1, 1) if sell else (1, -1)
        ticket = on.buy()
        opened = main(on, ticket)
        assert on.stands(State.ARMED)

        on.until_state(State.WARNING_L1, bars=2)
        warned, held_off = main(on, ticket), abs(opened.price_open - opened.sl) * 0.3
        assert (warned.volume, warned.tp) == (0.05, opened.tp)
        assert abs(exit_price(on) - warned.sl) == pytest.approx(held_off, abs=1.1e-5)
        assert abs(exit_price(on) - warned.sl) >= held_off - 1e-9
        assert (warned.sl - exit_price(on)) * towards < 0

        on.until_state(State.WARNING_L2, bars=1)
        halved = main(on, ticket)
        assert (halved.volume, halved.tp) == (0.03, opened.tp)
        assert better(on, halved.sl, warned.sl)  # break-even is out of reach for a trade that loses
        assert on.legs(OpenKind.HEDGE) == []

        on.until_state(State.HEDGED, bars=3)
        (hedge,) = on.legs(OpenKind.HEDGE)
        assert (hedge.side, hedge.volume, hedge.comment) == (int(not sell), 0.03, f"DTMS_HEDGE_{ticket}")
        assert (hedge.sl - hedge.price_open) * towards > 0
        assert len(on.broker.positions) == 2
        assert len(on.trades) == 1

        while on.stands(State.HEDGED):
            kept = main(on, ticket), on.held(hedge.identifier)
            on.step()
        assert on.stands(State.RECOVERING)
        assert (kept[0].sl, kept[0].volume) == (halved.sl, 0.03)
        assert kept[1] is not None
        assert kept[1].sl == hedge.sl
        assert [p.ticket for p in on.broker.positions] == [ticket]
        assert on.broker.witness.closed[Reason.SL] == 0

        on.until_state(State.HEALTHY, bars=1)
        (child,) = on.legs(OpenKind.READD)
        assert (child.side, child.volume, child.tp, child.comment) == (int(sell), 0.01, opened.tp, f"DTMS_READD_{ticket}")
        assert (child.sl - child.price_open) * against > 0
        assert child.volume * abs(child.price_open - child.sl) <= 0.02 * abs(opened.price_open - opened.sl)
        assert main(on, ticket).volume == 0.03

        on.broker.human_close(ticket)
        on.until(lambda: not on.trades)
        assert on.flat()  # the child does not outlive its trade
        assert on.sound()

    worse = [State.WARNING_L1, State.WARNING_L2, State.HEDGED]
    journey = [State.HEALTHY, *worse, State.RECOVERING, State.HEALTHY]
    went = [line.fields["to"] for line in on.scene.lines if line.name == "transition"]
    assert went[: len(journey)] == journey


@pytest.mark.parametrize(("digits", "lots", "stops_level", "sell"), CASES)
def test_whatever_the_lots_digits_and_stops_level(tmp_path: Path, digits: int, lots: float, stops_level: int, sell: bool) -> None:
    symbol, factor = MARKETS[digits]
    kind = Kind(symbol=symbol, digits=digits, factor=factor, lots=lots, stops_level=stops_level, sell=sell)
    with defended(tmp_path, kind) as on:
        risk = -1.007 * RISK if sell else 1.007 * RISK  # 0.3 R lie between two ticks
        ticket = on.buy(sl=on.price(on.tape.price - risk))
        on.until_state(State.HEDGED)
        halved, (hedge,) = main(on, ticket), on.legs(OpenKind.HEDGE)
        assert halved.volume == hedge.volume == LEFT[lots]
        assert on.record.partials == int(LEFT[lots] != lots)

        on.until_state(State.HEALTHY)
        assert on.legs(OpenKind.HEDGE) == []
        assert main(on, ticket).volume == LEFT[lots]
        assert [child.volume for child in on.legs(OpenKind.READD)] == ([] if ADDED[lots] is None else [ADDED[lots]])
        assert all(position.sl for position in on.broker.positions)
        for moved in on.moved(ticket):
            assert round(moved.new_sl, digits) == moved.new_sl
        assert on.sound()


@pytest.mark.parametrize("stops_level", [0, 50])
def test_a_stop_keeps_the_distance_that_the_broker_asks_for(tmp_path: Path, stops_level: int) -> None:
    """A trade whose R is small: 0.3 R lie inside the stops level, and ATR keeps the stop off as well."""
    with defended(tmp_path, stops_level=stops_level) as on:
        ticket = on.buy(sl=on.price(on.tape.price - 0.0010))
        on.until_state(State.WARNING_L1, bars=2)

        moved = [x.new_sl for x in on.moved(ticket)]
        assert len(moved) <= 1
        for stop in moved:
            assert exit_price(on) - stop > stops_level * 1e-5
        assert on.sound()


def test_a_stop_that_is_nearer_already_stays(tmp_path: Path) -> None:
    """The user has drawn it to half of what the warning would set; no request is made for less."""
    with defended(tmp_path) as on:
        ticket = on.buy()
        nearer = on.price(on.tape.price - 0.15 * RISK)
        on.broker.human_modify(ticket, sl=nearer)
        on.until_state(State.WARNING_L2)

        assert main(on, ticket).sl == nearer
        assert on.moved(ticket) == []
        assert main(on, ticket).volume == 0.03
        assert on.sound()


def test_the_second_warning_takes_a_trade_that_has_gained_to_break_even(tmp_path: Path) -> None:
    with defended(tmp_path, early=ENTRY - 0.0020, begun=BEGUN) as on:
        (opened,) = on.broker.positions
        on.until(lambda: on.trades)
        on.until_state(State.WARNING_L2, bars=2)

        held = main(on, opened.ticket)
        assert held.volume == 0.03
        assert opened.price_open < held.sl <= opened.price_open + 2e-5  # a tick beyond the entry; there are no other costs
        assert on.sound()
