"""
Everything that can happen to one defended trade, in the abstract: the trade's record beside a broker that may do anything.

A world is the trade, what the broker holds, and the commands without an outcome. Moves are deep checks, outcomes (known, late,
unknown, never), positions that end by themselves, restarts. Worlds that differ only in ids and clocks are one; bars and pauses
count. Prices stand still: what they do is in the scores.
"""

import enum
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final, NamedTuple

from tests.engine.defence.scene import BOS, CHOCH, CLEAR, ENTRY, M15, OPENED, RICH, R, full
from tests.session.made import position, spec

from dtms.defence_names import State, Trigger
from dtms.engine.decide import Decision, Event, Expired, Look, Moment, Rules, Vanished, decide
from dtms.engine.defence.enrol import enrolled
from dtms.engine.defence.events import DeepCheck, Gone
from dtms.engine.defence.record import Defence
from dtms.engine.defence.rules import DefenceRules
from dtms.engine.defence.saved import dump_trade, load_trade
from dtms.engine.defence.view import BreakMark, Judgement, SwingMark, View
from dtms.engine.market import Market, Quote
from dtms.engine.obligation import Obligation
from dtms.engine.trade import Trade, TradeKey, first_seen
from dtms.names import OpenKind, Outcome, Side
from dtms.settings import BreakEvenSettings, CloseSettings
from dtms.settings_defence import HedgeMode, HedgeSettings, RetrySettings, TimerSettings, VolumeSettings
from dtms.settings_rails import OnLoss, RailsSettings
from dtms.wire.messages import (
    Command,
    ExecutionReport,
    ModifyPosition,
    OpenPosition,
    Position,
    PositionChanged,
    PositionOpened,
    ReducePosition,
)
from dtms.wire.tag import tag

_SPEC: Final = spec()
_QUOTE: Final = Quote(round(ENTRY - 0.3 * R, 7), round(ENTRY - 0.3 * R + 0.00001, 7), 0)
_SWINGS: Final = (SwingMark(OPENED, ENTRY - 0.9 * R, high=False), SwingMark(OPENED, ENTRY + 0.4 * R, high=True))
_PAUSE_MS: Final = 10_000  # longer than any retry waits


class Fate(enum.Enum):
    """What is true of a command without an outcome."""

    SENT = "sent"
    DONE = "unknown, and done"
    NOT_DONE = "unknown, and not done"


class Pending(NamedTuple):
    """A command and its fate."""

    command: Command
    fate: Fate


@dataclass(frozen=True, slots=True)
class World:
    """One state of everything. ``halved``: the episode's partial was carried out; ``hedged``: a hedge was, in this episode."""

    trade: Trade
    held: tuple[Position, ...]
    pending: tuple[Pending, ...] = ()
    now: int = 0
    bar: int = OPENED
    ids: int = 0
    halved: int = 0
    hedged: int = 0

    @property
    def record(self) -> Defence:
        """The trade's record."""
        return self.trade.defence or Defence()


class Step(NamedTuple):
    """One move, where it leads, what was decided on the way; ``kind``: the broker did what was asked of it, or nothing was."""

    name: str
    after: World
    decisions: tuple[Decision, ...]
    kind: bool


def rules(mode: HedgeMode, partials: int = 1) -> Rules:
    """The preset of every action with short timers and few attempts, so that the space is small."""
    defence = full(
        hedge=HedgeSettings(mode=mode, refusals=2),
        retry=RetrySettings(max_attempts=2),
        timers=TimerSettings(flat_bars=2, recovery_bars=1),
        volumes=VolumeSettings(max_partials=partials),
    )
    rails = RailsSettings(on_day_loss=OnLoss.FLATTEN, ticket_minute=100_000)
    return Rules(BreakEvenSettings(enabled=False), CloseSettings(), DefenceRules(defence, rails))


def beginning(volume: float, stop: float) -> World:
    """A healthy trade with its stop so many R from the entry."""
    held = position(volume=volume, stop_loss=round(ENTRY + stop * R, 7), ts_open=OPENED)
    trade = enrolled(first_seen(TradeKey("1@Demo", 1, 1), held, managed=True), recovered=True)
    record = replace(trade.defence or Defence(), last_bar=OPENED, risk=R)
    return World(replace(trade, defence=record), (held,))


def key(world: World) -> tuple[object, ...]:
    """Return what tells one world from another; ids, clocks and old episodes do not."""
    record, now = world.record, world.now
    duties = tuple(
        (duty.action, _owed(duty.work, now), duty.work.target, duty.episode == record.episode, duty.volume, duty.held_at is None)
        for duty in record.duties
    )
    spent = frozenset(spent.action for spent in record.spent if spent.episode == record.episode)
    lifted = 0 if record.lifted_bar == 0 else 1 + (record.lifted_bar == record.last_bar)
    legs = tuple((leg.kind, leg.held.position.volume, _closing(leg.held.close)) for leg in world.trade.legs)
    own = (world.trade.position.volume, world.trade.position.stop_loss, _closing(world.trade.close))
    ends = record.state is State.CLOSING  # then most of the record is read no more
    broker = tuple(sorted((kind_of(p), p.volume, p.stop_loss or 0.0) for p in world.held))
    pending = tuple((type(p.command).__name__, _aim(p.command), p.fate) for p in world.pending)
    episode = (world.halved == record.episode, world.hedged == record.episode, record.closed_volume)
    if ends:
        return (record.state, record.gone, tuple(duty[:3] for duty in duties), legs, own, broker, pending)
    stance = (record.state, min(record.dwell, 1), record.bars_left, record.gone, record.refusals, record.partials)
    return (stance, lifted, duties, spent, legs, own, broker, pending, episode)


def _owed(owed: Obligation, now: int) -> object:
    return owed.stage, min(owed.attempts, 2), owed.not_before > now


def _closing(owed: Obligation | None) -> object:
    return None if owed is None else owed.stage


def _aim(command: Command) -> object:
    match command:
        case ReducePosition():
            return command.ticket == 1, command.leave_volume
        case ModifyPosition():
            return command.stop_loss
        case OpenPosition():
            return command.kind, command.volume
    raise AssertionError(command)


def kind_of(held: Position) -> str:
    """Return which member of the family a position is."""
    return "main" if held.position_id == 1 else held.comment[:10]


def moves(world: World, law: Rules) -> Iterator[Step]:
    """Return everything that can happen next."""
    if world.record.state is State.CLOSED:
        return
    yield from _checks(world, law)
    yield from _endings(world, law)
    for held in world.held:
        untold = any(p.fate is Fate.DONE and isinstance(p.command, OpenPosition) for p in world.pending)
        if held.position_id != 1 and untold and all(leg.held.position.position_id != held.position_id for leg in world.trade.legs):
            continue  # ended before anybody was told of it: that is an opening that was not carried out
        left = tuple(p for p in world.held if p is not held)
        yield _told(f"{kind_of(held)} ends", replace(world, held=left), law, [Gone(held.position_id)], kind=False)
    yield from _restarted(world)


def _checks(world: World, law: Rules) -> Iterator[Step]:
    evidence: tuple[tuple[float | None, BreakMark | None], ...] = (
        *((s, None) for s in (-8.0, -5.0, -3.0, -1.0, 1.5, None)),
        *((-5.0, CHOCH), (-1.0, BOS)),
    )
    yield _step("emergency", world, law, [DeepCheck(Trigger.EMERGENCY)], _market(world, -8.0, None), kind=False)
    if any(pending.fate is Fate.SENT for pending in world.pending):
        return  # an outcome comes, or is missed, long before a bar closes
    later = replace(world, now=world.now + M15, bar=world.bar + M15)
    for score, event in evidence:
        name = f"bar S {score} {'' if event is None else 'CHOCH' if event.choch else 'BOS'}"
        yield _step(name, later, law, [DeepCheck(Trigger.SCHEDULED)], _market(later, score, event), kind=False)
    yield _step("day's loss", later, law, [Look()], _market(later, -1.0, None, day_hit=True), kind=False)
    waited = replace(world, now=world.now + _PAUSE_MS)
    yield _step("look", waited, law, [Look()], _market(waited, -1.0, None), kind=True)


def _market(world: World, score: float | None, event: BreakMark | None, *, day_hit: bool = False) -> Market:
    mark = None if event is None else event._replace(at=world.bar)
    judgement = Judgement(world.bar, world.bar, score, score is not None, event=mark, atr5=0.0002, atr15=0.0004, swings=_SWINGS)
    return Market(_SPEC, _QUOTE, View(judgement, (world.bar,), RICH, replace(CLEAR, day_hit=day_hit)))


def _endings(world: World, law: Rules) -> Iterator[Step]:
    for pending in world.pending:
        rest = replace(world, pending=tuple(p for p in world.pending if p is not pending))
        command, name = pending.command, type(pending.command).__name__
        match pending.fate:
            case Fate.SENT:
                done, events = carried_out(rest, command)
                report = _report(done, command, Outcome.DONE)
                yield _told(f"{name} done", done, law, [report, *events], kind=True)
                yield _told(f"{name} told before its report", done, law, [*events, report], kind=True)
                yield _told(f"{name} rejected", rest, law, [_report(rest, command, Outcome.REJECTED)], kind=False)
                yield _told(f"{name} expired", rest, law, [Expired(command.command_id)], kind=False)
                yield from _doubted(world, pending, law)
            case Fate.DONE:
                events = _evidence(rest, command)
                yield _told(f"{name} seen", rest, law, events, kind=True)
                yield _told(f"{name} reported late", rest, law, [_report(rest, command, Outcome.DONE), *events], kind=True)
            case Fate.NOT_DONE:
                yield _told(f"{name} known not to be done", rest, law, [Expired(command.command_id)], kind=True)


def _doubted(world: World, pending: Pending, law: Rules) -> Iterator[Step]:
    """No outcome comes: the command may have been carried out or not, and nobody is told."""
    for fate in (Fate.DONE, Fate.NOT_DONE):
        after = carried_out(world, pending.command)[0] if fate is Fate.DONE else world
        doubtful = tuple(p if p is not pending else Pending(p.command, fate) for p in world.pending)
        name = f"{type(pending.command).__name__} {fate.value}"
        yield _told(name, replace(after, pending=doubtful), law, [Vanished(pending.command.command_id)], kind=False)


def _restarted(world: World) -> Iterator[Step]:
    """The process ends and its successor takes up what was written; a command that was sent may have been carried out meanwhile."""
    trade = load_trade(dump_trade(world.trade))
    sent = [pending for pending in world.pending if pending.fate is Fate.SENT]
    for fate in (Fate.NOT_DONE, Fate.DONE) if sent else (Fate.NOT_DONE,):
        after = world
        for pending in sent if fate is Fate.DONE else ():
            after = carried_out(after, pending.command)[0]
        pendings = tuple(Pending(p.command, fate) if p.fate is Fate.SENT else p for p in world.pending)
        yield Step(f"restart, {fate.value}", replace(after, trade=trade, pending=pendings), (), kind=False)


def _told(name: str, world: World, law: Rules, events: list[Event], *, kind: bool) -> Step:
    return _step(name, world, law, events, _market(world, -1.0, None), kind=kind)


def _step(name: str, world: World, law: Rules, events: list[Event], market: Market, *, kind: bool) -> Step:
    decisions = []
    for event in events:
        ids = world.ids + 1
        moment = Moment(world.now, ids, utc=world.bar + 5_000)
        decision = decide(world.trade, event, market, moment, law)
        pending = world.pending if decision.command is None else (*world.pending, Pending(decision.command, Fate.SENT))
        # What the trade waits for no more is nobody's concern, unless it brings a position.
        pending = tuple(p for p in pending if decision.trade.awaits(p.command.command_id) or isinstance(p.command, OpenPosition))
        world = replace(world, trade=decision.trade, pending=pending, ids=ids)
        decisions.append(decision)
    return Step(name, world, tuple(decisions), kind)


# The broker


def carried_out(world: World, command: Command) -> tuple[World, list[Event]]:
    """Return the world with the command carried out, and what is told of it."""
    episode = world.record.episode
    match command:
        case ModifyPosition():
            after = _put(world, command.ticket, {"stop_loss": command.stop_loss, "take_profit": command.take_profit})
        case ReducePosition() if command.leave_volume == 0:
            after = replace(world, held=tuple(p for p in world.held if p.position_id != command.ticket))
        case ReducePosition():
            after = replace(_put(world, command.ticket, {"volume": command.leave_volume}), halved=episode)
        case OpenPosition():
            held = _opened(command, world)
            after = replace(world, held=(*world.held, held), hedged=episode if held.side is Side.SELL else world.hedged)
        case _:
            raise AssertionError(command)
    return after, _evidence(after, command)


def _put(world: World, ticket: int, values: dict[str, object]) -> World:
    return replace(world, held=tuple(p.model_copy(update=values) if p.position_id == ticket else p for p in world.held))


def _opened(command: OpenPosition, world: World) -> Position:
    return position(
        1_000 + command.command_id,
        side=command.side,
        volume=command.volume,
        price_open=_QUOTE.ask if command.side is Side.BUY else _QUOTE.bid,
        stop_loss=command.stop_loss,
        magic=tag(command.kind, command.command_id),
        comment=command.comment,
        ts_open=world.bar + 5_000,
    )


def _evidence(world: World, command: Command) -> list[Event]:
    """Return what the terminal tells of a command's effect as things stand."""
    number = _concerned(command)
    held = next((p for p in world.held if p.position_id == number), None)
    if held is None:
        return [Gone(number)]
    if isinstance(command, OpenPosition):
        return [PositionOpened(ts_event=OPENED, position=held)]
    return [PositionChanged.model_validate({"ts_event": OPENED, "position": held, "changed": 3, "by_command": 0})]


def _concerned(command: Command) -> int:
    if isinstance(command, OpenPosition):
        return 1_000 + command.command_id
    assert isinstance(command, ModifyPosition | ReducePosition)
    return command.ticket


def _report(world: World, command: Command, outcome: Outcome) -> ExecutionReport:
    number = _concerned(command)
    held = next((p for p in world.held if p.position_id == number), None)
    done = outcome is Outcome.DONE
    told = held is not None or (done and isinstance(command, OpenPosition))
    volume = command.volume if isinstance(command, OpenPosition) else 0.01
    fields = {
        "ts_event": world.bar + 5_000,
        "command_id": command.command_id,
        "outcome": outcome,
        "retcode": 10009 if done else 10006,
        "why": 0,
        "position_id": number if told else 0,
        "ticket": number if told else 0,
        "order": 0,
        "deal": 0,
        "volume": volume if done else 0.0,
        "price": _QUOTE.bid if done else 0.0,
        "position_volume": 0.0 if held is None else held.volume,
        "stop_loss": None if held is None else held.stop_loss,
        "take_profit": None,
        "attempts": 1,
        "elapsed_ms": 1,
        "detail": "",
    }
    return ExecutionReport.model_validate(fields)


def hedges(world: World) -> list[Position]:
    """Return the hedges that the broker holds."""
    return [held for held in world.held if kind_of(held) == "DTMS_HEDGE"]


def opens(world: World, kind: OpenKind) -> bool:
    """Return whether an opening of this kind may still be carried out, or was and nobody knows."""
    return any(isinstance(p.command, OpenPosition) and p.command.kind is kind for p in world.pending)


def closes(command: Command) -> bool:
    """Return whether the command ends a position."""
    return isinstance(command, ReducePosition) and command.leave_volume == 0


def partial(command: Command) -> bool:
    """Return whether the command closes a part."""
    return isinstance(command, ReducePosition) and command.leave_volume > 0
