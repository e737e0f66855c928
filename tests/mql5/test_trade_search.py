"""
The search for a request that nobody answered: what counts as found, and when nothing will come any more (R19).
"""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pytest
from tests.mql5.support import Harness, running
from tests.mql5.test_trade_volumes import close_by, open_one

from dtms.names import NoticeCode, Outcome, Why
from dtms.sim.behaviour import Effect, Rule
from dtms.sim.mt5 import Retcode
from dtms.sim.terminal import SimTerminal
from dtms.wire.messages import ExecutionReport, Notice

ORDER_STATE_REJECTED = 5


@pytest.fixture
def life(tmp_path: Path) -> Iterator[Harness]:
    with running(tmp_path) as harness:
        yield harness


def last_word(life: Harness, command_id: int) -> ExecutionReport:
    """The report after UNKNOWN, while quotes go on."""
    assert life.report(command_id).outcome is Outcome.UNKNOWN
    for _ in range(60):
        if len([r for r in life.router.of(ExecutionReport) if r.command_id == command_id]) > 1:
            break
        life.quote(bid=1.1)
        life.advance(500, step=20)
    return life.report(command_id, nth=1)


@pytest.mark.parametrize(("lost", "closed"), [(3, 0.6), (2, 0.3)])
def test_a_lost_part_of_a_close_is_not_found_in_the_parts_before(life: Harness, lost: int, closed: float) -> None:
    ticket = life.hold(0.7)
    life.broker.change_symbol("EURUSD", volume_max=0.3)
    life.step()
    life.broker.behaviour.rules.append(Rule(Effect(vanish=True), nth=lost))

    report = last_word(life, life.reduce(ticket))

    assert report.outcome is Outcome.PARTIAL
    assert report.volume == pytest.approx(closed)
    assert life.held(ticket).volume == pytest.approx(0.7 - closed)


def test_a_part_of_a_close_that_is_found_is_booked_once(life: Harness) -> None:
    ticket = life.hold(0.7)
    life.broker.change_symbol("EURUSD", volume_max=0.3)
    life.step()
    life.broker.behaviour.rules.append(Rule(Effect(lose_result=True), nth=3))

    report = last_word(life, life.reduce(ticket))

    assert report.outcome is Outcome.DONE
    assert (report.volume, report.price) == pytest.approx((0.7, 1.1))


class Ghostly(SimTerminal):
    """A terminal whose history has an order more, or the deals later than the orders."""

    ghost: Mapping[str, int | float | str] | None = None
    hides = False

    def history_orders(self, from_s: int, to_s: int) -> Sequence[int]:
        return [7, *super().history_orders(from_s, to_s)] if self.ghost else super().history_orders(from_s, to_s)

    def history_order(self, ticket: int) -> Mapping[str, int | float | str] | None:
        return self.ghost if ticket == 7 else super().history_order(ticket)

    def deals(self, from_s: int, to_s: int) -> Sequence[int]:
        return [] if self.hides else super().deals(from_s, to_s)


def test_a_refused_order_of_an_earlier_attempt_says_nothing_about_this_one(tmp_path: Path) -> None:
    with running(tmp_path, terminal_type=Ghostly) as life:
        ticket = life.hold()
        life.broker.behaviour.rules += [
            Rule(Effect(retcode=Retcode.PRICE_OFF), times=1),
            Rule(Effect(lose_result=True, late_ms=5_600), times=1),
        ]
        command_id = life.reduce(ticket)
        life.until(lambda: life.sent)
        life.advance(50)
        terminal = life.terminal
        assert isinstance(terminal, Ghostly)
        some = terminal.history_order(next(iter(life.broker.standing.holdings.history)))
        assert some is not None
        ghost = {"ORDER_MAGIC": life.sent[0].magic, "ORDER_STATE": ORDER_STATE_REJECTED, "ORDER_TICKET": 7}
        terminal.ghost = dict(some) | ghost | {"ORDER_VOLUME_CURRENT": some["ORDER_VOLUME_INITIAL"]}
        life.quote(bid=1.0999)

        assert last_word(life, command_id).outcome is Outcome.DONE
        assert not life.broker.positions


def test_an_order_that_was_filled_is_waited_for_until_its_deal_is_there(tmp_path: Path) -> None:
    with running(tmp_path, terminal_type=Ghostly) as life:
        ticket = life.hold()
        terminal = life.terminal
        assert isinstance(terminal, Ghostly)
        terminal.hides = True
        life.rule(times=1, fill=0.2, retcode=Retcode.TIMEOUT, execute=True)
        command_id = life.reduce(ticket)
        life.report(command_id)
        for _ in range(30):
            life.quote(bid=1.1)
            life.advance(500, step=20)
        assert len(life.router.of(ExecutionReport)) == 1, "the history knows that something was filled"
        terminal.hides = False

        report = last_word(life, command_id)

        assert report.outcome is Outcome.PARTIAL
        assert report.volume == pytest.approx(0.2)


@pytest.mark.parametrize("skew_ms", [300_000, -300_000])
def test_a_wrong_clock_of_the_computer_hides_no_deal(tmp_path: Path, skew_ms: int) -> None:
    with running(tmp_path, inputs={"MaxOpenLots": 1.0}) as life:
        life.terminal.pc_skew_ms = skew_ms
        life.advance(2_000)
        life.rule(lose_result=True)

        assert last_word(life, open_one(life, 0.1)).outcome is Outcome.DONE


def test_a_slow_clock_of_the_computer_makes_no_quote_newer(life: Harness) -> None:
    ticket = life.hold()
    life.terminal.pc_skew_ms = -3_000
    life.quote(bid=1.1001)
    life.advance(1_000)
    life.rule(vanish=True)

    life.report(life.reduce(ticket))
    life.advance(14_000)

    assert len(life.router.of(ExecutionReport)) == 1


def test_trades_of_others_do_not_delay_the_end_of_a_search(life: Harness) -> None:
    ticket = life.hold()
    life.rule(times=1, vanish=True)
    command_id = life.reduce(ticket)
    life.report(command_id)

    for _ in range(20):
        life.quote(bid=1.1001)
        other = life.broker.human_open("EURUSD", 0, 0.01)
        life.advance(500, step=20)
        life.broker.human_close(other)
        life.advance(250, step=20)

    assert [r.outcome for r in life.router.of(ExecutionReport)] == [Outcome.UNKNOWN, Outcome.EXPIRED]


def test_a_close_by_that_is_found_counts_the_volume_once(life: Harness) -> None:
    long, short = life.hold(0.3, sl=0.0), life.hold(0.1, side=1, sl=0.0)
    life.rule(lose_result=True)

    report = last_word(life, close_by(life, long, short))

    assert report.outcome is Outcome.DONE
    assert report.volume == pytest.approx(0.1)


def test_levels_are_found_at_a_position_that_has_another_ticket_by_now(life: Harness) -> None:
    ticket = life.hold()
    life.rule(lose_result=True)
    command_id = life.modify(ticket, expect=(1.09, None), to=(1.095, None))
    life.advance(1_000)
    life.broker.change_ticket(ticket)

    report = last_word(life, command_id)

    assert (report.outcome, report.stop_loss) == (Outcome.DONE, 1.095)


def test_what_is_done_after_it_was_called_not_executed_is_told(tmp_path: Path) -> None:
    with running(tmp_path, inputs={"MaxOpenLots": 1.0}) as life:
        life.rule(times=1, latency_ms=20_000)
        command_id = open_one(life, 0.1)

        assert last_word(life, command_id).why is Why.NOT_EXECUTED
        notice = life.wait_for(Notice)

        assert (notice.code, notice.value) == (NoticeCode.STRAY_REPORT, Retcode.DONE)
        assert str(command_id) in notice.text
        assert life.report(open_one(life, 1.0)).why is Why.CAP_LOTS
