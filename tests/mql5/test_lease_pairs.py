"""
Plans of a hedged pair: closed against each other or in one pass, stops move both or not at all (R27).
"""

from pathlib import Path
from typing import Any

import pytest
from tests.mql5.leases import AUTONOMOUS, GRACE_S, fall_silent, kinds_of_deals, lease, leased, pass_time, plan
from tests.mql5.support import Harness

from dtms.names import OnSilence, Side
from dtms.sim.derive import derive_spec
from dtms.sim.mt5 import Retcode

CLOSE_BY_MODE = 64


def hedged(life: Harness, **fields: Any) -> tuple[int, int]:
    long, short = life.hold(0.3, sl=1.05), life.hold(0.2, side=1, sl=1.15)
    lease(life, plan(long, pair_ticket=short, **fields), plan(short, pair_ticket=long, volume=0.2, side=Side.SELL, **fields))
    return long, short


def test_a_pair_is_closed_against_each_other_and_then_what_is_left(tmp_path: Path) -> None:
    with leased(tmp_path) as life:
        hedged(life, on_silence=OnSilence.CLOSE)
        fall_silent(life)
        pass_time(life, GRACE_S + 10)

        assert not life.broker.positions
        assert [request.position_by != 0 for request in life.sent] == [True, False]
        assert set(kinds_of_deals(life)) == {AUTONOMOUS}


def test_where_the_broker_does_not_close_by_both_legs_are_closed_in_one_pass(tmp_path: Path) -> None:
    spec = derive_spec("EURUSD")
    with leased(tmp_path) as life:
        life.broker.change_symbol("EURUSD", order_mode=spec.order_mode & ~CLOSE_BY_MODE)
        hedged(life, on_silence=OnSilence.CLOSE)
        fall_silent(life)
        life.quote()
        life.until(lambda: life.sent, limit_ms=60_000)

        assert len(life.sent) == 2
        assert {request.position_by for request in life.sent} == {0}
        pass_time(life, 3)
        assert not life.broker.positions


def test_the_stops_of_a_pair_move_both(tmp_path: Path) -> None:
    with leased(tmp_path) as life:
        long, short = hedged(life, trail_distance=0.01)
        fall_silent(life)
        pass_time(life, GRACE_S + 5)

        assert life.held(long).sl == pytest.approx(1.09)
        assert life.held(short).sl == pytest.approx(1.1101)


def test_the_stop_of_one_leg_alone_is_not_moved(tmp_path: Path) -> None:
    with leased(tmp_path) as life:
        long, short = hedged(life, trail_distance=0.01)
        fall_silent(life)
        pass_time(life, GRACE_S + 5)
        pass_time(life, 10, bid=1.105)

        assert life.held(long).sl == pytest.approx(1.09)
        assert life.held(short).sl == pytest.approx(1.1101)


def test_the_leg_whose_move_was_refused_follows(tmp_path: Path) -> None:
    with leased(tmp_path) as life:
        long, short = hedged(life, trail_distance=0.01)
        fall_silent(life)
        life.rule(times=1, retcode=Retcode.REJECT)
        pass_time(life, GRACE_S + 10)

        assert len(life.sent) == 3
        assert life.held(long).sl == pytest.approx(1.09)
        assert life.held(short).sl == pytest.approx(1.1101)


def test_a_leg_is_known_by_the_ticket_that_it_has_now(tmp_path: Path) -> None:
    with leased(tmp_path) as life:
        long, _ = hedged(life, on_silence=OnSilence.CLOSE)
        life.advance(1_000)
        other = life.broker.change_ticket(long)
        fall_silent(life)
        pass_time(life, GRACE_S + 10)

        assert other != long
        assert not life.broker.positions
        assert [request.position_by != 0 for request in life.sent] == [True, False]
