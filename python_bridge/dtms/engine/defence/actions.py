"""
From what is owed to a command with absolute values (R16), or to the reason why there is none.

PLANNERS is the list of actions; closes are no part of it, they are owed by the positions themselves (``engine.close``). A plan is
made anew for each attempt, except for a partial, whose volume to leave is fixed by the first: asked twice, it closes once.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final, NamedTuple

from dtms.defence_names import Action
from dtms.engine.defence.hedge import Hindrance, in_words, plan_hedge, why_none
from dtms.engine.defence.re_add import Obstacle, plan_re_add, why_nothing
from dtms.engine.defence.record import Duty
from dtms.engine.defence.situation import Situation
from dtms.engine.defence.stops import Aim, Level, Never, NotNow, broken_even, protected, tightened, trailed
from dtms.engine.defence.volumes import left_by_partial
from dtms.names import OpenKind, RiskClass, Side
from dtms.wire.messages import Command, ModifyPosition, OpenPosition, ReducePosition

COMMENTS: Final[Mapping[OpenKind, str]] = MappingProxyType({OpenKind.HEDGE: "DTMS_HEDGE_", OpenKind.READD: "DTMS_READD_"})
UNSTAMPED: Final = 0  # the session stamps a deadline when the frame leaves


class Order(NamedTuple):
    """
    What to send, and the value that shows its effect: a stop, or the volume to leave; None for an opening.

    ``said``: what the user is to know of it beside the command's own figures.
    """

    command: Command
    target: float | None
    said: str = ""


class Refused(NamedTuple):
    """What is owed has become impossible; a hedge is substituted."""

    why: str


Plan = Order | Never | NotNow | Refused


def _stop(level: Level, now: Situation) -> Plan:
    if not isinstance(level, Aim):
        return level
    position = now.trade.position
    command = ModifyPosition(
        command_id=now.command_id,
        deadline_ms=UNSTAMPED,
        risk_class=RiskClass.NEUTRAL,
        ticket=position.ticket,
        expect_stop=position.stop_loss,
        expect_target=position.take_profit,
        stop_loss=level.stop,
        take_profit=position.take_profit,  # sent back unchanged: leaving it out would erase it
    )
    return Order(command, level.stop)


def _partial(now: Situation, duty: Duty) -> Plan:
    spec, position = now.spec, now.trade.position
    if spec is None:
        return NotNow("no specification")
    volumes = now.rules.defence.volumes
    if now.record.partials >= volumes.max_partials:
        return Never("no more partials of this trade")
    left = _agreed(duty, position.volume)
    left = left_by_partial(position.volume, volumes.partial_share, spec) if left is None else left
    if left is None:
        return Never("partial_not_possible")
    if position.volume <= left + spec.volume_step / 2:
        return Never("the volume is there already")
    command = ReducePosition(
        command_id=now.command_id,
        deadline_ms=UNSTAMPED,
        risk_class=RiskClass.REDUCE,
        ticket=position.ticket,
        expect_volume=position.volume,
        leave_volume=left,
        deviation=volumes.deviation_points,
    )
    return Order(command, left)


def _agreed(duty: Duty, volume: float) -> float | None:
    """Return the volume that the first attempt was to leave, None where there was none or lots were added since."""
    return duty.work.target if duty.volume is not None and volume <= duty.volume else None


def _hedge(now: Situation) -> Plan:
    plan = plan_hedge(now)
    if isinstance(plan, Hindrance):
        return Refused(why_none(plan, now))
    return Order(_opening(now, _Leg(OpenKind.HEDGE, plan.side, plan.volume, plan.stop, None)), None, in_words(plan))


def _re_add(now: Situation) -> Plan:
    plan = plan_re_add(now)
    if isinstance(plan, Obstacle):
        return Never(why_nothing(plan, now))
    target = now.trade.position.take_profit
    return Order(_opening(now, _Leg(OpenKind.READD, now.trade.side, plan.volume, plan.stop, target)), None)


class _Leg(NamedTuple):
    """A leg to open."""

    kind: OpenKind
    side: Side
    volume: float
    stop: float | None
    target: float | None


def _opening(now: Situation, leg: _Leg) -> OpenPosition:
    position = now.trade.position
    return OpenPosition(
        command_id=now.command_id,
        deadline_ms=UNSTAMPED,
        risk_class=RiskClass.RAISE,
        symbol=position.symbol,
        side=leg.side,
        volume=leg.volume,
        stop_loss=leg.stop,
        take_profit=leg.target,
        deviation=now.rules.defence.volumes.deviation_points,
        kind=leg.kind,
        for_position=position.position_id,
        comment=f"{COMMENTS[leg.kind]}{position.position_id}",
    )


PLANNERS: Final[Mapping[Action, Callable[[Situation, Duty], Plan]]] = MappingProxyType(
    {
        Action.TIGHTEN: lambda now, _: _stop(tightened(now), now),
        Action.PARTIAL: _partial,
        Action.BREAK_EVEN: lambda now, _: _stop(broken_even(now), now),
        Action.OPEN_HEDGE: lambda now, _: _hedge(now),
        Action.RE_ADD: lambda now, _: _re_add(now),
        Action.TRAIL: lambda now, _: _stop(trailed(now), now),
        Action.PROTECT: lambda now, _: _stop(protected(now), now),
    }
)


def planned(now: Situation, duty: Duty) -> Plan:
    """Return what carrying the duty out takes now."""
    return PLANNERS[duty.action](now, duty)
