"""A frame leaves only after its intent is written (R17), and what happens when the store does not answer."""

from collections.abc import Iterator

import pytest
from tests.runtime.bench import Bench, acting, bench
from tests.session.made import position, tick
from tests.session.terminal_side import TerminalSide
from tests.store.made import FOUND

from dtms.engine.decide import Decision
from dtms.names import RiskClass
from dtms.runtime.log import Line, Log
from dtms.runtime.outbox import Outbox
from dtms.session.commands import Commands
from dtms.settings import DeskSettings, LinkSettings
from dtms.store.evidence import Evidence
from dtms.store.journal import Acknowledge, CommitFailed, Committed, Entry, EpochFailed, EpochTaken, Note, Proved
from dtms.store.rows import Answered, Recovered, Sent
from dtms.store.troubles import Trouble
from dtms.wire.messages import Heartbeat


class HeldJournal:
    """A store whose answers are in the test's hands."""

    def __init__(self, *, give_epochs: bool = True) -> None:
        self.entries: list[Entry] = []
        self.notes: list[Note] = []
        self.asked: list[str] = []
        self.give_epochs = give_epochs
        self.acknowledge: Acknowledge = print

    def attach(self, acknowledge: Acknowledge) -> None:
        self.acknowledge = acknowledge

    def append(self, entry: Entry) -> None:
        self.entries.append(entry)

    def keep(self, note: Note) -> None:
        self.notes.append(note)

    def record(self, evidence: Evidence) -> None:
        """Let evidence be."""

    def load(self, account: str) -> Recovered:
        del account
        return Recovered()

    def take_epoch(self, account: str, seen: int) -> None:
        self.asked.append(account)
        if self.give_epochs:
            self.acknowledge(EpochTaken(account, seen + 1, store_older=False))

    def prove(self) -> None:
        self.acknowledge(Proved())

    def close(self) -> None:
        """Nothing is held."""


@pytest.fixture
def journal() -> HeldJournal:
    return HeldJournal()


@pytest.fixture
def desk(journal: HeldJournal) -> Iterator[Bench]:
    with bench(acting(desk=DeskSettings(check_ms=100)), journal) as made:
        yield made


def raises(entry: Entry) -> None:
    del entry
    raise OSError("disk full")


def decided(desk: Bench) -> TerminalSide:
    side = TerminalSide(positions={1: position(1), 2: position(2)})
    desk.dial(side)
    del side.positions[2]
    side.snapshot(desk.now)
    desk.pump()
    side.quotes(desk.now, tick(1.1011))
    desk.pump()
    return side


def test_the_frame_waits_for_the_commit_and_heartbeats_do_not(desk: Bench, journal: HeldJournal) -> None:
    side = decided(desk)
    beats = len([m for m in side.received if isinstance(m, Heartbeat)])
    desk.pass_time(1_500)
    assert side.commands == []
    assert len([m for m in side.received if isinstance(m, Heartbeat)]) > beats
    assert [e.command is not None for e in journal.entries] == [True]
    journal.acknowledge(Committed(journal.entries[0].token))
    desk.pump()

    assert len(side.executed) == 1
    assert side.commands[0].deadline_ms < desk.now + side.clock_ahead + 3_000 - 1_400


def test_the_intent_holds_trade_command_time_and_proof(desk: Bench, journal: HeldJournal) -> None:
    decided(desk)
    entry = journal.entries[0]

    assert entry.command is not None
    assert entry.trade.break_even.command_id == entry.command.command_id
    assert entry.ttl_ms == 3_000
    assert entry.finding.r_now == pytest.approx(1.1)


def test_a_commit_that_comes_when_the_time_is_up_sends_nothing(desk: Bench, journal: HeldJournal) -> None:
    side = decided(desk)
    desk.now += 1_900
    desk.pump()
    desk.now += 5_000
    journal.acknowledge(Committed(journal.entries[0].token))
    desk.pump()

    assert side.commands == []
    assert desk.counter("commands.expired") == 1


@pytest.mark.parametrize("how", ["failed", "slow"])
def test_a_store_that_fails_or_is_slow_does_not_hold_back_a_tightening_and_is_owed_the_row(
    desk: Bench, journal: HeldJournal, how: str
) -> None:
    side = decided(desk)
    if how == "failed":
        journal.acknowledge(CommitFailed(journal.entries[0].token, "disk full"))
        desk.pump()
    else:
        desk.pass_time(2_250)
    assert len(side.executed) == 1
    assert desk.desk.outbox.store_failed is not None
    assert desk.desk.outbox.owed > 1  # the intent, and what became of it
    desk.pass_time(1_500)
    assert journal.entries[-1] is journal.entries[0]
    journal.acknowledge(Committed(journal.entries[0].token))
    desk.pump()
    while desk.desk.outbox.owed:
        offered = journal.notes[-1]
        journal.acknowledge(Committed(offered.token))
        desk.pump()
        assert journal.notes[-1].token > offered.token or not desk.desk.outbox.owed  # in their order

    told = [type(row) for note in journal.notes for row in note.rows if isinstance(row, Sent | Answered)]
    assert told[-2:] == [Sent, Answered]
    assert desk.desk.outbox.store_failed is None
    assert desk.desk.outbox.owed == 0
    assert len(side.executed) == 1


@pytest.mark.parametrize("risk", [RiskClass.REDUCE, RiskClass.NEUTRAL])
def test_while_the_store_has_failed_what_protects_does_not_wait_for_it(desk: Bench, journal: HeldJournal, risk: RiskClass) -> None:
    decided(desk)
    first = journal.entries[0]
    assert first.command is not None
    outbox = Outbox(journal, LinkSettings(), Log(lambda _: None))
    outbox.failed(0, "disk full")
    written = len(journal.entries)
    command = first.command.model_copy(update={"command_id": 7, "risk_class": risk})
    outstanding = Commands(LinkSettings()).decide(command, 100, 0)
    outbox.put(Decision(first.trade, command, first.finding), command, outstanding, 100)

    assert [(r.outstanding, r.denied) for r in outbox.advance(100)] == [(outstanding, False)]
    assert outbox.owed == 1
    assert len(journal.entries) == written  # it is offered when its turn comes
    outbox.advance(1_000)
    assert len(journal.entries) == written + 1


def test_what_a_store_raises_is_said_once_with_its_trace(
    desk: Bench, journal: HeldJournal, monkeypatch: pytest.MonkeyPatch
) -> None:
    decided(desk)
    first = journal.entries[0]
    lines: list[Line] = []
    log = Log(lines.append)
    outbox = Outbox(journal, LinkSettings(), log)
    monkeypatch.setattr(journal, "append", raises)
    log.start()
    for _ in range(3):
        outbox.note(Decision(first.trade, None, first.finding), 0)
    log.stop(5)

    assert [(line.name, type(line.cause)) for line in lines] == [("store", OSError)]
    assert outbox.store_failed == "OSError: disk full"


def test_a_store_that_works_again_gets_what_it_is_owed_and_is_waited_for_as_before(desk: Bench, journal: HeldJournal) -> None:
    decided(desk)
    first = journal.entries[0]
    command = first.command
    assert command is not None
    outbox = Outbox(journal, LinkSettings(), Log(lambda _: None))
    for at in (0, 2_100):
        outbox.put(Decision(first.trade, command, first.finding), command, Commands(LinkSettings()).decide(command, at, 0), at)
        outbox.advance(at + 2_001)
    assert outbox.owed == 2
    for _ in range(2):
        outbox.committed(journal.entries[-1].token)

    assert (outbox.owed, outbox.store_failed) == (0, None)
    outbox.put(Decision(first.trade, command, first.finding), command, Commands(LinkSettings()).decide(command, 9_000, 0), 9_000)
    assert outbox.advance(9_000) == []


def test_what_raises_risk_is_denied_without_its_row(desk: Bench, journal: HeldJournal) -> None:
    decided(desk)
    entry = journal.entries[0]
    assert entry.command is not None
    raising = entry.command.model_copy(update={"risk_class": RiskClass.RAISE})
    outbox = Outbox(journal, LinkSettings(), Log(lambda _: None))
    outstanding = Commands(LinkSettings()).decide(raising, 0, 0)
    outbox.put(Decision(entry.trade, raising, entry.finding), raising, outstanding, 0)

    assert outbox.advance(2_000) == []
    assert [release.denied for release in outbox.advance(2_001)] == [True]
    assert outbox.owed == 0


def test_a_close_while_the_intent_is_being_written_sends_nothing(desk: Bench, journal: HeldJournal) -> None:
    side = decided(desk)
    side.closed(1, desk.now)
    desk.pump()
    journal.acknowledge(Committed(journal.entries[0].token))
    desk.pump()

    assert side.commands == []
    assert len(desk.account.trader.commands) == 0


def test_a_logon_waits_for_the_epoch_and_is_refused_when_none_comes() -> None:
    slow = HeldJournal(give_epochs=False)
    with bench(acting(), slow) as desk:
        side = TerminalSide()
        wire = desk.dial_only(side)
        desk.pump()
        assert side.accepted is None
        assert slow.asked == ["1001@Demo-Server"]
        desk.now += 5_000
        desk.pump()
        assert side.refused is not None
        desk.dial_again(wire)
        slow.acknowledge(EpochTaken("1001@Demo-Server", 4, store_older=False))
        desk.pump()

        assert side.accepted is not None
        assert side.accepted.epoch == 4


def test_a_store_that_gives_no_epoch_refuses_and_is_asked_again() -> None:
    broken = HeldJournal(give_epochs=False)
    with bench(acting(), broken) as desk:
        side = TerminalSide()
        wire = desk.dial_only(side)
        desk.pump()
        broken.acknowledge(EpochFailed("1001@Demo-Server", "disk full"))
        desk.pump()
        assert side.refused is not None
        assert "disk full" in side.refused.detail
        broken.give_epochs = True
        desk.dial_again(wire)
        desk.pump()

        assert side.accepted is not None


def kept_by(outbox: Outbox, journal: HeldJournal, number: int) -> Note:
    """Have a fact written; the note that holds it."""
    outbox.keep(rows=(Sent("1@Demo", number),))
    return journal.notes[-1]


def test_what_the_store_can_never_write_is_not_offered_again_and_does_not_count_as_a_failure() -> None:
    """One fact that cannot be kept would else hold back everything behind it for good."""
    journal = HeldJournal()
    outbox = Outbox(journal, LinkSettings(), Log(lambda _: None))
    first, second = kept_by(outbox, journal, 1), kept_by(outbox, journal, 2)
    outbox.failed(first.token, "not a number", Trouble.VALUE)
    outbox.committed(second.token)
    offered = len(journal.notes)
    outbox.advance(10_000)

    assert (outbox.store_failed, outbox.owed, len(journal.notes)) == (None, 0, offered)


def test_what_is_owed_and_turns_out_to_be_unwritable_lets_the_next_pass() -> None:
    journal = HeldJournal()
    outbox = Outbox(journal, LinkSettings(), Log(lambda _: None))
    first, second = kept_by(outbox, journal, 1), kept_by(outbox, journal, 2)
    outbox.failed(first.token, "disk full", Trouble.FULL)
    outbox.failed(second.token, "disk full", Trouble.FULL)
    outbox.advance(10_000)
    outbox.failed(first.token, "not a number", Trouble.VALUE)
    outbox.advance(20_000)

    assert journal.notes[-1] is second
    assert outbox.owed == 1


def test_what_is_kept_together_is_one_note_and_stands_before_an_intent_that_follows(desk: Bench, journal: HeldJournal) -> None:
    desk.dial(TerminalSide(positions={1: position(1)}))
    outbox, notes = desk.desk.outbox, len(journal.notes)
    with outbox.together(), outbox.together():
        outbox.keep(rows=(Sent("1@Demo", 1),))
        outbox.keep(rows=(Sent("1@Demo", 2),))
        assert len(journal.notes) == notes
        outbox.note(Decision(next(iter(desk.account.book)), None, FOUND), 0)
        outbox.keep(rows=(Sent("1@Demo", 3),))

    assert [len(note.rows) for note in journal.notes[notes:]] == [2, 1]
    assert journal.notes[notes].token < journal.entries[-1].token < journal.notes[-1].token


def test_a_store_that_was_owed_more_than_is_kept_gets_every_trade_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    """Never skipped silently (9.2)."""
    monkeypatch.setattr("dtms.runtime.outbox._OWED_MAX", 3)
    journal = HeldJournal()
    with bench(acting(), journal) as desk:
        desk.dial(TerminalSide(positions={1: position(1), 2: position(2)}))
        for note in tuple(journal.notes):
            desk.desk.outbox.failed(note.token, "disk full")
        before = len(journal.notes)
        for number in range(5):
            desk.desk.outbox.keep(rows=(Sent("1@Demo", number),))
        assert desk.desk.outbox.owed <= 3
        while desk.desk.outbox.owed:
            desk.pass_time(1_100, step=1_100)
            journal.acknowledge(Committed(journal.notes[-1].token))
            desk.pump()
        written = {trade.key.position_id for note in journal.notes[before:] for trade in note.trades}

    assert written == {1, 2}
