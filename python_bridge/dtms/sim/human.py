"""Trades of other origin: a hand on the account, or another program, that asks no terminal of ours."""

from dtms.sim.errors import Refused, SimError
from dtms.sim.execution import Executed, Execution
from dtms.sim.messages import TradeFields
from dtms.sim.mt5 import EXECUTED, FILLING_BIT, Action, Filling, Reason, Retcode
from dtms.sim.spec import SymbolSpec
from dtms.sim.standing import Standing
from dtms.sim.state import Position
from dtms.sim.witness import Origin, Requested, Witness


class Human:
    """Executes at once and gives the updates to deliver; what is refused raises `Refused`."""

    def __init__(self, standing: Standing, execution: Execution, witness: Witness) -> None:
        self._standing = standing
        self._execution = execution
        self._witness = witness

    def position(self, ticket: int) -> Position:
        position = self._standing.holdings.positions.get(ticket)
        if position is None:
            raise SimError(f"no open position has ticket {ticket}")
        return position

    def open(
        self, symbol: str, side: int, volume: float, *, sl: float, tp: float, magic: int, comment: str, reason: Reason
    ) -> Executed:
        filling = self._filling(self._standing.market.specs.get(symbol))
        trade = TradeFields(
            action=Action.DEAL,
            symbol=symbol,
            volume=volume,
            type=side,
            type_filling=filling,
            price=self._price(symbol, side),
            sl=sl,
            tp=tp,
            magic=magic,
            comment=comment,
        )
        return self._run(trade, reason)

    def close(self, ticket: int, volume: float | None, reason: Reason) -> Executed:
        position = self.position(ticket)
        trade = TradeFields(
            action=Action.DEAL,
            symbol=position.symbol,
            volume=position.volume if volume is None else volume,
            type=1 - position.side,
            type_filling=self._filling(self._standing.market.specs[position.symbol]),
            price=self._price(position.symbol, 1 - position.side),
            position=ticket,
        )
        return self._run(trade, reason)

    def modify(self, ticket: int, sl: float | None, tp: float | None, reason: Reason) -> Executed:
        position = self.position(ticket)
        trade = TradeFields(
            action=Action.SLTP,
            symbol=position.symbol,
            sl=position.sl if sl is None else sl,
            tp=position.tp if tp is None else tp,
            position=ticket,
        )
        return self._run(trade, reason)

    def close_by(self, ticket: int, by: int, reason: Reason) -> Executed:
        return self._run(TradeFields(action=Action.CLOSE_BY, position=ticket, position_by=by), reason)

    def _run(self, trade: TradeFields, reason: Reason) -> Executed:
        origin = Origin.HUMAN
        executed = self._execution.run(trade, origin, reason)
        retcode = Retcode(executed.result.retcode)
        self._witness.requested(Requested(self._standing.market.time_msc, 0, origin, 0, trade, retcode))
        if retcode not in EXECUTED:
            raise Refused(retcode)
        return executed

    def _price(self, symbol: str, order_type: int) -> float:
        quote = self._standing.market.quotes.get(symbol)
        if quote is None:
            return 0.0
        return quote.ask if order_type == 0 else quote.bid

    def _filling(self, spec: SymbolSpec | None) -> Filling:
        """What a terminal's own dialog would choose."""
        if spec is None:
            return Filling.FOK
        allowed = [filling for filling, bit in FILLING_BIT.items() if spec.filling_mode & bit]
        return allowed[0] if allowed else Filling.RETURN
