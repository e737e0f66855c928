"""
What keeps a request from being too much or the wrong one: caps, kinds of account, tickets that change, answers to others.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from tests.mql5.support import Harness, running
from tests.mql5.test_trade_volumes import LateList, open_one

from dtms.names import OpenKind, Outcome, Role, Why
from dtms.sim.behaviour import Effect, Rule
from dtms.sim.derive import derive_spec
from dtms.sim.messages import TradeFields, TradeResult, Trans
from dtms.sim.mt5 import Action, MarginMode, Retcode, TransactionType
from dtms.sim.records import Record
from dtms.sim.terminal import SimTerminal
from dtms.wire.messages import ExecutionReport, Notice

IOC_ONLY = 2


@pytest.fixture
def life(tmp_path: Path) -> Iterator[Harness]:
    with running(tmp_path) as harness:
        yield harness


class OneSided(SimTerminal):
    """An account that holds several positions of a symbol, but no opposite ones."""

    def account(self) -> Record:
        return dict(super().account()) | {"ACCOUNT_HEDGE_ALLOWED": 0}


@pytest.mark.parametrize("kind", [OpenKind.HEDGE, OpenKind.READD])
def test_nothing_is_opened_where_it_would_close_or_enlarge_what_is_there(tmp_path: Path, kind: OpenKind) -> None:
    with running(tmp_path, margin_mode=MarginMode.NETTING, inputs={"MaxOpenLots": 1.0}) as life:
        life.hold()

        report = life.report(open_one(life, 0.3, kind=kind))

        assert (report.outcome, report.why) == (Outcome.DENIED, Why.BAD_COMMAND)
        assert life.sent == []


def test_no_hedge_where_the_account_forbids_opposite_positions(tmp_path: Path) -> None:
    with running(tmp_path, terminal_type=OneSided, inputs={"MaxOpenLots": 1.0}) as life:
        assert life.report(open_one(life, 0.1)).why is Why.BAD_COMMAND
        assert life.report(open_one(life, 0.1, kind=OpenKind.READD)).outcome is Outcome.DONE


def test_a_position_with_another_ticket_is_not_taken_for_closed(life: Harness) -> None:
    ticket = life.hold()
    second = life.broker.change_ticket(ticket)
    life.advance(100)
    third = life.broker.change_ticket(second)
    life.advance(100)

    for old in (ticket, second):
        report = life.report(life.reduce(old))
        assert (report.outcome, report.position_id, report.position_volume) == (Outcome.STALE_VIEW, ticket, 0.3)
        assert life.report(life.modify(old, expect=(1.09, None), to=(1.095, None))).outcome is Outcome.STALE_VIEW
    assert life.report(life.reduce(third)).outcome is Outcome.DONE


@pytest.mark.parametrize("retcode", [Retcode.INVALID_CLOSE_VOLUME, Retcode.INVALID_PRICE, Retcode.INVALID_FILL])
def test_a_filling_that_the_symbol_forbids_is_never_asked_for(tmp_path: Path, retcode: Retcode) -> None:
    with running(tmp_path, specs=[replace(derive_spec("EURUSD"), filling_mode=IOC_ONLY)]) as life:
        ticket = life.hold()
        life.rule(times=1, retcode=retcode)

        assert life.report(life.reduce(ticket)).outcome is Outcome.DONE
        assert len({sent.type_filling for sent in life.sent}) == 1


def test_an_answer_with_our_number_to_another_request_is_not_ours(life: Harness) -> None:
    ticket = life.hold()
    life.rule(processing_ms=1_500)
    command_id = life.reduce(ticket)
    life.until(lambda: life.sent)
    other = TradeFields(action=Action.SLTP, symbol="GBPUSD", sl=1.2, position=99)
    for number in range(1, 6):
        result = TradeResult(retcode=Retcode.DONE, order=0, request_id=number)
        life.program.trade_transaction(Trans(type=TransactionType.REQUEST), other, result)
    life.settle()
    assert life.router.of(ExecutionReport) == []

    assert life.report(command_id).volume == pytest.approx(0.3)


def test_commands_that_wait_for_a_quote_take_no_place_from_others(tmp_path: Path) -> None:
    with running(tmp_path, specs=[derive_spec("EURUSD"), derive_spec("GBPUSD")]) as life:
        quiet = [life.hold(0.1, symbol="GBPUSD", sl=0.0) for _ in range(8)]
        ticket = life.hold()
        no_quote = Rule(Effect(retcode=Retcode.PRICE_OFF), when=lambda request: request.trade.symbol == "GBPUSD")
        life.broker.behaviour.rules.append(no_quote)
        for held in quiet:
            life.reduce(held)
        life.until(lambda: len(life.sent) == 8)
        life.advance(200)

        report = life.report(life.reduce(ticket))

        assert report.outcome is Outcome.DONE
        assert report.elapsed_ms < 1_000


@pytest.mark.parametrize(
    ("effect", "lots"),
    [
        ({"fill": 0.15}, 0.15),
        ({"late_result_ms": 6_000}, 0.2),
        ({"lose_result": True}, 0.2),
    ],
)
def test_lots_count_against_the_cap_however_their_opening_became_known(
    tmp_path: Path, effect: dict[str, float], lots: float
) -> None:
    with running(tmp_path, terminal_type=LateList, inputs={"MaxOpenLots": 0.2}) as life:
        assert isinstance(life.terminal, LateList)
        life.terminal.hides = True
        life.rule(times=1, **effect)
        command_id = open_one(life, 0.2)
        life.until(lambda: [r for r in life.router.of(ExecutionReport) if r.command_id == command_id and r.outcome.final])

        assert life.report(open_one(life, 0.1)).why is Why.CAP_LOTS
        assert sum(position.volume for position in life.broker.positions) == pytest.approx(lots)


def test_a_repeated_request_counts_against_the_cap_on_orders(tmp_path: Path) -> None:
    with running(tmp_path, inputs={"MaxOrdersPerMinute": 1}) as life:
        ticket = life.hold()
        life.rule(times=2, retcode=Retcode.REQUOTE)

        modify = life.report(life.modify(ticket, expect=(1.09, None), to=(1.095, None)))
        close = life.report(life.reduce(ticket))

        assert (modify.outcome, modify.why, modify.attempts) == (Outcome.DENIED, Why.CAP_ORDERS, 1)
        assert (close.outcome, close.attempts) == (Outcome.DONE, 2), "a reduction is never held back"


def test_a_reduction_in_parts_compares_the_volume_less_what_it_has_closed(life: Harness) -> None:
    ticket = life.hold(0.7)
    life.broker.change_symbol("EURUSD", volume_max=0.3)
    life.step()

    report = life.report(life.reduce(ticket, 0.05, expect=0.7))

    assert report.outcome is Outcome.DONE
    assert report.volume == pytest.approx(0.65)
    assert life.held(ticket).volume == pytest.approx(0.05)


class LateVolume(SimTerminal):
    """A terminal whose position keeps its volume for some time after the answer."""

    volume = 0.0

    def position(self, ticket: int) -> Record | None:
        record = super().position(ticket)
        return record if record is None or not self.volume else dict(record) | {"POSITION_VOLUME": self.volume}


def test_the_next_part_waits_until_the_position_shows_the_part_before(tmp_path: Path) -> None:
    with running(tmp_path, terminal_type=LateVolume) as life:
        ticket = life.hold(0.7)
        life.broker.change_symbol("EURUSD", volume_max=0.3)
        life.step()
        assert isinstance(life.terminal, LateVolume)
        life.terminal.volume = 0.7
        command_id = life.reduce(ticket, 0.3)
        life.until(lambda: life.sent)
        life.advance(500)
        assert [sent.volume for sent in life.sent] == pytest.approx([0.3])

        life.terminal.volume = 0.0

        assert life.report(command_id).outcome is Outcome.DONE
        assert life.held(ticket).volume == pytest.approx(0.3)


@pytest.mark.parametrize("effect", [{"vanish": True}, {"processing_ms": 2_000}, {"retcode": Retcode.PRICE_OFF}])
def test_a_close_does_not_wait_for_an_unanswered_modification(life: Harness, effect: dict[str, int]) -> None:
    ticket = life.hold()
    life.rule(times=1, **effect)
    life.modify(ticket, expect=(1.09, None), to=(1.095, None))
    life.until(lambda: life.sent)

    report = life.report(life.reduce(ticket))

    assert report.outcome is Outcome.DONE
    assert report.elapsed_ms < 1_000


def test_a_modification_does_not_resume_while_a_close_is_with_the_broker(life: Harness) -> None:
    ticket = life.hold()
    life.rule(times=1, retcode=Retcode.PRICE_OFF)
    modify = life.modify(ticket, expect=(1.09, None), to=(1.095, None))
    life.until(lambda: life.sent)
    life.advance(100)
    life.rule(processing_ms=800)
    close = life.reduce(ticket)
    life.until(lambda: len(life.sent) == 2)

    life.quote(bid=1.1001)

    assert life.report(close).outcome is Outcome.DONE
    assert (life.report(modify).outcome, life.report(modify).why) == (Outcome.REJECTED, Why.NO_POSITION)
    assert len(life.sent) == 2


def test_a_report_without_a_connection_names_no_position_of_another_command(tmp_path: Path) -> None:
    with running(tmp_path, inputs={"MaxOpenLots": 1.0}) as life:
        life.report(life.modify(life.hold(), expect=(1.09, None), to=(1.095, None)))
        life.broker.disconnect()
        life.step()

        assert life.report(open_one(life, 0.1)).position_id == 0


def test_only_the_manager_speaks_of_answers_that_belong_to_nothing(tmp_path: Path) -> None:
    with running(tmp_path, accept={"role": Role.FEED}) as life:
        request = TradeFields(action=Action.DEAL, symbol="EURUSD", volume=0.1, magic=0x2D7D << 48 | 3 << 44 | 3 << 24 | 1)
        result = TradeResult(retcode=Retcode.DONE, order=700, request_id=90)
        life.program.trade_transaction(Trans(type=TransactionType.REQUEST), request, result)
        life.advance(2_500)
        life.settle()

        assert life.router.of(Notice) == []


class Counting(SimTerminal):
    """A terminal that counts how often a position is read."""

    reads = 0

    def position(self, ticket: int) -> Record | None:
        self.reads += 1
        return super().position(ticket)

    def positions(self) -> Sequence[int]:
        return super().positions()


def test_openings_that_wait_do_not_read_every_position_in_every_event(tmp_path: Path) -> None:
    inputs = {"MaxOpenLots": 100.0, "MaxOrdersPerMinute": 1_000}
    with Harness(tmp_path, terminal_type=Counting, inputs=inputs) as life:
        for _ in range(200):
            life.broker.human_open("EURUSD", 0, 0.01)
        life.start()
        life.settle()
        life.rule(processing_ms=1_500)
        for _ in range(28):
            open_one(life, 0.01)
        life.until(lambda: len(life.sent) == 8)
        life.advance(300)
        assert isinstance(life.terminal, Counting)
        before = life.terminal.reads

        life.step()

        assert life.terminal.reads - before < 3 * 200
