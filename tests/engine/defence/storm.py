"""
A trade in bad weather: commands done silently, in part, late or never; facts told twice or in the wrong order; people; restarts.

The broker never lies: what it reports as done is done, what it refuses is not. Laws are looked at after each decision.
"""

from dataclasses import dataclass, field
from typing import Final

from tests.engine.defence.scene import Scene, changed

from dtms.defence_names import Action, State
from dtms.engine.decide import Decision, Event, Expired, Vanished, shown, withdrawn
from dtms.engine.defence.events import DeepCheck, Gone
from dtms.engine.defence.family import kin
from dtms.engine.defence.saved import dump_trade, load_trade, resumed
from dtms.engine.defence.verify import dump, load, verify
from dtms.names import OpenKind, Outcome, Why
from dtms.wire.messages import Command, ExecutionReport, ModifyPosition, OpenPosition, ReducePosition

MAIN: Final = 1
_DUST: Final = 1e-9
REFUSALS: Final = (Outcome.REJECTED, Outcome.RETRYABLE, Outcome.EXPIRED, Outcome.DENIED)


@dataclass
class Asked:
    """A command that left, whether it was carried out, and how much of it."""

    command: Command
    episode: int
    done: bool = False
    part: bool = False


@dataclass
class Storm:
    """The scene and everything that is on its way to or from its broker."""

    scene: Scene
    observes: bool = False
    hands: bool = True  # somebody can carry orders out
    asked: list[Asked] = field(default_factory=list)
    untold: list[Event] = field(default_factory=list)
    last: Event | None = None
    halved: set[int] = field(default_factory=set)  # episodes whose partial was carried out
    hedged: set[int] = field(default_factory=set)  # episodes in which a hedge was opened

    # Decisions

    def happens(self, event: Event) -> None:
        """Let the event be decided on, and the deep check that it asks for."""
        self.last = event
        deep = self._decided(event).deep
        if deep is not None:
            assert self._decided(DeepCheck(deep)).deep is None, "a deep check asks for another"

    def _decided(self, event: Event) -> Decision:
        scene = self.scene
        hedged = scene.trade.defence is not None and scene.stands() is State.HEDGED
        decision = scene.on(event)
        self._lawful(decision, hedged=hedged)
        if decision.command is not None:
            scene.without_answer()
            if self.observes or not self.hands:
                scene.trade = (shown if self.observes else withdrawn)(decision).trade
            else:
                self.asked.append(Asked(decision.command, 0 if scene.trade.defence is None else scene.record.episode))
        return decision

    def _lawful(self, decision: Decision, *, hedged: bool) -> None:
        trade, record, command = decision.trade, decision.trade.defence, decision.command
        hedge = any(leg.kind is OpenKind.HEDGE for leg in trade.legs)
        if record is not None:
            assert record.state is not State.HEDGED or hedge or trade.quarantine is not None, "hedged without a hedge"
            assert hedged or hedge or record.state is not State.RECOVERING or record.previous is State.HEDGED
            assert record.state is not State.CLOSED or not trade.legs, "closed beside a leg"
        if command is not None:
            self._permitted(command, decision)
        if decision.proof is not None:
            written = dump(decision.proof)
            assert load(written) == decision.proof
            assert verify(written) == (True, ())
        assert load_trade(dump_trade(trade)) == resumed(trade)

    def _permitted(self, command: Command, decision: Decision) -> None:
        trade, record = decision.trade, decision.trade.defence
        match command:
            case ModifyPosition():
                was, direction = command.expect_stop, trade.side.direction
                assert command.stop_loss is not None
                assert was is None or direction * (command.stop_loss - was) > -_DUST, "a stop is loosened"
                assert command.take_profit == command.expect_target, "a target is changed"
            case ReducePosition() if command.leave_volume > 0:
                assert record is not None
                assert not record.was_spent(Action.PARTIAL), "a partial whose key is spent"
                assert record.episode not in self.halved, "a second partial in the episode"
                assert self.scene.spec.volume_min - _DUST <= command.leave_volume < trade.position.volume
            case OpenPosition() if command.kind is OpenKind.HEDGE:
                assert not any(leg.kind is OpenKind.HEDGE for leg in trade.legs), "a second hedge"
                assert not any(opens(asked.command, OpenKind.HEDGE) for asked in self.asked), "a hedge beside one that may come"
                assert record is not None
                assert record.episode not in self.hedged, "a second hedge in the episode"
                assert command.volume <= trade.position.volume + _DUST, "a hedge larger than its position"
            case _:
                pass
        closing = isinstance(command, ReducePosition) and command.leave_volume == 0
        assert closing or sum(owed.under_way for owed in trade.owed()) <= 1, "two orders at once"

    # The broker

    def carries_out(self, asked: Asked, *, part: bool = False) -> None:
        """Carry the command out, if things are as it expects them; what is to be told of it waits."""
        command, held = asked.command, self.scene.held
        if asked.done:
            return
        match command:
            case ModifyPosition():
                there = command.ticket in held and held[command.ticket].stop_loss == command.expect_stop
            case ReducePosition():
                known = command.ticket in held
                there = known and command.expect_volume in {None, held[command.ticket].volume}
            case _:
                there = True
        if there:
            asked.done, asked.part = True, part and not isinstance(command, ModifyPosition)
            if isinstance(command, ReducePosition) and command.leave_volume > 0 and not asked.part:
                self.halved.add(asked.episode)
            if opens(command, OpenKind.HEDGE):
                self.hedged.add(asked.episode)
            self.untold += self.scene.carry_out(self._cut(command) if asked.part else command)

    def _cut(self, command: Command) -> Command:
        """Return what is filled of a command that is filled in part."""
        least = self.scene.spec.volume_min
        if isinstance(command, OpenPosition):
            return command.model_copy(update={"volume": max(round(command.volume / 2, 2), least)})
        assert isinstance(command, ReducePosition)
        volume = self.scene.held[command.ticket].volume
        return command.model_copy(update={"leave_volume": round(max(volume - least, command.leave_volume), 2)})

    def report(self, asked: Asked, refusal: Outcome) -> ExecutionReport:
        """Return what the terminal answers."""
        if asked.done:
            return self.scene.report(asked.command, Outcome.PARTIAL if asked.part else Outcome.DONE)
        if isinstance(asked.command, ModifyPosition | ReducePosition) and asked.command.ticket not in self.scene.held:
            return self.scene.report(asked.command, Outcome.DENIED, Why.NO_POSITION)
        return self.scene.report(asked.command, refusal)

    def answers(self, asked: Asked, refusal: Outcome) -> None:
        """Let the terminal answer."""
        self.asked.remove(asked)
        self.happens(self.report(asked, refusal))

    def vanishes(self, asked: Asked) -> None:
        """No outcome came in time; it may come later."""
        self.happens(Vanished(asked.command.command_id))

    def expires(self, asked: Asked) -> None:
        """The command is known not to have been carried out."""
        if not asked.done:
            self.asked.remove(asked)
            self.happens(Expired(asked.command.command_id))

    def loses(self, position_id: int) -> None:
        """A position ends by its stop, or a person closes it."""
        del self.scene.held[position_id]
        self.untold.append(Gone(position_id))

    def moved(self, position_id: int, **values: object) -> None:
        """A person changes a position."""
        held = self.scene.held[position_id].model_copy(update=values)
        self.scene.held[position_id] = held
        self.untold.append(changed(held))

    def snapshot(self) -> None:
        """Tell of everything that is there, and of what is known and is not there."""
        self.untold.clear()
        known = {MAIN, *(leg.held.position.position_id for leg in self.scene.trade.legs)}
        for held in list(self.scene.held.values()):
            self.happens(changed(held))
        for position_id in sorted(known - self.scene.held.keys()):
            self.happens(Gone(position_id))

    def restarts(self) -> None:
        """Another process takes the trade up."""
        self.scene.trade = load_trade(dump_trade(self.scene.trade))
        self.scene.now = 5

    def calms(self, rounds: int = 60) -> None:
        """Let the weather be fine until nothing is asked any more."""
        self.hands = True
        for _ in range(rounds):
            for asked in list(self.asked):
                self.carries_out(asked)
                self.answers(asked, Outcome.RETRYABLE)
            self.snapshot()
            self.scene.now += 10_000
            if not self.asked and self.settled:
                self._booked()
                return
        raise AssertionError("it never comes to rest")

    def _booked(self) -> None:
        trade = self.scene.trade
        if trade.defence is None or trade.quarantine is not None or trade.defence.state in {State.CLOSING, State.CLOSED}:
            return
        assert trade.defence.episode not in self.halved or trade.defence.closed_volume > 0, "what a partial closed is not booked"

    @property
    def settled(self) -> bool:
        """Whether what is known is what is there."""
        trade, held = self.scene.trade, self.scene.held
        legs = {leg.held.position.position_id: leg.held.position.volume for leg in trade.legs}
        there = {number: position.volume for number, position in held.items() if kin(position) is not None}
        main = held.get(MAIN)
        return legs == there and (main is None or main.volume == trade.position.volume)


def opens(command: Command, kind: OpenKind) -> bool:
    """Return whether the command opens a position of this kind."""
    return isinstance(command, OpenPosition) and command.kind is kind
