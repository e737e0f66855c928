"""Commands under way: deadlines, answers, what a fresh session does to them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.session.made import position
from tests.session.terminal_side import TerminalSide

from dtms.errors import DtmsError
from dtms.names import Outcome, RiskClass, Why
from dtms.session.commands import CommandIds, Commands, Outstanding, Stage
from dtms.session.counts import LinkCounts
from dtms.session.session import Session
from dtms.settings import LinkSettings
from dtms.wire.messages import ExecutionReport, ModifyPosition

UTC = 1_800_000_000_000
SETTINGS = LinkSettings()


def session(ea_clock: int = 50_000, now: int = 0) -> Session:
    made = Session(1, 1, SETTINGS, LinkCounts(), now)
    made.heard(ea_clock, now)
    return made


def command(command_id: int = 1, risk: RiskClass = RiskClass.NEUTRAL) -> ModifyPosition:
    return ModifyPosition(
        command_id=command_id,
        deadline_ms=0,
        risk_class=risk,
        ticket=1,
        expect_stop=None,
        expect_target=None,
        stop_loss=1.0,
        take_profit=None,
    )


def report(outcome: Outcome, command_id: int = 1) -> ExecutionReport:
    return TerminalSide().report(command(command_id), outcome, Why.NONE, position())


def sent(commands: Commands, command_id: int = 1, risk: RiskClass = RiskClass.NEUTRAL, now: int = 0) -> Outstanding:
    entry = commands.decide(command(command_id, risk), now, UTC + now)
    assert commands.stamp(entry, session(), now, UTC + now) is not None
    return entry


@given(st.integers(1, 2**20 - 1), st.integers(1, 50))
def test_r23_ids_are_the_epoch_and_a_counter_and_never_come_twice(epoch: int, count: int) -> None:
    ids = CommandIds(epoch)
    taken = []
    for _ in range(count):
        expected = ids.peek()
        taken.append(ids.take())
        assert taken[-1] == expected

    assert len(set(taken)) == count
    assert all(number >> 24 == epoch and number < 2**44 for number in taken)


def test_r23_an_epoch_that_does_not_fit_is_refused() -> None:
    with pytest.raises(DtmsError):
        CommandIds(1 << 20)


@pytest.mark.parametrize(("risk", "ttl"), [(RiskClass.RAISE, 2_000), (RiskClass.NEUTRAL, 3_000), (RiskClass.REDUCE, 15_000)])
def test_r21_the_deadline_counts_from_the_decision_in_the_terminals_clock(risk: RiskClass, ttl: int) -> None:
    commands = Commands(SETTINGS)
    entry = commands.decide(command(risk=risk), 1_000, UTC)
    stamped = commands.stamp(entry, session(50_000, 900), 1_400, UTC + 400)

    assert stamped is not None
    assert stamped.deadline_ms == 50_000 + 500 + ttl - 400


def test_r21_a_command_whose_time_is_up_by_either_clock_is_not_stamped() -> None:
    commands = Commands(SETTINGS)
    entry = commands.decide(command(), 0, UTC)

    assert commands.stamp(entry, session(), 3_000, UTC) is None
    assert commands.stamp(entry, session(), 0, UTC + 3_000) is None


def test_a_final_report_ends_its_command_and_no_other() -> None:
    commands = Commands(SETTINGS)
    sent(commands, 1)
    sent(commands, 2)

    assert commands.answer(report(Outcome.DONE, 3)) is None
    assert commands.answer(report(Outcome.DONE, 2)) is not None
    assert commands.answer(report(Outcome.DONE, 2)) is None
    assert [entry.command.command_id for entry in commands] == [1]


def test_r19_no_outcome_in_time_is_unknown_once_and_a_late_report_still_ends_it() -> None:
    commands = Commands(SETTINGS)
    sent(commands)

    assert commands.overdue(7_999) == []
    assert [e.stage for e in commands.overdue(8_000)] == [Stage.UNKNOWN]
    assert commands.overdue(9_000) == []
    assert commands.answer(report(Outcome.DONE)) is not None
    assert len(commands) == 0


def test_r19_a_report_that_says_unknown_keeps_the_command() -> None:
    commands = Commands(SETTINGS)
    entry = sent(commands)
    commands.answer(report(Outcome.UNKNOWN))

    assert entry.stage is Stage.UNKNOWN
    assert entry.reported
    assert len(commands) == 1


def test_r21_a_fresh_session_renews_what_is_in_time_and_closes_the_rest() -> None:
    commands = Commands(SETTINGS)
    sent(commands, 1)
    sent(commands, 2, now=2_000)
    waiting = commands.decide(command(3), 0, UTC)
    renewed = commands.renew(1, 3_500, UTC + 3_500)

    assert [e.command.command_id for e in renewed.expired] == [1]
    assert [e.command.command_id for e in renewed.again] == [2]
    assert waiting.stage is Stage.WAITING
    assert commands.get(1) is None


def test_r19_one_that_may_have_raised_risk_stays_unknown() -> None:
    commands = Commands(SETTINGS)
    entry = sent(commands, 1, RiskClass.RAISE)
    renewed = commands.renew(1, 9_000, UTC + 9_000)

    assert renewed == ([], [], [])
    assert entry.stage is Stage.UNKNOWN


def test_what_went_to_another_life_is_neither_sent_again_nor_ended_though_that_life_called_it_unknown() -> None:
    commands = Commands(SETTINGS)
    sent(commands, 1)
    sent(commands, 2)
    commands.answer(report(Outcome.UNKNOWN, 2))
    renewed = commands.renew(77, 1_000, UTC + 1_000)

    assert (renewed.again, renewed.expired) == ([], [])
    assert [e.command.command_id for e in renewed.unknown] == [1]
    assert (commands.unanswered(8_000), commands.unanswered(8_001)) == ([], [1, 2])


def test_a_life_that_is_over_makes_no_request_any_more_so_less_is_waited_for_evidence() -> None:
    commands = Commands(SETTINGS)
    sent(commands, 1, RiskClass.REDUCE)
    commands.life_ended(1, 2_000)
    commands.life_ended(5, 0)
    commands.renew(77, 2_000, UTC + 2_000)

    assert (commands.unanswered(7_000), commands.unanswered(7_001)) == ([], [1])
