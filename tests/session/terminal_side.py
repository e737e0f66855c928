"""
The other end of the link in plain Python: a peer that speaks PROTOCOL.md through ``dtms.wire``, without socket and clock.

It numbers, acknowledges, keeps and sends again as a terminal must, and applies commands once. What it has to send lies in
``out``, so a test may lose, double or delay frames between the two.
"""

from collections import deque
from dataclasses import dataclass, field

from tests.session.made import OFFSET_S, SERVER_MS, spec

from dtms.names import MarginMode, Operation, Outcome, Permission, TradeMode, Why
from dtms.session.digest import DigestView
from dtms.wire.codec import FLAG_DUP, Frame, decode, encode
from dtms.wire.messages import (
    MAX_TICKS_FRAME,
    Caps,
    Command,
    Credit,
    ExecutionReport,
    HandsOff,
    Heartbeat,
    Logon,
    LogonAccepted,
    LogonRefused,
    Message,
    ModifyPosition,
    Position,
    PositionChanged,
    PositionClosed,
    PositionOpened,
    ReducePosition,
    Snapshot,
    SnapshotRequest,
    SymbolSpec,
    TestRequest,
    Tick,
    Ticks,
)

ALL = Permission(sum(Permission))


@dataclass
class TerminalSide:
    """One life of a terminal; ``connect`` begins a connection of it."""

    nonce: int = 77
    instance_id: str = "chart-1"
    boot: int = 1
    login: int = 1001
    server: str = "Demo-Server"
    trade_mode: TradeMode = TradeMode.DEMO
    utc_offset_s: int | None = OFFSET_S
    clock_ahead: int = 500_000
    """What its GetTickCount64 is ahead of the test's clock."""
    permissions: Permission = ALL
    hands_off: bool = False
    positions: dict[int, Position] = field(default_factory=dict)
    specs: dict[str, SymbolSpec] = field(default_factory=lambda: {"EURUSD": spec()})
    epoch: int = 0
    highest_epoch: int = 0
    out: deque[bytes] = field(default_factory=deque)
    up: bool = False
    received: list[Message] = field(default_factory=list)
    commands: list[Command] = field(default_factory=list)
    executed: list[int] = field(default_factory=list)
    applied: list[int] = field(default_factory=list)
    accepted: LogonAccepted | None = None
    refused: LogonRefused | None = None
    answering: bool = True
    failing: Outcome | None = None
    """How every command ends, instead of being carried out."""
    filled: float | None = None
    """Lots that one close gets at most."""
    reports: dict[int, ExecutionReport] = field(default_factory=dict)
    credit: int = 0
    holes: int = 0
    seq_out: int = 0
    seq_in: int = 0
    tick_seq: int = 0
    kept: dict[int, Message] = field(default_factory=dict)
    kept_ticks: dict[int, Tick] = field(default_factory=dict)
    snapshots: int = 0

    # Speaking

    def connect(self, now: int, **values: object) -> None:
        """Begin a connection with a logon; whatever was on its way out is lost with the old one."""
        self.out.clear()
        self.up = False
        self.accepted = self.refused = None
        self._frame(self.logon(**values), 0, now, epoch=0)

    def logon(self, **values: object) -> Logon:
        caps = Caps(
            max_open_lots=0.0,
            max_orders_per_minute=60,
            operations=Operation.MODIFY | Operation.REDUCE,
            symbols=[],
            allow_autonomous_modify=False,
            allow_autonomous_close=False,
        )
        fields = {
            "protocol_min": 1,
            "protocol_max": 1,
            "ea_version": "0.1.0",
            "source_hash": "",
            "terminal_build": 4_000,
            "login": self.login,
            "server": self.server,
            "company": "Broker",
            "currency": "USD",
            "margin_mode": MarginMode.HEDGING,
            "trade_mode": self.trade_mode,
            "hedge_allowed": True,
            "fifo_close": False,
            "permissions": self.permissions,
            "caps": caps,
            "hands_off": self.hands_off,
            "instance_id": self.instance_id,
            "boot": self.boot,
            "nonce": self.nonce,
            "highest_seq_seen": self.seq_in,
            "highest_epoch_seen": self.highest_epoch,
            "ts_event": SERVER_MS,
            "utc_offset_s": self.utc_offset_s,
            "chart_symbol": "EURUSD",
        }
        return Logon.model_validate(fields | values)

    def say(self, message: Message, now: int) -> None:
        """Send a message, numbered and kept when it is durable; kept only, while the link is down."""
        if not message.DURABLE:
            self._frame(message, 0, now)
            return
        self.seq_out += 1
        self.kept[self.seq_out] = message
        if self.up:
            self._frame(message, self.seq_out, now)

    def quotes(self, now: int, *ticks: Tick) -> None:
        """Send quotes in one frame."""
        for one in ticks:
            self.tick_seq += 1
            self.kept_ticks[self.tick_seq] = one
        if self.up:
            self._frame(Ticks(self.tick_seq, ticks), 0, now)

    def beat(self, now: int, *, test_id: int | None = None, busy_ms: int = 0, lying: bool = False) -> None:
        """Send a heartbeat; a lying one bears a digest that is not true."""
        view = DigestView()
        view.replace(self.positions.values())
        digest = view.digest()
        if lying:
            digest = digest.model_copy(update={"tickets": digest.tickets + 1})
        heartbeat = Heartbeat(
            highest_seq_sent=self.seq_out,
            tick_seq=self.tick_seq,
            ts_event=SERVER_MS,
            utc_offset_s=self.utc_offset_s,
            busy_ms=busy_ms,
            test_id=test_id,
            permissions=self.permissions,
            hands_off=self.hands_off,
            digest=digest,
        )
        self._frame(heartbeat, 0, now)

    def snapshot(self, now: int, *, ok: bool = True, part_size: int = 500, count: int | None = None) -> None:
        """Send everything that is held, in parts."""
        self.snapshots += 1
        held = list(self.positions.values())
        parts = [held[i : i + part_size] for i in range(0, len(held), part_size)] or [[]]
        for number, part in enumerate(parts, 1):
            message = Snapshot(
                snapshot_id=self.snapshots,
                part=number,
                parts=len(parts),
                ok=ok,
                count=len(held) if count is None else count,
                ts_event=SERVER_MS,
                positions=part,
            )
            self.say(message, now)

    # What the terminal's user and broker do

    def hands(self, now: int, *, off: bool) -> None:
        self.hands_off = off
        self.say(HandsOff(on=off, by="user"), now)

    def opened(self, held: Position, now: int) -> None:
        self.positions[held.position_id] = held
        self.say(PositionOpened(ts_event=SERVER_MS, position=held), now)

    def changed(self, held: Position, now: int, changed: int = 2) -> None:
        self.positions[held.position_id] = held
        self.say(
            PositionChanged.model_validate({"ts_event": SERVER_MS, "position": held, "changed": changed, "by_command": 0}), now
        )

    def closed(self, position_id: int, now: int, **values: object) -> None:
        held = self.positions.pop(position_id)
        fields = {
            "ts_event": SERVER_MS,
            "position_id": position_id,
            "ticket": held.ticket,
            "symbol": held.symbol,
            "side": held.side,
            "volume": held.volume,
            "price_close": 1.1,
            "profit": 0.0,
            "swap": 0.0,
            "commission": 0.0,
            "reason": 5,
            "deal": 9,
            "by_command": 0,
        }
        self.say(PositionClosed.model_validate(fields | values), now)

    # Listening

    def receive(self, data: bytes, now: int) -> None:
        """Take a frame of the bridge."""
        frame = decode(data)
        if frame.session != self.nonce or (self.up and frame.epoch < self.highest_epoch):
            return
        if not self.up and not isinstance(frame.body, (LogonAccepted, LogonRefused)):
            return
        body = frame.body
        assert not isinstance(body, Ticks)
        for seq in [s for s in self.kept if s <= frame.ack and self.up]:
            del self.kept[seq]
        if isinstance(body, LogonAccepted):
            self._logged_on(body, now)
        elif isinstance(body, LogonRefused):
            self.refused = body
        elif body.DURABLE:
            self._durable(frame.seq, body, now)
        else:
            self._volatile(body, now)

    def _logged_on(self, accepted: LogonAccepted, now: int) -> None:
        self.up = True
        self.accepted = accepted
        self.epoch = accepted.epoch
        self.highest_epoch = max(self.highest_epoch, accepted.epoch)
        if accepted.resume:
            for seq in sorted(self.kept):
                if seq > accepted.highest_seq_seen:
                    self._frame(self.kept[seq], seq, now, flags=FLAG_DUP)
            self._credited(accepted.highest_tick_seq_seen)
            missing = [self.kept_ticks[n] for n in sorted(self.kept_ticks) if n > accepted.highest_tick_seq_seen]
            for at in range(0, len(missing), MAX_TICKS_FRAME):
                part = missing[at : at + MAX_TICKS_FRAME]
                self._frame(Ticks(self.tick_seq - len(missing) + at + len(part), tuple(part)), 0, now)
            return
        self.seq_out = self.seq_in = self.tick_seq = self.credit = 0
        self.kept.clear()
        self.kept_ticks.clear()
        for one in self.specs.values():
            self.say(one, now)
        self.snapshot(now)

    def _durable(self, seq: int, body: Message, now: int) -> None:
        if seq <= self.seq_in:
            return
        if seq != self.seq_in + 1:
            self.holes += 1  # a terminal drops the connection and dials again
            self.up = False
            return
        self.seq_in = seq
        self.applied.append(seq)
        self.received.append(body)
        if isinstance(body, SnapshotRequest):
            self.snapshot(now)
        elif isinstance(body, Command):
            self.commands.append(body)
            if self.answering:
                self.execute(body, now)

    def _volatile(self, body: Message, now: int) -> None:
        self.received.append(body)
        if isinstance(body, TestRequest):
            self.beat(now, test_id=body.test_id)
        elif isinstance(body, (Credit, Heartbeat)):
            self._credited(body.tick_seq)

    def _credited(self, tick_seq: int) -> None:
        self.credit = max(self.credit, tick_seq)
        for number in [n for n in self.kept_ticks if n <= self.credit]:
            del self.kept_ticks[number]

    # Commands

    def execute(self, command: Command, now: int, outcome: Outcome | None = None, why: Why = Why.NONE) -> None:
        """Carry a command out once, or end it with the given outcome; a known id gets the answer that was kept."""
        known = self.reports.get(command.command_id)
        if known is not None:
            self.say(known, now)
            return
        assert isinstance(command, (ModifyPosition, ReducePosition))
        held = next((p for p in self.positions.values() if p.ticket == command.ticket), None)
        if outcome is None and self.failing is not None:
            outcome = self.failing
        if isinstance(command, ReducePosition):
            self._reduce(command, held, now, outcome, why)
            return
        if outcome is None:
            outcome, why = self._judge(command, held, now)
        if outcome is Outcome.DONE and held is not None:
            self.executed.append(command.command_id)
            held = held.model_copy(update={"stop_loss": command.stop_loss, "take_profit": command.take_profit})
            self.positions[held.position_id] = held
        report = self.report(command, outcome, why, held)
        if outcome.final:
            self.reports[command.command_id] = report
        self.say(report, now)
        if outcome is Outcome.DONE and held is not None:
            self.changed(held, now)

    def _reduce(self, command: ReducePosition, held: Position | None, now: int, outcome: Outcome | None, why: Why) -> None:
        late = now + self.clock_ahead > command.deadline_ms
        left = 0.0
        if outcome is None and late:
            outcome, why = Outcome.EXPIRED, Why.DEADLINE
        elif outcome is None and held is None:
            outcome, why = Outcome.DONE, Why.ALREADY
        elif outcome is None and held is not None:
            self.executed.append(command.command_id)
            left = max(0.0, round(held.volume - (self.filled or held.volume), 2))
            outcome = Outcome.PARTIAL if left else Outcome.DONE
            if left:
                held = self.positions[held.position_id] = held.model_copy(update={"volume": left})
        assert outcome is not None
        gone = outcome is Outcome.DONE
        report = self.report(command, outcome, why, None if gone else held)
        if outcome.final:
            self.reports[command.command_id] = report
        self.say(report, now)
        if gone and held is not None:
            self.closed(held.position_id, now)
        elif left and held is not None:
            self.changed(held, now, 1)

    def _judge(self, command: ModifyPosition, held: Position | None, now: int) -> tuple[Outcome, Why]:
        if now + self.clock_ahead > command.deadline_ms:
            return Outcome.EXPIRED, Why.DEADLINE
        if held is None:
            return Outcome.REJECTED, Why.NO_POSITION
        if (held.stop_loss, held.take_profit) == (command.stop_loss, command.take_profit):
            return Outcome.DONE, Why.ALREADY
        if (held.stop_loss, held.take_profit) != (command.expect_stop, command.expect_target):
            return Outcome.STALE_VIEW, Why.NONE
        return Outcome.DONE, Why.NONE

    def report(self, command: Command, outcome: Outcome, why: Why, held: Position | None) -> ExecutionReport:
        return ExecutionReport(
            ts_event=SERVER_MS,
            command_id=command.command_id,
            outcome=outcome,
            retcode=10009 if outcome is Outcome.DONE else 0,
            why=why,
            position_id=0 if held is None else held.position_id,
            ticket=0 if held is None else held.ticket,
            order=0,
            deal=0,
            volume=0.0,
            price=0.0,
            position_volume=0.0 if held is None else held.volume,
            stop_loss=None if held is None else held.stop_loss,
            take_profit=None if held is None else held.take_profit,
            attempts=1,
            elapsed_ms=1,
            detail="",
        )

    def _frame(self, message: Message | Ticks, seq: int, now: int, *, flags: int = 0, epoch: int | None = None) -> None:
        number = self.epoch if epoch is None else epoch
        self.out.append(
            encode(Frame(self.nonce, seq, self.seq_in if self.up else 0, number, now + self.clock_ahead, flags, message))
        )
