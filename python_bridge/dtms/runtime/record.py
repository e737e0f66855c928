"""What is written down about decisions: lines of the log, proofs for ``dtms explain``."""

from collections.abc import Callable
from typing import Final

from dtms.defence_names import NoteKind
from dtms.engine.decide import Decision
from dtms.engine.defence.events import DeepCheck
from dtms.engine.defence.notes import Note
from dtms.engine.events import Event
from dtms.engine.trade import Trade, TradeKey
from dtms.runtime.log import Log
from dtms.store.evidence import Decided, Evidence, Fate, Reported
from dtms.wire.messages import Command, ExecutionReport, ModifyPosition, OpenPosition, ReducePosition

_QUIET: Final = frozenset({NoteKind.TRANSITION, NoteKind.ORDERED, NoteKind.DONE})


class Record:
    """One account's."""

    __slots__ = ("_keep", "_log")

    def __init__(self, log: Log, keep: Callable[[Evidence], None]) -> None:
        self._log = log
        self._keep = keep

    def says(self, decision: Decision) -> None:
        """Write down what the decision has to say."""
        for note in decision.notes:
            self._note(decision.trade, note)

    def decided(self, decision: Decision, event: Event, fate: Fate, utc: int) -> None:
        """Keep the decision's proof, unless it only repeats what is known."""
        proof = decision.proof
        if proof is None:
            return
        news = isinstance(event, DeepCheck) or proof.taken or decision.notes
        if news or fate in {Fate.ORDERED, Fate.OBSERVED}:
            command_id = None if proof.command is None or fate is not Fate.ORDERED else proof.command.command_id
            self._keep(Decided(utc, decision.trade, proof, fate, command_id))

    def reported(self, key: TradeKey, report: ExecutionReport, utc: int) -> None:
        """Write down what became of a command."""
        self._keep(Reported(utc, key, report))

    def ordered(self, decision: Decision, command: Command) -> None:
        """Write down that a command is on its way."""
        self._log.add("=", what(command), command=command.command_id, **_figures(decision, command))

    def would(self, decision: Decision, command: Command) -> None:
        """Write down what would be done."""
        self._log.add("=", f"would_{what(command)}", **_figures(decision, command))

    def _note(self, trade: Trade, note: Note) -> None:
        fields: dict[str, str | int | float | None] = {f"{name}_" if name == "name" else name: value for name, value in note.values}
        fields |= {"position": trade.key.position_id, "symbol": trade.position.symbol, "text": note.text}
        if note.kind is NoteKind.ALARM:
            self._log.error("alarm", cause=None, **fields)
        else:
            self._log.add("=" if note.kind in _QUIET else "!", note.kind.value, **fields)


def what(command: Command) -> str:
    """Return in a word what a command does."""
    match command:
        case ReducePosition():
            return "reduce" if command.leave_volume else "close"
        case OpenPosition():
            return f"open_{command.kind.name.lower()}"
        case _:
            return "move_stop"


def _figures(decision: Decision, command: Command) -> dict[str, str | int | float | None]:
    trade, finding = decision.trade, decision.finding
    fields: dict[str, str | int | float | None] = {
        "position": trade.key.position_id,
        "symbol": trade.position.symbol,
        "r_now": None if finding.r_now is None else round(finding.r_now, 3),
        "exit_price": finding.exit_price,
        "from_stop": trade.position.stop_loss,
        "to_stop": finding.stop,
    }
    match command:
        case ModifyPosition():
            fields["to_stop"] = command.stop_loss
        case ReducePosition():
            fields |= {"ticket": command.ticket, "leave": command.leave_volume}
        case OpenPosition():
            fields |= {"side": command.side.name.lower(), "volume": command.volume, "to_stop": command.stop_loss}
    return fields
