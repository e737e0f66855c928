"""
A hedge without a stop of its own, and the equity stop of the pair, as the broker sees them.

Half of the position is hedged, so that the pair loses with the price; nothing but a quote between two fast checks tells.
"""

from pathlib import Path

import pytest
from tests.end_to_end.defended import FULL, SPREAD, Defended, acting, defended

from dtms.defence_names import State
from dtms.names import OpenKind
from dtms.settings_defence import CadenceSettings, HedgeMode, HedgeSettings, HedgeStop
from dtms.sim.mt5 import Reason
from dtms.sim.state import Position

pytestmark = pytest.mark.timeout(120)

LIMIT_R = 0.15  # reached before the position's own stop, which the warnings have tightened to a third of R behind the price
TICK = 0.00001
CONTRACT = 100_000
HALF = HedgeSettings(mode=HedgeMode.HEDGE, stop_mode=HedgeStop.NONE, ratio=0.5, pair_stop_r=LIMIT_R)


def lost(legs: list[Position], bid: float) -> float:
    """What the legs would lose at a quote, in price times lots."""
    ask = bid + SPREAD
    return sum(p.volume * ((p.price_open - bid) if p.side == 0 else (ask - p.price_open)) for p in legs)


def quoted(on: Defended, bid: float) -> None:
    on.broker.quote(on.kind.symbol, on.scene.utc, round(bid, 5), round(bid + SPREAD, 5))


@pytest.mark.parametrize("sell", [False, True], ids=["buy", "sell"])
def test_a_pair_is_closed_at_the_quote_at_which_it_has_lost_its_limit(tmp_path: Path, sell: bool) -> None:
    settings = acting(FULL.model_copy(update={"hedge": HALF})).model_copy(
        update={"cadence": CadenceSettings(confirm_ms=2_000, fast_ms=600_000, fast_high_ms=600_000)}
    )
    with defended(tmp_path, settings=settings, lots=0.08, sell=sell) as on:
        ticket = on.buy()
        opened = on.held(ticket)
        on.until_state(State.HEDGED)
        main, (hedge,) = on.held(ticket), on.legs(OpenKind.HEDGE)
        assert opened is not None
        assert main is not None
        assert (main.volume, hedge.volume, hedge.sl) == (0.04, 0.02, 0.0)

        limit = LIMIT_R * abs(opened.price_open - opened.sl) * main.volume
        bid, worse = main.price_open, TICK if sell else -TICK
        while lost([main, hedge], bid) < limit - 1e-12:
            bid = round(bid + worse, 5)
        quoted(on, bid - worse)
        on.rest()
        assert on.stands(State.HEDGED)
        assert len(on.broker.positions) == 2

        quoted(on, bid)
        on.until(lambda: not on.trades)
        assert on.flat()
        assert on.states[-2:] == [State.HEDGED, State.CLOSING]
        assert on.reason == "PAIR_STOP"
        assert on.broker.witness.closed[Reason.SL] == 0
        booked = on.deals()[-2:]
        assert {deal.position_id for deal in booked} == {ticket, hedge.identifier}
        assert sum(deal.profit for deal in booked) == pytest.approx(-lost([main, hedge], bid) * CONTRACT)
        assert on.sound()


def test_a_pair_that_covers_all_is_kept_and_no_stop_is_put_on_its_hedge(tmp_path: Path) -> None:
    hedge = HedgeSettings(mode=HedgeMode.HEDGE, stop_mode=HedgeStop.NONE)
    with defended(tmp_path, settings=acting(FULL.model_copy(update={"hedge": hedge}))) as on:
        on.buy()
        on.until_state(State.HEDGED)
        (leg,) = on.legs(OpenKind.HEDGE)
        on.restart()
        on.step()
        kept = on.held(leg.identifier)
        assert on.stands(State.HEDGED)
        assert kept is not None
        assert kept.sl == 0.0
        assert on.moved(leg.identifier) == []

        on.until_state(State.RECOVERING)
        assert on.legs(OpenKind.HEDGE) == []
        assert on.sound()
