"""
Reductions, closings, openings and the caps on them (R16, R24).
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.mql5.support import Harness, running

from dtms.names import NoticeCode, OpenKind, Outcome, Side, Why
from dtms.sim.derive import derive_spec
from dtms.sim.spec import SymbolSpec
from dtms.sim.terminal import SimTerminal
from dtms.wire.messages import (
    CloseBy,
    Notice,
    OpenPosition,
    PositionChanged,
    PositionClosed,
    PositionOpened,
)

PREFIX = 0x2D7D


@pytest.fixture
def life(tmp_path: Path) -> Iterator[Harness]:
    with running(tmp_path) as harness:
        yield harness


def test_a_close_is_a_deal_with_our_tag(life: Harness) -> None:
    ticket = life.hold()

    report = life.report(life.reduce(ticket))
    closed = life.wait_for(PositionClosed)

    assert (report.outcome, report.retcode, report.volume, report.price) == (Outcome.DONE, 10009, 0.3, 1.1)
    assert (report.position_id, report.position_volume) == (ticket, 0.0)
    assert report.deal > 0
    assert report.order > 0
    assert (closed.by_command, closed.deal) == (report.command_id, report.deal)
    (sent,) = life.sent
    assert sent.magic == PREFIX << 48 | OpenKind.REDUCE << 44 | report.command_id
    assert sent.position == ticket


def test_a_reduction_leaves_what_was_asked_for(life: Harness) -> None:
    ticket = life.hold()

    report = life.report(life.reduce(ticket, 0.1, expect=0.3))
    changed = life.wait_for(PositionChanged)

    assert report.outcome is Outcome.DONE
    assert (report.volume, report.position_volume) == pytest.approx((0.2, 0.1))
    assert life.held(ticket).volume == pytest.approx(0.1)
    assert changed.by_command == report.command_id


@pytest.mark.parametrize("leave", [0.3, 0.304, 0.5])
def test_a_volume_that_is_there_or_less_is_done_already(life: Harness, leave: float) -> None:
    report = life.report(life.reduce(life.hold(), leave, expect=0.9))

    assert (report.outcome, report.why, report.attempts) == (Outcome.DONE, Why.ALREADY, 0)


def test_a_close_of_what_is_closed_is_done_already(life: Harness) -> None:
    ticket = life.hold()
    life.broker.human_close(ticket)
    life.until(lambda: life.router.of(PositionClosed))

    report = life.report(life.reduce(ticket))

    assert (report.outcome, report.why, report.attempts, report.position_volume) == (Outcome.DONE, Why.ALREADY, 0, 0.0)


def test_a_reduction_compares_the_volume_and_a_close_does_not(life: Harness) -> None:
    ticket = life.hold()

    assert life.report(life.reduce(ticket, 0.1, expect=0.4)).outcome is Outcome.STALE_VIEW
    assert life.report(life.reduce(ticket, 0.0, expect=0.4)).outcome is Outcome.DONE


@pytest.mark.parametrize("leave", [0.005, 0.123])
def test_a_volume_off_the_steps_is_denied(life: Harness, leave: float) -> None:
    report = life.report(life.reduce(life.hold(), leave))

    assert (report.outcome, report.why) == (Outcome.DENIED, Why.VOLUME_STEP)


def test_more_than_one_request_may_have_is_closed_in_parts(life: Harness) -> None:
    ticket = life.hold(0.7)
    life.broker.change_symbol("EURUSD", volume_max=0.3)
    life.step()

    report = life.report(life.reduce(ticket))

    assert (report.outcome, report.attempts) == (Outcome.DONE, 3)
    assert report.volume == pytest.approx(0.7)
    assert [sent.volume for sent in life.sent] == pytest.approx([0.3, 0.3, 0.1])


def test_an_ioc_order_that_is_filled_in_part_is_partial(life: Harness) -> None:
    ticket = life.hold()
    life.rule(fill=0.1)

    report = life.report(life.reduce(ticket))

    assert (report.outcome, report.retcode) == (Outcome.PARTIAL, 10010)
    assert (report.volume, report.position_volume) == pytest.approx((0.1, 0.2))


def close_by(life: Harness, ticket: int, by_ticket: int, **fields: Any) -> int:
    values: dict[str, Any] = {"command_id": life.router.next_id(), "deadline_ms": life.now + 15_000, "risk_class": 1}
    values |= {"expect_volume": None, "expect_by_volume": None} | fields
    life.router.send(CloseBy(ticket=ticket, by_ticket=by_ticket, **values))
    return int(values["command_id"])


def test_two_opposite_positions_are_closed_by_each_other(life: Harness) -> None:
    long, short = life.hold(0.3, sl=0.0), life.hold(0.1, side=1, sl=0.0)

    stale = life.report(close_by(life, long, short, expect_by_volume=0.2))
    report = life.report(close_by(life, long, short, expect_volume=0.3, expect_by_volume=0.1))
    life.until(lambda: life.router.of(PositionClosed))

    assert stale.outcome is Outcome.STALE_VIEW
    assert report.outcome is Outcome.DONE
    assert [position.ticket for position in life.broker.positions] == [long]
    assert life.held(long).volume == pytest.approx(0.2)


def test_positions_of_one_side_are_not_closed_by_each_other(life: Harness) -> None:
    report = life.report(close_by(life, life.hold(), life.hold()))

    assert (report.outcome, report.why) == (Outcome.DENIED, Why.BAD_COMMAND)


def open_one(life: Harness, volume: float = 0.1, *, symbol: str = "EURUSD", **fields: Any) -> int:
    values: dict[str, Any] = {
        "command_id": life.router.next_id(),
        "deadline_ms": life.now + 2_000,
        "risk_class": 3,
        "symbol": symbol,
        "side": Side.SELL,
        "volume": volume,
        "stop_loss": None,
        "take_profit": None,
        "deviation": 10,
        "kind": OpenKind.HEDGE,
        "for_position": 1,
        "comment": "hedge",
    }
    life.router.send(OpenPosition(**(values | fields)))
    return int((values | fields)["command_id"])


def test_nothing_is_opened_unless_the_input_allows_lots(life: Harness) -> None:
    report = life.report(open_one(life))

    assert (report.outcome, report.why) == (Outcome.DENIED, Why.CAP_LOTS)
    assert life.sent == []
    assert life.wait_for(Notice).code is NoticeCode.CAP_REACHED


def test_a_hedge_is_opened_with_levels_and_tag_and_counts_against_the_cap(tmp_path: Path) -> None:
    with running(tmp_path, inputs={"MaxOpenLots": 0.25}) as life:
        report = life.report(open_one(life, 0.2, stop_loss=1.11, take_profit=1.08))
        opened = life.wait_for(PositionOpened).position

        assert (report.outcome, report.volume) == (Outcome.DONE, 0.2)
        assert (report.ticket, report.position_volume) == (opened.ticket, 0.2)
        assert (opened.side, opened.stop_loss, opened.take_profit, opened.comment) == (Side.SELL, 1.11, 1.08, "hedge")
        assert opened.magic == PREFIX << 48 | OpenKind.HEDGE << 44 | report.command_id

        too_much = life.report(open_one(life, 0.1))
        assert (too_much.outcome, too_much.why) == (Outcome.DENIED, Why.CAP_LOTS)
        assert life.report(open_one(life, 0.05)).outcome is Outcome.DONE


def test_openings_under_way_count_against_the_cap(tmp_path: Path) -> None:
    with running(tmp_path, inputs={"MaxOpenLots": 0.25}) as life:
        life.rule(processing_ms=500, late_ms=300)
        first, second = open_one(life, 0.2), open_one(life, 0.2)

        assert life.report(second).why is Why.CAP_LOTS
        assert life.report(first).outcome is Outcome.DONE
        assert life.report(open_one(life, 0.2)).why is Why.CAP_LOTS


class LateList(SimTerminal):
    """A terminal that has an opened position in its list some time after the answer to the request."""

    hides = False

    def positions(self) -> Sequence[int]:
        return [] if self.hides else super().positions()


def test_an_opened_position_counts_before_the_terminal_lists_it(tmp_path: Path) -> None:
    with running(tmp_path, terminal_type=LateList, inputs={"MaxOpenLots": 0.25}) as life:
        life.terminal.hides = True  # type: ignore[attr-defined]
        first = life.report(open_one(life, 0.2))
        second = life.report(open_one(life, 0.2))

        assert (first.outcome, second.outcome, second.why) == (Outcome.DONE, Outcome.DENIED, Why.CAP_LOTS)


def test_the_caps_on_operations_symbols_and_orders_hold(tmp_path: Path) -> None:
    specs = [derive_spec("EURUSD"), derive_spec("GBPUSD")]
    inputs = {"MaxOpenLots": 1, "AllowedSymbols": "GBPUSD", "AllowModify": False, "MaxOrdersPerMinute": 2}
    with running(tmp_path, specs=specs, inputs=inputs) as life:
        ticket = life.hold()
        assert life.report(open_one(life)).why is Why.CAP_SYMBOL
        assert life.report(life.modify(ticket, expect=(1.09, None), to=(1.095, None))).why is Why.CAP_OPERATION
        for _ in range(2):
            assert life.report(open_one(life, symbol="GBPUSD")).outcome is Outcome.DONE
        assert life.report(open_one(life, symbol="GBPUSD")).why is Why.CAP_ORDERS
        assert life.report(life.reduce(ticket)).outcome is Outcome.DONE, "a reduction is never held back"
        life.advance(61_000, step=500)
        assert life.report(open_one(life, symbol="GBPUSD")).outcome is Outcome.DONE


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"kind": OpenKind.AUTONOMOUS}, Why.BAD_COMMAND),
        ({"volume": 0.015}, Why.VOLUME_STEP),
        ({"volume": 200.0}, Why.VOLUME_STEP),
        ({"symbol": "NOSUCH"}, Why.NO_SYMBOL),
        ({"stop_loss": 1.1003}, Why.STOPS_LEVEL),
        ({"take_profit": 1.1}, Why.STOPS_LEVEL),
    ],
)
def test_an_opening_that_cannot_be_meant_is_denied(tmp_path: Path, fields: dict[str, Any], why: Why) -> None:
    with running(tmp_path, inputs={"MaxOpenLots": 1_000}, specs=[_with_stops_level()]) as life:
        report = life.report(open_one(life, **fields))

        assert (report.outcome, report.why) == (Outcome.DENIED, why)
        assert life.sent == []


def _with_stops_level() -> SymbolSpec:
    return replace(derive_spec("EURUSD"), stops_level=50)
