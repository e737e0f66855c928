"""What our own defects and absurd values cost: a connection, an account's view, an alarm; never the desk."""

from collections.abc import Iterator
from operator import attrgetter
from typing import Any

import pytest
from tests.runtime.bench import Bench, acting, bench
from tests.session.made import position, tick
from tests.session.terminal_side import TerminalSide

from dtms.engine.decide import Decision, decide
from dtms.engine.trade import Trade
from dtms.names import NoticeCode, RefuseWhy, RejectWhy
from dtms.runtime import trader
from dtms.runtime.arming import Arming
from dtms.runtime.links import Link
from dtms.runtime.log import Line
from dtms.settings import DeskSettings
from dtms.store.evidence import Evidence
from dtms.store.journal import Acknowledge, Entry, EpochFailed, EpochTaken, Note, Proved
from dtms.store.rows import Recovered
from dtms.wire.codec import Frame, encode
from dtms.wire.messages import ModifyPosition, Notice, Position, PositionOpened, Reject

AT_ONE_R = tick(1.1012)


class RaisingJournal:
    """A store that answers nothing and raises."""

    def __init__(self, *, epochs: bool) -> None:
        self.epochs = epochs
        self.acknowledge: Acknowledge = print

    def attach(self, acknowledge: Acknowledge) -> None:
        self.acknowledge = acknowledge

    def append(self, entry: Entry) -> None:
        raise RuntimeError(f"database is locked, row {entry.token}")

    def keep(self, note: Note) -> None:
        raise RuntimeError(f"database is locked, row {note.token}")

    def record(self, evidence: Evidence) -> None:
        raise RuntimeError(f"database is locked, {evidence.utc}")

    def load(self, account: str) -> Recovered:
        raise RuntimeError(f"database is locked, {account}")

    def take_epoch(self, account: str, seen: int) -> None:
        if not self.epochs:
            raise RuntimeError("database is locked")
        self.acknowledge(EpochTaken(account, seen + 1, store_older=False))

    def prove(self) -> None:
        self.acknowledge(Proved())

    def close(self) -> None:
        """Nothing is held."""


@pytest.fixture
def desk() -> Iterator[Bench]:
    with bench(acting(desk=DeskSettings(check_ms=100))) as made:
        yield made


def notice() -> Notice:
    return Notice(ts_event=1, code=next(iter(NoticeCode)), symbol="", value=0, text="")


def fails(link: Link, event: object, now: int, utc: int) -> None:
    raise ZeroDivisionError("a defect of ours")


def fails_to_decide(*given: object) -> Decision:
    raise ZeroDivisionError(len(given))


def fails_at(now: int, utc: int) -> None:
    raise ZeroDivisionError(now, utc)


def with_a_defect(desk: Bench) -> None:
    """Make the account's handler of notices fail."""
    desk.account.incoming.handlers = {**desk.account.incoming.handlers, Notice: fails}


def rejects(side: TerminalSide) -> list[RejectWhy]:
    return [m.why for m in side.received if isinstance(m, Reject)]


def test_a_frame_that_our_own_code_fails_on_costs_its_connection_and_the_view_and_raises_the_alarm(desk: Bench) -> None:
    side, other = TerminalSide(positions={1: position(1)}), TerminalSide(nonce=2, instance_id="chart-2")
    wire = desk.dial(side)
    desk.dial(other)
    with_a_defect(desk)
    side.say(notice(), desk.now)
    desk.pump()

    assert rejects(side) == [RejectWhy.BAD_VALUE]
    assert not desk.account.view_known
    assert "bad frames" in desk.account.reign.risk_off(desk.now)
    assert len(desk.account.links.poison["chart-1"].kept) == 1
    assert [link.logon.instance_id for link in desk.account.links.by_nonce.values()] == ["chart-2"]
    desk.redial(wire)
    assert side.accepted is not None
    assert not side.accepted.resume
    assert desk.account.view_known


def test_after_a_defect_the_next_connection_of_the_terminal_is_protected_again(desk: Bench) -> None:
    side = TerminalSide(positions={1: position(1)})
    wire = desk.dial(side)
    with_a_defect(desk)
    side.say(notice(), desk.now)
    desk.pump()
    desk.redial(wire)
    side.quotes(desk.now, AT_ONE_R)
    desk.pump()

    assert len(side.executed) == 1


def test_a_failure_in_what_is_due_by_the_clock_costs_the_account_its_view_and_the_desk_goes_on(
    desk: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    side = TerminalSide(positions={1: position(1)})
    wire = desk.dial(side)
    with monkeypatch.context() as defect:
        defect.setattr(desk.account.trader.orders, "advance", fails_at)
        desk.pump()
    assert not desk.account.view_known
    assert rejects(side) == [RejectWhy.BAD_VALUE]
    desk.now += 1_000
    desk.redial(wire)

    assert desk.account.view_known


def test_an_evaluation_that_fails_in_any_way_costs_its_ticket_and_no_other(desk: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    side = TerminalSide(positions={1: position(1), 2: position(2)})
    desk.dial(side)

    def defective(trade: Trade, *rest: Any) -> Decision:
        if trade.key.position_id == 1 and trade.quarantine is None:
            raise KeyError("a rule with a defect")
        return decide(trade, *rest)

    monkeypatch.setattr(trader, "decide", defective)
    side.quotes(desk.now, AT_ONE_R)
    desk.pump()

    assert [command.ticket for command in side.commands if isinstance(command, ModifyPosition)] == [2]
    assert desk.counter("trades.quarantined") == 1
    assert desk.account.view_known


@pytest.mark.parametrize("part", ["_sees", "_arming.after"])
def test_what_raises_around_a_decision_costs_its_trade_as_well(desk: Bench, monkeypatch: pytest.MonkeyPatch, part: str) -> None:
    side = TerminalSide(positions={1: position(1), 2: position(2)})
    desk.dial(side)
    real = attrgetter(part)(desk.account.trader)

    def defective(what: Any, *rest: Any) -> Any:
        if getattr(what, "trade", what).key.position_id == 1:
            raise KeyError("a defect")
        return real(what, *rest)

    monkeypatch.setattr(desk.account.trader, "_sees", defective)
    if part == "_arming.after":
        monkeypatch.undo()
        monkeypatch.setattr(Arming, "after", lambda _, *given: defective(*given))
    side.quotes(desk.now, AT_ONE_R)
    desk.pump()
    side.changed(side.positions[1].model_copy(update={"volume": 0.05}), desk.now)
    desk.pump()

    assert 2 in [command.ticket for command in side.commands if isinstance(command, ModifyPosition)]
    assert desk.counter("trades.quarantined") == 1
    assert desk.account.view_known
    left = desk.account.book.of_position(1)
    assert left is not None
    assert (left.quarantine, left.position.volume) == ("KeyError: 'a defect'", 0.05)


def test_the_log_has_the_trace_of_what_raised(desk: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    lines: list[Line] = []
    monkeypatch.setattr(desk.desk._log, "_append", lines.append)
    monkeypatch.setattr(trader, "decide", fails_to_decide)
    side = TerminalSide(positions={1: position(1)})
    desk.dial(side)
    side.changed(side.positions[1], desk.now)
    desk.pump()

    assert desk.counter("trades.quarantined") == 1
    causes = [line.cause for line in lines if line.name in {"quarantined", "event_lost"}]
    assert {"quarantined", "event_lost"} <= {line.name for line in lines}
    assert all(isinstance(cause, ZeroDivisionError) and cause.__traceback__ is not None for cause in causes)


def test_a_position_of_absurd_size_is_poison_and_the_next_logon_works(desk: Bench) -> None:
    side = TerminalSide(positions={1: position(1)})
    wire = desk.dial(side)
    absurd = Position.model_construct(**(dict(position(2)) | {"volume": 1e301}))
    message = PositionOpened.model_construct(ts_event=1, position=absurd)
    side.say(message, desk.now)
    desk.pump()

    assert rejects(side) == [RejectWhy.BAD_VALUE]
    desk.redial(wire)
    assert desk.account.view_known


def test_a_clock_beyond_63_bits_is_poison(desk: Bench) -> None:
    side = TerminalSide()
    wire = desk.dial(side)
    wire.send_raw(encode(Frame(side.nonce, side.seq_out + 1, side.seq_in, side.epoch, 2**64 - 1, 0, notice())))
    desk.pump()

    assert rejects(side) == [RejectWhy.MALFORMED]


def test_a_terminal_that_has_seen_the_last_epoch_there_is_is_refused_and_the_desk_goes_on(desk: Bench) -> None:
    side = TerminalSide(highest_epoch=2**20 - 1)
    desk.dial(side)
    assert side.refused is not None
    assert side.refused.why is RefuseWhy.NOT_READY
    other = TerminalSide(nonce=2)
    desk.dial(other)

    assert other.accepted is not None


def test_an_epoch_that_does_not_fit_refuses_whoever_waits_for_it() -> None:
    journal = RaisingJournal(epochs=True)
    with bench(acting(), journal) as desk:
        side = TerminalSide(highest_epoch=2**20 - 1)
        desk.dial(side)

        assert side.refused is not None
        assert not desk.desk.accounts


def test_a_store_that_raises_gives_no_epoch_and_the_terminal_is_told() -> None:
    with bench(acting(), RaisingJournal(epochs=False)) as desk:
        side = TerminalSide()
        desk.dial(side)

        assert side.refused is not None
        assert "locked" in side.refused.detail


def test_a_reason_of_the_store_longer_than_the_wire_takes_is_cut() -> None:
    journal = RaisingJournal(epochs=True)
    with bench(acting(), journal) as desk:
        desk.desk.gate.judge(TerminalSide().logon())
        journal.epochs = False
        side = TerminalSide()
        journal.take_epoch = lambda account, seen: journal.acknowledge(EpochFailed(account, "x" * (2_000 + seen)))  # type: ignore[method-assign]
        desk.dial(side)

        assert side.refused is not None
        assert len(side.refused.detail) == 512


def test_a_store_that_raises_at_an_intent_does_not_hold_back_a_tightening_and_is_owed_the_row() -> None:
    with bench(acting(desk=DeskSettings(check_ms=100)), RaisingJournal(epochs=True)) as desk:
        side = TerminalSide(positions={1: position(1)})
        desk.dial(side)
        side.quotes(desk.now, AT_ONE_R)
        desk.pump()

        assert len(side.executed) == 1
        assert desk.desk.outbox.owed > 1  # the trade, the intent, and what became of it
        assert desk.desk.outbox.store_failed is not None
