"""Every world that can be reached, with the laws that hold on the way into each, and the ways out."""

from collections import deque
from collections.abc import Iterator
from typing import NamedTuple

from tests.engine.defence.space import Fate, Step, World, closes, hedges, key, kind_of, moves, opens, partial

from dtms.defence_names import Action, State
from dtms.engine.decide import Rules
from dtms.names import OpenKind
from dtms.wire.messages import ModifyPosition, OpenPosition

Key = tuple[object, ...]
_DUST = 1e-9


class Edge(NamedTuple):
    """A move between two worlds; ``kind``: the broker did what it was asked, or nothing was."""

    source: Key
    target: Key
    kind: bool


class Explored(NamedTuple):
    """The worlds, the moves between them, and every breach of a law with the moves that lead to it."""

    worlds: dict[Key, World]
    edges: list[Edge]
    breaches: list[str]


def explore(start: World, law: Rules, *, to_first_breach: bool = False, limit: int = 200_000) -> Explored:
    """Visit everything, nearest first."""
    first = key(start)
    found = Explored({first: start}, [], [])
    paths: dict[Key, tuple[Key, str] | None] = {first: None}
    todo = deque([first])
    while todo and not (to_first_breach and found.breaches):
        at = todo.popleft()
        for step in moves(found.worlds[at], law):
            there = key(step.after)
            found.edges.append(Edge(at, there, step.kind))
            broken = breaches(found.worlds[at], step)
            found.breaches.extend(f"{what}: {_path(paths, at)} > {step.name}" for what in broken)
            if there not in found.worlds:
                found.worlds[there] = step.after
                paths[there] = (at, step.name)
                todo.append(there)
        assert len(found.worlds) < limit
    return found


def _path(paths: dict[Key, tuple[Key, str] | None], at: Key) -> str:
    names: list[str] = []
    before = paths[at]
    while before is not None:
        names.insert(0, before[1])
        before = paths[before[0]]
    return " > ".join(names)


def breaches(before: World, step: Step) -> Iterator[str]:
    """Return the laws that a move breaks."""
    yield from _standing(step.after)
    yield from _entered(before, step)
    for decision in step.decisions:
        command, trade = decision.command, decision.trade
        if command is not None and not closes(command) and sum(owed.under_way for owed in trade.owed()) > 1:
            yield "two commands at once"
        if isinstance(command, ModifyPosition):
            was = command.expect_stop
            if was is not None and (command.stop_loss is None or command.stop_loss < was - _DUST):
                yield "a stop is widened"
        if isinstance(command, OpenPosition):
            yield from _opening(before, step, command)
        if command is not None and partial(command) and trade.defence is not None:
            spent = trade.defence.was_spent(Action.PARTIAL)
            if spent or step.after.halved > before.halved >= trade.defence.episode:
                yield "a second partial in one episode"


def _opening(before: World, step: Step, command: OpenPosition) -> Iterator[str]:
    record = step.after.record
    if command.kind is OpenKind.HEDGE:
        main = sum(held.volume for held in step.after.held if kind_of(held) == "main")
        if command.volume > main + _DUST:
            yield "a hedge is larger than its position"
        if hedges(before) or opens(before, OpenKind.HEDGE) or step.after.hedged == record.episode:
            yield "a second hedge"
    elif any(pending.fate is not Fate.SENT for pending in before.pending):
        yield "risk is raised while an outcome is not known"


def _standing(world: World) -> Iterator[str]:
    record = world.record
    mains = [held for held in world.held if kind_of(held) == "main"]
    if record.state is State.CLOSED and (world.held or opens(world, OpenKind.HEDGE) or opens(world, OpenKind.READD)):
        yield "closed while a leg lives, or may"
    if record.state is State.HEDGED and not any(leg.kind is OpenKind.HEDGE for leg in world.trade.legs):
        yield "hedged without a hedge"
    if len(hedges(world)) > 1:
        yield "two hedges"
    if mains and sum(h.volume for h in hedges(world)) > mains[0].volume + _DUST:
        yield "the hedge outweighs the position"
    asked = {pending.command.command_id for pending in world.pending}
    waiting = [owed for owed in world.trade.owed() if owed.under_way and not (record.gone and owed is world.trade.close)]
    if any(owed.command_id not in asked for owed in waiting):
        yield "an outcome is awaited that nobody will tell"
    covered = not record.duties and not world.pending and record.state is State.HEDGED and mains and hedges(world)
    if covered and sum(h.volume for h in hedges(world)) < mains[0].volume - _DUST:
        yield "the hedge does not cover the position"
    if record.partials > 2 or record.closed_volume < -_DUST:
        yield "the partials are booked wrongly"


def _entered(before: World, step: Step) -> Iterator[str]:
    was, now = before.record.state, step.after.record.state
    knows = any(leg.kind is OpenKind.HEDGE for decision in step.decisions for leg in decision.trade.legs)
    if now is State.HEDGED and was is not State.HEDGED and not knows:
        yield "hedged on a judgement"
    volumes = [held.volume for held in step.after.held if kind_of(held) == "main"]
    told = all(pending.fate is not Fate.DONE for pending in step.after.pending)
    if volumes and told and not before.pending and not step.after.pending and step.decisions:
        if abs(step.after.trade.position.volume - volumes[0]) > _DUST:
            yield "the volume on record is not the broker's"
        halved = 0 < step.after.halved == step.after.record.episode and now not in {State.CLOSING, State.CLOSED}
        if halved and step.after.record.closed_volume <= 0:
            yield "what a partial has closed is not booked"


def dead_ends(found: Explored, *, kindly: bool) -> list[World]:
    """Return the worlds from which no way leads to the end; ``kindly``: no way on which the broker does what it is asked."""
    back: dict[Key, list[Key]] = {}
    for edge in found.edges:
        if edge.kind or not kindly:
            back.setdefault(edge.target, []).append(edge.source)
    reached = {at for at, world in found.worlds.items() if world.record.state is State.CLOSED}
    todo = list(reached)
    while todo:
        for before in back.get(todo.pop(), []):
            if before not in reached:
                reached.add(before)
                todo.append(before)
    return [world for at, world in found.worlds.items() if at not in reached]


def left_behind(found: Explored) -> list[World]:
    """Return the worlds in which the end was decided, or the position is gone, and what is asked of the broker does not end it."""
    worlds = dead_ends(found, kindly=True)
    return [world for world in worlds if world.record.state is State.CLOSING or world.record.gone]
