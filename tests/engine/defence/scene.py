"""
A trade at a broker that does what it is told: prices in R from the entry, bars one after the other, commands answered as asked.

Everything is mirrored for a sell: the same offsets, the same evidence in the trade's frame, prices reflected about the entry.
"""

from dataclasses import dataclass, field, replace
from typing import Any

from tests.session.made import position, spec

from dtms.defence_names import Action, State, Trigger
from dtms.engine.decide import Decision, Event, Expired, Look, Moment, Rules, Vanished, decide
from dtms.engine.defence.enrol import enrolled
from dtms.engine.defence.events import DeepCheck, Gone
from dtms.engine.defence.record import Defence
from dtms.engine.defence.rules import DefenceRules
from dtms.engine.defence.view import (
    AccountFigures,
    BreakMark,
    Judgement,
    RailFigures,
    SwingMark,
    View,
)
from dtms.engine.market import Market, Quote
from dtms.engine.trade import Trade, TradeKey, first_seen
from dtms.names import Outcome, Side, Why
from dtms.settings import BreakEvenSettings, CloseSettings
from dtms.settings_defence import CadenceSettings, DefenceSettings, HedgeMode, HedgeSettings, Preset
from dtms.settings_rails import RailsSettings
from dtms.wire.messages import (
    Command,
    ExecutionReport,
    ModifyPosition,
    OpenPosition,
    Position,
    PositionChanged,
    PositionOpened,
    ReducePosition,
    SymbolSpec,
)
from dtms.wire.tag import tag

R = 0.001  # in price; 100 points of EURUSD
ENTRY = 1.1
M15 = 900_000
OPENED = 1_700_000_100_000  # ms UTC, the close of a quarter of an hour
CLEAR = RailFigures(day_loss=0.0, hour_loss=0.0, stops=0, calendar_age_ms=0, spread_median=0.00001)
RICH = AccountFigures(
    hedging=True, hedge_allowed=True, may_open=True, lots_room=10.0, equity=100_000.0, margin=1_000.0, leverage=100
)
BOS = BreakMark(choch=False, against=False, confirmed=True, at=0, age=0)
CHOCH = BreakMark(choch=True, against=True, confirmed=True, at=0, age=0)


def full(**groups: Any) -> DefenceSettings:
    """The preset of every action, with the hedge."""
    values: dict[str, Any] = {"preset": Preset.FULL, "hedge": HedgeSettings(mode=HedgeMode.HEDGE)}
    return DefenceSettings(**(values | groups))


CLOSE = full(hedge=HedgeSettings(mode=HedgeMode.CLOSE))


@dataclass
class Scene:
    """One trade, its market and its broker. ``price`` is the exit price's distance from the entry in R."""

    side: Side = Side.BUY
    defence: DefenceSettings = field(default_factory=full)
    rails: RailsSettings = field(default_factory=RailsSettings)
    cadence: CadenceSettings = field(default_factory=CadenceSettings)
    break_even: BreakEvenSettings = field(default_factory=lambda: BreakEvenSettings(enabled=False))
    volume: float = 0.1
    stop: float | None = -1.0  # in R
    state: State | None = State.HEALTHY
    account: AccountFigures = RICH
    figures: RailFigures = CLEAR
    spec: SymbolSpec = field(default_factory=spec)
    price: float = -0.3
    spread: float = 0.00001
    now: int = 0
    bar: int = OPENED
    target: float | None = None
    entry: float = ENTRY
    unit: float = R

    def __post_init__(self) -> None:
        held = position(
            side=self.side,
            volume=self.volume,
            stop_loss=None if self.stop is None else self.at(self.stop),
            take_profit=None if self.target is None else self.at(self.target),
            ts_open=OPENED,
            price_open=self.entry,
        )
        self.trade: Trade = first_seen(TradeKey("1@Demo", 1, 1), held, managed=True)
        if self.state is not None:
            self.trade = enrolled(self.trade, recovered=True)
            self.put(state=self.state, last_bar=OPENED, risk=None if self.stop is None else self.unit)
        self.held: dict[int, Position] = {1: held}
        self.closes: list[int] = [OPENED]
        self.unanswered: list[Command] = []
        self.sent: list[Command] = []
        self.decisions: list[Decision] = []
        self.judgement: Judgement | None = None
        self.view_changes: dict[str, Any] = {}
        self.ids = 0
        self.next_position = 100

    @property
    def command(self) -> Command | None:
        """The last command without an outcome."""
        return self.unanswered[-1] if self.unanswered else None

    def without_answer(self) -> Command:
        """Forget the last command without its being answered; return it."""
        return self.unanswered.pop()

    # Prices

    def at(self, r: float) -> float:
        """The price so many R from the entry, in the trade's favour."""
        return round(self.entry + self.side.direction * r * self.unit, 7)

    @property
    def market(self) -> Market:
        exit_price = self.at(self.price)
        bid = exit_price if self.side is Side.BUY else exit_price - self.spread
        quote = Quote(round(bid, 7), round(bid + self.spread, 7), 0)
        view = View(self.judgement, tuple(self.closes), self.account, self.figures)
        return Market(self.spec, quote, replace(view, **self.view_changes))

    @property
    def rules(self) -> Rules:
        return Rules(self.break_even, CloseSettings(), DefenceRules(self.defence, self.rails, self.cadence, "d1ge57"))

    @property
    def utc(self) -> int:
        return self.bar + 5_000 + self.now % M15 if self.now else self.bar + 5_000

    # What is known

    @property
    def record(self) -> Defence:
        assert self.trade.defence is not None
        return self.trade.defence

    def stands(self) -> State:
        return self.record.state

    def put(self, **changes: Any) -> None:
        """Set the record's fields."""
        assert self.trade.defence is not None
        self.trade = replace(self.trade, defence=replace(self.trade.defence, **changes))

    def said(self) -> list[str]:
        """Everything that was said, oldest first."""
        return [note.text for decision in self.decisions for note in decision.notes]

    def owed(self) -> list[Action]:
        return [duty.action for duty in self.record.duties]

    # What happens

    def judged(self, total: float | None, **values: Any) -> Judgement:
        """The judgement of the bar that closed last; swings half an R and one and a half below, and as much above."""
        fields: dict[str, Any] = {
            "at": self.bar,
            "fast_at": self.bar,
            "total": total,
            "valid": total is not None,
            "atr5": 0.2 * self.unit,
            "atr15": 0.4 * self.unit,
            "fast_close": self.at(self.price),
            "swings": (
                self.swing(-1.5, -20),
                self.swing(0.8, -12),
                self.swing(-0.9, -6),
                self.swing(0.4, -3),
            ),
        }
        event = values.pop("event", None)
        fields["event"] = None if event is None else event._replace(at=self.bar if event.at == 0 else event.at)
        return Judgement(**(fields | values))

    def swing(self, r: float, bars: int) -> SwingMark:
        """A swing so many bars ago; one below the trade in its frame is a low for a buy and a high for a sell."""
        high = (r > self.price) is (self.side is Side.BUY)
        return SwingMark(self.bar + bars * M15, self.at(r), high)

    def on(self, event: Event) -> Decision:
        """Let one event happen."""
        self.ids += 1
        decision = decide(self.trade, event, self.market, Moment(self.now, self.ids, utc=self.utc), self.rules)
        self.trade = decision.trade
        self.decisions.append(decision)
        if decision.command is not None:
            self.unanswered.append(decision.command)
            self.sent.append(decision.command)
        return decision

    def passes(self, bars: int = 1) -> None:
        """Let M15 bars close; nobody looks."""
        for _ in range(bars):
            self.bar += M15
            self.now += M15
            self.closes.append(self.bar)

    def deep(self, total: float | None, *, trigger: Trigger = Trigger.SCHEDULED, bars: int = 1, **values: Any) -> Decision:
        """Let bars close and the deep check of the last one be made; ``total`` None is an invalid score."""
        self.passes(bars)
        self.judgement = self.judged(total, **values)
        return self.on(DeepCheck(trigger))

    def look(self, *, ms: int = 0) -> Decision:
        """Make a fast check some ms later."""
        self.now += ms
        return self.on(Look())

    # The broker

    def answer(self, outcome: Outcome = Outcome.DONE, *, told: bool = True, **values: Any) -> Decision:
        """End the command under way; what was done is told as position events too."""
        command = self.without_answer()
        events = self.carry_out(command) if outcome in {Outcome.DONE, Outcome.PARTIAL} else []
        report = self.report(command, outcome)
        decision = self.on(report.model_copy(update=values))
        for event in events if told else []:
            decision = self.on(event)
        return decision

    def settle(self, limit: int = 20) -> list[Command]:
        """Answer whatever is ordered with done, until nothing is; return the commands."""
        sent: list[Command] = []
        while self.command is not None:
            sent.append(self.command)
            assert len(sent) <= limit, "it never ends"
            self.answer()
        return sent

    def carry_out(self, command: Command) -> list[Event]:
        match command:
            case ModifyPosition():
                held = self.held[command.ticket]
                held = held.model_copy(update={"stop_loss": command.stop_loss, "take_profit": command.take_profit})
                self.held[command.ticket] = held
                return [changed(held)]
            case ReducePosition():
                if command.leave_volume == 0:
                    self.held.pop(command.ticket, None)
                    return [Gone(command.ticket)]
                held = self.held[command.ticket].model_copy(update={"volume": command.leave_volume})
                self.held[command.ticket] = held
                return [changed(held)]
            case OpenPosition():
                return [self.opened(command)]
        raise AssertionError(command)

    def opened(self, command: OpenPosition) -> Event:
        self.next_position += 1
        quote = self.market.quote
        assert quote is not None
        held = position(
            self.next_position,
            side=command.side,
            volume=command.volume,
            price_open=quote.ask if command.side is Side.BUY else quote.bid,
            stop_loss=command.stop_loss,
            take_profit=command.take_profit,
            magic=tag(command.kind, command.command_id),
            comment=command.comment,
            ts_open=self.utc,
        )
        self.held[held.position_id] = held
        return PositionOpened(ts_event=self.utc, position=held)

    def report(self, command: Command, outcome: Outcome, why: Why = Why.NONE) -> ExecutionReport:
        done = outcome in {Outcome.DONE, Outcome.PARTIAL}
        held = self._concerned(command, done=done)
        fields: dict[str, Any] = {
            "ts_event": self.utc,
            "command_id": command.command_id,
            "outcome": outcome,
            "retcode": 10009 if done else 10006,
            "why": why,
            "position_id": 0 if held is None else held.position_id,
            "ticket": 0 if held is None else held.ticket,
            "order": 0,
            "deal": 0,
            "volume": 0.0 if held is None or not done else held.volume,
            "price": 0.0 if held is None else held.price_open,
            "position_volume": 0.0 if held is None else held.volume,
            "stop_loss": None if held is None else held.stop_loss,
            "take_profit": None if held is None else held.take_profit,
            "attempts": 1,
            "elapsed_ms": 100,
            "detail": "",
        }
        return ExecutionReport.model_validate(fields)

    def _concerned(self, command: Command, *, done: bool) -> Position | None:
        if isinstance(command, OpenPosition):
            return self.held.get(self.next_position) if done else None
        assert isinstance(command, (ModifyPosition, ReducePosition))
        return self.held.get(command.ticket)

    def lose(self, position_id: int) -> Decision:
        """The broker closes a position by its stop, or a person does."""
        del self.held[position_id]
        return self.on(Gone(position_id))

    def vanish(self) -> Decision:
        """The outcome of the command under way does not come."""
        assert self.command is not None
        return self.on(Vanished(self.command.command_id))

    def expire(self) -> Decision:
        """The command under way is known not to have been carried out."""
        return self.on(Expired(self.without_answer().command_id))

    def hedge(self) -> int:
        """Take the trade to HEDGED; return the hedge's position."""
        self.deep(-8.0)
        self.settle()
        assert self.stands() is State.HEDGED, self.stands()
        return self.next_position


def changed(held: Position) -> PositionChanged:
    """The terminal tells of a position as it is now."""
    return PositionChanged.model_validate({"ts_event": OPENED, "position": held, "changed": 3, "by_command": 0})


def halving() -> Scene:
    """At the second warning, the partial close ordered; no hedge."""
    scene = Scene(defence=CLOSE)
    scene.deep(-5.0)
    scene.answer()
    assert isinstance(scene.command, ReducePosition)
    return scene
