"""
Names, digits, tickets and volumes that the server changes while a position is open, and while a command is under way.
"""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from tests.mql5.account_models import MODELS, assert_told, executions, near, on_account
from tests.mql5.support import Harness

from dtms.names import Changed, NoticeCode, Outcome, Side, Why
from dtms.sim.behaviour import Effect
from dtms.sim.derive import derive_spec
from dtms.sim.mt5 import MarginMode, Retcode, SwapMode
from dtms.wire.messages import Notice, PositionChanged, PositionClosed, PositionOpened, Subscribe, SymbolSpec

BOUND = [model for model in MODELS if not model.endswith("unbound")]


@pytest.fixture(params=MODELS)
def life(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Harness]:
    with on_account(tmp_path, request.param) as harness:
        yield harness


def rename(life: Harness) -> None:
    life.broker.rename_symbol("EURUSD", "EURUSD.x")
    life.specs = [replace(spec, name="EURUSD.x") for spec in life.specs]


def test_a_symbol_that_gets_another_name_is_the_same_position_with_quotes_of_that_name(life: Harness) -> None:
    ticket = life.hold(0.3)
    rename(life)
    changed = life.wait_for(PositionChanged)
    spec = life.wait_for(SymbolSpec, lambda s: s.symbol == "EURUSD.x")
    life.advance(500)
    life.quote("EURUSD.x", bid=1.102)
    life.until(lambda: [quote.bid for quote in life.router.quotes("EURUSD.x")][-1:] == [1.102])

    assert (changed.changed, changed.position.symbol) == (Changed.TICKET, "EURUSD.x")
    assert (changed.position.ticket, changed.position.volume) == (ticket, 0.3)
    assert spec.digits == 5
    assert life.router.of(PositionClosed) == []
    report = life.report(life.reduce(ticket, 0.1, expect=0.3))
    assert (report.outcome, report.price) == (Outcome.DONE, 1.102)
    assert [request.trade.symbol for request in executions(life)] == ["EURUSD.x"]
    life.settle()
    assert_told(life)


def test_a_name_that_is_gone_is_not_said_again_and_again(life: Harness) -> None:
    life.hold(0.3)
    rename(life)
    life.advance(20_000, step=50)
    life.settle()

    failed = [n for n in life.router.of(Notice) if n.code is NoticeCode.FEED_FAILED and n.symbol == "EURUSD"]
    assert 1 <= len(failed) <= 2  # its specification, and its quotes


def test_a_request_that_bears_the_old_name_is_refused_and_the_next_one_is_not(life: Harness) -> None:
    ticket = life.hold(0.3)
    life.rule(times=1, latency_ms=200)
    command_id = life.reduce(ticket)
    life.until(lambda: life.sent)
    rename(life)

    refused = life.report(command_id)
    life.quote("EURUSD.x")
    done = life.report(life.reduce(ticket))

    assert (refused.outcome, refused.retcode, refused.position_volume) == (Outcome.REJECTED, Retcode.INVALID, 0.3)
    assert (done.outcome, done.volume) == (Outcome.DONE, 0.3)
    assert life.broker.positions == ()
    assert life.broker.volume_errors() == []


def test_other_digits_are_told_and_levels_rounded_to_them_at_once(life: Harness) -> None:
    ticket = life.hold(0.3)
    told = len(life.router.of(SymbolSpec))
    life.broker.change_symbol("EURUSD", digits=4)
    life.specs = [replace(spec, digits=4, tick_size=0.0001) for spec in life.specs]
    life.quote(bid=1.1002)
    life.step()

    report = life.report(life.modify(ticket, expect=(1.09, None), to=(1.09537, 1.12344)))
    life.until(lambda: len(life.router.of(SymbolSpec)) > told, limit_ms=6_000)
    spec = life.router.of(SymbolSpec)[-1]

    assert (report.outcome, report.stop_loss, report.take_profit) == (Outcome.DONE, 1.0954, 1.1234)
    assert (life.held(ticket).sl, life.held(ticket).tp) == (1.0954, 1.1234)
    assert (spec.digits, spec.tick_size) == (4, 0.0001)
    assert spec.point == near(0.0001)
    assert life.report(life.reduce(ticket)).outcome is Outcome.DONE


def test_other_digits_do_not_interrupt_the_quotes(life: Harness) -> None:
    life.router.send(Subscribe(symbols=["EURUSD"], timeframes=[]))
    life.settle()
    before = len(life.router.quotes("EURUSD"))
    life.quote(bid=1.10012)
    life.advance(200)
    life.broker.change_symbol("EURUSD", digits=4)
    life.specs = [replace(spec, digits=4, tick_size=0.0001) for spec in life.specs]
    for bid in (1.1002, 1.1003):
        life.advance(200)
        life.quote(bid=bid)
    life.until(lambda: len(life.router.quotes("EURUSD")) == before + 3)

    assert [quote.bid for quote in life.router.quotes("EURUSD")[before:]] == [1.10012, 1.1002, 1.1003]


@pytest.mark.parametrize("model", BOUND)
@pytest.mark.parametrize("operation", ["close", "modify"])
def test_a_ticket_that_changes_while_a_command_is_on_its_way_is_not_taken_for_closed(
    tmp_path: Path, model: str, operation: str
) -> None:
    with on_account(tmp_path, model) as life:
        ticket = life.hold(0.3)
        life.rule(times=1, latency_ms=200)
        closes = operation == "close"
        command_id = life.reduce(ticket) if closes else life.modify(ticket, expect=(1.09, None), to=(1.095, None))
        life.until(lambda: life.sent)
        fresh = life.broker.change_ticket(ticket)

        report = life.report(command_id)
        again = life.report(life.reduce(fresh))

        assert (report.outcome, report.retcode) == (Outcome.STALE_VIEW, Retcode.POSITION_CLOSED)
        assert (report.position_id, report.position_volume) == (ticket, 0.3)
        assert (again.outcome, again.volume) == (Outcome.DONE, 0.3)
        assert life.broker.volume_errors() == []


@pytest.mark.parametrize("model", ["netting", "exchange"])
def test_a_position_that_turns_while_its_close_is_on_its_way_is_not_closed_on_the_other_side(tmp_path: Path, model: str) -> None:
    with on_account(tmp_path, model) as life:
        ticket = life.hold(0.3)
        life.rule(times=1, latency_ms=200)
        command_id = life.reduce(ticket)
        life.until(lambda: life.sent)
        life.broker.human_open("EURUSD", 1, 0.5)

        report = life.report(command_id)
        life.settle()

        assert (report.outcome, report.retcode, report.volume) == (Outcome.STALE_VIEW, Retcode.POSITION_CLOSED, 0.0)
        (position,) = life.broker.positions
        assert (position.side, position.volume) == (1, 0.2)
        assert executions(life) == []
        assert_told(life)


@pytest.mark.parametrize("mode", [SwapMode.REOPEN_CURRENT, SwapMode.REOPEN_BID])
@pytest.mark.parametrize("margin_mode", list(MarginMode))
def test_a_position_that_the_server_re_opens_at_night_is_the_same_one(
    tmp_path: Path, mode: SwapMode, margin_mode: MarginMode
) -> None:
    spec = replace(derive_spec("EURUSD", commission=5.0), swap_mode=mode)
    with on_account(tmp_path, "hedging", spec=spec, margin_mode=margin_mode) as life:
        ticket = life.hold(0.3)
        life.now += 24 * 3_600_000
        life.program.set_clock_ms(life.now)
        life.router.beat()
        life.quote()
        changed = life.wait_for(PositionChanged, lambda c: c.changed & Changed.TICKET)
        life.settle()
        fresh = life.broker.positions[0].ticket

        assert fresh != ticket
        assert (changed.position.position_id, changed.position.ticket) == (ticket, fresh)
        assert changed.changed & Changed.PRICE_OPEN
        assert life.report(life.reduce(ticket)).outcome is Outcome.STALE_VIEW
        assert life.report(life.reduce(fresh)).outcome is Outcome.DONE
        closed = life.wait_for(PositionClosed)
        assert (closed.position_id, closed.ticket, closed.volume) == (ticket, fresh, near(0.3))


def test_a_re_opening_at_the_same_price_of_which_no_transaction_tells_is_no_close(tmp_path: Path) -> None:
    spec = replace(derive_spec("EURUSD"), swap_mode=SwapMode.REOPEN_CURRENT, swap_long=0.0)
    with on_account(tmp_path, "hedging", spec=spec) as life:
        ticket = life.hold(0.3)
        life.settle()
        life.broker.unasked = Effect(late_ms=10, lose_transactions=True)
        life.now += 24 * 3_600_000
        life.program.set_clock_ms(life.now)
        life.router.beat()
        life.quote(bid=1.1001)
        changed = life.wait_for(PositionChanged)
        life.settle()
        life.broker.human_close(changed.position.ticket)
        closed = life.wait_for(PositionClosed)

        assert changed.changed == Changed.TICKET
        assert (closed.position_id, closed.volume) == (ticket, near(0.3))


def test_a_split_is_a_change_of_volume_price_and_levels_of_the_same_position(life: Harness) -> None:
    ticket = life.hold(0.3)
    life.broker.split("EURUSD", 4.0)
    changed = life.wait_for(PositionChanged)
    life.settle()

    position = changed.position
    assert (position.position_id, position.ticket, position.side) == (ticket, ticket, Side.BUY)
    assert changed.changed & (Changed.VOLUME | Changed.STOP_LOSS | Changed.PRICE_OPEN)
    assert (position.volume, position.stop_loss) == (near(1.2), 0.2725)
    assert position.price_open == near(1.1001 / 4)
    assert len(life.router.of(PositionOpened)) == 1
    assert life.router.of(PositionClosed) == []
    report = life.report(life.reduce(ticket))
    assert (report.outcome, report.volume, report.price) == (Outcome.DONE, near(1.2), 0.275)
    assert life.wait_for(PositionClosed).volume == near(1.2)
    assert life.broker.volume_errors() == []


def test_a_reduction_that_a_split_overtakes_says_what_is_left(life: Harness) -> None:
    """Absolute targets are of the lots before it: asked for again, the expectation is not met."""
    ticket = life.hold(0.3)
    life.rule(times=1, latency_ms=200)
    command_id = life.reduce(ticket, 0.1, expect=0.3)
    life.until(lambda: life.sent)
    life.broker.split("EURUSD", 4.0)

    report = life.report(command_id)
    again = life.report(life.reduce(ticket, 0.1, expect=0.3))

    assert (report.outcome, report.volume) == (Outcome.DONE, near(0.2))
    assert report.position_volume == near(1.0)
    assert (again.outcome, again.why, again.position_volume) == (Outcome.STALE_VIEW, Why.NONE, near(1.0))
    assert life.held(ticket).volume == near(1.0)
