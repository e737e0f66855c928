"""
Account models for tests of trading: what the account is, what is held, and what must be true at the broker afterwards.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from tests.mql5.support import Harness

from dtms.names import Side
from dtms.sim.derive import derive_spec
from dtms.sim.mt5 import EXECUTED, Entry, MarginMode
from dtms.sim.records import Record
from dtms.sim.spec import SymbolSpec
from dtms.sim.state import Deal
from dtms.sim.terminal import SimTerminal
from dtms.sim.witness import Booked, Origin, Requested
from dtms.wire.messages import PositionChanged, PositionClosed, PositionOpened, Snapshot

PREFIX = 0x2D7D
# An answer is searched for after 300 ms instead of 5 s, and the history has caught up after 500 ms instead of 10 s.
SHORT = {"ResultTimeoutMs": 300, "CatchUpMs": 500, "MaxOpenLots": 10.0}
MODELS: Mapping[str, Mapping[str, Any]] = {
    "hedging": {"margin_mode": MarginMode.HEDGING},
    "netting": {"margin_mode": MarginMode.NETTING},
    "netting-unbound": {"margin_mode": MarginMode.NETTING, "position_binds": False},
    "exchange": {"margin_mode": MarginMode.EXCHANGE},
    "exchange-unbound": {"margin_mode": MarginMode.EXCHANGE, "position_binds": False},
}
NETS = [model for model in MODELS if model != "hedging"]


@contextmanager
def on_account(
    folder: Path,
    model: str,
    *,
    inputs: Mapping[str, object] | None = None,
    spec: SymbolSpec | None = None,
    started: bool = True,
    **options: Any,
) -> Iterator[Harness]:
    """A program on an account of that model, logged on if it is to be started; one symbol, margin by lot."""
    specs = [replace(spec or derive_spec("EURUSD"), margin_initial=1_000.0)]
    with Harness(folder, specs=specs, inputs=SHORT | dict(inputs or {}), **{**MODELS[model], **options}) as life:
        if started:
            life.start()
        yield life


def near(value: float | Sequence[float], *, abs: float | None = None) -> Any:  # noqa: A002 - as pytest.approx has it
    """A figure, or some, that went through binary fractions."""
    return pytest.approx(value, abs=abs)


def deals(life: Harness) -> list[Deal]:
    """Deals with volume, in the order in which the broker made them."""
    return [entry.deal for entry in life.broker.witness.history if isinstance(entry, Booked) and entry.deal.volume > 0]


def deals_of(life: Harness, command_id: int) -> list[Deal]:
    """Deals that bear the command's tag."""
    return [deal for deal in deals(life) if deal.magic >> 48 == PREFIX and deal.magic & (1 << 44) - 1 == command_id]


def executions(life: Harness) -> list[Requested]:
    """Requests of the program that the broker has carried out."""
    asked = [entry for entry in life.broker.witness.history if isinstance(entry, Requested)]
    return [entry for entry in asked if entry.origin is Origin.EXPERT and entry.retcode in EXECUTED]


def lots(life: Harness, *entries: Entry) -> float:
    return sum(deal.volume for deal in deals(life) if deal.entry in entries)


def volume_at_broker(life: Harness, position_id: int) -> float:
    """Lots that are open under an identifier, of whatever side."""
    return sum(position.volume for position in life.broker.positions if position.identifier == position_id)


def assert_conserved(life: Harness) -> None:
    """No lot came from nowhere or went there. Without reversals: opened is closed and held."""
    witness, held = life.broker.witness, life.broker.positions
    assert life.broker.volume_errors() == []
    assert abs(lots(life, Entry.IN) - lots(life, Entry.OUT, Entry.OUT_BY) - sum(p.volume for p in held)) < 1e-7
    assert witness.positions_opened == sum(witness.closed.values()) + len(held)
    assert witness.positions_reversed == 0


@dataclass
class Told:
    """What the bridge was told of one position: side, volume and ticket."""

    side: Side
    volume: float
    ticket: int


def view_of(life: Harness) -> dict[int, Told]:
    """The positions by identifier, as somebody believes that has read every event in its order and nothing else."""
    view: dict[int, Told] = {}
    for frame in life.router.frames:
        body = frame.body
        if isinstance(body, Snapshot):
            view = {p.position_id: Told(p.side, p.volume, p.ticket) for p in body.positions}
        elif isinstance(body, PositionOpened):
            assert body.position.position_id not in view, "opened twice"
            view[body.position.position_id] = Told(body.position.side, body.position.volume, body.position.ticket)
        elif isinstance(body, PositionChanged):
            told = view[body.position.position_id]
            assert told.side == body.position.side, "a change never turns a position round"
            told.volume, told.ticket = body.position.volume, body.position.ticket
        elif isinstance(body, PositionClosed):
            assert (view[body.position_id].side, view[body.position_id].ticket) == (body.side, body.ticket)
            del view[body.position_id]
    return view


def assert_told(life: Harness) -> None:
    """The bridge knows what the broker holds."""
    held = {p.identifier: (p.direction, p.ticket, round(p.volume, 8)) for p in life.broker.positions}
    assert {i: (t.side.direction, t.ticket, round(t.volume, 8)) for i, t in view_of(life).items()} == held


class Lagging(SimTerminal):
    """A terminal whose list of positions stands still while everything else goes on."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._frozen: dict[int, Record | None] | None = None

    def freeze(self) -> None:
        tickets = super().positions()
        self._frozen = {ticket: SimTerminal.position(self, ticket) for ticket in tickets}

    def thaw(self) -> None:
        self._frozen = None

    def positions(self) -> Sequence[int]:
        return list(super().positions()) if self._frozen is None else list(self._frozen)

    def position(self, ticket: int) -> Record | None:
        return super().position(ticket) if self._frozen is None else self._frozen.get(ticket)
