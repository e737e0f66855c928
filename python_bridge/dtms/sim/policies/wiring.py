"""From the broker model's values to the messages that the bridge would be sent, and from its commands to requests."""

from typing import Final

from dtms.names import Changed, Outcome, Reason, Side, Why
from dtms.sim import mt5
from dtms.sim.messages import TradeFields, TradeResult
from dtms.sim.mt5 import Retcode
from dtms.sim.spec import SymbolSpec, clean_volume
from dtms.sim.state import Deal, Position
from dtms.wire import messages as wire
from dtms.wire.messages import CloseBy, Command, ExecutionReport, ModifyPosition, OpenPosition, PositionClosed, ReducePosition
from dtms.wire.tag import tag

_REASONS: Final = {
    mt5.Reason.CLIENT: Reason.CLIENT,
    mt5.Reason.EXPERT: Reason.EXPERT,
    mt5.Reason.SL: Reason.STOP_LOSS,
    mt5.Reason.TP: Reason.TAKE_PROFIT,
    mt5.Reason.SO: Reason.STOP_OUT,
    mt5.Reason.ROLLOVER: Reason.ROLLOVER,
}
_PASSES: Final = frozenset(
    {Retcode.REQUOTE, Retcode.PRICE_OFF, Retcode.PRICE_CHANGED, Retcode.TOO_MANY_REQUESTS, Retcode.MARKET_CLOSED}
)


def wire_spec(spec: SymbolSpec) -> wire.SymbolSpec:
    """Return a symbol as the bridge is told of it; money is in the currency of the prices."""
    tick_value = spec.contract_size * spec.tick_size
    return wire.SymbolSpec(
        symbol=spec.name,
        digits=spec.digits,
        point=spec.point,
        tick_size=spec.tick_size,
        tick_value_profit=tick_value,
        tick_value_loss=tick_value,
        contract_size=spec.contract_size,
        volume_min=spec.volume_min,
        volume_max=spec.volume_max,
        volume_step=spec.volume_step,
        volume_limit=spec.volume_limit,
        stops_level=spec.stops_level,
        freeze_level=spec.freeze_level,
        trade_mode=int(spec.trade_mode),
        execution_mode=int(spec.execution),
        filling_mask=spec.filling_mode,
        order_mask=spec.order_mode & 0xFFFF,
        calc_mode=spec.calc_mode,
        swap_mode=int(spec.swap_mode),
        swap_long=spec.swap_long,
        swap_short=spec.swap_short,
        swap_triple_day=spec.swap_rollover3days,
        margin_hedged=spec.margin_hedged,
        currency_base=spec.currency_base,
        currency_profit=spec.currency_profit,
        currency_margin=spec.currency_margin,
        path=spec.path,
        description=spec.description,
        sessions=[
            wire.Session(day=day, from_s=begin, to_s=end) for day, pieces in enumerate(spec.trade_sessions) for begin, end in pieces
        ],
    )


def side_of(position: Position) -> Side:
    """Return the side of a position."""
    return Side.BUY if position.side == 0 else Side.SELL


def wire_position(position: Position, commission: float, profit: float, offset_ms: int) -> wire.Position:
    """Return a position as the bridge knows it: with the time of its opening in UTC."""
    return wire.Position(
        position_id=position.identifier,
        ticket=position.ticket,
        symbol=position.symbol,
        side=side_of(position),
        volume=position.volume,
        price_open=position.price_open,
        stop_loss=position.sl or None,
        take_profit=position.tp or None,
        magic=position.magic,
        comment=position.comment,
        ts_open=position.time_msc - offset_ms,
        swap=position.swap,
        commission=commission,
        profit=profit,
        reason=_REASONS.get(position.reason, Reason.OTHER),
    )


def changed(before: Position, after: Position) -> Changed:
    """Return what differs between two looks at one position."""
    bits = Changed(0)
    bits |= Changed.VOLUME if before.volume != after.volume else Changed(0)
    bits |= Changed.STOP_LOSS if before.sl != after.sl else Changed(0)
    bits |= Changed.TAKE_PROFIT if before.tp != after.tp else Changed(0)
    return bits | (Changed.COSTS if before.swap != after.swap else Changed(0))


def closed(position: Position, deal: Deal, command_id: int) -> PositionClosed:
    """Return the news that a position is gone by a deal."""
    return PositionClosed(
        ts_event=deal.time_msc,
        position_id=position.identifier,
        ticket=position.ticket,
        symbol=position.symbol,
        side=side_of(position),
        volume=deal.volume,
        price_close=deal.price,
        profit=deal.profit,
        swap=deal.swap,
        commission=deal.commission,
        reason=_REASONS.get(deal.reason, Reason.OTHER),
        deal=deal.ticket,
        by_command=command_id,
    )


def request_of(command: Command, held: Position | None) -> TradeFields | None:
    """Return the request that carries a command out; None where nothing is left to be carried out."""
    match command:
        case OpenPosition():
            return TradeFields(
                action=mt5.Action.DEAL,
                symbol=command.symbol,
                type=0 if command.side is Side.BUY else 1,
                volume=command.volume,
                sl=command.stop_loss or 0.0,
                tp=command.take_profit or 0.0,
                type_filling=mt5.Filling.IOC,
                deviation=command.deviation,
                magic=tag(command.kind, command.command_id),
                comment=command.comment,
            )
        case CloseBy():
            return TradeFields(action=mt5.Action.CLOSE_BY, position=command.ticket, position_by=command.by_ticket)
        case ModifyPosition() if held is not None:
            return TradeFields(
                action=mt5.Action.SLTP,
                symbol=held.symbol,
                position=held.ticket,
                sl=command.stop_loss or 0.0,
                tp=command.take_profit or 0.0,
            )
        case ReducePosition() if held is not None and command.leave_volume < held.volume:
            return TradeFields(
                action=mt5.Action.DEAL,
                symbol=held.symbol,
                position=held.ticket,
                type=1 - held.side,
                volume=clean_volume(held.volume - command.leave_volume),
                type_filling=mt5.Filling.IOC,
                deviation=command.deviation,
            )
    return None


def objection(command: Command, held: Position | None, spec: SymbolSpec) -> tuple[Outcome, Why] | None:
    """Return why the Expert Advisor would not ask the broker: a view that is out of date, or a stop that would widen."""
    match command:
        case ReducePosition() | ModifyPosition() if held is None:
            return Outcome.STALE_VIEW, Why.NO_POSITION
        case ReducePosition() if held is not None and command.expect_volume is not None:
            stale = abs(command.expect_volume - held.volume) > spec.volume_step / 2
            return (Outcome.STALE_VIEW, Why.NONE) if stale else None
        case ModifyPosition() if held is not None:
            return _levels_objection(command, held, spec.tick_size / 2)
    return None


def _levels_objection(command: ModifyPosition, held: Position, half_tick: float) -> tuple[Outcome, Why] | None:
    if abs((command.expect_stop or 0.0) - held.sl) > half_tick or abs((command.expect_target or 0.0) - held.tp) > half_tick:
        return Outcome.STALE_VIEW, Why.NONE
    stop = command.stop_loss or 0.0
    widens = held.sl and (not stop or (stop - held.sl) * held.direction < -half_tick)
    return (Outcome.DENIED, Why.STOP_WIDENS) if widens else None


def outcome_of(result: TradeResult) -> tuple[Outcome, Why]:
    """Return how the broker's answer ends a command."""
    retcode = Retcode(result.retcode)
    if retcode is Retcode.NO_CHANGES:
        return Outcome.DONE, Why.ALREADY
    if retcode is Retcode.DONE:
        return Outcome.DONE, Why.NONE
    if retcode is Retcode.DONE_PARTIAL:
        return Outcome.PARTIAL, Why.NONE
    return (Outcome.RETRYABLE if retcode in _PASSES else Outcome.REJECTED), Why.NONE


def report(
    command: Command, ended: tuple[Outcome, Why], result: TradeResult, now: Position | None, ts_event: int
) -> ExecutionReport:
    """Return the report of a command; ``now`` is the position concerned as it is afterwards."""
    outcome, why = ended
    return ExecutionReport(
        ts_event=ts_event,
        command_id=command.command_id,
        outcome=outcome,
        retcode=result.retcode,
        why=why,
        position_id=now.identifier if now is not None else 0,
        ticket=now.ticket if now is not None else 0,
        order=result.order,
        deal=result.deal,
        volume=result.volume,
        price=result.price,
        position_volume=now.volume if now is not None else 0.0,
        stop_loss=(now.sl or None) if now is not None else None,
        take_profit=(now.tp or None) if now is not None else None,
        attempts=1 if result.retcode else 0,
        elapsed_ms=0,
        detail=result.comment,
    )
